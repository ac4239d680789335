"""Tokenizers in memory: written to a folder as they write themselves, so that one reader reads both."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from hyperpolyglot.errors import VocabularyNotFound
from hyperpolyglot.folders import expanded
from hyperpolyglot.live.arrays import looks_like_array
from hyperpolyglot.table import Table
from hyperpolyglot.tokenizer_source import TokenizerSource, given
from hyperpolyglot.vocabularies import (
    Side,
    beside,
    find_in_folder,
    from_words,
    open_vocabulary_file,
    vocabulary_by_rule,
)
from hyperpolyglot.vocabularies.files import read_file
from hyperpolyglot.vocabulary import Vocabulary

__all__ = ["vocabulary_of"]

_TOKENIZERS = (
    "a tokenizer of transformers, tokenizers or sentencepiece, anything with get_vocab(), a dictionary of ids, "
    "a list of tokens, or the path of a tokenizer file"
)
_HOLDERS = ("backend_tokenizer", "_tokenizer", "sp_model", "tokenizer")


class _Kind(NamedTuple):
    """A row: the method that a tokenizer of the kind has, and what writes it into a folder and gives a remark."""

    method: str
    write: Callable[[Any, Path], str]


def vocabulary_of(
    tokenizer: object, table: Table, side: Side, source: str, config: Mapping[str, Any] | None = None
) -> Vocabulary:
    """The vocabulary of a tokenizer that is in memory, or lies at a path.

    ``source`` is what messages call the model, ``config`` what its ``config.json`` would hold. Raises
    ``VocabularyNotFound`` for what is no tokenizer.
    """
    if isinstance(tokenizer, Vocabulary):
        return tokenizer
    if isinstance(tokenizer, str | os.PathLike):
        return open_vocabulary_file(expanded(os.fsdecode(tokenizer)), rows=table.shape[0], side=side)
    if looks_like_array(tokenizer) or isinstance(tokenizer, Sequence):
        return from_words(_strings(list(tokenizer)), source)  # type: ignore[call-overload]
    with tempfile.TemporaryDirectory(prefix="hyperpolyglot-") as name:
        folder = Path(name)
        remark = _write(tokenizer, config or {}, folder)
        found = find_in_folder(folder, side)
        if found is not None:
            vocabulary = open_vocabulary_file(found, rows=table.shape[0], side=side)
            remark = " ".join(filter(None, (vocabulary.remark, remark)))
            return replace(vocabulary, remark=remark, tokenizer=_encoding(tokenizer, found))
        by_rule = vocabulary_by_rule(beside(folder, table.shape[0]), table.name)
    if by_rule is None:
        raise VocabularyNotFound(
            f"{source}: its {type(tokenizer).__name__} does not say which tokens it has; pass tokenizer= as a list of "
            "them."
        )
    return by_rule


def _encoding(tokenizer: object, written: Path) -> TokenizerSource | None:
    """The function with which a tokenizer in memory cuts text, known by the file that it writes."""
    encode: Any = getattr(tokenizer, "encode", None)
    if not callable(encode):
        return None
    known = hashlib.sha256(read_file(written)).hexdigest()
    if callable(getattr(tokenizer, "serialized_model_proto", None)):
        return given(partial(encode, out_type=int), known)
    if callable(getattr(tokenizer, "save_pretrained", None)) or callable(getattr(tokenizer, "to_str", None)):
        return given(partial(encode, add_special_tokens=False), known)
    return None


def _strings(tokens: list[object]) -> list[str]:
    wrong = next((token for token in tokens if not isinstance(token, str)), None)
    if wrong is not None or not all(isinstance(token, str) for token in tokens):
        what = f"{type(wrong).__name__}: {str(wrong)[:40]!a}"
        raise VocabularyNotFound(f"tokens are strings, and one of them is a {what}.")
    return [str(token) for token in tokens]


def _write(tokenizer: object, config: Mapping[str, Any], folder: Path) -> str:
    """Write a tokenizer and the configuration of its model into a folder; returns what was assumed, in a sentence."""
    if config:
        text = json.dumps(dict(config), default=str)
        (folder / "config.json").write_text(text, "utf-8")
    if isinstance(tokenizer, Mapping):
        return _by_ids(tokenizer, folder)
    for kind in _KINDS:
        for holder in (tokenizer, *(getattr(tokenizer, name, None) for name in _HOLDERS)):
            if callable(getattr(holder, kind.method, None)) and not isinstance(holder, type):
                return kind.write(holder, folder)
    raise VocabularyNotFound(
        f"tokenizer= is a {type(tokenizer).__name__}, which is not understood; pass {_TOKENIZERS}."
    )


def _as_it_saves(tokenizer: Any, folder: Path) -> str:
    """``save_pretrained`` of transformers. Some tokenizers cannot save themselves, but say what they hold."""
    try:
        tokenizer.save_pretrained(str(folder))
    except Exception:  # whatever the library or a user's own class raises
        for kind in _KINDS[1:]:
            for holder in (tokenizer, *(getattr(tokenizer, name, None) for name in _HOLDERS)):
                if callable(getattr(holder, kind.method, None)):
                    return kind.write(holder, folder)
        raise
    return ""


def _as_json(tokenizer: Any, folder: Path) -> str:
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), "utf-8")
    return ""


def _as_model(tokenizer: Any, folder: Path) -> str:
    (folder / "tokenizer.model").write_bytes(tokenizer.serialized_model_proto())
    return ""


def _as_vocabulary(tokenizer: Any, folder: Path) -> str:
    return _by_ids(tokenizer.get_vocab(), folder)


def _by_ids(ids: Mapping[Any, Any], folder: Path) -> str:
    plain = {}
    for token, id_ in ids.items():
        if not isinstance(token, str) or isinstance(id_, bool) or not hasattr(id_, "__index__"):
            raise VocabularyNotFound(
                f"tokenizer= gives {str(token)[:40]!a} the id {str(id_)[:40]!a}; ids of tokens are whole numbers."
            )
        plain[token] = id_.__index__()
    (folder / "vocab.json").write_text(json.dumps(plain), "utf-8")
    return (
        "Tokens are known by their ids alone, so how their pieces are written as text is told by their marks."
    )


_KINDS = (
    _Kind("save_pretrained", _as_it_saves),
    _Kind("to_str", _as_json),
    _Kind("serialized_model_proto", _as_model),
    _Kind("get_vocab", _as_vocabulary),
)
