"""``python -m hyperpolyglot``."""

from hyperpolyglot.cli import main

main()
