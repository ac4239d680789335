"""One colour for each script, in figures and explorer.

Scripts of one region share a hue; within it they differ in lightness and saturation. The table was searched for the
largest least difference between any two, to the usual eye and to three kinds of colour blindness, at a contrast of 3 or
more to the page. Colour is never alone: legends, badges and names say it too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["NO_COLOUR", "REGIONS", "Colour", "colours_of"]

REGIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Latin": {
        "Latn": ("#5277fb", "#33a1fe"),
    },
    "European": {
        "Cyrl": ("#00627f", "#447d94"),
        "Grek": ("#2883a4", "#1c9ac0"),
        "Armn": ("#0899c4", "#0ed3de"),
        "Geor": ("#03787b", "#83e7d8"),
    },
    "Middle Eastern": {
        "Arab": ("#1f5e4d", "#319a57"),
        "Hebr": ("#4f6f48", "#699c7e"),
        "Syrc": ("#598868", "#65d65d"),
        "Thaa": ("#189d7f", "#adfac4"),
    },
    "South Asian, north": {
        "Deva": ("#952a00", "#9e6537"),
        "Beng": ("#784a35", "#ca7050"),
        "Guru": ("#bd3702", "#d19865"),
        "Gujr": ("#cc5a04", "#fa780a"),
        "Orya": ("#bd7b45", "#feb268"),
        "Cakm": ("#94744a", "#fcd19a"),
    },
    "South Asian, south": {
        "Taml": ("#7e2e39", "#c13b69"),
        "Telu": ("#9f523a", "#f95575"),
        "Knda": ("#915d69", "#fe7a9f"),
        "Mlym": ("#f65169", "#ff9897"),
        "Sinh": ("#d66b89", "#ffbab6"),
    },
    "Southeast Asian": {
        "Thai": ("#5a4d04", "#957e00"),
        "Laoo": ("#746101", "#9ba131"),
        "Khmr": ("#7b8118", "#bfbf03"),
        "Mymr": ("#8b905e", "#d2dc1e"),
        "Rohg": ("#ac8a03", "#e5ef79"),
    },
    "East Asian": {
        "Hani": ("#a80962", "#c04e9c"),
        "Kana": ("#6e4a6b", "#d26fc7"),
        "Hira": ("#a22698", "#c699ba"),
        "Hang": ("#ce47a9", "#ab7fa5"),
        "Bopo": ("#ab5a8d", "#e0afd1"),
        "Tibt": ("#ca6ac3", "#ffd3fa"),
    },
    "African": {
        "Ethi": ("#4b437e", "#9d45c3"),
        "Nkoo": ("#710f99", "#8473fe"),
        "Adlm": ("#5c42cb", "#946acd"),
        "Tfng": ("#784eaf", "#a8a6eb"),
        "Vaii": ("#887fe8", "#c2c1ff"),
    },
    "American": {
        "Cher": ("#3532b7", "#7558e2"),
        "Cans": ("#7664d7", "#8f8ee0"),
    },
    "Shared": {
        "Zyyy": ("#7d858d", "#8a929a"),
        "Zinh": ("#868c93", "#9aa1a8"),
        "Zzzz": ("#6d747b", "#78808a"),
    },
}
"""Region → script → on light, on dark."""

NO_COLOUR = "#8b9199"
"""The grey of what has no label, or none with a colour of its own, on light."""

_OTHERS = "Others"
_SAME = {
    "LATIN": "Latn",
    "CYRILLIC": "Cyrl",
    "GREEK": "Grek",
    "ARMENIAN": "Armn",
    "GEORGIAN": "Geor",
    "ARABIC": "Arab",
    "HEBREW": "Hebr",
    "SYRIAC": "Syrc",
    "THAANA": "Thaa",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "GURMUKHI": "Guru",
    "GUJARATI": "Gujr",
    "ORIYA": "Orya",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "KANNADA": "Knda",
    "MALAYALAM": "Mlym",
    "SINHALA": "Sinh",
    "THAI": "Thai",
    "LAO": "Laoo",
    "KHMER": "Khmr",
    "MYANMAR": "Mymr",
    "CJK": "Hani",
    "KATAKANA": "Kana",
    "HIRAGANA": "Hira",
    "HANGUL": "Hang",
    "BOPOMOFO": "Bopo",
    "TIBETAN": "Tibt",
    "ETHIOPIC": "Ethi",
    "TIFINAGH": "Tfng",
    "VAI": "Vaii",
    "CHEROKEE": "Cher",
    "CANADIAN": "Cans",
}
"""What other labellers call the same: the founding paper's categories."""


@dataclass(frozen=True, slots=True)
class Colour:
    """The colour of a label, ``#rrggbb``; ``region`` heads the label's group in a legend."""

    region: str
    light: str
    dark: str


def colours_of(labels: Iterable[str]) -> dict[str, Colour]:
    """A colour for each label: of a script its own, always the same; of others as many hues as there are.

    >>> colours_of(["Latn", "LATIN"])["LATIN"] == colours_of(["Latn"])["Latn"]
    True
    """
    known = {
        script: (region, *pair) for region, scripts in REGIONS.items() for script, pair in scripts.items()
    }
    found: dict[str, Colour] = {}
    made = 0
    for label in dict.fromkeys(labels):
        if (script := _SAME.get(label, label)) in known:
            found[label] = Colour(*known[script])
        else:
            found[label] = Colour(_OTHERS, *_made(made))
            made += 1
    return found


def _made(position: int) -> tuple[str, str]:
    """Hues that go round by the golden angle."""
    step = position % 3
    return _oklch(0.58 - 0.05 * step, position), _oklch(0.70 + 0.05 * step, position)


def _oklch(lightness: float, position: int) -> str:
    """OKLCH to sRGB (Ottosson 2020)."""
    hue = math.radians(position * 137.508 + 20)
    a, b = 0.09 * math.cos(hue), 0.09 * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
    )
    return "#" + "".join(f"{round(255 * _encoded(min(1.0, max(0.0, c)))):02x}" for c in linear)


def _encoded(c: float) -> float:
    return 12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055
