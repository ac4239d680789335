/** The tour: the founding paper's five example tokens, and what to see at each in the models that are open. */

import { el } from "./elements.js";
import { sameMeaning } from "./tokencard.js";

const NEAREST = 20;

/** A stop as a card. `stop` from 1; `sides` as for a token, null where another token is looked at. */
export function tourCard(stops, stop, sides, does) {
  const { paper, shown } = stops[stop - 1];
  const step = (to, name) =>
    el("button", { type: "button", disabled: to < 1 || to > stops.length, onclick: () => does.tour(to) }, name);
  return el(
    "article",
    { class: "card tour", "aria-label": "Tour" },
    el("p", { class: "kicker" }, `Tour, ${stop} of ${stops.length}`),
    el("h2", { tabindex: "-1" }, el("bdi", { dir: "auto" }, paper)),
    paper === shown ? null : el("p", {}, "No model here has it as one token; ", el("bdi", { dir: "auto" }, shown), " stands in."),
    stop === 1
      ? el("p", {}, "Wen-Yi and Mimno (EMNLP 2023) looked at the nearest tokens of five words: in mT5 they are often its translations, in XLM-R related words of the same language. Do the models here do the one or the other?")
      : null,
    sides
      ? sides.map((side) => el("p", { class: "see" }, reading(side)))
      : el("p", { class: "see" }, "You look at another token. ", step(stop, `Back to ${shown}`)),
    el("p", { class: "actions" }, step(stop - 1, "Back"), step(stop + 1, "Next"),
      el("button", { type: "button", onclick: () => does.tour(null) }, "End")),
  );
}

/** What to see, in numbers of the twenty nearest. */
function reading({ model, row, near }) {
  const name = el("strong", {}, model.title);
  if (row < 0) return [name, " has no such token."];
  const nearest = near.slice(0, NEAREST);
  const others = nearest.filter((n) => model.label[n.row] !== model.label[row]).length;
  const concepts = new Set(model.meanings(row).map(({ concept }) => concept));
  const meaning = concepts.size ? `, ${sameMeaning(model, row, nearest, concepts).found} are known to mean the same` : "";
  return [name, `: of the ${nearest.length} nearest tokens, ${others} are of another ${model.facts.singular}${meaning}.`];
}
