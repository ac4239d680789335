"""What each probe is to tell apart, which tokens it is shown, and in which folds.

Languages are told apart within a script (``measures/same_script.py``), but for the paper's protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.engine.probes import stratified_folds
from hyperpolyglot.measures.same_script import Scripts
from hyperpolyglot.vocabulary import SPACE, Vocabulary

__all__ = [
    "DESIGNS",
    "Labelled",
    "Problem",
    "SeparabilityOptions",
    "folds_of",
    "problems_of",
    "sampled",
    "word_groups",
]

DESIGNS = ("one-vs-rest", "pairwise", "multinomial")
_PAPER_SEED = 150


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


def word_groups(vocabulary: Vocabulary, rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """The word that each token writes, without case and the mark of its start, by number."""
    words = [vocabulary.texts[i].removeprefix(SPACE).casefold() for i in rows.tolist()]
    return np.unique(words, return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Problem:
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


class Labelled(NamedTuple):
    """The labelled tokens: ``codes`` of their labels, those that are ``large`` enough, all names, which of them count,
    and where labels are languages, the scripts of the tokens.
    """

    codes: NDArray[np.int64]
    large: list[int]
    names: tuple[str, ...]
    counted: NDArray[np.bool_]
    scripts: Scripts | None


def problems_of(options: SeparabilityOptions, tokens: Labelled) -> list[Problem]:
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
            Problem(
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
            Problem(name, tuple(codes == c for c in own), tuple(own), True, name)
            for name, own in together.items()
        ]
    return [Problem("all", tuple(codes == c for c in large), tuple(large))] if len(large) > 1 else []


def _against_the_rest(label: int, tokens: Labelled, least: int) -> Problem:
    """A label against all others; a language against the others of its script, where these have tokens enough."""
    codes, _, names, counted, scripts = tokens
    own, rest, script = codes == label, codes != label, ""
    if scripts is not None:
        same = scripts.of_token == scripts.of_label[label]
        if min(np.count_nonzero(own & same), np.count_nonzero(rest & same)) >= least:
            own, rest, script = own & same, rest & same, scripts.name(label)
    return Problem(names[label], (own, rest), (label,), bool(counted[label]), script)


def sampled(problem: Problem, options: SeparabilityOptions, draw: tuple[int, ...]) -> NDArray[np.int64]:
    """The tokens of a probe, as many of every side."""
    if options.protocol == "paper":
        return _paper_undersample(problem.sides[0])
    return _balanced(problem.sides, np.random.default_rng([options.seed, 0, *draw]))


def _paper_undersample(own: NDArray[np.bool_]) -> NDArray[np.int64]:
    """imbalanced-learn's ``RandomUnderSampler(random_state=150)``: class by class, the larger one drawn."""
    random = np.random.RandomState(_PAPER_SEED)
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


def folds_of(
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
