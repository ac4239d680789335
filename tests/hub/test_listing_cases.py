"""Repositories as people have them: the same choice and the same sentences as of a folder, for the same bytes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.errors import ModelNotFound, TensorNotFound
from hyperpolyglot.locate import locate
from tests.cases.containers import TABLE, WORDS, fasttext, npy_bytes, word2vec_binary
from tests.formats.writers import safetensors_bytes
from tests.hub.conftest import NAME, Open
from tests.hub.server import LoopbackHub

E = "model.embed_tokens.weight"
BULK = {f"model.layers.{i}.weight": np.zeros((256, 512), np.float32) for i in range(8)}


def table_of(opened: Open) -> Any:
    checkpoint = opened().checkpoint()
    return checkpoint.table(locate(checkpoint.tensors)), checkpoint


def test_a_single_file_is_preferred_to_an_index_of_the_listing(hub: LoopbackHub, opened: Open) -> None:
    """Neither the older index nor its shards are fetched, and the remark names them."""
    index = {"weight_map": {E: "old.safetensors"}}
    files = {
        "model.safetensors": safetensors_bytes(BULK | {E: TABLE}),
        "model.safetensors.index.json": json.dumps(index).encode(),
        "old.safetensors": safetensors_bytes(BULK | {E: -TABLE}),
    }
    hub.add(NAME, files)
    table, checkpoint = table_of(opened)
    assert TABLE.tobytes() == table.rows(slice(None)).tobytes()
    assert "and not model.safetensors.index.json, old.safetensors beside it." in checkpoint.remark
    assert not [request for name in ("*index*", "old*") for request in hub.asked("cdn", name)]
    assert hub.sent() < TABLE.nbytes + (1 << 20)


def test_shards_that_the_listing_lacks_are_named(hub: LoopbackHub, opened: Open) -> None:
    """The sentence is that of a folder."""
    index = {"weight_map": {E: "model-00001-of-00004.safetensors"}}
    files = {
        "model.safetensors.index.json": json.dumps(index).encode(),
        "model-00001-of-00002.safetensors": safetensors_bytes({E: TABLE}),
    }
    hub.add(NAME, files)
    with pytest.raises(
        ModelNotFound, match=r"model-00001-of-00004\.safetensors, which .* has model-00001-of-00002"
    ):
        table_of(opened)


def test_folders_of_the_listing_that_would_open_are_named(hub: LoopbackHub, opened: Open) -> None:
    """They are named for nothing more than the list, and open with the tokenizer that lies in them."""
    files = {
        "0_StaticEmbedding/model.safetensors": safetensors_bytes({"embedding.weight": TABLE}),
        "0_StaticEmbedding/tokenizer.json": b"{}",
        "modules.json": b"[]",
    }
    hub.add(NAME, files)
    with pytest.raises(ModelNotFound, match="its folders do: 0_StaticEmbedding"):
        opened().checkpoint()
    assert not hub.asked("cdn")
    repository = opened()
    file = "0_StaticEmbedding/model.safetensors"
    assert (
        TABLE.tobytes() == repository.checkpoint(file).table("embedding.weight").rows(slice(None)).tobytes()
    )
    names = repository.tokenizer(file)
    assert ["0_StaticEmbedding/tokenizer.json"] == names
    assert (repository.local(names, "0_StaticEmbedding") / "tokenizer.json").is_file()


def test_a_tower_beside_the_text_model_costs_nothing(hub: LoopbackHub, opened: Open) -> None:
    """Of a speech model the text table is fetched, and where there is none nothing but the header is."""
    audio = np.zeros((9000, 64), np.float32)
    side = {"depth_decoder.model.embed_tokens.weight": audio}
    hub.add(NAME, {"model.safetensors": safetensors_bytes(side | {"embed_text_tokens.weight": TABLE})})
    table, _ = table_of(opened)
    assert TABLE.tobytes() == table.rows(slice(None)).tobytes()
    assert hub.sent() < TABLE.nbytes + (1 << 18)
    hub.add(NAME, {"model.safetensors": safetensors_bytes(side)})
    hub.forget()
    with pytest.raises(TensorNotFound, match="other parts of the model"):
        table_of(opened)
    assert hub.sent() < 1 << 18


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("GoogleNews.bin", word2vec_binary(WORDS, TABLE)),
        ("cc.en.300.bin", fasttext(WORDS, TABLE)),
        ("vectors.npy", npy_bytes(TABLE)),
    ],
)
def test_word_vectors_of_the_listing(name: str, contents: bytes, hub: LoopbackHub, opened: Open) -> None:
    """Binaries and a matrix beside its words open as in a folder, for their own bytes."""
    hub.add(NAME, {name: contents, "tokens.txt": "\n".join(WORDS).encode(), "model.h5": bytes(1 << 22)})
    table, checkpoint = table_of(opened)
    assert TABLE.tobytes() == table.rows(slice(None)).tobytes()
    assert tuple(WORDS) == checkpoint.tokens
    assert hub.sent() < 2 * len(contents) + (1 << 16)
