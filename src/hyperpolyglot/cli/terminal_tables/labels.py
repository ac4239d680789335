"""What is said about the labels of a table."""

from __future__ import annotations

from collections.abc import Sequence

from hyperpolyglot.cli.terminal import say
from hyperpolyglot.labellers import Labelling

__all__ = ["say_uncounted", "uncounted"]


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
