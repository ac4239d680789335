/** Files for the reader: tokens as CSV, a map as PNG. */

import { englishOf } from "./tokencard.js";
import { visible } from "./tokens.js";

const LINKS = 0.4;

/** Tokens of a model as CSV (RFC 4180): what they are, what they mean, where they lie on the map. */
export function csvOf(model, rows) {
  const { languages } = model.lexicon;
  const head = ["id", "token", model.facts.singular, "kind", "english", "languages", "x", "y"];
  const lines = Array.from(rows, (row) => {
    const tags = new Set(model.meanings(row).flatMap((meaning) => meaning.languages.map((l) => languages[l].tag)));
    return [
      model.id[row], model.text(row), model.labelOf(row)?.name ?? "", model.kindOf(row), englishOf(model, row),
      [...tags].join(" "), model.points[2 * row], model.points[2 * row + 1],
    ];
  });
  return [head, ...lines].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

const cell = (value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));

/** What a view shows, as a canvas of its own: points, links and rings, names. */
export function pictureOf(view) {
  const { width, height } = view.canvas;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const brush = canvas.getContext("2d");
  brush.drawImage(view.redrawn(), 0, 0);
  brush.scale(view.ratio, view.ratio);
  const style = getComputedStyle(view.stage);
  drawMarks(brush, view, style);
  for (const { x, y, row, island, region } of view.labels.placed) {
    const [left, top] = view.camera.toScreen(x, y);
    const centred = row === undefined;
    const text = island?.name ?? region ?? visible(view.model.text(row));
    brush.font = `${region ? "italic " : ""}${centred ? 600 : 400} 12px ${style.fontFamily}`;
    Object.assign(brush, { textAlign: centred ? "center" : "left", textBaseline: "middle", lineJoin: "round", lineWidth: 3 });
    brush.strokeStyle = style.getPropertyValue("--halo");
    brush.fillStyle = style.getPropertyValue("--ink");
    brush.strokeText(text, left + (centred ? 0 : 6), top);
    brush.fillText(text, left + (centred ? 0 : 6), top);
  }
  return canvas;
}

function drawMarks(brush, { camera, marks }, style) {
  if (!marks.selected) return;
  brush.strokeStyle = style.getPropertyValue("--accent");
  const [x, y] = camera.toScreen(...marks.selected);
  const ring = (left, top, radius) => {
    brush.beginPath();
    brush.arc(left, top, radius, 0, 2 * Math.PI);
    brush.stroke();
  };
  for (const place of marks.near ?? []) {
    const [left, top] = camera.toScreen(...place);
    brush.globalAlpha = LINKS;
    brush.beginPath();
    brush.moveTo(x, y);
    brush.lineTo(left, top);
    brush.stroke();
    brush.globalAlpha = 1;
    ring(left, top, 4);
  }
  brush.lineWidth = 2.5;
  ring(x, y, 8);
}

/** Hand a file to the reader. */
export function download(name, content) {
  const url = URL.createObjectURL(content);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name for a file, of letters, digits and little else. */
export const fileName = (title, ending) => `${title.replace(/[^\p{L}\p{N}.-]+/gu, "-").replace(/^-+|-+$/g, "") || "tokens"}.${ending}`;
