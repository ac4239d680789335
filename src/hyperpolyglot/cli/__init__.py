"""The command line: each command is one call of the library, shown."""

from hyperpolyglot.cli.app import main

__all__ = ["main"]
