"""``tokenizer.json`` with words added to it: as pieces of a unigram model, else as added tokens.

Tokens that other files or the code of its family name after its last one are written into it before the words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hyperpolyglot.applications.extension.added_tokens import (
    CONFIGURATION,
    added_token,
    configuration_with,
    named_elsewhere,
)
from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.applications.extension.unigram_scores import unigram_scores
from hyperpolyglot.applications.extension.written import Matching, Original, Written
from hyperpolyglot.applications.tokenizer_files import object_in
from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.vocabularies.byte_alphabet import bytes_of
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_object
from hyperpolyglot.vocabularies.token_list import UNIGRAM, WORDPIECE
from hyperpolyglot.vocabularies.tokenizer_json import read_tokenizer_json
from hyperpolyglot.vocabulary import display

__all__ = ["JsonForm", "first_id", "read_json_form"]

_FILE = "tokenizer.json"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonForm:
    """The document, with ``elsewhere``: the tokens that it lacked and that the vocabulary has after its last one."""

    document: dict[str, Any]
    original: Original
    elsewhere: tuple[dict[str, Any], ...]
    first: int

    @property
    def matching(self) -> Matching:
        """Unigram models have their words as pieces."""
        return "pieces" if self.original.vocabulary.scheme == UNIGRAM else "words"

    def extended(self, words: Sequence[NewWord]) -> Written:
        """The file with a token for each word, and nothing else changed.

        Tokens that are added to it are added to ``tokenizer_config.json`` too, where that lists such: transformers
        reads them from there alone.
        """
        if self.matching == "pieces":
            scores = unigram_scores(words, self.original.vocabulary)
            pieces = tuple(display(word.utf8) for word in words)
            return self._written(self._with_pieces(pieces, scores), {}, pieces, scores)
        tokens = [
            added_token(word, normalized=self.original.vocabulary.scheme == WORDPIECE) for word in words
        ]
        listed = [{"id": id_, **token} for id_, token in enumerate(tokens, start=self.first)]
        document = self.document | {"added_tokens": [*(self.document.get("added_tokens") or []), *listed]}
        beside = {}
        if (object_in(self.original.folder, CONFIGURATION) or {}).get("added_tokens_decoder") is not None:
            beside[CONFIGURATION] = configuration_with(self.original.folder, [*self.elsewhere, *listed])
        return self._written(document, beside, tuple(word.text for word in words), None)

    def _with_pieces(self, pieces: Sequence[str], scores: Sequence[float]) -> dict[str, Any]:
        """The document with pieces after the last token: those that were added to the model become pieces before.

        Their scores say nothing, as they are looked for in the text before it is cut.
        """
        model = self.document["model"]
        vocabulary = [list(pair) for pair in model["vocab"]]
        least = min(score for _, score in vocabulary)
        content = {token["id"]: token["content"] for token in self.document.get("added_tokens") or []}
        vocabulary += [[content[id_], least] for id_ in range(len(vocabulary), self.first)]
        vocabulary += [[piece, score] for piece, score in zip(pieces, scores, strict=True)]
        return self.document | {"model": model | {"vocab": vocabulary}}

    def _written(
        self,
        document: dict[str, Any],
        beside: dict[str, bytes],
        pieces: tuple[str, ...],
        scores: tuple[float, ...] | None,
    ) -> Written:
        data = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
        made = replace(self.original.tokenizer, name=_FILE, path=None, made=lambda: data)
        return Written(
            files={_FILE: data, **beside},
            tokenizer=made,
            pieces=pieces,
            scores=scores or (float("nan"),) * len(pieces),
            matching=self.matching,
            misread=sum(map(_is_misread, pieces)) if self.original.vocabulary.byte_level else 0,
        )


def _is_misread(word: str) -> bool:
    """Whether the byte-level decoder takes the letters of a word for the signs of bytes, and they are not these."""
    read = bytes_of(word)
    return read is not None and read != word.encode()


def read_json_form(original: Original) -> JsonForm:
    """The form of a ``tokenizer.json``. Raises ``DamagedFile`` where it is none, ``UnsupportedFormat`` for gaps."""
    source, data = original.tokenizer.name, original.data
    first = first_id(data, source)
    document = as_object(parse_json(data, source), source, "the document")
    if not isinstance(document.get("added_tokens") or [], list):
        raise DamagedFile(source, "the list of added tokens is none")
    elsewhere = named_elsewhere(original, first)
    if elsewhere:
        document = document | {"added_tokens": [*(document.get("added_tokens") or []), *elsewhere]}
    return JsonForm(document=document, original=original, elsewhere=elsewhere, first=first + len(elsewhere))
