"""Copies of nodes by the module ``copy``. Next: `scalar_nodes/`."""

from __future__ import annotations

import copy
from typing import Any

from .mode import depth, is_argument


def copied(x: Any, node: Any, memo: dict[int, Any] | None = None) -> Any:
    """Return the copy of a leaf; inside a transform one that keeps the gradient, if x has one.

    Parameters
    ----------
    x : Value or Tensor
        What is copied.
    node : Node or None
        The node that stands for it.
    memo : dict or None
        As `copy.deepcopy` hands it over; None for a shallow copy.
    """
    if node is not None and depth.get() and (is_argument(node) or node._a is not None):
        return +x
    make, found, own = x.__reduce__()
    if memo is None:
        twin = make(*found)
    else:
        twin = memo[id(x)] = make(*copy.deepcopy(found, memo))
        own = copy.deepcopy(own, memo)
    if own:
        twin.__dict__.update(own)
    return twin
