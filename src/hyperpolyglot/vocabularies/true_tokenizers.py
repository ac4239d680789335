"""Which library cuts text with a tokenizer file as its model does: a row for each form of file, where that is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hyperpolyglot.folders import in_folder
from hyperpolyglot.regular import is_regular
from hyperpolyglot.tokenizer_source import TokenizerSource
from hyperpolyglot.vocabularies.companions import Beside
from hyperpolyglot.vocabularies.token_list import BYTE_LEVEL, WORDPIECE
from hyperpolyglot.vocabulary import TokenKind, Vocabulary

__all__ = ["File", "tokenizer_of"]

_BERTS = (
    "",
    "BertTokenizer",
    "DistilBertTokenizer",
    "ElectraTokenizer",
    "MobileBertTokenizer",
    "MPNetTokenizer",
)
_BEFORE_PIECES = ("AlbertTokenizer", "XLNetTokenizer", "CpmTokenizer", "ReformerTokenizer", "PLBartTokenizer")
"""Classes whose code changes a text before SentencePiece sees it."""
_RULES = {
    "gpt2": "gpt-2",
    "r50k_base": "gpt-2",
    "p50k_base": "gpt-2",
    "multilingual": "gpt-2",
    "cl100k_base": "gpt-4",
    "o200k_base": "gpt-4o",
    "qwen": "qwen",
}
"""By which rule a tiktoken file's text is cut into words, which the file does not say: by its name."""
_RULES_BY_RANKS = {128_000: "llama-3", 200_000: "gpt-4o"}
"""The same of files of Meta, called ``tokenizer.model``, by how many ranks they have."""
_FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")
_SENTENCEPIECES = ("sentencepiece.bpe.model", "source.spm", "spm.model")


class File(NamedTuple):
    """A tokenizer file that was read: its path, its row in the table of formats, what it gave, what lies beside it."""

    path: Path
    form: str
    vocabulary: Vocabulary
    around: Beside


def tokenizer_of(file: File) -> TokenizerSource | None:
    """What cuts text as the model of this file does; ``None`` where only an estimate is possible.

    The file is named by its absolute path, as text may be cut later and elsewhere.
    """
    found = _BY_FORM.get(file.form)
    return None if found is None or file.around.own_code else found(file)


def _source(file: File, path: Path | None = None, **more: Any) -> TokenizerSource:
    path = path or file.path
    return TokenizerSource(name=path.name, path=path.absolute(), **more)


def _tokenizer_json(file: File) -> TokenizerSource | None:
    return _source(file, library="tokenizers", form="tokenizer.json")


def _tekken(file: File) -> TokenizerSource | None:
    return _source(file, library="tiktoken", form="Tekken")


def _model(file: File) -> TokenizerSource | None:
    if file.vocabulary.scheme == BYTE_LEVEL:
        return _ranks(file, _RULES_BY_RANKS.get(_scored(file.vocabulary)))
    return _pieces(file, file.path)


def _pieces(file: File, path: Path) -> TokenizerSource | None:
    if file.around.kind in _BEFORE_PIECES:
        return None
    return _source(file, path, library="sentencepiece", form="SentencePiece", by_piece=True)


def _tiktoken(file: File) -> TokenizerSource | None:
    return _ranks(file, _RULES.get(file.path.stem))


def _ranks(file: File, rule: str | None) -> TokenizerSource | None:
    if rule is None:
        return None
    return _source(file, library="tiktoken", form="tiktoken", settings={"rule": rule})


def _scored(vocabulary: Vocabulary) -> int:
    """Ordinary tokens: those of the file, and not those that code appends."""
    ordinary = (TokenKind.TEXT, TokenKind.WHITESPACE, TokenKind.BYTE, TokenKind.FRAGMENT)
    return sum(kind in ordinary for kind in vocabulary.kinds.tolist())


def _vocab_txt(file: File) -> TokenizerSource | None:
    pieces = file.vocabulary.pieces
    if file.vocabulary.scheme != WORDPIECE or "[UNK]" not in pieces or file.around.kind not in _BERTS:
        return None
    config = file.around.config
    lower = config.get("do_lower_case")
    if not isinstance(lower, bool):
        lower = not any(piece.isascii() and piece.isalpha() and not piece.islower() for piece in pieces)
    settings: dict[str, Any] = {
        "lower": lower,
        "strip_accents": config.get("strip_accents")
        if isinstance(config.get("strip_accents"), bool)
        else None,
        "han_apart": config.get("tokenize_chinese_chars") is not False,
    }
    added = _added(config)
    settings |= {"added": added} if added else {}
    return _source(file, library="tokenizers", form="vocab.txt", settings=settings)


def _added(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tokens that ``tokenizer_config.json`` adds, by their ids, as the library takes them."""
    declared = config.get("added_tokens_decoder")
    tokens = {int(i): t for i, t in declared.items() if i.isdecimal()} if isinstance(declared, dict) else {}
    return [
        {"id": i, "content": tokens[i]["content"], **{flag: tokens[i].get(flag) is True for flag in _FLAGS}}
        for i in sorted(tokens)
    ]


def _vocab_json(file: File) -> TokenizerSource | None:
    """M2M-100 and Marian: text is cut by a SentencePiece model beside it, whose pieces the file numbers."""
    beside = (in_folder(file.path.parent, name) for name in _SENTENCEPIECES)
    found = next((path for path in beside if is_regular(path)), None)
    return None if found is None else _pieces(file, found)


_BY_FORM: dict[str, Callable[[File], TokenizerSource | None]] = {
    "tokenizer.json": _tokenizer_json,
    "Tekken": _tekken,
    "SentencePiece": _model,
    "vocab.txt": _vocab_txt,
    "vocab.json": _vocab_json,
    "tiktoken": _tiktoken,
}
