"""Mistral's ``tekken.json``: special tokens first, then as many of the listed tokens as are in use."""

from __future__ import annotations

import base64
from typing import Any

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.files import check_count
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_id, as_list, as_object, as_text
from hyperpolyglot.vocabularies.pieces import added_entry
from hyperpolyglot.vocabularies.tiktoken_file import ranked_entry
from hyperpolyglot.vocabularies.token_list import BYTE_LEVEL, WIDEST_GAP, TokenList
from hyperpolyglot.vocabulary import Entry

__all__ = ["read_tekken"]

_UNLISTED = (
    *("<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
    *("[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]"),
    *("[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]"),
)
"""The special tokens of files (before version 11) that do not list them."""


def read_tekken(data: bytes, source: str) -> TokenList:
    """The tokens in use: the id is the rank, after the special tokens.

    Raises ``DamagedFile`` for a malformed file or one with fewer tokens than its sizes say.
    """
    document = as_object(parse_json(data, source), source, "the document")
    config = as_object(document.get("config"), source, "the field config")
    size = as_id(config.get("default_vocab_size"), source, "default_vocab_size")
    reserved = as_id(config.get("default_num_special_tokens"), source, "default_num_special_tokens")
    listed = as_list(document.get("vocab"), source, "the field vocab")
    check_count(len(listed), len(data), source)
    used = size - reserved
    if reserved > WIDEST_GAP or not 0 <= used <= len(listed):
        raise DamagedFile(
            source, f"it lists {len(listed)} tokens, which cannot make {size} with {reserved} special ones"
        )
    rule = config.get("pattern")
    return TokenList(
        _special(document, reserved, source) + _ordinary(listed, used, reserved, source),
        BYTE_LEVEL,
        whole=rule if isinstance(rule, str) else "",
    )


def _special(document: dict[str, Any], reserved: int, source: str) -> list[Entry]:
    names = {id_: (name, True) for id_, name in enumerate(_UNLISTED[:reserved])}
    if document.get("special_tokens") is not None:
        names = {}
        for token in as_list(document["special_tokens"], source, "the field special_tokens"):
            fields = as_object(token, source, "a special token")
            id_ = as_id(fields.get("rank"), source, "the rank of a special token")
            name = as_text(fields.get("token_str"), source, "the name of a special token")
            if id_ >= reserved or id_ in names:
                raise DamagedFile(source, f"the rank {id_} of a special token is taken or out of range")
            names[id_] = name, fields.get("is_control") is not False
    for id_ in range(reserved):
        names.setdefault(id_, (f"<SPECIAL_{id_}>", True))
    return [added_entry(id_, name, special=control) for id_, (name, control) in names.items()]


def _ordinary(listed: list[Any], used: int, reserved: int, source: str) -> list[Entry]:
    entries = []
    for token in listed:
        match token:
            case {"rank": int(rank), "token_bytes": str(encoded)} if type(rank) is int and rank >= 0:
                if rank < used:
                    entries.append(ranked_entry(rank, _decoded(encoded, rank, source), reserved))
            case _:
                raise DamagedFile(source, "a token has no rank or no token_bytes")
    if len(entries) != used:
        raise DamagedFile(source, f"{len(entries)} tokens have ranks below {used}")
    return entries


def _decoded(encoded: str, rank: int, source: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise DamagedFile(source, f"the bytes of token {rank} are not base64") from error
