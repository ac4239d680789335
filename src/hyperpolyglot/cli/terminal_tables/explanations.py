"""Explanations in a terminal of 80 columns: tables, and what they are of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hyperpolyglot.cli.several import Columns, Command, Measurement
from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import span, value, whole
from hyperpolyglot.percentages import percent

if TYPE_CHECKING:
    from hyperpolyglot.measures.explanation import Explanation
    from hyperpolyglot.measures.explanation.frequency import Frequency
    from hyperpolyglot.measures.undertrained import LabelShare

__all__ = ["EXPLAIN"]

_LABELS, _TOKENS = 8, 10


def _show_explanation(result: Measurement[Explanation]) -> None:
    """Every explanation as a number beside its chance level, deciles, labels, and the table of removals."""
    found, noun = result.record, result.space.labels.labelling.many
    print_table(f"{result.title}: what may explain its neighbourhoods", _facts(found))
    if found.frequency is not None:
        k = found.frequency.k
        rows = [
            {
                "tenth": d.decile,
                "tokens": d.tokens,
                "labels": value(d.mean, 2),
                "95 % interval": span(d.interval),
            }
            for d in found.frequency.deciles
        ]
        print_table(f"Labels among {k} neighbours, from the rarest tenth to the commonest", rows)
        _show_frequency_by_label(found.frequency, noun)
    print_table(
        "Under-trained tokens by label (largest first)",
        [
            {
                "label": row.label or "–",
                "tokens": row.tokens,
                "under-trained": row.undertrained,
                "share": value(row.share),
                "95 % interval": span(row.interval),
                "unreachable": row.unreachable,
            }
            for row in _large(found)
        ],
    )
    _show_tokens(found)
    print_table("After removing label components", _removal(found))
    first = found.subspaces.effects[0]
    told = "Learned on one half of the tokens; accuracy and labels are of a sample of the other, P@1 of all covered "
    told += "words. By chance: "
    told += f"accuracy {value(first.chance, 2)}, {value(first.expected, 2)} labels"
    score = _translated(first.translation)
    if score.get("chance") is not None:
        told += f", P@1 {value(score['chance'])}"
    say(
        f"{told}. own: neighbours of the same label; kept: of the {first.k} neighbours, those that were neighbours "
        "before; P@1: translations among words by CSLS."
    )


def _explanation_columns(result: Measurement[Explanation]) -> Columns:
    found = result.record
    facts = {row[""]: whole(row["value"], row["95 % interval"], row["chance"]) for row in _facts(found)}
    first = found.subspaces.effects[0]
    accuracy, distinct, translated = {}, {}, {}
    for effect in found.subspaces.effects:
        accuracy[effect.removal] = whole(value(effect.accuracy), "–", value(first.chance, 2))
        labels = value(effect.diversity, 2)
        distinct[effect.removal] = whole(labels, span(effect.interval), value(first.expected, 2))
        score = _translated(effect.translation)
        if score:
            shares = value(score["value"]), span(score.get("interval")), value(score.get("chance"))
            translated[effect.removal] = whole(*shares)
    return {
        "What may explain neighbourhoods [95 % interval] (by chance)": facts,
        "Under-trained tokens by label": {
            row.label or "no label": f"{row.undertrained:,} ({percent(row.share)})" for row in _large(found)
        },
        "Accuracy of probes after removing label components (by chance)": accuracy,
        f"Labels among {first.k} neighbours after it [95 % interval] (by chance)": distinct,
        "Translations among words (P@1, CSLS) after it [95 % interval] (by chance)": translated,
    }


def _large(found: Explanation) -> list[LabelShare]:
    return [row for row in found.undertrained.by_label if row.tokens >= 100][:_LABELS]


def _show_tokens(found: Explanation) -> None:
    """The tokens that appear under-trained, most like reserved rows first, and the hubs."""
    examples = found.undertrained.examples[:_TOKENS]
    known = any(row["closeness"] is not None for row in examples)
    rows = [
        {"id": row["id"], "norm": value(row["norm"], 3)}
        | ({"cosine": value(row["closeness"], 3)} if known else {})
        | {"label": row["label"] or "–", "token": row["token"]}
        for row in examples
    ]
    if rows:
        order = "largest cosine to reserved rows first" if known else "shortest vectors first"
        print_table(f"Under-trained tokens ({order})", rows)
    hubs = found.hubness
    rows = [
        {
            "id": row["id"],
            "occurrences": row["occurrences"],
            "label": row["label"] or "–",
            "token": row["token"],
        }
        for row in hubs.hubs[:_TOKENS]
    ]
    print_table(
        f"Hubs: occurrences in lists of {hubs.k} neighbours (largest by chance {hubs.largest_expected})", rows
    )


def _show_frequency_by_label(found: Frequency, noun: str) -> None:
    if found.turn is not None:
        rises = found.turn.kind == "peak"
        say(
            f"Not monotone: the labels {'rise' if rises else 'fall'} from {found.turn.first:.2f} to "
            f"{found.turn.mean:.2f} in tenth {found.turn.decile} and {'fall' if rises else 'rise'} to "
            f"{found.turn.last:.2f}."
        )
    rows = [
        {
            "label": name,
            "tokens": c.n,
            "Spearman": value(c.value),
            "95 % interval": span(c.interval),
            "p adjusted": value(p),
        }
        for name, c, p in found.by_label[:_LABELS]
    ]
    if rows:
        print_table("Frequency and diversity within each label (largest first; chance 0)", rows)
    apart = found.heterogeneity
    if apart is not None:
        say(
            f"One correlation for all {apart.groups} {noun}: Cochran's Q {apart.q:,.1f} with {apart.degrees} degrees "
            f"of freedom, p {value(apart.p)}; {percent(apart.i_squared)} of the spread is not sampling. Q counts "
            "tokens as independent, though they share neighbours, so it is about these tokens only."
        )


def _facts(found: Explanation) -> list[dict[str, Any]]:
    rows: list[tuple[str, float | None, Any, float | None]] = []
    if found.frequency is not None:
        source = {"ids": "id", "scores": "score", "counts": "count", "corpus": "count in the corpus"}
        rows += [
            (f"diversity by {source[found.frequency.source]}, Spearman", c.value, c.interval, 0.0)
            for c in (found.frequency.correlation,)
        ]
        partial = found.frequency.partial
        rows.append(("… at equal label, length, kind, start", partial.value, partial.interval, 0.0))
    hubs, spread, local = found.hubness, found.isotropy, found.dimension
    rows += [
        ("under-trained tokens, share", found.undertrained.share, None, None),
        ("unreachable tokens, share", found.undertrained.unreachable_share, None, None),
        (f"skew of occurrences among {hubs.k} nearest", hubs.skewness, None, hubs.skewness_expected),
        ("tokens in no neighbourhood", hubs.antihubs, None, hubs.antihubs_expected),
        ("mean cosine of two tokens", spread.mean_cosine, None, 0.0),
        ("IsoScore", spread.iso_score, None, spread.iso_score_expected),
        ("participation ratio (dimensions)", spread.participation, None, spread.participation_expected),
        ("local dimension, TwoNN", local.two_nn, None, local.two_nn_baseline),
        ("local dimension, PCA", local.local_pca, None, local.local_pca_baseline),
        ("variance between labels", found.subspaces.offsets.share, None, found.subspaces.offsets.expected),
    ]
    if found.tables is not None:
        for title, m in (
            ("cosine of input and output vector", found.tables.cosine),
            ("neighbours the same in the output table", found.tables.overlap),
        ):
            rows.append((title, m.value, m.interval, m.null))
    return [
        {"": title, "value": value(number), "95 % interval": span(interval), "chance": value(null)}
        for title, number, interval, null in rows
    ]


def _removal(found: Explanation) -> list[dict[str, Any]]:
    rows = []
    for effect in found.subspaces.effects:
        score = _translated(effect.translation)
        rows.append(
            {
                "removal": effect.removal,
                "accuracy": value(effect.accuracy),
                "labels": value(effect.diversity, 2),
                "interval": span(effect.interval),
                "own": value(effect.own_share, 2),
                "kept": value(effect.kept, 2),
                "P@1": value(score.get("value")),
                "(interval)": span(score.get("interval")),
            }
        )
    return rows


def _translated(translation: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The first score of what a removal did to translation."""
    found = translation or {}
    return next((part for part in found.values() if isinstance(part, dict) and "value" in part), {})


EXPLAIN = Command("explain", _show_explanation, _explanation_columns)
