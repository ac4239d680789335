"""``vocab.json``: an object of piece to id, with the merges of a ``merges.txt`` where that lies beside it."""

from __future__ import annotations

from hyperpolyglot.vocabularies.files import check_count, lines_of
from hyperpolyglot.vocabularies.json_text import parse_json
from hyperpolyglot.vocabularies.json_values import as_id, as_object
from hyperpolyglot.vocabularies.marks import tokens_by_marks
from hyperpolyglot.vocabularies.token_list import TokenList

__all__ = ["read_vocab_json"]


def read_vocab_json(data: bytes, source: str, *, merges: bytes = b"") -> TokenList:
    """The tokens of a ``vocab.json``, in the scheme that their marks show.

    ``merges`` is the contents of a ``merges.txt``: a piece's score is minus the rank of its merge. Raises
    ``DamagedFile`` where the file is no object of whole numbers.
    """
    ids = as_object(parse_json(data, source), source, "the document")
    check_count(len(ids), len(data), source)
    for piece, id_ in ids.items():
        as_id(id_, source, f"the id of the token {piece[:40]!a}")
    ranks = _merge_ranks(merges, source) if merges else {}
    return tokens_by_marks(list(ids), ids.values(), [ranks.get(piece) for piece in ids] if ranks else ())


def _merge_ranks(merges: bytes, source: str) -> dict[str, float]:
    lines = lines_of(merges, f"the merges.txt beside {source}")
    ranks: dict[str, float] = {}
    version = b"#version"
    for rank, line in enumerate(lines, start=-1 if merges.startswith(version) else 0):
        if rank < 0:
            continue
        ranks.setdefault("".join(line.split(" ")[:2]), float(-rank))
    return ranks
