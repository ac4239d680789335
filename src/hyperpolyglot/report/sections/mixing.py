"""Who neighbours whom, in the form of the paper's figure 6."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import hypergeom

from hyperpolyglot.measures.diversity import Diversity, LabelPair
from hyperpolyglot.published import MIXED_WITH
from hyperpolyglot.report.content import Grid
from hyperpolyglot.report.wording import number
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import ModelStudy
from hyperpolyglot.writing.scripts import script_name

__all__ = ["mixing_grids", "most_mixed_with"]

_SCRIPTS = {"KATAKANA": "Kana", "HIRAGANA": "Hira", "CJK": "Hani", "LATIN": "Latn", "CYRILLIC": "Cyrl"}
"""The labels that the paper looks at, and the scripts that they are."""


def mixing_grids(found: Sequence[tuple[ModelStudy, Diversity]]) -> tuple[Grid, ...]:
    """Ten commonest neighbours of each of the paper's five labels, in every model, and as published."""
    rows: list[tuple[str, ...]] = []
    for paper, script in _SCRIPTS.items():
        for model, result in found:
            label = paper if any(row.label == paper for row in result.by_label) else script
            near = most_mixed_with(result, label)
            if near:
                shown = ", ".join(_told(pair, result) for pair in near)
                rows.append((script_name(label), title_of(model.space.model), shown))
        if rows:
            theirs = MIXED_WITH[paper].replace(" ", ", ")
            rows.append((script_name(paper), "mT5-XL, as published", theirs))
    if not rows:
        return ()
    return (
        Grid(
            title="The ten commonest neighbours of tokens of a script: how many there are of them where there is one, "
            "and in brackets what chance gives",
            columns=("tokens of", "model", "neighbours, most first"),
            rows=tuple(rows),
            words=3,
            folded=len(rows) > 12,
        ),
    )


def most_mixed_with(result: Diversity, label: str, most: int = 10) -> list[LabelPair]:
    """The labels of which a token of ``label`` that has any has most, most first (PAPER: figure 6)."""
    pairs = [pair for pair in result.pairs if pair.a == label and pair.mean_if_any is not None]
    return sorted(pairs, key=lambda pair: (-(pair.mean_if_any or 0.0), pair.b))[:most]


def _told(pair: LabelPair, result: Diversity) -> str:
    return f"{script_name(pair.b)} {number(pair.mean_if_any, 1)} ({number(_by_chance(pair, result), 1)})"


def _by_chance(pair: LabelPair, result: Diversity) -> float | None:
    """The mean of a hypergeometric count that is not 0: how many, where there is one."""
    marked = next((row.tokens for row in result.by_label if row.label == pair.b), 0) - (pair.a == pair.b)
    if marked < 1:
        return None
    drawn = hypergeom(result.candidates - 1, marked, result.k)
    return float(drawn.mean() / drawn.sf(0))
