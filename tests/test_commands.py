"""The command line from within: what click gives, what a command says it takes, what its JSON records."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import click
import pytest

import hyperpolyglot.cli
from hyperpolyglot.applications.transplantation.transplant import METHODS
from hyperpolyglot.cli.app import cli
from hyperpolyglot.cli.options import BACKENDS, EXCLUDABLE
from hyperpolyglot.cli.output import emit
from hyperpolyglot.engine.nearest import Backend
from hyperpolyglot.lexicon import FORMATS
from hyperpolyglot.measures.separability import DESIGNS
from hyperpolyglot.study import MEASURES
from hyperpolyglot.table import View
from hyperpolyglot.vocabulary import TokenKind

MODULES = sorted(Path(hyperpolyglot.cli.__file__).parent.rglob("*.py"))
UNSEEN = {"Backend": Backend, "View": View}
"""Names in annotations that the command line imports for type checkers only."""

TWO = ("overlap", "compare")
NO_MODEL = ("study", "cache", "cite")
NEEDED = {
    "induce": ("--from", "en", "--to", "sw"),
    "transplant": ("--tokenizer", "b", "-o", "made"),
    "extend": ("--words", __file__, "-o", "made"),
    "prune": ("--languages", "en"),
}
"""Options that a command cannot do without."""


def context_of(name: str, *arguments: str) -> click.Context:
    """A command as it is when it was called with models, where it takes some, and these arguments."""
    models = () if name in NO_MODEL else ("a", "b") if name in TWO else ("a",)
    return cli.commands[name].make_context(name, [*models, *NEEDED.get(name, ()), *arguments])


def body_of(command: click.Command) -> Any:
    """The function that a command ends in, beneath the groups of options."""
    return inspect.unwrap(command.callback)


def hints_of(what: Any) -> dict[str, Any]:
    """Annotations as types, but for what is returned."""
    found = get_type_hints(what, {**vars(sys.modules[what.__module__]), **UNSEEN})
    return {name: hint for name, hint in found.items() if name != "return"}


def declared(command: click.Command) -> dict[str, Any]:
    """The type that a command declares for every option: of a parameter, or of a field of one that is a group."""
    found: dict[str, Any] = {}
    offered = {parameter.name for parameter in command.params}
    for name, hint in hints_of(body_of(command)).items():
        if is_dataclass(hint):
            found |= {key: own for key, own in hints_of(hint).items() if key in offered}
        else:
            found[name] = hint
    return found


def single(hint: Any) -> Any:
    """A type without ``None``, of tuples the type of the elements."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = [part for part in get_args(hint) if part is not NoneType]
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
    return hint


def of_click(parameter: click.Parameter) -> Any:
    """The type of one value that an option converts to; of choices, the choices."""
    kinds = {
        click.types.BoolParamType: bool,
        click.types.IntParamType: int,
        click.IntRange: int,
        click.types.FloatParamType: float,
        click.FloatRange: float,
        click.Path: Path,
        click.types.StringParamType: str,
    }
    if isinstance(parameter.type, click.Choice):
        return tuple(parameter.type.choices)
    known = [kind for cls, kind in kinds.items() if isinstance(parameter.type, cls)]
    return known[0] if known else {"size": int}[parameter.type.name]


def test_no_command_takes_what_it_does_not_name():
    """In the whole command line no function takes ``**values`` of any type, and no command ``Any``."""
    commands = 0
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            rest = node.args.kwarg
            assert rest is None or "object" == ast.unparse(rest.annotation), (path.name, node.name)
            if not any("click.command" in ast.unparse(decorator) for decorator in node.decorator_list):
                continue
            commands += 1
            taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            types = [argument.annotation and ast.unparse(argument.annotation) for argument in taken]
            assert all(types), (path.name, node.name)
            assert "Any" not in " ".join(types), (path.name, node.name)
    assert len(cli.commands) == commands


@pytest.mark.parametrize("name", cli.commands)
def test_a_command_says_the_types_that_click_gives(name):
    """Every option reaches its command by name, once, as the type that it is converted to, or ``None`` where it can."""
    command = cli.commands[name]
    types, values = declared(command), context_of(name).params
    assert set(values) == set(types)
    for parameter in command.params:
        if parameter.name not in values:
            continue
        hint = types[parameter.name]
        own, given = single(hint), of_click(parameter)
        if get_origin(own) is Literal:
            few = (
                parameter.name == "skip"
            )  # of the sections of a study, those of a report that may be left out
            assert set(given) <= set(get_args(own)) if few else set(given) == set(get_args(own)), (
                parameter.name
            )
        else:
            assert own is (str if isinstance(given, tuple) else given), parameter.name
        assert (values[parameter.name] is None) == (NoneType in get_args(hint)), parameter.name
        assert (parameter.multiple if isinstance(parameter, click.Option) else parameter.nargs == -1) == (
            Ellipsis in get_args(hint)
        ), parameter.name


