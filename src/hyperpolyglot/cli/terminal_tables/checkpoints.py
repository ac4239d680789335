"""Checkpoints in a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import span, value
from hyperpolyglot.sources import spread

if TYPE_CHECKING:
    from hyperpolyglot.measures.track import Track
    from hyperpolyglot.measures.track.track import TrackedStep
    from hyperpolyglot.measures.track.trends import Trend
    from hyperpolyglot.measures.track.words import WordStep

__all__ = ["show_track"]

_COLUMNS = {
    "separability": "probe",
    "diversity": "div.",
    "own_share": "own",
    "translation": "P@1",
    "same_spelling": "spell",
    "isotropy": "iso.",
    "norm": "norm",
}
_BESIDE_LAST = {
    "overlap_last": "neighbours",
    "cka_last": "CKA",
    "rsa_last": "RSA",
    "rotation_last": "Procrustes",
}
_STEPS, _LABELS = 24, 12
_STEPS_OF_A_WORD, _NEAREST = 6, 5


def show_track(found: Track) -> None:
    """The steps, the half-lives of all tokens, which come first, and the earliest scripts and languages."""
    every = found.steps
    shown = spread(every, _STEPS)
    more = "" if len(shown) == len(every) else f", {len(shown)} of {len(every)}"
    print_table(f"Steps{more}", [_step(step, _COLUMNS) for step in shown])
    say(
        "probe: accuracy of linear probes; div., own: distinct labels and own-label share among neighbours; P@1: "
        "translation, weak, by CSLS; spell: P@1 of answers spelled nearly the same."
    )
    if any(step.value(measure) for step in shown for measure in _BESIDE_LAST):
        print_table("Likeness to the last step", [_step(step, _BESIDE_LAST) for step in shown])
        say("Procrustes: mean held-out cosine, a rotation removed. Chance is 0, of neighbours nearly 0.")
    whole = [row for row in found.half_lives if row.label is None]
    if whole:
        print_table("Half-lives, all tokens", [_half_life(row) for row in _earliest(whole)])
    if found.order:
        print_table("Which comes first", [_pair(row) for row in found.order[:_LABELS]])
    moved = [row for row in found.half_lives if row.label is not None and row.x is not None]
    if moved:
        rows = [_half_life(row) | {"label": row.label} for row in _earliest(moved)[:_LABELS]]
        print_table("Earliest scripts and languages", rows)
    for row in found.relation:
        if row.value is not None and row.low is not None and row.high is not None:
            say(
                f"{row.measure}: half-lives and shares of {row.labels} labels ({row.share}) have Spearman "
                f"{value(row.value, 2)} [{value(row.low, 2)}, {value(row.high, 2)}]."
            )
    trends = sorted(found.trends, key=lambda row: (row.unit != "model", row.p_adjusted))
    if trends:
        print_table("For ten times the size", [_trend(row) for row in trends])
        say(
            "Slopes within families. unit: the interval and p are over other models, or over other scripts or "
            "languages in these models."
        )
    _show_words(found)
    say("Intervals, chance levels and every script and language: --json, -o.")


def _show_words(found: Track) -> None:
    """The nearest tokens of each word at up to six steps."""
    by_token: dict[tuple[str, int], list[WordStep]] = {}
    for step in found.words:
        by_token.setdefault((step.word, step.id), []).append(step)
    for steps in by_token.values():
        rows = [
            {
                "x": f"{step.x:,.10g}",
                "kept": value(None) if step.kept is None else f"{step.kept} of {len(step.neighbors)}",
                "nearest": "  ".join(near.token for near in step.neighbors[:_NEAREST]) or value(None),
            }
            for step in spread(steps, _STEPS_OF_A_WORD)
        ]
        print_table(f"Nearest tokens of {steps[0].token}", rows)
    if by_token:
        say("kept: of the nearest, how many are also near at the last step.")


def _trend(row: Trend) -> dict[str, Any]:
    return {
        "measure": row.measure.replace("_", " "),
        "unit": f"{row.units} {row.unit}s",
        "change": value(row.change),
        "95 % interval": span((row.low, row.high)),
        "p adjusted": value(row.p_adjusted),
    }


def _earliest(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (row.x is None, row.x or 0.0, row.measure, row.label or ""))


def _step(step: TrackedStep, columns: Mapping[str, str]) -> dict[str, Any]:
    found = {name: step.value(measure) for measure, name in columns.items()}
    digits = {"div.": 1, "norm": 2}
    cells = {name: f"{v.value:.{digits.get(name, 3)}f}" if v else value(None) for name, v in found.items()}
    return {"x": f"{step.x:,.10g}"} | cells


def _half_life(row: Any) -> dict[str, Any]:
    sure = value(None) if row.low is None else f"{_place(row.low)}–{_place(row.high)}"
    return {
        "measure": row.measure.replace("_", " "),
        "half-life": "no change" if row.x is None else _place(row.x),
        "95 % interval": sure,
        "start": value(row.start),
        "final": value(row.final),
        "p adjusted": value(row.p_adjusted),
    }


def _place(x: float) -> str:
    """A place on the axis: decimals only where steps are few."""
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:,.1f}"


def _pair(row: Any) -> dict[str, Any]:
    return {
        "first": row.first.replace("_", " "),
        "then": row.second.replace("_", " "),
        "later by": _place(row.difference),
        "95 % interval": f"{_place(row.low)} … {_place(row.high)}",
        "p adjusted": value(row.p_adjusted),
    }
