"""What runs a program: NumPy, or C once it is compiled. Next: `recording.py`.

``backend="auto"`` begins with NumPy. A program that was called often enough is compiled in a thread
of its own meanwhile, and taken over when it is ready; where there is no compiler, or C does not
know the program, NumPy goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from .program import Program, Step

# So many calls pay for a compiler
OFTEN = 200


class Native:
    """The C program of a recording, if there is one.

    Parameters
    ----------
    backend : {"auto", "numpy", "c"}
    """

    def __init__(self, backend: str) -> None:
        self.calls = 0
        # whether calls are still counted, or a thread at work
        self.waiting = backend == "auto"
        self._wanted = backend == "c"
        self._insists = backend == "c"
        self._thread: threading.Thread | None = None

    def program(
        self, program: Program, bound: Mapping[Step, Any], numbers: Sequence[Step]
    ) -> Any | None:
        """Return the program in C for these arrays; None if NumPy runs it.

        Raises
        ------
        RuntimeError
            With ``backend="c"``, if there is no compiler, or it fails.
        """
        if not self._wanted:
            return None
        from .c_backend import CProgram, Unsupported

        try:
            return CProgram(program, bound, numbers).load()
        except Unsupported:
            return None
        except RuntimeError:
            if self._insists:
                raise
            self._wanted = False
            return None

    def ready(self, program: Program, bound: Mapping[Step, Any], numbers: Sequence[Step]) -> bool:
        """Count a call; whether the C program can be taken from now on."""
        self.calls += 1
        if self._thread is None:
            if self.calls >= OFTEN:
                arguments = program, dict(bound), list(numbers)
                self._thread = threading.Thread(target=self._compile, args=arguments, daemon=True)
                self._thread.start()
            return False
        if self._thread.is_alive():
            return False
        self.waiting = False
        return self._wanted

    def _compile(self, *arguments: Any) -> None:
        # the library is kept, so that making the program once more takes no compiler
        self._wanted = True
        try:
            self._wanted = self.program(*arguments) is not None
        except Exception:
            self._wanted = False
