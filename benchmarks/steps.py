"""Processor seconds of translate, languages, meanings and explain on one model, one after the other in one process.

``python benchmarks/steps.py MODEL [STEP …]``: as a study runs them, so that what one found the next one knows. Another
state of the project is measured with its ``src`` in ``PYTHONPATH``.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import hyperpolyglot as hp
from hyperpolyglot.measures.explanation import explain
from hyperpolyglot.measures.languages.languages import languages_of
from hyperpolyglot.measures.meanings import meanings
from hyperpolyglot.measures.translation import TranslateOptions, translate
from hyperpolyglot.measures.undertrained import undertrained
from hyperpolyglot.study.evidence import Given


def processor_seconds() -> float:
    """User and system time of all threads so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(model: str, *chosen: str) -> None:
    """Run the steps, and print what each took."""
    space, lexicon, options = hp.open_model(model), hp.packaged_lexicon(), TranslateOptions()
    near = hp.neighbors(space, k=50)
    given = Given(lexicon=lexicon, translate=options)
    steps: dict[str, Callable[[], Any]] = {
        "translate": lambda: translate(space, lexicon, options),
        "languages": lambda: languages_of(
            space, lexicon, undertrained=undertrained(space).mask, options=options
        ),
        "meanings": lambda: meanings(space, near, lexicon, options),
        "explain": lambda: explain(space, near, given.evidence(space, None)),
    }
    for name in chosen or steps:
        before, start = processor_seconds(), time.perf_counter()
        steps[name]()
        print(
            f"{name:12}{processor_seconds() - before:8.1f} s of processor{time.perf_counter() - start:8.1f} s"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
