"""Shares as a reader meets them, in per cent: in tables and figures, in sentences."""

from __future__ import annotations

import math

__all__ = ["exact", "percent"]


def exact(share: float) -> str:
    """A share in per cent in a table or a figure: to a tenth; below one per cent to its first digit.

    >>> exact(0.504), exact(0.00042), exact(-0.002), exact(1.0), exact(0.0)
    ('50.4 %', '0.04 %', '−0.2 %', '100 %', '0 %')
    """
    size = abs(100 * share)
    if size == 0 or size >= 99.95:
        return f"{100 * share:.0f} %".replace("-", "−")
    digits = 1 if size >= 0.95 else min(12, -math.floor(math.log10(size)))
    return f"{100 * share:.{digits}f} %".replace("-", "−")


def percent(share: float) -> str:
    """A share in a sentence: one decimal, and no more digits of what is tiny.

    >>> percent(0.504), percent(0.00042), percent(0.0007), percent(-0.0002), percent(1.0), percent(0.0)
    ('50.4 %', '< 0.1 %', '0.1 %', '−0.02 %', '100 %', '0 %')
    """
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "0.1 %" if 0 < share < 0.001 else exact(share)
