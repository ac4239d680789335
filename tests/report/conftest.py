"""A study of planted truth: two models over words of four languages, one for each script."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison import CompareOptions
from hyperpolyglot.measures.separability import SeparabilityOptions
from hyperpolyglot.measures.translation import TranslateOptions
from hyperpolyglot.store import Store
from hyperpolyglot.study import Study, StudyOptions, run_study
from tests.conftest import planted_pieces

LANGUAGES = ("en", "ru", "el", "zh")
OPTIONS = StudyOptions(
    k=20,
    separability=SeparabilityOptions(minimum=50),
    compare=CompareOptions(k=10, permutations=19, test_rows=200),
)
LAYOUTS = tuple(np.random.default_rng(0).standard_normal((2, 240, 2)))
"""Maps that are there already, so that no test of the report waits for UMAP."""


@pytest.fixture(scope="session")
def words() -> Lexicon:
    """Sixty concepts, each a word of four languages: the planted pieces."""
    pieces = planted_pieces(60)
    entries = [
        (f"concept {i % 60}", LANGUAGES[i // 60], piece.removeprefix("▁")) for i, piece in enumerate(pieces)
    ]
    return Lexicon.of(entries, source="planted")


@pytest.fixture(scope="session")
def kept_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the planted study is kept."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="session")
def study(clustered: str, translated: str, words: Lexicon, kept_in: Path) -> Study:
    """Scripts apart in the first model, translations together in the second."""
    spaces = [open_model(name) for name in (clustered, translated)]
    return run_study(spaces, OPTIONS, Store(kept_in), lexicon=words, layouts=LAYOUTS)


@pytest.fixture(scope="session")
def demo_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Both demos, on a third of their vocabulary, everything but the map."""
    spaces = [open_model(f"demo:{name}") for name in ("language", "meaning")]
    spaces = [space.take(np.arange(0, len(space), 3)) for space in spaces]
    options = StudyOptions(
        separability=SeparabilityOptions(minimum=150),
        translate=TranslateOptions(questions=100),
        compare=CompareOptions(k=20, permutations=39),
        skip=("map",),
    )
    lexicon = packaged_lexicon().take(languages={"en", "ru", "el", "hi", "ka", "ar", "ja", "ko"})
    return run_study(spaces, options, Store(tmp_path_factory.mktemp("demos")), lexicon=lexicon)
