"""The modes of a context: recording, scope, origins, watchers. Next: `node.py`.

All of it is per context (thread or task), so separate graphs in separate threads are independent.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ContextDecorator, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from .blocks import STATE as STATE
from .blocks import Block, Blocks, ContextValue
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
_RECORDER = Blocks("recorder", None)
_recorder: ContextVar[Any] = _RECORDER.now


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


class _GradMode(Block, ContextDecorator):
    """Switch recording, as a context manager or a decorator, nested and across threads."""

    _wanted: bool

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        # a decorator may be written without parentheses
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self, function: None = None) -> None:
        super().__init__(_RECORDING, self._wanted)

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


def at_depth(level: int) -> ContextValue:
    """Return a context that runs a block as if it were inside this many transforms."""
    return ContextValue(depth, level)


# for the function that a transform runs: the conversions of nodes to plain numbers, and the nodes
# that stand for its arguments and for those of the transforms around it
_run: ContextVar[tuple[list[tuple[str, Any]], list[Any]] | None] = ContextVar("run", default=None)


def running(arguments: list[Any]) -> ContextValue:
    """Return a context that collects the conversions of nodes to plain numbers, such as float().

    The first part of its value is a list of pairs: a description, and the number if only the result
    must not be such a number. The second are the nodes that stand for arguments.
    """
    around = _run.get()
    return ContextValue(_run, ([], [*arguments, *around[1]] if around else arguments))


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
    with Block(_SCOPE, ("", path, None)):
        yield path


def joined(path: str, name: str) -> str:
    """Return the dotted path of a name below a path; either may be empty."""
    return f"{path}.{name}" if path and name else path or name


class absolute_scope:
    """Set the whole scope path, whatever the enclosing scope, for a block within one function."""

    __slots__ = ("_before", "_notes")

    def __init__(self, path: str) -> None:
        self._notes = ("", path, None)

    def __enter__(self) -> None:
        self._before = _scope.get()
        try:
            if self._before is None:
                STATE.special.add(self)
            _scope.set(self._notes)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exc: object) -> None:
        try:
            _scope.set(self._before)
        finally:
            STATE.special.discard(self)


# a cheaper way to change the scope from inside another, and back: set_scope(("", path, None))
notes_of_scope, set_scope = _scope.get, _scope.set


def current_scope() -> str:
    """Return the scope path that is open in this context, '' outside every scope."""
    notes = _scope.get()
    return notes[1] if notes else ""


@contextmanager
def record_origins() -> Iterator[None]:
    """Remember for every new node the file and line of the user's code that made it.

    Errors then say where the node was made, and the backward pass raises if a plain array or the
    ``.data`` of a leaf that it needs was written into since. Costs about a microsecond a node, and
    a checksum of such arrays.

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
    with Block(_ORIGINS, True):
        yield


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
    with Block(_WATCHER, watcher):
        yield


def current_watcher() -> Callable[..., None] | None:
    """Return the watcher of this context, if one is set."""
    return _watcher.get()


def record_values(recorder: Any) -> Block:
    """Return a context that passes every scalar node made in it to ``recorder.made(node)``."""
    return Block(_RECORDER, recorder)


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
# with a separator at the end: nn_trial.py beside them is the user's
PACKAGES = tuple(os.path.join(_FOLDER, name, "") for name in ("autograd", "nn"))


_is_recording, _wants_origins = _recording.get, _origins.get
_NO_NOTES = "", "", None


def note() -> tuple[str, str, str | None] | None:
    """Return (label, scope, origin) for a node made now, or None if nothing is recorded here."""
    if not _is_recording():
        return None
    if _wants_origins():
        return "", current_scope(), _user_line()
    return notes_of_scope() or _NO_NOTES


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of the program that called these packages."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(PACKAGES):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _user_line() -> str | None:
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(PACKAGES):
            return f"{os.path.basename(name)}:{frame.f_lineno}"
        frame = frame.f_back
    return None
