"""The page about transfers is what its program computes."""

from __future__ import annotations

import runpy
from pathlib import Path


def test_the_page_is_up_to_date() -> None:
    program = Path(__file__).parents[2] / "docs" / "transfers.py"
    made = runpy.run_path(str(program))["page"]()
    assert program.with_suffix(".md").read_text("utf8") == made
    assert "| google/mt5-xxl | 250112 × 4096 | F32 | 4.10 GB | ≈ 4.3 MB | ≈ 51.60 GB | 7.9 % |" in made
