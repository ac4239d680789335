"""The command line on a model of the Hub, as a process, with the environment that users set."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import planted_pieces, unigram
from tests.formats.writers import safetensors_bytes

NAME = "acme/translated"


@pytest.fixture
def command(hub, tmp_path):
    """Run the command line against the hub; ``environment`` is added to the user's."""
    vectors = np.random.default_rng(0).standard_normal((400, 48)).astype(np.float32)
    tensors = {"model.embed_tokens.weight": vectors, "lm_head.weight": vectors[::-1].copy()}
    tensors |= {f"model.layers.{i}.weight": np.zeros((256, 512), np.float32) for i in range(20)}
    files = {
        "model.safetensors": safetensors_bytes(tensors),
        "pytorch_model.bin": b"not read",
        "tokenizer.json": unigram(planted_pieces(100)).encode(),
        "config.json": b'{"vocab_size": 400, "hidden_size": 48}',
    }
    hub.add(NAME, files)

    def run(*arguments, **environment):
        settings = os.environ | {
            "HF_ENDPOINT": hub.endpoint,
            "HF_HOME": str(tmp_path / "home"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HYPERPOLYGLOT_CACHE": "",
        }
        return subprocess.run(
            [sys.executable, "-m", "hyperpolyglot", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            env=settings | environment,
            timeout=120,
        )

    return run


def test_a_name_opens_for_the_price_of_its_embedding(command, hub):
    """A Hub name is measured like a folder; a second run and one without a network transfer no tensor."""
    first = command("diversity", NAME, "-k", "5", "--json")
    assert 0 == first.returncode, first.stderr
    found = json.loads(first.stdout)
    (model,) = found["provenance"]["models"]
    assert (NAME, "model.embed_tokens.weight", 40) == (
        model["model"],
        model["tensor"],
        len(model["revision"]),
    )
    assert hub.sent() < 400 * 48 * 4 + (1 << 20)
    assert "and not pytorch_model.bin beside it." in first.stderr
    hub.forget()
    again = command("diversity", NAME, "-k", "5", "--json")
    assert found == json.loads(again.stdout)
    assert hub.sent() < 5_000
    hub.forget()
    offline = command("diversity", NAME, "-k", "5", "--json", HF_HUB_OFFLINE="1")
    assert found == json.loads(offline.stdout), offline.stderr
    assert [] == hub.asked()


def test_the_other_table_and_other_tensors(command):
    """--table output and --tensor open the same rows from the Hub as by name."""
    (one, other) = (
        json.loads(command("inspect", NAME, *option, "--json").stdout)
        for option in (["--table", "output"], ["--tensor", "lm_head.weight"])
    )
    assert "lm_head.weight" == one["tensor"] == other["tensor"]
    assert one["provenance"]["models"][0]["digest"] == other["provenance"]["models"][0]["digest"]


@pytest.mark.parametrize(
    ("model", "environment", "message"),
    [
        ("acme/missing", {}, "acme/missing"),
        (f"{NAME}@nowhere", {}, "nowhere"),
        ("acme/elsewhere", {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
        (NAME, {"HF_ENDPOINT": "http://localhost:9"}, "cannot be reached"),
    ],
)
def test_each_failure_is_its_own_sentence(model, environment, message, command):
    """Missing repository, missing revision, offline, no network: exit code 1 and one line that names it."""
    found = command("inspect", model, **environment)
    assert 1 == found.returncode
    assert message in found.stderr
    assert "Traceback" not in found.stderr
    assert "" == found.stdout


def test_the_cache_is_listed_verified_and_pruned(command, tmp_path):
    """cache lists what was fetched and computed, removes what was damaged, and what is told."""
    command("diversity", NAME, "-k", "5")
    listed = json.loads(command("cache", "--json").stdout)
    assert "hyperpolyglot.cache/1" == listed["format"]
    assert {"range", "headers", "step"} == {entry["kind"] for entry in listed["entries"]}
    steps = [e for e in listed["entries"] if e["kind"] == "step"]
    assert {(NAME,)} == {tuple(step["models"]) for step in steps}
    assert f"neighbors of {NAME}" in command("cache").stdout
    (fetched,) = [e for e in listed["entries"] if e["kind"] == "range"]
    assert (f"{NAME}/model.safetensors", 400 * 48 * 4) == (fetched["name"], fetched["bytes"])
    (data,) = [p for p in (tmp_path / "home").rglob("*") if p.is_file() and p.stat().st_size == 400 * 48 * 4]
    raw = bytearray(data.read_bytes())
    raw[77] ^= 1
    data.chmod(0o644)
    data.write_bytes(raw)
    verified = json.loads(command("cache", "verify", "--json").stdout)
    assert [f"{NAME}/model.safetensors"] == verified["removed"]
    assert 2 == command("cache", "prune").returncode
    assert [] == json.loads(command("cache", "prune", "--all", "--json").stdout)["entries"]
