"""fastText's binary models: a dictionary, then the input matrix, whose first rows are the words."""

from __future__ import annotations

from types import MappingProxyType

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.checkpoint import Checkpoint
from hyperpolyglot.formats.cursor import Cursor
from hyperpolyglot.formats.limits import STRING_COST
from hyperpolyglot.formats.tensor import StoredTensor, Tensor
from hyperpolyglot.memory_budget import MemoryBudget
from hyperpolyglot.types import ByteSource

__all__ = ["MAGIC", "read"]

MAGIC = b"\xba\x16\x4f\x2f"
INPUT, OUTPUT = "embeddings", "output.weight"
_VERSIONS = (11, 12)
_LONGEST_WORD = 1 << 14
_WIDEST = 10
_LONG = 1 << 10
_SUPERVISED = 3
_WORD = 0


def read(source: ByteSource) -> Checkpoint:
    """The words of a fastText model and their rows of the input matrix, mapped; also the output matrix.

    Rows of the buckets for subwords and n-grams follow those of the words and stand for no token. Raises
    ``UnsupportedFormat`` for quantised models, ``DamagedFile`` where the file is cut short or contradicts itself.
    """
    cursor = Cursor(source)
    if cursor.take(4) != MAGIC:
        raise DamagedFile(source.name, "the file does not begin like a fastText model")
    (version,) = cursor.unpack("<i")
    if version not in _VERSIONS:
        raise UnsupportedFormat(
            f"{source.name} is a fastText model of version {version}, and only 11 and 12 can be opened."
        )
    columns, *_, kind, _, _, longest, _, _ = cursor.unpack("<12id")
    words = _words(cursor)
    matrices: dict[str, Tensor] = {}
    rows = _matrix(cursor, INPUT, len(words), columns, matrices)
    if kind != _SUPERVISED and cursor.left:
        _matrix(cursor, OUTPUT, len(words), columns, matrices)
    remark = ""
    if rows > len(words) and longest > 0:
        remark = (
            "The rows of a fastText model are those of whole words; the vectors that fastText itself gives are their "
            "means with the rows of subwords, as in its .vec file."
        )
    return Checkpoint(name=source.name, tensors=MappingProxyType(matrices), tokens=words, remark=remark)


def _words(cursor: Cursor) -> tuple[str, ...]:
    size, words, labels, _, pruned = cursor.unpack("<3i2q")
    if min(size, words, labels) < 0 or size != words + labels or size * 10 > cursor.left:
        raise DamagedFile(cursor.where, f"the dictionary claims {size} entries")
    budget = MemoryBudget(cursor.size, cursor.where)
    budget.spend(size * STRING_COST, f"a dictionary of {size} entries")
    found: list[str] = []
    for _ in range(size):
        word = cursor.until(b"\0", _LONGEST_WORD)
        if len(word) > _LONG:
            budget.spend(_WIDEST * len(word), "its long words")
        if cursor.unpack("<qb")[1] == _WORD:
            found.append(word.decode("utf-8", "surrogateescape"))
    if len(found) != words:
        raise DamagedFile(cursor.where, f"the dictionary has {len(found)} words and announces {words}")
    if pruned > 0:
        raise UnsupportedFormat(
            f"{cursor.where} is a pruned fastText model; name its .vec text file instead."
        )
    return tuple(found)


def _matrix(cursor: Cursor, name: str, words: int, columns: int, matrices: dict[str, Tensor]) -> int:
    """Put the rows of the words in the next matrix among ``matrices``; how many rows it has."""
    (quantised,) = cursor.unpack("<b")
    if quantised:
        if matrices:
            return 0
        raise UnsupportedFormat(
            f"{cursor.where} is a quantised fastText model (.ftz); name the full model or its .vec text file."
        )
    rows, width = cursor.unpack("<2q")
    if rows < words or width != columns or width <= 0 or rows * width * 4 > cursor.left:
        raise DamagedFile(cursor.where, f"its matrix of {rows} × {width} contradicts the file")
    matrices[name] = StoredTensor(
        name=name,
        dtype="F32",
        shape=(words, width),
        source=cursor.source,
        offset=cursor.position,
        nbytes=words * width * 4,
    )
    cursor.skip(rows * width * 4)
    return int(rows)
