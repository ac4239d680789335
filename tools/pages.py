"""Hooks of the documentation site: mathematics as MathML, the help of every command, pages that are still to come."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe
from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

COMMANDS = "<!-- the help of every command -->"
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
_PUNCTUATED = re.compile(r"<math (?:(?!</math>).)*</math>[,.;:)]+", re.DOTALL)
_FOREIGN = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//[^>]*>"""
)
_ROLE = re.compile(r":(?:class|func|meth|mod|data):`~?([^`]+)`")
_EXAMPLE = re.compile(r"^>>> .*?(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)


def on_config(config: Any) -> Any:
    """Leave out of the navigation what has no page."""
    config["nav"] = list(_present(config["nav"], Path(config["docs_dir"])))
    return config


def _present(entries: list[Any], folder: Path) -> Iterator[Any]:
    for entry in entries:
        if isinstance(entry, str):
            if (folder / entry).exists():
                yield entry
            continue
        ((title, inside),) = entry.items()
        if isinstance(inside, list):
            yield {title: list(_present(inside, folder))}
        elif (folder / inside).exists():
            yield entry


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the help of every command where a page asks for it."""
    return markdown.replace(COMMANDS, "\n\n".join(_helps())) if COMMANDS in markdown else markdown


def on_page_content(content: str, **_: Any) -> str:
    """Formulas as MathML, which browsers draw without a script."""
    return _PUNCTUATED.sub(r'<span class="unbroken">\g<0></span>', _FORMULA.sub(_mathml, content))


def on_post_build(config: Any, **_: Any) -> None:
    """Refuse a page that would load anything from another host, which the page itself forbids as well."""
    for page in sorted(Path(config["site_dir"]).rglob("*.html")):
        foreign = _FOREIGN.search(page.read_text("utf8"))
        if foreign:
            raise PluginError(f"{page.name}: {foreign[0]} is loaded from another host")


def _mathml(found: re.Match[str]) -> str:
    display = "inline" if found[2] == "(" else "block"
    return str(convert(html.unescape(found[3]), display=display))


def _helps() -> Iterator[str]:
    import click

    from hyperpolyglot.cli.app import cli

    def section(command: click.Command, path: str, context: click.Context | None) -> Iterator[str]:
        own = click.Context(
            command, parent=context, info_name=path.rsplit(maxsplit=1)[-1], max_content_width=80
        )
        own.help_option_names = ["-h", "--help"]
        yield f"## {path}\n\n```text\n{command.get_help(own)}\n```"
        if isinstance(command, click.Group):
            for name in sorted(command.commands):
                yield from section(command.commands[name], f"{path} {name}", own)

    return section(cli, "hyperpolyglot", None)


class Docstrings(griffe.Extension):
    """Docstrings as Markdown: examples become code, and roles the names they hold."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object that was just read."""
        if obj.docstring is not None:
            text = _ROLE.sub(r"`\1`", obj.docstring.value)
            obj.docstring.value = _EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", text)
