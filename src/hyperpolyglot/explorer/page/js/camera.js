/** Where one looks on a map: a place, a zoom, and the size of the window in CSS pixels. */

const MARGIN = 0.94;
const TOOLS = 70;
const ZOOMS = [0.5, 400];

export class Camera {
  x = 0;
  y = 0;
  zoom = 1;
  width = 1;
  height = 1;

  /** Pixels per unit of the map, of which two fit into the window at zoom 1. */
  get unit() {
    return (this.zoom * MARGIN * Math.max(40, Math.min(this.width, this.height - TOOLS))) / 2;
  }

  get view() {
    return [this.x, this.y, this.zoom];
  }

  set view([x, y, zoom]) {
    this.x = clamped(x, [-3, 3]);
    this.y = clamped(y, [-3, 3]);
    this.zoom = clamped(zoom, ZOOMS);
  }

  /** A place of the map in pixels from the window's upper left corner. */
  toScreen(x, y) {
    return [this.width / 2 + (x - this.x) * this.unit, this.height / 2 - (y - this.y) * this.unit];
  }

  toMap(left, top) {
    return [this.x + (left - this.width / 2) / this.unit, this.y - (top - this.height / 2) / this.unit];
  }

  /** Move the map by pixels. */
  pan(dx, dy) {
    this.view = [this.x - dx / this.unit, this.y + dy / this.unit, this.zoom];
  }

  /** Zoom so that the place under a pixel stays there. */
  zoomAt(left, top, factor) {
    const [x, y] = this.toMap(left, top);
    this.zoom = clamped(this.zoom * factor, ZOOMS);
    const [newX, newY] = this.toMap(left, top);
    this.view = [this.x + x - newX, this.y + y - newY, this.zoom];
  }

  /** The rectangle of the map that is seen: `[left, low, right, high]`. */
  get window() {
    const [left, high] = this.toMap(0, 0);
    const [right, low] = this.toMap(this.width, this.height);
    return [left, low, right, high];
  }

  /** The shift and scale that take the map to clip space. */
  get clip() {
    return { centre: [this.x, this.y], scale: [(2 * this.unit) / this.width, (2 * this.unit) / this.height] };
  }
}

const clamped = (value, [low, high]) => Math.min(high, Math.max(low, Number.isFinite(value) ? value : 0));
