"""What is run by another Python is not collected by this one."""

from __future__ import annotations

collect_ignore = [
    "extended_in_transformers.py",
    "pruned_in_transformers.py",
    "transplanted_in_transformers.py",
]
