"""Comparisons in a terminal of 80 columns: tables, and what they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import span, value
from hyperpolyglot.sources import title_of

if TYPE_CHECKING:
    from hyperpolyglot.measures.comparison import Comparison
    from hyperpolyglot.measures.comparison.records import PairSimilarity

__all__ = ["show_comparison"]

_LABELS = 8
_MEASURES = {
    "neighbor_overlap": "neighbours in common",
    "canonical_first": "first canonical cosine",
    "canonical_mean_square": "canonical mean square",
    "cka": "CKA (debiased)",
    "rsa": "RSA (Spearman)",
    "procrustes": "Procrustes R², held out",
}


def show_comparison(found: Comparison) -> None:
    """For each pair of models: its measures, maps judged on tokens held out, and the largest labels."""
    for pair in found.pairs:
        print_table(
            f"{title_of(pair.a)} and {title_of(pair.b)}: {pair.shared:,} shared tokens, k = {pair.k}",
            _measures(pair),
        )
        for name, measure in pair.measures.items():
            if measure.note and (measure.value is None or "uninformative" in measure.note):
                say(f"{_MEASURES[name]}: {measure.note}.")
        if pair.maps:
            print_table("Held-out tokens found again by a map from model to model", _maps(pair))
        if pair.by_label:
            print_table("By label, largest first", _by_label(pair))
            say(
                "overlap: neighbours in common; within: were correspondence drawn among the tokens of a label. "
                "angles²: mean square of canonical cosines; R²: Procrustes, held out. With nulls, p-values (also "
                "adjusted over labels) and intervals: --json, -o."
            )
    left = {model: n for model, n in zip(found.models, found.ambiguous, strict=True) if n}
    if left:
        told = ", ".join(f"{n:,} in {title_of(model)}" for model, n in left.items())
        say(f"Texts of more than one token are excluded: {told}.")


def _measures(pair: PairSimilarity) -> list[dict[str, Any]]:
    return [
        {
            "measure": _MEASURES[name],
            "value": value(m.value),
            "95 % interval": span(m.interval),
            "chance": value(m.null),
            "p": value(m.p),
        }
        for name, m in pair.measures.items()
    ]


def _maps(pair: PairSimilarity) -> list[dict[str, Any]]:
    ways = {"a_to_b": title_of(pair.b), "b_to_a": title_of(pair.a)}
    return [
        {
            "map": row["map"],
            "P@1": value(row["p1"]["value"]),
            "95 % interval": span(row["p1"]["interval"]),
            "chance": value(row["p1"]["chance"]),
            "P@10": value(row["p10"]["value"]),
            "into": ways[row["direction"]],
        }
        for row in pair.maps
    ]


def _by_label(pair: PairSimilarity) -> list[dict[str, Any]]:
    rows = []
    for part in pair.by_label[:_LABELS]:
        near = part.measures["neighbor_overlap"]
        rows.append(
            {
                "label": part.label,
                "tokens": part.tokens,
                "overlap": value(near.value),
                "within": value(near.details.get("within")),
            }
            | {
                title: value(part.measures[name].value if name in part.measures else None)
                for name, title in (
                    ("canonical_mean_square", "angles²"),
                    ("cka", "CKA"),
                    ("rsa", "RSA"),
                    ("procrustes", "R²"),
                )
            }
        )
    return rows
