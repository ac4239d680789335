/** What a query means: the concepts it is a word for, the tokens of the same meaning, the pieces it is made of. */

import { cased } from "./folding.js";

const START = "▁";
const LONGEST = 200; // characters of a query that are cut into pieces
const LONGEST_PIECE = 64;
const NEAREST = 20;

/** The words of the lexicon, in their order; fetched only as far as a search in them goes. */
export class Words {
  /** `word` a lazy column of sorted words, `concept` one of what each means; null for bundles without them. */
  constructor(word, concept) {
    Object.assign(this, { word, concept });
  }

  /** The concepts that a word stands for in any language. */
  async concepts(text) {
    if (!this.word) return [];
    let [low, high] = [0, this.word.column.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((await this.word.text(middle)) < text) low = middle + 1;
      else high = middle;
    }
    const found = [];
    for (; low < this.word.column.length && (await this.word.text(low)) === text; low++)
      found.push((await this.concept.numbers(low))[0]);
    return found;
  }
}

/**
 * `{exact, same, pieces, near, glosses}` for a query: rows of the tokens that are spelled so among `rows`; of those of
 * the same meaning by the lexicon, those of most languages first, then the most common; of its pieces where it is no token (−1 for what no token
 * holds); and, where the lexicon does not know it, of the tokens nearest to it.
 */
export async function understood(model, query, rows, words) {
  const nothing = { exact: [], same: [], pieces: [], near: [], glosses: [] };
  const text = query.normalize("NFC").trim();
  if (!text || /^#\d+$|^(U\+[0-9a-f]{2,6}\s*)+$/i.test(text)) return nothing;
  const spelled = cased(text);
  const exact = rows.filter((row) => cased(bare(model.text(row))) === spelled);
  const concepts = new Set(await words.concepts(text.normalize("NFKC").toLowerCase()));
  for (const row of exact) for (const { concept } of model.meanings(row)) concepts.add(concept);
  const own = new Set(exact);
  const common = (row) => (model.frequency[row] === 65535 ? -1 : model.frequency[row]);
  const others = model.tokensFor(concepts).filter((row) => !own.has(row));
  const spread = new Map(others.map((row) => [row, languagesOf(model, row, concepts)]));
  const same = others.sort((a, b) => spread.get(b) - spread.get(a) || common(b) - common(a) || a - b);
  const near = exact.length && !concepts.size ? (await model.neighbours(exact[0])).slice(0, NEAREST) : [];
  return {
    exact,
    same,
    pieces: exact.length ? [] : pieces(model, text.slice(0, LONGEST)),
    near: near.map((n) => n.row),
    glosses: [...concepts].map((concept) => model.lexicon.gloss.at(concept)),
  };
}

/** In how many languages a token is a word for one of the concepts. */
function languagesOf(model, row, concepts) {
  return new Set(model.meanings(row).flatMap(({ concept, languages }) => (concepts.has(concept) ? languages : []))).size;
}

const bare = (text) => (text.length > 1 && text.startsWith(START) ? text.slice(1) : text);

/** A text cut greedily: the longest token first, from the left; an estimate of what a tokenizer does. */
export function pieces(model, text) {
  const found = [];
  for (const word of text.split(/\s+/)) {
    const letters = Array.from(START + word);
    for (let at = 0; at < letters.length; ) {
      const [row, end] = longest(model, letters, at);
      const isSilent = row < 0 && (at === 0 || found.at(-1) === -1); // a missing mark of a word's start is no piece
      if (!isSilent) found.push(row);
      at = end;
    }
  }
  return found;
}

function longest(model, letters, at) {
  for (let end = Math.min(letters.length, at + LONGEST_PIECE); end > at; end--) {
    const piece = letters.slice(at, end).join("");
    for (const form of [piece, piece.toLowerCase()]) {
      const row = model.rowOfText(form);
      if (row >= 0) return [row, end];
    }
  }
  return [-1, at + 1];
}
