"""``--help`` of every command: purpose, examples that work as they stand, groups of options, defaults, 80 columns."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot import sources
from hyperpolyglot.cli import explorer
from hyperpolyglot.cli.app import cli
from hyperpolyglot.cli.described import PURPOSES, Described
from tests.conftest import write_model

WORDS = ["--lexicon", "words.tsv"]
SKIPPED = ["--skip", "map", "--skip", "explain", "--skip", "compare"]
WORK = {
    "separability": ["--minimum", "60", "--folds", "2"],
    "relatedness": ["--minimum", "2", "--permutations", "9"],
    "silhouette": ["--permutations", "5", "--minimum", "20"],
    "explain": ["-k", "12", "--top", "200"],
    "compare": ["-k", "10", "--permutations", "5", "--top", "150"],
    "map": ["--method", "pca"],
    "explore": ["--method", "pca", "-k", "10", *WORDS],
    "bench": ["--rounds", "1", "--tokens", "300", "-k", "5"],
    "report": ["--minimum", "60", "--questions", "50", "-k", "12", *SKIPPED, *WORDS],
    "translate": ["--questions", "50", *WORDS],
    "languages": WORDS,
    "prune": ["--tokens", "400"],
    "extend": ["--held-out", "20"],
}
"""What is put behind an example, so that its work is small."""


def test_completion_by_the_shell():
    """The variable that the documentation names makes the command print the shell's part, which names the command."""
    done = subprocess.run(
        [sys.executable, "-m", "hyperpolyglot"],
        env=os.environ | {"_HYPERPOLYGLOT_COMPLETE": "zsh_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_HYPERPOLYGLOT_COMPLETE=zsh_complete hyperpolyglot" in done.stdout
    assert "compdef" in done.stdout


def said(*arguments):
    """The help of the whole, or of a command."""
    return CliRunner().invoke(cli, [*arguments, "--help"], terminal_width=80).stdout


@pytest.fixture(scope="module")
def lexicon():
    """The objects in five languages."""
    return hp.packaged_lexicon().take(languages=["de", "en", "fr", "ru", "sw"], kinds=["object"])


@pytest.fixture(scope="module")
def demos(lexicon, tmp_path_factory):
    """A few hundred tokens of every demo model, words of the lexicon among them, by its name."""
    found = {}
    words = {f"▁{row['word']}" for row in lexicon.table()}
    for name in sources.DEMOS:
        space = hp.open_model(f"demo:{name}")
        texts = np.asarray(space.vocabulary.texts, object)
        known = np.flatnonzero([text in words for text in texts])[:300]
        wanted = [np.flatnonzero(np.isin(texts, ["▁water", "water"])), known]
        for label in ("Deva", "Beng"):
            wanted.append(np.flatnonzero(space.labels.codes == space.labels.names.index(label))[:70])
        pieces = list(dict.fromkeys(space.vocabulary.pieces[row] for row in np.concatenate(wanted)))
        rows = np.asarray([space.vocabulary.pieces.index(piece) for piece in pieces])
        found[name] = Path(write_model(tmp_path_factory.mktemp("demos") / name, space.vectors(rows), pieces))
    return found


@pytest.fixture
def small(demos, lexicon, monkeypatch, tmp_path):
    """An empty working folder, small models and few words, and nothing that waits for a browser."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr(sources, "_demo", demos.__getitem__)
    monkeypatch.setattr("hyperpolyglot.loading.shipped_layout", lambda model: None)
    monkeypatch.setattr("hyperpolyglot.lexicon.packaged_lexicon", lambda: lexicon)
    monkeypatch.setattr(explorer, "_serve", lambda bundle, port, opens: None)
    rows = ["\t".join(("concept", "language", "word"))]
    rows += ["\t".join((row["concept"], row["language"], row["word"])) for row in lexicon.table()]
    (tmp_path / "words.tsv").write_text("\n".join(rows), "utf8")
    shutil.copytree(demos["e5"], tmp_path / "model")
    (tmp_path / "words.txt").write_text("Kiswahilini\nmajini\t3\n", "utf8")
    return tmp_path


FEWER = {
    '# lexicon = "words.tsv"': 'lexicon = "words.tsv"',
    "minimum = 500 ": "minimum = 60 ",
    "permutations = 99 ": "permutations = 5 ",
    "questions = 2000 ": "questions = 50 ",
    "k = 50 ": "k = 12 ",
    '"relatedness", "map", "translate",': "",
    '"meanings", "explain", "overlap", "languages", "fertility", "compare",': '"overlap",',
}
"""What is changed in the study file that is printed, so that its work is small."""


@pytest.mark.parametrize("name", cli.commands)
def test_examples_work(name, small):
    """Every line of the examples, one after the other, does what it says, and writes the files that it names."""
    examples = cli.commands[name].examples
    assert 1 <= len(examples) <= 3
    for line in examples:
        command, *arguments = shlex.split(line, comments=True)
        assert "hyperpolyglot" == command
        target = arguments[arguments.index(">") + 1] if ">" in arguments else None
        arguments = arguments[: arguments.index(">")] if target else arguments
        assert name == arguments[0]
        found = CliRunner().invoke(cli, [*arguments, *WORK.get(name, [])])
        assert 0 == found.exit_code, f"{line}\n{found.output}\n{found.exception}"
        if target:
            text = found.stdout
            for given, fewer in FEWER.items():
                assert given in text
                text = text.replace(given, fewer)
            (small / target).write_text(text, "utf8")
        for option, value in pairwise(arguments):
            assert option not in ("-o", "--export") or (small / value).exists()


@pytest.mark.parametrize("name", ["", *cli.commands])
def test_help_fits_a_terminal_of_eighty_columns(name):
    """No line of any help is longer."""
    assert max(map(len, said(*name.split()).splitlines())) <= 80


@pytest.mark.parametrize("name", cli.commands)
def test_options_come_in_groups(name):
    """Examples first, then the command's own options with seed and output last, then what is shared; each once."""
    text = said(name)
    own = text.split("\nOptions:\n")[1].split("\n\n")[0]
    assert text.index("\nExamples:\n") < text.index("\nOptions:\n")
    assert own.rstrip().splitlines()[-1].strip().startswith("-h, --help")
    for shared in ("--labels", "--tensor", "--backend", "--no-cache"):
        assert shared not in own
    for option in cli.commands[name].params:
        if isinstance(option, click.Option):
            assert 1 == len(re.findall(rf"^  (?:-\w, )?{option.opts[-1]}\b(?!-)", text, re.MULTILINE))


@pytest.mark.parametrize("name", cli.commands)
def test_defaults_are_stated(name):
    """An option that takes a value says what it is without it, but for files to write."""
    for option in cli.commands[name].params:
        if not isinstance(option, click.Option) or option.is_flag or option.name == "outputs":
            continue
        if option.required:
            continue
        stated = option.show_default and option.default is not None
        assert stated or "[default: " in option.help, option.opts


def test_commands_are_listed_by_purpose():
    """Every command has a purpose and stands below it in the list, once."""
    text = said()
    listed = []
    for purpose in PURPOSES:
        part = text.split(f"\n{purpose}:\n")[1].split("\n\n")[0]
        names = [line.split()[0] for line in part.splitlines()]
        assert sorted(names) == names
        assert {purpose} == {cli.commands[name].purpose for name in names}
        listed += names
    assert sorted(cli.commands) == sorted(listed)
    assert all(isinstance(command, Described) for command in cli.commands.values())
