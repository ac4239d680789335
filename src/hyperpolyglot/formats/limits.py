"""How much the header of a checkpoint may list."""

from __future__ import annotations

__all__ = ["STRING_COST", "most_tensors"]

STRING_COST = 340
"""Bytes that a token takes at most on its way into a vocabulary, beside those of long texts."""

_FEWEST_TENSORS = 1 << 17


def most_tensors(size: int) -> int:
    """How many tensors a file of ``size`` bytes may list: any number, if they are not all next to nothing."""
    return _FEWEST_TENSORS + (size >> 10)
