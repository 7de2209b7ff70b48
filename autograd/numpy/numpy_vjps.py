"""Helpers for user-defined gradients: undoing broadcasts and sums. Next: `numpy_jvps.py`."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..absent import refuse_names_of
from ..arithmetic import sum_to
from ..array_nodes.axes import Axis
from ..interop.common import plain


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a pullback whose results are summed to the shape of the argument.

    Parameters
    ----------
    target : number, array or node
        The argument.
    f : callable
        The pullback as it is for an argument of the result's shape.

    Returns
    -------
    callable

    Examples
    --------
    >>> from autograd.numpy.numpy_vjps import unbroadcast_f
    >>> unbroadcast_f(2.0, lambda g: 3.0 * g)(np.ones(4))
    np.float64(12.0)
    """
    shape = np.shape(plain(target))
    return lambda g: _summed(f(g), shape)


def _summed(c: Any, shape: tuple[int, ...]) -> Any:
    return sum_to(c, shape) if np.ndim(plain(c)) else c


def repeat_to_match_shape(
    g: Any, shape: tuple[int, ...], dtype: Any, axis: Axis, keepdims: bool
) -> tuple[Any, int]:
    """Return the gradient of a sum as that of the entries, and how many there are of each sum.

    Parameters
    ----------
    g : number, array or node
        The gradient of the sum.
    shape, dtype : tuple of int, dtype
        Those of what was summed.
    axis, keepdims
        As the sum had them.

    Examples
    --------
    >>> from autograd.numpy.numpy_vjps import repeat_to_match_shape
    >>> repeat_to_match_shape(np.array([1.0, 2.0]), (2, 3), float, 1, False)
    (array([[1., 1., 1.],
           [2., 2., 2.]]), 3)
    """
    kept = np.sum(np.empty(shape), axis, keepdims=True).shape
    spread = np.zeros(shape, dtype) + np.reshape(g, kept)
    return spread, math.prod(shape) // max(math.prod(kept), 1)


def replace_zero(x: Any, val: Any) -> Any:
    """Return x with zeros replaced by another number.

    Examples
    --------
    >>> from autograd.numpy.numpy_vjps import replace_zero
    >>> replace_zero(np.array([0.0, 2.0]), 1.0)
    array([1., 2.])
    """
    return np.where(x, x, val)


refuse_names_of(sys.modules[__name__])
