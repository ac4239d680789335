"""What a visitor does, on the page that ``explore`` serves and on the export on a static host."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from matplotlib.path import Path as Polygon

from hyperpolyglot.explorer.bundle import Bundle
from hyperpolyglot.explorer.server import Server
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.writing.scripts import is_script
from tests.explorer.conftest import find_chromium
from tests.explorer.planted import (
    HOSTILE,
    WORDS,
    K,
    meanings_together,
    nearest,
    scripts_together,
    tokens,
)

ONE = "#model=by/script"
OTHER = "#model=by/meaning"
BOTH = "#model=by/script&beside=by/meaning"


@pytest.fixture(scope="session")
def spaces():
    return scripts_together(), meanings_together()


def id_of(token, space=None):
    return space.vocabulary.texts.index(token) if space else tokens().index(token)


def shown(token, most=60):
    """A token as a list of neighbours shows it."""
    text = HOSTILE.get(token.replace("▁src", " src").replace("▁onerror", " onerror"), token)
    return text if len(text) <= most else text[:most] + "…"


def words(locator):
    """Texts of elements as they are read, the faint mark of a word's start with them."""
    return [text.strip() for text in locator.all_text_contents()]


def found(page, query):
    """What the list shows for a query."""
    page.fill("#search", query)
    page.wait_for_function("(q) => document.querySelector('#found').dataset.query === q", arg=query)
    return words(page.locator("#found .match .token"))


def head(page, text):
    """Wait for the card of a token."""
    page.locator("h2.headword", has_text=re.compile(f"^{re.escape(text)}$")).wait_for()


def lit(page, side=0):
    return page.evaluate("(side) => [...explorer.views[side].points.lit]", side)


def test_search_in_any_script(visit, site):
    """Kana, a word without its accent or in capitals or wide letters, Arabic, an id and a code point are found as one
    types; right-to-left tokens run so, and what matches is lit on the map.
    """
    page = visit(site + ONE)
    assert ["ナイキ"] == found(page, "ナイキ")
    assert [id_of(word) for word in WORDS["Nike"].values()] == lit(page)
    assert ["ナイキ"] == found(page, "ﾅｲｷ")
    for query in ("când", "cand", "CÂND", "ＣＡＮＤ", " când"):
        assert "▁când" == found(page, query)[0]
    assert ["▁العربية"] == found(page, "العربية")
    assert "rtl" == page.locator("#found .match .token").evaluate("e => getComputedStyle(e).direction")
    assert "▁Nike" == found(page, "nike")[0]
    assert ["猫"] == found(page, f"#{id_of('猫')}")
    assert ["ナイキ"] == found(page, "U+30CA")
    assert [] == found(page, "there is no such token")
    assert "No token matches." == page.inner_text(".status")


def test_search_by_meaning(visit, site):
    """A word finds its translations, and so does a word that is no token, which is shown with its pieces; a token
    that the lexicon does not know is shown with its nearest tokens.
    """
    page = visit(site + ONE)
    assert ["▁Nike"] == found(page, "nike")
    same = words(page.locator("#found .same .token"))
    assert {"▁Найк", "ナイキ", "▁نايكي"} == set(same)
    assert "1 token matches. 3 tokens of the same meaning." == page.inner_text(".status")
    tags = dict(zip(same, words(page.locator("#found .same .tags")), strict=True))
    assert ("ru", "ja") == (tags["▁Найк"], tags["ナイキ"])
    assert [] == found(page, "gato")
    assert {"▁cat", "▁pisică", "▁кошка", "猫", "▁قطة"} == set(words(page.locator("#found .same .token")))
    assert [] == found(page, "catwhen猫")
    assert ["▁cat", "unknown, or bytes", "猫"] == words(page.locator("#found .piece > :first-child"))
    assert "estimate" in page.inner_text("#found .group")
    filler = scripts_together().vocabulary.texts[40]
    assert filler in found(page, filler.strip("▁"))
    assert K == page.locator("#found .near").count()


