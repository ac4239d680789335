"""The command line as a whole. Heavy imports happen inside the commands, so that ``--help`` answers at once."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Sequence

import click

from hyperpolyglot.cli import (
    bench,
    comparisons,
    explorer,
    neighborhoods,
    pages,
    studies,
    tokens,
    translations,
    upkeep,
    vectors,
)
from hyperpolyglot.cli.described import Purposeful
from hyperpolyglot.errors import HyperpolyglotError, StudyMistaken

__all__ = ["cli", "main"]


@click.group(
    cls=Purposeful,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="MODEL is org/name on the Hugging Face Hub (org/name@revision), a folder, a checkpoint "
    "or tokenizer file, or demo:e5, demo:language, demo:meaning; run/step-* is all that match; "
    "NAME=MODEL calls it NAME in results.",
)
@click.version_option(package_name="hyperpolyglot")
def cli() -> None:
    """See how a language model represents languages, by opening just its input
    embedding layer.
    """


for _module in (
    tokens,
    vectors,
    neighborhoods,
    translations,
    comparisons,
    pages,
    studies,
    explorer,
    upkeep,
    bench,
):
    for _name in _module.__all__:
        cli.add_command(getattr(_module, _name))


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
