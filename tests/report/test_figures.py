"""Figures hold the numbers of their records, chance beside each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.font_manager import fontManager
from scipy.stats import binom

from hyperpolyglot import figures
from hyperpolyglot.figures.fonts import _NO_CHARACTER, families_for
from hyperpolyglot.figures.style import model_colour, model_marker
from hyperpolyglot.figures.translations import shown_languages
from hyperpolyglot.measures.comparison import CompareOptions, compare
from hyperpolyglot.sources import title_of


def dots(axes):
    """x of the dots of each series with a name, in the order of the rows."""
    return {
        c.get_label(): c.get_offsets().data[:, 0].tolist()
        for c in axes.collections
        if not str(c.get_label()).startswith("_")
    }


def bars(axes):
    """x of the bars for chance, series after series."""
    found = []
    for c in axes.collections:
        grey = hasattr(c, "get_offsets") and str(c.get_label()).startswith("_") and len(c.get_offsets())
        if grey and c.get_paths() and type(c).__name__ == "PathCollection":
            found += c.get_offsets().data[:, 0].tolist()
    return found


def lines(axes):
    """(low, high) of the intervals, series after series."""
    found = []
    for c in axes.collections:
        if type(c).__name__ == "LineCollection":
            found += [(path.vertices[0, 0], path.vertices[-1, 0]) for path in c.get_paths()]
    return found


def titles(axes):
    return [text.get_text() for text in axes.get_yticklabels()]


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_translation_scores(study):
    """Four panels, three candidate sets and the baseline: values, intervals and chance as in the records."""
    named = [(m.space.model, m.translate) for m in study.models]
    figure = figures.draw_translation_scores(named)
    for axes, metric in zip(figure.axes, ("p1", "p5", "p10", "mrr"), strict=True):
        for model, found in named:
            scores = [found.overall[key]["csls"][metric] for key in ("weak", "script", "strong")]
            scores.append(found.baselines["frequency_rank"][metric])
            assert [s["value"] for s in scores] == dots(axes)[title_of(model)]
            for score in scores:
                assert score["chance"] in bars(axes)
                assert tuple(score["interval"]) in lines(axes)
    assert 1.0 == dots(figure.axes[0])[title_of(named[1][0])][0]


def test_heat_maps_of_translation(study):
    """Cells are P@1 by script and by language, chance is marked on the scale, few questions are left out."""
    found = study.models[1].translate
    names, values = found.matrix("script")
    figure = figures.draw_translation(names, values, chance=1 / 60, title="a model")
    axes, scale = figure.axes
    np.testing.assert_array_equal(values, axes.images[0].get_array().filled(np.nan))
    assert "by chance 1.7 %" in [text.get_text() for text in scale.get_yticklabels()]
    assert "a model" == axes.get_title(loc="left")
    figure = figures.draw_translation_by_language(found)
    shown = figure.axes[0].images[0].get_array().filled(np.nan)
    assert np.isnan(np.diag(shown)).all()
    assert (shown[~np.eye(4, dtype=bool)] == 1).all()
    few = replace(found, pairs=tuple(row | {"questions": 9} for row in found.pairs))
    assert figures.draw_translation_by_language(few).axes[0].images[0].get_array().mask.all()


def test_hub_languages(study):
    """A dot for what a language draws, a bar for its share of the foreign words."""
    named = [(m.space.model, m.translate) for m in study.models]
    for axes, (model, found) in zip(figures.draw_hub_languages(named).axes, named, strict=True):
        assert [row["attraction"] for row in found.hubs] == dots(axes)[title_of(model)]
        assert [row["expected"] for row in found.hubs] == bars(axes)


def test_languages(study):
    """Four panels; every language's coverage, pieces and matched translation with interval and chance."""
    found = study.languages
    models = [m.space.model for m in study.models]
    figure = figures.draw_languages(found, models)
    tags = shown_languages(found)
    assert {"en", "ru", "el", "zh"} == set(tags)
    for model in models:
        rows = [next(row for row in found.by_language[tag] if row.model == model) for tag in tags]
        panels = [dots(axes)[title_of(model)] for axes in figure.axes]
        assert [row.coverage for row in rows] == panels[0]
        assert [row.pieces_per_word for row in rows] == panels[1]
        assert [row.translation["matched"]["value"] for row in rows] == panels[2]
        assert [row.translation["matched"]["all"] for row in rows] == panels[3]
        assert {row.translation["matched"]["chance"] for row in rows} <= set(bars(figure.axes[2]))
    assert "Greek" == titles(figure.axes[0])[tags.index("el")]
    assert "Russian · Cyrillic" == titles(figure.axes[0])[tags.index("ru")]


