"""How ``--help`` reads: examples, then what a command takes of its own, then what it shares with others, by group."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Literal

import click

__all__ = ["PURPOSES", "SETTINGS", "Described", "Purposeful"]

Purpose = Literal[
    "Look at a model",
    "Look at tokens",
    "Measure a model",
    "Compare models",
    "Use a model",
    "Measure everything",
    "Other",
]
PURPOSES: tuple[Purpose, ...] = (
    "Look at a model",
    "Look at tokens",
    "Measure a model",
    "Compare models",
    "Use a model",
    "Measure everything",
    "Other",
)
"""What one wants to do with a command, in the order of the list."""

_SHARED = MappingProxyType(
    {
        "Which tokens, and their labels": (
            "labels",
            "word_lists",
            "protocol",
            "only_labels",
            "top",
            "exclude",
        ),
        "How a model is opened": ("table", "tensor", "tokenizer", "view", "with_output", "strict"),
        "How it is computed": ("device", "threads", "memory", "backend", "cluster", "cache", "no_cache"),
    }
)
"""Options that commands share, by the title of their group; all others are a command's own and come first."""

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 80}
_LAST = ("seed", "as_json", "outputs", "output", "help")


class Described(click.Command):
    """A command with its purpose, examples that work as they stand, and options in groups."""

    def __init__(
        self, name: str | None, *, purpose: Purpose, examples: Sequence[str], **others: object
    ) -> None:
        super().__init__(name, **({"context_settings": SETTINGS} | others))  # type: ignore[arg-type]
        self.purpose = purpose
        self.examples = tuple(examples)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, the command's own options, then the shared ones."""
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        shared = {name for names in _SHARED.values() for name in names}
        options = {
            "help" if "--help" in option.opts else option.name: option.get_help_record(ctx)
            for option in self.get_params(ctx)
            if isinstance(option, click.Option)
        }
        own = [name for name in options if name not in shared]
        own.sort(key=lambda name: _LAST.index(name) if name in _LAST else -1)
        for title, names in {"Options": own, **_SHARED}.items():
            found = [record for name in names if (record := options.get(name)) is not None]
            if found:
                with formatter.section(title):
                    formatter.write_dl(found)


class Purposeful(click.Group):
    """Commands listed by their purpose."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A section for every purpose, with its commands by name."""
        widest = max(map(len, self.commands), default=0)
        for purpose in PURPOSES:
            found = [
                (name.ljust(widest), command.get_short_help_str(formatter.width - widest - 6))
                for name, command in sorted(self.commands.items())
                if isinstance(command, Described) and command.purpose == purpose
            ]
            if found:
                with formatter.section(purpose):
                    formatter.write_dl(found)
