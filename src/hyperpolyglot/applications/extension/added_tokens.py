"""Words as added tokens, as the tokenizers library and transformers write them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.applications.tokenizer_files import object_in
from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.json_values import as_id

__all__ = ["CONFIGURATION", "added_token", "configuration_with"]

CONFIGURATION, _ROLES, _ADDED = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"


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


def configuration_with(folder: Path | None, tokens: Sequence[dict[str, Any]], first: int) -> bytes:
    """``tokenizer_config.json`` with the tokens in ``added_tokens_decoder``, where transformers looks for them.

    Where it had no such list, transformers looked into ``added_tokens.json`` and ``special_tokens_map.json``, which it
    does no more where there is one: what they name is named here too. A token that is listed stays as it is listed.
    """
    found = dict(object_in(folder, CONFIGURATION) or {})
    listed = found.get("added_tokens_decoder")
    if listed is None:
        roles = object_in(folder, _ROLES) or {}
        found = roles | found
        named = {_content(value) for role, value in found.items() if role.endswith("_token")}
        listed = {}
        for piece, value in (object_in(folder, _ADDED) or {}).items():
            id_ = as_id(value, _ADDED, f"the id of the token {piece[:40]!a}")
            flags = {"single_word": False, "lstrip": False, "rstrip": False}
            special = piece in named
            listed[str(id_)] = {"content": piece, **flags, "normalized": not special, "special": special}
    if not isinstance(listed, dict):
        raise DamagedFile(CONFIGURATION, "its added_tokens_decoder is no object")
    new = {str(id_): token for id_, token in enumerate(tokens, start=first)}
    return json.dumps(found | {"added_tokens_decoder": new | listed}, ensure_ascii=False, indent=1).encode()


def _content(value: object) -> object:
    content = value.get("content") if isinstance(value, dict) else value
    return content if isinstance(content, str) else None
