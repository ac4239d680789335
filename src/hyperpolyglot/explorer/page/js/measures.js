/** What tokens can be coloured by: labels and kinds, and numbers and signs of every token, by columns of the bundle. */

import { mostDiverse } from "./colours.js";
import { colourOfNone, ramp, rgb, signColours } from "./palette.js";

const SHADES = 256;
const EDGE = 0.01; // on either side of a scale of numbers, beyond which all have the colour of its end
const NONE = 255; // in a column of one byte
const UNRANKED = 65535;

const SOURCES = {
  scores: "the tokenizer’s own scores or merge ranks",
  ids: "the order of ids, a weak stand-in",
};

/** All choices for some models, in the order of the list: `[{by, name}]`. */
export function choices(models, singular) {
  const found = new Map([["label", singular], ["kind", "Kind"], ["diversity", "Diversity"], ["frequency", "Frequency"]]);
  for (const model of models) for (const { column, name } of model.measures) found.set(column, name);
  return Array.from(found, ([by, name]) => ({ by, name }));
}

/**
 * How some models are coloured by a column whose values have been loaded: `{shade(model, row)}`, the red, green and
 * blue of a token, and for the legend `ends` and `says` or `signs`; null for labels and kinds.
 */
export function scaleOf(models, by, nouns) {
  const { facts } = models[0];
  if (by === "diversity") {
    const most = mostDiverse(models);
    const share = (model, row) => (model.hasNeighbours(row) ? (model.diversity[row] - 1) / Math.max(1, most - 1) : NaN);
    return shaded(share, ["1", String(most)], `Distinct ${nouns} among the ${models[0].k} nearest tokens.`);
  }
  if (by === "frequency") {
    const share = (model, row) => (model.frequency[row] === UNRANKED ? NaN : model.frequency[row] / (UNRANKED - 1));
    return shaded(share, ["rare", "common"], `By ${SOURCES[facts.frequency] ?? facts.frequency}.`);
  }
  const measure = models.flatMap((model) => model.measures).find(({ column }) => column === by);
  if (!measure) return null;
  const value = (model, row) => model.measured.get(by)?.[row] ?? NaN;
  return { share: ofShares, number: ofNumbers, sign: ofSigns }[measure.form]?.({ models, by, measure, value }) ?? null;
}

function ofShares({ measure, value }) {
  const share = (model, row) => (value(model, row) === NONE ? NaN : value(model, row) / measure.of);
  return shaded(share, ["0 %", "100 %"], measure.says);
}

function ofNumbers({ models, by, measure, value }) {
  const sorted = Float32Array.from(models.flatMap((model) => Array.from(model.measured.get(by) ?? []).filter(Number.isFinite))).sort();
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(EDGE), at(1 - EDGE)];
  return shaded((model, row) => (value(model, row) - low) / (high - low || 1), [low, high].map((v) => String(Number(v.toPrecision(3)))), measure.says);
}

function ofSigns({ models, measure, value, by }) {
  const colours = signColours().map(rgb);
  const counts = measure.names.map((_, sign) => Math.max(...models.map((model) => (model.measured.get(by) ?? []).reduce((n, v) => n + (v === sign), 0))));
  return {
    shade: (model, row) => colours[value(model, row)] ?? rgb(colourOfNone()),
    signs: measure.names.map((name, sign) => ({ name, colour: signColours()[sign], tokens: counts[sign] })),
    says: measure.says,
  };
}

/** A scale from little to much; `share` of it in 0 … 1, NaN for a token without a value. */
function shaded(share, ends, says) {
  const none = rgb(colourOfNone());
  const shades = Array.from({ length: SHADES }, (_, i) => ramp(i / (SHADES - 1)));
  const shade = (model, row) => shades[Math.round(Math.min(1, Math.max(0, share(model, row))) * (SHADES - 1))] ?? none;
  return { shade, ends, says };
}
