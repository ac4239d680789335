"""From files to spaces: the same numbers whatever the format, and planted trouble."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import ml_dtypes
import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter, quants
from safetensors.numpy import save_file

from hyperpolyglot.errors import (
    HyperpolyglotError,
    ModelNotFound,
    NotEnoughData,
    TokenNotFound,
    UnsupportedFormat,
    VocabularyNotFound,
)
from hyperpolyglot.loading import Opening, open_model, shipped_layout
from hyperpolyglot.measures.diversity import diversity
from hyperpolyglot.measures.neighbors import neighborhoods, neighbors
from hyperpolyglot.measures.token_rows import find_ids, find_tokens
from hyperpolyglot.sources import DEMOS, resolve
from hyperpolyglot.vocabulary import TokenKind
from tests.conftest import planted_pieces, unigram, write_model
from tests.formats.writers import torch_legacy, torch_zip
from tests.test_locate import FAMILIES

PIECES = planted_pieces(30)
NAME = "model.embed_tokens.weight"


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(11).standard_normal((len(PIECES), 32)).astype(np.float32)


def results(space):
    near = neighbors(space, 8)
    return (
        near.rows.tobytes(),
        near.similarity.tobytes(),
        diversity(near, space.labels).to_json(),
        space.digest,
    )


def as_safetensors(folder, vectors):
    save_file({NAME: vectors, "model.norm.weight": np.ones(4, np.float32)}, folder / "model.safetensors")


def as_shards(folder, vectors):
    save_file({"model.norm.weight": np.ones(4, np.float32)}, folder / "model-00001-of-00002.safetensors")
    save_file({NAME: vectors}, folder / "model-00002-of-00002.safetensors")
    where = {
        "model.norm.weight": "model-00001-of-00002.safetensors",
        NAME: "model-00002-of-00002.safetensors",
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))


def as_zip(folder, vectors):
    (folder / "pytorch_model.bin").write_bytes(torch_zip({NAME: vectors}))


def as_legacy(folder, vectors):
    (folder / "pytorch_model.bin").write_bytes(torch_legacy({NAME: vectors}))


def as_npz(folder, vectors):
    np.savez(folder / "model.npz", embeddings=vectors, tokens=np.array(PIECES))


def as_words(folder, vectors):
    lines = [f"{len(vectors)} {vectors.shape[1]}"]
    lines += [" ".join([p, *map(repr, map(float, row))]) for p, row in zip(PIECES, vectors, strict=True)]
    (folder / "model.vec").write_text("\n".join(lines) + "\n", "utf8")


def as_gguf(folder, vectors, kind=GGMLQuantizationType.F32):
    writer = GGUFWriter(folder / "model.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list(PIECES)
    writer.add_token_scores([-float(i) for i in range(len(PIECES))])
    writer.add_token_types([1] * len(PIECES))
    raw = vectors if kind == GGMLQuantizationType.F32 else quants.quantize(vectors, kind)
    writer.add_tensor("token_embd.weight", raw, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("write", [as_shards, as_zip, as_legacy, as_npz, as_words, as_gguf])
def test_every_format_gives_the_same_result(write, vectors, tmp_path):
    """The same float32 matrix gives bit-identical neighbours, diversity and digest through every format."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, writer in ((one, as_safetensors), (other, write)):
        folder.mkdir()
        writer(folder, vectors)
        if writer not in (as_npz, as_words, as_gguf):
            (folder / "tokenizer.json").write_text(unigram(PIECES), "utf8")
    first, second = open_model(str(one)), open_model(str(other))
    assert first.vocabulary.texts == second.vocabulary.texts
    assert results(first) == results(second)


