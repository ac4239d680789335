"""Word lists on disk: a folder with a file ``<tag>.tsv`` for each language, a word and its count a line."""

from __future__ import annotations

import os
import re
from pathlib import Path

from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import DamagedFile, NotEnoughData
from hyperpolyglot.folders import expanded, files_in, in_folder
from hyperpolyglot.regular import read_text
from hyperpolyglot.word_lists.record import WordLists

__all__ = ["read_word_lists"]

_TAG = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_COUNT = re.compile(r"\d{1,18}(\.\d{0,30})?([eE][-+]?\d{1,2})?", re.ASCII)
_SUFFIX = ".tsv"
_MOST_FILES, _LARGEST = 1000, 1 << 26
_LARGEST_SUM = 1 << 28
_LARGEST_COUNT = 1e18


def read_word_lists(path: str | os.PathLike[str]) -> WordLists:
    """The word lists of a folder with a file ``<tag>.tsv`` for each language.

    Each line is a word, a tab and its count or its share: any positive number. Raises ``NotEnoughData`` where there is
    no such file, ``DamagedFile`` for a file that is not UTF-8 or has another line.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "en.tsv").write_text("water\\t3\\nhouse\\t1\\n")
    ...     read_word_lists(folder).words
    (('water', 'house'),)
    """
    checked("read_word_lists", path, (str, os.PathLike), "the path of a folder")
    folder = expanded(os.fsdecode(path))
    if not folder.is_dir():
        raise NotEnoughData(
            f"{folder}: is no folder of word lists; name one that holds <tag>.tsv files of words and their counts."
        )
    try:
        names = sorted(name for name in files_in(folder) if name.endswith(_SUFFIX))
    except OSError as error:
        raise DamagedFile(folder, "it cannot be read") from error
    if not names or len(names) > _MOST_FILES:
        what = f"{len(names)} files" if names else "no file"
        raise NotEnoughData(
            f"{folder}: holds {what} called <tag>.tsv, one for each language, such as en.tsv."
        )
    lists: dict[str, list[tuple[str, float]]] = {}
    size = 0
    for name in names:
        tag = name.removesuffix(_SUFFIX).replace("_", "-")
        if not _TAG.fullmatch(tag):
            raise DamagedFile(folder / name, "its name is not a language tag, such as sw.tsv or sr-Latn.tsv")
        if tag in lists:
            raise DamagedFile(folder / name, f"there is another list for {tag}")
        file = in_folder(folder, name)
        try:
            text = read_text(file, _LARGEST)
        except OSError as error:
            raise DamagedFile(file, "it cannot be read") from error
        size += len(text)
        if size > _LARGEST_SUM:
            raise DamagedFile(folder, f"its files hold more than {_LARGEST_SUM >> 20} million characters")
        lists[tag] = _counts(file, text)
    return WordLists.of(lists, source=folder.name)


def _counts(file: Path, text: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        word, _, count = (cell.strip() for cell in line.partition("\t"))
        value = float(count) if _COUNT.fullmatch(count) else 0.0
        if not word or not 0 < value <= _LARGEST_COUNT:
            raise DamagedFile(file, f"line {number} is not a word, a tab and a positive count")
        found.append((word, value))
    if not found:
        raise DamagedFile(file, "it holds no word")
    return found
