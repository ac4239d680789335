/** Names on a map: of scripts and meanings that keep together, the more of them the nearer one comes, and of tokens. */

import { el, fill } from "./elements.js";
import { token } from "./tokens.js";
import { UNRANKED } from "./model.js";

const CELLS = 40;
const TOGETHER = 0.4;
const FEWEST = 40;
const REGION_AREA = 11000; // square pixels
const START = [0xe2, 0x96, 0x81];

/** Which tokens to name first: words before parts of words, then the most common. */
export function byInterest(model) {
  const { size, frequency } = model;
  const keys = new Uint32Array(size);
  const counts = new Uint32Array(2 * 65536 + 1);
  for (let row = 0; row < size; row++) {
    const rank = frequency[row] === UNRANKED ? 0 : frequency[row];
    keys[row] = (isWord(model, row) ? 0 : 65536) + (65535 - rank);
    counts[keys[row] + 1]++;
  }
  for (let i = 1; i < counts.length; i++) counts[i] += counts[i - 1];
  const order = new Uint32Array(size);
  for (let row = 0; row < size; row++) order[counts[keys[row]]++] = row;
  return order;
}

/** Whether a token reads like a word: it starts one and has a few letters, or it is of a script without spaces. */
function isWord(model, row) {
  if (model.kindOf(row) !== "text") return false;
  const bytes = model.texts.raw(row);
  const starts = START.every((byte, i) => bytes[i] === byte);
  const first = bytes[starts ? 3 : 0];
  const length = bytes.length - (starts ? 3 : 0);
  if (starts) return length >= 4 && length <= 40 && (first > 0xc2 || (first | 32) > 0x60);
  return length >= 6 && length <= 30 && first >= 0xe3 && first <= 0xed;
}

/** Scripts whose tokens lie together and among themselves, with the middle of where: `[{label, x, y}]`, largest first. */
export function islands(model) {
  const found = [];
  const { points, label } = model;
  const cells = model.labels.map(() => null);
  const every = new Uint32Array(CELLS * CELLS);
  for (let row = 0; row < model.size; row++) {
    const x = points[2 * row];
    const y = points[2 * row + 1];
    if (!(Math.abs(x) < 1.2 && Math.abs(y) < 1.2)) continue;
    const cell = Math.floor(((y + 1.2) / 2.4) * CELLS) * CELLS + Math.floor(((x + 1.2) / 2.4) * CELLS);
    every[cell]++;
    if (label[row] >= cells.length) continue;
    cells[label[row]] ??= new Uint32Array(CELLS * CELLS);
    cells[label[row]][cell]++;
  }
  cells.forEach((counts, i) => {
    const place = counts && model.labels[i].tokens >= FEWEST && heart(counts, every);
    if (place) found.push({ label: model.labels[i], ...place });
  });
  return found.sort((a, b) => b.label.tokens - a.label.tokens);
}

/** The middle of the five by five cells with most of a script beyond all else, if they hold enough of it. */
function heart(counts, every) {
  let best = { lead: -Infinity };
  for (let j = 2; j < CELLS - 2; j++) {
    for (let i = 2; i < CELLS - 2; i++) {
      let [sum, all, x, y] = [0, 0, 0, 0];
      for (let dj = -2; dj <= 2; dj++) {
        for (let di = -2; di <= 2; di++) {
          const n = counts[(j + dj) * CELLS + i + di];
          sum += n;
          all += every[(j + dj) * CELLS + i + di];
          x += n * (i + di + 0.5);
          y += n * (j + dj + 0.5);
        }
      }
      if (2 * sum - all > best.lead && sum) best = { lead: 2 * sum - all, sum, x: x / sum, y: y / sum };
    }
  }
  const tokens = counts.reduce((a, b) => a + b, 0);
  if (best.lead < 0 || best.sum < TOGETHER * tokens) return null;
  return { x: (best.x / CELLS) * 2.4 - 1.2, y: (best.y / CELLS) * 2.4 - 1.2 };
}

/** The layer of names over a map. */
export class Labels {
  #window = null;
  #origin = [0, 0];

  constructor() {
    this.element = el("div", { class: "labels", "aria-hidden": "true" });
    this.placed = [];
  }

