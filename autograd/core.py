"""`extend.py` and `tracer.py` under the name by which some programs for HIPS autograd import them.

Next: `builtins.py`.
"""

from __future__ import annotations

import sys
from typing import Any, Self

import numpy as np

from .absent import refuse_names_of
from .backward import gradients
from .differential_operators import _make_jvp as make_jvp
from .differential_operators import _make_vjp as make_vjp
from .extend import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive,
)
from .node import topological_order
from .tracer import Box, getval, isbox
from .vector_space import VSpace, vspace


class VJPNode:
    """The start of a graph, for `new_box`."""

    @classmethod
    def new_root(cls, *_: Any) -> Self:
        """Return a new start of a graph."""
        return cls()


def backward_pass(g: Any, end_node: Any) -> Any:
    """Return the gradient of the node that `new_box` made.

    Parameters
    ----------
    g : array or node
        The upstream gradient. If it is a node, so is the result.
    end_node : Node
        The node of the output, its ``_node``.

    Raises
    ------
    ValueError
        If the graph starts at several nodes, or g does not have the shape of the output.
    """
    starts = {x for node in topological_order(end_node) for x in node.parents if x.is_leaf}
    start, *others = starts or [end_node]
    if others:
        raise ValueError(
            f"backward_pass: the graph starts at {len(starts)} nodes; use y.backward(g), and .grad "
            "of each of them"
        )
    if np.shape(getval(g)) != end_node.shape:
        raise ValueError(
            f"backward_pass: g has shape {np.shape(getval(g))}, the output {end_node.shape}"
        )
    seed = g if isbox(g) else np.array(g, end_node.dtype)[()]
    found, _ = gradients(end_node, seed, create_graph=isbox(g), wanted=[start])
    return found[start]


__all__ = [
    "Box",
    "VJPNode",
    "VSpace",
    "backward_pass",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "getval",
    "isbox",
    "make_jvp",
    "make_vjp",
    "primitive",
    "vspace",
]

refuse_names_of(sys.modules[__name__])
