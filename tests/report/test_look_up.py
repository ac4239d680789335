"""What a reader types on the first screen of a report, in a browser; what is too wide or too long on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hyperpolyglot.report.page import page
from tests.explorer.conftest import Visit, chromium

__all__ = ["chromium"]


@pytest.fixture(scope="module")
def address(study: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of two planted models."""
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(study), "utf8")
    return path.as_uri()


@pytest.mark.parametrize("typed", ["russ", "ru", "Russian"])
def test_a_language_is_looked_up(chromium: Any, address: str, typed: str) -> None:
    """The first letters of a name, a tag or a whole name show the rows of the language, one a model."""
    made = Visit(chromium)
    made.page.goto(address)
    made.page.fill("#look-up input", typed)
    rows = made.page.locator("#look-up tbody tr")
    assert 2 == rows.count()
    assert all(text.startswith("Russian (ru)") for text in rows.all_inner_texts())
    assert "95\N{NO-BREAK SPACE}% interval" in made.page.inner_text("#look-up output")
    made.page.fill("#look-up input", "nowhere")
    assert "The lexicon has no such language." == made.page.inner_text("#look-up output")
    made.page.fill("#look-up input", "")
    assert "" == made.page.inner_text("#look-up output")
    assert [] == made.errors
    made.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(chromium: Any, address: str, width: int) -> None:
    """The page does not scroll sideways, and figures fit; at 1280 pixels the three answers are on the first screen."""
    made = Visit(chromium, viewport={"width": width, "height": 800})
    made.page.goto(address)
    assert width == made.page.evaluate("document.documentElement.scrollWidth")
    figures = made.page.locator("figure svg").evaluate_all("all => all.map(e => e.clientWidth)")
    assert max(figures) <= width
    end = made.page.locator(".answers").bounding_box()
    assert end["y"] + end["height"] < (800 if width == 1280 else 1600)
    made.context.close()
