"""The tokenizer files that can be opened, in the order in which a folder is searched for them.

A new format is one module with a reader and one row of ``FORMATS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase, translate
from pathlib import Path
from typing import NamedTuple

from hyperpolyglot.errors import UnsupportedFormat, VocabularyNotFound
from hyperpolyglot.folders import files_in, in_folder
from hyperpolyglot.vocabularies.companions import added_tokens, configuration
from hyperpolyglot.vocabularies.fairseq import fairseq_layout
from hyperpolyglot.vocabularies.files import read_file
from hyperpolyglot.vocabularies.jsonl import read_jsonl
from hyperpolyglot.vocabularies.sentencepiece_model import read_sentencepiece
from hyperpolyglot.vocabularies.tekken import read_tekken
from hyperpolyglot.vocabularies.tiktoken_file import looks_like_tiktoken, read_tiktoken
from hyperpolyglot.vocabularies.token_list import TokenList
from hyperpolyglot.vocabularies.tokenizer_json import read_tokenizer_json
from hyperpolyglot.vocabularies.vocab_json import read_vocab_json
from hyperpolyglot.vocabularies.wordpiece_txt import read_vocab_txt
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["FORMATS", "Format", "find_among", "find_in_folder", "is_vocabulary_file", "open_vocabulary_file"]

Read = Callable[[bytes, Path], TokenList]


class Format(NamedTuple):
    """A row of the table: which names a folder is searched for, which others are taken too, and the reader."""

    names: tuple[str, ...]
    other_names: tuple[str, ...]
    read: Read
    completed: bool = True
    """Whether files that lie beside it can add tokens."""


def _model(data: bytes, path: Path) -> TokenList:
    if looks_like_tiktoken(data):
        return read_tiktoken(data, path.name)
    return read_sentencepiece(data, path.name, fairseq=fairseq_layout(configuration(path.parent)))


def _vocab_json(data: bytes, path: Path) -> TokenList:
    merges = in_folder(path.parent, "merges.txt")
    return read_vocab_json(data, path.name, merges=read_file(merges) if merges.is_file() else b"")


def _by_name(read: Callable[[bytes, str], TokenList]) -> Read:
    def read_named(data: bytes, path: Path) -> TokenList:
        held = [data]
        del data
        return read(held.pop(), path.name)  # which is then free to let go of the bytes

    return read_named


_VOCAB_JSON = Format(("vocab.json",), ("*vocab*.json",), _vocab_json)
_MODEL_NAMES = ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "*.model")

FORMATS: tuple[Format, ...] = (
    Format(("tokenizer.json",), ("*tokenizer.json",), _by_name(read_tokenizer_json), completed=False),
    Format(("tekken.json",), ("*tekken*.json",), _by_name(read_tekken), completed=False),
    Format(_MODEL_NAMES, ("*.model.v*",), _model),
    Format(("vocab.txt",), ("*vocab*.txt",), _by_name(read_vocab_txt)),
    _VOCAB_JSON,
    Format(("*.tiktoken",), (), _by_name(read_tiktoken)),
    Format(("*.jsonl", "*.jsonl.gz"), (), _by_name(read_jsonl), completed=False),
)

_SOUGHT = re.compile("|".join(translate(pattern) for row in FORMATS for pattern in row.names))
"""What a folder is searched for: of a million files, only those are looked at more than once."""


def find_among(names: Iterable[str]) -> str | None:
    """The tokenizer file to open out of a folder's file names; ``None`` where there is none.

    A ``vocab.json`` beside a SentencePiece model wins: M2M-100 and Marian number their pieces by it.

    >>> find_among(["config.json", "vocab.txt", "tokenizer.json"]), find_among(["config.json"])
    ('tokenizer.json', None)
    """
    there = sorted(filter(_SOUGHT.match, names))
    for row in FORMATS:
        for pattern in row.names:
            for name in there:
                if fnmatchcase(name, pattern):
                    shadowed = row.names is _MODEL_NAMES and "vocab.json" in there
                    return "vocab.json" if shadowed else name
    return None


def find_in_folder(folder: Path) -> Path | None:
    """The tokenizer file to open in a folder; ``None`` where there is none, or no such folder."""
    try:
        found = find_among(files_in(folder))
    except OSError:
        return None
    return None if found is None else in_folder(folder, found)


def open_vocabulary_file(path: Path) -> Vocabulary:
    """The vocabulary of a tokenizer file, told by its name, or of the one found in a folder.

    Tokens in an ``added_tokens.json`` or ``tokenizer_config.json`` beside it are added, except to a
    ``tokenizer.json``, ``tekken.json`` or ``.jsonl``, which are complete. Raises ``VocabularyNotFound`` where
    there is no file, ``UnsupportedFormat`` for a kind that is not opened, ``DamagedFile`` for a malformed one.
    """
    if path.is_dir():
        found = find_in_folder(path)
        if found is None:
            raise VocabularyNotFound(f"{path}: holds no tokenizer file; looked for {_opened()}.")
        path = found
    if not path.exists():
        raise VocabularyNotFound(f"{path}: there is no such file.")
    row = _format_of(path.name)
    if row is None:
        raise UnsupportedFormat(
            f"{path.name}: is no tokenizer file that can be opened; these are: {_opened()}."
        )
    tokens = row.read(read_file(path), path)
    if row.completed:
        tokens = tokens.overridden(added_tokens(path.parent, configuration(path.parent)))
    return tokens.vocabulary(path.name)


def is_vocabulary_file(name: str) -> bool:
    """Whether a file's name is that of a tokenizer file.

    >>> is_vocabulary_file("tokenizer.json"), is_vocabulary_file("model.safetensors.index.json")
    (True, False)
    """
    return _format_of(name) is not None


def _format_of(name: str) -> Format | None:
    lowered = name.lower()
    for row in FORMATS:
        if any(fnmatchcase(lowered, pattern) for pattern in row.names + row.other_names):
            return row
    return None


def _opened() -> str:
    return ", ".join(pattern for row in FORMATS for pattern in row.names)
