"""Small real models with planted truth, written by this suite, and the real vocabularies where they are there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partialmethod
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from safetensors.numpy import save_file

REAL = Path(__file__).parents[1].parent / "shared" / "data" / "vocab"

if "mix_stderr" in signature(CliRunner).parameters:  # click before 8.2: what later releases do of themselves
    CliRunner.__init__ = partialmethod(CliRunner.__init__, mix_stderr=False)
    Result.output = property(lambda result: result.stdout + result.stderr)


def unigram(pieces: Sequence[str], special: Sequence[str] = ()) -> str:
    """The text of a ``tokenizer.json`` with these pieces in order."""
    return json.dumps(
        {
            "model": {
                "type": "Unigram",
                "unk_id": None,
                "vocab": [[p, -float(i)] for i, p in enumerate(pieces)],
            },
            "added_tokens": [
                {"id": pieces.index(p), "content": p, "special": True, "normalized": False} for p in special
            ],
            "decoder": {"type": "Metaspace", "replacement": "▁"},
        }
    )


def write_model(
    folder: Path, vectors: NDArray[np.float32], pieces: Sequence[str], special: Sequence[str] = ()
) -> str:
    """A folder in the layout of the Hub; returns its name as a user would write it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"model.embed_tokens.weight": np.ascontiguousarray(vectors)}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(unigram(pieces, special), "utf8")
    return str(folder)


PLANTED = {"Latn": ("a", 26), "Cyrl": ("а", 32), "Grek": ("α", 17), "Hani": ("一", 900)}


def planted_pieces(per_script: int) -> list[str]:
    """``per_script`` distinct pieces of each of four scripts, script after script."""
    pieces = []
    for first, alphabet in PLANTED.values():
        for i in range(per_script):
            a, b = divmod(i, alphabet)
            pieces.append(
                "▁" + chr(ord(first) + b) + chr(ord(first) + a % alphabet) + chr(ord(first) + a // alphabet)
            )
    assert len(set(pieces)) == len(pieces)
    return pieces


@pytest.fixture
def model_of() -> Callable[..., str]:
    """:func:`write_model`."""
    return write_model


@pytest.fixture(scope="session")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Four scripts of 60 tokens, each far from the others: every neighbour is of the own script."""
    random = np.random.default_rng(7)
    centres = np.repeat(np.eye(4, 12, dtype=np.float32) * 20, 60, axis=0)
    vectors = (centres + random.standard_normal(centres.shape)).astype(np.float32)
    return write_model(tmp_path_factory.mktemp("clustered"), vectors, planted_pieces(60))


@pytest.fixture(scope="session")
def translated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Sixty meanings, each a point, and for each a token in four scripts next to it."""
    random = np.random.default_rng(8)
    meanings = random.standard_normal((60, 12))
    vectors = (np.tile(meanings, (4, 1)) + 0.01 * random.standard_normal((240, 12))).astype(np.float32)
    return write_model(tmp_path_factory.mktemp("translated"), vectors, planted_pieces(60))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPERPOLYGLOT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def real_vocabulary() -> Callable[[str], Path]:
    """The path of a real vocabulary by name; skips where it is not there."""

    def find(name: str) -> Path:
        path = REAL / f"{name}.jsonl.gz"
        if not path.exists():
            pytest.skip(
                f"the vocabulary {name}.jsonl.gz is not part of the project and not beside this checkout"
            )
        return path

    return find
