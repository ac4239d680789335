/** Elements of the page. Whatever comes from a model is only ever set as text, never as markup. */

/**
 * An element with attributes and children. `on…` attributes are listeners, `true` an attribute without a value;
 * null, undefined and false leave one out. Children are elements or text, nested as one likes.
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** Put children in the place of all that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A small square in the colour of a label. */
export function swatch(colour) {
  const made = el("span", { class: "swatch", "aria-hidden": "true" });
  made.style.backgroundColor = colour;
  return made;
}

/** A number as people write it: 12,345. */
export const count = (n) => n.toLocaleString("en");

export const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** "1 token", "3 tokens". */
export const counted = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;

/** Run a function when there have been no calls for a while. */
export function debounced(wait, run) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...values), wait);
  };
}
