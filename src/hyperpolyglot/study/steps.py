"""Each measure that takes time, as a step to plan: what it depends on, what it is given, what it gives."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from hyperpolyglot.engine.nearest import AUTO, Search
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.measures.comparison import CompareOptions
from hyperpolyglot.measures.comparison.compare import compare_pair, pair_progress
from hyperpolyglot.measures.comparison.records import PairSimilarity
from hyperpolyglot.measures.diversity import Diversity, diversity
from hyperpolyglot.measures.explanation import Explanation, explain
from hyperpolyglot.measures.meanings import Meanings, meanings
from hyperpolyglot.measures.neighbors import Neighbors, neighbors
from hyperpolyglot.measures.projection import Projection, project, umap_available
from hyperpolyglot.measures.separability import ProbeOptions, Separability, separability
from hyperpolyglot.measures.translation import TranslateOptions, Translation, translate
from hyperpolyglot.measures.translation.languages import ModelLanguages, languages_of
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.store import digest_of, written
from hyperpolyglot.study.cost import cost_of
from hyperpolyglot.study.evidence import Given
from hyperpolyglot.study.graph import PlannedStep
from hyperpolyglot.study.record import plain
from hyperpolyglot.types import Array, Progress
from hyperpolyglot.vocabulary import TokenKind

__all__ = [
    "diversity_step",
    "explanation_step",
    "languages_step",
    "meanings_step",
    "neighbors_step",
    "pair_step",
    "projection_step",
    "separability_step",
    "translation_step",
    "write_neighbors",
]

Near = PlannedStep[Neighbors]


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


def neighbors_step(
    space: TokenSpace,
    k: int,
    *,
    queries: Array | None = None,
    exclude: Sequence[TokenKind] = (),
    search: Search = AUTO,
) -> Near:
    """:func:`neighbors`; ``search`` changes how long it takes, not what it gives."""
    share = 1.0 if queries is None else len(queries) / max(1, len(space))
    return PlannedStep(
        name="neighbors",
        subject=space.model,
        kind=Neighbors,
        inputs=_identity(space)
        | {
            "k": k,
            "exclude": _kinds(exclude),
            "queries": None if queries is None else np.asarray(queries).tolist(),
        },
        compute=_neighbors,
        arguments=(space, k, queries, tuple(exclude), search),
        cost=cost_of("neighbors", space, k=k, share=share),
    )


def _neighbors(
    space: TokenSpace,
    k: int,
    queries: Array | None,
    exclude: Sequence[TokenKind],
    search: Search,
    progress: Progress,
) -> Neighbors:
    return neighbors(space, k, queries=queries, exclude=exclude, search=search, progress=progress)


def write_neighbors(path: Path, found: Neighbors, tokens: int) -> None:
    """Write ``rows`` int32 ``[tokens, k]`` and ``similarity`` float32 as an ``.npz``, whole or not at all.

    A few thousand tokens are in memory at a time.
    """
    with written(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, dtype, part in (("rows", np.int32, 0), ("similarity", np.float32, 1)):
            header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": (tokens, found.k)}
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array_header_1_0(file, header)
                for block in found.dense_blocks(tokens):
                    file.write(block[part].data)


def separability_step(
    space: TokenSpace, options: ProbeOptions, *, exclude: Sequence[TokenKind] = ()
) -> PlannedStep[Separability]:
    """:func:`separability`."""
    return PlannedStep(
        name="separability",
        subject=space.model,
        kind=Separability,
        inputs=_identity(space) | {"exclude": _kinds(exclude), "options": plain(options)},
        compute=_separability,
        arguments=(space, options, tuple(exclude)),
        cost=cost_of("separability", space),
    )


def _separability(
    space: TokenSpace, options: ProbeOptions, exclude: Sequence[TokenKind], progress: Progress
) -> Separability:
    return separability(space, options, exclude=exclude, progress=progress)


def diversity_step(space: TokenSpace, near: Near, k: int, protocol: str) -> PlannedStep[Diversity]:
    """:func:`diversity` over the k nearest of ``near``."""
    return PlannedStep(
        name="diversity",
        subject=space.model,
        kind=Diversity,
        inputs={"near": near.key, "k": k, "protocol": protocol},
        compute=_diversity,
        arguments=(space, near, k, protocol),
        cost=cost_of("diversity", space),
    )


def _diversity(space: TokenSpace, near: Neighbors, k: int, protocol: str, progress: Progress) -> Diversity:
    return diversity(near, space.labels, k=k, protocol=protocol)


def projection_step(
    space: TokenSpace, near: Near, *, method: str = "auto", seed: int = 0, layout: Array | None = None
) -> PlannedStep[Projection]:
    """:func:`project`; of ``near`` only the first few count, so that its k does not matter."""
    made_by = ("umap" if umap_available() else "pca") if method == "auto" else method
    return PlannedStep(
        name="projection",
        subject=space.model,
        kind=Projection,
        inputs={
            "near": {name: value for name, value in near.inputs.items() if name != "k"},
            "method": made_by,
            "seed": seed,
            "layout": None if layout is None else hashlib.sha256(layout.tobytes()).hexdigest(),
        },
        compute=_projection,
        arguments=(space, near, made_by, seed, layout),
        cost=cost_of("projection", space),
    )


def _projection(
    space: TokenSpace, near: Neighbors, method: str, seed: int, layout: Array | None, progress: Progress
) -> Projection:
    progress("map", 0, 1)
    made = project(space, near, method=method, seed=seed, layout=layout)
    progress("map", 1, 1)
    return made


def translation_step(
    space: TokenSpace, lexicon: Lexicon, options: TranslateOptions
) -> PlannedStep[Translation]:
    """:func:`translate`."""
    return PlannedStep(
        name="translation",
        subject=space.model,
        kind=Translation,
        inputs=_named(space) | {"lexicon": _lexicon_digest(lexicon), "options": plain(options)},
        compute=_translation,
        arguments=(space, lexicon, options),
        cost=cost_of("translation", space),
    )


def _translation(
    space: TokenSpace, lexicon: Lexicon, options: TranslateOptions, progress: Progress
) -> Translation:
    return translate(space, lexicon, options, progress)


def meanings_step(
    space: TokenSpace, near: Near, lexicon: Lexicon, options: TranslateOptions
) -> PlannedStep[Meanings]:
    """:func:`meanings`."""
    return PlannedStep(
        name="meanings",
        subject=space.model,
        kind=Meanings,
        inputs={
            "model": space.model,
            "near": near.key,
            "lexicon": _lexicon_digest(lexicon),
            "options": plain(options),
        },
        compute=_meanings,
        arguments=(space, near, lexicon, options),
        cost=cost_of("meanings", space),
    )


def _meanings(
    space: TokenSpace, near: Neighbors, lexicon: Lexicon, options: TranslateOptions, progress: Progress
) -> Meanings:
    return meanings(space, near, lexicon, options)


def languages_step(
    space: TokenSpace, lexicon: Lexicon, options: TranslateOptions, *, language: str | None = None
) -> PlannedStep[ModelLanguages]:
    """:func:`languages_of`; under-trained tokens are told by the table, where there is one."""
    return PlannedStep(
        name="languages",
        subject=space.model,
        kind=ModelLanguages,
        inputs=_named(space)
        | {"lexicon": _lexicon_digest(lexicon), "options": plain(options), "language": language},
        compute=_languages,
        arguments=(space, lexicon, options, language),
        cost=cost_of("languages", space),
    )


def _languages(
    space: TokenSpace, lexicon: Lexicon, options: TranslateOptions, language: str | None, progress: Progress
) -> ModelLanguages:
    mask = None if space.table is None else undertrained(space).mask
    return languages_of(space, lexicon, language, undertrained=mask, options=options, progress=progress)


def pair_step(
    spaces: tuple[TokenSpace, TokenSpace], near: tuple[Near, Near], options: CompareOptions
) -> PlannedStep[PairSimilarity]:
    """:func:`compare_pair` of two models on their shared tokens, of which ``near`` are the neighbours."""
    first, second = spaces
    return PlannedStep(
        name="comparison",
        subject=f"{first.model} and {second.model}",
        kind=PairSimilarity,
        inputs={
            "spaces": [_named(first), _named(second)],
            "near": [step.key for step in near],
            "options": plain(options),
        },
        compute=_pair,
        arguments=(first, second, *near, options),
        cost=cost_of("comparison", first),
    )


def _pair(
    first: TokenSpace,
    second: TokenSpace,
    near_first: Neighbors,
    near_second: Neighbors,
    options: CompareOptions,
    progress: Progress,
) -> PairSimilarity:
    return compare_pair(first, second, near_first, near_second, options, pair_progress(progress, 1))


def explanation_step(
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
    return PlannedStep(
        name="explanation",
        subject=space.model,
        kind=Explanation,
        inputs={
            "model": space.model,
            "near": near.key,
            "counts": given.counted(),
            "lexicon": None if given.lexicon is None else _lexicon_digest(given.lexicon),
            "translate": None if given.lexicon is None else plain(given.translate or TranslateOptions()),
            "output": None if output is None else _identity(output),
            "seed": seed,
        },
        compute=_explanation,
        arguments=(space, near, given, output, seed, search),
        cost=cost_of("explanation", space),
    )


def _explanation(
    space: TokenSpace,
    near: Neighbors,
    given: Given,
    output: TokenSpace | None,
    seed: int,
    search: Search,
    progress: Progress,
) -> Explanation:
    return explain(space, near, given.evidence(space, output), seed=seed, search=search, progress=progress)
