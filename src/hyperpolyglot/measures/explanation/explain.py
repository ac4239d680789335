"""Why does a model mix languages, or keep them apart? Every explanation that the matrix alone can test."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Lock
from types import NoneType
from typing import Any

import numpy as np

from hyperpolyglot.arguments import checked
from hyperpolyglot.engine.cosine import unit_rows
from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.engine.processor import blas_threads, usable_threads
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.measures.comparison.agreement import neighbor_overlap
from hyperpolyglot.measures.comparison.similarity import pair_cosines
from hyperpolyglot.measures.explanation.frequency import Counts, Frequency, frequency
from hyperpolyglot.measures.explanation.geometry import Dimension, Isotropy, dimension, isotropy
from hyperpolyglot.measures.explanation.hubness import Hubness, hubness
from hyperpolyglot.measures.explanation.subspaces import Subspaces, Translate, subspaces
from hyperpolyglot.measures.measured import Measured
from hyperpolyglot.measures.mixing import mixing
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.measures.undertrained import Undertrained, undertrained
from hyperpolyglot.origins import came_from, stamped
from hyperpolyglot.records import Record, Rows, tidied
from hyperpolyglot.scratch import free_memory
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.statistics import bootstrap_mean
from hyperpolyglot.tokenization.segmentation import unreachable
from hyperpolyglot.types import Progress, silent

__all__ = ["Evidence", "Explanation", "Tables", "compare_tables", "explain"]

HUB_K = 10
_LOOKED_AT, _SAME_LINE = 1000, 1e-5
_COPIES = 16
"""Tables in float32 that take no more than what is free: three times what was seen with removals beside the others."""
_STEPS = ("frequency", "undertrained", "hubness", "isotropy", "dimension", "subspaces", "tables")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What explanations may use besides the matrix.

    ``counts``: token → how often it occurs, or how often each token does in a corpus ``[token]``;
    ``translate`` scores translation after each removal; ``output``: the
    space of the model's output table, with the same tokens.
    """

    counts: Counts | None = None
    translate: Translate | None = None
    output: TokenSpace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Input against output table: the cosine of a token's two rows, and the overlap of its neighbours in both.

    ``cosine`` is ``None`` in all parts but its note where the tables differ in width.
    """

    cosine: Measured
    overlap: Measured
    tokens: int

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "tokens": self.tokens,
            "cosine": self.cosine.to_json(),
            "neighbor_overlap": self.overlap.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation(Record):
    """Every explanation of one model; ``frequency`` is ``None`` where too few tokens have one."""

    model: str
    frequency: Frequency | None
    undertrained: Undertrained
    hubness: Hubness
    isotropy: Isotropy
    dimension: Dimension
    subspaces: Subspaces
    tables: Tables | None
    excluded: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        parts = {name: getattr(self, name) for name in _STEPS}
        found = {name: None if part is None else part.to_json() for name, part in parts.items()}
        return {"model": self.model, **found, "excluded": self.excluded}

    def table(self) -> list[dict[str, Any]]:
        """The effects of taking languages out: a row for every removal."""
        return tidied(self.subspaces.table(), self.model)

    def tables_by_name(self) -> dict[str, Rows]:
        """The effects of removals, and the tables of the other explanations."""
        parts = self.to_json()
        frequency = parts["frequency"] or {"deciles": [], "by_label": []}
        geometry = [
            {"part": part, "measure": name, **(value if isinstance(value, Mapping) else {"value": value})}
            for part in ("isotropy", "dimension", "hubness")
            for name, value in parts[part].items()
            if not isinstance(value, list)
        ]
        tables: dict[str, Rows] = {
            "frequency": frequency["deciles"],
            "frequency_by_label": frequency["by_label"],
            "undertrained": parts["undertrained"]["by_label"],
            "undertrained_tokens": self.undertrained.tokens_found(),
            "hubs": parts["hubness"]["hubs"],
            "hubs_by_label": parts["hubness"]["by_label"],
            "geometry": geometry,
            "subspaces": parts["subspaces"]["explained"],
        }
        return {"": self.table()} | {name: tidied(rows, self.model) for name, rows in tables.items()}


@blas_threads(1)  # its products are small, and threads that wait for the next one take a processor each
def explain(
    space: TokenSpace,
    near: Neighbors,
    evidence: Evidence | None = None,
    *,
    seed: int = 0,
    search: Search = AUTO,
    progress: Progress = silent,
) -> Explanation:
    """Test every explanation on the tokens of ``near``, the neighbours of all tokens of ``space`` or of a sample.

    Raises ``NotEnoughData`` where ``near`` has fewer than ten neighbours a token, or all vectors lie on one line.

    >>> import hyperpolyglot as hp
    >>> space = hp.open_model("demo:language")
    >>> space = space.take(hp.sample_rows(space, 0.02))
    >>> found = hp.explain(space, hp.neighbors(space, k=10))
    >>> [row["removal"] for row in found.table()]
    ['none', 'centring', 'lir', 'lsar']
    """
    checked("explain", space, TokenSpace, "a TokenSpace, as open_model() gives it")
    checked("explain", near, Neighbors, "Neighbors, as neighbors(space) gives them")
    checked("explain", evidence, (Evidence, NoneType), "its evidence as Evidence")
    evidence = evidence or Evidence()
    if _on_one_line(space, near):
        raise NotEnoughData(
            f"{space.model}: all vectors lie on one line, so nothing would be left once a direction is taken out."
        )
    told = _Told(progress)
    with ThreadPoolExecutor(1) as beside, told:
        removing = partial(subspaces, space, near, translate=evidence.translate, seed=seed, search=search)
        removed = beside.submit(removing, progress=told) if _there_is_room(space) else None
        told.begins()
        try:
            common = frequency(space, mixing(near, space.labels), evidence.counts, near=near, seed=seed)
        except NotEnoughData:
            common = None
        told.begins()
        lost = None if space.narrowed else unreachable(space.vocabulary, told)
        untouched = undertrained(space, lost)
        told.begins()
        hubs = hubness(space, near, HUB_K)
        told.begins()
        spread = isotropy(space.vectors(near.candidates))
        told.begins()
        local = dimension(space, near, seed=seed, search=search, progress=told)
        told.begins()
        effects = removed.result() if removed else removing(progress=told)
    tables = None
    if evidence.output is not None:
        tables = compare_tables(space, evidence.output, near.k, seed=seed, search=search, progress=progress)
    progress("explanations", len(_STEPS), len(_STEPS))
    return stamped(
        Explanation(
            model=space.model,
            frequency=common,
            undertrained=untouched,
            hubness=hubs,
            isotropy=spread,
            dimension=local,
            subspaces=effects,
            tables=tables,
            excluded=near.excluded,
        ),
        came_from(space, seed=seed),
    )


def _there_is_room(space: TokenSpace) -> bool:
    """Whether removals may run beside the others: with two threads, and memory for the copies that both make."""
    free = free_memory()
    return usable_threads(None) > 1 and (free is None or _COPIES * 4 * len(space) * space.dim < free)


class _Told:
    """Progress of two threads; what is left of the other ends at its next word where one has failed."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._lock = progress, Lock()
        self._begun, self._failed = 0, False

    def begins(self) -> None:
        """The next of the explanations begins."""
        self("explanations", self._begun, len(_STEPS))
        self._begun += 1

    def __call__(self, step: str, done: int, total: int) -> None:
        if self._failed:
            raise NotEnoughData("the explanations were stopped.")
        with self._lock:
            self._progress(step, done, total)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._failed = kind is not None


