"""Modules of the explorer as one script, so that a page is a single file that opens from disk.

Browsers load no modules for pages that are opened as files. So each module becomes a function that gives its exports,
in the order of their imports. The modules are our own, in one style: named imports and exports, one statement a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["inlined"]

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def inlined(modules: Mapping[str, str], first: str) -> str:
    """The module ``first`` and all that it needs as one script. Raises ``ValueError`` for what it cannot turn.

    >>> print(inlined({"a": 'import { b as c } from "./b.js";\\nc();', "b": "export const b = () => 1;"}, "a"))
    "use strict";
    const b_js = (() => {
    const b = () => 1;
    return { b };
    })();
    const a_js = (() => {
    const { b: c } = b_js;
    c();
    return {  };
    })();
    """
    made: dict[str, str] = {}
    open_: list[str] = []

    def make(name: str) -> None:
        if name in made:
            return
        if name in open_ or name not in modules:
            raise ValueError(f"{name}.js: it is missing, or imports itself by way of {', '.join(open_)}")
        open_.append(name)
        source = modules[name]
        for _, needed in _IMPORT.findall(source):
            make(needed)
        open_.pop()
        made[name] = _function(name, source)

    make(first)
    return '"use strict";\n' + "\n".join(made.values())


def _function(name: str, source: str) -> str:
    names = [exported for _, exported in _EXPORT.findall(source)]
    body = _IMPORT.sub(lambda m: f"const {{{m[1].replace(' as ', ': ')}}} = {_called(m[2])};", source)
    body = _EXPORT.sub(r"\1 \2", body).strip()
    left = _LEFT.search(body)
    if left:
        raise ValueError(f"{name}.js: cannot be inlined for the line {left[0]!r}")
    return f"const {_called(name)} = (() => {{\n{body}\nreturn {{ {', '.join(names)} }};\n}})();"


def _called(name: str) -> str:
    return f"{name}_js"
