"""Tokens that the code of a model's tokenizer appends to those of its file, in no file of the folder.

The names and their order are those of the published tokenizers. A row of ``_FAMILIES`` is one family.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from hyperpolyglot.vocabularies.companions import Beside
from hyperpolyglot.vocabularies.language_codes import M2M100, WHISPER, WMT21
from hyperpolyglot.vocabularies.token_list import TokenList
from hyperpolyglot.vocabulary import LARGEST_ID, SPACE

__all__ = ["appended"]

_SENTINEL = re.compile(rf"{SPACE}?<extra_id_\d+>")
_MOST = 1 << 16
_TIMES = tuple(f"<|{i * 0.02:.2f}|>" for i in range(1501))
_NO_TIMES = "<|notimestamps|>"


class _Family(NamedTuple):
    """Which files it is about (the format's name), the classes and types of model, and the names it appends."""

    file: str
    classes: frozenset[str]
    models: frozenset[str]
    names: Callable[[TokenList, Beside, int], tuple[str, ...]]


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


def _sentinels(tokens: TokenList, beside: Beside, rows: int) -> tuple[str, ...]:
    """T5: the first sentinel is the last token. mT5's model lists its own."""
    if any(_SENTINEL.fullmatch(entry.piece) for entry in tokens.entries):
        return ()
    listed = [name for name in beside.named if _SENTINEL.fullmatch(name)]
    count = beside.number("extra_ids")
    count = min((len(listed) or 100) if count is None else count, _MOST)
    if beside.rows is not None and beside.rows < len(tokens.entries) + count:
        return ()
    return tuple(f"<extra_id_{i}>" for i in reversed(range(count)))


def _qwen(tokens: TokenList, beside: Beside, rows: int) -> tuple[str, ...]:
    names = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", *(f"<|extra_{i}|>" for i in range(205)))
    if "visual" not in beside.config:
        return names
    tags = ("ref", "box", "quad", "img")
    return (*names, *(name for tag in tags for name in (f"<{tag}>", f"</{tag}>")), "<imgpad>")


def _chatglm(tokens: TokenList, beside: Beside, rows: int) -> tuple[str, ...]:
    """The second and third ChatGLM; the fourth has a tiktoken file and lists its own."""
    if beside.number("num_image_tokens") is not None or any(e.piece == "[gMASK]" for e in tokens.entries):
        return ()
    return ("[MASK]", "[gMASK]", "[sMASK]", "sop", "eop")


def _llama3(tokens: TokenList, beside: Beside, rows: int) -> tuple[str, ...]:
    """Llama 3; what 3.1 renamed is named so where the positions are scaled, as 3.1 has them."""
    if rows < len(tokens.entries) + _LLAMA3_SPECIAL:
        return ()
    reserved = "<|reserved_special_token_{}|>".format
    scaling = beside.config.get("rope_scaling")
    begins: tuple[str, ...] = ("<|begin_of_text|>", "<|end_of_text|>", reserved(0), reserved(1))
    if isinstance(scaling, dict) and "llama3" in (scaling.get("rope_type"), scaling.get("type")):
        begins += ("<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>")
        begins += ("<|eom_id|>", "<|eot_id|>", "<|python_tag|>")
        return begins + tuple(reserved(i) for i in range(2, 247))
    begins += (
        reserved(2),
        reserved(3),
        "<|start_header_id|>",
        "<|end_header_id|>",
        reserved(4),
        "<|eot_id|>",
    )
    return begins + tuple(reserved(i) for i in range(5, 251))


def _kimi(tokens: TokenList, beside: Beside, rows: int) -> tuple[str, ...]:
    first = len(tokens.entries)
    return tuple(f"<|reserved_token_{i}|>" for i in range(first, first + 256))


def _whisper(tokens: TokenList, beside: Beside, rows: int) -> tuple[str, ...]:
    """Times to half a minute come last; the rows tell 99 languages from 100, Cantonese being the last."""
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    spare = rows - len(tokens.entries) - len(tasks) - len(_TIMES) - 2
    codes = WHISPER if spare >= len(WHISPER) else WHISPER[:99]
    names = ("endoftext", "startoftranscript", *codes, *tasks)
    return tuple(f"<|{name}|>" for name in names) + _TIMES


def _m2m(tokens: TokenList, beside: Beside, rows: int) -> tuple[str, ...]:
    codes = WMT21 if beside.config.get("language_codes") == "wmt21" else M2M100
    more = beside.number("num_madeup_words")
    names = tuple(f"__{code}__" for code in codes)
    return names + tuple(f"madeupword{i}" for i in range(8 if more is None else min(more, _MOST)))


_FAMILIES: tuple[_Family, ...] = (
    _Family(
        "SentencePiece",
        _of("T5Tokenizer"),
        _of("t5", "longt5", "switch_transformers", "pop2piano", "udop"),
        _sentinels,
    ),
    _Family("SentencePiece", _of("MT5Tokenizer"), _of("mt5", "umt5"), _sentinels),
    _Family("SentencePiece", _of("ChatGLMTokenizer"), _of("chatglm"), _chatglm),
    _Family("tiktoken", _of("QWenTokenizer"), _of("qwen"), _qwen),
    _Family("tiktoken", _of("TikTokenTokenizer"), _of("kimi_k2", "deepseek_v3", "moonshot"), _kimi),
    _Family("tiktoken", _of("WhisperTokenizer"), _of("whisper"), _whisper),
    _Family("tiktoken", _of("LlamaTokenizer"), _of("llama", "mllama", "mllama_text_model"), _llama3),
    _Family("vocab.json", _of("M2M100Tokenizer"), _of("m2m_100"), _m2m),
)
_WHISPER_FILES = ("multilingual.tiktoken", "gpt2.tiktoken")
_LLAMA3_SPECIAL = 256


def appended(file: str, form: str, tokens: TokenList, beside: Beside) -> tuple[tuple[str, ...], bool]:
    """The names of the tokens that follow those of a file, and whether they are known.

    ``form`` is the kind of file. Tokens beyond the rows of the table are not named.
    """
    rows = LARGEST_ID if beside.rows is None else beside.rows
    for family in _FAMILIES:
        told = beside.kind in family.classes if beside.kind else beside.model in family.models
        if family.file == form and told:
            names = family.names(tokens, beside, rows)
            return names, bool(names)
    if form == "tiktoken" and not beside.config and beside.rows is not None:
        if file in _WHISPER_FILES:
            return _whisper(tokens, beside, rows), True
        if file == "tokenizer.model" and beside.rows == len(tokens.entries) + _LLAMA3_SPECIAL:
            return _llama3(tokens, beside, rows), True
    if form == "tokenizer.json" and _lacks_times(tokens, rows):
        return _TIMES, True
    return (), False


def _lacks_times(tokens: TokenList, rows: int) -> bool:
    """Whether a tokenizer of Whisper ends where the rows of its times begin."""
    last = max(tokens.entries, key=lambda entry: entry.id, default=None)
    return last is not None and last.piece == _NO_TIMES and rows == last.id + 1 + len(_TIMES)
