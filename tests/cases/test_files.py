"""Checkpoints that people really have open at the right rows, or a sentence says why they can't."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from hyperpolyglot.errors import (
    DamagedFile,
    HyperpolyglotError,
    ModelNotFound,
    TensorNotFound,
    UnsupportedFormat,
    VocabularyNotFound,
)
from hyperpolyglot.formats import open_checkpoint, read_checkpoint
from hyperpolyglot.formats.scales import _block
from tests.formats.writers import Call, Global, Memory, npz_bytes, safetensors_bytes, word2vec_bytes

from .containers import (
    DIM,
    MEANINGS,
    NOISE,
    TABLE,
    WORDS,
    Torch,
    fasttext,
    opened,
    right,
    save,
    with_words,
    word2vec_binary,
)

E = "model.embed_tokens"
NAME = f"{E}.weight"
V = len(WORDS)
OTHER = np.random.default_rng(3).standard_normal((V, DIM)).astype(np.float32)
LORA = {f"{E}.lora_embedding_A.default": np.ones((2, V), np.float32)}


@pytest.mark.parametrize(
    ("tensors", "name"),
    [
        (
            {"embed_text_tokens.weight": TABLE, "depth_decoder.model.embed_tokens.weight": NOISE},
            "embed_text_tokens.weight",
        ),
        ({NAME: TABLE, "talker.model.embed_tokens.weight": NOISE}, NAME),
        (
            {"audio_tower.embed_tokens.weight": NOISE, "text_model.embeddings.token_embedding.weight": TABLE},
            "text_model.embeddings.token_embedding.weight",
        ),
        (
            {"clip.text_model.embeddings.token_embedding.weight": TABLE, "clip.visual.embed.weight": NOISE},
            "clip.text_model.embeddings.token_embedding.weight",
        ),
        (
            {f"{E}.parametrizations.weight.original": TABLE, f"{E}.parametrizations.weight.0.lora_A": NOISE},
            f"{E}.parametrizations.weight.original",
        ),
        (
            {
                f"base_model.model.{E}.original_module.weight": OTHER[:-3],
                f"base_model.model.{E}.modules_to_save.default.weight": TABLE,
            },
            f"base_model.model.{E}.modules_to_save.default.weight",
        ),
        ({f"{E}.base_layer.weight": TABLE} | LORA, f"{E}.base_layer.weight"),
        (
            {f"_orig_mod.module.{E}._fsdp_wrapped_module.weight": TABLE, "x.weight": NOISE},
            f"_orig_mod.module.{E}._fsdp_wrapped_module.weight",
        ),
        ({f"{E}.weight_orig": TABLE, f"{E}.weight_mask": np.ones_like(TABLE)}, f"{E}.weight_orig"),
        ({f"{E}.weight_v": TABLE, f"{E}.weight_g": np.ones((V, 1), np.float32)}, f"{E}.weight_v"),
    ],
)
def test_the_table_of_the_text_model_under_its_wrappers(
    tensors: dict[str, Any], name: str, tmp_path: Path
) -> None:
    """The text table is taken, under any wrapper, and words of one meaning are nearest."""
    for order in (tensors, dict(reversed(tensors.items()))):
        space = opened(save(tmp_path, order))
        assert name == space.matrix.name
        assert right(space)
        assert ("LoRA" in space.remark) == any("lora" in other for other in tensors)


def test_tables_of_other_towers_are_listed_and_never_taken(tmp_path: Path) -> None:
    """Where only tables of other parts are there, the sentence lists them, and ``--tensor`` opens one."""
    name = "depth_decoder.model.embed_tokens.weight"
    folder = save(tmp_path, {name: TABLE, "codec_model.embed.weight": NOISE})
    with pytest.raises(TensorNotFound, match=r"other parts of the model: depth_decoder\.model\.embed_tokens"):
        opened(folder)
    assert right(opened(folder, tensor=name))
    folder = save(tmp_path / "head", {NAME: TABLE, "lm_head.weight": NOISE[:11]})
    with pytest.raises(TensorNotFound, match=r"no output table fits.*lm_head\.weight \[11, 64\]"):
        opened(folder, table="output")


def test_a_second_table_is_said(tmp_path: Path) -> None:
    """Two encoders in one file: one is read, the other is named; tied copies are not."""
    two = {f"{part}.embeddings.word_embeddings.weight": TABLE for part in ("question_encoder", "ctx_encoder")}
    space = opened(save(tmp_path, two))
    assert "there is also question_encoder.embeddings.word_embeddings.weight" in space.remark
    tied = {
        "shared.weight": TABLE,
        "encoder.embed_tokens.weight": TABLE,
        "decoder.embed_tokens.weight": TABLE,
    }
    assert "" == opened(save(tmp_path / "tied", tied)).remark


def test_only_the_output_table_is_stored(tmp_path: Path) -> None:
    """It stands for the input table where the configuration ties them; else the sentence speaks of tying."""
    tensors = {"lm_head.weight": TABLE, "model.norm.weight": np.ones(4, np.float32)}
    space = opened(save(tmp_path, tensors, '{"tie_word_embeddings": true}'))
    assert right(space)
    assert "lm_head.weight, the output table, is read" in space.remark
    for config in ("{}", '{"tie_word_embeddings": false}'):
        with pytest.raises(TensorNotFound, match=r"if the model ties the two.*--table output"):
            opened(save(tmp_path, tensors, config))
    assert right(opened(tmp_path, table="output"))


def test_an_adapter_with_a_table_opens_and_one_without_is_named(tmp_path: Path) -> None:
    """PEFT keeps a resized table in the adapter; soft prompts and LoRA alone are no tables."""
    lora = {f"base_model.model.{E[:5]}.q_proj.lora_A.weight": NOISE[:2]}
    with_words(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    path = tmp_path / "adapter_model.safetensors"
    path.write_bytes(safetensors_bytes({f"base_model.model.{NAME}": TABLE} | lora))
    for place in (tmp_path, path):
        space = opened(place)
        assert right(space)
        assert "is an adapter" in space.remark
    for tensors in (lora, {"prompt_embeddings": TABLE}):
        path.write_bytes(safetensors_bytes(tensors))
        with pytest.raises(HyperpolyglotError, match=r"adapter|no input embedding table"):
            opened(tmp_path)


def fp8(scale: np.ndarray, name: str) -> dict[str, Any]:
    """The table as FP8, divided by a scale that is given for blocks."""
    factors = np.asarray(scale, np.float32)
    whole = np.repeat(np.repeat(factors, -(-V // len(factors)), 0)[:V], DIM // factors.shape[1], 1)
    return {NAME: (TABLE / whole).astype(ml_dtypes.float8_e4m3fn), name: scale}


@pytest.mark.parametrize(
    "name", [f"{E}.weight_scale_inv", f"{E}.weight_scale", f"{E}.scale_weight", f"{E}.scale"]
)
@pytest.mark.parametrize("shape", [(1, 1), (V, 1), (V, 2), (1, 4)])
def test_scales_under_any_name_are_applied(name: str, shape: tuple[int, int], tmp_path: Path) -> None:
    """FP8 times its scale, one number, one for each row or each block, is the table."""
    scale = np.exp2(np.random.default_rng(4).integers(-6, 6, shape)).astype(np.float32)
    space = opened(save(tmp_path, fp8(scale, name)))
    assert right(space)
    np.testing.assert_allclose(TABLE, space.vectors(), atol=0.3)
    assert space.vectors(np.array([5, 2])).tobytes() == space.vectors()[[5, 2]].tobytes()


def test_scales_of_powers_of_two_are_applied_and_unknown_ones_refused(tmp_path: Path) -> None:
    """MXFP8 keeps exponents as bytes; a scale of unknown shape or meaning is a sentence that names it."""
    exponents = np.random.default_rng(4).integers(120, 134, (V, 2)).astype(np.uint8)
    factors = np.exp2(exponents.astype(np.float32) - 127)
    tensors = fp8(factors, f"{E}.weight_scale") | {f"{E}.weight_scale": exponents}
    assert right(opened(save(tmp_path, tensors)))
    for name, scale in (
        (f"{E}.weight_scale", np.ones((V, 5), np.float32)),
        (f"{E}.weight.absmax", np.ones((V, 2), np.float32)),
        (f"{E}_scales", np.ones((7, 3), np.float32)),
        (f"{E}.weight_scale", np.ones(3, np.int64)),
    ):
        save(tmp_path, {NAME: tensors[NAME], name: scale})
        with pytest.raises(UnsupportedFormat, match=name.replace(".", r"\.")):
            opened(tmp_path)
    both = {f"{E}.weight_scale": factors, f"{E}.weight_scale_2": factors[:1, :1]}
    with pytest.raises(UnsupportedFormat, match="several scales"):
        opened(save(tmp_path, {NAME: tensors[NAME]} | both))
    assert [128, 2, None, None] == [_block(300, 3), _block(64, 32), _block(64, 5), _block(64, 0)]


def test_plain_integers_are_numbers_and_packed_ones_are_not(tmp_path: Path) -> None:
    """int8 without scales are the numbers, with scales they are multiplied; 4-bit and 8-bit packings are refused."""
    peak = np.abs(TABLE).max(axis=1, keepdims=True) / 127
    whole = np.round(TABLE / np.abs(TABLE).max() * 127).astype(np.int8)
    assert right(opened(save(tmp_path, {"embeddings": whole})))
    space = opened(
        save(tmp_path, {NAME: np.round(TABLE / peak).astype(np.int8), f"{E}.SCB": peak[:, 0] * 127})
    )
    np.testing.assert_allclose(TABLE, space.vectors(), atol=0.05)
    packed = {NAME: np.zeros((V, 8), np.uint32), f"{E}.scales": np.ones((V, 1), np.float16)}
    for tensors in (
        packed,
        {NAME: np.zeros((V, 32), np.uint8), f"{E}.weight.absmax": np.ones(9, np.float32)},
    ):
        with pytest.raises(UnsupportedFormat, match="packed into integers"):
            opened(save(tmp_path, tensors))
    file = Memory(npz_bytes(embeddings=whole, tokens=np.array(WORDS)), "a.npz")
    assert np.array_equal(whole, read_checkpoint(file).table("embeddings").rows(slice(None)))


def test_tokens_that_share_rows(tmp_path: Path) -> None:
    """model2vec's ``mapping`` gives each token its row and ``weights`` its length; both as numbers of a lazy table."""
    centres = np.stack([TABLE[6 * i] for i in reversed(range(len(MEANINGS)))])
    mapping = np.array([len(MEANINGS) - 1 - i // 6 for i in range(V)], np.int32)
    weights = np.linspace(0.5, 2, V)
    tensors = {"embeddings": centres, "mapping": mapping, "weights": weights}
    space = opened(save(tmp_path, tensors))
    expected = (centres[mapping] * weights[:, None].astype(np.float32)).astype(np.float32)
    assert expected.tobytes() == space.vectors().tobytes()
    assert "Tokens share the rows of embeddings" in space.remark
    assert (V, DIM) == space.matrix.shape
    plain = opened(save(tmp_path / "plain", {"embeddings": expected}))
    assert plain.digest == space.digest
    for wrong in (np.full(V, 6, np.int32), np.full(V, -1, np.int32)):
        save(tmp_path, tensors | {"mapping": wrong})
        with pytest.raises(DamagedFile, match="mapping names rows"):
            opened(tmp_path)


def test_a_single_file_is_preferred_to_an_index(tmp_path: Path) -> None:
    """``model.safetensors`` beside an older index is read, as transformers does, and that is said."""
    save(tmp_path, {NAME: TABLE})
    (tmp_path / "old.safetensors").write_bytes(safetensors_bytes({NAME: OTHER}))
    index = {"weight_map": {NAME: "old.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    space = opened(tmp_path)
    assert right(space)
    assert (
        "model.safetensors is read, and not model.safetensors.index.json, old.safetensors beside it."
        == space.remark
    )


def test_shards_that_are_not_there_are_named(tmp_path: Path) -> None:
    """The sentence names the shard, the index that asks for it and what is there instead."""
    with_words(tmp_path)
    shard = "model-00001-of-00004.safetensors"
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {NAME: shard}}))
    with pytest.raises(
        ModelNotFound, match=rf"{shard}, which model\.safetensors\.index\.json names.*fetch it"
    ):
        opened(tmp_path)
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(safetensors_bytes({NAME: TABLE}))
    with pytest.raises(ModelNotFound, match=r"the folder has model-00001-of-00002\.safetensors: name one"):
        opened(tmp_path)


def test_folders_beneath_that_would_open_are_named(tmp_path: Path) -> None:
    """A folder whose checkpoints lie in folders names these, without layers that have no table."""
    save(tmp_path / "0_StaticEmbedding", {"embedding.weight": TABLE})
    save(tmp_path / "1_Dense", {"linear.weight": NOISE})
    with pytest.raises(
        ModelNotFound, match=r"its folders do: 0_StaticEmbedding; name one, as .*0_StaticEmbedding"
    ):
        opened(tmp_path)
    assert right(opened(tmp_path / "0_StaticEmbedding"))
    with_words(tmp_path)
    assert "checkpoints lie in its folders 0_StaticEmbedding." in opened(tmp_path).remark


FOREIGN = Call(Global("omegaconf.dictconfig", "DictConfig"), ())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda t: {
            "model": {"language_model": {"embedding": {"word_embeddings": {"weight": t}}}},
            "epoch": 3,
        },
        lambda t: {"state_dict": {f"model._orig_mod.{NAME}": t}, "hyper_parameters": FOREIGN},
        lambda t: {"cfg": FOREIGN, "args": FOREIGN, "model": {"encoder.embed_tokens.weight": t}},
        lambda t: {"config": FOREIGN, "model": {"gpt.text_embedding.weight": t}},
        lambda t: {"generator": [{"wte": {"weight": t}}], "optimizer": {"wte": {"weight": t}}},
        lambda t: {"optimizer_states": [{"wte.weight": t}], "text_encoder": {"shared": {"weight": t}}},
    ],
)
def test_nested_checkpoints_and_objects_of_other_libraries(
    wrap: Callable[[Any], Any], tmp_path: Path
) -> None:
    """Dictionaries are walked, objects of other libraries stay aside, and the tensors are those of the file."""
    file = Torch()
    with_words(tmp_path)
    (tmp_path / "model.pt").write_bytes(file.contents(wrap(file.tensor(TABLE))))
    space = opened(tmp_path)
    assert right(space)
    assert not space.matrix.name.startswith("optim")


