"""Where a result comes from: stamped on every JSON document and every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyperpolyglot.origins import version
from hyperpolyglot.space import TokenSpace

__all__ = ["VERSION", "bibtex", "document", "provenance"]

VERSION = version()

_BIBTEX = """\
@inproceedings{{wenyi-mimno-2023-hyperpolyglot,
  title = {{Hyperpolyglot {{LLM}}s: Cross-Lingual Interpretability in Token Embeddings}},
  author = {{Wen-Yi, Andrea W. and Mimno, David}},
  booktitle = {{Proceedings of the 2023 Conference on Empirical Methods in Natural Language Processing}},
  year = {{2023}},
  pages = {{1124--1131}},
  eprint = {{2311.18034}},
  archiveprefix = {{arXiv}}
}}

@software{{hyperpolyglot,
  title = {{hyperpolyglot}},
  author = {{{{The hyperpolyglot maintainers}}}},
  version = {{{version}}},
  license = {{Apache-2.0}}
}}
"""


def bibtex() -> str:
    """BibTeX of the founding paper and of this software, with its version."""
    return _BIBTEX.format(version=VERSION)


def provenance(
    spaces: Sequence[TokenSpace], options: Mapping[str, Any], seed: int | None = None
) -> dict[str, Any]:
    """Models (name, revision, tensor, stored type, digest), package and Unicode version, seed and options."""
    return {
        "models": [space.source.to_json() for space in spaces],
        "version": VERSION,
        "unicode": next((space.labels.unicode for space in spaces if space.labels.unicode), None),
        "seed": seed,
        "options": dict(options),
    }


def document(
    command: str,
    payload: Mapping[str, Any],
    spaces: Sequence[TokenSpace],
    options: Mapping[str, Any],
    seed: int | None = None,
) -> dict[str, Any]:
    """One JSON document of the contract: format, the payload's keys, provenance."""
    return {
        "format": f"hyperpolyglot.{command}/1",
        **payload,
        "provenance": provenance(spaces, options, seed),
    }
