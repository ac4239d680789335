"""Tables on disk: CSV, TSV or Parquet, by extension."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hyperpolyglot.records import arrow_table
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
            from arro3.io import write_parquet

            write_parquet(arrow_table(rows), str(temporary))
        else:
            with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                writer = csv.DictWriter(
                    file, columns, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n"
                )
                writer.writeheader()
                writer.writerows(rows)
