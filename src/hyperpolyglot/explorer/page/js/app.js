/** The explorer: models, maps, legend, search and panel, kept in step with the address bar. */

import { LazyColumn, readStrings } from "./bundle.js";
import { coloursOf, shownBy } from "./colours.js";
import { debounced, el, fill } from "./elements.js";
import { Legend, nounOf, UNLABELLED } from "./legend.js";
import { MapView } from "./map.js";
import { choices, scaleOf } from "./measures.js";
import { understood, Words } from "./meaning.js";
import { Model } from "./model.js";
import { colouring, colourOfNone, onTheme } from "./palette.js";
import { Panel } from "./panel.js";
import { SearchBox } from "./searchbox.js";
import { State } from "./state.js";
import { spoken } from "./tokens.js";
import { tourCard } from "./tour.js";
import { Search } from "./workers.js";

const LINKED = 10;
const WIDE = matchMedia("(min-width: 1024px)");

export class App {
  state = new State();
  search = new Search();
  open = [];
  #selection = null;
  #pointed = null;
  #matches = null;
  #near = null;
  #flies = false;
  #opening = 0;
  #asked = 0;

  constructor(manifest, page) {
    this.manifest = manifest;
    this.page = page;
    this.lexicon = { languages: manifest.lexicon.languages, gloss: null };
    const { word, word_concept: meant } = manifest.lexicon.columns;
    this.words = new Words(word ? new LazyColumn(word) : null, meant ? new LazyColumn(meant) : null);
    this.models = new Map(manifest.models.map((entry) => [entry.model, new Model(entry, this.lexicon)]));
    this.legend = new Legend({
      colour: (colour) => this.state.change({ colour }, { step: true }),
      filter: (off) => this.state.change({ off }, { step: true }),
      point: (key) => this.#point(key),
    });
    this.box = new SearchBox({
      query: (query) => this.state.change({ query }),
      pick: (row) => this.pick(0, row),
      toggled: () => this.#light(),
      announce: (text) => this.announce(text),
    });
    this.panel = new Panel({
      pick: (side, row) => this.pick(side, row),
      point: (side, row) => this.#hover(side, row),
      clear: (what) => this.state.change(what === "token" ? { token: null, token2: null } : { [what]: null }, { step: true }),
      announce: (text) => this.announce(text),
      tour: (stop) => this.tour(stop),
    });
    this.views = [0, 1].map((side) => this.#view(side));
    this.announce = debounced(300, (text) => fill(page.live, text));
    this.#furnish();
    this.#choose();
    this.state.subscribe((state, changed) => this.#follow(changed));
    onTheme(() => this.#paint(true));
  }

  #view(side) {
    return new MapView({
      hover: (row) => this.#hover(side, row),
      pick: (row) => this.pick(side, row),
      lasso: (lasso) => this.state.change(side ? {} : { lasso }, { step: true }),
      view: (view) => this.state.change({ [side ? "view2" : "view"]: view.every((v, i) => v === (i < 2 ? 0 : 1)) ? null : view }),
      middle: (row) => row >= 0 && this.open[side].texts && this.announce(spoken(this.open[side].text(row))),
    });
  }

  #furnish() {
    const names = [...this.models.keys()];
    const select = (id, change) => el("select", { id, onchange: (event) => change(event.target.value) }, names.map((n) => el("option", { value: n }, this.models.get(n).title)));
    this.modelChoice = select("model", (model) => this.#swap({ model, beside: this.state.now.beside === model ? null : this.state.now.beside }));
    this.besideChoice = select("beside", (beside) => this.#swap({ beside: beside || null }));
    this.besideChoice.prepend(el("option", { value: "" }, "none"));
    fill(this.page.choices,
      el("label", { for: "model" }, "Model"), this.modelChoice,
      names.length > 1 ? [el("label", { for: "beside" }, "Compare with"), this.besideChoice] : null);
    fill(this.page.search, this.box.element);
    fill(this.page.legend, this.legend.element);
    fill(this.page.panel, this.panel.element);
    const stops = this.manifest.tour.length;
    fill(this.page.tour, stops ? el("button", { type: "button", onclick: () => this.tour(1) }, "Tour") : null);
    if (!WIDE.matches) this.legend.element.open = false;
  }

  /** Whether the address names models that are here. */
  #known() {
    const { model, beside } = this.state.now;
    return this.models.has(model) && (beside === null || (this.models.has(beside) && beside !== model));
  }

  /** An address without a model shows the first, on a wide screen with the second beside it. */
  #choose() {
    const names = [...this.models.keys()];
    const { model, beside } = this.state.now;
    const first = this.models.has(model) ? model : names[0];
    const second = model === null && WIDE.matches ? (names[1] ?? null) : this.models.has(beside) && beside !== first ? beside : null;
    this.state.change({ model: first, beside: second });
  }

  /** Open other models; the token stays the same by its text. */
  #swap(change) {
    const row = this.rows()[0];
    const next = this.models.get(change.model ?? this.state.now.model);
    const text = row >= 0 && this.open[0].text(row);
    const found = text && next.texts ? next.rowOfText(text) : -1;
    const same = next === this.open[0] ? this.state.now.token : found >= 0 ? next.id[found] : null;
    this.state.change({ ...change, token: same, token2: null, lasso: null, ...(change.model ? { view: null } : { view2: null }) }, { step: true });
  }

