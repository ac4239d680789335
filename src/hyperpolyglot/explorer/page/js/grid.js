/** Points in cells, so that the nearest to a place, or those inside a shape, are found at once. */

export class Grid {
  /** Over the given rows of `points` (`[x, y, …]`). */
  constructor(points, rows) {
    this.points = points;
    this.side = Math.max(1, Math.min(512, Math.round(Math.sqrt(rows.length / 4))));
    this.bounds = bounds(points, rows);
    const cells = this.side * this.side;
    this.starts = new Uint32Array(cells + 1);
    const cellOf = new Uint32Array(rows.length);
    rows.forEach((row, i) => {
      cellOf[i] = this.#cell(points[2 * row], points[2 * row + 1]);
      this.starts[cellOf[i] + 1]++;
    });
    for (let i = 0; i < cells; i++) this.starts[i + 1] += this.starts[i];
    const next = this.starts.slice();
    this.rows = new Uint32Array(rows.length);
    rows.forEach((row, i) => (this.rows[next[cellOf[i]]++] = row));
  }

  #at(value, low, high) {
    return Math.max(0, Math.min(this.side - 1, Math.floor(((value - low) / (high - low || 1)) * this.side)));
  }

  #cell(x, y) {
    const [left, low, right, high] = this.bounds;
    return this.#at(y, low, high) * this.side + this.#at(x, left, right);
  }

  /** Call `run(row)` for all points in the cells that a rectangle touches. */
  each([x0, y0, x1, y1], run) {
    const [left, low, right, high] = this.bounds;
    const [a, b] = [this.#at(x0, left, right), this.#at(x1, left, right)];
    for (let j = this.#at(y0, low, high); j <= this.#at(y1, low, high); j++)
      for (let i = this.starts[j * this.side + a]; i < this.starts[j * this.side + b + 1]; i++) run(this.rows[i]);
  }

  /** The row nearest to a place, no further than `most`; −1 for none. */
  nearest(x, y, most) {
    let best = -1;
    let least = most * most;
    this.each([x - most, y - most, x + most, y + most], (row) => {
      const dx = this.points[2 * row] - x;
      const dy = this.points[2 * row + 1] - y;
      const distance = dx * dx + dy * dy;
      if (distance < least || (distance === least && row < best)) [best, least] = [row, distance];
    });
    return best;
  }

  /** The rows inside a polygon `[x, y, x, y, …]` (even-odd rule), ascending. */
  inside(polygon) {
    const found = [];
    this.each(bounds(polygon), (row) => {
      if (within(polygon, this.points[2 * row], this.points[2 * row + 1])) found.push(row);
    });
    return Uint32Array.from(found).sort();
  }
}

/** The rectangle `[left, low, right, high]` of some of the points. */
function bounds(points, rows = Array.from({ length: points.length / 2 }, (_, i) => i)) {
  const found = [Infinity, Infinity, -Infinity, -Infinity];
  for (const row of rows) {
    const x = points[2 * row];
    const y = points[2 * row + 1];
    if (x < found[0]) found[0] = x;
    if (y < found[1]) found[1] = y;
    if (x > found[2]) found[2] = x;
    if (y > found[3]) found[3] = y;
  }
  return found;
}

/** Whether a place is inside a polygon, by the even-odd rule. */
export function within(polygon, x, y) {
  let inside = false;
  const n = polygon.length;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    const [xi, yi, xj, yj] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
