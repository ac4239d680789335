"""What is said about the labels of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyperpolyglot.cli.terminal import say
from hyperpolyglot.labellers import Labelling
from hyperpolyglot.writing.scripts import label_called, script_name

__all__ = ["say_uncounted", "uncounted", "with_names"]


def uncounted(labels: Sequence[str], labelling: Labelling) -> str:
    """Which labels of a table do not count, in a sentence; empty where all do."""
    if not labels:
        return ""
    one = f"is not a {labelling.one} and does not count as one"
    return f"{', '.join(labels)} {one if len(labels) == 1 else f'are not {labelling.many}'}."


def say_uncounted(labels: Sequence[str], labelling: Labelling) -> None:
    """Say which labels of a table do not count."""
    if labels:
        say(uncounted(labels, labelling))


def with_names(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Rows and columns of a table with the English names of labels beside them, where these do not say them.

    >>> with_names([{"label": "Latn", "tokens": 2}], ("label", "tokens"))
    ([{'label': 'Latn', 'tokens': 2, 'name': 'Latin'}], ('label', 'name', 'tokens'))
    """
    named = [dict(row) | {"name": script_name(row["label"]) if row["label"] else None} for row in rows]
    if all(row["name"] is None or row["name"] in label_called(row["label"]) for row in named):
        return [dict(row) for row in rows], tuple(columns)
    at = list(columns).index("label") + 1
    return named, (*columns[:at], "name", *columns[at:])
