"""Can a linear probe tell the labels apart?

Three designs, all with L2-regularised logistic regression (C = 1) on unit rows and cross-validated accuracy:
``one-vs-rest`` (the paper's: one label against all others, the larger side undersampled to balance), ``pairwise``
(every two labels, balanced) and ``multinomial`` (all labels at once, undersampled to the smallest). Languages are told
apart within a script (``measures/same_script.py``), but for the paper's protocol.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import Kinds, checked, options_of
from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.engine.devices import chosen_gpus
from hyperpolyglot.engine.probes import (
    Pass,
    PrincipalComponents,
    fit_probes,
    fit_stopped,
    pass_over_rows,
    principal_components,
)
from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.probe_samples import (
    DESIGNS,
    Labelled,
    Problem,
    SeparabilityOptions,
    folds_of,
    problems_of,
    sampled,
    word_groups,
)
from hyperpolyglot.measures.same_script import Scripts
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.percentages import percent
from hyperpolyglot.records import Record, with_interval
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import held_out_interval
from hyperpolyglot.types import Float32, Float64, Progress, silent

__all__ = ["DESIGNS", "LabelAccuracy", "Separability", "SeparabilityOptions", "separability"]

_OPERATIONS = 80
"""For each number and fold: about twenty passes, two products each, over twice the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAccuracy:
    """Accuracy of one probe.

    ``label`` is ``"A|B"`` for a pair and ``"all"`` for the multinomial probe. ``tokens``: tokens of that label (the
    smaller of a pair); ``accuracy`` is the mean over folds × repeats, ``sd`` their deviation (n); ``interval`` is
    Wilson's at 95 %, over held-out answers (:func:`hyperpolyglot.statistics.held_out_interval`): where such a probe
    would lie with other tokens of the same labels; ``chance`` that of guessing.
    ``counted``: it takes part in means; Common, Inherited and Unknown are no scripts and do not.
    """

    label: str
    tokens: int
    accuracy: float
    sd: float
    interval: tuple[float, float]
    chance: float
    converged: bool
    counted: bool = True

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in self.__slots__} | {"interval": list(self.interval)}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Separability(Record):
    """Accuracies by label, the labels that have too few tokens or leave too few others, and the mean over labels.

    ``against``: where labels are languages, the script within which each was probed, by the name of its row; languages
    that are alone in their script are not named, and were probed against all others.
    """

    labels: tuple[LabelAccuracy, ...]
    skipped: tuple[tuple[str, int], ...]
    options: SeparabilityOptions
    excluded: dict[str, int]
    against: tuple[tuple[str, str], ...] = ()

    @property
    def solver(self) -> str:
        """Where probes end: at the ``"optimum"``, or ``"as scikit-learn"`` with the paper's protocol (by SciPy)."""
        return "as scikit-learn" if self.options.protocol == "paper" else "optimum"

    @property
    def counted(self) -> tuple[LabelAccuracy, ...]:
        """The rows that means are over."""
        return tuple(row for row in self.labels if row.counted)

    @property
    def mean_accuracy(self) -> float | None:
        """Mean accuracy over the labels that count, each weighing the same."""
        return float(np.mean([row.accuracy for row in self.counted])) if self.counted else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the mean, at 95 % or more: as wide as if all probes erred together."""
        ends = [row.interval for row in self.counted]
        return (
            (float(np.mean([low for low, _ in ends])), float(np.mean([high for _, high in ends])))
            if ends
            else None
        )

    @property
    def chance(self) -> float | None:
        """Mean chance level of the labels that count."""
        return float(np.mean([row.chance for row in self.counted])) if self.counted else None

    def summary(self) -> str:
        """Mean accuracy with its interval, chance, how many labels, seed and protocol."""
        if self.mean_accuracy is None or self.chance is None:
            return "no label has tokens enough to be probed"
        value = with_interval(percent(self.mean_accuracy), self.interval, 100)
        means = f"mean accuracy {value}, chance {percent(self.chance)}"
        return f"{means}, {len(self.counted)} labels, {_settings(self.options)}"

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "design": self.options.design,
            "solver": self.solver,
            "labels": [row.to_json() for row in self.labels],
            "skipped": [{"label": label, "tokens": tokens} for label, tokens in self.skipped],
            "mean_accuracy": self.mean_accuracy,
            "chance": self.chance,
            "excluded": self.excluded,
        } | ({"against": dict(self.against)} if self.against else {})

    def table(self) -> list[dict[str, Any]]:
        """A row for every label."""
        return self.tidied([row.to_json() for row in self.labels])


def _settings(options: SeparabilityOptions) -> str:
    return f"seed {options.seed}" + (", the paper's protocol" if options.protocol == "paper" else "")


def separability(
    space: TokenSpace,
    options: SeparabilityOptions | None = None,
    *,
    exclude: Kinds = (),
    progress: Progress = silent,
    threads: int | None = None,
    **changes: Any,
) -> Separability:
    """Probe every label that has at least ``options.minimum`` tokens; options by keywords too: ``minimum=50``.

    Tokens without a direction (padding, zero, not finite) or without a label take no part. ``threads``: probes that
    are solved side by side, by default as many as there are processors; the result does not depend on it. Raises
    ``NotEnoughData`` where fewer than two labels have tokens.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:language")
    >>> found = hp.separability(space.take(hp.sample_rows(space, 0.05)), hp.SeparabilityOptions(minimum=100))
    >>> found.labels[0].label, found.labels[0].accuracy > 0.9
    ('Latn', True)
    """
    checked("separability", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    options = options_of("separability", SeparabilityOptions, options, changes)
    candidates = space.candidates(exclude)
    rows = candidates.rows[space.labels.codes[candidates.rows] >= 0]
    codes = space.labels.codes[rows].astype(np.int64)
    counts = Counter(codes.tolist())
    if len(counts) < 2:
        raise NotEnoughData(
            f"{space.model}: a probe needs tokens of at least two labels; there "
            f"{'is 1' if len(counts) == 1 else 'are none'}."
        )
    least = max(options.minimum, options.folds)
    names = space.labels.names
    large = sorted((c for c in counts if counts[c] >= least), key=lambda c: (-counts[c], names[c]))
    small = sorted((c for c in counts if counts[c] < least), key=lambda c: (-counts[c], names[c]))
    vectors = unit_rows(space.vectors(rows))
    groups = word_groups(space.vocabulary, rows) if options.grouped else None
    counted = np.ones(len(names), bool) if options.protocol == "paper" else space.labels.counted
    scripts = None
    if space.labels.labelling.tags and options.protocol != "paper":
        scripts = Scripts.of([space.vocabulary.texts[row] for row in rows.tolist()], codes)
    problems = problems_of(options, Labelled(codes, large, names, counted, scripts))
    components = principal_components(vectors)
    found, lost = [], []
    passes = _passes(vectors, options.folds * options.repeats, usable_threads(threads))
    free: SimpleQueue[Pass] = SimpleQueue()
    for run_pass in passes:
        free.put(run_pass)

    def solve(problem: Problem) -> LabelAccuracy | None:
        run_pass = free.get()
        try:
            return _solve(vectors, components, problem, groups, options, run_pass)
        finally:
            free.put(run_pass)

    with ThreadPoolExecutor(len(passes)) as pool:
        for done, row in enumerate(pool.map(solve, problems)):
            progress("probes", done, len(problems))
            if row is None:
                lost.append((problems[done].label, problems[done].tokens))
            else:
                found.append(row)
    progress("probes", len(problems), len(problems))
    unlabelled = len(candidates.rows) - len(rows)
    return stamped(
        Separability(
            labels=tuple(found),
            skipped=(*((names[c], counts[c]) for c in small), *lost),
            options=options,
            excluded=candidates.excluded | ({"without a label": unlabelled} if unlabelled else {}),
            against=tuple((each.label, each.script) for each in problems if each.script),
        ),
        came_from(space, seed=options.seed, protocol=options.protocol),
    )


def _passes(vectors: Float32, folds: int, threads: int) -> list[Pass]:
    """Who makes the passes of probes: as many at a time as there are."""
    gpus = chosen_gpus(None, _OPERATIONS * vectors.size * folds)
    if gpus:
        from hyperpolyglot.engine.devices.gpu import passes_on_gpus

        found = passes_on_gpus(vectors, gpus)
        if found:
            return found
    return [pass_over_rows] * threads


def _solve(
    vectors: Float32,
    components: PrincipalComponents,
    problem: Problem,
    groups: NDArray[np.int64] | None,
    options: SeparabilityOptions,
    run_pass: Pass,
) -> LabelAccuracy | None:
    """The cross-validated accuracy of one probe over all repeats; ``None`` where a fold would be empty."""
    scores, converged = [], True
    for repeat in range(options.repeats):
        draw = (*problem.draw, repeat)
        sample = sampled(problem, options, draw)
        side = np.stack([mask[sample] for mask in problem.sides]).argmax(axis=0)
        fold = folds_of(side, groups, sample, options, np.random.default_rng([options.seed, 1, *draw]))
        sizes = np.bincount(fold, minlength=options.folds)
        if not sizes.all():
            return None
        classes = 1 - side if len(problem.sides) == 2 else side
        training = fold[:, None] != np.arange(options.folds)
        if options.protocol == "paper":
            fit = fit_stopped(vectors, classes, training, rows=sample)
        else:
            fit = fit_probes(
                vectors, classes, training, rows=sample, components=components, run_pass=run_pass
            )
        scores.append(fit.correct / sizes)
        converged &= fit.converged
    return _accuracy(problem, np.concatenate(scores), len(sample), options, converged)


def _accuracy(
    problem: Problem, scores: Float64, answers: int, options: SeparabilityOptions, converged: bool
) -> LabelAccuracy:
    mean = float(scores.mean())
    return LabelAccuracy(
        label=problem.label,
        tokens=problem.tokens,
        accuracy=mean,
        sd=float(scores.std()),
        interval=held_out_interval(mean, answers, options.folds, effect=_effect(scores, answers, options)),
        chance=1 / len(problem.sides),
        converged=converged,
        counted=problem.counted,
    )


def _effect(scores: Float64, answers: int, options: SeparabilityOptions) -> float:
    """How much more folds differ than as many independent answers would, where whole words are in one fold."""
    mean = float(scores.mean())
    chance = mean * (1 - mean) * options.folds / answers
    return float(scores.var(ddof=1)) / chance if options.grouped and chance > 0 else 1.0
