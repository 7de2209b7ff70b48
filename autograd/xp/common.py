"""The wrapper of functions of the standard: data by NumPy, gradients by the rules.

Each function here is a few lines of plain NumPy. On tensors without a gradient they run on bare
arrays, so that every dtype works; where one input wants its gradient they run on the nodes, and
NumPy's protocols bring them to the table of rules. Next: `elementwise.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ..array_nodes.applying import untracked
from ..array_nodes.handle import Handle
from ..settings import shown
from ..value import Value

F = TypeVar("F", bound=Callable[..., Any])

CPU = "cpu"


def check_device(device: Any) -> None:
    """Raise ValueError for a device other than "cpu"."""
    if device is not None and not (isinstance(device, str) and device == CPU):
        raise ValueError(f"device {shown(device)} is not there; tensors live on {CPU!r}")


def _mapped(function: Callable[[Any], Any], x: Sequence[Any]) -> list[Any]:
    try:
        return [function(e) for e in x]
    except RecursionError:
        raise ValueError("a list that holds itself, or is nested too deeply, is no array") from None


def is_tracked(x: Any) -> bool:
    """Whether a gradient flows to x, or to something in a list."""
    if isinstance(x, list | tuple):
        return any(_mapped(is_tracked, x))
    return isinstance(x, Value) or (isinstance(x, Handle) and x._node is not None)


def bare(x: Any) -> Any:
    """Return the array behind a tensor, also in lists; anything else as it is."""
    if isinstance(x, Handle):
        return np.asarray(x._data)
    if isinstance(x, list | tuple) and any(isinstance(e, Handle | list | tuple) for e in x):
        plain = _mapped(bare, x)
        return tuple(plain) if isinstance(x, tuple) else plain
    return x


def boxed(z: Any) -> Any:
    """Return results as tensors; tuples and values stay what they are."""
    if isinstance(z, Value):
        return z
    if isinstance(z, tuple):
        return type(z)(*map(boxed, z)) if hasattr(z, "_fields") else tuple(map(boxed, z))
    t: Any = z if isinstance(z, Handle) else untracked(z)
    if t.dtype.kind not in "biufc":
        raise TypeError(f"tensors hold numbers of the standard's dtypes, not {t.dtype}")
    return t


def standard(function: F, *, on_tensors: bool = False) -> F:
    """Make a function of arrays, written in NumPy, a function of tensors.

    With ``on_tensors`` it runs on tensors without a gradient too, so that views are known as such.
    """

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        given = (*arguments, *options.values())
        if not (on_tensors and isinstance(given[0], Handle)) and not any(map(is_tracked, given)):
            arguments = tuple(map(bare, arguments))
            options = {name: bare(x) for name, x in options.items()}
        try:
            return boxed(function(*arguments, **options))
        except (AttributeError, OverflowError) as error:
            # other objects have no shape, dtype or ufunc loop
            kinds = ", ".join(type(x).__name__ for x in (*arguments, *options.values()))
            raise TypeError(
                f"xp.{function.__name__}: expected tensors and numbers of the standard's dtypes, "
                f"got {kinds} ({error})"
            ) from error

    return call  # type: ignore[return-value]


def of_views(function: F) -> F:
    """Make a function of an array that returns views of it, or itself, a function of tensors."""
    return standard(function, on_tensors=True)


def beyond_standard(function: F) -> F:
    """Return a function of NumPy that makes tensors of numbers as well."""

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        z = function(*arguments, **options)
        return boxed(z) if isinstance(z, np.ndarray) else z

    return call  # type: ignore[return-value]


def _named(function: Callable[..., Any], name: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Return the standard's ``{name}``, element by element."
    return standard(function)


def unary(name: str, function: Callable[..., Any]) -> Any:
    """Return an elementwise function of one array."""
    return _named(lambda x, /: function(x), name)


def binary(name: str, function: Callable[..., Any]) -> Any:
    """Return an elementwise function of two arrays, one of which may be a number."""
    return _named(lambda x1, x2, /: function(x1, x2), name)
