"""Lexicons of other makers."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.lexicon import FORMATS, Lexicon, read_lexicon, read_lexicons


def entries(lexicon: Lexicon) -> list[tuple[str, str, str]]:
    """(concept, language, word) of a lexicon."""
    return list(zip(lexicon.concepts, lexicon.languages, lexicon.words, strict=True))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "pairs.tsv",
            "en\tde\ncat\tKatze\ncat\tKater\n",
            [("en:cat", "en", "cat"), ("en:cat", "de", "Katze"), ("en:cat", "de", "Kater")],
        ),
        (
            "en-ru.txt",
            "cat кот\r\n\ndog\tсобака\n",
            [
                ("en:cat", "en", "cat"),
                ("en:cat", "ru", "кот"),
                ("en:dog", "en", "dog"),
                ("en:dog", "ru", "собака"),
            ],
        ),
        ("en-es.0-5000.txt", "a b\n", [("en:a", "en", "a"), ("en:a", "es", "b")]),
        (
            "words.csv",
            'language,concept,word,kind\nen,1,"cat",object\nde,1,Katze,object\n',
            [("1", "en", "cat"), ("1", "de", "Katze")],
        ),
        ("panlex.tsv", "mn\tuid\ttxt\n7\teng-000\twater\n", [("7", "eng-000", "water")]),
        (
            "eng-000.txt",
            "I\nthou\tyou\n",
            [
                ("swadesh:1", "eng-000", "I"),
                ("swadesh:2", "eng-000", "thou"),
                ("swadesh:2", "eng-000", "you"),
            ],
        ),
        (
            "wn-data-fin.tab",
            "# FinnWordNet\tfin\thttp\tCC BY\n0001-n\tfin:lemma\tkissa\n0001-n\tfin:def\t0\teläin\n2-n\tlemma\tkoira\n",
            [("0001-n", "fin", "kissa"), ("2-n", "fin", "koira")],
        ),
        (
            "forms.csv",
            'ID,Language_ID,Parameter_ID,Form\n1,French,1_water,"eau"\n2,French,2_fire,\n',
            [("1_water", "French", "eau")],
        ),
    ],
)
def test_each_format_is_told_and_read(
    tmp_path: Path, name: str, text: str, expected: list[tuple[str, str, str]]
) -> None:
    """Name and header say the format; every word comes out with its concept and language."""
    path = tmp_path / name
    path.write_text(text, "utf-8", newline="")
    lexicon = read_lexicon(path)
    assert expected == entries(lexicon)
    assert name == lexicon.source


def test_languages_can_be_given_for_pairs(tmp_path: Path) -> None:
    """Then the first line is a pair like the others."""
    path = tmp_path / "pairs.tsv"
    path.write_text("cat\tKatze\n", "utf-8")
    assert [("en:cat", "en", "cat"), ("en:cat", "de", "Katze")] == entries(
        read_lexicon(path, languages=("en", "de"))
    )


@pytest.mark.parametrize("name", ["words.tsv", "words.csv"])
def test_words_are_no_languages(tmp_path: Path, name: str) -> None:
    """A file of pairs without a header is refused with what to pass, instead of words being taken for languages."""
    path = tmp_path / name
    mark = "," if name.endswith("csv") else "\t"
    path.write_text(f"water{mark}maji\nfire{mark}moto\n", "utf-8")
    with pytest.raises(DamagedFile, match=r"line 1 names no languages, .*pass --pair en sw"):
        read_lexicon(path)
    expected = [("en:water", "en", "water"), ("en:water", "sw", "maji")]
    assert expected == entries(read_lexicon(path, languages=("en", "sw")))[:2]
    path.write_text(f"en{mark}sw-TZ\nwater{mark}maji\n", "utf-8")
    assert [("en:water", "en", "water"), ("en:water", "sw-TZ", "maji")] == entries(read_lexicon(path))
    assert 2 == len(read_lexicon(path, languages=("en", "sw-TZ")))


def test_commas_within_quotes_are_part_of_a_word(tmp_path: Path) -> None:
    """Pairs in a ``.csv`` are quoted as such files are."""
    path = tmp_path / "pairs.csv"
    path.write_text('en,fr\n"well, well",tiens\n', "utf-8")
    assert ("well, well", "tiens") == read_lexicon(path).words


def test_lexicons_are_joined(tmp_path: Path) -> None:
    """A sum has the entries of both in order, each once, and the concepts of both under their keys."""
    first = Lexicon.of([("1", "en", "cat"), ("2", "en", "dog")], source="a", kinds=["object", "object"])
    second = Lexicon.of([("1", "fr", "chat"), ("1", "en", "cat")], source="b")
    both = first + second
    assert [("1", "en", "cat"), ("2", "en", "dog"), ("1", "fr", "chat")] == entries(both)
    assert ("object", "object", "word") == both.kinds
    assert "a + b" == both.source
    for name, text in (("en-fr.txt", "cat chat\n"), ("en-de.txt", "cat Katze\n")):
        (tmp_path / name).write_text(text, "utf-8")
    joined = read_lexicons([tmp_path / "en-fr.txt", tmp_path / "en-de.txt"])
    assert {"en:cat"} == set(joined.concepts)
    assert ("cat", "chat", "Katze") == joined.words
    assert read_lexicons([]) is None


def test_a_folder_of_varieties_shares_its_concepts(tmp_path: Path) -> None:
    """Line i of every PanLex file is the same concept, empty lines included."""
    (tmp_path / "eng-000.txt").write_text("I\n\nwe\n", "utf-8")
    (tmp_path / "deu-000.txt").write_text("ich\ndu\nwir\n", "utf-8")
    found = entries(read_lexicon(tmp_path))
    assert ("swadesh:3", "deu-000", "wir") in found
    assert ("swadesh:3", "eng-000", "we") in found


def test_a_cldf_folder_is_read_by_its_forms(tmp_path: Path) -> None:
    """The folder may be named instead of the file."""
    (tmp_path / "forms.csv").write_text("Language_ID,Parameter_ID,Form\nen,cat,cat\n", "utf-8")
    assert [("cat", "en", "cat")] == entries(read_lexicon(tmp_path))


@pytest.mark.parametrize(
    ("form", "name", "content", "message"),
    [
        ("pairs", "a.tsv", b"en\tde\nonly\n", "line 2 does not hold a word and its translation"),
        ("pairs", "a.tsv", b"", "line 1 does not hold"),
        ("pairs", "a.tsv", b"en\tde\n", "it holds no word"),
        ("pairs", "a.tsv", b"en\tde\n\xff\t\xfe\n", "byte 6 is not UTF-8"),
        ("muse", "dictionary.txt", b"a b\n", "does not say two languages"),
        ("muse", "en-de.txt", b"a\n", "line 1 does not hold"),
        ("words", "a.tsv", b"a\tb\tc\n", "does not name a concept, a language and a word"),
        ("words", "a.csv", b"concept,language,word\n1,en\n", "2 cells instead of 3"),
        ("words", "a.csv", b"", "does not name a concept"),
        ("omw", "a.tab", b"1-n\tlemma\tcat\n", "does not name the wordnet"),
        ("omw", "a.tab", b"# x\ten\n1-n\tlemma\n", "line 2 does not hold"),
        ("cldf", "forms.csv", b"ID,Value\n", "does not name a concept"),
    ],
)
def test_a_broken_file_gets_one_sentence(
    tmp_path: Path, form: str, name: str, content: bytes, message: str
) -> None:
    """Where and what, and no traceback of another kind."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=message) as caught:
        read_lexicon(path, form)
    assert str(caught.value).startswith(name)
    assert 0 == str(caught.value).count("\n")


def test_a_missing_file_and_an_unknown_format_are_named(tmp_path: Path) -> None:
    """Both are errors of this project."""
    with pytest.raises(DamagedFile, match="cannot be read"):
        read_lexicon(tmp_path / "missing.tsv")
    with pytest.raises(UnsupportedFormat, match="no format of lexicon"):
        read_lexicon(tmp_path, "tmx")
    assert {"pairs", "muse", "words", "panlex", "omw", "cldf"} == set(FORMATS)
