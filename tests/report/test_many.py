"""A report of six models: ranks, tables and small multiples in place of a sentence and a figure for each."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot import figures
from hyperpolyglot.figures.language_order import best_by_script, by_family
from hyperpolyglot.figures.multiples import grid_of
from hyperpolyglot.figures.style import model_colour, model_marker
from hyperpolyglot.figures.translation_cells import heat_map_languages
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.translation.coverage import LanguageCoverage
from hyperpolyglot.report.answers import answers
from hyperpolyglot.report.many import Ranked, ranked, together, told_ranks
from hyperpolyglot.report.page import chapters, page
from hyperpolyglot.report.summary import summary
from hyperpolyglot.store import Store
from hyperpolyglot.study import run_study
from tests.report.conftest import LAYOUTS, OPTIONS

STEPS = tuple(f"step-{i}" for i in range(6))


@pytest.fixture(scope="module")
def six(clustered, translated, words, kept_in):
    """Six models in turn of the two planted tables: three keep scripts apart, three translate."""
    spaces = [replace(open_model((clustered, translated)[i % 2]), model=name) for i, name in enumerate(STEPS)]
    options = replace(OPTIONS, compare=replace(OPTIONS.compare, permutations=1, test_rows=100))
    return run_study(spaces, options, Store(kept_in), lexicon=words, layouts=LAYOUTS * 3)


@pytest.fixture(scope="module")
def sections(six):
    """The sections of the report by their keys."""
    return {section.key: section for chapter in chapters(six) for section in chapter.sections}


def test_the_lead_ranks_models_by_a_stated_rule(six):
    """By P@1, ties share a rank, what is not above chance has none; then by own share, the closed first."""
    by_translation, by_share = summary(six).split("\n\n")
    assert by_translation.startswith("Ranked by word translation (P@1, ")
    first, below = by_translation.split("Not above chance")
    assert ["step-1", "step-3", "step-5"] == re.findall(r"step-\d", first)
    assert "1. step-1 (" in first
    assert "2. " not in first
    assert ["step-0", "step-2", "step-4"] == re.findall(r"step-\d", below)
    assert below.endswith(
        "Models whose 95 % intervals overlap with that of the first of their rank share it."
    )
    assert ["step-0", "step-2", "step-4", "step-1", "step-3", "step-5"] == re.findall(r"step-\d", by_share)
    assert "Kept apart: step-0 (" in by_share
    assert "its script (chance " in by_share


def test_the_first_screen_ranks_by_probe_too(six):
    """Of many models the first answer has verdicts with intervals of the own share, then ranks by held-out accuracy."""
    by_share, by_probe = answers(six)[0].paragraphs
    mixed = six.models[1].diversity
    low, high = (f"{100 * end:.1f}" for end in mixed.own_interval)
    assert re.search(rf"Mixed: step-1 \(\S+ % \[{low}, {high}\]\)", by_share)
    assert by_share.endswith("with its 95 % interval.")
    assert by_probe.startswith("Ranked by held-out accuracy of linear probes: 1. step-0")


def test_ranks_are_of_intervals():
    """Models whose intervals meet that of the first of a rank share it; the next is counted after all of them."""
    scored = [(0.9, 0.85, 0.95), (0.86, 0.8, 0.9), (0.7, 0.6, 0.8), (0.2, 0.1, 0.3)]
    models = [
        Ranked(name=name, value=v, interval=(low, high), chance=0.25)
        for name, (v, low, high) in zip("abcd", scored, strict=True)
    ]
    assert [["a", "b"], ["c"], ["d"]] == [[m.name for m in rank] for rank in ranked(models[::-1])]
    assert (
        "Ranked by P@1: 1. a (90.0 % [85.0, 95.0]) and b (86.0 % [80.0, 90.0]); 3. c (70.0 % [60.0, 80.0]). "
        "Not above chance (25.0 %): d (20.0 % [10.0, 30.0])."
    ) == told_ranks(models, "P@1")
    assert told_ranks(models[3:], "P@1").startswith("By P@1, not above chance")


def test_no_section_has_a_sentence_for_each_model(sections):
    """A section says at most a few sentences, of all models; its table has a row for each."""
    for key, section in sections.items():
        assert len(section.reading) <= 3, key
        for sentence in section.reading:
            assert not re.match(r"(In )?step-\d(:| has | and )", sentence), (key, sentence)
    tables = (
        "map",
        "separability",
        "silhouette",
        "diversity",
        "diversity-by-label",
        "mixing",
        "translate-scripts",
    )
    tables += (
        "translate-languages",
        "translate-hubs",
        "languages",
        "census",
        "frequency",
        "undertrained",
        "hubness",
    )
    for key in (*tables, "geometry"):
        named = [row[0] for row in sections[key].grids[0].rows]
        assert list(STEPS) == named, key


def test_one_figure_for_a_measure_with_a_panel_for_each_model(sections):
    """No measure has a figure for each model: six models are six panels of one."""
    for key, section in sections.items():
        assert len(section.pictures) <= 2, key
    for key in ("separability", "diversity", "diversity-by-label", "mixing", "translate-scripts", "map"):
        assert all(name in sections[key].pictures[0].svg for name in STEPS), key


def test_panels_hold_the_numbers_of_their_models(six):
    """The dots, cells and lines of the i-th panel are those of the i-th model."""
    probes = [(m.space.model, m.separability) for m in six.models]
    panels = figures.draw_separability(probes).axes
    for panel, (model, found) in zip(panels, probes, strict=True):
        assert model in panel.get_title(loc="left")
        dots = [
            c.get_offsets().data[:, 0].tolist()
            for c in panel.collections
            if type(c).__name__ == "PathCollection"
        ]
        shown = sorted(found.labels, key=lambda row: (-row.tokens, row.label))
        assert [row.accuracy for row in shown] in dots
    near = [(m.space.model, m.diversity) for m in six.models]
    cells = [panel.images[0].get_array() for panel in figures.draw_mixings(near).axes if panel.images]
    assert 6 == len(cells)
    alone = [figures.draw_mixing(found).axes[0].images[0].get_array() for _, found in near]
    for one, other in zip(cells, alone, strict=True):
        np.testing.assert_array_equal(one, other)
    asked = [(m.space.model, m.translate) for m in six.models]
    cells = [p.images[0].get_array() for p in figures.draw_translations_by_language(asked).axes if p.images]
    alone = [figures.draw_translation_by_language(found).axes[0].images[0].get_array() for _, found in asked]
    for one, other in zip(cells, alone, strict=True):
        np.testing.assert_array_equal(one.filled(np.nan), other.filled(np.nan))


def test_the_axis_is_named_over_the_legend(six):
    """Of several panels the legend's title says what is along the axis, so that neither lies on the other."""
    probes = [(m.space.model, m.separability) for m in six.models]
    near = [(m.space.model, m.diversity) for m in six.models]
    for figure in (figures.draw_separability(probes), figures.draw_diversity(near)):
        assert figure.legends[0].get_title().get_text()
        assert not figure.get_supxlabel()


