"""Commands that look after what is kept on disk."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from hyperpolyglot.cli.described import Described
from hyperpolyglot.cli.options import Amount, cache_option, json_option
from hyperpolyglot.cli.output import emit

__all__ = ["cache", "cite"]

_DAY = 86_400


def _entries(root: Path | None) -> list[dict[str, Any]]:
    """Tensors that were fetched and steps that were computed, as the rows of one table."""
    from hyperpolyglot.hub import cached_entries
    from hyperpolyglot.store import Store

    fetched = [
        {
            "kind": entry.kind,
            "name": f"{entry.model}/{entry.file}",
            "models": [entry.model],
            "key": entry.commit,
            "bytes": entry.bytes,
            "days": (time.time() - entry.last_used) / _DAY,
        }
        for entry in cached_entries(root)
    ]
    store = Store(root)
    steps = [
        {
            "kind": "step",
            "name": entry.step,
            "models": list(store.models_of(entry)),
            "key": entry.key,
            "bytes": entry.bytes,
            "days": (time.time() - entry.used) / _DAY,
        }
        for entry in store.entries()
    ]
    return fetched + steps


def _named(entry: Mapping[str, Any]) -> str:
    """A fetched file by its name, which has the model's in it; a step with the models it was computed for."""
    models = entry["models"] if entry["kind"] == "step" else []
    return f"{entry['name']} of {', '.join(models)}" if models else str(entry["name"])


def _verify(root: Path | None) -> list[str]:
    """Remove what is damaged; the names of what was."""
    from hyperpolyglot import hub
    from hyperpolyglot.cli.terminal import progress_bar
    from hyperpolyglot.store import Store

    with progress_bar() as bar:
        damaged = hub.verify(root, bar)
    gone = [f"{entry.model}/{entry.file}" for entry in hub.prune(root, entries=damaged)]
    return gone + [f"{entry.step}/{entry.key}" for entry in Store(root).verify()]


def _prune(root: Path | None, model: str | None, days: float | None) -> list[str]:
    """Remove what was asked for; the names of what was."""
    from hyperpolyglot import hub
    from hyperpolyglot.store import Store

    older_than = None if days is None else days * _DAY
    gone = [f"{e.model}/{e.file}" for e in hub.prune(root, model=model, older_than=older_than)]
    if model is None:
        gone += [f"{e.step}/{e.key}" for e in Store(root).prune(time.time() - (older_than or 0.0))]
    return gone


def _size(size: int) -> str:
    """Bytes as people read them: ``9.7 MB``."""
    unit, length = next(pair for pair in (("GB", 1e9), ("MB", 1e6), ("kB", 0)) if size >= 0.95 * pair[1])
    return f"{size / (length or 1e3):,.1f} {unit}"


def _ago(days: float) -> str:
    """How long ago, in the largest unit that counts one: ``6 hours ago``."""
    for unit, length in (("day", 1.0), ("hour", 1 / 24), ("minute", 1 / 1440)):
        if days >= length:
            count = int(days / length)
            return f"{count:,} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


@click.command(
    cls=Described,
    purpose="Other",
    short_help="What is kept on disk: list, verify, prune.",
    examples=(
        "hyperpolyglot cache",
        "hyperpolyglot cache prune --older-than 30",
    ),
)
@click.argument("action", type=click.Choice(["list", "verify", "prune"]), default="list")
@click.option(
    "--model", metavar="NAME", help="prune: only what was fetched of this repository.  [default: any]"
)
@click.option(
    "--older-than",
    "days",
    type=Amount(0),
    metavar="DAYS",
    help="prune: only what was not used since.  [default: any age]",
)
@click.option("--all", "everything", is_flag=True, help="prune: everything.")
@cache_option
@json_option()
def cache(
    action: Literal["list", "verify", "prune"],
    model: str | None,
    days: float | None,
    everything: bool,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Look after what is kept on disk: tensors that were fetched, steps that were computed.

    list (the default) shows each with its size, and a step with the models
    that it was computed for; verify reads all of it and
    removes what is damaged; prune removes what --model, --older-than or --all
    names. What is removed is fetched or computed again when it is needed.
    """
    from hyperpolyglot.cli.terminal import print_table, say

    if action == "prune" and not (model or days is not None or everything):
        raise click.UsageError("prune needs --model NAME, --older-than DAYS or --all.")
    gone: list[str] = []
    if action == "verify":
        gone = _verify(cache)
    elif action == "prune":
        gone = _prune(cache, model, days)
    entries = _entries(cache)
    if as_json:
        return emit("cache", {"entries": entries, "removed": gone}, [])
    if action != "list":
        say(f"{len(gone)} entries removed" if gone else "nothing to remove")
    for name in gone:
        say(f"  {name}")
    total = sum(entry["bytes"] for entry in entries) / 1e6
    rows = [
        {
            "kind": e["kind"],
            "size": _size(e["bytes"]),
            "last used": _ago(e["days"]),
            "key": e["key"][:12],
            "content": _named(e),
        }
        for e in entries
    ]
    if rows:
        print_table("Kept on disk", rows)
    return say(f"{len(entries)} entries, {total:,.1f} MB")


@click.command(
    cls=Described,
    purpose="Other",
    short_help="How to cite the paper and this software.",
    examples=("hyperpolyglot cite",),
)
@json_option()
def cite(as_json: bool) -> None:
    """Print BibTeX for the founding paper and for this software with its version."""
    from hyperpolyglot.cli.terminal import print_lines
    from hyperpolyglot.provenance import bibtex

    if as_json:
        return emit("cite", {"bibtex": bibtex()}, [])
    return print_lines(bibtex())
