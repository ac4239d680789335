"""Tensors that belong to a table: scales, masks, norms, a mapping of tokens to rows. They are applied or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.derived import Compute, derived
from hyperpolyglot.formats.dtypes import is_integer, is_number
from hyperpolyglot.formats.scales import Scale, scale_of
from hyperpolyglot.formats.tensor import Tensor
from hyperpolyglot.formats.wrapping import unwrapped
from hyperpolyglot.table import Table
from hyperpolyglot.types import Array, Float32, Int64

__all__ = ["completed", "is_packed", "remark_on"]

_SCALE = re.compile(r"scale|absmax|(^|[._])SCB$|quant_(map|state)")
_NO_SCALE = re.compile(
    r"input|output|activation|embed_scale|logit|pre_quant|(^|[._])(in|out|act|k|v|q)_scale"
)
_OFFSET = re.compile(r"zeros?(_point)?s?$|qzeros|biases$|g_idx$")
_SHARED = ("embeddings", "embedding")
_LORA = re.compile(r"lora_|trainable_tokens")


class Typed(Protocol):
    """What is known of a tensor before it is opened."""

    @property
    def dtype(self) -> str:
        """The element type."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """Rows that several tokens share; ``weights`` float ``[V]`` change their lengths."""

    rows: Table
    mapping: Int64 | None
    weights: Float32 | None

    def __call__(self, index: Int64) -> Float32:
        found = self.rows.rows(index if self.mapping is None else self.mapping[index])
        return found if self.weights is None else found * self.weights[index, None]


@dataclass(frozen=True, slots=True)
class _Scaled:
    rows: Table
    scale: Scale

    def __call__(self, index: Int64) -> Float32:
        with np.errstate(over="ignore", invalid="ignore"):
            return self.rows.rows(index) * self.scale.rows(index)


@dataclass(frozen=True, slots=True)
class _Masked:
    rows: Table
    mask: Array

    def __call__(self, index: Int64) -> Float32:
        return self.rows.rows(index) * np.asarray(self.mask[index], np.float32)


@dataclass(frozen=True, slots=True)
class _Normed:
    """Weight norm: a direction ``[V, d]`` and a length ``[V, 1]``."""

    rows: Table
    lengths: Float32

    def __call__(self, index: Int64) -> Float32:
        found = self.rows.rows(index)
        norms = np.linalg.norm(found.astype(np.float64), axis=1, keepdims=True)
        return np.asarray(found * (self.lengths[index] / np.where(norms > 0, norms, 1)), np.float32)


def completed(where: str, tensors: Mapping[str, Tensor], name: str, *, shared: bool) -> Table:
    """The tensor ``name`` as a table, with what belongs to it applied.

    ``shared``: whether tensors called ``mapping`` and ``weights`` beside it say which row a token has. Raises
    ``UnsupportedFormat`` for scales that cannot be applied, ``DamagedFile`` where they contradict the table.
    """
    tensor = tensors[name]
    scales = list(_scales(tensors, name)) if _is_scaled(tensor.dtype) else []
    if is_number(tensor.dtype) and is_packed(tensors, name):
        raise UnsupportedFormat(f"{where}: {_packed_sentence(name, tensor.dtype)}")
    table = tensor.table()
    if scales:
        if len(scales) > 1:
            raise UnsupportedFormat(
                f"{where}: {shown(name)} has several scales ({', '.join(map(shown, scales[:4]))}), which are not "
                "applied here; open the unquantised model."
            )
        scale = scale_of(where, tensors[scales[0]], table)
        return derived(name, table.shape, _Scaled(table, scale))
    step = _reparametrised(where, tensors, name, table)
    if step is None and shared:
        return _with_mapping(where, tensors, name, table)
    return table if step is None else derived(name, table.shape, step)


def is_packed(tensors: Mapping[str, Typed], name: str) -> bool:
    """Whether integers are a packed table, and not the numbers of one: by their type, or by what lies beside them."""
    dtype = tensors[name].dtype
    if not is_integer(dtype):
        return False
    if not is_number(dtype):
        return True
    beside = list(_beside(tensors, name))
    if any(_OFFSET.search(rest) for rest, _ in beside):
        return True
    return dtype != "I8" and any(_is_scale(rest) for rest, _ in beside)


def remark_on(tensors: Mapping[str, Typed], name: str) -> str:
    """What the user should know of the tensor that is the table, in a sentence; empty where there is nothing.

    >>> remark_on({"wte.base_layer.weight": None, "wte.lora_embedding_A.default": None}, "wte.base_layer.weight")
    'wte.base_layer.weight is read without the LoRA weights beside it, which are not merged.'
    """
    rests = [rest for rest, _ in _beside(tensors, name)]
    if any(_LORA.search(rest) for rest in rests):
        return f"{shown(name)} is read without the LoRA weights beside it, which are not merged."
    if name.endswith(".base_layer.weight"):
        return f"{shown(name)}, the table below an adapter, is read."
    if _prefix(name) + "mapping" in tensors and _is_shared(name):
        return f"Tokens share the rows of {shown(name)}, by the tensor mapping."
    return ""


def _is_scaled(dtype: str) -> bool:
    return dtype.startswith("F8") or dtype == "I8"


def _scales(tensors: Iterable[str], name: str) -> Iterator[str]:
    return (other for rest, other in _beside(tensors, name) if _is_scale(rest))


def _is_scale(rest: str) -> bool:
    return _SCALE.search(rest) is not None and _NO_SCALE.search(rest) is None


def _prefix(name: str) -> str:
    """What the names of tensors in the same module begin with."""
    return name[: name.rfind(".") + 1]


def _beside(tensors: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    """The tensors of the module of a table: what their names say beyond it, and the names."""
    bare = unwrapped(name).name
    if not bare.endswith(".weight"):
        yield from _beside_unnamed(tensors, name)
        return
    module = bare.removesuffix(".weight")
    tail = module.rpartition(".")[2]
    for other in tensors:
        if other == name or tail not in other:
            continue
        plain = unwrapped(other).name
        if plain.startswith(f"{module}."):
            yield plain[len(module) + 1 :], other
        elif plain.startswith(f"{module}_") or plain.endswith((module, f"{module}.weight")):
            rest = plain.replace(module, "", 1).strip("._")
            if _SCALE.match(rest.removeprefix("weight_")):
                yield rest, other


def _beside_unnamed(tensors: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    """The same for a table whose name is not that of a module's weight, such as ``embeddings``."""
    prefix = _prefix(name)
    last = name[len(prefix) :]
    for other in tensors:
        if other != name and other.startswith(prefix):
            rest = other[len(prefix) :]
            if rest.startswith((f"{last}.", f"{last}_")) or ("." not in rest and _SCALE.match(rest)):
                yield rest, other


