/** The worker: one searcher for each model. */

import { Searcher } from "./searcher.js";

const searchers = new Map();

addEventListener("message", ({ data }) => {
  if (data.tokens) searchers.set(data.model, new Searcher(data.tokens));
  else postMessage({ number: data.number, model: data.model, ...searchers.get(data.model).search(data.query) });
});
