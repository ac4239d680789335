"""No function takes more than seven parameters, or one line above it says why.

Commands are excused: click gives each option by its name, so they have a parameter for each.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import hyperpolyglot

MOST = 7
REASON = "# More than seven parameters: "


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> int:
    """All of them: positional, by name, and what gathers the rest."""
    given = function.args
    gathering = [each for each in (given.vararg, given.kwarg) if each is not None]
    return len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs) + len(gathering)


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    """Whether click calls it."""
    decorators = [] if isinstance(function, ast.Lambda) else function.decorator_list
    return any(ast.unparse(each).startswith("click.command(") for each in decorators)


def offences(name: str, source: str) -> Iterator[str]:
    """Functions with too many parameters and no reason, and reasons above functions that have few enough."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_command(node):
            continue
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        first = min([node.lineno, *(each.lineno for each in decorators)])
        above = lines[first - 2].strip() if first > 1 else ""
        excused = above.startswith(REASON) and len(above) > len(REASON)
        if (parameters(node) > MOST) != excused:
            what = getattr(node, "name", "lambda")
            yield f"{name}:{node.lineno}: {what} has {parameters(node)} parameters, {'' if excused else 'not '}excused"


def test_functions_have_few_parameters():
    """Every function of the package keeps to seven or says why it does not."""
    root = Path(hyperpolyglot.__file__).parent
    files = sorted(root.rglob("*.py"))
    found = [
        each for path in files for each in offences(str(path.relative_to(root)), path.read_text("utf-8"))
    ]
    assert [] == found
    assert len(files) > 200


def test_it_would_be_noticed():
    """Eight of any kind are too many, decorators or not; a reason excuses them, and is not allowed for seven."""
    eight, seven = "a, b, /, c, *d, e, f, g, **h", "a, b, c, d, e, f, g"
    assert 1 == len(list(offences("m", f"def f({eight}): pass")))
    assert 1 == len(list(offences("m", f"@cache\nasync def f({eight}): pass")))
    assert 1 == len(list(offences("m", "x = lambda a, b, c, d, e, f, g, h: 0")))
    assert 1 == len(list(offences("m", f"# More than seven parameters: none\ndef f({seven}): pass")))
    assert 1 == len(list(offences("m", f"{REASON}\ndef f({eight}): pass")))
    assert [] == list(offences("m", f"def f({seven}): pass"))
    assert [] == list(offences("m", f"@click.command()\ndef f({eight}): pass"))
    assert [] == list(offences("m", f"{REASON}it is a table\n@cache\ndef f({eight}): pass"))