def test_a_token_and_its_neighbours(visit, site, spaces):
    """The card has the facts, the neighbours that brute force finds, their labels and known translations."""
    space = spaces[1]
    row = id_of("▁когда", space)
    page = visit(site + OTHER)
    page.fill("#search", "когда")
    page.wait_for_selector("#found li")
    page.keyboard.press("Enter")
    head(page, "▁когда")
    expected = nearest(space, row)
    texts = space.vocabulary.texts
    assert [shown(texts[i]) for i, _ in expected] == words(page.locator("ol.near .token"))
    assert [f"{c:.3f}" for _, c in expected] == words(page.locator("ol.near .similarity"))
    labels = [space.labels.of(i) or "special" for i, _ in expected]
    assert labels == words(page.locator("ol.near .badge"))
    tags = {t: g for t, g in zip(words(page.locator("ol.near .body")), range(K), strict=True) if "means" in t}
    assert {"en", "ro", "ja"} == {re.search(r",(\w+)$", text)[1] for text in tags}
    facts = dict(zip(words(page.locator(".facts dt")), words(page.locator(".facts dd")), strict=True))
    assert ("Cyrillic", f"#{row}", "text") == (facts["script"], facts["id"], facts["kind"])
    assert "20 d0 ba d0 be d0 b3 d0 b4 d0 b0 (11)" == facts["bytes"]
    assert "U+2581 U+043A U+043E U+0433 U+0434 U+0430" == facts["Unicode"]
    assert "when in Russian" == page.inner_text(".meanings")
    distinct = len({label for label in (space.labels.of(i) for i, _ in expected) if is_script(label)})
    assert f"Scripts: {distinct}, by chance" in page.inner_text(".reading >> nth=0")
    assert "Same meaning: 3 of 12, by chance 0.14" == page.inner_text(".reading >> nth=1")
    near = sum(space.labels.of(i) == "Cyrl" for i, _ in expected)
    assert f"Cyrillic {near}" in words(page.locator(".card .part"))


def test_back_and_forward(visit, site, spaces):
    """A click on a neighbour goes there; back, forward and a link in a fresh browser show the same token."""
    space = spaces[0]
    page = visit(f"{site}{ONE}&token={id_of('猫')}")
    head(page, "猫")
    second = space.vocabulary.texts[nearest(space, id_of("猫"))[1][0]]
    page.locator("ol.near button").nth(1).click()
    head(page, second)
    assert f"token={id_of(second)}" in page.url
    assert page.title().startswith(second)
    page.go_back()
    head(page, "猫")
    page.go_forward()
    head(page, second)
    again = visit(page.url)
    head(again, second)


def test_click_on_the_map(visit, site):
    """A click on a point chooses its token, a click beside all points nothing."""
    page = visit(site + ONE)
    row = id_of("ナイキ")
    page.mouse.click(*page.evaluate("(row) => explorer.views[0].where(row)", row))
    page.wait_for_selector("h2.headword")
    chosen = page.evaluate("() => explorer.state.now.token")
    places = page.evaluate("() => [...explorer.open[0].points]")
    gap = np.hypot(places[2 * row] - places[2 * chosen], places[2 * row + 1] - places[2 * chosen + 1])
    assert gap < 1e-6
    box = page.locator(".stage").bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + 2)
    page.wait_for_selector("h2.headword", state="detached")
    assert "token=" not in page.url


def test_filter(visit, site, spaces):
    """A script that is unchecked leaves the map, 'only' keeps one, a link keeps the filter."""
    space = spaces[0]
    counts = space.labels.counts()
    drawn = "() => explorer.views[0].drawn"
    placed = len(space.candidates().rows)
    page = visit(site + ONE)
    assert placed == page.evaluate(drawn)
    page.get_by_label("Cyrillic", exact=False).first.uncheck()
    assert placed - counts["Cyrl"] == page.evaluate(drawn)
    assert "off=Cyrl" in page.url
    again = visit(page.url)
    assert placed - counts["Cyrl"] == again.evaluate(drawn)
    assert not again.get_by_label("Cyrillic", exact=False).first.is_checked()
    page.get_by_role("button", name="Only Han").click(force=True)
    assert counts["Hani"] == page.evaluate(drawn)
    page.get_by_role("button", name="Show all").click()
    assert placed == page.evaluate(drawn)


