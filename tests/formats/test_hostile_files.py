"""Files that lie on purpose: nothing runs, nothing grows, one sentence."""

from __future__ import annotations

import io
import os
import pickle
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperpolyglot.errors import DamagedFile, HyperpolyglotError, UnsupportedFormat
from hyperpolyglot.formats import open_checkpoint, read_checkpoint

from .mutations import outcome
from .writers import (
    Call,
    Global,
    Memory,
    View,
    gguf_bytes,
    legacy_records,
    npz_bytes,
    opcodes,
    pickled,
    raw_safetensors,
    torch_legacy,
    torch_records,
    torch_zip,
    word2vec_bytes,
)

TABLE = np.arange(48, dtype=np.float32).reshape(12, 4)
ENTRY = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}


@pytest.mark.parametrize("length", [0, 1, 2**31, 2**63, 2**64 - 1, 100_000_001])
def test_header_lengths_that_lie(length: int) -> None:
    with pytest.raises(DamagedFile):
        read_checkpoint(Memory(struct.pack("<Q", length) + b"{}", "a.safetensors"))


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({"a": ENTRY, "b": ENTRY}, 16),
        ({"a": ENTRY}, 15),
        ({"a": ENTRY}, 17),
        ({"a": ENTRY | {"data_offsets": [4, 20]}}, 20),
        ({"a": ENTRY | {"data_offsets": [16, 0]}}, 16),
        ({"a": ENTRY | {"data_offsets": [0, 2**70]}}, 16),
        ({"a": ENTRY | {"shape": [2**63, 2**63]}}, 16),
        ({"a": ENTRY | {"shape": [-2, -2]}}, 16),
        ({"a": ENTRY | {"shape": [True, 4]}}, 16),
        ({"a": ENTRY | {"shape": [2.0, 2]}}, 16),
        ({"a": ENTRY | {"shape": [1] * 100}}, 4),
        ({"a": ENTRY | {"dtype": 7}}, 16),
        ({"a": {"dtype": "F32"}}, 16),
        ({"a": 3}, 16),
        ({"__metadata__": {"a": 1}}, 0),
        ({"__metadata__": []}, 0),
        ({"a\ud800": ENTRY}, 16),
        (b"[]", 0),
        (b'{"a":', 0),
        (b"{" + b'"a":{' * 50_000, 0),
        (b"[" * 100_000, 0),
        (b'{"a": NaN}', 0),
        (b'{"a": ' + b"9" * 10_000 + b"}", 0),
        (b'{"a":{"dtype":"F32","dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}', 16),
        (
            b'{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
            0,
        ),
        (b"\xff\xfe{}", 0),
    ],
)
def test_safetensors_headers_that_lie(header: Any, data: int) -> None:
    with pytest.raises(DamagedFile):
        read_checkpoint(Memory(raw_safetensors(header, bytes(data)), "a.safetensors"))


def test_unknown_element_types_do_not_hide_the_others() -> None:
    header = {"a": ENTRY, "b": {"dtype": "X9", "shape": [3], "data_offsets": [16, 20]}}
    found = read_checkpoint(Memory(raw_safetensors(header, bytes(20))))
    assert found.table("a").shape == (2, 2)
    with pytest.raises(UnsupportedFormat, match="X9"):
        found.table("b")


class Evil:
    def __init__(self, call: Callable[..., Any], *arguments: Any) -> None:
        self.reduced = (call, arguments)

    def __reduce__(self) -> Any:
        return self.reduced


def evil_pickles(sentinel: Path) -> dict[str, bytes]:
    shell, code = f"touch {sentinel}", f"open({str(sentinel)!r}, 'w')"
    evil: dict[str, Any] = {
        "os.system": Evil(os.system, shell),
        "eval": Evil(eval, code),
        "exec": Evil(exec, code),
        "getattr": Evil(getattr, "", "join"),
        "open": Evil(open, str(sentinel), "w"),
        "__import__": Evil(__import__, "os"),
    }
    found = {
        f"{name} {protocol}": pickle.dumps({"e": value}, protocol)
        for name, value in evil.items()
        for protocol in (2, 3, 4, 5)
    }
    found["global only"] = b"\x80\x02cos\nsystem\n."
    found["stack global"] = b"\x80\x04\x8c\x02os\x8c\x06system\x93."
    found["inst"] = b"(S'" + shell.encode() + b"'\nios\nsystem\n."
    found["old obj"] = b"(cos\nsystem\nX\x01\x00\x00\x00ao."
    found["newobj_ex"] = b"\x80\x04cos\nsystem\n)}\x92."
    found["extension"] = b"\x80\x02\x82\x01."
    found["dotted"] = b"\x80\x04\x8c\x0ccollections\x8c\x13OrderedDict.__init__\x93."
    found["build"] = b"\x80\x02ccollections\nOrderedDict\n)R}X\x03\x00\x00\x00keyX\x01\x00\x00\x00vsb."
    found["call of a value"] = b"\x80\x02X\x01\x00\x00\x00a)R."
    found["call of the root"] = b"\x80\x02cos.path\nos.system\n)R."
    return found