def _reparametrised(where: str, tensors: Mapping[str, Tensor], name: str, table: Table) -> Compute | None:
    """What makes the rows of a pruned or weight-normed table out of what is stored."""
    if name.endswith("weight_orig") and f"{name.removesuffix('orig')}mask" in tensors:
        mask = tensors[f"{name.removesuffix('orig')}mask"]
        if mask.shape != table.shape:
            raise DamagedFile(where, f"the mask of {shown(name)} has the shape {list(mask.shape)}")
        return _Masked(table, mask.values())
    for ending, length in (("weight_v", "weight_g"), ("weight.original1", "weight.original0")):
        if name.endswith(ending):
            lengths = tensors.get(f"{name.removesuffix(ending)}{length}")
            if lengths is None or lengths.shape != (table.shape[0], 1):
                raise UnsupportedFormat(
                    f"{where}: {shown(name)} is a weight norm whose lengths are not one for each row; save the model "
                    "without the parametrisation."
                )
            return _Normed(table, np.asarray(lengths.values(), np.float32))
    return None


def _is_shared(name: str) -> bool:
    return name[name.rfind(".") + 1 :] in _SHARED


def _with_mapping(where: str, tensors: Mapping[str, Tensor], name: str, table: Table) -> Table:
    """The table by tokens, where rows are shared by several or weighted, as model2vec stores them."""
    mapping, weights = (tensors.get(_prefix(name) + other) for other in ("mapping", "weights"))
    if not _is_shared(name) or (mapping is None and weights is None):
        return table
    rows = None
    count = table.shape[0]
    if mapping is not None:
        if len(mapping.shape) != 1 or not is_integer(mapping.dtype):
            raise UnsupportedFormat(
                f"{where}: {shown(mapping.name)} is no list of the rows that tokens share."
            )
        rows = np.asarray(mapping.values(), np.int64)
        if not len(rows) or int(rows.min()) < 0 or int(rows.max()) >= count:
            raise DamagedFile(where, f"{shown(mapping.name)} names rows that {shown(name)} does not have")
        count = len(rows)
    lengths = None
    if weights is not None:
        if weights.shape != (count,):
            raise DamagedFile(where, f"{shown(weights.name)} has not one number for each of {count} tokens")
        lengths = np.asarray(weights.values(), np.float32)
    return derived(name, (count, table.shape[1]), _Shared(table, rows, lengths))


def _packed_sentence(name: str, dtype: str) -> str:
    return (
        f"{shown(name)} holds {dtype} integers, which are packed or quantised weights (GPTQ, AWQ, bitsandbytes, "
        "MLX); open the unquantised model or a GGUF of it."
    )
