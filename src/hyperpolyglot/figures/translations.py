"""Whether neighbours are translations, and which languages a model serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyperpolyglot.figures.language_order import best_by_script
from hyperpolyglot.figures.multiples import MANY, grid_of
from hyperpolyglot.figures.panels import chance_legend, legend_below, new_figure, of_caller, rows_high, styled
from hyperpolyglot.figures.style import (
    CHANCE,
    FAINT,
    WIDE,
    Dots,
    dot_rows,
    drawn,
    in_percent,
    model_colour,
    model_marker,
    named,
)
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.languages import Languages
from hyperpolyglot.measures.translation import Translation
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hyperpolyglot.measures.languages.records import LanguageModel

__all__ = [
    "MAIN_PANEL",
    "draw_hub_languages",
    "draw_languages",
    "draw_translation_scores",
    "shown_languages",
]

_SETS = {
    "weak": "among the words of\nthe target language",
    "script": "among all tokens\nof its script",
    "strong": "among all tokens",
}
_BASELINE = "frequency-matched\nbaseline"
MAIN_PANEL = -1
"""Of the languages: P@1 of all questions."""
_METRICS = {"p1": "P@1", "p5": "P@5", "p10": "P@10", "mrr": "MRR"}


@styled
def draw_translation_scores(results: Sequence[tuple[str, Translation]], *, ax: Axes | None = None) -> Figure:
    """Scores of every candidate set by CSLS, with intervals and chance; last, the answer by frequency alone."""
    figure, axes = new_figure(WIDE, 1.7 + 0.2 * len(results), columns=len(_METRICS), sharey=True, ax=ax)
    rows = [*_SETS, "baseline"]
    for panel, (metric, title) in zip(axes, _METRICS.items(), strict=True):
        series = [_scores(title_of(model), found, metric) for model, found in results]
        dot_rows(panel, rows, series, [*_SETS.values(), _BASELINE])
        panel.set_xlim(-0.03, 1.03)
        panel.set_xticks([0, 0.5, 1], ["0", "0.5", "1"] if metric == "mrr" else ["0 %", "50 %", "100 %"])
        panel.set_title(title)
        panel.tick_params(axis="y", length=0)
    chance_legend(figure, axes[0])
    return figure


def _scores(name: str, found: Translation, metric: str) -> Dots:
    rows = {key: found.overall[key]["csls"][metric] for key in _SETS}
    rows["baseline"] = found.baselines["frequency_rank"][metric]
    known = {key: score for key, score in rows.items() if score["value"] is not None}
    return Dots(
        name=name,
        values={key: score["value"] for key, score in known.items()},
        intervals={key: tuple(score["interval"]) for key, score in known.items() if score["interval"]},
        chance={key: score["chance"] for key, score in known.items() if score["chance"] is not None},
    )


@styled
def draw_hub_languages(
    results: Sequence[tuple[str, Translation]], most: int = 14, *, ax: Axes | None = None
) -> Figure:
    """Hub languages: their share of nearest foreign words, and of all."""
    many = ax is None and len(results) >= MANY
    lines, columns = grid_of(len(results), widest=3) if many else (1, len(results))
    most = min(
        8 if many else most, max(sum(row["lift"] is not None for row in found.hubs) for _, found in results)
    )
    height = lines * rows_high(0.7, most) + 0.4
    figure, axes = new_figure(WIDE, height, lines, columns, ax=ax)
    for panel in axes[len(results) :]:
        panel.set_visible(False)
    for i, (panel, (model, found)) in enumerate(zip(axes, results, strict=False)):
        rows = [row for row in found.hubs if row["lift"] is not None][:most]
        expected, drawn = ([row[name] for row in rows] for name in ("expected", "attraction"))
        panel.scatter(expected, range(len(rows)), s=34, marker="|", color=FAINT)
        panel.scatter(
            drawn, range(len(rows)), s=15, marker=model_marker(i), linewidths=0, color=model_colour(i),
            label=title_of(model),
        )  # fmt: skip
        panel.set_yticks(range(len(rows)), [_language(row["language"]) for row in rows])
        panel.set_ylim(max(1, most) - 0.4, -0.6)
        panel.set_xlim(left=0)
        panel.xaxis.set_major_formatter(in_percent)
        panel.set_title(title_of(model))
        if not many or i + columns >= len(results):
            panel.set_xlabel("nearest foreign words")
        panel.grid(axis="x")
    from matplotlib.lines import Line2D

    bar = Line2D([], [], color=FAINT, marker="|", linestyle="", markersize=6)
    legend_below(figure, axes[0], ([bar], [f"{CHANCE}: the language’s share of all foreign words"]))
    return figure


def shown_languages(found: Languages, most: int = 40) -> list[str]:
    """One language of every script, that with most words covered, then the best covered others; grouped by script."""
    best = {
        tag: max((model.coverage * model.words for model in models), default=0.0)
        for tag, models in found.by_language.items()
    }
    ordered = sorted((tag for tag in best if best[tag] > 0), key=lambda tag: (-best[tag], tag))
    chosen = best_by_script(ordered, found.scripts, most)
    size = {script: sum(found.scripts[tag] == script for tag in chosen) for script in found.scripts.values()}
    return sorted(chosen, key=lambda tag: (-size[found.scripts[tag]], found.scripts[tag], -best[tag], tag))


_PANELS: dict[str, Callable[[LanguageModel], tuple[float | None, Any, float | None]]] = {
    "words that are\none token": lambda m: (m.coverage, None, None),
    "pieces\nper word": lambda m: (m.pieces_per_word, None, None),
    "P@1,\nof covered words": lambda m: _translated(m, "value", "interval", 1.0),
    "P@1,\nof all questions": lambda m: _translated(m, "all", "all_interval", None),
}


def _translated(
    model: LanguageModel, value: str, interval: str, share: float | None
) -> tuple[float | None, Any, float | None]:
    """Scores with the same number of candidates in every question."""
    found = model.translation
    if not found:
        return None, None, None
    part = share if share is not None else found["questions"] / found["asked"]
    matched = found["matched"]
    return matched[value], matched[interval], matched["chance"] * part


def _language(tag: str) -> str:
    return drawn(language_name(tag))


def _title(tag: str, script: str) -> str:
    name = _language(tag)
    return name if script in name else f"{name} · {script}"


@styled
def draw_languages(
    found: Languages, models: Sequence[str], most: int = 40, *, ax: Axes | None = None
) -> Figure:
    """Coverage, pieces per word and translation, of matched candidates, for some forty languages; bars are chance."""
    crowd = max(1.0, len(models) / (MANY - 1))
    tags = shown_languages(found, int(most / crowd))
    rows = [row for tag in tags for row in found.by_language[tag]]
    filled = {title: read for title, read in _PANELS.items() if any(read(row)[0] is not None for row in rows)}
    panels = filled or _PANELS
    last = len(panels) - 1
    figure, axes = new_figure(
        WIDE, rows_high(1.3, len(tags), 0.15 * crowd), columns=len(panels), sharey=True, ax=ax, main=last
    )
    titles = [_title(tag, named(found.scripts[tag])) for tag in tags]
    for panel, (title, read) in zip(axes, panels.items(), strict=True):
        series = [_of_model(found.by_language, model, tags, read) for model in models]
        dot_rows(panel, tags, series, titles)
        panel.set_title(title, fontsize=8)
        if not of_caller(figure, panel):
            panel.tick_params(labelsize=6.5)
        panel.tick_params(axis="y", length=0)
        if title.startswith("pieces"):
            panel.set_xlim(left=0.8)
        else:
            panel.set_xlim(left=0)
            panel.xaxis.set_major_formatter(in_percent)
    if any(read(row)[2] is not None for read in panels.values() for row in rows):
        chance_legend(figure, axes[last])
    elif len(models) > 1:
        legend_below(figure, axes[last])
    return figure


def _of_model(
    by_language: Mapping[str, Sequence[LanguageModel]],
    model: str,
    tags: Sequence[str],
    read: Callable[[LanguageModel], tuple[float | None, Any, float | None]],
) -> Dots:
    rows = {tag: read(row) for tag in tags for row in by_language[tag] if row.model == model}
    return Dots(
        name=title_of(model),
        values={tag: value for tag, (value, _, _) in rows.items() if value is not None},
        intervals={tag: tuple(interval) for tag, (_, interval, _) in rows.items() if interval},
        chance={tag: chance for tag, (_, _, chance) in rows.items() if chance is not None},
    )
