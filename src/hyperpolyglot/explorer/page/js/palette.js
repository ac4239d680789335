/** Colours. Those of labels stand in the manifest, for figures have the same. */

const NONE = ["#8b9199", "#6b737c"];
const KINDS = {
  text: ["#5277fb", "#33a1fe"],
  whitespace: ["#03787b", "#83e7d8"],
  byte: ["#cc5a04", "#feb268"],
  fragment: ["#bd3702", "#fa780a"],
  special: ["#a80962", "#d26fc7"],
  added: ["#5c42cb", "#a8a6eb"],
  language: ["#598868", "#65d65d"],
  unused: ["#746101", "#bfbf03"],
  padding: NONE,
};

/** From little to much. */
const RAMP = {
  light: ["#d9a441", "#c9713f", "#a8456b", "#6d3a8e", "#2b2f77"],
  dark: ["#4a4f8c", "#8a54a6", "#cf6488", "#f0986a", "#f9e28a"],
};

/** What has a sign is in the second colour. */
const OF_SIGNS = [["#8fa3b8", "#4b5a6a"], ["#b5432e", "#ff9b82"]];

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Call `run` when the reader's system turns to light or to dark. */
export const onTheme = (run) => dark.addEventListener("change", run);

const themed = (pair) => pair[dark.matches ? 1 : 0];

/** The region and the colour of every label in the theme: `known` as the manifest has them. */
export const colouring = (known) =>
  new Map(known.map(({ label, region, light, dark: onDark }) => [label, { region, colour: themed([light, onDark]) }]));

export const colourOfKind = (kind) => themed(KINDS[kind] ?? NONE);
export const colourOfNone = () => themed(NONE);

export const signColours = () => OF_SIGNS.map(themed);

/** The colours of a scale from 0 to 1, as five stops. */
export const rampStops = () => RAMP[dark.matches ? "dark" : "light"];

/** A colour of the scale for a share in 0 … 1, as `[red, green, blue]`. */
export function ramp(share) {
  const stops = rampStops().map(rgb);
  const at = Math.max(0, Math.min(1, share)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  return stops[low].map((value, i) => Math.round(value + (at - low) * (stops[low + 1][i] - value)));
}

/** "#rrggbb" as three numbers. */
export const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
