"""How alike are the embedding spaces of models, on the tokens they share?

Tokens are the same where their display texts are; texts that two tokens of a model share are left out. The paper's
protocol takes every token by the paper's string, in the order of the first model's ids, doesn't centre canonical
angles, and counts the token itself among its k neighbours (PAPER: figures 7 and 8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from hyperpolyglot.arguments import Kinds, checked_all, options_of
from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.labels import Labels
from hyperpolyglot.linalg import Products, within_range
from hyperpolyglot.measures.comparison.agreement import neighbor_overlap, overlap_by_label, overlap_scale
from hyperpolyglot.measures.comparison.records import (
    MEASURES,
    CompareOptions,
    Comparison,
    LabelSimilarity,
    PairSimilarity,
)
from hyperpolyglot.measures.comparison.shared_tokens import shared_rows
from hyperpolyglot.measures.comparison.similarity import canonical, cka, rsa
from hyperpolyglot.measures.comparison.transfer import Learned, procrustes, retrieval, split_rows
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import benjamini_hochberg
from hyperpolyglot.types import Array, Float32, Int32, Progress, silent

__all__ = ["compare", "compare_pair", "neighbors_compared", "shared_spaces"]

_PARTS_OF_A_PAIR = len(MEASURES) + 1
_LEAST_SHARED = 20
_LEAST_OF_LABEL = 50
_MOST_OF_LABEL = 5_000
_PAIRS_OF_LABEL = 50_000
_PAIRED_OF_LABEL = 500
_TESTED_OF_LABEL = 2000


def compare(
    spaces: Sequence[TokenSpace],
    options: CompareOptions | None = None,
    *,
    exclude: Kinds = (),
    search: Search = AUTO,
    progress: Progress = silent,
    **changes: Any,
) -> Comparison:
    """Compare every two of two or more models. Labels are those of the first model of a pair.

    Raises ``NotEnoughData`` for fewer than two models or fewer than 20 shared tokens.

    >>> import hyperpolyglot as hp
    >>> spaces = [hp.open_model("demo:language"), hp.open_model("demo:meaning")]
    >>> spaces = [space.take(hp.sample_rows(space, 0.01)) for space in spaces]
    >>> found = hp.compare(spaces, k=10, permutations=0, maps=False)
    >>> overlap = found.pairs[0].measures["neighbor_overlap"]
    >>> overlap.value > overlap.null
    True
    """
    checked_all("compare", spaces, TokenSpace, "TokenSpace, as open_model() gives them")
    options = options_of("compare", CompareOptions, options, changes)
    if len(spaces) < 2:
        raise NotEnoughData("Comparing needs at least two models.")
    ambiguous = shared_rows(spaces, protocol=options.protocol, exclude=exclude)[1]
    chosen = list(combinations(range(len(spaces)), 2))
    pairs: list[PairSimilarity] = []
    groups = [tuple(range(len(spaces)))] if options.common == "all" else chosen
    for group in groups:
        small = shared_spaces([spaces[i] for i in group], options, exclude)
        k = neighbors_compared(len(small[0]), options)
        parts = [(part, neighbors(part, k, search=search, progress=progress)) for part in small]
        pairs.extend(
            compare_pair(a, b, near_a, near_b, options, _one_of(progress, len(pairs) + i, len(chosen)))
            for i, ((a, near_a), (b, near_b)) in enumerate(combinations(parts, 2))
        )
    return stamped(
        Comparison(
            models=tuple(space.model for space in spaces),
            pairs=tuple(pairs),
            ambiguous=ambiguous,
            options=options,
        ),
        came_from(*spaces, seed=options.seed, protocol=options.protocol),
    )


def _one_of(progress: Progress, at: int, pairs: int) -> Progress:
    """Progress of the pair ``at`` as progress of all pairs."""
    return lambda step, done, total: progress(step, at * total + done, pairs * total)


def _measured(progress: Progress) -> Callable[[float], None]:
    """Progress of a pair, in units of one measure; a part of one is told and not added up."""
    total = 100 * _PARTS_OF_A_PAIR
    units = [0]

    def done(more: float) -> None:
        if more >= 1:
            units[0] += int(more)
            more = 0
        progress("comparison", int(100 * (units[0] + more)), total)

    return done


def shared_spaces(
    spaces: Sequence[TokenSpace], options: CompareOptions, exclude: Kinds = ()
) -> list[TokenSpace]:
    """The models on the tokens that all of them have, in one order. Raises ``NotEnoughData`` for fewer than 20."""
    rows, _ = shared_rows(spaces, protocol=options.protocol, exclude=exclude)
    size = len(rows[0])
    if size < _LEAST_SHARED:
        names = ", ".join(space.model for space in spaces)
        raise NotEnoughData(f"{names}: a comparison needs {_LEAST_SHARED} shared tokens; there are {size}.")
    return [space.take(own) for space, own in zip(spaces, rows, strict=True)]


def neighbors_compared(shared: int, options: CompareOptions) -> int:
    """Neighbours to compute for each of ``shared`` tokens: the paper counts the token itself among k."""
    return min(options.k - (options.protocol == "paper"), shared - 1)


def compare_pair(
    first: TokenSpace,
    second: TokenSpace,
    near_first: Neighbors,
    near_second: Neighbors,
    options: CompareOptions,
    progress: Progress = silent,
) -> PairSimilarity:
    """Compare two models of :func:`shared_spaces` by the neighbours of all their tokens."""
    done = _measured(progress)
    paper = options.protocol == "paper"
    a, b = (within_range(space.vectors()) for space in (first, second))
    draws = [np.random.default_rng([options.seed, i]) for i in range(6)]
    tests = {"permutations": options.permutations, "n_rows": options.test_rows}
    graphs = near_first.rows, near_second.rows
    scale = overlap_scale(graphs)
    measures: dict[str, Measured] = {}
    measures["neighbor_overlap"] = neighbor_overlap(
        *graphs,
        scale=scale,
        random=draws[0],
        permutations=options.permutations,
        n_rows=options.test_rows,
        include_self=paper,
    )
    done(1)
    products = None if paper else Products.of(a, b)
    one, square, spectrum = canonical(a, b, random=draws[1], centred=not paper, products=products, **tests)
    measures["canonical_first"], measures["canonical_mean_square"] = one, square
    done(2)
    measures["cka"] = cka(a, b, random=draws[2], products=products, **tests)
    done(1)
    measures["rsa"] = rsa(a, b, random=draws[3], permutations=options.permutations)
    done(1)
    split = split_rows(len(a), draws[4])
    learned = Learned.of(a, b, split)
    measures["procrustes"] = procrustes(
        a, b, split, random=draws[4], permutations=options.permutations, learned=learned
    )
    done(1)
    maps = retrieval(a, b, split, random=draws[5], learned=learned) if options.maps else []
    by_label = _by_label((a, b), (graphs, scale), first.labels, options, done)
    done(1)
    return PairSimilarity(
        a=first.model,
        b=second.model,
        shared=len(a),
        k=near_first.k + paper,
        measures=measures,
        spectrum=spectrum.cosines,
        by_label=by_label,
        maps=tuple(maps),
    )


def _by_label(
    vectors: tuple[Float32, Float32],
    neighborhoods: tuple[tuple[Int32, Int32], float],
    labels: Labels,
    options: CompareOptions,
    done: Callable[[float], None],
) -> tuple[LabelSimilarity, ...]:
    """Every measure on the tokens of every label of 50; p-values adjusted over labels (Benjamini and Hochberg)."""
    (graphs, scale), paper = neighborhoods, options.protocol == "paper"
    random = np.random.default_rng([options.seed, 6])
    members: list[tuple[str, Array]] = []
    for name, count in labels.counts().items():
        if count >= _LEAST_OF_LABEL:
            members.append((name, np.flatnonzero(labels.codes == labels.names.index(name))))
    overlaps = overlap_by_label(
        graphs,
        labels,
        members,
        random=random,
        permutations=options.permutations,
        extra=int(paper),
        scale=scale,
    )
    found = []
    for at, (name, own) in enumerate(members):
        done(at / len(members))
        chosen = own
        if len(own) > _MOST_OF_LABEL:
            chosen = np.sort(random.choice(own, _MOST_OF_LABEL, replace=False))
        shapes = _shapes(vectors[0][chosen], vectors[1][chosen], options, random)
        found.append({"neighbor_overlap": overlaps[name]} | shapes)
    return tuple(
        LabelSimilarity(
            label=name, tokens=len(own), measures=measures, counted=paper or name not in labels.uncounted
        )
        for (name, own), measures in zip(members, _adjusted(found), strict=True)
    )


def _shapes(
    a: Float32, b: Float32, options: CompareOptions, random: np.random.Generator
) -> dict[str, Measured]:
    draws: dict[str, Any] = {"random": random, "permutations": options.permutations}
    widest = max(a.shape[1], b.shape[1])
    centred = options.protocol != "paper"
    products = Products.of(a, b) if centred else None
    if len(a) > 2 * widest:
        first, square, _ = canonical(
            a, b, n_rows=_TESTED_OF_LABEL, centred=centred, products=products, **draws
        )
        moved = procrustes(a, b, split_rows(len(a), random), shuffles=1, **draws)
    else:
        first = square = moved = Measured(
            value=None, note=f"fewer than twice as many tokens as {widest} dimensions"
        )
    return {
        "canonical_first": first,
        "canonical_mean_square": square,
        "cka": cka(a, b, n_rows=_PAIRED_OF_LABEL, products=products, **draws),
        "rsa": rsa(a, b, n_rows=_PAIRED_OF_LABEL, pairs=_PAIRS_OF_LABEL, **draws),
        "procrustes": moved,
    }


def _adjusted(found: list[dict[str, Measured]]) -> list[dict[str, Measured]]:
    """The same with ``p_adjusted`` beside every p, over all labels of one measure."""
    result: list[dict[str, Measured]] = [{} for _ in found]
    for name in MEASURES:
        own = [(i, row[name]) for i, row in enumerate(found)]
        adjusted = iter(benjamini_hochberg(np.array([m.p for _, m in own if m.p is not None])).tolist())
        for i, m in own:
            more = {"p_adjusted": None if m.p is None else next(adjusted)}
            result[i][name] = replace(m, details={**m.details, **more})
    return result
