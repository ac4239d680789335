"""Counting a corpus: by the model's pieces, near what tokenizer libraries count, whatever the file is like."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.measures.explanation.corpus import count_corpus, read_counts
from hyperpolyglot.tokenization.pretokens import words_of
from hyperpolyglot.vocabularies import open_vocabulary_file
from hyperpolyglot.vocabulary import Entry, Vocabulary

TEXT = "the cat sat, the cats sit.\nthe cat's mat"
ENTRIES = [" the", " cat", "s", " sat", ",", " s", "it", ".", " mat", "'", " c", "a", "t"]


def vocabulary_of(texts, scheme="unigram"):
    entries = [Entry(i, t, t.encode(), score=-1.0 - i / 100) for i, t in enumerate(texts)]
    return Vocabulary.build(entries, scheme=scheme, source="test")


def counted(tmp_path, text, vocabulary, name="corpus.txt"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return count_corpus([path], vocabulary)


def test_counts_are_those_of_hand(tmp_path):
    """Three times the, twice cat and once cats and cat's: four times the piece cat."""
    found = dict(zip(ENTRIES, counted(tmp_path, TEXT, vocabulary_of(ENTRIES)).tolist(), strict=True))
    assert {
        " the": 3.0,
        " cat": 3.0,
        "s": 2.0,
        " sat": 1.0,
        ",": 1.0,
        " mat": 1.0,
        "'": 1.0,
    }.items() <= found.items()


def test_blocks_and_compression_change_nothing(tmp_path, monkeypatch):
    """The same counts from a stream of seven bytes at a time, with few words in memory, and from a .gz file."""
    text = "das Haus 家の猫 кот का " * 40
    vocabulary = vocabulary_of([" das", " Haus", " 家", "の", "猫", " кот", " का"])
    whole = counted(tmp_path, text, vocabulary)
    assert [40.0] * 7 == whole.tolist()
    assert whole.tolist() == counted(tmp_path, text, vocabulary, "corpus.gz").tolist()
    monkeypatch.setattr("hyperpolyglot.measures.explanation.corpus._CHUNK", 7)
    monkeypatch.setattr("hyperpolyglot.measures.explanation.corpus._MOST_WORDS", 3)
    assert whole.tolist() == counted(tmp_path, text, vocabulary).tolist()


def test_broken_files(tmp_path):
    """Bytes that are no UTF-8 spoil their word only; a broken archive and a file without words are one sentence."""
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"the \xff\xfe cat \xe3\x81")
    found = count_corpus([path], vocabulary_of(ENTRIES))
    assert [1.0, 1.0] == found[:2].tolist()
    assert 2.0 == found.sum()
    (tmp_path / "broken.gz").write_bytes(b"not an archive")
    with pytest.raises(DamagedFile, match="cannot be read"):
        count_corpus([tmp_path / "broken.gz"], vocabulary_of(ENTRIES))
    (tmp_path / "empty.txt").write_bytes(b" \n")
    with pytest.raises(DamagedFile, match="holds no word"):
        count_corpus([tmp_path / "empty.txt"], vocabulary_of(ENTRIES))


def test_words_by_kind_of_vocabulary():
    """WordPiece tells punctuation and Han characters apart; the others keep them with the word."""
    assert [" it", " '", " s", " 猫", " 犬"] == words_of("it's 猫犬", vocabulary_of(["a"], "WordPiece"))
    assert [" it's", " 猫犬"] == words_of("it's 猫犬", vocabulary_of([" a"]))


def trained(kind, lines):
    """A small tokenizer of the library, trained on these lines."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    made = {
        "unigram": (
            models.Unigram(),
            trainers.UnigramTrainer,
            pre_tokenizers.Metaspace(),
            normalizers.NFKC(),
        ),
        "byte BPE": (
            models.BPE(),
            trainers.BpeTrainer,
            pre_tokenizers.ByteLevel(add_prefix_space=False),
            None,
        ),
        "WordPiece": (
            models.WordPiece(unk_token="[UNK]"),
            trainers.WordPieceTrainer,
            pre_tokenizers.BertPreTokenizer(),
            None,
        ),
    }
    model, trainer, before, normalizer = made[kind]
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = before
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    more = {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()} if kind == "byte BPE" else {}
    unknown = ["[UNK]"] if kind == "WordPiece" else ["<unk>"]
    if kind == "unigram":
        more = {"unk_token": "<unk>"}
    tokenizer.train_from_iterator(
        lines, trainer(vocab_size=1500, special_tokens=unknown, show_progress=False, **more)
    )
    if kind == "byte BPE":
        tokenizer.decoder = decoders.ByteLevel()
    if kind == "WordPiece":
        tokenizer.decoder = decoders.WordPiece()
    return tokenizer


@pytest.mark.parametrize("kind", ["unigram", "byte BPE", "WordPiece"])
def test_counts_are_nearly_the_librarys(kind, tmp_path):
    """On words of seven scripts, 98 % of the occurrences that the library counts are counted the same."""
    words = packaged_lexicon().take(languages={"en", "ru", "hi", "el", "ar", "ko", "fr"}).words
    random = np.random.default_rng(0)
    lines = [" ".join(random.choice(words, 6)) + "." for _ in range(1500)]
    tokenizer = trained(kind, lines)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    vocabulary = open_vocabulary_file(tmp_path / "tokenizer.json")
    found = counted(tmp_path, "\n".join(lines), vocabulary)
    expected = np.zeros(len(vocabulary))
    for line in lines:
        np.add.at(expected, tokenizer.encode(line).ids, 1)
    text = np.array([vocabulary.texts[i].strip("▁") != "" for i in range(len(vocabulary))])
    assert 0.98 <= np.minimum(found, expected)[text].sum() / max(found[text].sum(), expected[text].sum())


def test_counts_of_a_table_are_read_to_its_last_tab(tmp_path):
    """A token may hold a tab; the number is what stands behind the last one, and the last line of a token counts."""
    path = tmp_path / "counts.tsv"
    path.write_text("a\t1\na\tb\t2.5\na\t3\n", "utf8")
    assert {"a": 3.0, "a\tb": 2.5} == read_counts(path)


@pytest.mark.parametrize("line", ["a", "a\tmany", "a\t-1", "a\tnan", "a\tinf"])
def test_a_line_that_counts_nothing_is_named(line, tmp_path):
    """A table is refused at the first line without a number from 0, by the number of that line."""
    path = tmp_path / "counts.tsv"
    path.write_text(f"good\t1\n{line}\n", "utf8")
    with pytest.raises(DamagedFile, match="line 2"):
        read_counts(path)
