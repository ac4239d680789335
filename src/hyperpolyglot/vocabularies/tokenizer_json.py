"""Hugging Face ``tokenizer.json``: any of its four models, with the tokens added to them.

Only ``model``, ``added_tokens`` and the components that say how pieces become text are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.vocabularies.components import falls_back, is_byte_level, space_mark, splitting_rule
from hyperpolyglot.vocabularies.files import check_count
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_id, as_list, as_object, as_text, score_of
from hyperpolyglot.vocabularies.pieces import (
    BYTE_PIECES,
    ToBytes,
    added_entry,
    byte_level,
    ending,
    has_all_bytes,
    literal,
    ordinary_kind,
    prefixed,
    spaced,
)
from hyperpolyglot.vocabularies.token_list import (
    BPE,
    BYTE_LEVEL,
    FALLBACK_BPE,
    UNIGRAM,
    WORDPIECE,
    WORDS,
    TokenList,
)
from hyperpolyglot.vocabulary import LARGEST_ID, SPACE, Entry, TokenKind, special_kind

__all__ = ["read_tokenizer_json"]

Json = dict[str, Any]


def read_tokenizer_json(data: bytes, source: str) -> TokenList:
    """The tokens of a ``tokenizer.json``.

    Raises ``DamagedFile`` for a malformed file, ``UnsupportedFormat`` for an unknown kind of model.
    """
    size, held = len(data), [data]
    del data
    document = as_object(parse_json(held, source), source, "the document")
    model = as_object(document.get("model"), source, "the field model")
    read_model = _MODELS.get(_model_type(model, source))
    if read_model is None:
        raise UnsupportedFormat(
            f"{source}: a model of type {model['type'][:40]!r} is not opened; known are {', '.join(_MODELS)}."
        )
    if isinstance(model.get("vocab"), list | dict):
        check_count(len(model["vocab"]), size, source)
    tokens, text_rule = read_model(document, model, source)
    if model.get("ignore_merges") is True:
        tokens = replace(tokens, whole=splitting_rule(document))
    added = _added_tokens(document, text_rule, source)
    return tokens.overridden(_placed(added, tokens.entries))


def _model_type(model: Json, source: str) -> str:
    if model.get("type") is not None:
        return as_text(model["type"], source, "the type of the model")
    if isinstance(model.get("vocab"), list):
        return "Unigram"
    if "merges" in model:
        return "BPE"
    return "WordPiece" if "continuing_subword_prefix" in model else "WordLevel"


def _piece_ids(model: Json, source: str) -> dict[str, int]:
    ids: dict[str, int] = as_object(model.get("vocab"), source, "the vocabulary of the model")
    for piece, id_ in ids.items():
        if type(id_) is not int or id_ < 0:
            as_id(id_, source, f"the id of the token {piece[:40]!a}")
    if max(ids.values(), default=0) <= LARGEST_ID and len(set(ids.values())) != len(ids):
        raise DamagedFile(source, "two tokens of the model have the same id")
    return ids


def _merge_ranks(model: Json, ids: dict[str, int], source: str) -> dict[str, int]:
    """The rank of the first merge that makes each piece; the merges are used up, as they take more than the rest."""
    merges = as_list(model.pop("merges", []), source, "the list of merges")
    prefix = as_text(model.get("continuing_subword_prefix") or "", source, "the continuing prefix")
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(merges):
        pair = merge.split(" ", 1) if isinstance(merge, str) else merge
        if type(pair) is not list or len(pair) != 2 or not (type(pair[0]) is type(pair[1]) is str):
            raise DamagedFile(source, f"merge {rank} is not a pair of pieces")
        left, right = pair
        piece = left + (right.removeprefix(prefix) if prefix else right)
        if piece in ids:
            ranks.setdefault(piece, rank)
        merges[rank] = None
    return ranks


def _unknown(model: Json) -> str | None:
    found = model.get("unk_token")
    return found if isinstance(found, str) else None


def _bpe(document: Json, model: Json, source: str) -> tuple[TokenList, ToBytes]:
    ids = _piece_ids(model, source)
    ranks = _merge_ranks(model, ids, source)
    prefix = as_text(model.get("continuing_subword_prefix") or "", source, "the continuing prefix")
    suffix = as_text(model.get("end_of_word_suffix") or "", source, "the end-of-word suffix")
    byte_pieces: dict[str, bytes] = {}
    to_bytes: ToBytes
    added: ToBytes = literal
    if is_byte_level(document):
        scheme, to_bytes = BYTE_LEVEL, byte_level
    elif suffix:
        scheme, to_bytes = BPE, literal
    elif prefix:
        scheme, to_bytes = BPE, prefixed(prefix)
    else:
        byte_pieces = BYTE_PIECES if falls_back(document, model) or has_all_bytes(ids) else {}
        scheme = FALLBACK_BPE if byte_pieces else BPE
        to_bytes = added = spaced(space_mark(document) or SPACE)
    if suffix:
        to_bytes = ending(suffix, to_bytes)
    unknown = _unknown(model)
    entries = []
    for piece, id_ in ids.items():
        rank = ranks.get(piece)
        if rank is not None:
            entries.append(Entry(id_, piece, to_bytes(piece), None, float(-rank)))
        elif piece in byte_pieces:
            entries.append(Entry(id_, piece, byte_pieces[piece], TokenKind.BYTE))
        else:
            entries.append(_unmerged(id_, piece, to_bytes, piece == unknown))
    return TokenList(entries, scheme), added


def _unmerged(id_: int, piece: str, to_bytes: ToBytes, unknown: bool) -> Entry:
    kind = special_kind(piece, declared=True) if unknown else ordinary_kind(piece)
    return Entry(id_, piece, to_bytes(piece) if kind is None else literal(piece), kind)


def _unigram(document: Json, model: Json, source: str) -> tuple[TokenList, ToBytes]:
    pairs = as_list(model.get("vocab"), source, "the vocabulary of the model")
    unknown = model.get("unk_id")
    whole = is_byte_level(document)
    to_bytes = byte_level if whole else spaced(space_mark(document) or SPACE)
    for id_, pair in enumerate(pairs):
        if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str or isinstance(pair[1], str):
            raise DamagedFile(source, f"token {id_} is not a piece with its score")
    bytes_too = falls_back(document, model) or has_all_bytes(pair[0] for pair in pairs)
    byte_pieces = BYTE_PIECES if bytes_too and not whole else {}
    entries = []
    for id_, (piece, listed) in enumerate(pairs):
        score = score_of(listed)
        pairs[id_] = None
        if piece in byte_pieces:
            entries.append(Entry(id_, piece, byte_pieces[piece], TokenKind.BYTE, score))
        else:
            entries.append(_unmerged(id_, piece, to_bytes, id_ == unknown)._replace(score=score))
    return TokenList(entries, "byte-level unigram" if whole else UNIGRAM), literal if whole else to_bytes


def _wordpiece(document: Json, model: Json, source: str) -> tuple[TokenList, ToBytes]:
    prefix = as_text(model.get("continuing_subword_prefix", "##"), source, "the continuing prefix")
    to_bytes, unknown = prefixed(prefix), _unknown(model)
    ids = _piece_ids(model, source).items()
    return TokenList(
        [_unmerged(i, piece, to_bytes, piece == unknown) for piece, i in ids], WORDPIECE
    ), literal


def _word_level(document: Json, model: Json, source: str) -> tuple[TokenList, ToBytes]:
    mark, unknown = space_mark(document), _unknown(model)
    whole = is_byte_level(document)
    to_bytes = byte_level if whole else spaced(mark) if mark else literal
    starts = None if whole or mark else True
    ids = _piece_ids(model, source).items()
    entries = [_unmerged(i, p, to_bytes, p == unknown)._replace(starts_word=starts) for p, i in ids]
    return TokenList(entries, "byte-level words" if whole else WORDS), spaced(mark) if mark else literal


_MODELS: dict[str, Callable[[Json, Json, str], tuple[TokenList, ToBytes]]] = {
    "BPE": _bpe,
    "Unigram": _unigram,
    "WordPiece": _wordpiece,
    "WordLevel": _word_level,
}


def _added_tokens(document: Json, to_bytes: ToBytes, source: str) -> dict[int, Entry]:
    added: dict[int, Entry] = {}
    for token in as_list(document.get("added_tokens") or [], source, "the list of added tokens"):
        fields = as_object(token, source, "an added token")
        id_ = as_id(fields.get("id"), source, "the id of an added token")
        content = as_text(fields.get("content"), source, "the content of an added token")
        if id_ in added and added[id_].piece != content:
            raise DamagedFile(source, f"two added tokens have the id {id_}")
        special = fields.get("special") is True
        added[id_] = added_entry(id_, content, special=special, to_bytes=to_bytes)
    return added


def _placed(added: dict[int, Entry], listed: list[Entry]) -> dict[int, Entry]:
    """The added tokens by the ids they have: where a file contradicts its model's vocabulary, that is kept.

    The tokenizers library then gives an added token the id that the vocabulary has for it, else the next free one.
    """
    if not added:
        return added
    by_id = {entry.id: entry.piece for entry in listed}
    by_piece = {entry.piece: entry.id for entry in listed}
    if all(
        by_id.get(id_, entry.piece) == entry.piece and by_piece.get(entry.piece, id_) == id_
        for id_, entry in added.items()
    ):
        return added
    placed: dict[int, Entry] = {}
    following = max(by_id, default=-1) + 1
    for entry in added.values():
        id_ = by_piece.get(entry.piece)
        if id_ is None:
            id_ = by_piece[entry.piece] = following
            following += 1
        placed[id_] = entry._replace(id=id_)
    return placed
