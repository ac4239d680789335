"""Each measure that takes time, kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from hyperpolyglot.engine.nearest import nearest_to
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.comparison import CompareOptions, Comparison, compare
from hyperpolyglot.measures.explanation import Explanation, explain
from hyperpolyglot.measures.meanings import Meanings, meanings
from hyperpolyglot.measures.neighbors import Neighbors, Search, neighbors
from hyperpolyglot.measures.projection import Projection, project, umap_available
from hyperpolyglot.measures.separability import ProbeOptions, Separability, separability
from hyperpolyglot.measures.translation import Languages, TranslateOptions, Translation, languages, translate
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import Store, digest_of, written
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.keeping import kept
from hyperpolyglot.study.record import plain
from hyperpolyglot.types import Array, Progress, silent
from hyperpolyglot.vocabulary import TokenKind

__all__ = [
    "step_comparison",
    "step_explanation",
    "step_languages",
    "step_meanings",
    "step_neighbors",
    "step_projection",
    "step_separability",
    "step_translation",
    "write_neighbors",
]


def _identity(space: TokenSpace) -> dict[str, Any]:
    return {"table": space.digest, "tokens": space.token_digest}


def _named(space: TokenSpace) -> dict[str, Any]:
    """For records that hold the model's name, or depend on whether it is a demo model."""
    return _identity(space) | {"model": space.model}


def _kinds(exclude: Collection[TokenKind]) -> list[str]:
    return sorted(kind.label for kind in exclude)


@lru_cache(maxsize=4)
def _lexicon_digest(lexicon: Lexicon) -> str:
    columns = (lexicon.concepts, lexicon.languages, lexicon.scripts, lexicon.words, lexicon.kinds)
    return digest_of([lexicon.source, *columns])


def step_neighbors(
    space: TokenSpace,
    k: int,
    store: Store,
    *,
    queries: Array | None = None,
    exclude: Sequence[TokenKind] = (),
    search: Search = nearest_to,
    progress: Progress = silent,
) -> Neighbors:
    """:func:`neighbors`, kept; how they are searched makes no difference."""
    inputs = _identity(space) | {
        "k": k,
        "exclude": _kinds(exclude),
        "queries": None if queries is None else np.asarray(queries).tolist(),
    }
    return kept(
        store,
        "neighbors",
        Neighbors,
        inputs,
        lambda: neighbors(space, k, queries=queries, exclude=exclude, search=search, progress=progress),
    )


def write_neighbors(path: Path, found: Neighbors, tokens: int) -> None:
    """Write ``rows`` int32 ``[tokens, k]`` and ``similarity`` float32 as an ``.npz``, whole or not at all."""
    rows, similarity = found.dense(tokens)
    with written(path) as temporary:
        np.savez(temporary, rows=rows, similarity=similarity)


def step_separability(
    space: TokenSpace,
    options: ProbeOptions,
    store: Store,
    *,
    exclude: Sequence[TokenKind] = (),
    progress: Progress = silent,
) -> Separability:
    """:func:`separability`, kept."""
    inputs = _identity(space) | {"exclude": _kinds(exclude), "options": plain(options)}
    return kept(
        store,
        "separability",
        Separability,
        inputs,
        lambda: separability(space, options, exclude=exclude, progress=progress),
    )


def step_projection(
    space: TokenSpace,
    found: Neighbors,
    store: Store,
    *,
    method: str = "auto",
    seed: int = 0,
    layout: Array | None = None,
    progress: Progress = silent,
) -> Projection:
    """:func:`project`, kept."""
    made_by = ("umap" if umap_available() else "pca") if method == "auto" else method

    def compute() -> Projection:
        progress("map", 0, 1)
        made = project(space, found, method=made_by, seed=seed, layout=layout)
        progress("map", 1, 1)
        return made

    inputs = _identity(space) | {
        "method": made_by,
        "seed": seed,
        "excluded": found.excluded,
        "layout": None if layout is None else hashlib.sha256(layout.tobytes()).hexdigest(),
    }
    return kept(store, "projection", Projection, inputs, compute)


def step_translation(
    space: TokenSpace,
    lexicon: Lexicon,
    options: TranslateOptions,
    store: Store,
    *,
    progress: Progress = silent,
) -> Translation:
    """:func:`translate`, kept."""
    inputs = _named(space) | {"lexicon": _lexicon_digest(lexicon), "options": plain(options)}
    return kept(
        store, "translation", Translation, inputs, lambda: translate(space, lexicon, options, progress)
    )


def step_meanings(
    space: TokenSpace, near: Neighbors, lexicon: Lexicon, options: TranslateOptions, store: Store
) -> Meanings:
    """:func:`meanings`, kept."""
    inputs = _named(space) | {
        "k": near.k,
        "excluded": near.excluded,
        "lexicon": _lexicon_digest(lexicon),
        "options": plain(options),
    }
    return kept(store, "meanings", Meanings, inputs, lambda: meanings(space, near, lexicon, options))


def step_languages(
    spaces: Sequence[TokenSpace],
    lexicon: Lexicon,
    options: TranslateOptions,
    store: Store,
    *,
    language: str | None = None,
    progress: Progress = silent,
) -> Languages:
    """:func:`languages`, kept; under-trained tokens are told by the table, where there is one."""

    def compute() -> Languages:
        masks = {s.model: None if s.table is None else undertrained(s).mask for s in spaces}
        return languages(spaces, lexicon, language, undertrained=masks, options=options, progress=progress)

    inputs = {
        "spaces": [_named(space) for space in spaces],
        "lexicon": _lexicon_digest(lexicon),
        "options": plain(options),
        "language": language,
    }
    return kept(store, "languages", Languages, inputs, compute)


def step_comparison(
    spaces: Sequence[TokenSpace],
    options: CompareOptions,
    store: Store,
    *,
    exclude: Sequence[TokenKind] = (),
    search: Search = nearest_to,
    progress: Progress = silent,
) -> Comparison:
    """:func:`compare`, kept."""
    inputs = {
        "spaces": [_named(space) for space in spaces],
        "options": plain(options),
        "exclude": _kinds(exclude),
    }
    return kept(
        store,
        "comparison",
        Comparison,
        inputs,
        lambda: compare(spaces, options, exclude=exclude, search=search, progress=progress),
    )


def step_explanation(
    space: TokenSpace,
    near: Neighbors,
    store: Store,
    *,
    given: Given | None = None,
    seed: int = 0,
    search: Search = nearest_to,
    progress: Progress = silent,
) -> Explanation:
    """:func:`explain`, kept."""
    given = given or Given()
    evidence = given.evidence(space)
    inputs = _named(space) | {
        "k": near.k,
        "queries": len(near.queries),
        "excluded": near.excluded,
        "counts": None if given.counts is None else digest_of(dict(given.counts)),
        "lexicon": None if given.lexicon is None else _lexicon_digest(given.lexicon),
        "translate": None if given.lexicon is None else plain(given.translate or TranslateOptions()),
        "output": None if evidence.output is None else _identity(evidence.output),
        "seed": seed,
    }
    return kept(
        store,
        "explanation",
        Explanation,
        inputs,
        lambda: explain(space, near, evidence, seed=seed, search=search, progress=progress),
    )
