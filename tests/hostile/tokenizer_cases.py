"""Tokenizer files and folders made to hurt; each is met in a process of its own that is watched."""

from __future__ import annotations

import base64
import gzip
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from hyperpolyglot.loading import open_model
from hyperpolyglot.vocabularies import find_in_folder, open_vocabulary_file
from tests.hostile.cases import EMOJI, MIB
from tests.hostile.watch import Case

__all__ = ["CASES", "HOSTILE_PIECES", "LARGE"]

HOSTILE_PIECES = (
    *("\x00", "a\x00b", "\x1b[31mred\x1b]0;title\x07", "\u202eevil\u2066", "\ud800", "\udc80x", "\ufeff"),
    *(
        "</script><script>alert(1)</script>",
        "<!--",
        "\u2028",
        "\x9b2J",
        "\r",
        "a\nb",
        "\U000e0041",
        "x" * MIB,
    ),
)


def opened(path: Path) -> str:
    """A tokenizer file, read; its texts must be text."""
    vocabulary = open_vocabulary_file(path)
    return f"{len(vocabulary)} tokens, {sum(len(text.encode()) for text in vocabulary.texts[:1000])} bytes"


def case(name: str, make: Callable[[], bytes]) -> Case:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(make())
        return folder / name

    return Case(write, opened)


def tokenizer(vocab: str, count: int, kind: str = "WordLevel", tail: str = "") -> Case:
    """A ``tokenizer.json`` whose vocabulary has ``count`` entries after the pattern ``vocab``."""
    first, last = ("[", "]") if kind == "Unigram" else ("{", "}")

    def make() -> bytes:
        entries = ",".join(vocab.format(i=i) for i in range(count))
        return f'{{"model":{{"type":"{kind}","vocab":{first}{entries}{last}{tail}}}}}'.encode()

    return case("tokenizer.json", make)


def document(model: object, **more: object) -> Case:
    return case("tokenizer.json", lambda: json.dumps({"model": model, **more}).encode())


def linked(target: str) -> Case:
    """A folder in which the tokenizer file is a link."""

    def write(folder: Path) -> Path:
        (folder / "vocab.txt").symlink_to(target)
        return folder

    return Case(write, lambda folder: opened(find_in_folder(folder) or folder / "vocab.txt"))


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "vocab.txt")
    return folder


def _rows(folder: Path) -> Path:
    """A table of nine million rows of one byte, and a tokenizer of one token."""
    header = json.dumps(
        {"embed_tokens.weight": {"dtype": "F8_E4M3", "shape": [9 * MIB, 1], "data_offsets": [0, 9 * MIB]}}
    )
    contents = struct.pack("<Q", len(header)) + header.encode() + bytes(9 * MIB)
    (folder / "model.safetensors").write_bytes(contents)
    (folder / "vocab.txt").write_text("king\n")
    return folder


