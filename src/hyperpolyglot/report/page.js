// The contents say where the reader is: the last heading above the middle of the window.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const places = [...links.keys()].map((id) => document.getElementById(id));
let here = null;
function tell() {
  const next = places.filter((place) => place.getBoundingClientRect().top < innerHeight / 3).at(-1) ?? places[0];
  if (next === here) return;
  for (const link of links.values()) link.removeAttribute("aria-current");
  here = next;
  const link = links.get(here.id);
  link.setAttribute("aria-current", "location");
  const nav = link.closest("nav");
  if (nav.scrollHeight > nav.clientHeight) nav.scrollTop = link.offsetTop - nav.clientHeight / 2;
}
addEventListener("scroll", () => requestAnimationFrame(tell), { passive: true });
addEventListener("resize", tell);
tell();

// Tables of many rows: a heading sorts by its column, a field leaves the rows that hold what is typed.
const many = 12;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
function valueOf(row, column) {
  const text = row.cells[column].firstChild?.textContent.trim() ?? "";
  const number = parseFloat(text.replaceAll(",", "").replace("−", "-"));
  return Number.isNaN(number) ? text : number;
}
function sortBy(table, heading, column) {
  const ascending = heading.getAttribute("aria-sort") === "descending" || (heading.ariaSort === null && !heading.classList.contains("n"));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
  const unknown = (value) => value === "–" || value === "";
  rows.sort(([a], [b]) => {
    if (unknown(a) || unknown(b)) return unknown(a) - unknown(b);
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en");
    return ascending ? order : -order;
  });
  body.append(...rows.map(([, row]) => row));
}
for (const table of document.querySelectorAll("table.grid:not(.paper)")) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length < many) continue;
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (!heading.textContent) return;
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, heading, column));
    heading.append(button);
  });
  const field = document.createElement("input");
  const found = rows.map((row) => plain(row.textContent));
  field.type = "search";
  field.placeholder = "Filter rows …";
  field.setAttribute("aria-label", `Filter the rows of ${table.parentElement.getAttribute("aria-label")}`);
  field.addEventListener("input", () => {
    const wanted = plain(field.value.trim());
    rows.forEach((row, i) => { row.hidden = !found[i].includes(wanted); });
  });
  table.parentElement.before(field);
}
// A link to a folded table opens it.
function unfold() {
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = place?.querySelector(":scope > details");
  if (details && place.dataset.opens !== undefined) details.open = true;
}
addEventListener("hashchange", unfold);
unfold();

// Type a language on the first screen: its rows of the table of all languages.
const lookUp = document.getElementById("look-up");
const languages = document.querySelector("#languages details table");
const namedFirst = (row) => row.cells[0].firstChild.textContent.trim();
function nearest(text, names) {
  const wanted = plain(text.trim());
  const place = (name) => {
    const [, called, tag] = /^(.*?)(?: \((.*)\))?$/.exec(plain(name));
    return tag === wanted || called === wanted ? 0 : called.startsWith(wanted) ? 1 : plain(name).includes(wanted) ? 2 : 3;
  };
  return names.map((name) => [place(name), name]).filter(([at]) => at < 3).sort(([a], [b]) => a - b).map(([, name]) => name);
}
function rowsOf(name) {
  const table = document.createElement("table");
  table.className = "grid";
  const head = table.createTHead().insertRow();
  for (const heading of languages.tHead.rows[0].cells) {
    const cell = document.createElement("th");
    cell.className = heading.className;
    cell.textContent = heading.textContent;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of languages.tBodies[0].rows) {
    if (namedFirst(row) !== name) continue;
    const shown = row.cloneNode(true);
    shown.hidden = false;
    body.append(shown);
  }
  const wide = document.createElement("div");
  wide.className = "wide";
  wide.append(table);
  return wide;
}
if (lookUp && languages) {
  const names = [...new Set([...languages.tBodies[0].rows].map(namedFirst))];
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "Type a language, as Swahili or sw …";
  field.setAttribute("aria-label", "Look up a language");
  const shown = document.createElement("output");
  field.addEventListener("input", () => {
    shown.replaceChildren();
    if (!field.value.trim()) return;
    const found = nearest(field.value, names);
    if (!found.length) shown.append("The lexicon has no such language.");
    else {
      shown.append(rowsOf(found[0]), "Below a value: [95\u00a0% interval] · chance, in per cent.");
      if (found.length > 1) shown.append(` Also: ${found.slice(1, 6).join(", ")}${found.length > 6 ? ` and ${found.length - 6} more` : ""}.`);
    }
  });
  lookUp.prepend(field, shown);
}
