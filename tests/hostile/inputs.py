"""Damaged inputs by number: the same number always gives the same bytes."""

from __future__ import annotations

import io
import json
import pickletools
import random
import struct
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from typing import Protocol

from tests.formats.mutations import mutated
from tests.formats.writers import raw_safetensors
from tests.hostile.parsers import PARSERS
from tests.vocabularies.vocabulary_mutations import as_json, damaged_bytes, damaged_documents

__all__ = ["damaged"]

_HEADER = 512
_OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]
_OPERANDS = (
    b"",
    b"",
    b"\x00",
    b"\x01",
    b"\xff",
    b"\xff\xff\xff\x7f",
    b"\xff" * 4,
    b"\xff" * 8,
    b"\x00\x00\x00\x80",
    b"\x02\x00\x00\x00os",
    b"os\nsystem\n",
    b"collections\nOrderedDict\n",
    b"torch._utils\n_rebuild_tensor_v2\n",
    b"1\n",
)


class Case(Protocol):
    """What inputs are made for: well-formed files, and of what kind they are."""

    @property
    def seeds(self) -> Callable[[], list[bytes]]:
        """Makes the files."""

    @property
    def kind(self) -> str:
        """``"bytes"``, ``"json"``, ``"safetensors"``, ``"pickle"``, ``"zip"`` or ``"pickle in zip"``."""


@cache
def _made(seeds: Callable[[], list[bytes]]) -> list[bytes]:
    return seeds()


def damaged(parser: str, seed: int, number: int, cases: Mapping[str, Case] = PARSERS) -> bytes:
    """Input ``number`` of a parser: one to three places of a well-formed file damaged."""
    rng = random.Random(f"{parser} {seed} {number}")
    contents = rng.choice(_made(cases[parser].seeds))
    structured = rng.random() < 0.5
    match cases[parser].kind:
        case "json" if structured:
            return _document(contents, rng)
        case "safetensors" if structured:
            return _safetensors(contents, rng)
        case "pickle" if structured:
            return _pickle(contents, rng)
        case "pickle in zip" | "zip" if structured:
            return _archive(contents, rng)
    return _bytes(contents, rng)


def _bytes(contents: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        return mutated(contents, rng, _HEADER)
    return next(damaged_bytes(contents, 1, rng.randrange(1 << 60)))


def _document(contents: bytes, rng: random.Random) -> bytes:
    return as_json(next(damaged_documents(json.loads(contents), 1, rng.randrange(1 << 60))))


def _safetensors(contents: bytes, rng: random.Random) -> bytes:
    """A header of which values are damaged, with the length that it has then."""
    (length,) = struct.unpack_from("<Q", contents)
    header = contents[8 : 8 + length]
    damaged_header = _document(header, rng) if rng.random() < 0.7 else _bytes(header, rng)
    return raw_safetensors(damaged_header, contents[8 + length :])


def _pickle(contents: bytes, rng: random.Random) -> bytes:
    """Steps of the pickle machine put in or taken out."""
    changed = bytearray(contents)
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        place = rng.randrange(len(changed))
        step = rng.choice(_OPCODES) + rng.choice(_OPERANDS)
        end = place if rng.random() < 0.6 else place + rng.randrange(1, 6)
        changed[place:end] = step * rng.choice((1, 1, 1, 2, 300))
    return bytes(changed)


def _archive(contents: bytes, rng: random.Random) -> bytes:
    """An archive of which one member is damaged or twice there, with the checksums that belong to it."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(contents)) as archive, zipfile.ZipFile(written, "w") as copy:
        chosen = rng.choice([name for name in archive.namelist() if name.endswith((".pkl", ".npy"))])
        for info in archive.infolist():
            data = archive.read(info)
            if info.filename == chosen:
                data = (
                    _pickle(data, rng)
                    if chosen.endswith(".pkl") and rng.random() < 0.6
                    else _bytes(data, rng)
                )
            info.extra = b""
            copy.writestr(info, data)
    return written.getvalue()
