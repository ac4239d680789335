"""A hub, a cache, and models to put on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.hub import Connection, Policy, Repository, open_repository
from tests.conftest import unigram
from tests.formats.writers import safetensors_bytes
from tests.hub.server import LoopbackHub

ROWS, DIM = 12_000, 64
NAME = "acme/mini"

Connect = Callable[..., Connection]
Open = Callable[..., Repository]


def quick(**changes: Any) -> Policy:
    """A policy that gives up soon."""
    return Policy(**({"attempts": 4, "first_wait": 0.01, "read_timeout": 0.5} | changes))


@pytest.fixture(autouse=True)
def _no_other_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the library does of itself leaves this machine."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "ENDPOINT", "http://localhost:9")
    template = "http://localhost:9/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    """A hub without repositories."""
    with LoopbackHub() as running:
        yield running


@pytest.fixture
def connect(hub: LoopbackHub, tmp_path: Path) -> Connect:
    """Connections to the hub that share one cache."""

    def make(policy: Policy | None = None, **changes: Any) -> Connection:
        settings: dict[str, Any] = {
            "endpoint": hub.endpoint,
            "hub_cache": tmp_path / "home" / "hub",
            "root": tmp_path / "home" / "assets",
            "token": False,
            "policy": policy or quick(),
        }
        return Connection(**(settings | changes))

    return make


@pytest.fixture
def opened(connect: Connect) -> Open:
    """A repository over such a connection."""

    def make(name: str = NAME, revision: str | None = None, **changes: Any) -> Repository:
        return open_repository(name, revision, connection=connect(**changes))

    return make


@pytest.fixture(scope="session")
def matrix() -> np.ndarray[Any, np.dtype[np.float32]]:
    """The embedding that is fetched, 3 MB."""
    return np.random.default_rng(3).standard_normal((ROWS, DIM)).astype(np.float32)


@pytest.fixture(scope="session")
def tensors(matrix: np.ndarray[Any, np.dtype[np.float32]]) -> dict[str, Any]:
    """A model: the embedding amid others that make up most of the checkpoint."""
    found: dict[str, Any] = {
        f"model.layers.{i}.weight": np.full((64, 512), i, np.float32) for i in range(120)
    }
    items = list(found.items())
    return dict(items[:3]) | {"model.embed_tokens.weight": matrix} | dict(items[3:])


@pytest.fixture(scope="session")
def model(tensors: dict[str, Any]) -> dict[str, bytes]:
    """The files of a repository in safetensors."""
    pieces = [f"▁{i:x}" for i in range(ROWS)]
    return {
        "model.safetensors": safetensors_bytes(tensors),
        "tokenizer.json": unigram(pieces).encode(),
        "config.json": b'{"vocab_size": 12000}',
        "README.md": b"# mini\n" * 500,
    }
