"""The ceiling for memory against what a process takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.engine.nearest import nearest
from hyperpolyglot.errors import NotEnoughMemory

from .test_backends import gaussian, same

CHILD = r"""
import re, sys, threading, time
import numpy as np
from pathlib import Path
from hyperpolyglot.engine.nearest import nearest

def taken():
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"RssAnon:\s+(\d+)", status).group(1))

def watch():
    while True:
        seen.append(taken())
        time.sleep(0.002)

backend, ceiling = sys.argv[1], int(sys.argv[2]) or None
vectors = np.random.default_rng(0).standard_normal((50_000, 32), dtype=np.float32)
nearest(vectors[:2000].copy(), 10, backend=backend, threads=2)  # compiled code is loaded
seen = [taken()]
before = seen[0]
threading.Thread(target=watch, daemon=True).start()
nearest(vectors, 100, backend=backend, threads=2, memory_bytes=ceiling)
print(max(seen) - before)
"""


def taken(backend, ceiling):
    """Bytes of memory, files not counted, that a search takes at its peak, in a process of its own."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD, backend, str(ceiling or 0)], capture_output=True, text=True, check=True
    )
    return int(child.stdout)


linux = pytest.mark.skipif(
    not Path("/proc/self/status").exists() or "RssAnon" not in Path("/proc/self/status").read_text("utf8"),
    reason="Linux tells what a process takes",
)


@linux
@pytest.mark.parametrize("backend", ["fp32", "int8"])
def test_a_ceiling_is_kept(backend):
    """A search that would take more stays below; its result, 40 MB, lies on disk."""
    ceiling = 85 << 20
    assert taken(backend, None) > ceiling + (40 << 20)
    assert taken(backend, ceiling) <= ceiling


def test_the_plain_back_end_refuses_a_ceiling_it_cannot_keep():
    vectors = gaussian(np.random.default_rng(0), 300, 16)
    with pytest.raises(NotEnoughMemory, match="choose another"):
        nearest(vectors, 5, backend="plain", memory_bytes=1 << 20)


def test_a_table_on_disk_is_searched_where_it_lies(tmp_path):
    """A memory-mapped float32 table gives the same bytes."""
    vectors = gaussian(np.random.default_rng(1), 900, 40)
    np.save(tmp_path / "table.npy", vectors)
    mapped = np.load(tmp_path / "table.npy", mmap_mode="r")
    for backend in ("fp32", "int8", "direct"):
        assert same(nearest(vectors, 20, backend="plain"), nearest(mapped, 20, backend=backend))


WHOLE = r"""
import os, re, runpy, sys, threading, time
from pathlib import Path

def watch():
    while True:
        status = Path("/proc/self/status").read_text()
        seen.append(1024 * int(re.search(r"RssAnon:\s+(\d+)", status).group(1)))
        time.sleep(0.002)

seen = []
threading.Thread(target=watch, daemon=True).start()
try:
    runpy.run_module("hyperpolyglot", run_name="__main__", alter_sys=True)
finally:
    Path(os.environ["PEAK"]).write_text(str(max(seen)))
"""


@linux
def test_a_model_larger_than_the_memory_allowed_is_searched_and_its_neighbours_written(tmp_path):
    """A command on a bfloat16 table takes memory for its rounds, not for vectors, result and output."""
    rows, dim, k = 60_000, 256, 60
    random = np.random.default_rng(3)
    bits = random.standard_normal((rows, dim), dtype=np.float32).view(np.uint32) >> 16
    entry = {"dtype": "BF16", "shape": [rows, dim], "data_offsets": [0, 2 * rows * dim]}
    header = json.dumps({"model.embed_tokens.weight": entry}).encode()
    model = tmp_path / "model.safetensors"
    model.write_bytes(len(header).to_bytes(8, "little") + header + bits.astype(np.uint16).tobytes())
    words = "".join(json.dumps([i, f"▁{i}", 0.0]) + "\n" for i in range(rows))
    (tmp_path / "words.jsonl").write_text(words, "utf8")

    def peak(name, *arguments):
        command = ["neighbors", str(model), "--tokenizer", str(tmp_path / "words.jsonl"), "-k", str(k)]
        command += ["--no-cache", "--threads", "2", "-o", str(tmp_path / f"{name}.npz"), *arguments]
        there = tmp_path / f"{name}.peak"
        child = [sys.executable, "-c", WHOLE, *command]
        subprocess.run(child, capture_output=True, check=True, env=os.environ | {"PEAK": str(there)})
        return int(there.read_text())

    free, kept = peak("free"), peak("kept", "--memory", "96MiB")
    vectors, result = 4 * rows * dim, 8 * k * rows
    assert kept + vectors + result < free
    expected, found = np.load(tmp_path / "free.npz"), np.load(tmp_path / "kept.npz")
    for name in ("rows", "similarity"):
        assert expected[name].tobytes() == found[name].tobytes()
