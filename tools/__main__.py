"""Run a tool by its name: ``python -m tools fuzz gguf --count 1000``. Without a name, say which there are."""

from __future__ import annotations

import ast
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).parent


def tools() -> Mapping[str, Path]:
    """The scripts of this folder that are run on their own, by name."""
    scripts = [path for path in sorted(FOLDER.rglob("*.py")) if path.name != "__main__.py"]
    return {
        path.relative_to(FOLDER).with_suffix("").as_posix(): path
        for path in scripts
        if "\nif __name__ ==" in path.read_text()
    }


def said(path: Path) -> str:
    """The first line of a tool's description."""
    return (ast.get_docstring(ast.parse(path.read_text())) or path.name).splitlines()[0]


def main(arguments: Sequence[str]) -> str | None:
    """Run the tool that the first argument names with the rest; a sentence where there is none of that name."""
    known = tools()
    if not arguments:
        widest = max(map(len, known))
        for name, path in known.items():
            print(f"{name:{widest}}  {said(path)}")
        return None
    name, *rest = arguments
    if name not in known:
        return f"{name!r} is no tool; there are {', '.join(known)}."
    sys.argv = [str(known[name]), *rest]
    sys.path[0] = str(known[name].parent)
    runpy.run_path(str(known[name]), run_name="__main__")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
