"""From functions to their gradients: grad, value_and_grad, vjp. No rules here.

Every transform runs the function on fresh nodes, and gradients are taken with respect to those
nodes and no others, so transforms nest without confusing their variables. Inside another
transform, or for arguments that were computed from nodes, the result is a node and can be
differentiated again; otherwise it is plain: floats for floats, arrays for arrays, constants for
leaves. Next: `recompute.py`.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..settings import checked_flag
from ..tensor import Tensor
from ..value import Value
from .runs import (
    NESTS,
    Argnums,
    Function,
    Run,
    argnums_of,
    check_function,
    data_of,
    directions_of,
    is_tracked,
    leaving_aux,
    untracked,
)
from .trees import flatten, flatten_some


def value_and_grad(
    function: Function, argnums: Argnums = 0, has_aux: bool = False, **options: Argnums
) -> Function:
    """Return a function that gives the value of ``function`` and its gradient, in one run.

    Parameters
    ----------
    function : callable
        Returns a scalar; with ``has_aux`` a pair of a scalar and anything else.
    argnums : int or sequence of int
        Which arguments: floats, arrays, tensors, values, or nested lists, tuples, dicts of them.
        All transforms also call it ``argnum``, as HIPS autograd does.
    has_aux : bool
        The result is then ((scalar, anything), gradient), in which tensors come as arrays.

    Returns
    -------
    callable
        Takes the arguments of ``function``, and returns (value, gradient): floats for floats,
        arrays for arrays; a value of shape (1,) stays an array. The gradient is a tuple if
        ``argnums`` is a sequence.

    Raises
    ------
    TypeError
        If the function does not return a scalar, or an argument is not real.

    Examples
    --------
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    check_function(function, "value_and_grad")
    argnums = argnums_of("value_and_grad", argnums, options)
    has_aux = checked_flag("value_and_grad: has_aux", has_aux)

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        aux: list[Any] = []
        r = Run(leaving_aux(function, aux) if has_aux else function, arguments, argnums, kwargs)
        y, found = r.differentiate(r.nested)
        gradient = r.nest([r.present(g, x) for g, x in zip(found, r.given, strict=True)])
        value = y if r.nested else untracked(y)
        return ((value, r.outside(aux[0])) if has_aux else value), gradient

    return run


def grad(
    function: Function, argnums: Argnums = 0, has_aux: bool = False, **options: Argnums
) -> Function:
    """Return a function that gives the gradient of a scalar function.

    Parameters
    ----------
    function, argnums, has_aux
        As for `value_and_grad`; with ``has_aux`` the result is (gradient, auxiliary).

    Returns
    -------
    callable
        Takes the arguments of ``function``, and returns the gradient, of the structure, shapes and
        types of the argument; a tuple if ``argnums`` is a sequence.

    Notes
    -----
    The gradient can be differentiated again where it depends on what another transform around it
    differentiates by, and where the argument was computed from other nodes. Elsewhere it is a
    constant, also for a leaf with ``requires_grad``: nest transforms, or use
    ``backward(create_graph=True)``.

    Examples
    --------
    >>> grad(np.sin)(0.0)
    1.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["w"] * p["b"])({"w": 2.0, "b": 5.0})
    {'w': 5.0, 'b': 2.0}
    """
    check_function(function, "grad")
    argnums = argnums_of("grad", argnums, options)
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def run(*arguments: Any, **kwargs: Any) -> Any:
        value, gradient = both(*arguments, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


def elementwise_grad(function: Function, argnums: Argnums = 0, **options: Argnums) -> Function:
    """Return the derivative, entry by entry, of a function that works entry by entry.

    For any other function, this is the gradient of the sum of what it returns.

    Parameters
    ----------
    function, argnums
        As for `value_and_grad`, but the function returns an array of any shape.

    Returns
    -------
    callable
        Takes the arguments of ``function``, and returns an array of the argument's shape.

    Examples
    --------
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    check_function(function, "elementwise_grad")
    argnums = argnums_of("elementwise_grad", argnums, options)

    @functools.wraps(function)
    def total(*arguments: Any, **kwargs: Any) -> Any:
        y = function(*arguments, **kwargs)
        return y if isinstance(y, NESTS) or np.ndim(data_of(y)) == 0 else np.sum(y)

    return grad(total, argnums)


def vjp(function: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the value of a function and its vector-Jacobian product at a point.

    Parameters
    ----------
    function : callable
        Returns an array, or nested lists, tuples and dicts of arrays.
    *primals
        Where to differentiate: all the arguments.
    has_aux : bool
        The function then returns a pair of that and anything else, which comes as a third result.

    Returns
    -------
    value, pull
        ``pull(cotangent)``, a cotangent of the value's structure, gives a tuple with one entry per
        primal. In a nested cotangent None means zeros, for results that do not matter.

    Raises
    ------
    ValueError
        If the cotangent does not have the structure or shape of the value.
    TypeError
        If it holds something else than real numbers.

    Examples
    --------
    >>> y, pull = vjp(lambda x, w: x * w, 2.0, 5.0)
    >>> y, pull(1.0)
    (10.0, (5.0, 2.0))
    """
    aux: list[Any] = []
    called = leaving_aux(function, aux) if checked_flag("vjp: has_aux", has_aux) else function
    r = Run(called, primals, tuple(range(len(primals))), {})
    outputs, rebuild = flatten_some(r.output)

    def pull(cotangent: Any) -> Any:
        whole, one, of = "vjp: the cotangent", "vjp: a cotangent", f"the output of {r.name}"
        cotangents = directions_of(_filled(cotangent, r.output), r.output, whole, one, of)
        nested = r.nested or any(is_tracked(c) for c in cotangents)
        found = r.pull(outputs, cotangents, nested)
        if nested:
            return r.nest(found)
        return r.nest([r.present(g, x) for g, x in zip(found, r.given, strict=True)])

    value = r.output if r.nested else rebuild([untracked(y) for y in outputs])
    return (value, pull, r.outside(aux[0])) if has_aux else (value, pull)


def _filled(cotangent: Any, output: Any) -> Any:
    """Return a cotangent with None replaced by zeros, for a whole nest if need be."""
    if isinstance(output, dict) and isinstance(cotangent, dict):
        return {k: _part(c, output.get(k)) for k, c in cotangent.items()}
    if isinstance(output, list | tuple) and isinstance(cotangent, list | tuple):
        if len(cotangent) == len(output):
            return list(map(_part, cotangent, output))
    return cotangent


def _part(cotangent: Any, output: Any) -> Any:
    return _zeros(output) if cotangent is None else _filled(cotangent, output)


def _zeros(y: Any) -> Any:
    leaves, rebuild = flatten_some(y)
    return rebuild([np.zeros(np.shape(data_of(leaf))) for leaf in leaves])


def stop_gradient(x: Any) -> Any:
    """Return x as a constant: the same numbers, through which no gradient flows.

    Parameters
    ----------
    x : nested lists, tuples and dicts
        Tensors and values in them become constants; the rest stays as it is.

    Returns
    -------
    as x
        Tensors without a gradient for tensors, floats for values.

    Examples
    --------
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    if isinstance(x, NESTS):
        leaves, rebuild = flatten(x)
        return rebuild([stop_gradient(leaf) for leaf in leaves])
    if isinstance(x, Tensor):
        return x.detach()
    return x.data if isinstance(x, Value) else x


__all__ = ["elementwise_grad", "grad", "stop_gradient", "value_and_grad", "vjp"]
