"""Steps are found whole or computed again; files are written whole or not at all."""

from __future__ import annotations

import os

import numpy as np
import pytest

from hyperpolyglot.store import Step, Store, digest_of, written


def a_step(calls):
    calls.append(1)
    return Step({"big": np.arange(40_000, dtype=np.int32), "small": np.array([1.5])}, {"n": 3, "text": "ק"})


def test_computed_once(tmp_path):
    """The second call reads what the first computed, to the bit; other inputs are another step."""
    store, calls = Store(tmp_path), []
    first = store.step("neighbors", {"k": 5}, lambda: a_step(calls))
    again = Store(tmp_path).step("neighbors", {"k": 5}, lambda: a_step(calls))
    assert [1] == calls
    assert first.values == again.values == {"n": 3, "text": "ק"}
    for name in ("big", "small"):
        assert first.arrays[name].tobytes() == again.arrays[name].tobytes()
    assert not again.arrays["big"].flags.writeable
    store.step("neighbors", {"k": 6}, lambda: a_step(calls))
    store.step("probes", {"k": 5}, lambda: a_step(calls))
    assert 3 == len(calls)


@pytest.mark.parametrize("damage", ["flip", "cut", "no manifest", "bad manifest", "no array"])
def test_damage_is_noticed(tmp_path, damage):
    """A flipped bit, a cut file or a missing part is computed again, and said where it is damage."""
    notes, calls = [], []
    store = Store(tmp_path, notes.append)
    store.step("s", {}, lambda: a_step(calls))
    (folder,) = (tmp_path / "s").iterdir()
    array, manifest = folder / "big.npy", folder / "manifest.json"
    if damage == "flip":
        raw = bytearray(array.read_bytes())
        raw[-7] ^= 4
        array.write_bytes(raw)
    elif damage == "cut":
        array.write_bytes(array.read_bytes()[:-1])
    elif damage == "no manifest":
        manifest.unlink()
    elif damage == "bad manifest":
        manifest.write_text('{"arrays": 3}')
    else:
        array.unlink()
    found = store.step("s", {}, lambda: a_step(calls))
    assert 2 == len(calls)
    np.testing.assert_array_equal(np.arange(40_000), found.arrays["big"])
    assert any("computed again" in text for text in notes)


def test_a_failed_step_leaves_nothing(tmp_path):
    """An error while computing leaves no entry behind."""

    def fail():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        Store(tmp_path).step("s", {}, fail)
    assert [] == [p for p in tmp_path.rglob("*") if p.is_file()]


def test_written_whole_or_not_at_all(tmp_path):
    """A file under writing keeps its old content until the end, and an error changes nothing."""
    path = tmp_path / "deep" / "out.csv"
    with written(path) as temporary:
        temporary.write_text("first")
    with pytest.raises(ValueError, match="stop"), written(path) as temporary:
        temporary.write_text("second")
        assert "first" == path.read_text()
        raise ValueError("stop")
    assert "first" == path.read_text()
    assert ["out.csv"] == [p.name for p in path.parent.iterdir()]


def test_digests_do_not_depend_on_order():
    """A key is the same however its inputs are listed, and another for other values."""
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})


def test_what_is_kept_can_be_listed_verified_and_pruned(tmp_path):
    """Entries have sizes; verifying removes the damaged one only; pruning removes the old ones only."""
    store = Store(tmp_path)
    for k in range(3):
        store.step("s", {"k": k}, lambda: a_step([]))
    assert 3 == len(store.entries())
    assert all(entry.bytes > 160_000 for entry in store.entries())
    array = next((tmp_path / "s").glob("*/big.npy"))
    array.write_bytes(array.read_bytes()[:-4])
    assert [array.parent.name] == [entry.key for entry in store.verify()]
    oldest = store.entries()[0]
    os.utime(tmp_path / "s" / oldest.key / "manifest.json", (1, 1))
    assert [oldest.key] == [entry.key for entry in store.prune(before=1000)]
    assert 1 == len(store.entries())
