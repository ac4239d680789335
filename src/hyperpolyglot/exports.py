"""Files that other programs open: NumPy, Embedding Atlas and the Embedding Projector."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from hyperpolyglot.arguments import checked
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.measures.projection import Projection
from hyperpolyglot.records import arrow_table
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import written
from hyperpolyglot.types import Int32, Progress, silent
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["PROJECTOR_FILES", "write_atlas", "write_neighbors", "write_projector"]

PROJECTOR_FILES = ("vectors.tsv", "metadata.tsv")
_BLOCK = 4096


def write_neighbors(path: Path, found: Neighbors, tokens: int) -> None:
    """Write ``rows`` int32 ``[tokens, k]`` and ``similarity`` float32 as an ``.npz``, whole or not at all.

    A few thousand tokens are in memory at a time.
    """
    with written(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, dtype, part in (("rows", np.int32, 0), ("similarity", np.float32, 1)):
            header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": (tokens, found.k)}
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array_header_1_0(file, header)
                for block in found.dense_blocks(tokens):
                    file.write(block[part].data)


def write_atlas(path: str | Path, space: TokenSpace, near: Neighbors, projection: Projection) -> None:
    """Write the map of ``space`` as Parquet: ``id``, ``token``, ``label``, ``x``, ``y`` and ``neighbors``.

    ``neighbors`` is what Embedding Atlas expects, {``ids``: rows of this file from 0, ``distances``: 1 − cosine}.
    Neighbours that are not on the map are left out. ``near`` are those the map was made from.

    >>> import tempfile
    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> near = hp.neighbors(space, k=15)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     hp.write_atlas(Path(folder) / "map.parquet", space, near, hp.project(space, near, method="pca"))
    """
    checked("write_atlas", path, (str, PathLike), "the path of a file")
    checked("write_atlas", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked("write_atlas", near, Neighbors, "Neighbors, as neighbors(space) gives them")
    checked("write_atlas", projection, Projection, "a Projection, as project() gives it")
    from arro3.core import Array, ChunkedArray, DataType, Field, list_array, struct_array
    from arro3.io import write_parquet

    place = np.full(len(space), -1, np.int64)
    place[projection.rows] = np.arange(len(projection.rows))
    asked = np.searchsorted(near.queries, projection.rows)
    ids = place[near.rows[asked]]
    shown = ids >= 0
    offsets = np.concatenate([[0], shown.sum(axis=1).cumsum()]).astype(np.int32)
    distances = 1.0 - near.similarity[asked].astype(np.float64)
    parts = {"ids": (ids[shown], DataType.int64()), "distances": (distances[shown], DataType.float64())}
    column = struct_array(
        [list_array(offsets, Array(values)) for values, _ in parts.values()],
        fields=[Field(name, DataType.list(Field("", kind))) for name, (_, kind) in parts.items()],
    )
    table = (
        arrow_table(projection.table(space))
        .drop_columns(["model"])
        .append_column("neighbors", ChunkedArray([column]))
    )
    with written(Path(path)) as temporary:
        write_parquet(table, str(temporary))


def write_projector(
    folder: str | Path, space: TokenSpace, rows: Int32, *, progress: Progress = silent
) -> tuple[Path, Path]:
    """Write the vectors of the tokens at ``rows`` as the Embedding Projector loads them, and say where.

    ``vectors.tsv`` has a line of numbers for every token; ``metadata.tsv`` a line of names first, then ``token``,
    ``label``, ``kind`` and ``id``. A tab or line break in a token or label is written as ``\\t`` or ``\\n``.

    >>> import tempfile
    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = hp.write_projector(Path(folder), space, hp.sample_rows(space, 0.001))
    ...     len(paths[1].read_text("utf8").splitlines())
    25
    """
    checked("write_projector", folder, (str, PathLike), "the path of a folder")
    checked("write_projector", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked(
        "write_projector", rows, (Sequence, np.ndarray), "positions of tokens, as sample_rows() gives them"
    )
    rows = np.asarray(rows, np.int32)
    vectors, metadata = (Path(folder) / name for name in PROJECTOR_FILES)
    with written(vectors) as temporary, temporary.open("w", encoding="ascii", newline="") as file:
        for start in range(0, len(rows), _BLOCK):
            progress("vectors", start, len(rows))
            for vector in space.vectors(rows[start : start + _BLOCK]):
                file.write("\t".join(f"{number:.7g}" for number in vector.tolist()) + "\n")
    progress("vectors", len(rows), len(rows))
    with (
        written(metadata) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        file.write("token\tlabel\tkind\tid\n")
        for row in rows.tolist():
            token, label = (
                text.translate(_ESCAPED)
                for text in (space.vocabulary.texts[row], space.labels.of(row) or "(none)")
            )
            kind = TokenKind(int(space.vocabulary.kinds[row])).label
            file.write(f"{token}\t{label}\t{kind}\t{space.ids[row]}\n")
    return vectors, metadata


_ESCAPED = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})
