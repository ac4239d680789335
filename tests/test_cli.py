"""The command line as a user meets it: the JSON contract, exit codes, files, sentences."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time

import numpy as np
import pytest
from arro3.io import read_parquet

import hyperpolyglot as hp
from hyperpolyglot.cli import main
from hyperpolyglot.cli.app import cli
from tests.conftest import planted_pieces, unigram, write_model


@pytest.fixture
def run(capsys):
    """Run a command line in this process; returns exit code, standard output and standard error."""

    def call(*arguments):
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def ask(run):
    """The JSON document that a command prints."""

    def call(*arguments):
        code, out, err = run(*arguments, "--json")
        assert 0 == code, err
        return json.loads(out)

    return call


_LONG = ("map", "translate", "meanings", "languages", "compare", "explain")
SHORT = [part for section in _LONG for part in ("--skip", section)]
"""Leaves out of a report what takes seconds and is looked at elsewhere."""


@pytest.fixture
def few_words(tmp_path):
    """A lexicon of ten concepts whose words are pieces of the planted models: the package's has a million pairs."""
    pieces = planted_pieces(60)
    rows = [f"{i}\t{tag}\t{pieces[60 * s + i][1:]}" for i in range(10) for s, tag in enumerate(("en", "ru"))]
    path = tmp_path / "words.tsv"
    path.write_text("\n".join(["concept\tlanguage\tword", *rows]), "utf8")
    return path


PROVENANCE = {"models", "version", "unicode", "seed", "options"}
CONTRACT = {
    "inspect": {"rows", "tokens", "dim", "dtype", "tensor", "tokenizer", "kinds"},
    "census": {"models"},
    "overlap": {"pairs"},
    "separability": {"labels", "skipped", "mean_accuracy"},
    "neighbors": {"queries", "certificate"},
    "diversity": {"k", "mean", "sd", "expected", "own_share", "by_label", "histogram", "certificate"},
    "map": {"points", "file", "trustworthiness", "certificate"},
    "compare": {"pairs"},
    "explain": {"certificate", "frequency", "undertrained", "hubness", "isotropy", "dimension", "subspaces"},
    "report": {"files"},
    "bench": {"results", "machine", "tokens", "dim", "k"},
}


@pytest.mark.parametrize(
    ("command", "protocol"),
    [
        (c, p)
        for c in CONTRACT
        for p in ("default", "paper")
        if c not in ("inspect", "bench") or p == "default"
    ],
)
def test_json_contract(command, protocol, ask, clustered, translated, few_words, tmp_path):
    """Every command prints one object with its format, its keys and its provenance."""
    models = [clustered, translated] if command in ("census", "overlap", "compare", "report") else [clustered]
    extra = {
        "separability": ["--minimum", 50, "--folds", 10],
        "neighbors": ["--id", 0, "-k", 4],
        "diversity": ["-k", 10],
        "compare": ["-k", 10, "--permutations", 19],
        "explain": ["-k", 12],
        "map": ["--method", "pca", "-o", tmp_path / "map.csv"],
        "bench": ["-k", 5, "--rounds", 1],
        "report": ["-o", tmp_path / "report", "--minimum", 50, "--lexicon", few_words, *SHORT],
    }.get(command, [])
    if protocol == "paper":
        extra = [
            *extra,
            *(["--labels", "paper"] if command in ("census", "explain", "map") else ["--protocol", "paper"]),
        ]
    found = ask(command, *models, *extra)
    assert f"hyperpolyglot.{command}/1" == found["format"]
    assert CONTRACT[command] <= found.keys()
    assert PROVENANCE <= found["provenance"].keys()
    assert models == [m["model"] for m in found["provenance"]["models"]]
    for model in found["provenance"]["models"]:
        assert {"model", "revision", "tensor", "dtype", "digest"} == model.keys()
        assert model["digest"].startswith("sha256:")


