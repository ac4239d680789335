"""Every measure of a study, once: its row says how it is planned, what it costs, and which tables its record has.

The key of a row is the measure's one name: of its step, its key in JSON, its place in :class:`ModelStudy` or
:class:`Study`, the prefix of its tables, and what ``--skip`` and a study file call it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Generic, TypeVar

from hyperpolyglot.arguments import Kinds
from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.lexicon.families import TREE
from hyperpolyglot.measures.census import census, overlap
from hyperpolyglot.measures.comparison import CompareOptions, Comparison
from hyperpolyglot.measures.comparison.compare import compare_pair, neighbors_compared, shared_spaces
from hyperpolyglot.measures.comparison.records import PairSimilarity
from hyperpolyglot.measures.comparison.shared_tokens import shared_rows
from hyperpolyglot.measures.diversity import Diversity, diversity
from hyperpolyglot.measures.examples import example_neighborhoods
from hyperpolyglot.measures.explanation import Explanation, explain
from hyperpolyglot.measures.fertility import Fertility, FertilityOptions
from hyperpolyglot.measures.fertility.counts import ModelFertility, counts_of
from hyperpolyglot.measures.fertility.fertility import check_reference, joined
from hyperpolyglot.measures.languages import Languages, LanguageSources
from hyperpolyglot.measures.languages.languages import languages_of, ranked
from hyperpolyglot.measures.languages.records import ModelLanguages
from hyperpolyglot.measures.meanings import Meanings, meanings
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.measures.projection import Projection, project
from hyperpolyglot.measures.relatedness import Relatedness, relatedness
from hyperpolyglot.measures.separability import Separability, SeparabilityOptions, separability
from hyperpolyglot.measures.silhouette import Silhouette, SilhouetteOptions, silhouette
from hyperpolyglot.measures.translation import TranslateOptions, Translation, translate
from hyperpolyglot.measures.translation.asking import wants_held_out
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.origins import came_from, told
from hyperpolyglot.parallel_text import ParallelText, packaged_text
from hyperpolyglot.records import Rows
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.execute import Outcomes
from hyperpolyglot.study.graph import PlannedStep
from hyperpolyglot.study.record import Absent, StudyOptions
from hyperpolyglot.study.steps import Rate, Step, described, tokenizer_of
from hyperpolyglot.types import Array

__all__ = [
    "JOINT",
    "MEASURES",
    "OPTIONS",
    "SINGLE",
    "Context",
    "Joint",
    "JointMeasure",
    "Measure",
    "diversity_step",
    "explain_step",
    "map_step",
    "neighbors_step",
    "plan_compare",
    "plan_fertility",
    "plan_languages",
    "relatedness_step",
    "separability_step",
    "silhouette_step",
    "translate_step",
]

Near = PlannedStep[Neighbors]
Joined = TypeVar("Joined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a measure of one model is planned with; ``near`` is the search for neighbours that measures share."""

    space: TokenSpace
    options: StudyOptions
    lexicon: Lexicon
    near: Near
    layout: Array | None = None
    output: TokenSpace | None = None
    search: Search = AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure of one model.

    ``shown`` is what a study holds of its record; ``tables`` are the tables of that by name, ``""`` the main one.
    ``applies``: whether there is one of the labels of a space; ``inapplicable``: why not, a sentence.
    """

    key: str
    plan: Callable[[Context], PlannedStep[Any]]
    options: type[Any] | None = None
    shown: Callable[[TokenSpace, Any, StudyOptions], Any] = lambda _space, record, _options: record
    tables: Callable[[Any, TokenSpace], Mapping[str, Rows]] = lambda record, _: record.tables_by_name()
    applies: Callable[[TokenSpace], bool] = lambda _: True
    inapplicable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint(Generic[Joined]):
    """Steps whose records make one record, by ``join``."""

    steps: tuple[PlannedStep[Any], ...]
    join: Callable[[list[Any]], Joined]

    def record(self, outcomes: Outcomes) -> Joined | Absent:
        """What the records of the steps make, or why one is missing."""
        found = [outcomes(step) for step in self.steps]
        absent = next((record for record in found if isinstance(record, Absent)), None)
        if absent is not None:
            return absent
        record = self.join(found)
        origins = [step.origin for step in self.steps if step.origin is not None]
        if not origins:
            return record
        return told(record, came_from(*origins, seed=origins[0].seed, protocol=origins[0].protocol))


@dataclass(frozen=True, slots=True, kw_only=True)
class JointMeasure:
    """A measure of all models of a study together, or of those with ``vectors``.

    ``alone``: why there is none for one model, where it takes two.
    """

    key: str
    plan: Callable[[Sequence[TokenSpace], StudyOptions, Lexicon, Search], Joint[Any]]
    options: type[Any] | None = None
    vectors: bool = False
    alone: str = ""
    skippable: bool = True


_NEIGHBORS = Step(
    key="neighbors",
    record=Neighbors,
    rate=Rate(start=0.05, squared=1.9e-3, area=100.0, line=15_000.0),
)


def neighbors_step(
    space: TokenSpace,
    k: int,
    *,
    queries: Array | None = None,
    exclude: Kinds = (),
    search: Search = AUTO,
) -> Near:
    """:func:`neighbors`; ``search`` changes how long it takes, not what it gives."""
    share = 1.0 if queries is None else len(queries) / max(1, len(space))
    given = {"space": space, "k": k, "queries": queries, "exclude": tuple(exclude), "search": search}
    return _NEIGHBORS.planned(neighbors, given, k=k, share=share)


_SEPARABILITY = Step(
    key="separability", record=Separability, rate=Rate(start=0.05, area=180.0, line=150_000.0)
)


def separability_step(
    space: TokenSpace, options: SeparabilityOptions, *, exclude: Kinds = ()
) -> PlannedStep[Separability]:
    """:func:`separability`."""
    given = {"space": space, "options": options, "exclude": tuple(exclude)}
    return _SEPARABILITY.planned(separability, given)


_SILHOUETTE = Step(key="silhouette", record=Silhouette, rate=Rate(start=0.5, area=20.0, line=20_000.0))


def silhouette_step(
    space: TokenSpace, options: SilhouetteOptions, *, exclude: Kinds = ()
) -> PlannedStep[Silhouette]:
    """:func:`silhouette`."""
    given = {"space": space, "options": options, "exclude": tuple(exclude)}
    return _SILHOUETTE.planned(silhouette, given)


_DIVERSITY = Step(
    key="diversity", record=Diversity, rate=Rate(start=0.02, area=0.0, line=5_000.0, bytes_per_row=12)
)


def diversity_step(space: TokenSpace, near: Near, k: int, protocol: str) -> PlannedStep[Diversity]:
    """:func:`diversity` over the k nearest of ``near``."""
    given = {"neighbors": near, "labels": space.labels, "k": k, "protocol": protocol}
    return _DIVERSITY.planned(diversity, given, space=space)


_RELATEDNESS = Step(
    key="relatedness", record=Relatedness, rate=Rate(start=2.0, area=0.0, line=30_000.0), named=True
)


# The names of labels say which languages are related, and the texts of tokens how these are spelled.
def relatedness_step(
    space: TokenSpace,
    near: Near,
    *,
    k: int = 50,
    minimum: int = 100,
    permutations: int = 9_999,
    seed: int = 0,
) -> PlannedStep[Relatedness]:
    """:func:`relatedness` over the k nearest of ``near``."""
    given = {
        "space": space,
        "near": near,
        "k": k,
        "minimum": minimum,
        "permutations": permutations,
        "seed": seed,
    }
    return _RELATEDNESS.planned(relatedness, given, inputs={"labels": described(space.labels), "tree": TREE})


_MAP = Step(key="map", record=Projection, rate=Rate(start=0.5, area=60.0, line=60_000.0, bytes_per_row=12))


def map_step(
    space: TokenSpace, near: Near, *, method: str = "auto", seed: int = 0, layout: Array | None = None
) -> PlannedStep[Projection]:
    """:func:`project`; of ``near`` only the first few count, so that its k does not matter."""
    given = {
        "space": space,
        "neighbors": near,
        "method": "umap" if method == "auto" else method,
        "seed": seed,
        "layout": layout,
    }
    first = {name: value for name, value in near.inputs.items() if name != "k"}
    return _MAP.planned(project, given, inputs={"neighbors": first})


def _map_of_study(context: Context) -> PlannedStep[Projection]:
    method = "umap-learn" if context.options.protocol == "paper" else "auto"
    return map_step(
        context.space, context.near, method=method, seed=context.options.seed, layout=context.layout
    )


_TRANSLATE = Step(
    key="translate", record=Translation, rate=Rate(start=10.0, area=100.0, line=100_000.0), named=True
)


def translate_step(
    space: TokenSpace, lexicon: Lexicon, options: TranslateOptions
) -> PlannedStep[Translation]:
    """:func:`translate`."""
    return _TRANSLATE.planned(translate, {"space": space, "lexicon": lexicon, "options": options})


_MEANINGS = Step(key="meanings", record=Meanings, rate=Rate(start=0.3, area=0.0, line=15_000.0), named=True)


def _meanings_step(context: Context) -> PlannedStep[Meanings]:
    given = {
        "space": context.space,
        "near": context.near,
        "lexicon": context.lexicon,
        "options": context.options.translate,
    }
    return _MEANINGS.planned(meanings, given)


_EXPLAIN = Step(
    key="explain",
    record=Explanation,
    rate=Rate(start=12.0, area=600.0, line=250_000.0, bytes_per_row=40),
    named=True,
)


def explain_step(
    space: TokenSpace,
    near: Near,
    given: Given,
    output: TokenSpace | None = None,
    *,
    seed: int = 0,
    search: Search = AUTO,
) -> PlannedStep[Explanation]:
    """:func:`explain`; an ``output`` table with other tokens than ``space`` cannot be compared and is left out."""
    if output is not None and len(output) != len(space):
        output = None
    arguments = {
        "space": space,
        "near": near,
        "given": given,
        "output": output,
        "seed": seed,
        "search": search,
    }
    return _EXPLAIN.planned(_explain, arguments)


def _explain(
    *,
    space: TokenSpace,
    near: Neighbors,
    given: Given,
    output: TokenSpace | None,
    **more: Any,
) -> Explanation:
    return explain(space, near, given.evidence(space, output), **more)


_LANGUAGES = Step(
    key="languages", record=ModelLanguages, rate=Rate(start=4.0, area=100.0, line=100_000.0), named=True
)


def plan_languages(
    spaces: Sequence[TokenSpace],
    lexicon: Lexicon,
    options: TranslateOptions,
    language: str | None = None,
    sources: LanguageSources | None = None,
) -> Joint[Languages]:
    """One language or all of them, in every model; concepts are the same for all.

    ``sources`` are by default the packaged text alone, so that no number depends on what is installed.
    """
    options = replace(options, held_out=wants_held_out(spaces, lexicon, options))
    sources = sources or LanguageSources(text=packaged_text())
    asked = {"lexicon": lexicon, "language": language, "options": options, "sources": sources}
    steps = (
        _LANGUAGES.planned(
            _languages,
            {"space": space, **asked},
            inputs={"tokenizer": tokenizer_of(space)},
        )
        for space in spaces
    )
    return Joint(steps=tuple(steps), join=ranked)


def _languages(*, space: TokenSpace, **more: Any) -> ModelLanguages:
    mask = None if space.table is None else undertrained(space).mask
    return languages_of(space, undertrained=mask, **more)


_FERTILITY = Step(
    key="fertility", record=ModelFertility, rate=Rate(start=1.0, area=0.0, line=20_000.0), named=True
)


def plan_fertility(
    spaces: Sequence[TokenSpace], text: ParallelText, options: FertilityOptions
) -> Joint[Fertility]:
    """The same text in every model. Raises ``NotEnoughData`` where it lacks the reference language."""
    check_reference(text, options)
    steps = (
        _FERTILITY.planned(
            counts_of, {"space": space, "text": text}, inputs={"tokenizer": tokenizer_of(space)}
        )
        for space in spaces
    )
    return Joint(steps=tuple(steps), join=lambda counts: joined(counts, text, options))


_COMPARE = Step(
    key="compare", record=PairSimilarity, rate=Rate(start=0.5, area=2_000.0, line=500_000.0), named=True
)


def plan_compare(
    spaces: Sequence[TokenSpace],
    options: CompareOptions,
    *,
    exclude: Kinds = (),
    search: Search = AUTO,
) -> Joint[Comparison]:
    """Every two models on the tokens they share. Raises ``NotEnoughData`` where these are too few."""
    _, ambiguous = shared_rows(spaces, protocol=options.protocol, exclude=exclude)
    every = range(len(spaces))
    groups = [tuple(every)] if options.common == "all" else list(combinations(every, 2))
    steps: list[PlannedStep[PairSimilarity]] = []
    for group in groups:
        small = shared_spaces([spaces[i] for i in group], options, exclude)
        k = neighbors_compared(len(small[0]), options)
        parts = [(space, neighbors_step(space, k, search=search)) for space in small]
        steps.extend(_pair_step(a, b, options) for a, b in combinations(parts, 2))
    models = tuple(space.model for space in spaces)
    return Joint(
        steps=tuple(steps),
        join=lambda pairs: Comparison(
            models=models, pairs=tuple(pairs), ambiguous=ambiguous, options=options
        ),
    )


def _pair_step(
    one: tuple[TokenSpace, Near], other: tuple[TokenSpace, Near], options: CompareOptions
) -> PlannedStep[PairSimilarity]:
    (first, near_first), (second, near_second) = one, other
    given = {
        "first": first,
        "second": second,
        "near_first": near_first,
        "near_second": near_second,
        "options": options,
    }
    return _COMPARE.planned(
        compare_pair, given, space=first, subject=f"{title_of(first.model)} and {title_of(second.model)}"
    )


SINGLE: tuple[Measure, ...] = (
    Measure(
        key="neighbors",
        plan=lambda c: c.near,
        shown=lambda space, near, options: example_neighborhoods(
            space, near, protocol=options.protocol, exclude=options.exclude
        ),
    ),
    Measure(
        key="separability",
        plan=lambda c: separability_step(c.space, c.options.separability, exclude=c.options.exclude),
        options=SeparabilityOptions,
    ),
    Measure(
        key="silhouette",
        plan=lambda c: silhouette_step(c.space, c.options.silhouette, exclude=c.options.exclude),
        options=SilhouetteOptions,
    ),
    Measure(
        key="diversity",
        plan=lambda c: diversity_step(c.space, c.near, c.options.k, c.options.protocol),
    ),
    Measure(
        key="relatedness",
        plan=lambda c: relatedness_step(c.space, c.near, k=c.options.k, seed=c.options.seed),
        applies=lambda space: space.labels.labelling.tags,
        inapplicable="Labels are no languages, so they have no family tree.",
    ),
    Measure(
        key="map",
        plan=_map_of_study,
        tables=lambda record, space: {"": record.table(space)},
    ),
    Measure(
        key="translate",
        plan=lambda c: translate_step(c.space, c.lexicon, c.options.translate),
        options=TranslateOptions,
    ),
    Measure(key="meanings", plan=_meanings_step),
    Measure(
        key="explain",
        plan=lambda c: explain_step(
            c.space,
            c.near,
            Given(lexicon=c.lexicon, translate=c.options.translate),
            c.output,
            seed=c.options.seed,
            search=c.search,
        ),
    ),
)
"""The measures of one model, in the order in which they are run."""

JOINT: tuple[JointMeasure, ...] = (
    JointMeasure(
        key="census",
        plan=lambda spaces, *_: Joint(steps=(), join=lambda _: census(spaces)),
        skippable=False,
    ),
    JointMeasure(
        key="overlap",
        plan=lambda spaces, options, *_: Joint(
            steps=(), join=lambda _: overlap(spaces, protocol=options.protocol)
        ),
        alone="There is one model only, so there is nothing to share tokens with.",
    ),
    JointMeasure(
        key="languages",
        plan=lambda spaces, options, lexicon, _: plan_languages(spaces, lexicon, options.translate),
    ),
    JointMeasure(
        key="fertility",
        plan=lambda spaces, options, *_: plan_fertility(spaces, packaged_text(), options.fertility),
        options=FertilityOptions,
    ),
    JointMeasure(
        key="compare",
        plan=lambda spaces, options, _, search: plan_compare(
            spaces, options.compare, exclude=options.exclude, search=search
        ),
        options=CompareOptions,
        vectors=True,
        alone="A comparison needs two models with vectors.",
    ),
)
"""The measures of several models."""

MEASURES = (*(m.key for m in SINGLE), *(m.key for m in JOINT if m.skippable))
"""What can be left out of a study, by name."""

OPTIONS: dict[str, type[Any]] = {
    **{measure.key: measure.options for measure in SINGLE if measure.options is not None},
    **{measure.key: measure.options for measure in JOINT if measure.options is not None},
}
"""The options of the measures that have some: fields of :class:`StudyOptions`, and tables of a study file."""
