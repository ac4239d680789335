"""The public names, and the layers below them."""

from __future__ import annotations

import subprocess
import sys

import hyperpolyglot as hp


def test_every_public_name_is_there_and_stays():
    """Each name of __all__ resolves, also after the modules have been imported, and the list is complete."""
    assert sorted(hp._MODULE_OF) == sorted(hp.__all__)
    for _ in range(2):
        for name in hp.__all__:
            found = getattr(hp, name)
            assert callable(found), name
            assert found.__module__.startswith("hyperpolyglot.")


def test_importing_is_cheap():
    """``import hyperpolyglot`` imports nothing heavy, and nothing at all of torch."""
    heavy = "('numpy', 'numba', 'matplotlib', 'torch')"
    code = f"import sys, hyperpolyglot; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == found.stdout.strip()


def test_a_command_that_draws_nothing_waits_for_no_plots():
    """``neighbors`` imports neither matplotlib nor what only figures, statistics of reports or other maps need."""
    heavy = "('matplotlib', 'scipy.stats', 'umap', 'sklearn', 'jinja2', 'torch')"
    code = (
        "import sys; from hyperpolyglot.cli import main\n"
        "sys.argv = ['hyperpolyglot', 'neighbors', 'demo:meaning', 'water', '--json']\n"
        f"try: main()\nexcept SystemExit: pass\nprint([m for m in {heavy} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == found.stdout.splitlines()[-1]
