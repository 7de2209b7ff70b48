"""Stand-ins for arguments, and for the arrays and generators that a function reaches.

NumPy's operators on plain arrays cannot be intercepted, so while the function is recorded each such
array is replaced by a recorded array, and each generator by one whose draws are steps. Next:
`lent.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import getitem, setitem
from types import FunctionType
from typing import Any

import numpy as np

from ...blocks import undone
from ...tensor import Tensor
from ...transforms.trees import flatten, is_nest
from ..record.capture import Capture
from ..record.operators import Refused
from ..tape.watched import ArrayCopy, Attributes, Cell, Class, Names
from .guards import Reach
from .signature import Signature


@contextmanager
def recorded(reach: Reach, capture: Capture) -> Iterator[list[Any]]:
    """Replace plain arrays and generators by recorded ones inside the block.

    After the block, its list contains those that the function itself has replaced.
    """
    undo: list[Callable[[], object]] = []
    stood: list[tuple[Callable[[], Any], Any]] = []
    gone: list[Any] = []
    met: set[int] = set()
    placed: dict[int, Any] = {}
    with undone(undo):
        for entry in reach.entries:
            for get, put, owner, key, x in _places(entry):
                # a global that two functions use is visited twice
                new = x if id(x) in placed else _recorded(capture, x, met)
                if new is not x:
                    undo.append(partial(put, owner, key, x))
                    put(owner, key, new)
                    stood.append((partial(get, owner, key), new))
                    placed[id(new)] = new
        # objects at places that cannot be set, such as defaults of arguments, are compared
        reach.entries += [ArrayCopy(x) for x in reach.arrays if id(x) not in met]
        yield gone
        gone += [new for getter, new in stood if _held(getter) is not new]


def _held(getter: Callable[[], Any]) -> Any:
    """Return the object at a place; None if the place no longer exists."""
    try:
        return getter()
    except (AttributeError, LookupError, ValueError):
        return None


def _recorded(capture: Capture, x: Any, met: set[int]) -> Any:
    """Return the stand-in for an array, a generator or a tuple of them; else x itself."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        met.add(id(x))
        return capture.outside(x)
    if isinstance(x, np.random.Generator):
        return capture.outside_generator(x)
    if isinstance(x, tuple):
        try:
            items = [_recorded(capture, e, met) for e in x]
        except RecursionError:
            raise ValueError(
                "jit: a tuple that the function uses is nested too deeply; give flat ones"
            ) from None
        if any(new is not old for new, old in zip(items, x, strict=True)):
            return type(x)(items) if type(x) is tuple else type(x)(*items)
    return x


def _places(entry: Any) -> Iterator[tuple[Callable[..., Any], Callable[..., None], Any, Any, Any]]:
    """Return the content of each place of a container, after the owner and key of the place.

    And first two functions: ``get(owner, key)`` and ``put(owner, key, content)``.
    """
    container = entry.container
    if isinstance(entry, Cell):
        for x in entry.contents:
            yield getattr, setattr, container, "cell_contents", x
    elif isinstance(entry, Class):
        for name, x in entry.settable():
            yield _in_class, type.__setattr__, entry.kind, name, x
    elif isinstance(entry, Attributes):
        if not isinstance(container, FunctionType | type):  # the contents of these are compared
            for name, x in zip(entry.names, entry.contents, strict=True):
                yield object.__getattribute__, object.__setattr__, container, name, x
    elif isinstance(container, dict):
        for key in entry.names if isinstance(entry, Names) else list(container):
            yield getitem, setitem, container, key, container.get(key)
    elif isinstance(container, list):
        for i, x in enumerate(container):
            yield getitem, setitem, container, i, x


def _in_class(kind: type, name: str) -> Any:
    return vars(kind)[name]


def run(
    function: Callable[..., Any], capture: Capture, call: Signature, args: Any, kwargs: Any
) -> tuple[list[Any], Any]:
    """Run a function on recorded arguments; return the leaves of its result, and its structure."""
    leaves, rebuild = flatten([list(args), kwargs])
    shared: dict[int, Any] = {}
    inside = []
    for i, x in enumerate(leaves):
        if i in call.static:
            inside.append(x)
        elif isinstance(x, np.ndarray | Tensor | np.random.Generator):  # one given twice stays one
            if id(x) not in shared:
                shared[id(x)] = _argument(capture, x, i)
            inside.append(shared[id(x)])
        else:
            inside.append(_argument(capture, x, i))
    given = rebuild(inside)
    found = flatten(function(*given[0], **given[1]))
    if not is_nest(given, inside, rebuild):
        raise _changes(function)
    return found


def _argument(capture: Capture, x: Any, position: int) -> Any:
    if isinstance(x, Tensor):
        return capture.substitute(x, position)
    if isinstance(x, np.random.Generator):
        return capture.generator(x, position)
    if type(x) in (float, int) or isinstance(x, np.ndarray | np.generic):
        return capture.argument(position, x)
    return x


def check_clean(function: Any, reach: Reach, gone: list[Any]) -> None:
    """Raise for a function that draws random numbers or changes outside objects."""
    if reach.drew():
        raise Refused(
            f"jit: {name_of(function)} draws random numbers, which would be the same at every "
            "call; draw them outside and pass them, or the Generator, as arguments"
        )
    if gone or not reach.holds():
        raise _changes(function)


def name_of(function: Any) -> str:
    """Return the name of a function for messages."""
    return getattr(function, "__name__", "the function")


def _changes(function: Any) -> Refused:
    return Refused(
        f"jit: {name_of(function)} changes a list, a dict or an attribute, which a replay would "
        "not do; return what is to be kept"
    )
