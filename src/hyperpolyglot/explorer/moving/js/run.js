/** A run: the tokens that lie on every map, by row, and their places on the maps and between them. */

import { UNRANKED } from "./model.js";

const NO_WORDS = { gloss: { at: () => "" }, languages: [] };

export class Run {
  /** `given`: what stands in the page. Rows from `size` on have no place: they are near to those that do. */
  constructor(given) {
    const { title, moving, steps, texts, ids, noun, singular, kinds } = given;
    Object.assign(this, { name: title, title, size: moving, steps, kinds, measures: [], lexicon: NO_WORDS, all: texts, id: ids });
    this.facts = { noun, singular, padding: 0 };
    this.maps = numbers(Float32Array, given.points);
    this.near = numbers(Int32Array, given.near);
    this.label = numbers(Uint16Array, given.label);
    this.kind = numbers(Uint8Array, given.kind);
    this.nearest = this.near.length / Math.max(1, steps.length * moving);
    this.points = this.maps.slice(0, 2 * moving);
    const counts = new Uint32Array(given.labels.length);
    for (let row = 0; row < moving; row++) if (this.label[row] < counts.length) counts[this.label[row]]++;
    this.labels = given.labels.map((label, i) => ({ ...label, tokens: counts[i] }));
    const bytes = new TextEncoder();
    this.texts = { at: (row) => texts[row], raw: (row) => bytes.encode(texts[row]) };
    // ids stand in for frequency: tokenizers give the small ones to what is common
    this.frequency = Uint16Array.from({ length: moving }, (_, row) => ((UNRANKED - 1) * (moving - row)) / (moving + 1));
    this.meaningAt = new Uint32Array(moving + 1);
    this.concept = this.language = [];
  }

  /** Put the points where they are at a time: a whole number is a map, between two they are on their way. */
  at(time) {
    const before = Math.min(this.steps.length - 1, Math.floor(time));
    const after = Math.min(this.steps.length - 1, before + 1);
    const share = time - before;
    const eased = share * share * (3 - 2 * share);
    const width = 2 * this.size;
    for (let i = 0; i < width; i++) {
      const from = this.maps[before * width + i];
      this.points[i] = from + eased * (this.maps[after * width + i] - from);
    }
  }

  /** The nearest tokens of a row at a step, nearest first. */
  neighbours(step, row) {
    const at = (step * this.size + row) * this.nearest;
    return Array.from(this.near.subarray(at, at + this.nearest)).filter((near) => near >= 0);
  }

  text(row) {
    return this.all[row];
  }

  labelOf(row) {
    return this.labels[this.label[row]] ?? null;
  }

  kindOf(row) {
    return this.kinds[this.kind[row]];
  }

  placed(row) {
    return row < this.size;
  }
}

/** Numbers that stand in the page as base64 of their little-endian bytes. */
function numbers(Kind, text) {
  return new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}
