"""The three questions that readers come with, and what the study says to each: the first screen of a report."""

from __future__ import annotations

from dataclasses import dataclass

from hyperpolyglot.labellers import common
from hyperpolyglot.report.many import FEW, Ranked, scores, told_ranks
from hyperpolyglot.report.sections.languages import served
from hyperpolyglot.report.summary import alone, by_verdict, ranks, translated, verdict
from hyperpolyglot.report.verdicts import verdict_of
from hyperpolyglot.report.wording import percent
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, Study

__all__ = ["Answer", "answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question with its answer in paragraphs; without a question, what there is to say at all.

    ``key``: the section that says more; ``listed``: how many languages can be looked up there.
    """

    question: str
    paragraphs: tuple[str, ...]
    key: str = ""
    listed: int = 0


def answers(study: Study) -> tuple[Answer, ...]:
    """What the study can answer: whether labels are separate, whether neighbours translate, which languages it serves.

    A sentence for each of few models, ranks of many.
    """
    noun = common(m.space.labels.labelling for m in study.models).many
    several = len(study.models) > 1
    few = len(study.models) <= FEW
    separate = [verdict(m) for m in study.models] if few else [*by_verdict(study), *_probed(study)]
    near = [translated(m) for m in study.models] if few else ranks(study)
    made = (
        Answer(
            question=f"Are {'their' if several else 'its'} {noun} separate?",
            paragraphs=_said(separate),
            key="separability",
        ),
        Answer(question="Are neighbours translations?", paragraphs=_said(near), key="translate"),
        _languages(study),
    )
    told = tuple(answer for answer in made if answer.paragraphs)
    vectors = any(m.space.table is not None for m in study.models)
    return (
        told
        if len(told) > 1 or (told and vectors)
        else (Answer(question="", paragraphs=(alone(study),)), *told)
    )


def _asked(languages: int) -> str:
    """In how many languages translation is measured, where vectors were asked at all."""
    if not languages:
        return ""
    return f"; {languages} {'has' if languages == 1 else 'have'} enough of them for word translation to be measured"


def _probed(study: Study) -> list[str]:
    """The models ranked by what linear probes find."""
    found = [(title_of(m.space.model), verdict_of(m)) for m in study.models]
    read = scores(found, lambda one: (one.accuracy, None, one.chance))
    return [told_ranks(read, "held-out accuracy of linear probes")] if read else []


def _said(sentences: list[str]) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences if sentence)


def _languages(study: Study) -> Answer:
    """How much of all languages is covered, and where to look one up."""
    several = len(study.models) > 1
    question = f"{'Do they' if several else 'Does it'} serve my language?"
    found = study.languages
    if isinstance(found, Absent) or not found.by_language:
        return Answer(question=question, paragraphs=())
    covered = [(title_of(m.space.model), served(found, m.space.model)) for m in study.models]
    languages = len(found.by_language)
    words = f"the lexicon’s words in {languages} language{'s' if languages > 1 else ''}"
    if several and len({percent(whole["coverage"]) for _, whole in covered}) == 1:
        told = f"Of {words}, {percent(covered[0][1]['coverage'])} are a single token in every model."
    elif several:
        shares = [Ranked(name=name, value=whole["coverage"]) for name, whole in covered]
        told = told_ranks(shares, "the words of the lexicon that are a single token")
    else:
        whole = covered[0][1]
        english = next((row for row in found.by_language.get("en", ())), None)
        of_english = "" if english is None or languages < 2 else f" (English {percent(english.coverage)})"
        told = f"Of {words}, {percent(whole['coverage'])} are a single token{of_english}{_asked(whole['asked'])}."
    return Answer(question=question, paragraphs=(told,), key="languages", listed=len(found.by_language))
