"""A small study: two models of planted truth, everything measured but the map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison import CompareOptions
from hyperpolyglot.measures.separability import SeparabilityOptions
from hyperpolyglot.measures.translation import TranslateOptions
from hyperpolyglot.report.numbers import results
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Store
from hyperpolyglot.study import StudyOptions, run_study
from tests.conftest import planted_pieces

OPTIONS = StudyOptions(
    k=20,
    separability=SeparabilityOptions(minimum=50, folds=3),
    translate=TranslateOptions(questions=50),
    compare=CompareOptions(k=10, permutations=9, test_rows=100),
    skip=("map",),
)


@pytest.fixture(scope="package")
def words() -> Lexicon:
    """Sixty concepts in four languages: the planted pieces."""
    pieces = planted_pieces(60)
    languages = ("en", "ru", "el", "zh")
    entries = [(f"c{i % 60}", languages[i // 60], p.removeprefix("▁")) for i, p in enumerate(pieces)]
    return Lexicon.of(entries, source="planted")


@pytest.fixture(scope="package")
def spaces(clustered: str, translated: str) -> list[TokenSpace]:
    """The two models."""
    return [open_model(name) for name in (clustered, translated)]


def digests(root: Path) -> dict[str, str]:
    """Every file of a store by its bytes."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


Run = Callable[..., str]


@pytest.fixture(scope="package")
def run(spaces: list[TokenSpace], words: Lexicon) -> Run:
    """Run the small study with a store; all its numbers as text."""

    def study(root: Path, chosen: list[TokenSpace] | None = None, **more: Any) -> str:
        found = run_study(chosen or spaces, OPTIONS, Store(root), lexicon=words, **more)
        return json.dumps(results(found), sort_keys=True)

    return study


@pytest.fixture(scope="package")
def undisturbed(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """Numbers and store of the study in this process."""
    root = tmp_path_factory.mktemp("undisturbed")
    return run(root), digests(root)
