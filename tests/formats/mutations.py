"""Broken and hostile variants of well-formed files, and a check of what a reader does with them."""

from __future__ import annotations

import random
import resource
from collections.abc import Callable

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.formats import read_checkpoint

from .writers import Memory

_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)
_LENGTHS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, 1 << 62, 1 << 63, (1 << 64) - 1)


def _flip(contents: bytearray, rng: random.Random) -> None:
    contents[rng.randrange(len(contents))] ^= 1 << rng.randrange(8)


def _set(contents: bytearray, rng: random.Random) -> None:
    contents[rng.randrange(len(contents))] = rng.choice(_INTERESTING)


def _lie(contents: bytearray, rng: random.Random) -> None:
    """Put a length that no file has somewhere."""
    width = rng.choice((2, 4, 8))
    spot = rng.randrange(max(1, len(contents) - width))
    value = rng.choice(_LENGTHS) & ((1 << 8 * width) - 1)
    contents[spot : spot + width] = value.to_bytes(width, "little")


def _cut(contents: bytearray, rng: random.Random) -> None:
    del contents[rng.randrange(len(contents)) :]


def _drop(contents: bytearray, rng: random.Random) -> None:
    spot = rng.randrange(len(contents))
    del contents[spot : spot + rng.randrange(1, 9)]


def _repeat(contents: bytearray, rng: random.Random) -> None:
    spot, goal = rng.randrange(len(contents)), rng.randrange(len(contents))
    contents[goal:goal] = contents[spot : spot + rng.randrange(1, 33)]


def _noise(contents: bytearray, rng: random.Random) -> None:
    spot = rng.randrange(len(contents))
    contents[spot : spot + 8] = rng.randbytes(8)


_MUTATIONS = (_flip, _flip, _set, _lie, _lie, _cut, _drop, _repeat, _noise)


def mutated(contents: bytes, rng: random.Random, header: int) -> bytes:
    """One to three small changes, most of them within the first or last ``header`` bytes."""
    found = bytearray(contents)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if not found:
            break
        part = rng.choice(("start", "end", "all"))
        low, high = {"start": (0, header), "end": (max(0, len(found) - header), len(found))}.get(
            part, (0, len(found))
        )
        piece = found[low:high]
        if piece:
            rng.choice(_MUTATIONS)(piece, rng)
            found[low:high] = piece
    return bytes(found)


def outcome(contents: bytes, name: str) -> str:
    """``"opened"`` or ``"refused"``; any error that is not ours is raised. All tables are read, in part."""
    try:
        checkpoint = read_checkpoint(Memory(contents, name))
        for tensor in list(checkpoint.tensors):
            try:
                rows = checkpoint.table(tensor).rows(slice(0, 3))
            except HyperpolyglotError as error:
                _check_sentence(error)
            else:
                assert rows.ndim == 2
    except HyperpolyglotError as error:
        _check_sentence(error)
        return "refused"
    return "opened"


def _check_sentence(error: HyperpolyglotError) -> None:
    text = str(error)
    assert text.endswith(".")
    assert text.isprintable()
    assert len(text) < 1000


def hammer(
    make: Callable[[], bytes], name: str, count: int, seed: int = 0, header: int = 512
) -> dict[str, int]:
    """Open ``count`` mutations of a file; how many were opened and how many refused.

    Fails where an opening raises what is not a ``HyperpolyglotError``, or takes memory without bound.
    """
    contents = make()
    assert outcome(contents, name) == "opened"
    outcomes = {"opened": 0, "refused": 0}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(count):
        rng = random.Random(f"{name} {seed} {number}")
        broken = mutated(contents, rng, header)
        try:
            outcomes[outcome(broken, name)] += 1
        except Exception as error:
            raise AssertionError(f"mutation {number} of {name}, seed {seed}: {error!r}") from error
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "memory is not bounded"
    return outcomes
