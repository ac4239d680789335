"""Can a linear probe tell the labels apart?

Three designs, all with L2-regularised logistic regression (C = 1) on unit rows and cross-validated accuracy:
``one-vs-rest`` (the paper's: one label against all others, the larger side undersampled to balance), ``pairwise``
(every two labels, balanced) and ``multinomial`` (all labels at once, undersampled to the smallest). Languages are told
apart within a script (``measures/same_script.py``), but for the paper's protocol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from queue import SimpleQueue
from typing import Any, NamedTuple

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
    stratified_folds,
)
from hyperpolyglot.engine.processor import usable_threads
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.same_script import Scripts
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.percentages import percent
from hyperpolyglot.records import Record, with_interval
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import held_out_interval
from hyperpolyglot.types import Float32, Float64, Progress, silent
from hyperpolyglot.vocabulary import SPACE, Vocabulary

__all__ = ["DESIGNS", "LabelAccuracy", "Separability", "SeparabilityOptions", "separability"]

DESIGNS = ("one-vs-rest", "pairwise", "multinomial")
PAPER_SEED = 150

_OPERATIONS = 80
"""For each number and fold: about twenty passes, two products each, over twice the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparabilityOptions:
    """How to probe.

    ``repeats`` draws a new balanced sample and new folds each; ``grouped`` keeps ``word``, ``▁word`` and ``Word`` in
    the same fold; ``protocol="paper"`` fixes the undersampling draw (seed 150), one repeat,
    unshuffled folds, and probes that stop where scikit-learn's do, short of the optimum.
    """

    design: str = "one-vs-rest"
    folds: int = 10
    repeats: int = 1
    grouped: bool = False
    minimum: int = 500
    seed: int = 0
    protocol: str = "default"

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            raise ValueError(f"no probe design is called {self.design!r}; there are {', '.join(DESIGNS)}")
        if self.protocol == "paper" and (self.grouped or self.repeats != 1 or self.design != DESIGNS[0]):
            raise ValueError("the paper's protocol is one repeat of one-vs-rest without groups")
        if self.folds < 2 or self.repeats < 1:
            raise ValueError("a probe needs at least two folds and one repeat")


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
    groups = _word_groups(space.vocabulary, rows) if options.grouped else None
    counted = np.ones(len(names), bool) if options.protocol == "paper" else space.labels.counted
    scripts = None
    if space.labels.labelling.tags and options.protocol != "paper":
        scripts = Scripts.of([space.vocabulary.texts[row] for row in rows.tolist()], codes)
    problems = _problems(options, _Labelled(codes, large, names, counted, scripts))
    components = principal_components(vectors)
    found, lost = [], []
    passes = _passes(vectors, options.folds * options.repeats, usable_threads(threads))
    free: SimpleQueue[Pass] = SimpleQueue()
    for run_pass in passes:
        free.put(run_pass)

    def solve(problem: _Problem) -> LabelAccuracy | None:
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


