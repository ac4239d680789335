/** Reading a bundle: a manifest, and columns of numbers and strings in files that are checked as they arrive. */

const FORMAT = 1;
const TYPES = {
  float32: Float32Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
};

/** What went wrong, in a sentence for the reader. */
export class BundleError extends Error {}

/** The manifest beside the page, checked to be of a format that this page reads. */
export async function readManifest() {
  const answer = await fetch("manifest.json", { cache: "no-cache" });
  if (!answer.ok) throw new BundleError("There is no manifest.json beside this page: the export is not complete.");
  let manifest;
  try {
    manifest = await answer.json();
  } catch {
    throw new BundleError("The manifest.json beside this page is damaged: export again.");
  }
  const found = /^hyperpolyglot\.bundle\/(\d+)$/.exec(String(manifest?.format));
  if (!found) throw new BundleError("The manifest.json beside this page is not of a hyperpolyglot bundle.");
  if (Number(found[1]) !== FORMAT) {
    const age = Number(found[1]) < FORMAT ? "older" : "newer";
    throw new BundleError(
      `This bundle is of format ${found[1]}, ${age} than the format ${FORMAT} that this page reads: export it again.`,
    );
  }
  return manifest;
}

const CONTENTS = {
  points: "The map", label: "The labels of the tokens", neighbor: "The neighbours of this token", text: "The texts of the tokens",
  similarity: "The cosines of the neighbours", piece: "The piece of this token", bytes: "The bytes of this token",
  gloss: "The English meanings", word: "The words of the lexicon", word_concept: "The meanings of words",
  meaning_at: "The meanings of the tokens", meaning_concept: "The meanings of the tokens", meaning_language: "The meanings of the tokens",
};

/** What a file holds, as a reader calls it: by the column that is its name. */
function contentOf(path) {
  const column = /([a-z_]+)-\d+\.bin$/.exec(path)?.[1];
  return CONTENTS[column] ?? `The column “${column ?? path}”`;
}

/** One file of a column. Its digest is part of the address, so that no cache hands out an earlier one. */
async function readChunk(chunk) {
  let answer;
  let content;
  try {
    answer = await fetch(`${chunk.path}?${chunk.digest.slice(7, 23)}`);
    content = await answer.arrayBuffer();
  } catch {
    throw new BundleError(`${contentOf(chunk.path)} could not be loaded: the connection failed (${chunk.path}).`);
  }
  if (!answer.ok) throw new BundleError(`${chunk.path} is missing (${answer.status}): the export is not complete.`);
  if (content.byteLength !== chunk.bytes || !(await hasDigest(content, chunk.digest)))
    throw new BundleError(`${chunk.path} is not the file that the manifest states: export again.`);
  return content;
}

async function hasDigest(content, digest) {
  if (!globalThis.crypto?.subtle) return true; // only pages of https and of this machine may compute digests
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return digest === `sha256:${Array.from(sum, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}

/** All numbers of a column as one typed array. */
export async function readNumbers(column) {
  const parts = await Promise.all(column.chunks.map(readChunk));
  const all = new TYPES[column.type](column.length * column.width);
  let at = 0;
  for (const part of parts) {
    const numbers = new all.constructor(part);
    all.set(numbers, at);
    at += numbers.length;
  }
  return all;
}

/** All strings of a column. */
export async function readStrings(column) {
  const parts = (await Promise.all(column.chunks.map(readChunk))).map((part, i) => stringsOf(column, part, i));
  const offsets = new Uint32Array(column.length + 1);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
  let row = 0;
  let at = 0;
  for (const part of parts) {
    for (let i = 1; i < part.offsets.length; i++) offsets[++row] = at + part.offsets[i];
    bytes.set(part.bytes, at);
    at += part.bytes.length;
  }
  return new Strings(offsets, bytes);
}

function stringsOf(column, content, chunk) {
  const rows = Math.min(column.rows, column.length - chunk * column.rows);
  const offsets = new Uint32Array(content, 0, rows + 1);
  return new Strings(offsets, new Uint8Array(content, offsets.byteLength));
}

/** Strings one after another, decoded when they are asked for. */
export class Strings {
  constructor(offsets, bytes) {
    this.offsets = offsets;
    this.bytes = bytes;
  }

  get length() {
    return this.offsets.length - 1;
  }

  raw(row) {
    return this.bytes.subarray(this.offsets[row], this.offsets[row + 1]);
  }

  at(row) {
    return Strings.decoder.decode(this.raw(row));
  }
}
Strings.decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A column of which single rows are wanted: a file is fetched when one of its rows is. */
export class LazyColumn {
  #kept = new Map();

  constructor(column) {
    this.column = column;
  }

  #chunk(position) {
    const known = this.#kept.get(position);
    if (known) return known;
    const read = readChunk(this.column.chunks[position]);
    read.catch(() => this.#kept.delete(position));
    this.#kept.set(position, read);
    if (this.#kept.size > 64) this.#kept.delete(this.#kept.keys().next().value);
    return read;
  }

  /** The numbers of a row. */
  async numbers(row) {
    const { rows, width, type } = this.column;
    const content = await this.#chunk(Math.floor(row / rows));
    const Numbers = TYPES[type];
    return new Numbers(content, (row % rows) * width * Numbers.BYTES_PER_ELEMENT, width);
  }

  /** The strings of the file that holds a row, and the row's place among them. */
  async #strings(row) {
    const position = Math.floor(row / this.column.rows);
    return stringsOf(this.column, await this.#chunk(position), position);
  }

  async text(row) {
    return (await this.#strings(row)).at(row % this.column.rows);
  }

  async bytes(row) {
    return (await this.#strings(row)).raw(row % this.column.rows);
  }
}