  /** Open what the address names, and show it as it comes in. */
  start() {
    return this.#start().catch((error) => this.page.notices.show(error, () => this.start()));
  }

  async #start() {
    const number = ++this.#opening;
    const { model, beside } = this.state.now;
    this.open = [model, beside].filter(Boolean).map((name) => this.models.get(name));
    this.modelChoice.value = model;
    this.besideChoice.value = beside ?? "";
    await Promise.all(this.open.map((m) => m.load("Map")));
    if (number !== this.#opening) return;
    fill(this.page.maps, this.open.map((_, i) => this.views[i].element));
    this.page.maps.classList.toggle("two", this.open.length > 1);
    this.scheme = colouring(this.manifest.colours ?? []);
    this.open.forEach((m, i) => this.views[i].setModel(m, m.title));
    this.#look();
    this.#paint(false);
    if (document.documentElement.dataset.ready !== "all") document.documentElement.dataset.ready = "map";
    await Promise.all(this.open.map((m) => m.load("Tokens")));
    this.lexicon.gloss ??= await readStrings(this.manifest.lexicon.columns.gloss);
    if (number !== this.#opening) return;
    this.open.forEach((m, i) => {
      this.search.add(m);
      this.views[i].named();
    });
    await this.#recolour();
    this.box.set(this.state.now.query);
    await Promise.all([this.#seek(), this.#select(), this.#lasso()]);
    document.documentElement.dataset.ready = "all";
  }

  get complete() {
    return this.open.length > 0 && this.open.every((m) => m.meaningAt) && this.lexicon.gloss !== null;
  }

  #follow(changed) {
    const any = (...keys) => keys.some((key) => changed.has(key));
    if (any("model", "beside")) return this.#known() ? this.start() : this.#choose();
    if (any("view", "view2")) this.#look();
    if (!this.complete) return undefined;
    if (any("colour", "off")) this.#recolour();
    if (any("query")) {
      this.box.set(this.state.now.query);
      this.#seek();
    }
    if (any("lasso", "off")) this.#lasso();
    if (any("token", "token2", "tour")) this.#select();
    return undefined;
  }

  /** Paint by what the address names, once its values are here. */
  async #recolour() {
    const { colour } = this.state.now;
    try {
      await Promise.all(this.open.map((model) => model.loadMeasure(colour)));
    } catch (error) {
      this.page.notices.show(error, () => this.#recolour());
    }
    if (colour === this.state.now.colour) this.#paint(false);
  }

  #look() {
    const { view, view2 } = this.state.now;
    this.views[0].look(view ?? [0, 0, 1]);
    this.views[1].look(view2 ?? [0, 0, 1]);
  }

  colour = (label) => this.scheme.get(label)?.colour ?? colourOfNone();

  #paint(themed) {
    if (!this.open.length || !this.scheme) return;
    if (themed) this.scheme = colouring(this.manifest.colours ?? []);
    const { state: { now }, scheme } = this;
    const by = this.complete && choices(this.open, "").some((choice) => choice.by === now.colour) ? now.colour : "label";
    const scale = this.complete ? scaleOf(this.open, by, nounOf(this.open, "noun")) : null;
    const ofShown = (label) => (now.off.includes(label) ? null : by === "label" ? this.colour(label) : "var(--ink)");
    this.open.forEach((model, i) => this.views[i].paint(coloursOf(model, by, scheme, scale), shownBy(model, now.off), ofShown));
    this.legend.show(this.open, now.off, { by, scheme, scale });
    this.#light();
    if (themed && this.complete) this.#select();
  }

