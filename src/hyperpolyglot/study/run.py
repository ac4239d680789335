"""All steps of a study, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.measures.census import census, overlap
from hyperpolyglot.measures.diversity import diversity
from hyperpolyglot.measures.examples import example_rows
from hyperpolyglot.measures.inspection import inspect
from hyperpolyglot.measures.neighbors import Neighborhood, Neighborhoods, Neighbors, neighborhoods
from hyperpolyglot.measures.projection import NEIGHBORS
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Store
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.record import Absent, ModelStudy, Section, Study, StudyOptions
from hyperpolyglot.study.steps import (
    step_comparison,
    step_explanation,
    step_languages,
    step_meanings,
    step_neighbors,
    step_projection,
    step_separability,
    step_translation,
)
from hyperpolyglot.types import Array, Progress, silent

__all__ = ["run_study"]

EXAMPLE_NEIGHBORS = 20
Result = TypeVar("Result")


def run_study(
    spaces: Sequence[TokenSpace],
    options: StudyOptions,
    store: Store,
    *,
    lexicon: Lexicon | None = None,
    layouts: Sequence[Array | None] | None = None,
    outputs: Sequence[TokenSpace | None] | None = None,
    progress: Progress = silent,
) -> Study:
    """Measure everything on every model. What is in the store is not computed again.

    ``lexicon`` is by default the one of the package; ``outputs`` are the spaces of the models' output tables. Where a
    model has too little for a measure, or the options skip it, an :class:`Absent` with the reason stands in its place.

    >>> import hyperpolyglot as hp
    >>> from hyperpolyglot.store import NoStore
    >>> space = hp.open_model("demo:meaning")
    >>> space = space.take(hp.sample_rows(space, 0.01))
    >>> skip = ("separability", "map", "translation", "languages", "comparison", "explanations")
    >>> study = hp.run_study([space], hp.StudyOptions(k=10, skip=skip), NoStore())
    >>> study.models[0].diversity.k
    10
    """
    words = lexicon or packaged_lexicon()
    with_vectors = [space for space in spaces if space.table is not None]
    return Study(
        models=tuple(
            _one_model(space, words, options, store, layout, output, progress)
            for space, layout, output in zip(
                spaces, layouts or [None] * len(spaces), outputs or [None] * len(spaces), strict=True
            )
        ),
        census=census(spaces),
        overlap=overlap(spaces, protocol=options.protocol)
        if len(spaces) > 1
        else Absent("There is one model only, so there is nothing to share tokens with."),
        languages=_unless_skipped(
            "languages",
            options,
            lambda: step_languages(spaces, words, options.translate, store, progress=progress),
        ),
        comparison=_unless_skipped(
            "comparison",
            options,
            lambda: step_comparison(
                with_vectors, options.compare, store, exclude=options.exclude, progress=progress
            ),
        )
        if len(with_vectors) > 1
        else Absent("A comparison needs two models with vectors."),
        options=options,
    )


def _attempt(measure: Callable[[], Result]) -> Result | Absent:
    """The measure, or why there is too little for it."""
    try:
        return measure()
    except NotEnoughData as error:
        return Absent(str(error))


def _unless_skipped(
    section: Section, options: StudyOptions, measure: Callable[[], Result]
) -> Result | Absent:
    if section in options.skip:
        return Absent(f"It was left out on request (--skip {section}).")
    return _attempt(measure)


def _one_model(
    space: TokenSpace,
    lexicon: Lexicon,
    options: StudyOptions,
    store: Store,
    layout: Array | None,
    output: TokenSpace | None,
    progress: Progress,
) -> ModelStudy:
    def say(step: str, done: int, total: int) -> None:
        progress(f"{space.model}: {step}", done, total)

    if space.table is None:
        return _without_vectors(space)
    k = max(options.k, NEIGHBORS)
    near = _attempt(lambda: step_neighbors(space, k, store, exclude=options.exclude, progress=say))
    if isinstance(near, Absent):
        return _without_vectors(space, near.reason)
    return ModelStudy(
        space=space,
        inspection=inspect(space),
        separability=_unless_skipped(
            "separability",
            options,
            lambda: step_separability(space, options.probes, store, exclude=options.exclude, progress=say),
        ),
        diversity=_attempt(lambda: diversity(near, space.labels, k=options.k, protocol=options.protocol)),
        examples=_attempt(lambda: _examples(space, near, options)),
        projection=_unless_skipped(
            "map",
            options,
            lambda: step_projection(space, near, store, seed=options.seed, layout=layout, progress=say),
        ),
        translation=_unless_skipped(
            "translation",
            options,
            lambda: step_translation(space, lexicon, options.translate, store, progress=say),
        ),
        meanings=_unless_skipped(
            "translation", options, lambda: step_meanings(space, near, lexicon, options.translate, store)
        ),
        explanation=_unless_skipped(
            "explanations",
            options,
            lambda: step_explanation(
                space,
                near,
                store,
                given=Given(lexicon=lexicon, translate=options.translate, output=output),
                seed=options.seed,
                progress=say,
            ),
        ),
    )


def _without_vectors(space: TokenSpace, reason: str | None = None) -> ModelStudy:
    missing = Absent(reason or f"{space.model} is a vocabulary alone: it has no vectors to measure.")
    return ModelStudy(
        space=space,
        inspection=inspect(space),
        separability=missing,
        diversity=missing,
        examples=missing,
        projection=missing,
        translation=missing,
        meanings=missing,
        explanation=missing,
    )


def _examples(space: TokenSpace, found: Neighbors, options: StudyOptions) -> Neighborhoods:
    known = found.queries.tolist()
    rows = example_rows(space, known)
    if options.protocol == "paper" or found.k < EXAMPLE_NEIGHBORS:
        count = min(EXAMPLE_NEIGHBORS, len(known) - 1)
        return neighborhoods(
            space, rows, count, include_self=options.protocol == "paper", exclude=options.exclude
        )
    position = {row: i for i, row in enumerate(known)}
    shown = found.first(EXAMPLE_NEIGHBORS)
    return Neighborhoods(
        space=space,
        queries=tuple(
            Neighborhood(
                row=row,
                rows=tuple(shown.rows[position[row]].tolist()),
                similarity=tuple(shown.similarity[position[row]].tolist()),
            )
            for row in rows
        ),
    )
