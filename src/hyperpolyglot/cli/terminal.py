"""What people see: tables of at most 80 columns on standard output, progress and notes on standard error.

Only this module prints. Nothing that comes out of a file reaches the terminal raw: control, directional and
unassigned characters are shown by their code point.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unicodedata import bidirectional

from hyperpolyglot.shown import hidden, shown, visible

__all__ = [
    "end_with",
    "note",
    "print_beside",
    "print_json",
    "print_lines",
    "print_table",
    "progress_bar",
    "say",
]

_LONGEST_CELL, _LONGEST_LINE = 400, 8_000
_LONGEST_HEADING = 24
_NUMBER = re.compile(r"(< |≈ )?[−+-]?\d[\d,.]*( %| …|†)?(–\d[\d.]*)?$")
_GAP = 3
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_LEFT_TO_RIGHT = "\u200e"
"""Stands behind a cell that is written from right to left, so that the cells to its right stay there."""
_BAR_AFTER = 1.0
_PIPE_EVERY = 60.0


def _write(text: str, stream: Any) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


def say(text: str = "") -> None:
    """A sentence on standard output, in lines of the terminal's width."""
    import textwrap

    lines = textwrap.wrap(
        shown(text, _LONGEST_LINE), _width(), break_long_words=False, break_on_hyphens=False
    )
    _write("\n".join(lines), sys.stdout)


def end_with(text: str) -> None:
    """A last line on standard output, dim on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, width=_width(), highlight=False, emoji=False, markup=False)
    console.print(Text(shown(text, _LONGEST_LINE), style="dim"))


def print_lines(text: str) -> None:
    """Lines on standard output as they are, however long: a file of the program's own."""
    for line in text.splitlines():
        _write(visible(line), sys.stdout)


def note(text: str) -> None:
    """A line on standard error."""
    _write(shown(text, _LONGEST_LINE), sys.stderr)


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON document on standard output. What its encoding lacks is escaped, on a terminal hidden characters too."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    if sys.stdout.isatty() and not text.replace("\n", "").isprintable():
        text = re.sub(r"[^\n -~]", lambda found: _escaped(found[0]) if hidden(found[0]) else found[0], text)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=1, allow_nan=False)
    _write(text, sys.stdout)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]


_LABELS = {"label"}
"""Columns of labels."""


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        if 0 < abs(value) < 0.001:
            return f"{value:.1g}"
        return f"{value:.3f}" if abs(value) < 100 else f"{value:.1f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return shown(str(value), _LONGEST_CELL)


def _labelled(value: Any) -> str:
    """A label, after its name where it has one."""
    from hyperpolyglot.writing.scripts import label_called

    return _cell(label_called(value) if isinstance(value, str) else value)


def print_table(title: str, rows: Sequence[Mapping[str, Any]], columns: Iterable[str] | None = None) -> None:
    """Rows as a table under a title. Put text of any direction in the last column, where it cannot reorder others."""
    names = list(columns) if columns else list(rows[0]) if rows else []
    _print(
        title,
        [name.replace("_", " ") for name in names],
        [
            [_labelled(row.get(name)) if name in _LABELS else _cell(row.get(name)) for name in names]
            for row in rows
        ],
        [_is_numeric([row.get(name) for row in rows]) for name in names],
    )


def _is_numeric(cells: Sequence[Any]) -> bool:
    """Whether a column holds numbers, with or without a unit, so that it is written to the right."""
    if any(isinstance(cell, int | float) for cell in cells):
        return True
    texts = [cell for cell in cells if isinstance(cell, str)]
    return any(_NUMBER.match(text) for text in texts) and all(
        text in ("", "–") or _NUMBER.match(text) for text in texts
    )


def print_beside(title: str, columns: Sequence[tuple[str, Mapping[str, str]]]) -> None:
    """Several models side by side under a title: each with its name, and its cells by the name of their row.

    Rows stand in the order in which they first come. As many columns as fit make a table; the others follow below.
    A model without cells has no column.
    """
    from rich.cells import cell_len

    columns = [(heading, cells) for heading, cells in columns if cells]
    names = list(dict.fromkeys(name for _, cells in columns for name in cells))
    first = max((cell_len(_labelled(name)) for name in names), default=0)
    parts: list[list[tuple[str, Mapping[str, str]]]] = [[]]
    used = first
    for heading, cells in columns:
        longest = max((cell_len(_cell(cell)) for cell in cells.values()), default=0)
        needs = _GAP + max(longest, min(cell_len(heading), _LONGEST_HEADING))
        if parts[-1] and used + needs > _width():
            parts.append([])
            used = first
        parts[-1].append((heading, cells))
        used += needs
    for part in filter(None, parts):
        rows = [
            [_labelled(name), *(_directed(_cell(cells.get(name))) for _, cells in part)] for name in names
        ]
        _print(title, ["", *(shown(heading, _LONGEST_CELL) for heading, _ in part)], rows)


def _directed(cell: str) -> str:
    return f"{cell}{_LEFT_TO_RIGHT}" if _RIGHT_TO_LEFT & set(map(bidirectional, cell)) else cell


def _print(
    title: str, headings: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool] = ()
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, width=_width(), highlight=False, emoji=False, markup=False)
    console.print(Text(shown(title, _LONGEST_LINE), style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(Text(heading), justify="right" if right and right[i] else "left", overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)


def _width() -> int:
    from shutil import get_terminal_size

    return min(100, get_terminal_size((80, 24)).columns) if sys.stdout.isatty() else 80


class _Bar:
    """Progress on standard error: a line for each finished step, below it what runs; nothing for less than a second.

    Where standard error is no terminal, what runs is said once a minute.
    """

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._moving: dict[str, tuple[float, int]] = {}
        self._shown = ""
        self._last = 0.0
        self._tty = sys.stderr.isatty()

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        said, _, detail = step.partition(" · ")
        if said not in self._started and self._tty:
            self._draw(f"{said} …", last=False)
        begun = self._started.setdefault(said, now)
        finished = done >= total
        if finished:  # the same step may come again
            del self._started[said]
            self._moving.pop(said, None)
        elif done:
            self._moving.setdefault(said, (now, done))
        if now - begun < _BAR_AFTER or (
            not finished and now - self._last < (0.2 if self._tty else _PIPE_EVERY)
        ):
            return
        self._last = now
        elapsed = f"{now - begun:,.0f} s"
        if finished:
            line = f"{said}: {elapsed}"
        else:
            passed = f", {elapsed}" if detail else ""
            line = (
                f"{step}: {100 * done // max(1, total):3d} %{passed}{self._remaining(said, now, done, total)}"
            )
        if self._tty:
            self._draw(line, last=finished)
        else:
            note(line)

    def _remaining(self, step: str, now: float, done: int, total: int) -> str:
        """What is left at the rate since the first part was done: what came before it was preparation."""
        since, first = self._moving.get(step, (now, done))
        if done <= first:
            return ""
        return f", about {(now - since) / (done - first) * (total - done):,.0f} s left"

    def _draw(self, line: str, *, last: bool) -> None:
        sys.stderr.write(f"\r\x1b[K{visible(line)}" + ("\n" if last else ""))
        sys.stderr.flush()
        self._shown = "" if last else line

    def close(self) -> None:
        """Leave the cursor at the start of a line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def progress_bar() -> Iterator[_Bar]:
    """A progress callable for the length of a command."""
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.close()
