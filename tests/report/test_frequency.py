"""Averages that hide: correlations that differ between groups, and deciles that turn, are told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hyperpolyglot.figures import draw_frequency_by_label
from hyperpolyglot.labellers import LABELLERS
from hyperpolyglot.measures.explanation.frequency import frequency
from hyperpolyglot.measures.explanation.heterogeneity import heterogeneity
from hyperpolyglot.report.sections.frequency import frequency_section
from hyperpolyglot.statistics import spearman
from tests.test_explanations import planted_diversity, space_of


def test_opposite_slopes_do_not_cancel():
    """Two labels of slopes .5 and −.5 have a correlation of about zero together, and Q says that they differ."""
    random = np.random.default_rng(3)
    codes = np.repeat([0, 1], 2000)
    scores = random.standard_normal(4000)
    distinct = np.round(np.where(codes == 0, 1, -1) * scores + 1.7 * random.standard_normal(4000)) + 10
    space = space_of(np.ones((4000, 2)), codes, scores=scores.tolist())
    found = frequency(space, planted_diversity(space, distinct))
    assert abs(found.correlation.value) < 0.05
    assert (2, 1) == (found.heterogeneity.groups, found.heterogeneity.degrees)
    assert found.heterogeneity.p < 1e-12
    assert found.heterogeneity.i_squared > 0.9
    rows = {row["label"]: row for row in found.to_json()["by_label"]}
    assert rows["A"]["value"] > 0.4 > -0.4 > rows["B"]["value"]
    assert rows["A"]["value"] > rows["A"]["shrunk"] > 0.4


@pytest.mark.parametrize("rho", [0.0, 0.4])
def test_q_is_chi_squared_where_groups_share_a_correlation(rho):
    """Of 400 draws of six groups with one correlation, about one in twenty has p < 0.05 (ties included)."""
    random = np.random.default_rng(4)
    sizes = np.array([100, 150, 300, 700, 120, 1000])
    below = 0
    for _ in range(400):
        found = []
        for n in sizes:
            x = random.standard_normal(n)
            y = np.round(rho * x + np.sqrt(1 - rho**2) * random.standard_normal(n))
            found.append(spearman(x, y).value)
        below += heterogeneity(list("abcdef"), np.array(found), sizes.astype(float)).p < 0.05
    assert 0.02 < below / 400 < 0.09


def test_an_extreme_from_few_tokens_is_shrunk_most():
    """Of two groups that are equally extreme, the smaller one is moved further towards the others."""
    sizes = np.array([4000.0, 4000, 4000, 4000, 40])
    found = heterogeneity(list("abcde"), np.array([0.0, 0.1, -0.1, 0.5, 0.5]), sizes)
    shrunk = dict(found.shrunk)
    assert 0.5 > shrunk["d"] > 0.49
    assert 0.4 < shrunk["e"] < shrunk["d"] - 0.02
    assert heterogeneity(["a"], np.array([0.5]), np.array([100.0])) is None


def test_a_turn_is_told():
    """Diversity that rises and falls again has a peak in the middle; one that only rises, or stays, has none."""
    random = np.random.default_rng(5)
    scores = random.permutation(5000).astype(float)
    space = space_of(np.ones((5000, 2)), scores=scores.tolist())
    noise = random.standard_normal(5000)
    bent = frequency(space, planted_diversity(space, 3 * np.sin(np.pi * scores / 5000) + noise)).turn
    assert ("peak", True) == (bent.kind, bent.decile in (5, 6))
    assert bent.mean > bent.first + 1
    assert bent.mean > bent.last + 1
    hollow = frequency(space, planted_diversity(space, -3 * np.sin(np.pi * scores / 5000) + noise)).turn
    assert "valley" == hollow.kind
    for plain in (scores / 1000 + noise, noise):
        assert frequency(space, planted_diversity(space, plain)).turn is None


def test_the_report_tells_slopes_that_cancel(study):
    """The sentence says that labels differ, names those that do, and does not say that frequency explains nothing."""
    random = np.random.default_rng(3)
    codes = np.repeat([0, 1], 2000)
    scores = random.standard_normal(4000)
    distinct = np.round(np.where(codes == 0, 1, -1) * scores + 1.7 * random.standard_normal(4000)) + 10
    space = space_of(np.ones((4000, 2)), codes, scores=scores.tolist())
    planted = frequency(space, planted_diversity(space, distinct))
    found = [replace(study.models[0].explain, frequency=planted)]
    section = frequency_section(found, LABELLERS["script"], ())
    (said,) = section.reading
    assert "frequency explains little over all tokens, but more within single scripts" in said
    assert "The 2 scripts differ (Cochran’s Q " in said
    rows = {row["label"]: row for row in planted.to_json()["by_label"]}
    positive, negative = f"{rows['A']['shrunk']:.2f}", f"{rows['B']['shrunk']:.2f}".replace("-", "−")
    assert f"positive in 1 (A {positive}) and negative in 1 (B {negative})" in said
    assert "chance" in section.pictures[1].caption
    (axes,) = draw_frequency_by_label(found).axes
    (dots,) = [c for c in axes.collections if not str(c.get_label()).startswith("_")]
    assert [rows["A"]["value"], rows["B"]["value"]] == dots.get_offsets().data[:, 0].tolist()
