"""Embeddings for another vocabulary: methods against oracles, planted truths, what is written opens again."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import hyperpolyglot as hp
from hyperpolyglot.applications.transplantation.methods import LEARNT, Anchors, sparsemax
from hyperpolyglot.cli import main
from hyperpolyglot.errors import NotEnoughData, UnsupportedFormat
from hyperpolyglot.types import silent
from tests.conftest import write_model
from tests.jobs.conftest import environment, run

__all__ = ["environment"]

SHARED, NEW, WIDTH = 300, 60, 12


def names(first: int, count: int) -> list[str]:
    """Distinct tokens in two scripts."""
    letters = ("abcdefghij", "абвгдежзик")
    return ["▁" + "".join(letters[i % 2][int(d)] for d in f"{i:04}") for i in range(first, first + count)]


def planted(noise: float = 0.0, seed: int = 0) -> tuple[hp.TokenSpace, hp.TokenSpace, np.ndarray]:
    """A source and a target that is a linear image of it; the target has tokens of its own, whose true source vectors
    are given too.
    """
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((SHARED + NEW, WIDTH)).astype(np.float32)
    image = vectors @ random.standard_normal((WIDTH, 16)) + 3.0
    image += noise * random.standard_normal(image.shape)
    tokens = names(0, SHARED + NEW)
    source = hp.from_arrays(vectors[:SHARED], tokens[:SHARED], name="source")
    return source, hp.from_arrays(image.astype(np.float32), tokens, name="target"), vectors[SHARED:]


def test_sparsemax_is_the_nearest_point_of_the_simplex() -> None:
    """Against all supports: the weights of the one that is nearest, non-negative and sums to one."""
    random = np.random.default_rng(0)
    for scores in random.standard_normal((20, 5)):
        best, least = None, np.inf
        for size in range(1, 6):
            for support in map(list, itertools.combinations(range(5), size)):
                weights = np.zeros(5)
                weights[support] = scores[support] + (1 - scores[support].sum()) / size
                distance = ((weights - scores) ** 2).sum()
                if weights.min() >= -1e-12 and distance < least:
                    best, least = weights, distance
        assert best == pytest.approx(sparsemax(scores[None]).toarray()[0], abs=1e-9)


def test_focus_is_its_formula() -> None:
    """Weights are the sparsemax of cosines, by sorting as it was published; the vector is the weighted sum."""
    random = np.random.default_rng(1)
    anchors = Anchors(
        auxiliary=random.standard_normal((40, 6)).astype(np.float32),
        source=random.standard_normal((40, 9)).astype(np.float32),
        atoms=4,
    )
    new = random.standard_normal((7, 6)).astype(np.float32)
    found = LEARNT["focus"](new, anchors, silent)
    for vector, made in zip(new.astype(float), found, strict=True):
        anchored = anchors.auxiliary.astype(float)
        cosines = anchored @ vector / np.linalg.norm(anchored, axis=1) / np.linalg.norm(vector)
        ordered = np.sort(cosines)[::-1]
        inside = 1 + np.arange(1, 41) * ordered > np.cumsum(ordered)
        size = np.flatnonzero(inside)[-1] + 1
        weights = np.maximum(cosines - (ordered[:size].sum() - 1) / size, 0)
        assert weights @ anchors.source == pytest.approx(made, abs=1e-5)


def test_a_planted_map_is_found_and_copied_rows_are_the_same_bytes() -> None:
    """Where the target is a linear image of the source, ridge is chosen and rebuilds new tokens; shared ones stay."""
    source, target, truth = planted()
    found = hp.transplant(source, target, held_out=40, atoms=8)
    assert ("ridge", SHARED, NEW) == (found.chosen, found.copied, found.built)
    assert source.vectors().tobytes() == found.embeddings[:SHARED].tobytes()
    made = found.embeddings[SHARED:]
    cosine = (made * truth).sum(axis=1) / np.linalg.norm(made, axis=1) / np.linalg.norm(truth, axis=1)
    assert cosine.min() > 0.99
    ridge = next(t for t in found.methods if t.method == "ridge" and t.label is None)
    assert 1.0 == ridge.p1["value"]
    assert ridge.p1["low"] < 1.0
    assert ridge.p1["chance"] == 1 / SHARED
    assert {None, "Latn", "Cyrl"} == {t.label for t in found.methods}


def test_auto_is_a_method_that_no_other_is_shown_to_beat() -> None:
    """Naming the method that is chosen gives the same table; the row ``auto`` has the scores of the choice."""
    source, target, _ = planted(noise=1.0)
    found = hp.transplant(source, target, held_out=40, atoms=8)
    whole = {t.method: t for t in found.methods if t.label is None}
    assert ["mean", "ridge", "procrustes", "focus", "omp", "auto"] == list(whole)
    assert "ridge" == found.chosen
    assert whole["auto"].p1["value"] <= max(t.p1["value"] for t in whole.values() if t.method != "auto")
    named = hp.transplant(source, target, method=found.chosen, held_out=40, atoms=8)
    assert found.embeddings.tobytes() == named.embeddings.tobytes()
    assert "auto" not in {t.method for t in named.methods}
    assert f"P@1 {100 * whole['auto'].p1['value']:.1f} %" in found.summary()


def test_hidden_tokens_are_not_seen() -> None:
    """Where vectors of source and target are unrelated, no method finds hidden tokens again more often than chance."""
    random = np.random.default_rng(4)
    tokens = names(0, SHARED)
    source = hp.from_arrays(random.standard_normal((SHARED, WIDTH)).astype(np.float32), tokens, name="a")
    target = hp.from_arrays(random.standard_normal((SHARED, WIDTH)).astype(np.float32), tokens, name="b")
    found = hp.transplant(source, target, held_out=60, atoms=8)
    assert all(t.p1["low"] <= t.p1["chance"] for t in found.methods if t.label is None)


def test_lengths_of_built_rows_are_those_of_copied_ones() -> None:
    """Built rows lie in the range of copied lengths, whatever a method made of them."""
    source, target, _ = planted(noise=2.0)
    found = hp.transplant(source, target, method="focus", held_out=40)
    copied, built = (np.linalg.norm(part, axis=1) for part in np.split(found.embeddings, [SHARED]))
    assert copied.min() - 1e-4 <= built.min() <= built.max() <= copied.max() + 1e-4
    assert np.median(built) == pytest.approx(np.median(copied), rel=0.1)


def test_rows_of_another_script_are_not_too_long() -> None:
    """Where tokens that are hidden are predicted worse, and so shorter, than new ones, new rows are as long as copied
    ones all the same: the length that a method gives is believed only as far as hidden tokens bear it out.
    """
    random = np.random.default_rng(0)
    vectors = random.standard_normal((SHARED + NEW, WIDTH))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) / (1 + 0.02 * random.random((SHARED + NEW, 1)))
    image = vectors @ random.standard_normal((WIDTH, 16))
    blurred = random.random(SHARED) < 0.6
    image[:SHARED][blurred] = 0.2 * random.standard_normal((np.count_nonzero(blurred), 16))
    tokens = names(0, SHARED + NEW)
    source = hp.from_arrays(vectors[:SHARED].astype(np.float32), tokens[:SHARED], name="source")
    target = hp.from_arrays(image.astype(np.float32), tokens, name="target")
    found = hp.transplant(source, target, method="ridge", held_out=60)
    assert found.lengths["power"] < 0.2
    assert 0 == found.lengths["shortened"]
    assert found.lengths["lengthened"] <= NEW / 10


def test_maps_learn_from_all_anchors() -> None:
    """Anchors that no vector is put together from teach the maps: FOCUS and matching pursuit do not see them."""
    random = np.random.default_rng(8)
    auxiliary, source = (random.standard_normal((30, width)).astype(np.float32) for width in (4, 6))
    new = random.standard_normal((5, 4)).astype(np.float32)
    some = np.arange(20)
    whole = Anchors(auxiliary=auxiliary, source=source, atoms=3, drawn=some)
    few = Anchors(auxiliary=auxiliary[some], source=source[some], atoms=3)
    for method, same in (("ridge", False), ("procrustes", False), ("focus", True), ("omp", True)):
        made = [LEARNT[method](new, anchors, silent) for anchors in (whole, few)]
        assert same == np.array_equal(*made)


def test_a_vocabulary_alone_takes_means_of_pieces_or_another_table() -> None:
    """Without a table of the target only ``mean`` is there; ``via`` gives the others one."""
    source = hp.open_model("demo:meaning")
    vocabulary = hp.open_model("demo:e5").where(labels=["Latn"], kinds=["text"], top=2000)
    bare = replace(vocabulary, table=None, ids=np.arange(len(vocabulary), dtype=np.int32))
    found = hp.transplant(source, bare, held_out=50)
    assert "mean" == found.chosen
    assert {"mean"} == {t.method for t in found.methods}
    assert {"mean", "average"} >= set(found.built_by)
    with pytest.raises(NotEnoughData, match="--via"):
        hp.transplant(source, bare, method="ridge")
    by = hp.transplant(source, bare, hp.open_model("demo:e5"), method="ridge", held_out=50)
    assert by.built_by["ridge"] > 0


def test_a_transplant_opens_again(tmp_path: Path) -> None:
    """The folder opens as a model with the same tokens and numbers; README and JSON say what was done."""
    source, target, _ = planted()
    found = hp.transplant(source, target, held_out=40, atoms=8)
    files = hp.write_transplant(found, tmp_path / "made")
    assert {"path", "kind", "bytes", "digest"} == set(files[0])
    again = hp.open_model(tmp_path / "made")
    assert target.vocabulary.texts == again.vocabulary.texts
    assert found.embeddings.tobytes() == again.vectors().tobytes()
    assert "| ridge |" in (tmp_path / "made" / "README.md").read_text("utf8")
    written = json.loads((tmp_path / "made" / "transplant.json").read_text("utf8"))
    assert {"methods", "chosen", "copied", "built"} <= set(written)
    assert ["source", "target"] == [m["model"] for m in written["provenance"]["models"]]
    with pytest.raises(UnsupportedFormat, match="not an empty folder"):
        hp.write_transplant(found, tmp_path / "made")


def test_the_configuration_of_the_source_has_the_rows_of_the_target(tmp_path: Path) -> None:
    """``config.json`` is the source's with the new ``vocab_size``; ids are those of special tokens of the same
    spelling, and fields of others are excluded by name. transformers opens the tokenizer whatever the model is.
    """
    source, target, _ = planted()
    write_model(tmp_path / "a", source.vectors(), ["<s>", *source.vocabulary.pieces[1:]], ["<s>"])
    write_model(tmp_path / "b", target.vectors(), [*target.vocabulary.pieces[:-1], "<s>"], ["<s>"])
    config = {"model_type": "llama", "vocab_size": len(source), "hidden_size": source.dim, "bos_token_id": 0}
    (tmp_path / "a" / "config.json").write_text(json.dumps(config | {"pad_token_id": 1}))
    (tmp_path / "b" / "config.json").write_text(json.dumps({"model_type": "bert", "vocab_size": 5}))
    found = hp.transplant(hp.open_model(tmp_path / "a"), hp.open_model(tmp_path / "b"), held_out=40, atoms=8)
    hp.write_transplant(found, tmp_path / "made", hp.open_model(tmp_path / "a"))
    changed = {"vocab_size": len(target), "bos_token_id": len(target) - 1}
    assert config | changed == json.loads((tmp_path / "made" / "config.json").read_text())
    assert "not here: `pad_token_id`" in (tmp_path / "made" / "README.md").read_text("utf8")
    kind = json.loads((tmp_path / "made" / "tokenizer_config.json").read_text())
    assert {"tokenizer_class": "PreTrainedTokenizerFast"} == kind
    hp.write_transplant(found, tmp_path / "bare")
    assert not (tmp_path / "bare" / "config.json").exists()


def test_the_tokenizer_of_a_folder_is_copied(model_of, tmp_path: Path) -> None:
    """A target with a tokenizer.json gives it, byte for byte; the command prints the contract."""
    random = np.random.default_rng(0)
    tokens = names(0, SHARED + NEW)
    for name, count, width in (("a", SHARED, 8), ("b", SHARED + NEW, 12)):
        model_of(tmp_path / name, random.standard_normal((count, width)).astype(np.float32), tokens[:count])
    made = tmp_path / "made"
    main(
        [
            "transplant",
            str(tmp_path / "a"),
            "--tokenizer",
            str(tmp_path / "b"),
            "--held-out",
            "40",
            "-o",
            str(made),
        ]
    )
    assert (tmp_path / "b" / "tokenizer.json").read_bytes() == (made / "tokenizer.json").read_bytes()
    assert (SHARED + NEW, 8) == hp.open_model(made).vectors().shape


def test_the_command_gives_the_contract(tmp_path: Path, capsys) -> None:
    """``--json`` has methods with their scores, the chosen one, counts and files."""
    made = tmp_path / "made"
    asked = ["transplant", "demo:meaning", "--tokenizer", "demo:e5", "--method", "ridge", "--held-out", "50"]
    main([*asked, "--atoms", "4", "-o", str(made), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert "hyperpolyglot.transplant/1" == found["format"]
    assert {"methods", "chosen", "copied", "built", "files"} <= set(found)
    row = found["methods"][0]
    assert {"method", "label", "held_out", "cosine", "p1", "overlap10", "norm_ratio"} == set(row)
    assert {"value", "low", "high", "chance"} == set(row["p1"])
    assert len(hp.open_model("demo:e5")) == len(hp.open_model(made))


def untied(folder: Path, vectors: np.ndarray, output: np.ndarray, tokens: list[str]) -> str:
    """A folder with an input and an output table of its own, and a tokenizer."""
    write_model(folder, vectors, tokens)
    tables = {"model.embed_tokens.weight": vectors, "lm_head.weight": output}
    save_file(
        {name: np.ascontiguousarray(table) for name, table in tables.items()}, folder / "model.safetensors"
    )
    return str(folder)


def with_output() -> tuple[hp.TokenSpace, hp.TokenSpace, hp.TokenSpace, np.ndarray]:
    """:func:`planted` and an output table that is another linear image; true output rows of new tokens come last."""
    source, target, new = planted()
    skew = np.random.default_rng(11).standard_normal((WIDTH, WIDTH)).astype(np.float32)
    table = source.vectors() @ skew + np.float32(1.0)
    output = hp.from_arrays(table, source.vocabulary.pieces, name="source")
    return source, target, output, new @ skew + np.float32(1.0)


def test_a_planted_output_table_is_found_and_copied_rows_are_the_same_bytes() -> None:
    """The output table is rebuilt by the method of the input table, and judged on its own rows of the same hidden
    tokens; rows of shared tokens stay.
    """
    source, target, output, truth = with_output()
    found = hp.transplant(source, target, output=output, held_out=40, atoms=8)
    assert found.output is not None
    assert output.vectors().tobytes() == found.output.embeddings[:SHARED].tobytes()
    made = found.output.embeddings[SHARED:]
    cosine = (made * truth).sum(axis=1) / np.linalg.norm(made, axis=1) / np.linalg.norm(truth, axis=1)
    assert cosine.min() > 0.99
    assert {found.chosen} == {trial.method for trial in found.output.methods}
    (whole,) = (trial for trial in found.output.methods if trial.label is None)
    (same,) = (t for t in found.methods if t.label is None and t.method == found.chosen)
    assert (same.held_out, 1.0) == (whole.held_out, whole.p1["value"])
    copied = np.linalg.norm(found.output.embeddings[:SHARED], axis=1)
    built = np.linalg.norm(made, axis=1)
    assert copied.min() - 1e-4 <= built.min() <= built.max() <= copied.max() + 1e-4
    without = hp.transplant(source, target, held_out=40, atoms=8)
    assert without.output is None
    assert found.embeddings.tobytes() == without.embeddings.tobytes()


@pytest.mark.parametrize("method", ["focus", "omp"])
def test_output_rows_have_the_weights_of_input_rows(method: str) -> None:
    """Where the output table is twice the input table, every output row that a method built is twice the input row."""
    source, target, _ = planted(noise=1.0)
    output = hp.from_arrays(2 * source.vectors(), source.vocabulary.pieces, name="source")
    found = hp.transplant(source, target, output=output, method=method, held_out=40, atoms=8)
    assert found.output is not None
    assert 2 * found.embeddings == pytest.approx(found.output.embeddings, rel=1e-4, abs=1e-4)


def test_both_tables_are_written_and_open_again(tmp_path: Path, capsys) -> None:
    """The command finds an output table, writes it into the same file, and the README and the JSON tell of both; a copy
    of the input table is no output table.
    """
    random = np.random.default_rng(0)
    tokens = names(0, SHARED + NEW)
    vectors = random.standard_normal((SHARED + NEW, 8)).astype(np.float32)
    untied(
        tmp_path / "a",
        vectors[:SHARED],
        vectors[:SHARED] @ np.eye(8)[::-1].astype(np.float32),
        tokens[:SHARED],
    )
    untied(tmp_path / "same", vectors[:SHARED], vectors[:SHARED], tokens[:SHARED])
    write_model(tmp_path / "b", vectors, tokens)
    asked = ["--tokenizer", str(tmp_path / "b"), "--held-out", "40", "--atoms", "4"]
    main(["transplant", str(tmp_path / "a"), *asked, "-o", str(tmp_path / "made"), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert {"methods", "copied", "built_by", "lengths"} == set(said["output"])
    made = hp.open_model(tmp_path / "made", hp.Opening(table="output"))
    assert vectors[:SHARED, ::-1].tobytes() == made.vectors()[:SHARED].tobytes()
    assert (SHARED + NEW, 8) == hp.open_model(tmp_path / "made").vectors().shape
    readme = (tmp_path / "made" / "README.md").read_text("utf8")
    assert "two tensors, `lm_head.weight` (below) and `model.embed_tokens.weight`" in readme
    assert f"`lm_head.weight`, {SHARED + NEW} × 8, is the output table" in readme
    main(["transplant", str(tmp_path / "same"), *asked, "-o", str(tmp_path / "tied"), "--json"])
    assert json.loads(capsys.readouterr().out)["output"] is None
    main(["transplant", str(tmp_path / "a"), *asked, "-o", str(tmp_path / "shown")])
    assert "Output table, by" in capsys.readouterr().out


def test_an_output_table_of_another_model_is_refused() -> None:
    """An output table that lacks the hidden tokens gets one sentence."""
    source, target, _, _ = with_output()
    other = hp.from_arrays(source.vectors(), [f"x{i}" for i in range(SHARED)], name="other")
    with pytest.raises(NotEnoughData, match="output table of the same model"):
        hp.transplant(source, target, output=other, held_out=40, atoms=8)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_both_tables_load_into_transformers(environment, tmp_path: Path) -> None:
    """A causal model of transformers with untied tables takes both under their names, and its logits are those of the
    output table; the tokenizer opens from the folder.
    """
    source, target, output, _ = with_output()
    write_model(tmp_path / "b", target.vectors(), list(target.vocabulary.pieces))
    kind = json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"})
    (tmp_path / "b" / "tokenizer_config.json").write_text(kind, "utf8")
    file = tmp_path / "b" / "tokenizer.json"
    file.write_text(file.read_text("utf8").replace('"unk_id": null', '"unk_id": 0'), "utf8")
    found = hp.transplant(source, hp.open_model(tmp_path / "b"), output=output, held_out=40, atoms=8)
    hp.write_transplant(found, tmp_path / "made")
    words = target.vocabulary.pieces[0], target.vocabulary.pieces[-1]
    script = Path(__file__).with_name("transplanted_in_transformers.py")
    said = run(environment.python, script, str(tmp_path / "made"), "".join(words)).splitlines()
    assert ["unexpected []", "missing tables []", f"tokens {list(words)}", "same True"] == said[-4:]


def test_what_shares_too_little_is_said() -> None:
    """Few shared tokens get one sentence, as do options that are none."""
    source, target, _ = planted()
    with pytest.raises(NotEnoughData, match="share 50 tokens"):
        hp.transplant(source.take(np.arange(50)), target)
    with pytest.raises(ValueError, match="is no method"):
        hp.transplant(source, target, method="magic")
