"""Real tables of real models, as ``make real-models`` writes them: what independent code says of the same files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models

from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.comparison import CompareOptions, compare
from hyperpolyglot.measures.diversity import diversity
from hyperpolyglot.measures.neighbors import neighbors
from hyperpolyglot.measures.separability import SeparabilityOptions, separability
from hyperpolyglot.measures.token_rows import sample_rows
from hyperpolyglot.measures.translation import TranslateOptions, translate
from hyperpolyglot.table import Table
from hyperpolyglot.vocabulary import TokenKind
from hyperpolyglot.writing.paper import category_of
from tests.test_probe import authors_scores

pytestmark = pytest.mark.long

REAL = Path.home() / ".cache" / "hyperpolyglot-real"
PLAIN = (TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.BYTE, TokenKind.FRAGMENT)


def opened(name, **options):
    """A real model, or a skip that says how to get it."""
    if not (REAL / name).is_dir():
        pytest.skip(f"{name} is not here: `make real-models` writes it")
    return replace(open_model(str(REAL / name), **options), model=name)


def gguf_file(name):
    """The GGUF file of a model, read by the library of its format."""
    (path,) = (REAL / name).glob("*.gguf")
    return gguf.GGUFReader(path)


@pytest.mark.parametrize(("name", "kind"), [("multilingual-e5-small", "Q4_0"), ("gemma-3-270m", "Q8_0")])
def test_quantised_rows_are_those_of_the_formats_own_library(name, kind):
    """Q4_0 and Q8_0 rows are, to the bit, what gguf's own dequantisation gives."""
    space = opened(name)
    (tensor,) = [t for t in gguf_file(name).tensors if t.name == "token_embd.weight"]
    assert kind == tensor.tensor_type.name == space.table.dtype
    rows = np.random.default_rng(0).choice(len(space), 3000, replace=False)
    theirs = gguf.quants.dequantize(tensor.data[space.ids[rows]], tensor.tensor_type)
    assert np.array_equal(theirs, space.vectors(rows))


def test_every_token_of_whisper_is_what_tokenizers_decodes():
    """All 51,865 tokens have the bytes that the tokenizer's own decoder writes; partial characters are its U+FFFD."""
    space = opened("whisper-base")
    library = Tokenizer.from_file(str(REAL / "whisper-base" / "tokenizer.json"))
    assert 51_865 == len(space)
    for row, kind in enumerate(space.vocabulary.kinds.tolist()):
        if kind in PLAIN:
            theirs = library.decode([int(space.ids[row])], skip_special_tokens=False)
            assert theirs == space.vocabulary.utf8[row].decode("utf-8", "replace"), row


def test_every_token_of_gemma_is_what_tokenizers_decodes():
    """All 262,144 tokens are what a decoder of Gemma's kind (▁ a space, <0xNN> a byte) makes of the pieces."""
    space = opened("gemma-3-270m")
    field = gguf_file("gemma-3-270m").fields["tokenizer.ggml.tokens"]
    pieces = [bytes(field.parts[i]).decode("utf8") for i in field.data]
    assert 262_144 == len(pieces) == len(space)
    library = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="<unk>"))
    library.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    for row, kind in enumerate(space.vocabulary.kinds.tolist()):
        if kind in PLAIN:
            theirs = library.decode([int(space.ids[row])], skip_special_tokens=False)
            assert theirs == space.vocabulary.utf8[row].decode("utf-8", "replace"), (row, pieces[row])


