"""Seeded damage to files, and the check that a reader meets it with nothing but the package's own errors."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from hyperpolyglot.errors import HyperpolyglotError

INSERTED = [
    *[
        b"\x00",
        b"\xff",
        b"\xff" * 11,
        b"\n",
        b" ",
        b"[" * 2000,
        b"{",
        b"}",
        b'"',
        b"\\ud800",
        b"\xed\xa0\x80",
    ],
    *[
        b"-1",
        b"1e999",
        b"NaN",
        b"9" * 5000,
        b"99999999",
        b"true",
        b"null",
        b"<0x41>",
        "▁".encode(),
        "Ġ".encode(),
    ],
]
ODD: list[Any] = [
    *[
        None,
        True,
        False,
        -1,
        0,
        1,
        2**24,
        2**70,
        1.5,
        float("nan"),
        float("inf"),
        "",
        "\ud800",
        "\x00",
        "▁",
        "9" * 5000,
    ],
    *[
        [],
        {},
        [None],
        ["a"],
        ["a", "b", "c"],
        [["a", 0]],
        {"a": 0},
        {"id": 0},
        {"type": "ByteLevel"},
        b"",
        b"\xff",
    ],
]


def damaged_bytes(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Copies with one to three places cut, doubled, overwritten or filled in."""
    chance = random.Random(seed)
    for _ in range(count):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(damaged) + 1)
            end = min(len(damaged), place + chance.choice([1, 1, 2, 8, 64]))
            match chance.randrange(6):
                case 0:
                    del damaged[place:]
                case 1:
                    del damaged[place:end]
                case 2:
                    damaged[place:place] = damaged[place:end]
                case 3 if place < len(damaged):
                    damaged[place] ^= 1 << chance.randrange(8)
                case 4 if place < len(damaged):
                    damaged[place] = chance.randrange(256)
                case _:
                    damaged[place:place] = chance.choice(INSERTED)
        yield bytes(damaged)


def damaged_documents(document: Any, count: int, seed: int) -> Iterator[Any]:
    """Copies in which values anywhere were replaced, removed or doubled."""
    chance = random.Random(seed)
    for _ in range(count):
        damaged = copy.deepcopy(document)
        for _ in range(chance.randint(1, 3)):
            places = [(parent, key) for parent, key in _places(damaged)]
            if not places:
                break
            parent, key = chance.choice(places)
            match chance.randrange(4):
                case 0:
                    del parent[key]
                case 1 if isinstance(parent, list):
                    parent.append(parent[key])
                case 2 if isinstance(parent, dict):
                    parent[chance.choice(["", "\ud800", "<0x41>", "Ġ", "type", "id"])] = parent[key]
                case _:
                    parent[key] = copy.deepcopy(chance.choice(ODD))
        yield damaged


def as_json(document: Any) -> bytes:
    return json.dumps(document, default=lambda value: value.decode("latin-1")).encode()


def only_known_errors(read: Callable[[Any], Any], inputs: Iterator[Any]) -> tuple[int, int]:
    """How many inputs were read and how many refused; any other error is raised with the input in a note."""
    read_well = refused = 0
    for damaged in inputs:
        try:
            vocabulary = read(damaged)
            "".join(vocabulary.texts + vocabulary.pieces).encode()
            read_well += 1
        except HyperpolyglotError as error:
            if not str(error).endswith("."):
                raise AssertionError(f"not a sentence: {error}") from error
            refused += 1
        except Exception as error:
            error.add_note(f"input: {damaged!r:.2000}")
            raise
    return read_well, refused


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        inner = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, child in inner:
            yield value, key
            if isinstance(child, dict | list):
                waiting.append(child)