def test_colours(visit, site, spaces):
    """Points are coloured by label (here: script), kind, diversity or frequency; the legend says what it means."""
    page = visit(site + ONE)
    colours = (
        "() => { const c = explorer.views[0].points.colours;"
        "return [0, 1, 4].map((row) => [...c.slice(4 * row, 4 * row + 3)].join()) }"
    )
    more = ["Own-script share", "Norm", "Under-trained"]
    assert ["Script", "Kind", "Diversity", "Frequency", *more] == words(page.locator("#colour option"))
    seen = []
    for by in ("label", "kind", "diversity", "frequency"):
        page.select_option("#colour", by)
        page.wait_for_function("(by) => explorer.state.now.colour === by", arg=by)
        seen.append(page.evaluate(colours))
    assert seen[0][1] != seen[0][2]
    assert seen[1][0] != seen[1][1] == seen[1][2]
    assert 3 == len(set(seen[3]))
    assert "By the tokenizer’s own scores or merge ranks." == page.inner_text(".scale p")
    page.select_option("#colour", "diversity")
    assert f"Distinct scripts among the {K} nearest tokens." == page.inner_text(".scale p")
    assert "colour=diversity" in page.url
    again = visit(site + ONE + "&colour=kind")
    assert ["text", "special"] == words(again.locator(".key .what"))


def test_colours_of_measures(visit, site, spaces):
    """A share is a scale from 0 to 100 %, a norm one of its usual values, a sign has two colours and their counts; the
    colours follow the values, and a column is fetched when it is asked for.
    """
    page = visit(site + OTHER)
    assert not [url for url in page.visit.asked if "/norm-" in url]
    space = spaces[1]
    norms = np.linalg.norm(space.vectors(), axis=1)[:-1]  # the last row is padding
    paint = """(by) => { document.querySelector("#colour").value = by;
      document.querySelector("#colour").dispatchEvent(new Event("change")) }"""
    colour = "(row) => [...explorer.views[0].points.colours.slice(4 * row, 4 * row + 3)].join()"
    page.evaluate(paint, "norm")
    page.wait_for_function("() => document.querySelectorAll('.ends span').length === 2")
    low, high = (float(end) for end in words(page.locator(".ends span")))
    usual = np.sort(norms)[[round(0.01 * (len(norms) - 1)), round(0.99 * (len(norms) - 1))]]
    np.testing.assert_allclose(usual, [low, high], rtol=0.01)
    darkest, lightest = (page.evaluate(colour, int(row)) for row in (norms.argmax(), norms.argmin()))
    assert "43,47,119" == darkest
    assert "217,164,65" == lightest
    page.evaluate(paint, "own")
    page.wait_for_function("() => document.querySelector('.ends span').textContent === '0 %'")
    row = space.vocabulary.texts.index("▁cat")
    own = sum(space.labels.codes[i] == space.labels.codes[row] for i, _ in nearest(space, row))
    assert own == page.evaluate("(row) => explorer.open[0].measured.get('own')[row]", row)
    page.evaluate(paint, "undertrained")
    page.wait_for_selector(".sign")
    lost = int(undertrained(space).mask.sum())
    assert ["no sign", "appears under-trained"] == words(page.locator(".sign .what"))
    assert [str(len(space) - 1 - lost), str(lost)] == words(page.locator(".sign .number"))
    again = visit(page.url)
    assert "undertrained" == again.input_value("#colour")
    assert 2 == again.locator(".sign").count()


