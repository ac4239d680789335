"""The lists of names at the head of docs/reference, from docstrings and help, so that its pages can be read unbuilt.

``python -m tools reference`` writes them anew; ``tests/test_docs.py`` holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from operator import attrgetter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("docs/reference/python.md", "docs/reference/commands.md")
START, END = "<!-- names, by tools/reference.py -->", "<!-- /names -->"

_LISTED = re.compile(rf"{re.escape(START)}\n.*?{re.escape(END)}\n\n?", re.DOTALL)
_DIRECTIVE = re.compile(r"^::: hyperpolyglot\.(\S+)$", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?([^`]+)`")


def pages() -> dict[str, str]:
    """The pages as they should be, by path."""
    python, commands = (_LISTED.sub("", (ROOT / path).read_text("utf8")) for path in PAGES)
    return dict(zip(PAGES, (_with_names(python), _with_commands(commands)), strict=True))


def _with_names(page: str) -> str:
    """A list below every heading: the names that the part documents, each with the first sentence of its docstring."""
    head, *parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    made = [head]
    for part in parts:
        title, _, rest = part.partition("\n\n")
        rows = [f"| `{name.rpartition('.')[2]}` | {_sentence(name)} |" for name in _DIRECTIVE.findall(rest)]
        made.append(f"{title}\n\n{_block(['| name | what it is |', '|---|---|', *rows])}{rest}")
    return "".join(made)


def _sentence(name: str) -> str:
    module, _, attribute = name.rpartition(".")
    thing = attrgetter(attribute)(import_module(".".join(filter(None, ("hyperpolyglot", module)))))
    first = " ".join((thing.__doc__ or "").split("\n\n")[0].split())
    found = re.match(r".*?[.:](?= [A-Z`]|$)", first)
    told = _ROLE.sub(r"`\1`", found[0] if found else first).replace("``", "`").replace("|", "\\|")
    return told.rstrip(":.") + "."


def _with_commands(page: str) -> str:
    """A list of all commands by purpose, each with what it does and an example, above their help."""
    return page.replace("<!-- the help", f"{_block(list(_commands()))}<!-- the help")


def _commands() -> Iterator[str]:
    from hyperpolyglot.cli.app import cli
    from hyperpolyglot.cli.described import PURPOSES, Described

    yield from ("| to | command | what it does | for example |", "|---|---|---|---|")
    described = [(name, each) for name, each in sorted(cli.commands.items()) if isinstance(each, Described)]
    for purpose in PURPOSES:
        for name, command in described:
            if command.purpose == purpose:
                yield f"| {purpose.lower()} | `{name}` | {command.short_help} | `{command.examples[0]}` |"


def _block(lines: list[str]) -> str:
    return "\n".join((START, "", *lines, "", END)) + "\n\n"


if __name__ == "__main__":
    for path, text in pages().items():
        (ROOT / path).write_text(text, "utf8")
        print(f"wrote {path}")
