/** Spellings by which one searches: capitals, width and accents aside. */

const ACCENTS =
  /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;
const STROKES = { ł: "l", ø: "o", đ: "d", ħ: "h", ŧ: "t", ı: "i", ς: "σ" };
const STROKED = new RegExp(`[${Object.keys(STROKES).join("")}]`, "g");

/** Without capitals and width: compatibility form, then the lower case of the upper case ("ß" is "ss"). */
export const cased = (text) => text.normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ς", "σ");

/**
 * And without accents: combining accents, points of Hebrew, vowel signs of Arabic and strokes are dropped; vowel signs
 * of Brahmic scripts and the voicing of kana are letters, and stay.
 */
export const folded = (text) =>
  cased(text).normalize("NFD").replace(ACCENTS, "").normalize("NFC").replace(STROKED, (c) => STROKES[c]);
