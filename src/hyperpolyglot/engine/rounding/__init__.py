"""Rows in fewer bits, each kind with a bound on what that loses: ``docs/engine.md``."""
