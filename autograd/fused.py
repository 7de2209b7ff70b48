"""Layers and losses as one node each: linear, the squared error, and the cross-entropies.

All accept tensors, and plain arrays (then plain arrays or numbers come back). Next: `sums.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_nodes.applying import result
from .array_nodes.facts import constant_of
from .array_nodes.node import PARENT
from .array_nodes.operands import operand
from .functions import as_entries
from .node import MANY
from .op import Op
from .ops import fused
from .settings import described
from .tensor import Tensor


def _real(op: Op, x: Any) -> Any:
    """Return real numbers as an array, nodes as they are; raise TypeError for anything else."""
    if hasattr(type(x), "__autograd_rank__"):
        return x
    array = np.asarray(operand(op, x))
    if array.dtype.kind == "c":
        raise TypeError(f"{op.name}: complex numbers are not supported, got {described(x)}")
    return array


def _shape(x: Any) -> tuple[int, ...]:
    # np.shape of a tensor takes a detour through NumPy's protocol
    return x._shape if type(x) is Tensor else np.shape(x)


def linear(x: Any, w: Any, b: Any) -> Any:
    """Return ``x @ w + b`` as one node; rows of x are samples.

    Parameters
    ----------
    x : tensor of shape (..., k)
    w : tensor of shape (k, j)
    b : tensor of shape (j,)

    Returns
    -------
    Tensor or array of shape (..., j)

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> linear(np.ones((2, 3)), np.ones((3, 1)), np.zeros(1))
    array([[3.],
           [3.]])
    """
    if type(x) is Tensor:
        p, rows, shape = x._node, x._data, x._shape
    elif _is_plain(x):
        p, rows, shape = None, x, x.shape
    else:
        return _linear_general(x, w, b)
    try:
        q, r, (k, j), (n,) = w._node, b._node, w._shape, b._shape
        fits = shape[-1] == k and j == n
    except (AttributeError, ValueError, IndexError):
        fits = False
    if not fits or q is None or r is None:
        return _linear_general(x, w, b)
    weight, forward = w._data, _LINEAR.forward  # looked up here: a recording has another one
    z = forward(rows, weight, b._data)
    if p is not None:
        saved = rows, weight, b._shape
        return result(_LINEAR, (p, q, r), MANY, z, z.shape, _pull_linear, saved)
    rest = (x if rows is x else constant_of(x), PARENT, PARENT)
    return result(_LINEAR, q, r, z, z.shape, _pull_layer, (rows, b._shape), rest)


def _linear_general(x: Any, w: Any, b: Any) -> Any:
    x, w, b = (v if type(v) is Tensor else as_entries(_LINEAR, v) for v in (x, w, b))
    sx, sw, sb = _shape(x), _shape(w), _shape(b)
    if len(sb) != 1 or sx[-1:] + sb != sw:
        raise ValueError(f"linear: x {sx}, w {sw} and b {sb} do not fit (..., k) @ (k, j) + (j,)")
    return _LINEAR(x, w, b)


_LINEAR = fused.linear
_pull_linear, _pull_layer = (_LINEAR.fast[of_x, True, True] for of_x in (True, False))
_OF_DATA = (True, False)


def _is_plain(x: Any) -> bool:
    """Whether x is an array of numbers, whose entries need no check."""
    return type(x) is np.ndarray and x.dtype.kind == "f"


def squared_error(x: Any, y: Any, scale: float = 1.0) -> Any:
    """Return scale · Σ (x - y)² as one node.

    Parameters
    ----------
    x, y : Tensor or array of one shape
    scale : float

    Returns
    -------
    Tensor or number
        Of shape ().

    Raises
    ------
    ValueError
        If the shapes differ: broadcasting would hide a mistake.

    Examples
    --------
    >>> float(squared_error(np.array([1.0, 3.0]), np.array([1.0, 1.0]), scale=0.5))
    2.0
    """
    if type(scale) is not float:
        _check_scale("squared_error", scale)
    found = _against_data(fused.squared_error, x, y, scale)
    if found is not None:
        return found
    x, y = _real(fused.squared_error, x), _real(fused.squared_error, y)
    if _shape(x) != _shape(y):
        like = f"; y.reshape({_shape(x)}) may be meant" if np.size(x) == np.size(y) else ""
        raise ValueError(
            f"squared_error: shapes {np.shape(x)} and {np.shape(y)} must be equal{like}"
        )
    return fused.squared_error(x, y, scale=scale)


def _check_scale(name: str, scale: Any) -> None:
    """Raise TypeError for a scale that is no real number, or whose gradient would be lost."""
    node = getattr(scale, "requires_grad", False)
    kind = getattr(getattr(scale, "dtype", None), "kind", "-")
    real = isinstance(scale, int | float) or (kind in ("f", "i", "u") and np.ndim(scale) == 0)
    if node or not real:
        raise TypeError(
            f"{name}: the scale is a real number, got {described(scale)}; "
            "multiply the loss by anything else"
        )


def _against_data(op: Any, x: Any, y: Any, scale: float) -> Any:
    """Return the loss of a tracked tensor against an array of its shape; None for anything else."""
    if type(x) is not Tensor or (p := x._node) is None:
        return None
    target = y._data if type(y) is Tensor and y._node is None else y
    if type(target) is not np.ndarray or target.dtype.kind != "f" or target.shape != x._shape:
        return None
    known = y if target is y else constant_of(y)
    data, saving = x._data, op.saving
    z, more = saving(data, target, scale)
    saved = data, target, scale, more
    plan = op._plans.get(_OF_DATA) or op.plan(_OF_DATA)
    return result(op, p, None, z, (), plan.pull, saved, (PARENT, known), {"scale": scale})


def softmax_cross_entropy(logits: Any, target: Any, scale: float = 1.0) -> Any:
    """Return -scale · Σ target · log softmax(logits) over rows as one node.

    Parameters
    ----------
    logits : tensor of shape (..., classes)
    target : array of the same shape
        Probabilities of the classes, one-hot for hard labels; no gradient flows to it.
    scale : float

    Returns
    -------
    Tensor or number
        Of shape ().

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> float(softmax_cross_entropy(np.zeros((1, 2)), np.array([[1.0, 0.0]])).round(4))
    0.6931
    """
    op = fused.softmax_cross_entropy
    return _cross_entropy(op, logits, target, scale, _OF_INDICES)


_OF_INDICES = (
    "; turn class indices into one-hot rows, np.eye(classes)[target], or use nn.CrossEntropyLoss, "
    "which takes them"
)


def sigmoid_cross_entropy(logits: Any, target: Any, scale: float = 1.0) -> Any:
    """Return -scale · Σ (target · log σ(logits) + (1 - target) · log σ(-logits)) as one node.

    Parameters
    ----------
    logits : Tensor or array
    target : array of the same shape
        Probabilities of yes, 0 or 1 for hard labels; no gradient flows to it.
    scale : float

    Returns
    -------
    Tensor or number
        Of shape ().

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> float(sigmoid_cross_entropy(np.zeros(2), np.array([1.0, 0.0])).round(4))
    1.3863
    """
    return _cross_entropy(fused.sigmoid_cross_entropy, logits, target, scale)


def _cross_entropy(op: Op, logits: Any, target: Any, scale: float, cure: str = "") -> Any:
    """Return a fused cross-entropy as one node; ``cure`` ends the error of shapes that differ."""
    if type(scale) is not float:
        _check_scale(op.name, scale)
    found = _against_data(op, logits, target, scale)
    if found is not None:
        return found
    logits, target = _real(op, logits), _real(op, target)
    if _shape(logits) != _shape(target):
        raise ValueError(
            f"{op.name}: logits {np.shape(logits)} and target {np.shape(target)} must have one "
            f"shape{cure}"
        )
    return op(logits, target, scale=scale)
