"""A study as the content of a page: sections of readings, figures and tables, ready for the template."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from hyperpolyglot import figures
from hyperpolyglot.measures.neighbors import Neighborhoods
from hyperpolyglot.provenance import VERSION, provenance
from hyperpolyglot.published import REFERENCE
from hyperpolyglot.report import reading
from hyperpolyglot.sources import DEMOS, title_of
from hyperpolyglot.study import ModelStudy, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["Section", "page", "sections"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """``figure`` is an ``<svg>`` element; ``reading`` one sentence a model; ``note`` how to read it."""

    key: str
    title: str
    question: str
    figure: str
    reading: tuple[str, ...]
    note: str


def sections(study: Study) -> list[Section]:
    """Every figure of a study with its question and reading."""
    models = study.models
    probes = [(title_of(m.space.model), m.separability) for m in models]
    near = [(title_of(m.space.model), m.diversity) for m in models]
    noun = models[0].space.labels.noun
    published = reading.published_note(study.options.protocol)
    found = [
        Section(
            key="census",
            title="Which writing systems have tokens?",
            question=f"Tokens of the largest {noun}, on a logarithmic axis.",
            figure=figures.svg(figures.draw_census(study.census)),
            reading=tuple(
                reading.read_census(m.inspection, c.labels, noun)
                for m, c in zip(models, study.census.models, strict=True)
            ),
            note="Bytes, special tokens and padding have a kind, not a script, and are not counted here.",
        )
    ]
    if study.overlap.pairs:
        found.append(
            Section(
                key="overlap",
                title="Which tokens are shared?",
                question="Shared tokens as a share of the smaller vocabulary.",
                figure=figures.svg(figures.draw_overlap(study.overlap)),
                reading=(reading.read_overlap(study.overlap),),
                note="Two tokens are the same if their decoded text is.",
            )
        )
    found += [
        Section(
            key="separability",
            title="Does a line separate the writing systems?",
            question="A linear probe for each label against the rest, balanced, on tokens it has not seen.",
            figure=figures.svg(figures.draw_separability(probes)),
            reading=tuple(reading.read_separability(name, result, noun) for name, result in probes),
            note=f"{noun.capitalize()} with fewer than {study.options.probes.minimum} tokens are not probed. "
            f"{published}",
        ),
        Section(
            key="diversity",
            title="How many writing systems live in a neighbourhood?",
            question=f"Distinct {noun} among the {study.options.k} nearest neighbours of every token, by cosine.",
            figure=figures.svg(figures.draw_diversity(near, noun)),
            reading=tuple(reading.read_diversity(name, result, noun) for name, result in near),
            note=f"Chance draws as many neighbours at random from the whole vocabulary. {published}",
        ),
        Section(
            key="diversity-by-label",
            title="Whose neighbourhoods are mixed?",
            question="The same, by the label of the token (dot), against chance (bar).",
            figure=figures.svg(figures.draw_diversity_by_label(near, noun)),
            reading=(),
            note="A dot at its bar means a neighbourhood as mixed as a random draw.",
        ),
        *(
            Section(
                key=f"mixing-{position}",
                title=f"Who neighbours whom in {title_of(m.space.model)}?",
                question="Of the neighbours of a row's tokens, the share that each column has.",
                figure=figures.svg(figures.draw_mixing(m.diversity)),
                reading=(reading.read_mixing(title_of(m.space.model), m.diversity),),
                note="The diagonal is a label's own; the colour scale is a square root, so that small shares show.",
            )
            for position, m in enumerate(models, start=1)
        ),
        Section(
            key="map",
            title="The map",
            question="Every token as a point; near points are near in the model.",
            figure=figures.svg(figures.draw_map([(m.space, m.projection) for m in models])),
            reading=tuple(reading.read_map(m.projection) for m in models),
            note="A map flattens many dimensions into two: read islands, not distances.",
        ),
    ]
    return found


def _shown(text: str) -> str:
    """A token as a reader can see it: invisible and directional controls by their code point."""
    joiners = "\u200c\u200d"
    return "".join(
        f"⟨U+{ord(c):04X}⟩"
        if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} and c not in joiners
        else c
        for c in text
    )


def _examples(examples: Neighborhoods) -> list[dict[str, Any]]:
    rows = []
    for query in examples.to_json()["queries"]:
        rows.append(
            {
                "token": _shown(query["token"]),
                "id": query["id"],
                "script": script_name(query["label"] or ""),
                "neighbors": [
                    {
                        "token": _shown(n["token"]),
                        "script": script_name(n["label"] or "no label"),
                        "badge": n["label"] or "–",
                        "similarity": f"{n['similarity']:.2f}",
                        "own": n["label"] == query["label"],
                        "itself": n["id"] == query["id"],
                    }
                    for n in query["neighbors"]
                ],
            }
        )
    return rows


def _facts(model: ModelStudy) -> list[tuple[str, str]]:
    facts = model.inspection
    r = model.diversity.assortativity
    mean = model.separability.mean_accuracy
    chance = model.separability.labels[0].chance if model.separability.labels else None
    return [
        ("rows × dimensions", f"{facts.rows:,} × {facts.dim}"),
        ("tokens", f"{facts.tokens:,}"),
        ("stored as", f"{facts.dtype}, {facts.tensor}"),
        ("tokenizer", facts.tokenizer),
        ("kinds", ", ".join(f"{kind} {count:,}" for kind, count in facts.kinds.items())),
        ("separability", "–" if mean is None else f"{100 * mean:.1f} % (chance {100 * (chance or 0):.0f} %)"),
        (
            f"{model.space.labels.noun} among {model.diversity.k} neighbours",
            f"{model.diversity.mean:.2f} ± {model.diversity.sd or 0:.2f} s.d. (chance {model.diversity.expected:.1f})",
        ),
        ("assortativity", "–" if r is None else f"{r:.2f} (chance 0)"),
        ("left out", ", ".join(f"{n:,} {why}" for why, n in model.diversity.excluded.items()) or "nothing"),
    ]


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
    return environment.from_string(_template("template.html")).render(
        title=" and ".join(titles) if len(titles) < 3 else f"{titles[0]} and {len(titles) - 1} more models",
        style=_template("style.css"),
        summary=reading.summary(study),
        demo=any(name == f"demo:{demo}" for name in names for demo in DEMOS),
        models=[{"name": title_of(m.space.model), "examples": _examples(m.examples)} for m in study.models],
        facts=[
            (column[0][0], [value for _, value in column])
            for column in zip(*map(_facts, study.models), strict=True)
        ],
        sections=sections(study),
        provenance=provenance(spaces, study.options.to_json(), study.options.seed),
        version=VERSION,
        reference=REFERENCE,
    )
