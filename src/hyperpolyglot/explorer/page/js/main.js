/** Where the page begins. */

import { App } from "./app.js";
import { readManifest } from "./bundle.js";
import { el, fill } from "./elements.js";

const part = (id) => document.getElementById(id);

/** Say what went wrong, in place of the map. */
function failed(error) {
  fill(part("maps"), el("p", { class: "notice", role: "alert" }, error.message));
  document.documentElement.dataset.ready = "failed";
}

async function begin() {
  const manifest = await readManifest();
  const page = {
    choices: part("choices"), search: part("search-slot"), tour: part("tour-slot"), legend: part("legend-slot"),
    maps: part("maps"), panel: part("panel-slot"), live: part("live"), failed,
  };
  part("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address belongs to the state
    page.panel.focus();
  });
  const app = new App(manifest, page);
  globalThis.explorer = app; // for the console, and for tests
  await app.start();
}

begin().catch(failed);
