"""The backward sweep on nodes, for gradients that can be differentiated. Next: `checksums.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arithmetic import enter_quiet, leave_quiet, warnings_state
from ..op import kind_of_rank

_ARRAYS = (np.ndarray, np.generic)


def sweep_on_nodes(
    order: Sequence[Any], root: Any, seed: Any, live: set[Any] | None
) -> tuple[dict[Any, Any], bool]:
    """Return {node: gradient} with gradients that are nodes, and whether 0 may have met infinity.

    Parameters
    ----------
    order : sequence of nodes
        The nodes to sweep over, parents before children; the sweep goes through it in reverse.
    root, seed : node
        Where the sweep starts, and its upstream gradient.
    live : set of nodes or None
        The nodes whose gradients are needed; None for all.
    """
    found: dict[Any, Any] = {root: seed}
    get, tensor = found.get, kind_of_rank(2)
    singular = False
    state = warnings_state()
    try:
        enter_quiet()
        for node in reversed(order):
            g = get(node)
            if g is None:
                continue
            singular = singular or not node._operation.plain
            for parent, c in node._pull_on_nodes(g, live):
                if type(c) is not tensor:
                    c = as_node(c)
                old = get(parent)
                found[parent] = c if old is None else old + c
    finally:
        leave_quiet(state)
    return found, singular


def as_node(c: Any) -> Any:
    """Return a contribution as a node: a user's rule may return a plain array, such as zeros."""
    return kind_of_rank(2)(c) if isinstance(c, _ARRAYS) else c
