"""The explorer with 250,000 tokens in a browser without a graphics card: ``python benchmarks/explorer.py``.

The bundle is synthetic: tokens made of two of the demo's, 30 unequal scripts on islands of the map, neighbours drawn
at random. ``--assert`` fails beyond three times a bound, as CI does. Needs playwright and a Chromium
(``CHROMIUM`` names another than /usr/bin/chromium).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from hyperpolyglot import open_model, packaged_lexicon
from hyperpolyglot.explorer.bundle import Bundle, bundle_of
from hyperpolyglot.explorer.explored import Explored, ExploreOptions
from hyperpolyglot.explorer.known import glossary, known_words
from hyperpolyglot.explorer.server import Server
from hyperpolyglot.labels import label
from hyperpolyglot.measures.neighbors import Neighbors
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.table import Table
from hyperpolyglot.vocabulary import Entry, Vocabulary

TOKENS = 250_000
K = 50
SLACK = 3.0
SOFTWARE = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
QUERIES = ("a", "e", "ナイ", "cand", "العرب", " pre", "#123456", "U+30CA", "zzzzzz")


def large_bundle(tokens: int = TOKENS) -> Bundle:
    """A bundle of one model of so many tokens."""
    space = _space(tokens)
    random = np.random.default_rng(1)
    rows = np.arange(tokens, dtype=np.int32)
    steps = random.integers(1, tokens, (tokens, K))
    similarity = np.sort(random.random((tokens, K), np.float32), axis=1)[:, ::-1]
    near = Neighbors(
        queries=rows,
        rows=((rows[:, None] + steps) % tokens).astype(np.int32),
        similarity=np.ascontiguousarray(similarity),
        candidates=rows,
        excluded={},
    )
    words = glossary(packaged_lexicon())
    model = Explored(
        space=space,
        near=near,
        points=_islands(space),
        method="UMAP",
        trustworthiness=0.9,
        known=known_words(space, words),
    )
    return bundle_of([model], words, ExploreOptions(k=K))


def _space(tokens: int) -> TokenSpace:
    texts = open_model("demo:meaning").vocabulary.texts[1:]
    random = np.random.default_rng(0)
    first, second = random.integers(0, len(texts), (2, tokens)).tolist()
    made = dict.fromkeys(texts)
    made |= dict.fromkeys(texts[a] + texts[b].lstrip("▁") for a, b in zip(first, second, strict=True))
    entries = [
        Entry(i, text, text.replace("▁", " ").encode(), score=-float(i))
        for i, text in enumerate(list(made)[:tokens])
    ]
    vocabulary = Vocabulary.build(entries, scheme="unigram", source="benchmark")
    table = Table(name="table", dtype="F32", shape=(tokens, 4), stored=np.ones((tokens, 4), np.float32))
    return TokenSpace(
        model="synthetic",
        revision=None,
        table=table,
        vocabulary=vocabulary,
        labels=label(vocabulary),
        ids=np.arange(tokens, dtype=np.int32),
    )


def _islands(space: TokenSpace) -> np.ndarray:
    random = np.random.default_rng(2)
    centres = random.uniform(-10, 10, (len(space.labels.names) + 1, 2))
    spread = 0.3 + 1.2 * np.sqrt(np.bincount(space.labels.codes + 1, minlength=len(centres)) / len(space))
    codes = space.labels.codes + 1
    noise = random.standard_normal((len(space), 2)) * spread[codes, None]
    return (centres[codes] + noise).astype(np.float32)


def measure(page: Any, url: str, loaded: list[int]) -> dict[str, tuple[float, float, str]]:
    """What was measured, the bound and the unit, by name; bounds with a minus sign are the least allowed."""
    begun = time.perf_counter()
    page.goto(url)
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    first_map = time.perf_counter() - begun
    page.wait_for_selector("html[data-ready=all]", timeout=60_000)
    complete = time.perf_counter() - begun
    searches = {query: page.evaluate(SEARCH, query) for query in QUERIES}
    for query, milliseconds in searches.items():
        print(f"  {query!r}: {milliseconds:.0f} ms")
    frames = {name: page.evaluate(PAN, zoom) for name, zoom in (("all", 1.0), ("near", 6.0))}
    return {
        "first map": (first_map, 3.0, "s"),
        "all tokens loaded": (complete, 10.0, "s"),
        "before the first click": (sum(loaded) / 1e6, 40.0, "MB"),
        "slowest search": (max(searches.values()), 100.0, "ms"),
        "pan, the whole map": (frames["all"], -20.0, "frames/s"),
        "pan, zoomed in": (frames["near"], -20.0, "frames/s"),
    }


SEARCH = """async (query) => {
  const model = explorer.open[0];
  await explorer.search.find(model, "warm");
  const begun = performance.now();
  await explorer.search.find(model, query);
  return performance.now() - begun;
}"""

PAN = """(zoom) => new Promise((done) => {
  const stage = document.querySelector(".stage");
  const box = stage.getBoundingClientRect();
  explorer.views[0].look([0.01, 0, zoom]);
  const mouse = { pointerId: 1, pointerType: "mouse", button: 0, bubbles: true };
  const at = (x) => ({ ...mouse, clientX: x, clientY: box.top + 300 });
  stage.setPointerCapture = () => {};
  let x = box.left + 200, begun = 0, frames = 0;
  stage.dispatchEvent(new PointerEvent("pointerdown", at(x)));
  const step = (now) => {
    if (frames === 10) begun = now;
    if (begun && now - begun > 3000) {
      stage.dispatchEvent(new PointerEvent("pointerup", at(x)));
      return done(((frames - 10) * 1000) / (now - begun));
    }
    x += frames % 60 < 30 ? 4 : -4;
    frames++;
    stage.dispatchEvent(new PointerEvent("pointermove", at(x)));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every bound; 1 if one is broken under ``--assert``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--assert", dest="strict", action="store_true", help="fail beyond three times a bound"
    )
    strict = parser.parse_args(arguments).strict
    from playwright.sync_api import sync_playwright

    begun = time.perf_counter()
    bundle = large_bundle()
    total = sum(len(content) for content in bundle.files.values())
    print(
        f"{TOKENS:,} tokens: {len(bundle.files)} files, {total / 1e6:.0f} MB, in {time.perf_counter() - begun:.0f} s"
    )
    server = Server(bundle, 0)
    server.start()
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=list(SOFTWARE)
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        loaded: list[int] = []
        page.on("response", lambda answer: loaded.append(int(answer.headers.get("content-length", 0))))
        measured = measure(page, server.url, loaded)
        browser.close()
    server.close()
    broken = 0
    for name, (value, bound, unit) in measured.items():
        kept = value >= -bound if bound < 0 else value <= bound
        broken += not (value >= -bound / SLACK if bound < 0 else value <= SLACK * bound)
        print(f"{name:24s} {value:8.2f} {unit:9s} bound {abs(bound):.0f}   {'kept' if kept else 'over'}")
    return 1 if strict and broken else 0


if __name__ == "__main__":
    sys.exit(main())
