"""The colours of scripts: told apart by most eyes, on light and on dark."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot.figures import draw_map
from hyperpolyglot.writing.colours import NO_COLOUR, REGIONS, colours_of
from tests.explorer.planted import planted_bundle, scripts_together

PAGE = files("hyperpolyglot.explorer") / "page"
SCRIPTS = {name: pair for own in REGIONS.values() for name, pair in own.items() if name[0] != "Z"}
"""Script → [on light, on dark]; those that are shared by scripts are grey."""

GROUNDS = re.findall(r"--(?:paper|map): (#\w{6});", (PAGE / "style.css").read_text("utf-8"))
EYES = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB."""


def linear(colour):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def oklab(rgb):
    """Ottosson (2020)."""
    to_lms = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566]]
    to_lms += [[0.0883024619, 0.2817188376, 0.6299787005]]
    to_lab = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099]]
    to_lab += [[0.0259040371, 0.7827717662, -0.8086757660]]
    return np.array(to_lab) @ np.cbrt(np.array(to_lms) @ rgb)


def gaps(theme, eyes):
    """The distance in OKLab of every two scripts, in hundredths."""
    seen = {
        name: oklab(np.clip(np.array(EYES[eyes]) @ linear(pair[theme]), 0, 1))
        for name, pair in SCRIPTS.items()
    }
    return {(a, b): 100 * float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast(theme):
    """More than 30 scripts, each at a contrast of 3 or more to the page and to the map."""
    assert len(SCRIPTS) > 30
    assert 4 == len(GROUNDS)
    for name, pair in SCRIPTS.items():
        least = min(contrast(pair[theme], ground) for ground in GROUNDS[2 * theme : 2 * theme + 2])
        assert least >= 2.99, name


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_any_two_scripts_differ(theme, eyes):
    """Any two scripts are at least 0.06 of OKLab apart to the usual eye, 0.03 to the colour-blind; 0.02 is seen."""
    assert min(gaps(theme, eyes).values()) > (6 if eyes == "usual" else 3)


def test_figures_and_explorer_have_the_same_colours():
    """A script has the colour of the explorer's manifest on a map that is drawn; labels beyond the legend are grey."""
    from matplotlib.colors import to_hex

    space = scripts_together()
    made = hp.project(space, hp.neighbors(space, 15), method="pca")
    manifest = json.loads(planted_bundle().files["manifest.json"])
    stated = {row["label"]: row["light"] for row in manifest["colours"]}
    counts = space.labels.counts()
    legend = sorted(counts, key=lambda label: (-counts[label], label))[:3]
    panel = draw_map([(space, made)], most=3).axes[0]
    points = next(c for c in panel.collections if len(c.get_offsets()) > 1)
    found = Counter(to_hex(colour) for colour in points.get_facecolors())
    codes = space.labels.codes[made.rows]
    expected = Counter(
        stated[name] if (name := space.labels.names[code] if code >= 0 else None) in legend else NO_COLOUR
        for code in codes.tolist()
    )
    assert expected == found


def test_colours_of_labels_that_no_table_knows():
    """The paper's categories have the colours of their scripts, other labels hues of their own."""
    found = colours_of(["LATIN", "noun", "verb", "CJK"])
    assert found["LATIN"].light == REGIONS["Latin"]["Latn"][0]
    assert found["CJK"].dark == REGIONS["East Asian"]["Hani"][1]
    assert 4 == len({colour.light for colour in found.values()})
    assert "Others" == found["noun"].region
