"""Maps along steps: each is turned to fit the one before, so that only what changed moves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.spatial import procrustes

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.measures.track.maps import StepMap, aligned_maps, fitted

RANDOM = np.random.default_rng(0)
POINTS = RANDOM.standard_normal((60, 2))
TURN = np.array([[0.0, 1.0], [1.0, 0.0]]) @ np.array([[0.8, -0.6], [0.6, 0.8]])


def test_a_map_that_is_moved_turned_and_mirrored_is_the_same() -> None:
    """What differs by a motion and a scale comes to lie on the first, all of it explained; SciPy says how much else."""
    back, stays = fitted(3 * POINTS @ TURN + [5, -2], POINTS, 3 * POINTS @ TURN + [5, -2])
    np.testing.assert_allclose(POINTS, back, atol=1e-9)
    assert 1 == pytest.approx(stays)
    noisy = POINTS @ TURN + 0.3 * RANDOM.standard_normal(POINTS.shape)
    assert 1 - procrustes(POINTS, noisy)[2] == pytest.approx(fitted(noisy, POINTS, noisy)[1])


def test_a_map_that_is_nothing_like_the_one_before_is_as_wide() -> None:
    """Of an unrelated map nothing is explained, and it does not shrink to a point."""
    other = 50 * np.random.default_rng(9).standard_normal(POINTS.shape)
    placed, stays = fitted(other, POINTS, other)
    assert stays < 0.2
    assert POINTS.std() == pytest.approx(placed.std(), rel=0.05)


def test_only_tokens_that_moved_move() -> None:
    """Of two maps that differ by a turn and by the place of one token, only that token is elsewhere."""
    space = hp.open_model("demo:meaning")
    space = space.take(np.arange(60))
    rows = np.arange(60, dtype=np.int32)
    other = POINTS.copy()
    other[7] += [4, 0]
    maps = [StepMap(rows=rows, points=p.astype(np.float32)) for p in (POINTS, other @ TURN + 9)]
    first, second = aligned_maps([space, space], [0, 1], maps)
    moved = np.linalg.norm(second.points - first.points, axis=1)
    assert 7 == moved.argmax()
    assert np.median(np.delete(moved, 7)) < 0.4 < 2 < moved[7]
    assert first.stays is None
    assert 0.7 < second.stays < 1


def test_maps_by_the_command(tmp_path: Path) -> None:
    """``--maps 2`` lays the first and the last of three steps out, says so in the JSON, and draws them."""
    last = hp.open_model("demo:meaning").where(labels=["Latn", "Cyrl"], top=200)
    noise = RANDOM.standard_normal((len(last), last.dim)) * float(last.vectors().std())
    paths = []
    for i, a in enumerate((0.0, 0.5, 1.0)):
        vectors = ((1 - a) * noise + a * last.vectors()).astype(np.float32)
        paths.append(str(tmp_path / f"step-{i}.npz"))
        np.savez(paths[-1], embeddings=vectors, tokens=np.array([*last.vocabulary.texts]))
    picture = tmp_path / "maps.png"
    given = ["track", *paths, "-k", "5", "--minimum", "40", "--maps", "2", "--figure", "maps"]
    done = CliRunner().invoke(cli, [*given, "-o", str(picture), "--json"])
    assert 0 == done.exit_code, done.output
    maps = json.loads(done.stdout)["maps"]
    assert [0.0, 2.0] == [step["x"] for step in maps]
    assert [200, 200] == [step["tokens"] for step in maps]
    assert maps[0]["stays"] is None
    assert 0 <= maps[1]["stays"] <= 1
    assert picture.stat().st_size > 10_000
    wrong = CliRunner().invoke(cli, [*given[:-4], "--maps", "1"])
    assert (2, True) == (wrong.exit_code, "between 2 and" in wrong.output)
