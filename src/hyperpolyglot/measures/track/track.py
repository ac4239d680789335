"""How a model learned its languages: measures along checkpoints, their half-lives, and which of them move first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hyperpolyglot.arguments import checked_all, options_of
from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.measures.track.maps import MapStep, StepMap, aligned_maps, step_map
from hyperpolyglot.measures.track.moved import (
    LEVEL,
    Earlier,
    HalfLife,
    ShareRelation,
    half_lives_of,
    movements,
    related_to_share,
    which_first,
)
from hyperpolyglot.measures.track.moving import MovingTokens, moving_tokens
from hyperpolyglot.measures.track.pairs import StepPair, paired_steps
from hyperpolyglot.measures.track.ready import Compared, Ready, ready
from hyperpolyglot.measures.track.settings import TrackOptions
from hyperpolyglot.measures.track.step import StepMeasures, measured_step
from hyperpolyglot.measures.track.sums import StepValue, Sums
from hyperpolyglot.measures.track.trends import Trend, family_of, trends_of
from hyperpolyglot.measures.track.words import StepWords, WordStep, followed, nearest_words
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record, Rows
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Progress, silent

__all__ = ["MEASURES", "Seen", "Track", "TrackedStep", "put_together", "track"]

MEASURES = (
    *("separability", "diversity", "own_share", "translation", "same_spelling", "isotropy", "norm"),
    *("undertrained", "overlap_last", "cka_last", "rsa_last", "rotation_last"),
    *("overlap_previous", "cka_previous", "rsa_previous", "rotation_previous"),
)
"""What is known of a step, in the order in which it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedStep:
    """One checkpoint: its place ``x`` on the axis, and the values of its measures."""

    model: str
    x: float
    values: tuple[StepValue, ...]

    def value(self, measure: str, label: str | None = None) -> StepValue | None:
        """One of the values, ``None`` where there was too little for it."""
        return next((v for v in self.values if v.measure == measure and v.label == label), None)

    def row(self, label: str | None) -> dict[str, Any]:
        """Every measure of a label: {value, low, high, chance}, or ``None``."""
        found = {v.measure: v.to_json() for v in self.values if v.label == label}
        return {name: found.get(name) for name in MEASURES}

    @property
    def labels(self) -> tuple[str, ...]:
        """Scripts and languages with values of their own."""
        return tuple(dict.fromkeys(v.label for v in self.values if v.label is not None))

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        by_label = [{"label": name, **_known(self.row(name))} for name in self.labels]
        return {"model": self.model, "x": self.x, **self.row(None), "labels": by_label}


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Track(Record):
    """Checkpoints in their order, with half-lives and what moves first.

    ``relation``: of the half-lives of labels with their share of the data, or of the vocabulary. ``words``: the
    neighbourhoods of the words that were asked for, step by step. ``maps``: of the sampled tokens at some steps, each
    turned to fit the one before; ``moving``: the tokens that all of them have, with what is near to each.
    ``trends``: how measures go with the size of models, where these are the steps; half-lives, order and relation are
    empty then.
    """

    steps: tuple[TrackedStep, ...]
    half_lives: tuple[HalfLife, ...]
    order: tuple[Earlier, ...]
    relation: tuple[ShareRelation, ...]
    words: tuple[WordStep, ...]
    trends: tuple[Trend, ...]
    maps: tuple[MapStep, ...]
    options: TrackOptions
    moving: MovingTokens | None = None

    def summary(self) -> str:
        """How many steps, and the measures that moved, earliest first; of models, those that go with size."""
        if self.options.by != "training":
            sure = [
                f"{row.measure} {row.change:+.3g}"
                for row in self.trends
                if row.unit == "model" and row.p_adjusted < LEVEL
            ]
            said = f"for ten times the size: {', '.join(sure)}" if sure else "no measure goes with size"
            return f"{len(self.steps)} models; {said}; seed {self.options.seed}"
        moved = sorted((h.x, h.measure) for h in self.half_lives if h.label is None and h.x is not None)
        said = ", ".join(f"{name} {x:,.4g}" for x, name in moved) or "no measure moved"
        return f"{len(self.steps)} steps; half-lives: {said}; seed {self.options.seed}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "steps": [step.to_json() for step in self.steps],
            "half_lives": [row.to_json() for row in self.half_lives],
            "order": [row.to_json() for row in self.order],
            "share_relation": [row.to_json() for row in self.relation],
            "words": [row.to_json() for row in self.words],
            "trends": [row.to_json() for row in self.trends],
            "maps": [step.to_json() for step in self.maps],
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every step, and below it one for every script and language of it."""
        empty = dict.fromkeys(("value", "low", "high", "chance"))
        return self.tidied(
            [
                {"model": step.model, "x": step.x, "label": label}
                | {name: value or empty for name, value in step.row(label).items()}
                for step in self.steps
                for label in (None, *step.labels)
            ]
        )

    def tables_by_name(self) -> dict[str, Rows]:
        """Steps, half-lives, which measure moves first, what shares say of it, neighbourhoods, trends, maps."""
        return {
            "": self.table(),
            "half_lives": self.tidied([row.to_json() for row in self.half_lives]),
            "order": self.tidied([row.to_json() for row in self.order]),
            "share_relation": self.tidied([row.to_json() for row in self.relation]),
            "words": self.tidied([row for step in self.words for row in step.rows()]),
            "trends": self.tidied([row.to_json() for row in self.trends]),
            "maps": self.tidied([row for step in self.maps for row in step.table_rows()]),
        }


def track(
    spaces: Sequence[TokenSpace],
    x: Sequence[float] | None = None,
    options: TrackOptions | None = None,
    *,
    lexicon: Lexicon | None = None,
    shares: Mapping[str, float] | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> Track:
    """Measure checkpoints of one model, in the order of ``x``: by default the numbers in their names.

    ``lexicon`` is by default the one of the package; ``shares``: of scripts or languages in the data, by default those
    of scripts in the vocabulary. Raises ``NotEnoughData`` for fewer than two steps, where the vocabulary changes along
    the way (unless ``shared=True``), and ``ValueError`` where ``x`` does not tell the steps apart.

    >>> import hyperpolyglot as hp
    >>> last = hp.open_model("demo:meaning").where(labels=["Latn", "Cyrl"], top=400)
    >>> noise = np.random.default_rng(0).standard_normal((len(last), last.dim)) * 0.1
    >>> steps = [
    ...     hp.from_arrays((1 - a) * noise + a * last.vectors(), last.vocabulary.texts, name=f"step-{i}")
    ...     for i, a in enumerate([0, 0.2, 0.8, 1])
    ... ]
    >>> found = hp.track(steps, minimum=100, k=10)
    >>> [step.x for step in found.steps], found.steps[-1].value("overlap_last").value
    ([0.0, 1.0, 2.0, 3.0], 1.0)
    """
    checked_all("track", spaces, TokenSpace, "TokenSpace, as open_model() gives them")
    options = options_of("track", TrackOptions, options, changes)
    known = lexicon or packaged_lexicon()
    steps = ready(spaces, x, options, known)
    one = steps.options.of_one_step()
    found, words = [], []
    for number, space in enumerate(steps.spaces):
        progress("steps", number, len(steps.spaces))
        found.append(measured_step(space=space, lexicon=known, options=one, progress=progress))
        if steps.watched is not None:
            words.append(nearest_words(space=space, watched=steps.watched))
    pairs = {}
    for first, second, ending in steps.compared:
        pairs[first, second, ending] = paired_steps(
            first=steps.spaces[first],
            second=steps.spaces[second],
            of_first=found[first],
            of_second=found[second],
            options=one,
            progress=progress,
        )
    seen = Seen(
        words=words,
        maps=[step_map(space=steps.spaces[i], options=steps.options.of_a_map()) for i in steps.mapped],
    )
    progress("steps", len(steps.spaces), len(steps.spaces))
    record = put_together(steps, found, pairs, seen, shares=shares)
    return stamped(record, came_from(*steps.spaces, seed=options.seed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Neighbourhoods of words at every step, and maps of some steps; empty where none are asked for."""

    words: Sequence[StepWords] = ()
    maps: Sequence[StepMap] = ()


