"""Which tensor of a checkpoint is its input or its output embedding table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Literal, NamedTuple, Protocol

from hyperpolyglot.errors import HyperpolyglotError, TensorNotFound, UnsupportedFormat
from hyperpolyglot.formats import companions
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import is_number
from hyperpolyglot.formats.ggml import BLOCKS
from hyperpolyglot.formats.rules import INPUT, OUTPUT, Rule
from hyperpolyglot.formats.wrapping import unwrapped

__all__ = ["INPUT", "OUTPUT", "Rule", "Shaped", "locate", "remark_on"]


class Shaped(Protocol):
    """What is known of a tensor before it is opened."""

    @property
    def dtype(self) -> str:
        """The element type."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""


_PLACES = {rules: {rule.ending: place for place, rule in enumerate(rules)} for rules in (INPUT, OUTPUT)}

_SIDE = re.compile(
    r"vision|visual|image|audio|speech|video|qformer|talker|codec|code_predictor|t2u|depth_?(decoder|former|transformer)"
    r"|code2wav|token2wav|wav2vec|hubert|resampler|projector|vqmodel|vqgan|vocoder|speaker|acoustic"
    r"|(^|_)(vit|sam|clip|mimi|dac|vae)(_|$)"
)
"""Parts of names that mark the towers and heads beside the language model."""

_TEXT = re.compile(r"(^|_)(text|language|llm|lm|gpt|bert|llama)(_|$)")
"""Parts of names that mark the language model, within another tower too."""

