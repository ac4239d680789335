/** Where the page of a run begins: map, timeline, legend, search and panel, kept in step. */

import { coloursOf, shownBy } from "./colours.js";
import { debounced, fill } from "./elements.js";
import { Finder } from "./finder.js";
import { Journey } from "./journey.js";
import { Legend, UNLABELLED } from "./legend.js";
import { MapView } from "./map.js";
import { colouring, colourOfNone, onTheme } from "./palette.js";
import { Run } from "./run.js";
import { Timeline } from "./timeline.js";
import { spoken } from "./tokens.js";

const part = (id) => document.getElementById(id);

class Page {
  off = [];
  chosen = -1;
  pointed = null;

  constructor(given) {
    this.given = given;
    this.run = new Run(given);
    this.announce = debounced(300, (text) => fill(part("live"), text));
    this.legend = new Legend({
      colour: () => {},
      filter: (off) => this.#paint((this.off = off)),
      point: (key) => this.#light((this.pointed = key)),
    });
    this.legend.choice.closest(".by").remove(); // there is nothing else to colour by
    fill(this.legend.summary, "Filter");
    this.view = new MapView({
      hover: (row) => this.view.mark({ hover: row }),
      pick: (row) => this.pick(row),
      view: () => {},
      middle: (row) => row >= 0 && this.announce(spoken(this.run.text(row))),
    });
    this.journey = new Journey(this.run, { pick: (row) => this.pick(row), point: (row) => this.view.mark({ hover: row }), go: (step) => this.timeline.go(step) });
    this.finder = new Finder(this.run, (row) => this.pick(row));
    this.timeline = new Timeline(this.run.steps, { moved: (time) => this.#moved(time), arrived: (step) => this.#arrived(step) });
    fill(part("legend-slot"), this.legend.element);
    fill(part("maps"), this.view.element);
    fill(part("timeline-slot"), this.timeline.element);
    fill(part("search-slot"), this.finder.element);
    fill(part("panel-slot"), this.journey.element);
    if (!matchMedia("(min-width: 1024px)").matches) this.legend.element.open = false;
    this.view.setModel(this.run, this.run.title);
    this.#paint();
    this.view.named();
    this.journey.showNothing();
    this.journey.now(0);
    onTheme(() => this.#themed());
    document.documentElement.dataset.ready = "all";
  }

  colour = (label) => this.scheme.get(label)?.colour ?? colourOfNone();

  /** Choose a token, −1 for none. */
  pick(row) {
    this.chosen = row;
    if (row < 0) this.journey.showNothing();
    else this.journey.show(row, this.colour);
    this.journey.now(this.timeline.step);
    this.#mark();
    if (row >= 0) this.announce(`${spoken(this.run.text(row))}, ${this.run.labelOf(row)?.name ?? this.run.kindOf(row)}`);
  }

  #themed() {
    this.#paint();
    if (this.chosen >= 0) this.pick(this.chosen);
  }

  #paint() {
    this.scheme = colouring(this.given.colours);
    const { run, off, scheme } = this;
    this.view.paint(coloursOf(run, "label", scheme, null), shownBy(run, off), (label) => (off.includes(label) ? null : this.colour(label)));
    this.legend.show([run], off, { by: "label", scheme, scale: null });
    this.#light();
  }

  #moved(time) {
    this.run.at(time);
    this.view.moved();
    this.#mark();
    this.journey.now(this.timeline.step);
  }

  #arrived(step) {
    this.announce(this.run.steps[step].name);
  }

  /** The chosen token and what is near to it at the step that is shown. */
  #mark() {
    const near = this.#near();
    this.view.mark({ selected: this.chosen, near: this.chosen < 0 ? null : near, names: near, hover: null });
    this.#light();
  }

  #near() {
    return this.chosen < 0 ? [] : this.run.neighbours(this.timeline.step, this.chosen).filter((row) => this.run.placed(row));
  }

  /** Light up the label that is pointed at in the legend, else the chosen token and its neighbours. */
  #light() {
    const { pointed, run, chosen } = this;
    if (pointed === null) return this.view.light(chosen < 0 ? null : [chosen, ...this.#near()]);
    const of = (row) => (pointed === UNLABELLED ? run.labelOf(row) === null : run.labelOf(row)?.label === pointed);
    return this.view.light(Array.from({ length: run.size }, (_, row) => row).filter(of));
  }
}

globalThis.explorer = new Page(JSON.parse(part("run").textContent)); // for the console, and for tests
