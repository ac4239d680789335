"""What the report says of names and things."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hyperpolyglot.report.sections.translation_parts import by_kind

COMPARED = {
    "inside": 0.468,
    "outside": 0.665,
    "difference": -0.197,
    "interval": [-0.309, -0.085],
    "chance": [0.007, 0.007],
    "blocks": 11_085,
}


def reading(**changed: Any) -> tuple[str, ...]:
    """The sentences about one model."""
    model = SimpleNamespace(space=SimpleNamespace(model="some/model"))
    return by_kind([(model, SimpleNamespace(kinds=(), names=COMPARED | changed))]).reading  # type: ignore[list-item]


@pytest.mark.parametrize(("interval", "tie"), [([-0.309, -0.085], False), ([-0.4, 0.01], True)])
def test_the_finding_says_what_is_matched(interval: list[float], tie: bool) -> None:
    """Both shares, chance, the difference with its interval, and a tie where the interval holds zero."""
    (said,) = reading(interval=interval)
    for part in (
        "46.8 % for things",
        "66.5 % for names",
        "chance 0.7 %",
        "-19.7 points",
        "11,085 ordered pairs of languages",
    ):
        assert part.replace("-", "−") in said.replace("-", "−")
    assert "between the same languages" in said
    assert tie == ("no difference beyond the interval" in said)


def test_nothing_is_said_where_nothing_is_matched() -> None:
    """No pair of languages with both."""
    assert () == reading(blocks=0)
