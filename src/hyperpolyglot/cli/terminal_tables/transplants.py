"""Transplants in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hyperpolyglot.applications.transplantation.lengths import told
from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import value
from hyperpolyglot.cli.terminal_tables.labels import with_names

if TYPE_CHECKING:
    from hyperpolyglot.applications.transplantation import Transplant
    from hyperpolyglot.applications.transplantation.trials import Trial

__all__ = ["show_transplant"]


def show_transplant(found: Transplant) -> None:
    """How well each method rebuilds hidden tokens, overall, the chosen one by label, and that of the output table."""
    print_table("How methods rebuild hidden tokens (P@1 with 95 % interval)", _rows(found.methods, None))
    by_label = _rows(found.methods, found.chosen)
    if by_label:
        print_table(f"{found.chosen} by label", *with_names(by_label, tuple(by_label[0])))
    if found.output is not None:
        print_table(f"Output table, by {found.chosen}", _rows(found.output.methods, None))
    by = ", ".join(f"{count:,} by {name}" for name, count in found.built_by.items()) or "none"
    if found.added is None:
        say(f"{found.copied:,} shared tokens are copied, {found.built:,} are built: {by}.")
    else:
        refused = "".join(f", {count:,} refused ({why})" for why, count in found.added.refused.items())
        say(
            f"{found.built:,} words are new tokens, built: {by}; {found.added.already:,} were tokens{refused}."
        )
    if found.output is not None:
        say(
            f"Of the output table {found.output.copied:,} rows are copied, the others built by the same method."
        )
    say(
        f"A built row {told(found.lengths['scale'], found.lengths['power'])}, as lengths of hidden tokens suggest; "
        f"{found.lengths['lengthened']:,} were then lengthened and {found.lengths['shortened']:,} shortened into the "
        "range of the copied ones."
    )
    say(
        "P@1: the hidden token is the nearest of all source tokens. overlap: share of its 10 neighbours found. length: "
        "rebuilt over true, before lengths are matched."
    )
    for note in found.notes:
        say(note)


def _rows(trials: Sequence[Trial], method: str | None) -> list[dict[str, Any]]:
    """All methods over all hidden tokens, or one method by label."""
    return [
        {
            "method" if method is None else "label": trial.method if method is None else trial.label,
            "tokens": trial.held_out,
            "cosine": value(trial.cosine["value"]),
            "P@1": value(trial.p1["value"]),
            "interval": f"{value(trial.p1['low'])}–{value(trial.p1['high'])}",
            "overlap": value(trial.overlap10["value"]),
            "length": value(trial.norm_ratio["value"], 2),
        }
        for trial in trials
        if (trial.label is None if method is None else trial.method == method and trial.label)
    ]
