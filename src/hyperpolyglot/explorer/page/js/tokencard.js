/** A token in the panel: what it is and its neighbours, in one model or in two. */

import { capital, count, counted, el, swatch } from "./elements.js";
import { cased } from "./folding.js";
import { UNRANKED } from "./model.js";
import { codePoints, hexadecimal, spoken, token } from "./tokens.js";

const SHOWN = 20;
const TAGS = 3;
const GLOSSES = 2;
const LONG = 40;
const KEPT = 4096; // bytes of a token that a bundle keeps

/**
 * The card of a token. `sides`: `{model, row, near}` for each model, row −1 where it has no such token; `near` its
 * neighbours. `colour(label)` of badges and bars; `does.pick(side, row)`, `does.point(side, row)`.
 */
export async function tokenCard(sides, colour, does) {
  const first = sides.find(({ row }) => row >= 0);
  const { model, row } = first;
  const text = model.text(row);
  const head = el("h2", { class: text.length > LONG ? "headword long" : "headword", tabindex: "-1" }, token(text, 200));
  const facts = await factsOf(first);
  const shared = sides.length > 1 ? sharedOf(sides) : null;
  return el(
    "article",
    { class: "card", "aria-label": `Token ${spoken(text)}` },
    head,
    meaningsOf(model, row),
    el("dl", { class: "facts brief" }, facts.map(fact)),
    shared && el("p", { class: "shared" }, sharedSentence(shared, sides)),
    el("div", { class: sides.length > 1 ? "sides several" : "sides" }, sides.map((side, i) => sideOf(side, i, { colour, does, shared, several: sides.length > 1 }))),
  );
}

const fact = ({ name, long, value }) => el("div", { class: long ? "long" : null }, el("dt", {}, name), el("dd", {}, value));

async function factsOf({ model, row }) {
  const [piece, bytes] = await Promise.all([model.piece.text(row), model.bytes.bytes(row)]);
  const label = model.labelOf(row);
  const text = model.text(row);
  const rank = model.frequency[row];
  const facts = [
    { name: model.facts.singular, value: label ? label.name : "none" },
    { name: "id", value: `#${model.id[row]}` },
    { name: "kind", value: model.kindOf(row) },
    { name: "frequency", long: true, value: rank === UNRANKED ? "unknown" : `above ${((100 * rank) / (UNRANKED - 1)).toFixed(1)}\u00a0% of tokens` },
    { name: "bytes", long: true, value: bytesOf(bytes) },
    { name: "Unicode", long: true, value: text ? el("code", {}, codePoints(text)) : "none" },
  ];
  if (piece !== text) facts.push({ name: "piece", long: true, value: el("bdi", { dir: "auto" }, spoken(piece, 80)) });
  return facts;
}

const bytesOf = (bytes) =>
  bytes.length ? [el("code", {}, hexadecimal(bytes)), ` (${bytes.length}${bytes.length < KEPT ? "" : " or more"})`] : "none";

/** What it is a word for, by the lexicon. */
function meaningsOf(model, row) {
  const meanings = model.meanings(row);
  if (!meanings.length) return null;
  const { gloss, languages } = model.lexicon;
  const most = 3;
  return el(
    "p",
    { class: "meanings" },
    meanings.slice(0, most).map(({ concept, languages: own }, i) => [
      i ? "; " : "",
      el("em", {}, gloss.at(concept)),
      " in ",
      listed(own.map((l) => languages[l].name), 4),
    ]),
    meanings.length > most ? `; ${meanings.length - most} more meanings` : "",
  );
}

const listed = (names, most) =>
  names.length > most ? `${names.slice(0, most).join(", ")} and ${names.length - most} more languages` : names.join(", ");

/** The texts that are among the neighbours in both models. */
function sharedOf(sides) {
  if (sides.some(({ row }) => row < 0)) return new Set();
  const [a, b] = sides.map(({ model, near }) => new Set(near.map((n) => model.text(n.row))));
  return new Set([...a].filter((text) => b.has(text)));
}

function sharedSentence(shared, sides) {
  const missing = sides.find(({ row }) => row < 0);
  if (missing) return `${missing.model.title} has no such token.`;
  const most = Math.min(...sides.map(({ near }) => near.length));
  return `${shared.size} of ${most} neighbours are shared (●).`;
}

/** The token's neighbourhood in one model. */
function sideOf({ model, row, near }, side, { colour, does, shared, several }) {
  const heading = several ? el("h3", {}, model.title) : null;
  if (row < 0) return el("section", { class: "side" }, heading, el("p", { class: "faint" }, "No such token."));
  if (!near.length)
    return el("section", { class: "side" }, heading,
      el("p", {}, "Its vector has no direction (padding, zero or left out), so it has no neighbours and no place on the map."));
  const concepts = new Set(model.meanings(row).map(({ concept }) => concept));
  const row_ = (n, i) => neighbour(model, n, i, { side, colour, does, shared, concepts });
  const list = el("ol", { class: "near" }, near.slice(0, SHOWN).map(row_));
  const more = near.length > SHOWN
    ? el("button", { type: "button", class: "more", onclick: () => {
        list.append(...near.slice(SHOWN).map((n, i) => row_(n, SHOWN + i)));
        more.remove();
        list.children[SHOWN].querySelector("button").focus();
      } }, `Show all ${near.length}`)
    : null;
  return el(
    "section",
    { class: "side" },
    heading,
    labelBar(model, near.map((n) => n.row), colour),
    el("p", { class: "reading" }, diversitySentence(model, row)),
    el("p", { class: "reading" }, concepts.size ? meaningSentence(model, row, near, concepts) : null),
    list,
    more ?? el("span", {}),
  );
}

