"""Checkpoints that are branches of a repository: which there are, and what they cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.errors import AccessRefused, ModelNotFound, NotCached, TransferError
from hyperpolyglot.hub import list_refs
from tests.conftest import planted_pieces, unigram
from tests.formats.writers import safetensors_bytes
from tests.hub.conftest import Connect
from tests.hub.server import LoopbackHub

NAME, STEPS, ROWS, DIM = "acme/steps", 30, 400, 48
TENSOR = 4 * ROWS * DIM
HEADER = 1 << 16
"""What is asked for of the beginning of a file, where the header is."""


@pytest.fixture
def run(hub: LoopbackHub) -> dict[str, bytes]:
    """A repository with thirty branches, of which only the embedding is needed; the tokenizer never changes."""
    random = np.random.default_rng(0)
    final, first = random.standard_normal((2, ROWS, DIM)).astype(np.float32)
    common = {
        "tokenizer.json": unigram(planted_pieces(100)).encode(),
        "config.json": b'{"vocab_size": 400, "hidden_size": 48}',
    }
    layers = {f"model.layers.{i}.weight": np.zeros((256, 512), np.float32) for i in range(4)}
    hub.add(NAME, common)
    for step in range(STEPS):
        a = step / (STEPS - 1)
        tensors = {"model.embed_tokens.weight": (1 - a) * first + a * final, **layers}
        files = common | {"model.safetensors": safetensors_bytes(tensors)}
        hub.add(NAME, files, branch=f"step{1000 * step}")
    return common


def test_branches_are_listed_by_one_request(
    hub: LoopbackHub, connect: Connect, run: dict[str, bytes]
) -> None:
    """All branches by name, as the Hub lists them."""
    found = list_refs(NAME, connection=connect())
    assert ("main", *(f"step{1000 * step}" for step in range(STEPS))) == found
    assert 1 == len(hub.asked("api"))


def test_names_that_lead_elsewhere_are_left_out(
    hub: LoopbackHub, connect: Connect, run: dict[str, bytes]
) -> None:
    """A revision that could not be written behind the name is none."""
    told = {"branches": [{"name": name} for name in ("../x", "a b", "ok", 3, "ok")], "tags": [{"name": "v1"}]}
    body = json.dumps(told).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    hub.fault(role="api", raw=lambda write: write(head + body))
    assert ("ok", "v1") == list_refs(NAME, connection=connect())


@pytest.mark.parametrize("body", [b"[]", b'{"branches": [1]}', b"no json", b'{"branches": 1}'])
def test_what_is_no_list_is_a_sentence(
    hub: LoopbackHub, connect: Connect, run: dict[str, bytes], body: bytes
) -> None:
    """An answer that is no list of revisions is told as such."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    hub.fault(role="api", raw=lambda write: write(head + body))
    with pytest.raises(TransferError, match="no list of revisions"):
        list_refs(NAME, connection=connect())


def test_refusals_are_sentences(hub: LoopbackHub, connect: Connect, run: dict[str, bytes]) -> None:
    """No such repository, no network, a file, a name that is none, and no way in."""
    with pytest.raises(ModelNotFound, match="no such repository"):
        list_refs("acme/none", connection=connect())
    with pytest.raises(NotCached, match="HF_HUB_OFFLINE"):
        list_refs(NAME, connection=connect(offline=True))
    for name in ("folder", f"{NAME}@main", f"{NAME}/model.gguf"):
        with pytest.raises(ModelNotFound, match="write org/name"):
            list_refs(name, connection=connect())
    hub.fault(role="api", status=403)
    with pytest.raises(AccessRefused):
        list_refs(NAME, connection=connect())


def test_thirty_revisions_cost_thirty_tensors(
    hub: LoopbackHub, run: dict[str, bytes], tmp_path: Path
) -> None:
    """``track --revisions`` transfers one tensor and one header a revision; a second run transfers none."""
    settings = os.environ | {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HYPERPOLYGLOT_CACHE": "",
    }

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        given = [
            sys.executable,
            "-m",
            "hyperpolyglot",
            "track",
            NAME,
            *arguments,
            "-k",
            "5",
            "--minimum",
            "20",
        ]
        return subprocess.run(given, capture_output=True, text=True, check=False, env=settings, timeout=300)

    first = command("--revisions", "step*", "--json")
    assert 0 == first.returncode, first.stderr
    found = json.loads(first.stdout)
    assert [1000.0 * step for step in range(STEPS)] == [step["x"] for step in found["steps"]]
    weights = hub.sent("*", "*model.safetensors")
    assert STEPS * TENSOR <= weights <= STEPS * (TENSOR + HEADER)
    assert hub.sent("*", "*tokenizer.json") <= STEPS * len(run["tokenizer.json"])
    again = len(hub.requests)
    second = command("--revisions", "step*", "--every", "10", "--json")
    assert 0 == second.returncode, second.stderr
    assert [0.0, 10_000.0, 20_000.0, 29_000.0] == [step["x"] for step in json.loads(second.stdout)["steps"]]
    assert 0 == sum(request.sent for request in hub.requests[again:] if request.role != "api")
    missing = command("--revisions", "none*")
    assert 1 == missing.returncode
    assert "no branch and no tag matches 'none*'" in missing.stderr