def _on_one_line(space: TokenSpace, near: Neighbors) -> bool:
    """Whether all vectors are multiples of one: most often a few say that they are not."""
    for rows in (near.candidates[:_LOOKED_AT], near.candidates):
        unit = unit_rows(space.vectors(rows))
        if not len(unit) or (np.abs(unit @ unit[0]) < 1 - _SAME_LINE).any():
            return False
    return True


def compare_tables(
    first: TokenSpace,
    second: TokenSpace,
    k: int = 50,
    *,
    seed: int = 0,
    search: Search = AUTO,
    progress: Progress = silent,
) -> Tables:
    """Compare two tables of one model, token by token, over the tokens with a direction in both.

    Null of the cosine: the mean over all pairs of different tokens, exactly. Intervals: bootstrap over tokens. Raises
    ``ValueError`` where the spaces do not have the same number of tokens.
    """
    if len(first) != len(second):
        raise ValueError("two tables of one model have the same tokens")
    rows = np.intersect1d(first.candidates().rows, second.candidates().rows)
    if len(rows) < 20:
        raise NotEnoughData(f"{first.model}: only {len(rows)} tokens have a vector in both tables.")
    parts = first.take(rows), second.take(rows)
    random = np.random.default_rng([seed, 4])
    graphs = [neighbors(part, min(k, len(rows) - 1), search=search, progress=progress).rows for part in parts]
    cosine = Measured(value=None, note=f"the tables have {first.dim} and {second.dim} columns")
    if first.dim == second.dim:
        a, b = (unit_rows(part.vectors()) for part in parts)
        every = np.arange(len(rows))
        found = pair_cosines(a, b, every, every)
        n = len(rows)
        products = float(a.sum(axis=0, dtype=np.float64) @ b.sum(axis=0, dtype=np.float64))
        cosine = Measured(
            value=float(found.mean()),
            null=(products - float(found.sum())) / (n * (n - 1)),
            interval=bootstrap_mean(found, random=random),
            details={"sd": float(found.std(ddof=1))},
        )
    return Tables(
        cosine=cosine,
        overlap=neighbor_overlap(graphs[0], graphs[1], random=random),
        tokens=len(rows),
    )
