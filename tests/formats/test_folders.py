"""Which files of a folder are opened, and what is said where none can be."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.errors import DamagedFile, HyperpolyglotError, ModelNotFound, UnsupportedFormat
from hyperpolyglot.formats import LocalFile, open_checkpoint, open_files, open_folder

from .writers import Memory, gguf_bytes, npz_bytes, safetensors_bytes, torch_zip, word2vec_bytes

TABLE = np.arange(12, dtype=np.float32).reshape(4, 3)


def one(value: float) -> bytes:
    return safetensors_bytes({"e": np.full((2, 2), value, np.float32)})


def value_in(folder: Path) -> float:
    return float(open_folder(folder).table("e").rows(slice(0, 1))[0, 0])


def write_index(path: Path, places: Any) -> None:
    path.write_text(json.dumps({"weight_map": places}))


def test_what_is_preferred(tmp_path: Path) -> None:
    order = ["pytorch_model.bin", "consolidated.safetensors", "model.safetensors"]
    for value, name in enumerate(order):
        array = np.full((2, 2), value, np.float32)
        contents = torch_zip({"e": array}) if name.endswith(".bin") else safetensors_bytes({"e": array})
        (tmp_path / name).write_bytes(contents)
        (tmp_path / "optimizer.pt").write_bytes(b"x")
        (tmp_path / "training_args.bin").write_bytes(b"x")
        assert value_in(tmp_path) == value
    (tmp_path / "shard.safetensors").write_bytes(one(9))
    write_index(tmp_path / "model.safetensors.index.json", {"e": "shard.safetensors"})
    assert value_in(tmp_path) == 2
    (tmp_path / "model.safetensors").unlink()
    assert value_in(tmp_path) == 9


@pytest.mark.parametrize("name", ["model.fp16.safetensors", "weights.pt", "consolidated.00.pth", "some.bin"])
def test_a_single_file_of_any_name(name: str, tmp_path: Path) -> None:
    array = np.full((2, 2), 3, np.float32)
    (tmp_path / name).write_bytes(one(3) if "safe" in name else torch_zip({"e": array}))
    assert value_in(tmp_path) == 3


def test_gguf_npz_and_word2vec_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.vec").write_bytes(word2vec_bytes(["a"] * 4, TABLE))
    (tmp_path / "vocab.txt").write_text("a\n")
    assert open_folder(tmp_path).tokens == ("a",) * 4
    (tmp_path / "a.npz").write_bytes(npz_bytes(embeddings=TABLE, tokens=np.array(list("abcd"))))
    assert open_folder(tmp_path).tokens == tuple("abcd")
    contents = gguf_bytes(tmp_path, TABLE)
    (tmp_path / "mmproj-a.gguf").write_bytes(contents)
    assert open_folder(tmp_path).metadata["general.architecture"] == "llama"


def test_only_the_shards_that_are_asked_for_are_opened() -> None:
    opened: list[str] = []
    files = {f"model-{i:05}-of-00200.safetensors": one(i) for i in range(1, 201)}
    places = {"e": "model-00117-of-00200.safetensors", "x": "model-00001-of-00200.safetensors"}
    files["model.safetensors.index.json"] = json.dumps({"weight_map": places}).encode()

    def opener(name: str) -> Memory:
        opened.append(name)
        return Memory(files[name], name)

    found = open_files("hub", files, opener)
    assert set(found.tensors) == {"e", "x"}
    assert len(found.tensors) == 2
    assert found.table("e").rows(slice(0, 1))[0, 0] == 117
    assert opened == ["model.safetensors.index.json", "model-00117-of-00200.safetensors"]
    with pytest.raises(DamagedFile, match="does not have it"):
        found.table("x")


@pytest.mark.parametrize(
    "shard",
    ["../a.safetensors", "/etc/passwd", "sub/a.safetensors", "..", "", "a\0b", "c:\\a", "a\\b", "\x1b[2J"],
)
def test_an_index_stays_in_its_folder(shard: str, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "a.safetensors").write_bytes(one(1))
    write_index(tmp_path / "m" / "model.safetensors.index.json", {"e": shard})
    with pytest.raises(DamagedFile, match="no file beside it") as error:
        open_folder(tmp_path / "m").table("e")
    assert str(error.value).isprintable()


@pytest.mark.parametrize("places", [None, [], {"e": 3}, "x"])
def test_an_index_that_is_none(places: Any, tmp_path: Path) -> None:
    write_index(tmp_path / "model.safetensors.index.json", places)
    with pytest.raises(DamagedFile, match="weight_map"):
        open_folder(tmp_path)


def test_a_shard_that_is_missing_or_names_itself(tmp_path: Path) -> None:
    write_index(tmp_path / "model.safetensors.index.json", {"e": "gone.safetensors"})
    with pytest.raises(ModelNotFound, match=r"gone\.safetensors"):
        open_folder(tmp_path).table("e")
    write_index(tmp_path / "model.safetensors.index.json", {"e": "model.safetensors.index.json"})
    with pytest.raises(HyperpolyglotError):
        open_folder(tmp_path).table("e")


def test_links_as_in_a_hub_cache(tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    (blobs / "0123").write_bytes(one(4))
    (snapshot / "model.safetensors").symlink_to(Path("../../blobs/0123"))
    assert value_in(snapshot) == 4
    (snapshot / "model.safetensors.index.json").symlink_to(Path("../../blobs/none"))
    assert value_in(snapshot) == 4


def test_parts_without_an_index(tmp_path: Path) -> None:
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(one(1))
    with pytest.raises(DamagedFile, match="1 of the 2 parts"):
        open_folder(tmp_path)
    second = safetensors_bytes({"f": TABLE})
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(second)
    assert set(open_folder(tmp_path).tensors) == {"e", "f"}
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(one(2))
    with pytest.raises(DamagedFile, match="part before it"):
        open_folder(tmp_path)


def test_parts_of_a_gguf_file(tmp_path: Path) -> None:
    first = gguf_bytes(tmp_path, TABLE, tokens=list("abcd"))
    (tmp_path / "written.gguf").unlink()
    second = first.replace(b"output_norm.weight", b"output_morn.weight").replace(b"token_embd", b"token_embz")
    (tmp_path / "m-00001-of-00002.gguf").write_bytes(first)
    (tmp_path / "m-00002-of-00002.gguf").write_bytes(second)
    for found in (open_folder(tmp_path), open_checkpoint(tmp_path / "m-00001-of-00002.gguf")):
        assert len(found.tensors) == 4
        assert found.metadata["tokenizer.ggml.tokens"] == tuple("abcd")


def test_an_index_can_be_named_itself(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(one(6))
    write_index(tmp_path / "model.safetensors.index.json", {"e": "a.safetensors"})
    found = open_checkpoint(tmp_path / "model.safetensors.index.json")
    assert found.table("e").rows(slice(0, 1))[0, 0] == 6


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        ([], ModelNotFound, "no checkpoint that can be opened"),
        (["config.json"], ModelNotFound, "no checkpoint that can be opened"),
        (["adapter_config.json"], UnsupportedFormat, "an adapter only"),
        (["flax_model.msgpack"], UnsupportedFormat, "a Flax checkpoint only"),
        (["flax_model-00001-of-00002.msgpack"], UnsupportedFormat, "a Flax checkpoint only"),
        (["tf_model.h5"], UnsupportedFormat, "a TensorFlow checkpoint only"),
        (["model.onnx"], UnsupportedFormat, "an ONNX program only"),
        (
            ["a-Q4_K.gguf", "a-Q8_0.gguf"],
            UnsupportedFormat,
            "holds 2 checkpoints (a-Q4_K.gguf, a-Q8_0.gguf); name one",
        ),
        (["consolidated.00.pth", "consolidated.01.pth"], UnsupportedFormat, "cut for 2 devices"),
    ],
)
def test_folders_that_cannot_be_opened(
    names: list[str], error: type[HyperpolyglotError], words: str, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(error, match=re.escape(words)):
        open_folder(tmp_path)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        open_checkpoint(tmp_path / "none.safetensors")
    with pytest.raises(ModelNotFound):
        open_folder(tmp_path / "none")
    with pytest.raises(ModelNotFound):
        LocalFile(f"{tmp_path}/a\0b")
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(UnsupportedFormat, match="not a regular file"):
        open_checkpoint(tmp_path / "pipe.safetensors")
    with pytest.raises(ModelNotFound):
        open_folder(tmp_path)
    with pytest.raises(UnsupportedFormat):
        LocalFile(tmp_path)
    (tmp_path / "shrinking").write_bytes(b"abcdef")
    source = LocalFile(tmp_path / "shrinking")
    (tmp_path / "shrinking").write_bytes(b"abc")
    with pytest.raises(DamagedFile, match="shorter"):
        source.read(0, 6)
    with pytest.raises(DamagedFile):
        source.map(0, 6)
