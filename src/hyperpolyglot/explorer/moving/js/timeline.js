/** The slider over the steps, and the button that plays them. */

import { el, fill } from "./elements.js";

const GLIDE = 450; // milliseconds from one map to the next, by key
const PLAY = 1500;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Timeline {
  time = 0;
  #run = 0;

  /** `does`: `moved(time)` while it moves, `arrived(step)` where it stays. */
  constructor(steps, does) {
    this.steps = steps;
    this.does = does;
    this.last = steps.length - 1;
    this.button = el("button", { type: "button", onclick: () => (this.playing ? this.stop() : this.play()) }, "Play");
    this.range = el("input", { type: "range", id: "step", min: "0", max: String(this.last), step: STILL.matches ? "1" : "any", value: "0" });
    this.said = el("output", { for: "step" });
    this.element = el(
      "div",
      { class: "timeline", role: "group", "aria-label": "Steps" },
      this.button,
      el("div", { class: "rail" },
        el("label", { for: "step", class: "unseen" }, "Step"), this.range,
        el("div", { class: "marks", "aria-hidden": "true" }, steps.map(() => el("span")))),
      this.said,
    );
    this.range.addEventListener("input", () => this.#dragged());
    this.range.addEventListener("change", () => this.#arrived());
    this.range.addEventListener("keydown", (event) => this.#pressed(event));
    STILL.addEventListener("change", () => (this.range.step = STILL.matches ? "1" : "any"));
    this.#show();
  }

  /** The step that is nearest in time. */
  get step() {
    return Math.round(this.time);
  }

  get playing() {
    return this.button.textContent === "Pause";
  }

  /** Play from here to the last step, from the first where this is the last. */
  play() {
    if (this.time >= this.last) this.#to(0);
    fill(this.button, "Pause");
    if (STILL.matches) return this.#next();
    return this.#glide(this.last, PLAY);
  }

  stop() {
    this.#run++;
    fill(this.button, "Play");
    this.#arrived();
  }

  /** Go to a step, in a moment or, for those who prefer it, at once. */
  go(step) {
    fill(this.button, "Play");
    this.#glide(Math.max(0, Math.min(this.last, step)), GLIDE);
  }

  #dragged() {
    this.#run++;
    fill(this.button, "Play");
    this.#to(Number(this.range.value));
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [before, after] = [Math.ceil(this.time) - 1, Math.floor(this.time) + 1];
    const to = {
      ArrowLeft: before, ArrowDown: before, PageDown: before, ArrowRight: after, ArrowUp: after, PageUp: after, Home: 0, End: this.last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.go(to);
  }

  /** Step by step, for those who prefer no motion. */
  #next() {
    const run = ++this.#run;
    setTimeout(() => {
      if (run !== this.#run) return;
      this.#to(Math.min(this.last, Math.floor(this.time) + 1));
      this.#arrived();
      if (this.time < this.last) this.#next();
      else this.stop();
    }, PLAY);
  }

  #glide(to, pace) {
    const run = ++this.#run;
    const from = this.time;
    const whole = STILL.matches ? 0 : pace * Math.abs(to - from);
    const begun = performance.now();
    const frame = (now) => {
      if (run !== this.#run) return;
      const share = whole > 0 ? Math.min(1, Math.max(0, (now - begun) / whole)) : 1;
      this.#to(share < 1 ? from + share * (to - from) : to);
      if (share < 1) requestAnimationFrame(frame);
      else this.stop();
    };
    frame(begun);
  }

  #to(time) {
    this.time = time;
    this.range.value = String(time);
    this.#show();
    this.does.moved(time);
  }

  #show() {
    const [low, high] = [Math.floor(this.time), Math.ceil(this.time)];
    const text = low === high ? this.steps[low].name : `${this.steps[low].name} → ${this.steps[high].name}`;
    fill(this.said, text);
    this.range.setAttribute("aria-valuetext", text);
  }

  #arrived() {
    this.does.arrived(this.step);
  }
}
