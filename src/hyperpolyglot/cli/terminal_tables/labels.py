"""What is said about the labels of a table."""

from __future__ import annotations

from collections.abc import Sequence

from hyperpolyglot.cli.terminal import say
from hyperpolyglot.labellers import Labelling

__all__ = ["say_uncounted"]


def say_uncounted(labels: Sequence[str], labelling: Labelling) -> None:
    """Which labels of a table do not count."""
    if labels:
        one = f"is not a {labelling.one} and does not count as one"
        verb = one if len(labels) == 1 else f"are not {labelling.many}"
        say(f"{', '.join(labels)} {verb}.")
