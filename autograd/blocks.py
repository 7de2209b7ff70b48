"""The clock that dates nodes, and the blocks that switch something in a context. Next: `mode.py`.

`STATE.special` counts the contexts that differ from the default anywhere; while it is 0, creating a
node looks at nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class _State:
    """The clock that dates nodes and changes of leaves, and the count of unusual contexts.

    ``checksums`` tells whether a node was ever made with some, ``labels`` whether a computed node
    was ever given one; ``dated`` counts the blocks of `dates_kept`.
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
    # by `with`: a Ctrl-C between an acquire() and its release() would leave the lock shut for good
    with LOCK:
        STATE.clock = now = STATE.clock + 1.0
    return now


@contextmanager
def dates_kept() -> Iterator[None]:
    """Leave on nodes the date when they were made, also where a sweep inside the block visits."""
    with LOCK:
        STATE.dated += 1
    try:
        yield
    finally:
        with LOCK:
            STATE.dated -= 1


def change_special(by: int) -> None:
    """Count a block more or less that differs from the default."""
    with LOCK:
        STATE.special += by


class Blocks:
    """A context variable set by blocks, which may end in any order, as those in generators do.

    ``now`` is what holds: what the block set that was entered last, of those not left.
    """

    __slots__ = ("_last", "now")

    def __init__(self, name: str, default: Any) -> None:
        self.now: ContextVar[Any] = ContextVar(name, default=default)
        self._last: ContextVar[Any] = ContextVar(f"last block of {name}", default=None)

    def enter(self, value: Any) -> list[Any]:
        """Enter a block, and return what `leave` is told."""
        # the block around it, and what held there
        block = [self._last.get(), self.now.get()]
        change_special(1)
        self._last.set(block)
        try:
            self.now.set(value)
        except BaseException:  # Ctrl-C, right after it
            self.leave(block)
            raise
        return block

    def leave(self, block: list[Any]) -> None:
        """Leave a block; raise RuntimeError in another context than it was entered in."""
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
            # the one inside goes back to what was before this one
            inner[:] = block
        change_special(-1)
