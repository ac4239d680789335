"""The command line as a whole. Heavy imports happen inside the commands, so that ``--help`` answers at once."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Sequence
from functools import wraps

import click

from hyperpolyglot.cli import (
    bench,
    checkpoints,
    comparisons,
    explorer,
    neighborhoods,
    pages,
    studies,
    texts,
    tokens,
    translations,
    transplants,
    upkeep,
    vectors,
)
from hyperpolyglot.cli.described import SETTINGS, Purposeful
from hyperpolyglot.errors import HyperpolyglotError, StudyMistaken

__all__ = ["cli", "main"]


@click.group(
    cls=Purposeful,
    context_settings=SETTINGS,
    epilog="MODEL is org/name on the Hugging Face Hub (org/name@revision), a folder, a checkpoint "
    "or tokenizer file, or demo:e5, demo:language, demo:meaning; run/step-* is all that match; "
    "NAME=MODEL calls it NAME in results.",
)
@click.version_option(package_name="hyperpolyglot")
def cli() -> None:
    """See how a language model represents languages, by opening just its input
    embedding layer.
    """


_SETTINGS = {"seed", "protocol"}


def _ending_with_settings(command: click.Command) -> click.Command:
    """The command, which says with which seed and by which protocol it measured, where it has them."""
    run = command.callback
    if run is None or command.name == "explore" or not _SETTINGS & {option.name for option in command.params}:
        return command

    @wraps(run)
    def called(*arguments: object, **options: object) -> object:
        found = run(*arguments, **options)
        given = click.get_current_context().params
        if not given.get("as_json"):
            from hyperpolyglot.cli.terminal import end_with

            seed = [f"seed {given['seed']}"] if "seed" in given else []
            protocol = [f"{given['protocol']} protocol"] if "protocol" in given else []
            end_with(", ".join([*seed, *protocol]))
        return found

    command.callback = called
    return command


for _module in (
    tokens,
    vectors,
    neighborhoods,
    translations,
    texts,
    comparisons,
    checkpoints,
    transplants,
    pages,
    studies,
    explorer,
    upkeep,
    bench,
):
    for _name in _module.__all__:
        cli.add_command(_ending_with_settings(getattr(_module, _name)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. Exits 0 when done, 1 on a failure, 2 on wrong usage."""
    from hyperpolyglot.cli.terminal import note

    warnings.filterwarnings("ignore", category=RuntimeWarning)  # numpy's: what is not finite is told as such
    try:
        cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="hyperpolyglot",
            standalone_mode=False,
        )
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        note("interrupted")
        sys.exit(1)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        for line in told.getvalue().splitlines():
            note(line)
        sys.exit(2)
    except StudyMistaken as error:
        for mistake in str(error).splitlines():
            note(f"hyperpolyglot: {mistake}")
        sys.exit(1)
    except HyperpolyglotError as error:
        note(f"hyperpolyglot: {error}")
        sys.exit(1)
    except MemoryError:
        note(
            "hyperpolyglot: memory ran out; close other programs, or choose a smaller model or fewer models."
        )
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        note(f"hyperpolyglot: {error.strerror or error}: {error.filename or 'no file'}.")
        sys.exit(1)
