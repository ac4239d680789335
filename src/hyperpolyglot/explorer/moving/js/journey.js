/** The panel: what the maps are, or a token with its nearest tokens at each step. */

import { count, el, fill } from "./elements.js";
import { byInterest } from "./labels.js";
import { spoken, token } from "./tokens.js";

const EXAMPLES = 12;
const HEAD = 48; // pixels above the step that is shown

export class Journey {
  /** `does`: `pick(row)`, `point(row)`, `go(step)`; `colour(label)` of badges. */
  constructor(run, does) {
    this.run = run;
    this.does = does;
    this.main = el("div", { class: "slot" });
    this.element = el("aside", { class: "panel", "aria-label": "Details" }, this.main);
  }

  /** Mark the step that is shown on the map, and bring it into view where the panel scrolls by itself. */
  now(step) {
    const slot = this.element.parentElement;
    this.main.querySelectorAll(".side").forEach((side, i) => {
      const was = side.hasAttribute("aria-current");
      if (i !== step) return side.removeAttribute("aria-current");
      side.setAttribute("aria-current", "step");
      if (!was && slot.scrollHeight > slot.clientHeight) slot.scrollTop += side.getBoundingClientRect().top - slot.getBoundingClientRect().top - HEAD;
      return undefined;
    });
  }

  showNothing() {
    const { run } = this;
    const rows = Array.from(byInterest(run).subarray(0, EXAMPLES));
    fill(
      this.main,
      el("article", { class: "card" },
        el("h2", {}, run.title),
        el("p", {}, `${count(run.size)} tokens at ${run.steps.length} steps. Each map is turned to fit the one before; between two steps the way is interpolated, not measured.`),
        el("dl", { class: "facts steps" }, run.steps.map(({ name, stays }) => el("div", {},
          el("dt", {}, name), el("dd", {}, stays === null ? "the first map" : `${(100 * stays).toFixed(1)} % of the places are those of the map before (R²)`)))),
        el("p", {}, "Choose a point, search, or begin with one of these:"),
        el("p", { class: "chips" }, rows.map((row) => el("button", { type: "button", class: "chip", onclick: () => this.does.pick(row) }, token(run.text(row), 30))))),
    );
  }

  /** A token, with its neighbours at every step; `colour(label)` of the badges. */
  show(row, colour) {
    const { run } = this;
    const inside = this.main.contains(document.activeElement);
    const last = new Set(run.neighbours(run.steps.length - 1, row));
    const text = run.text(row);
    fill(
      this.main,
      el("article", { class: "card", "aria-label": `Token ${spoken(text)}` },
        el("h2", { class: text.length > 40 ? "headword long" : "headword", tabindex: "-1" }, token(text, 200)),
        el("dl", { class: "facts brief" }, [[run.facts.singular, run.labelOf(row)?.name ?? "none"], ["id", `#${run.id[row]}`]]
          .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
        el("div", { class: "sides" }, run.steps.map((step, i) => this.#side(row, i, last, colour)))),
    );
    this.element.parentElement.scrollTop = 0;
    if (inside) this.main.querySelector("h2").focus({ preventScroll: true });
  }

  #side(row, step, last, colour) {
    const { run } = this;
    const near = run.neighbours(step, row);
    const kept = near.filter((other) => last.has(other)).length;
    const isLast = step === run.steps.length - 1;
    return el(
      "section",
      { class: "side" },
      el("h3", {}, el("button", { type: "button", class: "at", title: "Show this step", onclick: () => this.does.go(step) }, run.steps[step].name),
        isLast || !near.length ? null : el("span", { class: "kept" }, ` ${kept} of ${near.length} also at the last step (●)`)),
      near.length
        ? el("ol", { class: "near" }, near.map((other, i) => el("li", {}, this.#neighbour(other, i, !isLast && last.has(other), colour))))
        : el("p", { class: "faint" }, "Its vector had no direction."),
    );
  }

  #neighbour(row, i, kept, colour) {
    const { run, does } = this;
    const label = run.labelOf(row);
    const badge = el("abbr", { class: "badge", title: label?.name ?? run.kindOf(row) }, label?.label ?? run.kindOf(row));
    badge.style.setProperty("--of", colour(label?.label));
    const parts = [
      el("span", { class: "rank", "aria-hidden": "true" }, String(i + 1)),
      el("span", { class: "body" }, token(run.text(row), 60),
        kept ? el("span", { class: "both", title: "near at the last step, too" }, "●", el("span", { class: "unseen" }, " at the last step, too")) : null),
      badge,
    ];
    if (!run.placed(row)) return el("div", { class: "still", title: "not on the map" }, parts);
    return el("button", {
      type: "button", class: "neighbour", onclick: () => does.pick(row),
      onpointerenter: () => does.point(row), onpointerleave: () => does.point(-1), onfocus: () => does.point(row), onblur: () => does.point(-1),
    }, parts);
  }
}
