"""Tests say what they show, and expected values stand on one side of a file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("test_*.py"))
SENTENCE_ENDS = (".", "?", ":")


def literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def sides(tree: ast.Module) -> dict[str, list[int]]:
    """Lines of asserted equalities with a literal on one side, by that side."""
    found: dict[str, list[int]] = {"left": [], "right": []}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare)):
            continue
        if len(node.test.ops) == 1 and isinstance(node.test.ops[0], ast.Eq):
            first, second = literal(node.test.left), literal(node.test.comparators[0])
            if first != second:
                found["left" if first else "right"].append(node.lineno)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_a_file_says_what_it_shows_and_compares_one_way(path):
    """It begins with a sentence; so does a test whose name is one word; literals stand on one side of ``==``."""
    tree = ast.parse(path.read_text())
    tests = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    said = {test.name: ast.get_docstring(test) for test in tests} | {
        "the file": ast.get_docstring(tree) or ""
    }
    wordless = [name for name, text in said.items() if not text and name.count("_") < 2]
    fragments = [
        name for name, text in said.items() if text and not text.split("\n\n")[0].endswith(SENTENCE_ENDS)
    ]
    found = sides(tree)
    assert ([], []) == (wordless, fragments)
    assert [] in found.values(), found
