"""Writers of checkpoint files for the tests: with the real libraries, and by hand where those are absent."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from hyperpolyglot.errors import DamagedFile

Array = NDArray[Any]

DTYPE_NAMES = {
    np.dtype(np.float64): "F64",
    np.dtype(np.float32): "F32",
    np.dtype(np.float16): "F16",
    np.dtype(ml_dtypes.bfloat16): "BF16",
    np.dtype(ml_dtypes.float8_e4m3fn): "F8_E4M3",
    np.dtype(ml_dtypes.float8_e5m2): "F8_E5M2",
    np.dtype(np.int64): "I64",
    np.dtype(np.int32): "I32",
    np.dtype(np.uint32): "U32",
    np.dtype(np.int8): "I8",
    np.dtype(np.uint8): "U8",
}
STORAGE_NAMES = {
    "F64": "Double",
    "F32": "Float",
    "F16": "Half",
    "BF16": "BFloat16",
    "I64": "Long",
    "I32": "Int",
    "I8": "Char",
    "U8": "Byte",
}


class Memory:
    """Bytes in memory as a source."""

    def __init__(self, contents: bytes, name: str = "memory.bin") -> None:
        self.contents = contents
        self.name = name
        self.size = len(contents)

    def read(self, offset: int, length: int) -> bytes:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise DamagedFile(self.name, "the file ends early")
        return self.contents[offset : offset + length]

    def map(self, offset: int, length: int) -> NDArray[np.uint8]:
        return np.frombuffer(self.read(offset, length), np.uint8)


def safetensors_bytes(tensors: dict[str, Array], metadata: dict[str, str] | None = None) -> bytes:
    """A safetensors file, by hand: the library writes no FP8 from numpy."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    spot = 0
    for name, array in tensors.items():
        header[name] = {
            "dtype": DTYPE_NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [spot, spot + array.nbytes],
        }
        spot += array.nbytes
    return raw_safetensors(header, b"".join(array.tobytes() for array in tensors.values()))


def raw_safetensors(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class Global(NamedTuple):
    module: str
    name: str


class Call(NamedTuple):
    callee: Global
    arguments: tuple[Any, ...]


class Persistent(NamedTuple):
    identity: tuple[Any, ...]


class View(NamedTuple):
    """A tensor over a storage, in elements."""

    storage: str
    dtype: str
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def opcodes(value: Any) -> bytes:
    """Pickle steps of protocol 2 for plain values, globals, calls and persistent ids."""
    if isinstance(value, Global):
        return b"c" + value.module.encode() + b"\n" + value.name.encode() + b"\n"
    if isinstance(value, Call):
        return opcodes(value.callee) + opcodes(value.arguments) + b"R"
    if isinstance(value, Persistent):
        return opcodes(value.identity) + b"Q"
    if isinstance(value, dict):
        return b"}(" + b"".join(opcodes(k) + opcodes(v) for k, v in value.items()) + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(opcodes, value)) + b"e"
    if isinstance(value, tuple):
        return b"(" + b"".join(map(opcodes, value)) + b"t"
    return pickle.dumps(value, 2)[2:-1]


def pickled(value: Any) -> bytes:
    return b"\x80\x02" + opcodes(value) + b"."


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides, step = [], 1
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return tuple(reversed(strides))


def _torch_object(
    tensors: dict[str, Array | View], storages: dict[str, Array], legacy: bool, parameter: bool = False
) -> dict[str, Any]:
    """The object of a checkpoint; arrays get a storage of their own."""
    found: dict[str, Any] = {}
    for number, (name, tensor) in enumerate(tensors.items()):
        if isinstance(tensor, View):
            view = tensor
        else:
            key = f"s{number}"
            storages[key] = tensor
            view = View(key, DTYPE_NAMES[tensor.dtype], 0, tensor.shape, row_major(tensor.shape))
        array = storages[view.storage]
        untyped = view.dtype not in STORAGE_NAMES
        kind = (
            Global("torch.storage", "UntypedStorage")
            if untyped
            else Global("torch", f"{STORAGE_NAMES[view.dtype]}Storage")
        )
        count = array.nbytes if untyped else array.nbytes * array.size // (array.nbytes or 1)
        identity = ("storage", kind, view.storage, "cpu", count) + ((None,) if legacy else ())
        hooks = Call(Global("collections", "OrderedDict"), ())
        arguments: tuple[Any, ...] = (
            Persistent(identity),
            view.first,
            view.shape,
            view.strides,
            False,
            hooks,
        )
        if untyped:
            dtype = {"F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"}[view.dtype]
            arguments += (Global("torch", dtype),)
        call = Call(Global("torch._utils", f"_rebuild_tensor_v{3 if untyped else 2}"), arguments)
        found[name] = (
            Call(Global("torch._utils", "_rebuild_parameter"), (call, True, hooks)) if parameter else call
        )
    return found


