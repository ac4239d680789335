"""What models were used for in a study: a section for each application, by its key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hyperpolyglot.report.content import Section
from hyperpolyglot.report.sections.dictionaries import dictionary_reading, dictionary_section
from hyperpolyglot.report.sections.prunings import pruning_reading, pruning_section
from hyperpolyglot.report.sections.transplants import (
    extension_section,
    transplant_reading,
    transplant_section,
)
from hyperpolyglot.study import Absent, Study

__all__ = ["application_sections", "verdict_on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """How a page shows the record of an application: ``reading`` are the sentences on it, ``section`` all of it."""

    reading: Callable[[Any], tuple[str, ...]]
    section: Callable[[str, Any], Section]


_SHOWN = {
    "induce": _Shown(reading=dictionary_reading, section=dictionary_section),
    "prune": _Shown(reading=pruning_reading, section=pruning_section),
    "transplant": _Shown(reading=transplant_reading, section=transplant_section),
    "extend": _Shown(reading=transplant_reading, section=extension_section),
}


def application_sections(study: Study) -> list[Section]:
    """A section for each application that was run, one kind after the other; none where none was."""
    made = []
    for kind, named in study.applied.items():
        for i, (name, found) in enumerate(named.items()):
            key = kind if i == 0 else f"{kind}-{i + 1}"
            if isinstance(found, Absent):
                made.append(
                    (name, Section(key=key, title=name, question="", missing=(f"{name}: {found.reason}",)))
                )
            else:
                made.append((name, _SHOWN[kind].section(key, found)))
    titles = Counter(section.title for _, section in made)
    return [
        section if titles[section.title] == 1 else replace(section, title=f"{section.title} ({name})")
        for name, section in made
    ]


def verdict_on(kind: str, found: Any) -> tuple[str, ...]:
    """The sentences on what an application gave."""
    return _SHOWN[kind].reading(found)
