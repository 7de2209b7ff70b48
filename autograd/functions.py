"""Functions that NumPy does not have: activations and the softmax family.

All accept tensors, values where scalars make sense, and plain arrays (then plain arrays come back).
Next: `fused.py`.
"""

from __future__ import annotations

from typing import Any, Never

import numpy as np

from .absent import refuse_options
from .array_nodes.applying import result, unary
from .array_nodes.axes import Axis, reduced_axis
from .array_nodes.node import PARENT
from .array_nodes.operands import operand
from .interop.common import joined
from .op import Op
from .ops import activations, softmaxes
from .settings import checked_flag
from .tensor import Tensor


def sigmoid(x: Any) -> Any:
    """Return the logistic function 1 / (1 + exp(-x)), without overflow.

    Parameters
    ----------
    x : Tensor, Value, array or number

    Returns
    -------
    Tensor, Value, array or number
        As x, of the same shape.

    Examples
    --------
    >>> sigmoid(Value(0.0)).data
    0.5
    """
    return unary(activations.sigmoid, x) if type(x) is Tensor else activations.sigmoid(x)


def relu(x: Any) -> Any:
    """Return the rectifier max(x, 0); its derivative at 0 is 0.

    Parameters
    ----------
    x : Tensor, Value, array or number

    Returns
    -------
    Tensor, Value, array or number
        As x, of the same shape.

    Examples
    --------
    >>> relu(Value(-2.0)).data
    0.0
    """
    return unary(activations.relu, x) if type(x) is Tensor else activations.relu(x)


def softplus(x: Any) -> Any:
    """Return the smooth rectifier log(1 + exp(x)), finite wherever the mathematics is.

    Parameters
    ----------
    x : Tensor, Value, array or number

    Returns
    -------
    Tensor, Value, array or number
        As x, of the same shape.

    Examples
    --------
    >>> softplus(Value(1000.0)).data
    1000.0
    """
    return unary(activations.softplus, x) if type(x) is Tensor else activations.softplus(x)


def leaky_relu(x: Any, leak: float = 0.01) -> Any:
    """Return x where positive and ``leak * x`` elsewhere; the derivative at 0 is ``leak``.

    Parameters
    ----------
    x : Tensor, Value, array or number
    leak : float
        The slope for negative x.

    Returns
    -------
    Tensor, Value, array or number
        As x, of the same shape.

    Examples
    --------
    >>> leaky_relu(Value(-2.0), 0.1).data
    -0.2
    """
    if type(x) is not Tensor:
        return _LEAKY(joined(x), leak)
    p, data, shape = x._node, x._data, x._shape
    if p is None or type(leak) is not float:
        return _LEAKY(x, leak)
    forward = _LEAKY.forward
    saved, rest = (data, leak, shape), (PARENT, leak)
    return result(_LEAKY, p, None, forward(data, leak), shape, _pull_leaky, saved, rest)


_LEAKY = activations.leaky_relu
_pull_leaky = _LEAKY.fast[True, False]


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False, **options: Never) -> Any:
    """Return log Σ exp(x) over ``axis``, without overflow.

    Parameters
    ----------
    x : Tensor, array, or list of numbers and nodes
    axis : int, tuple of int or None
        The axes to sum over; None for all.
    keepdims : bool
        Keep the axes as axes of length 1.

    Returns
    -------
    Tensor or array
        Of the shape of x without ``axis``.

    Examples
    --------
    >>> float(logsumexp(np.array([1000.0, 1000.0])).round(4))
    1000.6931
    """
    refuse_options("logsumexp", options)
    x = as_entries(softmaxes.logsumexp, x)
    axis = reduced_axis(axis, np.ndim(x), "logsumexp")
    keepdims = checked_flag("logsumexp: keepdims", keepdims)
    return softmaxes.logsumexp(x, axis=axis, keepdims=keepdims)


def softmax(x: Any, axis: Axis = -1, **options: Never) -> Any:
    """Return exp(x) / Σ exp(x) over ``axis``, without overflow.

    Parameters
    ----------
    x : Tensor, array, or list of numbers and nodes
    axis : int, tuple of int or None
        The axes over which the result sums to 1; None for all.

    Returns
    -------
    Tensor or array
        Of the shape of x.

    Examples
    --------
    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    refuse_options("softmax", options)
    x = as_entries(softmaxes.softmax, x)
    return softmaxes.softmax(x, axis=reduced_axis(axis, np.ndim(x), "softmax"))


def log_softmax(x: Any, axis: Axis = -1, **options: Never) -> Any:
    """Return x - log Σ exp(x) over ``axis``, without overflow.

    Parameters
    ----------
    x : Tensor, array, or list of numbers and nodes
    axis : int, tuple of int or None
        The axes over which the exponential of the result sums to 1; None for all.

    Returns
    -------
    Tensor or array
        Of the shape of x.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 0.0])).round(4)
    array([-0.6931, -0.6931])
    """
    refuse_options("log_softmax", options)
    x = as_entries(softmaxes.log_softmax, x)
    return softmaxes.log_softmax(x, axis=reduced_axis(axis, np.ndim(x), "log_softmax"))


def as_entries(op: Op, x: Any) -> Any:
    """Return numbers and nested lists as an array; raise TypeError for anything else."""
    x = joined(x)
    return x if hasattr(type(x), "__autograd_rank__") else np.asarray(operand(op, x))
