/**
 * Colours. Scripts of one region share a hue; within it they differ in lightness and saturation.
 *
 * The table was searched for the largest least difference between any two, to the usual eye and to three kinds of
 * colour blindness, at a contrast of 3 or more to the page. Colour is never alone: legend, badges and names say it too.
 */

/** Region → script → [on light, on dark]. */
export const REGIONS = {
  "Latin": {
    Latn: ["#5277fb", "#33a1fe"],
  },
  "European": {
    Cyrl: ["#00627f", "#447d94"],
    Grek: ["#2883a4", "#1c9ac0"],
    Armn: ["#0899c4", "#0ed3de"],
    Geor: ["#03787b", "#83e7d8"],
  },
  "Middle Eastern": {
    Arab: ["#1f5e4d", "#319a57"],
    Hebr: ["#4f6f48", "#699c7e"],
    Syrc: ["#598868", "#65d65d"],
    Thaa: ["#189d7f", "#adfac4"],
  },
  "South Asian, north": {
    Deva: ["#952a00", "#9e6537"],
    Beng: ["#784a35", "#ca7050"],
    Guru: ["#bd3702", "#d19865"],
    Gujr: ["#cc5a04", "#fa780a"],
    Orya: ["#bd7b45", "#feb268"],
    Cakm: ["#94744a", "#fcd19a"],
  },
  "South Asian, south": {
    Taml: ["#7e2e39", "#c13b69"],
    Telu: ["#9f523a", "#f95575"],
    Knda: ["#915d69", "#fe7a9f"],
    Mlym: ["#f65169", "#ff9897"],
    Sinh: ["#d66b89", "#ffbab6"],
  },
  "Southeast Asian": {
    Thai: ["#5a4d04", "#957e00"],
    Laoo: ["#746101", "#9ba131"],
    Khmr: ["#7b8118", "#bfbf03"],
    Mymr: ["#8b905e", "#d2dc1e"],
    Rohg: ["#ac8a03", "#e5ef79"],
  },
  "East Asian": {
    Hani: ["#a80962", "#c04e9c"],
    Kana: ["#6e4a6b", "#d26fc7"],
    Hira: ["#a22698", "#c699ba"],
    Hang: ["#ce47a9", "#ab7fa5"],
    Bopo: ["#ab5a8d", "#e0afd1"],
    Tibt: ["#ca6ac3", "#ffd3fa"],
  },
  "African": {
    Ethi: ["#4b437e", "#9d45c3"],
    Nkoo: ["#710f99", "#8473fe"],
    Adlm: ["#5c42cb", "#946acd"],
    Tfng: ["#784eaf", "#a8a6eb"],
    Vaii: ["#887fe8", "#c2c1ff"],
  },
  "American": {
    Cher: ["#3532b7", "#7558e2"],
    Cans: ["#7664d7", "#8f8ee0"],
  },
  Shared: {
    Zyyy: ["#7d858d", "#8a929a"],
    Zinh: ["#868c93", "#9aa1a8"],
    Zzzz: ["#6d747b", "#78808a"],
  },
};

const NONE = ["#8b9199", "#6b737c"];
const OTHERS = "Others";

/** What other labellers call the same: the founding paper's categories, and Han, kana and Hangul as one. */
const SAME = {
  LATIN: "Latn", CYRILLIC: "Cyrl", GREEK: "Grek", ARMENIAN: "Armn", GEORGIAN: "Geor", ARABIC: "Arab", HEBREW: "Hebr",
  SYRIAC: "Syrc", THAANA: "Thaa", DEVANAGARI: "Deva", BENGALI: "Beng", GURMUKHI: "Guru", GUJARATI: "Gujr",
  ORIYA: "Orya", TAMIL: "Taml", TELUGU: "Telu", KANNADA: "Knda", MALAYALAM: "Mlym", SINHALA: "Sinh", THAI: "Thai",
  LAO: "Laoo", KHMER: "Khmr", MYANMAR: "Mymr", CJK: "Hani", KATAKANA: "Kana", HIRAGANA: "Hira", HANGUL: "Hang",
  BOPOMOFO: "Bopo", TIBETAN: "Tibt", ETHIOPIC: "Ethi", TIFINAGH: "Tfng", VAI: "Vaii", CHEROKEE: "Cher",
  CANADIAN: "Cans",
};

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

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Call `run` when the reader's system turns to light or to dark. */
export const onTheme = (run) => dark.addEventListener("change", run);

const themed = (pair) => pair[dark.matches ? 1 : 0];

/** The region of every label, in the order of the legend, and its colour. */
export function colouring(labels) {
  const known = new Map();
  for (const [region, scripts] of Object.entries(REGIONS))
    for (const [script, pair] of Object.entries(scripts)) known.set(script, { region, pair });
  let unknown = 0;
  return new Map(
    labels.map((label) => {
      const found = known.get(SAME[label] ?? label);
      if (found) return [label, { region: found.region, colour: themed(found.pair) }];
      return [label, { region: OTHERS, colour: themed(made(unknown++)) }];
    }),
  );
}

/** Regions in the order of the legend. */
export const REGION_ORDER = [...Object.keys(REGIONS).slice(0, -1), OTHERS, "Shared"];

export const colourOfKind = (kind) => themed(KINDS[kind] ?? NONE);
export const colourOfNone = () => themed(NONE);

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

/** Colours for labels that no table knows: hues that go round by the golden angle, OKLCH to sRGB (Ottosson 2020). */
function made(position) {
  const hue = ((position * 137.508 + 20) * Math.PI) / 180;
  return [0.58 - 0.05 * (position % 3), 0.7 + 0.05 * (position % 3)].map((lightness) => {
    const [a, b] = [0.09 * Math.cos(hue), 0.09 * Math.sin(hue)];
    const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
    const linear = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ];
    const hex = linear.map((c) => Math.round(255 * encoded(Math.max(0, Math.min(1, c)))).toString(16).padStart(2, "0"));
    return `#${hex.join("")}`;
  });
}

const encoded = (c) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);
