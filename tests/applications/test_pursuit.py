"""Orthogonal matching pursuit: against a plain float64 reckoning and scikit-learn, on easy and on hostile points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import orthogonal_mp

from hyperpolyglot.applications.transplantation import pursuit
from hyperpolyglot.applications.transplantation.pursuit import matching_pursuit
from hyperpolyglot.engine import largest_products
from hyperpolyglot.engine.kernels.operands import FP32, INT8
from hyperpolyglot.engine.largest_products import LargestProducts

KINDS = (FP32, INT8)


def pursued(
    targets: np.ndarray, points: np.ndarray, atoms: int, threads: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """The chosen points and coefficients of all targets."""
    parts = list(matching_pursuit(targets, points, atoms, threads=threads))
    return np.concatenate([p.chosen for p in parts]), np.concatenate([p.by for p in parts])


def plain(target: np.ndarray, points: np.ndarray, atoms: int) -> tuple[list[int], list[float], np.ndarray]:
    """Step by step in float64, with the least squares of the chosen points solved anew; how far the second best was
    behind in each step, in lengths of what was left times the longest point; what is left.
    """
    picked: list[int] = []
    leads: list[float] = []
    points, target = points.astype(np.float64), target.astype(np.float64)
    rest, longest = target, np.linalg.norm(points, axis=1).max()
    for _ in range(min(atoms, len(points))):
        if np.linalg.norm(rest) <= 1e-8 * np.linalg.norm(target):
            break
        products = np.abs((points * rest).sum(axis=1))
        products[picked] = -1
        best = int(products.argmax())
        others = products[(points != points[best]).any(axis=1)]
        leads.append((products[best] - others.max(initial=0)) / (np.linalg.norm(rest) * longest + 1e-300))
        picked.append(best)
        solved = np.linalg.lstsq(points[picked].T, target, rcond=1e-10)[0]
        rest = target - points[picked].T @ solved
    return picked, leads, rest


@pytest.mark.parametrize("width", [8, 33, 100])
def test_pursuit_is_that_of_least_squares_step_by_step(width: int) -> None:
    """Against a loop that solves the least squares of the chosen points anew after every step, for points of very
    different lengths, some of them twice.
    """
    random = np.random.default_rng(width)
    points = random.standard_normal((400, width)) * random.random((400, 1)) ** 3
    points = np.concatenate([points, points[:40]])[random.permutation(440)].astype(np.float32)
    targets = random.standard_normal((60, width)).astype(np.float32)
    chosen, by = pursued(targets, points, 6)
    for target, own, weights in zip(targets, chosen, by, strict=True):
        picked, _, _ = plain(target, points, 6)
        assert picked == own.tolist()
        solved = np.linalg.lstsq(points[picked].T.astype(float), target, rcond=None)[0]
        assert solved == pytest.approx(weights, abs=1e-6)


def test_pursuit_is_that_of_scikit_learn() -> None:
    """The coefficients of scikit-learn's orthogonal_mp where points have one length, as it takes them."""
    random = np.random.default_rng(3)
    points = random.standard_normal((300, 40))
    points = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    targets = random.standard_normal((50, 40)).astype(np.float32)
    chosen, by = pursued(targets, points, 10)
    theirs = orthogonal_mp(points.T.astype(float), targets.T.astype(float), n_nonzero_coefs=10).T
    ours = np.zeros_like(theirs)
    np.put_along_axis(ours, chosen, by, axis=1)
    assert theirs == pytest.approx(ours, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    width=st.integers(1, 20),
    count=st.integers(1, 70),
    atoms=st.integers(1, 30),
    levels=st.sampled_from([0, 1, 2, 5]),
    spread=st.sampled_from([0, 3, 25]),
)
def test_hostile_points_are_pursued_as_in_plain_float64(seed, width, count, atoms, levels, spread) -> None:
    """Ties, copies, opposites, zero vectors, lengths of many magnitudes, more atoms than rank: as long as the plain
    reckoning is not within rounding of a tie of different points, the same points.
    """
    random = np.random.default_rng(seed)
    points = random.standard_normal((count, width))
    points = np.round(points * levels) if levels else points
    points *= 10.0 ** random.integers(-spread, spread + 1, (count, 1))
    twice = random.integers(0, count, count // 3)
    points[random.integers(0, count, count // 3)] = points[twice] * random.choice([-1, 1], (count // 3, 1))
    points = points.astype(np.float32)
    targets = random.standard_normal((5, width)).astype(np.float32)
    targets[0] = 0
    targets[1] = points[0]
    chosen, by = pursued(targets, points, atoms)
    assert (5, min(atoms, count)) == chosen.shape == by.shape
    assert [-1] * chosen.shape[1] == chosen[0].tolist()
    assert np.isfinite(by).all()
    for target, own in zip(targets, chosen.tolist(), strict=True):
        picked, leads, _ = plain(target, points, atoms)
        for step, lead in enumerate(leads):
            if lead < 1e-9:
                break
            assert picked[step] == own[step]


def test_points_that_are_nearly_parallel_leave_as_little() -> None:
    """Coefficients are those of least squares where chosen points are 1e-6 apart: what they leave is orthogonal."""
    random = np.random.default_rng(8)
    points = (np.ones((60, 30)) + 1e-6 * random.standard_normal((60, 30))).astype(np.float32)
    targets = random.standard_normal((20, 30)).astype(np.float32)
    chosen, by = pursued(targets, points, 12)
    for target, own, weights in zip(targets.astype(np.float64), chosen, by, strict=True):
        of = points[own[own >= 0]].astype(np.float64)
        rest = target - of.T @ weights[own >= 0]
        assert np.abs(of @ rest).max() < 1e-9 * np.linalg.norm(of, axis=1).max() * np.linalg.norm(target)
        assert np.linalg.norm(rest) == pytest.approx(np.linalg.norm(plain(target, points, 12)[2]), rel=5e-9)


def test_of_equal_points_the_first_is_taken() -> None:
    """Of copies and opposites the first; a copy that is left adds nothing and has coefficient zero."""
    points = np.array([[0, 1], [3, 0], [3, 0], [-3, 0]], np.float32)
    chosen, by = pursued(np.array([[1, 0], [-6, 1]], np.float32), points, 4)
    assert [[1, -1, -1, -1], [1, 0, -1, -1]] == chosen.tolist()
    assert [[1 / 3, 0, 0, 0], [-2, 1, 0, 0]] == [pytest.approx(row) for row in by.tolist()]


def narrow(random: np.random.Generator, width: int, *, unit: bool) -> np.ndarray:
    """So many points in so few dimensions that the rounded ones are in another order, by as much as they may be."""
    points = random.standard_normal((2000, width))
    return points / np.linalg.norm(points, axis=1, keepdims=True) if unit else points


@pytest.mark.parametrize("kind", KINDS)
def test_the_filter_keeps_the_largest_product(kind: int) -> None:
    """Against all products in float64: clustered points, outlying dimensions, many copies, small and huge lengths, so
    many near ties that no list holds them, and few dimensions, in which errors add up as far as their bounds say.
    """
    random = np.random.default_rng(5)
    for table in (
        *(narrow(random, width, unit=unit) for width in (2, 3) for unit in (False, True) for _ in range(10)),
        random.standard_normal((1000, 48)) * np.where(np.arange(48) == 7, 50, 1),
        1 + 0.01 * random.standard_normal((1000, 48)),
        np.repeat(random.standard_normal((10, 48)), 100, axis=0),
        random.standard_normal((1000, 48)) * 10.0 ** random.integers(-18, 18, (1000, 1)),
        random.standard_normal((1000, 48)) * 1e-30,
        np.r_[np.zeros((999, 48)), np.ones((1, 48))],
        random.integers(-1, 2, (1000, 48)),
    ):
        points = table.astype(np.float32)
        vectors = random.standard_normal((30, points.shape[1]))
        vectors[:3] = points[:3]
        vectors[3] = 0
        vectors[15:] = points[15:30]
        taken = np.full((30, 2), -1)
        taken[:, 0] = random.integers(0, len(points), 30)
        search = LargestProducts(points, kind=kind).searcher(30)
        for _ in range(2):
            found = np.empty(30, np.int64)
            search(vectors, np.linalg.norm(vectors, axis=1), taken, found)
            for vector, without, own in zip(vectors, taken, found.tolist(), strict=True):
                products = np.abs((points.astype(np.float64) * vector).sum(axis=1))
                products[without[without >= 0]] = -1
                if not vector.any():
                    assert -1 == own
                else:
                    assert products.max() == pytest.approx(products[own], rel=1e-12)
                    same = np.flatnonzero((points == points[own]).all(axis=1))
                    assert own == same[~np.isin(same, without)].min()
            taken[:, 1] = found


def test_threads_and_blocks_change_no_bit(monkeypatch) -> None:
    """One thread and three, blocks of 48 and of five: the same bytes."""
    random = np.random.default_rng(6)
    points, targets = (random.standard_normal((n, 24)).astype(np.float32) for n in (300, 110))
    found = [pursued(targets, points, 12, threads) for threads in (1, 3)]
    monkeypatch.setattr(pursuit, "_TOGETHER", 5)
    found.append(pursued(targets, points, 12))
    assert {found[0][0].tobytes()} == {chosen.tobytes() for chosen, _ in found}
    assert {found[0][1].tobytes()} == {by.tobytes() for _, by in found}


def test_what_has_no_room_is_valued_in_full(monkeypatch) -> None:
    """Where points all but tie, lists run full, and the largest product is found all the same."""
    assert largest_products._ROOM < 2000
    random = np.random.default_rng(7)
    points = random.standard_normal((2000, 16)).astype(np.float32)
    points[:, 0] = 1 + 1e-5 * points[:, 0]
    vectors = 1e-7 * random.standard_normal((4, 16)) + np.eye(16)[0]
    found = np.empty(4, np.int64)
    search = LargestProducts(points).searcher(4)
    search(vectors, np.linalg.norm(vectors, axis=1), np.full((4, 1), -1), found)
    assert (points.astype(np.float64) @ vectors.T).argmax(axis=0).tolist() == found.tolist()
    assert -1 in search.work.found.tolist()