@pytest.mark.parametrize("form", ["zip", "legacy", "bare"])
def test_no_pickle_is_executed(form: str, tmp_path: Path) -> None:
    sentinel = tmp_path / "sentinel"
    for name, data in evil_pickles(sentinel).items():
        contents = {"zip": torch_records, "legacy": lambda data: legacy_records(data, {}), "bare": bytes}[
            form
        ](data)
        path = tmp_path / "evil.bin"
        path.write_bytes(contents)
        if name == "build" or name.startswith("getattr"):
            assert form == "bare" or not open_checkpoint(path).tensors
            continue
        with pytest.raises(HyperpolyglotError) as error:
            open_checkpoint(path)
        if name.startswith("os.system") and form != "bare":
            assert "posix.system" in str(error.value)
            assert "nothing was executed" in str(error.value)
    assert not sentinel.exists()


def call(name: str, *arguments: Any, module: str = "torch._utils") -> Call:
    return Call(Global(module, name), arguments)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x02",
        b"\x80\xff.",
        b"\x80\x02(.",
        b"\x80\x02h\x05.",
        b"\x80\x02NR.",
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
        b"\x80\x02\x8d" + b"\xff" * 8,
        b"\x80\x02X\xff\xff\xff\xffabc.",
        b"\x80\x02Nr\xff\xff\xff\xff0j\xff\xff\xff\xff0.",
        b"\x80\x02}" + b"\x85" * 100_000 + b".",
        b"\x80\x02]q\x00h\x00a.",
        b"\x80\x02}(Nu.",
        b"\x80\x02K\x01(K\x01u.",
        b"\x80\x02Nt.",
        pickled(call("_rebuild_tensor_v2")),
        pickled(call("_rebuild_tensor_v2", 1, 2, 3, 4, 5, 6)),
        pickled(
            call(
                "_rebuild_from_type_v2",
                Global("torch._tensor", "_rebuild_from_type_v2"),
                None,
                [],
                None,
                module="torch._tensor",
            )
        ),
        pickled(call("_rebuild_parameter")),
        pickled(call("OrderedDict", [1, 2], module="collections")),
        b"\x80\x02X\x01\x00\x00\x00aQ.",
        b"\x80\x02(X\x07\x00\x00\x00storageNNNNtQ.",
    ],
)
def test_malformed_pickles(data: bytes) -> None:
    for contents in (torch_records(data), legacy_records(data, {})):
        assert outcome(contents, "a.bin") in ("opened", "refused")


def test_a_pickle_whose_key_would_take_forever_to_hash() -> None:
    data = b"\x80\x02)" + b"2\x86" * 200 + b"q\x00}h\x00Ns."
    began = time.perf_counter()
    assert outcome(torch_records(data), "a.bin") == "opened"
    assert time.perf_counter() - began < 1


def test_an_endless_subclass_of_a_subclass() -> None:
    callee = opcodes(Global("torch._tensor", "_rebuild_from_type_v2"))
    data = b"\x80\x02" + callee + b"](" + callee + b"N2eNtR."
    assert outcome(torch_records(data), "a.bin") == "refused"


@pytest.mark.parametrize(
    "view",
    [
        View("s", "F32", 0, (13, 4), (4, 1)),
        View("s", "F32", 45, (1, 4), (4, 1)),
        View("s", "F32", -1, (1, 4), (4, 1)),
        View("s", "F32", 0, (2, 4), (-4, 1)),
        View("s", "F32", 0, (2**62, 4), (4, 1)),
        View("s", "F32", 0, (2, 4), (2**61, 1)),
        View("s", "F32", 0, (2, 4), (1,)),
        View("s", "F32", 0, (1,) * 40, (1,) * 40),
        View("s", "F32", 2**61, (2, 4), (4, 1)),
    ],
)
def test_views_beyond_their_storage(view: View) -> None:
    for write in (torch_zip, torch_legacy):
        with pytest.raises(DamagedFile):
            read_checkpoint(Memory(write({"e": view}, {"s": TABLE})))


