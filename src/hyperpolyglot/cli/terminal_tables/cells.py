"""How numbers are written in the tables of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["by_chance", "span", "value", "whole"]


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


def by_chance(found: str, chance: str | None) -> str:
    """A value, and in brackets what chance gives, where that is known.

    >>> by_chance("97.9 %", "50.0 %"), by_chance("0.123", None)
    ('97.9 % (50.0 %)', '0.123')
    """
    return found if chance is None else f"{found} ({chance})"


def whole(found: str, interval: str, chance: str) -> str:
    """The cells of a value, its interval and its chance level as one; dashes are left out.

    >>> whole("0.525", "0.468–0.581", "0.013"), whole("0.525", "–", "–")
    ('0.525 [0.468–0.581] (0.013)', '0.525')
    """
    sure = "" if interval == "–" else f" [{interval}]"
    return by_chance(f"{found}{sure}", None if chance == "–" else chance)