@pytest.mark.parametrize("kind", [ml_dtypes.bfloat16, np.float16, ml_dtypes.float8_e4m3fn])
def test_narrow_types_are_widened_exactly(kind, vectors, tmp_path):
    """F16, BF16 and FP8 give the result of their exact widening to float32."""
    narrow = (vectors / 4).astype(kind)
    stored = {"float8_e4m3fn": "F8_E4M3", "bfloat16": "BF16", "float16": "F16"}[np.dtype(kind).name]
    folder = tmp_path / "narrow"
    folder.mkdir()
    raw = narrow.tobytes()
    header = json.dumps(
        {NAME: {"dtype": stored, "shape": list(narrow.shape), "data_offsets": [0, len(raw)]}}
    ).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + raw)
    (folder / "tokenizer.json").write_text(unigram(PIECES), "utf8")
    wide = write_model(tmp_path / "wide", narrow.astype(np.float32), PIECES)
    assert results(open_model(str(folder)))[:3] == results(open_model(wide))[:3]


def test_quantised_gguf_is_its_dequantisation(vectors, tmp_path):
    """A Q8_0 table gives the result of gguf's own dequantisation."""
    as_gguf(tmp_path, vectors, GGMLQuantizationType.Q8_0)
    wide = quants.dequantize(quants.quantize(vectors, GGMLQuantizationType.Q8_0), GGMLQuantizationType.Q8_0)
    expected = open_model(write_model(tmp_path / "wide", wide, PIECES))
    assert results(open_model(str(tmp_path / "model.gguf")))[:3] == results(expected)[:3]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_key_layout_of_every_family(family, tmp_path):
    """A folder with a family's tensors opens at its input table, and at its output table where it has one."""
    held, entry, output = FAMILIES[family]
    header, values, offset = {}, {}, 0
    for name, shape in held.items():
        size = 4 * int(np.prod(shape.shape))
        header[name] = {"dtype": "F32", "shape": list(shape.shape), "data_offsets": [offset, offset + size]}
        offset += size
        values[name] = np.full(shape.shape, len(values), np.float32)
    text = json.dumps(header).encode()
    content = b"".join(value.tobytes() for value in values.values())
    (tmp_path / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + content)
    (tmp_path / "tokenizer.json").write_text(unigram(PIECES), "utf8")
    for table, expected in (("input", entry), ("output", output)):
        if expected is not None:
            space = open_model(str(tmp_path), Opening(table=table))
            assert expected == space.table.name
            np.testing.assert_array_equal(values[expected][:3], space.vectors(slice(3)))


def test_a_table_of_four_gigabytes_opens_at_once(tmp_path):
    """Opening maps; it does not load. Three times the second that is promised."""
    rows, dim = 1 << 18, 1 << 12
    header = json.dumps(
        {NAME: {"dtype": "F32", "shape": [rows, dim], "data_offsets": [0, rows * dim * 4]}}
    ).encode()
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + rows * dim * 4)
    (tmp_path / "tokenizer.json").write_text(unigram(PIECES), "utf8")
    begun = time.process_time()
    space = open_model(str(tmp_path))
    assert not space.vectors(np.array([0, 100])).any()
    assert time.process_time() - begun < 3
    assert {"text": 120, "padding": rows - 120} == space.vocabulary.kind_counts()


def test_trouble_is_counted_and_left_out(tmp_path):
    """Zero, NaN, infinite and padding rows are excluded by reason, and neighbours are those of the rest."""
    vectors = np.random.default_rng(0).standard_normal((130, 8)).astype(np.float32)
    vectors[3], vectors[5, 2], vectors[9, 0] = 0, np.nan, np.inf
    space = open_model(write_model(tmp_path / "m", vectors, PIECES))
    near = neighbors(space, 5)
    assert {"padding": 10, "not finite": 2, "zero": 1} == near.excluded
    rows, similarity = near.dense(len(space))
    for row in (3, 5, 9, 125):
        assert [-1] * 5 == rows[row].tolist()
        assert np.isnan(similarity[row]).all()
    keep = np.delete(np.arange(120), [3, 5, 9])
    clean = open_model(write_model(tmp_path / "c", vectors[keep], [PIECES[i] for i in keep]))
    np.testing.assert_array_equal(keep[neighbors(clean, 5).rows], near.rows)


