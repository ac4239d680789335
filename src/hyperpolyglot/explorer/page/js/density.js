/** How opaque points must be, so that a crowd shows where it is dense and where it is thin. */

const CELLS = 128;
const INK = 0.62;
const TYPICAL = 0.6;
const LEAST = 0.06;
const MOST = 0.92;

/** Points per square unit of the map where all but four in ten of the points have fewer around them. */
export function density(points, rows) {
  const counts = new Uint32Array(CELLS * CELLS);
  const at = (value) => Math.max(0, Math.min(CELLS - 1, Math.floor(((value + 1) / 2) * CELLS)));
  for (const row of rows) counts[at(points[2 * row + 1]) * CELLS + at(points[2 * row])]++;
  counts.sort();
  let seen = 0;
  let cell = 0;
  while (cell < counts.length - 1 && (seen += counts[cell]) < TYPICAL * rows.length) cell++;
  return counts[cell] * (CELLS / 2) ** 2;
}

/** The opacity with which points of a `size` give a typical place its ink, by how many there are in a square pixel. */
export function opacity(perPixel, size) {
  const layers = Math.max(1, (perPixel * Math.PI * size * size) / 4);
  return Math.max(LEAST, Math.min(MOST, 1 - (1 - INK) ** (1 / layers)));
}
