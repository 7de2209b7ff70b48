"""The clock that dates nodes, and context variables set by ``with`` blocks. Next: `mode.py`.

`STATE.special` holds the open blocks of all threads; while it is empty, making a node checks
nothing else.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any


class _State:
    """The clock that dates nodes and changes of leaves, and flags that let hot paths skip checks.

    ``special`` holds the open `Blocks`, ``dated`` the open blocks of `dates_kept`: neither another
    thread nor a Ctrl-C comes in the middle of a set's method. ``checksums`` is True once any node
    has some, ``labels`` once any computed node has a label.
    """

    __slots__ = ("checksums", "clock", "dated", "labels", "special")

    def __init__(self) -> None:
        self.clock = 1.0
        self.dated: set[object] = set()
        self.special: set[object] = set()
        self.checksums = False
        self.labels = False


STATE = _State()
FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()
_LOCK = threading.Lock()


def tick() -> float:
    """Advance the clock and return the new time, larger than every time handed out before."""
    if FREE_THREADED:
        with _LOCK:
            STATE.clock = now = STATE.clock + 1.0
            return now
    # nothing comes between statements without calls; a Ctrl-C of Python 3.14 can come between
    # taking a lock and entering the block, which leaves it taken for good
    STATE.clock = now = STATE.clock + 1.0
    return now


@contextmanager
def dates_kept() -> Iterator[None]:
    """Have sweeps inside the block restore the creation dates of the nodes that they visit."""
    block = object()
    try:
        STATE.dated.add(block)
        yield
    finally:
        STATE.dated.discard(block)


@contextmanager
def undone(undo: list[Callable[[], object]]) -> Iterator[None]:
    """Call functions after the block, the latest first; a Ctrl-C waits for the last one.

    Each undoes a replacement; it may be called twice, and before what it undoes was done.
    """
    try:
        yield
    finally:
        # not in a function, at whose first moment a Ctrl-C would break it off
        try:
            while undo:
                undo[-1]()
                undo.pop()
        except KeyboardInterrupt:
            while undo:
                undo[-1]()
                undo.pop()
            raise


class ContextValue:
    """Sets a context variable for a ``with`` block, whose value it is.

    Python looks for a Ctrl-C after every call, also between a call and the assignment of its
    result: so what undoes the change is known before it is made. The same holds for all below.
    """

    __slots__ = ("_before", "_value", "_variable")

    def __init__(self, variable: ContextVar[Any], value: Any) -> None:
        self._variable, self._value = variable, value

    def __enter__(self) -> Any:
        self._before = self._variable.get()
        try:
            self._variable.set(self._value)
        except BaseException:
            self._variable.set(self._before)
            raise
        return self._value

    def __exit__(self, *exc: object) -> None:
        self._variable.set(self._before)


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
        # the enclosing block, the value outside of this one, and what stands for it in `STATE`
        block = [self._last.get(), self.now.get(), object()]
        try:
            STATE.special.add(block[2])
            self._last.set(block)
            self.now.set(value)
        except BaseException:
            self._last.set(block)
            self.leave(block)
            raise
        return block

    def leave(self, block: list[Any]) -> None:
        """Leave a block; raise RuntimeError in a context other than the one it was entered in.

        If a Ctrl-C comes in between, it can be called again.
        """
        inner = self._last.get()
        if inner is block:
            self.now.set(block[1])
        else:
            while inner is not None and inner[0] is not block:
                inner = inner[0]
            if inner is None:
                raise RuntimeError(
                    f"a block of {self.now.name!r} ends in another thread or task than it began "
                    "in; enter and leave it in one"
                )
        STATE.special.discard(block[2])
        if inner is block:
            self._last.set(block[0])
        else:
            # the block that it encloses inherits the value to restore
            inner[:2] = block[:2]


class Block:
    """Sets the value of `Blocks` for a ``with`` block, nested and across threads."""

    _entered: Any = ()

    def __init__(self, blocks: Blocks, value: Any) -> None:
        self._blocks, self._value = blocks, value
        self._entered = []

    def __enter__(self) -> None:
        self._entered.append(self._blocks.enter(self._value))

    def __exit__(self, *exc: object) -> None:
        self._blocks.leave(self._entered[-1])
        self._entered.pop()

    def __del__(self) -> None:
        # a Ctrl-C at the first moment of `__exit__` would leave the block open for good
        while self._entered:
            with suppress(RuntimeError):
                self._blocks.leave(self._entered.pop())
