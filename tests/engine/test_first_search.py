"""The first search after installation compiles little: what it does without the fast kernels is the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from hyperpolyglot.engine import nearest as door
from hyperpolyglot.engine.nearest import nearest

ROWS, DIM = 3_000, 260

SCRIPT = """
import json, sys
import numpy as np
from numba.core import event
from hyperpolyglot.engine.nearest import nearest

compiled = []
class Listener(event.Listener):
    def on_start(self, _): ...
    def on_end(self, it): compiled.append((it.data["dispatcher"].py_func.__qualname__, str(it.data["args"])))
event.register("numba:compile", Listener())
vectors = np.random.default_rng(0).standard_normal((3_000, 260)).astype(np.float32)
found = nearest(vectors, 5, backend=sys.argv[1])
print(json.dumps([found.certificate.backend, found.positions[:3].tolist(), compiled]))
"""


def first_search(folder, backend):
    """What the first search of a process does where Numba's cache is empty."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", SCRIPT, backend]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_small_table_does_not_wait_for_the_compiler(tmp_path):
    """The kernels of the fast back ends are left alone; about a dozen small functions are compiled."""
    backend, positions, compiled = first_search(tmp_path, "auto")
    vectors = np.random.default_rng(0).standard_normal((ROWS, DIM)).astype(np.float32)
    assert "plain" == backend
    assert nearest(vectors, 5, backend="fp32").positions[:3].tolist() == positions
    assert not {"_sweep", "finish", "_guess", "argmergesort"} & {name.split(".")[-1] for name, _ in compiled}
    assert len(compiled) < 20


@pytest.mark.long
def test_no_kernel_is_compiled_for_a_literal(tmp_path):
    """Counts that begin at a literal 0 had the largest kernels compiled once for it and once for any number."""
    _, _, compiled = first_search(tmp_path, "int8")
    large = {"_sweep", "_kept", "_refine", "_screen", "_settle", "_settle_ties", "finish", "sort"}
    ours = [(name, types) for name, types in compiled if name in large]
    assert large == {name for name, _ in ours}
    assert not [name for name, types in ours if types.startswith("(Literal") or ", Literal" in types]


def test_a_process_that_searches_more_compiles(monkeypatch):
    """So much is searched without the kernels, as long as they are not there."""
    vectors = np.random.default_rng(0).standard_normal((ROWS, DIM)).astype(np.float32)
    size = ROWS * vectors.size
    monkeypatch.setattr(door, "_UNCOMPILED", door._Allowance(2 * size))
    monkeypatch.setattr(door, "is_compiled", lambda: False)
    found = [nearest(vectors, 5).certificate.backend for _ in range(3)]
    assert (["plain", "plain"], False) == (found[:2], "plain" == found[2])
    monkeypatch.setattr(door, "_UNCOMPILED", door._Allowance(2 * size))
    monkeypatch.setattr(door, "is_compiled", lambda: True)
    assert "plain" != nearest(vectors, 5).certificate.backend
