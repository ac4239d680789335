/** The colour of every token, by what one asks to see, and which tokens are shown at all. */

import { NO_NEIGHBOURS, UNRANKED } from "./model.js";
import { colourOfKind, colourOfNone, ramp, rgb } from "./palette.js";

const SHADES = 256;

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

/** Four bytes a token. `by`: label, kind, diversity or frequency; `scheme`: label → colour; `most`: see above. */
export function coloursOf(model, by, scheme, most) {
  const none = rgb(colourOfNone());
  const shades = Array.from({ length: SHADES }, (_, i) => ramp(i / (SHADES - 1)));
  const shade = (share) => shades[Math.round(Math.min(1, Math.max(0, share)) * (SHADES - 1))];
  const labels = model.labels.map(({ label }) => rgb(scheme.get(label).colour));
  const kinds = model.kinds.map((kind) => rgb(colourOfKind(kind)));
  const colour = {
    label: (row) => labels[model.label[row]] ?? none,
    kind: (row) => kinds[model.kind[row]],
    diversity: (row) => (model.hasNeighbours(row) ? shade((model.diversity[row] - 1) / Math.max(1, most - 1)) : none),
    frequency: (row) => (model.frequency[row] === UNRANKED ? none : shade(model.frequency[row] / (UNRANKED - 1))),
  }[by];
  const found = new Uint8Array(4 * model.size);
  for (let row = 0; row < model.size; row++) {
    const [red, green, blue] = colour(row);
    found[4 * row] = red;
    found[4 * row + 1] = green;
    found[4 * row + 2] = blue;
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
