"""Which steps a study has, for some models and options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.comparison import CompareOptions, Comparison
from hyperpolyglot.measures.comparison.compare import neighbors_compared, shared_spaces
from hyperpolyglot.measures.comparison.records import PairSimilarity
from hyperpolyglot.measures.comparison.shared_tokens import shared_rows
from hyperpolyglot.measures.diversity import Diversity
from hyperpolyglot.measures.explanation import Explanation
from hyperpolyglot.measures.meanings import Meanings
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.measures.projection import NEIGHBORS, Projection
from hyperpolyglot.measures.separability import Separability
from hyperpolyglot.measures.translation import Languages, TranslateOptions, Translation
from hyperpolyglot.measures.translation.asking import wants_held_out
from hyperpolyglot.measures.translation.languages import ModelLanguages, ranked
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.execute import Outcomes, attempt
from hyperpolyglot.study.graph import Graph, PlannedStep
from hyperpolyglot.study.record import Absent, Section, StudyOptions
from hyperpolyglot.study.steps import (
    diversity_step,
    explanation_step,
    languages_step,
    meanings_step,
    neighbors_step,
    pair_step,
    projection_step,
    separability_step,
    translation_step,
)
from hyperpolyglot.types import Array
from hyperpolyglot.vocabulary import TokenKind

__all__ = [
    "ComparisonPlan",
    "LanguagesPlan",
    "ModelPlan",
    "StudyPlan",
    "plan_comparison",
    "plan_languages",
    "plan_study",
]

Record = TypeVar("Record")
Planned = PlannedStep[Record] | Absent


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """The steps of one model."""

    space: TokenSpace
    near: Planned[Neighbors]
    separability: Planned[Separability]
    diversity: Planned[Diversity]
    projection: Planned[Projection]
    translation: Planned[Translation]
    meanings: Planned[Meanings]
    explanation: Planned[Explanation]

    @property
    def steps(self) -> tuple[Planned[object], ...]:
        """All of them, what others need first."""
        return (
            self.near,
            self.separability,
            self.diversity,
            self.projection,
            self.translation,
            self.meanings,
            self.explanation,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagesPlan:
    """A step for every model; their records are ranked together."""

    steps: tuple[PlannedStep[ModelLanguages], ...]

    def record(self, outcomes: Outcomes) -> Languages | Absent:
        """The languages, or why there are none."""
        found = [outcomes(step) for step in self.steps]
        missing = next((model for model in found if isinstance(model, Absent)), None)
        return missing or ranked([model for model in found if not isinstance(model, Absent)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPlan:
    """A step for every two models."""

    steps: tuple[PlannedStep[PairSimilarity], ...]
    models: tuple[str, ...]
    ambiguous: tuple[int, ...]
    options: CompareOptions

    def record(self, outcomes: Outcomes) -> Comparison | Absent:
        """The comparison, or why there is none."""
        found = [outcomes(step) for step in self.steps]
        missing = next((pair for pair in found if isinstance(pair, Absent)), None)
        return missing or Comparison(
            models=self.models,
            pairs=tuple(pair for pair in found if not isinstance(pair, Absent)),
            ambiguous=self.ambiguous,
            options=self.options,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """All steps of a study, by what their records are for."""

    models: tuple[ModelPlan, ...]
    languages: LanguagesPlan | Absent
    comparison: ComparisonPlan | Absent
    options: StudyOptions

    @property
    def graph(self) -> Graph:
        """The same as a graph: model after model, then what takes several."""
        steps: list[Planned[object]] = [step for model in self.models for step in model.steps]
        for several in (self.languages, self.comparison):
            steps.extend(() if isinstance(several, Absent) else several.steps)
        return Graph(tuple(step for step in steps if not isinstance(step, Absent)))


def plan_study(
    spaces: Sequence[TokenSpace],
    options: StudyOptions,
    lexicon: Lexicon,
    *,
    layouts: Sequence[Array | None] | None = None,
    outputs: Sequence[TokenSpace | None] | None = None,
    search: Search = AUTO,
) -> StudyPlan:
    """Plan every measure on every model; reads the tables once, for their digests and the tokens they share."""
    given = Given(lexicon=lexicon, translate=options.translate)
    nothing = [None] * len(spaces)
    with_vectors = [space for space in spaces if space.table is not None]
    return StudyPlan(
        models=tuple(
            _plan_model(space, options, given, layout, output, search)
            for space, layout, output in zip(spaces, layouts or nothing, outputs or nothing, strict=True)
        ),
        languages=_unless_skipped(
            "languages", options, lambda: plan_languages(spaces, lexicon, options.translate)
        ),
        comparison=_unless_skipped(
            "comparison",
            options,
            lambda: plan_comparison(with_vectors, options.compare, exclude=options.exclude, search=search),
        )
        if len(with_vectors) > 1
        else Absent("A comparison needs two models with vectors."),
        options=options,
    )


def plan_languages(
    spaces: Sequence[TokenSpace], lexicon: Lexicon, options: TranslateOptions, language: str | None = None
) -> LanguagesPlan:
    """One language or all of them, in every model; concepts are the same for all."""
    options = replace(options, held_out=wants_held_out(spaces, lexicon, options))
    return LanguagesPlan(
        steps=tuple(languages_step(space, lexicon, options, language=language) for space in spaces)
    )


def plan_comparison(
    spaces: Sequence[TokenSpace],
    options: CompareOptions,
    *,
    exclude: Collection[TokenKind] = (),
    search: Search = AUTO,
) -> ComparisonPlan:
    """Every two models on the tokens they share. Raises ``NotEnoughData`` where these are too few."""
    _, ambiguous = shared_rows(spaces, protocol=options.protocol, exclude=exclude)
    every = range(len(spaces))
    groups = [tuple(every)] if options.common == "all" else list(combinations(every, 2))
    steps: list[PlannedStep[PairSimilarity]] = []
    for group in groups:
        small = shared_spaces([spaces[i] for i in group], options, exclude)
        k = neighbors_compared(len(small[0]), options)
        parts = [(space, neighbors_step(space, k, search=search)) for space in small]
        steps.extend(
            pair_step((a, b), (near_a, near_b), options)
            for (a, near_a), (b, near_b) in combinations(parts, 2)
        )
    return ComparisonPlan(
        steps=tuple(steps),
        models=tuple(space.model for space in spaces),
        ambiguous=ambiguous,
        options=options,
    )


def _unless_skipped(section: Section, options: StudyOptions, plan: Callable[[], Record]) -> Record | Absent:
    if section in options.skip:
        return Absent(f"It was left out on request (--skip {section}).")
    return attempt(plan)


def _plan_model(
    space: TokenSpace,
    options: StudyOptions,
    given: Given,
    layout: Array | None,
    output: TokenSpace | None,
    search: Search,
) -> ModelPlan:
    if space.table is None:
        return _without_vectors(space)
    near = neighbors_step(space, max(options.k, NEIGHBORS), exclude=options.exclude, search=search)
    words, asked = given.lexicon, options.translate
    assert words is not None

    def unless_skipped(section: Section, plan: Callable[[], PlannedStep[Record]]) -> Planned[Record]:
        return _unless_skipped(section, options, plan)

    return ModelPlan(
        space=space,
        near=unless_skipped("neighbors", lambda: near),
        separability=unless_skipped(
            "separability", lambda: separability_step(space, options.probes, exclude=options.exclude)
        ),
        diversity=unless_skipped(
            "neighbors", lambda: diversity_step(space, near, options.k, options.protocol)
        ),
        projection=unless_skipped(
            "map", lambda: projection_step(space, near, seed=options.seed, layout=layout)
        ),
        translation=unless_skipped("translation", lambda: translation_step(space, words, asked)),
        meanings=unless_skipped("translation", lambda: meanings_step(space, near, words, asked)),
        explanation=unless_skipped(
            "explanations",
            lambda: explanation_step(space, near, given, output, seed=options.seed, search=search),
        ),
    )


def _without_vectors(space: TokenSpace) -> ModelPlan:
    missing = Absent(f"{space.model} is a vocabulary alone: it has no vectors to measure.")
    return ModelPlan(
        space=space,
        near=missing,
        separability=missing,
        diversity=missing,
        projection=missing,
        translation=missing,
        meanings=missing,
        explanation=missing,
    )
