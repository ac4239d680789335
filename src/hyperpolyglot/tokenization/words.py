"""Whether a text is one word to a tokenizer: by the regular expression with which it cuts text before any merge.

Expressions come from files, and a hostile one can take exponential time, so that only known ones are run, of Python's
own engine, which has no classes of Unicode: these are written out.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

__all__ = ["KNOWN", "RULES", "one_word"]

_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_CONTRACTIONS_2 = r"'(?i:[sdmt]|ll|ve|re)"
_WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_MIXED, _CAPITALS = rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+", rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*"
_REST_2 = r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"

RULES = {
    "gpt-2": _GPT2,
    "llama-3": rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}{{1,3}}|{_REST}",
    "qwen": rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}|{_REST}",
    "gpt-4": rf"{_CONTRACTIONS_2}|[^\r\n\p{{L}}\p{{N}}]?+\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]++[\r\n]*"
    r"|\s*[\r\n]|\s+(?!\S)|\s+",
    "tekken": rf"{_MIXED}|{_CAPITALS}|\p{{N}}|{_REST_2}",
    "gpt-4o": rf"{_MIXED}{_CONTRACTIONS}?|{_CAPITALS}{_CONTRACTIONS}?|\p{{N}}{{1,3}}|{_REST_2}",
}
"""The rules of published tokenizers, by the model that had it first."""

KNOWN = frozenset(RULES.values())

_LONGEST = 1000
_CLASS = re.compile(r"\\p\{(\w+)\}|(\\.)|(\[\^?)|(\])", re.DOTALL)


@lru_cache
def one_word(rule: str) -> Callable[[str], bool]:
    r"""A test of whether a text is one word to ``rule``; true of any text where the rule is none of the known ones.

    >>> is_one = one_word(_GPT2)
    >>> is_one(" house"), is_one("two words"), is_one("चाँद"), one_word("")("चाँद")
    (True, False, False, True)
    """
    if rule not in KNOWN:
        return _any
    pattern = re.compile(_written_out(rule))

    def is_one_word(text: str) -> bool:
        found = pattern.match(text[:_LONGEST])
        return found is not None and found.end() == len(text)

    return is_one_word


def _any(text: str) -> bool:
    return True


def _written_out(rule: str) -> str:
    r"""The rule with each ``\p{…}`` as the characters of these categories."""
    parts, end, inside = [], 0, False
    for found in _CLASS.finditer(rule):
        parts.append(rule[end : found.start()])
        end = found.end()
        if found[1]:
            members = _members(found[1])
            parts.append(members if inside else f"[{members}]")
        else:
            inside = inside if found[2] else bool(found[3])
            parts.append(found[0])
    return "".join([*parts, rule[end:]])


def _members(category: str) -> str:
    return "".join(runs for name, runs in _categories().items() if name.startswith(category))


@lru_cache(maxsize=1)
def _categories() -> dict[str, str]:
    """The characters of each general category, as runs that a set of a regular expression takes."""
    runs: dict[str, list[str]] = defaultdict(list)
    start, current = 0, unicodedata.category("\0")
    for code in range(1, sys.maxunicode + 2):
        found = unicodedata.category(chr(code)) if code <= sys.maxunicode else ""
        if found != current:
            runs[current].append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start, current = code, found
    return {name: "".join(parts) for name, parts in runs.items()}
