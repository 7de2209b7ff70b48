"""Sums of exponentials, with SciPy's defaults. Next: `matrices.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functions
from ..settings import checked_flag
from ..transforms.gradients import stop_gradient


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Return log Σ b exp(a) over ``axis``, without overflow.

    Parameters
    ----------
    a : Tensor or array
    axis : int, tuple of int or None
        The axes to sum over; None for all.
    b : Tensor or array, optional
        Factors of any sign, 1 by default.
    keepdims : bool
    return_sign : bool
        Whether to return the logarithm of the absolute value, and the sign.

    Returns
    -------
    Tensor or array, or a pair of them

    Examples
    --------
    >>> float(logsumexp(np.array([0.0, 0.0])).round(4))
    0.6931
    >>> a, b = np.array([1000.0, 1000.0]), np.array([2.0, 1.0])
    >>> float(autograd.special.logsumexp(a, b=b).round(4))
    1001.0986
    """
    keepdims = checked_flag("logsumexp: keepdims", keepdims)
    return_sign = checked_flag("logsumexp: return_sign", return_sign)
    if b is None:
        z = functions.logsumexp(a, axis=axis, keepdims=keepdims)
        return (z, np.ones_like(z)) if return_sign else z
    every = type(b) is np.ndarray and b.shape == np.shape(a) and b.all()
    counted = a if every else np.where(np.equal(b, 0), -np.inf, a)
    # any number near the largest relevant entry will do
    largest = stop_gradient(np.max(counted, axis=axis, keepdims=True))
    largest = np.where(np.isfinite(largest), largest, 0.0)
    total = np.sum(b * np.exp(counted - largest), axis, keepdims=True)
    z = np.log(np.abs(total) if return_sign else total) + largest
    z, sign = (x if keepdims else np.squeeze(x, axis) for x in (z, np.sign(total)))
    return (z, sign) if return_sign else z


def softmax(x: Any, axis: Any = None) -> Any:
    """Return exp(x) / Σ exp(x); as in SciPy over all axes, unless ``axis`` is given.

    Parameters
    ----------
    x : Tensor or array
    axis : int, tuple of int or None

    Returns
    -------
    Tensor or array
        Of the shape of x.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    return functions.softmax(x, axis=axis)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Return x - log Σ exp(x); as in SciPy over all axes, unless ``axis`` is given.

    Parameters
    ----------
    x : Tensor or array
    axis : int, tuple of int or None

    Returns
    -------
    Tensor or array
        Of the shape of x.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 0.0])).round(4)
    array([-0.6931, -0.6931])
    """
    return functions.log_softmax(x, axis=axis)
