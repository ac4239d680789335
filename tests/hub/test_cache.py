"""The cache: shared with other tools and processes, complete or nothing, listed, verified, pruned."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import hf_hub_download, try_to_load_from_cache

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.formats import LocalFile
from hyperpolyglot.hub import Connection, TransferError, cached_entries, open_repository, prune, verify
from hyperpolyglot.hub.headers import Journal
from hyperpolyglot.hub.locks import hold
from hyperpolyglot.hub.partial import Partial
from tests.hub.conftest import NAME, Connect, Open, quick
from tests.hub.server import LoopbackHub

DATA = np.random.default_rng(2).bytes(2_000_000)
FILES: dict[str, Any] = {
    "weights.dat": DATA,
    "config.json": b"{}",
    "tokenizer.json": b'{"t": 1}' * 200_000,
    "sub/x.json": b"[]",
}


@pytest.fixture
def connection(hub: LoopbackHub, connect: Connect) -> Connection:
    hub.add(NAME, FILES)
    return connect()


def test_small_files_lie_where_other_tools_look_for_them(hub: LoopbackHub, connection: Connection) -> None:
    repository = open_repository(NAME, connection=connection)
    folder = repository.local(["config.json", "tokenizer.json", "sub/x.json"])
    hub.forget()
    for name in ("config.json", "tokenizer.json", "sub/x.json"):
        assert (folder / name).read_bytes() == FILES[name]
        for revision in ("main", repository.commit):
            found = try_to_load_from_cache(NAME, name, cache_dir=connection.hub_cache, revision=revision)
            assert found == str(folder / name)
    hf_hub_download(
        NAME,
        "tokenizer.json",
        cache_dir=connection.hub_cache,
        endpoint=hub.endpoint,
        revision=repository.commit,
    )
    assert not hub.requests
    assert folder.name == repository.commit


def test_what_other_tools_fetched_is_used(hub: LoopbackHub, connection: Connection) -> None:
    commit = hub.repos[NAME].commit
    for name in ("weights.dat", "config.json"):
        hf_hub_download(NAME, name, cache_dir=connection.hub_cache, endpoint=hub.endpoint)
    hub.forget()
    repository = open_repository(NAME, connection=connection)
    assert repository.commit == commit
    source = repository.open("weights.dat")
    assert isinstance(source, LocalFile)
    assert source.map(7, 70_000).tobytes() == DATA[7:70_007]
    repository.local(["config.json"])
    assert [r.role for r in hub.requests] == ["api"]


def test_offline_from_a_snapshot_of_other_tools(
    hub: LoopbackHub, connect: Connect, connection: Connection
) -> None:
    hf_hub_download(NAME, "weights.dat", cache_dir=connection.hub_cache, endpoint=hub.endpoint)
    hub.forget()
    repository = open_repository(NAME, connection=connect(offline=True))
    assert repository.open("weights.dat").read(0, 100) == DATA[:100]
    assert not hub.requests


def test_reads_and_maps_equal_the_file_whatever_their_order(connection: Connection) -> None:
    rng = np.random.default_rng(5)
    source = open_repository(NAME, connection=connection).open("weights.dat")
    for _ in range(120):
        offset = int(rng.integers(0, len(DATA)))
        length = int(min(rng.integers(0, 1 << int(rng.integers(1, 19))), len(DATA) - offset))
        read = source.map if rng.random() < 0.1 else source.read
        assert bytes(read(offset, length)) == DATA[offset : offset + length]
    for offset, length in ((len(DATA), 1), (-1, 5), (0, len(DATA) + 1), (5, -1)):
        with pytest.raises(DamagedFile):
            source.read(offset, length)
        with pytest.raises(DamagedFile):
            source.map(offset, length)
    assert not source.map(0, 10).flags.writeable


def test_a_range_inside_a_cached_one_is_not_fetched(hub: LoopbackHub, connection: Connection) -> None:
    source = open_repository(NAME, connection=connection).open("weights.dat")
    source.map(1000, 900_000)
    hub.forget()
    assert source.map(5001, 6000).tobytes() == DATA[5001:11001]
    assert source.read(800_000, 1000) == DATA[800_000:801_000]
    assert not hub.requests


def _filled(connection: Connection) -> Path:
    repository = open_repository(NAME, connection=connection)
    source = repository.open("weights.dat")
    source.read(0, 100)
    source.map(100_000, 500_000)
    return connection.root


def test_entries_are_listed(connection: Connection) -> None:
    before = time.time() - 5
    root = _filled(connection)
    headers, tensor = cached_entries(root)
    assert (headers.kind, headers.offset, headers.bytes > 65_000) == ("headers", None, True)
    assert (tensor.kind, tensor.offset, tensor.length, tensor.bytes) == ("range", 100_000, 500_000, 500_000)
    assert {(e.model, e.file, len(e.commit)) for e in (headers, tensor)} == {(NAME, "weights.dat", 40)}
    assert all(before < e.last_used < time.time() + 5 for e in (headers, tensor))
    assert cached_entries(root / "nowhere") == []


def test_use_is_noted(connection: Connection) -> None:
    root = _filled(connection)
    (tensor,) = (e for e in cached_entries(root) if e.kind == "range")
    os.utime(tensor.path, (1, 1))
    assert [e.last_used for e in cached_entries(root) if e.kind == "range"] == [1]
    _filled(connection)
    assert [e.last_used > 1 for e in cached_entries(root) if e.kind == "range"] == [True]


def test_damage_is_found_and_fetched_again(hub: LoopbackHub, connection: Connection) -> None:
    root = _filled(connection)
    assert verify(root) == []
    (tensor,) = (e for e in cached_entries(root) if e.kind == "range")
    with tensor.path.with_suffix(".bin").open("r+b") as file:
        file.seek(77)
        file.write(b"\0\1\2")
    damaged = verify(root)
    assert [e.kind for e in damaged] == ["range"]
    assert prune(root, entries=damaged) == damaged
    assert (
        open_repository(NAME, connection=connection).open("weights.dat").map(100_000, 500_000).tobytes()
        == (DATA[100_000:600_000])
    )


@pytest.mark.parametrize("harm", ["short", "no manifest", "no data", "manifest cut", "manifest lies"])
def test_half_an_entry_is_none(harm: str, hub: LoopbackHub, connection: Connection) -> None:
    root = _filled(connection)
    (tensor,) = (e for e in cached_entries(root) if e.kind == "range")
    data = tensor.path.with_suffix(".bin")
    if harm == "short":
        os.truncate(data, 400_000)
    elif harm == "no data":
        data.unlink()
    elif harm == "no manifest":
        tensor.path.unlink()
    elif harm == "manifest cut":
        os.truncate(tensor.path, 30)
    else:
        tensor.path.write_text(tensor.path.read_text().replace('"length": 500000', '"length": 400000'))
    source = open_repository(NAME, connection=connection).open("weights.dat")
    assert source.map(100_000, 500_000).tobytes() == DATA[100_000:600_000]
    assert verify(root) == []


def test_pruning(hub: LoopbackHub, connect: Connect, connection: Connection) -> None:
    """Entries are removed by age and by model, and an empty cache has none."""
    root = _filled(connection)
    hub.add("acme/other", {"w.gguf": DATA[::-1]})
    open_repository("acme/other", connection=connection).open("w.gguf").map(0, 1000)
    assert prune(root, older_than=3600) == []
    assert [e.model for e in prune(root, model="acme/other")] == ["acme/other"]
    assert {e.model for e in cached_entries(root)} == {NAME}
    assert len(prune(root)) == 2
    assert cached_entries(root) == []
    assert [
        path for path in (root / "ranges").rglob("*") if path.is_file() and "listings" not in path.parts
    ] == []


def test_what_is_being_fetched_is_not_pruned(connection: Connection) -> None:
    root = _filled(connection)
    (tensor,) = (e for e in cached_entries(root) if e.kind == "range")
    with hold(tensor.path.with_suffix(".lock"), lambda: None, 1):
        assert tensor not in prune(root)
    assert tensor in prune(root)


def test_a_mapped_range_outlives_its_pruning(connection: Connection) -> None:
    root = _filled(connection)
    mapped = open_repository(NAME, connection=connection).open("weights.dat").map(100_000, 500_000)
    prune(root)
    assert mapped.tobytes() == DATA[100_000:600_000]


def test_a_holder_that_does_not_get_on_is_given_up(
    hub: LoopbackHub, opened: Open, connection: Connection
) -> None:
    root = _filled(connection)
    (tensor,) = (e for e in cached_entries(root) if e.kind == "range")
    prune(root)
    lock = tensor.path.with_suffix(".lock")
    source = opened(policy=quick(patience=0.5)).open("weights.dat")
    with hold(lock, lambda: None, 1), pytest.raises(TransferError, match="without getting on"):
        source.map(100_000, 500_000)


def test_a_journal_with_a_torn_end_is_read_up_to_it(tmp_path: Path) -> None:
    whole = Journal(tmp_path / "headers")
    whole.add(0, b"abcdef")
    whole.add(10, b"klmnop")
    content = whole.path.read_bytes()
    for cut in range(len(content)):
        path = tmp_path / f"cut-{cut}"
        path.write_bytes(content[:cut])
        torn = Journal(path)
        assert torn.read(10, 6) is None
        assert torn.read(0, 6) in (None, b"abcdef")
        torn.add(10, b"klmnop")
        assert Journal(path).read(12, 3) == b"mno"
    damaged = bytearray(content)
    damaged[-1] ^= 1
    whole.path.write_bytes(damaged)
    assert Journal(whole.path).read(10, 6) is None


def test_a_partial_file_is_trusted_as_far_as_the_disk_surely_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hyperpolyglot.hub import partial as module

    monkeypatch.setattr(module, "_SYNC_EVERY", 1000)
    path = tmp_path / "0-5000.part"
    with Partial(path, 5000) as partial:
        partial.restart('"tag"')
        for _ in range(7):
            partial.write(bytes(300))
    with Partial(path, 5000) as partial:
        assert (partial.have, partial.etag) == (2100, '"tag"')
    monkeypatch.setattr(module, "_run_of_system", lambda: "another run")
    with Partial(path, 5000) as partial:
        assert partial.have == 1200
    with Partial(path, 1000) as partial:
        assert partial.have == 0
