"""Which model for my language: segmentation, coverage and ranking."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from tokenizers import Tokenizer

from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.lexicon import Lexicon, packaged_lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.languages.languages import languages
from hyperpolyglot.measures.languages.records import pieces
from hyperpolyglot.measures.translation.asking import TranslateOptions
from hyperpolyglot.tokenization.segmentation import UNKNOWN, segmenter
from hyperpolyglot.tokenizer_source import given
from hyperpolyglot.vocabulary import Entry, TokenKind, Vocabulary
from tests.test_translation import planted, space_of

FEW = TranslateOptions(fewest=2)


def vocabulary(entries: list[Entry], scheme: str) -> Vocabulary:
    """A vocabulary of these entries."""
    return Vocabulary.build(entries, scheme=scheme, source="test")


def test_unigram_words_are_cut_as_the_tokenizer_cuts_them() -> None:
    """On the demo vocabulary Viterbi agrees with the reference library for words of every spaced script."""
    path = str(files("hyperpolyglot") / "demos" / "tokenizer.json")
    reference = Tokenizer.from_file(path)
    cut = segmenter(open_model("demo:meaning").vocabulary)
    lexicon = packaged_lexicon().take(kinds={"month", "time"})
    words = [
        word
        for word, script in zip(lexicon.words, lexicon.scripts, strict=True)
        if script in ("Latn", "Cyrl", "Grek", "Geor", "Armn", "Hang", "Deva", "Ethi") and "-" not in word
    ][::5]
    unknown = reference.token_to_id("<unk>")
    ours = [[unknown if row == UNKNOWN else row for row in cut.pieces(word)] for word in words]
    assert 500 < len(words)
    assert [reference.encode(word).ids for word in words] == ours


def test_unigram_takes_the_best_sum_of_scores() -> None:
    """ab + c costs less than a + bc."""
    entries = [
        Entry(i, text, text.encode(), score=score)
        for i, (text, score) in enumerate([("a", -1), ("b", -3), ("c", -3), ("ab", -2), ("bc", -5)])
    ]
    assert (3, 2) == segmenter(vocabulary(entries, "unigram")).pieces("abc")


def test_bpe_joins_the_best_rank_first() -> None:
    """bc is joined before ab, so abc is a + bc although ab comes first in the word."""
    texts = ["a", "b", "c", "bc", "ab"]
    entries = [Entry(i, t, t.encode(), score=-float(i)) for i, t in enumerate(texts)]
    assert (0, 3) == segmenter(vocabulary(entries, "byte-level BPE")).pieces("abc")


def test_longest_match_and_unknown_parts() -> None:
    """The longest piece first; bytes stand in where there are byte pieces, else a part is unknown."""
    entries = [Entry(0, "▁un", b" un"), Entry(1, "▁unit", b" unit"), Entry(2, "s", b"s")]
    cut = segmenter(vocabulary(entries, "words"))
    assert (1, 2) == cut.pieces("units")
    assert UNKNOWN in cut.pieces("unités")
    with_bytes = [*entries, Entry(3, "<0x7A>", b"z", TokenKind.BYTE)]
    assert (1, 3) == segmenter(vocabulary(with_bytes, "words")).pieces("unitz")


def test_scripts_without_spaces_need_no_word_start() -> None:
    """猫 is one piece although no token is ▁猫; in a spaced script it would be two."""
    entries = [Entry(0, "猫", "猫".encode()), Entry(1, "▁", b" "), Entry(2, "▁a", b" a")]
    cut = segmenter(vocabulary(entries, "words"))
    assert (0,) == cut.pieces("猫", "Hani")
    assert 2 == len(cut.pieces("猫", "Latn"))


def test_models_are_ranked_by_what_they_answer_of_everything() -> None:
    """Knowing ten words perfectly is less than knowing forty fairly."""
    random = np.random.default_rng(0)
    lexicon, tokens = planted(["en", "ru"], 40)
    meanings = np.tile(random.standard_normal((40, 16)), (2, 1))
    kept = [i for i in range(80) if i % 40 < 10]
    few = replace(space_of(meanings[kept], [tokens[i] for i in kept]), model="few")
    noisy = replace(space_of(meanings + 0.7 * random.standard_normal(meanings.shape), tokens), model="many")
    found = languages([few, noisy], lexicon, "ru", options=FEW)
    first, second = found.by_language["ru"]
    assert (("many", 1), ("few", 2)) == ((first.model, first.rank), (second.model, second.rank))
    assert first.translation is not None
    assert second.translation is not None
    assert 1.0 == second.translation["value"] > first.translation["value"]
    assert 0.25 == second.translation["all"] == second.coverage
    assert 80 == second.translation["asked"] == first.translation["asked"]
    low, high = first.translation["all_interval"]
    assert low < first.translation["all"] < high
    assert 1.0 == first.coverage == first.pieces_per_word


def test_undertrained_tokens_are_a_share_of_the_languages_tokens() -> None:
    """A mask over tokens gives a share; without one the field is null."""
    lexicon, tokens = planted(["en", "ru"], 4)
    space = space_of(np.eye(8, dtype=np.float32), tokens)
    mask = np.array([False] * 4 + [True] + [False] * 3)
    marked = languages([space], lexicon, undertrained={"test": mask}, options=FEW)
    assert 0.25 == marked.by_language["ru"][0].undertrained
    assert 0.0 == marked.by_language["en"][0].undertrained
    assert languages([space], lexicon, options=FEW).by_language["en"][0].undertrained is None


def test_a_vocabulary_alone_has_coverage_and_no_translation() -> None:
    """Without vectors the vocabulary still answers how well it covers a language."""
    lexicon, tokens = planted(["en", "ru"], 4)
    space = replace(space_of(np.eye(8, dtype=np.float32), tokens), table=None)
    row = languages([space], lexicon, "en", options=FEW).by_language["en"][0]
    assert (1.0, None) == (row.coverage, row.translation)


def test_an_unknown_language_names_its_relatives() -> None:
    """The sentence says which tags there are."""
    lexicon = Lexicon.of([("1", "sr-Latn", "mačka")], source="test")
    with pytest.raises(NotEnoughData, match="it has sr-Latn"):
        languages([], lexicon, "sr")


def test_the_demos_are_compared_on_held_out_concepts() -> None:
    """Coverage is the same, as the vocabulary is; meaning translates and language does not."""
    spaces = [open_model("demo:language"), open_model("demo:meaning")]
    chosen = packaged_lexicon().take(languages={"sw", "en", "de", "ru", "hi", "ar"})
    found = languages(spaces, chosen, "sw").to_json()
    (row,) = found["languages"]
    assert ("sw", "Latn") == (row["language"], row["script"])
    assert ["demo:meaning", "demo:language"] == [model["model"] for model in row["models"]]
    assert 1 == len({model["coverage"] for model in row["models"]})
    best, worst = (model["translation"] for model in row["models"])
    assert 0.7 < best["value"]
    assert worst["value"] < 0.3
    assert worst["all_interval"][1] < best["all_interval"][0]
    assert "held-out" == found["concepts"]["selection"]
    assert {"model", "coverage", "pieces_per_word", "undertrained", "translation"} <= set(row["models"][0])
    assert json.loads(json.dumps(found)) == found


def test_unknown_words_are_no_short_words() -> None:
    """A model that replaces every word by one unknown token has no pieces per word, and is not ranked before others."""
    words = [("c1", "syr", "ܒܝܬܐ"), ("c2", "syr", "ܟܠܒܐ")]
    lexicon = Lexicon.of(words, source="planted")
    blind = replace(space_of(np.eye(2, dtype=np.float32), ["the", "cat"]), model="a blind one")
    seeing = replace(space_of(np.eye(6, dtype=np.float32), list("ܒܝܬܐܟܠ"), "words"), model="seeing")
    first, last = languages([blind, seeing], lexicon, "syr", options=FEW).by_language["syr"]
    assert ("seeing", 4.0, 0.0) == (first.model, first.pieces_per_word, first.unknown)
    assert ("a blind one", None, 1.0) == (last.model, last.pieces_per_word, last.unknown)
    assert 0.0 == last.coverage
    assert ("≈ 4.0", "–") == (pieces(first), pieces(last))
    assert ("≈ 4.0†", "4.0") == (pieces(replace(first, unknown=0.2)), pieces(replace(first, exact=True)))


def test_pieces_are_those_of_the_tokenizer_and_marked_so() -> None:
    """With ``encode=`` pieces per word are its counts; without, they are called an estimate in record and note."""
    lexicon, tokens = planted(["en", "ru"], 30)
    space = space_of(np.random.default_rng(0).standard_normal((60, 8)), tokens)
    exact = replace(space, vocabulary=replace(space.vocabulary, tokenizer=given(lambda text: [0] * 7)))
    found = languages([exact], lexicon, "en", options=FEW)
    (row,) = found.by_language["en"]
    assert (7.0, True) == (row.pieces_per_word, row.exact)
    assert any("are exact" in note for note in found.notes)
    found = languages([space], lexicon, "en", options=FEW)
    assert not found.by_language["en"][0].exact
    assert found.to_json()["languages"][0]["models"][0]["exact"] is False
    assert any("are estimated" in note for note in found.notes)
