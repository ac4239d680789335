"""Checkpoints: half-lives of planted trajectories, no movement where there is none, steps that are kept."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit
from sklearn.isotonic import IsotonicRegression

import hyperpolyglot as hp
from hyperpolyglot.errors import DamagedFile, NotEnoughData
from hyperpolyglot.linalg import linear_cka
from hyperpolyglot.measures.explanation.geometry import isotropy
from hyperpolyglot.measures.track import pairs, spread
from hyperpolyglot.measures.track import step as step_module
from hyperpolyglot.measures.track.axis import ordered, read_numbers
from hyperpolyglot.measures.track.half_life import half_lives, monotone
from hyperpolyglot.measures.track.moved import half_lives_of, movements, related_to_share, which_first
from hyperpolyglot.measures.track.pairs import StepPair, paired_steps
from hyperpolyglot.measures.track.step import measured_step
from hyperpolyglot.measures.track.sums import GROUPS, groups_of, joined, pseudo_values, summed
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import plan_track, run_joint

HALVES = {"Latn": 150.0, "Cyrl": 300.0, "Arab": 450.0}
X = tuple(100.0 * t for t in range(7))
SMALL: dict[str, Any] = {"k": 10, "minimum": 100, "resamples": 200}


@pytest.fixture(scope="module")
def words() -> hp.Lexicon:
    """A lexicon of few languages."""
    return hp.packaged_lexicon().take(languages=["de", "en", "es", "fr", "ru", "uk"])


@pytest.fixture(scope="module")
def last() -> hp.TokenSpace:
    """The last step: tokens of three scripts."""
    return hp.open_model("demo:meaning").where(labels=[*HALVES], top=1500)


def run_of(last: hp.TokenSpace, schedule: Any, noise: int = 0) -> list[hp.TokenSpace]:
    """E_t = (1 − a)·R + a·E_T, where ``schedule(x, half)`` gives a of a token with that half-life."""
    vectors = last.vectors()
    scale = float(np.sqrt((vectors**2).mean()))
    random = np.random.default_rng(noise).standard_normal(vectors.shape).astype(np.float32) * scale
    half = np.array([HALVES[str(last.labels.of(i))] for i in range(len(last))])
    shares = [np.broadcast_to(schedule(x, half), len(last)).astype(np.float32)[:, None] for x in X]
    texts = last.vocabulary.texts
    return [
        hp.from_arrays((1 - a) * random + a * vectors, texts, name=f"run/step-{x:.0f}")
        for x, a in zip(X, shares, strict=True)
    ]


def logistic(x: float, half: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Half at its half-life, most of it within a hundred."""
    return np.asarray(1 / (1 + np.exp(-(x - half) / 35)))


@pytest.fixture(scope="module")
def planted(last: hp.TokenSpace, words: hp.Lexicon) -> hp.Track:
    """The scripts learned one after the other, given in disorder."""
    return hp.track(run_of(last, logistic)[::-1], lexicon=words, **SMALL)


def test_monotone_regression_is_that_of_scikit_learn() -> None:
    """Pooled adjacent violators are an independent library's isotonic regression."""
    for seed in range(20):
        values = np.random.default_rng(seed).standard_normal(1 + seed)
        expected = IsotonicRegression().fit_transform(np.arange(len(values)), values)
        np.testing.assert_allclose(expected, monotone(values), atol=1e-12)


def test_half_life_of_a_line_and_of_what_falls() -> None:
    """Half of a line is its middle, up or down; steps that are missing are passed over; a constant has none."""
    x = np.array([0.0, 10, 40])
    curves = np.array([[0, 0.25, 1], [1, 0.75, 0], [0, np.nan, 1], [1, 1, 1]])
    np.testing.assert_allclose([20, 20, 20, np.nan], half_lives(x, curves, np.array([1, -1, 1, 1])))


def test_two_steps_have_no_half_life() -> None:
    """Between two steps every half-life would be the middle, and rounding would be taken for an order."""
    steps = [[joined([summed(("m", None), np.arange(GROUPS), np.full(GROUPS, a))])] for a in (0.1, 0.7, 0.9)]
    assert {} == movements(np.arange(2.0), steps[:2], resamples=100, seed=0)
    assert {("m", None)} == movements(np.arange(3.0), steps, resamples=100, seed=0).keys()
    found = half_lives(np.array([0.0, 1]), np.array([[0.1, 0.7], [0.3, 0.4]]), np.ones(2))
    assert [0.5, 0.5] == found.tolist()


