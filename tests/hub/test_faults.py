"""Everything that a transfer can meet ends in the right bytes or in one sentence, and never in a wrong entry."""

from __future__ import annotations

import email.utils
import errno
import os
import shutil
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.hub import Connection, TransferError, cached_entries, open_repository, verify
from tests.hub.conftest import NAME, Connect, quick
from tests.hub.server import Fault, LoopbackHub

FILE = "weights.dat"
DATA = np.random.default_rng(1).bytes(3_000_000)
START, LENGTH = 100_000, 2_500_000
WANTED = DATA[START : START + LENGTH]
SMALL = b'{"small": true}' * 40


@pytest.fixture
def connection(hub: LoopbackHub, connect: Connect) -> Connection:
    hub.add(NAME, {FILE: DATA, "config.json": SMALL})
    return connect()


def fetch(connection: Connection, told: Callable[[str, int, int], None] | None = None) -> bytes:
    repository = open_repository(
        NAME, progress=told or (lambda step, done, total: None), connection=connection
    )
    return repository.open(FILE).map(START, LENGTH).tobytes()


def sentence(error: pytest.ExceptionInfo[HyperpolyglotError]) -> str:
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 400
    return text


def assert_no_wrong_entry(connection: Connection) -> None:
    assert verify(connection.root) == []
    for entry in cached_entries(connection.root):
        if entry.kind == "range":
            assert entry.path.with_suffix(".bin").read_bytes() == WANTED


RECOVERABLE = {
    "broken off": Fault(role="cdn", cut_after=700_000, times=3),
    "broken off at once": Fault(role="cdn", cut_after=0, times=2),
    "stalled": Fault(role="cdn", cut_after=700_000, stall=2.0, times=1),
    "stalled before the answer": Fault(role="cdn", cut_after=0, stall=2.0, times=1),
    "busy": Fault(role="cdn", status=429, headers={"Retry-After": "0"}, times=2),
    "busy until a date": Fault(
        role="cdn", status=429, headers={"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}, times=1
    ),
    "internal error": Fault(role="hub", status=500, times=3),
    "bad gateway": Fault(role="cdn", status=502, times=3),
    "unavailable": Fault(role="cdn", status=503, times=3),
    "the API unavailable": Fault(role="api", status=503, times=3),
    "the API busy": Fault(role="api", status=429, headers={"Retry-After": "0"}, times=3),
    "shorter than announced": Fault(role="cdn", cut_after=900_000, lie_by=0, times=2),
    "length unknown": Fault(role="cdn", headers={"Content-Length": None}, times=1),
}


@pytest.mark.parametrize("name", RECOVERABLE)
def test_a_passing_fault_ends_in_the_right_bytes(name: str, hub: LoopbackHub, connection: Connection) -> None:
    rule = RECOVERABLE[name]
    hub.fault(**{slot: getattr(rule, slot) for slot in Fault.__dataclass_fields__})
    assert fetch(connection) == WANTED
    assert_no_wrong_entry(connection)
    assert hub.sent("cdn") <= LENGTH * 1.1


SERVER_LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another place": ({"headers": {"Content-Range": f"bytes 0-{LENGTH - 1}/{len(DATA)}"}}, "were asked for"),
    "more than asked": (
        {"headers": {"Content-Range": f"bytes {START}-{len(DATA) - 1}/{len(DATA)}"}},
        "were asked for",
    ),
    "no range": ({"headers": {"Content-Range": None}}, "no Content-Range"),
    "another size": (
        {"headers": {"Content-Range": f"bytes {START}-{START + LENGTH - 1}/{len(DATA) + 1}"}},
        f"{len(DATA) + 1} bytes long",
    ),
    "a length beyond the range": ({"lie_by": 10}, "take"),
    "compressed": ({"headers": {"Content-Encoding": "gzip"}}, "compressed"),
    "the whole file": ({"ignore_range": True}, "ignores requests for a part"),
    "not there": ({"status": 404}, "404"),
    "not satisfiable": ({"status": 416}, "shorter"),
    "teapot": ({"status": 418}, "418"),
    "always busy": ({"status": 429, "headers": {"Retry-After": "0"}}, "429"),
    "busy for hours": ({"status": 429, "headers": {"Retry-After": "7200"}}, "7200 seconds"),
    "always broken": ({"status": 503}, "503"),
    "always silent": ({"cut_after": 0, "stall": 1.0}, "fell silent"),
    "always cut": ({"cut_after": 0}, "broke off"),
    "redirects without end": ({"status": 302, "headers": {"Location": "/again"}}, "without end"),
    "redirect to nowhere": ({"status": 302, "headers": {"Location": "file:///etc/passwd"}}, "no web address"),
    "redirect without address": ({"status": 302}, "no web address"),
}


