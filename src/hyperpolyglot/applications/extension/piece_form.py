"""SentencePiece models of unigrams with words added to them, as pieces after the last one."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from hyperpolyglot.applications.extension.new_words import NewWord
from hyperpolyglot.applications.extension.unigram_scores import unigram_scores
from hyperpolyglot.applications.extension.written import Matching, Original, Written
from hyperpolyglot.errors import UnsupportedFormat
from hyperpolyglot.vocabularies.protobuf import fields
from hyperpolyglot.vocabularies.sentencepiece_model import NORMAL, read_sentencepiece
from hyperpolyglot.vocabularies.sentencepiece_writer import number, sized
from hyperpolyglot.vocabularies.token_list import UNIGRAM
from hyperpolyglot.vocabulary import TokenKind, display

__all__ = ["PieceForm", "read_piece_form"]

_PIECES, _TRAINER, _VOCABULARY_SIZE = 1, 2, 4
_SCORE = struct.Struct("<f")


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceForm:
    """The messages of the pieces, and the other fields."""

    pieces: bytes
    trainer: bytes
    rest: bytes
    original: Original
    first: int
    matching: ClassVar[Matching] = "pieces"

    def extended(self, words: Sequence[NewWord]) -> Written:
        """The model with a piece for each word, and the number of its pieces.

        They are ordinary pieces: user-defined ones would be found inside other words before the model sees these.
        """
        source, vocabulary = self.original.tokenizer, self.original.vocabulary
        pieces = tuple(display(word.utf8) for word in words)
        scores = unigram_scores(words, vocabulary)
        messages = b"".join(
            sized(_PIECES, sized(1, piece.encode()) + b"\x15" + _SCORE.pack(score) + number(3, NORMAL))
            for piece, score in zip(pieces, scores, strict=True)
        )
        trainer = self.trainer + number(_VOCABULARY_SIZE, self.first + len(words))
        data = self.pieces + messages + sized(_TRAINER, trainer) + self.rest
        name = source.name if source.path is not None else "tokenizer.model"
        return Written(
            files={name: data},
            tokenizer=replace(source, name=name, path=None, made=lambda: data),
            pieces=pieces,
            scores=tuple(float(np.float32(score)) for score in scores),
            matching=self.matching,
        )


def read_piece_form(original: Original) -> PieceForm:
    """The form of a SentencePiece model.

    Raises ``UnsupportedFormat`` where it is no unigram model or ids are not the positions of its pieces, and
    ``DamagedFile`` where it is none.
    """
    name, data = original.tokenizer.name, original.data
    tokens = read_sentencepiece(data, name)
    if tokens.scheme != UNIGRAM:
        raise UnsupportedFormat(
            f"{name}: a SentencePiece model of this kind ({tokens.scheme}) finds only pieces that merges lead to, and "
            "user-defined ones inside other words too; save the tokenizer as tokenizer.json with transformers first."
        )
    there = original.vocabulary
    own = tuple(entry.piece for entry in tokens.entries)
    if there.pieces[: len(own)] != own or np.any(there.kinds[len(own) :] != TokenKind.PADDING):
        raise UnsupportedFormat(
            f"{name}: ids are not the positions of its pieces alone, as code adds tokens or numbers them anew; save "
            "the tokenizer as tokenizer.json with transformers first."
        )
    parts = {_PIECES: b"", _TRAINER: b"", 0: b""}
    listed = []
    for field, value in fields(data, 0, len(data), name):
        if isinstance(value, tuple):
            message = data[slice(*value)]
            if field == _PIECES:
                listed.append(sized(field, message))
            elif field == _TRAINER:
                parts[_TRAINER] = message
            else:
                parts[0] += sized(field, message)
    return PieceForm(
        pieces=b"".join(listed), trainer=parts[_TRAINER], rest=parts[0], original=original, first=len(own)
    )
