"""Files made to hurt the reader of checkpoints; each is opened in a process of its own that is watched."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import gguf
import numpy as np

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.formats import open_checkpoint
from hyperpolyglot.vocabularies import from_gguf, from_words
from tests.formats.writers import raw_safetensors, torch_records
from tests.hostile.watch import Case

__all__ = ["CASES", "LARGE"]

MIB = 1 << 20
Parts = Iterable[bytes]
_READY = (gguf.quants, from_gguf)


def opened(path: Path) -> str:
    """All that a command reads of a checkpoint: tables, in part, and what says which token a row is."""
    checkpoint = open_checkpoint(path)
    read = 0
    for name in list(checkpoint.tensors)[:100]:
        try:
            read += len(checkpoint.table(name).rows(slice(0, 3)))
        except HyperpolyglotError:
            continue
    words = 0
    if checkpoint.tokens is not None:
        words = len(from_words(checkpoint.tokens, path.name).fit(12))
    if "tokenizer.ggml.model" in checkpoint.metadata:
        words = len(from_gguf(checkpoint.metadata, path.name))
    return f"{len(checkpoint.tensors)} tensors, {read} rows, {words} tokens"


def case(name: str, make: Callable[[], bytes | Parts]) -> Case:
    def write(folder: Path) -> Path:
        contents = make()
        with (folder / name).open("wb") as file:
            file.writelines([contents] if isinstance(contents, bytes) else contents)
        return folder / name

    return Case(write, opened)


def safetensors(header: bytes) -> Case:
    return case("a.safetensors", lambda: raw_safetensors(header))


def filled(head: bytes, part: bytes, count: int, tail: bytes) -> Case:
    """A safetensors header of ``part`` over and over."""
    return case("a.safetensors", lambda: raw_safetensors(head + part * count + tail))


def sparse(head: bytes, size: int) -> Case:
    """A file that claims much and holds zeros."""

    def write(folder: Path) -> Path:
        with (folder / "a.safetensors").open("wb") as file:
            file.write(head)
            file.truncate(size)
        return folder / "a.safetensors"

    return Case(write, opened)


def pickled(*steps: bytes) -> Case:
    return case("a.bin", lambda: torch_records(b"\x80\x02" + b"".join(steps) + b"."))


def keyed(count: int) -> bytes:
    """A header of ``count`` tensors without elements."""
    entry = '"%x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    return ("{" + ",".join(entry % i for i in range(count)) + "}").encode()


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def key(name: str, kind: int, *value: bytes) -> bytes:
    return text(name.encode()) + struct.pack("<I", kind) + b"".join(value)


def strings(name: str, count: int, parts: Parts) -> Parts:
    return chain([key(name, 9, struct.pack("<IQ", 8, count))], parts)


def gguf_file(count: int, pairs: Parts, tail: bytes = bytes(64)) -> Case:
    return case("a.gguf", lambda: chain([struct.pack("<4sIQQ", b"GGUF", 3, 0, count)], pairs, [tail]))


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(members: Callable[[], dict[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> Case:
    def make() -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, data in members().items():
                archive.writestr(name, data)
        return file.getvalue()

    return case("a.npz", make)


def colliding_keys() -> bytes:
    """Integers that all have the same hash."""
    return b"".join(b"\x8a\x10" + (i * (2**61 - 1)).to_bytes(16, "little") + b"N" for i in range(1, 60_000))


STEPS = 1 << 21
ONE_VIEW = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n"
    b"X\x01\0\0\0sX\x03\0\0\0cpuK\x01tQK\0))tR"
)
EMOJI = "😀".encode()

SAFETENSORS = {
    "header: empty objects": filled(b'{"a":[', b"{},", 8 * MIB, b"0]}"),
    "header: empty lists": filled(b'{"a":[', b"[],", 1_400_000, b"0]}"),
    "header: lists of one": filled(b'{"a":[', b"[0],", 1_100_000, b"0]}"),
    "header: objects of one": filled(b'{"a":[', b'{"":0},', 280_000, b"0]}"),
    "header: numbers": filled(b'{"a":[', b"999,", 8 * MIB, b"0]}"),
    "header: deep": safetensors(b'{"a":' * MIB),
    "header: deep lists": safetensors(b"[" * (30 * MIB)),
    "header: digits": safetensors(b'{"a":[' + b"9" * (30 * MIB) + b"]}"),
    "header: one wide text": safetensors(b'{"a":"' + EMOJI + b"x" * (50 * MIB) + b'"}'),
    "header: a wide text that fits": safetensors(b'{"a":"' + EMOJI + b"x" * (20 * MIB) + b'"}'),
    "header: half a million tensors": case("a.safetensors", lambda: raw_safetensors(keyed(500_000))),
    "header: tensors that fit": case("a.safetensors", lambda: raw_safetensors(keyed(90_000))),
    "header: nothing but zeros": sparse(struct.pack("<Q", 99_000_000) + b"{", 1 << 33),
    "header: 2^63 bytes": sparse(struct.pack("<Q", 1 << 63) + b"{}", 1 << 33),
    "index: six hundred thousand shards": case(
        "model.safetensors.index.json",
        lambda: json.dumps({"weight_map": {f"{i:x}": f"{i:x}.safetensors" for i in range(600_000)}}).encode(),
    ),
}

PICKLES = {
    "pickle: lists": pickled(b"]" * STEPS),
    "pickle: dictionaries": pickled(b"}" * STEPS),
    "pickle: nested tuples": pickled(b")", b"\x85" * STEPS),
    "pickle: memo bomb": pickled(b"N", *(b"r" + struct.pack("<I", i << 8) for i in range(2_500_000))),
    "pickle: wide texts": pickled((b"X" + struct.pack("<I", 15 * MIB) + EMOJI + b"x" * (15 * MIB - 4)) * 2),
    "pickle: small texts": pickled((b"X\x04\0\0\0" + EMOJI) * 2_000_000),
    "pickle: doubled": pickled(b"]", b"q\x00h\x00h\x00\x86" * 700_000),
    "pickle: many arguments, many times": pickled(
        b"(", b"N" * 500_000, b"tq\x00ccollections\nCounter\nq\x01", b"h\x01h\x00R0" * 200_000
    ),
    "pickle: a list gone through again and again": pickled(
        b"](", b"]" * 500_000, b"e\x85q\x00ccollections\nOrderedDict\nq\x01", b"h\x01h\x00R0" * 200_000
    ),
    "pickle: a long persistent id": pickled(b"(", b"N" * 500_000, b"tq\x00", b"h\x00Q0" * 200_000),
    "pickle: keys of one hash": pickled(b"}(", colliding_keys(), b"u"),
    "pickle: one tensor by many names": case(
        "a.bin",
        lambda: torch_records(
            b"\x80\x02"
            + ONE_VIEW
            + b"q\x00}("
            + b"".join(b"X\x06\0\0\0%06dh\x00" % i for i in range(600_000))
            + b"u.",
            {"s": bytes(4)},
        ),
    ),
    "pickle: a frame that lies": pickled(b"\x95" + b"\xff" * 8, b"}"),
    "pickle: LONG4 of 2 GB": pickled(b"\x8b\xff\xff\xff\x7f"),
    "pickle: BINBYTES8 of 2^63": pickled(b"\x8e" + struct.pack("<Q", 1 << 63)),
}

GGUF = {
    "gguf: strings without end": gguf_file(1, strings("a", 1 << 23, [b""]), bytes(70 * MIB)),
    "gguf: strings of two": gguf_file(1, strings("a", 1 << 22, [text(b"ab") * (1 << 22)])),
    "gguf: tokens that fit": gguf_file(
        2,
        chain(
            [key("tokenizer.ggml.model", 8, text(b"llama"))],
            strings("tokenizer.ggml.tokens", 590_000, (text(b"%06d" % i) for i in range(590_000))),
        ),
    ),
    "gguf: tokens that are numbers": gguf_file(
        2,
        [
            key("tokenizer.ggml.model", 8, text(b"llama")),
            key("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 12, 1 << 23), bytes(64 * MIB)),
        ],
    ),
    "gguf: a wide text": gguf_file(1, [key("a", 8, text(EMOJI + b"x" * (100 * MIB)))]),
    "gguf: arrays of numbers": gguf_file(
        2, [key(f"{i}", 9, struct.pack("<IQ", 12, 1 << 22), bytes(32 * MIB)) for i in range(2)]
    ),
    "gguf: counts of 2^63": gguf_file(1 << 63, []),
}

ARCHIVES = {
    "npz: a bomb of numbers": npz(lambda: {"embeddings.npy": npy(np.zeros((1 << 15, 512), np.float32))}),
    "npz: a bomb of tokens": npz(lambda: {"tokens.npy": npy(np.zeros(500_000, "<U100"))}),
    "npz: tokens that fit": npz(lambda: {"tokens.npy": npy(np.arange(420_000).astype("<U6"))}),
    "npz: a hundred thousand members": npz(
        lambda: {f"{i:x}": b"" for i in range(100_000)}, zipfile.ZIP_STORED
    ),
    "npz: twenty thousand arrays": npz(
        lambda: {f"{i:x}.npy": b"" for i in range(20_000)}, zipfile.ZIP_STORED
    ),
}

WORDS = {
    "word2vec: tiny rows": case("a.vec", lambda: b"a 1\n" * (3 * MIB)),
    "word2vec: rows that fit": case("a.vec", lambda: (b"t%d 1\n" % i for i in range(570_000))),
    "word2vec: one endless row": case("a.vec", lambda: b"a" + b" 1" * (8 * MIB) + b"\n"),
    "word2vec: rows of 65,536": case("a.vec", lambda: (b"a" + b" 1" * 65_536 + b"\n") * 20),
    "word2vec: long tokens": case("a.vec", lambda: (b"a" * (3 * MIB) + EMOJI + b" 1\n") * 20),
    "word2vec: a megabyte of token": case("a.vec", lambda: b"a" * MIB + EMOJI + b" 1\n" + b"b 2\n" * 11),
    "word2vec: nothing but line breaks": case("a.vec", lambda: b"1 1\n" + b"\n" * (20 * MIB)),
}

_ALL = SAFETENSORS | PICKLES | GGUF | ARCHIVES | WORDS
_SLOW = frozenset(
    {
        "header: empty lists",
        "header: objects of one",
        "header: half a million tensors",
        "index: six hundred thousand shards",
        "pickle: dictionaries",
        "pickle: nested tuples",
        "pickle: one tensor by many names",
        "gguf: tokens that fit",
        "npz: tokens that fit",
        "word2vec: rows that fit",
        "npz: a hundred thousand members",
    }
)
CASES: dict[str, Case] = {name: case for name, case in _ALL.items() if name not in _SLOW}
LARGE: dict[str, Case] = {name: _ALL[name] for name in sorted(_SLOW)}
