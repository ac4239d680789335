"""Processes that are killed, that come at once, and that are told by their environment what to do."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.hub import cached_entries, verify
from tests.hub.conftest import NAME
from tests.hub.server import LoopbackHub

SIZE = 6_000_000
DATA = np.random.default_rng(4).bytes(SIZE)
START, LENGTH = 50_000, 5_500_000
DIGEST = hashlib.sha256(DATA[START : START + LENGTH]).hexdigest()

PROGRAM = f"""
import hashlib, sys
from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.hub import open_repository
print("ready", flush=True)
sys.stdin.readline()
try:
    repository = open_repository(sys.argv[1])
    source = repository.open("weights.dat")
    source.read(0, 20_000)
    data = source.map({START}, {LENGTH})
    repository.local(["tokenizer.json"])
    print(hashlib.sha256(data).hexdigest(), flush=True)
except HyperpolyglotError as error:
    print(type(error).__name__, error, flush=True)
"""


def environment(hub: LoopbackHub, home: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HYPERPOLYGLOT", "HUGGING"))}
    return kept | {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(home), "OMP_NUM_THREADS": "1"} | more


def spawn(env: dict[str, str], model: str = NAME) -> subprocess.Popen[str]:
    """A process that has imported everything and waits for a line to begin."""
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, model],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def begin(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def finish(child: subprocess.Popen[str]) -> str:
    output, _ = child.communicate("\n" if child.stdin and not child.stdin.closed else None, timeout=60)
    return output.strip()


def run(env: dict[str, str], model: str = NAME) -> str:
    return finish(spawn(env, model))


@pytest.fixture
def filled(hub: LoopbackHub) -> LoopbackHub:
    hub.add(NAME, {"weights.dat": DATA, "tokenizer.json": b'{"a": 1}' * 30_000, "config.json": b"{}"})
    return hub


def killed_again_and_again(hub: LoopbackHub, home: Path, kills: int, seed: int) -> None:
    env = environment(hub, home)
    rng = random.Random(seed)
    hub.fault(role="cdn", rate=kills * 400_000.0, times=1 << 30)
    hub.fault(role="hub", rate=2_000_000.0, times=1 << 30)
    moments = 0
    for _ in range(kills):
        child = spawn(env)
        begin(child)
        time.sleep(rng.uniform(0, 5.0 / kills))
        moments += child.poll() is None
        child.kill()
        child.communicate(timeout=30)
    sent = hub.sent("cdn")
    hub.faults.clear()
    assert run(env) == DIGEST
    assert moments >= kills * 0.6
    assert verify(home / "assets" / "hyperpolyglot") == []
    assert [e.kind for e in cached_entries(home / "assets" / "hyperpolyglot")] == ["headers", "range"]
    unread = kills * (1 << 20)
    assert hub.sent("cdn") <= LENGTH + 100_000 + unread, sent
    assert run(env | {"HF_HUB_OFFLINE": "1"}) == DIGEST


def test_killed_at_random_moments(filled: LoopbackHub, tmp_path: Path) -> None:
    killed_again_and_again(filled, tmp_path / "home", 6, seed=1)


@pytest.mark.long
def test_killed_at_fifty_random_moments(filled: LoopbackHub, tmp_path: Path) -> None:
    killed_again_and_again(filled, tmp_path / "home", 50, seed=2)


def test_two_processes_at_once_transfer_once(filled: LoopbackHub, tmp_path: Path) -> None:
    env = environment(filled, tmp_path / "home")
    filled.fault(role="cdn", rate=8_000_000.0)
    children = [spawn(env), spawn(env)]
    for child in children:
        begin(child)
    assert [finish(child) for child in children] == [DIGEST, DIGEST]
    assert filled.sent("cdn") <= LENGTH + (1 << 16)
    assert len(filled.asked("hub", "*tokenizer.json")) == 1


def test_a_killed_process_hands_its_transfer_to_the_one_that_waits(
    filled: LoopbackHub, tmp_path: Path
) -> None:
    env = environment(filled, tmp_path / "home")
    filled.fault(role="cdn", rate=3_000_000.0)
    first, second = spawn(env), spawn(env)
    begin(first)
    deadline = time.monotonic() + 20
    while filled.sent("cdn") < 1_500_000 and time.monotonic() < deadline:
        time.sleep(0.02)
    begin(second)
    time.sleep(0.3)
    first.kill()
    first.communicate(timeout=30)
    assert finish(second) == DIGEST
    assert filled.sent("cdn") <= LENGTH + (1 << 20) + (1 << 16)


def test_the_environment_is_honoured(filled: LoopbackHub, tmp_path: Path) -> None:
    filled.add("acme/secret", {"weights.dat": DATA, "tokenizer.json": b"{}"}, private=True)
    home = tmp_path / "home"
    plain = environment(filled, home)
    assert run(plain, "acme/secret").startswith("ModelNotFound acme/secret: there is no such repository")
    assert run(plain | {"HF_TOKEN": filled.token}, "acme/secret") == DIGEST
    assert (home / "hub" / "models--acme--secret" / "refs" / "main").is_file()
    assert (home / "assets" / "hyperpolyglot" / "ranges").is_dir()
    filled.forget()
    assert run(plain | {"HF_HUB_OFFLINE": "1"}, "acme/secret") == DIGEST
    assert not filled.requests
    own = tmp_path / "own"
    assert run(plain | {"HF_TOKEN": filled.token, "HYPERPOLYGLOT_CACHE": str(own)}, "acme/secret") == DIGEST
    assert (own / "ranges").is_dir()
    missing = run(plain | {"HF_HUB_OFFLINE": "1"}, "acme/none")
    assert missing.startswith("NotCached acme/none is not in the cache; open it once")
    assert {r.authorization for r in filled.asked("cdn")} == {None}
    assert all(r.path.startswith("/api/models/") for r in filled.asked("api"))


def test_nothing_of_the_hub_is_imported_before_it_is_needed() -> None:
    program = (
        "import sys, hyperpolyglot.hub as hub; hub.parse_name('a/b'); "
        "print([m for m in ('huggingface_hub', 'httpx', 'httpx2', 'filelock') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