def _strange(folder: Path) -> Path:
    pieces = {piece: i for i, piece in enumerate(HOSTILE_PIECES)}
    save_file({"embed_tokens.weight": np.eye(len(pieces), 8, dtype=np.float32)}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordLevel", "vocab": pieces}}))
    return folder


def _model(folder: Path) -> str:
    space = open_model(str(folder))
    return f"{len(space.vocabulary)} tokens, {space.vocabulary.texts[:3]!a}"


def wide(i: int) -> str:
    return "😀" + "x" * MIB + str(i)


def piece(i: int) -> bytes:
    return b"\x0a\x0f\x0a\x08%08x\x15\0\0\0\0" % i


TOKENIZERS = {
    "tokenizer: deep": case("tokenizer.json", lambda: b'{"model":' * (2 * MIB)),
    "tokenizer: deep lists": case("tokenizer.json", lambda: b"[" * (30 * MIB)),
    "tokenizer: too large": case("tokenizer.json", lambda: b" " * (128 * MIB + 1)),
    "tokenizer: endless merges": tokenizer('"a":0', 1, "BPE", ',"merges":[' + '["a","b"],' * MIB + "[]]"),
    "tokenizer: merges that fit": tokenizer(
        '"a":0', 1, "BPE", ',"merges":[' + '["a","b"],' * 500_000 + '["a","b"]]'
    ),
    "tokenizer: empty lists": tokenizer("[]", 4 * MIB, "Unigram"),
    "tokenizer: empty objects": tokenizer("{{}}", 600_000, "Unigram"),
    "tokenizer: numbers": tokenizer("999", 4 * MIB, "Unigram"),
    "tokenizer: a million tokens": tokenizer('"{i:x}":{i}', MIB),
    "tokenizer: tokens that fit": tokenizer('"{i:x}":{i}', 480_000),
    "tokenizer: pairs that fit": tokenizer('["{i:x}",-{i}.5]', 400_000, "Unigram"),
    "tokenizer: wide megabytes": case(
        "tokenizer.json",
        lambda: json.dumps(
            {"model": {"vocab": {wide(i): i for i in range(50)}}}, ensure_ascii=False
        ).encode(),
    ),
    "tokenizer: a few wide megabytes": case(
        "tokenizer.json",
        lambda: json.dumps(
            {"model": {"vocab": {wide(i): i for i in range(12)}}}, ensure_ascii=False
        ).encode(),
    ),
    "tokenizer: ids of one hash": document({"vocab": {f"{i}": i * (2**61 - 1) for i in range(60_000)}}),
    "tokenizer: an id twice": document({"vocab": {"a": 0, "b": 0}}),
    "tokenizer: ids with holes": document({"vocab": {"a": 0, "b": 9}}),
    "tokenizer: an id of 2^63": document({"vocab": {"a": 0, "b": 1 << 63}}),
    "tokenizer: strange pieces": document({"vocab": {p: i for i, p in enumerate(HOSTILE_PIECES)}}),
    "tokenizer: components in a ring of lists": document({"vocab": {"a": 0}}, decoder=[[[[]] * 9] * 9] * 9),
    "tekken: tokens that fit": case(
        "tekken.json",
        lambda: json.dumps(
            {
                "config": {"default_vocab_size": 300_000, "default_num_special_tokens": 0},
                "vocab": [
                    {"rank": i, "token_bytes": base64.b64encode(b"%06x" % i).decode()} for i in range(300_000)
                ],
            }
        ).encode(),
    ),
}

FILES = {
    "vocab.txt: ten million lines": case("vocab.txt", lambda: b"a\n" * (10 * MIB)),
    "vocab.txt: lines that fit": case("vocab.txt", lambda: b"".join(b"%d\n" % i for i in range(500_000))),
    "vocab.txt: wide megabytes": case("vocab.txt", lambda: (EMOJI + b"x" * MIB + b"\n") * 50),
    "vocab.txt: NUL and line breaks": case("vocab.txt", lambda: b"\0\n\r\r\n\x85\n\xe2\x80\xa8\n"),
    "vocab.json: tokens that fit": case(
        "vocab.json", lambda: json.dumps({f"{i}": i for i in range(480_000)}).encode()
    ),
    "jsonl: lines that fit": case(
        "a.jsonl", lambda: b"".join(b'[%d,"%d"]\n' % (i, i) for i in range(520_000))
    ),
    "jsonl: one line of lists": case("a.jsonl", lambda: b'[0,"a",[' + b"[]," * (8 * MIB) + b"0]]\n"),
    "jsonl.gz: a bomb": case("a.jsonl.gz", lambda: gzip.compress(bytes(40 * MIB), mtime=0)),
    "jsonl.gz: a bomb of members": case("a.jsonl.gz", lambda: gzip.compress(bytes(MIB), mtime=0) * 1000),
    "tiktoken: lines that fit": case(
        "a.tiktoken",
        lambda: b"".join(base64.b64encode(b"%x" % i) + b" %d\n" % i for i in range(530_000)),
    ),
    "sentencepiece: empty pieces": case("a.model", lambda: b"\x0a\x00" * (4 * MIB)),
    "sentencepiece: pieces that fit": case("a.model", lambda: b"".join(map(piece, range(560_000)))),
    "sentencepiece: a length of 2^63": case("a.model", lambda: b"\x0a" + b"\xff" * 8 + b"\x7f"),
}

FOLDERS = {
    "link: out of the folder": linked("/etc/hostname"),
    "link: to a device": linked("/dev/zero"),
    "link: to itself": linked("vocab.txt"),
    "link: to what has no size": linked("/proc/self/environ"),
    "folder: a pipe": Case(_pipe, lambda folder: opened(folder / "vocab.txt")),
    "folder: rows without tokens": Case(_rows, _model),
    "folder: strange pieces": Case(_strange, _model),
}

_ALL = TOKENIZERS | FILES | FOLDERS
_SLOW = frozenset(
    {
        "tokenizer: a million tokens",
        "tokenizer: tokens that fit",
        "tokenizer: numbers",
        "tekken: tokens that fit",
        "vocab.json: tokens that fit",
        "jsonl: lines that fit",
        "tiktoken: lines that fit",
        "sentencepiece: pieces that fit",
        "tokenizer: too large",
    }
)
CASES: dict[str, Case] = {name: case for name, case in _ALL.items() if name not in _SLOW}
LARGE: dict[str, Case] = {name: _ALL[name] for name in sorted(_SLOW)}
