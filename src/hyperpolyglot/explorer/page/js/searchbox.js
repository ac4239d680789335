/** The search box: a combobox whose list answers as one types. */

import { counted, el, fill } from "./elements.js";
import { token } from "./tokens.js";

export class SearchBox {
  #active = -1;
  #options = [];

  /** `does`: `query(text)`, `pick(row)`, `toggled()`: the list opens or closes; `announce(text)`. */
  constructor(does) {
    this.does = does;
    this.input = el("input", {
      type: "search", id: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "found",
      "aria-autocomplete": "list", "aria-describedby": "search-help", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", dir: "auto", placeholder: "Search tokens in any script",
    });
    this.list = el("ul", { id: "found", role: "listbox", "aria-label": "Tokens found" });
    this.status = el("p", { class: "status", "aria-hidden": "true" });
    this.popup = el("div", { class: "found", hidden: true }, this.status, this.list);
    this.element = el(
      "div",
      { class: "search", role: "search" },
      el("label", { for: "search", class: "unseen" }, "Search tokens"),
      this.input,
      el("p", { id: "search-help", class: "unseen" },
        "Text in any script; #123 finds a token by its id, U+30CA by a code point, a space at the beginning only word starts."),
      this.popup,
    );
    this.input.addEventListener("input", () => does.query(this.input.value));
    this.input.addEventListener("focus", () => this.#open(this.#options.length > 0 || this.input.value !== ""));
    this.input.addEventListener("keydown", (event) => this.#pressed(event));
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget)) this.#open(false);
    });
  }

  /** Put a text there, as a link or the back button does. */
  set(text) {
    if (this.input.value !== text) this.input.value = text;
  }

  /** Show what was found in a model; null for an empty query. `colour(label)` for the badges. What is chosen stays. */
  show(model, found, colour) {
    const chosen = this.#options[this.#active];
    this.#active = -1;
    this.#options = found?.rows ?? [];
    fill(this.list, this.#options.map((row, i) => this.#option(model, row, i, colour)));
    fill(this.status, !found ? "" : sentence(found));
    this.input.removeAttribute("aria-activedescendant");
    this.#open(found !== null && this.element.contains(document.activeElement));
    if (this.#options.includes(chosen)) this.#activate(this.#options.indexOf(chosen));
    if (found) this.does.announce(sentence(found));
  }

  #option(model, row, i, colour) {
    const label = model.labelOf(row);
    const badge = el("span", { class: "badge" }, label?.name ?? model.kindOf(row));
    badge.style.setProperty("--of", colour(label?.label));
    return el(
      "li",
      { id: `found-${i}`, role: "option", "aria-selected": "false",
        onpointerdown: (event) => event.preventDefault(), onclick: () => this.#pick(i) },
      token(model.text(row)), badge, el("span", { class: "number" }, `#${model.id[row]}`),
    );
  }

  #pressed(event) {
    const last = this.#options.length - 1;
    const to = { ArrowDown: Math.min(last, this.#active + 1), ArrowUp: Math.max(0, this.#active - 1) }[event.key];
    if (to !== undefined && last >= 0) {
      event.preventDefault();
      this.#open(true);
      this.#activate(to);
    } else if (event.key === "Enter" && last >= 0) {
      event.preventDefault();
      this.#pick(Math.max(0, this.#active));
    } else if (event.key === "Escape") {
      if (this.popup.hidden) return;
      event.preventDefault();
      this.#open(false);
    }
  }

  #activate(i) {
    this.list.children[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = i;
    const option = this.list.children[i];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  #pick(i) {
    this.#open(false);
    this.does.pick(this.#options[i]);
  }

  get isOpen() {
    return !this.popup.hidden;
  }

  #open(open) {
    const changed = this.isOpen !== open;
    this.popup.hidden = !open;
    this.list.hidden = this.#options.length === 0;
    this.input.setAttribute("aria-expanded", String(open && !this.list.hidden));
    if (changed) this.does.toggled();
  }
}

function sentence({ rows, total }) {
  if (!total) return "No token matches.";
  return counted(total, "token") + (total === 1 ? " matches" : " match") + (total > rows.length ? `; the best ${rows.length}:` : ":");
}
