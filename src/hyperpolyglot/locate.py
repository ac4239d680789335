"""Which tensor of a checkpoint is its input or its output embedding table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Literal, NamedTuple, Protocol

from hyperpolyglot.errors import HyperpolyglotError, TensorNotFound, UnsupportedFormat
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import is_float, is_integer
from hyperpolyglot.formats.ggml import BLOCKS

__all__ = ["INPUT", "OUTPUT", "Rule", "Shaped", "locate"]


class Shaped(Protocol):
    """What is known of a tensor before it is opened."""

    @property
    def dtype(self) -> str:
        """The element type."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""


class Rule(NamedTuple):
    """A row of the table: the last parts of a name; any wrapper may stand before it.

    ``loose`` names are used for other things too, so their shape has to fit better. ``N`` is any number.
    """

    ending: str
    loose: bool = False


INPUT: tuple[Rule, ...] = (
    Rule("token_embd.weight"),  # GGUF
    Rule("shared.weight"),  # T5 family, M2M-100, NLLB, BART
    Rule("embeddings.word_embeddings.weight"),  # BERT family
    Rule("embed_tokens.weight"),  # Llama, Qwen, Gemma, Mistral, XGLM, Phi, DeepSeek, Command, …
    Rule("encoder.embed_tokens.weight"),
    Rule("decoder.embed_tokens.weight"),  # OPT, Whisper
    Rule("embeddings.tok_embeddings.weight"),  # ModernBERT
    Rule("tok_embeddings.weight"),  # Llama and Mistral as released, InternLM2
    Rule("word_embeddings.weight"),  # BLOOM, Falcon, ChatGLM, Persimmon
    Rule("wte.weight"),  # GPT-2, Qwen 1, MPT, Phi, LLaDA
    Rule("embed_in.weight"),  # GPT-NeoX
    Rule("backbone.embeddings.weight"),  # Mamba, Nemotron-H
    Rule("backbone.embedding.weight"),
    Rule("rwkv.embeddings.weight"),
    Rule("token_embeddings.weight"),  # OpenELM
    Rule("in_out_embed.weight"),  # Grok
    Rule("word_embedding.weight"),  # XLNet
    Rule("token_embedding.weight"),  # CLIP
    Rule("model.embeddings.weight"),  # RWKV 7
    Rule("model.embedding.weight"),
    Rule("transformer.embeddings.weight"),  # XLM
    Rule("embeddings"),  # npz, word2vec, model2vec
    Rule("embedding"),
    Rule("embedder.weight", loose=True),
    Rule("emb.weight", loose=True),  # RWKV as released
    Rule("tok_emb.weight", loose=True),
    Rule("embed.weight", loose=True),
    Rule("embedding.weight", loose=True),
    Rule("embeddings.weight", loose=True),
)

OUTPUT: tuple[Rule, ...] = (
    Rule("lm_head.weight"),
    Rule("lm_head.decoder.weight"),  # RoBERTa family
    Rule("lm_head.linear.weight"),  # Phi as released
    Rule("embed_out.weight"),  # GPT-NeoX
    Rule("output_layer.weight"),  # ChatGLM
    Rule("predictions.decoder.weight"),  # BERT, ALBERT
    Rule("vocab_projector.weight"),  # DistilBERT
    Rule("generator_lm_head.weight"),  # ELECTRA
    Rule("lm_loss.weight"),  # XLNet
    Rule("pred_layer.proj.weight"),  # XLM
    Rule("word_embeddings_for_head.weight"),  # Persimmon
    Rule("transformer.ff_out.weight"),  # LLaDA
    Rule("output.weight", loose=True),  # GGUF, Llama and Mistral as released, InternLM2
    Rule("decoder.weight", loose=True),  # ModernBERT
    Rule("head.weight", loose=True),  # RWKV
    Rule("proj_out.weight", loose=True),
    Rule("layers.N.linear.weight", loose=True),  # Phi-1 as released
)

_PLACES = {rules: {rule.ending: place for place, rule in enumerate(rules)} for rules in (INPUT, OUTPUT)}

