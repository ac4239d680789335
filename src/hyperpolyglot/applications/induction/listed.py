"""Lists of words that a user gives, one file for each language, or those of wordfreq."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import DamagedFile, MissingExtra
from hyperpolyglot.folders import expanded, in_folder
from hyperpolyglot.regular import read_text
from hyperpolyglot.word_lists import installed_word_lists

__all__ = ["WORDFREQ", "read_words"]

WORDFREQ = "wordfreq"

_MOST_WORDS = 200_000
_LONGEST_WORD = 200


def read_words(folder: str | Path, languages: Sequence[str]) -> dict[str, list[str]]:
    """The words of ``<tag>.tsv`` for each language, in their order: ``word`` or ``word TAB count`` a line.

    The text ``"wordfreq"``: those of that package, the most common first, none for a language that it lacks.
    Raises ``DamagedFile`` where a file is not there, holds no word, more than 200,000 of them or a longer line than a
    word can have, ``MissingExtra`` where wordfreq is not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sw.tsv").write_text("maji\\t12\\nmoto\\n", encoding="utf-8")
    ...     read_words(folder, ["sw"])
    {'sw': ['maji', 'moto']}
    """
    checked("read_words", folder, (str, PathLike), "the path of a folder of words")
    if folder == WORDFREQ:
        return {tag: _installed(tag) for tag in languages}
    place = expanded(folder)
    return {tag: _words(place, tag) for tag in languages}


def _installed(tag: str) -> list[str]:
    lists = installed_word_lists()
    if lists.remark:
        raise MissingExtra("a list of wordfreq", "languages")
    return list(lists.words[lists.languages.index(tag)]) if tag in lists.languages else []


def _words(folder: Path, tag: str) -> list[str]:
    name = f"{tag}.tsv"
    try:
        text = read_text(in_folder(folder, name))
    except OSError as error:
        raise DamagedFile(name, f"it cannot be read in {folder}; each language needs such a file") from error
    found: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        word = unicodedata.normalize("NFC", line.split("\t", 1)[0].strip())
        if len(word) > _LONGEST_WORD:
            raise DamagedFile(
                name, f"line {number} is longer than a word can be ({_LONGEST_WORD} characters)"
            )
        if word:
            found[word] = None
    if not found:
        raise DamagedFile(name, "it holds no word")
    if len(found) > _MOST_WORDS:
        raise DamagedFile(name, f"it holds more than {_MOST_WORDS:,} words; keep the most common ones")
    return list(found)
