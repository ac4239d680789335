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
