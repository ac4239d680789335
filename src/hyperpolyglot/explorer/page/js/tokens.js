/** Tokens as people see them: any script in either direction, nothing hidden, nothing that acts. */

import { el } from "./elements.js";

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const JOINERS = new Set(["\u200c", "\u200d"]);
const SPACE = "▁";

const named = (c) => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;

/**
 * Text in which control, directional, unassigned and blank characters are shown by their code point, and a mark
 * without a letter stands on a dotted circle. Joiners are kept beside letters, where they belong.
 */
export function visible(text) {
  const shown = text.replace(HIDDEN, (c) => (JOINERS.has(c) && text.length > 1 ? c : named(c)));
  return shown.replace(/^(▁?)(?=\p{M})/u, "$1◌");
}

/** Short enough for a label or a list: the first `most` characters. */
export function shortened(text, most) {
  const characters = Array.from(text.slice(0, 4 * most));
  return characters.length > most ? characters.slice(0, most).join("") + "…" : text;
}

/** A token as an element of its own direction; the mark of a word's start is faint. */
export function token(text, most = 64) {
  const shown = shortened(visible(text), most);
  const made = el("bdi", { class: "token", dir: "auto" });
  if (shown === "") made.append(el("span", { class: "faint" }, "empty"));
  else if (shown.startsWith(SPACE) && shown.length > 1)
    made.append(el("span", { class: "start", "aria-hidden": "true" }, SPACE), shown.slice(1));
  else made.append(shown);
  return made;
}

/** A token as plain text, for titles and for those who listen. */
export const spoken = (text, most = 64) => shortened(visible(text), most) || "empty token";

/** Its code points: "U+30CA U+30A4". */
export function codePoints(text, most = 24) {
  const points = Array.from(text.slice(0, 4 * most), (c) => c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0"));
  return points.slice(0, most).map((p) => `U+${p}`).join(" ") + (points.length > most ? " …" : "");
}

/** Bytes in hexadecimal digits: "e3 83 8a". */
export function hexadecimal(bytes, most = 48) {
  const shown = Array.from(bytes.subarray(0, most), (b) => b.toString(16).padStart(2, "0")).join(" ");
  return shown + (bytes.length > most ? " …" : "");
}
