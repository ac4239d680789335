"""The page says what was found, with chance beside it, and what could not be measured."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
from urllib.parse import quote

import numpy as np
import pytest
from scipy.stats import hypergeom

from hyperpolyglot.figures.style import INK, ON_LIGHT
from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.translation import TranslateOptions
from hyperpolyglot.report.answers import answers
from hyperpolyglot.report.content import Grid, present
from hyperpolyglot.report.links import explorer_address
from hyperpolyglot.report.numbers import results, tables
from hyperpolyglot.report.overview import scales
from hyperpolyglot.report.page import chapters, page, with_content
from hyperpolyglot.report.sections.comparison import maps_above
from hyperpolyglot.report.sections.mixing import mixing_grids
from hyperpolyglot.report.sections.paper import paper_figures
from hyperpolyglot.report.summary import summary
from hyperpolyglot.sources import title_of
from hyperpolyglot.store import Store
from hyperpolyglot.study import Absent, StudyOptions, run_study
from tests.conftest import planted_pieces, unigram
from tests.report.conftest import LAYOUTS, OPTIONS

EXPECTED = {
    "overview": ["map", "example"],
    "writing-systems": ["separability", "silhouette", "diversity", "diversity-by-label", "mixing"],
    "translations": [
        *("translate", "meanings", "translate-scripts", "translate-languages"),
        *("translate-kinds", "translate-hubs"),
    ],
    "served": ["languages", "fertility"],
    "reasons": ["frequency", "undertrained", "hubness", "geometry", "removal", "tables"],
    "training": [],
    "applications": [],
    "models-compared": ["compare", "compare-by-label", "compare-maps"],
    "vocabulary": ["census", "overlap"],
    "neighbourhoods": ["neighbors"],
}


def by_key(study):
    return {section.key: section for chapter in chapters(study) for section in chapter.sections}


@pytest.fixture(scope="module")
def sections(study):
    return by_key(study)


@pytest.fixture(scope="module")
def document(study):
    return page(study)


def said(section):
    return " ".join((*section.reading, *section.missing))


def text_of(document):
    """What a reader of the page reads, figures included, styles not."""
    plain = re.sub(r"<(style|script).*?</\1>", "", document, flags=re.S)
    return re.sub(r"[\s\N{NO-BREAK SPACE}]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", plain)))


def test_every_result_has_its_section(study, document):
    """Chapters and sections stand in the order that the contents show; what shows nothing is a reason at the end."""
    made = chapters(study)
    assert EXPECTED == {c.key: [s.key for s in c.sections] for c in made}
    kept, reasons = with_content(made)
    empty = {s.key for c in made for s in c.sections} - {s.key for c in kept for s in c.sections}
    assert {"tables"} == empty
    assert 'id="tables"' not in document
    for reason in reasons:
        assert html.escape(reason, quote=False) in document
    assert 'id="training"' not in document
    for chapter, keys in ((chapter, keys) for chapter, keys in EXPECTED.items() if keys):
        for key in (chapter, *(key for key in keys if key not in empty)):
            assert f'id="{key}"' in document
            assert f'href="#{key}"' in document or [key] == keys


def _centred_to(after):
    """What the scales read of an explanation: probes of 90 %, and of so many after centring."""
    before, after = (SimpleNamespace(accuracy=value, chance=0.5) for value in (0.9, after))
    effects = (
        SimpleNamespace(removal="none", **vars(before)),
        SimpleNamespace(removal="centring", **vars(after)),
    )
    return SimpleNamespace(subspaces=SimpleNamespace(effects=effects))


def test_the_first_screen_has_every_model_on_four_scales(study, document):
    """Separability, what is left after centring, mixing, translation: values and chance are those of the measures."""
    assert ["separability", "diversity", "translate"] == [s.key for s in scales(study)], (
        "too few tokens to centre"
    )
    study = replace(study, models=tuple(replace(m, explain=_centred_to(0.75)) for m in study.models))
    found = {scale.key: scale for scale in scales(study)}
    assert ["separability", "removal", "diversity", "translate"] == list(found)
    assert {(0.5, 0.0, "90.0 % → 75.0 %")} == {(p.at, p.chance, p.text) for p in found["removal"].places}
    del found["removal"]
    for scale in found.values():
        assert [title_of(m.space.model) for m in study.models] == [place.model for place in scale.places]
        assert all(0 <= place.at <= 1 and 0 <= place.chance <= 1 for place in scale.places)
        assert 1 == document.count(f'id="scale-{scale.key}"')
    for i, model in enumerate(study.models):
        accuracy = max(0.5, model.separability.mean_accuracy)
        assert accuracy == pytest.approx(0.5 + found["separability"].places[i].at / 2)
        assert 0.0 == found["separability"].places[i].chance
        assert model.translate.headline["value"] == pytest.approx(found["translate"].places[i].at)
    assert ("mT5-XL 93.3 %", "XLM-R-XL 99.2 %") == tuple(m.name for m in found["separability"].marks)
    assert () == found["diversity"].marks, "the paper's means are of 50 neighbours"


def test_the_example_has_most_known_translations(study, sections):
    """The neighbourhood of the first screen is one of those below, and none has more."""
    ((name, (shown,)),) = sections["example"].examples
    assert shown in dict(sections["meanings"].examples)[name]
    most = max(q.known_translations for m in study.models for q in m.meanings.queries)
    assert f"{most} of " in shown.about[1]


_WITHOUT_CHANCE = ("census", "overlap", "map", "undertrained", "tables", "languages", "fertility")


def test_chance_is_in_every_figure_and_sentence_that_has_one(sections):
    """Only counts of tokens and shared spellings have no chance level, and they say so; every caption tells."""
    for key, section in sections.items():
        for picture in section.pictures:
            assert re.search("chance|guessing|if there were none|byte-level", picture.caption), key
            assert f'aria-label="{html.escape(picture.caption)}"' in picture.svg
            if key not in ("census", "overlap", "map", "fertility"):
                assert re.search(r"chance|if they were spread evenly", picture.svg), key
        if section.reading and key not in _WITHOUT_CHANCE:
            assert re.search("chance|guessing|nothing to explain", said(section)), key
        if key in ("census", "overlap"):
            assert "no chance level" in section.pictures[0].caption
    assert "about 0.5" in said(sections["map"])


def test_planted_truth_is_what_the_page_says(study, sections):
    """The first model keeps scripts apart, the second brings translations together; the sentences say it."""
    found = sections
    first = title_of(study.models[0].space.model)
    apart, together = found["translate"].reading[1], found["translate"].reading[3]
    assert together.startswith("Words find their translations in ")
    assert re.search(
        r"first for 100 % of the questions \(95 % interval 9\d(\.\d)?–100 %; chance 1.7 %\)", together
    )
    assert not apart.startswith("Words find")
    assert "240 words in 4 languages for 60 concepts; 240 of them (100 %)" in said(found["translate"])
    assert "Clear winners" in said(found["languages"])
    assert "for 4 languages" in said(found["languages"])
    assert "share 240 tokens" in said(found["compare"])
    assert re.search(r"; p (≤ )?[01]\.\d", said(found["compare"]))
    assert re.search(
        r"P@1 of \d+ questions between the words of 4 languages goes from", said(found["removal"])
    )
    assert summary(study).startswith(f"{title_of(study.models[0].space.model)} keeps scripts apart: ")
    assert f"{title_of(study.models[1].space.model)} mixes scripts: " in summary(study)
    assert first in said(found["removal"])
    assert 2 == len(summary(study).split("\n\n"))
    assert "Words are translated correctly (P@1) for 100 % of the questions" in summary(study)


def test_a_clear_winner_is_above_chance(study):
    """A model that is better than another, and no better than chance, wins no language."""
    names = [m.space.model for m in study.models]
    first, ties = study.languages.clear_winners(names)
    assert (4, 0) == (sum(first.values()), ties)
    by_chance = {
        tag: tuple(
            replace(
                row, translation=row.translation | {"matched": row.translation["matched"] | {"chance": 1.0}}
            )
            for row in rows
        )
        for tag, rows in study.languages.by_language.items()
    }
    first, ties = replace(study.languages, by_language=by_chance).clear_winners(names)
    assert (0, 4) == (sum(first.values()), ties)


def test_maps_are_tested_against_chance(study):
    """A map that finds as many tokens as chance gives is not above it; one that finds all is."""
    pair = study.compare.pairs[0]
    row = pair.maps[0] | {"tested": 200}
    at_chance, sure = (row | {"p10": {"value": value, "chance": 0.05}} for value in (0.06, 1.0))
    assert 1 == maps_above(replace(pair, maps=(at_chance, at_chance, sure)))


def test_no_warning_without_a_demo_model(sections, document):
    """Only demo models are asked about held-out concepts."""
    assert "" == sections["translate"].warning
    assert "demo models" not in text_of(document)


def test_the_page_is_one_document_with_names_of_its_own(document):
    """No name is given twice, and every reference within the page has its target."""
    names = re.findall(r'\bid="([^"]+)"', document)
    assert [] == [name for name in set(names) if names.count(name) > 1]
    for target in re.findall(r'(?:href="#|url\(#)([^")]+)', document):
        assert target in names, target
    assert "<text" in document
    assert re.search(r"\d %", document) is None


def test_figures_and_tables_are_numbered_in_their_order(study, document, sections):
    """Every figure and table of every section has the next number, and the index of the paper's figures names it."""
    figures = [int(n) for n in re.findall(r"<figcaption><b>Figure (\d+)\.</b>", document)]
    tables = [int(n) for n in re.findall(r"<b>Table (\d+)\.</b>", document)]
    assert list(range(1, 1 + sum(len(s.pictures) for s in sections.values()))) == figures
    assert list(range(1, 3 + sum(len(s.grids) for s in sections.values()))) == tables
    for one in paper_figures(study):
        link = re.search(
            rf'<th scope="row">{one.number} .*?<a href="#([^"]+)">(Figure \d+|lists)</a>', document, re.S
        )
        assert one.section == link.group(1)
        if one.section != "neighbors":
            section = document[document.index(f'<section id="{one.section}">') :]
            assert link.group(2) == re.search(r"Figure \d+", section[section.index("<figcaption>") :]).group()


