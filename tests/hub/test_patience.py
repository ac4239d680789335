"""No server keeps a run waiting without end, and what is waited for is said."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.errors import TransferError
from hyperpolyglot.hub import open_repository
from hyperpolyglot.hub.siblings import TooLarge, read_listing
from tests.hub.conftest import NAME, Connect, quick
from tests.hub.server import LoopbackHub

DATA = np.random.default_rng(1).bytes(3_000_000)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Write = Callable[[bytes], object]


def dripping(begin: bytes, drop: bytes) -> Callable[[Write], None]:
    """An answer that goes on, a drop at a time, as long as someone listens."""

    def answer(write: Write) -> None:
        write(begin)
        for _ in range(2000):
            write(drop)
            time.sleep(0.02)

    return answer


DRIPS: dict[str, tuple[str, bytes, bytes]] = {
    "headers of a list": ("api", OK + b"X-Long: ", b"x"),
    "interim answers for a list": ("api", b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a list": ("api", OK + b"Connection: close\r\n\r\n", b" "),
    "the chunks of a list": ("api", OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "headers of a file": ("cdn", b"HTTP/1.1 206 Partial Content\r\nX-Long: ", b"x"),
    "interim answers for a file": ("cdn", b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a file": ("cdn", b"", b""),
}


@pytest.mark.parametrize("name", DRIPS)
def test_a_drip_ends_in_a_sentence(name: str, hub: LoopbackHub, connect: Connect) -> None:
    """Bytes that come one by one do not renew the deadline."""
    role, begin, drop = DRIPS[name]
    hub.add(NAME, {"weights.dat": DATA})
    hub.fault(role=role, **({"raw": dripping(begin, drop)} if drop else {"chunk": 1, "rate": 50.0}))
    begun = time.monotonic()
    with pytest.raises(TransferError) as error:
        source = open_repository(NAME, connection=connect(quick(attempts=3, deadline=0.5))).open(
            "weights.dat"
        )
        source.map(0, 2_000_000)
    assert "3 times in a row; try again" in str(error.value) or "; try again later." in str(error.value)
    interim = "answers 103" in str(
        error.value
    )  # the final answer, to the standard library's client under requests
    assert "in 0 s" in str(error.value) or "0.5" in str(error.value) or interim
    assert time.monotonic() - begun < 15
    hub.forget()
    assert DATA[:100] == open_repository(NAME, connection=connect()).open("weights.dat").map(0, 100).tobytes()


def test_progress_renews_the_deadline(hub: LoopbackHub, connect: Connect) -> None:
    """A file that takes several times the deadline is fetched, since enough of it comes all the while."""
    hub.add(NAME, {"weights.dat": DATA})
    hub.fault(role="cdn", rate=1_000_000)
    source = open_repository(NAME, connection=connect(quick(deadline=0.6, attempts=1))).open("weights.dat")
    assert DATA == source.map(0, len(DATA)).tobytes()


def test_a_list_that_never_ends_is_given_up(hub: LoopbackHub, connect: Connect) -> None:
    """A list that comes fast enough to renew the deadline has one for all of it, too."""
    hub.add(NAME, {"weights.dat": DATA})
    begin = OK + b'Connection: close\r\n\r\n{"siblings": ['
    hub.fault(role="api", raw=dripping(begin, b" " * 20_000))
    with pytest.raises(TransferError, match="list of files does not end in 1 s"):
        open_repository(NAME, connection=connect(quick(deadline=0.5, patience=1.0)))


def test_waiting_for_retry_after_is_said(hub: LoopbackHub, connect: Connect) -> None:
    """What a server asks to be waited for shows, for a list, for a file and for its size."""
    hub.add(NAME, {"weights.dat": DATA})
    hub.tells_sizes = False
    hub.fault(role="api", status=429, headers={"Retry-After": "42"}, times=1)
    hub.fault(role="hub", status=429, headers={"Retry-After": "42"}, times=1)
    hub.fault(role="cdn", status=429, headers={"Retry-After": "42"}, times=1, skip=1)
    told: list[str] = []
    connection = connect(quick(sleep=lambda seconds: told.append(f"slept {seconds:.0f}")))
    repository = open_repository(
        NAME, progress=lambda step, done, total: told.append(step), connection=connection
    )
    repository.open("weights.dat").map(0, 1000)
    waits = [told[i - 1] for i, step in enumerate(told) if step == "slept 42"]
    assert [
        f"asking for {NAME} · waiting 42 s",
        f"asking for {NAME}/weights.dat · waiting 42 s",
    ] == waits[:2]
    assert f"fetching weights.dat of {NAME} · waiting 42 s" == waits[2]


def _answer(files: int, name: str = "models/checkpoint-{:08}/model.safetensors") -> Iterator[bytes]:
    yield b'{"sha": "' + b"a" * 40 + b'", "siblings": ['
    for i in range(files):
        lfs = f'{{"sha256": "{i:064x}", "size": {1000 + i}, "pointerSize": 134}}'
        yield f'{{"rfilename": "{name.format(i)}", "size": 7, "blobId": "{i:040x}", "lfs": {lfs}}}, '.encode()
    yield b'{"rfilename": "end"}], "tags": [1, 2], "downloads": 12}'


def _peak(parts: Iterator[bytes]) -> int:
    tracemalloc.start()
    try:
        read_listing(parts)
    except (TooLarge, ValueError, TypeError, KeyError, RecursionError):
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def test_a_list_is_read_as_json_reads_it() -> None:
    """The streaming reader gives what the whole document says, however it is cut."""
    whole = b"".join(_answer(300, "ä/{}\U0001f600.bin"))
    for step in (1, 7, 100, 1 << 20):
        found = read_listing(whole[at : at + step] for at in range(0, len(whole), step))
        assert "a" * 40 == found.commit
        assert {entry["rfilename"] for entry in json.loads(whole)["siblings"]} == {
            *found.files,
            *found.unsized,
        }
        assert (1299, f"{299:064x}") == (
            found.files["ä/299\U0001f600.bin"].size,
            found.files["ä/299\U0001f600.bin"].oid,
        )
        assert {"end"} == found.unsized


HUGE: dict[str, Callable[[], Iterator[bytes]]] = {
    "many files": lambda: _answer(230_000),
    "names": lambda: iter([b'{"siblings": [', *[b'{"rfilename":"a"},' * 3_000] * 1200]),
    "long names with one wide character": lambda: iter(
        [b'{"siblings": [', *[b'{"rfilename":"' + b"x" * 4000 + "\U0001f600".encode() + b'"},'] * 16_000]
    ),
    "lists in another key": lambda: iter([b'{"tags": [', *[b"[]," * 20_000] * 1100]),
    "one string": lambda: iter([b'{"tags": "', *[b"x" * 65_536] * 1023]),
    "white space": lambda: iter([b" " * 65_536] * 1023),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_list_of_64_mib_costs_three_times_as_much_at_most(name: str) -> None:
    """Memory is bounded by the bytes of the largest answer, whatever they say."""
    assert _peak(HUGE[name]()) < 3 << 26


def test_a_list_larger_than_any_is_refused(hub: LoopbackHub, connect: Connect) -> None:
    """A list without end is cut at 64 MiB."""
    hub.add(NAME, {"weights.dat": DATA})

    def answer(write: Write) -> None:
        write(OK + b"Connection: close\r\n\r\n{")
        for _ in range(1100):
            write(b" " * 65_536)

    hub.fault(role="api", raw=answer)
    with pytest.raises(TransferError, match="list of files is larger than any"):
        open_repository(NAME, connection=connect())


def test_files_with_equal_tags_are_two_files(hub: LoopbackHub, connect: Connect) -> None:
    """On a mirror whose tags are no digests, two files of one size and tag are kept apart."""
    files = {"a.txt": b"one two", "b.txt": b"six ten", "a.dat": DATA, "b.dat": DATA[::-1]}
    hub.add(NAME, files)
    hub.tells_sizes = False
    hub.fault(role="hub", headers={"ETag": '"same"', "X-Linked-Etag": '"same"', "X-Linked-Size": None})
    repository = open_repository(NAME, connection=connect())
    folder = repository.local(["a.txt", "b.txt"])
    assert (b"one two", b"six ten") == ((folder / "a.txt").read_bytes(), (folder / "b.txt").read_bytes())
    for name in ("a.dat", "b.dat"):
        assert files[name] == repository.open(name).map(0, len(DATA)).tobytes()


def test_a_mirror_without_sizes_works_twice_and_offline(
    hub: LoopbackHub, connect: Connect, model: dict[str, bytes]
) -> None:
    """Where the list tells neither sizes nor digests, a second run and one without a network open the same."""
    hub.add(NAME, model)
    hub.tells_sizes = False

    def embedding(revision: str | None = None, **changes: Any) -> bytes:
        repository = open_repository(NAME, revision, connection=connect(**changes))
        repository.local(repository.tokenizer())
        return repository.checkpoint().table("model.embed_tokens.weight").stored.tobytes()

    first = embedding()
    hub.forget()
    assert first == embedding()
    assert ["api"] == [request.role for request in hub.requests]
    hub.forget()
    assert first == embedding(hub.repos[NAME].commit)
    assert first == embedding(offline=True)
    assert [] == hub.requests


def test_a_mirror_says_offline_what_is_missing(hub: LoopbackHub, connect: Connect) -> None:
    """A file whose size was never asked for is not in the cache, and no one is asked for it."""
    hub.add(NAME, {"model.safetensors": DATA})
    hub.tells_sizes = False
    open_repository(NAME, connection=connect())
    hub.forget()
    with pytest.raises(TransferError, match="is not in the cache and HF_HUB_OFFLINE is set"):
        open_repository(NAME, connection=connect(offline=True)).checkpoint()
    assert [] == hub.requests
