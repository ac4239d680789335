"""Only regular files are read, up to a size, through one door; what a folder leads out to is not."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hyperpolyglot.cli.app import main
from hyperpolyglot.errors import DamagedFile, HyperpolyglotError, ModelNotFound, UnsupportedFormat
from hyperpolyglot.explorer.bundle import MANIFEST, _written_before
from hyperpolyglot.folders import files_in
from hyperpolyglot.formats import open_checkpoint, open_files
from hyperpolyglot.labels import read_labels
from hyperpolyglot.lexicon import read_lexicon
from hyperpolyglot.loading import open_model
from hyperpolyglot.measures.explanation.corpus import _texts
from hyperpolyglot.regular import is_regular, opened, read_regular, read_text
from hyperpolyglot.sources import resolve
from hyperpolyglot.study.cluster.connection import _options
from hyperpolyglot.study.file import read_study
from hyperpolyglot.vocabularies import find_among, open_vocabulary_file
from hyperpolyglot.vocabularies.files import read_file

MILLION = 1_000_000


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """A read that waits for a pipe, or never ends, fails the test after ten seconds."""

    def fail(*_: object) -> None:
        raise AssertionError("it took more than 10 s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(path.parent)  # the address of a socket is short
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)


IRREGULAR = {"a pipe": _pipe, "a device": _device, "a socket": _socket, "a folder": lambda path: path.mkdir()}

READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "the door": ("x", lambda path: read_regular(path, 100)),
    "a text": ("x", read_text),
    "study file": ("study.toml", read_study),
    "labels": ("labels.tsv", read_labels),
    "words": ("words.tsv", read_lexicon),
    "pairs": ("en-fr.txt", read_lexicon),
    "wordnet": ("wn-data-fin.tab", read_lexicon),
    "CLDF": ("forms.csv", read_lexicon),
    "PanLex": ("eng-000.txt", lambda path: read_lexicon(path, "panlex")),
    "corpus": ("text.txt", lambda path: list(_texts(path))),
    "packed corpus": ("text.txt.gz", lambda path: list(_texts(path))),
    "tokenizer": ("tokenizer.json", open_vocabulary_file),
    "tokenizer file": ("vocab.txt", read_file),
    "options of a cluster": ("cluster.toml", _options),
    "checkpoint": ("model.gguf", open_checkpoint),
    "model": ("model.safetensors", lambda path: open_model(str(path))),
}


@pytest.mark.parametrize("kind", IRREGULAR)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_at_once(kind: str, reader: str, tmp_path: Path) -> None:
    """Pipes, devices, sockets and folders in the place of a file end in one sentence."""
    name, read = READERS[reader]
    IRREGULAR[kind](tmp_path / name)
    with pytest.raises(HyperpolyglotError) as error:
        read(tmp_path / name)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["a pipe", "a device"])
def test_what_is_no_file_is_named(kind: str, tmp_path: Path) -> None:
    """The sentence says what it is."""
    IRREGULAR[kind](tmp_path / "x")
    with pytest.raises(UnsupportedFormat, match=f"x is {kind} and not a file; name a regular file"):
        read_regular(tmp_path / "x", 10)
    assert not is_regular(tmp_path / "x")


COMMANDS = {
    "labels": ["inspect", "demo:meaning", "--labels", "{}"],
    "study": ["study", "{}"],
    "lexicon": ["translate", "demo:meaning", "--lexicon", "{}"],
    "corpus": ["explain", "demo:meaning", "--corpus", "{}"],
    "counts": ["explain", "demo:meaning", "--counts", "{}"],
    "tokenizer": ["inspect", "demo:meaning", "--tokenizer", "{}"],
    "model": ["inspect", "{}"],
}


@pytest.mark.parametrize("kind", ["a pipe", "a device"])
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_refuse_them(
    kind: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No option of the command line waits for a pipe or reads a device."""
    IRREGULAR[kind](tmp_path / "vocab.txt")
    with pytest.raises(SystemExit) as ended:
        main([part.format(tmp_path / "vocab.txt") for part in COMMANDS[command]])
    assert ended.value.code in (1, 2)
    assert "Traceback" not in capsys.readouterr().err


def test_files_beside_a_named_one_are_files(tmp_path: Path) -> None:
    """Beside a PanLex file, a tokenizer and a checkpoint, pipes and devices are not read."""
    (tmp_path / "eng-000.txt").write_text("water\n")
    _pipe(tmp_path / "fra-000.txt")
    _device(tmp_path / "deu-000.txt")
    assert ("water",) == read_lexicon(tmp_path / "eng-000.txt").words
    (tmp_path / "vocab.txt").write_text("king\n##dom\n")
    for name in ("added_tokens.json", "tokenizer_config.json", "config.json", "merges.txt", "model.gguf"):
        _pipe(tmp_path / name)
    assert 2 == len(open_vocabulary_file(tmp_path / "vocab.txt"))
    with pytest.raises(ModelNotFound):
        open_checkpoint(tmp_path)