def test_duplicates_come_first_in_order_of_id(tmp_path):
    """Identical rows are each other's nearest, with cosine one, by id."""
    vectors = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    vectors[[4, 17, 30]] = vectors[9]
    space = open_model(write_model(tmp_path / "m", vectors, PIECES[:40]))
    near = neighbors(space, 3)
    assert [4, 17, 30] == near.rows[9].tolist()
    assert [4, 9, 17] == near.rows[30].tolist()
    assert [1.0] * 3 == near.similarity[9].tolist()


def test_more_tokens_than_rows(tmp_path):
    """Tokens without a row are counted as missing."""
    vectors = np.random.default_rng(0).standard_normal((100, 4)).astype(np.float32)
    space = open_model(write_model(tmp_path / "m", vectors, PIECES))
    assert (100, 120) == (len(space), space.vocabulary.tokens)
    assert {"text": 100, "missing": 20} == space.vocabulary.kind_counts()


def test_one_label_and_too_few_tokens(tmp_path):
    """A single script has a diversity of one; asking for more neighbours than tokens is one sentence."""
    vectors = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    space = open_model(write_model(tmp_path / "m", vectors, PIECES[:30]))
    found = diversity(neighbors(space, 5), space.labels)
    assert (1.0, 1.0, 1.0, None) == (found.mean, found.expected, found.own_share, found.assortativity)
    with pytest.raises(NotEnoughData):
        neighbors(space, 30)


def test_search_by_text_and_id(tmp_path):
    """A text finds both its spellings, a marked one only itself; a miss suggests what is near."""
    vectors = np.eye(6, dtype=np.float32) + np.float32(0.1)
    model = write_model(
        tmp_path / "m", vectors, ["Nike", "▁Nike", "▁nikel", "Café", "<s>", "▁x"], special=["<s>"]
    )
    space = open_model(model)
    assert [0, 1] == find_tokens(space, "Nike")
    assert [1] == find_tokens(space, "▁Nike") == find_tokens(space, " Nike")
    with pytest.raises(TokenNotFound, match=r"'cafe' is not a token .* Café"):
        find_tokens(space, "cafe")
    with pytest.raises(TokenNotFound, match="no token has the id 77; ids run from 0 to 5"):
        find_ids(space, [77])


def test_exact_search_within_a_label(clustered):
    """A filtered search gives the nearest of that label, though none is among the nearest of all."""
    space = open_model(clustered)
    found = neighborhoods(space, [0], 7, label="Grek")
    greek = np.flatnonzero(space.labels.codes == space.labels.names.index("Grek"))
    unit = space.vectors().astype(float)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    expected = greek[np.argsort(-(unit[greek] @ unit[0]))[:7]]
    assert expected.tolist() == list(found.queries[0].rows)
    with_self = neighborhoods(space, [0], 3, include_self=True)
    assert (0, 3) == (with_self.queries[0].rows[0], len(with_self.queries[0].rows))


def test_kinds_can_be_excluded(tmp_path):
    """Excluded kinds are neither asked nor answered."""
    vectors = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
    pieces = ["<s>", *PIECES[:19]]
    space = open_model(write_model(tmp_path / "m", vectors, pieces, special=["<s>"]))
    near = neighbors(space, 18, exclude=[TokenKind.SPECIAL])
    assert {"special": 1} == near.excluded
    assert 0 not in near.rows
    assert 0 not in near.queries


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("demo:nothing", "there are demo:e5, demo:language and demo:meaning"),
        ("./nowhere.gguf", "no such folder or file"),
    ],
)
def test_what_is_not_there(model, message):
    """A missing model is one sentence that says what can be named."""
    with pytest.raises(ModelNotFound, match=message):
        resolve(model)


