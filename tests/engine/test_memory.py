"""The ceiling for memory against what a process takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hyperpolyglot.engine.nearest import nearest
from hyperpolyglot.errors import NotEnoughMemory

from .test_backends import gaussian, same

CHILD = """
import re, sys
import numpy as np
from pathlib import Path
from hyperpolyglot.engine.nearest import nearest

def now(name):
    return 1024 * int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1))

backend, ceiling = sys.argv[1], int(sys.argv[2]) or None
vectors = np.random.default_rng(0).standard_normal((50_000, 32), dtype=np.float32)
nearest(vectors[:2000].copy(), 10, backend=backend, threads=2)  # compiled code is loaded
Path("/proc/self/clear_refs").write_text("5")  # the peak is forgotten
before = now("VmRSS")
nearest(vectors, 100, backend=backend, threads=2, memory_bytes=ceiling)
print(now("VmHWM") - before)
"""


def taken(backend, ceiling):
    """Bytes that a search takes at its peak, in a process of its own."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD, backend, str(ceiling or 0)], capture_output=True, text=True, check=True
    )
    return int(child.stdout)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak")
@pytest.mark.parametrize("backend", ["fp32", "int8"])
def test_a_ceiling_is_kept(backend):
    """A search that would take more stays below."""
    ceiling = 125 << 20
    assert taken(backend, None) > ceiling
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
