"""What is kept is what was fetched, and what was fetched is what is listed; else it is said and fetched again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.errors import NotCached, TransferError
from hyperpolyglot.formats import Checkpoint
from hyperpolyglot.hub import Connection, cached_entries, open_repository, prune, verify
from hyperpolyglot.hub.headers import Journal
from tests.formats.writers import safetensors_bytes
from tests.hub.conftest import NAME, Connect, Open
from tests.hub.server import Blob, LoopbackHub

NAMES = [f"model.layers.{i}.weight" for i in range(2000)]
TABLE = np.arange(2_000_000, dtype=np.float32).reshape(-1, 8)
WEIGHTS = safetensors_bytes({"embed": TABLE} | {name: np.ones(1, np.float32) for name in NAMES})
PAGE = b"<!DOCTYPE html><title>Log in</title>" + b"<p>Please log in.</p>" * 10_000
CONFIG = b'{"vocab_size": 250000}'


@pytest.fixture
def connection(hub: LoopbackHub, connect: Connect) -> Connection:
    hub.add(NAME, {"model.safetensors": WEIGHTS, "config.json": CONFIG})
    return connect()


def page(write: Callable[[bytes], object]) -> None:
    """A page in the place of a file, of a length that is not told."""
    write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + PAGE)


def rows(checkpoint: Checkpoint) -> Any:
    return checkpoint.table("embed").rows(slice(None))


def flip(path: Path, place: int = -1) -> None:
    """Change one bit."""
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)


def one(connection: Connection, kind: str) -> Path:
    """The path of the only entry of a kind."""
    (found,) = (entry.path for entry in cached_entries(connection.root) if entry.kind == kind)
    return found


def poisoned(connection: Connection) -> None:
    """Leave a page as the header of a file, as an earlier version did."""
    source = open_repository(NAME, connection=connection).open("model.safetensors")
    source.read(0, 8)
    path = one(connection, "headers")
    path.unlink()
    Journal(path).add(0, PAGE[: 1 << 16])


def test_a_page_in_the_place_of_a_file_is_not_kept(hub: LoopbackHub, connection: Connection) -> None:
    """A page of unknown length is refused in a sentence, and a later run reads the file."""
    hub.fault(role="cdn", raw=page)
    with pytest.raises(TransferError, match="something of unknown length in the place of a part") as error:
        open_repository(NAME, connection=connection).checkpoint()
    assert str(error.value).endswith(".")
    assert [] == [e for e in cached_entries(connection.root) if e.kind != "partial"]
    hub.forget()
    np.testing.assert_array_equal(TABLE, rows(open_repository(NAME, connection=connection).checkpoint()))


def test_a_page_in_the_place_of_a_small_file_is_not_kept(hub: LoopbackHub, connection: Connection) -> None:
    """A page that is longer than the small file that was asked for as a whole is refused."""
    hub.fault(role="hub", file="*config.json", raw=page)
    with pytest.raises(TransferError, match="the server's file is longer"):
        open_repository(NAME, connection=connection).local(["config.json"])
    hub.forget()
    folder = open_repository(NAME, connection=connection).local(["config.json"])
    assert (folder / "config.json").read_bytes() == CONFIG


def test_a_header_that_is_none_is_dropped_said_and_fetched_again(
    hub: LoopbackHub, connection: Connection
) -> None:
    """A journal that an earlier run left and that is no header does not stop later runs."""
    poisoned(connection)
    repository = open_repository(NAME, connection=connection)
    np.testing.assert_array_equal(TABLE, rows(repository.checkpoint()))
    assert (
        f"the header of {NAME}/model.safetensors that was kept is none, so it is fetched again"
        in " ".join(repository.notices)
    )
    again = open_repository(NAME, connection=connection)
    hub.forget()
    rows(again.checkpoint())
    assert "fetched again" not in " ".join(again.notices)
    assert [] == hub.requests


def test_a_header_that_is_none_is_found_by_verify(connection: Connection) -> None:
    """Verifying parses what is kept of a header."""
    poisoned(connection)
    damaged = verify(connection.root)
    assert ["headers"] == [entry.kind for entry in damaged]
    assert damaged == prune(connection.root, entries=damaged)
    rows(open_repository(NAME, connection=connection).checkpoint())
    assert [] == verify(connection.root)


def test_a_header_of_a_lying_server_is_not_kept(hub: LoopbackHub, connection: Connection) -> None:
    """Other bytes in an answer that is well-formed otherwise are no header, and are not kept as one."""
    files = hub.repos[NAME].files
    true = files["model.safetensors"]
    files["model.safetensors"] = Blob(true.size, true.oid, True, lambda a, b: (PAGE * 100)[a:b])
    with pytest.raises(Exception, match="a web page, not a model"):
        open_repository(NAME, connection=connection).checkpoint()
    files["model.safetensors"] = true
    repository = open_repository(NAME, connection=connection)
    np.testing.assert_array_equal(TABLE, rows(repository.checkpoint()))


def test_a_small_weights_file_is_compared_with_its_digest(hub: LoopbackHub, opened: Open) -> None:
    """A file that is read as a whole, as one header, has the digest that is listed, or is refused."""
    small = safetensors_bytes({"embed": TABLE[:4]})
    hub.add(NAME, {"model.safetensors": small})
    files = hub.repos[NAME].files
    true = files["model.safetensors"]
    files["model.safetensors"] = Blob(
        true.size, true.oid, False, lambda a, b: small[a:b].replace(b"F32", b"I32")
    )
    with pytest.raises(TransferError, match="of another content"):
        opened().checkpoint()


DAMAGE: dict[str, Callable[[Connection], Path]] = {
    "first byte": lambda c: one(c, "range").with_suffix(".bin"),
    "last byte": lambda c: one(c, "range").with_suffix(".bin"),
    "manifest": lambda c: one(c, "range"),
    "headers": lambda c: one(c, "headers"),
    "small file": lambda c: next(c.hub_cache.rglob("*config.json")).resolve(),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_flipped_bit_is_said_and_fetched_again(what: str, hub: LoopbackHub, connection: Connection) -> None:
    """The numbers are those of the model, whatever bit of what is kept has changed, and it is said."""
    repository = open_repository(NAME, connection=connection)
    rows(repository.checkpoint())
    repository.local(["config.json"])
    flip(DAMAGE[what](connection), 0 if what == "first byte" else -1)
    if what not in ("small file",):
        assert 1 == len(verify(connection.root))
    hub.forget()
    again = open_repository(NAME, connection=connection)
    np.testing.assert_array_equal(TABLE, rows(again.checkpoint()))
    assert (again.local(["config.json"]) / "config.json").read_bytes() == CONFIG
    assert "damaged" in " ".join(again.notices)
    assert "again" in " ".join(again.notices)
    assert [] == verify(connection.root)
    hub.forget()
    third = open_repository(NAME, connection=connection)
    rows(third.checkpoint())
    assert "damaged" not in " ".join(third.notices)
    assert {"api"} == {request.role for request in hub.requests}


def test_a_flipped_bit_in_the_list_of_files_is_noticed(hub: LoopbackHub, connection: Connection) -> None:
    """A list whose digest does not hold is asked for again."""
    commit = open_repository(NAME, connection=connection).commit
    (path,) = connection.root.rglob("listings/*.json")
    path.write_text(path.read_text().replace(f"[{len(WEIGHTS)},", f"[{len(WEIGHTS) - 4},"))
    hub.forget()
    repository = open_repository(NAME, commit, connection=connection)
    assert len(WEIGHTS) == repository.files["model.safetensors"].size
    assert ["api"] == [request.role for request in hub.requests]
    hub.forget()
    open_repository(NAME, commit, connection=connection)
    assert [] == hub.requests


def test_a_flipped_bit_is_said_where_the_hub_is_not_to_be_asked(
    connect: Connect, connection: Connection
) -> None:
    """Offline, damaged numbers are refused, and stay where they are until they can be fetched."""
    rows(open_repository(NAME, connection=connection).checkpoint())
    data = one(connection, "range").with_suffix(".bin")
    flip(data)
    with pytest.raises(NotCached, match="is damaged in the cache and HF_HUB_OFFLINE is set"):
        rows(open_repository(NAME, connection=connect(offline=True)).checkpoint())
    flip(data)
    rows(open_repository(NAME, connection=connect(offline=True)).checkpoint())


def test_a_part_is_checked_at_the_price_of_its_blocks(hub: LoopbackHub, opened: Open) -> None:
    """Damage in one block of a range does not show in a part that lies in others."""
    data = np.random.default_rng(0).bytes((1 << 22) * 3)
    hub.add(NAME, {"weights.dat": data})

    def source() -> Any:
        return opened().open("weights.dat")

    source().map(0, len(data))
    (path,) = (e.path for e in cached_entries(opened()._connection.root) if e.kind == "range")
    flip(path.with_suffix(".bin"))
    hub.forget()
    assert data[:5000] == source().map(0, 5000).tobytes()
    assert ["api"] == [request.role for request in hub.requests]
    assert data[-5000:] == source().map(len(data) - 5000, 5000).tobytes()
    assert "cdn" in {request.role for request in hub.requests}


def test_manifests_state_every_block(connection: Connection) -> None:
    """The digests of blocks are those of the file's bytes."""
    rows(open_repository(NAME, connection=connection).checkpoint())
    stated = json.loads(one(connection, "range").read_text())
    data = one(connection, "range").with_suffix(".bin").read_bytes()
    wanted = [hashlib.sha256(data[at : at + (1 << 22)]).hexdigest() for at in range(0, len(data), 1 << 22)]
    assert wanted == stated["blocks"]
