"""The numbers of the README and of the findings are those of ``docs/findings.json``, which ``make findings`` writes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools" / "findings"))

from write import PAGES, SHORT, filled  # noqa: E402

NUMBERS = json.loads((ROOT / "docs" / "findings.json").read_text("utf8"))
MARK = re.compile(r"<!--=.*?-->(.*?)<!--/-->", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_in_step_with_the_numbers(page):
    """Writing the numbers into a page anew changes nothing, and no mark is empty."""
    text = page.read_text("utf8")
    assert text == filled(text, NUMBERS)
    assert "" not in [found.strip() for found in MARK.findall(text)]


def test_a_changed_number_is_seen():
    """A page with another number than the file's is written anew."""
    text = "<!--=e5.tokens count-->1,234<!--/-->"
    assert text != filled(text, NUMBERS)
    with pytest.raises(KeyError):
        filled("<!--=e5.nothing count-->1<!--/-->", NUMBERS)


def test_every_result_has_an_interval_or_a_chance_level():
    """What the table of models shows is never a bare number."""
    for name in SHORT.values():
        model = NUMBERS["models"][name]
        assert 0.5 == model["separability"]["chance"]
        for key in ("scripts_near", "own_share", "translation"):
            assert model[key]["interval"], (name, key)
            assert model[key]["chance"] is not None, (name, key)


def test_every_number_of_languages_has_an_interval_and_a_chance_level():
    """Probes and branches have intervals and chance, and premiums have intervals, in all three models."""
    for name in SHORT.values():
        found = NUMBERS["within"][name]
        assert found["scripts"]
        for row in found["scripts"]:
            assert row["interval"][0] <= row["value"] <= row["interval"][1]
            assert row["chance"] == pytest.approx(1 / row["languages"])
        tree = found["relatedness"]
        assert tree["interval"][0] < tree["value"] < tree["interval"][1]
        assert all(row["interval"] and 1.0 == row["chance"] for row in tree["branches"].values())
        costs = NUMBERS["costs"]["models"][name]
        assert costs["gini"]["low"] < costs["gini"]["value"] < costs["gini"]["high"]
        assert all(row["premium"]["low"] <= row["premium"]["value"] for row in costs["rows"].values())


def test_the_findings_have_both_sections_on_languages():
    """The page says which languages are told apart within a script, and what each of them pays."""
    page = (ROOT / "docs" / "findings.md").read_text("utf8")
    assert "## Languages within a script" in page
    assert "## What a language pays" in page
    assert all(f"<!--=table {name}-->" in page for name in ("within", "branches", "costs"))


def test_every_number_of_uses_has_an_interval_or_a_chance_level():
    """Dictionaries have calibration errors beside those of perfect probabilities, prices intervals, losses chance."""
    for name in SHORT.values():
        for row in NUMBERS["uses"]["dictionaries"][name]:
            assert row["kept"] <= row["pairs"]
            assert row["ece"]["low"] <= row["ece"]["value"] <= row["ece"]["high"]
            assert row["ece"]["chance"] > 0
        for row in NUMBERS["uses"]["prunings"][name]:
            assert row["dearest"]["low"] <= row["dearest"]["value"] <= 1.02
            assert row["neighbors"]["value"] <= row["neighbors"]["chance"]
