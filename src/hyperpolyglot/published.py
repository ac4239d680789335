"""Numbers published by Wen-Yi and Mimno (EMNLP 2023), shown beside ours. Theirs are under ``--protocol paper``."""

from __future__ import annotations

__all__ = [
    "DIVERSITY",
    "DIVERSITY_SD",
    "MIXED_WITH",
    "NON_LATIN",
    "OVERLAP_LATIN",
    "OVERLAP_MEAN",
    "RANDOM_COLUMNS",
    "REFERENCE",
    "SEPARABILITY",
    "published_name",
]

REFERENCE = (
    "Andrea W. Wen-Yi and David Mimno. Hyperpolyglot LLMs: Cross-Lingual Interpretability in Token Embeddings. "
    "EMNLP 2023, pages 1124–1131."
)

# Section 4, figure 3: mean accuracy of one-against-rest probes over the shared vocabulary.
SEPARABILITY = {"mT5-XL": 0.9332, "XLM-R-XL": 0.9924}

# Section 4, figure 5: mean and standard deviation of categories among 50 neighbours and the token itself.
DIVERSITY = {"XLM-R-XL": 1.64, "mT5-XL": 7.61}
DIVERSITY_SD = {"XLM-R-XL": 0.98, "mT5-XL": 4.24}

# Section 3, figure 2: means over the 36 cells of six models; mT5 with XLM-R.
OVERLAP_MEAN = 0.604
OVERLAP_LATIN = 0.703
NON_LATIN = 0.594

# Section 4, figure 6: the ten commonest neighbour categories in mT5-XL, by mean count where there is one.
MIXED_WITH = {
    "KATAKANA": "LATIN KATAKANA CJK S CYRILLIC CANADIAN P HIRAGANA M THAI",
    "HIRAGANA": "HIRAGANA CJK LATIN S BOPOMOFO HANGUL M THAI CYRILLIC KATAKANA",
    "CJK": "CJK LATIN HIRAGANA S CYRILLIC HANGUL N C KATAKANA THAI",
    "LATIN": "LATIN CYRILLIC S CJK N M MODIFIER P GREEK ARABIC",
    "CYRILLIC": "CYRILLIC LATIN S CJK GREEK N ARABIC M SYRIAC P",
}

# Section 4, figure 8: columns of the random matrix that the models are compared with.
RANDOM_COLUMNS = 512

_REPOSITORIES = {
    "facebook/xlm-roberta-xl": "XLM-R-XL",
    "google/mt5-xl": "mT5-XL",
}


def published_name(model: str) -> str | None:
    """What the paper calls a model that it published numbers of; ``None`` for any other.

    >>> published_name("google/mt5-xl@main"), published_name("google/mt5-small")
    ('mT5-XL', None)
    """
    return _REPOSITORIES.get(model.split("@", maxsplit=1)[0].lower())