  /**
   * Choose names for what the camera sees: `first` some rows, then scripts from afar, then `regions` by what they mean,
   * then tokens in their `order`.
   * `shown(row)` says whether a token is on the map, `colour(label)` the colour of a script's name, null if it is not.
   */
  choose(model, camera, { shown, colour, order, islands, regions, first }) {
    const taken = new Boxes();
    const chosen = [];
    const name = (row, kind) => {
      const [x, y] = [model.points[2 * row], model.points[2 * row + 1]];
      const [left, top] = camera.toScreen(x, y);
      if (!inWindow(camera, left, top) || taken.near(left, top) || !shown(row)) return;
      if (taken.take(left, top, 14 + 7.5 * Math.min(20, model.text(row).length), 17, false)) chosen.push({ x, y, row, kind });
    };
    first.forEach((row, i) => name(row, i ? "name near" : "name chosen"));
    if (camera.zoom < 2.5) {
      for (const { label, x, y } of islands) {
        const [left, top] = camera.toScreen(x, y);
        if (colour(label.label) && inWindow(camera, left, top) && taken.take(left, top, 8 * label.name.length, 18, true))
          chosen.push({ x, y, island: label, kind: "island" });
      }
    }
    const last = chosen.length + (camera.width * camera.height) / REGION_AREA;
    for (const { concept, row, x, y } of regions) {
      if (chosen.length >= last) break;
      const [left, top] = camera.toScreen(x, y);
      const gloss = model.lexicon.gloss.at(concept);
      if (inWindow(camera, left, top) && shown(row) && taken.take(left, top, 7 * gloss.length + 16, 26, true))
        chosen.push({ x, y, region: gloss, kind: "region" });
    }
    if (order && (camera.zoom >= 1.6 || !(islands.length + regions.length))) {
      const most = chosen.length + Math.min(90, (camera.width * camera.height) / (camera.zoom < 2.5 ? 26000 : 9000));
      for (let i = 0; i < order.length && chosen.length < most; i++) name(order[i], "name");
    }
    this.#show(model, camera, chosen, colour);
  }

  #show(model, camera, chosen, colour) {
    this.placed = chosen.map((place) => {
      const text = place.island?.name ?? place.region ?? token(model.text(place.row), 20);
      const name = el("span", { class: place.kind }, text);
      if (place.island) name.style.color = `color-mix(in oklab, ${colour(place.island.label)} 60%, var(--ink))`;
      return { ...place, name };
    });
    fill(this.element, this.placed.map(({ name }) => name));
    this.#window = null;
    this.move(camera);
  }

  /** Follow the points of a model that move: names of tokens go with them, those of places are dropped. */
  follow(model, camera) {
    this.placed = this.placed.filter(({ row }) => row !== undefined);
    for (const place of this.placed) [place.x, place.y] = [model.points[2 * place.row], model.points[2 * place.row + 1]];
    fill(this.element, this.placed.map(({ name }) => name));
    this.#window = null;
    this.move(camera);
  }

  /** Follow the camera: as one layer while it only pans, else name by name. */
  move(camera) {
    const [left, top] = camera.toScreen(0, 0);
    const window = [camera.zoom, camera.width, camera.height].join();
    if (window === this.#window) {
      this.element.style.transform = `translate(${(left - this.#origin[0]).toFixed(1)}px, ${(top - this.#origin[1]).toFixed(1)}px)`;
      return;
    }
    this.#window = window;
    this.#origin = [left, top];
    this.element.style.transform = "none";
    for (const { x, y, name } of this.placed) {
      const [left, top] = camera.toScreen(x, y);
      name.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
    }
  }
}

const inWindow = (camera, left, top) => left > 4 && top > 10 && left < camera.width - 30 && top < camera.height - 10;

/** Which parts of a window names have taken. */
class Boxes {
  #boxes = [];
  #cells = new Set();

  near(left, top) {
    return this.#cells.has(Boxes.#cell(left, top));
  }

  static #cell(left, top) {
    return Math.floor(left / 70) * 4096 + Math.floor(top / 22);
  }

  /** Take a box, middle left or centred at a place; whether it was free. */
  take(left, top, width, height, centred) {
    const box = [left - (centred ? width / 2 : 0), top - height / 2, left + width / (centred ? 2 : 1), top + height / 2];
    if (this.#boxes.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) return false;
    this.#boxes.push(box);
    this.#cells.add(Boxes.#cell(left, top));
    return true;
  }
}
