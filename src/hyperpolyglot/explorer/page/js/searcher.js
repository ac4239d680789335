/** Search over all tokens of a model: three spellings of the vocabulary, each one long string. */

import { cased, folded } from "./folding.js";

const SHOWN = 60;
const SEPARATOR = "\n";
const START = "▁";
const NO_MATCH = 9;
const CODE_POINT = /U\+([0-9a-f]{2,6})/gi;

/** All tokens under one spelling, as a single string to search. */
class Haystack {
  constructor(texts, fold) {
    this.string = fold(texts.map((text) => text.replaceAll(SEPARATOR, "\r")).join(SEPARATOR));
    this.starts = new Uint32Array(texts.length + 1);
    for (let i = 1, at = -1; i <= texts.length; i++) {
      at = this.string.indexOf(SEPARATOR, at + 1);
      if (at < 0) at = this.string.length;
      this.starts[i] = at + 1;
    }
  }

  /** Call `run(row, place, length of the token, whether it starts a word)` for every token that holds the needle. */
  each(needle, run) {
    const { string, starts } = this;
    const last = starts.length - 2;
    let row = 0;
    for (let at = string.indexOf(needle); at >= 0; at = string.indexOf(needle, starts[row + 1])) {
      if (at >= starts[row + 1]) row = this.#rowAt(at, row + 1);
      run(row, at - starts[row], starts[row + 1] - 1 - starts[row], string[starts[row]] === START);
      if (row === last) return;
    }
  }

  #rowAt(at, from) {
    let low = from;
    let high = this.starts.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Answers queries over the tokens of one model. */
export class Searcher {
  /** `offsets` and `bytes` of the texts; `id`, `frequency` and `kind` of every token; the `padding` kind. */
  constructor({ offsets, bytes, id, frequency, kind, padding }) {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const texts = Array.from({ length: offsets.length - 1 }, (_, i) =>
      kind[i] === padding ? "" : decoder.decode(bytes.subarray(offsets[i], offsets[i + 1])),
    );
    Object.assign(this, { id, frequency, size: texts.length });
    this.exact = new Haystack(texts, (text) => text);
    this.cased = new Haystack(texts, cased);
    this.folded = new Haystack(texts, folded);
  }

  /**
   * `{rows: the best, best first, total, matches: all rows, ascending}` for a text, `#123` or `U+30CA`. A space at the
   * beginning asks for tokens that start a word.
   */
  search(query) {
    const text = query.normalize("NFC");
    const number = /^\s*#(\d+)\s*$/.exec(text);
    if (number) return this.#byId(Number(number[1]));
    const points = [...text.matchAll(CODE_POINT)].map((found) => parseInt(found[1], 16));
    if (points.length && !text.replace(CODE_POINT, "").trim()) return this.#byCharacters(points);
    const needle = text.replace(/^\s+/, START).replace(/\s+$/, "").replace(/\s+/g, START);
    return this.#byText(needle === START ? "" : needle);
  }

  #byId(number) {
    const row = this.id[number] === number ? number : this.id.indexOf(number);
    const ranks = this.#unranked();
    if (row >= 0) ranks[row] = 0;
    return this.#ordered(ranks);
  }

  #byCharacters(points) {
    const ranks = this.#unranked();
    const known = points.filter((point) => point <= 0x10ffff);
    const needle = String.fromCodePoint(...known).replaceAll(SEPARATOR, "\r").replaceAll(" ", START);
    if (needle) this.exact.each(needle, (row, _, length) => (ranks[row] = length === needle.length ? 0 : 3));
    return this.#ordered(ranks);
  }

  /** Whole tokens first, then beginnings, then parts; of each, as typed, but for capitals and width, but for accents. */
  #byText(needle) {
    const ranks = this.#unranked();
    const spellings = [[this.exact, needle], [this.cased, cased(needle)], [this.folded, folded(needle)]];
    spellings.forEach(([haystack, form], spelling) => {
      if (!form) return;
      const marked = form.startsWith(START);
      haystack.each(form, (row, at, length, starts) => {
        const before = starts && !marked ? 1 : 0;
        const rank = spelling + (at > before ? 6 : length - before > form.length ? 3 : 0);
        if (rank < ranks[row]) ranks[row] = rank;
      });
    });
    return this.#ordered(ranks);
  }

  #unranked() {
    return new Uint8Array(this.size).fill(NO_MATCH);
  }

  /** The best by rank, then the most common, then the lowest. */
  #ordered(ranks) {
    const matches = [];
    const buckets = Array.from({ length: NO_MATCH }, () => []);
    for (let row = 0; row < ranks.length; row++) {
      if (ranks[row] === NO_MATCH) continue;
      matches.push(row);
      buckets[ranks[row]].push(row);
    }
    const rows = [];
    for (const bucket of buckets) {
      if (rows.length < SHOWN) rows.push(...this.#commonest(bucket, SHOWN - rows.length));
    }
    return { rows, total: matches.length, matches: Uint32Array.from(matches) };
  }

  #commonest(rows, most) {
    const common = (row) => (this.frequency[row] === 65535 ? -1 : this.frequency[row]);
    const least = rows.length > 4 * most ? this.#threshold(rows, most, common) : -1;
    return rows
      .filter((row) => common(row) >= least)
      .sort((a, b) => common(b) - common(a) || a - b)
      .slice(0, most);
  }

  /** A frequency that at least `most` of the rows reach, and few more. */
  #threshold(rows, most, common) {
    const counts = new Uint32Array(257);
    for (const row of rows) counts[(common(row) + 256) >> 8]++;
    let class_ = 256;
    for (let sum = counts[class_]; sum < most && class_ > 0; ) sum += counts[--class_];
    return (class_ << 8) - 256;
  }
}