def test_the_papers_figures_are_all_told(study, vocabulary_alone, words, tmp_path):
    """Nine figures in order, each with ours, the paper's own, or why it is absent; no value of the paper is ours."""
    found = paper_figures(study)
    assert list(range(1, 10)) == [one.number for one in found]
    assert all(one.found and one.published and not one.absent for one in found)
    assert not any("published" in line for one in found for line in one.found)
    near = study.compare.pairs[0].measures["neighbor_overlap"]
    assert f"{10 * near.value:.1f} of 10 (chance {10 * near.null:.1f})" in found[6].found[0]
    alone = paper_figures(run_study([vocabulary_alone], OPTIONS, Store(tmp_path), lexicon=words))
    assert not any(one.found for one in alone)
    assert all(one.absent.endswith(".") for one in alone)


def test_a_model_of_the_paper_has_its_published_numbers(study):
    """Only the repository that the paper measured is set beside what was published of it."""
    first = study.models[0]
    known = replace(first, space=replace(first.space, model="google/mt5-xl"))
    found = paper_figures(replace(study, models=(known, study.models[1])))
    assert "; published 93.32 %" in found[2].found[0]
    assert "; published 7.61 ± 4.24" in found[4].found[0]
    assert not any("published" in one.found[1] for one in (found[2], found[4]))


