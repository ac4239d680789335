"""A list of words in a file: one a line, and if need be a tab and its count."""

from __future__ import annotations

from pathlib import Path

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.regular import read_text

__all__ = ["read_word_file"]


def read_word_file(path: Path) -> list[str]:
    """The first cell of each line that has one, in order.

    Raises ``DamagedFile`` for a file that cannot be read, is not UTF-8, or holds no word.
    """
    try:
        text = read_text(path)
    except OSError as error:
        raise DamagedFile(path, "it cannot be read; name a file with a word on each line") from error
    found = [line.split("\t", 1)[0].strip() for line in text.split("\n")]
    if not any(found):
        raise DamagedFile(path.name, "it holds no word; write one on each line")
    return [word for word in found if word]
