"""A row for every token: its columns are what the measures say of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli

COLUMNS = [
    *("id", "token", "piece", "label", "kind", "norm", "occurrences", "undertrained"),
    *("diversity", "own_share", "nearest"),
]


@pytest.fixture(scope="module")
def space():
    return hp.open_model("demo:language").where(labels=["Latn", "Cyrl", "Grek"], top=600)


def test_columns_are_those_of_the_measures(space):
    """Diversity, own share, occurrences and the nearest token are those of the neighbours; the norm of the vectors."""
    near = hp.neighbors(space, 10)
    found = hp.token_table(space, near)
    whole = hp.diversity(near, space.labels)
    assert whole.distinct.tolist() == found.diversity[near.queries].tolist()
    assert whole.own_share == pytest.approx(np.nanmean(found.own_share))
    assert near.rows.size == found.occurrences[near.candidates].sum()
    rows = found.table()
    assert [*COLUMNS, "model"] == list(rows[0])
    assert len(space) == len(rows)
    row = rows[3]
    assert space.vocabulary.texts[near.rows[list(near.queries).index(3), 0]] == row["nearest"]
    assert float(np.linalg.norm(space.vectors()[3])) == pytest.approx(row["norm"])
    assert found.to_json() == hp.token_table(space, k=10).to_json()


def test_tokens_without_a_direction_have_no_numbers():
    """A zero row has a norm and no neighbours; a row that is not finite not even that."""
    vectors = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    vectors[3], vectors[4, 0] = 0, np.nan
    space = hp.from_arrays(vectors, [f"▁w{i}" for i in range(29)])
    rows = hp.token_table(space, k=3).table()
    assert 0.0 == rows[3]["norm"]
    for row, at in ((rows[3], 3), (rows[4], 4), (rows[29], 29)):
        assert at == row["id"]
        assert [None] * 4 == [row[n] for n in ("occurrences", "diversity", "own_share", "nearest")]
    assert rows[4]["norm"] is None
    assert "padding" == rows[29]["kind"]


def test_frames(space):
    """A space and its neighbours are data frames, with one value a cell."""
    frame = space.to_pandas()
    assert [*COLUMNS[:6], "model"] == list(frame.columns)
    assert {space.model} == set(frame["model"])
    assert frame["norm"].to_numpy() == pytest.approx(np.linalg.norm(space.vectors(), axis=1))
    near = hp.neighbors(space, 4)
    found = near.to_pandas(space)
    assert 4 * len(space) == len(found)
    assert list(range(1, 5)) == found["rank"][:4].tolist()
    assert near.similarity.ravel().tolist() == found["similarity"].tolist()
    assert [space.vocabulary.texts[row] for row in near.rows[0]] == found["token"][:4].tolist()
    assert ["query", "rank", "neighbor", "similarity", "model"] == list(near.to_pandas().columns)
    assert {space.model} == set(found["model"])
    alone = dataclasses.replace(near).to_pandas()
    assert "model" not in alone.columns


def test_the_command_writes_the_same(tmp_path):
    """``tokens -o`` writes every row as Parquet and CSV with the columns of the contract."""
    import polars

    paths = [tmp_path / "t.parquet", tmp_path / "t.csv"]
    given = ["tokens", "demo:meaning", "--top", "300", "-k", "5", "--no-cache"]
    found = CliRunner().invoke(cli, [*given, "-o", str(paths[0]), "-o", str(paths[1])])
    assert 0 == found.exit_code, found.output
    expected = hp.token_table(hp.open_model("demo:meaning").where(top=300), k=5).table()
    frame = polars.read_parquet(paths[0])
    assert [*COLUMNS, "model"] == frame.columns
    assert expected == frame.to_dicts()
    assert 301 == len(paths[1].read_text("utf8").splitlines())
    shown = CliRunner().invoke(cli, given)
    assert "first of 300 tokens" in shown.output