def test_views_that_are_not_row_major_are_refused_one_by_one() -> None:
    views: dict[str, Any] = {
        "good": View("s", "F32", 4, (11, 4), (4, 1)),
        "transposed": View("s", "F32", 0, (4, 12), (1, 4)),
        "expanded": View("s", "F32", 0, (5, 4), (0, 1)),
        "narrow": View("s", "F32", 0, (12, 2), (4, 1)),
    }
    for write in (torch_zip, torch_legacy):
        found = read_checkpoint(Memory(write(views, {"s": TABLE})))
        assert found.table("good").rows(slice(None)).tobytes() == TABLE[1:].tobytes()
        for name in ("transposed", "expanded", "narrow"):
            with pytest.raises(UnsupportedFormat, match="contiguous"):
                found.table(name)


def test_big_endian_and_foreign_files_are_named(tmp_path: Path) -> None:
    swapped = bytearray(gguf_bytes(tmp_path, TABLE))
    swapped[4:8] = struct.pack(">I", 3)
    first = bytearray(gguf_bytes(tmp_path, TABLE))
    first[4:8] = struct.pack("<I", 1)
    for contents, name, words in (
        (torch_zip({"e": TABLE}, byteorder="big"), "a.bin", "big-endian"),
        (torch_legacy({"e": TABLE}, little=False), "a.bin", "big-endian"),
        (bytes(swapped), "a.gguf", "big-endian"),
        (bytes(first), "a.gguf", "version 1"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "tf_model.h5", "HDF5"),
        (bytes(257) + b"ustar" + bytes(300), "a.bin", "tar"),
        (b"\x81\xa6params\x80", "flax_model.msgpack", "Flax"),
        (b"version https://git-lfs", "model.safetensors", "Git LFS"),
        (b"<!DOCTYPE html><html>", "model.safetensors", "web page"),
        (b"\x1f\x8b\x08" + bytes(20), "a.vec", "unpack"),
        (b"lmgg" + bytes(40), "ggml-model.bin", "old GGML file"),
        (pickle.dumps([1], 4), "a.pkl", "never executed"),
        (b"3 4\nno binary at all", "GoogleNews.bin", "not a PyTorch checkpoint"),
        (b"hello", "a.xyz", "no kind that can be opened"),
    ):
        with pytest.raises(UnsupportedFormat, match=words):
            read_checkpoint(Memory(contents, name))
    with pytest.raises(DamagedFile, match="empty"):
        read_checkpoint(Memory(b"", "a.safetensors"))


@pytest.mark.parametrize("spot", [8, 16])
@pytest.mark.parametrize("count", [2**20 + 1, 2**32, 2**63, 2**64 - 1, 1000])
def test_gguf_counts_that_lie(spot: int, count: int, tmp_path: Path) -> None:
    contents = bytearray(gguf_bytes(tmp_path, TABLE))
    contents[spot : spot + 8] = struct.pack("<Q", count)
    with pytest.raises(DamagedFile):
        read_checkpoint(Memory(bytes(contents), "a.gguf"))


