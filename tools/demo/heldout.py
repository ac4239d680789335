"""Which concepts are held out: fixed by rule, before anything is counted."""

from __future__ import annotations

import hashlib
import re

from cldr import Entry
from everyday import EVERYDAY

SHARE = 0.12
_AFTER_HEAD = re.compile(r"[:,]| (?:with|without|in|on|of|at|behind|for|and|over|showing|pointing|curving) ")
_NOT_A_HEAD = {"face", "button", "symbol", "sign", "suit", "arrow"}


def held_out_concepts(entries: list[Entry], english_names: dict[str, str]) -> list[str]:
    """Twelve in a hundred groups of emoji, all territories and all weekdays.

    Emoji whose English names share their head word (cat, cat face, grinning cat with smiling eyes) are
    one group: held out together or not at all. Groups with an everyday word stay in training.
    """
    everyday = {
        head_word(english_names[f"emoji:{key}"]) for emoji in EVERYDAY.values() for key in emoji.split()
    }
    held = set()
    for entry in entries:
        kind = entry.concept.partition(":")[0]
        if kind in ("territory", "weekday"):
            held.add(entry.concept)
        elif kind == "emoji" and entry.concept in english_names:
            head = head_word(english_names[entry.concept])
            if head not in everyday and _drawn(head):
                held.add(entry.concept)
    return sorted(held)


def head_word(name: str) -> str:
    """The word that an English emoji name is about, in the singular."""
    words = _AFTER_HEAD.split(name.lower())[0].split()
    while len(words) > 1 and words[-1] in _NOT_A_HEAD:
        words.pop()
    return words[-1].removesuffix("s")


def _drawn(head: str) -> bool:
    digest = hashlib.sha256(head.encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") < SHARE * 2**64
