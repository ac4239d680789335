"""Where a search runs: on the processor, on one GPU or on all of them. Results do not depend on it.

``auto`` takes the GPUs where there are any and the search is large enough to be worth waking them. Where a GPU is
asked for and there is none, that is said once, and the processor does it.
"""

from __future__ import annotations

import ctypes
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec

from hyperpolyglot.arguments import checked

__all__ = ["chosen_gpus", "device_in_use", "say_once", "use_device"]

_NAME = re.compile(r"auto|cpu|cuda(:\d+)?")
_WORTHWHILE = 1 << 40
"""Queries · rows · d from which ``auto`` wakes a GPU, which takes seconds. Set on paper."""


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=3)


@dataclass(slots=True)
class _Choice:
    """What this process was told, whom it tells, and what it has said."""

    device: str = "cpu"
    tell: Callable[[str], None] = _warn
    said: set[str] = field(default_factory=set)


_choice = _Choice()


def use_device(name: str, tell: Callable[[str], None] = _warn) -> None:
    """Let searches of this process that name no device run on ``name``: auto, cpu, cuda or cuda:i.

    ``tell`` hears, once, why a GPU that was asked for is not used (by default a ``RuntimeWarning``); the processor
    does the search then. Raises ``ValueError`` for another name.

    >>> use_device("cpu")
    """
    checked("use_device", name, str, "auto, cpu, cuda or cuda:0")
    _choice.device, _choice.tell, _choice.said = _checked(name), tell, set()
    if name.startswith("cuda"):
        chosen_gpus(name, 0)


def device_in_use() -> str:
    """What :func:`use_device` was told, for what other processes do for this one.

    >>> device_in_use()
    'cpu'
    """
    return _choice.device


def chosen_gpus(name: str | None, work: int) -> tuple[str, ...]:
    """The GPUs for a search of ``work`` = queries · rows · d; empty where the processor does it.

    ``name`` as for :func:`use_device`; ``None`` is what was given there.

    >>> chosen_gpus("cpu", 10**15)
    ()
    """
    name = _checked(_choice.device if name is None else name)
    if name == "cpu" or (name == "auto" and (work < _WORTHWHILE or not _driver_count())):
        return ()
    found = _gpus()
    chosen = tuple(gpu for gpu in found if name in {"auto", "cuda", gpu})
    if not chosen and name != "auto":
        say_once(f"{name} is not there: {_why_not(found)}; the processor goes on, with the same results.")
    return chosen


def say_once(message: str) -> None:
    """Tell whoever chose the device, unless it was told already."""
    if message not in _choice.said:
        _choice.said.add(message)
        _choice.tell(message)


def _why_not(found: tuple[str, ...]) -> str:
    if found:
        return f"there is only {', '.join(found)}"
    if not find_spec("torch"):
        return "torch is not installed (pip install 'hyperpolyglot[gpu]')"
    return "torch finds no CUDA device" if _driver_count() else "there is no NVIDIA driver"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a device is auto, cpu, cuda or cuda:0, cuda:1, …, and not {name!r}")
    return name


@cache
def _gpus() -> tuple[str, ...]:
    """The CUDA devices torch can use."""
    if not find_spec("torch"):
        return ()
    from hyperpolyglot.engine.devices.tensors import cuda_devices

    return cuda_devices()


@cache
def _driver_count() -> int:
    """CUDA devices by the driver alone: torch, which takes seconds to load, is not asked where there are none."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        count = ctypes.c_int(0)
        found = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    except (OSError, AttributeError):
        return 0
    return count.value if found else 0
