"""SentencePiece models cut down: the messages of the kept pieces as they are, in the order of the new ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from hyperpolyglot.applications.pruning.merging import by_scores, derived
from hyperpolyglot.vocabularies.protobuf import fields
from hyperpolyglot.vocabularies.sentencepiece_model import NORMAL, UNUSED, USER_DEFINED
from hyperpolyglot.vocabularies.sentencepiece_writer import number, sized

__all__ = ["PieceForm", "read_piece_form"]

_BPE, _CONTROL = 2, 3
_TRAINER = 2
_VOCABULARY_SIZE = 4
_NAMES = {41: (46, "<s>"), 42: (47, "</s>"), 43: (48, "<pad>")}
"""Fields of the training: the ids of begin, end and padding, the field of each one's name, and its default."""
_UNKNOWN, _UNKNOWN_ID = 2, 40
_NONE = (1 << 64) - 1


class _Piece(NamedTuple):
    piece: str
    score: float
    type: int
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceForm:
    """The pieces of a model, and its other fields as bytes. ``by_piece``: the model has ids of its own for them."""

    pieces: tuple[_Piece, ...]
    scores: dict[str, float]
    place: dict[str, int]
    trainer: bytes
    rest: bytes
    bpe: bool
    by_piece: bool
    file: ClassVar[str] = "tokenizer.model"

    def parts(self, piece: str) -> Sequence[str]:
        """The pieces on the way to a token (BPE), else its characters."""
        if not self.bpe:
            return [*piece, piece]
        at = self.place.get(piece)
        whole = at is None or self.pieces[at].type == USER_DEFINED
        return (piece,) if whole else derived(list(piece), by_scores(self.scores)) or (piece,)

    def cut(self, ids: Sequence[int], pieces: Sequence[str]) -> bytes:
        """The model with these tokens alone; those that it lacks, as code adds them, are control pieces."""
        messages, place, unknown = [], {}, _NONE
        for new, (old, piece) in enumerate(zip(ids, pieces, strict=True)):
            at = self.place.get(piece) if self.by_piece else old if old < len(self.pieces) else None
            if at is None:
                messages.append(sized(1, piece.encode()) + number(3, _CONTROL))
                continue
            messages.append(self.pieces[at].message)
            place[self.pieces[at].piece] = new
            unknown = new if self.pieces[at].type == _UNKNOWN else unknown
        trainer = self.trainer + number(_VOCABULARY_SIZE, len(messages)) + number(_UNKNOWN_ID, unknown)
        for id_field, name in self._names().items():
            trainer += number(id_field, place.get(name, _NONE))
        return b"".join(sized(1, message) for message in messages) + sized(_TRAINER, trainer) + self.rest

    def _names(self) -> dict[int, str]:
        """Of begin, end and padding the piece."""
        named = {
            number: self.trainer[slice(*value)].decode("utf-8", "replace")
            for number, value in fields(self.trainer, 0, len(self.trainer), self.file)
            if isinstance(value, tuple)
        }
        return {id_field: named.get(name, default) for id_field, (name, default) in _NAMES.items()}


def read_piece_form(data: bytes, source: str, *, by_piece: bool) -> PieceForm:
    """The form of a SentencePiece model. Raises ``DamagedFile`` where it is none."""
    pieces, trainer, rest, bpe = [], b"", b"", False
    for name, value in fields(data, 0, len(data), source):
        if not isinstance(value, tuple):
            continue
        message = data[slice(*value)]
        if name == 1:
            pieces.append(_piece(message, source))
        elif name == _TRAINER:
            trainer = message
            bpe = any(n == 3 and v == _BPE for n, v in fields(message, 0, len(message), source))
        else:
            rest += sized(name, message)
    usable = (NORMAL, USER_DEFINED, UNUSED)
    return PieceForm(
        pieces=tuple(pieces),
        scores={piece.piece: piece.score for piece in pieces if piece.type in usable},
        place={piece.piece: i for i, piece in reversed(list(enumerate(pieces)))},
        trainer=trainer,
        rest=rest,
        bpe=bpe,
        by_piece=by_piece,
    )


def _piece(message: bytes, source: str) -> _Piece:
    text, score, kind = "", 0.0, NORMAL
    for name, value in fields(message, 0, len(message), source):
        if name == 1 and isinstance(value, tuple):
            text = message[slice(*value)].decode("utf-8", "replace")
        elif name == 2 and isinstance(value, float):
            score = value
        elif name == 3 and isinstance(value, int):
            kind = value
    return _Piece(text, score, kind, message)
