"""The wording that the product left behind stays away: in the report, the explorer, the terminal, help and docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path
    for folder, kinds in {"src": ("*.py", "*.js", "*.html"), "docs": ("*.md",)}.items()
    for kind in kinds
    for path in (ROOT / folder).rglob(kind)
) + [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]

LEFT = {
    "linear separability": r"apart hardly|[Dd]oes a line separate|[Hh]ow well a line|\ba line tells\b",
    "under-trained": r"hardly touch|look untouched|\buntouched tokens\b",
    "a duplicate of another token's vector": r"the very vector",
    "translated correctly (P@1)": r"answered rightly|right answers are found",
    "anti-hub": r"[Nn]obody[’']s neighbour",
    "appears in N neighbour lists": r"is met \S+ times",
    "effective dimensionality": r"dimensions in effect",
    "geometry of the embedding space": r"[Ww]hat shape has",
    "after centring": r"mean taken off|means taken off",
    "local intrinsic dimension": r"[Dd]imensions around a token",
    "after removing script components": r"[Ww]hat is left when|when the languages are taken out",
    "input vs output embeddings": r"output table say the same",
    "frequency": r"[Ii]s it how common tokens are",
    "hub languages": r"draws? the words of others",
    "over-represented neighbour": r"draws \w+ most",
    "example neighbourhoods": r"[Ww]ords to read|what lies next to",
    "script mixing": r"[Ww]hose neighbourhoods are mixed",
    "neighbour composition": r"[Ww]ho neighbours whom",
    "the best pair": r"[Tt]he easiest way is",
    "cells in the marked colour are at chance": r"as pale as the mark",
    "frequency-matched baseline": r"that is as common in its language",
    "overlapping intervals are ties": r"within the intervals are none",
    "clear winners": r"[Bb]est by more than the intervals|better than the others by more than the intervals",
    "cross-model alignment": r"[Cc]an one model be turned",
    "excluded": r"left out: [\d{]",
    "compare with: none": r"[Bb]eside: nothing",
    "known translation": r"means the same, by the lexicon",
    "indistinguishable from random": r"thoroughly mixed",
}


@pytest.mark.parametrize("better", LEFT)
def test_a_phrase_that_was_replaced_does_not_return(better):
    """Each stands in ``LEFT`` beside the words that took its place."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in FILES
        for number, line in enumerate(path.read_text("utf8").splitlines(), start=1)
        if re.search(LEFT[better], line)
    ]
    assert [] == found


def test_the_phrases_would_be_found():
    """None of the patterns is blind: each finds the phrase that it is about."""
    said = (
        "A line tells them apart hardly. look untouched; the very vector of another token; answered rightly; nobody's "
        "neighbour; is met 106 times; dimensions in effect; What shape has the cloud? with the mean taken off; "
        "dimensions around a token; What is left when the languages are taken out? Does the output table say the same? "
        "Is it how common tokens are? which draw the words of others; Katakana draws Hiragana most; Words to read; "
        "Whose neighbourhoods are mixed? Who neighbours whom? The easiest way is from X; as pale as the mark; the word "
        "that is as common in its language; differences within the intervals are none; Best by more than the "
        "intervals; "
        "Can one model be turned into the other? left out: 4 zero; beside: nothing; means the same, by the lexicon; "
        "thoroughly mixed"
    )
    assert [] == [better for better, pattern in LEFT.items() if not re.search(pattern, said)]
