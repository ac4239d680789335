"""A study as the content of a page: chapters of sections, ready for the template."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from hyperpolyglot.labellers import common
from hyperpolyglot.provenance import VERSION, provenance
from hyperpolyglot.published import REFERENCE
from hyperpolyglot.records import Record
from hyperpolyglot.report.answers import answers
from hyperpolyglot.report.content import Section
from hyperpolyglot.report.links import explorer_link
from hyperpolyglot.report.overview import example, scales
from hyperpolyglot.report.sections.applications import application_sections
from hyperpolyglot.report.sections.checkpoints import track_sections
from hyperpolyglot.report.sections.comparison import comparison_sections
from hyperpolyglot.report.sections.examples import example_sections
from hyperpolyglot.report.sections.explanations import explanation_sections
from hyperpolyglot.report.sections.fertility import fertility_sections
from hyperpolyglot.report.sections.languages import language_sections
from hyperpolyglot.report.sections.paper import paper_figures
from hyperpolyglot.report.sections.translation import translation_sections
from hyperpolyglot.report.sections.vocabulary import vocabulary_sections
from hyperpolyglot.report.sections.writing_systems import map_section, writing_system_sections
from hyperpolyglot.report.summary import facts
from hyperpolyglot.report.wording import DASH, capital
from hyperpolyglot.shown import visible
from hyperpolyglot.sources import is_counted, remark_on_demo, title_of
from hyperpolyglot.study import Study
from hyperpolyglot.writing.scripts import labels_called

__all__ = ["Chapter", "chapters", "page", "with_content"]

_OWN = "\n\N{ZERO WIDTH SPACE}"
"""Hidden characters that the page itself writes: places to break a line."""

_OPEN_EXAMPLES = 6
"""Neighbourhoods of a section that are shown, of all models together; the others open on a click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Sections that belong together."""

    key: str
    title: str
    sections: tuple[Section, ...]


def _overview(study: Study) -> list[Section]:
    return [map_section(study), *example(study)]


def chapters(study: Study) -> list[Chapter]:
    """Every result of a study with its question, reading, figures and tables, or the reason why there is none."""
    labelling = common(m.space.labels.labelling for m in study.models)
    made: dict[str, tuple[str, Callable[[Study], list[Section]]]] = {
        "overview": ("Overview", _overview),
        "writing-systems": (capital(labelling.heading), writing_system_sections),
        "translations": ("Translation", translation_sections),
        "served": ("Languages", lambda study: [*language_sections(study), *fertility_sections(study)]),
        "reasons": ("Explanations", explanation_sections),
        "models-compared": ("Comparison of models", comparison_sections),
        "training": ("Along training", track_sections),
        "applications": ("Applications", application_sections),
        "vocabulary": ("Vocabulary", vocabulary_sections),
        "neighbourhoods": ("Example neighbourhoods", example_sections),
    }
    several = len(study.models) > 1
    return [
        Chapter(key=key, title=title, sections=tuple(s if several else _of_one(s) for s in make(study)))
        for key, (title, make) in made.items()
    ]


def _of_one(section: Section) -> Section:
    """A section of a report of one model: no table repeats its name in every row."""
    return replace(section, grids=tuple(grid.of_one_model() for grid in section.grids))


def with_content(made: Sequence[Chapter]) -> tuple[list[Chapter], list[str]]:
    """The chapters without the sections that show nothing, and the reasons why those do, each said once."""
    kept, reasons = [], []
    for chapter in made:
        sections = tuple(section for section in chapter.sections if section.shows_something)
        reasons += [text for s in chapter.sections if not s.shows_something for text in s.missing]
        if sections:
            kept.append(replace(chapter, sections=sections))
    return kept, list(dict.fromkeys(reasons))


def _turned(text: str) -> bool:
    """Whether a text has letters that are written from right to left."""
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def _numbers(made: Sequence[Chapter]) -> dict[str, str]:
    """Figure 1, Figure 2, … by the key of a picture, and by that of a section for its first; Table … by its title."""
    sections = [section for chapter in made for section in chapter.sections]
    found: dict[str, str] = {}
    for number, (section, shown) in enumerate(((s, p) for s in sections for p in s.pictures), start=1):
        found[f"{section.key}/{shown.key}"] = f"Figure {number}"
        found.setdefault(section.key, f"Figure {number}")
    grids = [(section, table) for section in sections for table in section.grids]
    for number, (section, table) in enumerate(grids, start=1):
        found[f"{section.key}/{table.title}"] = f"Table {number}"
    return found | {"models": f"Table {len(grids) + 1}", "paper": f"Table {len(grids) + 2}"}


def _origin(study: Study) -> dict[str, Any]:
    """What the page says of where it comes from: the models of the study, then others that they were used with."""
    found = provenance([m.space for m in study.models], study.options.to_json(), study.options.seed)
    named = {model["model"]: model for model in found["models"]}
    for record in (one for several in study.applied.values() for one in several.values()):
        if isinstance(record, Record) and record.provenance is not None:
            for model in record.provenance.models:
                named.setdefault(model.model, model.to_json())
    return found | {"models": [*named.values()]}


def _digest(script: str) -> str:
    """What the page's policy allows to run: this script and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _template(name: str) -> str:
    return (files("hyperpolyglot") / "report" / name).read_text("utf8")


def _literal(value: Any) -> Any:
    """What the template puts on the page: text with hidden characters written out; HTML and numbers as they are."""
    return visible(value, keep=_OWN) if isinstance(value, str) and not isinstance(value, Markup) else value


def page(study: Study, explorer: str | None = None) -> str:
    """The whole report as one HTML document that needs no other file.

    ``explorer``: where an exported explorer of these models is, as a link from the page; tokens lead there.
    """
    with labels_called({tag: name for m in study.models for tag, name in m.space.label_names.items()}):
        return _page(study, explorer)


def _page(study: Study, explorer: str | None) -> str:
    made, unmeasured = with_content(chapters(study))
    script = _template("page.js").strip()
    spaces = [m.space for m in study.models]
    names = [space.model for space in spaces]
    titles = [title_of(name) for name in names]
    origins = [space.origin for space in spaces]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_literal
    )
    text = environment.from_string(_template("template.html")).render(
        title=" and ".join(titles) if len(titles) < 3 else f"{titles[0]} and {len(titles) - 1} more models",
        style=_template("style.css"),
        script=script,
        script_digest=_digest(script),
        explore=partial(explorer_link, explorer) if explorer else None,
        title_of=title_of,
        turned=_turned,
        numbers=_numbers(made),
        paper=paper_figures(study),
        answers=answers(study),
        scales=scales(study),
        unmeasured=unmeasured,
        open_examples=max(1, _OPEN_EXAMPLES // len(names)),
        counted=any(map(is_counted, origins)),
        excerpts=[remark for remark in map(remark_on_demo, origins) if remark],
        models=titles,
        facts=[
            (column[0][0], [value for _, value in column])
            for column in zip(*map(facts, study.models), strict=True)
            if any(value != DASH for _, value in column)
        ],
        chapters=made,
        provenance=_origin(study),
        version=VERSION,
        reference=REFERENCE,
    )
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)  # a number keeps its sign
