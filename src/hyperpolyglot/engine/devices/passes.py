"""Passes of probes, and products of whole tables, on a device."""

from __future__ import annotations

from typing import Any

import numpy as np

from hyperpolyglot.engine.devices.tensors import Device, Tensor
from hyperpolyglot.engine.probes.passes import Evaluation, ProbeRows
from hyperpolyglot.types import Array, Float32, Float64

__all__ = ["RowsThere", "cross_product"]

_CROSSED_ROWS = 8192
_PROBE_BYTES = 1 << 28


def cross_product(
    device: Device, a: Array, b: Array, means: tuple[Array, Array] | None, dtype: type
) -> Float64:
    """As :func:`hyperpolyglot.linalg.cross_product`, there."""
    kind = device.torch.float32 if dtype is np.float32 else device.torch.float64
    off = [device.send(mean).to(kind) for mean in means or (np.zeros(1), np.zeros(1))]
    total = device.torch.zeros((a.shape[1], b.shape[1]), dtype=device.torch.float64, device=device.name)
    for start in range(0, len(a), _CROSSED_ROWS):
        part = slice(start, start + _CROSSED_ROWS)
        left = device.send(a[part]).to(kind) - off[0]
        right = left if b is a else device.send(b[part]).to(kind) - off[1]
        total += (left.T @ right).double()
    return np.asarray(total.cpu().numpy())


def _answers(torch: Any, scores: Tensor, two_classes: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Probabilities ``[rows, problems, outputs]``, the answer and how far the next one is ``[rows, problems]``."""
    if two_classes:
        score = scores[:, :, 0]
        return torch.sigmoid(scores), (score > 0).long(), score.abs()
    best = scores.topk(2, dim=2).values
    return torch.softmax(scores, dim=2), scores.argmax(dim=2), best[:, :, 0] - best[:, :, 1]


class RowsThere:
    """Rows on a device, and a probe's pass over some of them: a :class:`~hyperpolyglot.engine.probes.passes.Pass`."""

    def __init__(self, device: Device, vectors: Float32) -> None:
        self._device, self._rows = device, device.send(vectors)

    def __call__(self, data: ProbeRows, parameters: Array, out: Evaluation) -> None:
        """As :func:`~hyperpolyglot.engine.probes.passes.pass_over_rows`; the vectors are those that are there."""
        _, rows, classes, training = data
        torch, send = self._device.torch, self._device.send
        columns, problems, dim = len(out.curvature), training.shape[1], self._rows.shape[1]
        two_classes = columns == problems
        weights = send(parameters[:columns])
        total = torch.zeros((columns, dim + 1), dtype=torch.float64, device=self._device.name)
        found = Evaluation.empty(columns, problems, parameters.shape[1])
        step = max(1, _PROBE_BYTES // (parameters.itemsize * (dim + 4 * columns)))
        for first in range(0, len(rows), step):
            part = slice(first, first + step)
            block = self._rows[send(rows[part])].to(weights.dtype)
            truth, learns = send(classes[part]), send(training[part])
            scores = block @ weights[:, :dim].T + weights[:, dim]
            share, answer, margin = _answers(torch, scores.view(len(block), problems, -1), two_classes)
            one = truth[:, None] if two_classes else torch.nn.functional.one_hot(truth, columns // problems)
            residual = (share - one[:, None]) * learns[:, :, None]
            spread = (share * (1 - share) * learns[:, :, None]).sum(0)
            found.curvature[:] += spread.double().view(-1).cpu().numpy()
            margin = margin.double().masked_fill(learns, float("inf"))
            found.margin[:] = np.minimum(found.margin, margin.min(0).values.cpu().numpy())
            found.correct[:] += ((answer == truth[:, None]) & ~learns).sum(0).cpu().numpy()
            flat = residual.reshape(len(block), columns)
            total[:, :dim] += (flat.T @ block).double()
            total[:, dim] += flat.sum(0).double()
        found.gradient[:columns, : dim + 1] = total.cpu().numpy()
        for whole, value in zip(out, found, strict=True):
            whole[:] = value
