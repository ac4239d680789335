"""What languages are called, for readers: the packaged lexicon says it in English."""

from __future__ import annotations

from functools import cache

from hyperpolyglot.lexicon.packaged import packaged_lexicon
from hyperpolyglot.shown import shown
from hyperpolyglot.writing.scripts import script_name

__all__ = ["language_name"]


@cache
def _names() -> dict[str, str]:
    words = packaged_lexicon().take(kinds={"language"}, languages={"en"})
    return {
        concept.removeprefix("language:"): word
        for concept, word in zip(words.concepts, words.words, strict=True)
    }


def language_name(tag: str) -> str:
    """The English name of a language tag, its script named where the tag does; the tag where none is known.

    >>> language_name("sw"), language_name("sr-Latn"), language_name("xx-mine")
    ('Swahili', 'Serbian (Latin)', 'xx-mine')
    """
    base, _, script = tag.partition("-")
    name = _names().get(base)
    if name is None:
        return shown(tag)
    if not script:
        return name
    written = script_name(script)
    return shown(tag) if written == shown(script) else f"{name} ({written})"
