"""Small files with planted meaning: words of one meaning point in one direction, all other rows anywhere.

A row that is one off then has neighbours of another meaning, so names are checked by neighbours, not by shapes.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from hyperpolyglot.space import TokenSpace

MEANINGS = (
    ("water", "eau", "вода", "νερό", "水", "पानी"),
    ("fire", "feu", "огонь", "φωτιά", "火", "आग"),
    ("house", "maison", "дом", "σπίτι", "家", "घर"),
    ("moon", "lune", "луна", "φεγγάρι", "月", "चाँद"),
    ("tree", "arbre", "дерево", "δέντρο", "木", "पेड़"),
    ("book", "livre", "книга", "βιβλίο", "本", "किताब"),
    ("river", "fleuve", "река", "ποτάμι", "河", "नदी"),
    ("sun", "soleil", "солнце", "ήλιος", "日", "सूरज"),
)
WORDS = tuple(word for words in MEANINGS for word in words)
DIM = 24
UNKNOWN, CONTROL, NORMAL, USER_DEFINED, BYTE = 2, 3, 1, 4, 6
FIRST = (("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL))
"""The pieces with which SentencePiece begins a model, unless it is told otherwise."""

_MEANING_OF = {word: number for number, words in enumerate(MEANINGS) for word in words}
_MARKS = str.maketrans("", "", "▁Ġ ")


def meaning_of(token: str) -> int | None:
    """The meaning of a token, marks of words and of continuation taken off; ``None`` where it has none."""
    plain = token.translate(_MARKS).removesuffix("</w>").removesuffix("@@").removeprefix("##")
    return _MEANING_OF.get(plain)


def row_of(token: str, dim: int = DIM) -> NDArray[np.float32]:
    """A row: the direction of the meaning and a little of its own, or noise."""
    own = np.random.default_rng(zlib.crc32(token.encode())).standard_normal(dim)
    meaning = meaning_of(token)
    if meaning is not None:
        own = np.random.default_rng(7_000 + meaning).standard_normal(dim) + 0.15 * own
    return own.astype(np.float32)


def rows_of(tokens: Iterable[str], dim: int = DIM) -> NDArray[np.float32]:
    """The table of tokens, float32 ``[tokens, dim]``."""
    return np.stack([row_of(token, dim) for token in tokens])


def misplaced(space: TokenSpace) -> list[str]:
    """The words whose nearest neighbours have another meaning, or that are no token at all."""
    texts = list(space.vocabulary.texts)
    unit = space.vectors() / np.linalg.norm(space.vectors(), axis=1, keepdims=True)
    meanings = [meaning_of(text) for text in texts]
    wrong = []
    for word, meaning in _MEANING_OF.items():
        found = [row for row, text in enumerate(texts) if text.translate(_MARKS) == word]
        peers = meanings.count(meaning) - 1
        for row in found:
            nearest = np.argsort(-(unit @ unit[row]), kind="stable")
            nearest = nearest[nearest != row][:peers]
            if any(meanings[other] != meaning for other in nearest):
                wrong.append(word)
        if not found:
            wrong.append(word)
    return wrong


def save(
    folder: Path, tokens: Iterable[str] | NDArray[np.float32], name: str = "model.embed_tokens.weight"
) -> Path:
    """A folder with a checkpoint of one table, given as its tokens or its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    table = tokens if isinstance(tokens, np.ndarray) else rows_of(tokens)
    save_file({name: np.ascontiguousarray(table)}, folder / "model.safetensors")
    return folder


def write_json(folder: Path, **files: object) -> None:
    """Documents by name; ``config=…`` is ``config.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in files.items():
        (folder / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def sentencepiece(pieces: Sequence[str | tuple[str, int]], kind: int = 1) -> bytes:
    """A SentencePiece model; a piece is its text, or its text and its type. ``kind``: 1 unigram, 2 BPE."""
    typed = [piece if isinstance(piece, tuple) else (piece, NORMAL) for piece in pieces]
    out = b"".join(
        _field(1, _field(1, text.encode()) + b"\x15" + struct.pack("<f", -float(i)) + bytes([0x18, of_type]))
        for i, (text, of_type) in enumerate(typed)
    )
    return out + _field(2, bytes([0x18, kind]))


def _field(number: int, content: bytes) -> bytes:
    size, length = len(content), b""
    while size >= 0x80:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def tokenizer_json(
    vocab: Mapping[str, int], added: Iterable[tuple[int, str, bool]] = (), **model: object
) -> dict[str, object]:
    """A ``tokenizer.json`` of a BPE model without merges; ``added`` are ids, contents and whether they are special."""
    mark = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": content, "special": s} | flags for i, content, s in added],
        "normalizer": None,
        "pre_tokenizer": mark,
        "post_processor": None,
        "decoder": mark,
        "model": {"type": "BPE", "unk_token": "<unk>", "vocab": dict(vocab), "merges": []} | model,
    }