_SIDE = re.compile(
    r"vision|visual|image|audio|speech|video|qformer|talker|codec|code_predictor|t2u|depth_decoder|code2wav"
    r"|token2wav|resampler|projector|vqmodel|(^|_)(vit|sam|clip)(_|$)"
)
"""Parts of names that mark the towers and heads beside the language model."""

_NOT_TOKENS = re.compile(
    r"(^|_)(pos|positions?|positional|type|segment|relative|time|patch|class|labels?|per_layer)(_|$)"
)
_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")
_PACKED = (".qweight", ".weight_packed")
_SHOWN = 8
_LOOKED_AT = 64
_COMPARED = 5000


class _Match(NamedTuple):
    side: bool
    rank: int
    copy: int
    depth: int
    name: str
    packed: bool


def locate(
    tensors: Mapping[str, Shaped],
    table: Literal["input", "output"] = "input",
    tensor: str | None = None,
    vocabulary_size: int | None = None,
    hidden_size: int | None = None,
) -> str:
    """The name of the input or output embedding table among ``tensors``, or ``tensor`` itself if it is there.

    Names are matched first, so only the tensors whose names fit are asked for their shapes: 2-D, of a float
    or quantised type. ``vocabulary_size`` and ``hidden_size`` decide between tables of different shapes.
    Raises ``TensorNotFound`` with what was looked for and what is there, ``UnsupportedFormat`` where the
    table is packed integers or the checkpoint is an adapter.

    >>> from types import SimpleNamespace as Shape
    >>> locate({"model.embed_tokens.weight": Shape(dtype="BF16", shape=(100, 8)),
    ...         "model.norm.weight": Shape(dtype="BF16", shape=(8,))})
    'model.embed_tokens.weight'
    """
    if tensor is not None:
        return _given(tensors, tensor)
    size = (vocabulary_size, hidden_size)
    if table == "input":
        found = _search(tensors, INPUT, size, None)
        if found is None:
            raise _nothing(tensors)
        return found
    try:
        found = _search(tensors, INPUT, size, None)
    except (TensorNotFound, UnsupportedFormat):
        found = None
    beside = tensors[found].shape if found is not None else None
    output = _search(tensors, OUTPUT, size, beside)
    if output is None:
        raise TensorNotFound(
            "no output table is stored, because the model ties it to its input table or has none; use --table input."
            if found is not None
            else f"no output table was found: looked for {_wanted(OUTPUT)}; {_present(tensors)}."
        )
    return output


def _given(tensors: Mapping[str, Shaped], name: str) -> str:
    if name in tensors:
        return name
    names = sorted(tensors, key=lambda other: (_NUMBER.search(other) is not None, other))[:_COMPARED]
    near = difflib.get_close_matches(name[:200], names, n=3, cutoff=0.4)
    hint = f"the closest are {', '.join(map(shown, near))}" if near else _present(tensors)
    raise TensorNotFound(f"there is no tensor {shown(name)}; {hint}.")


def _search(
    tensors: Mapping[str, Shaped],
    rules: tuple[Rule, ...],
    size: tuple[int | None, int | None],
    beside: tuple[int, ...] | None,
) -> str | None:
    """The best match of the first rule that has one; ``beside`` is the shape of the input table."""
    matches = sorted(match for name in tensors if (match := _match(name, rules)) is not None)
    for key, group in groupby(matches, key=lambda match: match[:3]):
        rule = rules[key[1]]
        plausible, packed = [], []
        for match in group:
            held = tensors[match.name]
            if match.packed or (is_integer(held.dtype) and len(held.shape) == 2):
                packed.append(match.name)
            elif _is_table(held) and (not rule.loose or _fits(held.shape, size[0], beside)):
                plausible.append(match.name)
        if plausible:
            return _only(tensors, plausible, *size)
        if packed and not rule.loose and not key[0]:
            raise UnsupportedFormat(
                f"the table {shown(packed[0])} is packed into integers (GPTQ, AWQ, bitsandbytes, MLX), which is not "
                "unpacked here; open the unquantised model or a GGUF of it."
            )
    alone = list(tensors)[:2] if rules is INPUT else []
    return alone[0] if len(alone) == 1 and _is_table(tensors[alone[0]]) else None


