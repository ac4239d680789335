"""What lies beside a tokenizer file and completes it: tokens added later, and the model's configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hyperpolyglot.folders import in_folder
from hyperpolyglot.vocabularies.files import read_file
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_id, as_object, as_text
from hyperpolyglot.vocabularies.pieces import added_entry
from hyperpolyglot.vocabulary import Entry

__all__ = ["CONFIGURATION", "SPECIAL_TOKENS", "Beside", "beside", "configuration", "named_by_roles"]

CONFIGURATION = ("config.json",)
SPECIAL_TOKENS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
"""The files that name tokens which a tokenizer file may lack."""

_ROLES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_MORE_ROLES = ("additional_special_tokens", "extra_special_tokens")
_ANY_CLASS = frozenset(
    {"", "PreTrainedTokenizer", "AutoTokenizer", "TokenizersBackend", "SentencePieceBackend"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is known of a vocabulary from outside its file.

    ``config``: ``config.json`` and ``tokenizer_config.json``, the second winning. ``added``: tokens by id. ``named``:
    special tokens that are named without an id, in the order in which transformers adds those that are missing.
    ``rows``: of the table that the vocabulary is for.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    added: Mapping[int, Entry] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    rows: int | None = None

    @property
    def kind(self) -> str:
        """The class of the tokenizer without ``Fast``; empty where none is named, or one that says nothing."""
        name = self.config.get("tokenizer_class")
        plain = name.removesuffix("Fast") if isinstance(name, str) else ""
        return "" if plain in _ANY_CLASS else plain

    @property
    def model(self) -> str:
        """The ``model_type``, of a multimodal model that of its text model; empty where there is none."""
        text = self.config.get("text_config")
        found = text.get("model_type") if isinstance(text, dict) else None
        found = found if isinstance(found, str) else self.config.get("model_type")
        return found if isinstance(found, str) else ""

    @property
    def own_code(self) -> bool:
        """Whether the tokenizer is made by code in the repository, which is not read."""
        maps = self.config.get("auto_map")
        return (isinstance(maps, dict) and "AutoTokenizer" in maps) or self.kind == "ChatGLMTokenizer"

    def number(self, name: str) -> int | None:
        """A whole number of the configuration that is not negative; ``None`` where there is none."""
        value = self.config.get(name)
        return value if type(value) is int and value >= 0 else None


def configuration(folder: Path) -> dict[str, object]:
    """``config.json`` and ``tokenizer_config.json``, the second winning; empty where there are none.

    Raises ``DamagedFile`` where one is no JSON object.
    """
    return _object(folder, "config.json") | _object(folder, "tokenizer_config.json")


def beside(folder: Path, rows: int | None = None) -> Beside:
    """What a folder says of its vocabulary beside the tokenizer file.

    Raises ``DamagedFile`` where a file is no JSON object, an id no whole number or a token no string.
    """
    config = configuration(folder)
    named = tuple(named_by_roles(config, _object(folder, "special_tokens_map.json")))
    return Beside(config=config, added=_added_tokens(folder, config, named), named=named, rows=rows)


def _added_tokens(folder: Path, config: dict[str, object], named: Collection[str]) -> dict[int, Entry]:
    """The tokens of ``added_tokens.json``, special if a role names them, and of ``added_tokens_decoder``, by id."""
    added: dict[int, Entry] = {}
    source = "added_tokens.json"
    for piece, value in _object(folder, source).items():
        id_ = as_id(value, source, f"the id of the token {piece[:40]!a}")
        added[id_] = added_entry(id_, piece, special=piece in named)
    source = "tokenizer_config.json"
    declared = as_object(config.get("added_tokens_decoder") or {}, source, "added_tokens_decoder")
    for key, value in declared.items():
        id_ = as_id(int(key) if key.isdecimal() and len(key) < 20 else key, source, "an id of an added token")
        fields = as_object(value, source, f"the added token {id_}")
        piece = as_text(fields.get("content"), source, f"the content of the added token {id_}")
        added[id_] = added_entry(id_, piece, special=fields.get("special") is True)
    return added


def named_by_roles(*sources: Mapping[str, Any]) -> Iterator[str]:
    """The special tokens that a role names: the first source that has a role gives it."""
    seen = set()
    for role in _ROLES + _MORE_ROLES:
        value = next((source[role] for source in sources if source.get(role)), None)
        listed = value if isinstance(value, list) else [value]
        if isinstance(value, dict) and "content" not in value:
            listed = list(value.values())
        for item in listed:
            name = item.get("content") if isinstance(item, dict) else item
            if isinstance(name, str) and name and name not in seen:
                seen.add(name)
                yield name


def _object(folder: Path, name: str) -> dict[str, object]:
    path = in_folder(folder, name)
    if not path.is_file():
        return {}
    return as_object(parse_json(read_file(path), path.name), path.name, "the document")