  /** Rows of the chosen token in the open models, −1 where there is none. */
  rows() {
    const { token, token2 } = this.state.now;
    const [first, second] = this.open;
    if (!first?.texts) return [-1, -1];
    const a = token === null ? -1 : first.rowOfId(token);
    const b = !second?.texts ? -1 : token2 !== null ? second.rowOfId(token2) : a >= 0 ? second.rowOfText(first.text(a)) : -1;
    return [a, b];
  }

  /** Choose a token of one side; −1 for none. */
  pick(side, row) {
    if (!this.complete) return;
    this.#flies = true;
    if (row < 0) return this.state.change({ token: null, token2: null }, { step: true });
    const model = this.open[side];
    if (side === 0) return this.state.change({ token: model.id[row], token2: null }, { step: true });
    const same = this.open[0].rowOfText(model.text(row));
    return this.state.change({ token: same < 0 ? null : this.open[0].id[same], token2: model.id[row] }, { step: true });
  }

  /** Go to a stop of the tour, from 1; null ends it. */
  tour(stop) {
    if (!this.complete) return;
    if (stop === null) return this.state.change({ tour: null }, { step: true });
    this.#flies = true;
    const rows = this.#stopRows(stop);
    const ids = rows.map((row, i) => (row === null ? null : this.open[i].id[row]));
    this.state.change({ tour: stop, token: ids[0], token2: ids[0] === null ? (ids[1] ?? null) : null }, { step: true });
  }

