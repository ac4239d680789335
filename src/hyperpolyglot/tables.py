"""Tables on disk: CSV, TSV, Parquet or LaTeX, by extension.

Cells hold tokens and names as they are. One that begins with ``=``, ``+``, ``-`` or ``@`` is a formula to a
spreadsheet: import such columns as text, or read the table with a library.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, TextIO

from hyperpolyglot.records import arrow_table
from hyperpolyglot.shown import shown
from hyperpolyglot.store import written

__all__ = ["TABLE_SUFFIXES", "latex", "write_table"]

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".tex")


def write_table(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that share their columns; the format is the extension. ``None`` is an empty cell or a null.

    Raises ``ValueError`` for another extension.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise ValueError(f"{path}: a table is written as {', '.join(TABLE_SUFFIXES)}")
    columns = list(dict.fromkeys(chain.from_iterable(rows)))
    with written(path) as temporary:
        if suffix == ".parquet":
            from arro3.io import write_parquet

            write_parquet(arrow_table(rows), str(temporary))
        elif suffix == ".tex":
            temporary.write_text(latex(rows), "utf-8", errors="backslashreplace")
        else:
            with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                delimiter = "\t" if suffix == ".tsv" else ","
                writer = csv.writer(_Lines(file), delimiter=delimiter, lineterminator="\r\n")
                writer.writerow(columns)
                writer.writerows(_cells(rows, columns))


def _cells(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Iterable[Sequence[Any]]:
    """The values of every row in the order of columns, ``None`` where a row has none."""
    if len(columns) > 1 and all(len(row) == len(columns) for row in rows):
        return map(itemgetter(*columns), rows)
    return ([row.get(name) for name in columns] for row in rows)


def latex(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a ``tabular`` with the rules of booktabs: numbers with four significant digits, text as it is.

    Hidden characters are shown by their code point. Other scripts than Latin need XeLaTeX or LuaLaTeX and their fonts.

    >>> print(latex([{"label": "a_b", "own_share": 0.123456, "tokens": 1200}]).split("midrule")[1].strip())
    a\\_b & 0.1235 & 1200 \\\\
    \\bottomrule
    \\end{tabular}
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    numeric = [all(isinstance(row.get(name), int | float | None) for row in rows) for name in columns]
    sides = "".join("r" if number else "l" for number in numeric)
    head = " & ".join(_escaped(name.replace("_", " ")) for name in columns)
    body = "".join(" & ".join(_latex(row.get(name)) for name in columns) + " \\\\\n" for row in rows)
    return (
        "% \\usepackage{booktabs}; for scripts other than Latin, XeLaTeX or LuaLaTeX with fonts that have them\n"
        f"\\begin{{tabular}}{{{sides}}}\n\\toprule\n{head} \\\\\n\\midrule\n{body}"
        "\\bottomrule\n\\end{tabular}\n"
    )


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",
    "]": "{]}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in shown(text))


def _latex(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "--"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return _escaped(str(value))
    digits, _, power = (f"{value:.4g}" if isinstance(value, float) else str(value)).partition("e")
    times = f" \\times 10^{{{int(power)}}}" if power else ""
    return f"${digits}{times}$" if power or value < 0 else digits


class _Lines:
    """Ends lines with ``\\n`` where the writer, so that it quotes both characters, ends them with ``\\r\\n``."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        """Write one row."""
        return self._file.write(row.removesuffix("\r\n") + "\n")
