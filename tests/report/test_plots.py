"""Records on axes of a caller: their main panel, in any size, with names that stand apart."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

import hyperpolyglot as hp
from hyperpolyglot import figures
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.figures.style import model_colour
from hyperpolyglot.study.catalogue import JOINT, SINGLE

pytestmark = pytest.mark.filterwarnings("ignore:Glyph")
"""A machine that has no font for a script draws boxes."""


def on_a_page(size=(6.4, 2.4), layout="constrained"):
    """Two axes side by side, as in a figure of a paper; the second is the caller's own."""
    figure = Figure(figsize=size, layout=layout)
    first, second = figure.subplots(1, 2)
    second.plot([1, 2])
    second.set_xlabel("$x^2$")
    return figure, first, second


def extents(texts):
    """The boxes of texts on the page, those without letters left out."""
    return [text.get_window_extent() for text in texts if text.get_text() and text.get_visible()]


def assert_apart(texts):
    """No text lies on another by more than a pixel."""
    boxes = extents(texts)
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            upright = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert across <= 1 or upright <= 1, (one, other)


def names(axes):
    """Names beside rows, the title of the axis below, entries of the legend."""
    legend = axes.get_legend()
    entries = [] if legend is None else legend.get_texts()
    return [*in_view(axes.yaxis), axes.xaxis.label, *entries]


def in_view(axis):
    """The names or numbers on an axis that are drawn."""
    low, high = sorted(axis.get_view_interval())
    at = axis.get_majorticklocs()
    return [text for text, x in zip(axis.get_ticklabels(), at, strict=False) if low <= x <= high]


def assert_whole(figure):
    """Titles, names and legends of a figure lie inside it."""
    found = [text for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        found += [axes.title, axes.xaxis.label, axes.yaxis.label, *in_view(axes.xaxis), *in_view(axes.yaxis)]
    for box in extents(found):
        assert figure.bbox.x0 - 1 <= box.x0
        assert figure.bbox.y0 - 1 <= box.y0
        assert figure.bbox.x1 + 1 >= box.x1
        assert figure.bbox.y1 + 1 >= box.y1


@pytest.fixture(scope="module")
def records(study):
    """The record of every measure of the catalogue by its key."""
    single = {m.key: getattr(study.models[1], m.key) for m in SINGLE}
    return single | {m.key: getattr(study, m.key) for m in JOINT}


DRAWN = [m.key for m in (*SINGLE, *JOINT) if m.key != "relatedness"]
"""What labels by script have; the figure of relatedness is drawn in its own tests."""


@pytest.mark.parametrize("key", DRAWN)
@pytest.mark.parametrize("layout", ["constrained", None])
def test_the_record_of_every_measure_is_drawn_on_given_axes(records, key, layout):
    """The axes come back, hold something, names on them stand apart, and the other axes are left as they were."""
    figure, axes, other = on_a_page(layout=layout)
    before = [len(other.get_children()), other.xaxis.label.get_parse_math()]
    assert axes is records[key].plot(ax=axes)
    figure.draw_without_rendering()
    assert axes.collections or axes.images or axes.patches
    assert_apart(names(axes))
    assert before == [len(other.get_children()), other.xaxis.label.get_parse_math()]
    assert [axes, other] == [a for a in figure.axes if a.get_label() != "<colorbar>"]


@pytest.mark.parametrize("key", DRAWN)
def test_without_axes_a_figure_of_pyplot_is_made(records, key):
    """Notebooks show it, ``pyplot.savefig`` saves it; the axes of its main panel come back."""
    pyplot.close("all")
    try:
        axes = records[key].plot()
        assert axes.figure is pyplot.gcf()
        assert axes in axes.figure.axes
    finally:
        pyplot.close("all")


def test_the_main_panel_of_languages_is_what_models_are_ranked_by(records):
    """Of four panels, lent axes and the returned ones show translation of all questions."""
    try:
        own = records["languages"].plot()
        _, axes, _ = on_a_page()
        assert own.get_title(loc="left") == records["languages"].plot(ax=axes).get_title()
        assert "of all questions" in axes.get_title()
    finally:
        pyplot.close("all")


def test_a_study_is_drawn_as_its_maps(study):
    """On lent axes, as that of its first model."""
    _, axes, _ = on_a_page()
    assert axes is study.plot(ax=axes)
    assert axes.collections
    with pytest.raises(NotEnoughData, match="no map"):
        replace(study, models=()).plot(ax=axes)


def test_what_cannot_be_drawn_is_said(study, records):
    """A record without a figure, one with nothing in it, axes that are none, a keyword that there is not."""
    _, axes, _ = on_a_page()
    with pytest.raises(TypeError, match=r"^Inspection has no figure; there are figures of Census, "):
        study.models[0].inspection.plot(ax=axes)
    with pytest.raises(NotEnoughData, match=r"^Separability: there is nothing to draw\.$"):
        replace(records["separability"], labels=()).plot(ax=axes)
    with pytest.raises(TypeError, match=r"takes axes of matplotlib, not int\.$"):
        records["census"].plot(ax=3)
    with pytest.raises(TypeError, match="colour"):
        records["census"].plot(ax=axes, colour="red")


def test_style_is_for_the_figure_or_for_matplotlib(records):
    """Keywords of the function that draws, and settings with a dot, which hold for this figure only."""
    _, axes, _ = on_a_page()
    before = mpl.rcParams["axes.titlesize"]
    records["census"].plot(ax=axes, most=2, **{"xtick.labelsize": 3, "axes.labelsize": 4})
    assert 2 == len(axes.get_yticks())
    assert before == mpl.rcParams["axes.titlesize"]


def test_lent_axes_keep_the_look_of_their_owner(records):
    """Fonts and frames of the caller hold, where a figure of our own has the project's."""
    with mpl.rc_context({"font.family": ["serif"], "axes.spines.top": True}):
        _, axes, _ = on_a_page()
        records["diversity"].plot(ax=axes)
    assert ["serif"] == axes.xaxis.label.get_fontfamily()
    assert axes.spines["top"].get_visible()


def test_dollars_on_lent_axes_are_dollars(tmp_path):
    """A label of the user's is no formula there either, and a caller's own title stays one."""
    vectors = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)
    space = hp.from_arrays(vectors, [f"w{i}" for i in range(40)], name="m")
    space = space.relabel(lambda token: ["$x^2$", "$y$"][int(token[1:]) % 2])
    figure, axes, _ = on_a_page()
    axes.set_title("$a^2$")
    hp.census([space]).plot(ax=axes)
    figure.savefig(tmp_path / "a.png")
    assert {"$x^2$", "$y$"} == {text.get_text() for text in axes.get_yticklabels()}
    assert not any(text.get_parse_math() for text in axes.get_yticklabels())
    assert axes.title.get_parse_math()


