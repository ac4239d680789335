"""A tokenizer library in a process of its own, with limits: what it is given may be made to harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import numpy as np

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.tokenization.words import RULES
from hyperpolyglot.tokenizer_source import TokenizerSource
from hyperpolyglot.types import Int32, Int64

__all__ = ["Cut", "Limits", "Refused", "installed", "run"]

_CHILD = Path(__file__).with_name("child.py")
_HEADER = 1 << 26
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
"""Of the environment what an interpreter may need to start; no tokens or passwords."""


class Refused(Exception):
    """The library does not take the file; ``args[0]`` is why, in its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child may take: ``memory`` in bytes of address space, ``seconds`` and another for each 100 kB of text,
    ``per_byte`` tokens for a byte of text and a thousand more for each text.
    """

    memory: int = 6 << 30
    seconds: float = 90.0
    per_byte: int = 4

    def time(self, size: int) -> float:
        """Seconds for texts of ``size`` bytes."""
        return self.seconds + size / 1e5

    def tokens(self, texts: int, size: int) -> int:
        """Tokens for so many texts of ``size`` bytes."""
        return self.per_byte * size + 1000 * texts + 1000


@dataclass(frozen=True, slots=True)
class Cut:
    """Tokens of texts: those of text i are ``ids[starts[i]:starts[i + 1]]``, −1 where unknown; ``pieces`` by id."""

    starts: Int64
    ids: Int32
    pieces: dict[int, str]


def installed(library: str) -> str | None:
    """The version of a library, ``None`` where it is not installed; it is not imported."""
    if find_spec(library) is None:
        return None
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "of unknown version"


def run(
    source: TokenizerSource,
    data: bytes,
    texts: Sequence[str],
    words: Sequence[bool],
    limits: Limits,
) -> Cut:
    """Cut texts with a tokenizer file; one process for all of them. ``words``: which are words that follow a space.

    Raises :class:`Refused` where the library does not take the file, ``DamagedFile`` where it did not come back.
    """
    written = [text.encode("utf-8", "replace") for text in texts]
    size = sum(map(len, written))
    most, seconds = limits.tokens(len(texts), size), limits.time(size)
    order = {
        "form": source.form,
        "settings": _settings(source),
        "bytes": len(data),
        "texts": len(texts),
        "most": most,
        "memory": limits.memory,
        "seconds": int(seconds * (os.cpu_count() or 1)) + 1,
        "output": 4 * most + 8 * len(texts) + _HEADER,
        "folders": _folders(str(source.library)),
    }
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as answer:
        asked.write(json.dumps(order).encode() + b"\n" + data)
        asked.write(np.array([len(text) for text in written], np.int32).tobytes())
        asked.write(bytes(words))
        asked.writelines(written)
        asked.seek(0)
        _wait(source, asked, answer, seconds)
        answer.seek(0)
        return _answered(source, answer, len(texts), most)


def _wait(source: TokenizerSource, asked: IO[bytes], answer: IO[bytes], seconds: float) -> None:
    command = [sys.executable, "-I", str(_CHILD)]
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    child = subprocess.Popen(
        command,
        stdin=asked,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=tempfile.gettempdir(),
    )
    try:
        code = child.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise DamagedFile(
            source.name, f"the library {source.library} did not cut text with it within {seconds:.0f} seconds"
        ) from error
    finally:
        child.kill()
        child.wait()
    if code:
        raise DamagedFile(source.name, f"the library {source.library} breaks on it, or takes too much memory")


def _answered(source: TokenizerSource, answer: IO[bytes], texts: int, most: int) -> Cut:
    head = _head(answer.readline(_HEADER))
    if "refused" in head:
        raise Refused(head["refused"])
    starts = np.frombuffer(answer.read(8 * (texts + 1)), np.int64)
    count = head.get("tokens", -1)
    ids = np.frombuffer(answer.read(4 * most + 4), np.int32)
    if len(starts) != texts + 1 or count != len(ids) or starts[-1] != count or (np.diff(starts) < 0).any():
        raise DamagedFile(source.name, f"the library {source.library} gave no whole answer")
    return Cut(starts, ids, {int(id_): piece for id_, piece in head["pieces"].items()})


def _head(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _settings(source: TokenizerSource) -> dict[str, Any]:
    rule = source.settings.get("rule")
    return dict(source.settings) | ({} if rule is None else {"pattern": RULES[rule]})


def _folders(library: str) -> list[str]:
    """Where the library is imported from here, which the child, started without our paths, may not know."""
    spec = find_spec(library)
    return [str(Path(spec.origin).parents[1])] if spec is not None and spec.origin else []
