"""The alphabet of stand-ins for bytes is that of tokenizers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

from hyperpolyglot.vocabularies.byte_alphabet import ALPHABET, bytes_of, stand_ins


def test_the_alphabet_is_the_one_tokenizers_uses() -> None:
    assert sorted(ALPHABET) == sorted(pre_tokenizers.ByteLevel.alphabet())
    assert len(set(ALPHABET)) == 256
    assert ALPHABET[ord(" ")] + ALPHABET[ord("\n")] + ALPHABET[ord("a")] == "ĠĊa"


@given(st.text())
def test_stand_ins_are_those_of_tokenizers(text: str) -> None:
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    assert stand_ins(text.encode()) == "".join(piece for piece, _ in level.pre_tokenize_str(text))


@given(st.binary())
def test_any_bytes_come_back(data: bytes) -> None:
    assert bytes_of(stand_ins(data)) == data


@given(st.text())
def test_a_text_outside_the_alphabet_has_no_bytes(text: str) -> None:
    assert (bytes_of(text) is None) == any(character not in ALPHABET for character in text)
