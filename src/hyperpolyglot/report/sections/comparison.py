"""How alike the models are."""

from __future__ import annotations

from typing import Any

from scipy.special import ndtri
from scipy.stats import binom

from hyperpolyglot import figures
from hyperpolyglot.figures.comparisons import shown_pairs
from hyperpolyglot.measures.comparison import Comparison
from hyperpolyglot.measures.comparison.records import MEASURES, PairSimilarity
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.measures.verdicts import LEAST_TOKENS
from hyperpolyglot.report.content import Grid, Section, picture
from hyperpolyglot.report.many import tell
from hyperpolyglot.report.verdicts import RANDOM
from hyperpolyglot.report.wording import DASH, cell, joined, measured, number, percent, probability, span
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["comparison_sections", "labels_above", "maps_above"]

_NAMED = 3

TITLE = "How alike are the models?"
QUESTION = "The tokens that all models share, measured in each: are the same tokens near the same tokens?"
GLOSS = {
    "neighbor_overlap": "neighbours in common",
    "canonical_first": "first canonical cosine",
    "canonical_mean_square": "mean square of canonical cosines",
    "cka": "kernel alignment (CKA)",
    "rsa": "rank correlation of cosines (RSA)",
    "procrustes": "explained by a rotation (Procrustes)",
}
NOTE = (
    "Neighbours in common: of a token’s nearest tokens in one model, the share that is among its nearest in the other. "
    "Canonical cosines: the best matching pairs of directions of two spaces, 1 for a direction that both have, after "
    "taking off the means (the paper did not); their mean square is the share of one space that the other holds. CKA "
    "(debiased, linear) and RSA: whether the same pairs of tokens are similar in both, by inner products and by ranks "
    "of cosines; 1 is alike, 0 is chance. Procrustes: the share of one model’s variance that the other, rotated, "
    "explains on tokens the rotation was not learned on. p is the share of random matchings of the tokens that do as "
    "well. Canonical cosines have no interval: repeating tokens, as resampling does, raises them."
)


def comparison_sections(study: Study) -> list[Section]:
    """Every measure of every pair; by label; maps from model to model."""
    found = study.compare
    if isinstance(found, Absent):
        return [Section(key="compare", title=TITLE, question=QUESTION, missing=(found.reason,))]
    return [_whole(found), *_by_label(found), *_maps(found)]


def _pair(pair: PairSimilarity) -> str:
    return f"{title_of(pair.a)} and {title_of(pair.b)}"


def _whole(found: Comparison) -> Section:
    return Section(
        key="compare",
        title=TITLE,
        question=QUESTION,
        pictures=(
            picture(
                "agreements",
                figures.draw_agreements(found),
                "Every two models: neighbours in common (left) and their most alike directions (right), below each "
                "what chance gives; two models that know the same have values near 1.",
            ),
            picture(
                "curves",
                figures.draw_curves(found),
                "Left: neighbours in common by how many are looked at; dashed, by chance. Right: all canonical "
                f"cosines; dashed, the largest that chance gives, so what lies above it is shared.{_chosen(found)}",
            ),
        ),
        reading=_read(found),
        grids=(_measures_grid(found),),
        note=NOTE,
    )


def _chosen(found: Comparison) -> str:
    """Which pairs a figure shows, where it does not show all."""
    shown, half = len(shown_pairs(found)), len(shown_pairs(found)) // 2
    if shown == len(found.pairs):
        return ""
    return f" Of {len(found.pairs)} pairs, the {shown - half} most and the {half} least alike."


def _read(found: Comparison) -> tuple[str, ...]:
    ordered = sorted(found.pairs, key=lambda pair: -(pair.measures["neighbor_overlap"].value or 0.0))
    texts = [_read_pair(ordered[0], found)]
    if len(ordered) > 1 and not any(found.above_random(pair) for pair in ordered):
        return (f"None of {len(ordered)} pairs is distinguishable from random: {texts[0]}",)
    if len(ordered) > 1:
        texts = [f"Of {len(ordered)} pairs the most alike: {texts[0]}"]
        texts.append(f"The least alike: {_read_pair(ordered[-1], found)}")
    return tuple(texts)


