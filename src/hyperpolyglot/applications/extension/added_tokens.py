"""Words as added tokens, as the tokenizers library and transformers write them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.applications.extension.written import Original
from hyperpolyglot.applications.tokenizer_files import object_in
from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.companions import named_by_roles
from hyperpolyglot.vocabularies.json_values import as_id
from hyperpolyglot.vocabulary import TokenKind

__all__ = ["CONFIGURATION", "added_token", "configuration_with", "named_elsewhere"]

CONFIGURATION, _ROLES, _ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
_FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")
_SPECIAL = (TokenKind.SPECIAL, TokenKind.LANGUAGE, TokenKind.UNUSED)


def added_token(word: NewWord, *, normalized: bool) -> dict[str, Any]:
    """The token of a word.

    A word that stands between spaces matches only as a whole word (``single_word``), and takes the blanks before it
    (``lstrip``), as pieces that begin a word have their space in them; one of a script without spaces matches
    anywhere. ``normalized``: it is looked for in the text after the normaliser, and normalised itself.
    """
    return {
        "content": word.text,
        "single_word": word.spaced,
        "lstrip": word.utf8[:1] == b" ",
        "rstrip": False,
        "normalized": normalized,
        "special": False,
    }


def named_elsewhere(original: Original, first: int) -> tuple[dict[str, Any], ...]:
    """The tokens from the id ``first`` on, which other files or the code of the family name, each with its ``id``.

    Flags are those that ``tokenizer_config.json`` states. Where it does not, a token is special that a role names or
    that is a special token, a language code or reserved, and looked for before the normaliser if it is. None where
    rows without a token lie between them, or one is there twice, as libraries would number them otherwise.
    """
    vocabulary = original.vocabulary
    count = int(np.count_nonzero(vocabulary.kinds[first:] != TokenKind.PADDING))
    rows = range(first, first + count)
    pieces = [vocabulary.pieces[row] for row in rows]
    if np.any(vocabulary.kinds[first : first + count] == TokenKind.PADDING) or (
        len({*vocabulary.pieces[:first], *pieces}) < len(set(vocabulary.pieces[:first])) + count
    ):
        return ()
    stated = (object_in(original.folder, CONFIGURATION) or {}).get("added_tokens_decoder")
    roles, found = _with_roles(original.folder), []
    for row, piece in zip(rows, pieces, strict=True):
        own = stated.get(str(row)) if isinstance(stated, dict) else None
        special = vocabulary.kinds[row] in _SPECIAL or piece in roles
        flags = dict.fromkeys(_FLAGS, False) | {"normalized": not special, "special": special}
        if isinstance(own, dict) and own.get("content") == piece:
            flags = {name: own.get(name) is True for name in _FLAGS}
        found.append({"id": row, "content": piece, **flags})
    return tuple(found)


def configuration_with(folder: Path | None, tokens: Sequence[dict[str, Any]]) -> bytes:
    """``tokenizer_config.json`` with the tokens by their ``id`` in ``added_tokens_decoder``, where transformers looks.

    Where it had no such list, transformers looked into ``added_tokens.json`` and ``special_tokens_map.json``, which it
    does no more where there is one: what they name is named here too. A token that is listed stays as it is listed.
    """
    found = dict(object_in(folder, CONFIGURATION) or {})
    listed = found.get("added_tokens_decoder")
    if listed is None:
        found = (object_in(folder, _ROLES) or {}) | found
        roles, listed = _with_roles(folder), {}
        for piece, value in (object_in(folder, _ADDED) or {}).items():
            id_ = as_id(value, _ADDED, f"the id of the token {piece[:40]!a}")
            flags = {"single_word": False, "lstrip": False, "rstrip": False}
            special = piece in roles
            listed[str(id_)] = {"content": piece, **flags, "normalized": not special, "special": special}
    if not isinstance(listed, dict):
        raise DamagedFile(CONFIGURATION, "its added_tokens_decoder is no object")
    new = {str(token["id"]): {name: token[name] for name in token if name != "id"} for token in tokens}
    return json.dumps(found | {"added_tokens_decoder": new | listed}, ensure_ascii=False, indent=1).encode()


def _with_roles(folder: Path | None) -> set[str]:
    """The tokens that have a role, by the files beside a tokenizer."""
    return set(named_by_roles(object_in(folder, CONFIGURATION) or {}, object_in(folder, _ROLES) or {}))