@pytest.fixture(scope="module")
def of_labels():
    """Measures of a small model whose tokens have so many labels."""

    def measured(labels: int):
        random = np.random.default_rng(labels)
        sizes = 40 * labels
        vectors = random.standard_normal((sizes, 8)).astype(np.float32)
        space = hp.from_arrays(vectors, [f"w{i}" for i in range(sizes)], name="m")
        space = space.relabel(lambda token: f"Label {int(token[1:]) % labels}")
        found = {"census": hp.census([space]), "diversity": hp.diversity(space, k=10)}
        if labels > 1:
            found["separability"] = hp.separability(space, minimum=20, folds=2)
            found["silhouette"] = hp.silhouette(space, minimum=20, permutations=2)
        return found

    return measured


@pytest.mark.parametrize("labels", [1, 2, 24])
def test_names_of_few_and_of_many_labels_stand_apart(of_labels, labels):
    """In figures of our own and on small axes: one label, two, and two dozen; nothing is cut off."""
    found = of_labels(labels)
    own = [("m", found["diversity"])]
    drawn = [
        figures.draw_census(found["census"]),
        figures.draw_diversity(own),
        figures.draw_diversity_by_label(own),
        figures.draw_mixing(found["diversity"]),
    ]
    if labels > 1:
        drawn.append(figures.draw_separability([("m", found["separability"])]))
        drawn.append(figures.draw_silhouette([("m", found["silhouette"])]))
    for figure in drawn:
        figure.draw_without_rendering()
        assert_whole(figure)
        for axes in figure.axes:
            assert_apart([*in_view(axes.yaxis), axes.xaxis.label])
    for record in found.values():
        figure, axes, _ = on_a_page((5, 2))
        record.plot(ax=axes)
        figure.draw_without_rendering()
        assert_apart(names(axes))
        assert 1 <= len(axes.get_yticklabels())


@pytest.mark.parametrize("languages", [2, 30])
def test_heat_maps_of_two_and_of_thirty_languages_are_read(languages):
    """Names beside rows and the scale's stand apart, and letters have five points at least in a figure of our own."""
    values = np.random.default_rng(0).random((languages, languages))
    titles = [f"Language {i}" for i in range(languages)]
    for chance in (0.01, 0.1):
        figure = figures.draw_translation(titles, values, most=40, chance=chance, title="a model")
        figure.draw_without_rendering()
        assert_whole(figure)
        axes, scale = figure.axes
        assert languages == len(axes.get_yticklabels())
        for texts in (axes.get_yticklabels(), scale.get_yticklabels()):
            assert_apart(texts)
            assert 5 <= min(text.get_fontsize() for text in texts)
    figure, axes, _ = on_a_page((7, 3))
    figures.draw_translation(titles, values, chance=0.1, ax=axes)
    figure.draw_without_rendering()
    assert_apart(axes.get_yticklabels())


def test_axes_show_what_the_figure_shows(records):
    """The numbers on lent axes are those of the main panel of the whole figure."""
    _, axes, _ = on_a_page((8, 4))
    found = records["separability"]
    found.plot(ax=axes)
    shown = [c.get_offsets().data[:, 0].tolist() for c in axes.collections if hasattr(c, "get_sizes")]
    assert [row.accuracy for row in found.labels] in shown
    assert model_colour(0) == mpl.colors.to_hex(axes.collections[-1].get_facecolor()[0])


def test_every_figure_takes_axes():
    """``ax=`` is a keyword of every function that draws."""
    for name in figures.__all__:
        if name.startswith("draw_"):
            assert "ax" in inspect.signature(getattr(figures, name)).parameters, name


def test_matplotlib_is_imported_when_something_is_drawn():
    """A record is made without it."""
    code = (
        "import sys, hyperpolyglot as hp; hp.census([hp.open_model('demo:meaning')]); "
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
