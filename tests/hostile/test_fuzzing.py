"""Damaged files by the thousand, and what they once found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.inputs import damaged
from tests.hostile.parsers import PARSERS, outcome

ROOT = Path(__file__).parents[2]
FINDINGS = sorted((Path(__file__).parent / "findings").glob("*.bin"))


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "fuzz.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda path: path.stem)
def test_what_was_found_once_is_mended(finding: Path) -> None:
    parser = finding.stem.rpartition("-")[0]
    assert outcome(PARSERS[parser].read, finding.read_bytes()) in ("opened", "refused")


@pytest.mark.parametrize(
    "count", [pytest.param(2000, id="quick"), pytest.param(100_000, id="long", marks=pytest.mark.long)]
)
def test_damaged_files_are_opened_or_refused(count: int) -> None:
    done = fuzz("--count", str(count), "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()[1:]}
    assert set(rows) == set(PARSERS)
    for parser, row in rows.items():
        inputs, opened, refused, _, findings = (int(value.replace(",", "")) for value in row)
        assert (inputs, findings) == (count, 0), parser
        assert opened + refused == count
        assert min(opened, refused) > count // 200, f"{parser}: {opened} opened, {refused} refused"


def test_the_same_number_is_the_same_input() -> None:
    for parser in PARSERS:
        assert damaged(parser, 3, 7) == damaged(parser, 3, 7)
        assert len({damaged(parser, 3, number) for number in range(20)}) > 10


BROKEN = """
import sys, os
from pathlib import Path
sys.path[:0] = ["tools"]
import fuzz
from tests.hostile.parsers import Parser
fuzz.SECONDS, fuzz.PATIENCE, fuzz.MEMORY, fuzz.FINDINGS = 0.5, 20, 20 << 20, Path(sys.argv[1])

def read(contents):
    place = sum(contents) % 50
    if place == 0: raise ValueError("foreign")
    while place == 1 and len(contents) % 2: pass
    if place == 2: os.abort()
    if place == 3: b"x" * (60 << 20)

fuzz.PARSERS["broken"] = Parser(lambda: [b"A well-formed file, one of many"], read)
tally = fuzz.fuzz("broken", 300, 0, 2)
print(tally.counts['opened'], len(tally.findings))
"""


def test_the_harness_finds_what_is_broken(tmp_path: Path) -> None:
    """Errors of other kinds, hangs, crashes and greed are found, kept, and do not end the run."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    opened, findings = map(int, done.stdout.split())
    assert opened + findings == 300
    kept = list(tmp_path.glob("broken-*.bin"))
    assert 10 < len(kept) <= findings
    assert {"ValueError", "TooSlow", "signal", "MemoryError"} <= set(
        re.findall(r"ValueError|TooSlow|signal|MemoryError", done.stderr)
    )
