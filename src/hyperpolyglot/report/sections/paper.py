"""The paper's nine figures: where each is on the page, what it shows for these models, what was published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hyperpolyglot.labellers import common
from hyperpolyglot.measures.comparison.similarity import canonical_with_random
from hyperpolyglot.measures.examples import PAPER_TOKENS
from hyperpolyglot.published import (
    DIVERSITY,
    DIVERSITY_SD,
    NON_LATIN,
    OVERLAP_LATIN,
    OVERLAP_MEAN,
    RANDOM_COLUMNS,
    SEPARABILITY,
    published_name,
)
from hyperpolyglot.report.content import present
from hyperpolyglot.report.wording import capital, exact, joined, number
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study import Absent, ModelStudy, Study

__all__ = ["PaperFigure", "paper_figures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFigure:
    """A figure of the paper: the ``section`` that has it, ``found`` in short, ``published``; absent: the reason why."""

    number: int
    title: str
    section: str
    found: tuple[str, ...] = ()
    absent: str = ""
    published: str = ""


def paper_figures(study: Study) -> list[PaperFigure]:
    """All nine, in the paper's order."""
    labelling = common(m.space.labels.labelling for m in study.models)
    theirs = "" if labelling.writing_systems else "of writing systems: "
    return [
        _of_models(
            1, "Map of all tokens", "map", study, "map",
            lambda m, r: f"trustworthiness {r.trustworthiness:.2f}",
            "XLM-R-XL: isolated clusters; mT5-XL: mixed",
        ),
        _overlap(study),
        _of_models(
            3, f"Separability of {labelling.heading}", "separability", study, "separability",
            lambda m, r: _beside(m, exact(r.mean_accuracy) if r.mean_accuracy else "too few tokens", _PROBED),
            theirs + ", ".join(f"{name} {text}" for name, text in _PROBED.items()),
        ),
        _of_models(4, "Examples of neighbours", "neighbors", study, "neighbors", _examples,
            f"{', '.join(PAPER_TOKENS)}: translations in mT5-XL, the same language in XLM-R-XL",
        ),
        _of_models(
            5, f"{capital(labelling.heading)} in a neighbourhood", "diversity", study, "diversity",
            lambda m, r: _beside(m, f"{r.mean:.2f} ± {r.sd or 0:.2f} (chance {r.expected:.1f})", _DIVERSE),
            theirs + ", ".join(f"{name} {text}" for name, text in _DIVERSE.items()),
        ),
        _of_models(
            6, "Neighbour composition by label", "mixing", study, "diversity",
            lambda m, r: f"assortativity {number(r.assortativity)} (chance 0)",
            "Katakana and Cyrillic most mixed, Hiragana and Latin least (mT5-XL)",
        ),
        _pairs(
            7, "Neighbours in common", study, "neighbor_overlap",
            "XLM-R-XL with XXL 60 of 100; mT5 pairs 20–30; BLOOM with others 5–20",
        ),
        _pairs(
            8, "Canonical angles", study, "canonical_first",
            f"XLM-R pairs 0.99; mT5 pairs 0.95–0.97; with {RANDOM_COLUMNS} random columns 0.14–0.27",
        ),
        _frequency(study),
    ]  # fmt: skip


_PROBED = {name: f"{100 * value:.2f} %" for name, value in SEPARABILITY.items()}
_DIVERSE = {name: f"{value:.2f} ± {DIVERSITY_SD[name]:.2f}" for name, value in DIVERSITY.items()}


def _beside(model: ModelStudy, text: str, published: dict[str, str]) -> str:
    """Ours, and what was published of this very model."""
    theirs = published.get(published_name(model.space.model) or "")
    return f"{text}; published {theirs}" if theirs and model.space.labels.labelling.writing_systems else text


def _of_models(
    position: int,
    title: str,
    section: str,
    study: Study,
    field: str,
    told: Callable[[ModelStudy, Any], str],
    published: str,
) -> PaperFigure:
    found, missing = present(study.models, lambda m: getattr(m, field))
    return PaperFigure(
        number=position,
        title=title,
        section=section,
        found=tuple(f"{title_of(m.space.model)}: {told(m, result)}" for m, result in found),
        absent="" if found else " ".join(missing),
        published=published,
    )


def _overlap(study: Study) -> PaperFigure:
    published = (
        f"six models, the diagonal counted: {exact(OVERLAP_MEAN)}, {exact(OVERLAP_LATIN)} of it Latin; mT5 with "
        f"XLM-R {exact(NON_LATIN)} not Latin"
    )
    part, title = study.overlap, "Overlap of vocabularies"
    if isinstance(part, Absent):
        return PaperFigure(number=2, title=title, section="overlap", absent=part.reason, published=published)
    rows = [pair for pair in part.pairs if pair.overlap is not None]
    return PaperFigure(
        number=2,
        title=title,
        section="overlap",
        found=_few(
            [
                f"{title_of(p.a)} – {title_of(p.b)}: {exact(p.overlap or 0.0)}, {exact(p.latin_share or 0.0)} Latin"
                for p in rows
            ]
        ),
        published=published,
    )


def _examples(model: ModelStudy, result: Any) -> str:
    known = {text.removeprefix("▁") for text in (q["token"] for q in result.to_json()["queries"])}
    shown = [token for token in PAPER_TOKENS if token in known]
    return (
        f"{joined(shown)}, and words of other scripts"
        if shown
        else "none of the five is a token; others instead"
    )


def _pairs(position: int, title: str, study: Study, measure: str, published: str) -> PaperFigure:
    part = study.compare
    if isinstance(part, Absent):
        return PaperFigure(
            number=position, title=title, section="compare", absent=part.reason, published=published
        )
    told = []
    for pair in part.pairs:
        found = pair.measures[measure]
        value, null = (
            (f"{(found.value or 0.0) * pair.k:.1f} of {pair.k}", number((found.null or 0.0) * pair.k, 1))
            if measure == "neighbor_overlap"
            else (number(found.value), number(found.null))
        )
        told.append(f"{title_of(pair.a)} – {title_of(pair.b)}: {value} (chance {null})")
    baseline = _random_baseline(study, part.pairs[0].shared) if measure == "canonical_first" else ()
    return PaperFigure(
        number=position,
        title=title,
        section="compare",
        found=(*_few(told), *baseline),
        published=published,
    )


def _random_baseline(study: Study, rows: int) -> tuple[str, ...]:
    """The paper's baseline, a random matrix, by the law that such a matrix follows."""
    spaces: list[TokenSpace] = [m.space for m in study.models if m.space.table is not None]
    null = canonical_with_random(rows, max(space.dim for space in spaces), RANDOM_COLUMNS)
    value = number(null.first) if null.informative else "1, by dimension alone"
    return (f"the widest with {RANDOM_COLUMNS} random columns: {value} to be expected",)


def _frequency(study: Study) -> PaperFigure:
    def told(model: ModelStudy, result: Any) -> str:
        if result.frequency is None:
            return "too few tokens whose frequency is known"
        return f"rank correlation {number(result.frequency.correlation.value)} (chance 0)"

    return _of_models(9, "Neighbourhoods by frequency", "frequency", study, "explain", told, "no correlation")


def _few(told: Sequence[str], most: int = 6) -> tuple[str, ...]:
    return (*told[:most], *([f"and {len(told) - most} more pairs"] if len(told) > most else []))
