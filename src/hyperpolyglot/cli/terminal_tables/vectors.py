"""Measures of vectors in a terminal of 80 columns: one model in tables of its own, several side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hyperpolyglot.cli.several import Columns, Command, Measurement
from hyperpolyglot.cli.terminal import print_table, say
from hyperpolyglot.cli.terminal_tables.cells import by_chance, share, shares, value
from hyperpolyglot.cli.terminal_tables.labels import say_uncounted, uncounted, with_names
from hyperpolyglot.percentages import percent
from hyperpolyglot.records import with_interval
from hyperpolyglot.shown import shown
from hyperpolyglot.writing.scripts import script_name

if TYPE_CHECKING:
    from hyperpolyglot.measures.diversity import Diversity
    from hyperpolyglot.measures.neighbors import Neighborhoods
    from hyperpolyglot.measures.separability import Separability
    from hyperpolyglot.measures.silhouette import Silhouette

__all__ = ["DIVERSITY", "NEIGHBORS", "SEPARABILITY", "SILHOUETTE"]

_ALL = "all tokens"


def _show_separability(result: Measurement[Separability]) -> None:
    space, found = result.space, result.record
    rows = [
        row
        | {"accuracy": share(row["accuracy"]), "interval": shares((row["low"], row["high"]))}
        | {"chance": share(row["chance"])}
        for row in found.table()
    ]
    columns = ("label", "tokens", "accuracy", "interval", "chance")
    print_table(f"{result.title}: accuracy of a linear probe (95 % interval)", *with_names(rows, columns))
    if found.skipped:
        say(f"too few tokens to probe, of the label or of all others: {_listed(found.skipped)}")
    _say_against(found)
    say_uncounted([row.label for row in found.labels if not row.counted], space.labels.labelling)
    if found.mean_accuracy is not None:
        say(f"mean accuracy {percent(found.mean_accuracy)}, by chance {percent(found.chance or 0)}")


def _say_against(found: Separability) -> None:
    """What languages were probed against."""
    if found.against and found.options.design == "one-vs-rest":
        alone = [row.label for row in found.labels if row.label not in dict(found.against)]
        others = f"; those alone in their script against all others ({', '.join(alone)})" if alone else ""
        say(f"languages are probed against the others of their script{others}")


def _separability_columns(result: Measurement[Separability]) -> Columns:
    found = result.record
    mean = found.mean_accuracy
    means = {} if mean is None else {"mean": by_chance(percent(mean), percent(found.labels[0].chance))}
    return {
        "Accuracy of a linear probe [95 % interval] (by chance)": means
        | {row.label: with_interval(percent(row.accuracy), row.interval, 100) for row in found.labels}
    }


def _separability_notes(result: Measurement[Separability]) -> list[str]:
    found = result.record
    notes = [uncounted([row.label for row in found.labels if not row.counted], result.space.labels.labelling)]
    if found.skipped:
        notes.append(
            f"{result.title}: too few tokens to probe, of the label or of all others: {_listed(found.skipped)}"
        )
    return [note for note in notes if note]


def _show_silhouette(result: Measurement[Silhouette]) -> None:
    space, found = result.space, result.record
    columns = ("label", "tokens", "sampled", "silhouette", "low", "high", "chance")
    print_table(f"{result.title}: mean silhouette (95 % interval)", *with_names(found.table(), columns))
    if found.skipped:
        listed = _listed(found.skipped)
        say(f"left out, too few tokens or no {space.labels.labelling.one}: {listed}")
    say(
        f"mean over {found.sampled:,} tokens {found.value:.3f}, by chance {found.chance:.3f} (p {found.p:.2g})"
    )


def _silhouette_columns(result: Measurement[Silhouette]) -> Columns:
    found = result.record
    mean = {"mean": _silhouette(found.value, found.interval, found.chance)}
    return {
        "Mean silhouette [95 % interval] (by chance)": mean
        | {row.label: _silhouette(row.silhouette, row.interval, row.chance) for row in found.labels}
    }


def _silhouette(found: float, interval: tuple[float, float] | None, chance: float) -> str:
    return by_chance(with_interval(value(found), interval, digits=3), value(chance)).replace("-", "−")


def _show_diversity(result: Measurement[Diversity]) -> None:
    space, found = result.space, result.record
    called = space.labels.labelling
    rows = [
        row
        | {name: value(row[name], 1) for name in ("mean", "chance")}
        | {name: share(row[name]) for name in ("own_share", "own_chance")}
        for row in found.table()
    ]
    columns = ("label", "tokens", "mean", "chance", "own_share", "own_chance")
    title = f"{result.title}: distinct {called.many} among {found.k} neighbours"
    print_table(title, *with_names(rows, columns))
    say_uncounted([row.label for row in found.by_label if row.label and not row.counted], called)
    sure = "" if found.interval is None else " [{:.2f}, {:.2f}]".format(*found.interval)
    spread = f"mean {found.mean:.2f}{sure}, s.d. {found.sd or 0:.2f}, over {found.tokens:,} tokens"
    say(f"{spread}; by chance {found.expected:.2f}")
    if found.own_share is not None:
        say(f"{percent(found.own_share)} of the labelled neighbours have the token's own label")


def _diversity_columns(result: Measurement[Diversity]) -> Columns:
    found = result.record
    mean = with_interval(value(found.mean, 2), found.interval, digits=2)
    distinct = {_ALL: by_chance(mean, value(found.expected, 2))} | {
        row.label or "no label": by_chance(value(row.mean, 2), value(row.expected, 2))
        for row in found.by_label
    }
    chance = None if found.join_counts is None else found.join_counts.own()[0]
    own = _own(_ALL, found.own_share, found.own_interval, chance)
    for row in found.by_label:
        own |= _own(row.label or "no label", row.own_share, row.own_interval, row.own_expected)
    many = result.space.labels.labelling.many
    return {
        f"Distinct {many} among {found.k} neighbours [95 % interval] (by chance)": distinct,
        "Labelled neighbours with the token's own label [95 % interval] (by chance)": own,
    }


def _diversity_notes(result: Measurement[Diversity]) -> list[str]:
    labels = [row.label for row in result.record.by_label if row.label and not row.counted]
    return [note for note in [uncounted(labels, result.space.labels.labelling)] if note]


def _own(
    name: str, share: float | None, interval: tuple[float, float] | None, chance: float | None
) -> dict[str, str]:
    if share is None:
        return {}
    said = with_interval(percent(share), interval, 100)
    return {name: by_chance(said, None if chance is None else percent(chance))}


def _show_neighbors(result: Measurement[Neighborhoods]) -> None:
    for query in result.record.to_json()["queries"]:
        label = script_name(query["label"]) if query["label"] else "no label"
        print_table(
            f"{shown(query['token'])}  (id {query['id']}, {label})",
            *with_names(query["neighbors"], ("similarity", "label", "id", "token")),
        )


def _neighbor_columns(result: Measurement[Neighborhoods]) -> Columns:
    found: dict[str, dict[str, str]] = {}
    for query in result.record.to_json()["queries"]:
        near = {
            str(rank): f"{value(row['similarity'], 2)} {shown(row['token'])}"
            for rank, row in enumerate(query["neighbors"], start=1)
        }
        found.setdefault(f"{shown(query['token'])}: cosine and token of its nearest", near)
    return found


def _listed(labels: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{shown(label)} {tokens}" for label, tokens in labels)


SEPARABILITY = Command("separability", _show_separability, _separability_columns, _separability_notes)
SILHOUETTE = Command("silhouette", _show_silhouette, _silhouette_columns)
DIVERSITY = Command("diversity", _show_diversity, _diversity_columns, _diversity_notes)
NEIGHBORS = Command("neighbors", _show_neighbors, _neighbor_columns)
