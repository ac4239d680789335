"""What is said about the labels of a table."""

from __future__ import annotations

from collections.abc import Sequence

from hyperpolyglot.cli.terminal import say

__all__ = ["say_uncounted"]


def say_uncounted(labels: Sequence[str]) -> None:
    """Which labels of a table count as no script."""
    if labels:
        verb = "is not a script and does not count as one" if len(labels) == 1 else "are not scripts"
        say(f"{', '.join(labels)} {verb}.")
