"""Files for other viewers, read back as those viewers read them."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from arro3.io import read_parquet

import hyperpolyglot as hp
from tests.conftest import planted_pieces, write_model


def columns(path):
    """A Parquet file as lists, whatever its nesting."""
    table = read_parquet(path).read_all()
    return {name: [value.as_py() for value in table.column(name)] for name in table.schema.names}


def test_an_atlas_file_names_neighbours_by_their_row_in_the_file(clustered, tmp_path):
    """Each row's neighbours are rows of the same file, at 1 − cosine, as brute force finds them."""
    space = hp.open_model(clustered)
    near = hp.neighbors(space, k=15)
    hp.write_atlas(tmp_path / "map.parquet", space, near, hp.project(space, near, method="pca"))
    found = columns(tmp_path / "map.parquet")
    assert ["id", "token", "label", "x", "y", "neighbors"] == list(found)
    assert list(space.vocabulary.texts) == found["token"]
    units = space.vectors().astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    distances = 1 - units @ units.T
    np.fill_diagonal(distances, np.inf)
    for row, known in enumerate(found["neighbors"]):
        assert np.argsort(distances[row], kind="stable")[:15].tolist() == known["ids"]
        np.testing.assert_allclose(distances[row, known["ids"]], known["distances"], atol=1e-6)


def test_tokens_off_the_map_are_no_ones_neighbours(clustered, tmp_path):
    """Where a layout leaves tokens out, ids are rows of the shorter file and name only tokens that are there."""
    space = hp.open_model(clustered)
    near = hp.neighbors(space, k=15)
    layout = np.random.default_rng(1).standard_normal((240, 2))
    layout[::3] = np.nan
    hp.write_atlas(tmp_path / "map.parquet", space, near, hp.project(space, near, layout=layout))
    found = columns(tmp_path / "map.parquet")
    assert 160 == len(found["id"])
    placed = np.flatnonzero(np.arange(240) % 3)
    for row, known in zip(placed, found["neighbors"], strict=True):
        expected = [other for other in near.rows[row].tolist() if other % 3]
        assert expected == placed[known["ids"]].tolist()
        assert len(expected) == len(known["distances"])


def test_the_projector_gets_a_line_of_metadata_for_every_vector(tmp_path):
    """Vectors come back as they were; tabs and line breaks in a token break no line; a header is there."""
    pieces = [*planted_pieces(5), "a\tb", "c\nd"]
    vectors = np.random.default_rng(2).standard_normal((22, 6)).astype(np.float32)
    space = hp.open_model(write_model(tmp_path / "model", vectors, pieces))
    rows = space.candidates().rows
    paths = hp.write_projector(tmp_path / "out", space, rows)
    assert ["vectors.tsv", "metadata.tsv"] == [path.name for path in paths]
    np.testing.assert_allclose(vectors, np.loadtxt(paths[0], delimiter="\t"), rtol=1e-6)
    with paths[1].open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert ["token", "label", "kind", "id"] == lines[0]
    assert 22 == len(lines) - 1
    assert ["a\\tb", "c\\nd"] == [line[0] for line in lines[-2:]]
    assert [str(i) for i in range(22)] == [line[3] for line in lines[1:]]


def test_the_command_writes_both(clustered, tmp_path, capsys):
    """``map -o x.parquet`` holds neighbours; ``map --projector`` alone makes no map."""
    from hyperpolyglot.cli import main

    main(["map", clustered, "--method", "pca", "-o", str(tmp_path / "x.parquet")])
    assert {15} == {len(known["ids"]) for known in columns(tmp_path / "x.parquet")["neighbors"]}
    main(["map", clustered, "--projector", str(tmp_path / "projector")])
    assert {"vectors.tsv", "metadata.tsv"} == {path.name for path in (tmp_path / "projector").iterdir()}
    assert "trustworthiness" not in capsys.readouterr().out.splitlines()[-1:]


@pytest.mark.parametrize("name", ["x.csv", "x.tsv"])
def test_other_tables_stay_flat(clustered, tmp_path, name):
    """CSV and TSV hold the map alone."""
    from hyperpolyglot.cli import main

    main(["map", clustered, "--method", "pca", "-o", str(tmp_path / name)])
    assert "neighbors" not in (tmp_path / name).read_text("utf8").splitlines()[0]
