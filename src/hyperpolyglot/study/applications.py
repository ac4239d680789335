"""Every application of a study file, once: what its table holds, the step that it is, and the folder that it makes.

The key of a row is the application's one name: of its table, command and step, its key in JSON, the prefix of its
tables. What a step keeps is the record without the models that it was made of, which are put back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from hyperpolyglot.applications.extension import extend
from hyperpolyglot.applications.extension.extend import with_new_tokens
from hyperpolyglot.applications.extension.word_file import read_word_file
from hyperpolyglot.applications.induction import Induction, InductionOptions, induce, read_words
from hyperpolyglot.applications.model_folder import check_empty, made_by, mark
from hyperpolyglot.applications.pruning import Pruning, PruningOptions, prune, write_pruned
from hyperpolyglot.applications.pruning.forms import form_of
from hyperpolyglot.applications.transplantation import (
    Transplant,
    TransplantOptions,
    transplant,
    write_transplant,
)
from hyperpolyglot.applications.transplantation.added_words import AddedWords
from hyperpolyglot.errors import NotEnoughData, StudyMistaken, UnsupportedFormat
from hyperpolyglot.lexicon import Lexicon
from hyperpolyglot.parallel_text import read_texts
from hyperpolyglot.regular import read_regular
from hyperpolyglot.sources import title_of
from hyperpolyglot.space import TokenSpace
from hyperpolyglot.study.applied import Application, Opened
from hyperpolyglot.study.catalogue import Joint
from hyperpolyglot.study.graph import PlannedStep
from hyperpolyglot.study.record import Absent
from hyperpolyglot.study.steps import Rate, Step, described, tokenizer_of
from hyperpolyglot.types import Progress
from hyperpolyglot.word_lists import (
    WordLists,
    installed_word_lists,
    lexicon_word_lists,
    read_word_lists,
)

__all__ = ["APPLICATIONS", "ApplicationKind", "Value", "plan_application", "write_folder"]

Value = Literal["model", "models", "text", "file", "folder", "place", "weights", "words"]
"""What the value of a key is: models by name, a text, a path to what is there, languages with weights, word lists."""

_LARGEST = 1 << 28
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationKind:
    """A kind of application. ``keys``: what its table holds besides ``name`` and its ``options``; first the model that
    it works on. ``needs``: of the keys of each group, one has to be there.

    ``called`` names one that has no name; ``write`` makes the folder ``output``, where there is such;
    ``rebuilds_output``: an output table of the model takes part.
    """

    key: str
    options: type[Any]
    keys: Mapping[str, Value]
    needs: tuple[tuple[str, ...], ...]
    called: Callable[[Application], str]
    plan: Callable[[Application, Opened], Joint[Any]]
    write: Callable[[Any, Path], list[dict[str, Any]]] | None = None
    rebuilds_output: bool = False


def plan_application(asked: Application, opened: Opened) -> Joint[Any] | Absent:
    """The step of an application, or why there is too little for it.

    Raises ``StudyMistaken`` where its folder holds anything else than what the same step made before,
    ``HyperpolyglotError`` for a model that it cannot work on or a file that cannot be read.
    """
    opened.main.matrix  # noqa: B018 - says at once that a vocabulary alone has no vectors
    try:
        planned = APPLICATIONS[asked.key].plan(asked, opened)
    except NotEnoughData as error:
        return Absent(str(error))
    if asked.output is not None:
        _there(asked.output, asked, planned)
    return planned


def _there(folder: Path, asked: Application, planned: Joint[Any]) -> list[dict[str, Any]] | None:
    """The files of the folder of an application, where it is there as its step makes it.

    Raises ``StudyMistaken`` where something else lies in it.
    """
    files = made_by(folder, planned.steps[0].key)
    if files is not None:
        return files
    try:
        check_empty(folder)
    except UnsupportedFormat as error:
        raise StudyMistaken(
            f"{asked.key} of {asked.name}: {folder} is not empty, and not what these settings make; remove it, "
            "or name another folder."
        ) from error
    return None


def write_folder(asked: Application, planned: Joint[Any], found: Any) -> list[dict[str, Any]]:
    """Make the folder of an application, unless it is there; its files as the JSON contract lists them."""
    write = APPLICATIONS[asked.key].write
    if asked.output is None or write is None:
        return []
    files = _there(asked.output, asked, planned)
    if files is None:
        files = write(found, asked.output)
        mark(asked.output, files, planned.steps[0].key)
    return [{**said, "path": (asked.output / said["path"]).as_posix()} for said in files]


_INDUCE = Step(key="induce", record=Induction, rate=Rate(start=10.0, area=0.0, line=5_000.0), named=True)


def _plan_induction(asked: Application, opened: Opened) -> Joint[Induction]:
    spaces = [space for several in opened.spaces.values() for space in several]
    pair = asked.given["from"], asked.given["to"]
    lists = asked.given.get("words")
    arguments = {
        "source": pair[0],
        "target": pair[1],
        "lexicon": opened.lexicon,
        "words": None if lists is None else read_words(lists, pair),
        "options": asked.options,
    }
    step = _INDUCE.planned(
        _induced,
        {f"model_{i}": space for i, space in enumerate(spaces)} | arguments,
        space=max(spaces, key=len),
        subject=" and ".join(title_of(space.model) for space in spaces),
        inputs={"cut_by": [_cut_by(space) for space in spaces] if asked.options.multi_piece else None},
    )
    return Joint(steps=(step,), join=lambda found: found[0])


def _induced(
    *, source: str, target: str, lexicon: Lexicon, words: Any, options: Any, progress: Progress, **models: Any
) -> Induction:
    spaces = list(models.values())
    return induce(spaces, source, target, lexicon, words=words, options=options, progress=progress)


_PRUNE = Step(
    key="prune",
    record=Pruning,
    rate=Rate(start=1.5, area=0.0, line=120_000.0, bytes_per_row=4),
    named=True,
)


def _plan_pruning(asked: Application, opened: Opened) -> Joint[Pruning]:
    space, given = opened.main, asked.given
    texts = {key: read_texts(given[key]) if key in given else None for key in ("text", "held_out")}
    lists = read_word_lists(given["word_lists"]) if "word_lists" in given else None
    counted: list[WordLists] = [lists] if lists else [installed_word_lists(), lexicon_word_lists()]
    arguments = {"space": space, "languages": given["languages"], "word_lists": lists, **texts}
    step = _PRUNE.planned(
        _pruned,
        arguments | {"options": asked.options},
        inputs={"cut_by": _cut_by(space), "counted": [found.digest for found in counted]},
    )
    return Joint(
        steps=(step,), join=lambda found: replace(found[0], space=space, form=form_of(space.vocabulary)[0])
    )


def _pruned(*, space: TokenSpace, languages: Mapping[str, float], **more: Any) -> Pruning:
    return _left_with(prune(space, languages, **more), "space", "form")


_TRANSPLANT = Step(
    key="transplant", record=Transplant, rate=Rate(start=2.0, area=300.0, line=250_000.0), named=True
)


def _plan_transplant(asked: Application, opened: Opened) -> Joint[Transplant]:
    target = opened.spaces["tokenizer"][0]
    arguments = {"source": opened.main, "target": target, "via": opened.other("via")}
    subject = f"{title_of(opened.main.model)} for {title_of(target.model)}"
    return _of_rows(_TRANSPLANT, _transplanted, arguments, asked, opened, target, None, subject)


def _transplanted(
    *, source: TokenSpace, target: TokenSpace, via: TokenSpace | None, **more: Any
) -> Transplant:
    return _left_with(transplant(source, target, via, **more), "target", "added")


_EXTEND = Step(key="extend", record=Transplant, rate=Rate(start=3.0, area=100.0, line=200_000.0), named=True)


def _plan_extension(asked: Application, opened: Opened) -> Joint[Transplant]:
    words = read_word_file(asked.given["words"])
    target, added = with_new_tokens(opened.main, words)
    arguments = {"source": opened.main, "words": words, "via": opened.other("via")}
    subject = title_of(opened.main.model)
    return _of_rows(_EXTEND, _extended, arguments, asked, opened, target, added, subject)


def _extended(*, source: TokenSpace, words: list[str], via: TokenSpace | None, **more: Any) -> Transplant:
    return _left_with(extend(source, words, via, **more), "target", "added")


# More than seven parameters: what two steps share, and what is put back into the record of each.
def _of_rows(
    kind: Step,
    compute: Callable[..., Transplant],
    arguments: Mapping[str, Any],
    asked: Application,
    opened: Opened,
    target: TokenSpace,
    added: AddedWords | None,
    subject: str,
) -> Joint[Transplant]:
    source, rows = opened.main, target.n_rows
    step: PlannedStep[Transplant] = kind.planned(
        compute,
        {**arguments, "output": opened.output, "options": asked.options},
        space=source,
        subject=subject,
        inputs={"cut_by": [_cut_by(source), _cut_by(target)]},
    )
    tables = 1 if opened.output is None else 2
    cost = replace(kind.rate.cost(replace(target, table=None)), dim=source.dim)
    seconds = cost.seconds + 1e-9 * kind.rate.area * rows * source.dim * tables
    size = cost.bytes + 4 * rows * source.dim * tables
    step = replace(step, cost=replace(cost, rows=rows, seconds=seconds, bytes=size))
    return Joint(steps=(step,), join=lambda found: replace(found[0], target=target, added=added))


def _cut_by(space: TokenSpace) -> list[Any]:
    """What cuts text for a model beside its tokens: library and file, and the scores of the tokens."""
    source = space.vocabulary.tokenizer
    known = tokenizer_of(space)
    if known is None and source is not None and source.library is not None:
        data = source.made() if source.made else read_regular(source.path, _LARGEST) if source.path else None
        known = source.known_by(data)
    return [known, described(space.vocabulary.scores)]


def _left_with(record: Kept, *models: str) -> Kept:
    """A record without the fields that hold its models, as it is kept."""
    found: Kept = replace(record, **dict.fromkeys(models))  # type: ignore[type-var]
    return found


def _titles(asked: Application, key: str) -> str:
    return ", ".join(title_of(model.model) for model in asked.models.get(key, ()))


APPLICATIONS: dict[str, ApplicationKind] = {
    kind.key: kind
    for kind in (
        ApplicationKind(
            key="induce",
            options=InductionOptions,
            keys={"model": "model", "models": "models", "from": "text", "to": "text", "words": "words"},
            needs=(("model", "models"), ("from",), ("to",)),
            called=lambda a: (
                f"{_titles(a, 'model') or _titles(a, 'models')}: {a.given['from']} → {a.given['to']}"
            ),
            plan=_plan_induction,
        ),
        ApplicationKind(
            key="prune",
            options=PruningOptions,
            keys={
                "model": "model",
                "languages": "weights",
                "text": "place",
                "held_out": "place",
                "word_lists": "folder",
            },
            needs=(("model",), ("languages",)),
            called=lambda a: f"{_titles(a, 'model')}: {', '.join(a.given['languages'])}",
            plan=_plan_pruning,
            write=write_pruned,
        ),
        ApplicationKind(
            key="transplant",
            options=TransplantOptions,
            keys={"model": "model", "tokenizer": "model", "via": "model"},
            needs=(("model",), ("tokenizer",)),
            called=lambda a: f"{_titles(a, 'model')} → {_titles(a, 'tokenizer')}",
            plan=_plan_transplant,
            write=write_transplant,
            rebuilds_output=True,
        ),
        ApplicationKind(
            key="extend",
            options=TransplantOptions,
            keys={"model": "model", "words": "file", "via": "model"},
            needs=(("model",), ("words",)),
            called=lambda a: f"{_titles(a, 'model')}: {a.given['words'].stem}",
            plan=_plan_extension,
            write=write_transplant,
            rebuilds_output=True,
        ),
    )
}
"""The applications, in the order in which a report shows them."""
