"""int8 products alone, ours against others: ``python benchmarks/products.py``.

Ours are the tiles of the search, with the comparison in their epilogue and no product written, on panels that are
packed. Peers write all products as int32; they are measured where they are installed: ``pip install onnx onnxruntime
torch``. Giga-operations (a multiplication and an addition are two) per second, best of several, by threads.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numba
import numpy as np
from neighbours import machine

from hyperpolyglot.engine.kernels.operands import INT8, Panels, Workspace, height, tile
from hyperpolyglot.engine.processor import COLUMNS

ROUNDS = 7
ROWS, WIDE, DIMS = 2016, 16_384, (384, 768, 2048)
NEAR = 1 << 20


def best(run: Callable[[], object]) -> float:
    """The least seconds of some runs, after one that does not count."""
    times = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return min(times[1:])


@numba.njit(nogil=True)
def _tiles(rows, columns, chunk, words, panels):  # type: ignore[no-untyped-def]
    tall = panels.row_terms.shape[2]
    sums, masks = np.empty((tall, COLUMNS), np.int32), np.empty(tall, np.int32)
    found = 0
    for top in range(0, rows, chunk):
        for column in range(columns):
            for panel in range(top, min(top + chunk, rows)):
                found += tile(INT8, panel, column, words, panels, sums, masks)
    return found


def ours(dim: int, threads: int) -> float:
    """GOP/s of tiles that no threshold lets pass, a block of 2,048 columns for each thread."""
    random, words, tall, columns = np.random.default_rng(0), dim // 4, height(INT8), 2048

    def block() -> Panels:
        panels = Workspace(INT8, ROWS, columns, words, 1).buffers.panels
        for panel in panels:
            if panel.dtype == np.int32:
                panel[:] = random.integers(-(2**31), 2**31 - 1, panel.shape)
            else:
                panel[:] = 1
                panel[..., 2, :] = 1e30
        return panels

    blocks = [block() for _ in range(threads)]
    chunk = max(1, NEAR // (4 * words * tall))

    def one(panels: Panels) -> None:
        _tiles(ROWS // tall, columns // COLUMNS, chunk, words, panels)

    with ThreadPoolExecutor(threads) as pool:
        seconds = best(lambda: list(pool.map(one, blocks)))
    return threads * 2e-9 * ROWS * columns * dim / seconds


def onnxruntime(dim: int, threads: int) -> float:
    """GOP/s of MatMulInteger, uint8 by int8."""
    import onnx
    import onnxruntime as runtime

    make, kinds = onnx.helper, onnx.TensorProto
    sides = [
        make.make_tensor_value_info("A", kinds.UINT8, [None, dim]),
        make.make_tensor_value_info("B", kinds.INT8, [dim, None]),
    ]
    out = make.make_tensor_value_info("Y", kinds.INT32, [None, None])
    graph = make.make_graph([make.make_node("MatMulInteger", ["A", "B"], ["Y"])], "g", sides, [out])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(0)
    given = {
        "A": random.integers(0, 256, (ROWS, dim)).astype(np.uint8),
        "B": random.integers(-127, 128, (dim, WIDE)).astype(np.int8),
    }
    return 2e-9 * ROWS * WIDE * dim / best(lambda: session.run(None, given))


def torch(dim: int, threads: int) -> float:
    """GOP/s of torch's int8 product."""
    import torch as library

    library.set_num_threads(threads)
    random = np.random.default_rng(0)
    left, right = (
        library.from_numpy(random.integers(-127, 128, (n, dim)).astype(np.int8)) for n in (ROWS, WIDE)
    )
    return 2e-9 * ROWS * WIDE * dim / best(lambda: library._int_mm(left, right.t()))


def main() -> None:
    """Measure all that is installed."""
    print(machine())
    methods = {"ours, compared": ours}
    if find_spec("onnxruntime") and find_spec("onnx"):
        methods["onnxruntime MatMulInteger"] = onnxruntime
    if find_spec("torch"):
        methods["torch _int_mm"] = torch
    for threads in sorted({1, len(os.sched_getaffinity(0))}):
        print(f"{f'{threads} threads, d =':27s}" + "".join(f"{dim:8d}" for dim in DIMS))
        for name, measure in methods.items():
            print(f"{name:27s}" + "".join(f"{measure(dim, threads):8.0f}" for dim in DIMS), flush=True)


if __name__ == "__main__":
    main()
