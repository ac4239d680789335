"""The text that comes with the package: the Universal Declaration of Human Rights in the languages of the UN."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files

from hyperpolyglot.parallel_text.readers import read_text_folder
from hyperpolyglot.parallel_text.record import ParallelText

__all__ = ["SOURCE", "packaged_text"]

SOURCE = "the Universal Declaration of Human Rights"


@cache
def packaged_text() -> ParallelText:
    """Preamble and 30 articles in the six official languages of the United Nations.

    Translations into other languages are not shipped, for nobody says plainly that they may be:
    :func:`read_text_folder` takes the package that has them. Raises ``DamagedFile`` where the files are broken.

    >>> packaged_text().languages, len(packaged_text())
    (('ar', 'en', 'es', 'fr', 'ru', 'zh'), 31)
    """
    with as_file(files("hyperpolyglot.parallel_text") / "udhr") as folder:
        return replace(read_text_folder(folder), source=SOURCE)
