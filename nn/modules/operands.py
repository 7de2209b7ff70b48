"""What layers and losses are called with: nodes, or anything that becomes an array of floats.

Next: `tree.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.array_nodes.operands import refuse_masked
from autograd.settings import array_of

Array = np.ndarray[Any, Any]

# isinstance takes a tuple faster than a union written on the spot
NODES = (Tensor, Value)


def plain(x: Any) -> Any:
    """Return the data of a node, or x as an array."""
    return x.data if isinstance(x, NODES) else array_of("numbers", x)


def operand(x: Any, like: Any = None) -> Any:
    """Return x as a node or array of floats; lists of nodes are stacked and keep their gradients.

    Parameters
    ----------
    x : Tensor, Value, array_like, or a list of them
    like : Tensor or array, optional
        Plain numbers are cast to its dtype.

    Raises
    ------
    TypeError
        If x does not hold real numbers.

    Examples
    --------
    >>> operand([Value(1.0), 2.0]).shape
    (2,)
    """
    if isinstance(x, NODES):
        if type(x) is Tensor and not x.requires_grad and x.dtype.kind != "f":
            return x.astype(np.float64)
        return x
    if isinstance(x, list | tuple) and any(isinstance(e, NODES) for e in x):
        return np.stack(list(x))
    refuse_masked("numbers", x)
    array = array_of("numbers", x)
    if array.dtype.kind not in "fiub":
        what = "None" if x is None else f"{type(x).__name__} of {array.dtype}"
        raise TypeError(
            f"real numbers are needed here, got {what}; give arrays or tensors of floats, and let "
            "every forward return its output"
        )
    wanted = getattr(like, "dtype", array.dtype)
    wanted = wanted if wanted.kind == "f" else np.dtype(np.float64)
    return array if array.dtype == wanted else array.astype(wanted)


def cast(y: Array, like: Any) -> Any:
    """Return labels in the dtype of a prediction.

    Examples
    --------
    >>> cast(np.array([0, 1]), Value(0.5))
    array([0., 1.])
    """
    return y.astype(getattr(like, "dtype", np.float64), copy=False)[()]