def test_who_neighbours_whom_in_the_papers_form(study):
    """Labels by their mean count where there is one, with the hypergeometric mean of counts that are not 0."""
    first = study.models[0]
    (grid,) = mixing_grids([(first, first.diversity)], "script")
    (latin, published) = [row for row in grid.rows if row[0] in ("Latin", "LATIN")]
    pair = next(p for p in first.diversity.pairs if (p.a, p.b) == ("Latn", "Latn"))
    drawn = hypergeom(239, 59, 20)
    counts = np.arange(1, 21)
    chance = (counts * drawn.pmf(counts)).sum() / drawn.pmf(counts).sum()
    assert latin[2].startswith(f"Latin {pair.mean_if_any:.1f} ({chance:.1f})")
    assert ("mT5-XL, as published", "LATIN, CYRILLIC, S, CJK") == (published[1], published[2][:23])


def test_vocabularies_alone_share_a_sentence(study, vocabulary_alone):
    """Several models without vectors are named once, in one sentence."""
    other = replace(vocabulary_alone, model="another")
    alone = [replace(study.models[0], space=s, diversity=Absent("-")) for s in (vocabulary_alone, other)]
    found, reasons = present(alone, lambda m: m.diversity)
    assert [] == found
    (reason,) = reasons
    assert reason.endswith(" and another are vocabularies alone: they have no vectors to measure.")


