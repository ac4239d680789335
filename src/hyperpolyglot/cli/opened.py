"""The spaces that a command works on, and what the user should know of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hyperpolyglot.cli.groups import LabelOptions, OpeningOptions
from hyperpolyglot.cli.options import UNDERTRAINED
from hyperpolyglot.cli.terminal import note, progress_bar
from hyperpolyglot.percentages import percent

if TYPE_CHECKING:
    from hyperpolyglot.labels import AnyLabeller
    from hyperpolyglot.loading import Opening
    from hyperpolyglot.space import TokenSpace
    from hyperpolyglot.vocabulary import TokenKind

__all__ = ["excluded_kinds", "open_spaces", "output_space", "own_output"]


def open_spaces(
    models: Sequence[str],
    opening: OpeningOptions,
    labelling: LabelOptions | None = None,
    exclude: Sequence[str] = (),
    *,
    measured: int | None = None,
    others: OpeningOptions | None = None,
) -> list[TokenSpace]:
    """The spaces that the options describe, without under-trained tokens where ``exclude`` names these.

    ``measured``: how many of the models are; the others say only which tokens they have, and are not narrowed.
    ``others``: how models after the first are opened, by default as it is. Until
    the command ends, the titles of the models tell them apart.
    """
    from hyperpolyglot.loading import open_model
    from hyperpolyglot.sources import named, told_apart
    from hyperpolyglot.writing.scripts import labels_called

    if opening.tokenizer and len(models) > 1 and others is None:
        raise click.UsageError("--tokenizer goes with one model.")
    asked_for = [named(model) for model in models]
    if len({name or model for name, model in asked_for}) < len(models):
        raise click.UsageError("a model is named twice.")
    click.get_current_context().with_resource(told_apart(name or model for name, model in asked_for))
    notices: dict[str, None] = {}
    labels = (labelling or LabelOptions()).labeller()
    asked = [opening.opening(), *[(others or opening).opening()] * (len(models) - 1)]
    with progress_bar() as bar:
        spaces = [
            open_model(model, how, name=name, labels=labels, progress=bar, note=notices.setdefault)
            for (name, model), how in zip(asked_for, asked, strict=True)
        ]
        if UNDERTRAINED in exclude:
            spaces = [_trained(space) for space in spaces]
        if labelling is not None:
            spaces = [*map(labelling.narrowed, spaces[:measured]), *spaces[len(spaces[:measured]) :]]
    names = {tag: name for space in spaces for tag, name in space.label_names.items()}
    click.get_current_context().with_resource(labels_called(names))
    for notice in notices:
        note(notice)
    for space in spaces:
        if space.remark:
            note(space.remark)
        share = space.abstained
        if share is not None:
            noun = space.labels.labelling.many
            note(
                f"{space.model}: {percent(share)} of its text tokens are common to several {noun}, or to none that "
                "is known, and have no label."
            )
        if not space.labels.names:
            note(
                f"{space.model}: no token has a label; write tokens as `neighbors` shows them, as in ▁water."
            )
    return spaces


def _trained(space: TokenSpace) -> TokenSpace:
    from hyperpolyglot.measures.undertrained import undertrained

    return space if space.table is None else space.without(undertrained(space).mask, UNDERTRAINED)


def excluded_kinds(names: Sequence[str]) -> tuple[TokenKind, ...]:
    """The kinds behind ``--exclude``; :func:`open_spaces` leaves out what is no kind."""
    from hyperpolyglot.vocabulary import TokenKind

    return tuple(sorted({TokenKind[name.upper()] for name in names if name != UNDERTRAINED}))


def output_space(model: str, opening: Opening, labels: AnyLabeller, *, fetch: bool) -> TokenSpace | None:
    """The space of a model's output table, opened like its input table.

    ``None`` where it has none of its own, where another tensor was asked for, or where it is on the Hub and ``fetch``
    was not asked for.
    """
    from dataclasses import replace

    from hyperpolyglot.errors import TensorNotFound
    from hyperpolyglot.hub import HubName
    from hyperpolyglot.loading import open_model
    from hyperpolyglot.sources import resolve

    if opening.table == "output" or opening.tensor is not None:
        return None
    if isinstance(resolve(model), HubName) and not fetch:
        return None
    try:
        space = open_model(model, replace(opening, table="output"), labels=labels)
    except TensorNotFound:
        return None
    if space.alignment and space.alignment.shift:
        note(space.remark)
    return space


def own_output(
    model: str, space: TokenSpace, opening: Opening | None = None, labels: AnyLabeller | None = None
) -> TokenSpace | None:
    """The output table of a model, ``None`` where it has none or it is a copy of the input table."""
    from hyperpolyglot.labellers import DEFAULT
    from hyperpolyglot.loading import Opening

    found = output_space(model, opening or Opening(), labels or DEFAULT, fetch=True)
    return None if found is None or found.matrix.digest() == space.matrix.digest() else found
