"""What the reference libraries make of a file, to be compared with what ours do: numbers and tokens.

A file that both open must give the same. What either refuses is not compared.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np

from hyperpolyglot.errors import HyperpolyglotError
from hyperpolyglot.formats import read_checkpoint
from hyperpolyglot.vocabularies import from_gguf
from hyperpolyglot.vocabularies.sentencepiece_model import read_sentencepiece
from hyperpolyglot.vocabularies.tokenizer_json import read_tokenizer_json
from hyperpolyglot.vocabulary import TokenKind, Vocabulary
from tests.formats.writers import Memory, gguf_bytes, npz_bytes, safetensors_bytes, torch_legacy, torch_zip
from tests.vocabularies.test_vocabulary_readers import piece

__all__ = ["REFERENCES", "Compared", "Found", "compared"]

TABLE = np.arange(48, dtype=np.float32).reshape(12, 4) / 7
WORDS = ["<unk>", "the", "▁the", "##ing", "é", "日本", "▁", "a", "b", "ab", "Ġa", "!"]
_MOST = 1 << 20
Matrix = np.ndarray[Any, np.dtype[np.float32]]


class Found(NamedTuple):
    """What a file holds: 2-D tables of numbers by name, pieces by id; ``names``: also of what is no such table.

    ``pieces`` is ``None`` where the vocabulary is refused, though tables are not.
    """

    tables: dict[str, Matrix]
    pieces: dict[int, str] | None = None
    names: frozenset[str] = frozenset()


class Compared(NamedTuple):
    """``seeds`` are files that both open; ``ours`` and ``theirs`` open one; ``kind`` as of a parser."""

    seeds: Callable[[], list[bytes]]
    ours: Callable[[bytes], Found]
    theirs: Callable[[bytes], Found]
    kind: str = "bytes"


def compared(case: Compared, contents: bytes, about: Callable[[bool], None] = lambda _: None) -> str:
    """``"both"``, ``"ours"``, ``"theirs"`` or ``"neither"``, by who opens a file; raises where both do and differ.

    ``about`` is told when the reference begins and ends: its native code may take the process with it.
    """
    try:
        ours = case.ours(contents)
    except HyperpolyglotError:
        ours = None
    about(True)
    try:
        theirs = case.theirs(contents)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of Rust is no Exception
        if type(error).__name__ == "TooSlow":
            raise
        theirs = None
    about(False)
    if ours is None or theirs is None:
        return "ours" if ours else "theirs" if theirs else "neither"
    _check_equal(ours, theirs)
    return "both"


def _check_equal(ours: Found, theirs: Found) -> None:
    missing = theirs.tables.keys() - ours.names
    assert not missing, f"not listed: {sorted(missing)[:3]!a}"
    for name in ours.tables.keys() & theirs.tables.keys():
        one, other = ours.tables[name], theirs.tables[name]
        assert one.shape == other.shape, f"{name!a} is {one.shape} and {other.shape} there"
        assert np.array_equal(one, other, equal_nan=True), f"other numbers in {name!a}"
    for id_, told in (theirs.pieces or {}).items() if ours.pieces is not None else ():
        found = ours.pieces.get(id_)
        assert found == told, f"token {id_} is {found!a}, and {told!a} there"


def _small(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and 0 < shape[0] * shape[1] <= _MOST


def _float32(array: Any) -> Matrix:
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(np.asarray(array).astype(np.float32))


def _ours(name: str) -> Callable[[bytes], Found]:
    def read(contents: bytes) -> Found:
        checkpoint = read_checkpoint(Memory(contents, name))
        tables = {}
        for tensor in list(checkpoint.tensors):
            try:
                table = checkpoint.table(tensor)
            except HyperpolyglotError:
                continue
            if _small(table.shape):
                tables[tensor] = table.rows(slice(None))
        pieces = None if checkpoint.tokens is None else dict(enumerate(checkpoint.tokens))
        if any(key.startswith("tokenizer.ggml.") for key in checkpoint.metadata):
            try:
                pieces = _pieces(from_gguf(checkpoint.metadata, name))
            except HyperpolyglotError:
                pieces = None
        return Found(tables, pieces, frozenset(checkpoint.tensors))

    return read


def _pieces(vocabulary: Vocabulary) -> dict[int, str]:
    return {
        id_: text
        for id_, (text, kind) in enumerate(zip(vocabulary.pieces, vocabulary.kinds.tolist(), strict=True))
        if kind != TokenKind.PADDING
    }


def _safetensors(contents: bytes) -> Found:
    from safetensors.numpy import load

    arrays = load(contents)
    return Found(_tables(arrays))


def _tables(arrays: dict[str, Any]) -> dict[str, Matrix]:
    floats = {n: a for n, a in arrays.items() if np.asarray(a).dtype.kind in "fV" or "float" in str(a.dtype)}
    return {name: _float32(array) for name, array in floats.items() if _small(array.shape)}


def _npz(contents: bytes) -> Found:
    with np.load(io.BytesIO(contents), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    tokens = arrays.pop("tokens", np.array([]))
    pieces = dict(enumerate(tokens.tolist())) if tokens.ndim == 1 and tokens.dtype.kind == "U" else {}
    return Found(_tables(arrays), pieces)


def _gguf(contents: bytes) -> Found:
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        file.write(contents)
        file.flush()
        reader = gguf.GGUFReader(file.name)
    tables = {}
    for tensor in reader.tensors:
        shape = tuple(int(length) for length in reversed(tensor.shape))
        if _small(shape):
            tables[tensor.name] = _float32(
                gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(shape)
            )
    field = reader.get_field("tokenizer.ggml.tokens")
    tokens = field.contents() if field is not None else []
    return Found(tables, {i: token for i, token in enumerate(tokens) if not token.startswith("[PAD")})


def _tokenizer(contents: bytes) -> Found:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(contents)
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    own = tokenizer.get_vocab(with_added_tokens=False)
    for added in json.loads(contents).get("added_tokens", ()):
        if added["content"] not in own and vocabulary.get(added["content"]) != added["id"]:
            raise ValueError("it numbers its added tokens anew")
    counted: dict[int, int] = {}
    for id_ in vocabulary.values():
        counted[id_] = counted.get(id_, 0) + 1
    return Found({}, {id_: token for token, id_ in vocabulary.items() if counted[id_] == 1})


def _sentencepiece(contents: bytes) -> Found:
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_proto=contents)
    return Found({}, {id_: model.IdToPiece(id_) for id_ in range(len(model))})


def _is_stored(tensor: Any, contents: bytes) -> bool:
    """Whether the numbers of a contiguous tensor stand in a member of an archive, as Python's zipfile reads it."""
    import torch

    if not tensor.is_contiguous() or tensor.is_neg() or not tensor.numel():
        return True
    stored = tensor.detach().flatten().view(torch.uint8).numpy().tobytes()
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        return any(stored in archive.read(member) for member in archive.infolist())


