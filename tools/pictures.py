"""Make the pictures of the README: ``python tools/pictures.py``."""

from __future__ import annotations

from pathlib import Path

from hyperpolyglot import Store, StudyOptions, open_model, run_study
from hyperpolyglot.figures import draw_diversity, draw_map, draw_separability, save
from hyperpolyglot.loading import shipped_layout

TARGET = Path(__file__).parents[1] / "docs" / "pictures"


def main() -> None:
    """Draw the map, the probes and the diversity of the two demo models."""
    spaces = [open_model(f"demo:{name}") for name in ("language", "meaning")]
    layouts = [shipped_layout(space.model) for space in spaces]
    options = StudyOptions(skip=("translation", "languages", "comparison", "explanations"))
    models = run_study(spaces, options, Store(), layouts=layouts).models
    save(draw_map([(m.space, m.projection) for m in models]), TARGET / "map.png")
    save(draw_separability([(m.space.model, m.separability) for m in models]), TARGET / "separability.png")
    save(draw_diversity([(m.space.model, m.diversity) for m in models], "scripts"), TARGET / "diversity.png")


if __name__ == "__main__":
    main()