def torch_zip(
    tensors: dict[str, Array | View],
    storages: dict[str, Array] | None = None,
    *,
    nested: str | None = None,
    parameter: bool = False,
    byteorder: str = "little",
) -> bytes:
    """What ``torch.save`` writes, with payloads aligned to 64 bytes through the local header."""
    storages = dict(storages or {})
    top: Any = _torch_object(tensors, storages, legacy=False, parameter=parameter)
    return torch_records(
        pickled({nested: top, "epoch": 3} if nested else top),
        {key: array.tobytes() for key, array in storages.items()},
        byteorder,
    )


def torch_records(data: bytes, storages: dict[str, bytes] | None = None, byteorder: str = "little") -> bytes:
    """The archive of a PyTorch checkpoint around a pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/byteorder", byteorder)
        for key, contents in (storages or {}).items():
            info = zipfile.ZipInfo(f"archive/data/{key}")
            start = file.tell() + 30 + len(info.filename) + 4
            padding = -start % 64
            info.extra = struct.pack("<2s H", b"FB", padding) + b"Z" * padding
            archive.writestr(info, contents)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def torch_legacy(
    tensors: dict[str, Array | View], storages: dict[str, Array] | None = None, *, little: bool = True
) -> bytes:
    """What ``torch.save`` wrote before 1.6."""
    storages = dict(storages or {})
    top = _torch_object(tensors, storages, legacy=True)
    return legacy_records(pickled(top), storages, little=little)


def legacy_records(data: bytes, storages: dict[str, Array], *, little: bool = True) -> bytes:
    system = {
        "protocol_version": 1001,
        "little_endian": little,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    parts = [pickle.dumps(0x1950A86A20F9469CFC6C, 2), pickle.dumps(1001, 2), pickle.dumps(system, 2), data]
    parts.append(pickle.dumps(list(storages), 2))
    parts += [struct.pack("<q", array.size) + array.tobytes() for array in storages.values()]
    return b"".join(parts)


def gguf_bytes(
    folder: Path,
    matrix: Array,
    kind: gguf.GGMLQuantizationType | None = None,
    tokens: list[str] | None = None,
) -> bytes:
    """A GGUF file by the gguf library; ``kind`` says that ``matrix`` is packed rows of that type."""
    path = folder / "written.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint32("llama.block_count", 1)
    writer.add_bool("tokenizer.ggml.add_bos_token", True)
    writer.add_float32("llama.rope.freq_base", 0.5)
    if tokens is not None:
        writer.add_tokenizer_model("llama")
        writer.add_token_list(tokens)
        writer.add_token_scores([-float(i) for i in range(len(tokens))])
        writer.add_token_types([1] * len(tokens))
    writer.add_tensor("output_norm.weight", np.ones(3, np.float32))
    writer.add_tensor("token_embd.weight", matrix, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


def npz_bytes(compressed: bool = False, **arrays: Array) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def word2vec_bytes(tokens: list[str], matrix: NDArray[np.float32], header: bool = True) -> bytes:
    lines = [f"{len(matrix)} {matrix.shape[1]}"] if header else []
    for token, row in zip(tokens, matrix, strict=True):
        lines.append(" ".join([token, *(np.format_float_scientific(x, unique=True, trim="-") for x in row)]))
    return "".join(f"{line}\n" for line in lines).encode()