def test_bench_measures_what_runs_here(ask, run, tmp_path):
    """Every step has its seconds; searches have a back end and the ratio to the products alone."""
    found = ask("bench", "demo:meaning", "--tokens", 2500, "-k", 5, "--rounds", 2)
    assert (2500, 5) == (found["tokens"], found["k"])
    whats = [row["what"] for row in found["results"]]
    assert ["opening", "labelling", "all products and nothing else"] == whats[:3]
    searches = [row for row in found["results"] if row["what"] == "neighbours of all tokens"]
    assert {"plain", "fp32"} <= {row["backend"] for row in searches}
    for row in found["results"]:
        assert {"what", "backend", "seconds", "least", "ratio"} == row.keys()
        assert 0 < row["least"] <= row["seconds"]
        assert (row in searches) == (row["ratio"] is not None)
    code, out, _ = run("bench", "--tokens", 300, "-k", 5, "--rounds", 1, "-o", tmp_path / "b.csv")
    assert 0 == code
    assert "probes" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert "what,backend,seconds,least,ratio" == (tmp_path / "b.csv").read_text("utf8").splitlines()[0]


def test_values_of_the_contract(ask, clustered, translated):
    """Planted truth arrives in the documents."""
    found = ask("separability", clustered, "--minimum", 50)
    assert {"label", "tokens", "accuracy", "sd", "chance"} <= found["labels"][0].keys()
    assert (1.0, 4) == (found["mean_accuracy"], len(found["labels"]))
    found = ask("diversity", translated, "-k", 3)
    assert (3.0, 0.0) == (found["mean"], found["own_share"])
    assert {"label", "tokens", "mean", "expected"} <= found["by_label"][0].keys()
    found = ask("overlap", clustered, translated)
    assert {"a", "b", "count", "overlap", "jaccard", "latin_share", "by_label"} == found["pairs"][0].keys()
    assert 1.0 == found["pairs"][0]["overlap"]
    found = ask("census", clustered)
    assert {"model", "rows", "tokens", "labels", "kinds"} <= found["models"][0].keys()


def test_comparison_of_the_contract(ask, clustered, translated):
    """Every measure of a comparison comes with its null, p-value and interval; a model is like itself."""
    found = ask("compare", clustered, translated, "-k", 10, "--permutations", 19)["pairs"][0]
    measures = ("neighbor_overlap", "canonical_first", "canonical_mean_square", "cka", "rsa", "procrustes")
    assert {"a", "b", "shared", "k", *measures} <= found.keys()
    for measure in measures:
        assert {"value", "null", "p", "interval"} <= found[measure].keys()
    assert 240 == found["shared"]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe a\t1", b"cat\tmany\n", b"cat\tnan\n", b"cat\t-1\n", b"no tab"]
)
def test_counts_that_count_nothing_are_one_sentence(content, run, clustered, tmp_path):
    """A counts file that is no text, or whose numbers are none, is refused before any number is made of it."""
    path = tmp_path / "counts.tsv"
    path.write_bytes(content)
    code, out, err = run("explain", clustered, "-k", 12, "--counts", path)
    assert (1, "") == (code, out)
    assert "counts.tsv" in err
    assert "Traceback" not in err


def test_explaining_by_a_corpus(run, ask, clustered, tmp_path):
    """A text is counted by the model's pieces; with a counts file beside it the call says nothing clear."""
    path = tmp_path / "corpus.txt"
    path.write_text(" ".join(planted_pieces(30)).replace("▁", " "), "utf8")
    found = ask("explain", clustered, "-k", 12, "--corpus", path)
    assert ("corpus", 0) == (found["frequency"]["source"], found["frequency"]["without_frequency"])
    assert [str(path)] == found["provenance"]["options"]["corpus"]
    assert 2 == run("explain", clustered, "--corpus", path, "--counts", path)[0]


def test_explaining_names_hubs_and_undertrained_tokens(run, tmp_path):
    """The terminal lists the tokens themselves, and ends with the seed."""
    pieces = planted_pieces(60)
    vectors = np.random.default_rng(0).standard_normal((len(pieces), 16)).astype(np.float32)
    vectors[7:11] *= 1e-5
    model = write_model(tmp_path / "m", vectors, pieces)
    code, out, _ = run("explain", model, "-k", 12, "--seed", 3)
    assert 0 == code
    lost, hubs = out.split("Under-trained tokens (")[1].split("Hubs: occurrences in lists of 10 neighbours (")
    assert all(pieces[row] in lost for row in range(7, 11))
    space = hp.open_model(model)
    largest = hp.explain(space, hp.neighbors(space, 12), seed=3).hubness.hubs[0]
    assert largest["token"] in hubs
    assert str(largest["occurrences"]) in hubs
    assert "seed 3" == out.splitlines()[-1]


