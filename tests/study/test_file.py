"""The study file: everything in it is read, and every mistake is named at once, with its line."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperpolyglot.errors import StudyMistaken
from hyperpolyglot.study import StudyOptions
from hyperpolyglot.study.file import example, read_study
from hyperpolyglot.study.lines import lines_of
from hyperpolyglot.vocabulary import TokenKind

DOCS = Path(__file__).parents[2] / "docs" / "study.md"


def test_the_example_says_the_defaults(tmp_path):
    """The example that is printed is right, and each of its options has the default value."""
    (tmp_path / "study.toml").write_text(example(), "utf8")
    found = read_study(tmp_path / "study.toml")
    assert StudyOptions() == found.options
    assert ["demo:language", "demo:meaning"] == [model.model for model in found.models]
    assert tmp_path / "report" == found.outputs.report


def test_the_documented_examples_are_right(tmp_path):
    """Every study file in the documentation is read without a mistake."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf8"), re.DOTALL)
    studies = [block for block in blocks if "models" in block]
    assert studies
    for block in studies:
        (tmp_path / "study.toml").write_text(block, "utf8")
        for name in re.findall(r'"((?:models|words)[\w./-]*)"', block):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        assert read_study(tmp_path / "study.toml").models


def test_every_option_arrives(tmp_path):
    """Options of the study, of its parts and of a model; seed and protocol hold for the parts that have none."""
    (tmp_path / "tokens.json").touch()
    (tmp_path / "study.toml").write_text(
        """
        measures = ["separability", "compare"]
        models = [{model = "demo:meaning", table = "output", tokenizer = "tokens.json", tensor = "t"}]
        [options]
        seed = 7
        exclude = ["special", "byte"]
        separability = {minimum = 10}
        compare.seed = 3
        [options.translate]
        languages = ["sw"]
        near = 0
        [outputs]
        json = "all.json"
        """
    )
    found = read_study(tmp_path / "study.toml")
    (model,) = found.models
    assert ("output", "t", str(tmp_path / "tokens.json")) == (
        model.opening.table,
        model.opening.tensor,
        model.opening.tokenizer,
    )
    options = found.options
    assert (7, 10, 7, 3, ("sw",)) == (
        options.seed,
        options.separability.minimum,
        options.separability.seed,
        options.compare.seed,
        options.translate.languages,
    )
    assert (TokenKind.BYTE, TokenKind.SPECIAL) == options.exclude
    assert {
        "neighbors",
        "diversity",
        "silhouette",
        "relatedness",
        "map",
        "translate",
        "meanings",
        "explain",
        "overlap",
        "languages",
        "fertility",
    } == set(options.skip)
    assert (None, tmp_path / "all.json") == (found.outputs.report, found.outputs.json)


MISTAKEN = """measures = ["neighbors", "sepability"]
models = [
  "demo:languag",   # no such demo
  {model = "demo:meaning", tokenzier = "x", labels = "skript"},
  "demo:meaning",
  7,
]
[optons]
[options]
k = "many"
exclude = ["specal"]
[options.separability]
folds = 1
[options.translate]
near = true
kinds = "object"
[outputs]
report = ""
"""

MISTAKES = {
    1: "did you mean separability?",
    3: "no such demo model",
    5: "there twice",
    6: "a model is a name",
    8: "no key is called 'optons'; did you mean options?",
    10: "k is a whole number",
    11: "did you mean special?",
    12: "at least two folds",
    15: "near is a number",
    16: "kinds is a list of texts",
    18: "report is text",
}


def mistakes(tmp_path, text):
    """The sentences about a study file."""
    (tmp_path / "study.toml").write_text(text, "utf8")
    with pytest.raises(StudyMistaken) as caught:
        read_study(tmp_path / "study.toml")
    return str(caught.value).splitlines()


def test_all_mistakes_at_once_with_their_lines(tmp_path):
    """One sentence for each mistake, in the order of the lines; unknown keys name the closest known one."""
    found = mistakes(tmp_path, MISTAKEN)
    assert 13 == len(found)
    for line, what in MISTAKES.items():
        assert any(f"study.toml, line {line}: " in said and what in said for said in found), (line, what)
    on_line_4 = [said for said in found if "line 4" in said]
    assert ["did you mean tokenizer?", "did you mean script?"] == [s.partition("; ")[2] for s in on_line_4]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("models = [", "line 1"),
        ("", "line 1: models lists at least one model"),
        ("models = 3", "line 1: models lists"),
        ('format = "hyperpolyglot.study/9"\nmodels = ["demo:meaning"]', "line 1: this version reads"),
        ('models = ["demo:meaning"]\nlexicon = "none.tsv"', "line 2: there is no file 'none.tsv'"),
        ('[[models]]\ntable = "input"', "line 1: the model has no name"),
        ('models = ["demo:meaning"]\noptions = 3', "line 2: options is a table"),
        ('models = ["demo:meaning"]\n[options]\nk = 0', "line 3: k is between 1 and 1000"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path, text, what):
    """Whatever is wrong, it is one sentence that says where."""
    (said,) = mistakes(tmp_path, text)
    assert what in said
    assert said.endswith(".")


