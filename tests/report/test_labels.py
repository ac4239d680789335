"""A report speaks of labels by what they are: scripts only where they are scripts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hyperpolyglot import figures
from hyperpolyglot.labellers import LABELLERS
from hyperpolyglot.loading import open_model
from hyperpolyglot.report.page import chapters, page
from hyperpolyglot.report.sections.paper import paper_figures
from hyperpolyglot.report.summary import facts, summary
from hyperpolyglot.store import Store
from hyperpolyglot.study import run_study
from tests.report.conftest import LAYOUTS, OPTIONS

OF_SCRIPTS = re.compile(r"scripts?\b|writing.systems?|ISO.15924|Common, Inherited|paper published", re.I)
OF_WORDS = ("translations", "served")
"""Chapters on the lexicon: its words have scripts, however tokens are labelled."""


def texts(study):
    """Every text of the page by its section, but those about the lexicon's words."""
    found = {"summary": summary(study), "facts": " ".join(name for name, _ in facts(study.models[0]))}
    for chapter in chapters(study):
        if chapter.key in OF_WORDS:
            continue
        found[chapter.key] = chapter.title
        for s in chapter.sections:
            parts = [s.title, s.question, *s.reading, s.note, s.warning, *(p.caption for p in s.pictures)]
            parts += [chip.text for chip in s.legend] + [chip.badge for chip in s.legend]
            parts += [text for grid in s.grids for text in (grid.title, *grid.columns)]
            found[s.key] = " ".join(parts)
    return found


@pytest.fixture(scope="module")
def others(clustered, translated, words, kept_in):
    """The planted study under labels that are no scripts: what a token's last letter is."""

    def last(token):
        return "vowel" if token[-1:] in "aeiouаеио" else "other"

    spaces = [open_model(name, labels=last) for name in (clustered, translated)]
    options = replace(OPTIONS, skip=("comparison", "languages"))
    return run_study(spaces, options, Store(kept_in), lexicon=words, layouts=LAYOUTS)


def test_scripts_are_called_scripts(study):
    """By default the report asks about writing systems, and says what their codes are."""
    found = texts(study)
    assert "Vocabulary by script" in found["census"]
    assert "Writing systems in a neighbourhood" in found["diversity"]
    assert "Writing systems" == found["writing-systems"]
    assert "Are scripts linearly separable?" in found["separability"]
    assert "the means that the paper published" in found["separability"]
    assert "Common, Inherited and Unknown are no scripts." in found["diversity-by-label"]
    assert "The small letters are the script’s ISO 15924 code." in found["neighbors"]
    assert "own script" in found["neighbors"]
    assert "scripts in a neighbourhood" in found["facts"]


def test_other_labels_are_not(others):
    """Under labels of one's own no sentence speaks of scripts, of ISO 15924 or of what was published of scripts."""
    found = texts(others)
    for key, text in found.items():
        assert OF_SCRIPTS.search(text) is None, (key, OF_SCRIPTS.search(text), text)
    assert "Vocabulary by label" in found["census"]
    assert "Are labels linearly separable?" in found["separability"]
    assert "own label" in found["neighbors"]
    assert "Labels" == found["writing-systems"]
    assert "labels in a neighbourhood" in found["facts"]


def test_blocks_are_called_blocks(clustered, translated, words, kept_in):
    """Under Unicode blocks the report asks about blocks, and speaks of no scripts."""
    spaces = [open_model(name, labels="block") for name in (clustered, translated)]
    options = replace(OPTIONS, skip=("comparison", "languages"))
    found = texts(run_study(spaces, options, Store(kept_in), lexicon=words, layouts=LAYOUTS))
    for key, text in found.items():
        assert OF_SCRIPTS.search(text) is None, (key, OF_SCRIPTS.search(text), text)
    assert "Vocabulary by block" in found["census"]
    assert "Basic Latin" in found["census"]
    assert "Are blocks linearly separable?" in found["separability"]
    assert "keeps blocks apart" in found["summary"]
    assert "After removing block components" in found["removal"]
    assert "The small letters are the token’s Unicode block." in found["neighbors"]


def test_the_paper_s_figures_say_what_was_published_of_what(others):
    """Beside other labels, the index of the paper's figures says that its numbers are of writing systems."""
    found = {figure.number: figure for figure in paper_figures(others)}
    assert ("Separability of labels", "Labels in a neighbourhood") == (found[3].title, found[5].title)
    assert found[3].published.startswith("of writing systems: mT5-XL")
    assert found[5].published.startswith("of writing systems: ")


def test_categories_of_the_paper_have_no_codes(clustered, words, kept_in):
    """The paper's labels are categories, of which none is left uncounted; its own numbers stand beside them."""
    options = replace(OPTIONS, protocol="paper", skip=("comparison", "languages", "explanations"))
    space = open_model(clustered, labels="paper")
    found = texts(run_study([space], options, Store(kept_in), lexicon=words, layouts=LAYOUTS[:1]))
    assert "Are categories linearly separable?" in found["separability"]
    assert "the means that the paper published" in found["separability"]
    assert "Every token but padding has a category, by its string." in found["census"]
    assert "are no categories" not in found["diversity-by-label"]
    assert "The small letters are the token’s category." in found["neighbors"]


@pytest.mark.parametrize(
    ("draw", "field"), [("draw_separability", "separability"), ("draw_diversity", "diversity")]
)
def test_published_means_only_where_they_are_of_the_same(study, draw, field):
    """The lines of the paper's means are drawn where asked for."""
    results = [("model", getattr(study.models[0], field))]
    if field == "diversity":
        results = [("model", replace(results[0][1], k=50))]
    with_lines, without = (
        figures.svg(getattr(figures, draw)(results, published=published)) for published in (True, False)
    )
    assert ", paper" in with_lines
    assert ", paper" not in without


def test_a_study_under_several_labellers_speaks_of_labels(clustered, translated, words, kept_in):
    """Where one model's labels are scripts and another's are not, what is said of both is said of labels."""
    spaces = [open_model(clustered), open_model(translated, labels="paper")]
    options = replace(OPTIONS, skip=("comparison", "languages", "explanations", "translation"))
    study = run_study(spaces, options, Store(kept_in), lexicon=words, layouts=LAYOUTS)
    assert "Are labels linearly separable?" in texts(study)["separability"]
    assert "in 4 scripts" in texts(study)["census"]
    assert "categories" in texts(study)["census"]
    assert page(study)
    assert ["scripts", "categories"] == [m.space.labels.labelling.many for m in study.models]
    assert LABELLERS["paper"] is study.models[1].space.labels.labelling
