"""``python -m hyperpolyglot``."""

from hyperpolyglot.cli import main

if __name__ == "__main__":  # worker processes import the module that started them
    main()
