"""Stochastic optimisation of nested parameters, as functions. Next: `fixed_points.py`.

They are for programs written for HIPS autograd; `nn.optim` has more, and stops and resumes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..settings import checked_function
from .flatten import flatten

Gradient = Callable[[Any, int], Any]
Callback = Callable[[Any, int, Any], Any]


def unflatten_optimizer(optimize: Callable[..., Any]) -> Callable[..., Any]:
    """Return an optimiser of vectors as one of nested parameters.

    Parameters
    ----------
    optimize : callable
        Takes the gradient as a function of a vector and the number of the step, the vector to begin
        with, which it may change, a callback of vectors or None, and whatever else; returns a
        vector.

    Returns
    -------
    callable
        Takes nests and functions of nests instead, and returns a nest.

    Examples
    --------
    >>> from autograd.misc.optimizers import unflatten_optimizer
    >>> @unflatten_optimizer
    ... def descent(grad, x, callback=None, steps=50):
    ...     for i in range(steps):
    ...         x = x - 0.25 * grad(x, i)
    ...     return x
    >>> x = descent(lambda p, i: {"a": 2 * (p["a"] - 3.0)}, {"a": np.zeros(2)})
    >>> x["a"].round(6)
    array([3., 3.])
    """

    @functools.wraps(optimize)
    def run(
        grad: Gradient, x0: Any, callback: Callback | None = None, *rest: Any, **options: Any
    ) -> Any:
        name = getattr(optimize, "__name__", "optimizer")
        checked_function(f"{name}: the gradient", grad)
        if callback is not None:
            checked_function(f"{name}: callback", callback)
        x, unflatten = flatten(x0)

        def slope(x: Any, i: int) -> Any:
            return flatten(grad(unflatten(x), i))[0]

        told: Callback | None = None
        if callback is not None:
            told = lambda x, i, g: callback(unflatten(x), i, unflatten(g))  # noqa: E731
        # the vector is the optimiser's own
        return unflatten(optimize(slope, np.array(x), told, *rest, **options))

    return run


@unflatten_optimizer
def sgd(
    grad: Gradient,
    x: Any,
    callback: Callback | None = None,
    num_iters: int = 200,
    step_size: float = 0.1,
    mass: float = 0.9,
) -> Any:
    """Return parameters after steps of gradient descent with momentum.

    Parameters
    ----------
    grad : callable
        Takes the parameters and the number of the step, and returns the gradient.
    x : nested lists, tuples and dicts of numbers and arrays
        Where to begin.
    callback : callable, optional
        Takes the parameters, the number of the step and the gradient, before every step.
    num_iters : int
    step_size : float
    mass : float
        The velocity becomes mass times itself, minus (1 - mass) times the gradient.

    Returns
    -------
    as x

    Examples
    --------
    >>> x = sgd(lambda x, i: 2 * (x - 3.0), 0.0, num_iters=500)
    >>> round(float(x), 4)
    3.0
    """
    velocity = np.zeros(len(x))
    for i in range(num_iters):
        g = grad(x, i)
        if callback is not None:
            callback(x, i, g)
        velocity = mass * velocity - (1.0 - mass) * g
        x = x + step_size * velocity
    return x


@unflatten_optimizer
def rmsprop(
    grad: Gradient,
    x: Any,
    callback: Callback | None = None,
    num_iters: int = 100,
    step_size: float = 0.1,
    gamma: float = 0.9,
    eps: float = 1e-8,
) -> Any:
    """Return parameters after steps in proportion to the root of the mean squared gradient.

    Parameters
    ----------
    grad, x, callback, num_iters, step_size
        As for `sgd`.
    gamma : float
        How much of the mean square is kept at every step; it begins at 1.
    eps : float
        Added to the root.

    Returns
    -------
    as x

    Examples
    --------
    >>> x = rmsprop(lambda x, i: 2 * (x - 3.0), 0.0, num_iters=200, step_size=0.05)
    >>> abs(float(x) - 3.0) < 0.1
    True
    """
    square = np.ones(len(x))
    for i in range(num_iters):
        g = grad(x, i)
        if callback is not None:
            callback(x, i, g)
        square = square * gamma + g**2 * (1 - gamma)
        x = x - step_size * g / (np.sqrt(square) + eps)
    return x


@unflatten_optimizer
def adam(
    grad: Gradient,
    x: Any,
    callback: Callback | None = None,
    num_iters: int = 100,
    step_size: float = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> Any:
    """Return parameters after steps of Adam (Kingma and Ba, 2015).

    Parameters
    ----------
    grad, x, callback, num_iters, step_size
        As for `sgd`.
    b1, b2 : float
        How much of the mean and of the mean square of the gradient is kept at every step.
    eps : float
        Added to the root of the mean square.

    Returns
    -------
    as x

    Examples
    --------
    >>> x = adam(lambda x, i: {"a": 2 * (x["a"] - 3.0)}, {"a": 0.0}, num_iters=500, step_size=0.1)
    >>> round(float(x["a"]), 2)
    3.0
    """
    mean, square = np.zeros(len(x)), np.zeros(len(x))
    for i in range(num_iters):
        g = grad(x, i)
        if callback is not None:
            callback(x, i, g)
        mean = (1 - b1) * g + b1 * mean
        square = (1 - b2) * g**2 + b2 * square
        unbiased = mean / (1 - b1 ** (i + 1)), square / (1 - b2 ** (i + 1))
        x = x - step_size * unbiased[0] / (np.sqrt(unbiased[1]) + eps)
    return x


__all__ = ["adam", "rmsprop", "sgd", "unflatten_optimizer"]