@pytest.mark.parametrize(
    ("given", "last"),
    [
        (("separability", "--minimum", 50, "--folds", 3, "--seed", 5), "seed 5, default protocol"),
        (("separability", "--minimum", 50, "--folds", 3, "--protocol", "paper"), "seed 0, paper protocol"),
        (("silhouette", "--permutations", 2), "seed 0, default protocol"),
        (("neighbors", "--id", 3, "-k", 2), "default protocol"),
    ],
)
def test_output_ends_with_seed_and_protocol(given, last, run, clustered):
    """What a reader needs to get the numbers again stands in the last line; JSON has it in its provenance."""
    command, *options = given
    code, out, _ = run(command, clustered, *options)
    assert (0, last) == (code, out.splitlines()[-1])
    assert "}" == run(command, clustered, *options, "--json")[1].splitlines()[-1]


def test_tables_are_written_for_latex(run, clustered, tmp_path):
    """``-o table.tex`` writes a tabular with the rules of booktabs."""
    path = tmp_path / "t.tex"
    assert 0 == run("census", clustered, "-o", path)[0]
    assert r"model & label & tokens & share & counted \\" in path.read_text("utf8")
    assert r"& Latn & 60 & 0.25 & yes \\" in path.read_text("utf8")


def test_undertrained_tokens_can_be_left_out_of_every_measure(ask, tmp_path):
    """Tokens of tiny vectors are no neighbours, and are counted where they are left out."""
    pieces = planted_pieces(60)
    vectors = np.random.default_rng(0).standard_normal((len(pieces), 16)).astype(np.float32)
    vectors[7:11] *= 1e-5
    model = write_model(tmp_path / "m", vectors, pieces)
    assert 4 == ask("explain", model, "-k", 12)["undertrained"]["undertrained"]
    less = ask("explain", model, "-k", 12, "--exclude", "undertrained")
    assert 4 == less["excluded"]["undertrained"]
    near = ask("neighbors", model, "--id", 20, "-k", len(pieces) - 5, "--exclude", "undertrained")
    assert not {7, 8, 9, 10} & {n["id"] for n in near["queries"][0]["neighbors"]}
    for command in ("translate", "languages"):
        found = ask(command, model, "--language", "en", "--exclude", "undertrained")
        assert ["undertrained"] == found["provenance"]["options"]["exclude"]


def test_a_view_is_recorded(ask, clustered):
    """The layer-normed rows have another digest than the stored ones."""
    found = [ask("diversity", clustered, "-k", 5, "--view", view)["provenance"] for view in ("raw", "normed")]
    assert ["raw", "normed"] == [p["options"]["view"] for p in found]
    assert 2 == len({p["models"][0]["digest"] for p in found})


@pytest.mark.parametrize(
    ("command", "figures"),
    [
        ("compare", ("agreement", "curves", "labels")),
        ("explain", ("removal", "deciles", "undertrained", "hubness")),
    ],
)
def test_figures_of_a_command(command, figures, run, clustered, translated, tmp_path):
    """-o draws each of its figures, and they differ."""
    models = [clustered, translated] if command == "compare" else [clustered]
    drawn = set()
    for name in figures:
        path = tmp_path / f"{name}.svg"
        code, _, err = run(command, *models, "-k", 12, "--figure", name, "-o", path)
        assert 0 == code, err
        drawn.add(path.read_bytes())
    assert len(figures) == len(drawn)


def test_neighbors_leave_the_token_out_but_in_the_paper(ask, translated):
    """Self is left out; under the paper's protocol it is the first of K."""
    ours = ask("neighbors", translated, "--id", 5, "-k", 3)["queries"][0]
    theirs = ask("neighbors", translated, "--id", 5, "-k", 4, "--protocol", "paper")["queries"][0]
    assert {"id", "token", "piece", "label", "neighbors"} == ours.keys()
    assert {"id", "token", "piece", "label", "similarity"} == ours["neighbors"][0].keys()
    assert [65, 125, 185] == sorted(n["id"] for n in ours["neighbors"])
    assert [5] + [n["id"] for n in ours["neighbors"]] == [n["id"] for n in theirs["neighbors"]]


