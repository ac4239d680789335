"""The tokenizer files that can be opened, in the order in which a folder is searched for them.

A new format is one module with a reader and one row of ``FORMATS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase, translate
from pathlib import Path
from typing import Literal, NamedTuple

from hyperpolyglot.errors import UnsupportedFormat, VocabularyNotFound
from hyperpolyglot.folders import files_in, in_folder
from hyperpolyglot.regular import opened
from hyperpolyglot.vocabularies.appended import appended
from hyperpolyglot.vocabularies.companions import CONFIGURATION, SPECIAL_TOKENS, Beside, beside
from hyperpolyglot.vocabularies.completion import completed
from hyperpolyglot.vocabularies.fairseq import by_dictionary, layout_of
from hyperpolyglot.vocabularies.fairseq_dictionary import (
    DICTIONARIES,
    numbered_by,
    read_dictionary,
    with_mask,
)
from hyperpolyglot.vocabularies.files import read_file
from hyperpolyglot.vocabularies.jsonl import read_jsonl
from hyperpolyglot.vocabularies.sentencepiece_model import read_sentencepiece
from hyperpolyglot.vocabularies.tekken import read_tekken
from hyperpolyglot.vocabularies.tiktoken_file import looks_like_tiktoken, read_tiktoken
from hyperpolyglot.vocabularies.token_list import BYTE_LEVEL, TokenList
from hyperpolyglot.vocabularies.tokenizer_json import read_tokenizer_json
from hyperpolyglot.vocabularies.true_tokenizers import File, tokenizer_of
from hyperpolyglot.vocabularies.vocab_json import read_vocab_json
from hyperpolyglot.vocabularies.wordpiece_txt import read_vocab_txt
from hyperpolyglot.vocabulary import Vocabulary

__all__ = [
    "FORMATS",
    "Format",
    "Side",
    "files_beside",
    "find_among",
    "find_in_folder",
    "is_vocabulary_file",
    "open_vocabulary_file",
]

Read = Callable[[bytes, Path, Beside], TokenList]
_BESIDE = (*CONFIGURATION, *SPECIAL_TOKENS)
Side = Literal["source", "target"]


class Format(NamedTuple):
    """A row of the table: which names a folder is searched for, which others are taken too, and the reader."""

    name: str
    names: tuple[str, ...]
    other_names: tuple[str, ...]
    read: Read
    needed: tuple[str, ...] = _BESIDE
    """Files that are read where they lie beside it."""
    later: tuple[str, ...] = ()
    """Those that are read only where the table has rows that the file does not name."""
    completed: bool = True
    """Whether files that lie beside it can add tokens."""


def _model(data: bytes, path: Path, around: Beside) -> TokenList:
    if looks_like_tiktoken(data):
        return read_tiktoken(data, path.name)
    tokens = read_sentencepiece(data, path.name)
    lists = [in_folder(path.parent, name) for name in DICTIONARIES] if by_dictionary(around) else []
    for file in filter(Path.is_file, lists):
        numbered = numbered_by(read_file(file), file.name, tokens)
        if numbered is not None:
            return with_mask(numbered, around.rows)
    layout = layout_of(path.name, tokens.entries, around)
    if layout is None:
        return tokens
    remark = ""
    if layout.guessed:
        remark = f"the ids are numbered as fairseq does, because the table has {around.rows} rows for the "
        remark += f"{len(tokens.entries)} pieces of {path.name}."
    return replace(tokens, entries=layout.applied(tokens.entries), remark=remark)


def _dictionary(data: bytes, path: Path, around: Beside) -> TokenList:
    return with_mask(read_dictionary(data, path.name), around.rows)


def _vocab_txt(data: bytes, path: Path, around: Beside) -> TokenList:
    return with_mask(read_vocab_txt(data, path.name), around.rows)


def _vocab_json(data: bytes, path: Path, around: Beside) -> TokenList:
    merges = in_folder(path.parent, "merges.txt")
    return read_vocab_json(data, path.name, merges=read_file(merges) if merges.is_file() else b"")


def _by_name(read: Callable[[bytes, str], TokenList]) -> Read:
    def read_named(data: bytes, path: Path, around: Beside) -> TokenList:
        held = [data]
        del data
        return read(held.pop(), path.name)  # which is then free to let go of the bytes

    return read_named


_VOCAB_NAMES = ("vocab.json", "vocab-src.json", "vocab-tgt.json")
_TARGET = {"vocab.json": "target_vocab.json", "vocab-src.json": "vocab-tgt.json"}
"""The vocabulary of the target language, by the name of the source's: Marian and FSMT have two."""


