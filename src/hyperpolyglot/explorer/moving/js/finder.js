/** A search among the tokens on the map: a box, and a list of buttons. */

import { el, fill } from "./elements.js";
import { folded } from "./folding.js";
import { token } from "./tokens.js";

const MOST = 40;

export class Finder {
  /** `pick(row)`: a token is chosen. */
  constructor(run, pick) {
    this.run = run;
    this.pick = pick;
    this.folded = Array.from({ length: run.size }, (_, row) => folded(run.text(row).replace(/^▁/, "")));
    this.input = el("input", {
      type: "search", id: "search", autocomplete: "off", autocapitalize: "off", spellcheck: "false", dir: "auto",
      placeholder: "Search the tokens on the map",
    });
    this.status = el("p", { class: "status", role: "status" });
    this.list = el("ul", { id: "found" });
    this.popup = el("div", { class: "found", hidden: true }, this.status, this.list);
    this.element = el("div", { class: "search", role: "search" }, el("label", { for: "search", class: "unseen" }, "Search tokens"), this.input, this.popup);
    this.input.addEventListener("input", () => this.#seek());
    this.input.addEventListener("focus", () => this.#seek());
    this.element.addEventListener("keydown", (event) => this.#pressed(event));
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget)) this.popup.hidden = true;
    });
  }

  /** Rows whose text has a query in it, whole ones first, then those that begin with it. */
  found(query) {
    const asked = folded(query.trim().replace(/^▁/, ""));
    if (!asked) return [];
    const rank = (text) => (text === asked ? 0 : text.startsWith(asked) ? 1 : 2);
    const rows = this.folded.flatMap((text, row) => (text.includes(asked) ? [row] : []));
    return rows.sort((a, b) => rank(this.folded[a]) - rank(this.folded[b]) || a - b);
  }

  #seek() {
    const rows = this.found(this.input.value);
    this.popup.hidden = !this.input.value.trim();
    fill(this.status, rows.length ? `${rows.length} of the ${this.run.size.toLocaleString("en")} tokens on the map` : "No token on the map matches.");
    fill(this.list, rows.slice(0, MOST).map((row) =>
      el("li", {}, el("button", { type: "button", onclick: () => this.#chosen(row) },
        token(this.run.text(row), 40), el("span", { class: "number" }, this.run.labelOf(row)?.name ?? this.run.kindOf(row))))));
  }

  #chosen(row) {
    this.pick(row);
    this.popup.hidden = true;
    this.input.focus({ preventScroll: true });
    this.popup.hidden = true;
  }

  #pressed(event) {
    if (event.key === "Escape") this.popup.hidden = true;
    const buttons = [...this.list.querySelectorAll("button")];
    if (event.key === "Enter" && event.target === this.input && buttons.length) this.#chosen(this.found(this.input.value)[0]);
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || this.popup.hidden || !buttons.length) return;
    event.preventDefault();
    const to = buttons.indexOf(document.activeElement) + by;
    (buttons[to] ?? this.input).focus();
  }
}