def test_one_language_of_every_script_comes_first(study):
    """However few are shown, every script has one; the rest are the best covered."""
    found = study.languages
    assert 4 == len({found.scripts[tag] for tag in shown_languages(found, 4)})
    assert 1 == len(shown_languages(found, 1))


def test_agreements(study):
    """Each cell says the value and what chance gives, the canonical cosine not as a share."""
    found = study.compare
    near, first = (found.pairs[0].measures[name] for name in ("neighbor_overlap", "canonical_first"))
    said = texts(figures.draw_agreements(found))
    assert 2 == said.count(f"{100 * near.value:.1f} %\nby chance\n{100 * near.null:.1f} %")
    assert 2 == said.count(f"{first.value:.2f}\nby chance\n{first.null:.2f}")
    assert (2, 2) == (said.count("100 %"), said.count("1.00"))


def test_curves(study):
    """Overlap over k and the spectrum as lines of one colour, chance dashed."""
    (pair,) = study.compare.pairs
    near, angles = figures.draw_curves(study.compare).axes
    curve = pair.measures["neighbor_overlap"].details["curve"]
    solid, dashed = near.lines[:2]
    assert [row["value"] for row in curve if row["value"]] == list(solid.get_ydata())
    assert [row["null"] for row in curve] == list(dashed.get_ydata())
    assert ("--", model_colour(0)) == (dashed.get_linestyle(), dashed.get_color())
    np.testing.assert_array_equal(pair.spectrum, angles.lines[0].get_ydata())
    assert [pair.measures["canonical_first"].null] * 2 == list(angles.lines[1].get_ydata())


def test_agreement_by_label(study):
    """Three measures of each label; chance for neighbours is that within the label."""
    (pair,) = study.compare.pairs
    figure = figures.draw_agreement_by_label(study.compare)
    rows = {row.label: row for row in pair.by_label}
    order = sorted(rows, key=lambda label: (-rows[label].tokens, label))
    for axes, name in zip(figure.axes, ("neighbor_overlap", "cka", "rsa"), strict=True):
        (shown,) = dots(axes).values()
        measures = [rows[label].measures[name] for label in order]
        assert [m.value for m in measures] == shown
        assert [m.details.get("within", m.null) for m in measures] == bars(axes)
        assert [m.interval for m in measures if m.interval] == lines(axes)


def test_deciles(study):
    """Means by tenth of frequency with intervals; chance is a dashed line."""
    found = [m.explain for m in study.models]
    (axes,) = figures.draw_deciles(found, "scripts").axes
    for i, one in enumerate(found):
        container = axes.containers[i]
        assert [tenth.mean for tenth in one.frequency.deciles] == list(container.lines[0].get_ydata())
    dashed = [
        line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--" and len(line.get_ydata())
    ]
    assert [one.subspaces.effects[0].expected for one in found] == dashed


