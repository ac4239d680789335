"""Can a linear probe tell the labels apart?

Three designs, all with L2-regularised logistic regression (C = 1) on unit rows and cross-validated accuracy:
``one-vs-rest`` (the paper's: one label against all others, the larger side undersampled to balance), ``pairwise``
(every two labels, balanced) and ``multinomial`` (all labels at once, undersampled to the smallest).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.engine.probe import binary_probe, multinomial_probe, stratified_folds
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.types import Float32, Float64, Progress, silent
from hyperpolyglot.vocabulary import SPACE, TokenKind, Vocabulary

__all__ = ["DESIGNS", "LabelAccuracy", "ProbeOptions", "Separability", "separability"]

DESIGNS = ("one-vs-rest", "pairwise", "multinomial")
PAPER_SEED = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOptions:
    """How to probe.

    ``repeats`` draws a new balanced sample and new folds each; ``grouped`` keeps ``word``, ``▁word`` and ``Word`` in
    the same fold; ``protocol="paper"`` fixes the undersampling draw (seed 150), one repeat, unshuffled folds.
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
    smaller of a pair); ``accuracy`` is the mean over folds × repeats, ``sd`` their deviation (n); ``interval`` a 95 %
    t-interval corrected for overlapping training sets (Nadeau and Bengio 2003); ``chance`` that of guessing.
    """

    label: str
    tokens: int
    accuracy: float
    sd: float
    interval: tuple[float, float]
    chance: float
    converged: bool

    def to_json(self) -> dict[str, Any]:
        """The entry of the JSON contract."""
        return {name: getattr(self, name) for name in self.__slots__} | {"interval": list(self.interval)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Separability:
    """Accuracies by label, the labels with too few tokens, and the mean over labels."""

    labels: tuple[LabelAccuracy, ...]
    skipped: tuple[tuple[str, int], ...]
    options: ProbeOptions
    excluded: dict[str, int]

    @property
    def mean_accuracy(self) -> float | None:
        """Mean accuracy over the labels, each weighing the same."""
        return float(np.mean([row.accuracy for row in self.labels])) if self.labels else None

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "design": self.options.design,
            "labels": [row.to_json() for row in self.labels],
            "skipped": [{"label": label, "tokens": tokens} for label, tokens in self.skipped],
            "mean_accuracy": self.mean_accuracy,
            "chance": float(np.mean([row.chance for row in self.labels])) if self.labels else None,
            "excluded": self.excluded,
        }

    def table(self) -> list[dict[str, Any]]:
        """A row for every label."""
        return [row.to_json() | {"low": row.interval[0], "high": row.interval[1]} for row in self.labels]


def separability(
    space: TokenSpace,
    options: ProbeOptions | None = None,
    *,
    exclude: Collection[TokenKind] = (),
    progress: Progress = silent,
) -> Separability:
    """Probe every label that has at least ``options.minimum`` tokens.

    Tokens without a direction (padding, zero, not finite) or without a label take no part. Raises
    ``NotEnoughData`` where fewer than two labels have tokens.
    """
    options = options or ProbeOptions()
    candidates = space.candidates(exclude)
    rows = candidates.rows[space.labels.codes[candidates.rows] >= 0]
    codes = space.labels.codes[rows].astype(np.int64)
    counts = Counter(codes.tolist())
    if len(counts) < 2:
        raise NotEnoughData(
            f"{space.model}: a probe needs tokens of at least two labels; there is {len(counts)}."
        )
    least = max(options.minimum, options.folds)
    names = space.labels.names
    large = sorted((c for c in counts if counts[c] >= least), key=lambda c: (-counts[c], names[c]))
    small = sorted((c for c in counts if counts[c] < least), key=lambda c: (-counts[c], names[c]))
    vectors = unit_rows(space.vectors(rows))
    groups = _word_groups(space.vocabulary, rows) if options.grouped else None
    run = {"one-vs-rest": _one_vs_rest, "pairwise": _pairwise, "multinomial": _multinomial}[options.design]
    found = run(vectors, codes, large, names, groups, options, progress)
    unlabelled = len(candidates.rows) - len(rows)
    return Separability(
        labels=tuple(found),
        skipped=tuple((names[c], counts[c]) for c in small),
        options=options,
        excluded=candidates.excluded | ({"without a label": unlabelled} if unlabelled else {}),
    )


def _word_groups(vocabulary: Vocabulary, rows: NDArray[np.integer]) -> NDArray[np.int64]:
    words = [vocabulary.texts[i].removeprefix(SPACE).casefold() for i in rows.tolist()]
    return np.unique(words, return_inverse=True)[1].astype(np.int64)


def _one_vs_rest(
    vectors: Float32,
    codes: NDArray[np.int64],
    large: list[int],
    names: tuple[str, ...],
    groups: NDArray[np.int64] | None,
    options: ProbeOptions,
    progress: Progress,
) -> list[LabelAccuracy]:
    found = []
    for done, label in enumerate(large):
        progress("probes", done, len(large))
        own = codes == label
        if options.protocol == "paper":
            samples = [_paper_undersample(own)]
        else:
            samples = [_balanced([own, ~own], options.seed, (label, r)) for r in range(options.repeats)]
        scores, converged = [], True
        for repeat, sample in enumerate(samples):
            fold = _folds(own[sample], groups, sample, options, (label, repeat))
            accuracies, ok = _cross_validate(vectors[sample], own[sample], fold, options.folds)
            scores.append(accuracies)
            converged &= ok
        found.append(
            _accuracy(names[label], int(own.sum()), np.concatenate(scores), 0.5, options.folds, converged)
        )
    progress("probes", len(large), len(large))
    return found


def _pairwise(
    vectors: Float32,
    codes: NDArray[np.int64],
    large: list[int],
    names: tuple[str, ...],
    groups: NDArray[np.int64] | None,
    options: ProbeOptions,
    progress: Progress,
) -> list[LabelAccuracy]:
    pairs = list(combinations(large, 2))
    found = []
    for done, (a, b) in enumerate(pairs):
        progress("probes", done, len(pairs))
        scores, converged = [], True
        for repeat in range(options.repeats):
            sample = _balanced([codes == a, codes == b], options.seed, (a, b, repeat))
            own = codes[sample] == a
            fold = _folds(own, groups, sample, options, (a, b, repeat))
            accuracies, ok = _cross_validate(vectors[sample], own, fold, options.folds)
            scores.append(accuracies)
            converged &= ok
        tokens = int(min(np.count_nonzero(codes == a), np.count_nonzero(codes == b)))
        label = f"{names[a]}|{names[b]}"
        found.append(_accuracy(label, tokens, np.concatenate(scores), 0.5, options.folds, converged))
    progress("probes", len(pairs), len(pairs))
    return found


def _multinomial(
    vectors: Float32,
    codes: NDArray[np.int64],
    large: list[int],
    names: tuple[str, ...],
    groups: NDArray[np.int64] | None,
    options: ProbeOptions,
    progress: Progress,
) -> list[LabelAccuracy]:
    if len(large) < 2:
        return []
    total = options.repeats * options.folds
    scores, converged = [], True
    for repeat in range(options.repeats):
        sample = _balanced([codes == c for c in large], options.seed, (len(names), repeat))
        position = {c: i for i, c in enumerate(large)}
        classes = np.array([position[c] for c in codes[sample].tolist()])
        fold = _folds(classes, groups, sample, options, (len(names), repeat))
        for held_out in range(options.folds):
            progress("probes", repeat * options.folds + held_out, total)
            test = fold == held_out
            fit = multinomial_probe(vectors[sample], classes, ~test)
            guesses = (vectors[sample][test] @ fit.weights[:-1] + fit.weights[-1]).argmax(axis=1)
            scores.append(float((guesses == classes[test]).mean()))
            converged &= fit.converged
    progress("probes", total, total)
    tokens = int(min(np.count_nonzero(codes == c) for c in large))
    return [_accuracy("all", tokens, np.array(scores), 1 / len(large), options.folds, converged)]


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


def _balanced(sides: list[NDArray[np.bool_]], seed: int, draw: tuple[int, ...]) -> NDArray[np.int64]:
    random = np.random.default_rng([seed, *draw])
    members = [np.flatnonzero(side) for side in sides]
    smaller = min(map(len, members))
    return np.sort(np.concatenate([random.choice(m, smaller, replace=False, shuffle=False) for m in members]))


def _folds(
    classes: NDArray[Any],
    groups: NDArray[np.int64] | None,
    sample: NDArray[np.int64],
    options: ProbeOptions,
    draw: tuple[int, ...],
) -> NDArray[np.int64]:
    """The fold of every sampled token: stratified; shuffled unless the protocol is the paper's."""
    if options.protocol == "paper":
        return stratified_folds(classes, options.folds)
    random = np.random.default_rng([options.seed, 1, *draw])
    if groups is None:
        order = random.permutation(len(classes))
        fold = np.empty(len(classes), np.int64)
        fold[order] = stratified_folds(classes[order], options.folds)
        return fold
    return _grouped_folds(classes, groups[sample], options.folds, random)


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


def _cross_validate(
    vectors: Float32, positive: NDArray[np.bool_], fold: NDArray[np.int64], folds: int
) -> tuple[Float64, bool]:
    fit = binary_probe(vectors, positive, fold[:, None] != np.arange(folds))
    accuracies = np.empty(folds)
    for held_out in range(folds):
        test = fold == held_out
        scores = vectors[test] @ fit.weights[:-1, held_out] + fit.weights[-1, held_out]
        accuracies[held_out] = ((scores > 0) == positive[test]).mean()
    return accuracies, fit.converged


def _accuracy(
    label: str, tokens: int, scores: Float64, chance: float, folds: int, converged: bool
) -> LabelAccuracy:
    mean, sd = float(scores.mean()), float(scores.std())
    spread = float(scores.std(ddof=1)) * np.sqrt(1 / len(scores) + 1 / (folds - 1))
    reach = float(student.ppf(0.975, len(scores) - 1)) * float(spread)
    return LabelAccuracy(
        label=label,
        tokens=tokens,
        accuracy=mean,
        sd=sd,
        interval=(max(0.0, mean - reach), min(1.0, mean + reach)),
        chance=chance,
        converged=converged,
    )