def pair(key: str, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", kind) + value


@pytest.mark.parametrize(
    "value",
    [
        pair("a", 9, struct.pack("<IQ", 8, 2**24 + 1)),
        pair("a", 9, struct.pack("<IQ", 8, 2**63)),
        pair("a", 9, struct.pack("<IQ", 4, 2**40)),
        pair("a", 9, struct.pack("<IQ", 9, 1)),
        pair("a", 9, struct.pack("<IQ", 77, 1)),
        pair("a", 8, struct.pack("<Q", 2**50)),
        pair("a", 77, b""),
        pair("a", 8, struct.pack("<Q", 2**64 - 1)),
        struct.pack("<Q", 2**33),
        pair("general.alignment", 4, struct.pack("<I", 0)),
        pair("general.alignment", 4, struct.pack("<I", 33)),
        pair("general.alignment", 8, struct.pack("<Q", 1) + b"a"),
    ],
)
def test_gguf_values_that_lie(value: bytes) -> None:
    contents = struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + value + bytes(64)
    with pytest.raises(HyperpolyglotError):
        read_checkpoint(Memory(contents, "a.gguf"))


def test_gguf_twice_the_same_key_or_tensor_or_place(tmp_path: Path) -> None:
    twice = struct.pack("<4sIQQ", b"GGUF", 3, 0, 2) + 2 * pair("a", 0, b"\1")
    with pytest.raises(DamagedFile, match="twice"):
        read_checkpoint(Memory(twice, "a.gguf"))
    for names in (("a", "a"), ("a", "b")):
        infos = b"".join(
            struct.pack("<Q", 1) + name.encode() + struct.pack("<IQQIQ", 2, 4, 2, 0, 0) for name in names
        )
        contents = struct.pack("<4sIQQ", b"GGUF", 3, 2, 0) + infos
        with pytest.raises(DamagedFile, match=r"twice|overlap"):
            read_checkpoint(Memory(contents + bytes(-len(contents) % 32 + 32), "a.gguf"))


def test_quantised_rows_of_broken_length_and_types_without_a_decoder() -> None:
    def one(dims: tuple[int, ...], kind: int, size: int) -> bytes:
        info = struct.pack("<Q", 1) + b"e" + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, 0)
        head = struct.pack("<4sIQQ", b"GGUF", 3, 1, 0) + info
        return head + bytes(-len(head) % 32 + size)

    with pytest.raises(DamagedFile, match="multiple of 32"):
        read_checkpoint(Memory(one((33, 2), 8, 400), "a.gguf"))
    for kind in (9, 26, 99):
        with pytest.raises(UnsupportedFormat):
            read_checkpoint(Memory(one((32, 2), kind, 400), "a.gguf")).table("e")
    with pytest.raises(DamagedFile):
        read_checkpoint(Memory(one((2**62, 2**62), 0, 400), "a.gguf"))
    with pytest.raises(UnsupportedFormat):
        read_checkpoint(Memory(one((0, 2**62), 0, 400), "a.gguf")).table("e")
    with pytest.raises(UnsupportedFormat, match="rows and columns"):
        read_checkpoint(Memory(one((), 0, 4), "a.gguf")).table("e")


def archive(method: int, **contents: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as opened:
        for name, data in contents.items():
            opened.writestr(name, data)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy_header(text: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


def test_a_zip_bomb_is_not_inflated() -> None:
    bomb = archive(zipfile.ZIP_DEFLATED, **{"embeddings.npy": npy(np.zeros((1 << 16, 512), np.float32))})
    assert len(bomb) < 200_000
    checkpoint = read_checkpoint(Memory(bomb, "a.npz"))
    with pytest.raises(DamagedFile, match="more than"):
        checkpoint.table("embeddings")
    small = archive(zipfile.ZIP_DEFLATED, **{"embeddings.npy": npy(np.zeros((1000, 512), np.float32))})
    assert read_checkpoint(Memory(small, "a.npz")).table("embeddings").shape == (1000, 512)


def test_a_member_that_inflates_to_more_than_it_says() -> None:
    contents = archive(zipfile.ZIP_DEFLATED, **{"embeddings.npy": npy(TABLE)})
    honest = len(npy(TABLE))
    spot = contents.index(b"PK\x01\x02")
    for size in (honest - 4, honest + 4, 140):
        lie = bytearray(contents)
        lie[spot + 24 : spot + 28] = struct.pack("<I", size)
        with pytest.raises(DamagedFile):
            read_checkpoint(Memory(bytes(lie), "a.npz")).table("embeddings")


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    sentinel = tmp_path / "sentinel"
    evil = np.array([Evil(os.system, f"touch {sentinel}")], dtype=object)
    for arrays in ({"tokens": evil}, {"embeddings": evil, "tokens": np.array(["a"])}):
        with pytest.raises(UnsupportedFormat, match="never executed"):
            read_checkpoint(Memory(npz_bytes(**arrays), "a.npz"))
    assert not sentinel.exists()


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 2), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -2), }",
        "{'descr': '<f4', 'fortran_order': __import__('os').system('true'), 'shape': (2, 2), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1," * 40 + "), }",
        "(" * 4000,
        "",
    ],
)
def test_npy_headers_that_lie(header: str) -> None:
    contents = archive(zipfile.ZIP_STORED, **{"embeddings.npy": npy_header(header, bytes(12))})
    with pytest.raises(HyperpolyglotError):
        read_checkpoint(Memory(contents, "a.npz")).table("embeddings")