_VOCAB_JSON = Format("vocab.json", _VOCAB_NAMES, ("*vocab*.json",), _vocab_json, (*_BESIDE, "merges.txt"))
_MODEL_NAMES = ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "*.model")
_TOKENIZER_JSON = Format(
    "tokenizer.json",
    ("tokenizer.json",),
    ("*tokenizer.json", "*tokenizer[-_.]*.json"),
    _by_name(read_tokenizer_json),
    CONFIGURATION,
    SPECIAL_TOKENS,
)

FORMATS: tuple[Format, ...] = (
    _TOKENIZER_JSON,
    Format(
        "Tekken",
        ("tekken.json",),
        ("*tekken*.json",),
        _by_name(read_tekken),
        CONFIGURATION,
        completed=False,
    ),
    Format(
        "SentencePiece",
        _MODEL_NAMES,
        ("*.model.v*", "*.spm", "prophetnet.tokenizer"),
        _model,
        (*_BESIDE, *DICTIONARIES),
    ),
    Format("vocab.txt", ("vocab.txt", "rwkv_vocab*.txt"), ("*vocab*.txt",), _vocab_txt),
    _VOCAB_JSON,
    Format("tiktoken", ("*.tiktoken",), (), _by_name(read_tiktoken)),
    Format("jsonl", ("*.jsonl", "*.jsonl.gz"), (), _by_name(read_jsonl), CONFIGURATION, completed=False),
    Format("fairseq dictionary", DICTIONARIES, (), _dictionary),
)
_PATTERNS = [*(pattern for row in FORMATS for pattern in row.names), "*tokenizer*.json", *_TARGET.values()]
_SOUGHT = re.compile("|".join(translate(pattern) for pattern in _PATTERNS))
"""What a folder is searched for: of a million files, only those are looked at more than once."""


_NO_TOKENIZERS = ("config.json", "special_tokens_map.json", "added_tokens.json", ".index.json")
_HEAD = 1 << 16
_LOOKED_INTO = 64
_BLANK = b"\xef\xbb\xbf \t\r\n"


def find_among(names: Iterable[str], side: Side = "source") -> str | None:
    """The tokenizer file to open out of a folder's file names; ``None`` where there is none.

    A ``vocab.json`` beside a SentencePiece model wins: M2M-100 and Marian number their pieces by it. ``side``: where
    the source and the target language have a vocabulary each, which of the two.

    >>> find_among(["config.json", "vocab.txt", "tokenizer.json"]), find_among(["config.json"])
    ('tokenizer.json', None)
    >>> find_among(["vocab-src.json", "vocab-tgt.json"], "target")
    'vocab-tgt.json'
    """
    there = sorted(filter(_SOUGHT.match, names))
    for row in FORMATS:
        for pattern in row.names:
            for name in there:
                if fnmatchcase(name, pattern):
                    shadowed = row.names is _MODEL_NAMES and "vocab.json" in there
                    found = "vocab.json" if shadowed else name
                    other = _TARGET.get(found) if side == "target" else None
                    return other if other in there else found
    named = (name for name in there if fnmatchcase(name.lower(), "*tokenizer*.json"))
    return next((name for name in named if not name.lower().endswith(_NO_TOKENIZERS)), None)


