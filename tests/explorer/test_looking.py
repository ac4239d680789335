"""What a visitor sees on the map: structure among many points, regions by name, a token among its neighbours."""

from __future__ import annotations

import io

import numpy as np
import pytest

ONE = "#model=by/script"
OTHER = "#model=by/meaning"

CROWD = """(tokens) => {
  const [view, model] = [explorer.views[0], explorer.open[0]];
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const points = new Float32Array(2 * tokens);
  for (let row = 0; row < tokens; row++) {
    const reach = row % 4 ? 0.45 : 0.1;
    points[2 * row] = reach * (2 * random() - 1);
    points[2 * row + 1] = reach * (2 * random() - 1);
  }
  const crowd = Object.assign(Object.create(model), { size: tokens, points, label: new Uint16Array(tokens) });
  view.setModel(crowd, "crowd");
  view.paint(Uint8Array.from({ length: 4 * tokens }, (_, i) => (i % 4 === 3 ? 255 : 0)), () => true, () => null);
}"""
"""Black points on a square, a quarter of them on a small square in the middle, which is seven times as dense."""


@pytest.mark.parametrize("tokens", [250_000, 50_000])
def test_structure_shows_among_many_points(tokens, visit, served):
    """Where points are seven times as dense the map is clearly darker, and elsewhere neither opaque nor empty."""
    from PIL import Image

    page = visit(served + ONE)
    page.evaluate(CROWD, tokens)
    page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(page.locator(".stage canvas").screenshot())).convert("L")
    grey = np.asarray(picture, float)
    height, width = grey.shape
    reach = 0.94 * (min(width, height - 70)) / 2
    y, x = np.mgrid[:height, :width]
    away = np.maximum(abs(x - width / 2), abs(y - height / 2)) / reach
    ink = 1 - grey / 249
    dense, thin = ink[away < 0.08].mean(), ink[(away > 0.15) & (away < 0.4)].mean()
    assert 0.15 < thin < 0.75
    assert dense > thin + 0.2
