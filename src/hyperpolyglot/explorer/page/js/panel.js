/** The panel beside the map: the tour, a selection, a token, or what is open. */

import { count, counted, el, fill } from "./elements.js";
import { csvOf, download, fileName } from "./downloads.js";
import { failure } from "./notice.js";
import { spoken, token } from "./tokens.js";
import { labelBar, tokenCard } from "./tokencard.js";

const CHIPS = 150;

export class Panel {
  #number = 0;

  /** `does`: `pick(side, row)`, `point(side, row)`, `clear(what)`, `tour(stop)`, `announce(text)`. */
  constructor(does) {
    this.does = does;
    this.tour = el("div", { class: "slot" });
    this.selection = el("div", { class: "slot" });
    this.main = el("div", { class: "slot" });
    this.element = el("aside", { class: "panel", "aria-label": "Details" }, this.tour, this.selection, this.main);
  }

  /** Show a token; those that are asked for meanwhile win. */
  async showToken(sides, colour) {
    const number = ++this.#number;
    const inside = this.main.contains(document.activeElement);
    const card = await tokenCard(sides, colour, this.does).catch((error) => failure(error, () => this.showToken(sides, colour)));
    if (number !== this.#number) return;
    if (this.main.previousElementSibling === this.selection) this.selection.before(this.main);
    fill(this.main, card);
    this.element.scrollTop = 0;
    if (inside) this.main.querySelector("h2")?.focus({ preventScroll: true });
  }

  showNothing(models, examples) {
    this.#number++;
    if (this.main.nextElementSibling === this.selection) this.selection.after(this.main);
    fill(this.main, el("article", { class: "card" }, models.map(overview), this.#examples(models[0], examples)));
  }

  #examples(model, rows) {
    if (!rows.length) return null;
    return [
      el("p", {}, "Choose a point, search for a word in any script, or begin with one of these:"),
      el("p", { class: "chips" }, rows.map((row) => this.#chip(model, 0, row))),
    ];
  }

  #chip(model, side, row) {
    return el("button", { type: "button", class: "chip", onclick: () => this.does.pick(side, row) }, token(model.text(row), 30));
  }

  /** Show what a lasso holds; null for none. */
  showSelection(model, rows, colour) {
    if (!rows) return fill(this.selection);
    const texts = () => [...rows].map((row) => model.text(row)).join("\n");
    const copy = el("button", { type: "button", onclick: async () => {
      await navigator.clipboard.writeText(texts());
      this.does.announce(`${counted(rows.length, "token")} copied`);
    } }, "Copy");
    const csv = el("button", { type: "button", onclick: () =>
      download(fileName(model.title, "csv"), new Blob([csvOf(model, rows)], { type: "text/csv" })) }, "Download CSV");
    const common = [...rows].sort((a, b) => model.frequency[b] - model.frequency[a] || a - b).slice(0, CHIPS);
    return fill(
      this.selection,
      el(
        "article",
        { class: "card selection", "aria-label": "Selection" },
        el("h2", {}, `${counted(rows.length, "token")} selected`),
        rows.length ? labelBar(model, rows, colour) : null,
        el("p", { class: "actions" }, navigator.clipboard ? copy : null, csv,
          el("button", { type: "button", onclick: () => this.does.clear("lasso") }, "Clear")),
        el("p", { class: "chips" }, common.map((row) => this.#chip(model, 0, row))),
        rows.length > CHIPS ? el("p", { class: "faint" }, `The ${CHIPS} most common are shown.`) : null,
      ),
    );
  }
}

function overview(model) {
  const { facts } = model;
  const map = { shipped: "UMAP, shipped with the model", UMAP: "UMAP of the exact neighbours", "umap-learn": "UMAP of the exact neighbours, by umap-learn", PCA: "principal components" };
  const trust = facts.trustworthiness === null ? "" : `, trustworthiness ${facts.trustworthiness.toFixed(3)}`;
  return [
    el("h2", {}, facts.title),
    facts.remark ? el("p", { class: "remark" }, facts.remark) : null,
    el("dl", { class: "facts" },
      [["tokens", count(facts.tokens - (facts.padding ?? 0))], ["dimensions", count(facts.dim)], ["tensor", el("code", {}, spoken(facts.tensor, 120))],
        ["neighbours", `${facts.k} nearest by cosine, exact`], ["map", (map[facts.method] ?? facts.method) + trust]]
        .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
  ];
}