OPENING = {"table": "input", "tensor": None, "tokenizer": None, "view": "raw", "strict": False}
LABELS: dict[str, Any] = {"labels": None, "word_lists": None, "only_labels": [], "top": None}
PROTOCOL = LABELS | {"protocol": "default"}
EXCLUDE: dict[str, Any] = {"exclude": []}
LEXICON = {"lexicon": [], "form": None, "pair": None, "kinds": [], "all_concepts": False}
RECORDED: dict[str, dict[str, Any]] = {
    "inspect": OPENING,
    "census": OPENING | LABELS,
    "overlap": OPENING | PROTOCOL,
    "separability": OPENING
    | PROTOCOL
    | EXCLUDE
    | {"design": "one-vs-rest", "folds": 10, "repeats": 1, "grouped": False, "minimum": 500}
    | {"shared_with": []},
    "tokens": OPENING | LABELS | EXCLUDE | {"k": 50},
    "relatedness": OPENING | EXCLUDE | {"k": 50, "minimum": 100, "permutations": 9_999, "word_lists": None},
    "silhouette": OPENING | PROTOCOL | EXCLUDE | {"sample": 500, "minimum": 50, "permutations": 99},
    "neighbors": OPENING
    | PROTOCOL
    | EXCLUDE
    | {"texts": [], "ids": [], "k": 20, "only": None, "language": None},
    "diversity": OPENING | PROTOCOL | EXCLUDE | {"k": 50, "sample": None},
    "map": OPENING | LABELS | EXCLUDE | {"method": "auto", "projector": None},
    "translate": OPENING
    | EXCLUDE
    | LEXICON
    | {"only": [], "multi_piece": False, "questions": 2000, "figure": "languages"},
    "languages": OPENING
    | EXCLUDE
    | LEXICON
    | {"language": None, "text": None, "reference": "en", "word_lists": None, "separation": True},
    "induce": OPENING
    | EXCLUDE
    | LEXICON
    | {"source": "en", "target": "sw", "words": None, "precision": None, "k": 10, "multi_piece": False},
    "fertility": OPENING | {"text": None, "reference": "en"},
    "compare": OPENING | PROTOCOL | EXCLUDE | {"k": 100, "permutations": 99, "figure": "agreement"},
    "transplant": {"tensor": None, "source_tokenizer": None, "strict": False}
    | {"tokenizer": "b", "via": None, "method": "auto", "held_out": 1000, "atoms": 64},
    "extend": {"tensor": None, "tokenizer": None, "strict": False}
    | {"words": __file__, "via": None, "method": "auto", "held_out": 1000, "atoms": 64},
    "prune": OPENING
    | {"languages": "en", "tokens": None, "within": 0.02, "text": None, "held_out": None, "word_lists": None},
    "track": OPENING
    | LABELS
    | {"k": 50, "minimum": 500, "revisions": None, "every": 1, "x": None, "shares": None}
    | {
        "shared": False,
        "exact": False,
        "by": "training",
        "tokens_per_step": None,
        "words": [],
        "lexicon": [],
        "maps": 0,
        "figure": "measures",
    },
    "explain": OPENING
    | LABELS
    | EXCLUDE
    | {"k": 50, "counts": None, "corpus": [], "figure": "removal", "with_output": False},
    "report": OPENING
    | PROTOCOL
    | EXCLUDE
    | {"k": 50, "minimum": 500, "questions": 2000, "permutations": 99, "lexicon": [], "skip": []}
    | {"explorer": None, "with_output": False},
    "explore": OPENING | LABELS | EXCLUDE | {"k": 50, "lexicon": [], "method": "auto"},
    "cache": {"action": "list", "days": None, "everything": False},
    "cite": {},
    "bench": OPENING | {"k": 100, "rounds": 3, "tokens": 60_000},
}


@pytest.mark.parametrize("name", [name for name in cli.commands if name != "study"])
def test_json_records_the_options(name, capsys):
    """``provenance.options`` of a command without options: what it measures, not where it searches or writes."""
    with context_of(name):
        emit(name, {}, [])
    assert RECORDED[name] == json.loads(capsys.readouterr().out)["provenance"]["options"]


def test_json_records_what_was_given(tmp_path, capsys):
    """Options that were given are recorded as JSON: paths as text, the seed beside them."""
    words = tmp_path / "words.tsv"
    words.touch()
    given = ["--lexicon", str(words), "--pair", "en", "fr", "--kind", "object", "--seed", "3", "--no-cache"]
    with context_of("translate", *given):
        emit("translate", {}, [])
    found = json.loads(capsys.readouterr().out)["provenance"]
    assert 3 == found["seed"]
    expected = RECORDED["translate"] | {"lexicon": [str(words)], "pair": ["en", "fr"], "kinds": ["object"]}
    assert expected == found["options"]


def choices(command: str, option: str) -> set[str]:
    """What can be chosen for an option."""
    (found,) = [p.type for p in cli.commands[command].params if p.name == option]
    return set(found.choices)


def test_choices_are_those_of_the_library():
    """What can be chosen is listed apart from the library, so that --help need not import it, but is the same."""
    assert get_args(Backend) == BACKENDS
    assert set(DESIGNS) == choices("separability", "design")
    assert set(FORMATS) == choices("translate", "form") == choices("languages", "form")
    assert set(MEASURES) == choices("report", "skip")
    assert set(METHODS) == choices("transplant", "method") == choices("extend", "method")
    assert {kind.name.lower() for kind in TokenKind} - {"padding"} == set(EXCLUDABLE)


def test_help_imports_no_numbers():
    """``--help`` of no command imports numpy: it answers before that would be loaded."""
    calls = "".join(
        f"main([*{name!r}.split(), '--help'], standalone_mode=False)\n" for name in ("", *cli.commands)
    )
    found = subprocess.run(
        [sys.executable, "-c", f"import sys\nfrom hyperpolyglot.cli.app import cli\nmain = cli.main\n{calls}"
         "print('numpy' in sys.modules, 'rich' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert "False False" == found.stdout.splitlines()[-1]
