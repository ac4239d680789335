"""A number with what is needed to believe it: chance, p-value, interval, or the reason why one is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hyperpolyglot.statistics import Interval

__all__ = ["Measured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure.

    ``null`` is what chance gives; ``p`` the probability under chance of a value at least as large; ``interval`` is at
    95 %. ``note`` says why any of them is ``None``.
    ``details`` are further keys of the JSON form.
    """

    value: float | None
    null: float | None = None
    p: float | None = None
    interval: Interval | None = None
    note: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {
            "value": self.value,
            "null": self.null,
            "p": self.p,
            "interval": None if self.interval is None else list(self.interval),
            "note": self.note,
            **self.details,
        }