def test_the_authors_neighbours_and_diversity_on_e5():
    """Of 400 tokens the lists are the authors' but for ties within float32, and the mean diversity is theirs."""
    space = opened("multilingual-e5-small", labels="paper")
    candidates = space.candidates().rows
    rows = sample_rows(space, 400 / len(space), seed=3)
    unit = space.vectors(candidates)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    products = unit[np.searchsorted(candidates, rows)] @ unit.T
    lists = candidates[np.argsort(-products, axis=1, kind="stable")[:, :51]]
    near = neighbors(space, 50, queries=rows)
    ours = np.column_stack([rows, near.rows])
    assert (ours != lists).mean() < 1e-3
    exact = unit.astype(np.float64)
    position = np.full(len(space), -1)
    position[candidates] = np.arange(len(candidates))
    for i in np.flatnonzero((ours != lists).any(axis=1)):
        cosines = exact @ exact[position[rows[i]]]
        moved = ours[i] != lists[i]
        gap = cosines[position[ours[i][moved]]] - cosines[position[lists[i][moved]]]
        assert (np.abs(gap) < 2e-6).all()
    pieces = space.vocabulary.pieces
    counted = [len({category_of(pieces[j]) for j in row}) for row in ours.tolist()]
    assert np.mean(counted) == pytest.approx(diversity(near, space.labels, protocol="paper").mean, abs=1e-9)


def test_the_authors_separability_on_e5():
    """Labels of up to 1,500 tokens have the accuracy of scikit-learn's own call; at the optimum it is within 0.002."""
    space = opened("multilingual-e5-small", labels="paper")
    paper = separability(space, SeparabilityOptions(protocol="paper"))
    ours = {row.label: row for row in separability(space).labels}
    small = [row for row in paper.labels if row.tokens <= 1500][:5]
    assert 5 == len(small)
    for row in small:
        assert authors_scores(space, row.label).mean() == pytest.approx(row.accuracy, abs=1e-12)
    means = [np.mean([r.accuracy for r in found]) for found in (paper.labels, ours.values())]
    assert means[0] == pytest.approx(means[1], abs=0.002)


def test_the_rows_of_the_excerpt_are_found_again_in_its_original():
    """Every row of e5-enpt is that of the same piece in e5; its nearest row there, by value, is this one."""
    whole, part = opened("multilingual-e5-small"), opened("multilingual-e5-small-enpt")
    place = {piece: row for row, piece in enumerate(whole.vocabulary.pieces)}
    rows = part.candidates().rows
    own = np.array([place[part.vocabulary.pieces[row]] for row in rows.tolist()])
    assert np.array_equal(whole.vectors(own), part.vectors(rows))
    drawn = np.random.default_rng(1).choice(len(rows), 200, replace=False)
    products = _units(part.vectors(rows[drawn])) @ _units(whole.vectors()).T
    assert np.array_equal(whole.vectors(products.argmax(axis=1)), whole.vectors(own[drawn]))


def test_shared_rows_compare_as_equal():
    """On the tokens that e5 and its excerpt share every measure of agreement is 1."""
    spaces = [opened("multilingual-e5-small"), opened("multilingual-e5-small-enpt")]
    kept = sample_rows(spaces[1], 0.1, seed=0)
    (pair,) = compare([spaces[0], spaces[1].take(kept)], CompareOptions(permutations=9, maps=False)).pairs
    assert len(kept) >= pair.shared > 0.9 * len(kept)
    for name in ("neighbor_overlap", "cka", "rsa", "procrustes", "canonical_first"):
        assert 1.0 == pytest.approx(pair.measures[name].value, abs=1e-6), name


def test_permuted_rows_of_a_real_table_say_nothing():
    """With the rows of e5 dealt out to other tokens, probes, neighbourhoods and translations are at chance."""
    space = opened("multilingual-e5-small")
    rows = np.sort(np.random.default_rng(5).choice(len(space), 30_000, replace=False))
    space = space.take(rows)
    vectors = space.vectors()[np.random.default_rng(6).permutation(len(space))]
    table = Table(name="permuted", dtype="F32", shape=vectors.shape, stored=vectors)
    shuffled = replace(space, ids=np.arange(len(space), dtype=space.ids.dtype), table=table)
    probes = separability(shuffled, SeparabilityOptions(minimum=500))
    assert 0.5 == pytest.approx(probes.mean_accuracy, abs=0.02)
    near = diversity(neighbors(shuffled, 50), shuffled.labels)
    mean, deviation = near.join_counts.own()
    assert near.own_share == pytest.approx(mean, abs=5 * deviation)
    found = translate(shuffled, packaged_lexicon(), TranslateOptions(questions=0)).headline
    low, high = found["interval"]
    assert low <= found["chance"] <= high


def _units(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)
