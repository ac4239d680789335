"""A study as the content of a page: chapters of sections, ready for the template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from hyperpolyglot.provenance import VERSION, provenance
from hyperpolyglot.published import REFERENCE
from hyperpolyglot.report.content import Section
from hyperpolyglot.report.sections.comparison import comparison_sections
from hyperpolyglot.report.sections.examples import example_sections
from hyperpolyglot.report.sections.explanations import explanation_sections
from hyperpolyglot.report.sections.languages import language_sections
from hyperpolyglot.report.sections.translation import translation_sections
from hyperpolyglot.report.sections.vocabulary import vocabulary_sections
from hyperpolyglot.report.sections.writing_systems import writing_system_sections
from hyperpolyglot.report.summary import facts, summary
from hyperpolyglot.sources import DEMOS, title_of
from hyperpolyglot.study import Study

__all__ = ["Chapter", "chapters", "page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Sections that belong together."""

    key: str
    title: str
    sections: tuple[Section, ...]


def chapters(study: Study) -> list[Chapter]:
    """Every result of a study with its question, reading, figures and tables."""
    made = {
        "vocabulary": ("Vocabulary", vocabulary_sections),
        "writing-systems": ("Writing systems", writing_system_sections),
        "translations": ("Translation", translation_sections),
        "served": ("Languages", language_sections),
        "models-compared": ("Comparison of models", comparison_sections),
        "reasons": ("Explanations", explanation_sections),
        "neighbourhoods": ("Neighbourhoods to read", example_sections),
    }
    return [Chapter(key=key, title=title, sections=tuple(make(study))) for key, (title, make) in made.items()]


@cache
def _template(name: str) -> str:
    return (files("hyperpolyglot") / "report" / name).read_text("utf8")


def page(study: Study) -> str:
    """The whole report as one HTML document that needs no other file."""
    spaces = [m.space for m in study.models]
    names = [space.model for space in spaces]
    titles = [title_of(name) for name in names]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = environment.from_string(_template("template.html")).render(
        title=" and ".join(titles) if len(titles) < 3 else f"{titles[0]} and {len(titles) - 1} more models",
        style=_template("style.css"),
        summary=summary(study),
        demo=any(name == f"demo:{demo}" for name in names for demo in DEMOS),
        models=titles,
        facts=[
            (column[0][0], [value for _, value in column])
            for column in zip(*map(facts, study.models), strict=True)
        ],
        chapters=chapters(study),
        provenance=provenance(spaces, study.options.to_json(), study.options.seed),
        version=VERSION,
        reference=REFERENCE,
    )
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)  # a number keeps its sign