def _read_pair(pair: PairSimilarity, found: Comparison) -> str:
    near, first = pair.measures["neighbor_overlap"], pair.measures["canonical_first"]
    kernel, rotation = pair.measures["cka"], pair.measures["procrustes"]
    p = "" if near.p is None else probability(near.p, found.options.permutations)
    alike = "" if found.above_random(pair) else f" and are {RANDOM} in how these lie"
    return (
        f"{_pair(pair)} share {pair.shared:,} tokens{alike}. Of the {pair.k} nearest neighbours of a token, "
        f"{measured(near, share=True, p=p)} are the same in both. The two most alike directions have a cosine of "
        f"{measured(first)}; kernel alignment is {measured(kernel, digits=3)}; a rotation explains "
        f"{measured(rotation, share=True)} of the variance of tokens it has not seen."
    )


def _measures_grid(found: Comparison) -> Grid:
    rows = []
    for pair in found.pairs:
        for name in MEASURES:
            m = pair.measures[name]
            informative = m.details.get("informative", True)
            rows.append(
                (
                    f"{title_of(pair.a)} – {title_of(pair.b)}",
                    GLOSS[name] if informative else f"{GLOSS[name]}: {m.note}",
                    number(m.value, 3),
                    span(m.interval, share=False, digits=3) or DASH,
                    number(m.null, 3),
                    probability(m.p, found.options.permutations),
                )
            )
    return Grid(
        title=f"All measures ({found.options.permutations} permutations behind each p)",
        columns=("models", "measure", "value", "95 % interval", "chance", "p"),
        rows=tuple(rows),
        words=2,
        folded=len(rows) > 12,
    )


def _by_label(found: Comparison) -> list[Section]:
    if not any(pair.by_label for pair in found.pairs):
        return []
    told = tell(
        [(_pair(pair), pair) for pair in found.pairs if pair.by_label],
        _read_labels,
        {
            "labels above chance": lambda pair: f"{len(labels_above(pair)[0]):,}",
            "labels judged": lambda pair: f"{labels_above(pair)[1]:,}",
            "most surely": lambda pair: (
                ", ".join(script_name(r["label"]) for r in labels_above(pair)[0][:3]) or DASH
            ),
        },
        title="In how many labels neighbours agree above chance, by intervals adjusted for all of them",
        of="models",
    )
    return [
        Section(
            key="compare-by-label",
            title="Agreement by label",
            question="The same on the tokens of each label.",
            pictures=(
                picture(
                    "compare-by-label",
                    figures.draw_agreement_by_label(found),
                    "Agreement on the tokens of each label with 95 % intervals; grey bars are chance, for neighbours "
                    "that of agreeing on the label alone. Right of its bar, both know the same of words."
                    f"{_chosen(found)}",
                ),
            ),
            reading=told.reading,
            grids=told.grids,
            note="Chance for neighbours is stricter here: tokens are matched at random within their label, so what two "
            "models share by merely keeping labels together is not counted for them. The text widens the intervals to "
            "95 % for all labels at once (Bonferroni). All numbers are in "
            "tables/comparison.csv.",
        )
    ]


def labels_above(pair: PairSimilarity) -> tuple[list[dict[str, Any]], int]:
    """Labels whose neighbours agree above chance by intervals for all labels at once, surest first; of how many."""
    judged = [
        (row.label, row.measures["neighbor_overlap"])
        for row in pair.by_label
        if row.label
        and row.counted
        and row.tokens >= LEAST_TOKENS
        and row.measures["neighbor_overlap"].interval
    ]
    if not judged:
        return [], 0
    wider = float(ndtri(1 - 0.025 / len(judged)) / ndtri(0.975))
    above = []
    for label, found in judged:
        value, (low, high), chance = found.value or 0.0, found.interval or (0.0, 0.0), _within(found)
        interval = max(0.0, value - wider * (value - low)), min(1.0, value + wider * (high - value))
        if interval[0] > chance:
            above.append({"label": label, "value": value, "interval": interval, "chance": chance})
    return sorted(above, key=lambda row: (row["chance"] - row["interval"][0], row["label"])), len(judged)


