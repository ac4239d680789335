"""Train a small multilingual embedding with checkpoints, for ``hyperpolyglot track``: minutes on two cores.

    python -m tools training/train run                      # the packaged text: six languages
    python -m tools training/train run --text text          # a folder of <tag>.txt, the same segment on each line
    hyperpolyglot track run/step-*.npz --shares run/shares.tsv

Writes ``step-N.npz`` after so many updates, from 0 on and then at equal ratios, and ``shares.tsv`` with each language's
share of the running words.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from skipgram import corpus_of, trained

SHIPPED = Path(__file__).parents[2] / "src" / "hyperpolyglot" / "parallel_text" / "udhr"


def text_of(folder: Path) -> Mapping[str, Sequence[str]]:
    """The lines of each language; all files have the same number."""
    found = {path.stem: path.read_text("utf-8").split("\n") for path in sorted(folder.glob("*.txt"))}
    if len({len(lines) for lines in found.values()}) != 1:
        raise SystemExit(f"{folder}: the files <tag>.txt have different numbers of lines, or there are none.")
    return found


def steps_of(count: int, first: int, last: int) -> list[int]:
    """0, then ``first`` to ``last`` at equal ratios."""
    return [0, *dict.fromkeys(int(step) for step in np.geomspace(first, last, count - 1).round())]


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--text", type=Path, default=SHIPPED)
    parser.add_argument("--updates", type=int, default=20_000_000)
    parser.add_argument("--checkpoints", type=int, default=30)
    parser.add_argument("--first", type=int, default=20_000, help="updates of the first checkpoint after 0")
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--across", type=float, default=0.5, help="share of contexts in another language")
    parser.add_argument("--fewest", type=int, default=4, help="times a word is there to be a token")
    parser.add_argument("--tokens", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    corpus = corpus_of(text_of(chosen.text), fewest=chosen.fewest, most=chosen.tokens)
    print(
        f"{len(corpus.running):,} running words, {len(corpus.languages)} languages, {len(corpus.tokens):,} tokens"
    )
    chosen.folder.mkdir(parents=True, exist_ok=True)
    shares = "".join(f"{tag}\t{share:.6g}\n" for tag, share in corpus.shares().items())
    (chosen.folder / "shares.tsv").write_text(shares, "utf-8")
    steps = steps_of(chosen.checkpoints, chosen.first, chosen.updates)
    for step, vectors in trained(corpus, steps, dim=chosen.dim, across=chosen.across, seed=chosen.seed):
        np.savez(chosen.folder / f"step-{step}.npz", embeddings=vectors, tokens=np.array(corpus.tokens))
        print(f"step {step:,}")


if __name__ == "__main__":
    main()
