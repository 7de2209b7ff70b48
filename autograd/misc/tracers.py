"""`const_graph`, which records a function once, by the name in HIPS autograd. Last file."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from ..absent import refuse_names_of
from ..jit import jit
from ..settings import checked_function


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """Return a function that is recorded at its first call, and replayed at all others.

    New programs say ``jit(fun)``. What would make a replay wrong is an error here: a branch on a
    recorded number, or a change of what is outside of the function.

    Parameters
    ----------
    fun : callable
        Function of numbers and arrays.
    args, kwargs
        Its first arguments, and those by name, that are always the same.

    Returns
    -------
    callable
        Function of the other arguments.

    Raises
    ------
    TypeError
        If ``fun`` is no function, or, when it is called, cannot be recorded.

    Examples
    --------
    >>> slope = const_graph(lambda a, x: grad(lambda x: a * x**2)(x), 3.0)
    >>> slope(1.0), slope(2.0)
    (6.0, 12.0)
    """
    function = checked_function("const_graph: fun", fun)
    return jit(functools.partial(function, *args, **kwargs))  # type: ignore[no-any-return]


__all__ = ["const_graph"]

refuse_names_of(sys.modules[__name__])
