"""Which library an object is of, and where its table and its tokens are: a row for each library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from hyperpolyglot.errors import UnsupportedFormat, VocabularyNotFound
from hyperpolyglot.formats import Checkpoint
from hyperpolyglot.formats.word2vec import NAME
from hyperpolyglot.live.arrays import LiveTensor, looks_like_array

__all__ = ["ACCEPTED", "LiveModel", "recognised"]

WEIGHT = "weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveModel:
    """What an object holds, laid out as a checkpoint.

    ``input``, ``output``: the names of the tables that the library itself points to; ``None`` where names of tensors
    must tell. ``tokens``: what the rows stand for, or a ``tokenizer`` that says so. ``config``: as ``config.json``.
    """

    name: str
    checkpoint: Checkpoint
    input: str | None = None
    output: str | None = None
    tokens: tuple[str, ...] | None = None
    tokenizer: object | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


class _Kind(NamedTuple):
    """A row: what users call it, what it looks like, and how it is taken apart."""

    name: str
    fits: Callable[[Any], bool]
    taken: Callable[[Any], LiveModel]


def recognised(thing: object) -> LiveModel:
    """What an object of another library holds. Raises ``UnsupportedFormat`` where it is of no kind that is known."""
    if not isinstance(thing, type):
        for kind in _KINDS:
            if kind.fits(thing):
                return kind.taken(thing)
    raise UnsupportedFormat(
        f"{_what(thing)} is no model that can be opened; pass the name of a folder, file, repository or demo, or "
        f"{ACCEPTED}."
    )


def _what(thing: object) -> str:
    name = thing.__name__ if isinstance(thing, type) else type(thing).__name__
    return f"the class {name}" if isinstance(thing, type) else f"an object of type {name}"


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda thing: all(getattr(thing, name, None) is not None for name in names)


def _checkpoint(name: str, tensors: Mapping[str, Any]) -> Checkpoint:
    held = {key: LiveTensor(name=key, array=array) for key, array in tensors.items() if array is not None}
    return Checkpoint(name=name, tensors=held)


def _of_transformers(model: Any) -> LiveModel:
    tensors = _tensors(model)
    tables = {}
    for side in ("input", "output"):
        layer = getattr(model, f"get_{side}_embeddings", bool)()
        weight: Any = getattr(layer, "weight", None)
        if looks_like_array(weight) and len(weight.shape) == 2:
            found = next((name for name, tensor in tensors.items() if tensor is weight), f"{side}.{WEIGHT}")
            tables[side] = found
            tensors[found] = weight
    if tables.get("output") == tables.get("input"):
        tables.pop("output", None)
    config: Any = getattr(model, "config", None)
    described = config.to_dict() if callable(getattr(config, "to_dict", None)) else {}
    name = _text(model, "name_or_path") or _text(config, "_name_or_path") or type(model).__name__
    return LiveModel(
        name=name,
        checkpoint=_checkpoint(name, tensors),
        input=tables.get("input"),
        output=tables.get("output"),
        config=described,
    )


def _tensors(module: Any) -> dict[str, Any]:
    """The parameters by their names in a checkpoint, a tied one once, as it is saved; themselves if that is given."""
    state = getattr(module, "state_dict", None)
    if not callable(state):
        return {}
    try:
        found = state(keep_vars=True)
    except TypeError:
        found = state()
    known, kept = set(), {}
    for name, tensor in found.items():
        if looks_like_array(tensor) and id(tensor) not in known:
            known.add(id(tensor))
            kept[name] = tensor
    return kept


def _text(thing: object, name: str) -> str:
    found = getattr(thing, name, None)
    return found if isinstance(found, str) else ""


def _of_sentences(model: Any) -> LiveModel:
    """sentence-transformers: the first module holds a transformer, or a static table."""
    first = model._first_module()
    tokenizer = getattr(first, "tokenizer", None) or getattr(model, "tokenizer", None)
    for inner in (getattr(first, name, None) for name in ("auto_model", "model")):
        if callable(getattr(inner, "get_input_embeddings", None)):
            return _with(_of_transformers(inner), tokenizer)
    tensors = _tensors(first)
    matrices = [name for name, tensor in tensors.items() if len(tensor.shape) == 2]
    name = type(model).__name__
    return LiveModel(
        name=name,
        checkpoint=_checkpoint(name, tensors),
        input=matrices[0] if len(matrices) == 1 else None,
        tokenizer=tokenizer,
    )


def _of_pipeline(pipeline: Any) -> LiveModel:
    return _with(_of_transformers(pipeline.model), pipeline.tokenizer)


def _with(live: LiveModel, tokenizer: object) -> LiveModel:
    return LiveModel(
        name=live.name,
        checkpoint=live.checkpoint,
        input=live.input,
        output=live.output,
        tokenizer=tokenizer,
        config=live.config,
    )


def _of_model2vec(model: Any) -> LiveModel:
    """A static table, whose rows several tokens can share and weights change, as its file says by the same names."""
    name = _text(model, "base_model_name") or type(model).__name__
    mapping = getattr(model, "token_mapping", None)
    tensors = {
        "embeddings": model.embedding,
        "weights": getattr(model, "weights", None),
        "mapping": None if mapping is None else np.asarray(mapping),
    }
    return LiveModel(
        name=name, checkpoint=_checkpoint(name, tensors), input="embeddings", tokenizer=model.tokenizer
    )


def _of_gensim(keyed: Any) -> LiveModel:
    keyed = keyed if _has(*_GENSIM)(keyed) else keyed.wv
    return _of_words(type(keyed).__name__, keyed.vectors, keyed.index_to_key)


def _of_spacy(vocabulary: Any) -> LiveModel:
    """Keys are hashes of strings, and several can share a row: a row of the space is a key."""
    vectors = vocabulary
    strings = getattr(vocabulary, "strings", None)
    for name in ("vocab", "vectors"):
        inner = getattr(vectors, name, None)
        vectors = vectors if inner is None or callable(inner) else inner
        strings = getattr(vectors, "strings", None) or strings
    if strings is None or not vectors.key2row:
        raise VocabularyNotFound(
            "the vectors of spaCy have no strings for their keys; pass the Vocab, with vectors that are not floret's."
        )
    rows = sorted((int(row), int(key)) for key, row in vectors.key2row.items())
    chosen = np.fromiter((row for row, _ in rows), np.int64, len(rows))
    data = LiveTensor(name=NAME, array=vectors.data).values()[chosen]
    return _of_words(type(vocabulary).__name__, data, (strings[key] for _, key in rows))


def _is_spacy(thing: Any) -> bool:
    for name in ("vocab", "vectors"):
        inner = getattr(thing, name, None)
        thing = thing if inner is None or callable(inner) else inner
    return _has("key2row", "data")(thing)


def _of_words(name: str, table: Any, words: Iterable[str]) -> LiveModel:
    return LiveModel(name=name, checkpoint=_checkpoint(name, {NAME: table}), input=NAME, tokens=tuple(words))


def _of_layer(layer: Any) -> LiveModel:
    name = type(layer).__name__
    return LiveModel(name=name, checkpoint=_checkpoint(name, {WEIGHT: layer.weight}), input=WEIGHT)


def _of_array(array: Any) -> LiveModel:
    return LiveModel(name="array", checkpoint=_checkpoint("array", {NAME: array}), input=NAME)


def _is_layer(thing: Any) -> bool:
    weight: Any = getattr(thing, "weight", None)
    return looks_like_array(weight) and len(weight.shape) == 2


def _is_pipeline(thing: Any) -> bool:
    return _has("model", "tokenizer")(thing) and callable(getattr(thing.model, "get_input_embeddings", None))


def _is_model2vec(thing: Any) -> bool:
    return _has("embedding", "tokenizer")(thing) and looks_like_array(thing.embedding)


_GENSIM = ("index_to_key", "vectors")

_KINDS = (
    _Kind(
        "a sentence-transformers model", lambda x: callable(getattr(x, "_first_module", None)), _of_sentences
    ),
    _Kind(
        "a transformers model with tokenizer=",
        lambda x: callable(getattr(x, "get_input_embeddings", None)),
        _of_transformers,
    ),
    _Kind("a transformers pipeline", _is_pipeline, _of_pipeline),
    _Kind("a model2vec StaticModel", _is_model2vec, _of_model2vec),
    _Kind(
        "gensim KeyedVectors",
        lambda x: _has(*_GENSIM)(x) or _has(*_GENSIM)(getattr(x, "wv", None)),
        _of_gensim,
    ),
    _Kind("a spaCy Vocab", _is_spacy, _of_spacy),
    _Kind("an embedding layer with tokenizer=", _is_layer, _of_layer),
    _Kind("an array with tokenizer=", looks_like_array, _of_array),
)

ACCEPTED = ", ".join(kind.name for kind in _KINDS[:-1]) + " or " + _KINDS[-1].name
"""The kinds of object that are opened, for a sentence."""