def test_a_module_that_was_pickled_whole(tmp_path: Path) -> None:
    """The weights of an object are found in what it was given, though its class is not imported."""
    file = Torch()
    inner = b"cmy.project\nEmbedding\n)R}X\x0b\x00\x00\x00_parameters" + b"}X\x06\x00\x00\x00weight"
    tensor = file.contents(file.tensor(TABLE))
    data = zipfile.ZipFile(io.BytesIO(tensor)).read("archive/data.pkl")[2:-1]
    module = b"\x80\x02cmy.project\nModel\n)R}X\x08\x00\x00\x00_modules}X\x0c\x00\x00\x00embed_tokens"
    from tests.formats.writers import torch_records

    contents = torch_records(module + inner + data + b"ssbssb.", file.storages)
    with_words(tmp_path)
    (tmp_path / "model.pt").write_bytes(contents)
    space = opened(tmp_path)
    assert "embed_tokens.weight" == space.matrix.name
    assert right(space)


def test_what_runs_programs_is_refused_and_a_sign_to_be_applied_too(tmp_path: Path) -> None:
    """A name that runs something is named; a view that PyTorch keeps negated is not read without its sign."""
    file = Torch()
    evil = Call(Global("posix", "system"), ("true",))
    (tmp_path / "a.pt").write_bytes(file.contents({"cfg": evil, NAME: file.tensor(TABLE)}))
    with pytest.raises(UnsupportedFormat, match=r"posix\.system.*nothing was executed"):
        open_checkpoint(tmp_path / "a.pt")
    (tmp_path / "b.pt").write_bytes(file.contents({NAME: file.tensor(TABLE, neg=True)}))
    with pytest.raises(UnsupportedFormat, match="its sign or conjugation"):
        open_checkpoint(tmp_path / "b.pt").table(NAME)


