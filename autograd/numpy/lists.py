"""Functions that join lists of nodes first. Next: `linalg.py`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy

from ..interop.common import holds_traced, is_traced, joined

_LISTS = (list, tuple)
# methods and attributes of ufuncs
_OF_UFUNCS = [
    *("accumulate", "at", "identity", "nargs", "nin", "nout", "ntypes"),
    *("outer", "reduce", "reduceat", "signature", "types"),
]
# functions for which a list is several arrays, which they do not join
_OF_ARRAYS = {"block", "choose", "lexsort", "multi_dot", "piecewise", "select"}


def has_nodes(x: Any) -> bool:
    """Whether x is or contains a node, or the stand-in for an array in a recording."""
    return holds_traced(x) if isinstance(x, list | tuple) else is_traced(x)


def of_lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy that takes lists of nodes for arrays."""

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        for x in arguments:
            if isinstance(x, _LISTS) and has_nodes(x):
                arguments = tuple(map(_ready, arguments))
                break
        if not options:
            return function(*arguments)
        return function(*arguments, **{name: _ready(x) for name, x in options.items()})

    if isinstance(function, numpy.ufunc):
        for name in _OF_UFUNCS:
            setattr(run, name, getattr(function, name))
    run.fun = function  # type: ignore[attr-defined]
    return run


def _ready(x: Any) -> Any:
    return joined(x) if isinstance(x, _LISTS) and has_nodes(x) else x


def computing(module: Any, module_name: str) -> dict[str, Any]:
    """Return those functions of a module of NumPy that take arrays, for lists of nodes too."""
    found = {}
    for name in module.__all__:
        function = getattr(module, name)
        computes = isinstance(function, numpy.ufunc) or type(function) is type(numpy.sum)
        if computes and name not in _OF_ARRAYS:
            found[name] = run = of_lists(function)
            # where pickle looks it up
            run.__module__, run.__qualname__ = module_name, name
    return found


def of_sequences(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy that joins the arrays, or lists of nodes, of any iterable."""

    @functools.wraps(function)
    def run(arrays: Any, *arguments: Any, **options: Any) -> Any:
        whole = isinstance(arrays, numpy.ndarray) or is_traced(arrays)
        given = arrays if whole else [_ready(x) for x in arrays]
        return function(given, *arguments, **options)

    return run


class Rows:
    """`numpy.r_` of nodes: everything one after the other, along the first axis."""

    _numpys: Any = numpy.r_

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if not has_nodes(parts):
            return self._numpys[key]
        if any(isinstance(part, str) for part in parts):
            raise TypeError(
                "r_ and c_ with a text of options are not supported on nodes; use np.concatenate"
            )
        ready = [self._numpys[p] if isinstance(p, slice) else self._shaped(p) for p in parts]
        return numpy.concatenate(ready, axis=self._axis)

    _axis = 0

    def _shaped(self, part: Any) -> Any:
        return numpy.atleast_1d(joined(part))


class Columns(Rows):
    """`numpy.c_` of nodes: everything side by side, along the last axis."""

    _numpys = numpy.c_
    _axis = -1

    def _shaped(self, part: Any) -> Any:
        part = super()._shaped(part)
        return numpy.expand_dims(part, -1) if numpy.ndim(part) == 1 else part
