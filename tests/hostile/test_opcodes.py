"""No step of the pickle machine runs anything, whatever stands before and after it."""

from __future__ import annotations

import pickle
import pickletools
import struct
from pathlib import Path

import pytest

from tests.formats.writers import legacy_records, torch_records
from tests.hostile.parsers import PARSERS, outcome

OPERANDS = (
    b"",
    b"\x01",
    b"\x01\0\0\0",
    struct.pack("<Q", 1),
    b"\xff" * 8,
    b"posix\nsystem\n",
    b"1\n",
    b"'a'\n",
)
DANGEROUS = {"GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"} | {
    *("EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER", "FRAME", "LONG4"),
}


@pytest.mark.parametrize("opcode", pickletools.opcodes, ids=lambda opcode: opcode.name)
def test_no_step_runs_anything(opcode: pickletools.OpcodeInfo, tmp_path: Path) -> None:
    sentinel = tmp_path / "sentinel"
    shell = f"touch {sentinel}".encode()
    call = b"cposix\nsystem\n(X" + struct.pack("<I", len(shell)) + shell + b"t"
    names = b"X\x05\0\0\0posixX\x06\0\0\0system"
    container = b"ccollections\nOrderedDict\n)R"
    for operand in OPERANDS:
        step = opcode.code.encode("latin-1") + operand
        for before in (b"", b"(", call, b"(" + call, names, names + b"\x93)", container, container + b"}"):
            for after in (b".", b"R.", b"b.", b"0.", b"o."):
                data = b"\x80\x04" + before + step + after
                for contents in (torch_records(data), legacy_records(data, {})):
                    assert outcome(PARSERS["torch-zip"].read, contents) in ("opened", "refused")
    assert not sentinel.exists()


def test_the_dangerous_steps_are_among_them() -> None:
    assert DANGEROUS <= {opcode.name for opcode in pickletools.opcodes}


def test_such_a_pickle_would_run() -> None:
    """The calls that are refused are ones that ``pickle`` makes."""
    assert pickle.loads(b"\x80\x04cposix\ngetpid\n)R.") > 0
