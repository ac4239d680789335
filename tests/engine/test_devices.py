"""Which device is taken, and what is said where it is not there."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from hyperpolyglot.cli.app import cli
from hyperpolyglot.engine.devices import choice, chosen_gpus, use_device
from hyperpolyglot.engine.nearest import nearest
from hyperpolyglot.store import Store

LONG = 1 << 50


@pytest.fixture
def two(monkeypatch):
    monkeypatch.setattr(choice, "_gpus", lambda: ("cuda:0", "cuda:1"))
    monkeypatch.setattr(choice, "_driver_count", lambda: 2)


@pytest.fixture
def none(monkeypatch):
    monkeypatch.setattr(choice, "_gpus", lambda: ())
    monkeypatch.setattr(choice, "_driver_count", lambda: 0)


@pytest.fixture(autouse=True)
def _as_before():
    yield
    use_device("cpu")


@pytest.mark.parametrize(
    ("name", "work", "expected"),
    [
        ("cpu", LONG, ()),
        ("auto", LONG, ("cuda:0", "cuda:1")),
        ("auto", 1000, ()),
        ("cuda", 1000, ("cuda:0", "cuda:1")),
        ("cuda:1", 1000, ("cuda:1",)),
    ],
)
def test_what_is_chosen(name, work, expected, two):
    """auto wakes GPUs for a long search only; cuda takes all of them."""
    assert expected == chosen_gpus(name, work)
    use_device(name)
    assert expected == chosen_gpus(None, work)


def test_a_gpu_that_is_not_there_is_said_once(two):
    """There are two; the third is asked for three times."""
    said: list[str] = []
    use_device("cuda:2", said.append)
    assert () == chosen_gpus(None, LONG) == chosen_gpus("cuda:2", LONG)
    expected = (
        "cuda:2 is not there: there is only cuda:0, cuda:1; the processor goes on, with the same results."
    )
    assert [expected] == said


def test_without_a_gpu_auto_is_silent_and_cuda_warns(none):
    assert () == chosen_gpus("auto", LONG)
    with pytest.warns(RuntimeWarning, match="the processor goes on, with the same results"):
        use_device("cuda")
    vectors = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)
    assert "plain" == nearest(vectors, 3, device="cuda").certificate.backend


def test_the_extra_is_named_where_torch_is_missing(none, monkeypatch):
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    said: list[str] = []
    use_device("cuda", said.append)
    assert "pip install 'hyperpolyglot[gpu]'" in said[0]


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CUDA", "", "cpu:0"])
def test_another_name_is_refused(name):
    with pytest.raises(ValueError, match="a device is auto, cpu, cuda or cuda:0"):
        use_device(name)


def test_the_command_line_says_it_once_and_finds_the_step_of_another_device(none, tmp_path):
    """The same JSON and the same step in the cache with and without --device."""
    command = ["diversity", "demo:meaning", "-k", "5", "--json", "--cache", str(tmp_path)]
    first = CliRunner().invoke(cli, command)
    steps = sorted(path.name for path in tmp_path.rglob("manifest.json"))
    second = CliRunner().invoke(cli, [*command, "--device", "cuda"])
    assert 0 == first.exit_code == second.exit_code
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert 1 == second.stderr.count("cuda is not there")
    assert steps == sorted(path.name for path in tmp_path.rglob("manifest.json"))
    assert Store(tmp_path)


def test_another_device_on_the_command_line_is_wrong_usage():
    found = CliRunner().invoke(cli, ["diversity", "demo:meaning", "--device", "tpu"])
    assert 2 == found.exit_code
    assert "a device is auto, cpu, cuda" in found.stderr
