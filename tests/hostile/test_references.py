"""What a file holds is what the reference libraries say it holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.errors import DamagedFile
from tests.hostile.references import REFERENCES, Compared, Found, compared

ROOT = Path(__file__).parents[2]
FINDINGS = sorted((Path(__file__).parent / "findings").glob("*.bin"))
TABLE = np.ones((2, 3), np.float32)


@pytest.mark.parametrize("name", REFERENCES)
def test_well_formed_files_are_opened_by_both(name: str) -> None:
    """The files that damage begins with are opened alike."""
    for contents in REFERENCES[name].seeds():
        assert "both" == compared(REFERENCES[name], contents)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda path: path.stem)
def test_what_was_found_once_is_read_alike(finding: Path) -> None:
    """A file in which ours and the reference once differed."""
    parser = finding.stem.rpartition("-")[0]
    if parser in REFERENCES:
        compared(REFERENCES[parser], finding.read_bytes())


def _case(ours: Callable[[bytes], Found], theirs: Callable[[bytes], Found]) -> Compared:
    return Compared(lambda: [b"x"], ours, theirs)


def _refusing(_: bytes) -> Found:
    raise DamagedFile("x", "it is damaged")


FOUND = Found({"e": TABLE}, {0: "a"}, frozenset({"e", "packed"}))
DIFFERENT = {
    "numbers": Found({"e": TABLE * 2}, {0: "a"}),
    "shape": Found({"e": TABLE.T}, {0: "a"}),
    "another table": Found({"e": TABLE, "f": TABLE}, {0: "a"}),
    "another token": Found({"e": TABLE}, {0: "b"}),
    "one more token": Found({"e": TABLE}, {0: "a", 1: "b"}),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_differences_are_found(what: str) -> None:
    """Other numbers, shapes, tables and tokens of the reference are differences."""
    with pytest.raises(AssertionError):
        compared(_case(lambda _: FOUND, lambda _: DIFFERENT[what]), b"")


def test_what_one_refuses_is_not_compared() -> None:
    """Only what both open is compared; a table that ours lists and refuses is no difference, nor is NaN."""
    nan = Found({"e": TABLE * np.float32("nan")}, None, frozenset({"e"}))
    assert "both" == compared(_case(lambda _: FOUND, lambda _: Found({"packed": TABLE}, {0: "a"})), b"")
    assert "both" == compared(_case(lambda _: nan, lambda _: Found(nan.tables, {0: "a"})), b"")
    assert "ours" == compared(_case(lambda _: FOUND, _refusing), b"")
    assert "theirs" == compared(_case(_refusing, lambda _: FOUND), b"")
    assert "neither" == compared(_case(_refusing, _refusing), b"")


BROKEN = """
import sys, os
from pathlib import Path
sys.path[:0] = ["tools"]
import fuzz
from tests.hostile.references import Compared, Found
fuzz.REFERENCE_SECONDS, fuzz.PATIENCE, fuzz.FINDINGS = 0.3, 20, Path(sys.argv[1])

def ours(contents):
    return Found({}, {0: "a"})

def theirs(contents):
    place = sum(contents) % 50
    if place == 0: raise ValueError("refused")
    while place == 1 and len(contents) % 2: pass
    if place == 2: os.abort()
    return Found({}, {0: "b" if place == 3 else "a"})

fuzz.REFERENCES["broken"] = Compared(lambda: [b"A well-formed file, one of man"], ours, theirs)
tally = fuzz.fuzz("broken", 300, 0, 2, comparing=True)
print(tally.counts["both"], tally.counts["ours"], tally.crashed, len(tally.findings))
"""


def test_a_reference_that_crashes_is_no_finding(tmp_path: Path) -> None:
    """References that abort or hang are counted and do not end the run; only differences are kept."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    both, ours, crashed, findings = map(int, done.stdout.split())
    assert 300 == both + ours + crashed + findings
    assert min(ours, crashed, findings) > 2
    assert 0 < len(list(tmp_path.glob("broken-*.bin"))) <= findings
    assert "AssertionError: token 0 is 'a', and 'b' there" in done.stderr


@pytest.mark.parametrize(
    "count", [pytest.param(300, id="quick"), pytest.param(100_000, id="long", marks=pytest.mark.long)]
)
def test_damaged_files_are_read_as_the_references_read_them(count: int) -> None:
    """Of damaged files, what both open gives the same numbers and tokens."""
    command = [
        sys.executable,
        str(ROOT / "tools" / "fuzz.py"),
        "--compare",
        "--count",
        str(count),
        "--seed",
        "1",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()[1:]}
    assert set(rows) == set(REFERENCES)
    for name, row in rows.items():
        assert int(row[1].replace(",", "")) > count // 100, name