@pytest.mark.parametrize("name", SERVER_LIES)
def test_a_lasting_fault_ends_in_one_sentence(name: str, hub: LoopbackHub, connection: Connection) -> None:
    what, said = SERVER_LIES[name]
    hub.fault(role="cdn", **what)
    with pytest.raises(TransferError) as error:
        fetch(connection)
    assert said in sentence(error)
    assert FILE in str(error.value)
    assert_no_wrong_entry(connection)
    assert hub.sent("cdn") < 300_000 or name == "a length beyond the range"
    hub.forget()
    assert fetch(connection) == WANTED


RESOLVE_LIES: dict[str, dict[str, str]] = {
    "another commit": {"X-Repo-Commit": "f" * 40},
    "another size": {"X-Linked-Size": "17"},
    "another content": {"X-Linked-Etag": f'"{"e" * 64}"'},
}


@pytest.mark.parametrize("name", RESOLVE_LIES)
def test_a_file_that_is_not_the_listed_one_is_refused(
    name: str, hub: LoopbackHub, connection: Connection
) -> None:
    hub.fault(role="hub", headers=RESOLVE_LIES[name])
    with pytest.raises(TransferError, match="the Hub lists it with"):
        fetch(connection)
    assert_no_wrong_entry(connection)


def test_an_etag_that_changes_midway_starts_the_transfer_again(
    hub: LoopbackHub, connection: Connection
) -> None:
    hub.fault(role="cdn", cut_after=700_000, headers={"ETag": '"old"'}, times=1)
    assert fetch(connection) == WANTED
    assert [r.range for r in hub.asked("cdn")][-1] == f"bytes={START}-{START + LENGTH - 1}"


def test_an_etag_that_keeps_changing_is_given_up(hub: LoopbackHub, connection: Connection) -> None:
    for number in range(40):
        hub.fault(role="cdn", cut_after=300_000, headers={"ETag": f'"{number}"'}, times=1)
    with pytest.raises(TransferError) as error:
        fetch(connection)
    assert "changes on the server" in sentence(error)
    assert_no_wrong_entry(connection)


def test_an_etag_that_changed_between_two_runs_starts_again(hub: LoopbackHub, connection: Connection) -> None:
    hub.fault(role="cdn", cut_after=700_000, headers={"ETag": '"old"'}, times=1)
    hub.fault(role="cdn", status=503)
    with pytest.raises(TransferError):
        fetch(connection)
    hub.forget()
    assert fetch(connection) == WANTED
    assert_no_wrong_entry(connection)


def test_a_transfer_continues_where_an_earlier_run_ended(hub: LoopbackHub, connection: Connection) -> None:
    hub.fault(role="cdn", cut_after=700_000, times=1)
    hub.fault(role="cdn", status=503)
    with pytest.raises(TransferError):
        fetch(connection)
    assert [e.kind for e in cached_entries(connection.root)] == ["partial"]
    hub.forget()
    assert fetch(connection) == WANTED
    assert hub.sent("cdn") == pytest.approx(LENGTH - 700_000, abs=1 << 17)


def test_retry_after_is_waited_for(hub: LoopbackHub, connect: Connect) -> None:
    hub.add(NAME, {FILE: DATA})
    waits: list[float] = []
    soon = email.utils.formatdate(time.time() + 90, usegmt=True)
    hub.fault(role="cdn", status=429, headers={"Retry-After": "42"}, times=1)
    hub.fault(role="cdn", status=503, headers={"Retry-After": soon}, times=1)
    hub.fault(role="cdn", status=429, headers={"RateLimit": '"api";r=0;t=17'}, times=1)
    assert fetch(connect(quick(sleep=waits.append))) == WANTED
    assert waits == [42.0, pytest.approx(90, abs=3), 17.0]


def test_waits_grow_and_are_bounded(hub: LoopbackHub, connect: Connect) -> None:
    hub.add(NAME, {FILE: DATA})
    waits: list[float] = []
    hub.fault(role="cdn", status=500)
    with pytest.raises(TransferError):
        fetch(connect(quick(attempts=8, first_wait=1.0, greatest_wait=10.0, sleep=waits.append)))
    assert len(waits) == 7
    assert waits[0] < waits[2] < waits[3] <= max(waits) <= 10.0


