"""The documentation as a site, built as ``make docs`` does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hyperpolyglot.cli.app import cli

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    pytest.importorskip("mkdocs", reason="mkdocs comes with the [docs] extra")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)
    assert 0 == done.returncode, done.stderr
    return folder


def test_formulas_are_drawn_without_a_script(site):
    """Each page with mathematics holds MathML and no formula is left as it was typed."""
    pages = {path.relative_to(site): path.read_text("utf8") for path in site.rglob("*.html")}
    assert 8 <= sum("<math" in text for text in pages.values())
    assert [] == [name for name, text in pages.items() if "arithmatex" in text]


def test_pages_forbid_other_hosts(site):
    """The policy stands in every page, and nothing is loaded from elsewhere."""
    for path in site.rglob("*.html"):
        text = path.read_text("utf8")
        assert "default-src 'self'" in text, path
        assert not re.search(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=.?(?:https?:)?//", text), path


def test_the_reference_is_generated(site):
    """Every command with its help, and every public name with its text."""
    commands = (site / "reference/commands/index.html").read_text("utf8")
    for name, command in cli.commands.items():
        assert f"hyperpolyglot {name} " in commands
        assert command.short_help.split()[0] in commands
    names = (site / "reference/python/index.html").read_text("utf8")
    assert "Open a repository of the Hub" in names
    assert ":class:" not in names
    assert ":func:" not in names