def put_together(
    of: Ready,
    steps: Sequence[StepMeasures],
    pairs: Mapping[Compared, StepPair],
    seen: Seen,
    *,
    shares: Mapping[str, float] | None = None,
) -> Track:
    """The record of steps and pairs of steps that are measured, and of what is ``seen`` of them.

    A step beside the last has no part in a half-life where it is the last itself: it equals itself by definition.
    """
    last = len(steps) - 1
    beside: list[list[StepValue]] = [[] for _ in steps]
    sums: list[list[Sums]] = [[step.tokens, step.concepts] for step in steps]
    for (first, _, ending), pair in pairs.items():
        beside[first] += [replace(value, measure=f"{value.measure}{ending}") for value in pair.values]
        if ending == "_last" and first != last:
            sums[first][0] = _beside(sums[first][0], pair.tokens.renamed(ending))
    options, along = of.options, of.options.by == "training"
    moved = (
        movements(np.asarray(of.x, np.float64), sums, resamples=options.resamples, seed=options.seed)
        if along
        else {}
    )
    rows = half_lives_of(moved)
    counts = of.spaces[0].labels.only_counted().counts()
    known = {name: count / max(1, sum(counts.values())) for name, count in counts.items()}
    laid_out = [of.spaces[i] for i in of.mapped]
    maps = aligned_maps(laid_out, [of.x[i] for i in of.mapped], seen.maps)
    families = [family_of(space.model) for space in of.spaces]
    return Track(
        steps=tuple(
            TrackedStep(model=space.model, x=float(place), values=(*step.values, *more))
            for space, place, step, more in zip(of.spaces, of.x, steps, beside, strict=True)
        ),
        half_lives=rows,
        order=which_first(moved, rows),
        relation=related_to_share(
            rows, known if shares is None else shares, "vocabulary" if shares is None else "given"
        ),
        words=followed(options.words, of.x, seen.words) if seen.words else (),
        maps=maps,
        moving=moving_tokens(laid_out, [steps[i] for i in of.mapped], seen.maps, maps),
        trends=() if along else trends_of([step.values for step in steps], of.x, families),
        options=options,
    )


def _beside(one: Sums, other: Sums) -> Sums:
    return Sums(
        columns=(*one.columns, *other.columns),
        totals=np.concatenate([one.totals, other.totals], axis=1),
        sizes=np.concatenate([one.sizes, other.sizes], axis=1),
    )
