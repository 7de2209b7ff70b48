"""The clock that dates nodes, and context variables set by ``with`` blocks. Next: `mode.py`.

`STATE.special` counts the open blocks of all threads; while it is 0, making a node checks nothing
else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class _State:
    """The clock that dates nodes and changes of leaves, and flags that let hot paths skip checks.

    ``special`` counts the open `Blocks`, ``dated`` the open blocks of `dates_kept`. ``checksums``
    is True once any node has some, ``labels`` once any computed node has a label.
    """

    __slots__ = ("checksums", "clock", "dated", "labels", "special")

    def __init__(self) -> None:
        self.clock = 1.0
        self.dated = 0
        self.special = 0
        self.checksums = False
        self.labels = False


STATE = _State()
LOCK = threading.Lock()


def tick() -> float:
    """Advance the clock and return the new time, larger than every time handed out before."""
    # with acquire() and release(), a Ctrl-C between the two would leave the lock taken for good
    with LOCK:
        STATE.clock = now = STATE.clock + 1.0
    return now


@contextmanager
def dates_kept() -> Iterator[None]:
    """Have sweeps inside the block restore the creation dates of the nodes that they visit."""
    with LOCK:
        STATE.dated += 1
    try:
        yield
    finally:
        with LOCK:
            STATE.dated -= 1


def change_special(by: int) -> None:
    """Count one more or one fewer open block."""
    with LOCK:
        STATE.special += by


class Blocks:
    """A context variable set by ``with`` blocks that may end in any order, as in generators.

    ``now`` holds the value of the innermost open block.
    """

    __slots__ = ("_last", "now")

    def __init__(self, name: str, default: Any) -> None:
        self.now: ContextVar[Any] = ContextVar(name, default=default)
        self._last: ContextVar[Any] = ContextVar(f"last block of {name}", default=None)

    def enter(self, value: Any) -> list[Any]:
        """Enter a block, and return the token for `leave`."""
        # the enclosing block, and the value outside of this one
        block = [self._last.get(), self.now.get()]
        change_special(1)
        self._last.set(block)
        try:
            self.now.set(value)
        except BaseException:  # a Ctrl-C right after the value was set
            self.leave(block)
            raise
        return block

    def leave(self, block: list[Any]) -> None:
        """Leave a block; raise RuntimeError in a context other than the one it was entered in."""
        inner = self._last.get()
        if inner is block:
            self.now.set(block[1])
            self._last.set(block[0])
        else:
            while inner is not None and inner[0] is not block:
                inner = inner[0]
            if inner is None:
                raise RuntimeError(
                    f"a block of {self.now.name!r} ends in another thread or task than it began "
                    "in; enter and leave it in one"
                )
            # the block that it encloses inherits the value to restore
            inner[:] = block
        change_special(-1)
