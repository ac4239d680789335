"""A user's environment: the libraries that hyperpolyglot is installed beside, and models that they saved."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
collect_ignore = [path.name for path in HERE.glob("*.py") if path.name not in ("conftest.py", "test_jobs.py")]
BESIDE = ("torch==2.13.0", "transformers==4.57.*", "sentence-transformers", "model2vec", "gensim", "pandas")


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its Python, and what ``pip freeze`` said before hyperpolyglot came and after."""

    python: Path
    before: tuple[str, ...]
    after: tuple[str, ...]


def run(*command, folder=ROOT):
    """What a command prints; what it says otherwise is the message where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"HF_HUB_OFFLINE": "1", "MPLBACKEND": "agg", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """The libraries first, then the core, in a new environment: a few minutes.

    ``HYPERPOLYGLOT_JOBS`` names a folder in which an environment with the libraries is kept from run to run.
    """
    kept = os.environ.get("HYPERPOLYGLOT_JOBS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("environment")
    python = folder / "bin" / "python"
    if not python.exists():
        run(sys.executable, "-m", "venv", folder)
        run(python, "-m", "pip", "install", "-q", "--upgrade", "pip")
        run(python, "-m", "pip", "install", "-q", *BESIDE)
    run(python, "-m", "pip", "uninstall", "-q", "-y", "hyperpolyglot")
    before = run(python, "-m", "pip", "freeze").splitlines()
    run(python, "-m", "pip", "install", "-q", ROOT)
    return Environment(python, tuple(before), tuple(run(python, "-m", "pip", "freeze").splitlines()))


@pytest.fixture(scope="session")
def desk(environment, tmp_path_factory):
    """The folder in which a user works: models saved by the libraries."""
    folder = tmp_path_factory.mktemp("desk")
    run(environment.python, HERE / "make_models.py", folder=folder)
    return folder
