"""The lexicon that comes with the package, counted out of Unicode CLDR by ``tools/lexicon/build.py``."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files

from hyperpolyglot.errors import DamagedFile
from hyperpolyglot.lexicon.record import Lexicon

__all__ = ["CLDR", "packaged_lexicon", "unseen_by_demos"]

CLDR = "Unicode CLDR 48.2.0"
_FILE = "cldr.tsv.gz"


@cache
def packaged_lexicon() -> Lexicon:
    """Single words for objects, territories, languages, months, weekdays, units and times, from CLDR.

    Raises ``DamagedFile`` where the installed file is broken.

    >>> german = packaged_lexicon().take(languages={"de"}, kinds={"weekday"})
    >>> german.words[:2]
    ('Freitag', 'Montag')
    """
    try:
        text = gzip.decompress((files("hyperpolyglot.lexicon") / _FILE).read_bytes()).decode("utf-8")
        _, *rows = text.rstrip("\n").split("\n")
        cells = "\t".join(rows).split("\t")
        if len(cells) != 5 * len(rows):
            raise ValueError("its rows are not of five cells")
        concepts, languages, scripts, words, kinds = (tuple(cells[i::5]) for i in range(5))
    except (OSError, ValueError, EOFError) as error:
        raise DamagedFile(_FILE, "the packaged lexicon cannot be read; install the package again") from error
    return Lexicon(
        concepts=concepts, languages=languages, scripts=scripts, words=words, kinds=kinds, source=CLDR
    )


@cache
def unseen_by_demos() -> frozenset[str]:
    """The concepts that neither demo model was counted on; any other score of theirs is circular.

    >>> "weekday:mon" in unseen_by_demos(), "month:1" in unseen_by_demos()
    (True, False)
    """
    content = (files("hyperpolyglot") / "demos" / "held_out.json").read_text("utf-8")
    return frozenset(json.loads(content)["concepts"])