def test_translations_in_the_contract(ask, tmp_path):
    """translate and languages print their keys, with the demo model's held-out concepts and a lexicon of one's own."""
    some = [a for tag in ("en", "ru", "el", "hi") for a in ("--language", tag)]
    found = ask("translate", "demo:meaning", *some, "--questions", 300)
    assert {"coverage", "overall", "denominators", "pairs"} <= found.keys()
    for candidates in ("weak", "script", "strong"):
        for method in ("cosine", "csls"):
            scores = found["overall"][candidates][method]
            assert {"p1", "p5", "p10", "mrr"} <= scores.keys()
            assert {"value", "interval", "chance"} == scores["p1"].keys()
    assert (
        found["overall"]["weak"]["csls"]["p1"]["value"]
        > 0.5
        > found["overall"]["weak"]["csls"]["p1"]["chance"]
    )
    words = tmp_path / "words.tsv"
    words.write_text("cat\tкошка\ndog\tсобака\nsun\tсолнце\n", "utf8")
    own = ["--lexicon", words, "--format", "pairs", "--pair", "en", "ru", "--all-concepts"]
    assert 6 == ask("translate", "demo:meaning", *own, "--questions", 0)["coverage"]["words"]
    found = ask("languages", "demo:meaning", "demo:language", "--language", "ru")
    (language,) = found["languages"]
    assert "ru" == language["language"]
    assert ["demo:meaning", "demo:language"] == [m["model"] for m in language["models"]]
    assert {"coverage", "pieces_per_word", "undertrained", "translation"} <= language["models"][0].keys()


def test_all_neighbours_in_a_file(run, tmp_path):
    """-o neighbors.npz holds every token's neighbours, −1 and NaN for those left out."""
    vectors = np.random.default_rng(0).standard_normal((42, 6)).astype(np.float32)
    vectors[7] = 0
    model = write_model(tmp_path / "m", vectors, planted_pieces(10))
    code, _, _ = run("neighbors", model, "-k", 5, "-o", tmp_path / "n.npz")
    assert 0 == code
    found = np.load(tmp_path / "n.npz")
    assert (np.int32, (42, 5)) == (found["rows"].dtype, found["rows"].shape)
    assert (np.float32, (42, 5)) == (found["similarity"].dtype, found["similarity"].shape)
    for row in (7, 40, 41):
        assert [-1] * 5 == found["rows"][row].tolist()
        assert np.isnan(found["similarity"][row]).all()


def test_tables_and_figures_by_extension(run, clustered, tmp_path):
    """-o writes CSV, Parquet, PNG and SVG; another extension is wrong usage."""
    outputs = [tmp_path / f"c.{kind}" for kind in ("csv", "parquet", "png", "svg", "pdf")]
    code, _, err = run("census", clustered, *(a for path in outputs for a in ("-o", path)))
    assert 0 == code, err
    rows = list(csv.DictReader(outputs[0].read_text("utf8").splitlines()))
    assert {"model", "label", "tokens", "share", "counted"} == rows[0].keys()
    table = read_parquet(outputs[1]).read_all()
    assert [int(r["tokens"]) for r in rows] == table["tokens"].to_pylist()
    assert b"\x89PNG" == outputs[2].read_bytes()[:4]
    assert "Cyrillic" in outputs[3].read_text("utf8")
    assert b"%PDF" == outputs[4].read_bytes()[:4]
    code, _, err = run("census", clustered, "-o", tmp_path / "c.xyz")
    assert (2, True) == (code, ".parquet" in err)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["inspect", "nowhere"], 1, "no such folder or file"),
        (["neighbors", "demo:meaning", "qqqqq"], 1, "is not a token of this vocabulary"),
        (["neighbors", "demo:meaning"], 2, "name a TEXT or --id"),
        (["overlap", "demo:meaning"], 2, "at least two models"),
        (["census", "demo:meaning", "demo:meaning"], 2, "named twice"),
        (["separability", "demo:meaning", "--folds", "1"], 2, "--folds"),
        (["separability", "demo:meaning", "--protocol", "paper", "--grouped"], 2, "the paper's protocol"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_exit_codes_and_sentences(arguments, code, message, run):
    """1 is a failure, 2 wrong usage; both are said on standard error and nothing else is printed."""
    found, out, err = run(*arguments)
    assert code == found
    assert message in err
    assert "" == out
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["m.safetensors", "m.bin", "m.pt", "m.gguf", "m.npz", "m.vec"])
@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 40, b"PK\x03\x04 cut", b"GGUF\x03\x00\x00\x00\xff", b"\x80\x02c__main__\n"]
)
def test_broken_files_are_one_sentence(name, content, run, tmp_path):
    """A malformed file of any kind: exit code 1, one line, no traceback."""
    (tmp_path / name).write_bytes(content)
    (tmp_path / "tokenizer.json").write_text(unigram(["a"]), "utf8")
    code, out, err = run("inspect", tmp_path / name)
    assert (1, "") == (code, out)
    assert 1 == len(err.strip().splitlines()), err
    assert "Traceback" not in err


