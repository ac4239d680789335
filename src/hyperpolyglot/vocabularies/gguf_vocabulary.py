"""The vocabulary in the metadata of a GGUF file: the keys ``tokenizer.ggml.*``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat, VocabularyNotFound
from hyperpolyglot.tokenizer_source import TokenizerSource
from hyperpolyglot.vocabularies.byte_alphabet import ALPHABET, bytes_of, stand_ins
from hyperpolyglot.vocabularies.json_values import score_of
from hyperpolyglot.vocabularies.pieces import ToBytes, added_entry, byte_level, literal, ordinary_kind, spaced
from hyperpolyglot.vocabularies.sentencepiece_model import NORMAL, UNUSED, USER_DEFINED, piece_entry
from hyperpolyglot.vocabularies.sentencepiece_writer import PieceModel
from hyperpolyglot.vocabularies.token_list import BPE, BYTE_LEVEL, FALLBACK_BPE, UNIGRAM, WORDPIECE, TokenList
from hyperpolyglot.vocabulary import SPACE, Entry, TokenKind, Vocabulary, display

__all__ = ["from_gguf", "read_gguf"]

_KEY = "tokenizer.ggml."
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPES = re.compile("[\udc80-\udcff]")
_SPACE_STAND_IN = ALPHABET[0x20]
_MOST_OUTSIDE = 0.01
_UNKNOWN, _BYTE = 2, 6
_TYPES = frozenset(range(7))
_SPELLED = (TokenKind.SPECIAL, TokenKind.UNUSED, TokenKind.ADDED)
_WHOLE = frozenset(
    [
        "llama3",
        "llama-v3",
        "llama-bpe",
        "falcon3",
        "falcon-h1",
        "pixtral",
        "midm-2.0",
        "lfm2",
        "jina-v5-nano",
        "minicpm5",
        "tekken",
        "youtu",
    ]
)
"""The pre-tokenizers with which llama.cpp takes a word whole that is a token."""

_ESCAPED = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}


def from_gguf(metadata: Mapping[str, object], source: str) -> Vocabulary:
    """The vocabulary of a GGUF file, as :func:`read_gguf` lists it."""
    return replace(read_gguf(metadata, source).vocabulary(source), tokenizer=_tokenizer(metadata, source))


def _tokenizer(metadata: Mapping[str, object], source: str) -> TokenizerSource | None:
    """SentencePiece's model, where the metadata hold all of it: of unigram ones only with the normaliser's rules."""
    model, rules = metadata.get(_KEY + "model"), metadata.get(_KEY + "precompiled_charsmap")
    if model != "llama" and (model != "t5" or rules is None):
        return None
    pieces = _column(metadata, "tokens", source)
    types = _column(metadata, "token_type", source, len(pieces))
    scores = _column(metadata, "scores", source, len(pieces))
    unknown = metadata.get(_KEY + "unknown_token_id")
    if not types.count(_UNKNOWN) and isinstance(unknown, int) and 0 <= unknown < len(types):
        types[unknown] = _UNKNOWN
    if types.count(_UNKNOWN) != 1 or not scores or not all(isinstance(piece, str) for piece in pieces):
        return None
    if not _TYPES.issuperset(types):
        return None
    if USER_DEFINED in types:  # converters write their spaces as such
        pieces = [
            p.replace(" ", SPACE) if t == USER_DEFINED else p for p, t in zip(pieces, types, strict=True)
        ]
    made = PieceModel(
        pieces=tuple(pieces),
        types=np.array(types, np.int8),
        scores=np.array(scores, np.float32),
        bpe=model == "llama",
        byte_fallback=_BYTE in types,
        charsmap=b"" if rules is None else bytes(np.asarray(rules, np.uint8)),
        space_first=metadata.get(_KEY + "add_space_prefix") is not False,
        spaces_joined=metadata.get(_KEY + "remove_extra_whitespaces") is True,
    )
    return TokenizerSource(name=source, library="sentencepiece", form="SentencePiece", made=made)


def read_gguf(metadata: Mapping[str, object], source: str) -> TokenList:
    """The tokens in the metadata of a GGUF file; arrays may be sequences or numpy arrays.

    Rows that a converter filled up (``[PAD123]`` at 123) are left out. Raises ``VocabularyNotFound`` where
    there are no tokens, ``UnsupportedFormat`` for an unknown tokenizer, ``DamagedFile`` where columns disagree.
    """
    model = metadata.get(_KEY + "model")
    if (
        model is None
        or (isinstance(model, str) and model in ("none", "no_vocab"))
        or metadata.get(_KEY + "tokens") is None
    ):
        raise VocabularyNotFound(f"{source}: holds no vocabulary; name a tokenizer file with --tokenizer.")
    if not isinstance(model, str) or model not in _MODELS:
        known = ", ".join(_MODELS)
        raise UnsupportedFormat(
            f"{source}: the tokenizer {model[:40] if isinstance(model, str) else type(model).__name__!r} "
            f"is not opened; known are {known}."
        )
    scheme, to_bytes = _MODELS[model]
    pieces = [_text(raw, id_, source) for id_, raw in enumerate(_column(metadata, "tokens", source))]
    count = len(pieces)
    kinds = _column(metadata, "token_type", source, count) or [NORMAL] * count
    scores = _column(metadata, "scores", source, count) or [None] * count
    ranks = _merge_ranks(_column(metadata, "merges", source))
    raw = scheme == BYTE_LEVEL and _is_raw(pieces, kinds)
    to_bytes = _escaped if raw else to_bytes
    entries = []
    for id_, (listed, kind, score) in enumerate(zip(pieces, kinds, scores, strict=True)):
        piece = listed
        if kind == UNUSED and piece == f"[PAD{id_}]":
            continue
        if type(kind) is not int:
            raise DamagedFile(source, f"the type of token {id_} is not a whole number")
        if scheme == WORDPIECE and ordinary_kind(piece.removeprefix(SPACE)):
            piece = piece.removeprefix(SPACE)
        if scheme == BYTE_LEVEL and kind == USER_DEFINED:
            entry = added_entry(id_, piece, special=False)
        else:
            entry = piece_entry(id_, piece, kind, to_bytes)
        rank = ranks.get(piece)
        entry = entry._replace(score=score_of(score) if rank is None else float(-rank))
        entries.append(_as_bytes(entry, scheme) if _ESCAPES.search(piece) else entry)
    if raw or model == "rwkv":
        entries = [
            entry if raw and entry.kind in _SPELLED else entry._replace(piece=stand_ins(entry.utf8))
            for entry in entries
        ]
    if scheme == FALLBACK_BPE and not any(entry.kind is TokenKind.BYTE for entry in entries):
        scheme = BPE
    rule = metadata.get(_KEY + "pre")
    whole = "" if scheme == BYTE_LEVEL and isinstance(rule, str) and rule in _WHOLE else None
    return TokenList(entries, scheme, whole=whole)


def _is_raw(pieces: list[str], kinds: list[Any]) -> bool:
    """Whether a byte-level list is written in bytes, not in their stand-ins: files of 2023 begin words with a space."""
    ordinary = [piece for piece, kind in zip(pieces, kinds, strict=True) if kind == NORMAL]
    spaces = sum(piece[:1] == " " for piece in ordinary)
    marks = sum(piece[:1] == _SPACE_STAND_IN for piece in ordinary)
    if spaces or marks:
        return spaces > marks
    outside = sum(bytes_of(piece) is None for piece in ordinary)
    return outside > _MOST_OUTSIDE * len(ordinary)


def _escaped(piece: str) -> bytes:
    """A string of the file as the bytes that it was decoded from."""
    return piece.encode("utf-8", "surrogateescape") if _ESCAPES.search(piece) else literal(piece)


def _as_bytes(entry: Entry, scheme: str) -> Entry:
    """An entry whose string is no UTF-8: its bytes are those of the file, and its piece spells them."""
    utf8 = _escaped(entry.piece.replace(SPACE, " ") if scheme in (FALLBACK_BPE, UNIGRAM) else entry.piece)
    return entry._replace(piece=display(utf8), utf8=utf8, kind=None)


def _column(metadata: Mapping[str, object], name: str, source: str, count: int | None = None) -> list[Any]:
    value: Any = metadata.get(_KEY + name)
    if value is None:
        return []
    if count is not None and hasattr(value, "__len__") and len(value) != count:
        raise DamagedFile(source, f"{_KEY}{name} has {len(value)} values for {count} tokens")
    if isinstance(value, np.ndarray) and count is None:
        raise DamagedFile(source, f"{_KEY}{name} is not an array of strings")
    listed = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(listed, str | bytes | Mapping) or not hasattr(listed, "__iter__"):
        raise DamagedFile(source, f"{_KEY}{name} is not an array")
    column = [item.item() if isinstance(item, np.generic) else item for item in listed]
    if count is not None and len(column) != count:
        raise DamagedFile(source, f"{_KEY}{name} has {len(column)} values for {count} tokens")
    return column


def _text(raw: object, id_: int, source: str) -> str:
    if isinstance(raw, bytes):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DamagedFile(source, f"token {id_} is not valid UTF-8") from error
    if not isinstance(raw, str):
        raise DamagedFile(source, f"token {id_} is not a string")
    return raw


def _merge_ranks(merges: list[Any]) -> dict[str, int]:
    """The rank of the first merge that makes each piece; pieces can begin with a space, so the first may not split."""
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(merges):
        text = merge.decode("utf-8", "replace") if isinstance(merge, bytes) else str(merge)
        space = text.find(" ", 1)
        ranks.setdefault(text[:space] + text[space + 1 :], rank)
    return ranks


def _word_start(piece: str) -> bytes:
    """BERT as llama.cpp rewrites it: ``▁`` before what begins a word, no ``##`` before what continues one."""
    return b" " + literal(piece[1:]) if piece.startswith(SPACE) and len(piece) > 1 else literal(piece)


def _unescaped(piece: str) -> bytes:
    r"""RWKV: bytes that are no text are spelled ``\xNN``."""

    def byte(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code[1:], 16)]) if len(code) == 3 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(byte, literal(piece))


_MODELS: dict[str, tuple[str, ToBytes]] = {
    "llama": (FALLBACK_BPE, spaced()),
    "gpt2": (BYTE_LEVEL, byte_level),
    "bert": (WORDPIECE, _word_start),
    "t5": (UNIGRAM, spaced()),
    "gemma4": (FALLBACK_BPE, spaced()),
    "rwkv": ("byte-level trie", _unescaped),
    "plamo2": (UNIGRAM, literal),
}
