"""Measures the real models behind the findings and writes their numbers: ``python tools/findings/measure.py``.

The models are those of ``make real-models``. Steps are kept in the program's cache, so that a second run takes
seconds. ``docs/findings.json`` holds every number that the README and ``docs/findings.md`` say of them, and the
pictures go to ``docs/pictures``; ``write.py`` puts the numbers into the pages.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

import hyperpolyglot as hp
from hyperpolyglot import figures
from hyperpolyglot.cli.terminal import progress_bar
from hyperpolyglot.study import Absent, ModelStudy, plan_compare, run_joint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODELS = Path.home() / ".cache" / "hyperpolyglot-real"
DOCS = Path(__file__).resolve().parents[2] / "docs"
TARGET = DOCS / "findings.json"
NAMES = ("multilingual-e5-small", "gemma-3-270m", "whisper-base")
SHARED = ("multilingual-e5-small", "multilingual-e5-small-enpt")
PAIRS = (SHARED, *combinations(NAMES, 2))
WORD, NEIGHBORS = "water", 12


def opened(name: str) -> hp.TokenSpace:
    """A model of ``make real-models``, under its short name."""
    folder = MODELS / name
    if not folder.is_dir():
        sys.exit(f"{folder} is missing: run `make real-models` first.")
    return replace(hp.open_model(str(folder)), model=name)


def found_in(model: ModelStudy) -> dict[str, Any]:
    """The headline numbers of a model, each with its interval and its chance level."""
    for part in (model.separability, model.diversity, model.translate, model.explain, model.silhouette):
        if isinstance(part, Absent):
            sys.exit(f"{model.space.model}: {part.reason}")
    probes, near, explained = model.separability, model.diversity, model.explain.to_json()
    dealt = near.to_json()["own_share_by_chance"] or {}
    removals = {row["removal"]: row for row in explained["subspaces"]["removal"]}
    frequency = explained["frequency"] or {"spearman": {"value": None, "interval": None}}
    return {
        "rows": model.inspection.n_rows,
        "tokens": model.inspection.tokens,
        "dim": model.inspection.dim,
        "dtype": model.inspection.dtype,
        "scripts": sum(row.counted for row in probes.labels),
        "separability": {"value": probes.mean_accuracy, "chance": 0.5},
        "silhouette": model.silhouette.to_json()["mean"],
        "scripts_near": valued(near.mean, near.interval, near.expected),
        "own_share": valued(near.own_share, near.own_interval, dealt.get("mean")),
        "assortativity": near.assortativity,
        "translation": model.translate.headline,
        "weightings": [dict(row) for row in model.translate.weightings],
        "languages": sum(row.scored for row in model.translate.coverage),
        "coverage": model.translate.to_json()["coverage"]["share"],
        "removal": {name: removed(removals[name]) for name in ("none", "centring") if name in removals},
        "frequency": frequency["spearman"],
        "undertrained": explained["undertrained"]["share"],
        "isotropy": explained["isotropy"]["iso_score"],
        "dimension": explained["dimension"]["two_nn"],
        "antihubs": explained["hubness"]["antihubs"],
        "trustworthiness": None if isinstance(model.map, Absent) else model.map.trustworthiness,
    }


def valued(value: float | None, interval: tuple[float, float] | None, chance: float | None) -> dict[str, Any]:
    """A number with its interval and its chance level."""
    return {"value": value, "interval": interval and list(interval), "chance": chance}


def removed(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a removal leaves."""
    names = ("accuracy", "diversity", "own_share", "chance", "queries")
    return {name: row[name] for name in names} | {"translation": row["translation"]}


def nearest(space: hp.TokenSpace) -> list[dict[str, Any]]:
    """The nearest tokens of the word of the examples."""
    row = int(min(hp.find_tokens(space, f"▁{WORD}")))
    (query,) = hp.neighborhoods(space, [row], k=NEIGHBORS).to_json()["queries"]
    return list(query["neighbors"])


def drawn(figure: Figure, name: str) -> None:
    """Save a picture with a palette of its own, which is a quarter of the bytes."""
    path = DOCS / "pictures" / f"{name}.png"
    figures.save(figure, path)
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize(
            (1400, 1400 * picture.height // picture.width), Image.Resampling.LANCZOS
        )
    small.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Measure, draw, and write ``docs/findings.json``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what", nargs="*", choices=["models", "pairs", []], help="models, pairs (default: both)"
    )
    parser.add_argument("--cache", type=Path, help="where steps are kept, if not in the program's own cache")
    arguments = parser.parse_args()
    wanted, store = arguments.what or ["models", "pairs"], hp.Store(arguments.cache)
    numbers: dict[str, Any] = json.loads(TARGET.read_text("utf8")) if TARGET.exists() else {}
    if "models" in wanted:
        spaces = [opened(name) for name in NAMES]
        models = [measured(space, store) for space in spaces]
        numbers["models"] = {model.space.model: found_in(model) for model in models}
        numbers["water"] = nearest(spaces[0])
        draw(models)
    if "pairs" in wanted:
        numbers["pairs"] = [compared(a, b, store) for a, b in PAIRS]
    TARGET.write_text(json.dumps(numbers, ensure_ascii=False, indent=1) + "\n", "utf8")


def measured(space: hp.TokenSpace, store: hp.Store) -> ModelStudy:
    """Everything measured on one model but its languages."""
    print(space.model, file=sys.stderr)
    options = hp.StudyOptions(skip=("languages", "compare", "meanings"))
    with progress_bar() as bar:
        (model,) = hp.run_study([space], options, store, progress=bar).models
    return model


def draw(models: list[ModelStudy]) -> None:
    """The pictures of the README and of the findings."""
    first, *others = models
    named = [(m.space.model, m) for m in models]
    drawn(figures.draw_map([(first.space, first.map)]), "e5")
    drawn(figures.draw_map([(m.space, m.map) for m in others]), "gemma-whisper")
    drawn(figures.draw_separability([(n, m.separability) for n, m in named]), "findings-separability")
    drawn(figures.draw_diversity([(n, m.diversity) for n, m in named], "scripts"), "findings-diversity")
    drawn(figures.draw_removal([m.explain for _, m in named], "scripts"), "findings-removal")


def compared(a: str, b: str, store: hp.Store) -> dict[str, Any]:
    """How alike two models are on the tokens that they share."""
    print(f"{a} and {b}", file=sys.stderr)
    joint = plan_compare([opened(a), opened(b)], hp.CompareOptions())
    with progress_bar() as bar:
        (pair,) = run_joint(joint, store, progress=bar).pairs
    return {"a": a, "b": b, "shared": pair.shared, "k": pair.k} | {
        name: measure.to_json() for name, measure in pair.measures.items()
    }


if __name__ == "__main__":
    main()