def test_axis_is_the_number_by_which_names_differ() -> None:
    """Numbers are ordered as numbers; a number that all share, as of the model's size, is no axis."""
    assert ([1, 0], (9.0, 10.0)) == ordered(["p-7b@step10", "p-7b@step9"])
    assert ([1, 0], (0.0, 1.0)) == ordered(["b", "a"])
    with pytest.raises(ValueError, match="2 numbers for 3 steps"):
        ordered(["a", "b", "c"], [1, 2])
    with pytest.raises(ValueError, match="each once"):
        ordered(["a", "b"], [1, 1])


def test_table_of_numbers(tmp_path: Path) -> None:
    """A name, a tab and a number on each line; anything else is named by its line."""
    path = tmp_path / "x.tsv"
    path.write_text("a b\t3\n\nc\t1e3\n", "utf8")
    assert {"a b": 3.0, "c": 1000.0} == read_numbers(path)
    for wrong in ("a\t1\nb\tnan\n", "a\t1\nb 2\n", "a\t1\na\t2\n"):
        path.write_text(wrong, "utf8")
        with pytest.raises(DamagedFile, match="line 2"):
            read_numbers(path)


def test_scripts_come_in_the_order_in_which_they_were_planted(planted: hp.Track) -> None:
    """Half-lives of each script's neighbours and CKA are ordered as the schedules, and apart by their intervals."""
    assert X == tuple(step.x for step in planted.steps)
    for measure in ("overlap_last", "cka_last"):
        rows = {row.label: row for row in planted.half_lives if row.measure == measure}
        found = [rows[script] for script in HALVES]
        assert all(row.x is not None for row in found)
        assert all(a.high < b.low for a, b in pairwise(found)), measure


def test_every_value_has_the_keys_of_the_contract(planted: hp.Track) -> None:
    """SPEC §7: steps and half-lives by name, {value, low, high, chance}; JSON has no NaN."""
    found = json.loads(json.dumps(planted.to_json(), allow_nan=False))
    measures = ("separability", "diversity", "own_share", "translation", "same_spelling", "isotropy", "norm")
    for step in found["steps"]:
        for name in (*measures, "overlap_last", "cka_last"):
            assert {"value", "low", "high", "chance"} == step[name].keys(), name
    assert {"measure", "label", "x", "low", "high"} <= found["half_lives"][0].keys()
    assert 1.0 == found["steps"][-1]["overlap_last"]["value"]
    assert {"Latn", "en"} <= {row["label"] for row in found["half_lives"]}


def test_values_are_those_of_the_measures(planted: hp.Track, last: hp.TokenSpace, words: hp.Lexicon) -> None:
    """With all tokens in the sample, a step has the numbers that the measures give alone."""
    step, space = planted.steps[-1], run_of(last, logistic)[-1]
    alone = hp.diversity(space, k=10)
    assert alone.mean == pytest.approx(step.value("diversity").value)
    assert alone.own_share == pytest.approx(step.value("own_share").value)
    translation = hp.translate(space, words, questions=0)
    assert translation.headline["value"] == pytest.approx(step.value("translation").value)
    apart = translation.apart
    asked = sum(apart[kind]["questions"] - apart[kind]["same_token"] for kind in ("near", "identical"))
    right = sum(
        (apart[kind]["csls"]["p1"]["value"] or 0) * (apart[kind]["questions"] - apart[kind]["same_token"])
        for kind in ("near", "identical")
    )
    assert right / asked == pytest.approx(step.value("same_spelling").value)
    first = run_of(last, logistic)[0]
    assert linear_cka(first.vectors(), space.vectors()) == pytest.approx(
        planted.steps[0].value("cka_last").value
    )


