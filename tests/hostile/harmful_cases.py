"""What the watch must notice."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hyperpolyglot.errors import DamagedFile, HyperpolyglotError
from tests.hostile.watch import Case

__all__ = ["CASES"]


def write(folder: Path) -> Path:
    (folder / "a").write_bytes(b"x")
    return folder / "a"


def greedy(_: Path) -> str:
    return str(len(b"x" * (300 << 20)))


def crash(_: Path) -> str:
    os.abort()


def hang(_: Path) -> str:
    time.sleep(60)
    return ""


def foreign(_: Path) -> str:
    raise ValueError("not ours")


def harmless(_: Path) -> str:
    raise DamagedFile("a", "it is broken")


def escape(_: Path) -> str:
    print("\x1b[31m")
    return ""


def no_sentence(_: Path) -> str:
    raise HyperpolyglotError("\x1b")


CASES = {
    "harmless": Case(write, harmless),
    "greedy": Case(write, greedy),
    "crash": Case(write, crash),
    "hang": Case(write, hang),
    "foreign error": Case(write, foreign),
    "escape": Case(write, escape),
    "no sentence": Case(write, no_sentence),
}
