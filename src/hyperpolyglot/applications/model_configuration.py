"""``config.json`` of a model for a table with another number of rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.folders import in_folder
from hyperpolyglot.hub import HubName, open_repository
from hyperpolyglot.regular import is_regular, read_regular
from hyperpolyglot.sources import resolve
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.vocabularies.json_text import parse_json

__all__ = ["CONFIGURATION", "Configuration", "configuration_of"]

CONFIGURATION = "config.json"
_LARGEST = 1 << 24
_SIZES = ("text_vocab_size", "vocab_size")
_WIDTHS = ("hidden_size", "d_model", "n_embd")
_PARTS = ("text_config",)
_LISTS = (
    "suppress_tokens",
    "begin_suppress_tokens",
    "forced_decoder_ids",
    "bad_words_ids",
    "force_words_ids",
)
_IDS = ("_token_id", "_token_ids", "_token_index")
NewId = Callable[[int], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A ``config.json``, and which of its fields were excluded, as they name tokens that are no more."""

    fields: Mapping[str, Any]
    excluded: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The file."""
        return json.dumps(self.fields, ensure_ascii=False, indent=2).encode() + b"\n"

    def resized(self, rows: int, new_id: NewId | None = None) -> Configuration:
        """The same for a table of so many rows: ``vocab_size`` is changed, and nothing else where ids stay.

        ``new_id`` gives the new id of an old one, ``None`` where the token is no more: fields that name tokens by ids
        (``bos_token_id``, ``image_token_index``) have the new ones, and are excluded where there is none; so are lists
        of what is suppressed or forced. Parts other than ``text_config`` stay: their ids may be of other tables.

        >>> fields = {"vocab_size": 9, "bos_token_id": 1, "image_token_index": 3, "suppress_tokens": [1]}
        >>> made = Configuration(fields=fields).resized(5, {1: 0}.get)
        >>> dict(made.fields), made.excluded
        ({'vocab_size': 5, 'bos_token_id': 0}, ('image_token_index', 'suppress_tokens'))
        """
        fields, excluded = _resized(self.fields, rows, new_id)
        return Configuration(fields=fields, excluded=tuple(excluded))

    def told(self, *, identical: bool) -> str:
        """What was changed, in a sentence or two; ``identical``: ids of tokens are what they were."""
        rest = "and nothing else changed" if identical else "and the ids that its special tokens have here"
        said = f"`{CONFIGURATION}` is the model's with `vocab_size` set to the number of rows, {rest}."
        if self.excluded:
            names = ", ".join(f"`{name}`" for name in self.excluded)
            said += f" Excluded, as they name tokens which are not here: {names}."
        return said


def _resized(fields: Mapping[str, Any], rows: int, new_id: NewId | None) -> tuple[dict[str, Any], list[str]]:
    made: dict[str, Any] = {}
    excluded: list[str] = []
    for name, value in fields.items():
        if name in _SIZES and type(value) is int:
            made[name] = rows
        elif name in _PARTS and isinstance(value, dict):
            made[name], gone = _resized(value, rows, new_id)
            excluded += [f"{name}.{inner}" for inner in gone]
        elif new_id is None or value is None or not (name in _LISTS or name.endswith(_IDS)):
            made[name] = value
        else:
            ids = value if isinstance(value, list) else [value]
            new = [new_id(i) if type(i) is int else None for i in ids]
            if name in _LISTS or None in new:
                excluded.append(name)
            else:
                made[name] = new if isinstance(value, list) else new[0]
    return made, excluded


def configuration_of(space: TokenSpace) -> Configuration | None:
    """The ``config.json`` that lies beside a model's table and is of it: it has its rows and, where named, its width.

    ``None`` where there is none, or the model is in memory.
    """
    if space.table is None or space.table.again is None:
        return None
    try:
        place = resolve(space.origin)
        if isinstance(place, HubName):
            folder = open_repository(replace(place, revision=space.revision)).local([CONFIGURATION])
        else:
            folder = place if place.is_dir() else place.parent
        path = in_folder(folder, CONFIGURATION)
        fields = parse_json(read_regular(path, _LARGEST), CONFIGURATION) if is_regular(path) else None
    except (HyperpolyglotError, OSError):
        return None
    return Configuration(fields=fields) if isinstance(fields, dict) and _is_of(fields, space) else None


def _is_of(fields: Mapping[str, Any], space: TokenSpace) -> bool:
    parts = [fields, *(fields[name] for name in _PARTS if isinstance(fields.get(name), dict))]
    sizes = {part[name] for part in parts for name in _SIZES if type(part.get(name)) is int}
    widths = {part[name] for part in parts for name in _WIDTHS if type(part.get(name)) is int}
    return space.table is not None and sizes == {space.n_rows} and (not widths or space.dim in widths)
