"""What languages are called, for readers: the packaged lexicon says it in English."""

from __future__ import annotations

from functools import cache

from hyperpolyglot.lexicon.packaged import packaged_lexicon
from hyperpolyglot.shown import shown
from hyperpolyglot.writing.scripts import script_name

__all__ = ["language_name"]

_OF_SEVERAL_WORDS = {
    "bgn": "Western Balochi",
    "ckb": "Central Kurdish",
    "csw": "Swampy Cree",
    "dsb": "Lower Sorbian",
    "fy": "Western Frisian",
    "gd": "Scottish Gaelic",
    "gsw": "Swiss German",
    "hsb": "Upper Sorbian",
    "ht": "Haitian Creole",
    "ii": "Sichuan Yi",
    "lld": "Ladin",
    "lrc": "Northern Luri",
    "nb": "Norwegian Bokmål",
    "nd": "North Ndebele",
    "nn": "Norwegian Nynorsk",
    "nso": "Northern Sotho",
    "pcm": "Nigerian Pidgin",
    "se": "Northern Sami",
    "smn": "Inari Sami",
    "tpi": "Tok Pisin",
    "tzm": "Central Atlas Tamazight",
    "zgh": "Standard Moroccan Tamazight",
}
"""English names (ISO 639, Unicode CLDR) that the lexicon, which is of single words, does not hold."""

_VARIANTS = {"Hans": "Simplified", "Hant": "Traditional"}


@cache
def _names() -> dict[str, str]:
    words = packaged_lexicon().take(kinds={"language"}, languages={"en"})
    return _OF_SEVERAL_WORDS | {
        concept.removeprefix("language:"): word
        for concept, word in zip(words.concepts, words.words, strict=True)
    }


def language_name(tag: str) -> str:
    """The English name of a language tag, its script named where the tag does; the tag where none is known.

    >>> language_name("sw"), language_name("sr-Latn"), language_name("zh-Hant"), language_name("xx-mine")
    ('Swahili', 'Serbian (Latin)', 'Chinese (Traditional)', 'xx-mine')
    """
    base, _, script = tag.partition("-")
    name = _names().get(base)
    if name is None:
        return shown(tag)
    if not script:
        return name
    written = _VARIANTS.get(script) or script_name(script)
    return shown(tag) if written == shown(script) else f"{name} ({written})"
