"""Steps are found again, whatever record they hold; what cannot be measured is a sentence."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import packaged_lexicon, unseen_by_demos
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.meanings import meanings
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.translation import TranslateOptions
from hyperpolyglot.report.numbers import results
from hyperpolyglot.store import NoStore, Store
from hyperpolyglot.study import MEASURES, Absent, catalogue, run_study
from hyperpolyglot.study.keeping import kept
from tests.report.conftest import LAYOUTS, OPTIONS


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Outer:
    parts: tuple[Inner, ...]
    by_name: dict[str, Inner]
    mask: NDArray[np.bool_]
    loose: dict[str, Any]
    missing: Inner | None
    text: str
    number: float


RECORD = Outer(
    parts=(Inner("a", (0.1, 0.2)), Inner("b", None)),
    by_name={"array": Inner("c", (1.0, 2.0))},
    mask=np.array([True, False]),
    loose={"rows": [{"x": np.float64(0.1)}], "pair": (1, 2), "none": None},
    missing=None,
    text="\ud800 ق",
    number=math.nan,
)


@pytest.mark.parametrize("store", [None, "on disk"])
def test_a_record_comes_back_as_it_was(store, tmp_path):
    """Nested records, tuples, arrays, lone surrogates and NaN survive; only tuples in loose JSON become lists."""
    place = Store(tmp_path) if store else NoStore()
    found = kept(place, "outer", Outer, {}, lambda: RECORD)
    again = kept(place, "outer", Outer, {}, lambda: RECORD)
    for record in (found, again):
        assert RECORD.parts == record.parts
        assert RECORD.by_name == record.by_name
        assert (np.bool_, [True, False]) == (record.mask.dtype, record.mask.tolist())
        assert {"rows": [{"x": 0.1}], "pair": [1, 2], "none": None} == record.loose
        assert (None, "\ud800 ق") == (record.missing, record.text)
        assert math.isnan(record.number)


def test_a_record_with_other_fields_is_made_again(tmp_path):
    """A field that came later, in a record or in one inside it, makes another step of it."""

    def outer(inner):
        @dataclass(frozen=True)
        class Record:
            part: inner

        Record.__annotations__["part"] = inner
        return Record

    @dataclass(frozen=True)
    class Old:
        x: int

    @dataclass(frozen=True)
    class New:
        x: int
        y: int = 0

    Old.__name__ = New.__name__ = "Part"
    calls = []
    for inner in (Old, New, Old):
        kind = outer(inner)
        found = kept(Store(tmp_path), "s", kind, {}, lambda k=kind, i=inner: calls.append(1) or k(i(3)))
        assert inner(3) == found.part
    assert 2 == len(calls)


HEAVY = (
    "neighbors", "separability", "diversity", "project", "translate", "meanings", "languages_of", "compare_pair",
    "explain",
)  # fmt: skip


def test_nothing_is_measured_twice(study, words, kept_in, monkeypatch):
    """A second study reads every step, and its numbers are the same."""

    def again(*_arguments, **_options):
        raise AssertionError("measured again")

    for name in HEAVY:
        monkeypatch.setattr(catalogue, name, again)
    spaces = [m.space for m in study.models]
    found = run_study(spaces, OPTIONS, Store(kept_in), lexicon=words, layouts=LAYOUTS)
    assert results(study) == results(found)


@pytest.mark.parametrize(
    ("changed", "measured"),
    [
        ("lexicon", {"translate", "meanings", "languages_of", "explain"}),
        ("seed of the comparison", {"compare_pair"}),
        ("questions", {"translate", "meanings", "languages_of", "explain"}),
        ("k", {"neighbors", "diversity", "meanings", "explain"}),
    ],
)
def test_what_a_step_depends_on(changed, measured, study, words, kept_in, monkeypatch, tmp_path):
    """Another lexicon, seed or option measures those steps again that depend on it, and no other."""
    options, lexicon = OPTIONS, words
    if changed == "lexicon":
        lexicon = replace(words, words=(*words.words[:-1], "another"))
    elif changed == "seed of the comparison":
        options = replace(OPTIONS, compare=replace(OPTIONS.compare, seed=1))
    elif changed == "questions":
        options = replace(OPTIONS, translate=TranslateOptions(questions=10))
    else:
        options = replace(OPTIONS, k=21)
    calls = set()
    for name in HEAVY:
        measure = getattr(catalogue, name)

        def counted(*arguments, _name=name, _measure=measure, **more):
            calls.add(_name)
            return _measure(*arguments, **more)

        monkeypatch.setattr(catalogue, name, counted)

    copy = shutil.copytree(kept_in, tmp_path / "store")
    run_study([m.space for m in study.models], options, Store(copy), lexicon=lexicon, layouts=LAYOUTS)
    assert measured == calls


def test_too_little_data_is_a_sentence(study, words, monkeypatch, tmp_path):
    """A measure that has too little is absent with its own sentence; the others are there."""

    def too_little(*_arguments, **_options):
        raise NotEnoughData("There is too little of everything.")

    for name in ("translate", "languages_of", "explain", "separability", "compare_pair"):
        monkeypatch.setattr(catalogue, name, too_little)
    found = run_study(
        [m.space for m in study.models], OPTIONS, Store(tmp_path), lexicon=words, layouts=LAYOUTS
    )
    absent = Absent("There is too little of everything.")
    assert (absent, absent) == (found.languages, found.compare)
    for model in found.models:
        assert [absent] * 3 == [model.translate, model.explain, model.separability]
        assert not isinstance(model.diversity, Absent)


def test_skipped_sections_are_not_measured(study, words, monkeypatch, tmp_path):
    """Everything that can be skipped is, at once, and says so."""

    def again(*_arguments, **_options):
        raise AssertionError("measured although it was skipped")

    for name in HEAVY:
        monkeypatch.setattr(catalogue, name, again)
    options = replace(OPTIONS, skip=MEASURES)
    found = run_study(
        [m.space for m in study.models], options, Store(tmp_path), lexicon=words, layouts=LAYOUTS
    )
    parts = [found.languages, found.compare]
    for m in found.models:
        parts += [m.separability, m.map, m.translate, m.meanings, m.explain]
        parts += [m.diversity, m.neighbors]
    assert 16 == len(parts)
    assert all(isinstance(part, Absent) and "--skip" in part.reason for part in parts)


def test_meanings_of_a_demo_model_are_held_out():
    """Shown words of a demo model are of concepts it was not counted on; demo:meaning brings them together."""
    shares = {}
    for name in ("meaning", "language"):
        space = open_model(f"demo:{name}")
        found = meanings(space, neighbors(space, 20), packaged_lexicon())
        assert found.held_out
        assert {q.concept for q in found.queries} <= unseen_by_demos()
        assert len(found.queries) == len({q.label for q in found.queries})
        for query in found.queries:
            assert query.known_translations == sum(bool(n.languages) for n in query.neighbors)
            assert 0 < query.expected < 0.1
            assert query.id not in {n.id for n in query.neighbors}
        shares[name] = sum(q.known_translations for q in found.queries) / sum(
            len(q.neighbors) for q in found.queries
        )
    assert shares["meaning"] > 0.7 > 0.1 > shares["language"]


def test_planted_meanings(study):
    """Each word's three translations are its nearest and marked; twenty drawn at random would hold 60/239 of them."""
    for query in study.models[1].meanings.queries:
        assert [True] * 3 == [bool(n.languages) for n in query.neighbors[:3]]
        assert 3 == query.known_translations
        assert 20 * 3 / 239 == pytest.approx(query.expected)
