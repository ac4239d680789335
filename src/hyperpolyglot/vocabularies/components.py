"""What the components of a ``tokenizer.json`` (normalizer, pre-tokenizer, decoder) say about its pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["GPT2", "components", "falls_back", "is_byte_level", "space_mark", "splitting_rule"]

Json = dict[str, Any]

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""The rule of GPT-2, which a byte-level pre-tokenizer follows unless it is told otherwise."""


def components(document: Json, *roles: str) -> Iterator[Json]:
    """Every component in these roles, those inside sequences included."""
    waiting: list[Any] = [document.get(role) for role in reversed(roles)]
    while waiting:
        component = waiting.pop()
        if isinstance(component, list):
            waiting.extend(reversed(component))
        elif isinstance(component, dict):
            yield component
            waiting.extend(component.get(inner) for inner in ("decoders", "pretokenizers", "normalizers"))


def is_byte_level(document: Json) -> bool:
    """Whether pieces are bytes in stand-in characters."""
    roles = ("normalizer", "pre_tokenizer", "decoder")
    return any(component.get("type") == "ByteLevel" for component in components(document, *roles))


def space_mark(document: Json) -> str | None:
    """The character that stands for a space, where a component says so."""
    for component in components(document, "pre_tokenizer", "decoder"):
        mark: object = None
        if component.get("type") == "Metaspace":
            mark = component.get("replacement", component.get("str_rep"))
        elif component.get("type") == "Replace" and component.get("content") == " ":
            pattern = component.get("pattern")
            mark = pattern.get("String") if isinstance(pattern, dict) else None
        if isinstance(mark, str) and len(mark) == 1:
            return mark
    return None


def falls_back(document: Json, model: Json) -> bool:
    """Whether the model has a piece for each byte, for text that no other piece covers."""
    return model.get("byte_fallback") is True or any(
        component.get("type") == "ByteFallback" for component in components(document, "decoder")
    )


def splitting_rule(document: Json) -> str:
    """The regular expression by which text is cut into words before the model; empty where it is not one alone.

    >>> splitting_rule({"pre_tokenizer": {"type": "ByteLevel"}}) == GPT2
    True
    """
    rules = []
    for component in components(document, "pre_tokenizer"):
        if component.get("type") == "Split":
            pattern = component.get("pattern")
            rule = pattern.get("Regex") if isinstance(pattern, dict) else None
            rules.append(rule if isinstance(rule, str) and component.get("behavior") == "Isolated" else "")
        elif component.get("type") == "ByteLevel" and component.get("use_regex") is not False:
            rules.append(GPT2)
        elif component.get("type") not in ("ByteLevel", "Sequence"):
            rules.append("")
    return rules[0] if len(rules) == 1 else ""
