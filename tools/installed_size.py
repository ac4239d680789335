"""The megabytes of the core and of what it requires, by package, where this Python runs.

In a new environment: ``python -m venv new && new/bin/pip install . && new/bin/python tools/installed_size.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

CORE = "hyperpolyglot"


def sizes(name: str) -> Mapping[str, int]:
    """Bytes on disk of a package and of all that it requires without extras, the largest first."""
    found: dict[str, int] = {}
    asked = [name]
    while asked:
        here = asked.pop().lower().replace("_", "-")
        if here in found:
            continue
        try:
            installed = distribution(here)
        except PackageNotFoundError:
            continue
        paths = [path.locate() for path in installed.files or ()]
        found[here] = sum(path.stat().st_size for path in paths if path.is_file())
        wanted = map(Requirement, installed.requires or ())
        asked += [each.name for each in wanted if not each.marker or each.marker.evaluate({"extra": ""})]
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def main() -> None:
    """Print the table."""
    found = sizes(sys.argv[1] if len(sys.argv) > 1 else CORE)
    print("| package | MB |\n| --- | --- |")
    small = {name: size for name, size in found.items() if size < 1_000_000}
    for name, size in found.items():
        if name not in small:
            print(f"| {name} | {size / 1e6:.0f} |")
    print(f"| {len(small)} others | {sum(small.values()) / 1e6:.0f} |")
    print(f"| all {len(found)} | {sum(found.values()) / 1e6:.0f} |")


if __name__ == "__main__":
    main()
