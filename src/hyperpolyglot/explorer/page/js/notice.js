/** What went wrong, and a way to try again, without taking the map away. */

import { el, fill } from "./elements.js";

/** A sentence with a button; `again` runs when it is pressed. */
export function failure(error, again) {
  return el(
    "div",
    { class: "notice failure" },
    el("p", { role: "alert" }, error.message),
    el("button", { type: "button", onclick: again }, "Try again"),
  );
}

/** Shows failures below the maps, or in their place while there is none. */
export class Notices {
  constructor(maps, slot) {
    Object.assign(this, { maps, slot });
  }

  show(error, again) {
    const retried = () => {
      this.clear();
      again();
    };
    const there = this.maps.querySelector(".map") !== null;
    fill(there ? this.slot : this.maps, failure(error, retried));
    if (!there) document.documentElement.dataset.ready = "failed";
  }

  clear() {
    fill(this.slot);
  }
}
