"""The page on which tokens move along the steps of a run, in Python and in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli
from hyperpolyglot.errors import NotEnoughData
from hyperpolyglot.explorer.inlined import inlined
from hyperpolyglot.explorer.moving import moving_page

HOSTILE = "</script><script>alert(1)</script><!--"
SHARES = (0.0, 0.4, 1.0)


@pytest.fixture(scope="module")
def steps() -> list[hp.TokenSpace]:
    """Three checkpoints from noise to tokens of two scripts, one of them hostile."""
    last = hp.open_model("demo:meaning").where(labels=["Latn", "Cyrl"], top=240)
    vectors = last.vectors()
    noise = np.random.default_rng(0).standard_normal(vectors.shape).astype(np.float32) * vectors.std()
    texts = [HOSTILE, *last.vocabulary.texts[1:]]
    return [
        hp.from_arrays((1 - a) * noise + a * vectors, texts, name=f"run/step-{1000 * a:.0f}") for a in SHARES
    ]


@pytest.fixture(scope="module")
def found(steps: list[hp.TokenSpace]) -> hp.Track:
    """All three laid out."""
    few = hp.packaged_lexicon().take(languages=["de", "en"])
    return hp.track(steps, k=10, minimum=50, resamples=100, maps=3, lexicon=few)


@pytest.fixture(scope="module")
def url(found: hp.Track, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page as a file."""
    path = tmp_path_factory.mktemp("moving") / "moving.html"
    path.write_text(moving_page(found, "mine <b>"), "utf8")
    return path.as_uri()