  /** Rows of a stop of the tour in the open models, null where one has no such token. */
  #stopRows(stop) {
    const all = this.manifest.models.map(({ model }) => model);
    return this.open.map((model) => this.manifest.tour[stop - 1].rows[all.indexOf(model.name)]);
  }

  async #select() {
    const number = ++this.#asked;
    const { tour } = this.state.now;
    const rows = this.rows().slice(0, this.open.length);
    const sides = await Promise.all(
      this.open.map(async (model, i) => ({ model, row: rows[i], near: rows[i] < 0 ? [] : await model.neighbours(rows[i]) })),
    ).catch((error) => this.page.notices.show(error, () => this.#select()));
    if (number !== this.#asked || !sides) return;
    const chosen = sides.some(({ row }) => row >= 0);
    this.#near = chosen ? sides.map(({ row, near }) => (row < 0 ? null : [row, ...near.map((n) => n.row)])) : null;
    const { view, view2 } = this.state.now;
    sides.forEach(({ row, near }, i) => {
      const linked = near.slice(0, LINKED).map((n) => n.row);
      this.views[i].mark({ selected: row, near: linked, names: near.map((n) => n.row), hover: null });
      if (row >= 0 && (this.#flies || !(i ? view2 : view))) this.views[i].visit(row, linked);
    });
    this.#flies = false;
    this.#light();
    const stop = tour !== null && tour >= 1 && tour <= this.manifest.tour.length ? tour : null;
    this.#showTour(stop, sides);
    if (chosen) await this.panel.showToken(sides, this.colour);
    else this.panel.showNothing(this.open, this.#examples());
    const side = sides.find(({ row }) => row >= 0);
    const text = side ? spoken(side.model.text(side.row)) : "";
    document.title = [text, this.open.map((m) => m.title).join(", "), "hyperpolyglot"].filter(Boolean).join(" – ");
    if (side) this.announce(`${text}, ${side.model.labelOf(side.row)?.name ?? side.model.kindOf(side.row)}`);
  }

  #showTour(stop, sides) {
    const inside = this.panel.tour.contains(document.activeElement);
    const there = stop !== null && this.#stopRows(stop).every((row, i) => row === null || row === sides[i].row);
    fill(this.panel.tour, stop === null ? null : tourCard(this.manifest.tour, stop, there ? sides : null, { tour: (to) => this.tour(to) }));
    if (inside || (stop === 1 && this.page.tour.contains(document.activeElement)))
      this.panel.tour.querySelector("h2")?.focus({ preventScroll: true });
  }

  #examples() {
    const at = this.manifest.models.findIndex(({ model }) => model === this.open[0].name);
    return this.manifest.tour.map(({ rows }) => rows[at]).filter((row) => row !== null);
  }

  #hover(side, row) {
    if (!this.complete) return;
    const text = row >= 0 ? this.open[side].text(row) : null;
    this.open.forEach((model, i) => {
      const there = text === null ? -1 : i === side ? row : model.rowOfText(text);
      this.views[i].mark({ hover: there });
    });
  }

  async #seek() {
    const { query } = this.state.now;
    if (!query.trim()) {
      this.#matches = null;
      this.box.show(this.open[0], null, null, this.colour);
    } else {
      const found = await Promise.all(this.open.map((model) => this.search.find(model, query)));
      const meant = await Promise.all(this.open.map((model, i) => understood(model, query, found[i].rows, this.words)));
      if (query !== this.state.now.query) return;
      this.#matches = found.map(({ matches }, i) => [...new Set([...matches, ...meant[i].same])].sort((a, b) => a - b));
      this.box.show(this.open[0], found[0], meant[0], this.colour);
    }
    this.box.list.dataset.query = query;
    this.#light();
  }

  async #lasso() {
    const { lasso } = this.state.now;
    const rows = lasso && lasso.length >= 6 && this.views[0].grid ? this.views[0].grid.inside(lasso) : null;
    this.#selection = rows ? this.open.map((model, i) => (i ? this.#sameIn(model, rows) : rows)) : null;
    this.views[0].mark({ lasso: rows ? lasso : null });
    this.panel.showSelection(this.open[0], rows, this.colour);
    if (rows) this.announce(`${rows.length} tokens selected`);
    this.#light();
  }

  #sameIn(model, rows) {
    return Uint32Array.from([...rows].map((row) => model.rowOfText(this.open[0].text(row))).filter((row) => row >= 0));
  }

  /** Look at a key of the legend. */
  #point(key) {
    this.#pointed = key;
    this.#light();
  }

  /**
   * Light up what is pointed at in the legend, else what matches while one searches, else what the lasso holds, else
   * the token that is chosen and its neighbours.
   */
  #light() {
    if (!this.complete) return;
    const { token, token2, off } = this.state.now;
    const pointed = off.includes(this.#pointed) ? null : this.#pointed; // what is not shown has nothing to light
    const searching = this.box.isOpen || (token === null && token2 === null);
    const lit = (searching && this.#matches) || this.#selection || this.#near;
    this.open.forEach((model, i) => {
      this.views[i].light(pointed === null ? (lit?.[i] ?? null) : rowsOf(model, pointed));
    });
  }
}

/** All tokens of a key of the legend. */
function rowsOf(model, key) {
  const label = model.labels.findIndex((l) => l.label === key);
  const kind = model.kinds.findIndex((k) => key === `kind:${k}`);
  const is =
    key === UNLABELLED ? (row) => model.label[row] >= model.labels.length
    : label >= 0 ? (row) => model.label[row] === label
    : (row) => model.kind?.[row] === kind;
  const rows = [];
  for (let row = 0; row < model.size; row++) if (is(row)) rows.push(row);
  return Uint32Array.from(rows);
}
