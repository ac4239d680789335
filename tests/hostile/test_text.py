"""Text is never markup: tokens, labels, languages and names are seen as they are, wherever they go."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest

import hyperpolyglot as hp
from hyperpolyglot import figures
from hyperpolyglot.cli import main
from hyperpolyglot.cli.terminal import print_json
from hyperpolyglot.measures.neighbors import neighborhoods
from hyperpolyglot.report.content import picture
from hyperpolyglot.shown import hidden
from hyperpolyglot.tables import write_table
from tests.conftest import write_model

MEGABYTE = "x" * 1_000_000
STRANGE = {
    "$$": "$$",
    "$x^2$": "$x^2$",
    'id="x"': 'id="x"',
    "url(#x)": "url(#x)",
    "#22262b": "#22262b",
    "a\x1b[31m": "a⟨U+001B⟩[31m",
    "a\u202eb": "a⟨U+202E⟩b",
    "a\rb": "a⟨U+000D⟩b",
    "a\nb": "a⟨U+000A⟩b",
    "a\x9bb": "a⟨U+009B⟩b",
    "\ufffe": "⟨U+FFFE⟩",
    "<b>&": "<b>&",
    "<!-- -->": "<!--▁-->",
    "_u": "_u",
    MEGABYTE: "x" * 39 + "…",
}
"""What a token is, and how a figure shows it."""
LABELS = ("$$", "\x1b[31m$x^2$", "\u202e#22262b", 'id="z"\x9b', "y" * 100_000)


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    """Two models whose names, tokens and labels are all strange; their folder, with a table of labels and a lexicon."""
    folder = tmp_path_factory.mktemp("strange")
    random = np.random.default_rng(0)
    words = [f"▁w{i}" for i in range(120)]
    pieces = [*words, *STRANGE]
    for name, dim in (("m$$", 8), ("_n\x1b", 6)):
        vectors = random.standard_normal((len(pieces), dim)).astype(np.float32)
        write_model(folder / name, vectors, pieces)
    lines = [f"{word}\t{LABELS[i % len(LABELS)]}" for i, word in enumerate(words)]
    lines += [f"{token}\t{LABELS[0]}" for token in STRANGE if "\n" not in token and "\r" not in token]
    (folder / "labels.tsv").write_text("\n".join(lines), "utf8", newline="")
    rows = [f"c{i}\t{tag}\tw{2 * i + j}" for i in range(60) for j, tag in enumerate(("e\x1bn", "de$$\u202e"))]
    (folder / "lexicon.tsv").write_text("\n".join(["concept\tlanguage\tword", *rows]), "utf8")
    return folder


def texts(svg):
    """What stands in the texts of a figure; it is XML, or this raises."""
    return {"".join(e.itertext()) for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")}


def raw(text, keep="\n"):
    return {c for c in text if hidden(c) and c not in keep}


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
        raise SystemExit(0)
    return ended.value.code


def test_tokens_in_figures_are_literal_and_short(strange):
    """Each strange token is drawn as it is, in PNG too; ids and colours of the page are put into tags alone."""
    space = hp.open_model(str(strange / "m$$"))
    found = neighborhoods(space, list(range(120, 132)), 134)
    figure = figures.draw_neighborhoods(found, most=3)
    seen = texts(figures.svg(figure))
    assert set() == set(STRANGE.values()) - seen
    on_page = texts(picture("key", figure, "a caption").svg)
    assert set() == set(STRANGE.values()) - on_page


def test_neighbours_of_a_formula(strange, tmp_path, capsys):
    """`neighbors` draws what matplotlib would take for a formula."""
    paths = [tmp_path / f"x.{kind}" for kind in ("png", "svg", "pdf")]
    options = [argument for path in paths for argument in ("-o", path)]
    assert 0 == run("neighbors", strange / "m$$", "$$", "$x^2$", "-k", 134, *options)
    assert all(path.stat().st_size > 1000 for path in paths)
    printed = capsys.readouterr()
    assert set() == raw(printed.out) | raw(printed.err)
    assert "x" * 500 not in printed.out


def test_a_label_is_no_private_name_of_matplotlib(strange):
    """A model whose name begins with an underscore is in the legend."""
    spaces = [hp.open_model(str(strange / name)) for name in ("m$$", "_n\x1b")]
    census = hp.census([hp.open_model(space.model) for space in spaces])
    seen = {text.strip("\N{HAIR SPACE}") for text in texts(figures.svg(figures.draw_census(census)))}
    assert any(text.endswith("_n⟨U+001B⟩") for text in seen)


class _Long(HTMLParser):
    def __init__(self):
        super().__init__()
        self.most = 0
        self.inside = ""

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        if tag not in ("path", "image"):
            self.most = max([self.most, *(len(value or "") for _, value in attrs)])

    def handle_data(self, data):
        if self.inside not in ("style", "script"):
            self.most = max(self.most, len(data))


def test_a_report_about_strange_names(strange, tmp_path, capsys):
    """The page has no hidden character, its figures are XML, nothing in it is long; the terminal says it cleanly."""
    code = run(
        *("report", strange / "m$$", strange / "_n\x1b", "-o", tmp_path, "--labels", strange / "labels.tsv"),
        *("--lexicon", strange / "lexicon.tsv", "--minimum", 20, "-k", 10, "--permutations", 9, "--no-cache"),
    )
    assert 0 == code
    printed = capsys.readouterr()
    assert set() == raw(printed.out) | raw(printed.err)
    assert "Warning" not in printed.err
    assert "U+000A" not in printed.out
    page = (tmp_path / "report.html").read_bytes().decode()
    assert set() == raw(page, "\n\u200b")
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    seen = set().union(*map(texts, drawn))
    assert len(drawn) > 15
    assert {"$$", "⟨U+001B⟩[31m$x^2$", "⟨U+202E⟩#22262b", 'id="z"⟨U+009B⟩', "y" * 23 + "…"} <= seen
    assert {"de$$⟨U+202E⟩", "e⟨U+001B⟩n"} <= seen
    assert not [text for text in seen if "mathdefault" in text]
    parser = _Long()
    parser.feed(page)
    assert parser.most < 2000


def test_logarithmic_ticks_are_plain_numbers(clustered):
    """A census of few tokens spans less than a decade, where matplotlib labels ticks between by formulas."""
    census = hp.census([hp.open_model(clustered)])
    seen = texts(figures.svg(figures.draw_census(census)))
    assert not [text for text in seen if "$" in text]
    assert "10" in seen


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_line_breaks_of_any_kind_are_quoted(tmp_path, suffix):
    """A carriage return in a cell is quoted, so that readers that end lines at it see as many rows as there are."""
    path = tmp_path / f"x.{suffix}"
    rows = [{"token": token, "n": "1"} for token in ("a\rb", "\r", "c\nd", "e\r\nf", "plain", "=1+1")]
    write_table(path, rows)
    written = path.read_bytes().decode()
    delimiter = "\t" if suffix == "tsv" else ","
    assert f'"a\rb"{delimiter}1\n"\r"{delimiter}1\n' in written
    assert f"\nplain{delimiter}1\n" in written
    with path.open(newline="") as file:
        assert rows == list(csv.DictReader(file, delimiter=delimiter))


def test_a_tab_in_a_label_keeps_the_columns_of_a_projector(clustered, tmp_path):
    """Every line of metadata.tsv has four cells, whatever a label holds."""
    space = hp.open_model(clustered, labels=lambda token: "a\tb\nc\rd")
    hp.write_projector(tmp_path, space, np.arange(5, dtype=np.int32))
    lines = (tmp_path / "metadata.tsv").read_bytes().decode().split("\n")[:-1]
    assert [4] * 6 == [line.count("\t") + 1 for line in lines]
    assert "a\\tb\\nc\\rd" == lines[1].split("\t")[1]


class _Terminal:
    """Standard output that is a terminal, or is not."""

    def __init__(self, tty):
        self.tty, self.text, self.encoding = tty, "", "utf-8"

    def isatty(self):
        return self.tty

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_json_reaches_a_terminal_escaped(monkeypatch):
    """On a terminal, C1 controls, DEL and bidirectional marks are escaped; on a pipe they stand. Both mean the same."""
    value = {"token": "a\x9b2J\x7f\u202eb\u2066\U000e0041é\u200d☃"}
    found = {}
    for tty in (True, False):
        stream = _Terminal(tty)
        monkeypatch.setattr("sys.stdout", stream)
        print_json(value)
        found[tty] = stream.text
        assert value == json.loads(stream.text)
    assert set() == raw(found[True])
    assert "é\u200d☃" in found[True]
    assert "\u202e" in found[False]


def test_wrong_usage_is_said_cleanly(capsys):
    """An argument that is refused is shown, not replayed."""
    assert 2 == run("neighbors", "demo:meaning", "--labels", "\x1b[31m\x9b")
    assert set() == raw(capsys.readouterr().err)


def test_notebooks_show_hidden_characters(strange):
    """The table of a record in a notebook is as clean as the page."""
    space = hp.open_model(str(strange / "m$$"))
    html = neighborhoods(space, [125], 12)._repr_html_()
    assert set() == raw(html)


def test_a_megabyte_of_piece_is_not_cut():
    """Whether a token of a megabyte is reached is not asked of a segmenter whose time grows with the square."""
    from hyperpolyglot.tokenization.segmentation import unreachable
    from hyperpolyglot.vocabulary import Entry, Vocabulary

    for scheme in ("unigram", "BPE", "words"):
        entries = [Entry(i, p, p.encode(), score=-float(i)) for i, p in enumerate((MEGABYTE, "x", "xx"))]
        made = Vocabulary.build(entries, scheme=scheme, source="test")
        assert False is bool(unreachable(made)[0])
