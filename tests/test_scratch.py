"""Vectors, results and outputs that lie on disk."""

from __future__ import annotations

import io
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from hyperpolyglot import neighbors, open_model
from hyperpolyglot.engine.nearest import Search
from hyperpolyglot.errors import NotEnoughMemory
from hyperpolyglot.exports import write_neighbors
from hyperpolyglot.loading import Opening
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.scratch import filled, free_memory, reserved

from .conftest import write_model

PIECES = [f"▁{i}" for i in range(60)]
CEILING = 80 << 20
MEASURE = sys.modules["hyperpolyglot.measures.neighbors"]


@pytest.fixture
def vectors():
    return np.random.default_rng(0).standard_normal((60, 8)).astype(np.float32)


@pytest.fixture
def space(tmp_path, vectors):
    return open_model(write_model(tmp_path / "m", vectors, PIECES))


def same(one, other):
    """Whether two results are equal to the last bit."""
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ("queries", "rows", "similarity", "candidates")
    )


def test_float32_rows_are_read_where_they_lie(space, vectors):
    """Rows that follow each other in the file are not copied."""
    there = space.vectors_on_disk(np.arange(5, 60))
    assert np.shares_memory(there, space.matrix.stored)
    np.testing.assert_array_equal(vectors[5:], there)


@pytest.mark.parametrize("view", ["raw", "scaled", "normed"])
def test_other_rows_are_written_to_a_file(space, view):
    """Rows with gaps, and views, are the same numbers in a file that has no name."""
    seen = space if view == "raw" else open_model(space.model, Opening(view=view))
    rows = np.array([0, 1, 7, 3, 59])
    there = seen.vectors_on_disk(rows)
    assert isinstance(there, np.memmap)
    assert not there.flags.writeable
    np.testing.assert_array_equal(seen.vectors(rows), there)


@pytest.mark.parametrize("spoilt", [False, True])
@pytest.mark.parametrize("asked", [None, [3, 4, 5, 6], [0, 17, 40]])
def test_neighbours_on_disk_are_the_same(tmp_path, vectors, spoilt, asked):
    """With a ceiling for memory, whichever rows are asked for, and with a row in between that is left out."""
    if spoilt:
        vectors[30] = 0
    space = open_model(write_model(tmp_path / "s", vectors, PIECES))
    queries = None if asked is None else np.array(asked)
    found = neighbors(space, 5, queries=queries, search=Search(memory_bytes=CEILING, threads=2))
    assert same(neighbors(space, 5, queries=queries), found)


def test_where_little_memory_is_free_the_disk_is_used_unasked(space, monkeypatch):
    """Vectors that memory would not hold are searched on disk, with the same result."""
    expected = neighbors(space, 5)
    monkeypatch.setattr(MEASURE, "free_memory", lambda: 2 * CEILING)
    monkeypatch.setattr(MEASURE, "_NEEDED", 1 << 40)
    monkeypatch.delattr("hyperpolyglot.space.TokenSpace.vectors")
    assert same(expected, neighbors(space, 5, search=Search(threads=2)))


def test_a_full_disk_is_a_sentence(space, monkeypatch):
    """What is missing, where, and what to do."""

    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: Full())
    with pytest.raises(
        NotEnoughMemory, match=r"no room for 1,200 bytes .*No space left.*HYPERPOLYGLOT_CACHE"
    ):
        neighbors(space, 5, search=Search(memory_bytes=CEILING, threads=2))


def test_without_a_cache_the_system_s_temporary_files_serve(tmp_path, monkeypatch):
    """A cache that takes no files is no obstacle."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HYPERPOLYGLOT_CACHE", str(tmp_path / "file"))
    np.testing.assert_array_equal(np.zeros((2, 2)), reserved((2, 2), np.float32))


def test_free_memory_is_a_number_or_unknown():
    assert free_memory() is None or free_memory() > 0


@given(
    tokens=some.integers(0, 40),
    k=some.integers(1, 4),
    size=some.integers(1, 50),
    seed=some.integers(0, 1000),
)
def test_blocks_of_all_tokens_are_all_tokens(tokens, k, size, seed):
    """Cut anywhere, the blocks are the arrays, −1 and NaN where nothing was asked."""
    random = np.random.default_rng(seed)
    queries = np.flatnonzero(random.random(tokens) < 0.5).astype(np.int32)
    found = Neighbors(
        queries=queries,
        rows=random.integers(0, max(1, tokens), (len(queries), k), dtype=np.int32),
        similarity=random.random((len(queries), k), dtype=np.float32),
        candidates=np.arange(tokens, dtype=np.int32),
        excluded={},
    )
    rows, similarity = np.full((tokens, k), -1, np.int32), np.full((tokens, k), np.nan, np.float32)
    rows[queries], similarity[queries] = found.rows, found.similarity
    blocks = list(found.dense_blocks(tokens, size))
    np.testing.assert_array_equal(rows, np.concatenate([rows[:0], *(block for block, _ in blocks)]))
    np.testing.assert_array_equal(
        similarity, np.concatenate([similarity[:0], *(block for _, block in blocks)])
    )
    np.testing.assert_array_equal(rows, found.dense(tokens)[0])


def test_the_archive_is_the_one_numpy_writes(space, tmp_path):
    """Header and numbers of every member are those of ``numpy.savez``."""
    found = neighbors(space, 5, queries=np.arange(0, 60, 3))
    rows, similarity = found.dense(len(space))
    np.savez(tmp_path / "numpy.npz", rows=rows, similarity=similarity)
    write_neighbors(tmp_path / "ours.npz", found, len(space))
    with zipfile.ZipFile(tmp_path / "numpy.npz") as theirs, zipfile.ZipFile(tmp_path / "ours.npz") as ours:
        assert theirs.namelist() == ours.namelist()
        for name in theirs.namelist():
            assert theirs.read(name) == ours.read(name)


def test_what_is_filled_is_what_was_given():
    blocks = [np.full((2, 3), i) for i in range(4)]
    np.testing.assert_array_equal(np.concatenate(blocks), filled((8, 3), np.float32, blocks))