def _torch(contents: bytes) -> Found:
    import torch

    found = torch.load(io.BytesIO(contents), weights_only=True)
    if not isinstance(found, dict):
        raise TypeError("no dictionary of tensors")
    tensors = {n: t for n, t in found.items() if isinstance(n, str) and isinstance(t, torch.Tensor)}
    floats = {n: t for n, t in tensors.items() if t.is_floating_point() and _small(tuple(t.shape))}
    if zipfile.is_zipfile(io.BytesIO(contents)) and not all(_is_stored(t, contents) for t in floats.values()):
        raise ValueError(
            "torch gives numbers that no member of the archive holds: memory that it never filled"
        )
    return Found({name: tensor.detach().to(torch.float32).numpy() for name, tensor in floats.items()})


@cache
def _gguf_files() -> list[bytes]:
    packed = gguf.quants.quantize(np.ones((12, 32), np.float32), gguf.GGMLQuantizationType.Q8_0)
    with tempfile.TemporaryDirectory() as folder:
        return [
            gguf_bytes(Path(folder), TABLE, tokens=WORDS),
            gguf_bytes(Path(folder), packed, gguf.GGMLQuantizationType.Q8_0, tokens=WORDS),
        ]


@cache
def _tokenizers() -> list[bytes]:
    from tokenizers import AddedToken, Tokenizer, models

    numbered = {word: i for i, word in enumerate(WORDS)}
    made = []
    for model in (
        models.BPE(vocab=numbered, merges=[("a", "b")], unk_token="<unk>"),
        models.WordPiece(vocab=numbered, unk_token="<unk>"),
        models.WordLevel(vocab=numbered, unk_token="<unk>"),
        models.Unigram([(word, -float(i)) for word, i in numbered.items()], unk_id=0),
    ):
        tokenizer = Tokenizer(model)
        tokenizer.add_special_tokens(["<s>"])
        tokenizer.add_tokens([AddedToken("new word", lstrip=True), "a"])
        made.append(tokenizer.to_str().encode())
    return made


def _models() -> list[bytes]:
    pieces = b"".join(piece(w, -float(i), 2 if w == "<unk>" else 1) for i, w in enumerate(WORDS))
    return [pieces + b"\x12\x02\x18\x01"]


def _tokens(read: Callable[[bytes, str], Any]) -> Callable[[bytes], Found]:
    return lambda contents: Found({}, _pieces(read(contents, "tokens").vocabulary("tokens")))


def _there(module: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(module) is not None


REFERENCES: dict[str, Compared] = {
    "safetensors": Compared(
        lambda: [safetensors_bytes({"e": TABLE, "h": TABLE.astype(np.float16), "x": np.ones(3, np.int8)})],
        _ours("a.safetensors"),
        _safetensors,
        "safetensors",
    ),
    "npz": Compared(
        lambda: [npz_bytes(c, embeddings=TABLE, tokens=np.array(WORDS)) for c in (False, True)],
        _ours("a.npz"),
        _npz,
        "zip",
    ),
    "gguf": Compared(lambda: list(_gguf_files()), _ours("a.gguf"), _gguf),
    "tokenizer.json": Compared(lambda: list(_tokenizers()), _tokens(read_tokenizer_json), _tokenizer, "json"),
    "sentencepiece": Compared(_models, _tokens(read_sentencepiece), _sentencepiece),
}
"""By parser; PyTorch's where torch is installed."""

if _there("torch"):
    REFERENCES |= {
        "torch-zip": Compared(
            lambda: [torch_zip({"e": TABLE}), torch_zip({"e": TABLE}, parameter=True)],
            _ours("a.bin"),
            _torch,
            "pickle in zip",
        ),
        "torch-legacy": Compared(lambda: [torch_legacy({"e": TABLE})], _ours("a.bin"), _torch, "pickle"),
    }
