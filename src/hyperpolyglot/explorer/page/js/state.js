/** What the page shows, in the address bar: a link opens the same view, back and forward go through it. */

const EMPTY = {
  model: null, // name of the model
  beside: null, // name of a second one
  token: null, // id of the token that is looked at
  token2: null, // its id in the second model, where that is not the first token that reads alike
  colour: "label", // label | kind | diversity | frequency | a column of the models' measures
  off: [], // labels and kinds that are filtered out, kinds as "kind:byte"
  query: "",
  view: null, // [x, y, zoom] of the map
  view2: null, // of the second map
  lasso: null, // [x, y, x, y, …]: a polygon on the first map
  tour: null, // stop of the tour, from 1
};

const places = (text) => {
  const numbers = text.split(",").map(Number);
  return numbers.every(Number.isFinite) ? numbers : null;
};

const WHOLE = { read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : null), write: String };
const FORMS = {
  colour: { read: (text) => (/^[a-z_]{1,32}$/.test(text) ? text : null), write: String },
  token: WHOLE,
  token2: WHOLE,
  off: { read: (text) => text.split(",").map(decodeURIComponent), write: (off) => off.map(encodeURIComponent).join(",") },
  view: { read: placesOf(3), write: (view) => view.map(rounded).join(",") },
  view2: { read: placesOf(3), write: (view) => view.map(rounded).join(",") },
  lasso: { read: (text) => places(text), write: (lasso) => lasso.map(rounded).join(",") },
  tour: WHOLE,
};
const PLAIN = { read: (text) => text, write: (value) => value };

function placesOf(length) {
  return (text) => {
    const found = places(text);
    return found?.length === length ? found : null;
  };
}

function rounded(number) {
  return String(Math.round(number * 1e4) / 1e4);
}

function isEmpty(value, key) {
  return value === EMPTY[key] || value === "" || (Array.isArray(value) && value.length === 0);
}

/** The state that an address stands for; what cannot be read is left out. */
export function readState(hash) {
  const state = { ...EMPTY };
  for (const [key, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (key in EMPTY) state[key] = understood(key, text) ?? EMPTY[key];
  }
  return state;
}

function understood(key, text) {
  try {
    return (FORMS[key] ?? PLAIN).read(text);
  } catch {
    return null; // a broken percent sign
  }
}

/** The address of a state. */
export function writeState(state) {
  const words = Object.entries(state).filter(([key, value]) => value !== null && !isEmpty(value, key));
  const all = new URLSearchParams(words.map(([key, value]) => [key, (FORMS[key] ?? PLAIN).write(value)]));
  return `#${all.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

/** The state of the page; whoever subscribes is told of every change. */
export class State {
  #now;
  #told = [];

  constructor() {
    this.#now = readState(location.hash);
    addEventListener("popstate", () => this.#become(readState(location.hash)));
    addEventListener("hashchange", () => {
      if (location.hash !== writeState(this.#now)) this.#become(readState(location.hash));
    });
  }

  get now() {
    return this.#now;
  }

  /** Call `run(state, changed keys)` on every change. */
  subscribe(run) {
    this.#told.push(run);
  }

  /** Change some of the state; a `step` is one that the back button undoes. */
  change(part, { step = false } = {}) {
    const next = { ...this.#now, ...part };
    const address = writeState(next);
    if (address === writeState(this.#now)) return;
    history[step ? "pushState" : "replaceState"](null, "", address);
    this.#become(next);
  }

  #become(next) {
    const changed = new Set(Object.keys(EMPTY).filter((key) => !same(this.#now[key], next[key])));
    this.#now = next;
    if (changed.size) for (const run of this.#told) run(next, changed);
  }
}

function same(a, b) {
  return a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((x, i) => x === b[i]));
}
