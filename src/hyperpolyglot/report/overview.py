"""The first screen of a report: four scales with every model on them, the map, and one neighbourhood to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hyperpolyglot.labellers import Labelling, common
from hyperpolyglot.published import DIVERSITY, SEPARABILITY
from hyperpolyglot.report.content import Section
from hyperpolyglot.report.sections.examples import meaning_section, words_of
from hyperpolyglot.report.verdicts import verdict_of
from hyperpolyglot.report.wording import number, percent
from hyperpolyglot.sources import title_of
from hyperpolyglot.study import Absent, ModelStudy, Study

__all__ = ["Mark", "Place", "Scale", "example", "scales"]

_PUBLISHED_AT_K = 50
_GUESS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A value that others have published; ``at``: its place on the scale, 0…1."""

    name: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a model lies: its value and what chance gives, each 0…1 on the scale; ``text``: the value."""

    model: str
    at: float
    chance: float
    text: str
    chance_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One measure with all models on it; ``ends``: what its two ends mean."""

    key: str
    title: str
    says: str
    ends: tuple[str, str]
    places: tuple[Place, ...]
    marks: tuple[Mark, ...] = ()

    @property
    def chance(self) -> str:
        """What chance gives, where that is the same for all models."""
        told = {place.chance_text for place in self.places}
        return told.pop() if len(told) == 1 else ""


def scales(study: Study) -> tuple[Scale, ...]:
    """The scales that a study can fill: separability, what is left of it after centring, mixing, translation."""
    labelling = common(m.space.labels.labelling for m in study.models)
    made = (
        _separability(study.models, labelling),
        _centred(study.models, labelling),
        _diversity(study.models, labelling),
        _translation(study.models),
    )
    return tuple(scale for scale in made if scale.places)


def _share(model: ModelStudy, value: float, chance: float, *, least: float = 0.0) -> Place:
    return Place(
        model=title_of(model.space.model),
        at=_within((value - least) / (1 - least)),
        chance=_within((chance - least) / (1 - least)),
        text=percent(value),
        chance_text=percent(chance),
    )


def _within(place: float) -> float:
    return min(1.0, max(0.0, place))


def _separability(models: Sequence[ModelStudy], labelling: Labelling) -> Scale:
    found = [(m, verdict_of(m)) for m in models]
    marks = tuple(
        Mark(name=f"{name} {percent(value)}", at=_within((value - _GUESS) / (1 - _GUESS)))
        for name, value in SEPARABILITY.items()
        if labelling.writing_systems
    )
    return Scale(
        key="separability",
        title="Linear separability",
        says=f"Held-out accuracy of a linear probe for each {labelling.one} against the rest",
        ends=("50 %, guessing", "100 %"),
        places=tuple(
            _share(m, v.accuracy, v.chance, least=_GUESS)
            for m, v in found
            if v.accuracy is not None and v.chance is not None
        ),
        marks=marks,
    )


def _centred(models: Sequence[ModelStudy], labelling: Labelling) -> Scale:
    places = []
    for model in models:
        if isinstance(model.explain, Absent):
            continue
        effects = {effect.removal: effect for effect in model.explain.subspaces.effects}
        before, after = effects["none"].accuracy, effects["centring"].accuracy
        if before is None or after is None:
            continue
        place = _share(model, after, effects["centring"].chance or _GUESS, least=_GUESS)
        places.append(replace(place, text=f"{percent(before)} → {percent(after)}"))
    return Scale(
        key="removal",
        title=f"After centring each {labelling.one}",
        says=f"What a probe still finds once each {labelling.one}’s mean is subtracted, on a held-out sample",
        ends=("50 %: all of it was a mean offset", "100 %"),
        places=tuple(places),
    )


def _diversity(models: Sequence[ModelStudy], labelling: Labelling) -> Scale:
    found = [(m, m.diversity) for m in models if not isinstance(m.diversity, Absent)]
    most = max((max(result.mean, result.expected) for _, result in found), default=2.0)
    paper = labelling.writing_systems and all(result.k == _PUBLISHED_AT_K for _, result in found)
    published = DIVERSITY if paper else {}
    most = max(most, *published.values(), 2.0)
    k = found[0][1].k if found else 0

    def at(value: float) -> float:
        return _within((value - 1) / (most - 1))

    return Scale(
        key="diversity",
        title=f"{labelling.heading.capitalize()} in a neighbourhood",
        says=f"Distinct {labelling.many} among a token’s {k} nearest neighbours, on average",
        ends=("1: kept apart", f"{most:.1f}"),
        places=tuple(
            Place(
                model=title_of(m.space.model),
                at=at(result.mean),
                chance=at(result.expected),
                text=number(result.mean),
                chance_text=number(result.expected),
            )
            for m, result in found
        ),
        marks=tuple(Mark(name=f"{name} {value:.2f}", at=at(value)) for name, value in published.items()),
    )


def _translation(models: Sequence[ModelStudy]) -> Scale:
    found = [(m, m.translate.headline) for m in models if not isinstance(m.translate, Absent)]
    return Scale(
        key="translate",
        title="Word translation (P@1)",
        says="Words whose nearest word of another language is their translation, averaged over pairs of languages",
        ends=("0 %", "100 %"),
        places=tuple(
            _share(m, first["value"], first["chance"] or 0.0)
            for m, first in found
            if first["value"] is not None
        ),
    )


def example(study: Study) -> list[Section]:
    """The neighbourhood with most known translations, of the model that has it; none without a lexicon's words."""
    sections = [section for section in meaning_section(study) if section.examples]
    if not sections:
        return []
    found = [
        (result.queries[i].known_translations, -number, model.space.model, i)
        for number, model in enumerate(study.models)
        if not isinstance(result := model.meanings, Absent)
        for i in range(len(result.queries))
    ]
    if not found:
        return []
    _, _, name, i = max(found)
    shown = next(words_of(m.meanings)[i] for m in study.models if m.space.model == name)  # type: ignore[arg-type]
    return [
        replace(
            sections[0],
            key="example",
            title="An example neighbourhood",
            question=f"The twenty nearest tokens of a word in {title_of(name)}, nearest first. ▁ marks a space.",
            examples=((name, (shown,)),),
            note="The word with most known translations; more words, and scores for all, are under “Translation”.",
        )
    ]