const diversitySentence = (model, row) => [
  `${capital(model.facts.noun)}: `, el("b", {}, String(model.diversity[row])), `, by chance ${model.expected(row).toFixed(1)}`,
];

/** How many neighbours are known to mean the same, and how many chance would give: k · tokens / others. */
export function sameMeaning(model, row, near, concepts) {
  const all = model.tokensFor(concepts).filter((other) => other !== row && model.hasNeighbours(other));
  const found = near.filter((n) => model.languagesFor(n.row, concepts).length).length;
  return { found, all: all.length, chance: (near.length * all.length) / Math.max(1, model.facts.candidates - 1) };
}

function meaningSentence(model, row, near, concepts) {
  const { found, all, chance } = sameMeaning(model, row, near, concepts);
  return el("span", { title: `${counted(all, "other token")} known to mean the same` },
    "Same meaning: ", el("b", {}, String(found)), ` of ${near.length}, by chance ${chance.toFixed(2)}`);
}

function neighbour(model, { row, similarity }, i, { side, colour, does, shared, concepts }) {
  const label = model.labelOf(row);
  const text = model.text(row);
  const name = label?.name ?? model.kindOf(row);
  const both = shared?.has(text);
  const badge = el("abbr", { class: "badge", title: name }, label?.label ?? model.kindOf(row));
  badge.style.setProperty("--of", colour(label?.label));
  const { languages } = model.lexicon;
  const same = model.languagesFor(row, concepts).map((l) => languages[l]);
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button", class: "neighbour", onclick: () => does.pick(side, row),
        onpointerenter: () => does.point(side, row), onpointerleave: () => does.point(side, -1),
        onfocus: () => does.point(side, row), onblur: () => does.point(side, -1),
      },
      el("span", { class: "rank", "aria-hidden": "true" }, String(i + 1)),
      el("span", { class: "body" },
        token(text, 60),
        glossOf(model, row, concepts),
        both ? el("span", { class: "both", title: "in both models" }, "●", el("span", { class: "unseen" }, " in both models,")) : null,
        same.length ? tags(same) : null),
      badge,
      el("span", { class: "similarity" }, similarity.toFixed(3)),
    ),
  );
}

/** What English calls a neighbour, if the lexicon knows it: the meaning that is looked at first, else its first two. */
function glossOf(model, row, concepts) {
  const gloss = englishOf(model, row, concepts);
  return gloss ? el("span", { class: "gloss" }, gloss) : null;
}

/** English words for a token, in one text; empty where the lexicon has none or the token itself is it. */
export function englishOf(model, row, concepts = new Set()) {
  const own = model.meanings(row).map(({ concept }) => concept);
  const meant = own.filter((concept) => concepts.has(concept));
  const words = new Set((meant.length ? meant : own).map((concept) => model.lexicon.gloss.at(concept)));
  const text = cased(model.text(row).replace(/^▁/, ""));
  const others = [...words].filter((word) => cased(word) !== text);
  return others.length < words.size && !meant.length ? "" : others.slice(0, GLOSSES).join(", ");
}

/** Languages in which a neighbour means the same. */
function tags(languages) {
  const names = languages.map(({ name }) => name).join(", ");
  const shown = languages.slice(0, TAGS).map(({ tag }) => tag).join(" ");
  const more = languages.length > TAGS ? ` +${languages.length - TAGS}` : "";
  return el("span", { class: "tags", title: `means the same in ${names}` },
    el("span", { class: "unseen" }, `means the same in ${names},`),
    el("span", { "aria-hidden": "true" }, shown + more));
}

/** A bar of the labels of some tokens, largest first, and its words. */
export function labelBar(model, rows, colour) {
  const counts = new Map();
  for (const row of rows) {
    const label = model.labelOf(row);
    const key = label?.label ?? "";
    counts.set(key, { label: key, name: label?.name ?? "no label", n: (counts.get(key)?.n ?? 0) + 1 });
  }
  const ordered = [...counts.values()].sort((a, b) => b.n - a.n || (a.name < b.name ? -1 : 1));
  const bar = el("div", { class: "bar", "aria-hidden": "true" }, ordered.map(({ label, name, n }) => {
    const part = el("span", { title: `${name} ${count(n)}` });
    part.style.flexGrow = String(n);
    part.style.backgroundColor = colour(label);
    return part;
  }));
  const named = ordered.slice(0, 4).map(({ label, name, n }) => el("span", { class: "part" }, swatch(colour(label)), `${name} ${count(n)}`));
  const rest = ordered.slice(4);
  const more = rest.length
    ? el("span", { class: "part", title: rest.map(({ name, n }) => `${name} ${count(n)}`).join(", ") }, `${rest.length} more`)
    : null;
  return el("div", { class: "distribution" }, bar, el("p", { class: "parts" }, named, more));
}
