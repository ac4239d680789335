"""The documentation: what it shows is what happens, what it links to is there, and nothing is left out."""

from __future__ import annotations

import contextlib
import doctest
import re
import shlex
from pathlib import Path

import click
import pytest
from tools import reference

import hyperpolyglot as hp
from hyperpolyglot import errors
from hyperpolyglot.cli import main
from hyperpolyglot.cli.app import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def blocks(page, kind):
    """The fenced blocks of one language."""
    return [body for language, body in FENCED.findall(page.read_text("utf8")) if language == kind]


def shown(page):
    """(command, output) of every command on a demo model whose output a page shows."""
    found = []
    for body in blocks(page, "console"):
        for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            models = re.findall(r"demo:\w+", command)
            if output.strip() and models and command.startswith("hyperpolyglot "):
                found.append((shlex.split(command)[1:], output))
    return found


def name_of(page):
    """A page as it is named in a report of tests."""
    return str(page.relative_to(ROOT))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty working folder, and a terminal as wide as the documentation."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "pycon")], ids=name_of)
def test_python_on_a_page_does_what_it_shows(page, elsewhere):
    """The sessions of a page, one after the other, as a reader would type them."""
    text = "\n".join(blocks(page, "pycon"))
    test = doctest.DocTestParser().get_doctest(text, {}, name_of(page), str(page), 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    assert "" == "".join(said)


@pytest.mark.parametrize("page", [p for p in PAGES if shown(p)], ids=name_of)
def test_commands_on_a_page_print_what_it_shows(page, elsewhere, capsys):
    """The commands on demo models print what the page says; ``...`` there stands for anything."""
    for arguments, expected in shown(page):
        with contextlib.suppress(SystemExit):
            main(arguments)
        out, err = capsys.readouterr()
        assert doctest.OutputChecker().check_output(expected, out or err, FLAGS), f"{arguments}\n{out}{err}"


def anchors(page):
    """What a link into a page may point at."""
    text = FENCED.sub("", page.read_text("utf8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, *sorted(ROOT.glob("*.md"))], ids=name_of)
def test_links_lead_somewhere(page):
    """Every link within the project names a file that is there, and a heading that it has."""
    for target in LINK.findall(FENCED.sub("", page.read_text("utf8"))):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), f"{target} is not there"
        if anchor and other.suffix == ".md":
            assert anchor in anchors(other), f"{path} has no heading {anchor}"


def test_every_page_is_in_the_navigation():
    """A page that nobody can find is no page."""
    listed = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text("utf8")))
    assert set() == {str(page.relative_to(ROOT / "docs")) for page in PAGES} - listed


def test_the_reference_names_every_public_name():
    """The page of the Python reference has each name of ``__all__`` once."""
    named = re.findall(
        r"^::: hyperpolyglot\.(?:measures\.\w+\.\w+\.)?(\w+)$",
        (ROOT / "docs/reference/python.md").read_text("utf8"),
        re.M,
    )
    assert sorted(hp.__all__) == sorted(named)


@pytest.mark.parametrize("path", reference.PAGES)
def test_the_reference_can_be_read_unbuilt(path):
    """Its lists of names and commands are those of the docstrings and of the help: ``python -m tools reference``."""
    assert reference.pages()[path] == (ROOT / path).read_text("utf8")


@pytest.mark.parametrize("name", hp.__all__)
def test_public_names_are_documented(name):
    """Each has a docstring of its own, and a function an example, which the doctests run."""
    thing = getattr(hp, name)
    text = vars(thing).get("__doc__", "") if isinstance(thing, type) else thing.__doc__
    assert text
    assert not text.startswith(f"{name}("), "a dataclass wrote this, not a person"
    assert isinstance(thing, type) or ">>> " in text


def commands(group, path=""):
    """(name, command) of everything that can be typed."""
    for name, command in group.commands.items():
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_and_options_are_documented(name):
    """Each command says what it does, and each of its options what it means."""
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]}"


def test_the_readme_and_the_pages_know_every_command():
    """A command is in the README's table and on a page besides the generated reference."""
    pages = "\n".join(page.read_text("utf8") for page in PAGES)
    readme = (ROOT / "README.md").read_text("utf8")
    for name in cli.commands:
        assert f"| `{name}` |" in readme, name
        assert f"`{name}`" in pages or f"hyperpolyglot {name}" in pages, name


def test_every_error_is_explained():
    """The page of questions has a row for each class but the root."""
    explained = set(
        re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/questions.md").read_text("utf8"), re.MULTILINE)
    )
    assert set(errors.__all__) - {"HyperpolyglotError"} == explained
