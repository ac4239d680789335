"""How far pieces per word are off where they are estimated: ``python -m tools estimate_error MODEL…``.

For each model whose tokenizer can be run: languages of the packaged lexicon whose mean is within 2 and 10 per cent of
the exact one, the worst language, words with the right number of pieces, and some languages, estimated and exact.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

import hyperpolyglot as hp
from hyperpolyglot.tokenization.encoder import Encoder

SHOWN = ("en", "ar", "ko", "zh", "ja", "th", "my", "syr")


def main(models: list[str]) -> str | None:
    """Print the comparison; a sentence where a model's tokenizer cannot be run."""
    lexicon = hp.packaged_lexicon()
    rows = sorted(set(zip(lexicon.languages, lexicon.words, lexicon.scripts, strict=True)))
    tags = np.array([tag for tag, _, _ in rows])
    words, scripts = [word for _, word, _ in rows], [script for _, _, script in rows]
    for name in models:
        space = hp.open_model(name)
        alone = replace(space.vocabulary, tokenizer=None)
        exact, estimated = (
            Encoder(vocabulary=v, ids=space.ids).words(words, scripts) for v in (space.vocabulary, alone)
        )
        if not exact.exact:
            return f"{name}: its tokenizer cannot be run; {exact.remark or 'there is none'}"
        every = sorted(set(tags.tolist()))
        true, near = (
            np.array([found.lengths[tags == tag].mean() for tag in every]) for found in (exact, estimated)
        )
        off = np.abs(near / true - 1)
        right = (exact.lengths == estimated.lengths).mean()
        print(
            f"{name} ({exact.by}): {(off <= 0.02).sum()} of {len(every)} languages within 2 %, {(off <= 0.1).sum()} "
            f"within 10 %; worst {every[off.argmax()]}; {100 * right:.1f} % of the words"
        )
        for tag in SHOWN:
            i = every.index(tag)
            print(f"  {tag}: {near[i]:.2f} for {true[i]:.2f}")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