def test_empty_parts_name_the_tool_that_joins_them(tmp_path: Path) -> None:
    """DeepSpeed's ZeRO-3 leaves empty tensors, in PyTorch files and in safetensors."""
    file, empty = Torch(), np.zeros(0, np.float32)
    with_words(tmp_path / "a")
    (tmp_path / "a" / "m.pt").write_bytes(file.contents({"module": {NAME: file.tensor(empty)}}))
    save(tmp_path / "b", {NAME: empty, "model.norm.weight": empty})
    for folder in "ab":
        with pytest.raises(TensorNotFound, match=r"is there but empty.*zero_to_fp32\.py"):
            opened(tmp_path / folder)


@pytest.mark.parametrize("end", [b"\n", b""])
def test_word2vec_binaries(end: bytes, tmp_path: Path) -> None:
    """Google's and gensim's binaries open by what they hold; what is cut or goes on does not."""
    contents = word2vec_binary(WORDS, TABLE, end)
    (tmp_path / "GoogleNews.bin").write_bytes(contents)
    space = opened(tmp_path / "GoogleNews.bin")
    assert right(space)
    assert TABLE.tobytes() == space.vectors().tobytes()
    for wrong in (contents[:-9], contents + b"more"):
        with pytest.raises(DamagedFile):
            read_checkpoint(Memory(wrong, "a.bin"))


