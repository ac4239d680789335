"""Names that training code and other libraries wrap around the name of a weight."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Unwrapped", "unwrapped"]

_TRANSPARENT = frozenset(
    (
        "_orig_mod",  # torch.compile
        "module",  # DataParallel, DeepSpeed
        "_fsdp_wrapped_module",
        "_fpw_module",
        "_forward_module",
        "_checkpoint_wrapped_module",
    )
)

_ENDINGS = (
    (re.compile(r"\.parametrizations\.weight\.original1?$"), False),
    (re.compile(r"(\.token_adapter)?\.base_layer\.weight$"), False),  # LoRA on the table
    (re.compile(r"\.modules_to_save\.[^.]+\.weight$"), False),  # PEFT: the table that was trained
    (re.compile(r"\.original_module\.weight$"), True),  # PEFT: the one that it took the place of
    (re.compile(r"\.weight_(orig|v)$"), False),  # pruned, weight-normed
    (re.compile(r"\.weight\._data$"), False),
)


class Unwrapped(NamedTuple):
    """A name without its wrappers; ``replaced`` where another tensor has taken the place of this one."""

    name: str
    replaced: bool


def unwrapped(name: str) -> Unwrapped:
    """The name that the weight has in the bare model.

    >>> unwrapped("_orig_mod.wte.parametrizations.weight.original").name
    'wte.weight'
    >>> unwrapped("embed_tokens.original_module.weight")
    Unwrapped(name='embed_tokens.weight', replaced=True)
    """
    plain = name
    if any(part in name for part in _TRANSPARENT):
        plain = ".".join(part for part in name.split(".") if part not in _TRANSPARENT)
    for ending, replaced in _ENDINGS:
        found = ending.search(plain)
        if found is not None:
            return Unwrapped(f"{plain[: found.start()]}.weight", replaced)
    return Unwrapped(plain, False)