def _match(name: str, rules: tuple[Rule, ...]) -> _Match | None:
    packed = next((suffix for suffix in _PACKED if name.endswith(suffix)), None)
    plain = _NUMBER.sub("N", name if packed is None else f"{name.removesuffix(packed)}.weight")
    parts = plain.split(".")
    places = _PLACES[rules]
    rank = next((places[end] for n in (4, 3, 2, 1) if (end := ".".join(parts[-n:])) in places), None)
    if rank is None:
        return None
    side = any(_SIDE.search(part) for part in parts)
    if any(_NOT_TOKENS.search(part) for part in parts) or (side and rules[rank].loose):
        return None
    copy = 2 * ("N" in parts or "mtp" in parts) + ("decoder" in parts[:-2])
    return _Match(side, rank, copy, len(parts), name, packed is not None)


def _is_table(held: Shaped) -> bool:
    return len(held.shape) == 2 and min(held.shape) > 0 and (is_float(held.dtype) or held.dtype in BLOCKS)


def _fits(shape: tuple[int, ...], vocabulary_size: int | None, beside: tuple[int, ...] | None) -> bool:
    """Whether a tensor of an ambiguous name has about the rows, and the columns, of a table of tokens."""
    if beside is not None:
        return shape[1] == beside[1] and 2 * shape[0] >= beside[0]
    return vocabulary_size is None or 2 * shape[0] >= vocabulary_size


def _only(
    tensors: Mapping[str, Shaped], names: list[str], vocabulary_size: int | None, hidden_size: int | None
) -> str:
    """The first of tables that are copies of one another, or the one whose shape fits."""
    shapes = {name: tensors[name].shape for name in names}
    for fits in (
        lambda shape: True,
        lambda shape: shape[0] == vocabulary_size,
        lambda shape: shape[0] >= (vocabulary_size or 0) > 0,
        lambda shape: shape[1] == hidden_size,
    ):
        kept = [name for name in names if fits(shapes[name])]
        if kept and len({shapes[name] for name in kept}) == 1:
            return kept[0]
    raise TensorNotFound(
        f"several tensors could be the table: {_listed((name, tensors[name]) for name in names[:_SHOWN])}; name one "
        "with --tensor."
    )


def _nothing(tensors: Mapping[str, Shaped]) -> HyperpolyglotError:
    if any("lora_" in name.lower() for name in tensors):
        return UnsupportedFormat(
            "this is an adapter, which has no embedding table of its own; open its base model, or merge it first."
        )
    return TensorNotFound(
        f"no input embedding table was found: looked for {_wanted(INPUT)}; {_present(tensors)}."
    )


def _wanted(rules: tuple[Rule, ...]) -> str:
    return ", ".join(f"…{rule.ending}" for rule in rules[:6]) + f" and {len(rules) - 6} more names"


def _present(tensors: Mapping[str, Shaped]) -> str:
    """The 2-D tensors that are there, those that are called embeddings first; some, if there are many."""

    def promise(name: str) -> tuple[bool, bool, str]:
        return "emb" not in name.lower(), _NUMBER.search(name) is not None, name

    found: list[tuple[str, Shaped]] = []
    for name in sorted(tensors, key=promise)[:_LOOKED_AT]:
        try:
            held = tensors[name]
        except HyperpolyglotError:
            continue
        if len(held.shape) == 2 and len(found) < _SHOWN:
            found.append((name, held))
    if not found:
        return "there are no 2-D tensors"
    return f"there are {_listed(found)} (name one with --tensor)"


def _listed(found: Iterable[tuple[str, Shaped]]) -> str:
    return ", ".join(f"{shown(name)} {list(held.shape)} {held.dtype}" for name, held in found)
