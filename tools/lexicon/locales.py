"""Which CLDR locales are languages of the lexicon, and the script that each is written in."""

from __future__ import annotations

import re
from collections import Counter

from hyperpolyglot.writing.scripts import script_of

# Romanisations and alphabets for show, copies of another locale, and the root.
LEFT_OUT = frozenset(
    (
        *("und", "root", "nb", "hi-Latn", "zh-Latn", "kok-Latn", "en-Dsrt", "en-Shaw", "el-polyton"),
        *("prg", "jbo", "tok"),
    )
)
KEPT_BESIDE = frozenset({"zh-Hant"})  # the same script code as its base, but other characters
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
JAPANESE = frozenset({"Hani", "Hira", "Kana"})
# Written without spaces: a phrase looks like a word there, so English says which concepts are words.
UNSPACED = JAPANESE | {"Thai", "Laoo", "Khmr", "Mymr", "Tibt"}

# Latin-script locales that are translated with care: six of them make an English word an international one.
CAREFUL = frozenset(
    (
        *("de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "fi", "pl", "cs", "hu", "ro"),
        *("hr", "tr", "az", "uz", "id", "fil", "vi", "sw", "ha", "yo", "zu", "af", "so"),
    )
)
INTERNATIONAL = 6


def is_language(locale: str) -> bool:
    """Whether a locale is a language, or one in a script, and no regional variant."""
    return bool(_TAG.fullmatch(locale)) and locale not in LEFT_OUT


def main_script(words: list[str]) -> str:
    """The script of most words; ties by name."""
    found = Counter(script_of(word) for word in words)
    return min(found, key=lambda script: (-found[script], script)) if found else "Zyyy"


def allowed_scripts(locale: str, main: str) -> frozenset[str]:
    """The scripts that words of a locale may be in."""
    return JAPANESE if locale == "ja" else frozenset({main})


def without_twins(scripts: dict[str, str]) -> list[str]:
    """The locales, sorted, without ``pa-Guru`` beside a ``pa`` in the same script."""
    return [
        locale
        for locale in sorted(scripts)
        if "-" not in locale
        or locale in KEPT_BESIDE
        or scripts.get(locale.partition("-")[0]) != scripts[locale]
    ]
