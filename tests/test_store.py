"""Steps are found whole or computed again; files are written whole or not at all."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_a_step_says_of_which_models_it_is(tmp_path):
    """Models are listed with a step and are no part of its key; a step that does not say so has none, and is found."""
    store, calls = Store(tmp_path), []
    store.step("s", {"k": 1}, lambda: Step({}, {"n": calls.append(1)}, ("a", "b")))
    again = store.step("s", {"k": 1}, lambda: Step({}, {"n": calls.append(1)}, ("c",)))
    store.step("s", {"k": 2}, lambda: a_step(calls))
    assert ([1, 1], ("a", "b")) == (calls, again.models)
    assert ("a", "b") == Store(tmp_path).find("s", {"k": 1}).models
    assert {("a", "b"), ()} == {store.models_of(entry) for entry in store.entries()}
    for manifest in tmp_path.glob("s/*/manifest.json"):
        stated = json.loads(manifest.read_text("utf8"))
        assert ("models" in stated) == (stated["values"] == {"n": None})


@pytest.mark.parametrize("models", [3, "ab", [1, None], {"a": 1}])
def test_models_that_are_no_names_are_not_listed(tmp_path, models):
    """A manifest that states something else than names lists as one that states none."""
    store = Store(tmp_path)
    store.step("s", {}, lambda: a_step([]))
    (manifest,) = tmp_path.glob("s/*/manifest.json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text("utf8")) | {"models": models}), "utf8")
    assert [()] == [store.models_of(entry) for entry in store.entries()]


@pytest.mark.parametrize(
    "damage", ["flip", "cut", "no manifest", "bad manifest", "other number", "other key", "no array"]
)
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
    elif damage == "other number":
        manifest.write_text(manifest.read_text().replace('"n": 3', '"n": 7'))
    elif damage == "other key":
        Store(tmp_path).step("t", {}, lambda: a_step([]))
        shutil.rmtree(folder)
        shutil.copytree(next((tmp_path / "t").iterdir()), folder)
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


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_noticed(tmp_path_factory, data):
    """Whichever bit of whichever file of a step changes, the step is computed again with the same result."""
    root = tmp_path_factory.mktemp("store")
    notes, calls = [], []
    Store(root).step("s", {}, lambda: a_step(calls))
    (folder,) = (root / "s").iterdir()
    path = folder / data.draw(st.sampled_from(["big.npy", "small.npy", "manifest.json"]))
    raw = bytearray(path.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(raw)
    found = Store(root, notes.append).step("s", {}, lambda: a_step(calls))
    assert (2, 1) == (len(calls), len(notes))
    assert {"n": 3, "text": "ק"} == found.values
    np.testing.assert_array_equal(np.arange(40_000), found.arrays["big"])


def test_a_full_disk_costs_only_what_is_kept(tmp_path):
    """Where files cannot grow, a step is used and not kept, which is said once; later it is kept."""
    notes, calls = [], []
    store = Store(tmp_path, notes.append)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        for k in range(2):
            found = store.step("s", {"k": k}, lambda: a_step(calls))
            np.testing.assert_array_equal(np.arange(40_000), found.arrays["big"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (2, 1) == (len(calls), len(notes))
    assert "not kept" in notes[0]
    assert [] == [p for p in tmp_path.rglob("*") if p.is_file()]
    store.step("s", {"k": 0}, lambda: a_step(calls))
    store.step("s", {"k": 0}, lambda: a_step(calls))
    assert 3 == len(calls)


def test_what_a_dead_process_left_is_swept_up(tmp_path):
    """The half-written step of a process that was killed is no entry, and goes when the step is made."""
    Store(tmp_path).step("s", {}, lambda: a_step([]))
    (folder,) = (tmp_path / "s").iterdir()
    left = folder.with_name(f".{folder.name}-abc")
    folder.replace(left)
    assert [] == Store(tmp_path).entries()
    Store(tmp_path).step("s", {}, lambda: a_step([]))
    assert [folder] == list((tmp_path / "s").iterdir())


def test_a_step_of_another_format_is_left_alone(tmp_path):
    """A step as version 1 wrote it is neither read nor taken for damage; the step is made beside it."""
    old = tmp_path / "s" / "step-1"
    shutil.copytree(Path(__file__).parent / "archives" / "step-1", old)
    assert "hyperpolyglot.step/1" == json.loads((old / "manifest.json").read_text())["format"]
    calls = []
    Store(tmp_path).step("s", {}, lambda: a_step(calls))
    assert 1 == len(calls)
    assert [] == Store(tmp_path).verify()
    assert {"manifest.json", "small.npy"} == {path.name for path in old.iterdir()}


def slow_step(root, calls):
    def compute():
        with calls.open("a") as file:
            file.write("computed\n")
        time.sleep(0.5)
        return Step({}, {"n": 1})

    Store(root).step("s", {}, compute)


def test_two_processes_compute_a_step_once(tmp_path):
    """A process that finds a step in the making waits for it."""
    calls = tmp_path / "calls"
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=slow_step, args=(tmp_path / "store", calls)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [0, 0] == [process.exitcode for process in both]
    assert "computed\n" == calls.read_text()
