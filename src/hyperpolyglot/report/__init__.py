"""A study as one self-contained page, with its numbers as JSON and CSV beside it."""

from hyperpolyglot.report.files import write_numbers, write_report, write_tables

__all__ = ["write_numbers", "write_report", "write_tables"]
