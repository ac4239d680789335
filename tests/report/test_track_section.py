"""The section of a run: sentences by stated thresholds, figures, tables; none where nothing was tracked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import hyperpolyglot as hp
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.figures import draw_track_by_label, draw_track_maps
from hyperpolyglot.figures.checkpoints import moved_labels
from hyperpolyglot.measures.track.maps import MapStep
from hyperpolyglot.report.numbers import results, tables
from hyperpolyglot.report.page import chapters, page
from hyperpolyglot.report.sections.checkpoints import readings, track_sections
from hyperpolyglot.study import Absent, Study

HALVES = {"Latn": 150.0, "Cyrl": 350.0}


def run_of(schedule: Any, x: tuple[float, ...]) -> hp.Track:
    """From noise to tokens of two scripts of a demo model, by a schedule for each script."""
    last = hp.open_model("demo:meaning").where(labels=[*HALVES], top=1200)
    vectors = last.vectors()
    noise = np.random.default_rng(0).standard_normal(vectors.shape).astype(np.float32) * float(vectors.std())
    half = np.array([HALVES[str(last.labels.of(i))] for i in range(len(last))])
    steps = []
    for at in x:
        a = np.broadcast_to(schedule(at, half), len(last)).astype(np.float32)[:, None]
        name = f"run/step-{at:.0f}"
        steps.append(hp.from_arrays((1 - a) * noise + a * vectors, last.vocabulary.texts, name=name))
    words = hp.packaged_lexicon().take(languages=["de", "en", "es", "fr", "ru", "uk"])
    return hp.track(steps, lexicon=words, k=10, minimum=100, resamples=200)


@pytest.fixture(scope="module")
def learnt() -> hp.Track:
    """Latin first, then Cyrillic."""
    return run_of(lambda x, half: 1 / (1 + np.exp(-(x - half) / 30)), tuple(100.0 * i for i in range(6)))


@pytest.fixture(scope="module")
def constant() -> hp.Track:
    """The same table at every step."""
    return run_of(lambda x, half: 0.7, (0.0, 1.0, 2.0))


def test_a_constant_run_says_nothing(constant: hp.Track) -> None:
    """No sentence is made of a run in which nothing changes, and no ribbon is drawn."""
    assert () == readings("mine", constant)
    assert (None, []) == moved_labels(constant)
    with pytest.raises(NotEnoughData, match="no script and no language"):
        draw_track_by_label(constant)


def test_sentences_say_what_is_first_with_interval(learnt: hp.Track) -> None:
    """The first sentence names a measure that comes first by the table of orders; all give intervals."""
    told = readings("mine", learnt)
    assert told
    assert told[0].startswith("In mine, ")
    assert "changes first" in told[0]
    assert all("95 % interval" in sentence for sentence in told)
    unsure = replace(learnt, order=tuple(replace(row, p_adjusted=0.2) for row in learnt.order))
    assert not any("changes first" in sentence for sentence in readings("mine", unsure))


def test_ribbon_is_earliest_first(learnt: hp.Track) -> None:
    """Latin, planted first, is above Cyrillic; the cells go from nothing to all of the change."""
    ax = draw_track_by_label(learnt, "overlap_last").axes[0]
    assert ["Latin", "Cyrillic"] == [text.get_text() for text in ax.get_yticklabels()]
    shades = [mesh.get_array().ravel() for mesh in ax.collections if mesh.get_array() is not None]
    assert all([0, 1] == pytest.approx([row[0], row[-2]]) for row in shades)
    own = Figure().subplots()
    assert draw_track_by_label(learnt, "overlap_last", ax=own) is own.figure


def test_early_checkpoints_make_the_axis_logarithmic(learnt: hp.Track) -> None:
    """Steps at equal ratios are drawn on a logarithmic axis that begins with 0, equal steps on a linear one."""
    from hyperpolyglot.figures import draw_track

    assert "linear" == draw_track(learnt, "norm").axes[0].get_xscale()
    x = (0.0, *(10.0**i for i in range(1, 6)))
    early = replace(learnt, steps=tuple(replace(s, x=at) for s, at in zip(learnt.steps, x, strict=True)))
    panel = draw_track(early, "norm").axes[0]
    assert "symlog" == panel.get_xscale()
    assert ["0", "100", "1k", "10k", "100k"] == [text.get_text() for text in panel.get_xticklabels()]


def test_section_is_there_only_if_it_was_run(study: Study, learnt: hp.Track) -> None:
    """Without a run there is no section, key or table; with one there are all; one that failed gives its reason."""
    assert [] == track_sections(study)
    assert "track" not in results(study)
    assert not {"steps"} & tables(study).keys()
    followed = replace(study, tracks={"mine": learnt, "lost": Absent("lost: too little.")})
    (chapter,) = [chapter for chapter in chapters(followed) if chapter.key == "training"]
    first, second = chapter.sections
    assert ("track", "track-2") == (first.key, second.key)
    assert {"Half-lives, all tokens"} <= {grid.title for grid in first.grids}
    assert ("lost: too little.",) == second.missing
    text = page(followed)
    assert "Checkpoints of mine" in text
    assert "lost: too little." in text
    found = results(followed)["track"]
    assert ["mine", "lost"] == [run["name"] for run in found]
    assert [*readings("mine", learnt)] == found[0]["verdict"]
    assert {"steps", "track_half_lives", "track_order"} <= tables(followed).keys()


def test_maps_are_shown_where_they_were_asked_for(study: Study, learnt: hp.Track) -> None:
    """A panel for each step that was laid out, with a caption that says how much stays; none by default."""
    assert () == learnt.maps
    with pytest.raises(NotEnoughData, match="--maps"):
        draw_track_maps(learnt)
    random = np.random.default_rng(0)
    steps = [
        MapStep(
            x=100.0 * i,
            model=f"step-{i}",
            ids=np.arange(50, dtype=np.int32),
            codes=np.arange(50, dtype=np.int32) % 2,
            labels=("Latn", "Cyrl"),
            points=random.standard_normal((50, 2)).astype(np.float32),
            stays=None if i == 0 else 0.25,
        )
        for i in range(4)
    ]
    drawn = draw_track_maps(replace(learnt, maps=tuple(steps)))
    assert ["step 0", "step 100", "step 200", "step 300"] == [ax.get_title("left") for ax in drawn.axes[:4]]
    assert ["Latin", "Cyrillic"] == [text.get_text() for text in drawn.legends[0].get_texts()]
    (section,) = track_sections(replace(study, tracks={"mine": replace(learnt, maps=tuple(steps))}))
    assert "25.0 %, 25.0 % and 25.0 % of the places" in section.pictures[-1].caption