def test_hubness(study):
    """The share of tokens met at least so often, and the binomial's."""
    found = study.models[0].explain
    (axes,) = figures.draw_hubness([found]).axes
    seen, dashed = axes.lines[:2]
    counts, at = found.hubness.occurrences, seen.get_xdata()
    assert [float((counts >= n).mean()) for n in at] == pytest.approx(list(seen.get_ydata()))
    share = found.hubness.k / (len(counts) - 1)
    expected = [1 - binom.cdf(n - 1, found.hubness.queries, share) for n in at]
    assert expected == pytest.approx(list(dashed.get_ydata()), abs=1e-12)


def test_removal(study):
    """Probe, diversity and neighbours kept after every removal, each with its chance."""
    found = [m.explain for m in study.models]
    figure = figures.draw_removal(found, "scripts")
    for one in found:
        effects = one.subspaces.effects
        panels = [dots(axes)[title_of(one.model)] for axes in figure.axes]
        assert [e.accuracy for e in effects if e.accuracy is not None] == panels[0]
        assert [e.diversity for e in effects] == panels[1]
        assert [e.kept for e in effects] == panels[2]
        assert {e.expected for e in effects} <= set(bars(figure.axes[1]))
    assert {found[0].subspaces.effects[0].k / 239} == set(bars(figure.axes[2]))


def test_removal_shows_translation_where_it_is_known(study):
    """Scores after each removal become a panel of their own."""
    found = study.models[0].explain
    effects = tuple(
        replace(e, translation={"p1": {"value": i / 10, "interval": [0.0, 1.0], "chance": 0.02}})
        for i, e in enumerate(found.subspaces.effects)
    )
    figure = figures.draw_removal([replace(found, subspaces=replace(found.subspaces, effects=effects))])
    (shown,) = dots(figure.axes[3]).values()
    assert [i / 10 for i in range(len(effects))] == shown
    assert [0.02] * len(effects) == bars(figure.axes[3])


def test_undertrained(study):
    """Only labels with an under-trained token are drawn; the bar is the share over all."""
    found = study.models[0].explain
    part = found.undertrained
    mask = np.zeros(len(part.mask), bool)
    mask[:6] = True
    rows = tuple(
        replace(row, tokens=100, undertrained=6 * (row.label == "Latn"), share=0.06 * (row.label == "Latn"))
        for row in part.by_label
    )
    figure = figures.draw_undertrained([replace(found, undertrained=replace(part, mask=mask, by_label=rows))])
    (shown,) = dots(figure.axes[0]).values()
    assert (["Latin"], [0.06]) == (titles(figure.axes[0]), shown)
    assert [6 / part.tokens] == bars(figure.axes[0])


def test_mixing_has_a_row_for_chance(study):
    """The last row is each label's share of the tokens."""
    found = study.models[0].diversity
    shown = figures.draw_mixing(found).axes[0].images[0].get_array() ** 2
    assert [0.25] * 4 == pytest.approx(shown[-1].tolist())
    assert (np.diag(shown) > 0.9).all()


def test_three_models_make_three_pairs(study):
    """Heat maps and curves take any number of models."""
    spaces = [m.space for m in study.models]
    third = replace(spaces[0], model="third")
    found = compare([*spaces, third], CompareOptions(k=5, permutations=0, test_rows=100))
    said = texts(figures.draw_agreements(found))
    assert 2 * 9 == len(said)
    assert 3 == said.count("100 %")
    assert 2 == sum(text.startswith("100 %\nby chance") for text in said)
    markers = [line.get_marker() for line in figures.draw_curves(found).axes[0].lines]
    assert ["o", "s", "^"] == [marker for marker in markers if marker != "None"]


def test_overlap_shows_the_share_of_latin(study):
    """Left the overlap of every two vocabularies, right the share of Latin in it, none for a model with itself."""
    (pair,) = study.overlap.pairs
    shared, latin = figures.draw_overlap(study.overlap).axes
    np.testing.assert_array_equal([[1, pair.overlap], [pair.overlap, 1]], shared.images[0].get_array())
    assert ["–", "25.0 %", "25.0 %", "–"] == [text.get_text() for text in latin.texts]
    assert 0.25 == pair.latin_share


