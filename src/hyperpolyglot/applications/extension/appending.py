"""``tokenizer.json`` with words added to it, and nothing else changed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_object
from hyperpolyglot.vocabularies.tokenizer_json import read_tokenizer_json

__all__ = ["first_id", "with_words"]


def first_id(data: bytes, source: str) -> int:
    """The id that the tokenizers library gives to the first token added to a file.

    Raises ``UnsupportedFormat`` where ids have gaps, so that this would be one that another token has or that comes
    before others.
    """
    named = [entry.id for entry in read_tokenizer_json(data, source).entries]
    document = as_object(parse_json(data, source), source, "the document")
    size = len(as_object(document.get("model"), source, "the field model").get("vocab") or ())
    added = [int(token["id"]) for token in document.get("added_tokens") or []]
    largest = max(added, default=-1)
    following = largest + 1 if largest >= size else size
    if following != max(named, default=-1) + 1:
        raise UnsupportedFormat(
            f"{source}: its token ids have gaps, and libraries would number new tokens by a gap; number its tokens "
            "anew first, as prune does."
        )
    return following


def with_words(data: bytes, source: str, words: Sequence[NewWord], first: int) -> bytes:
    """The file with an added token for each word, from the id ``first`` on.

    A word that stands between spaces matches only as a whole word (``single_word``), and takes the blanks before it
    (``lstrip``), as pieces that begin a word have their space in them; one of a script without spaces matches
    anywhere. All match the text as it is written, before it is normalised.
    """
    document = as_object(parse_json(data, source), source, "the document")
    added = document.get("added_tokens") or []
    if not isinstance(added, list):
        raise DamagedFile(source, "the list of added tokens is none")
    entries = [
        {
            "id": id_,
            "content": word.text,
            "single_word": word.spaced,
            "lstrip": word.utf8[:1] == b" ",
            "rstrip": False,
            "normalized": False,
            "special": False,
        }
        for id_, word in enumerate(words, start=first)
    ]
    text = json.dumps(document | {"added_tokens": [*added, *entries]}, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")