def test_few_models_keep_one_axis(six):
    """Four models share the axis, where each has its dots; five have panels."""
    probes = [(m.space.model, m.separability) for m in six.models]
    assert (1, 5) == tuple(len(figures.draw_separability(probes[:n]).axes) for n in (4, 5))
    assert (2, 3) == grid_of(6)


def test_fifteen_pairs_are_a_table_and_six_of_them_lines(six, sections):
    """Curves of all pairs would hide each other: the three most and the three least alike are drawn, and it is said."""
    assert 15 == len(six.compare.pairs)
    assert "Of 15 pairs, the 3 most and the 3 least alike." in sections["compare"].pictures[1].caption
    near, _ = figures.draw_curves(six.compare).axes
    assert 6 == sum(not line.get_label().startswith("_") for line in near.lines)


def test_marks_of_ten_models_differ():
    """Where the colours come again, the shapes are others."""
    assert 12 == len({(model_colour(i), model_marker(i)) for i in range(12)})


def test_the_page_of_six_is_as_long_as_that_of_few(six, study):
    """Three times as many models do not make a page of three times the text."""
    long, short = (len(re.sub(r"<svg.*?</svg>|<[^>]*>", "", page(s), flags=re.S)) for s in (six, study))
    assert long < 1.7 * short


def test_the_best_of_every_script_comes_first():
    """However few are shown, each script has its best language; the rest are the best of the others."""
    tags, scripts = ["a", "b", "c", "d", "e"], {"a": "L", "b": "L", "c": "C", "d": "L", "e": "G"}
    assert ["a", "c", "e"] == best_by_script(tags, scripts, 3)
    assert ["a", "c", "e", "b"] == best_by_script(tags, scripts, 4)


def test_languages_stand_by_family():
    """Relatives stand together by branch, whatever their script; a language without relatives is by itself."""
    scripts = {
        "de": "Latn",
        "ru": "Cyrl",
        "pl": "Latn",
        "hi": "Deva",
        "fi": "Latn",
        "hu": "Latn",
        "ko": "Hang",
        "eo": "Latn",
    }
    assert [
        *(("Indo-European", tag) for tag in ("de", "hi", "ru", "pl")),
        *(("Uralic", tag) for tag in ("fi", "hu")),
        ("Korean", "ko"),
        ("no family", "eo"),
    ] == by_family(list(scripts), scripts)


def test_the_heat_map_has_every_script_and_no_empty_row(study):
    """Chosen are the best covered of every script, by family; no language without a pair of ten questions."""
    found = study.models[1].translate
    rows = [
        LanguageCoverage(
            language=tag, script=script, words=60, single_token=n, pieces=0, rules={}, scored=True
        )
        for tag, script, n in (("en", "Latn", 60), ("de", "Latn", 50), ("ru", "Cyrl", 20), ("hi", "Deva", 10))
    ]
    pairs = [
        found.pairs[0] | {"source": a, "target": b, "questions": n}
        for a, b, n in (("en", "de", 50), ("de", "ru", 10), ("en", "ru", 12), ("hi", "en", 9))
    ]
    planted = replace(found, coverage=tuple(rows), pairs=tuple(pairs))
    assert ["en", "ru"] == [tag for _, tag in heat_map_languages([planted], 2)]
    assert ["de", "en", "ru"] == [tag for _, tag in heat_map_languages([planted], 9)]
    axes = figures.draw_translation_by_language(planted).axes[0]
    assert ["Indo-European"] == [text.get_text() for text in axes.texts]
    masked = axes.images[0].get_array().mask
    assert 3 == (~masked).sum()


def test_what_is_said_of_several_models_is_said_once():
    """The sentences of the measures themselves on how two models cut text become one, whatever their wording."""
    spaces = [hp.open_model(f"demo:{name}") for name in ("language", "meaning")]
    tags = {"languages": ("en", "de")}
    measured = hp.fertility(spaces), hp.languages(spaces, hp.packaged_lexicon().take(**tags))
    for found in measured:
        assert 1 == together(found.notes).count("for demo:language and demo:meaning")
        assert 0 < sum("for demo:language" in note for note in found.notes)
