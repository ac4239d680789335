"""How often tokens occur in a text, cut by the model's own pieces: a stream of any length, a word at a time.

Words are told apart as :mod:`hyperpolyglot.tokenization.pretokens` does. Each distinct word is cut once by
:class:`hyperpolyglot.tokenization.segmentation.Segmenter`, with its limits. Tokens of white space are not counted;
words with bytes that are no UTF-8 are left out, and longer ones than 48 characters are cut there first.
"""

from __future__ import annotations

import codecs
import gzip
import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.regular import opened, read_text
from hyperpolyglot.tokenization.pretokens import words_of
from hyperpolyglot.tokenization.segmentation import UNKNOWN, Segmenter, segmenter
from hyperpolyglot.types import Float64, Progress, silent
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["count_corpus", "count_words", "read_counts"]

_CHUNK = 1 << 20
_MOST_WORDS = 1_000_000


def read_counts(path: Path) -> dict[str, float]:
    """Occurrences by token from a table: a token, a tab and a number on each line.

    Raises ``DamagedFile`` for a line that is none, or whose number counts nothing.
    """
    counts = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        token, _, count = line.rpartition("\t")
        try:
            counts[token] = float(count)
        except ValueError as error:
            raise DamagedFile(path, f"line {number} is not a token, a tab and a number") from error
        if not 0 <= counts[token] < math.inf:
            raise DamagedFile(path, f"line {number} does not count anything ({count[:20]})")
    return counts


def count_corpus(paths: Sequence[Path], vocabulary: Vocabulary, progress: Progress = silent) -> Float64:
    """Occurrences of every token in text files, plain or ``.gz``, float64 ``[token]``.

    Memory holds a million distinct words at most. Raises ``DamagedFile`` for a file that cannot be read, or where none
    holds a word.
    """
    cut = segmenter(vocabulary)
    counts = np.zeros(len(vocabulary))
    words: Counter[str] = Counter()
    size = sum(path.stat().st_size for path in paths)
    done = 0
    for path in paths:
        before = done
        for text, read in _texts(path):
            words.update(words_of(text, vocabulary))
            done = before + read
            progress("corpus", done, size + 1)
            if len(words) > _MOST_WORDS:
                counts += count_words(words, cut, len(vocabulary))
                words.clear()
    counts += count_words(words, cut, len(vocabulary))
    progress("corpus", size + 1, size + 1)
    if not counts.any():
        raise DamagedFile(paths[0].name, "it holds no word of this vocabulary")
    return counts


def count_words(words: Counter[str], cut: Segmenter, tokens: int) -> Float64:
    """Occurrences of every token in counted words."""
    counts = np.zeros(tokens)
    for word, times in words.items():
        if "\ufffd" not in word:
            for row in cut.cut(word):
                if row != UNKNOWN:
                    counts[row] += times
    return counts


def _texts(path: Path) -> Iterator[tuple[str, int]]:
    """Pieces of a text, not within a word where there is white space, and how many bytes of the file were read."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    try:
        with opened(path) as raw:
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw)
            while block := stream.read(_CHUNK):
                text = rest + decoder.decode(block)
                end = max(text.rfind(" "), text.rfind("\n"))
                end = len(text) if end <= 0 else end
                rest = text[end:]
                yield text[:end], raw.tell()
            yield rest + decoder.decode(b"", final=True), raw.tell()
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedFile(path.name, f"it cannot be read ({error})") from error
