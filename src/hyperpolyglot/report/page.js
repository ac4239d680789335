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
