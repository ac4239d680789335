/** The colour of every token, by what one asks to see, and which tokens are shown at all. */

import { NO_NEIGHBOURS } from "./model.js";
import { colourOfKind, colourOfNone, rgb } from "./palette.js";

/** How many distinct labels the scale ends at: all but half a per cent of the neighbourhoods have no more. */
export function mostDiverse(models) {
  return Math.max(...models.map(({ diversity }) => {
    const counts = new Uint32Array(NO_NEIGHBOURS + 1);
    for (const value of diversity) counts[value]++;
    let most = NO_NEIGHBOURS - 1;
    for (let beyond = 0.005 * (diversity.length - counts[NO_NEIGHBOURS]); most > 1; most--)
      if ((beyond -= counts[most]) < 0) break;
    return most;
  }));
}

/** Four bytes a token. `by`: label, kind, or what `scale` shades; `scheme`: label → colour. */
export function coloursOf(model, by, scheme, scale) {
  const none = rgb(colourOfNone());
  const labels = model.labels.map(({ label }) => rgb(scheme.get(label)?.colour ?? colourOfNone()));
  const kinds = model.kinds.map((kind) => rgb(colourOfKind(kind)));
  const ofLabel = (row) => labels[model.label[row]] ?? none;
  const ofKind = (row) => kinds[model.kind[row]];
  const colour = scale ? (row) => scale.shade(model, row) : by === "kind" ? ofKind : ofLabel;
  const found = new Uint8Array(4 * model.size);
  for (let row = 0; row < model.size; row++) {
    found.set(colour(row), 4 * row);
    found[4 * row + 3] = 255;
  }
  return found;
}

/** A test of rows: whether a token is shown. `off` has names of labels, `kind:…`, `none:` for those without a label. */
export function shownBy(model, off) {
  const hidden = new Set(off);
  const labels = model.labels.map(({ label }) => hidden.has(label));
  const kinds = model.kinds.map((kind) => hidden.has(`kind:${kind}`));
  const unlabelled = hidden.has("none:");
  return (row) => !(labels[model.label[row]] ?? unlabelled) && !kinds[model.kind?.[row]];
}
