"""Do the tokens of related languages neighbour each other? Within one script, so that script is no explanation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.arguments import checked
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon.families import TREE, branch, groups_shared
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.measures.neighbors import neighbors as nearest
from hyperpolyglot.measures.relatedness.composition import composition, expected, spelled_alike
from hyperpolyglot.measures.relatedness.mantel import Block, agreement
from hyperpolyglot.measures.relatedness.records import (
    FEWEST_LANGUAGES,
    BranchLift,
    LanguagePair,
    Relatedness,
    ScriptRelatedness,
)
from hyperpolyglot.measures.same_script import Scripts
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import Interval, holm, permutation_p
from hyperpolyglot.types import Float64, Progress, silent

__all__ = ["FEWEST", "relatedness"]

FEWEST = 4
"""Languages that a script needs: fewer have no neighbours to choose among."""

_ALMOST = 0.5
"""Added to counts before they are divided, so that none is zero."""
_REACH = 1.96


def relatedness(
    space: TokenSpace,
    near: Neighbors | None = None,
    *,
    k: int = 50,
    minimum: int = 100,
    permutations: int = 9_999,
    seed: int = 0,
    progress: Progress = silent,
) -> Relatedness:
    """Compare which languages are neighbours with a family tree, over pairs of languages of one script.

    ``space`` has languages as labels; ``near`` are the neighbours of its tokens, by default the ``k`` nearest of all.
    Languages with fewer than ``minimum`` tokens in their script are left out, and so are scripts with fewer than four.
    Raises ``TypeError`` where labels are not languages, ``NotEnoughData`` where no script has enough of them.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:meaning", labels="language")
    >>> found = hp.relatedness(space, k=10, minimum=20, permutations=99)
    >>> found.summary().startswith("correlation 0.")
    True
    """
    checked("relatedness", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    if not space.labels.labelling.tags:
        raise TypeError(
            "relatedness() takes a space whose labels are languages: open_model(…, labels='language')."
        )
    near = nearest(space, k, progress=progress) if near is None else near
    random = np.random.default_rng(seed)
    groups, unplaced, skipped = _grouped(space, near, minimum)
    if not groups:
        raise NotEnoughData(
            f"{space.model}: no script has {FEWEST} languages of {minimum} tokens with a place in the family tree."
        )
    measured = []
    for done, group in enumerate(groups):
        progress("relatedness", done, len(groups))
        measured.append(_measured(space, near, min(k, near.k), group, random))
    blocks = [one.block for one in measured]
    whole = agreement(blocks, permutations, random)
    beyond = agreement(
        [Block(one.block.first, one.block.second, one.alike) for one in measured], permutations, random
    )
    low, high = beyond.interval or (None, None)
    return stamped(
        Relatedness(
            value=whole.value,
            interval=whole.interval,
            p=whole.p,
            beyond_spelling={"value": beyond.value, "low": low, "high": high, "chance": 0.0, "p": beyond.p},
            scripts=tuple(_of_script(one, permutations, random) for one in measured),
            branches=_branches(measured, permutations, random),
            pairs=tuple(pair for one in measured for pair in _pairs(one)),
            unplaced=unplaced,
            skipped=skipped,
            tree=TREE,
            k=min(k, near.k),
            minimum=minimum,
            permutations=permutations,
            seed=seed,
        ),
        came_from(space, seed=seed),
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Languages of a script: ``of`` ``[token]`` says which a token is of, −1 for none of them."""

    script: str
    tags: tuple[str, ...]
    branches: tuple[tuple[str, ...], ...]
    tokens: tuple[int, ...]
    of: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Measured:
    """Symmetric counts ``[n, n]``, observed and expected, and those of resamples ``[r, n, n]``."""

    group: _Group
    observed: Float64
    expected: Float64
    drawn: tuple[Float64, Float64]
    block: Block
    alike: Float64


