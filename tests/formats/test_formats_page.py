"""The page about formats is what the registries say, and the registries are the only place that lists suffixes."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from hyperpolyglot.formats import Checkpoint, open_checkpoint, registry
from hyperpolyglot.formats.layout import folders_that_open
from hyperpolyglot.hub.names import parse_name
from hyperpolyglot.types import ByteSource

PROGRAM = Path(__file__).parents[2] / "docs" / "formats.py"


def test_the_page_is_up_to_date() -> None:
    """``docs/formats.md`` is what its program writes: a row for each format, with its suffixes."""
    made = runpy.run_path(str(PROGRAM))["page"]()
    assert made == PROGRAM.with_suffix(".md").read_text("utf8")
    for form in registry.FORMATS:
        assert all(f"`{suffix}`" in made for suffix in (*form.suffixes, *form.names))
        assert not form.suffixes or form.holds


def test_every_format_of_a_name_is_looked_for_by_a_suffix_that_it_has() -> None:
    """What a folder is searched for is opened by a reader that knows its suffix."""
    for form in registry.FORMATS:
        for name in form.names:
            assert name.removesuffix(".index.json").endswith(form.suffixes)
            assert ["a"] == folders_that_open([f"a/{name.replace('*', '00001')}"])


def test_a_suffix_is_declared_with_its_row_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that is added is opened by its suffix, and the Hub's names and weights know all suffixes."""

    def read(source: ByteSource) -> Checkpoint:
        return Checkpoint(name=source.name, tensors={})

    row = registry.Format("new", (".new",), lambda head: False, read)
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, row))
    (tmp_path / "a.new").write_bytes(b"x")
    assert {} == open_checkpoint(tmp_path / "a.new").tensors
    assert ".new" in registry.suffixes()
    for suffix in registry.suffixes():
        assert registry.is_checkpoint_file(f"a{suffix}")
        assert suffix == ".new" or parse_name(f"org/name{suffix}") is None
