"""RSA and rotation removed between checkpoints: other libraries' numbers, a rotated copy, independent tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

import hyperpolyglot as hp
from hyperpolyglot.measures.track.alike import ranked_alike, rotated_cosines
from hyperpolyglot.measures.track.sums import PARTS

DIM = 16
FEW = hp.packaged_lexicon().take(languages=["de", "en"])


def table(seed: int, n: int = 901) -> Any:
    """Random vectors."""
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


def turned(vectors: Any) -> Any:
    """A rotated, shifted and scaled copy."""
    turn = np.linalg.qr(np.random.default_rng(9).standard_normal((DIM, DIM)))[0]
    return (3 * vectors @ turn + 0.2).astype(np.float32)


def scripts(n: int) -> list[str]:
    """Tokens of two scripts, as many of each."""
    return [
        f"{'aа'[i % 2]}{'bcdefghijk'[i // 2 % 10] if i % 2 == 0 else 'бвгдежзикл'[i // 2 % 10]}"
        for i in range(n)
    ]


def run_of(*tables: Any) -> hp.Track:
    """The tables as checkpoints."""
    texts = [f"{text}{i}" for i, text in enumerate(scripts(len(tables[0])))]
    steps = [hp.from_arrays(vectors, texts, name=f"step-{i}") for i, vectors in enumerate(tables)]
    return hp.track(steps, k=5, minimum=100, resamples=100, lexicon=FEW)


def test_rsa_is_the_rank_correlation_of_all_pairs() -> None:
    """Few tokens are all paired: Spearman's correlation of the cosine distances of scipy, of all and of a label."""
    a = table(0, 701)
    b = (a + table(1, 701)).astype(np.float32)
    parts = np.arange(701) % PARTS
    members = [(None, np.arange(701)), ("own", np.arange(0, 701, 4)[:175])]
    values, columns = ranked_alike(members, (a, b), parts, 0)
    for value, (_, rows) in zip(values, members, strict=True):
        expected = spearmanr(pdist(a[rows], "cosine"), pdist(b[rows], "cosine")).statistic
        assert expected == pytest.approx(value.value, abs=1e-6)
        assert value.low < value.value < value.high
    without = np.delete(np.arange(701), np.flatnonzero(parts == 3))
    left = spearmanr(pdist(a[without], "cosine"), pdist(b[without], "cosine")).statistic
    pseudo = columns[0][1][3]
    moves = [
        spearmanr(*(pdist(m[parts != part], "cosine") for m in (a, b))).statistic for part in range(PARTS)
    ]
    assert values[0].value - 19 * np.sqrt(10) * (left - np.mean(moves)) == pytest.approx(pseudo, abs=1e-4)


def test_rotation_is_that_of_orthogonal_procrustes() -> None:
    """The map is scipy's, learned on one half; cosines are of the centred rows of the other half."""
    a = table(0)
    b = (turned(a) + 2 * table(1)).astype(np.float32)
    held_out = np.arange(len(a)) % 2 == 0
    x, y = a - a[~held_out].mean(axis=0), b - b[~held_out].mean(axis=0)
    turn, _ = orthogonal_procrustes(x[~held_out].astype(float), y[~held_out].astype(float))
    moved = x[held_out] @ turn
    lengths = np.linalg.norm(moved, axis=1) * np.linalg.norm(y[held_out], axis=1)
    expected = (moved * y[held_out]).sum(axis=1) / lengths
    np.testing.assert_allclose(expected, rotated_cosines(a, b, held_out), atol=1e-5)
    np.testing.assert_allclose(expected, rotated_cosines(b, a, held_out), atol=1e-5)


def test_a_row_at_the_mean_has_no_direction() -> None:
    """Constant tables have cosine 0, not a missing number."""
    held_out = np.arange(40) % 2 == 0
    assert [0.0] * 20 == rotated_cosines(np.ones((40, 3)), table(0, 40)[:, :3], held_out).tolist()


