"""Builds demo:e5: an excerpt of the table of multilingual-e5-small, its stored rows bit for bit.

python tools/demo/excerpt.py [--model FOLDER] [--out DIR]   write e5.gguf and its layout
python tools/demo/excerpt.py --check [--model FOLDER]       rebuild e5.gguf, compare it with the shipped one by bytes

The model is the one that `make real-models` writes. The rule, fixed before anything was measured: all special tokens;
every token that is a word of the packaged lexicon; the founding paper's five examples and the everyday words of the
report; of each script, and of the tokens without one, the 500 most probable tokens by the tokenizer's scores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np

from hyperpolyglot.formats import open_checkpoint
from hyperpolyglot.lexicon import packaged_lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.examples import EVERYDAY, PAPER_TOKENS
from hyperpolyglot.measures.translation.lookup import look_up
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.vocabulary import SPACE, TokenKind

MODEL = Path.home() / ".cache" / "hyperpolyglot-real" / "multilingual-e5-small"
SHIPPED = Path(__file__).resolve().parents[2] / "src" / "hyperpolyglot" / "demos"
QUOTA = 500
"""Tokens of each script: as many as a probe needs."""
NAME = "e5"
TENSOR = "token_embd.weight"
_KEY = "tokenizer.ggml."


def chosen_rows(space: TokenSpace) -> list[int]:
    """The ids of the model that the excerpt keeps, ascending."""
    kinds, scores = space.vocabulary.kinds, space.vocabulary.scores
    kept = set(np.flatnonzero(kinds == TokenKind.SPECIAL).tolist())
    kept |= set(look_up(space, packaged_lexicon()).rows.tolist())
    row_of: dict[str, int] = {}
    for row, text in enumerate(space.vocabulary.texts):
        row_of.setdefault(text, row)
    for word in (*PAPER_TOKENS, *EVERYDAY):
        kept |= {row_of[text] for text in (SPACE + word, word) if text in row_of}
    ordinary = np.isin(kinds, (TokenKind.TEXT, TokenKind.WHITESPACE))
    for label in range(-1, len(space.labels.names)):
        rows = np.flatnonzero(ordinary & (space.labels.codes == label))
        kept |= set(rows[np.argsort(-scores[rows], kind="stable")][:QUOTA].tolist())
    return sorted(kept)


def write(model: Path, path: Path) -> None:
    """Write the excerpt as a GGUF file."""
    space = open_model(str(model))
    checkpoint = open_checkpoint(model)
    rows = chosen_rows(space)
    listed, scores, types = (checkpoint.metadata[_KEY + name] for name in ("tokens", "scores", "token_type"))
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("multilingual-e5-small (excerpt)")
    writer.add_description(f"{len(rows):,} of the {len(listed):,} tokens of intfloat/multilingual-e5-small")
    writer.add_license("mit")
    writer.add_source_url("https://huggingface.co/intfloat/multilingual-e5-small")
    writer.add_array("hyperpolyglot.original_ids", rows)
    writer.add_tokenizer_model("t5")
    writer.add_token_list([listed[row] for row in rows])
    writer.add_token_scores([float(scores[row]) for row in rows])
    writer.add_token_types([int(types[row]) for row in rows])
    writer.add_tensor(TENSOR, stored_rows(model)[rows], raw_dtype=gguf.GGMLQuantizationType.Q4_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def stored_rows(model: Path) -> np.ndarray:
    """The Q4_0 blocks of the model's table as they are stored, uint8 ``[V, d / 32 · 18]``."""
    (path,) = model.glob("*.gguf")
    (tensor,) = (tensor for tensor in gguf.GGUFReader(path).tensors if tensor.name == TENSOR)
    return np.asarray(tensor.data)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=MODEL, help="the model's folder (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=SHIPPED, help="where to write (default: the package's demos)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the shipped file")
    arguments = parser.parse_args()
    if not arguments.model.is_dir():
        parser.error(f"there is no model in {arguments.model}; `make real-models` writes it")
    if arguments.check:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{NAME}.gguf"
            write(arguments.model, path)
            same = path.read_bytes() == (SHIPPED / path.name).read_bytes()
        print(f"{NAME}.gguf: {'the same' if same else 'DIFFERENT'}")
        return 0 if same else 1
    path = arguments.out / f"{NAME}.gguf"
    write(arguments.model, path)
    path.chmod(0o644)
    from layout import layout  # umap takes seconds to import, and --check does without it

    space = open_model(str(path))
    np.save(arguments.out / f"{NAME}.map.npy", layout(space.vectors(np.arange(len(space)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
