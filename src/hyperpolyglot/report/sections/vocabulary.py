"""Which tokens there are, and which are shared."""

from __future__ import annotations

from typing import Any

from hyperpolyglot import figures
from hyperpolyglot.labellers import Labelling, common
from hyperpolyglot.measures.census import ModelCensus, Overlap
from hyperpolyglot.measures.inspection import Inspection
from hyperpolyglot.published import NON_LATIN, OVERLAP_LATIN, OVERLAP_MEAN
from hyperpolyglot.report.content import Section, picture
from hyperpolyglot.report.many import tell
from hyperpolyglot.report.wording import percent
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["scripts_of", "vocabulary_sections"]


def vocabulary_sections(study: Study) -> list[Section]:
    """Census and overlap."""
    labelling = common(m.space.labels.labelling for m in study.models)
    noun = labelling.many
    told = tell(
        [
            (title_of(m.space.model), (m.inspection, c, m.space.labels.labelling))
            for m, c in zip(study.models, study.census.models, strict=True)
        ],
        lambda _, of: _read_census(*of),
        {
            "tokens": lambda of: f"{of[0].tokens:,}",
            noun: lambda of: f"{scripts_of(of[1])['labels']:,}",
            "with 100 tokens": lambda of: f"{scripts_of(of[1])['of_100_tokens']:,}",
            "the largest": lambda of: _largest(of[1]),
        },
        title=f"Vocabularies, and the shares of their largest {noun}",
    )
    found = [
        Section(
            key="census",
            title=f"Vocabulary by {labelling.one}",
            question=f"How many tokens each of the largest {noun} has.",
            pictures=(
                picture(
                    "census",
                    figures.draw_census(study.census),
                    f"Tokens of the largest {noun}, on a logarithmic axis: a model can represent what it has tokens "
                    "for. A count has no chance level.",
                ),
            ),
            reading=told.reading,
            grids=told.grids,
            note=labelling.unlabelled,
        )
    ]
    title, question = "Vocabulary overlap", "Shared tokens as a share of the smaller vocabulary."
    if isinstance(study.overlap, Absent):
        return [
            *found,
            Section(key="overlap", title=title, question=question, missing=(study.overlap.reason,)),
        ]
    return [
        *found,
        Section(
            key="overlap",
            title=title,
            question=question,
            pictures=(
                picture(
                    "overlap",
                    figures.draw_overlap(study.overlap),
                    "Left: tokens in both vocabularies, as a share of the smaller one. Right: the share of Latin among "
                    "them; the rest is what non-Latin languages share. There is no chance level for spellings.",
                ),
            ),
            reading=(_read_overlap(study.overlap),),
            note=f"{_same(study.options.protocol)} The paper’s six models, each compared with itself too: "
            f"{percent(OVERLAP_MEAN)} shared on average, {percent(OVERLAP_LATIN)} of it Latin; mT5 and XLM-R share "
            f"most that is not Latin ({percent(NON_LATIN)}).",
        ),
    ]


def _same(protocol: str) -> str:
    if protocol == "paper":
        return "Two tokens are the same if their strings are, every token counted, as in the paper."
    return "Two tokens are the same if their decoded texts are."


def scripts_of(census: ModelCensus) -> dict[str, Any]:
    """Counted labels, those of 100 tokens, the shares of the largest, and the tokens of none."""
    total, scripts = sum(census.labels.values()), census.counted
    return {
        "labels": len(scripts),
        "of_100_tokens": sum(count >= 100 for count in scripts.values()),
        "largest": {label: count / total for label, count in list(scripts.items())[:3]},
        "uncounted": total - sum(scripts.values()),
    }


def _largest(census: ModelCensus) -> str:
    return ", ".join(
        f"{script_name(name)} {percent(share)}" for name, share in scripts_of(census)["largest"].items()
    )


def _read_census(inspection: Inspection, census: ModelCensus, labelling: Labelling) -> str:
    """Size of the vocabulary and its largest labels."""
    found = scripts_of(census)
    named = [f"{script_name(label)} ({percent(share)})" for label, share in found["largest"].items()]
    rest = found["uncounted"]
    names = ", ".join(script_name(label) for label in labelling.uncounted)
    neutral = f" {rest:,} tokens belong to no single {labelling.one} ({names})." if rest else ""
    return (
        f"{title_of(inspection.model)} has {inspection.tokens:,} tokens in {found['labels']} {labelling.many}, "
        f"{found['of_100_tokens']} of them "
        f"with 100 tokens or more. The largest are {', '.join(named)}.{neutral}"
    )


def _read_overlap(overlap: Overlap) -> str:
    """The pair with the most in common."""
    known = [pair for pair in overlap.pairs if pair.overlap is not None]
    if not known:
        return "The models have no tokens to compare."
    most = max(known, key=lambda pair: pair.overlap or 0.0)
    text = (
        f"{title_of(most.a)} and {title_of(most.b)} share {most.count:,} tokens, {percent(most.overlap or 0.0)} of "
        f"the smaller vocabulary; {percent(most.latin_share or 0.0)} of these are Latin."
    )
    return text if len(known) == 1 else f"The most alike: {text}"