def test_fasttext_models(tmp_path: Path) -> None:
    """The words of a fastText model are the first rows of its input matrix; buckets and labels are no tokens."""
    (tmp_path / "cc.bin").write_bytes(fasttext(WORDS, TABLE))
    space = opened(tmp_path / "cc.bin")
    assert right(space)
    assert TABLE.tobytes() == space.vectors().tobytes()
    assert "subwords" in space.remark
    assert (-TABLE).tobytes() == opened(tmp_path / "cc.bin", table="output").vectors().tobytes()
    (tmp_path / "cc.bin").write_bytes(fasttext(WORDS, TABLE, labels=3))
    assert right(opened(tmp_path))
    with pytest.raises(UnsupportedFormat, match="quantised fastText"):
        read_checkpoint(Memory(fasttext(WORDS, TABLE, quantised=True), "a.ftz"))
    contents = fasttext(WORDS, TABLE)
    for length in range(0, len(contents) - TABLE.nbytes - 17, 97):
        with pytest.raises(HyperpolyglotError):
            read_checkpoint(Memory(contents[:length], "a.bin"))


TEXT = word2vec_bytes(WORDS, TABLE)
BARE = word2vec_bytes(WORDS, TABLE, header=False)


@pytest.mark.parametrize(
    ("name", "contents", "remark"),
    [
        ("a.vec", TEXT.replace(b"36 64", b"37 64", 1), "announces 37 rows, but 36 follow"),
        ("a.vec", TEXT.replace(b"36 64", b"30 64", 1), "announces 30 rows, but 36 follow"),
        ("a.vec", TEXT[:-1], "no line break"),
        ("a.vec", BARE[:-1], "no line break"),
        ("a.vec", b"\xef\xbb\xbf" + TEXT, ""),
        ("a.vec", b"\xef\xbb\xbf" + BARE, ""),
        ("a.vec.gz", gzip.compress(TEXT), ""),
        ("a.txt.gz", gzip.compress(BARE[:5000]) + gzip.compress(BARE[5000:]), ""),
    ],
)
def test_word_vectors_as_they_are_shared(name: str, contents: bytes, remark: str, tmp_path: Path) -> None:
    """A wrong count, a missing line break, a byte order mark and compression leave the rows right; doubts are said."""
    (tmp_path / name).write_bytes(contents)
    space = opened(tmp_path / name)
    assert right(space)
    assert TABLE.tobytes() == space.vectors().tobytes()
    assert remark in space.remark
    assert bool(remark) == bool(space.remark)