def test_islands_have_names_and_a_mixed_cloud_has_none(study):
    """A label's name stands above its tokens where they keep together; where all are mixed, no name stands."""
    space, made = study.models[0].space, study.models[0].map
    corners = np.array([[0, 0], [9, 0], [0, 9], [9, 9]], np.float32)
    apart = replace(made, points=corners[space.labels.codes[made.rows]] + made.points * np.float32(0.1))
    figure = figures.draw_map([(space, apart), (space, replace(made, points=made.points * np.float32(0.1)))])
    islands, cloud = ([text.get_text() for text in axes.texts] for axes in figure.axes)
    assert {"Latin", "Cyrillic", "Greek", "Han"} == set(islands)
    assert [] == cloud


def test_neighbourhoods(study):
    """Tokens with their cosines, the nearest first."""
    found = study.models[1].neighbors
    query = found.to_json()["queries"][0]
    axes = figures.draw_neighborhoods(found).axes[0]
    assert [n["token"] for n in query["neighbors"]] == titles(axes)
    drawn = np.concatenate([c.get_offsets().data for c in axes.collections if len(c.get_offsets())])
    shown = dict(zip(drawn[:, 1].astype(int).tolist(), drawn[:, 0].tolist(), strict=True))
    assert [n["similarity"] for n in query["neighbors"]] == [shown[i] for i in range(len(shown))]


@pytest.mark.parametrize("millimetres", [120, 180])
def test_widths_are_those_of_a_journal(study, millimetres):
    """Figures are one and a half columns wide, or two, in every format."""
    drawn = {120: figures.draw_hubness([study.models[0].explain]), 180: figures.draw_census(study.census)}
    assert millimetres == pytest.approx(25.4 * drawn[millimetres].get_figwidth())


def test_files_of_figures(study, tmp_path):
    """PDF holds TrueType fonts, SVG its text as text, PNG 300 dots to the inch; always the same bytes."""
    figure = figures.draw_census(study.census)
    for suffix in figures.IMAGE_SUFFIXES:
        for name in ("a", "b"):
            figures.save(figure, tmp_path / f"{name}{suffix}")
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert b"/FontFile2" in (tmp_path / "a.pdf").read_bytes()
    assert b"/Type3" not in (tmp_path / "a.pdf").read_bytes()
    assert ">Cyrillic</text>" in (tmp_path / "a.svg").read_text("utf8")
    header = (tmp_path / "a.png").read_bytes()[16:24]
    assert round(300 * 180 / 25.4) == pytest.approx(int.from_bytes(header[:4]), abs=1)


def test_every_character_that_an_installed_font_has_is_drawn(tmp_path):
    """What the usual font lacks comes from others of this machine; what none has is a box, without a warning."""
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties, findfont, get_font

    needed = "アメリカ물पानी"
    families = families_for(needed)
    charmaps = [get_font(findfont(FontProperties(family=[name]))).get_charmap() for name in families]
    assert not any(_NO_CHARACTER in charmap for charmap in charmaps), "a font of placeholders draws boxes"
    known = [c for c in needed if any(ord(c) in charmap for charmap in charmaps)]
    anywhere = any(
        ord("물") in get_font(entry.fname).get_charmap()
        for entry in fontManager.ttflist
        if "CJK" in entry.name
    )
    assert not anywhere or "물" in known
    assert [] == families_for("plain Ελληνικά Кириллица ▁")
    figure = Figure((2, 1))
    figure.text(0.1, 0.5, f"{needed} \U0001e2c0 \uebff")
    figures.save(figure, tmp_path / "a.png")


def test_models_are_told_apart_in_grey():
    """Next to each other in order, models differ in lightness or in the shape of their marks."""
    assert 6 == len({model_marker(i) for i in range(6)})
    first, second = (np.dot([0.2126, 0.7152, 0.0722], to_rgb(model_colour(i))) for i in range(2))
    assert abs(first - second) > 0.15
