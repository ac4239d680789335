"""How numbers are written in the tables of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["span", "value"]


def value(number: float | None, digits: int = 3) -> str:
    """A number to so many decimals, a smaller one to its first digit; a dash for none."""
    if number is None:
        return "–"
    return f"{number:.1g}" if 0 < abs(number) < 10**-digits else f"{number:.{digits}f}"


def span(interval: Sequence[float] | None) -> str:
    """An interval; a dash for none."""
    if interval is None:
        return "–"
    digits = 2 if max(map(abs, interval)) >= 10 else 3
    low, high = (value(end, digits) for end in interval)
    return f"{low}–{high}" if interval[0] >= 0 else f"{low} … {high}"