def test_blank_tokens_in_a_file_without_a_first_line(tmp_path: Path) -> None:
    """A token that is empty, a blank or a tab does not change how many numbers a row has."""
    words = [*WORDS, "", " ", "\x0b"]
    table = np.concatenate([TABLE, NOISE[:3]])
    (tmp_path / "a.vec").write_bytes(word2vec_bytes(words, table, header=False))
    space = opened(tmp_path / "a.vec")
    assert table.tobytes() == space.vectors().tobytes()
    assert right(space)


def test_compressed_vectors_that_lie(tmp_path: Path) -> None:
    """A cut gzip file and a bomb are refused."""
    bomb = gzip.compress(b"a 1 1\n" + bytes(1) * (1 << 27))
    for contents in (gzip.compress(TEXT)[:-20], bomb, b"\x1f\x8b\x08" + bytes(20)):
        with pytest.raises(DamagedFile):
            read_checkpoint(Memory(contents, "a.vec.gz"))


@pytest.mark.parametrize(
    ("list_name", "text"),
    [
        ("tokens.txt", "\n".join(WORDS) + "\n"),
        ("vectors.txt", "\r\n".join(WORDS)),
        ("vocab.json", json.dumps(WORDS)),
        ("words.json", json.dumps({word: i for i, word in reversed(list(enumerate(WORDS)))})),
    ],
)
def test_a_matrix_beside_a_list_of_words(list_name: str, text: str, tmp_path: Path) -> None:
    """An npy file takes the list beside it that has a word for each row, and no other."""
    np.save(tmp_path / "vectors.npy", TABLE)
    (tmp_path / list_name).write_text(text, "utf8", newline="")
    (tmp_path / "labels.txt").write_text("one\ntwo\n")
    for place in (tmp_path, tmp_path / "vectors.npy"):
        space = opened(place)
        assert right(space)
        assert f"The words are those of {list_name}." == space.remark
    np.save(tmp_path / "vectors.npy", np.asfortranarray(TABLE))
    assert right(opened(tmp_path))
    (tmp_path / list_name).unlink()
    with pytest.raises(VocabularyNotFound):
        opened(tmp_path)