def run_in(page: str) -> Any:
    """What stands in a page."""
    match = re.search(r'<script type="application/json" id="run">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    return json.loads(match[1])


def numbers(text: str, kind: str) -> Any:
    """Numbers in base64."""
    return np.frombuffer(base64.b64decode(text), kind)


def test_places_and_neighbours_are_those_of_the_run(found: hp.Track, steps: list[hp.TokenSpace]) -> None:
    """Maps differ from the record's by one shift and scale; the nearest are those of ``neighbors``, in order."""
    run = run_in(moving_page(found, "mine"))
    size = run["moving"]
    assert (240, ["step 0", "step 400", "step 1,000"]) == (size, [step["name"] for step in run["steps"]])
    points = numbers(run["points"], "<f4").reshape(3, size, 2)
    own = np.stack([step.points for step in found.maps])
    scale = np.ptp(points, axis=(0, 1)).max() / np.ptp(own, axis=(0, 1)).max()
    moved = (own - own.reshape(-1, 2).mean(axis=0)) * scale
    np.testing.assert_allclose(points - points.reshape(-1, 2).mean(axis=0), moved, atol=1e-4)
    assert 0.98 < (np.abs(points) <= 1).mean()
    near = numbers(run["near"], "<i4").reshape(3, size, 8)
    for at, step in enumerate(steps):
        assert hp.neighbors(step, k=8).rows.tolist() == near[at].tolist()
    assert [HOSTILE, *steps[0].vocabulary.texts[1:]] == run["texts"]
    assert {"Latin", "Cyrillic"} <= {label["name"] for label in run["labels"]}


def test_page_allows_itself_alone(found: hp.Track) -> None:
    """The policy names the hashes of the one script and the one style; hostile text closes no element."""
    page = moving_page(found, "mine <b>")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    assert 2 == len(scripts)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    for content in (scripts[1], style[1]):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert "mine &lt;b&gt;" in page
    assert not re.search(r"(?:src|href)=\"(?:http|//)", page)
    assert page == moving_page(found, "mine <b>")


def test_without_maps_there_is_no_page(found: hp.Track, steps: list[hp.TokenSpace]) -> None:
    """A run that was not laid out says what to ask for."""
    alone = hp.track(
        steps, k=5, minimum=50, resamples=100, lexicon=hp.packaged_lexicon().take(languages=["en", "de"])
    )
    with pytest.raises(NotEnoughData, match="--maps"):
        moving_page(alone, "mine")


def test_modules_that_cannot_be_inlined_are_refused() -> None:
    """A default export, an import of another form, a circle and a missing module are errors, not a broken page."""
    for wrong in (
        "export default 1;",
        'import x from "./b.js";',
        'import { a } from "./a.js";',
        'import { c } from "./c.js";',
    ):
        with pytest.raises(ValueError, match=r"\.js"):
            inlined({"a": wrong, "b": ""}, "a")


def test_command_writes_the_page(tmp_path: Path, steps: list[hp.TokenSpace]) -> None:
    """``-o moving.html`` lays steps out without being asked for maps; ``--maps`` says how many."""
    paths = []
    for step in steps:
        paths.append(str(tmp_path / f"{step.model.rpartition('/')[2]}.npz"))
        np.savez(paths[-1], embeddings=step.vectors(), tokens=np.array(["x", *step.vocabulary.texts[1:]]))
    page = tmp_path / "moving.html"
    given = [
        "track",
        *paths,
        "-k",
        "5",
        "--minimum",
        "50",
        "--cache",
        str(tmp_path / "kept"),
        "-o",
        str(page),
    ]
    done = CliRunner().invoke(cli, [*given, "--json"])
    assert 0 == done.exit_code, done.output
    assert 3 == len(run_in(page.read_text("utf8"))["steps"])
    assert 3 == len(json.loads(done.stdout)["maps"])
    assert 0 == CliRunner().invoke(cli, [*given, "--maps", "2"]).exit_code
    assert ["step 0", "step 1,000"] == [step["name"] for step in run_in(page.read_text("utf8"))["steps"]]


WHERE = "(row) => explorer.view.place(row)"


def test_slider_moves_the_points(visit: Any, url: str, found: hp.Track) -> None:
    """By key, by hand and by the button points go from map to map; half way they are half way; nothing is asked for."""
    page = visit(url)
    run = run_in(moving_page(found, "mine"))
    maps = numbers(run["points"], "<f4").reshape(3, run["moving"], 2)
    assert maps[0, 7].tolist() == pytest.approx(page.evaluate(WHERE, 7))
    page.focus("#step")
    page.keyboard.press("ArrowRight")
    assert "step 400" == page.inner_text(".timeline output") == page.get_attribute("#step", "aria-valuetext")
    assert maps[1, 7].tolist() == pytest.approx(page.evaluate(WHERE, 7))
    page.keyboard.press("End")
    assert maps[2, 7].tolist() == pytest.approx(page.evaluate(WHERE, 7))
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function("() => document.querySelector('#step').step === 'any'")
    page.evaluate(
        "() => { const e = document.querySelector('#step'); e.value = '0.5'; e.dispatchEvent(new Event('input')); }"
    )
    assert "step 0 → step 400" == page.inner_text(".timeline output")
    middle = (maps[0, 7] + maps[1, 7]) / 2
    assert middle.tolist() == pytest.approx(page.evaluate(WHERE, 7), abs=1e-5)
    left, top = page.evaluate("(row) => explorer.view.where(row)", 7)
    assert 7 in page.evaluate("([l, t]) => [explorer.view.rowAt(l, t, 4)]", _in_stage(page, left, top))
    page.click("text=Play")
    page.wait_for_function("() => explorer.timeline.time > 0.6 && explorer.timeline.time < 2")
    page.wait_for_function("() => explorer.timeline.time === 2")
    assert "Play" == page.inner_text(".timeline button")
    assert {url} == {asked for asked in page.visit.asked if not asked.startswith("data:")}


def _in_stage(page: Any, left: float, top: float) -> list[float]:
    box = page.locator(".stage").bounding_box()
    return [left - box["x"], top - box["y"]]


def test_those_who_prefer_no_motion_see_whole_steps(visit: Any, url: str) -> None:
    """With reduced motion the slider stands on steps only, and play goes from one to the next at once."""
    page = visit(url)
    assert "1" == page.get_attribute("#step", "step")
    seen = page.evaluate(
        "() => new Promise((done) => { const seen = []; const was = explorer.timeline.does.moved;"
        " explorer.timeline.does.moved = (t) => { seen.push(t); was(t); if (t === 2) done(seen); };"
        " explorer.timeline.play(); })"
    )
    assert [1, 2] == seen
    assert "step 1,000" == page.inner_text(".timeline output")


def test_a_token_with_its_neighbours_at_each_step(visit: Any, url: str, steps: list[hp.TokenSpace]) -> None:
    """Found by search and chosen by key, a token shows its nearest at every step; a neighbour is chosen by a click."""
    page = visit(url)
    row = 40
    text = steps[0].vocabulary.texts[row]
    page.fill("#search", text.removeprefix("▁"))
    page.keyboard.press("Enter")
    assert text == page.text_content("h2.headword").strip()
    for at, step in enumerate(steps):
        expected = [steps[0].vocabulary.texts[i] for i in hp.neighbors(step, k=8).rows[row].tolist()]
        shown = page.locator(".side").nth(at).locator("li .token").all_text_contents()
        assert [t[:60] for t in expected] == [t.strip()[:60] for t in shown]
    assert "step" == page.locator(".side").nth(0).get_attribute("aria-current")
    page.locator(".side").nth(2).locator(".at").click()
    assert "step" == page.locator(".side").nth(2).get_attribute("aria-current")
    first = page.locator(".side").nth(2).locator("button.neighbour").first
    to = first.locator(".token").text_content()
    first.click()
    assert to == page.text_content("h2.headword")


def test_hostile_tokens_are_shown_as_text(visit: Any, url: str) -> None:
    """What closes a script stands on the page as a token, and in the title."""
    page = visit(url)
    page.fill("#search", "alert(1)")
    page.keyboard.press("Enter")
    assert HOSTILE == page.text_content("h2.headword")
    assert "mine <b>" == page.title()


def test_filter_and_theme_and_a_small_window(visit: Any, url: str) -> None:
    """A script can be hidden, the dark theme has its own colours, and 390 pixels need no sideways scrolling."""
    page = visit(url)
    every = page.evaluate("() => explorer.view.drawn")
    page.locator(".key", has_text="Cyrillic").locator("input").uncheck()
    assert 0 < page.evaluate("() => explorer.view.drawn") < every
    light = page.evaluate("() => explorer.colour('Latn')")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("(light) => explorer.colour('Latn') !== light", arg=light)
    small = visit(url, viewport={"width": 390, "height": 844})
    assert 390 == small.evaluate("() => document.documentElement.scrollWidth")
    assert small.locator("#step").is_visible()