_NOT_TOKENS = re.compile(
    r"(^|_)(pos|positions?|positional|type|segment|relative|time|patch|class|labels?|per_layer|prompt|prompts)(_|$)"
)
_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")
_PACKED = (".qweight", ".weight_packed")
_SHOWN = 8
_LOOKED_AT = 64
_COMPARED = 5000
_REPLACED = 4
"""Added to the place of a copy that a trained table has taken the place of."""


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
    tied: bool = False,
) -> str:
    """The name of the input or output embedding table among ``tensors``, or ``tensor`` itself if it is there.

    Names are matched first, so only the tensors whose names fit are asked for their shapes: 2-D, of numbers or
    a quantised type. ``vocabulary_size`` and ``hidden_size`` decide between tables of different shapes; ``tied``
    says that the output table is the input table, so that it may stand for it. Tables of other towers (vision,
    speech, codecs) are never taken unless they are named. Raises ``TensorNotFound`` with what was looked for and
    what is there, ``UnsupportedFormat`` where the table is packed integers or the checkpoint is an adapter.

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
        if found is None and tied:
            found = _head(tensors, size)
        if found is None:
            raise _nothing(tensors, _head(tensors, size))
        return found
    try:
        found = _search(tensors, INPUT, size, None)
    except (TensorNotFound, UnsupportedFormat):
        found = None
    beside = tensors[found].shape if found is not None else None
    output = _search(tensors, OUTPUT, size, beside)
    if output is None:
        raise _no_output(tensors, found)
    return output


def remark_on(tensors: Mapping[str, Shaped], name: str, table: Literal["input", "output"] = "input") -> str:
    """What the user should know of the choice of ``name`` by :func:`locate`, in sentences; may be empty.

    >>> remark_on({"a.wte.weight": None, "b.wte.weight": None}, "a.wte.weight")
    'a.wte.weight is read; there is also b.wte.weight (--tensor NAME opens another table).'
    """
    said = [companions.remark_on(tensors, name)]
    rules = INPUT if table == "input" else OUTPUT
    chosen = _match(name, rules)
    if chosen is None:
        if table == "input" and _match(name, OUTPUT) is not None:
            said.append(f"{shown(name)}, the output table, is read: the model ties its input table to it.")
        return " ".join(filter(None, said))
    rivals = [
        match.name
        for other in tensors
        if other != name and (match := _match(other, rules)) is not None and _is_rival(match, chosen, rules)
    ]
    if rivals:
        some = ", ".join(map(shown, sorted(rivals)[:_SHOWN])) + ", …" * (len(rivals) > _SHOWN)
        said.append(f"{shown(name)} is read; there is also {some} (--tensor NAME opens another table).")
    return " ".join(filter(None, said))


def _is_rival(match: _Match, chosen: _Match, rules: tuple[Rule, ...]) -> bool:
    """Whether a table might have been meant instead: one of its own, not a tied copy, not of another tower."""
    if match.side or match.packed or rules[match.rank].loose or match.copy > max(chosen.copy, 1):
        return False
    tied = rules[chosen.rank].ending == "shared.weight" and "embed_tokens" in match.name
    return not tied and unwrapped(match.name).name != unwrapped(chosen.name).name


def _head(tensors: Mapping[str, Shaped], size: tuple[int | None, int | None]) -> str | None:
    """The output table, if its name is used for nothing else."""
    try:
        found = _search(tensors, OUTPUT, size, None)
    except (TensorNotFound, UnsupportedFormat):
        return None
    match = None if found is None else _match(found, OUTPUT)
    return None if match is None or OUTPUT[match.rank].loose else found


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
        for match in () if key[0] else group:
            held = tensors[match.name]
            if match.packed or (len(held.shape) == 2 and companions.is_packed(tensors, match.name)):
                packed.append(match.name)
            elif _is_table(held) and _fits(held.shape, rule.loose, size[0], beside):
                plausible.append(match.name)
        if plausible:
            return _only(tensors, plausible, *size)
        if packed and not rule.loose:
            raise UnsupportedFormat(
                f"the table {shown(packed[0])} is packed into integers (GPTQ, AWQ, bitsandbytes, MLX), which is not "
                "unpacked here; open the unquantised model or a GGUF of it."
            )
    alone = list(tensors)[:2] if rules is INPUT else []
    return alone[0] if len(alone) == 1 and _is_lone_table(tensors, alone[0]) else None


def _is_lone_table(tensors: Mapping[str, Shaped], name: str) -> bool:
    """Whether the only tensor of a checkpoint may be its table, whatever its name."""
    parts = name.split(".")
    other = _NOT_TOKENS.search(parts[-1]) or "lora_" in name or _match(name, OUTPUT) or _is_side(parts)
    return not other and _is_table(tensors[name]) and not companions.is_packed(tensors, name)


def _match(name: str, rules: tuple[Rule, ...]) -> _Match | None:
    packed = next((suffix for suffix in _PACKED if name.endswith(suffix)), None)
    bare = unwrapped(name if packed is None else f"{name.removesuffix(packed)}.weight")
    plain = _NUMBER.sub("N", bare.name)
    parts = plain.split(".")
    places = _PLACES[rules]
    length = next((n for n in (4, 3, 2, 1) if ".".join(parts[-n:]) in places), None)
    if length is None:
        return None
    rank, side = places[".".join(parts[-length:])], _is_side(parts[:-length])
    if any(_NOT_TOKENS.search(part) for part in parts) or (side and rules[rank].loose):
        return None
    copy = 2 * ("N" in parts or "mtp" in parts) + ("decoder" in parts[:-2]) + _REPLACED * bare.replaced
    return _Match(side, rank, copy, len(parts), name, packed is not None)


def _is_side(parts: list[str]) -> bool:
    """Whether a name belongs to a tower beside the language model, and not to a text encoder within it."""
    marked = [bool(_SIDE.search(part)) and not _TEXT.search(part) for part in parts]
    last = max((i for i, side in enumerate(marked) if side), default=-1)
    return last >= 0 and not any(_TEXT.search(part) for part in parts[last + 1 :])


def _is_table(held: Shaped) -> bool:
    return len(held.shape) == 2 and min(held.shape) > 0 and (is_number(held.dtype) or held.dtype in BLOCKS)


def _fits(
    shape: tuple[int, ...], loose: bool, vocabulary_size: int | None, beside: tuple[int, ...] | None
) -> bool:
    """Whether an output table has about the rows of the input table, and one of an ambiguous name all it needs."""
    if beside is not None:
        return 2 * shape[0] >= beside[0] and (not loose or shape[1] == beside[1])
    return not loose or vocabulary_size is None or 2 * shape[0] >= vocabulary_size


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


def _nothing(tensors: Mapping[str, Shaped], head: str | None) -> HyperpolyglotError:
    """Why no input table was found; ``head`` is the output table, if there is one."""
    others = _others(tensors, INPUT)
    if others is not None:
        return others
    if head is not None:
        return TensorNotFound(
            f"no input embedding table is stored, only the output table {shown(head)}; if the model ties the two, they "
            "are the same: use --table output."
        )
    if any("lora_" in name.lower() for name in tensors):
        return UnsupportedFormat(
            "this is an adapter, which has no embedding table of its own; open its base model, or merge it first."
        )
    return TensorNotFound(
        f"no input embedding table was found: looked for {_wanted(INPUT)}; {_present(tensors)}."
    )


def _no_output(tensors: Mapping[str, Shaped], found: str | None) -> HyperpolyglotError:
    """Why no output table was found beside the input table ``found``."""
    others = _others(tensors, OUTPUT)
    if others is not None:
        return others
    small = [
        match.name for name in tensors if (match := _match(name, OUTPUT)) and not OUTPUT[match.rank].loose
    ]
    if found is not None and small:
        return TensorNotFound(
            f"no output table fits the input table {_listed([(found, tensors[found])])}: there is "
            f"{_listed((name, tensors[name]) for name in small[:_SHOWN])}, which --tensor opens."
        )
    return TensorNotFound(
        "no output table is stored, because the model ties it to its input table or has none; use --table input."
        if found is not None
        else f"no output table was found: looked for {_wanted(OUTPUT)}; {_present(tensors)}."
    )


def _others(tensors: Mapping[str, Shaped], rules: tuple[Rule, ...]) -> TensorNotFound | None:
    """The sentence for tables of a fitting name that are empty, or those of another tower."""
    matches = sorted(
        match for name in tensors if (match := _match(name, rules)) and not rules[match.rank].loose
    )
    held = [(match, tensors[match.name]) for match in matches[:_LOOKED_AT]]
    empty = next((match.name for match, tensor in held if 0 in tensor.shape), None)
    if empty is not None:
        return TensorNotFound(
            f"{shown(empty)} is there but empty, as DeepSpeed ZeRO-3 leaves it in each part of a checkpoint; join the "
            "parts with its zero_to_fp32.py, and open the result."
        )
    side = [(match.name, tensor) for match, tensor in held if match.side]
    if not side:
        return None
    return TensorNotFound(
        f"no table of text tokens was found, only tables of other parts of the model: {_listed(side[:_SHOWN])}; if one "
        "of them is meant, name it with --tensor."
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
