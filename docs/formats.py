"""Writes formats.md: what opens, from the tables that the readers are registered in.

python docs/formats.py
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hyperpolyglot.formats.registry import FORMATS, REFUSED_SUFFIXES
from hyperpolyglot.vocabularies.registry import FORMATS as VOCABULARIES

__all__ = ["page"]

HEAD = """# What opens

These tables are written from the registries of the readers by `docs/formats.py`; a new format is one module and one
row there.

## Checkpoints

A file is recognised by what it begins with, else by how its name ends. In a folder, and among the files of a repository
of the Hub, the names are searched for in this order; a single file goes before an index of shards, as in transformers.
Where several are there, the note of the command, `remark` in `inspect --json`, says which one was read.

| format | names end in | looked for in a folder | what it holds |
|---|---|---|---|
"""

CHECKPOINTS = """
{refused} are recognised and refused with a sentence that says what to do instead; so are compressed files, tar
archives, HDF5, bare pickles, Git LFS pointers and GGML files from before GGUF.

## Which tensor

The input embedding of the text model, by its name and shape, under any wrapper: `module.`, `_orig_mod.` and the
prefixes of FSDP, `parametrizations.weight.original`, pruned (`weight_orig` with its mask) and weight-normed tables, and
what PEFT makes of one (`modules_to_save`, `base_layer`; LoRA weights are not merged, which is said). A table of another
tower (vision, speech, a codec, a depth decoder) is never taken unless `--tensor` names it. Where only the output table
is stored and the configuration ties the two, it is read.

Scales of FP8 and int8 tables, one number, one for each row or each block, are applied, whatever they are called; those
of an unknown kind are refused by name. Integers that are packed (GPTQ, AWQ, bitsandbytes 4-bit, MLX) are refused;
plain int8, uint8 and int16 are numbers. Where tokens share rows (model2vec's `mapping`, `weights`), each token has the
row and the length that model2vec gives it.

## Vocabularies

| file | also |
|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| {form.name} | {_code(form.suffixes)} | {_code(form.names)} | {form.holds} |"
        for form in FORMATS
        if form.suffixes
    ]
    refused = _code(REFUSED_SUFFIXES)
    words = [f"| {_code(form.names)} | {_code(form.other_names)} |" for form in VOCABULARIES]
    lines = [*rows, CHECKPOINTS.format(refused=refused).rstrip("\n"), *words, ""]
    return HEAD + "\n".join(lines)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), "utf8")