def test_npz_tokens_must_be_strings_one_for_each_row() -> None:
    for tokens in (np.arange(12), np.array([["a"] * 12])):
        with pytest.raises(UnsupportedFormat, match="tokens"):
            read_checkpoint(Memory(npz_bytes(embeddings=TABLE, tokens=tokens), "a.npz"))
    found = read_checkpoint(Memory(npz_bytes(embeddings=TABLE, tokens=np.array(["a"])), "a.npz"))
    with pytest.raises(DamagedFile, match="1 tokens for 12 rows"):
        found.table("embeddings")
    for table in (TABLE.astype(">f4"), TABLE.astype(np.int64), TABLE.astype(np.complex64)):
        with pytest.raises(UnsupportedFormat, match="save it as float32"):
            read_checkpoint(Memory(npz_bytes(embeddings=table), "a.npz")).table("embeddings")


def test_zip_names_lead_nowhere(tmp_path: Path) -> None:
    names = ("../../evil.npy", "/etc/evil.npy", "embeddings.npy")
    contents = archive(zipfile.ZIP_STORED, **dict.fromkeys(names, npy(TABLE)))
    assert read_checkpoint(Memory(contents, "a.npz")).table("embeddings").shape == (12, 4)
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as opened:
        opened.writestr("embeddings.npy", npy(TABLE))
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("embeddings.npy", npy(TABLE + 1))
    with pytest.raises(DamagedFile, match="twice"):
        read_checkpoint(Memory(twice.getvalue(), "a.npz"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3 2\na 1 2\nb 3 4", "announces 3 rows, but 2"),
        ("1 2\na 1 2\nb 3 4", "announces 1 rows, but 2"),
        ("2 2\na 1 2\nb 3\n", "line 3 has fewer than 2"),
        ("a 1 2\nb x 4\n", "line 2 does not end with 2 numbers"),
        ("99999999999 300\na 1 2\n", "more than it can hold"),
        ("0 999999999999999999\n", "more than it can hold"),
        ("a\nb\n", "line 1"),
        ("\n\n", "line 1"),
        ("1 0\na\n", "line 1"),
    ],
)
def test_word2vec_files_that_lie(text: str, words: str) -> None:
    with pytest.raises(DamagedFile, match=words):
        read_checkpoint(Memory(text.encode(), "a.vec"))


def test_word2vec_of_other_hands() -> None:
    contents = b"a\t1.5\t2\r\nb c  3   4 \nb c 1e0 -2\n\xff 0 1e999\n"
    found = read_checkpoint(Memory(contents, "a.txt"))
    assert found.tokens == ("a", "b c", "b c", "\udcff")
    expected = np.array([[1.5, 2], [3, 4], [1, -2], [0, np.inf]], np.float32)
    np.testing.assert_array_equal(found.table("embeddings").rows(slice(None)), expected)
    spaced = word2vec_bytes([" ", "  x", ""], np.ones((3, 2), np.float32))
    assert read_checkpoint(Memory(spaced, "a.vec")).tokens == (" ", "  x", "")


def test_scales_of_an_unknown_kind_and_packed_integers_are_refused_by_name() -> None:
    header = {
        "e.weight": {"dtype": "F8_E4M3", "shape": [4, 4], "data_offsets": [0, 16]},
        "e.weight_scale_inv": {"dtype": "I32", "shape": [1], "data_offsets": [16, 20]},
        "q": {"dtype": "I32", "shape": [2, 2], "data_offsets": [20, 36]},
    }
    found = read_checkpoint(Memory(raw_safetensors(header, bytes(36))))
    with pytest.raises(UnsupportedFormat, match="weight_scale_inv"):
        found.table("e.weight")
    with pytest.raises(UnsupportedFormat, match="GPTQ"):
        found.table("q")
    with pytest.raises(HyperpolyglotError, match="no tensor nothing"):
        found.table("nothing")


def test_a_header_of_a_quarter_million_tokens_is_read_quickly(tmp_path: Path) -> None:
    tokens = [f"tok{i}" for i in range(256_000)]
    contents = gguf_bytes(tmp_path, np.zeros((2, 32), np.float32), tokens=tokens)
    began = time.perf_counter()
    found = read_checkpoint(Memory(contents, "a.gguf"))
    assert time.perf_counter() - began < 2
    assert found.metadata["tokenizer.ggml.tokens"][-1] == "tok255999"


def test_a_file_of_zeros_is_refused_quickly(tmp_path: Path) -> None:
    for name in ("a.safetensors", "a.bin", "a.gguf", "a.npz", "a.vec", "a.txt"):
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(4 << 30)
        began = time.perf_counter()
        with pytest.raises(HyperpolyglotError):
            open_checkpoint(path)
        assert time.perf_counter() - began < 2
        path.unlink()
