"""Neighbourhoods to read: tokens of many scripts, and words with their translations marked."""

from __future__ import annotations

from hyperpolyglot.labellers import common
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.meanings import KnownNeighbor, Meanings
from hyperpolyglot.measures.neighbors import Neighborhoods
from hyperpolyglot.report.content import Chip, Example, Section, present
from hyperpolyglot.report.many import FEW
from hyperpolyglot.report.wording import number
from hyperpolyglot.shown import shown
from hyperpolyglot.study import Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["example_sections", "meaning_section", "words_of"]

_BADGE = 40
_OF_MANY = 3


def example_sections(study: Study) -> list[Section]:
    """Chosen tokens of many scripts with their neighbours."""
    found, missing = present(study.models, lambda m: m.neighbors)
    most = _most(len(found))
    labelling = common(m.space.labels.labelling for m in study.models)
    return [
        Section(
            key="neighbors",
            title=f"Tokens of many {labelling.many}",
            question=f"The nearest tokens by cosine, nearest first. The small letters are {labelling.badge}. ▁ "
            "marks a space.",
            legend=(Chip(text=f"own {labelling.one}", kind="own"), Chip(text=f"another {labelling.one}"))
            if found
            else (),
            missing=missing,
            examples=tuple((m.space.model, _examples(result)[:most]) for m, result in found),
            note=_cut(len(found), "neighbors").strip(),
        )
    ]


def _most(models: int) -> int | None:
    """How many neighbourhoods of each model are shown: all of few models, three of many."""
    return None if models <= FEW else _OF_MANY


def _cut(models: int, key: str) -> str:
    return (
        f"The first {_OF_MANY} of each model; the others are in report.json ({key}). " if models > FEW else ""
    )


def _examples(found: Neighborhoods) -> tuple[Example, ...]:
    return tuple(
        Example(
            token=shown(query["token"]),
            id=query["id"],
            about=(script_name(query["label"] or ""),),
            chips=tuple(
                Chip(
                    text=shown(n["token"]),
                    id=n["id"],
                    badge=shown(n["label"] or "–", _BADGE),
                    title=f"{script_name(n['label'] or 'no label')}, cosine {n['similarity']:.2f}",
                    kind="own" if n["label"] == query["label"] else "",
                )
                for n in query["neighbors"]
            ),
        )
        for query in found.to_json()["queries"]
    )


def meaning_section(study: Study) -> list[Section]:
    """Words of the lexicon with their neighbours, those that mean the same marked; none where there are no words."""
    found, _ = present(study.models, lambda m: m.meanings)
    if not found:
        return []
    labelling = common(m.space.labels.labelling for m in study.models)
    held_out = " of concepts that the demo models were not counted on" if found[0][1].held_out else ""
    return [
        Section(
            key="meanings",
            title="Translations among neighbours",
            question=f"Words of the lexicon{held_out}, each with its twenty nearest tokens by cosine, nearest "
            "first. ▁ marks a space.",
            legend=(
                Chip(text="known translation", badge="language", kind="same"),
                Chip(
                    text="not in the lexicon (may still be a translation)",
                    badge=labelling.one,
                    kind="unknown",
                ),
            ),
            examples=tuple((m.space.model, words_of(result)[: _most(len(found))]) for m, result in found),
            note=f"{_cut(len(found), 'meanings')}"
            "Chosen for having words in most scripts, so these are examples and not a score. Chance: how many "
            "of twenty tokens drawn at random would be words for the concept.",
        )
    ]


def words_of(found: Meanings) -> tuple[Example, ...]:
    """The words of a model, each with its neighbours, those that mean the same marked."""
    return tuple(
        Example(
            token=shown(query.token),
            id=query.id,
            about=(
                f"{language_name(query.language)}: {shown(query.gloss or query.concept.rpartition(':')[2])}",
                f"{query.known_translations} of {len(query.neighbors)} are known translations; chance "
                f"{_small(query.expected)}",
            ),
            chips=tuple(
                Chip(
                    text=shown(n.token),
                    id=n.id,
                    badge=shown(n.languages[0] if n.languages else n.label or "–", _BADGE),
                    title=_title(n),
                    kind="same" if n.languages else "unknown",
                )
                for n in query.neighbors
            ),
        )
        for query in found.queries
    )


def _small(expected: float) -> str:
    return number(expected) if expected >= 0.005 or expected == 0 else "< 0.01"


def _title(neighbor: KnownNeighbor) -> str:
    cosine = f"cosine {neighbor.similarity:.2f}"
    if not neighbor.languages:
        return f"{script_name(neighbor.label or 'no label')}, {cosine}"
    return f"the same in {', '.join(map(language_name, neighbor.languages[:6]))}; {cosine}"
