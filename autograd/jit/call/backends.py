"""A recording's program by NumPy or in C, and the trial of one against the other.

Next: `recording.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from ..c.background import beside, on_trial
from ..emit.numpy import Emitter
from ..program import Program

# the result of a call that the recording does not fit
MISSED: Any = object()


class Backends:
    """Makes the function of a program by the backend in use, which may change while it runs."""

    program: Program
    _call: Any

    def __init__(self, backend: str, flush_denormals: bool, threads: int | None) -> None:
        self.backend = backend
        self.flush, self.threads = flush_denormals, threads
        self._native = backend == "c"
        # seconds of the fastest call in NumPy, while C is compared with it
        self._rival: float | None = None
        self._lock = threading.RLock()

    def _emitter(self, form: Program, bound: Any, numbers: Any, groups: Any, gradients: Any) -> Any:
        """Return the function that makes the program: in C, if possible."""
        self.runs = ""
        if self._native:
            from ..c.values import Unsupported

            try:
                found = self._in_c(bound, numbers, gradients)
            except Unsupported as error:
                self.runs = f"runs by NumPy: {error}"
            else:
                self.runs = found.runs
                return found
        return Emitter(form, bound, numbers, groups=groups, kept=gradients)

    def _in_c(self, bound: Any, numbers: Any, gradients: Any) -> Any:
        from ..scan.loop_in_c import c_program

        return c_program(self.program, bound, numbers, gradients, self.flush, self.threads)

    def _compile_beside(self, call: Any, bound: Any, numbers: Any, gradients: Any) -> None:
        """Replace NumPy by C, once the program has run for long and is compiled."""
        space, plain = call.__globals__, call.__globals__["program"]

        def start(least: float) -> Callable[[], None]:
            from ..c.values import Unsupported

            space["program"] = plain
            return partial(job, least, Unsupported)

        def job(least: float, unsupported: type[Exception]) -> None:
            with suppress(unsupported):
                self._in_c(bound, numbers, gradients)
            with self._lock:
                self._native, self._rival, self._call = True, least, _missed

        space["program"] = beside(plain, start)

    def _try(self, call: Any, rival: float) -> None:
        """Use C for some calls, and then NumPy again if that was faster."""
        space, native = call.__globals__, call.__globals__["program"]

        def end(kept: bool) -> None:
            space["program"] = native
            self._rival = None
            if not kept:
                self.backend, self._native, self._call = "numpy", False, _missed

        space["program"] = on_trial(native, rival, end)


def _missed(leaves: Sequence[Any]) -> Any:
    return MISSED