def test_lasso(visit, site):
    """A shape drawn round tokens selects those inside it; a link brings the selection back."""
    page = visit(site + ONE)
    page.get_by_role("button", name="Draw round tokens").click()
    box = page.locator(".stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    corners = [(x - 300, y - 300), (x + 200, y - 320), (x + 90, y + 20), (x, y + 330), (x - 290, y + 260)]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    page.mouse.up()
    page.wait_for_selector(".selection")
    places = page.evaluate("() => [...explorer.open[0].points.keys()].length / 2")
    where = page.evaluate("(n) => Array.from({length: n}, (_, i) => explorer.views[0].where(i))", int(places))
    inside = Polygon(corners).contains_points(np.array(where, float))
    expected = np.flatnonzero(inside).tolist()
    assert 5 < len(expected) < 260
    assert expected == lit(page)
    assert f"{len(expected)} tokens selected" == page.inner_text(".selection h2")
    again = visit(page.url)
    assert f"{len(expected)} tokens selected" == again.inner_text(".selection h2")
    again.get_by_role("button", name="Clear").click()
    again.wait_for_selector(".selection", state="detached")


def test_two_models(visit, site, spaces):
    """The same token in both, found by its text; neighbours in both are marked; hover and selection are linked."""
    page = visit(f"{site}{BOTH}&token={id_of('▁cat')}")
    head(page, "▁cat")
    texts = [{s.vocabulary.texts[i] for i, _ in nearest(s, id_of("▁cat", s))} for s in spaces]
    shared = len(texts[0] & texts[1])
    assert f"{shared} of {K} neighbours are shared (●)." == page.inner_text(".shared")
    assert 2 * shared == page.locator("ol.near .both").count()
    page.locator(".side >> nth=1").locator("ol.near button >> nth=0").hover()
    hovered = spaces[1].vocabulary.texts[nearest(spaces[1], id_of("▁cat", spaces[1]))[0][0]]
    marks = page.evaluate("() => explorer.views.map((v) => v.marks.hover)")
    places = page.evaluate(
        "(text) => explorer.open.map((m, i) => explorer.views[i].place(m.rowOfText(text)))", hovered
    )
    assert places == marks
    page.get_by_role("button", name="Select all tokens in view").first.click()
    page.wait_for_selector(".selection")
    first, second = lit(page, 0), lit(page, 1)
    both = {spaces[0].vocabulary.texts[i] for i in first} & set(spaces[1].vocabulary.texts)
    assert both == {spaces[1].vocabulary.texts[i] for i in second}
    page.select_option("#beside", "")
    page.wait_for_selector("#maps:not(.two)")
    head(page, "▁cat")


def test_a_token_of_one_model_only(visit, served):
    """A token that the second model lacks is said to be missing there."""
    page = visit(f"{served}{BOTH}&token={id_of('▁متى')}")
    head(page, "▁متى")
    assert "by/meaning has no such token." == page.inner_text(".shared")


def test_tour(visit, site, spaces):
    """Five stops, each with what to see in numbers that hold; the end leaves the token."""
    page = visit(site + ONE)
    page.get_by_role("button", name="Tour").click()
    page.get_by_text("Tour, 1 of 5").wait_for()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("Tour, 2 of 5").wait_for()
    head(page, "▁Nike")
    space = spaces[0]
    row = id_of("▁Nike")
    others = sum(space.labels.codes[i] != space.labels.codes[row] for i, _ in nearest(space, row))
    assert f"by/script: of the {K} nearest tokens, {others} are of another script" in page.inner_text(".see")
    page.locator("ol.near button").first.click()
    page.get_by_role("button", name="Back to Nike").click()
    head(page, "▁Nike")
    for stop in (3, 4, 5):
        page.get_by_role("button", name="Next").click()
        page.get_by_text(f"Tour, {stop} of 5").wait_for()
    assert page.get_by_role("button", name="Next").is_disabled()
    page.get_by_role("button", name="End").click()
    page.wait_for_selector(".tour", state="detached")
    assert page.locator("h2.headword").is_visible()


def test_keyboard_only(visit, site, spaces):
    """Search, choose, walk to a neighbour, move and zoom the map and choose on it without a mouse."""
    page = visit(site + ONE)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.id") == "search":
            break
    page.keyboard.type("nike")
    page.locator("#found-0", has_text="Nike").wait_for()
    page.keyboard.press("ArrowDown")
    page.locator("#found-0[aria-selected=true]").wait_for()
    assert "found-0" == page.locator("#search").get_attribute("aria-activedescendant")
    page.keyboard.press("Enter")
    head(page, "▁Nike")
    near = spaces[0].vocabulary.texts[nearest(spaces[0], id_of("▁Nike"))[0][0]]
    page.locator("#skip").focus()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.className") == "neighbour":
            break
    page.keyboard.press("Enter")
    head(page, near)
    assert page.evaluate("() => document.activeElement.classList.contains('headword')")
    page.locator(".stage").focus()
    before = page.evaluate("() => explorer.views[0].camera.view")
    for key in ("ArrowRight", "ArrowDown", "+", "+"):
        page.keyboard.press(key)
    after = page.evaluate("() => explorer.views[0].camera.view")
    assert after[0] > before[0]
    assert after[1] < before[1]
    assert after[2] > 1.9 * before[2]
    page.keyboard.press("0")
    page.wait_for_function("() => explorer.views[0].camera.zoom === 1")
    expected = page.evaluate("() => { const v = explorer.views[0]; return v.grid.nearest(0, 0, 9) }")
    page.keyboard.press("Enter")
    page.wait_for_function("(row) => explorer.state.now.token === row", arg=expected)


def test_labels_come_as_one_zooms(visit, served, spaces):
    """From afar scripts are named, from near ever more tokens, each at its own place, also while the map moves."""
    page = visit(served + ONE)
    page.wait_for_selector(".labels .island", state="attached")
    page.evaluate("() => explorer.views[0].fly([...explorer.views[0].place(30), 8])")
    page.wait_for_selector(".labels .name", state="attached")
    page.wait_for_selector(".labels .island", state="detached")
    named = page.evaluate(
        "() => explorer.views[0].labels.placed.filter((p) => p.row !== undefined)"
        ".map(({row, x, y}) => [row, x, y, ...explorer.views[0].place(row)])"
    )
    assert named
    assert all(x == at_x and y == at_y for _, x, y, at_x, at_y in named)
    gaps = (
        "() => { const v = explorer.views[0]; return v.labels.placed.filter((p) => p.row !== undefined).map((p) => {"
        "const box = p.name.getBoundingClientRect(), [x, y] = v.where(p.row);"
        "return Math.hypot(box.left - x, box.top - y) }) }"
    )
    still = page.evaluate(gaps)
    page.evaluate("() => { explorer.views[0].settle = () => {} }")
    page.locator(".stage").press("ArrowRight")
    page.wait_for_timeout(100)
    np.testing.assert_allclose(still, page.evaluate(gaps), atol=0.5)


@pytest.mark.parametrize(("token", "shown"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_hostile_tokens(token, shown, visit, served):
    """Markup, direction overrides, NUL, lone surrogates and endless tokens are text; nothing runs."""
    page = visit(f"{served}{ONE}&token={id_of(token)}")
    page.wait_for_selector("h2.headword")
    assert shown == page.inner_text("h2.headword")
    page.fill("#search", f"#{id_of(token)}")
    page.wait_for_selector("#found li")
    assert [1, 0, 0] == page.evaluate(
        "() => ['script', 'main img', 'iframe'].map((s) => document.querySelectorAll(s).length)"
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_no_other_host_and_no_loose_code(visit, site):
    """Everything comes from the page's own folder; no policy allows inline script or eval; none was broken."""
    page = visit(site + BOTH)
    page.get_by_role("button", name="Tour").click()
    page.wait_for_selector("h2.headword")
    assert {site} == {url[: len(site)] for url in page.visit.asked}
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert [] == page.evaluate(
        "() => [...document.querySelectorAll('script:not([src]), [onclick], style')].map(String)"
    )
    refused = page.evaluate(
        "() => [() => setTimeout('1'), () => (document.body.innerHTML = '<b>'),"
        "() => document.body.setAttribute('onclick', '1'), () => new Worker('js/worker.js')]"
        ".map((run) => { try { run(); return 'ran' } catch (error) { return error.name } })"
    )
    assert ["TypeError"] * 4 == refused
    page.visit.errors.clear()


def test_dark_mode(visit, served):
    """The page follows the system to dark, map and colours too, also while it is open."""
    page = visit(served + ONE, color_scheme="dark")
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    latin = "() => explorer.colour('Latn')"
    assert "rgb(27, 31, 35)" == page.evaluate(ground)
    assert "#33a1fe" == page.evaluate(latin)
    page.emulate_media(color_scheme="light")
    page.wait_for_function("() => explorer.colour('Latn') === '#5277fb'")
    assert "rgb(255, 255, 255)" == page.evaluate(ground)


def test_phone(visit, site):
    """At 360 pixels nothing is wider than the screen, one finger chooses, and the card follows the map."""
    page = visit(site, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate("() => document.documentElement.scrollWidth <= 360")
    assert 1 == page.locator(".map").count()
    page.locator("#search").tap()
    page.fill("#search", "когда")
    page.locator("#found li").first.tap()
    head(page, "▁когда")
    assert page.evaluate("() => document.documentElement.scrollWidth <= 360")
    page.goto(site + BOTH + f"&token={id_of('▁cat')}")
    page.reload()
    page.wait_for_selector("html[data-ready=all]")
    head(page, "▁cat")
    assert 2 == page.locator(".map").count()
    assert page.evaluate("() => document.documentElement.scrollWidth <= 360")


def test_without_webgl(visit, served):
    """Where a browser has no WebGL, the page says so; search and neighbours work."""
    page = visit(served + ONE)
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.reload()
    page.wait_for_selector("html[data-ready=all]")
    assert "The map needs WebGL 2" in page.inner_text(".stage")
    page.fill("#search", "猫")
    page.wait_for_selector("#found li")
    page.keyboard.press("Enter")
    head(page, "猫")
    assert K == page.locator("ol.near li").count()


def test_an_address_that_names_no_model(visit, served):
    """An unknown model, a model beside itself, numbers that are none: what can be shown is, and nothing fails."""
    page = visit(f"{served}#model=nobody&token=abc&view=1,x,2&off=%25&colour=none&lasso=1,2&tour=99")
    assert "by/script" == page.input_value("#model")
    page.evaluate("() => (location.hash = '#model=by/meaning&beside=by/meaning')")
    page.wait_for_function("() => explorer.open[0]?.name === 'by/meaning'")
    assert 1 == page.locator(".map").count()
    page.evaluate("() => (location.hash = '')")
    page.wait_for_function("() => explorer.open[0]?.name === 'by/script'")


@pytest.mark.parametrize(
    ("number", "age"), [(0, "older"), (2, "newer"), (None, "not of a hyperpolyglot bundle")]
)
def test_another_format_number(number, age, visit, served):
    """A bundle of another format is refused with a sentence."""
    page = visit(served)
    said = f'{{"format": "hyperpolyglot.bundle/{number}"}}' if number is not None else '{"format": "else"}'
    page.route("**/manifest.json", lambda route: route.fulfill(body=said))
    page.reload()
    page.wait_for_selector("html[data-ready=failed]")
    assert age in page.inner_text("[role=alert]")


def test_damaged_and_missing_files(visit, served):
    """A file that is not what the manifest states, or not there, is named in a sentence; nothing of it is shown."""
    page = visit(served)
    page.route("**/data/0/points-0.bin*", lambda route: route.fulfill(body="damaged"))
    page.reload()
    page.wait_for_selector("html[data-ready=failed]")
    assert "data/0/points-0.bin is not the file that the manifest states: export again." == page.inner_text(
        "[role=alert]"
    )
    page.unroute("**/data/0/points-0.bin*")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("html[data-ready=all]")
    assert 1 <= page.locator(".map").count()
    page.route("**/manifest.json", lambda route: route.fulfill(status=404))
    page.reload()
    page.wait_for_selector("html[data-ready=failed]")
    assert "There is no manifest.json beside this page" in page.inner_text("[role=alert]")
    page.visit.errors.clear()


STATES = {
    "start": "",
    "token": "#model=by/script&token=13",
    "two models": "#model=by/script&beside=by/meaning&token=1",
    "tour": "#model=by/script&token=11&tour=2",
    "selection": "#model=by/script&lasso=-2,-2,2,-2,2,2,-2,2",
    "search": "#model=by/script&token=13",
    "under-trained": "#model=by/script&colour=undertrained",
    "failure": "#model=by/script&token=13",
    "diversity": "#model=by/meaning&colour=diversity&off=Latn",
}


@pytest.mark.parametrize(
    ("scheme", "width", "states"),
    [("light", 1280, [*STATES]), ("dark", 1280, ["token", "tour"]), ("light", 360, ["two models"])],
)
def test_accessible_by_axe(scheme, width, states, visit, served):
    """axe finds no violation of WCAG 2.2 A or AA in any state, light and dark, wide and narrow."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    page = visit(served, color_scheme=scheme, viewport={"width": width, "height": 800})
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    for name in states:
        page.goto("about:blank")
        page.goto(served + STATES[name])
        page.wait_for_selector("html[data-ready=all]")
        if name == "search":
            page.fill("#search", "gato")
            page.wait_for_selector("#found .same")
        if name == "failure":
            page.route("**/data/0/norm-0.bin*", lambda route: route.abort())
            page.evaluate("() => explorer.state.change({colour: 'norm'})")
            page.wait_for_selector("[role=alert]")
        found = axe.run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
        assert [] == [(name, v["id"], [n["html"][:150] for n in v["nodes"]][:3]) for v in found]
    page.visit.errors.clear()


def test_an_archived_bundle_opens(visit, bundle):
    """The data of an export of format 1, kept from when it was new, open in today's page."""
    with zipfile.ZipFile(Path(__file__).parent / "archive" / "bundle-1.zip") as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    today = {p: c for p, c in bundle.files.items() if not p.startswith("data/")}
    server = Server(Bundle({**today, **kept}), 0)
    server.start()
    try:
        page = visit(server.url + "#token=1")
        head(page, "▁cat")
        assert ["▁pisică", "猫", "▁قطة"] == words(page.locator("ol.near .token"))
    finally:
        server.close()


def test_without_a_browser(monkeypatch):
    """Where no Chromium is found these tests are skipped and say so; under CI they fail."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        find_chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no chromium"):
        find_chromium()