def test_a_rotated_copy_is_the_same_and_random_tables_are_at_chance() -> None:
    """A copy that is turned has 1 for both, whatever its own cosine; independent tables hold 0."""
    copy, last = turned(table(0)), table(0)
    as_it_stands = (copy * last).sum(axis=1) / np.linalg.norm(copy, axis=1) / np.linalg.norm(last, axis=1)
    assert abs(as_it_stands.mean()) < 0.3
    found = run_of(table(1), last @ np.linalg.qr(table(5, DIM))[0], last)
    for measure in ("rsa", "rotation"):
        apart, same = (found.steps[i].value(f"{measure}_last") for i in (0, 1))
        assert apart.low <= 0 <= apart.high
        assert 0 == apart.chance
        assert 0.05 > abs(apart.value)
        assert 1 == pytest.approx(same.value, abs=1e-4)
        assert apart.value == pytest.approx(found.steps[1].value(f"{measure}_previous").value, abs=0.05)
        assert 1 == pytest.approx(found.steps[2].value(f"{measure}_previous").value, abs=1e-4)


def test_intervals_hold_zero_between_random_tables() -> None:
    """Of 100 pairs of independent tables, 95 % intervals miss 0 in at most eleven (99 % of draws), for each measure."""
    missed = {"rsa": 0, "rotation": 0}
    held_out, parts = np.arange(400) % 2 == 0, np.arange(400) % PARTS
    for seed in range(100):
        a, b = table(2 * seed, 400), table(2 * seed + 1, 400)
        ((value,), _) = ranked_alike([(None, np.arange(400))], (a, b), parts, seed)
        missed["rsa"] += not value.low <= 0 <= value.high
        cosines = rotated_cosines(a, b, held_out)
        missed["rotation"] += abs(cosines.mean()) > 1.96 * cosines.std(ddof=1) / np.sqrt(len(cosines))
    assert max(missed.values()) <= 11, missed


def test_scripts_have_rows_and_half_lives_of_their_own() -> None:
    """Both measures are known by script, and have half-lives of all tokens and of scripts, in the planted order."""
    last, random = table(0), table(1)
    latin = np.arange(len(last))[:, None] % 2 == 0
    shares = [
        np.where(latin, early, late) for early, late in ((0, 0), (0.5, 0.1), (0.9, 0.2), (1, 0.6), (1, 1))
    ]
    found = run_of(*(((1 - a) * random + a * last).astype(np.float32) for a in shares))
    for measure in ("rsa_last", "rotation_last"):
        rows = {row.label: row for row in found.half_lives if row.measure == measure}
        assert {None, "Latn", "Cyrl"} == rows.keys()
        assert rows["Latn"].high < rows[None].x < rows["Cyrl"].low
        assert measure in {row.first for row in found.order} | {row.second for row in found.order}
    assert {"rsa_last", "rotation_previous_low"} <= found.table()[0].keys()


def test_too_few_tokens_for_a_rotation() -> None:
    """Fewer than twice as many tokens as dimensions have none, and the other measures all the same."""
    random = np.random.default_rng(0)
    texts = [f"{text}{i}" for i, text in enumerate(scripts(300))]
    wide = [
        hp.from_arrays(random.standard_normal((300, 160)).astype(np.float32), texts, name=f"{i}")
        for i in (1, 2)
    ]
    (first, _) = hp.track(wide, k=5, minimum=100, lexicon=FEW).steps
    assert first.value("rotation_last") is None
    assert first.value("rsa_last") is not None


def test_wide_tables_learn_the_rotation_from_more_tokens() -> None:
    """The sample of neighbours does not bound the tokens that a rotation is learned from."""
    random = np.random.default_rng(0)
    texts = [f"{text}{i}" for i, text in enumerate(scripts(1200))]
    last = random.standard_normal((1200, 64)).astype(np.float32)
    steps = [
        hp.from_arrays(last @ np.linalg.qr(last[:64])[0], texts, name="1"),
        hp.from_arrays(last, texts, name="2"),
    ]
    found = hp.track(steps, k=5, minimum=100, sample=100, lexicon=FEW).steps[0].value("rotation_last")
    assert 1 == pytest.approx(found.value, abs=1e-4)


def test_bootstrap_of_rotation_draws_the_mean() -> None:
    """The sums that are drawn give the mean cosine itself, over the held-out tokens."""
    found = run_of(table(1), (table(0) + table(1)).astype(np.float32), turned(table(0)), table(0))
    row = next(r for r in found.half_lives if (r.measure, r.label) == ("rotation_last", None))
    assert found.steps[0].value("rotation_last").value == pytest.approx(row.start)
