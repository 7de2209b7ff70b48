"""Nested lists, tuples and dicts of numbers and arrays as one vector. Next: `optimizers.py`."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..transforms import trees
from ..transforms.runs import data_of


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return all numbers of a nest as one vector, and a function that makes the nest again.

    Parameters
    ----------
    value : nested lists, tuples and dicts of numbers, arrays and nodes
        Dicts are visited in the order of their keys.

    Returns
    -------
    vector : array or Tensor, (n,)
    unflatten : callable
        Takes a vector of as many numbers, array or Tensor.

    Examples
    --------
    >>> vector, unflatten = flatten({"b": np.ones((2, 1)), "a": 3.0})
    >>> vector
    array([3., 1., 1.])
    >>> unflatten(vector * 2)
    {'b': array([[2.],
           [2.]]), 'a': np.float64(6.0)}
    """
    leaves, rebuild = trees.flatten(value)
    order = trees.flatten(_sorted(rebuild(list(range(len(leaves))))))[0]
    shapes = [np.shape(data_of(leaf)) for leaf in leaves]

    def unflatten(vector: Any) -> Any:
        parts, start = [None] * len(shapes), 0
        for i in order:
            stop, shape = start + prod(shapes[i]), shapes[i]
            parts[i] = np.reshape(vector[start:stop], shape) if shape else vector[start]
            start = stop
        return rebuild(parts)

    flat = [np.reshape(leaves[i], (-1,)) for i in order]
    return (np.concatenate(flat) if flat else np.zeros(0)), unflatten


def _sorted(value: Any) -> Any:
    """Return a nest with every dict in the order of its keys."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(map(_sorted, value))
    return value


def flatten_func(func: Callable[..., Any], example: Any) -> tuple[Callable[..., Any], Any, Any]:
    """Return a function of nests as one of vectors, which returns a vector too.

    Parameters
    ----------
    func : callable
        Takes a nest like the example first, and returns a nest.
    example : nest

    Returns
    -------
    function, unflatten, vector
        The function, and what `flatten` gives of the example.

    Examples
    --------
    >>> f, unflatten, x = flatten_func(lambda p: [p[0] * 2.0, p[1]], [1.0, 5.0])
    >>> f(x)
    array([2., 5.])
    """
    vector, unflatten = flatten(example)

    def run(x: Any, *arguments: Any, **kwargs: Any) -> Any:
        return flatten(func(unflatten(x), *arguments, **kwargs))[0]

    return run, unflatten, vector
