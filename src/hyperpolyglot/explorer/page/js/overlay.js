/** What is drawn over the points: rings round a token and its neighbours, what is pointed at, the lasso, a crosshair. */

const SVG = "http://www.w3.org/2000/svg";
const APART = 5;

export class Overlay {
  constructor() {
    this.element = document.createElementNS(SVG, "svg");
    this.element.setAttribute("class", "overlay");
    this.element.setAttribute("aria-hidden", "true");
  }

  /** Draw anew. `selected` and `hover` are places of the map, `near` several, `lasso` a polygon `[x, y, …]`. */
  draw(camera, { selected, near, hover, lasso, crosshair }) {
    const at = (place) => camera.toScreen(...place);
    const parts = [];
    if (lasso) parts.push(shape("path", { class: "lasso", d: outline(camera, lasso) }));
    if (selected) {
      const [x1, y1] = at(selected);
      const ringed = [[x1, y1]];
      for (const place of near ?? []) {
        const [x2, y2] = at(place);
        if (ringed.some(([x, y]) => Math.hypot(x - x2, y - y2) < APART)) continue;
        ringed.push([x2, y2]);
        parts.push(shape("line", { x1, y1, x2, y2 }), ring("near", at(place), 4));
      }
      parts.push(ring("selected", [x1, y1], 8));
    }
    if (hover) parts.push(ring("hover", at(hover), 7));
    if (crosshair) parts.push(shape("path", { class: "cross", d: cross(camera.width / 2, camera.height / 2) }));
    this.element.replaceChildren(...parts);
  }
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes))
    made.setAttribute(key, typeof value === "number" ? value.toFixed(1) : value);
  return made;
}

const ring = (kind, [cx, cy], r) => shape("circle", { class: kind, cx, cy, r });

const cross = (x, y) => `M${x - 9} ${y}H${x + 9}M${x} ${y - 9}V${y + 9}`;

function outline(camera, polygon) {
  const places = [];
  for (let i = 0; i + 1 < polygon.length; i += 2)
    places.push(camera.toScreen(polygon[i], polygon[i + 1]).map((value) => value.toFixed(1)).join(" "));
  return `M${places.join("L")}Z`;
}