def test_nothing_from_a_file_reaches_the_terminal_raw(run, tmp_path):
    """Escape sequences and direction overrides in tokens are shown by code point, in tables and in errors."""
    pieces = ["\x1b[31mred\x1b]0;x\x07", "\u202eevil", "▁ok", "<script>"]
    model = write_model(tmp_path / "m", np.eye(4, dtype=np.float32) + 0.1, pieces)
    for arguments in (["neighbors", model, "ok", "-k", "3"], ["neighbors", model, "\x1b[2J"]):
        _, out, err = run(*arguments)
        assert not {"\x1b", "\x07", "\u202e"} & set(out + err)
    _, out, _ = run("neighbors", model, "ok", "-k", "3")
    assert "⟨U+202E⟩evil" in out


def test_every_command_has_help(run):
    """Every command explains itself within 80 columns and states its defaults."""
    for name, command in cli.commands.items():
        code, out, _ = run(name, "--help")
        assert 0 == code
        assert command.help
        assert max(map(len, out.splitlines())) <= 80
        for option in command.params:
            if option.param_type_name == "option" and option.name not in ("help", "as_json", "outputs"):
                assert option.help, (name, option.name)


def test_help_answers_at_once():
    """--help takes no heavy import; three times the 0.3 s that are promised."""
    begun = time.perf_counter()
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "hyperpolyglot", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert time.perf_counter() - begun < 0.9
    for heavy in ("numpy", "numba", "scipy", "matplotlib", "jinja2", "rich", "gguf"):
        assert f"| {heavy}\n" not in loaded.stderr, heavy


def test_report_shows_tokens_as_text(run, few_words, tmp_path):
    """A token that is markup is shown, never obeyed."""
    pieces = [*planted_pieces(20), "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>"]
    vectors = np.random.default_rng(0).standard_normal((82, 6)).astype(np.float32)
    model = write_model(tmp_path / "m", vectors, pieces)
    code, _, err = run(
        "report", model, "-o", tmp_path / "r", "-k", 20, "--minimum", 20, "--lexicon", few_words, *SHORT
    )
    assert 0 == code, err
    page = (tmp_path / "r" / "report.html").read_text("utf8")
    assert 1 == page.count("<script"), "the page's own, which its policy knows by a hash"
    assert "<img" not in page
    assert "alert(1)</" not in page


def test_labels_of_ones_own(run, clustered, tmp_path):
    """A table of tokens and labels takes the place of scripts; a line that is none is named."""
    table = tmp_path / "labels.tsv"
    pieces = planted_pieces(60)
    table.write_text("".join(f"{piece}\t{'odd' if i % 2 else 'even'}\n" for i, piece in enumerate(pieces)))
    code, out, err = run("census", clustered, "--labels", table, "--json")
    assert 0 == code, err
    assert {"even": 120, "odd": 120} == json.loads(out)["models"][0]["labels"]
    table.write_text("▁a\tx\nno label\n")
    code, _, err = run("census", clustered, "--labels", table)
    assert (1, True) == (code, "line 2 is not a token, a tab and a label" in err)
    code, _, err = run("census", clustered, "--labels", "nonsense")
    assert (2, True) == (code, "is none of script, script-cjk, paper" in err)


@pytest.mark.parametrize("backend", ["plain", "direct", "fp32", "int8"])
def test_every_back_end_gives_the_same_answer_and_names_itself(ask, backend):
    arguments = "neighbors", "demo:meaning", "--id", "5", "-k", "7"
    expected = ask(*arguments)
    found = ask(*arguments, "--backend", backend, "--threads", "1", "--memory", "1.5GiB")
    assert expected["queries"] == found["queries"]
    assert backend == found["certificate"]["backend"]
    assert 1 == found["certificate"]["certified"] + found["certificate"]["redone"]


@pytest.mark.parametrize(
    ("size", "sentence"),
    [("1e9", "is no size"), ("many", "is no size"), ("5kB", "less than a MiB"), ("2MB", "are too few")],
)
def test_a_size_that_is_none_or_too_small(run, size, sentence):
    code, _, err = run("diversity", "demo:meaning", "--no-cache", "--memory", size)
    assert code in {1, 2}
    assert sentence in err
