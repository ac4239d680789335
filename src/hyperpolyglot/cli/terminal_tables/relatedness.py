"""Whether related languages are neighbours, in a terminal of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperpolyglot.cli.several import Columns, Command, Measurement
from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import by_chance, value
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.records import with_interval

if TYPE_CHECKING:
    from hyperpolyglot.measures.relatedness import BranchLift, Relatedness

__all__ = ["RELATEDNESS"]

_PAIRS = 8
_VERDICTS = {
    "clear": "related languages are neighbours",
    "weak": "related languages are neighbours a little more often than others",
    "none": "related languages are neighbours no more often than others",
    "unknown": "there are too few languages to say whether related ones are neighbours",
}


def _show(result: Measurement[Relatedness]) -> None:
    found = result.record
    say(f"{result.title}: {_VERDICTS[found.verdict]}.")
    print_table(
        f"Branches: neighbours (of {found.k}) that are of the own branch, over expected",
        [_branch(row) for row in found.branches],
    )
    closest = sorted(found.pairs, key=lambda row: -row.lift)[:_PAIRS]
    print_table(
        "Closest pairs of languages (groups: of the tree, that both are in)",
        [
            {
                "languages": f"{language_name(row.a)}, {language_name(row.b)}",
                "groups": row.shared,
                "neighbours": f"{row.observed:,}",
                "expected": f"{row.expected:,.0f}",
                "lift": f"{row.lift:.2f}",
                "interval": _span(row.interval),
            }
            for row in closest
        ],
    )
    for line in _said(found):
        say(line)
    for line in _left_out(found):
        say(line)


def _branch(row: BranchLift) -> dict[str, Any]:
    return {
        "branch": row.name,
        "script": row.script,
        "languages": " ".join(row.languages),
        "lift": f"{row.lift:.2f}",
        "interval": _span(row.interval),
        "p": value(row.p),
    }


def _span(interval: tuple[float, float] | None) -> str:
    return "–" if interval is None else "{:.2f}–{:.2f}".format(*interval)


def _said(found: Relatedness) -> list[str]:
    rows = {
        "correlation of neighbours with groups shared": {"value": found.value, "p": found.p}
        | dict(zip(("low", "high"), found.interval or (None, None), strict=True)),
        "the same with likeness of spelling held fixed": found.beyond_spelling,
    }
    return [f"{name}: {_correlation(row)}" for name, row in rows.items()]


def _correlation(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return "–"
    interval = None if row["low"] is None else (row["low"], row["high"])
    said = with_interval(f"{row['value']:.2f}".replace("-", "−"), interval, digits=2)
    return f"{said}, by chance 0 (p {value(row['p'], 4)})"


def _left_out(found: Relatedness) -> list[str]:
    told = [
        "lift: neighbours over what independence of the two gives; p: of as many languages of the script at random, "
        f"Holm's for all branches. The tree is {found.tree}."
    ]
    if found.unplaced:
        told.append(f"no place in the tree: {', '.join(map(language_name, found.unplaced))}")
    if found.skipped:
        told.append(f"left out, too few tokens or alone in their script: {len(found.skipped)} languages")
    return told


def _columns(result: Measurement[Relatedness]) -> Columns:
    found = result.record
    correlations = dict(zip(("all scripts", "with spelling held fixed"), _said(found), strict=True))
    return {
        "Correlation of neighbours with groups shared [95 % interval], by chance 0 (p)": {
            name: said.partition(": ")[2] for name, said in correlations.items()
        },
        "Neighbours of the own branch, over expected [95 % interval] (p)": {
            f"{row.name} ({row.script})": by_chance(
                with_interval(f"{row.lift:.2f}", row.interval, digits=2), value(row.p)
            )
            for row in found.branches
        },
    }


RELATEDNESS = Command("relatedness", _show, _columns)
