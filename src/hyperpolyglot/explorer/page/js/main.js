/** Where the page begins. */

import { App } from "./app.js";
import { readManifest } from "./bundle.js";
import { Notices } from "./notice.js";

const part = (id) => document.getElementById(id);
const notices = new Notices(part("maps"), part("notice-slot"));

async function begin() {
  const manifest = await readManifest();
  const page = {
    choices: part("choices"), search: part("search-slot"), tour: part("tour-slot"), legend: part("legend-slot"),
    maps: part("maps"), panel: part("panel-slot"), live: part("live"), notices,
  };
  part("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address belongs to the state
    page.panel.focus();
  });
  const app = new App(manifest, page);
  globalThis.explorer = app; // for the console, and for tests
  await app.start();
}

const again = () => begin().catch((error) => notices.show(error, again));
again();
