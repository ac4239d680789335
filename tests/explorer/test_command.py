"""``hyperpolyglot explore`` as a user meets it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import webbrowser
from urllib.request import urlopen

import pytest

from hyperpolyglot.cli import main
from hyperpolyglot.explorer.server import Server
from tests.conftest import planted_pieces, unigram


@pytest.fixture
def run(capsys):
    """Run ``explore``; returns exit code, standard output and standard error."""

    def call(*arguments):
        code = 0
        try:
            main(["explore", *map(str, arguments)])
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return call


def test_export_as_json(run, clustered, translated, tmp_path):
    """``--export --json`` prints the files as they lie there, in the JSON contract."""
    folder = tmp_path / "out"
    code, out, err = run(clustered, translated, "--method", "pca", "-k", 7, "--export", folder, "--json")
    assert 0 == code, err
    found = json.loads(out)
    assert "hyperpolyglot.explore/1" == found["format"]
    assert {"models", "version", "unicode", "seed", "options"} == set(found["provenance"])
    assert "folder" not in found["provenance"]["options"]
    assert all({"path", "kind", "bytes", "digest"} == set(entry) for entry in found["files"])
    assert all(entry["bytes"] == (folder / entry["path"]).stat().st_size for entry in found["files"])
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [(clustered, 7), (translated, 7)] == [(m["model"], m["k"]) for m in manifest["models"]]


def test_export_says_where(run, clustered, tmp_path):
    """Without ``--json``, two lines say where the folder is and how to look at it."""
    code, out, _ = run(clustered, "--method", "pca", "--export", tmp_path / "out")
    assert 0 == code
    assert str(tmp_path / "out") in out
    assert "python -m http.server" in out


HEARS_CTRL_C = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from hyperpolyglot.cli import main; main(sys.argv[1:])"
)
"""The program; a shell starts what it runs in the background deaf to Ctrl-C, the test suite included."""


def test_serves_until_interrupted(clustered):
    """The address is printed, the page answers, and an interruption ends it without a complaint."""
    command = [sys.executable, "-c", HEARS_CTRL_C, "explore", clustered]
    options = ["--no-open", "--port", "0", "--method", "pca"]
    with subprocess.Popen([*command, *options], stdout=-1, stderr=-1, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("The explorer is at http://127.0.0.1:")
            with urlopen(line.split()[-1]) as answer:
                assert b"<title>hyperpolyglot</title>" in answer.read()
            process.send_signal(signal.SIGINT)
            assert 0 == process.wait(30)
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()


@pytest.mark.parametrize("flag", [(), ("--no-open",)])
def test_opens_a_browser_unless_told_not_to(flag, run, clustered, monkeypatch):
    """The page is opened in the user's browser; ``--no-open`` leaves that."""
    opened, called = [], threading.Event()

    class Browser:
        def open(self, url):
            opened.append(url)
            called.set()

    def served(server):
        called.wait(0.2 if flag else 10)
        server.close()

    monkeypatch.setattr(webbrowser, "get", Browser)
    monkeypatch.setattr(Server, "run", served)
    code, out, _ = run(clustered, "--method", "pca", "--port", 0, *flag)
    assert 0 == code
    assert opened == ([] if flag else [out.split()[-1]])


def test_a_vocabulary_alone(run, tmp_path):
    """A vocabulary alone gets one sentence and exit code 1."""
    path = tmp_path / "tokenizer.json"
    path.write_text(unigram(planted_pieces(5)), "utf8")
    code, out, err = run(path, "--no-open")
    assert (1, "") == (code, out)
    assert "a vocabulary alone has no vectors" in err
    assert 1 == len(err.strip().splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--json"], "--json goes with --export"),
        (["--port", "80", "--export", "x"], "--port goes without --export"),
        (["-k", "201"], "-k"),
    ],
)
def test_wrong_usage(arguments, said, run, clustered):
    """What does not go together is wrong usage, said before any work."""
    code, _, err = run(clustered, *arguments)
    assert 2 == code
    assert said in err


def test_a_folder_with_other_files(run, clustered, tmp_path):
    """A folder that holds a stranger's file is refused before any work, and left alone."""
    (tmp_path / "thesis.txt").write_text("years of work")
    code, _, err = run(clustered, "--export", tmp_path)
    assert 1 == code
    assert "thesis.txt" in err
    assert "years of work" == (tmp_path / "thesis.txt").read_text()