NAMES = st.sampled_from(["a", "b", "models", '"c d"', "'e.f'"])
SCALARS = st.sampled_from(['"x"', "1.5", "true", '"""two\nlines"""', "'''[a]\n'''", "1979-05-27T07:32:00Z"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[\n" + "".join(f" {p}, # [\n" for p in parts) + "]"),
        st.dictionaries(NAMES, SCALARS, max_size=2).map(
            lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}"
        ),
    ),
    max_leaves=5,
)


def places(value, place=()):
    """Every place of a document."""
    yield place
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from places(part, (*place, name))


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "[t]\n", "[[t]]\n", "[t.u]\n"]), st.lists(NAMES, max_size=2), VALUES),
        max_size=4,
    )
)
def test_every_place_has_its_line(entries):
    """For any TOML the places are those that tomllib finds, and a key stands on the line that is told."""
    text = "# a comment = [\n" + "".join(
        f"{header}{'.'.join(keys) or 'k'}{i} = {value}\n"
        for i, (header, keys, value) in enumerate(entries)
        if not any(key.startswith(('"', "'")) for key in keys[-1:])
    )
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines, listed = lines_of(text), text.split("\n")
    for place in places(document):
        assert place in lines
        if place and isinstance(place[-1], str):
            assert place[-1] in listed[lines[place] - 1]


def test_a_dry_run_and_a_run(tmp_path, clustered, translated, capsys):
    """A dry run lists all steps and computes none; after a run all are kept, and a changed option leaves a few."""
    from hyperpolyglot.cli import main

    file = tmp_path / "study.toml"
    text = f"""
    measures = ["separability", "compare"]
    models = [{json.dumps(clustered)}, {json.dumps(translated)}]
    options.separability.minimum = 50
    options.compare = {{k = 10, permutations = 9, test_rows = 100}}
    outputs = {{json = "all.json", tables = "tables"}}
    """
    file.write_text(text, "utf8")

    def run(*more):
        main(["study", str(file), "--json", *more])
        return json.loads(capsys.readouterr().out)

    dry = run("--dry-run")
    assert ([], 5, 0) == (dry["files"], len(dry["steps"]), sum(step["kept"] for step in dry["steps"]))
    assert {(240, 12)} == {(step["rows"], step["dim"]) for step in dry["steps"]}
    assert not (tmp_path / "cache").exists()
    done = run()
    assert "hyperpolyglot.study/1" == done["format"]
    assert "numbers" == done["files"][0]["kind"]
    assert {"numbers", "table"} == {entry["kind"] for entry in done["files"]}
    assert all(Path(entry["path"]).stat().st_size == entry["bytes"] for entry in done["files"])
    assert [clustered, translated] == [model["model"] for model in done["provenance"]["models"]]
    assert 5 == sum(step["kept"] for step in run("--dry-run")["steps"])
    file.write_text(text.replace("permutations = 9", "permutations = 8"), "utf8")
    assert ["compare"] == [step["step"] for step in run("--dry-run")["steps"] if not step["kept"]]


def test_an_explorer_and_a_report_that_leads_there(tmp_path, clustered, capsys):
    """The folder is the one that explore exports, the report links to its tokens, a foreign folder is refused."""
    from hyperpolyglot.cli import main

    file = tmp_path / "study.toml"
    file.write_text(
        f'models = [{json.dumps(clustered)}]\nmeasures = ["neighbors"]\n'
        'outputs = {report = "report", explorer = "explorer"}\n',
        "utf8",
    )
    main(["study", str(file), "--json"])
    files = json.loads(capsys.readouterr().out)["files"]
    assert all(Path(entry["path"]).stat().st_size == entry["bytes"] for entry in files)
    assert {"page", "column", "manifest", "numbers", "table"} == {entry["kind"] for entry in files}
    assert "../explorer/index.html#model=" in (tmp_path / "report" / "report.html").read_text("utf8")
    (tmp_path / "explorer" / "mine.txt").write_text("")
    with pytest.raises(SystemExit) as stop:
        main(["study", str(file)])
    assert 1 == stop.value.code
    assert "mine.txt" in capsys.readouterr().err


def test_a_dry_run_for_people(tmp_path, clustered, capsys):
    """The table fits the terminal and ends with what is left to do."""
    from hyperpolyglot.cli import main

    (tmp_path / "study.toml").write_text(f"models = [{json.dumps(clustered)}]", "utf8")
    main(["study", str(tmp_path / "study.toml"), "--dry-run"])
    said = capsys.readouterr().out
    assert "10 steps, 0 of them kept; 10 to run" in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_what_is_printed_can_be_used(tmp_path, capsys):
    """The printed example is the file to the letter; of several mistakes each has a line of its own."""
    from hyperpolyglot.cli import main

    main(["study", "--example"])
    assert example() == capsys.readouterr().out
    file = tmp_path / "study.toml"
    file.write_text('models = ["demo:nix"]\nmeasure = ["map"]\n', "utf8")
    with pytest.raises(SystemExit) as stop:
        main(["study", str(file)])
    assert 1 == stop.value.code
    lines = capsys.readouterr().err.splitlines()
    assert [1, 2] == [int(line.split("line ")[1].split(":")[0]) for line in lines]