def test_an_export_over_a_pipe_is_refused(tmp_path: Path) -> None:
    """The manifest of an earlier export is read only if it is a file."""
    _pipe(tmp_path / MANIFEST)
    assert set() == _written_before(tmp_path)


def test_size_is_bounded(tmp_path: Path) -> None:
    """A file may have as many bytes as are allowed and no more, whatever its size is said to be."""
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert b"12345" == read_regular(path, 5)
    with pytest.raises(DamagedFile, match="larger than such a file can be"):
        read_regular(path, 4)
    with path.open("wb") as file:
        file.truncate(1 << 40)
    begun = time.monotonic()
    for _, read in (READERS["labels"], READERS["words"], READERS["a text"]):
        with pytest.raises(DamagedFile, match=r"larger than such a file can be \(256 MiB\)"):
            read(path)
    assert time.monotonic() - begun < 1


def test_a_file_that_grows_is_read_up_to_the_limit(tmp_path: Path) -> None:
    """What tells no size, as the files of Linux about processes, is read to its end."""
    if Path("/proc/self/status").exists():
        assert read_regular(Path("/proc/self/status"), 1 << 20).startswith(b"Name:")
    with opened(Path(__file__)) as file:
        assert file.readline().startswith(b'"""Only regular files')


def test_text_is_utf8_without_its_mark(tmp_path: Path) -> None:
    """A byte order mark is no part of a text, and other encodings are refused with the place."""
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbfa")
    assert "a" == read_text(tmp_path / "x")
    (tmp_path / "x").write_bytes(b"abc\xff")
    with pytest.raises(DamagedFile, match="byte 3 is not UTF-8"):
        read_text(tmp_path / "x")


@pytest.mark.parametrize("name", ["fra-000.txt", "forms.csv"])
def test_links_out_of_a_lexicon_are_refused(name: str, tmp_path: Path) -> None:
    """A lexicon folder makes no other file part of a result; a file that is named is read wherever it lies."""
    secret = tmp_path / "secret.txt"
    secret.write_text("Parameter_ID,Language_ID,Form\nwater,eng,water\n")
    folder = tmp_path / "lexicon"
    folder.mkdir()
    (folder / "eng-000.txt").write_text("water\n")
    (folder / name).symlink_to(secret)
    with pytest.raises(UnsupportedFormat, match="is a link that leads out of its folder"):
        read_lexicon(folder)
    if name == "forms.csv":
        assert ("water",) == read_lexicon(folder / name).words
    else:
        with pytest.raises(UnsupportedFormat, match="leads out of its folder"):
            read_lexicon(folder / "eng-000.txt")


def test_links_within_a_lexicon_are_followed(tmp_path: Path) -> None:
    """A link may lead about its own folder."""
    (tmp_path / "eng-000.txt").write_text("water\n")
    (tmp_path / "enm-000.txt").symlink_to("eng-000.txt")
    assert {"eng-000", "enm-000"} == set(read_lexicon(tmp_path).languages)


def test_links_that_lead_nowhere_are_no_files(tmp_path: Path) -> None:
    """A link to itself and one to nothing are not listed."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "none").symlink_to("nowhere")
    (tmp_path / "there").write_text("")
    assert ["there"] == files_in(tmp_path)


@pytest.mark.parametrize("suffix", ["", ".jpg", ".parquet", ".bin"])
def test_a_million_files_without_a_model_end_soon(suffix: str) -> None:
    """A folder of a million files is searched for a model and a tokenizer within 10 s."""
    names = [f"{i:07}{suffix}" for i in range(MILLION)]
    begun = time.monotonic()
    with pytest.raises(
        (ModelNotFound, UnsupportedFormat), match=r"no checkpoint that can be opened|name one"
    ):
        open_files("folder", names, lambda name: pytest.fail(f"opens {name}"))
    assert find_among(names) is None
    assert time.monotonic() - begun < 8


def test_a_name_among_a_million_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are compared with what is there only where that is a bounded number."""
    monkeypatch.setattr(os, "listdir", lambda path: [f"model-{i}" for i in range(MILLION)])
    with pytest.raises(ModelNotFound, match=re.escape("name a folder, a file or demo:NAME")):
        resolve(str(tmp_path / "model"))
