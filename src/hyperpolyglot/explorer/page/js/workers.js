/** Searching in a worker: the page asks, only the newest question is answered. */

/** The address of the worker, under a page policy that lets no string become code. */
function address() {
  const url = new URL("./worker.js", import.meta.url).href;
  const policy = globalThis.trustedTypes?.createPolicy("hyperpolyglot", { createScriptURL: () => url });
  return policy ? policy.createScriptURL("") : url;
}

export class Search {
  #worker = new Worker(address(), { type: "module" });
  #known = new Set();
  #waiting = new Map();
  #number = 0;

  constructor() {
    this.#worker.addEventListener("message", ({ data }) => {
      const waiting = this.#waiting.get(data.model);
      if (waiting?.number === data.number) waiting.answer(data);
    });
  }

  /** Hand over a model whose tokens have been loaded. */
  add(model) {
    if (this.#known.has(model.name)) return;
    this.#known.add(model.name);
    const { texts, id, frequency, kind, kinds } = model;
    const tokens = { offsets: texts.offsets, bytes: texts.bytes, id, frequency, kind, padding: kinds.indexOf("padding") };
    this.#worker.postMessage({ model: model.name, tokens });
  }

  /** `{rows, total, matches}`; never settles where a newer question about the model follows. */
  find(model, query) {
    const number = ++this.#number;
    this.#worker.postMessage({ model: model.name, number, query });
    return new Promise((answer) => this.#waiting.set(model.name, { number, answer }));
  }
}
