"""The catalogue of measures is the one list of them: all others are held equal to it."""

from __future__ import annotations

from dataclasses import fields

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.report.numbers import results, tables
from hyperpolyglot.report.page import chapters
from hyperpolyglot.study import MEASURES, ModelStudy, Study, StudyOptions
from hyperpolyglot.study.catalogue import JOINT, OPTIONS, SINGLE
from hyperpolyglot.study.file import example

FUNCTIONS = {"map": "project", "meanings": None}
"""Where a function has another name than its measure (``map`` is Python's own), or is none of the public ones."""


def names(record):
    return [field.name for field in fields(record)]


def test_a_study_has_a_field_for_every_measure():
    """The typed fields of a study's records and options are the rows of the catalogue, in their order."""
    assert ["space", "inspection", *(m.key for m in SINGLE)] == names(ModelStudy)
    assert ["models", *(m.key for m in JOINT), "options", "tracks", "applied"] == names(Study)
    assert {"k", "exclude", "protocol", "seed", "skip", *OPTIONS} == set(names(StudyOptions))
    assert {f.name: f.default_factory for f in fields(StudyOptions) if f.name in OPTIONS} == OPTIONS


def test_every_list_of_measures_is_that_of_the_catalogue():
    """``--skip``, the study file's example, commands and public functions use the keys of the catalogue."""
    assert hp.MEASURES == MEASURES
    text = example()
    assert all(f'"{key}"' in text for key in MEASURES)
    assert all(f"[options.{key}]" in text for key in OPTIONS)
    everything = {m.key for m in (*SINGLE, *JOINT)}
    assert everything - {"meanings"} <= cli.commands.keys()
    functions = {FUNCTIONS.get(key, key) for key in everything} - {None}
    assert functions <= set(hp.__all__)


def test_every_measure_is_in_the_report(study):
    """Each has its key in the JSON document, tables that begin with it, and a section of the page that does."""
    single = [m for m in SINGLE if m.applies(study.models[0].space)]
    found, everything = results(study), [m.key for m in (*single, *JOINT)]
    assert set(everything) <= found.keys() | found["models"][0].keys()
    sections = [section.key for chapter in chapters(study) for section in chapter.sections]
    for key in everything:
        assert any(name.split("_")[0] == key for name in tables(study)), key
    assert {m.key for m in single} - {"explain"} <= {*sections}
    assert {"relatedness"} == {m.key for m in SINGLE} - {m.key for m in single}
