"""Small checkpoints in every container, with planted meaning: words of one meaning point in one direction."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.loading import Opening, open_model
from hyperpolyglot.space import TokenSpace
from tests.conftest import unigram
from tests.formats.writers import Call, Global, Persistent, pickled, safetensors_bytes, torch_records

MEANINGS = (
    ("water", "eau", "вода", "νερό", "水", "पानी"),
    ("fire", "feu", "огонь", "φωτιά", "火", "आग"),
    ("house", "maison", "дом", "σπίτι", "家", "घर"),
    ("moon", "lune", "луна", "φεγγάρι", "月", "चाँद"),
    ("tree", "arbre", "дерево", "δέντρο", "木", "पेड़"),
    ("book", "livre", "книга", "βιβλίο", "本", "किताब"),
)
WORDS = [word for words in MEANINGS for word in words]
PEERS = {word: set(words) - {word} for words in MEANINGS for word in words}
DIM = 64
Array = NDArray[Any]


def rows(words: list[str], dim: int = DIM) -> NDArray[np.float32]:
    """A row for each word, near those of its meaning; for anything else noise."""
    rng = np.random.default_rng(7)
    centres = {word: i for i, words in enumerate(MEANINGS) for word in words}
    directions = rng.standard_normal((len(MEANINGS), dim))
    table = [
        0.15 * rng.standard_normal(dim) + directions[centres[w]] if w in centres else rng.standard_normal(dim)
        for w in words
    ]
    return np.array(table, np.float32)


TABLE = rows(WORDS)
NOISE = np.random.default_rng(1).standard_normal((50, DIM)).astype(np.float32)


def right(space: TokenSpace) -> bool:
    """Whether the five nearest of each word are the words of its meaning."""
    vectors = space.vectors().astype(np.float64)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [text.removeprefix("▁") for text in space.vocabulary.texts]
    for word, peers in PEERS.items():
        at = names.index(word)
        order = [i for i in np.argsort(-(unit @ unit[at]), kind="stable") if i != at]
        if {names[i] for i in order[:5]} != peers:
            return False
    return True


def save(folder: Path, tensors: dict[str, Array], config: str = "{}") -> Path:
    """A folder with a safetensors file, a configuration and a tokenizer of the words."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    return with_words(folder, config)


def with_words(folder: Path, config: str = "{}") -> Path:
    """The folder, with a tokenizer of the words and a configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(unigram([f"▁{word}" for word in WORDS]), "utf8")
    (folder / "config.json").write_text(config)
    return folder


def opened(path: Path, **opening: Any) -> TokenSpace:
    """The model as a command opens it."""
    return open_model(str(path), Opening(**opening))


class Torch:
    """A ``torch.save`` file of any object, in which tensors and objects of other libraries stand."""

    def __init__(self) -> None:
        self.storages: dict[str, bytes] = {}

    def tensor(self, array: Array, *, neg: bool = False) -> Call:
        """A tensor over a storage of its own."""
        key = str(len(self.storages))
        self.storages[key] = array.astype(np.float32).tobytes()
        strides = tuple(step // array.itemsize for step in np.ascontiguousarray(array).strides)
        identity = ("storage", Global("torch", "FloatStorage"), key, "cpu", array.size)
        hooks = Call(Global("collections", "OrderedDict"), ())
        more = ({"neg": True},) if neg else ()
        arguments = (Persistent(identity), 0, array.shape, strides, False, hooks, *more)
        return Call(Global("torch._utils", "_rebuild_tensor_v2"), arguments)

    def contents(self, top: Any) -> bytes:
        """The file."""
        return torch_records(pickled(top), self.storages)


def word2vec_binary(words: list[str], table: NDArray[np.float32], end: bytes = b"\n") -> bytes:
    """word2vec's binary form; gensim writes no ``end`` behind a row."""
    parts = [word.encode() + b" " + row.tobytes() + end for word, row in zip(words, table, strict=True)]
    return f"{len(words)} {table.shape[1]}\n".encode() + b"".join(parts)


def fasttext(
    words: list[str], table: NDArray[np.float32], *, labels: int = 0, quantised: bool = False
) -> bytes:
    """A fastText model of version 12 with 20 buckets of subwords, and its output matrix."""
    head = struct.pack("<2i", 793712314, 12)
    head += struct.pack("<12id", table.shape[1], 5, 1, 1, 5, 1, 2, 3 if labels else 2, 20, 3, 6, 100, 1e-4)
    head += struct.pack("<3i2q", len(words) + labels, len(words), labels, 99, -1)
    for word in words:
        head += word.encode() + b"\0" + struct.pack("<qb", 3, 0)
    for label in range(labels):
        head += f"__label__{label}".encode() + b"\0" + struct.pack("<qb", 3, 1)
    buckets = np.random.default_rng(2).standard_normal((20, table.shape[1])).astype(np.float32)
    matrix = np.concatenate([table, buckets])
    body = struct.pack("<b2q", quantised, *matrix.shape) + matrix.tobytes()
    output = -table if not labels else np.zeros((labels, table.shape[1]), np.float32)
    return head + body + struct.pack("<b2q", 0, *output.shape) + output.tobytes()


def npy_bytes(array: Array) -> bytes:
    """An npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
