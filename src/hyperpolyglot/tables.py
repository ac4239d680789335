"""Tables on disk: CSV, TSV or Parquet, by extension."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hyperpolyglot.store import written

__all__ = ["TABLE_SUFFIXES", "write_table"]

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that share their columns; the format is the extension. ``None`` is an empty cell or a null.

    Raises ``ValueError`` for another extension.
    """
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise ValueError(f"{path}: a table is written as {', '.join(TABLE_SUFFIXES)}")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with written(path) as temporary:
        if suffix == ".parquet":
            _write_parquet(temporary, columns, rows)
        else:
            with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                writer = csv.DictWriter(
                    file, columns, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n"
                )
                writer.writeheader()
                writer.writerows(rows)


def _write_parquet(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    arrays: dict[str, Any] = {}
    for name in columns:
        values = [row.get(name) for row in rows]
        known = [value for value in values if value is not None]
        if all(isinstance(value, bool) for value in known) and known:
            kind = DataType.bool()
        elif all(isinstance(value, int) for value in known) and known:
            kind = DataType.int64()
        elif all(isinstance(value, int | float) for value in known) and known:
            kind, values = DataType.float64(), [None if v is None else float(v) for v in values]
        else:
            kind = DataType.string()
            values = [
                None if v is None else str(v).encode("utf-8", "backslashreplace").decode() for v in values
            ]
        arrays[name] = Array(values, kind)
    write_parquet(Table(arrays), str(path))
