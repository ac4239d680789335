"""How numbers are written in the tables of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from hyperpolyglot.percentages import percent

__all__ = ["by_chance", "points", "share", "shares", "span", "value", "whole"]


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


def share(number: float | None) -> str:
    """A share in per cent; a dash for none.

    >>> share(0.5253), share(0.00004), share(None)
    ('52.5 %', '< 0.1 %', '–')
    """
    return "–" if number is None else percent(number)


def shares(interval: Sequence[float] | None) -> str:
    """An interval of shares, in per cent without the sign; a dash for none.

    >>> shares((0.4684, 0.5811)), shares(None)
    ('46.8–58.1', '–')
    """
    return "–" if interval is None else "–".join(f"{100 * end:.1f}" for end in interval)


def points(number: float, digits: int = 1) -> str:
    """A difference of shares in percentage points.

    >>> points(-0.0021)
    '−0.2'
    """
    return f"{round(100 * number, digits) + 0.0:.{digits}f}".replace("-", "−")


def by_chance(found: str, chance: str | None) -> str:
    """A value, and in brackets what chance gives, where that is known.

    >>> by_chance("97.9 %", "50.0 %"), by_chance("0.123", None)
    ('97.9 % (50.0 %)', '0.123')
    """
    return found if chance is None else f"{found} ({chance})"


def whole(found: str, interval: str, chance: str) -> str:
    """The cells of a value, its interval and its chance level as one; dashes are left out.

    >>> whole("52.5 %", "46.8–58.1", "1.3 %"), whole("52.5 %", "–", "–")
    ('52.5 % [46.8–58.1] (1.3 %)', '52.5 %')
    """
    sure = "" if interval == "–" else f" [{interval}]"
    return by_chance(f"{found}{sure}", None if chance == "–" else chance)
