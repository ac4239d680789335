"""One word for a thing: public names keep to the glossary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import Command

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/hyperpolyglot"
GLOSSARY = (ROOT / "docs/glossary.md").read_text()
ROWS = re.findall(r"^\| ([^|]*`[^|]*) \| [^|]+ \|([^|]*)\|$", GLOSSARY, re.MULTILINE)
NOT_USED = sorted({word for _, others in ROWS for word in re.findall(r"`([^`]+)`", others)})


def words(name: str) -> str:
    """A name as words, a space before and after each: ``MainDirections`` and ``main_directions`` alike."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return f" {' '.join(part for part in re.split(r'[ _.-]+', apart) if part).lower()} "


def defined(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Public classes, functions, methods, parameters, fields and constants, each with its annotation."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, ""
            yield from defined(node.body)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, ""
            for given in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                yield given.arg, "" if given.annotation is None else ast.unparse(given.annotation)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign):
            yield from ((target.id, "") for target in node.targets if isinstance(target, ast.Name))


def options(command: Command, path: str = "hyperpolyglot") -> Iterator[tuple[str, str]]:
    """Every command and option, with the command that it belongs to."""
    for parameter in command.params:
        yield from ((path, name) for name in (*parameter.opts, *parameter.secondary_opts))
    for name, inner in getattr(command, "commands", {}).items():
        yield path, name
        yield from options(inner, f"{path} {name}")


def names() -> Iterator[tuple[str, str, str]]:
    """Public names of the package and of the command line: where each is, the name, its annotation."""
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        yield where, path.stem, ""
        for name, annotation in defined(ast.parse(path.read_text()).body):
            if not name.startswith("_"):
                yield where, name, annotation
    yield from (("__all__", name, "") for name in hp.__all__)
    yield from ((where, name, "") for where, name in options(cli))


NAMES = list(names())


@pytest.mark.parametrize("word", NOT_USED)
def test_a_word_that_the_glossary_replaces_is_in_no_public_name(word):
    """No module, class, function, parameter, field, command or option has a word of the column "not"."""
    assert [] == [f"{where}: {name}" for where, name, _ in NAMES if words(word) in words(name)]


def test_the_words_of_the_glossary_are_names():
    """Every name that the table of the glossary explains is one that the package has."""
    known = {name for _, name, _ in NAMES}
    explained = {name for cell, _ in ROWS for name in re.findall(r"`(\w+)`", cell)}
    assert set() == explained - known
    assert len(ROWS) > 20


def test_rows_are_positions_and_n_rows_a_count():
    """In the measures and on a space or vocabulary, what is called ``rows`` is no number, and ``n_rows`` is one."""
    measured = [
        (name, annotation)
        for where, name, annotation in NAMES
        if where.startswith("measures/") or where in ("space.py", "vocabulary.py", "labels.py")
    ]
    assert {"int"} == {annotation for name, annotation in measured if name == "n_rows" and annotation}
    assert not {annotation for name, annotation in measured if name == "rows"} & {"int", "int | None"}


def test_results_have_names_of_their_own():
    """No parameter or field of a measure is called ``found``: the noun says what it is."""
    assert [] == [where for where, name, _ in NAMES if where.startswith("measures/") and name == "found"]


def test_no_type_variable_has_the_name_of_a_class():
    """A type variable is told from a class by its name."""
    nodes = [node for path in sorted(PACKAGE.rglob("*.py")) for node in ast.walk(ast.parse(path.read_text()))]
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    variables = {
        ast.literal_eval(node.args[0])
        for node in nodes
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "TypeVar"
    }
    assert set() == variables & classes
    assert len(variables) > 3
