"""How NumPy's own functions find our rules. `interop.py` fills the table of functions.

Universal functions are looked up in the table of rules, which is keyed by them; other functions in
`FUNCTIONS`. What is in neither raises a TypeError that names it: never a bare array, and never a
silently lost gradient.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .op import operation_for

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}


def implements(
    *numpy_functions: Callable[..., Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function as the meaning of NumPy functions on nodes."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        for numpy_function in numpy_functions:
            FUNCTIONS[numpy_function] = function
        return function

    return enter


def array_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Answer a universal function on nodes by its operation; refuse what has no rule."""
    if method == "at" and ufunc in (np.add, np.subtract) and hasattr(inputs[0], "_accumulate"):
        return inputs[0]._accumulate(operation_for(ufunc), *inputs[1:])
    if method != "__call__":
        raise TypeError(
            f"{_name(ufunc)}.{method} is not supported on nodes; write it with "
            f"np.{ufunc.__name__} and np.sum, or take .data for numbers without a gradient"
        )
    for x in inputs:
        if type(x) is np.ndarray and x.dtype.kind == "O" and _without_tensors(inputs):
            # an array of values, which NumPy keeps as objects: entry by entry
            return ufunc(*[np.asarray(x, object) for x in inputs], **kwargs)
    found = FUNCTIONS.get(ufunc)
    if found is not None:
        return found(*inputs, **kwargs)
    op = operation_for(ufunc)
    if op is None:
        name = _name(ufunc)
        if not name.startswith("np."):
            raise TypeError(f"{name} has no rule yet; `import autograd.special` brings SciPy's")
        raise _without_rule(name)
    out = kwargs.pop("out", None)
    if kwargs or (out is not None and any(o is not None for o in out)):
        refused = ", ".join(f"{k}=" for k in kwargs) or "out="
        name = _name(ufunc)
        raise TypeError(_no_target(name, out) if out else f"{name}: {refused} is not supported")
    return op(*inputs)


def _name(ufunc: np.ufunc) -> str:
    numpys = getattr(sys.modules.get("scipy.special"), ufunc.__name__, None) is not ufunc
    return f"{'np' if numpys else 'scipy.special'}.{ufunc.__name__}"


def _without_tensors(inputs: tuple[Any, ...]) -> bool:
    return not any(getattr(x, "__autograd_rank__", 0) > 1 for x in inputs)


def _no_target(name: str, out: tuple[Any, ...]) -> str:
    return (
        f"{name}: the result cannot be written into out= (a plain {type(out[0]).__name__} keeps no "
        "gradient); use the returned node: y = y + x instead of y += x"
    )


def array_function(
    function: Callable[..., Any], arguments: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Answer a NumPy function on nodes, or raise a TypeError that names it."""
    found = FUNCTIONS.get(function)
    if found is None:
        module = getattr(function, "__module__", "numpy") or "numpy"
        module = module.replace("numpy", "np", 1)
        raise _without_rule(f"{module}.{function.__name__}")
    return found(*arguments, **kwargs)


def _without_rule(name: str) -> TypeError:
    return TypeError(
        f"{name} has no rule for differentiation here; take .data or .detach() for numbers without "
        "a gradient, or define it with autograd.operation"
    )