def test_tokens_lead_into_an_explorer(study, document):
    """With an explorer's address every token of the lists is a link to its view there; without, none is."""
    assert 'class="chip' in document
    assert "#model=" not in document
    missing = Absent("It is not looked at here.")
    parts = ("separability", "diversity", "map", "explain")
    models = tuple(replace(m, **dict.fromkeys(parts, missing)) for m in study.models)
    linked = page(replace(study, models=models, compare=missing, languages=missing), "../map/index.html")
    (query,) = study.models[0].neighbors.to_json()["queries"][:1]
    state = f"model={quote(study.models[0].space.model)}&token={query['neighbors'][0]['id']}"
    assert f'href="../map/index.html#{html.escape(state)}"' in linked
    tokens = sum(1 + len(q["neighbors"]) for m in study.models for q in m.neighbors.to_json()["queries"])
    tokens += sum(1 + len(q.neighbors) for m in study.models for q in m.meanings.queries)
    tokens += 1 + 20  # the example neighbourhood
    assert tokens == linked.count("../map/index.html#model=")


def test_an_explorer_is_an_address_or_an_exported_folder(tmp_path):
    """A folder becomes a link from the report's own folder; what is neither has no address."""
    (tmp_path / "my map").mkdir()
    assert explorer_address(str(tmp_path / "my map"), tmp_path / "report") is None
    (tmp_path / "my map" / "index.html").write_text("")
    assert "../my%20map/index.html" == explorer_address(str(tmp_path / "my map"), tmp_path / "report")
    assert "https://example.org/x/" == explorer_address("https://example.org/x/#old", tmp_path)
    assert explorer_address("javascript:alert(1)", tmp_path) is None


def test_the_page_runs_its_own_script_alone(document):
    """The policy names the digest of the one script there is."""
    (script,) = re.findall(r"<script>(.*?)</script>", document, re.S)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'; style-src" in document
    assert "default-src 'none'" in document


def test_figures_follow_a_dark_theme(sections):
    """Ink and model colours are variables of the page; text within light cells keeps its ink."""
    for section in sections.values():
        for picture in section.pictures:
            assert f"fill: {INK}" not in picture.svg
            assert "var(--ink)" in picture.svg
    assert "var(--model-1)" in sections["separability"].pictures[0].svg
    assert f"fill: {ON_LIGHT}" in sections["compare"].pictures[0].svg


def test_every_table_has_its_rows(study):
    """Tables stand under stable names, and rows of one table share their columns."""
    found = tables(study)
    assert {
        *(
            "census",
            "overlap",
            "separability",
            "silhouette",
            "diversity",
            "diversity_pairs",
            "neighbors",
            "map",
        ),
        *("translate", "translate_coverage", "translate_pairs", "translate_scripts"),
        *("translate_kinds", "translate_hubs", "meanings", "languages"),
        *("compare", "compare_maps"),
        *("explain", "explain_frequency", "explain_undertrained", "explain_hubs", "explain_geometry"),
        "explain_subspaces",
    } <= found.keys()
    assert 2 * (3 * 2 + 1) * 4 == len(found["translate"])
    assert {"model", "candidates", "method", "measure", "value", "low", "high", "chance"} <= found[
        "translate"
    ][0].keys()
    assert 2 * 4 == len(found["explain"])
    for name, rows in found.items():
        for row in rows:
            assert all(value is None or isinstance(value, str | int | float) for value in row.values()), name


