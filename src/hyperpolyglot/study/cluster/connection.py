"""Which cluster: one that runs, some processes of this machine, or jobs of Slurm.

Nothing but this package imports Dask, and only when a cluster is asked for.
"""

from __future__ import annotations

import contextlib
import difflib
import inspect
import logging
import os
import re
import signal
import threading
import tomllib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hyperpolyglot.errors import ClusterFailed, DamagedFile, MissingExtra
from hyperpolyglot.regular import read_text
from hyperpolyglot.study.cluster.run import OnCluster
from hyperpolyglot.study.execute import Executor, in_this_process

__all__ = ["cluster", "slurm_cluster"]

TIMEOUT = 30
_LARGEST = 1 << 20
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Not Numba's: Dask sets them in this process too, where Numba refuses another number once its threads run."""


@contextlib.contextmanager
def cluster(where: str | None, note: Callable[[str], None] = lambda _: None) -> Iterator[Executor]:
    """An executor on a cluster for the length of the block; in this process for ``None``.

    ``where``: ``tcp://host:port`` (or ``tls://``, ``ws://``) of a scheduler, ``local:N`` for N processes of one thread
    each, ``slurm:FILE`` for jobs as a TOML or YAML file describes them. What was started for the block ends with it.
    ``note`` is told, in one sentence, of a worker that runs no steps.
    Raises ``ValueError`` for anything else, ``MissingExtra`` without Dask, ``ClusterFailed`` where there is no cluster.
    """
    if where is None:
        yield in_this_process
        return
    kind, _, rest = where.partition(":")
    if kind not in ("tcp", "tls", "ws", "wss", "local", "slurm") or not rest:
        raise ValueError(f"{where!r} is no cluster; write tcp://host:port, local:N or slurm:FILE")
    if kind == "local" and not (rest.isdecimal() and int(rest) > 0):
        raise ValueError(f"{where!r}: local:N starts N processes, at least 1")
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtra("a cluster", "cluster") from error
    with contextlib.ExitStack() as stack:
        stack.enter_context(_dask_says_nothing())
        if kind == "local":
            address = stack.enter_context(_local(int(rest)))
        elif kind == "slurm":
            address = stack.enter_context(slurm_cluster(Path(rest)))
        else:
            address = where
        try:
            connect: Any = Client
            with _differences_noted(note):
                client = stack.enter_context(connect(address, timeout=TIMEOUT, set_as_default=False))
        except (OSError, ValueError) as error:
            raise ClusterFailed(f"{where}: no scheduler answers there ({error}).") from error
        yield OnCluster(client, note)


@contextlib.contextmanager
def _dask_says_nothing() -> Iterator[None]:
    """What Dask logs of lost connections, with tracebacks, is said in a sentence by whoever notices."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@contextlib.contextmanager
def _differences_noted(note: Callable[[str], None]) -> Iterator[None]:
    """Dask's table of packages that differ between here and the cluster, as a sentence."""
    from distributed.versions import VersionMismatchWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", VersionMismatchWarning)
        yield
    for warning in caught:
        if not issubclass(warning.category, VersionMismatchWarning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
            continue
        packages = re.findall(r"^\| (\w\S*)", str(warning.message), re.MULTILINE)[1:]
        note(f"Versions differ between here and the cluster, and so may last digits: {', '.join(packages)}.")


@contextlib.contextmanager
def _local(workers: int) -> Iterator[Any]:
    """Processes of one thread each, and one thread of BLAS and of the engine."""
    import dask
    import distributed

    alone = dict.fromkeys(_ONE_THREAD, "1") | {"HYPERPOLYGLOT_THREADS": "1"}
    make_cluster: Any = distributed.LocalCluster
    environment = dict(dask.config.get("distributed.nanny.pre-spawn-environ")) | alone
    with dask.config.set({"distributed.nanny.pre-spawn-environ": environment}):
        with _children_deaf_to_ctrl_c():
            started = make_cluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
        with started:
            try:
                yield started
            finally:
                _kill(started.workers.values())


def _kill(nannies: Iterable[Any]) -> None:
    """End the processes of a cluster of our own at once: they keep nothing, and may be busy for long."""
    for nanny in nannies:
        nanny.auto_restart = False
        with contextlib.suppress(AttributeError, TypeError, ProcessLookupError):  # it has none, or no more
            os.kill(nanny.process.pid, signal.SIGKILL)


@contextlib.contextmanager
def _children_deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started in the block leave Ctrl-C, which the terminal sends to all, to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def slurm_cluster(path: Path) -> Iterator[Any]:
    """Jobs of Slurm by the options of dask-jobqueue's ``SLURMCluster`` in a file, and ``jobs``, how many of them.

    ``jobs`` may be ``[least, most]``: then they come and go with the work. Raises ``DamagedFile`` for a file that is
    not TOML or YAML or has an option that there is not, and as :func:`cluster`.
    """
    options = dict(_options(path))
    jobs = options.pop("jobs", 1)
    spread = isinstance(jobs, list) and len(jobs) == 2
    if not all(isinstance(n, int) and n >= 0 for n in (jobs if spread else [jobs])):
        raise DamagedFile(path, "jobs is a number, or [least, most]")
    try:
        from dask_jobqueue.core import Job, JobQueueCluster
        from dask_jobqueue.slurm import SLURMCluster, SLURMJob
    except ImportError as error:
        raise MissingExtra("a Slurm cluster", "cluster") from error
    of_cluster, of_job = _names(JobQueueCluster), _names(SLURMJob) | _names(Job)
    for name in options:
        if name not in of_cluster | of_job:
            raise DamagedFile(path, f"Slurm jobs have no option {name!r}{_near(name, of_cluster | of_job)}")
    make_job: Any = SLURMJob
    make_cluster: Any = SLURMCluster
    try:
        make_job("tcp://nowhere", name="none", **{n: v for n, v in options.items() if n in of_job})
        options["scheduler_options"] = {"dashboard_address": ":0"} | options.get("scheduler_options", {})
        started = make_cluster(**options)
    except (TypeError, ValueError, RuntimeError) as error:
        what = " ".join(str(error).split()).rstrip(".")
        raise DamagedFile(path, f"Slurm jobs cannot be made of it ({what})") from error
    with started:
        if spread:
            started.adapt(minimum_jobs=jobs[0], maximum_jobs=jobs[1])
        elif jobs:
            started.scale(jobs=jobs)
        yield started


def _names(made: Any) -> set[str]:
    return set(inspect.signature(made.__init__).parameters) - {"self", "scheduler", "name", "job_cls"}


def _near(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(names), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _options(path: Path) -> Mapping[str, Any]:
    try:
        text = read_text(path, _LARGEST)
    except OSError as error:
        raise ClusterFailed(f"{path}: {error.strerror or error}.") from error
    try:
        found = _yaml(text) if path.suffix in (".yaml", ".yml") else tomllib.loads(text)
    except ValueError as error:
        raise DamagedFile(path, f"it is not readable ({error})") from error
    if not isinstance(found, dict):
        raise DamagedFile(path, "it holds no options")
    return found


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
