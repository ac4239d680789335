/** Regions of a map by what their words mean: concepts of the lexicon most of whose words lie together. */

const REACH = 0.06;
const FEWEST = 3;
const TOGETHER = 0.3;
const MOST = 400;
const READABLE = /^\p{L}[\p{L}’' -]{3,}$/u;

/**
 * Concepts with a place that three in ten of their words share, those with most words there and fewest elsewhere first: `[{concept, row, x, y}]`, `row` the
 * word in their midst. Of words that lie as close the first counts, so that the same model always gives the same names.
 */
export function regions(model) {
  const found = [];
  const english = inEnglish(model);
  wordsOf(model).forEach((rows, concept) => {
    const named = english.has(concept) || READABLE.test(model.lexicon.gloss.at(concept));
    const middle = named && rows.length >= FEWEST && midst(model.points, rows.slice(0, MOST));
    if (middle && middle.near >= Math.max(FEWEST, TOGETHER * rows.length)) found.push({ concept, score: middle.near ** 2 / rows.length, ...middle });
  });
  return found.sort((a, b) => b.score - a.score || a.concept - b.concept);
}

/** Concepts of which a token is the English word; others may be called by a symbol or a code. */
function inEnglish({ lexicon, concept, language }) {
  const tag = lexicon.languages.findIndex((known) => known.tag === "en");
  return new Set(concept.filter((_, i) => language[i] === tag));
}

/** Rows of the tokens on the map that are words for each concept. */
function wordsOf({ size, points, meaningAt, concept }) {
  const found = new Map();
  for (let row = 0; row < size; row++) {
    if (!Number.isFinite(points[2 * row])) continue;
    for (let i = meaningAt[row]; i < meaningAt[row + 1]; i++) {
      if (!found.has(concept[i])) found.set(concept[i], []);
      const rows = found.get(concept[i]);
      if (rows.at(-1) !== row) rows.push(row);
    }
  }
  return found;
}

/** The row with most of the others within reach, how many those are, and the middle of them. */
function midst(points, rows) {
  let best = { near: 0 };
  for (const row of rows) {
    let [near, x, y] = [0, 0, 0];
    for (const other of rows) {
      if (Math.hypot(points[2 * other] - points[2 * row], points[2 * other + 1] - points[2 * row + 1]) > REACH) continue;
      near++;
      x += points[2 * other];
      y += points[2 * other + 1];
    }
    if (near > best.near) best = { row, near, x: x / near, y: y / near };
  }
  return best;
}
