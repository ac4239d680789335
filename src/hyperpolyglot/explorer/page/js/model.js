/** A model of the bundle: its tokens by position ("row"), with what is known of each. */

import { LazyColumn, readNumbers, readStrings } from "./bundle.js";

export const NO_LABEL = 65535;
export const NO_NEIGHBOURS = 255;
export const UNRANKED = 65535;
export const PADDING = "padding";

export class Model {
  #rowOfText = null;
  #begun = {};

  constructor(entry, lexicon) {
    Object.assign(this, {
      name: entry.model,
      title: entry.title,
      size: entry.tokens,
      k: entry.k,
      facts: { singular: entry.noun === "scripts" ? "script" : "label", ...entry }, // bundles of before have none
      labels: entry.labels,
      kinds: entry.kinds,
      measures: entry.measures ?? [], // bundles of before have none
      measured: new Map(),
      lexicon,
    });
    const { columns } = entry;
    this.columns = columns;
    for (const name of ["neighbor", "similarity", "piece", "bytes"]) this[name] = new LazyColumn(columns[name]);
  }

  /** Fetch `"Map"`, what a first map needs, or `"Tokens"`, the rest; once, but for what failed. */
  load(what) {
    const begun = (this.#begun[what] ??= this[`load${what}`]());
    begun.catch(() => delete this.#begun[what]);
    return begun;
  }

  /** Places and labels. */
  async loadMap() {
    const [points, label] = await Promise.all(["points", "label"].map((name) => readNumbers(this.columns[name])));
    this.label = label;
    this.points = framed(points);
  }

  /** The rest of what every token has. */
  async loadTokens() {
    const numbers = ["kind", "diversity", "frequency", "id", "meaning_at", "meaning_concept", "meaning_language"];
    const [text, ...found] = await Promise.all([
      readStrings(this.columns.text),
      ...numbers.map((name) => readNumbers(this.columns[name])),
    ]);
    [this.kind, this.diversity, this.frequency, this.id, this.meaningAt, this.concept, this.language] = found;
    this.texts = text;
  }

  /** Fetch a column that tokens can be coloured by, if the model has it. */
  async loadMeasure(by) {
    if (this.measured.has(by) || !this.measures.some(({ column }) => column === by)) return;
    this.measured.set(by, await readNumbers(this.columns[by]));
  }

  text(row) {
    return this.texts.at(row);
  }

  /** Its label as `{label, name, …}`, null for a token without one. */
  labelOf(row) {
    return this.labels[this.label[row]] ?? null;
  }

  kindOf(row) {
    return this.kinds[this.kind[row]];
  }

  placed(row) {
    return Number.isFinite(this.points[2 * row]);
  }

  hasNeighbours(row) {
    return this.diversity[row] !== NO_NEIGHBOURS;
  }

  /** Distinct labels that chance would put among the neighbours of a token. */
  expected(row) {
    return this.labelOf(row)?.expected ?? this.facts.expected_unlabelled;
  }

  /** The position of an id, −1 if no token has it; ids ascend in all but hand-made spaces. */
  rowOfId(id) {
    return this.id[id] === id ? id : this.id.indexOf(id);
  }

  /** The first token that reads like this, −1 if none does. */
  rowOfText(text) {
    if (!this.#rowOfText) {
      this.#rowOfText = new Map();
      for (let row = this.size - 1; row >= 0; row--)
        if (this.kindOf(row) !== PADDING) this.#rowOfText.set(this.text(row), row);
    }
    return this.#rowOfText.get(text) ?? -1;
  }

  /** The nearest tokens, nearest first: `[{row, similarity}]`. */
  async neighbours(row) {
    const [rows, similarity] = await Promise.all([this.neighbor.numbers(row), this.similarity.numbers(row)]);
    return Array.from(rows, (near, i) => ({ row: near, similarity: similarity[i] })).filter((n) => n.row >= 0);
  }

  /** What a token is a word for: `[{concept, languages}]`, positions in the lexicon. */
  meanings(row) {
    const found = new Map();
    for (let i = this.meaningAt[row]; i < this.meaningAt[row + 1]; i++) {
      if (!found.has(this.concept[i])) found.set(this.concept[i], []);
      found.get(this.concept[i]).push(this.language[i]);
    }
    return Array.from(found, ([concept, languages]) => ({ concept, languages }));
  }

  /** All tokens that are words for any of these concepts, ascending. */
  tokensFor(concepts) {
    const found = [];
    if (!concepts.size) return found;
    for (let row = 0, i = 0; row < this.size; row++) {
      let means = false;
      for (; i < this.meaningAt[row + 1]; i++) means ||= concepts.has(this.concept[i]);
      if (means) found.push(row);
    }
    return found;
  }

  /** Languages in which a token is a word for any of these concepts. */
  languagesFor(row, concepts) {
    const found = new Set();
    for (let i = this.meaningAt[row]; i < this.meaningAt[row + 1]; i++)
      if (concepts.has(this.concept[i])) found.add(this.language[i]);
    return [...found];
  }
}

/** Places in a square from −1 to 1 that holds all but a few far points; NaN stays NaN. */
function framed(points) {
  const [left, right] = reach(points, 0);
  const [low, high] = reach(points, 1);
  const middle = [(left + right) / 2, (low + high) / 2];
  const half = 0.53 * Math.max(right - left, high - low) || 1;
  const found = new Float32Array(points.length);
  for (let i = 0; i < points.length; i++) found[i] = (points[i] - middle[i % 2]) / half;
  return found;
}

/** Where all but half a per cent on either side of one coordinate lie, by a sample. */
function reach(points, which) {
  const tokens = points.length / 2;
  const step = Math.max(1, Math.floor(tokens / 20000));
  const sample = [];
  for (let i = 0; i < tokens; i += step) if (Number.isFinite(points[2 * i + which])) sample.push(points[2 * i + which]);
  if (!sample.length) return [-1, 1];
  sample.sort((a, b) => a - b);
  return [sample[Math.floor(0.005 * (sample.length - 1))], sample[Math.ceil(0.995 * (sample.length - 1))]];
}
