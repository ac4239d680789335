/** The legend: what the colours mean, and which labels or kinds are shown. */

import { capital, count, el, fill, swatch } from "./elements.js";
import { PADDING } from "./model.js";
import { choices } from "./measures.js";
import { colourOfKind, colourOfNone, rampStops } from "./palette.js";

const UNKNOWN = { region: "Labels", colour: colourOfNone() };
export const UNLABELLED = "none:";

export class Legend {
  /** `does`: `colour(by)`, `filter(off)`, `point(key or null)`: a key is looked at. */
  constructor(does) {
    this.does = does;
    this.choice = el("select", { id: "colour", onchange: () => does.colour(this.choice.value) });
    this.scale = el("div", { class: "scale" });
    this.list = el("div", { class: "keys" });
    this.summary = el("summary", {}, "Colours and filter");
    this.element = el(
      "details",
      { class: "legend", open: true },
      this.summary,
      el("div", { class: "by" }, el("label", { for: "colour" }, "Colour by"), this.choice),
      this.scale,
      el(
        "div",
        { class: "all" },
        el("button", { type: "button", onclick: () => this.#all(true) }, "Show all"),
        el("button", { type: "button", onclick: () => this.#all(false) }, "Hide all"),
      ),
      this.list,
    );
  }

  /** Show the keys of some models, coloured `by` a column. `scheme`: label → `{region, colour}`; `scale` as measures.js has it. */
  show(models, off, { by, scheme, scale }) {
    this.off = new Set(off);
    const listed = choices(models, capital(nounOf(models, "singular")));
    fill(this.choice, listed.map((choice) => el("option", { value: choice.by, selected: choice.by === by }, choice.name)));
    this.#showScale(scale);
    const byKind = by === "kind";
    const groups = byKind ? [["Kinds", kindsOf(models)]] : groupsOf(models, scheme);
    const drawn = `${byKind} ${models.map((model) => [model.name, Boolean(model.kind)])} ${by} ${colourOfNone()}`;
    if (drawn !== this.drawn) this.#build(groups, by === "label" || byKind);
    this.drawn = drawn;
    for (const [key, box] of this.boxes) box.checked = !this.off.has(key);
  }

  #build(groups, coloured) {
    this.boxes = new Map();
    fill(
      this.list,
      groups.map(([name, keys]) =>
        el("fieldset", {}, el("legend", {}, name), keys.map((key) => this.#row(key, coloured))),
      ),
    );
  }

  #row({ key, name, tokens, colour }, coloured) {
    const box = el("input", { type: "checkbox", checked: true, onchange: () => this.#toggle(key, box.checked) });
    this.boxes.set(key, box);
    const point = (on) => () => this.does.point(on ? key : null);
    return el(
      "div",
      { class: "key", onpointerenter: point(true), onpointerleave: point(false) },
      el(
        "label",
        {},
        box,
        coloured ? swatch(colour) : null,
        el("span", { class: "what" }, name),
        el("span", { class: "number" }, count(tokens)),
      ),
      el("button", { type: "button", class: "only", "aria-label": `Only ${name}`, onclick: () => this.#only(key) }, "only"),
    );
  }

  #toggle(key, shown) {
    const off = new Set(this.off);
    if (shown) off.delete(key);
    else off.add(key);
    this.does.filter([...off].sort());
  }

  #only(key) {
    const off = [...this.boxes.keys()].filter((other) => other !== key);
    const same = off.every((other) => this.off.has(other)) && !this.off.has(key);
    this.does.filter(this.#with(same ? [] : off));
  }

  #all(shown) {
    this.does.filter(this.#with(shown ? [] : [...this.boxes.keys()]));
  }

  /** The filter with other keys of this list off; keys of the other list stay as they are. */
  #with(off) {
    return [...[...this.off].filter((key) => !this.boxes.has(key)), ...off].sort();
  }

  #showScale(scale) {
    if (!scale) return fill(this.scale);
    const said = el("p", {}, scale.says);
    if (scale.signs)
      return fill(this.scale, scale.signs.map(({ name, colour, tokens }) =>
        el("div", { class: "sign" }, swatch(colour), el("span", { class: "what" }, name), el("span", { class: "number" }, count(tokens)))), said);
    const bar = el("div", { class: "ramp", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(to right, ${rampStops().join(", ")})`;
    return fill(this.scale, bar, el("div", { class: "ends" }, scale.ends.map((end) => el("span", {}, end))), said);
  }
}

/** What the labels of the models are called: `form` is "noun" (many) or "singular". */
export function nounOf(models, form) {
  const [first, ...others] = models.map((model) => model.facts[form]);
  return others.every((other) => other === first) ? first : { noun: "labels", singular: "label" }[form];
}

function kindsOf(models) {
  const tokens = new Map();
  for (const model of models) {
    const counts = new Uint32Array(model.kinds.length);
    for (const kind of model.kind ?? []) counts[kind]++;
    model.kinds.forEach((kind, i) => tokens.set(kind, Math.max(tokens.get(kind) ?? 0, counts[i])));
  }
  return [...tokens]
    .filter(([kind, n]) => n && kind !== PADDING)
    .map(([kind, n]) => ({ key: `kind:${kind}`, name: kind, tokens: n, colour: colourOfKind(kind) }));
}

/** Labels by region, both largest first; of several models the larger number of tokens. */
function groupsOf(models, scheme) {
  const found = new Map();
  for (const model of models) {
    for (const { label, name, tokens } of model.labels) {
      const known = found.get(label);
      if (tokens) found.set(label, { key: label, name, tokens: Math.max(tokens, known?.tokens ?? 0), ...(scheme.get(label) ?? UNKNOWN) });
    }
  }
  const unlabelled = Math.max(...models.map((m) => m.size - (m.facts.padding ?? 0) - m.labels.reduce((sum, { tokens }) => sum + tokens, 0)));
  const regions = new Set([...[...scheme.values()].map(({ region }) => region), UNKNOWN.region]);
  const groups = [...regions].map((region) => [region, [...found.values()].filter((key) => key.region === region)]);
  if (unlabelled) groups.push(["None", [{ key: UNLABELLED, name: "no label", tokens: unlabelled, colour: colourOfNone() }]]);
  for (const [, keys] of groups) keys.sort((a, b) => b.tokens - a.tokens || (a.name < b.name ? -1 : 1));
  return groups.filter(([, keys]) => keys.length);
}
