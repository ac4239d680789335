/** The map of one model: points, names, rings, and everything one does on it by hand or by key. */

import { Camera } from "./camera.js";
import { density, opacity } from "./density.js";
import { debounced, el, fill } from "./elements.js";
import { listen } from "./gestures.js";
import { download, fileName, pictureOf } from "./downloads.js";
import { Grid } from "./grid.js";
import { byInterest, islands, Labels } from "./labels.js";
import { Overlay } from "./overlay.js";
import { rgb } from "./palette.js";
import { Points, shuffled } from "./points.js";
import { regions } from "./regions.js";
import { spoken } from "./tokens.js";

const KEYS = "Arrow keys move, plus and minus zoom, 0 shows all, Enter chooses the token in the middle.";
const NO_WEBGL = "The map needs WebGL 2, which this browser does not offer; search and neighbours work without it.";
const SLOW = 34;
const FAST = 20;
const FEWEST = 12000;
const FADED = 0.09;
const FEW_LIT = 2000;
const CLOSEST = 0.02; // units of the map
const FARTHEST_IN = 30;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class MapView {
  camera = new Camera();
  marks = { selected: null, near: null, hover: null, lasso: null, crosshair: false };
  first = [];
  #dirty = false;
  #most = Infinity;
  #moving = false;
  #last = 0;
  #wasMoving = false;

  /** `does`: `hover(row)`, `pick(row)`, `view(view)`, `middle(row)`, `lasso(polygon)` where there is one; a row may be −1. */
  constructor(does) {
    this.does = does;
    this.labels = new Labels();
    this.overlay = new Overlay();
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.caption = el("h2", { class: "caption" });
    this.stage = el(
      "div",
      { class: "stage", tabindex: "0", role: "application", "aria-roledescription": "map" },
      this.canvas, this.labels.element, this.overlay.element, this.tip,
    );
    this.lassoButton = this.#tool("Lasso", "Draw round tokens to select them", () => this.#draws(!this.drawing));
    this.lassoButton.setAttribute("aria-pressed", "false");
    this.element = el(
      "section",
      { class: "map" },
      this.caption,
      this.stage,
      el(
        "div",
        { class: "tools" },
        this.#tool("+", "Zoom in", () => this.#zoomed(1.6)),
        this.#tool("−", "Zoom out", () => this.#zoomed(1 / 1.6)),
        this.#tool("All", "Show the whole map", () => this.fly([0, 0, 1])),
        does.lasso ? [this.lassoButton, this.#tool("In view", "Select all tokens in view", () => does.lasso(this.#windowed()))] : null,
        this.#tool("PNG", "Download this view as a picture", () => this.#saved()),
      ),
    );
    this.points = Points.on(this.canvas);
    if (this.points) this.#listen();
    else fill(this.stage, el("p", { class: "notice" }, NO_WEBGL));
    this.settle = debounced(120, () => this.#settled());
  }

  #tool(text, title, run) {
    return el("button", { type: "button", title, "aria-label": title, onclick: run }, text);
  }

  #listen() {
    this.points.onrestored = () => this.redraw();
    listen(this.stage, {
      pan: (dx, dy) => this.#moved(() => this.camera.pan(dx, dy)),
      zoom: (left, top, factor) => this.#moved(() => this.camera.zoomAt(left, top, factor)),
      tap: (left, top, reach) => this.does.pick(this.rowAt(left, top, reach)),
      hover: (left, top) => this.#hovered(this.rowAt(left, top, 12)),
      leave: () => this.#hovered(-1),
      drawing: () => this.drawing,
      lasso: this.does.lasso ? (drawn, done) => this.#drew(drawn, done) : null,
    });
    this.stage.addEventListener("keydown", (event) => this.#pressed(event));
    for (const kind of ["focus", "blur"])
      this.stage.addEventListener(kind, () => this.mark({ crosshair: this.stage.matches(":focus-visible") }));
    new ResizeObserver(() => this.#resized()).observe(this.stage);
  }

  /** Show a model, of which at least the map has been loaded. */
  setModel(model, title) {
    this.model = model;
    this.order = null;
    this.islands = islands(model);
    this.regions = [];
    fill(this.caption, title);
    this.stage.setAttribute("aria-label", `Map of the tokens of ${model.title}. ${KEYS}`);
    const placed = (row) => model.placed(row);
    this.shuffled = shuffled(model.size).filter(placed);
    this.points?.setPlaces(model.points);
    this.points?.setLit(new Uint32Array(0));
    this.mark({ selected: null, near: null, hover: null, lasso: null });
  }

  /** The tokens and the lexicon have been loaded: names can be shown. */
  named() {
    this.order = byInterest(this.model);
    this.regions = regions(this.model);
    this.settle();
  }

  /** The places of the model's points have changed. */
  moved() {
    this.points?.setPlaces(this.model.points);
    this.grid = new Grid(this.model.points, this.shuffled.filter(this.shown));
    this.islands = islands(this.model);
    this.labels.follow(this.model, this.camera);
    this.#draw();
    this.settle();
  }

  /** Which tokens are shown, and their colours: four bytes a token, and by label for the names. */
  paint(colours, shown, colourOfLabel) {
    Object.assign(this, { shown, colourOfLabel });
    const order = this.shuffled.filter(shown);
    this.grid = new Grid(this.model.points, order);
    this.drawn = order.length;
    this.dense = density(this.model.points, order);
    this.points?.setColours(colours);
    this.points?.setShown(order);
    this.redraw();
  }

  /** Light some tokens up, by rows; null fades nothing. */
  light(rows) {
    this.lit = Boolean(rows);
    const there = Uint32Array.from(rows ?? []).filter((row) => this.model.placed(row) && this.shown(row));
    this.litDense = density(this.model.points, there);
    this.points?.setLit(there);
    this.#draw();
  }

  /** Mark rows: `{selected, near, hover}` as rows or null, `names` those named first; `lasso` a polygon; `crosshair`. */
  mark({ names = [], ...marks }) {
    if ("selected" in marks) {
      this.first = [marks.selected, ...names].filter((row) => row !== null && row >= 0 && this.model.placed(row));
      this.labels.element.classList.toggle("around", this.first.length > 0);
      this.settle();
    }
    const place = (row) => (row !== null && row >= 0 && this.model.placed(row) ? this.place(row) : null);
    for (const [key, value] of Object.entries(marks)) {
      if (key === "near") this.marks.near = value?.map(place).filter(Boolean) ?? null;
      else this.marks[key] = key === "selected" || key === "hover" ? place(value) : value;
    }
    if ("hover" in marks) this.#showTip(marks.hover);
    this.#draw();
  }

  place(row) {
    return [this.model.points[2 * row], this.model.points[2 * row + 1]];
  }

  /** Where a token is on the page, in CSS pixels. */
  where(row) {
    const box = this.stage.getBoundingClientRect();
    const [left, top] = this.camera.toScreen(...this.place(row));
    return [box.left + left, box.top + top];
  }

  /** The token drawn nearest to a pixel of the window, −1 for none within reach. */
  rowAt(left, top, reach) {
    return this.grid ? this.grid.nearest(...this.camera.toMap(left, top), reach / this.camera.unit) : -1;
  }

  /** Look somewhere at once. */
  look(view) {
    if (view.every((value, i) => Math.abs(value - this.camera.view[i]) < 1e-4)) return;
    this.camera.view = view;
    this.redraw();
  }

  /** Fly to a token, near enough to tell it from its neighbours; a view that does is kept. */
  visit(row, near) {
    if (!this.points || !this.model.placed(row)) return;
    const [x, y] = this.place(row);
    const away = near.filter((other) => this.model.placed(other)).map((other) => this.#away(row, other)).sort((a, b) => a - b);
    const reach = Math.max(CLOSEST, away[Math.floor(0.7 * (away.length - 1))] ?? 0);
    const wanted = Math.min(FARTHEST_IN, Math.max(1.5, 0.7 / reach));
    const { zoom } = this.camera;
    this.fly([x, y, zoom >= wanted / 2 && zoom <= 3 * wanted ? zoom : wanted]);
  }

  #away(row, other) {
    const [[x, y], [x2, y2]] = [this.place(row), this.place(other)];
    return Math.hypot(x - x2, y - y2);
  }

  /** Move to a view, in a moment or, for those who prefer it, at once. */
  fly(to) {
    const from = this.camera.view;
    const begun = performance.now();
    const step = (now) => {
      const t = STILL.matches ? 1 : Math.min(1, Math.max(0, (now - begun) / 380));
      const eased = t * t * (3 - 2 * t);
      const mixed = from.map((a, i) => (i < 2 ? a + eased * (to[i] - a) : a * (to[i] / a) ** eased));
      this.#moved(() => (this.camera.view = mixed));
      if (t < 1) requestAnimationFrame(step);
    };
    step(begun);
  }

  #zoomed(factor) {
    this.#moved(() => this.camera.zoomAt(this.camera.width / 2, this.camera.height / 2, factor));
  }

  #saved() {
    pictureOf(this).toBlob((picture) => download(fileName(this.model.title, "png"), picture), "image/png");
  }

  /** The canvas, drawn just now: its content is gone after this turn. */
  redrawn() {
    this.#frame(performance.now());
    return this.canvas;
  }

  #windowed() {
    const [left, low, right, high] = this.camera.window;
    return [left, low, right, low, right, high, left, high];
  }

  #draws(drawing) {
    this.drawing = drawing;
    this.lassoButton.setAttribute("aria-pressed", String(drawing));
    this.stage.classList.toggle("drawing", drawing);
  }

  #drew(drawn, done) {
    const polygon = [];
    for (let i = 0; i < drawn.length; i += 2) polygon.push(...this.camera.toMap(drawn[i], drawn[i + 1]));
    if (!done) return this.mark({ lasso: polygon });
    this.#draws(false);
    const thin = Math.ceil(polygon.length / 2 / 60);
    const kept = polygon.filter((_, i) => Math.floor(i / 2) % thin === 0);
    if (kept.length >= 6) return this.does.lasso(kept);
    return this.mark({ lasso: null });
  }

  #hovered(row) {
    if (row === this.hoverRow) return;
    this.hoverRow = row;
    this.does.hover(row);
  }

  #showTip(row) {
    const text = row !== null && row >= 0 && this.model.texts ? spoken(this.model.text(row), 40) : "";
    this.tip.hidden = !text || !this.marks.hover;
    if (this.tip.hidden) return;
    const [left, top] = this.camera.toScreen(...this.marks.hover);
    const label = this.model.labelOf(row)?.name ?? this.model.kindOf(row);
    fill(this.tip, el("bdi", { dir: "auto" }, text), " ", el("small", {}, label));
    const flipped = left > this.camera.width - 150;
    this.tip.style.transform = `translate(${left + (flipped ? -12 : 12)}px, ${top - 30}px) translateX(${flipped ? -100 : 0}%)`;
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 0.15 * Math.min(this.camera.width, this.camera.height);
    const [left, top] = [this.camera.width / 2, this.camera.height / 2];
    const does = {
      ArrowLeft: () => this.#moved(() => this.camera.pan(step, 0)),
      ArrowRight: () => this.#moved(() => this.camera.pan(-step, 0)),
      ArrowUp: () => this.#moved(() => this.camera.pan(0, step)),
      ArrowDown: () => this.#moved(() => this.camera.pan(0, -step)),
      "+": () => this.#zoomed(1.4),
      "=": () => this.#zoomed(1.4),
      "-": () => this.#zoomed(1 / 1.4),
      0: () => this.fly([0, 0, 1]),
      Enter: () => this.does.pick(this.rowAt(left, top, 0.5 * Math.min(left, top))),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
    if (event.key !== "Enter") this.mark({ crosshair: true });
  }

  #moved(move) {
    move();
    this.#moving = true;
    this.#showTip(null);
    this.#draw();
    this.settle();
  }

  #settled() {
    if (!this.model) return;
    if (this.points && this.colourOfLabel) this.#named();
    this.#draw();
    this.does.view(this.camera.view);
    if (this.marks.crosshair)
      this.does.middle(this.rowAt(this.camera.width / 2, this.camera.height / 2, 60));
  }

  #named() {
    this.labels.choose(this.model, this.camera, {
      shown: this.shown,
      colour: this.colourOfLabel,
      order: this.order,
      islands: this.islands,
      regions: this.regions,
      first: this.order ? this.first : [],
    });
  }

  #resized() {
    const { width, height } = this.stage.getBoundingClientRect();
    this.ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    Object.assign(this.camera, { width: Math.max(1, width), height: Math.max(1, height) });
    Object.assign(this.canvas, { width: Math.round(width * this.ratio), height: Math.round(height * this.ratio) });
    this.redraw();
  }

  /** Draw all again: the theme, the size or the tokens have changed. */
  redraw() {
    const background = getComputedStyle(this.stage).getPropertyValue("--map").trim();
    this.background = rgb(background).map((value) => value / 255);
    this.#draw();
    this.settle();
  }

  #draw() {
    if (this.#dirty || !this.points) return;
    this.#dirty = true;
    requestAnimationFrame((now) => this.#frame(now));
  }

  #frame(now) {
    this.#dirty = false;
    if (!this.grid || !this.background) return;
    const moving = this.#moving;
    this.#moving = false;
    this.#pace(now, moving);
    const most = moving ? Math.min(this.#most, this.drawn) : this.drawn;
    const size = this.#size(this.drawn);
    const ink = this.#ink((this.dense * most) / Math.max(1, this.drawn), size);
    const lit = this.points.lit.length;
    const litSize = lit > FEW_LIT ? this.#size(lit) : Math.max(1.5 * size, size + 2, 11 - 2 * Math.log10(1 + lit));
    this.points.draw({
      ...this.camera.clip,
      size: size * this.ratio,
      ink: this.lit ? Math.min(FADED, 0.4 * ink) : ink,
      litSize: litSize * this.ratio,
      litInk: lit > FEW_LIT ? this.#ink(this.litDense, litSize) : 1,
      most,
      background: this.background,
    });
    this.overlay.draw(this.camera, this.marks);
    this.labels.move(this.camera);
  }

  /** The opacity of points of a size, by how many there are in a square unit of the map. */
  #ink(dense, size) {
    return opacity(dense / this.camera.unit ** 2, size);
  }

  /** The size of a point in pixels: as the window and the number of points have it, larger as one comes near. */
  #size(points) {
    const { width, height, zoom } = this.camera;
    const far = Math.min(5, Math.max(1.5, (0.75 * Math.sqrt(width * height)) / Math.sqrt(points)));
    return Math.min(15, far * (1 + 0.5 * Math.log2(Math.max(1, zoom))));
  }

  /** While the map moves, draw no more points than go into a frame; the order is random, so fewer look the same. */
  #pace(now, moving) {
    const took = now - this.#last;
    const before = this.#wasMoving;
    this.#last = now;
    this.#wasMoving = moving;
    if (!moving || !before) return;
    if (took > SLOW) this.#most = Math.max(FEWEST, Math.min(this.#most, this.drawn) * Math.max(0.25, SLOW / took - 0.1));
    else if (took < FAST && this.#most < this.drawn) this.#most *= 1.1;
  }
}
