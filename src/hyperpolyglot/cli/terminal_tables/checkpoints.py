"""Checkpoints in a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import span, value

if TYPE_CHECKING:
    from hyperpolyglot.measures.track import Track
    from hyperpolyglot.measures.track.track import TrackedStep

__all__ = ["show_track"]

_COLUMNS = {
    "separability": "probe",
    "diversity": "div.",
    "own_share": "own",
    "translation": "P@1",
    "same_spelling": "spell",
    "isotropy": "iso.",
    "norm": "norm",
    "overlap_last": "near",
    "cka_last": "CKA",
}
_STEPS, _LABELS = 24, 12


def show_track(found: Track) -> None:
    """The steps, the half-lives of all tokens, which come first, and the earliest scripts and languages."""
    every = found.steps
    shown = (
        every
        if len(every) <= _STEPS
        else [every[i * (len(every) - 1) // (_STEPS - 1)] for i in range(_STEPS)]
    )
    more = "" if len(shown) == len(every) else f", {len(shown)} of {len(every)}"
    print_table(f"Steps{more}", [_step(step) for step in shown])
    say(
        "probe: accuracy of linear probes; div., own: distinct labels and own-label share among neighbours; P@1: "
        "translation, weak, by CSLS; spelling: P@1 of answers spelled nearly the same; near, CKA: with the last "
        "step."
    )
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
    say("Intervals, chance levels and every script and language: --json, -o.")


def _earliest(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (row.x is None, row.x or 0.0, row.measure, row.label or ""))


def _step(step: TrackedStep) -> dict[str, Any]:
    found = {name: step.value(measure) for measure, name in _COLUMNS.items()}
    digits = {"div.": 1, "norm": 2}
    cells = {name: f"{v.value:.{digits.get(name, 3)}f}" if v else value(None) for name, v in found.items()}
    return {"x": f"{step.x:,.10g}"} | cells


def _half_life(row: Any) -> dict[str, Any]:
    sure = None if row.low is None else (row.low, row.high)
    return {
        "measure": row.measure.replace("_", " "),
        "half-life": "no change" if row.x is None else f"{row.x:,.1f}",
        "95 % interval": span(sure),
        "start": value(row.start),
        "final": value(row.final),
        "p adjusted": value(row.p_adjusted),
    }


def _pair(row: Any) -> dict[str, Any]:
    return {
        "first": row.first.replace("_", " "),
        "then": row.second.replace("_", " "),
        "later by": f"{row.difference:,.1f}",
        "95 % interval": span((row.low, row.high)),
        "p adjusted": value(row.p_adjusted),
    }