def test_wide_tables_have_the_same_numbers(
    planted: hp.Track, last: hp.TokenSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where products are too many to be kept they are made twice, and the values and intervals are the same."""
    spaces = run_of(last, logistic)[2:4]
    options = hp.TrackOptions(**SMALL)
    steps = [
        measured_step(
            space=space, lexicon=hp.packaged_lexicon().take(languages=["en", "de"]), options=options
        )
        for space in spaces
    ]

    def compared() -> StepPair:
        return paired_steps(
            first=spaces[0], second=spaces[1], of_first=steps[0], of_second=steps[1], options=options
        )

    kept = compared()
    monkeypatch.setattr(pairs, "_MOST_KEPT", 0)
    again = compared()
    assert [(v.measure, v.label) for v in kept.values] == [(v.measure, v.label) for v in again.values]
    assert {("cka", None), ("cka", "Latn")} <= {(v.measure, v.label) for v in kept.values}
    for one, other in zip(kept.values, again.values, strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-9)
    np.testing.assert_allclose(kept.tokens.totals, again.tokens.totals, atol=1e-8)


def test_isotropy_is_that_of_explain(
    planted: hp.Track, last: hp.TokenSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The IsoScore of a step, and what chance gives, are those of the measure of geometry, however wide the table."""
    alone = isotropy(run_of(last, logistic)[3].vectors())
    found = planted.steps[3].value("isotropy")
    assert alone.iso_score == pytest.approx(found.value)
    assert alone.iso_score_expected == pytest.approx(found.chance)
    assert found.low < found.value < found.high
    monkeypatch.setattr(spread, "_MOST_KEPT", 0)
    space, options = run_of(last, logistic)[3], hp.TrackOptions(**SMALL)
    (again,), _ = spread.evenly_spread(space, np.ones(len(space), bool), groups_of(len(space), 0), options)
    assert (found.low, found.high) == pytest.approx((again.low, again.high))


def test_bootstrap_mean_is_the_value(planted: hp.Track) -> None:
    """The sums that are drawn give the value itself where every group is taken once."""
    final = planted.steps[-1]
    for row in planted.half_lives:
        if not row.measure.endswith("_last"):
            assert final.value(row.measure, row.label).value == pytest.approx(row.final, abs=1e-9), row


def test_constant_run_does_not_move(last: hp.TokenSpace, words: hp.Lexicon) -> None:
    """The same table at every step has no half-life, and nothing comes first."""
    found = hp.track(run_of(last, lambda x, half: 0.7)[:3], lexicon=words, **SMALL)
    assert {None} == {row.x for row in found.half_lives}
    assert () == found.order == found.relation


def test_noise_does_not_move() -> None:
    """Curves of noise alone have a half-life in at most a twentieth of runs, and intervals hold what is planted."""
    x, moved, held, runs = np.arange(12.0), 0, 0, 60
    for seed in range(runs):
        random = np.random.default_rng(seed)
        own = random.standard_normal(GROUPS)
        level = 1 / (1 + np.exp(-(x - 5.3)))
        steps = []
        for a in level:
            noise = [own + random.standard_normal(GROUPS) for _ in range(2)]
            columns = [("flat", noise[0]), ("risen", 4 * a + noise[1])]
            steps.append([joined([summed((name, None), np.arange(GROUPS), v) for name, v in columns])])
        rows = {row.measure: row for row in half_lives_of(movements(x, steps, resamples=200, seed=seed))}
        moved += rows["flat"].x is not None
        planted = float(half_lives(x, level, np.ones(1))[0])
        held += rows["risen"].low <= planted <= rows["risen"].high
    assert moved <= 7  # 99 % of draws of 60 with 5 %
    assert held >= 51  # as many of 95 %


def test_paired_differences_say_what_is_first() -> None:
    """What rises earlier on the same tokens is first, with an interval that leaves out zero."""
    x, random = np.arange(10.0), np.random.default_rng(0)
    own, steps = random.standard_normal(GROUPS), []
    for at in x:
        columns = [
            summed((name, None), np.arange(GROUPS), own + 3 / (1 + np.exp(half - at)))
            for name, half in (("late", 6.0), ("early", 3.0))
        ]
        steps.append([joined(columns)])
    found = movements(x, steps, resamples=200, seed=0)
    (row,) = which_first(found, half_lives_of(found))
    assert ("early", "late") == (row.first, row.second)
    assert 2 < row.low <= row.difference <= row.high < 4
    assert row.p_adjusted < 0.05


def test_pseudo_values_have_the_jackknifes_spread() -> None:
    """Drawn groups vary as the jackknife of parts says, and their mean is the value."""
    random = np.random.default_rng(1)
    parts = random.standard_normal(20)
    without = [(parts.sum() - part) / 19 for part in parts]
    _, totals, sizes = pseudo_values(("m", None), parts.mean(), without)
    assert parts.mean() == pytest.approx(totals.sum() / sizes.sum())
    expected = parts.std(ddof=1) / np.sqrt(20)
    assert expected == pytest.approx(totals.std() / np.sqrt(GROUPS), rel=0.03)


def test_parts_are_the_units_of_what_is_no_mean() -> None:
    """With 20 parts, intervals are as wide as Student's t with 19 degrees asks; with 200 groups hardly widened."""
    x, random = np.arange(8.0), np.random.default_rng(0)
    deviations = random.standard_normal(20)
    steps = []
    for at in x:
        without = 1 / (1 + np.exp(3.4 - at)) - deviations * (1 + at) / 400
        column = pseudo_values(("cka_last", None), float(without.mean()), without.tolist())
        steps.append([joined([column, (("norm_last", None), *column[1:])])])
    rows = {row.measure: row for row in half_lives_of(movements(x, steps, resamples=20_000, seed=0))}
    assert (20, 200) == (rows["cka_last"].units, rows["norm_last"].units)
    widths = [rows[name].high - rows[name].low for name in ("cka_last", "norm_last")]
    expected = stdtrit(19, 0.975) * np.sqrt(20 / 19) / (stdtrit(199, 0.975) * np.sqrt(200 / 199))
    assert expected == pytest.approx(widths[0] / widths[1], rel=0.03)


def test_relation_with_shares(planted: hp.Track) -> None:
    """Labels that are rarer and later correlate at −1; fewer than four have no row."""
    rows = [row for row in planted.half_lives if row.measure == "translation" and row.label and row.x]
    assert len(rows) >= 4
    (found,) = related_to_share(rows, {row.label: -row.x for row in rows}, "given")
    assert -1 == pytest.approx(found.value)
    assert () == related_to_share(rows[:3], {row.label: -row.x for row in rows}, "given")


def test_vocabulary_that_changes_is_named(last: hp.TokenSpace, words: hp.Lexicon) -> None:
    """Another token on the way is a sentence that names --shared, which follows the tokens that both have."""
    texts = list(last.vocabulary.texts)
    other = [f"{texts[0]}x", *texts[1:]]
    steps = [hp.from_arrays(last.vectors(), t, name=f"s{i}") for i, t in enumerate((texts, other))]
    with pytest.raises(NotEnoughData, match=r"s1: 2 tokens are not those of s0; .*--shared"):
        hp.track(steps, lexicon=words, **SMALL)
    found = hp.track(steps, lexicon=words, shared=True, **SMALL)
    assert 1.0 == found.steps[0].value("overlap_last").value


def test_rows_beyond_the_vocabulary_may_differ(last: hp.TokenSpace, words: hp.Lexicon) -> None:
    """Padding to another number of rows is no change of the vocabulary."""
    longer = np.concatenate([last.vectors(), np.zeros((64, last.dim), np.float32)])
    texts = last.vocabulary.texts
    steps = [hp.from_arrays(v, texts, name=f"s{i}") for i, v in enumerate((last.vectors(), longer))]
    assert 1.0 == hp.track(steps, lexicon=words, **SMALL).steps[0].value("overlap_last").value


def test_one_more_checkpoint_costs_one(
    last: hp.TokenSpace, words: hp.Lexicon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps are found by content under any name; a kept run is the same as one that is not kept."""
    measured = []
    original = step_module.translated
    monkeypatch.setattr(
        step_module, "translated", lambda space, *more: measured.append(space.model) or original(space, *more)
    )
    steps, options, store = run_of(last, logistic), hp.TrackOptions(**SMALL), Store(tmp_path)
    run_joint(plan_track(steps[:3], None, options, words), store)
    renamed = [
        hp.from_arrays(s.vectors(), s.vocabulary.texts, name=f"again-{i}") for i, s in enumerate(steps)
    ]
    found = run_joint(plan_track(renamed[:4], X[:4], options, words), store)
    assert sorted([*(s.model for s in steps[:3]), "again-3"]) == sorted(measured)
    assert hp.track(renamed[:4], X[:4], options, lexicon=words).to_json() == found.to_json()
    assert run_joint(plan_track(renamed[:4], X[:4], options, words), NoStore()).to_json() == found.to_json()


def test_figure_and_table(planted: hp.Track) -> None:
    """A panel for each measure, one alone on lent axes; the table has a row for each step and label."""
    from matplotlib.figure import Figure

    assert "Linear separability" == planted.plot(ax=Figure().subplots()).get_title()
    axes = Figure().subplots()
    assert planted.plot(ax=axes, measure="translation") is axes
    rows = planted.table()
    assert len(X) == sum(row["label"] is None for row in rows)
    assert {"model", "x", "translation", "translation_low", "translation_chance"} <= rows[0].keys()


@pytest.mark.long
def test_half_lives_hold_what_is_planted() -> None:
    """Of 1,000 simulations at least 93 % of intervals hold the half-life of all tokens, and scripts are in order."""
    from benchmarks.track import simulations

    found = list(simulations(1000, seed=7))
    for name in (None, *HALVES):
        assert np.mean([held[name] for held, _ in found]) >= 0.93, name
    assert np.mean([order for _, order in found]) >= 0.93
