"""From entries to counts, and from counts to the two tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from cldr import Entry
from locales import UNSPACED
from scipy.sparse.linalg import svds
from tokenizers import Tokenizer
from vocabulary import MARK, UNKNOWN
from words import main_script

DIMENSIONS = 64
CONTEXT_POWER = 0.75  # Levy, Goldberg & Dagan 2015: keeps rare contexts from dominating PPMI
WINDOW = 2  # entries
SWEEPS = 10
SEED = 2023
RIDGE = 1.0


@dataclass(frozen=True)
class Counts:
    """What was seen: one row per entry, in the order of the locales and of CLDR; a column per token."""

    seen: sp.csr_matrix
    locales: np.ndarray  # of each entry, as an index
    concepts: np.ndarray  # of each entry, as an index


def count(entries: list[Entry], tokenizer: Tokenizer) -> Counts:
    """Which tokens each entry holds.

    A token that is a whole word counts 1, one of n pieces of a word 1/n². In scripts with spaces a token
    that is somewhere a whole word counts only there: otherwise the words of one language would be taught
    by the fragments of another's (Irish "cathair", wheelchair, is no cat). An emoji token belongs to the
    entries of its own concept, in every locale.
    """
    pieces = _pieces(entries, tokenizer)
    whole = {cut[0] for word, cut in pieces.items() if len(cut) == 1 and main_script(word) not in UNSPACED}
    rows: list[int] = []
    columns: list[int] = []
    weights: list[float] = []
    for row, entry in enumerate(entries):
        best: dict[int, float] = {}
        for word in dict.fromkeys(word for phrase in entry.phrases for word in phrase):
            cut = pieces[word]
            for token in cut:
                if len(cut) == 1 or token not in whole:
                    best[token] = max(best.get(token, 0.0), len(cut) ** -2)
        kind, _, key = entry.concept.partition(":")
        emoji = tokenizer.token_to_id(key) if kind == "emoji" else None
        if emoji is not None:
            best[emoji] = 1.0
        rows += [row] * len(best)
        columns += best.keys()
        weights += best.values()
    shape = (len(entries), tokenizer.get_vocab_size())
    return Counts(
        sp.csr_matrix((weights, (rows, columns)), shape=shape),
        _numbered([entry.locale for entry in entries]),
        _numbered([entry.concept for entry in entries]),
    )


def _pieces(entries: list[Entry], tokenizer: Tokenizer) -> dict[str, list[int]]:
    """How the tokenizer cuts every word; the bare word-start mark and the unknown token are left out."""
    ignored = {tokenizer.token_to_id(UNKNOWN), tokenizer.token_to_id(MARK)}
    words = sorted({word for entry in entries for phrase in entry.phrases for word in phrase})
    cuts = tokenizer.encode_batch(words, add_special_tokens=False)
    return {
        word: [token for token in cut.ids if token not in ignored]
        for word, cut in zip(words, cuts, strict=True)
    }


def _numbered(names: list[str]) -> np.ndarray:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names])


def seen_tokens(counts: Counts, tokenizer: Tokenizer) -> set[str]:
    """The pieces that occur in at least one counted entry."""
    totals = np.asarray(counts.seen.sum(axis=0)).ravel()
    return {piece for piece, token in tokenizer.get_vocab().items() if totals[token] > 0}


def meaning_counts(counts: Counts) -> sp.csr_matrix:
    """Token x concept: which concepts a token names, in whatever language."""
    entries = np.arange(len(counts.concepts))
    gather = sp.csr_matrix((np.ones(len(entries)), (counts.concepts, entries)))
    return sp.csr_matrix((gather @ counts.seen).T)


def language_counts(counts: Counts) -> sp.csr_matrix:
    """Token x token: which tokens stand near a token in the text of one language.

    A locale's entries, read in CLDR's order, are its text: two tokens co-occur where they stand in the
    same entry or in entries at most WINDOW apart. Nothing is counted across locales.
    """
    total = sp.csr_matrix((counts.seen.shape[1],) * 2)
    for locale in range(counts.locales.max() + 1):
        seen = counts.seen[counts.locales == locale]
        steps = range(-WINDOW, WINDOW + 1)
        near = sp.diags_array([np.ones(seen.shape[0] - abs(step)) for step in steps], offsets=steps)
        total += seen.T @ near @ seen
    total.setdiag(0)
    total.eliminate_zeros()
    return total


def ppmi(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Positive pointwise mutual information, with the context distribution smoothed."""
    cells = counts.tocoo()
    rows = np.bincount(cells.row, cells.data, cells.shape[0])
    columns = np.bincount(cells.col, cells.data, cells.shape[1]) ** CONTEXT_POWER
    values = np.log(cells.data * columns.sum() / (rows[cells.row] * columns[cells.col]))
    information = sp.csr_matrix((np.maximum(values, 0), (cells.row, cells.col)), shape=cells.shape)
    information.eliminate_zeros()
    return information


def factor(information: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """U·√S and V·√S of the truncated SVD, the sign of each axis set by the largest entry in U."""
    start = np.full(min(information.shape), min(information.shape) ** -0.5)
    left, singular, right = svds(information, k=DIMENSIONS, v0=start, solver="arpack")
    order = np.argsort(-singular)
    left, right, scale = left[:, order], right[order].T, np.sqrt(singular[order])
    strongest = left[np.abs(left).argmax(axis=0), np.arange(DIMENSIONS)]
    scale = np.where(strongest < 0, -scale, scale)
    return left * scale, right * scale


def factor_seen(information: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Weighted factorisation (Hu, Koren & Volinsky 2008): seen and unseen pairs weigh the same in all.

    The SVD takes every unseen pair for a zero as certain as a seen pair's value. Among tokens almost all
    pairs are unseen because the languages differ, so the SVD spends its dimensions on one axis per language
    and nothing is left for what happens inside a language. Here each unseen pair weighs `seen / all` of a
    seen one. Alternating least squares for a fixed number of sweeps, from a seeded random start: from the
    SVD, a language that has no axis there would start at zero and grow out of rounding errors.
    """
    contexts = np.random.default_rng(SEED).normal(size=(information.shape[1], DIMENSIONS))
    unseen = information.nnz / (information.shape[0] * information.shape[1])
    transposed = sp.csr_matrix(information.T)
    table = _solve(information, contexts, unseen)
    for _ in range(SWEEPS):
        contexts = _solve(transposed, table, unseen)
        table = _solve(information, contexts, unseen)
    return table, contexts


def _solve(information: sp.csr_matrix, contexts: np.ndarray, unseen: float) -> np.ndarray:
    """The best row for each token, the contexts being given."""
    everywhere = unseen * contexts.T @ contexts + RIDGE * np.eye(DIMENSIONS)
    table = np.zeros((information.shape[0], DIMENSIONS))
    bounds = zip(information.indptr[:-1], information.indptr[1:], strict=True)
    for token, (start, stop) in enumerate(bounds):
        if start < stop:
            near = contexts[information.indices[start:stop]]
            normal = everywhere + (1 - unseen) * near.T @ near
            table[token] = np.linalg.solve(normal, near.T @ information.data[start:stop])
    return table


def scaled(table: np.ndarray) -> np.ndarray:
    """Float16 rows, the longest of length 1; row lengths keep their proportions."""
    return np.ascontiguousarray(table / np.linalg.norm(table, axis=1).max(), dtype=np.float16)
