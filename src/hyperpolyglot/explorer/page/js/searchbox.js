/** The search box: a combobox whose list answers as one types. */

import { counted, el, fill } from "./elements.js";
import { englishOf } from "./tokencard.js";
import { token } from "./tokens.js";

const MOST = 100;
const GLOSSES = 3;
const TAGS = 3;

export class SearchBox {
  #active = -1;
  #options = [];

  /** `does`: `query(text)`, `pick(row)`, `toggled()`: the list opens or closes; `announce(text)`. */
  constructor(does) {
    this.does = does;
    this.input = el("input", {
      type: "search", id: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "found",
      "aria-autocomplete": "list", "aria-describedby": "search-help", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", dir: "auto", placeholder: "Search by token or meaning",
    });
    this.list = el("div", { id: "found", role: "listbox", "aria-label": "Tokens found" });
    this.status = el("p", { class: "status", "aria-hidden": "true" });
    this.popup = el("div", { class: "found", hidden: true }, this.status, this.list);
    this.element = el(
      "div",
      { class: "search", role: "search" },
      el("label", { for: "search", class: "unseen" }, "Search tokens"),
      this.input,
      el("p", { id: "search-help", class: "unseen" },
        "Text in any script, or a word of which you want the translations; #123 finds a token by its id, U+30CA by a code point, a space at the beginning only word starts."),
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

  /**
   * Show what was found in a model, and how it was `understood`; null for an empty query. `colour(label)` for the
   * badges. What is chosen stays.
   */
  show(model, found, understood, colour) {
    const chosen = this.#options[this.#active];
    this.#active = -1;
    this.#options = [];
    fill(this.list, found ? groupsOf(found, understood).map((group) => this.#group(model, group, colour)) : null);
    fill(this.status, found ? sentence(found, understood) : "");
    this.input.removeAttribute("aria-activedescendant");
    this.#open(found !== null && this.element.contains(document.activeElement));
    if (this.#options.includes(chosen)) this.#activate(this.#options.indexOf(chosen));
    if (found) this.does.announce(sentence(found, understood));
  }

  #group(model, { kind, name, rows }, colour) {
    const options = rows.map((row) => (row < 0 ? unknown() : this.#option(model, row, this.#options.push(row) - 1, { kind, colour })));
    const title = name && el("li", { class: "group", role: "presentation", "aria-hidden": "true" }, name);
    return el("ul", { role: "group", "aria-label": name || "Tokens" }, title, options);
  }

  #option(model, row, i, { kind, colour }) {
    const label = model.labelOf(row);
    const badge = el("span", { class: "badge" }, label?.name ?? model.kindOf(row));
    badge.style.setProperty("--of", colour(label?.label));
    return el(
      "li",
      { id: `found-${i}`, class: kind, role: "option", "aria-selected": "false",
        onpointerdown: (event) => event.preventDefault(), onclick: () => this.#pick(i) },
      token(model.text(row)), kind === "same" ? languagesOf(model, row) : null,
      kind === "match" || kind === "near" ? el("span", { class: "gloss" }, englishOf(model, row)) : null, badge, el("span", { class: "number" }, `#${model.id[row]}`),
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
    this.#at(this.#active)?.setAttribute("aria-selected", "false");
    this.#active = i;
    const option = this.#at(i);
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  #at(i) {
    return this.list.querySelector(`#found-${i}`);
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

const unknown = () => el("li", { class: "piece", role: "presentation" }, el("span", { class: "faint" }, "unknown, or bytes"));

/** The languages of a token that means what is searched, a few by their tags. */
function languagesOf(model, row) {
  const own = [...new Set(model.meanings(row).flatMap(({ languages }) => languages))].map((l) => model.lexicon.languages[l]);
  const more = own.length > TAGS ? ` +${own.length - TAGS}` : "";
  return el("span", { class: "tags", title: own.map(({ name }) => name).join(", ") }, own.slice(0, TAGS).map(({ tag }) => tag).join(" ") + more);
}

/** What the list shows, in its order: tokens that are spelled so, those of the same meaning, then all others. */
function groupsOf({ rows }, { exact, same, pieces, near, glosses }) {
  const own = new Set(exact);
  return [
    { kind: "match", name: "", rows: exact },
    { kind: "piece", name: "Not a token; estimated pieces (greedy longest match)", rows: pieces },
    { kind: "same", name: `Same meaning: ${glosses.slice(0, GLOSSES).join(", ")}`, rows: same.slice(0, MOST) },
    { kind: "near", name: "Not in the lexicon; nearest neighbours of the first match", rows: near.filter((row) => !own.has(row)) },
    { kind: "match", name: "Other tokens that match", rows: rows.filter((row) => !own.has(row)) },
  ].filter((group) => group.rows.length);
}

function sentence({ rows, total }, { same }) {
  const meant = same.length ? ` ${counted(same.length, "token")} of the same meaning.` : "";
  if (!total) return `No token matches.${meant}`;
  const shown = total > rows.length ? `; the best ${rows.length} are shown` : "";
  return `${counted(total, "token")}${total === 1 ? " matches" : " match"}${shown}.${meant}`;
}