def _word_groups(vocabulary: Vocabulary, rows: NDArray[np.integer]) -> NDArray[np.int64]:
    words = [vocabulary.texts[i].removeprefix(SPACE).casefold() for i in rows.tolist()]
    return np.unique(words, return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Problem:
    """One probe: bool masks ``[token]`` of the sides to tell apart, and what its random draws depend on.

    ``script``: what all of the tokens are written in, where languages are told apart; empty for anything.
    """

    label: str
    sides: tuple[NDArray[np.bool_], ...]
    draw: tuple[int, ...]
    counted: bool = True
    script: str = ""

    @property
    def tokens(self) -> int:
        """Tokens of the label that is probed; of the smaller side where two labels or more are."""
        counts = [int(np.count_nonzero(side)) for side in self.sides]
        return counts[0] if len(self.draw) == 1 else min(counts)


class _Labelled(NamedTuple):
    """The labelled tokens: ``codes`` of their labels, those that are ``large`` enough, all names, which of them count,
    and where labels are languages, the scripts of the tokens.
    """

    codes: NDArray[np.int64]
    large: list[int]
    names: tuple[str, ...]
    counted: NDArray[np.bool_]
    scripts: Scripts | None


def _problems(options: SeparabilityOptions, tokens: _Labelled) -> list[_Problem]:
    """A probe tells all labels of several apart only where these count."""
    codes, large, names, counted, scripts = tokens
    if options.design == "one-vs-rest":
        return [_against_the_rest(c, tokens, max(options.minimum, options.folds)) for c in large]
    if options.design == "pairwise":
        pairs = list(combinations(large, 2))
        same = (
            []
            if scripts is None
            else [(a, b) for a, b in pairs if scripts.of_label[a] == scripts.of_label[b]]
        )
        return [
            _Problem(
                f"{names[a]}|{names[b]}",
                (codes == a, codes == b),
                (a, b),
                bool(counted[[a, b]].all()),
                scripts.name(a) if same and scripts else "",
            )
            for a, b in same or pairs
        ]
    large = [c for c in large if counted[c]]
    if scripts is not None and (together := scripts.together(large)):
        return [
            _Problem(name, tuple(codes == c for c in own), tuple(own), True, name)
            for name, own in together.items()
        ]
    return [_Problem("all", tuple(codes == c for c in large), tuple(large))] if len(large) > 1 else []


def _against_the_rest(label: int, tokens: _Labelled, least: int) -> _Problem:
    """A label against all others; a language against the others of its script, where these have tokens enough."""
    codes, _, names, counted, scripts = tokens
    own, rest, script = codes == label, codes != label, ""
    if scripts is not None:
        same = scripts.of_token == scripts.of_label[label]
        if min(np.count_nonzero(own & same), np.count_nonzero(rest & same)) >= least:
            own, rest, script = own & same, rest & same, scripts.name(label)
    return _Problem(names[label], (own, rest), (label,), bool(counted[label]), script)


def _solve(
    vectors: Float32,
    components: PrincipalComponents,
    problem: _Problem,
    groups: NDArray[np.int64] | None,
    options: SeparabilityOptions,
    run_pass: Pass,
) -> LabelAccuracy | None:
    """The cross-validated accuracy of one probe over all repeats; ``None`` where a fold would be empty."""
    scores, converged = [], True
    for repeat in range(options.repeats):
        draw = (*problem.draw, repeat)
        if options.protocol == "paper":
            sample = _paper_undersample(problem.sides[0])
        else:
            sample = _balanced(problem.sides, np.random.default_rng([options.seed, 0, *draw]))
        side = np.stack([mask[sample] for mask in problem.sides]).argmax(axis=0)
        fold = _folds(side, groups, sample, options, np.random.default_rng([options.seed, 1, *draw]))
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


def _paper_undersample(own: NDArray[np.bool_]) -> NDArray[np.int64]:
    """imbalanced-learn's ``RandomUnderSampler(random_state=150)``: class by class, the larger one drawn."""
    random = np.random.RandomState(PAPER_SEED)
    sides = [np.flatnonzero(~own), np.flatnonzero(own)]
    smaller = min(len(side) for side in sides)
    return np.concatenate(
        [
            s if len(s) == smaller else s[random.choice(range(len(s)), size=smaller, replace=False)]
            for s in sides
        ]
    )


def _balanced(sides: Sequence[NDArray[np.bool_]], random: np.random.Generator) -> NDArray[np.int64]:
    """As many tokens of every side as the smallest has, ascending."""
    members = [np.flatnonzero(side) for side in sides]
    smallest = min(map(len, members))
    return np.sort(
        np.concatenate([random.choice(m, smallest, replace=False, shuffle=False) for m in members])
    )


def _folds(
    side: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    sample: NDArray[np.int64],
    options: SeparabilityOptions,
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """The fold of every sampled token: stratified; shuffled unless the protocol is the paper's."""
    if options.protocol == "paper":
        # the authors' classes are "other" and "this label", in the order in which the sample holds them
        return stratified_folds(side == 0, options.folds)
    if groups is not None:
        return _grouped_folds(side, groups[sample], options.folds, random)
    order = random.permutation(len(side))
    fold = np.empty(len(side), np.int64)
    fold[order] = stratified_folds(side[order], options.folds)
    return fold


def _grouped_folds(
    classes: NDArray[Any], groups: NDArray[np.int64], folds: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Whole groups to folds, largest first, each to the fold that has least of the group's main class."""
    names, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    kinds, classes = np.unique(classes, return_inverse=True)
    content = np.zeros((len(names), len(kinds)), np.int64)
    np.add.at(content, (member, classes), 1)
    load = np.zeros((folds, len(kinds)), np.int64)
    fold_of = np.empty(len(names), np.int64)
    order = random.permutation(len(names))
    for group in order[np.argsort(-sizes[order], kind="stable")]:
        main = int(content[group].argmax())
        fold_of[group] = int(np.lexsort((load.sum(axis=1), load[:, main]))[0])
        load[fold_of[group]] += content[group]
    return fold_of[member]


def _accuracy(
    problem: _Problem, scores: Float64, answers: int, options: SeparabilityOptions, converged: bool
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
