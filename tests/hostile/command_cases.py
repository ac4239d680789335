"""What the command line prints about files that are full of escapes; nothing of it may reach a terminal raw."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from hyperpolyglot.cli import main
from tests.formats.writers import raw_safetensors
from tests.hostile.tokenizer_cases import HOSTILE_PIECES
from tests.hostile.watch import Case

__all__ = ["CASES", "prepare"]

ESCAPE = "\x1b]0;title\x07\u202e\x9b2J"


def said(*arguments: str) -> Callable[[Path], str]:
    """Runs a command on a folder and prints all that it printed."""

    def run(folder: Path) -> str:
        try:
            main([argument.format(folder=folder) for argument in arguments])
        except SystemExit as ended:
            return f"exit code {ended.code}"
        return "done"

    return run


def strange(folder: Path) -> Path:
    pieces = {piece: i for i, piece in enumerate(HOSTILE_PIECES)}
    save_file({"embed_tokens.weight": np.eye(len(pieces), 8, dtype=np.float32)}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordLevel", "vocab": pieces}}))
    return folder


def named(name: str, dtype: str = "F32") -> Callable[[Path], Path]:
    """A checkpoint whose tensors are called so."""

    def write(folder: Path) -> Path:
        entry = {"dtype": dtype, "shape": [2, 2], "data_offsets": [0, 16]}
        header = {name: entry, name + "2": entry | {"data_offsets": [16, 32]}}
        (folder / "model.safetensors").write_bytes(raw_safetensors(header, bytes(32)))
        return folder

    return write


def refused(name: str, contents: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(contents)
        return folder

    return write


def prepare() -> None:
    """An idle process has imported and compiled what commands need."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        said("neighbors", "demo:meaning", "0", "-k", "2")(Path())


CASES = {
    "inspect: strange pieces": Case(strange, said("inspect", "{folder}")),
    "neighbors: strange pieces": Case(strange, said("neighbors", "{folder}", "a\x00b", "-k", "5")),
    "neighbors: an escape": Case(strange, said("neighbors", "{folder}", ESCAPE)),
    "inspect: a tensor called an escape": Case(named(ESCAPE), said("inspect", "{folder}")),
    "inspect: a tensor by the wrong name": Case(named(ESCAPE), said("inspect", "{folder}", "--tensor", "e")),
    "inspect: a tensor with a long name": Case(named("x" * 100_000), said("inspect", "{folder}")),
    "inspect: an element type of escapes": Case(
        named("embed_tokens.weight", ESCAPE), said("inspect", "{folder}")
    ),
    "inspect: an index of escapes": Case(
        refused("model.safetensors.index.json", json.dumps({"weight_map": {"e": "../" + ESCAPE}}).encode()),
        said("inspect", "{folder}"),
    ),
    "inspect: a file called an escape": Case(
        refused("\x1b[31m.safetensors", b"{"), said("inspect", "{folder}/\x1b[31m.safetensors")
    ),
}
