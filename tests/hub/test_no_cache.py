"""A cache that cannot be used costs only the caching: what is fetched is used, which is said once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.errors import TransferError
from hyperpolyglot.hub import cached_entries, open_repository
from hyperpolyglot.store import Step, Store
from tests.conftest import planted_pieces, unigram
from tests.formats.writers import safetensors_bytes
from tests.hub.conftest import NAME, Connect
from tests.hub.server import LoopbackHub


@contextmanager
def _in_its_place(folder: Path) -> Iterator[None]:
    """A file lies where the cache is to be."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("not a folder")
    yield


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """The cache lies on a file system that is mounted to be read."""
    folder.mkdir(parents=True, exist_ok=True)
    for command in (["--bind", str(folder), str(folder)], ["-o", "remount,ro,bind", str(folder)]):
        try:
            subprocess.run(["mount", *command], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
            pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def _another_users(folder: Path) -> Iterator[None]:
    """The cache is another user's: nothing of it can be read, listed or written."""
    folder.mkdir(parents=True, exist_ok=True)
    real: dict[str, Any] = {
        name: getattr(os, name) for name in ("open", "stat", "listdir", "scandir", "mkdir")
    }

    def refusing(name: str) -> Callable[..., Any]:
        def call(path: Any = ".", *arguments: Any, **keywords: Any) -> Any:
            inside = isinstance(path, str | os.PathLike) and str(path).startswith(f"{folder}{os.sep}")
            if inside or (name in ("listdir", "scandir") and str(path) == str(folder)):
                raise PermissionError(13, "Permission denied", str(path))
            return real[name](path, *arguments, **keywords)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in real:
            patch.setattr(os, name, refusing(name))
        yield


PLACES = {"a file": _in_its_place, "read-only": _read_only, "another user's": _another_users}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("caches", [("root",), ("hub_cache",), ("root", "hub_cache")], ids="+".join)
def test_without_a_cache_everything_is_used_and_nothing_kept(
    place: str,
    caches: tuple[str, ...],
    hub: LoopbackHub,
    connect: Connect,
    tmp_path: Path,
    model: dict[str, bytes],
    matrix: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Table and tokenizer are those of the model, one note says that they are not kept, and nothing is left."""
    hub.add(NAME, model)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    folder = tmp_path / "locked"
    changes = {name: folder / name for name in caches}
    with PLACES[place](folder):
        repository = open_repository(NAME, connection=connect(**changes))
        table = repository.checkpoint().table("model.embed_tokens.weight")
        names = repository.tokenizer()
        found = repository.local(names)
        assert {name: model[name] for name in names} == {n: (found / n).read_bytes() for n in names}
        np.testing.assert_array_equal(matrix, table.stored)
        assert 1 == "".join(repository.notices).count("what is fetched is used but not kept")
        assert str(folder) in " ".join(repository.notices)
        del repository
        np.testing.assert_array_equal(matrix, table.stored)
        assert hub.sent() < 3 * matrix.nbytes
    del table
    assert [] == list(temporary.iterdir())


def test_a_read_only_cache_gives_what_it_has(
    hub: LoopbackHub, connect: Connect, tmp_path: Path, model: dict[str, bytes], matrix: Any
) -> None:
    """What lies in a cache that cannot be written to is not fetched again, and the rest is."""
    hub.add(NAME, model)
    home = tmp_path / "home"
    repository = open_repository(NAME, connection=connect())
    repository.checkpoint().table("model.embed_tokens.weight")
    repository.local(["config.json"])
    hub.forget()
    with _read_only(home):
        again = open_repository(NAME, connection=connect())
        np.testing.assert_array_equal(matrix, again.checkpoint().table("model.embed_tokens.weight").stored)
        assert "not kept" not in " ".join(again.notices)
        assert {"api"} == {request.role for request in hub.requests}
        folder = again.local(["config.json", "tokenizer.json"])
        assert ["/acme/mini/resolve"] * 1 == [
            r.path[: len("/acme/mini/resolve")]
            for r in hub.requests
            if r.path.endswith(".json") and r.role == "hub"
        ]
        assert model["config.json"] == (folder / "config.json").read_bytes()
        assert model["tokenizer.json"] == (folder / "tokenizer.json").read_bytes()
        assert "used but not kept" in " ".join(again.notices)


def test_where_nothing_can_be_written_at_all_is_a_sentence(
    hub: LoopbackHub,
    connect: Connect,
    tmp_path: Path,
    model: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a cache and without a place for temporary files, the sentence is that of the cache."""
    hub.add(NAME, model)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with _in_its_place(tmp_path / "taken"), pytest.raises(TransferError, match="cannot be used as a cache"):
        open_repository(NAME, connection=connect(root=tmp_path / "taken")).checkpoint()


@pytest.mark.parametrize("place", PLACES)
def test_steps_are_computed_without_a_cache(place: str, tmp_path: Path) -> None:
    """A store that cannot be used gives what is computed, and says once that it is not kept."""
    said: list[str] = []
    folder = tmp_path / "locked"
    with PLACES[place](folder):
        store = Store(folder / "cache", said.append)
        for number in range(3):
            found = store.step("step", {"n": number}, lambda: Step({"a": np.arange(3)}, {}))
            assert [0, 1, 2] == found.arrays["a"].tolist()
        assert store.find("step", {"n": 0}) is None
    assert 1 == len(said)
    assert "used but not kept" in said[0]


def _pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def test_pipes_in_the_cache_are_no_entries(
    hub: LoopbackHub, connect: Connect, model: dict[str, bytes], matrix: Any
) -> None:
    """A pipe in the place of any file of the cache is neither waited for nor read."""
    hub.add(NAME, model)
    connection = connect()

    def once() -> None:
        repository = open_repository(NAME, connection=connection)
        repository.local(["config.json"])
        np.testing.assert_array_equal(
            matrix, repository.checkpoint().table("model.embed_tokens.weight").stored
        )

    once()
    for path in sorted(p for p in connection.root.parent.rglob("*") if p.is_file() and not p.is_symlink()):
        _pipe(path)
        cached_entries(connection.root)
        once()
        if path.suffix == ".bin":
            _pipe(path.with_suffix(".part"))
            _pipe(path)
            once()


def test_pipes_among_the_steps_are_no_steps(tmp_path: Path) -> None:
    """A step whose manifest or array is a pipe is computed again."""
    store = Store(tmp_path)

    def once() -> None:
        found = store.step("step", {}, lambda: Step({"a": np.arange(3)}, {}))
        assert [0, 1, 2] == found.arrays["a"].tolist()

    once()
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file() and not p.name.startswith(".")):
        _pipe(path)
        store.entries()
        store.verify()
        once()


def test_the_command_line_says_it_once(hub: LoopbackHub, tmp_path: Path) -> None:
    """A whole command on a model of the Hub, with a file in the place of the caches, ends with 0 and one note."""
    vectors = np.random.default_rng(0).standard_normal((400, 48)).astype(np.float32)
    hub.add(
        NAME,
        {
            "model.safetensors": safetensors_bytes({"model.embed_tokens.weight": vectors}),
            "tokenizer.json": unigram(planted_pieces(100)).encode(),
        },
    )
    (tmp_path / "taken").write_text("")
    places = {"HF_HOME": str(tmp_path / "taken"), "HF_ENDPOINT": hub.endpoint, "HYPERPOLYGLOT_CACHE": ""}
    done = subprocess.run(
        [sys.executable, "-m", "hyperpolyglot", "diversity", NAME, "-k", "5", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | places,
        timeout=120,
    )
    assert 0 == done.returncode, done.stderr
    assert json.loads(done.stdout)["provenance"]
    assert 1 == done.stderr.count("what is fetched is used but not kept")
    assert 1 == done.stderr.count("what is computed now is used but not kept")
