"""Tables on disk: CSV, TSV or Parquet, by extension.

Cells hold tokens and names as they are. One that begins with ``=``, ``+``, ``-`` or ``@`` is a formula to a
spreadsheet: import such columns as text, or read the table with a library.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from hyperpolyglot.records import arrow_table
from hyperpolyglot.store import written

__all__ = ["TABLE_SUFFIXES", "write_table"]

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")


def write_table(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that share their columns; the format is the extension. ``None`` is an empty cell or a null.

    Raises ``ValueError`` for another extension.
    """
    path = Path(path)
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
                delimiter = "\t" if suffix == ".tsv" else ","
                writer = csv.DictWriter(_Lines(file), columns, delimiter=delimiter, lineterminator="\r\n")
                writer.writeheader()
                writer.writerows(rows)


class _Lines:
    """Ends lines with ``\\n`` where the writer, so that it quotes both characters, ends them with ``\\r\\n``."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        """Write one row."""
        return self._file.write(row.removesuffix("\r\n") + "\n")
