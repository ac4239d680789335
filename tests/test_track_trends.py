"""Slopes with size: planted ones are found, with intervals that hold, of models and of languages."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress, ttest_1samp

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.track.sums import StepValue
from hyperpolyglot.measures.track.trends import family_of, parameters_in, trends_of


def value(measure: str, label: str | None, number: float) -> StepValue:
    """A value without interval."""
    return StepValue(measure=measure, label=label, value=number, low=None, high=None, chance=None)


def test_slope_interval_and_p_are_those_of_scipy() -> None:
    """Of one family, the slope over models is simple regression."""
    random = np.random.default_rng(0)
    sizes = 10.0 ** np.arange(6, 12)
    y = 0.1 * np.arange(6) + random.normal(0, 0.05, 6)
    (row,) = trends_of([[value("m", None, v)] for v in y], sizes, [""] * 6)
    expected = linregress(np.log10(sizes), y)
    assert expected.slope == pytest.approx(row.change)
    assert expected.pvalue == pytest.approx(row.p)
    assert ("model", 6, 1) == (row.unit, row.units, row.families)


def test_families_have_a_level_of_their_own() -> None:
    """A family of larger and better models does not make a slope where each family has none."""
    sizes = [1e7, 1e8, 1e9, 1e10, 1e11, 1e12]
    values = [[value("m", None, level)] for level in (0.1, 0.2, 0.1, 0.8, 0.9, 0.8)]
    (together,) = trends_of(values, sizes, ["a"] * 6)
    (apart,) = trends_of(values, sizes, [*"aaabbb"])
    assert together.low > 0
    assert apart.low < 0 < apart.high
    assert 0 == pytest.approx(apart.change, abs=1e-12)


def test_languages_are_the_unit_of_their_mean_slope() -> None:
    """The mean over languages has the interval and p of a t-test of their slopes; two languages are too few."""
    slopes = np.array([0.1, 0.2, 0.15, 0.05])
    sizes = [1e6, 1e7, 1e8]
    steps = [[value("m", f"l{i}", s * at) for i, s in enumerate(slopes)] for at in range(3)]
    (row,) = trends_of(steps, sizes, [""] * 3)
    assert ("label", 4) == (row.unit, row.units)
    assert slopes.mean() == pytest.approx(row.change)
    assert ttest_1samp(slopes, 0).pvalue == pytest.approx(row.p)
    assert () == trends_of([own[:2] for own in steps], sizes, [""] * 3)


def test_intervals_hold_a_planted_slope() -> None:
    """In 400 families of five models, nine to ten of ten nominal 95 % intervals hold the slope; 0 is rarely refused."""
    random = np.random.default_rng(1)
    sizes = 10.0 ** np.arange(6, 11)
    held = refused = 0
    for _ in range(400):
        y = 0.3 * np.log10(sizes) + random.normal(0, 0.2, 5)
        (row,) = trends_of([[value("m", None, v)] for v in y], sizes, [""] * 5)
        held += row.low <= 0.3 <= row.high
        (none,) = trends_of([[value("m", None, v)] for v in random.normal(0, 0.2, 5)], sizes, [""] * 5)
        refused += none.p < 0.05
    assert 366 <= held <= 393  # 99.9 % of draws of 400 with 95 %
    assert refused <= 35


def test_sizes_in_names() -> None:
    """A size is a number with its unit that stands alone; a name without one is a sentence that says what to give."""
    assert [7e7, 1.4e9, 3e9] == parameters_in(["pythia-70m", "org/Pythia-1.4B-deduped", "x_3b"])
    with pytest.raises(NotEnoughData, match=r"model-v2: the name says no size .*--by size"):
        parameters_in(["model-v2"])
    assert family_of("pythia-70m-deduped") == family_of("pythia-1.4b-deduped") != family_of("pythia-70m")
