"""The tools of the project are there and start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_tool_has_a_line():
    """``python -m tools`` names each tool and says what it does; a wrong name is a sentence."""
    lines = run().stdout.splitlines()
    assert {"demo/build", "demo/excerpt", "faults", "fuzz", "lexicon/build", "pictures", "script_table"} <= {
        line.split()[0] for line in lines
    }
    assert all(len(line.split()) > 3 for line in lines)
    wrong = run("juggle")
    assert (1, True) == (wrong.returncode, wrong.stderr.startswith("'juggle' is no tool; there are "))


@pytest.mark.parametrize("name", ["faults", "fuzz"])
def test_a_tool_starts_by_its_name(name):
    """The tools that drive the package import what they need and answer ``--help``."""
    done = run(name, "--help")
    assert (0, "usage") == (done.returncode, done.stdout[:5]), done.stderr
