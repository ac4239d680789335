"""Who may read what, what is said to those who may not, and who gets to see the token."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from hyperpolyglot.errors import DamagedFile, ModelNotFound
from hyperpolyglot.hub import (
    AccessRefused,
    HubName,
    NotCached,
    TransferError,
    open_repository,
    parse_name,
)
from hyperpolyglot.hub.listing import Listing
from hyperpolyglot.hub.repository import Repository
from tests.hub.conftest import NAME, Connect, Open, quick
from tests.hub.server import Blob, LoopbackHub

FILES = {"weights.dat": bytes(2_000_000), "config.json": b"{}"}


def test_a_missing_repository(hub: LoopbackHub, opened: Open) -> None:
    with pytest.raises(
        ModelNotFound, match=r"^acme/none: there is no such repository on the Hub, or it is private"
    ):
        opened("acme/none")


def test_a_private_repository_and_its_token(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES, private=True)
    with pytest.raises(ModelNotFound, match="HF_TOKEN"):
        opened()
    repository = opened(token=hub.token)
    assert repository.open("weights.dat").read(10, 5) == bytes(5)


def test_a_missing_revision(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES)
    with pytest.raises(ModelNotFound, match="acme/mini has no revision 'v9'; name a branch"):
        opened(revision="v9")


def test_a_gated_repository(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES, gated=True)
    repository = opened()
    for attempt in (
        lambda: repository.open("weights.dat").read(0, 9),
        lambda: repository.local(["config.json"]),
    ):
        with pytest.raises(AccessRefused, match=f"is gated: accept its terms at {hub.endpoint}/acme/mini"):
            attempt()
    assert opened(token=hub.token).open("weights.dat").read(0, 9) == bytes(9)


def test_a_wrong_token(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES, gated=True)
    with pytest.raises(AccessRefused, match="is gated"):
        opened(token="hf_wrong").open("weights.dat").read(0, 9)
    hub.fault(role="hub", status=401)
    with pytest.raises(AccessRefused, match="private, or the token does not open it"):
        opened(token=hub.token).open("weights.dat").read(0, 9)


def test_a_missing_file(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES)
    repository = opened()
    with pytest.raises(ModelNotFound, match=r"has no file 'other\.bin'"):
        repository.open("other.bin")
    del hub.repos[NAME].files["weights.dat"]
    with pytest.raises(TransferError, match="lists this file but does not have it"):
        repository.open("weights.dat").read(0, 9)


def test_no_network(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    waits: list[float] = []
    with pytest.raises(TransferError, match="localhost cannot be reached; check the network"):
        open_repository(
            NAME, connection=connect(quick(sleep=waits.append), endpoint=f"http://localhost:{port}")
        )
    assert len(waits) == 1


def test_no_network_but_a_cache(hub: LoopbackHub, connect: Connect) -> None:
    hub.add(NAME, FILES)
    repository = open_repository(NAME, connection=connect())
    repository.open("weights.dat").map(1000, 1000)
    away = connect(endpoint="http://localhost:9")
    again = open_repository(NAME, connection=away)
    assert again.commit == repository.commit
    assert "the Hub cannot be reached" in " ".join(again.notices)
    assert again.open("weights.dat").map(1000, 1000).tobytes() == bytes(1000)


@pytest.mark.parametrize("status", [418, 500])
def test_other_answers_of_the_api(status: int, hub: LoopbackHub, opened: Open) -> None:
    hub.fault(role="api", status=status)
    with pytest.raises(TransferError) as error:
        opened()
    assert str(error.value).startswith("acme/mini: the Hub ")


def test_the_api_refuses_the_token(hub: LoopbackHub, opened: Open) -> None:
    hub.fault(role="api", status=403)
    with pytest.raises(AccessRefused, match="the token does not open it"):
        opened()


def test_a_renamed_repository_is_followed_with_the_token(hub: LoopbackHub, opened: Open) -> None:
    hub.add("acme/new", FILES, private=True)
    hub.fault(
        role="api",
        file="/api/models/acme/mini",
        status=307,
        headers={"Location": "/api/models/acme/new?blobs=true"},
    )
    assert set(opened(token=hub.token).files) == set(FILES)


def test_an_answer_that_is_no_listing(hub: LoopbackHub, opened: Open) -> None:
    hub.fault(role="api", status=200)
    with pytest.raises(TransferError, match="no list of files"):
        opened()


def test_the_token_goes_to_the_hub_only(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES)
    hub.fault(role="cdn", cut_after=200_000, times=2)
    opened(token=hub.token).open("weights.dat").map(0, 1_000_000)
    assert {r.authorization for r in hub.asked("hub")} == {f"Bearer {hub.token}"}
    assert hub.asked("cdn")
    assert {r.authorization for r in hub.asked("cdn")} == {None}
    assert {r.encoding for r in hub.requests} == {"identity"}


def test_a_password_of_a_netrc_file_does_not_replace_the_token(
    hub: LoopbackHub, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``~/.netrc`` is for other programs; requests would send what it says of a host in place of the token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret\n", "utf8")
    monkeypatch.setenv("NETRC", str(netrc))
    hub.add(NAME, FILES)
    opened(token=hub.token).open("weights.dat").map(0, 1_000_000)
    assert {r.authorization for r in hub.asked("hub")} == {f"Bearer {hub.token}"}
    assert {r.authorization for r in hub.asked("cdn")} == {None}


def test_the_token_does_not_follow_a_redirect_of_the_store(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES)
    commit = hub.repos[NAME].commit
    target = f"{hub.cdn}/{NAME}/{commit}/weights.dat"
    hub.fault(role="cdn", status=302, headers={"Location": target}, times=1)
    assert opened(token=hub.token).open("weights.dat").read(5, 5) == bytes(5)
    assert {r.authorization for r in hub.asked("cdn")} == {None}


def test_a_relative_redirect_keeps_the_token(hub: LoopbackHub, opened: Open) -> None:
    renamed = hub.add("acme/renamed", FILES, private=True)
    hub.repos[NAME] = renamed
    target = f"/acme/renamed/resolve/{renamed.commit}/weights.dat"
    hub.fault(role="hub", file="/acme/mini/*", status=307, headers={"Location": target})
    assert opened(token=hub.token).open("weights.dat").read(5, 5) == bytes(5)


def test_names_that_lead_out_of_the_cache_are_not_listed(hub: LoopbackHub, opened: Open) -> None:
    evil = {"../../evil.json": b"{}", "/abs.json": b"{}", "a/../b.json": b"{}", "c:\\x.json": b"{}"}
    hub.add(NAME, FILES | evil)
    assert set(opened().files) == set(FILES)


def test_a_tokenizer_that_is_too_large_is_not_fetched(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, {"tokenizer.json": Blob(1 << 40, "7" * 64, True, lambda a, b: bytes(b - a))})
    with pytest.raises(DamagedFile, match="more than any tokenizer file needs"):
        opened().local(["tokenizer.json"])
    assert not hub.asked("hub")


def test_a_mirror_that_lists_no_sizes(hub: LoopbackHub, connect: Connect) -> None:
    hub.add(NAME, FILES)
    commit = hub.repos[NAME].commit
    repository = Repository(connect(), NAME, Listing(commit, {}, frozenset(FILES)), lambda *_: None)
    assert repository.names == sorted(FILES)
    assert repository.open("weights.dat").size == 2_000_000
    assert repository.files["weights.dat"].oid == hub.repos[NAME].files["weights.dat"].oid


def test_a_mirror_with_an_etag_that_is_a_path(hub: LoopbackHub, connect: Connect) -> None:
    hub.add(NAME, FILES)
    hub.fault(role="hub", file="*/config.json", headers={"ETag": '"../../../evil"'})
    commit = hub.repos[NAME].commit
    repository = Repository(connect(), NAME, Listing(commit, {}, frozenset(FILES)), lambda *_: None)
    folder = repository.local(["config.json"])
    assert (folder / "config.json").resolve().parent == folder.parents[1] / "blobs"


def test_a_mirror_that_tells_no_size(hub: LoopbackHub, connect: Connect) -> None:
    hub.add(NAME, FILES)
    hub.fault(role="hub", headers={"ETag": None})
    repository = Repository(
        connect(), NAME, Listing(hub.repos[NAME].commit, {}, frozenset(FILES)), lambda *_: None
    )
    with pytest.raises(DamagedFile, match="does not tell its size"):
        repository.open("config.json")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("org/name", HubName("org/name")),
        ("org/name@v1.0", HubName("org/name", "v1.0")),
        ("org/name@refs/pr/3", HubName("org/name", "refs/pr/3")),
        ("org/name/sub/m.gguf@main", HubName("org/name", "main", "sub/m.gguf")),
        ("org/name/sub", None),
        ("org/name/../x.gguf", None),
        ("org/na--me", None),
        ("org/..", None),
        ("org/name@../../x", None),
        ("/org/name", None),
        ("./org/name", None),
        ("~/name", None),
        ("name", None),
        ("demo:meaning", None),
        ("org/name\n", None),
        ("оrg/name", None),
    ],
)
def test_names(text: str, parts: HubName | None) -> None:
    """A name is split into repository, revision and file, or is the name of no repository."""
    assert parse_name(text) == parts


def test_offline_without_a_cache(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES)
    with pytest.raises(NotCached, match="acme/mini@v1 is not in the cache; open it once"):
        opened(revision="v1", offline=True)
    assert not hub.requests


def test_offline_says_what_is_missing(hub: LoopbackHub, opened: Open) -> None:
    hub.add(NAME, FILES)
    opened().open("weights.dat").map(0, 1000)
    hub.forget()
    repository = opened(offline=True)
    assert repository.open("weights.dat").map(0, 1000).tobytes() == bytes(1000)
    for attempt in (
        lambda: repository.open("weights.dat").map(0, 2000),
        lambda: repository.open("weights.dat").read(5000, 10),
        lambda: repository.local(["config.json"]),
    ):
        with pytest.raises(
            NotCached, match="is not in the cache and HF_HUB_OFFLINE is set: run the same command"
        ):
            attempt()
    assert not hub.requests


@pytest.mark.parametrize("kind", ["pipe", "below a file"])
def test_a_token_that_is_no_file_is_none(
    kind: str, hub: LoopbackHub, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe in the place of the token is not waited for, and a home that is a file has no token."""
    from huggingface_hub import constants

    place = tmp_path / "home" / "token"
    if kind == "pipe":
        place.parent.mkdir()
        os.mkfifo(place)
    else:
        place.parent.write_text("")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(place))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    hub.add(NAME, FILES)
    if kind == "pipe":
        assert set(opened(token=None).files) == set(FILES)
    else:
        assert set(opened(token=None, root=tmp_path / "a", hub_cache=tmp_path / "b").files) == set(FILES)
    assert {r.authorization for r in hub.requests} == {None}