def test_a_near_name_is_suggested(tmp_path):
    """A misspelt path is answered with the one that is there."""
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ModelNotFound, match=r"did you mean .*model\.safetensors"):
        resolve(str(tmp_path / "model.safetensor"))


def test_no_vocabulary(tmp_path, vectors):
    """A checkpoint without a tokenizer names the option that gives one; the option works."""
    as_safetensors(tmp_path, vectors)
    with pytest.raises(VocabularyNotFound, match="--tokenizer"):
        open_model(str(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "tokenizer.json").write_text(unigram(PIECES), "utf8")
    space = open_model(str(tmp_path), Opening(tokenizer=str(elsewhere)))
    assert PIECES == list(space.vocabulary.pieces)


def test_output_table(tmp_path, vectors):
    """The unembedding opens by its own option, and another tensor by name."""
    save_file({NAME: vectors, "lm_head.weight": vectors[::-1].copy()}, tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text(unigram(PIECES), "utf8")
    for opening in (Opening(table="output"), Opening(tensor="lm_head.weight")):
        space = open_model(str(tmp_path), opening)
        assert "lm_head.weight" == space.table.name
        np.testing.assert_array_equal(vectors[::-1], space.vectors())


@pytest.mark.parametrize("demo", DEMOS)
def test_demo_models(demo):
    """Each demo opens through the ordinary loaders and brings a layout for its rows."""
    space = open_model(f"demo:{demo}")
    layout = shipped_layout(f"demo:{demo}")
    assert (len(space), 2) == layout.shape
    assert len([n for n in space.labels.counts().values() if n >= 100]) >= 26
    for word in ("cat", "dog", "sun", "water", "heart"):
        assert find_tokens(space, word)


def test_a_named_pipe_is_refused(tmp_path):
    """What is neither a file nor a folder does not hang."""
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(HyperpolyglotError):
        open_model(str(tmp_path / "pipe.safetensors"))


def test_links_out_of_a_folder_are_refused(tmp_path, vectors):
    """A link may lead into the Hub's blobs and about the folder, not to another file of the user's."""
    secret = tmp_path / "secret.txt"
    secret.write_text("private\n", "utf8")
    model = tmp_path / "model"
    model.mkdir()
    as_safetensors(model, vectors)
    (model / "vocab.txt").symlink_to(secret)
    with pytest.raises(UnsupportedFormat, match="leads out of its folder"):
        open_model(str(model))
    (model / "vocab.txt").unlink()
    (model / "config.json").symlink_to("config.json")
    (model / "tokenizer.json").write_text(unigram(PIECES), "utf8")
    assert PIECES == list(open_model(str(model)).vocabulary.pieces)
    repository = tmp_path / "models--acme--mini"
    snapshot, blobs = repository / "snapshots" / ("a" * 40), repository / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "1").write_bytes((model / "model.safetensors").read_bytes())
    (blobs / "2").write_text(unigram(PIECES), "utf8")
    (snapshot / "model.safetensors").symlink_to("../../blobs/1")
    (snapshot / "tokenizer.json").symlink_to("../../blobs/2")
    space = open_model(str(snapshot))
    assert ("a" * 40, PIECES) == (space.revision, list(space.vocabulary.pieces))


def test_labelling_takes_little_memory_beyond_its_input():
    """Scripts of 12 MB of text, and of a million numerals, need neither much memory nor much time."""
    script = (
        "from hyperpolyglot.writing.scripts import script_codes; import resource, sys, time;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024;"
        "texts = ['\u0915' * 12] * 1000000 if sys.argv[1] == 'a' else [str(i) for i in range(1000000)];"
        "before, begun = peak(), time.process_time(); script_codes(texts);"
        "print(peak() - before, time.process_time() - begun)"
    )
    for kind in "ab":
        found = subprocess.run(
            [sys.executable, "-c", script, kind], capture_output=True, text=True, check=True
        )
        mebibytes, seconds = map(float, found.stdout.split())
        assert mebibytes < 150
        assert seconds < 6