def npz_of(header: str) -> bytes:
    """An npz whose one array has a header that is written by hand."""
    file = io.BytesIO()
    raw = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + TABLE.tobytes()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("embeddings.npy", raw)
    return file.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (36, 64), 'shape': (64, 36), }",
        "{'descr': '<f4', 'fortran_order': False, # 'shape': (64, 36)\n 'shape': (36, 64), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (36, 64), 'more': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'shape': (36, 64)}",
    ],
)
def test_npy_headers_that_two_readers_would_read_differently(header: str) -> None:
    """A repeated, commented or unknown key in an npy header is refused."""
    with pytest.raises(UnsupportedFormat, match="not a plain array"):
        read_checkpoint(Memory(npz_of(header), "a.npz"))


def test_archives_that_lie_about_their_members() -> None:
    """A flipped bit in a stored array is found by its checksum, and a directory that counts too few is refused."""
    whole = npz_bytes(embeddings=TABLE, tokens=np.array(WORDS))
    flipped = bytearray(whole)
    flipped[300] ^= 1
    with pytest.raises(DamagedFile, match="not what its checksum says"):
        read_checkpoint(Memory(bytes(flipped), "a.npz")).table("embeddings")
    few = bytearray(whole)
    end = whole.rfind(b"PK\x05\x06")
    few[end + 8 : end + 12] = struct.pack("<2H", 1, 1)
    with pytest.raises(DamagedFile, match="more than the 1 members"):
        read_checkpoint(Memory(bytes(few), "a.npz"))
