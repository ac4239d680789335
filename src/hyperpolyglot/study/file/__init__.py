"""The study file: models, measures, options and outputs in TOML, read at once or refused with every mistake.

``docs/study.md`` is its description. Paths in it are relative to its folder.
"""

from hyperpolyglot.study.file.document import FORMAT, FileOutputs, StudyFile, example, read_study

__all__ = ["FORMAT", "FileOutputs", "StudyFile", "example", "read_study"]
