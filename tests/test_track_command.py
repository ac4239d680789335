"""``track`` as a command: the axis, shares, samples, words and sizes, each by its option."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import hyperpolyglot as hp
from hyperpolyglot.cli.app import cli

STEPS = (0, 100, 200, 400)
QUICK = ("-k", "5", "--minimum", "40")


def planted(folder: Path, *, names: str = "step-{}", steps: tuple[int, ...] = STEPS) -> list[str]:
    """Checkpoints on the way from noise to tokens of a demo model, as files."""
    last = hp.open_model("demo:meaning").where(labels=["Latn", "Cyrl"], top=1200)
    texts = np.array([*last.vocabulary.texts])
    noise = np.random.default_rng(0).standard_normal((len(last), last.dim)) * float(last.vectors().std())
    paths = []
    for i, step in enumerate(steps):
        a = i / (len(steps) - 1)
        path = folder / f"{names.format(step)}.npz"
        np.savez(path, embeddings=((1 - a) * noise + a * last.vectors()).astype(np.float32), tokens=texts)
        paths.append(str(path))
    return paths


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Four checkpoints with numbers in their names."""
    return planted(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where steps are kept, so that each is measured once in this file."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def track(cache: str) -> Any:
    """The JSON of the command; with ``wrong`` what it says to wrong usage."""

    def called(*arguments: object, wrong: bool = False) -> Any:
        given = ["track", *map(str, arguments), *QUICK, "--cache", cache]
        found = CliRunner().invoke(cli, given if wrong else [*given, "--json"])
        assert found.exit_code == (2 if wrong else 0), found.output or found.exception
        return found.output if wrong else json.loads(found.stdout)

    return called


def places(found: Any) -> list[float]:
    """Where the steps lie on the axis."""
    return [step["x"] for step in found["steps"]]


def test_axis_by_names_tokens_and_a_file(track: Any, run: list[str], tmp_path: Path) -> None:
    """The axis is the numbers in names, these times the tokens per step, or what ``--x`` says, in its order."""
    assert [0.0, 100.0, 200.0, 400.0] == places(track(*run))
    assert [0.0, 5e4, 1e5, 2e5] == places(track(*run, "--tokens-per-step", 500))
    table = tmp_path / "x.tsv"
    table.write_text("".join(f"{path}\t{10 - i}\n" for i, path in enumerate(run)), "utf8")
    found = track(*run, "--x", table)
    assert [7.0, 8.0, 9.0, 10.0] == places(found)
    assert run[::-1] == [step["model"] for step in found["steps"]]
    table.write_text(f"{run[0]}\t1\n", "utf8")
    assert f"there is no line for {run[1]}" in " ".join(track(*run, "--x", table, wrong=True).split())


def test_an_axis_that_tells_nothing_apart_is_a_sentence(track: Any, run: list[str], tmp_path: Path) -> None:
    """Equal places, tokens without steps and two axes at once are wrong usage, not a failure within."""
    table = tmp_path / "x.tsv"
    table.write_text("".join(f"{path}\t1\n" for path in run), "utf8")
    assert "each once" in track(*run, "--x", table, wrong=True)
    assert "x is given" in track(*run, "--x", table, "--tokens-per-step", 5, wrong=True)
    named = [f"{name}={path}" for name, path in zip(("a", "b"), run, strict=False)]
    assert "have no number" in " ".join(track(*named, "--tokens-per-step", 5, wrong=True).split())


def test_shares_of_the_data_stand_in_for_those_of_the_vocabulary(
    track: Any, run: list[str], tmp_path: Path
) -> None:
    """``--shares`` gives the numbers that half-lives of languages are compared with."""
    languages = {row["label"] for row in track(*run)["half_lives"] if row["measure"] == "translation"} - {
        None
    }
    table = tmp_path / "shares.tsv"
    table.write_text("".join(f"{tag}\t{i + 1}\n" for i, tag in enumerate(sorted(languages))), "utf8")
    found = track(*run, "--shares", table)
    assert {"given"} == {row["share"] for row in found["share_relation"]}
    assert "translation" in {row["measure"] for row in found["share_relation"]}
    assert "translation" not in {row["measure"] for row in track(*run)["share_relation"]}


def test_exact_measures_all_tokens(track: Any, tmp_path: Path) -> None:
    """With more tokens than the sample takes, ``--exact`` gives the numbers of all of them."""
    space = hp.open_model("demo:meaning").where(top=5000)
    paths = []
    for i, scale in enumerate((0.0, 0.5, 1.0)):
        noise = np.random.default_rng(i).standard_normal((len(space), space.dim)) * float(
            space.vectors().std()
        )
        path = tmp_path / f"step-{i}.npz"
        vectors = (1 - scale) * noise + scale * space.vectors()
        np.savez(path, embeddings=vectors.astype(np.float32), tokens=np.array([*space.vocabulary.texts]))
        paths.append(str(path))
    sampled, every = track(*paths), track(*paths, "--exact")
    alone = hp.diversity(hp.open_model(paths[-1]), k=5)
    assert alone.mean == pytest.approx(every["steps"][-1]["diversity"]["value"])
    assert alone.mean != sampled["steps"][-1]["diversity"]["value"]


def test_shared_follows_tokens_by_text(track: Any, run: list[str], tmp_path: Path) -> None:
    """Another vocabulary on the way is refused, and followed by text with ``--shared``."""
    space = hp.open_model(run[-1])
    path = tmp_path / "step-900.npz"
    texts = np.array(["▁another", *space.vocabulary.texts[1:]])
    np.savez(path, embeddings=space.vectors(), tokens=texts)
    refused = CliRunner().invoke(cli, ["track", run[0], str(path), *QUICK])
    assert (1, True) == (refused.exit_code, "--shared" in str(refused.exception))
    found = track(run[-1], path, "--shared")
    assert 1.0 == found["steps"][0]["overlap_last"]["value"]


def test_words_are_followed_from_step_to_step(track: Any, run: list[str], cache: str) -> None:
    """Nearest tokens are those of ``neighbors``; at the last step all are kept; other words measure no step again."""
    text = hp.open_model(run[0]).vocabulary.texts[5].removeprefix("▁")
    found = track(*run, "--words", text)
    rows = [row for row in found["words"] if row["word"] == text]
    assert [*STEPS] == sorted({int(row["x"]) for row in rows})
    near = hp.neighborhoods(hp.open_model(run[1]), text, k=8).to_json()["queries"][0]
    at_second = next(row for row in rows if row["x"] == 100 and row["id"] == near["id"])
    assert [n["id"] for n in near["neighbors"]] == [n["id"] for n in at_second["neighbors"]]
    assert {8} == {row["kept"] for row in rows if row["x"] == 400}
    assert {row["kept"] for row in rows if row["x"] == 0} < {*range(8)}
    shown = CliRunner().invoke(cli, ["track", *run, "--words", text, *QUICK, "--cache", cache])
    assert f"Nearest tokens of {rows[0]['token']}" in shown.output
    missing = CliRunner().invoke(cli, ["track", *run, "--words", "nowhereatall", *QUICK, "--cache", cache])
    assert (1, True) == (missing.exit_code, "is not a token of this vocabulary" in str(missing.exception))


def test_models_by_size(track: Any, tmp_path: Path) -> None:
    """``--by size`` and ``--by name`` order models by size, and say how measures go with it, with their unit."""
    names = planted(tmp_path, names="tiny-{}m", steps=(10, 100, 1000, 10_000))
    found = track(*names, "--by", "name")
    assert [1e7, 1e8, 1e9, 1e10] == places(found)
    assert [] == found["half_lives"] == found["order"]
    rows = {(row["measure"], row["unit"]): row for row in found["trends"]}
    whole = rows["translation", "model"]
    values = [step["translation"]["value"] for step in found["steps"]]
    expected = np.polyfit([7, 8, 9, 10], values, 1)[0]
    assert expected == pytest.approx(whole["change"])
    assert whole["low"] <= whole["change"] <= whole["high"]
    assert (4, 1) == (whole["units"], whole["families"])
    assert rows["translation", "label"]["units"] >= 3
    assert "all models have the same size" in " ".join(track(*names, "--by", "size", wrong=True).split())


def test_sizes_are_rows_times_dimensions(track: Any, run: list[str], tmp_path: Path) -> None:
    """``--by size`` takes models of any width; with other vocabularies each is measured on its own tokens."""
    space = hp.open_model(run[-1])
    paths = []
    for dim in (8, 16, 64):
        path = tmp_path / f"wide-{dim}.npz"
        texts = np.array([f"▁own{dim}", *space.vocabulary.texts[1:]])
        np.savez(path, embeddings=space.vectors()[:, :dim], tokens=texts)
        paths.append(str(path))
    found = track(*paths[::-1], "--by", "size")
    assert [1200.0 * dim for dim in (8, 16, 64)] == places(found)
    assert {None} == {step["overlap_last"] and step["overlap_last"]["value"] for step in found["steps"]}
    assert {"own_share", "norm"} <= {row["measure"] for row in found["trends"]}
