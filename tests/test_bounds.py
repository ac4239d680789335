"""The bounds of benchmarks/bounds.py hold within three times."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_bounds():
    """Opening, labelling and --help stay within three times what is promised."""
    script = Path(__file__).parents[1] / "benchmarks" / "bounds.py"
    found = subprocess.run(
        [sys.executable, str(script), "--assert"], capture_output=True, text=True, check=False
    )
    assert 0 == found.returncode, found.stdout + found.stderr
