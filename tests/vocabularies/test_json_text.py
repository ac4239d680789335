"""The JSON of tokenizer files is parsed as Python's ``json`` parses it, or refused before it takes memory."""

from __future__ import annotations

import json

import pytest

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.vocabularies.json_text import parse_json

WINDOW = 1 << 20
TEXTS = ["plain", "é", "ключ", "王", "😀", 'a😀é王\n"\\', "\ud800", "\x00", "\u2028", "\U0010ffff"]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("text", TEXTS)
def test_the_same_value_as_json_gives(text: str, ascii_only: bool) -> None:
    for filler in ("", "x" * (WINDOW - 6), "x" * (WINDOW - 7), "x" * (WINDOW - 8), "x" * (WINDOW - 9)):
        document = {"k": [filler + text, text, 1, -2.5, None, True], text: {}}
        data = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        assert parse_json(data, "x") == document
        assert parse_json(b"\xef\xbb\xbf" + data, "x") == document


def test_a_document_is_taken_out_of_its_list() -> None:
    held = [b"[1]"]
    assert parse_json(held, "x") == [1]
    assert held == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff[]", "UnicodeDecodeError"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "ValueError"),
        (b"[" + b"[]," * 3_000_000 + b"0]", "MiB of memory"),
        (b'["' + "😀".encode() + b"x" * (40 << 20) + b'"]', "MiB of memory"),
    ],
)
def test_what_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(DamagedFile, match=words):
        parse_json(data, "x")
