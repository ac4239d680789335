"""The int8 kernels for Arm: compiled, and run where an emulator is installed (qemu-user, gcc-aarch64-linux-gnu)."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

COMPILE = """
import sys
from llvmlite import binding, ir
from hyperpolyglot.engine import processor

features = set(sys.argv[1].split(","))
processor.LANES, processor.ROWS, processor.COLUMNS = 4, 6, 8
processor.has = features.__contains__
from hyperpolyglot.engine.kernels import dots, microkernel

word = ir.IntType(64)
module = ir.Module()
function = ir.Function(module, ir.FunctionType(word, [word] * 8), "kernel")
builder = ir.IRBuilder(function.append_basic_block())
builder.ret(microkernel.emit_tile(builder, microkernel.TileAddresses(*function.args), True))
rests = ir.Function(module, ir.FunctionType(ir.VoidType(), [word] * 3), "rests")
builder = ir.IRBuilder(rests.append_basic_block())
dots._emit_rest_sums(builder, *rests.args)
builder.ret_void()
binding.initialize_all_targets()
binding.initialize_all_asmprinters()
target = binding.Target.from_triple("aarch64-unknown-linux-gnu")
machine = target.create_target_machine(features=",".join("+" + name for name in features), reloc="pic")
text = str(module).replace('target triple = "unknown-unknown-unknown"', 'target triple = "aarch64-unknown-linux-gnu"')
parsed = binding.parse_assembly(text)
open(sys.argv[2], "wb").write(machine.emit_object(parsed))
print(machine.emit_assembly(parsed))
"""

RUN = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
void rests(int64_t, int64_t, int64_t);
int64_t kernel(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t);
enum { R = 6, C = 8, W = 40 };
static int8_t rows[R][4 * W], columns[C][4 * W], row_panel[W][R][4];
static uint8_t column_panel[W][C][4];
static int32_t start[R], tile[R][C], masks[R];
static int8_t value[2][4][4 * W], rest[2][4][4 * W];
static uint8_t shifted[2][4][4 * W];
static int64_t places[4][4];
static int32_t sums[4];
static float row_side[3][R], column_side[3][C];
int main(void) {
  for (int round = 0; round < 50; round++) {
    for (int m = 0; m < 4 * W; m++) {
      for (int r = 0; r < R; r++) rows[r][m] = round < 2 ? (round ? 127 : -127) : rand() % 255 - 127;
      for (int c = 0; c < C; c++) columns[c][m] = round < 4 ? (round % 2 ? -127 : 127) : rand() % 255 - 127;
    }
    for (int m = 0; m < 4 * W; m++) {
      for (int r = 0; r < R; r++) row_panel[m / 4][r][m % 4] = rows[r][m];
      for (int c = 0; c < C; c++) column_panel[m / 4][c][m % 4] = columns[c][m] + 128;
    }
    for (int r = 0; r < R; r++) {
      start[r] = 0;
      for (int m = 0; m < 4 * W; m++) start[r] -= 128 * rows[r][m];
    }
    kernel((int64_t)row_panel, (int64_t)column_panel, W, (int64_t)start, (int64_t)row_side, (int64_t)column_side,
           (int64_t)tile, (int64_t)masks);
    for (int r = 0; r < R; r++)
      for (int c = 0; c < C; c++) {
        int32_t sum = 0;
        for (int m = 0; m < 4 * W; m++) sum += rows[r][m] * columns[c][m];
        if (sum != tile[r][c]) return printf("%d %d: %d, not %d", r, c, tile[r][c], sum), 1;
      }
    for (int side = 0; side < 2; side++)
      for (int r = 0; r < 4; r++) {
        for (int m = 0; m < 4 * W; m++) {
          value[side][r][m] = round < 2 ? 127 : rand() % 255 - 127;
          rest[side][r][m] = round < 2 ? (round ? 127 : -127) : rand() % 255 - 127;
          shifted[side][r][m] = rest[side][r][m] + 128;
        }
        places[2 * side][r] = (int64_t)value[side][r];
        places[2 * side + 1][r] = (int64_t)shifted[side][r];
      }
    for (int r = 0; r < 4; r++) {
      sums[r] = 0;
      for (int m = 0; m < 4 * W; m++) sums[r] -= 128 * (value[0][r][m] + value[1][r][m]);
    }
    rests((int64_t)places, W / 4, (int64_t)sums);
    for (int r = 0; r < 4; r++) {
      int32_t sum = 0;
      for (int m = 0; m < 4 * W; m++) sum += value[0][r][m] * rest[1][r][m] + value[1][r][m] * rest[0][r][m];
      if (sum != sums[r]) return printf("rests %d: %d, not %d", r, sums[r], sum), 1;
    }
  }
  return 0;
}
"""

FEATURES = [("neon,dotprod", "sdot"), ("neon,dotprod,i8mm", "usdot"), ("neon", "mla")]


def compiled(features, path):
    """The assembly; the object goes to ``path``."""
    return subprocess.run(
        [sys.executable, "-c", COMPILE, features, str(path)], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(("features", "instruction"), FEATURES)
def test_they_compile_to_the_instruction(features, instruction, tmp_path):
    """Each of both functions has it."""
    tiles, rests = compiled(features, tmp_path / "kernel.o").split("\nrests:", 1)
    for assembly in (tiles, rests):
        words = {line.split()[0] for line in assembly.splitlines() if line.strip()}
        assert instruction in {word.split(".")[0] for word in words}


@pytest.mark.skipif(
    not (shutil.which("qemu-aarch64") and shutil.which("aarch64-linux-gnu-gcc")), reason="no emulator of Arm"
)
@pytest.mark.parametrize("features", [features for features, _ in FEATURES])
def test_their_sums_are_exact_under_emulation(features, tmp_path):
    compiled(features, tmp_path / "kernel.o")
    (tmp_path / "main.c").write_text(RUN)
    program = str(tmp_path / "main")
    subprocess.run(
        [
            "aarch64-linux-gnu-gcc",
            "-O1",
            "-static",
            "-o",
            program,
            str(tmp_path / "main.c"),
            str(tmp_path / "kernel.o"),
        ],
        check=True,
    )
    found = subprocess.run(
        ["qemu-aarch64", "-cpu", "max", program], capture_output=True, text=True, check=False
    )
    assert (0, "") == (found.returncode, found.stdout)
