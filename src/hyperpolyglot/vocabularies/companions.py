"""What lies beside a tokenizer file and completes it: tokens added later, and the model's configuration."""

from __future__ import annotations

from pathlib import Path

from hyperpolyglot.folders import in_folder
from hyperpolyglot.vocabularies.files import read_file
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_id, as_object, as_text
from hyperpolyglot.vocabularies.pieces import added_entry
from hyperpolyglot.vocabulary import Entry

__all__ = ["COMPANIONS", "added_tokens", "configuration"]

COMPANIONS = ("config.json", "tokenizer_config.json", "added_tokens.json", "merges.txt")
"""Files that are read where they lie beside a tokenizer file other than ``tokenizer.json``."""


def configuration(folder: Path) -> dict[str, object]:
    """``config.json`` and ``tokenizer_config.json``, the second winning; empty where there are none.

    Raises ``DamagedFile`` where one is no JSON object.
    """
    return _object(folder, "config.json") | _object(folder, "tokenizer_config.json")


def added_tokens(folder: Path, config: dict[str, object]) -> dict[int, Entry]:
    """The tokens of ``added_tokens.json`` and of ``added_tokens_decoder`` in the configuration, by id.

    Raises ``DamagedFile`` where an id is no whole number or a token no string.
    """
    added: dict[int, Entry] = {}
    source = "added_tokens.json"
    for piece, value in _object(folder, source).items():
        id_ = as_id(value, source, f"the id of the token {piece[:40]!a}")
        added[id_] = added_entry(id_, piece, special=False)
    source = "tokenizer_config.json"
    declared = as_object(config.get("added_tokens_decoder") or {}, source, "added_tokens_decoder")
    for key, value in declared.items():
        id_ = as_id(int(key) if key.isdecimal() and len(key) < 20 else key, source, "an id of an added token")
        fields = as_object(value, source, f"the added token {id_}")
        piece = as_text(fields.get("content"), source, f"the content of the added token {id_}")
        added[id_] = added_entry(id_, piece, special=fields.get("special") is True)
    return added


def _object(folder: Path, name: str) -> dict[str, object]:
    path = in_folder(folder, name)
    if not path.is_file():
        return {}
    return as_object(parse_json(read_file(path), path.name), path.name, "the document")