def test_a_server_that_ignores_ranges_is_read_no_further_than_needed(
    hub: LoopbackHub, connection: Connection
) -> None:
    hub.fault(role="cdn", ignore_range=True)
    repository = open_repository(NAME, connection=connection)
    assert repository.open(FILE).map(0, 100_000).tobytes() == DATA[:100_000]
    assert hub.sent("cdn") < 1_500_000


def test_a_body_without_end_is_cut(hub: LoopbackHub, connection: Connection) -> None:
    hub.fault(role="cdn", endless=True)
    assert fetch(connection) == WANTED
    assert hub.sent("cdn") < LENGTH + 8_000_000
    assert_no_wrong_entry(connection)


def test_an_expired_address_is_asked_for_again(hub: LoopbackHub, connection: Connection) -> None:
    hub.fault(role="cdn", cut_after=700_000, times=1)
    hub.fault(role="cdn", status=403, times=1)
    assert fetch(connection) == WANTED
    assert len(hub.asked("hub")) == 2


def test_a_small_file_with_other_bytes_than_listed_is_refused(
    hub: LoopbackHub, connection: Connection
) -> None:
    repository = open_repository(NAME, connection=connection)
    files = hub.repos[NAME].files
    true = files["config.json"]
    files["config.json"] = type(true)(true.size, true.oid, False, lambda a, b: bytes(b - a))
    with pytest.raises(TransferError, match="another content"):
        repository.local(["config.json"])
    files["config.json"] = true
    assert (repository.local(["config.json"]) / "config.json").read_bytes() == SMALL


def test_a_whole_weights_file_with_other_bytes_than_listed_is_refused(
    hub: LoopbackHub, connection: Connection
) -> None:
    repository = open_repository(NAME, connection=connection)
    files = hub.repos[NAME].files
    true = files[FILE]
    files[FILE] = type(true)(true.size, true.oid, True, lambda a, b: bytes(b - a))
    with pytest.raises(TransferError, match="another content"):
        repository.open(FILE).map(0, len(DATA))
    assert [e.kind for e in cached_entries(connection.root) if e.kind == "range"] == []


def _full_after(monkeypatch: pytest.MonkeyPatch, bytes_left: int) -> None:
    from hyperpolyglot.hub import partial

    class Disk:
        """A file on a disk with little room."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def write(self, view: memoryview) -> int:
            nonlocal bytes_left
            if not bytes_left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            count = self.file.write(view[:bytes_left])
            bytes_left -= count
            return int(count)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    enter = partial.Partial.__enter__

    def entered(self: partial.Partial) -> partial.Partial:
        enter(self)
        self._file = Disk(self._file)  # type: ignore[assignment]
        return self

    monkeypatch.setattr(partial.Partial, "__enter__", entered)


def test_a_disk_that_fills_ends_in_a_sentence_and_the_rest_is_fetched_later(
    hub: LoopbackHub, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        _full_after(patched, 1_000_000)
        with pytest.raises(TransferError) as error:
            fetch(connection)
    assert "the disk of" in sentence(error)
    assert "HYPERPOLYGLOT_CACHE" in str(error.value)
    assert [e.kind for e in cached_entries(connection.root)] == ["partial"]
    hub.forget()
    assert fetch(connection) == WANTED
    assert hub.sent("cdn") == pytest.approx(LENGTH - 1_000_000, abs=1 << 17)


def test_a_disk_without_room_is_told_before_anything_is_fetched(
    hub: LoopbackHub, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(TransferError, match="is full"):
        fetch(connection)
    assert not hub.sent("cdn")


def test_progress_tells_rate_and_remaining_time(hub: LoopbackHub, connection: Connection) -> None:
    hub.fault(role="cdn", rate=4_000_000)
    told: list[tuple[str, int, int]] = []
    fetch(connection, lambda step, done, total: told.append((step, done, total)))
    assert told[0][1:] == (0, LENGTH)
    assert told[-1][1:] == (LENGTH, LENGTH)
    assert any(" MB/s, " in step and step.endswith(" left") for step, _, _ in told)
    assert {step.split(" · ")[0] for step, _, _ in told} == {f"fetching {FILE} of {NAME}"}
