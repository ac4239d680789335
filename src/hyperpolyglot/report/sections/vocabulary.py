"""Which tokens there are, and which are shared."""

from __future__ import annotations

from hyperpolyglot import figures
from hyperpolyglot.measures.census import Overlap
from hyperpolyglot.measures.inspection import Inspection
from hyperpolyglot.published import OVERLAP_MEAN
from hyperpolyglot.report.content import Section, picture
from hyperpolyglot.report.wording import percent
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["vocabulary_sections"]


def vocabulary_sections(study: Study) -> list[Section]:
    """Census and overlap."""
    noun = study.models[0].space.labels.noun
    found = [
        Section(
            key="census",
            title="Which writing systems have tokens?",
            question=f"Tokens of the largest {noun}, on a logarithmic axis.",
            pictures=(picture("census", figures.draw_census(study.census)),),
            reading=tuple(
                _read_census(m.inspection, c.labels, noun)
                for m, c in zip(study.models, study.census.models, strict=True)
            ),
            note="Bytes, special tokens and padding have a kind, not a script, and are not counted here. "
            "A count has no chance level.",
        )
    ]
    title, question = "Which tokens are shared?", "Shared tokens as a share of the smaller vocabulary."
    if isinstance(study.overlap, Absent):
        return [
            *found,
            Section(key="overlap", title=title, question=question, reading=(study.overlap.reason,)),
        ]
    return [
        *found,
        Section(
            key="overlap",
            title=title,
            question=question,
            pictures=(picture("overlap", figures.draw_overlap(study.overlap)),),
            reading=(_read_overlap(study.overlap),),
            note="Two tokens are the same if their decoded text is. There is no chance level for spellings; the paper "
            f"found {percent(OVERLAP_MEAN)} on average over six models, each compared with itself too.",
        ),
    ]


def _read_census(inspection: Inspection, labels: dict[str, int], noun: str) -> str:
    """Size of the vocabulary and its largest labels."""
    total = sum(labels.values())
    named = [f"{script_name(label)} ({percent(count / total)})" for label, count in list(labels.items())[:3]]
    hundred = sum(count >= 100 for count in labels.values())
    return (
        f"{title_of(inspection.model)} has {inspection.tokens:,} tokens in {len(labels)} {noun}, {hundred} of them "
        f"with 100 tokens or more. The largest are {', '.join(named)}."
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
