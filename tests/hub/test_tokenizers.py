"""A model of the Hub is cut by the tokenizer file that was fetched with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from hyperpolyglot import loading, open_model
from hyperpolyglot.tokenization.encoder import Encoder
from tests.formats.writers import gguf_bytes, safetensors_bytes
from tests.hub.conftest import NAME, ROWS, Open
from tests.hub.server import LoopbackHub

PIECES = [f"▁{i:x}" for i in range(ROWS)]


def test_text_is_cut_exactly_after_the_repository_is_closed(
    hub: LoopbackHub, opened: Open, monkeypatch: pytest.MonkeyPatch, tensors: dict[str, Any]
) -> None:
    """The vocabulary knows its file in the cache, and cutting text asks the Hub for nothing more."""
    monkeypatch.setattr(loading, "open_repository", lambda name, progress=None: opened(name.repository))
    file = Tokenizer(models.Unigram([(p, -float(i)) for i, p in enumerate(PIECES)], 0)).to_str().encode()
    hub.add(NAME, {"model.safetensors": safetensors_bytes(tensors), "tokenizer.json": file})
    space = open_model(NAME)
    asked = len(hub.requests)
    found = Encoder(vocabulary=space.vocabulary, ids=space.ids).texts(["▁ff"])
    assert (True, [0xFF]) == (found.exact, found.rows.tolist())
    assert len(hub.requests) == asked


def test_a_checkpoint_without_a_tokenizer_file_is_estimated(
    hub: LoopbackHub, opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A GGUF that does not say which piece is the unknown one cannot be put together to cut text exactly."""
    monkeypatch.setattr(loading, "open_repository", lambda name, progress=None: opened(name.repository))
    hub.add("acme/mini-GGUF", {"m.gguf": gguf_bytes(tmp_path, np.ones((ROWS, 16), np.float16), None, PIECES)})
    space = open_model("acme/mini-GGUF")
    assert not Encoder(vocabulary=space.vocabulary, ids=space.ids).texts(["▁ff"]).exact