def test_numbers_are_those_of_the_commands(study):
    """The JSON document holds every record as its command prints it, and null with a reason for none."""
    found = results(study)
    of_all = {"census", "overlap", "languages", "fertility", "compare"}
    assert {"models", "verdict", *of_all, "absent"} == found.keys()
    for model, one in zip(study.models, found["models"], strict=True):
        assert {
            *(
                "model",
                "inspect",
                "verdict",
                "separability",
                "silhouette",
                "diversity",
                "neighbors",
                "map",
                "translate",
            ),
            *("meanings", "explain", "absent"),
        } == one.keys()
        assert model.translate.to_json() == one["translate"]
        assert model.explain.to_json() == one["explain"]
    assert study.compare.to_json() == found["compare"]
    absent = results(replace(study, compare=Absent("Nothing to compare.")))
    assert (None, {"compare": "Nothing to compare."}) == (absent["compare"], absent["absent"])


@pytest.fixture
def vocabulary_alone(tmp_path):
    """A vocabulary without vectors."""
    path = tmp_path / "v" / "tokenizer.json"
    path.parent.mkdir()
    path.write_text(unigram(planted_pieces(60)), "utf8")
    return open_model(str(path))


def test_a_vocabulary_alone_has_a_report(vocabulary_alone, words, tmp_path):
    """It is counted, its coverage of languages told; every other section is one sentence."""
    found = run_study([vocabulary_alone], OPTIONS, Store(tmp_path), lexicon=words)
    sections = by_key(found)
    for key in ("separability", "silhouette", "diversity", "map", "translate", "explain", "neighbors"):
        assert ["is a vocabulary alone: it has no vectors to measure."] == [
            text.removeprefix(title_of(vocabulary_alone.model)).strip() for text in sections[key].missing
        ]
        assert (() , "") == (sections[key].pictures, sections[key].note)  # fmt: skip
    assert "100 % of the words of 4 languages are one token" in said(sections["languages"])
    assert "needs two models with vectors" in said(sections["compare"])
    assert "one model only" in said(sections["overlap"])
    assert "vocabulary without vectors" in summary(found)
    assert "240" in text_of(page(found))


def test_the_first_screen_answers_three_questions(study, document):
    """Each has its answer, and a language can be looked up; the page has them before its scales."""
    separate, near, served = answers(study)
    assert "Are their scripts separate?" == separate.question
    assert "keeps scripts apart" in separate.paragraphs[0]
    assert "mixes scripts" in separate.paragraphs[1]
    assert "Are neighbours translations?" == near.question
    assert "translated correctly (P@1) for 100 % of the questions" in near.paragraphs[1]
    assert ("Do they serve my language?", 4) == (served.question, served.listed)
    assert (
        "Of the lexicon’s words in 4 languages, 100 % are a single token in every model."
        == served.paragraphs[0]
    )
    places = [document.index(text) for text in (*(a.question for a in answers(study)), 'class="scales"')]
    assert sorted(places) == places
    assert 1 == document.count('id="look-up"')


def test_what_is_not_measured_is_not_asked(vocabulary_alone, words, tmp_path):
    """A vocabulary alone has one question, no table of the paper's figures, and says nothing of translation."""
    found = run_study([vocabulary_alone], OPTIONS, Store(tmp_path), lexicon=words)
    what, served = answers(found)
    assert ("", "Does it serve my language?") == (what.question, served.question)
    assert (
        "Of the lexicon’s words in 4 languages, 100 % are a single token (English 100 %).",
    ) == served.paragraphs
    document = page(found)
    assert 'id="paper"' not in document
    assert "P@1" not in text_of(document)
    assert "ranslation" not in text_of(document).partition("Provenance")[0]
    assert str(tmp_path.parent) not in text_of(document).partition("Provenance")[0]


