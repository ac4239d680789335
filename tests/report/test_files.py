"""The report as files: whole or not there, the same however often it was interrupted."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture(scope="module")
def arguments(tmp_path_factory, clustered, translated, words):
    """A command line without a map, for UMAP takes longer than all the rest."""
    rows = zip(words.concepts, words.languages, words.words, strict=True)
    lexicon = tmp_path_factory.mktemp("lexicon") / "words.tsv"
    lexicon.write_text("concept\tlanguage\tword\n" + "".join("\t".join(row) + "\n" for row in rows), "utf8")
    found = ["report", clustered, translated, "--minimum", "50", "-k", "20", "--permutations", "19"]
    return [*found, "--lexicon", str(lexicon), "--skip", "map"]


def command(arguments, folder):
    """The process that writes a report to a folder, with a cache of its own."""
    return {
        "args": [sys.executable, "-m", "hyperpolyglot", *arguments, "-o", str(folder / "out")],
        "env": os.environ | {"HYPERPOLYGLOT_CACHE": str(folder / "cache")},
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }


@pytest.fixture(scope="module")
def undisturbed(arguments, tmp_path_factory):
    """An undisturbed report, made by the command line."""
    folder = tmp_path_factory.mktemp("undisturbed")
    subprocess.run(**command(arguments, folder), check=True)
    return folder / "out"


def test_report_files(undisturbed):
    """The page needs no other file; the manifest states what was written, with digests that hold."""
    folder = undisturbed
    manifest = json.loads((folder / "manifest.json").read_text("utf8"))
    names = {entry["path"] for entry in manifest["files"]}
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == on_disk - {"manifest.json"}
    assert {"report.html", "report.json"} <= names
    for name in ("census", "overlap", "translate", "languages", "compare", "explain", "explain_hubs"):
        assert f"tables/{name}.csv" in names
    for entry in manifest["files"]:
        content = (folder / entry["path"]).read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    page = (folder / "report.html").read_text("utf8")
    assert len(page.encode()) < 5_000_000
    fetched = re.findall(r'(?:src|href)="([^"#]+)"|url\(([^#)]+)\)', page)
    outside = [a or b for a, b in fetched if not (a or b).startswith("data:")]
    assert {"report.json"} == set(outside)
    for needed in (
        "by chance",
        "mT5-XL",
        "--skip map",
        "keeps scripts apart",
        "Cyrillic",
    ):
        assert needed in page
    numbers = json.loads((folder / "report.json").read_text("utf8"))
    assert {
        "format",
        "models",
        "verdict",
        "census",
        "overlap",
        "languages",
        "fertility",
        "compare",
        "absent",
        "provenance",
    } == set(numbers)
    assert "hyperpolyglot.report/1" == numbers["format"]
    assert 1.0 == numbers["models"][1]["translate"]["overall"]["weak"]["csls"]["p1"]["value"]


def killed_and_finished(arguments, folder, moment):
    """Kill the command after some seconds, then let it finish."""
    process = subprocess.Popen(**command(arguments, folder))
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run(**command(arguments, folder), check=True)
    return folder / "out"


def assert_same_files(expected, found):
    """The same files with the same bytes."""
    for path in sorted(expected.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (found / path.relative_to(expected)).read_bytes(), path.name


@pytest.mark.parametrize("moment", [1.2, 2.6])
def test_a_killed_report_ends_with_the_same_bytes(moment, arguments, undisturbed, tmp_path):
    """Killed at any moment and started again, the report is the undisturbed one, and was never half there."""
    assert_same_files(undisturbed, killed_and_finished(arguments, tmp_path, moment))


@pytest.mark.long
def test_a_report_killed_at_every_moment(arguments, tmp_path):
    """The same with the map, killed every half second until it is done."""
    whole = [a for a in arguments if a not in ("--skip", "map")]
    begun = time.monotonic()
    subprocess.run(**command(whole, tmp_path / "undisturbed"), check=True)
    length = time.monotonic() - begun
    moments = [0.5 * i for i in range(1, int(2 * length) + 1)]
    for moment in moments:
        found = killed_and_finished(whole, tmp_path / str(moment), moment)
        assert_same_files(tmp_path / "undisturbed" / "out", found)
