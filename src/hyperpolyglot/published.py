"""Numbers published by Wen-Yi and Mimno (EMNLP 2023), shown beside ours. Theirs are under ``--protocol paper``."""

from __future__ import annotations

__all__ = ["DIVERSITY", "DIVERSITY_SD", "OVERLAP_MEAN", "REFERENCE", "SEPARABILITY"]

REFERENCE = (
    "Andrea W. Wen-Yi and David Mimno. Hyperpolyglot LLMs: Cross-Lingual Interpretability in Token Embeddings. "
    "EMNLP 2023, pages 1124–1131."
)

# Section 4, figure 3: mean accuracy of one-against-rest probes over the shared vocabulary.
SEPARABILITY = {"mT5-XL": 0.9332, "XLM-R-XL": 0.9924}

# Section 4, figure 5: mean and standard deviation of categories among 50 neighbours and the token itself.
DIVERSITY = {"XLM-R-XL": 1.64, "mT5-XL": 7.61}
DIVERSITY_SD = {"XLM-R-XL": 0.98, "mT5-XL": 4.24}

# Section 3, figure 2: mean over the 36 cells of six models.
OVERLAP_MEAN = 0.604