def _read_labels(name: str, pair: PairSimilarity) -> str:
    """In how many labels neighbours agree above chance, and the surest of them."""
    above, judged = labels_above(pair)
    if not judged:
        return f"{name}: no label has {LEAST_TOKENS} shared tokens, so none is compared with chance."
    text = f"{name} agree above chance in {len(above)} of {judged} labels with {LEAST_TOKENS} shared tokens"
    if not above:
        return f"{text}, by intervals adjusted for all of them."
    told = [
        f"{script_name(row['label'])} ({percent(row['value'])} of neighbours, adjusted 95 % interval "
        f"{span(row['interval'])}, chance {percent(row['chance'])})"
        for row in above[:_NAMED]
    ]
    return f"{text}, by intervals adjusted for all of them, most surely in {joined(told)}."


def _within(found: Measured) -> float:
    """What chance gives where tokens are matched within their label."""
    return float(found.details.get("within", found.null) or 0.0)


def _maps(found: Comparison) -> list[Section]:
    rows = []
    for pair in found.pairs:
        for row in pair.maps:
            ends = (pair.a, pair.b) if row["direction"] == "a_to_b" else (pair.b, pair.a)
            rows.append(
                (
                    f"{title_of(ends[0])} → {title_of(ends[1])}",
                    {"orthogonal": "rotation", "linear": "any linear map"}.get(row["map"], row["map"]),
                    f"{row['tested']:,}",
                    f"{row['candidates']:,}",
                    *(_precision(row[at]) for at in ("p1", "p10")),
                )
            )
    if not rows:
        return []
    told = tell(
        [(_pair(pair), pair) for pair in found.pairs if pair.maps],
        _read_maps,
        {
            "best map, P@10": lambda pair: _precision(_best(pair)["p10"]),
            "maps above chance": lambda pair: f"{maps_above(pair)} of {len(pair.maps)}",
        },
        title="By pair; below: [95 % interval] · chance, in per cent",
        of="models",
    )
    return [
        Section(
            key="compare-maps",
            title="Cross-model alignment",
            question="A map is learned on four fifths of the shared tokens; a token of the last fifth is mapped "
            "and looked for among all tokens of the other model.",
            grids=(
                *told.grids,
                Grid(
                    title="Found first (P@1) and among the first ten (P@10); below: [95 % interval] · chance, in per "
                    "cent",
                    columns=("from → to", "map", "tested", "candidates", "P@1", "P@10"),
                    rows=tuple(rows),
                    words=2,
                    folded=len(rows) > 8,
                ),
            ),
            reading=told.reading,
        )
    ]


def _precision(found: dict[str, Any]) -> str:
    return cell(found["value"], found["interval"], found["chance"])


def maps_above(pair: PairSimilarity) -> int:
    """How many maps find more tokens within their ten nearest than chance does, all maps considered (Bonferroni)."""
    right = [
        (round(row["p10"]["value"] * row["tested"]), row["tested"], row["p10"]["chance"]) for row in pair.maps
    ]
    return sum(float(binom.sf(k - 1, n, chance)) <= 0.05 / len(right) for k, n, chance in right)


def _best(pair: PairSimilarity) -> dict[str, Any]:
    """The map that finds most."""
    return max(pair.maps, key=lambda row: row["p10"]["value"])


def _read_maps(name: str, pair: PairSimilarity) -> str:
    above, found = maps_above(pair), _best(pair)["p10"]
    sure = f"95 % interval {span(found['interval'])}; " if found.get("interval") else ""
    return (
        f"{name}: {above or 'none'} of {len(pair.maps)} maps {'find' if above > 1 else 'finds'} tokens better "
        f"than chance (p below 0.05 adjusted for all maps); by the best, {percent(found['value'])} of unseen tokens "
        f"land within their ten nearest ({sure}chance {percent(found['chance'])})."
    )
