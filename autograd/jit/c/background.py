"""Compiling in the background while the NumPy program runs, and going back to NumPy if faster.

Next: `../scan/`.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import warnings
from collections.abc import Callable
from queue import SimpleQueue
from time import perf_counter
from typing import Any

# a program is compiled once it has run for so many seconds: about as long as compiling takes
PATIENCE = 0.25
# so many calls of the program in C are timed; it is dropped if the fastest of them took so many
# times as long as the fastest of NumPy's. (Medians would rather measure other load.)
TRIAL = 20
SLOWER = 1.25
_JOBS: dict[int, SimpleQueue[Callable[[], None]]] = {}
_WARNED: list[str] = []


def beside(program: Callable[..., Any], start: Callable[[float], Callable[[], None]]) -> Any:
    """Return a function like the given one that notices when it has run for long enough.

    Parameters
    ----------
    program : callable
    start : callable
        Called once at that time, with the seconds of the fastest call; replaces this function and
        returns the task of the compiling thread. If that fails there is a warning, once.
    """
    spent, least = 0.0, math.inf

    def timed(*arguments: Any) -> Any:
        nonlocal spent, least
        begun = perf_counter()
        found = program(*arguments)
        took = perf_counter() - begun
        before, spent = spent, spent + took
        if found is not None:  # otherwise a check failed early
            least = min(least, took)
        if before <= PATIENCE < spent:
            queue().put(start(least))
        return found

    return timed


def on_trial(program: Callable[..., Any], rival: float, end: Callable[[bool], None]) -> Any:
    """Return a function like the given one whose first calls are timed.

    Parameters
    ----------
    program : callable
    rival : float
        Seconds of the fastest call of the function that it replaced.
    end : callable
        Called once, with whether the program is fast enough to be kept; replaces this function.
    """
    calls, least = 0, math.inf

    def timed(*arguments: Any) -> Any:
        nonlocal calls, least
        begun = perf_counter()
        found = program(*arguments)
        took = perf_counter() - begun
        if found is not None:
            calls, least = calls + 1, min(least, took)
            if calls == TRIAL:
                end(least <= SLOWER * rival)
        return found

    return timed


def queue() -> SimpleQueue[Callable[[], None]]:
    """Return the queue of the compiling thread; a forked process gets its own."""
    found = _JOBS.get(os.getpid())
    if found is None:
        found = _JOBS[os.getpid()] = SimpleQueue()
        threading.Thread(target=_work, args=(found,), name="glassgrad-jit", daemon=True).start()
    return found


def _work(jobs: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        job = jobs.get()
        try:
            job()
        except Exception as error:  # whatever it is, the NumPy program continues
            _warn_once(error)
        del job


def _warn_once(error: Exception) -> None:
    if not _WARNED:
        _WARNED.append(str(error))
        with contextlib.suppress(RuntimeWarning):  # where warnings are errors
            warnings.warn(f"{error} (the NumPy program goes on)", RuntimeWarning, stacklevel=2)