def _grouped(
    space: TokenSpace, near: Neighbors, minimum: int
) -> tuple[list[_Group], tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Languages by script, those without a place in the tree, and those that are left out with their tokens."""
    names, codes = space.labels.names, space.labels.codes
    rows = near.candidates
    rows = rows[codes[rows] >= 0]
    scripts = Scripts.of([space.vocabulary.texts[row] for row in rows.tolist()], codes[rows].astype(np.int64))
    of_label = np.full(len(names), -1, np.int64)
    of_label[list(scripts.of_label)] = list(scripts.of_label.values())
    inside = rows[scripts.of_token == of_label[codes[rows]]]
    counts = np.bincount(codes[inside], minlength=len(names))
    found, taken, unplaced = [], set(), set()
    together = scripts.together(sorted(scripts.of_label, key=lambda code: (-counts[code], code)))
    for script, members in sorted(together.items(), key=lambda item: -sum(counts[code] for code in item[1])):
        large = [code for code in members if counts[code] >= minimum]
        placed = [code for code in large if branch(names[code]) is not None]
        unplaced |= set(large) - set(placed)
        if len(placed) < FEWEST:
            continue
        taken |= set(placed)
        order = np.full(len(names) + 1, -1, np.int16)
        order[placed] = np.arange(len(placed))
        of = np.full(len(codes), -1, np.int16)
        of[inside] = order[codes[inside]]
        found.append(
            _Group(
                script=script,
                tags=tuple(names[code] for code in placed),
                branches=tuple(branch(names[code]) or () for code in placed),
                tokens=tuple(int(counts[code]) for code in placed),
                of=of,
            )
        )
    left = [code for code in scripts.of_label if code not in taken | unplaced]
    skipped = sorted(((names[code], int(counts[code])) for code in left), key=lambda row: (-row[1], row[0]))
    return found, tuple(sorted(names[code] for code in unplaced)), tuple(skipped)


def _measured(
    space: TokenSpace, near: Neighbors, k: int, group: _Group, random: np.random.Generator
) -> _Measured:
    edges = composition(near, k, group.of)
    drawn = edges.resampled(len(space), random)
    observed, by_chance = (_both(table) for table in (edges.counts, expected(edges.counts)))
    shared = np.array([[groups_shared(a, b) for b in group.branches] for a in group.branches], np.float64)
    return _Measured(
        group=group,
        observed=observed,
        expected=by_chance,
        drawn=(_both(drawn), _both(expected(drawn))),
        block=Block(np.log((observed + _ALMOST) / (by_chance + _ALMOST)), shared),
        alike=spelled_alike(space.vocabulary.texts, group.of),
    )


def _both(counts: Float64) -> Float64:
    """Both directions of every pair."""
    found: Float64 = counts + np.swapaxes(counts, -1, -2)
    return found


def _of_script(one: _Measured, permutations: int, random: np.random.Generator) -> ScriptRelatedness:
    found = agreement([one.block], permutations, random)
    return ScriptRelatedness(
        script=one.group.script,
        languages=one.group.tags,
        value=found.value,
        interval=found.interval if len(one.group.tags) >= FEWEST_LANGUAGES else None,
        p=found.p,
    )


def _lift(one: _Measured, cells: NDArray[np.bool_]) -> tuple[int, float, float, Interval | None]:
    """Neighbours in some pairs, expected ones, the one over the other with its interval: normal on the log scale."""
    seen, by_chance = float(one.observed[cells].sum()), float(one.expected[cells].sum())
    lift = (seen + _ALMOST) / (by_chance + _ALMOST)
    drawn, chances = (table[:, cells].sum(axis=1) for table in one.drawn)
    spread = float(np.std(np.log((drawn + _ALMOST) / (chances + _ALMOST)), ddof=1))
    reach = np.exp(_REACH * spread)
    return round(seen), by_chance, lift, (lift / float(reach), lift * float(reach)) if spread > 0 else None


def _pairs(one: _Measured) -> Iterator[LanguagePair]:
    n = len(one.group.tags)
    for i in range(n):
        for j in range(i + 1, n):
            cells = np.zeros((n, n), bool)
            cells[i, j] = True
            seen, by_chance, lift, interval = _lift(one, cells)
            yield LanguagePair(
                script=one.group.script,
                a=one.group.tags[i],
                b=one.group.tags[j],
                shared=int(one.block.second[i, j]),
                observed=seen,
                expected=by_chance,
                lift=lift,
                interval=interval,
            )


def _branches(
    measured: Sequence[_Measured], permutations: int, random: np.random.Generator
) -> tuple[BranchLift, ...]:
    """Every branch that some of a script's languages have in common and others have not."""
    rows, tests = [], []
    for one in measured:
        n = len(one.group.tags)
        for group, members in _members(one.group).items():
            cells = np.zeros((n, n), bool)
            cells[np.ix_(members, members)] = True
            cells = np.triu(cells, 1)
            seen, by_chance, lift, interval = _lift(one, cells)
            rows.append((one, group, members, seen, by_chance, lift, interval))
            null = _of_as_many(one, len(members), permutations, random)
            tests.append(permutation_p(float(_mean_log(one, np.array(members))), null))
    adjusted = holm(np.array(tests))
    return tuple(
        BranchLift(
            script=one.group.script,
            group=group,
            languages=tuple(one.group.tags[i] for i in members),
            tokens=sum(one.group.tokens[i] for i in members),
            observed=seen,
            expected=by_chance,
            lift=lift,
            interval=interval,
            p=float(p),
        )
        for (one, group, members, seen, by_chance, lift, interval), p in zip(rows, adjusted, strict=True)
    )


def _members(group: _Group) -> dict[str, list[int]]:
    """The languages of every group of the tree; of groups with the same languages the narrowest one."""
    found: dict[tuple[int, ...], str] = {}
    for name in dict.fromkeys(code for above in group.branches for code in above):
        members = tuple(i for i, above in enumerate(group.branches) if name in above)
        if 2 <= len(members) < len(group.tags):
            found[members] = name
    return {name: list(members) for members, name in sorted(found.items(), key=lambda item: -len(item[0]))}


def _mean_log(one: _Measured, members: NDArray[np.integer]) -> Float64:
    """The mean logarithm of the lifts of all pairs of some languages ``[…, m]``: one close pair is no branch."""
    total, size = np.zeros(members.shape[:-1]), members.shape[-1]
    for i in range(size):
        for j in range(i + 1, size):
            total += one.block.first[members[..., i], members[..., j]]
    found: Float64 = total / (size * (size - 1) / 2)
    return found


def _of_as_many(one: _Measured, size: int, permutations: int, random: np.random.Generator) -> Float64:
    """The same of as many languages of the script, drawn at random, ``[permutations]``."""
    n = len(one.group.tags)
    drawn = random.permuted(np.tile(np.arange(n), (permutations, 1)), axis=1)[:, :size]
    return _mean_log(one, drawn)
