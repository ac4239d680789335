"""Numbers as a reader meets them in a sentence or a cell: always with what chance gives, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.percentages import exact, percent

__all__ = [
    "DASH",
    "bracketed",
    "capital",
    "cell",
    "exact",
    "joined",
    "measured",
    "number",
    "percent",
    "probability",
    "score",
    "span",
]

DASH = "–"


def number(value: float | None, digits: int = 2) -> str:
    """A number to so many decimals; a dash for none.

    >>> number(0.0731), number(12_345.6, 0), number(-0.0001), number(-2), number(None)
    ('0.07', '12,346', '0.00', '−2.00', '–')
    """
    if value is None:
        return DASH
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def span(interval: Sequence[float] | None, *, share: bool = True, digits: int = 2) -> str:
    """A 95 % interval, without its name; empty where there is none.

    >>> span((0.872, 0.93)), span((-0.01, 0.02)), span((1.5, 1.75), share=False)
    ('87.2–93.0 %', '−1.0 to 2.0 %', '1.50 to 1.75')
    """
    if interval is None:
        return ""
    low, high = interval
    if share and low >= 0:
        return f"{exact(low).removesuffix(' %')}–{exact(high)}"
    if share:
        return f"{exact(low).removesuffix(' %')} to {exact(high)}"
    return f"{number(low, digits)} to {number(high, digits)}"


def bracketed(interval: Sequence[float] | None, shown: Callable[[float], str] = exact) -> str:
    """An interval after its value, without the unit; empty where there is none.

    >>> f"{exact(0.9)}{bracketed((0.872, 0.93))}"
    '90.0 % [87.2, 93.0]'
    """
    if interval is None:
        return ""
    low, high = (shown(end).removesuffix(" %") for end in interval)
    return f" [{low}, {high}]"


def score(found: Mapping[str, Any]) -> str:
    """A score in a sentence: value, interval, chance.

    >>> score({"value": 0.9, "interval": [0.87, 0.93], "chance": 0.018})
    '90.0 % of the questions (95 % interval 87.0–93.0 %; chance 1.8 %)'
    """
    if found.get("value") is None:
        return "nothing (no question could be asked)"
    sure = [f"95 % interval {span(found['interval'])}"] if found.get("interval") else []
    chance = [f"chance {percent(found['chance'])}"] if found.get("chance") is not None else []
    return f"{percent(found['value'])} of the questions ({'; '.join([*sure, *chance])})"


def cell(
    value: float | None, interval: Sequence[float] | None, chance: float | None, *, share: bool = True
) -> str:
    """A table's cell of two lines: the value, then its interval in brackets and what chance gives.

    >>> cell(0.9, (0.87, 0.93), 0.018)
    '90.0 %\\n[87.0–93.0] · 1.8'
    """
    if value is None:
        return DASH
    shown = exact if share else number
    sure = [f"[{span(interval, share=share).removesuffix(' %')}]"] if interval is not None else []
    by_chance = [shown(chance).removesuffix(" %")] if chance is not None else []
    return "\n".join(filter(None, [shown(value), " · ".join([*sure, *by_chance])]))


def measured(found: Measured, *, share: bool = False, digits: int = 2, p: str = "") -> str:
    """A measure in a sentence: value, interval, what chance gives, and ``p`` where it is given."""
    if found.value is None:
        return f"unknown ({found.note})" if found.note else "unknown"
    sure = [f"95 % interval {span(found.interval, share=share, digits=digits)}"] if found.interval else []
    null = found.null
    chance = [] if null is None else [percent(null) if share else number(null, digits)]
    shown = percent(found.value) if share else number(found.value, digits)
    return (
        f"{shown} ({'; '.join([*sure, *(f'chance {text}' for text in chance), *([f'p {p}'] if p else [])])})"
    )


def probability(p: float | None, permutations: int | None = None) -> str:
    """A p-value; the smallest that so many permutations can give is said to be at most that.

    >>> probability(0.01, 99), probability(0.2, 99), probability(1e-30), probability(None)
    ('≤ 0.01', '0.20', '< 0.001', '–')
    """
    if p is None:
        return DASH
    if permutations and p <= 1.0001 / (permutations + 1):
        return f"≤ {p:.2g}"
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.05 else f"{p:.2f}"


def joined(names: Sequence[str]) -> str:
    """A list in a sentence.

    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def capital(text: str) -> str:
    """The same with a capital at the start of a sentence."""
    return text[:1].upper() + text[1:]
