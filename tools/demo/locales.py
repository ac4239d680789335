"""Which locales are counted, and the scripts that each is written in.

One list, all of equal weight. Every script that CLDR translates at some length is here. Regional variants
are left out (they repeat their parent), and of the many Latin-script locales only the 28 below are taken:
more of them would leave each too few whole words in a vocabulary of this size.
"""

from __future__ import annotations

_LATIN = "en de fr es pt it nl sv da no fi pl cs hu ro hr tr az uz id fil vi sw ha yo zu af so"
LATIN = _LATIN.split()

_BY_SCRIPTS = {
    "Latn": LATIN,
    "Cyrl": ["ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "mn", "tg"],
    "Arab": ["ar", "fa", "ur", "ps", "ug", "sd"],
    "Deva": ["hi", "mr", "ne", "kok"],
    "Beng": ["bn", "as"],
    "Ethi": ["am", "ti"],
    "Hani": ["zh", "zh-Hant"],
    "Hani Hira Kana": ["ja"],
    "Adlm": ["ff-Adlm"],
    "Armn": ["hy"],
    "Cakm": ["ccp"],
    "Cher": ["chr"],
    "Geor": ["ka"],
    "Grek": ["el"],
    "Gujr": ["gu"],
    "Guru": ["pa"],
    "Hang": ["ko"],
    "Hebr": ["he"],
    "Khmr": ["km"],
    "Knda": ["kn"],
    "Laoo": ["lo"],
    "Mlym": ["ml"],
    "Mymr": ["my"],
    "Nkoo": ["nqo"],
    "Orya": ["or"],
    "Rohg": ["rhg"],
    "Sinh": ["si"],
    "Syrc": ["syr"],
    "Taml": ["ta"],
    "Telu": ["te"],
    "Tfng": ["zgh"],
    "Thai": ["th"],
    "Tibt": ["dz"],
    "Vaii": ["vai"],
}

SCRIPTS: dict[str, frozenset[str]] = {
    locale: frozenset(scripts.split()) for scripts, locales in _BY_SCRIPTS.items() for locale in locales
}

# Written without spaces between words: their pieces carry no word-start mark.
UNSPACED = frozenset({"Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})