def test_a_table_of_one_model_does_not_repeat_its_name():
    """The column goes where it says the same in every row, and stays where another model has rows."""
    grid = Grid(
        title="t", columns=("model", "by", "P@1"), rows=(("m", "cosine", "1"), ("m", "CSLS", "2")), words=2
    )
    alone = grid.of_one_model()
    assert (("by", "P@1"), (("cosine", "1"), ("CSLS", "2")), 1) == (alone.columns, alone.rows, alone.words)
    assert grid.rows == replace(grid, columns=("who", "by", "P@1")).of_one_model().rows
    several = replace(grid, rows=(*grid.rows, ("n", "CSLS", "3")))
    assert several == several.of_one_model()


def test_a_lexicon_without_coverage_is_a_sentence(study, tmp_path):
    """Where no word is a token, nothing is asked, and that is said."""
    space = study.models[0].space
    options = replace(OPTIONS, skip=("compare", "explain", "separability", "map"))
    lexicon = packaged_lexicon().take(languages={"th", "my"})
    found = run_study([space], options, Store(tmp_path), lexicon=lexicon, layouts=LAYOUTS[:1])
    sections = by_key(found)
    assert "too few in two languages or more to ask anything" in said(sections["translate"])
    assert () == sections["translate"].pictures
    assert "No language has enough of them" in said(sections["languages"])
    assert "left out on request (--skip explain)" in said(sections["explain"])
    assert text_of(page(found))


def test_the_demo_models_are_asked_about_held_out_concepts(tmp_path):
    """The page says so, shows translations for demo:meaning and none for demo:language, as numbers and as words."""
    lexicon = packaged_lexicon().take(languages={"en", "ru", "el", "hi", "ka"})
    spaces = [open_model(f"demo:{name}") for name in ("language", "meaning")]
    options = StudyOptions(
        translate=TranslateOptions(questions=100),
        skip=("compare", "explain", "separability", "map", "languages"),
    )
    found = run_study(spaces, options, Store(tmp_path), lexicon=lexicon)
    made = by_key(found)
    translation = made["translate"]
    assert "were not counted on; on the others any score would be circular" in translation.warning
    assert ["held-out", "held-out"] == [m.translate.concepts["selection"] for m in found.models]
    apart, together = (m.translate.overall["weak"]["csls"]["p1"] for m in found.models)
    assert together["interval"][0] > 0.6 > 0.3 > apart["value"]
    assert "Words find their translations in demo:meaning" in said(translation)
    (_, without), (_, shown) = made["meanings"].examples
    assert sum(chip.kind == "same" for e in shown for chip in e.chips) > 10
    assert sum(chip.kind == "same" for e in without for chip in e.chips) < 5


def test_markup_in_tokens_is_text(study):
    """A token that is markup is shown, wherever it stands: in examples, meanings, hubs and legends."""
    first = study.models[0]
    wicked = "<script>alert(1)</script>\u202e"
    hub = dict(first.explain.hubness.hubs[0], token=wicked)
    explanation = replace(first.explain, hubness=replace(first.explain.hubness, hubs=(hub,) * 10))
    query = first.meanings.queries[0]
    query = replace(
        query,
        token=wicked,
        gloss=wicked,
        neighbors=(replace(query.neighbors[0], token=wicked, languages=(wicked,)),),
    )
    model = replace(first, explain=explanation, meanings=replace(first.meanings, queries=(query,)))
    document = page(replace(study, models=(model, study.models[1])))
    assert 1 == document.count("<script")
    assert "<script>alert" not in document
    assert "&lt;script&gt;alert(1)" in document
    assert "\u202e" not in document.replace(html.escape(wicked), "") or "⟨U+202E⟩" in document
