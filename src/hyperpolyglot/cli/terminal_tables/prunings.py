"""The price of smaller vocabularies in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import value
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.percentages import percent
from hyperpolyglot.records import with_interval

if TYPE_CHECKING:
    from hyperpolyglot.applications.pruning import Pruning

__all__ = ["show_pruning"]


def show_pruning(found: Pruning) -> None:
    """The price in each language at the size of the cut, what is lost and saved by size, and what it is measured on."""
    size, mark = len(found.kept), "" if found.exact else "≈"
    rows = []
    for point in found.curve:
        if point.tokens == size:
            cost, low, high = point.cost, point.cost["low"], point.cost["high"]
            ends = None if low is None or high is None else (low, high)
            rows.append(
                {
                    "language": language_name(point.language) + ("" if point.running else " (words)"),
                    "per word": mark + value(point.fertility["value"]),
                    "cost": with_interval(value(cost["value"]), ends, digits=3),
                    "coverage": _share(point.coverage["value"]),
                    "chance": _share(point.coverage["chance"]),
                    "unknown": _share(point.unknown["value"]),
                }
            )
    print_table(f"Price of {size:,} tokens", rows)
    say(
        "per word: tokens for each (fertility). cost: tokens over those of the whole vocabulary for the same text, "
        "with its 95 % interval. coverage: share of the running tokens that are kept; chance: were tokens kept at "
        "random."
    )
    by_size: dict[int, list[float]] = {}
    for point in found.curve:
        by_size.setdefault(point.tokens, []).append(point.cost["value"] or 0.0)
    print_table(
        "Price by size",
        [
            {
                "tokens": f"{row['tokens']:,}" + ("  ←" if row["tokens"] == found.recommended else ""),
                "rows saved": percent(row["saved"]),
                "dearest language": value(max(by_size[row["tokens"]])),
                "neighbours lost": _share(row["neighbors"]["value"]),
                "chance": _share(row["neighbors"]["chance"]),
                "translations lost": _share(row["translation"]["value"]),
            }
            for row in found.sizes
        ],
    )
    say(
        f"{found.recommended:,} tokens (←) is the smallest size found at which no language needs more than "
        f"{100 * found.options.within:g} % more tokens than with the whole vocabulary. {found.staying:,} tokens "
        "stay in any case."
    )
    for row in found.languages:
        say(
            f"{language_name(row['language'])}: ranked by {row['ranked_by']}; price measured on {row['judged_on']}."
        )
    for note in found.notes:
        say(note)


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share)
