"""Transplants in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import value

if TYPE_CHECKING:
    from hyperpolyglot.applications.transplantation import Transplant

__all__ = ["show_transplant"]


def show_transplant(found: Transplant) -> None:
    """How well each method rebuilds hidden tokens, overall, and the chosen one by label."""
    titles = {
        None: "How methods rebuild hidden tokens (P@1 with 95 % interval)",
        found.chosen: f"{found.chosen} by label",
    }
    for method, title in titles.items():
        rows = [
            {
                "method" if method is None else "label": trial.method if method is None else trial.label,
                "tokens": trial.held_out,
                "cosine": value(trial.cosine["value"]),
                "P@1": value(trial.p1["value"]),
                "interval": f"{value(trial.p1['low'])}–{value(trial.p1['high'])}",
                "overlap": value(trial.overlap10["value"]),
                "length": value(trial.norm_ratio["value"], 2),
            }
            for trial in found.methods
            if (trial.label is None if method is None else trial.method == method and trial.label)
        ]
        if rows:
            print_table(title, rows)
    by = ", ".join(f"{count:,} by {name}" for name, count in found.built_by.items()) or "none"
    say(f"{found.copied:,} shared tokens are copied, {found.built:,} are built: {by}.")
    say(
        f"Lengths of built rows are multiplied by {value(found.lengths['scale'])}; {found.lengths['lengthened']:,} are "
        f"then lengthened and {found.lengths['shortened']:,} shortened into the range of the copied ones."
    )
    say(
        "P@1: the hidden token is the nearest of all source tokens. overlap: share of its 10 neighbours found. length: "
        "rebuilt over true, before lengths are matched."
    )
    for note in found.notes:
        say(note)
