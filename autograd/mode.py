"""The modes of a context: recording, scope, origins, watchers. Next: `node.py`.

All of it is per context (thread or task), so separate graphs in separate threads are independent.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ContextDecorator,
    contextmanager,
    nullcontext,
    suppress,
)
from contextvars import ContextVar
from typing import Any

from .blocks import STATE as STATE
from .blocks import Blocks, change_special
from .blocks import tick as tick
from .settings import checked_function, checked_text

_RECORDING = Blocks("recording", True)
_recording: ContextVar[bool] = _RECORDING.now
# the (label, scope, origin) that all nodes of a scope share; None outside of all scopes
_SCOPE = Blocks("scope", None)
_scope: ContextVar[tuple[str, str, None] | None] = _SCOPE.now
_ORIGINS = Blocks("origins", False)
_origins: ContextVar[bool] = _ORIGINS.now
_WATCHER = Blocks("watcher", None)
_watcher: ContextVar[Callable[..., None] | None] = _WATCHER.now
_recorder: ContextVar[Any] = ContextVar("recorder", default=None)


def is_grad_enabled() -> bool:
    """Return whether operations are recorded in this context.

    Returns
    -------
    bool
        False inside `no_grad`, True elsewhere.

    Examples
    --------
    >>> is_grad_enabled()
    True
    """
    return _recording.get()


class _GradMode(ContextDecorator):
    """Switch recording, as a context manager or a decorator, nested and across threads."""

    _wanted: bool
    _entered: list[Any]

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        mode = super().__new__(cls)
        mode._entered = []
        # a decorator may be written without parentheses
        return mode if function is None else mode(function)

    def _recreate_cm(self) -> Any:
        return type(self)()

    def __call__(self, function: Any) -> Any:
        """Decorate a function; of a generator, only the body runs in this mode, not its caller."""
        checked_function(f"{type(self).__name__}: what is decorated", function)
        if not inspect.isgeneratorfunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        def run(*arguments: Any, **kwargs: Any) -> Any:
            body = function(*arguments, **kwargs)
            step = functools.partial(next, body)
            while True:
                try:
                    with type(self)():
                        value = step()
                except StopIteration as end:
                    return end.value
                try:
                    sent = yield value
                    step = functools.partial(body.send, sent)
                except GeneratorExit:
                    with type(self)():
                        body.close()
                    raise
                except BaseException as error:
                    step = functools.partial(body.throw, error)

        return run

    def __enter__(self) -> None:
        self._entered.append(_RECORDING.enter(self._wanted))

    def __exit__(self, *exc: object) -> None:
        _RECORDING.leave(self._entered[-1])
        self._entered.pop()

    def __del__(self) -> None:
        # a Ctrl-C at the first moment of `__exit__` would switch recording off for good
        while self._entered:
            with suppress(RuntimeError):
                _RECORDING.leave(self._entered.pop())


class no_grad(_GradMode):
    """Compute without recording a graph: ``with no_grad():``, or ``@no_grad`` over a function.

    Examples
    --------
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.parents
    ()
    """

    _wanted = False


class enable_grad(_GradMode):
    """Record again inside a `no_grad` block.

    Examples
    --------
    >>> with no_grad():
    ...     with enable_grad():
    ...         is_grad_enabled()
    True
    """

    _wanted = True


_NOTHING = nullcontext()


def recording() -> AbstractContextManager[None]:
    """Return a context in which operations are recorded; free where they already are."""
    return _NOTHING if _recording.get() else enable_grad()


# how many transforms are running; inside another one, a transform returns nodes, to be
# differentiated again, unless all it knows are numbers
depth: ContextVar[int] = ContextVar("depth", default=0)


class at_depth:
    """Run a block as if it were inside this many transforms."""

    __slots__ = ("_depth", "_token")

    def __init__(self, depth: int) -> None:
        self._depth = depth

    def __enter__(self) -> None:
        self._token = depth.set(self._depth)

    def __exit__(self, *exc: object) -> None:
        depth.reset(self._token)


# for the function that a transform runs: the conversions of nodes to plain numbers, and the nodes
# that stand for its arguments and for those of the transforms around it
_run: ContextVar[tuple[list[tuple[str, Any]], list[Any]] | None] = ContextVar("run", default=None)


class running:
    """Collect the conversions of nodes to plain numbers, such as float(), made inside the block.

    Each is a pair: its description, and the number if only the result must not be such a number.
    """

    __slots__ = ("_arguments", "_token")

    def __init__(self, arguments: list[Any]) -> None:
        self._arguments = arguments

    def __enter__(self) -> list[tuple[str, Any]]:
        conversions: list[tuple[str, Any]] = []
        around = _run.get()
        arguments = [*self._arguments, *around[1]] if around else self._arguments
        self._token = _run.set((conversions, arguments))
        return conversions

    def __exit__(self, *exc: object) -> None:
        _run.reset(self._token)


def note_float(taken: str, number: Any = None) -> None:
    """Tell the enclosing transform, if any, of a conversion of a node to a plain number."""
    run = _run.get()
    if run is not None:
        run[0].append((taken, number))


def is_argument(node: Any) -> bool:
    """Whether a node stands for an argument of a function that a transform runs."""
    run = _run.get()
    return run is not None and any(node is x for x in run[1])


@contextmanager
def scope(name: str) -> Iterator[str]:
    """Name the part of a model in which nodes are made; pictures fold by scope.

    Nested scopes are joined by dots. `nn.Module` opens one for every call.

    Parameters
    ----------
    name : str
        Appended to the path of the enclosing scope; '' adds nothing.

    Returns
    -------
    context manager
        Its value is the whole path.

    Examples
    --------
    >>> with scope("encoder"):
    ...     y = Value(2.0) * 3
    >>> y.scope
    'encoder'
    """
    path = joined(current_scope(), checked_text("scope: name", name))
    block = _SCOPE.enter(("", path, None))
    try:
        yield path
    finally:
        _SCOPE.leave(block)


def joined(path: str, name: str) -> str:
    """Return the dotted path of a name below a path; either may be empty."""
    return f"{path}.{name}" if path and name else path or name


class absolute_scope:
    """Set the whole scope path, whatever the enclosing scope, for a block within one function."""

    __slots__ = ("_notes", "_outermost", "_token")

    def __init__(self, path: str) -> None:
        self._notes = "", path, None

    def __enter__(self) -> None:
        self._outermost = _scope.get() is None
        self._token = _scope.set(self._notes)
        if self._outermost:
            change_special(1)

    def __exit__(self, *exc: object) -> None:
        if self._outermost:
            change_special(-1)
        _scope.reset(self._token)


# a cheaper way to change the scope from inside another: enter_scope(("", path, None)) returns a
# token, and leave_scope(token) goes back
enter_scope, leave_scope = _scope.set, _scope.reset


def current_scope() -> str:
    """Return the scope path that is open in this context, '' outside every scope."""
    notes = _scope.get()
    return notes[1] if notes else ""


@contextmanager
def record_origins() -> Iterator[None]:
    """Remember for every new node the file and line of the user's code that made it.

    Errors then say where the node was made, and the backward pass raises if a plain array that it
    needs was written into since. Costs about a microsecond a node, and a checksum of such arrays.

    Returns
    -------
    context manager

    Examples
    --------
    >>> with record_origins():
    ...     y = Value(2.0) * 3
    >>> y.origin is not None
    True
    """
    block = _ORIGINS.enter(True)
    try:
        yield
    finally:
        _ORIGINS.leave(block)


@contextmanager
def watch(watcher: Callable[..., None] | None) -> Iterator[None]:
    """Call ``watcher`` for every contribution of the backward sweeps run inside the block.

    Parameters
    ----------
    watcher : callable or None
        Called as ``watcher(node, index, upstream, contribution, before, after)``: the contribution
        of ``node`` to its parent number ``index``, and that parent's gradient before (None for the
        first contribution) and after. The sweep reuses its arrays: copy what you keep. None turns
        watching off inside the block.

    Returns
    -------
    context manager

    Examples
    --------
    >>> a = Value(3.0)
    >>> y = a * a
    >>> with watch(lambda node, i, g, c, before, after: print(i, c, before, after)):
    ...     y.backward()
    0 3.0 None 3.0
    1 3.0 3.0 6.0
    """
    if watcher is not None:
        checked_function("watch: the watcher", watcher)
    block = _WATCHER.enter(watcher)
    try:
        yield
    finally:
        _WATCHER.leave(block)


def current_watcher() -> Callable[..., None] | None:
    """Return the watcher of this context, if one is set."""
    return _watcher.get()


@contextmanager
def record_values(recorder: Any) -> Iterator[None]:
    """Pass every scalar node made in this context to ``recorder.made(node)``."""
    token = _recorder.set(recorder)
    change_special(1)
    try:
        yield
    finally:
        change_special(-1)
        _recorder.reset(token)


def current_recorder() -> Any:
    """Return the recorder of scalar nodes of this context, if there is one."""
    return _recorder.get()


def effect(method: Any) -> Any:
    """Mark a method without arguments that changes leaves: a recording of values keeps the call."""

    @functools.wraps(method)
    def run(self: Any) -> Any:
        if not STATE.special or (recorder := _recorder.get()) is None:
            return method(self)
        return recorder.call(functools.partial(run, self))

    run.__effect__ = True  # type: ignore[attr-defined]
    return run


_FOLDER = os.path.dirname(os.path.dirname(__file__))
_PACKAGES = tuple(os.path.join(_FOLDER, name) for name in ("autograd", "nn"))


_is_recording, _wants_origins, _notes_of_scope = _recording.get, _origins.get, _scope.get
_NO_NOTES = "", "", None


def note() -> tuple[str, str, str | None] | None:
    """Return (label, scope, origin) for a node made now, or None if nothing is recorded here."""
    if not _is_recording():
        return None
    if _wants_origins():
        return "", current_scope(), _user_line()
    return _notes_of_scope() or _NO_NOTES


def _user_line() -> str | None:
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_PACKAGES):
            return f"{os.path.basename(name)}:{frame.f_lineno}"
        frame = frame.f_back
    return None
