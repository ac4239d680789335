"""Make the pictures of the README: ``python tools/pictures.py``; that of the explorer needs a Chromium."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlencode

from hyperpolyglot import Store, StudyOptions, TokenSpace, explore, find_tokens, open_model, run_study
from hyperpolyglot.figures import draw_diversity, draw_map, draw_separability, save
from hyperpolyglot.loading import shipped_layout

SOFTWARE = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
TARGET = Path(__file__).parents[1] / "docs" / "pictures"


def main() -> None:
    """Draw the map, the probes and the diversity of the two demo models."""
    spaces = [open_model(f"demo:{name}") for name in ("language", "meaning")]
    layouts = [shipped_layout(space.model) for space in spaces]
    options = StudyOptions(skip=("translate", "meanings", "languages", "compare", "explain"))
    models = run_study(spaces, options, Store(), layouts=layouts).models
    save(draw_map([(m.space, m.map) for m in models]), TARGET / "map.png")
    save(draw_separability([(m.space.model, m.separability) for m in models]), TARGET / "separability.png")
    save(draw_diversity([(m.space.model, m.diversity) for m in models], "scripts"), TARGET / "diversity.png")
    picture_explorer(spaces)


def picture_explorer(spaces: list[TokenSpace]) -> None:
    """Both models side by side, at a word."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        return print("no chromium: explorer.png stays as it is")
    token = min(find_tokens(spaces[0], "cat"))
    state = urlencode({"model": spaces[0].model, "beside": spaces[1].model, "token": token})
    with explore(*spaces, port=0) as shown, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=list(SOFTWARE))
        page = browser.new_page(viewport={"width": 1440, "height": 860}, reduced_motion="reduce")
        page.goto(f"{shown.url}#{state}")
        page.wait_for_selector("html[data-ready=all]", state="attached")
        page.wait_for_selector("h2.headword")
        page.wait_for_timeout(500)
        page.screenshot(path=TARGET / "explorer.png")
        browser.close()
    return None


if __name__ == "__main__":
    main()