def files_beside(chosen: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Of a folder's file names those that a tokenizer file needs beside it, and those that it may need later."""
    row = _format_by_name(chosen) or _TOKENIZER_JSON
    there = set(names) - {chosen}
    return [name for name in row.needed if name in there], [name for name in row.later if name in there]


def find_in_folder(folder: Path, side: Side = "source") -> Path | None:
    """The tokenizer file to open in a folder; ``None`` where there is none, or no such folder.

    A ``tokenizer.json`` under another name is recognised by what it begins with.
    """
    try:
        names = files_in(folder)
    except OSError:
        return None
    found = find_among(names, side)
    if found is None:
        documents = sorted(name for name in names if name.endswith(".json"))[:_LOOKED_INTO]
        found = next((name for name in documents if _is_tokenizer(folder / name)), None)
    return None if found is None else in_folder(folder, found)


def open_vocabulary_file(
    path: Path, *, rows: int | None = None, side: Side = "source", later: Callable[[], object] = bool
) -> Vocabulary:
    """The vocabulary of a tokenizer file, told by its name or its contents, or of the one found in a folder.

    ``rows`` is the size of the table that it is for, which tells layouts apart; ``side`` which of two vocabularies a
    folder is to give. Tokens that other files beside it name (``added_tokens.json``, ``tokenizer_config.json``,
    ``special_tokens_map.json``) or that the code of a known family appends are added, except to a ``tekken.json`` or
    ``.jsonl``, which are complete. ``later`` is called before files are looked for that are needed only if a
    ``tokenizer.json`` does not name all rows. Raises ``VocabularyNotFound`` where there is no file,
    ``UnsupportedFormat`` for a kind that is not opened, ``DamagedFile`` for a malformed one.
    """
    if path.is_dir():
        found = find_in_folder(path, side)
        if found is None:
            raise VocabularyNotFound(f"{path}: holds no tokenizer file; looked for {_opened()}.")
        path = found
    if not path.exists():
        raise VocabularyNotFound(f"{path}: there is no such file.")
    row = _format_of(path)
    if row is None:
        raise UnsupportedFormat(
            f"{path.name}: is no tokenizer file that can be opened; these are: {_opened()}."
        )
    vocabulary, around = _opened_by(row, path, rows, later)
    return replace(vocabulary, tokenizer=tokenizer_of(File(path, row.name, vocabulary, around)))


def _opened_by(
    row: Format, path: Path, rows: int | None, later: Callable[[], object]
) -> tuple[Vocabulary, Beside]:
    around = Beside(rows=rows)
    if not row.completed:
        return row.read(read_file(path), path, around).vocabulary(path.name), around
    if row is _TOKENIZER_JSON:
        tokens = row.read(read_file(path), path, around)
        if rows is not None and _names_all(tokens, rows):
            return tokens.vocabulary(path.name), around
        later()
        around = beside(path.parent, rows)
        names, _ = appended(path.name, row.name, tokens, around)
        return completed(tokens, around, names, fixed=True).vocabulary(path.name), around
    around = beside(path.parent, rows)
    tokens = row.read(read_file(path), path, around)
    form = "tiktoken" if path.suffix == ".model" and tokens.scheme == BYTE_LEVEL else row.name
    names, known = appended(path.name, form, tokens, around)
    tokens = completed(tokens, around, names)
    tokens = replace(tokens, remark=_remark(path.name, form, tokens, around, known))
    return tokens.vocabulary(path.name), around


def _names_all(tokens: TokenList, rows: int) -> bool:
    named = bytearray(rows)
    for entry in tokens.entries:
        if entry.id < rows:
            named[entry.id] = 1
    return all(named)


def _remark(source: str, form: str, tokens: TokenList, around: Beside, known: bool) -> str:
    """What is to be said of rows after the last token, where the kind of file or the code leaves tokens out."""
    last = max((entry.id for entry in tokens.entries), default=-1)
    spare = 0 if around.rows is None else around.rows - last - 1
    if spare <= 0 or known:
        return tokens.remark
    says = ""
    if around.own_code:
        says = f"the {spare} rows after the last token of {source} are called padding, as the tokens that the code of "
        says += f"{around.kind or 'its tokenizer'} may append are not known."
    elif form in ("tiktoken", "fairseq dictionary"):
        says = f"the {spare} rows after the last token of {source} are called padding, as such a file lists no special "
        says += "tokens and nothing beside it names them."
    return " ".join(filter(None, (tokens.remark, says)))


def is_vocabulary_file(path: str | Path) -> bool:
    """Whether a file is a tokenizer file: by its name, and where it lies on this machine by its contents.

    >>> is_vocabulary_file("tokenizer.json"), is_vocabulary_file("model.safetensors.index.json")
    (True, False)
    """
    return (_format_of(path) if isinstance(path, Path) else _format_by_name(path)) is not None


def _format_of(path: Path) -> Format | None:
    row = _format_by_name(path.name)
    return _TOKENIZER_JSON if row is None and _is_tokenizer(path) else row


def _format_by_name(name: str) -> Format | None:
    lowered = name.lower()
    if lowered.endswith(_NO_TOKENIZERS):
        return None
    for row in FORMATS:
        if any(fnmatchcase(lowered, pattern) for pattern in row.names + row.other_names):
            return row
    return None


def _is_tokenizer(path: Path) -> bool:
    """Whether a file begins as a ``tokenizer.json`` does: an object with its fields."""
    if path.suffix.lower() != ".json" or path.name.lower().endswith(_NO_TOKENIZERS):
        return False
    try:
        with opened(path) as file:
            head = file.read(_HEAD)
    except (OSError, ValueError, UnsupportedFormat):
        return False
    return head.lstrip(_BLANK)[:1] == b"{" and b'"added_tokens"' in head


def _opened() -> str:
    return ", ".join(pattern for row in FORMATS for pattern in row.names)
