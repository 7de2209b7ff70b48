"""Fixed points, differentiated by the theorem on implicit functions.

Next: `tracers.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..interop.common import plain
from ..mode import at_depth
from ..op import Op, structural
from ..settings import checked_function, checked_number
from ..transforms.gradients import vjp
from .flatten import flatten

Distance = Callable[[Any, Any], Any]


class _Iteration(NamedTuple):
    """The step from one state to the next, given a vector of parameters, and the stopping rule."""

    step: Callable[[Any, Any], Any]
    start: Any
    distance: Distance
    tol: float

    def __repr__(self) -> str:
        return f"<iteration from {np.size(self.start)} numbers>"


def _iterate(x: Any, iteration: _Iteration) -> Any:
    step, now, distance, tol = iteration
    with at_depth(0):
        while True:
            before, now = now, np.asarray(step(x, now))[()]
            if distance(now, before) <= tol:
                return now


def _pull(g: Any, x: Any, z: Any, iteration: _Iteration) -> Any:
    # w = g + Jᵀ w for the Jacobian J of a step by the state, then back through one step to x
    step, _, distance, tol = iteration
    shape = np.shape(z)
    n, size = np.shape(x)[0], prod(shape)

    def back(packed: Any, w: Any) -> Any:
        a, at, g = packed[:n], packed[n : n + size], packed[n + size :]
        _, pull = vjp(lambda s: step(a, s), np.reshape(at, shape))
        return np.reshape(g, shape) + pull(w)[0]

    packed = np.concatenate([x, np.reshape(z, (-1,)), np.reshape(g, (-1,))])
    w = fixed(packed, iteration=_Iteration(back, plain(g), distance, tol))
    return vjp(lambda a: step(a, z), x)[1](w)[0]


fixed: Op = structural(
    "fixed_point",
    _iterate,
    x=_pull,
    doc="The state that one more step does not change; x joins the parameters of the step.",
)


def fixed_point(
    f: Callable[[Any], Callable[[Any], Any]], a: Any, x0: Any, distance: Distance, tol: float
) -> Any:
    """Return x with ``f(a)(x) = x``, found by iteration.

    Parameters
    ----------
    f : callable
        Takes a, and returns the function of one step, which must come closer to the fixed point.
    a : number, array, node, or nested lists, tuples and dicts of them
        Gradients flow to it, to any order.
    x0 : number or array
        Where to begin; no gradient flows to it.
    distance : callable
        Of two states that follow each other.
    tol : float
        At most this distance ends the iteration, in the gradient as well.

    Returns
    -------
    Tensor, array or number
        Of the shape of x0.

    Raises
    ------
    TypeError
        If f computes with a node that is not a part of a.

    Examples
    --------
    >>> newton = lambda a: lambda x: 0.5 * (x + a / x)
    >>> root = lambda a: fixed_point(newton, a, 1.0, lambda x, y: abs(x - y), 1e-12)
    >>> round(float(root(2.0)), 6), round(grad(root)(2.0), 6)
    (1.414214, 0.353553)
    """
    checked_function("fixed_point: f", f)
    checked_function("fixed_point: distance", distance)
    tol = checked_number("fixed_point: tol", tol, 0.0)
    vector, unflatten = flatten(a)
    iteration = _Iteration(lambda x, s: f(unflatten(x))(s), plain(x0), distance, tol)
    with at_depth(0):
        if getattr(iteration.step(plain(vector), iteration.start), "requires_grad", False):
            raise TypeError(
                "fixed_point: f computes with a node other than a, whose gradient would be lost; "
                "make it a part of a"
            )
    return fixed(vector, iteration=iteration)
