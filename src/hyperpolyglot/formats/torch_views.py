"""What the pickle of a PyTorch checkpoint may name, and the views of storages that it builds from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from hyperpolyglot.errors import DamagedFile, UnsupportedFormat
from hyperpolyglot.formats.cursor import shown
from hyperpolyglot.formats.dtypes import BITS, MOST_AXES
from hyperpolyglot.formats.picklevm import Constructor, Inert
from hyperpolyglot.types import ByteSource

__all__ = ["ALLOWED", "Storage", "View", "register"]

_LONGEST_IDENTITY = 8

_STORAGES = {
    "Double": "F64",
    "Float": "F32",
    "Half": "F16",
    "BFloat16": "BF16",
    "Long": "I64",
    "Int": "I32",
    "Short": "I16",
    "Char": "I8",
    "Byte": "U8",
    "Bool": "BOOL",
    "ComplexDouble": "C128",
    "ComplexFloat": "C64",
    "QInt8": "I8",
    "QUInt8": "U8",
    "QInt32": "I32",
    "Untyped": "U8",
}

_DTYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "float8_e4m3fnuz": "F8_E4M3FNUZ",
    "float8_e5m2fnuz": "F8_E5M2FNUZ",
    "float8_e8m0fnu": "F8_E8M0",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
    "complex64": "C64",
    "complex128": "C128",
}

_INERT = (
    *(("torch", name) for name in ("Size", "device", "strided", "contiguous_format", "preserve_format")),
    *(("torch.serialization", name) for name in ("_get_layout",)),
    *(
        ("torch._utils", f"_rebuild_{kind}")
        for kind in (
            "qtensor",
            "sparse_tensor",
            "sparse_csr_tensor",
            "meta_tensor_no_storage",
            "wrapper_subclass",
            "device_tensor_from_numpy",
            "nested_tensor",
        )
    ),
    *((f"numpy.{core}.multiarray", n) for core in ("core", "_core") for n in ("scalar", "_reconstruct")),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("_codecs", "encode"),
    ("argparse", "Namespace"),
    ("collections", "Counter"),
    ("collections", "deque"),
    *(("pathlib", name) for name in ("Path", "PosixPath", "WindowsPath")),
    *(
        (module, name)
        for module in ("builtins", "__builtin__")
        for name in ("set", "frozenset", "list", "dict")
    ),
    *(
        (module, name)
        for module in ("builtins", "__builtin__")
        for name in ("int", "float", "bytearray", "complex")
    ),
)


class _Type(NamedTuple):
    """An element type that a pickle names; ``bare`` for a storage of bytes."""

    dtype: str
    bare: bool = False


class Storage(NamedTuple):
    """A stretch of bytes by its key; ``dtype`` is empty where only the views say it, ``start`` is in bytes."""

    key: str
    dtype: str
    nbytes: int
    start: int


class View(NamedTuple):
    """A tensor over a storage; ``first`` and ``strides`` count elements.

    ``altered``: the numbers are the negative, or the conjugate, of what is stored.
    """

    storage: Storage
    dtype: str
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    altered: bool = False


def register(storages: dict[str, Storage], source: ByteSource) -> Callable[[Any], Storage]:
    """Answers the persistent ids by which a pickle names its storages."""

    def persistent(identity: Any) -> Storage:
        if not isinstance(identity, tuple) or len(identity) > _LONGEST_IDENTITY:
            raise TypeError("a persistent id that is no storage")
        label, kind, key, _, count, *view = identity
        build = getattr(kind, "build", None)
        if build is Inert:
            raise UnsupportedFormat(
                f"{source.name}: the element type {shown(kind.name)} is not known here; save the tensors as float32."
            )
        kind = build() if build in _TYPE_BUILDERS else None
        if (
            label != "storage"
            or not isinstance(kind, _Type)
            or not isinstance(key, str)
            or type(count) is not int
        ):
            raise TypeError("a persistent id that is no storage")
        nbytes = count * BITS[kind.dtype] // 8
        if not 0 <= nbytes <= source.size:
            raise DamagedFile(source.name, f"the storage {shown(key)} is larger than the file")
        storage = Storage(key, "" if kind.bare else kind.dtype, nbytes, 0)
        if storages.setdefault(key, storage).nbytes != nbytes:
            raise DamagedFile(source.name, f"the storage {shown(key)} has two sizes")
        if view and view[0] is not None:
            _, first, length = view[0]
            width = BITS[kind.dtype] // 8
            if min(first, length) < 0 or (first + length) * width > nbytes:
                raise DamagedFile(source.name, f"a view of the storage {shown(key)} reaches beyond it")
            return storage._replace(start=first * width)
        return storage

    return persistent


def _tensor(storage: Any, first: Any, shape: Any, strides: Any, *rest: Any) -> View:
    view = _typed_view(storage, storage.dtype or "U8", first, shape, strides)
    return view._replace(altered=_is_altered(rest[2:]))


def _tensor_of_dtype(*parts: Any) -> View:
    storage, first, shape, strides, _, _, kind, *rest = parts
    return _typed_view(storage, kind.build().dtype, first, shape, strides)._replace(altered=_is_altered(rest))


def _is_altered(rest: Sequence[Any]) -> bool:
    """Whether what PyTorch keeps of a view says that a sign or conjugation is still to be applied."""
    return bool(rest) and isinstance(rest[0], dict) and any(rest[0].get(bit) for bit in ("neg", "conj"))


def _typed_view(storage: Any, dtype: str, first: Any, shape: Any, strides: Any) -> View:
    if not isinstance(storage, Storage) or len(shape) != len(strides) or len(shape) > MOST_AXES:
        raise TypeError("a tensor of what is no storage")
    if not all(type(number) is int and 0 <= number < 1 << 62 for number in (first, *shape, *strides)):
        raise ValueError("a tensor of impossible extent")
    return View(storage, dtype, first, tuple(shape), tuple(strides))


def _parameter(held: Any, *rest: Any) -> Any:
    return held


def _subclass(callee: Any, kind: Any, arguments: Any, state: Any) -> View | Inert:
    build = callee.build
    if build is Inert:
        return Inert()
    if build not in (_tensor, _tensor_of_dtype):
        raise TypeError("a subclass of what is no tensor")
    view: View = build(*arguments)
    return view


def _dictionary(*arguments: Any) -> dict[Any, Any]:
    pairs = arguments[0] if arguments and isinstance(arguments[0], list) else []
    return {key: value for key, value in pairs if isinstance(key, str)}


def _type_builder(dtype: str, bare: bool) -> Constructor:
    return lambda *_: _Type(dtype, bare)


_TYPES: dict[tuple[str, str], Constructor] = {
    (module, f"{name}Storage"): _type_builder(dtype, name == "Untyped")
    for module in ("torch", "torch.cuda", "torch.storage")
    for name, dtype in _STORAGES.items()
} | {("torch", name): _type_builder(dtype, False) for name, dtype in _DTYPES.items()}
_TYPE_BUILDERS = frozenset(_TYPES.values())

ALLOWED: Mapping[tuple[str, str], Constructor] = MappingProxyType(
    dict.fromkeys(_INERT, Inert)
    | _TYPES
    | {
        ("collections", "OrderedDict"): _dictionary,
        ("collections", "defaultdict"): lambda *_: {},
        ("torch._utils", "_rebuild_tensor"): _tensor,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch._utils", "_rebuild_tensor_v3"): _tensor_of_dtype,
        ("torch._utils", "_rebuild_parameter"): _parameter,
        ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
        ("torch._tensor", "_rebuild_from_type_v2"): _subclass,
        ("torch.nn.parameter", "Parameter"): _parameter,
        ("torch", "Tensor"): Inert,
    }
)
