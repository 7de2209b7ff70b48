"""Nodes and their numbers, by the names of HIPS autograd. Next: `core.py`."""

import sys
from collections.abc import Callable
from typing import Any

from .absent import refuse_names_of
from .extend import Box, notrace_primitive, primitive
from .interop.common import is_node as isbox
from .primitives import getval
from .settings import checked_function
from .transforms.runs import Run
from .transforms.runs import node_of as end_of


def new_box(value: Any, trace: int, node: Any) -> Any:
    """Return a number or array as a node at which a graph starts; another one for each call.

    Parameters
    ----------
    value : number or array
    trace : int
        Not used.
    node : VJPNode

    Raises
    ------
    TypeError
        If the value is in a graph itself.

    Examples
    --------
    >>> from autograd.core import VJPNode, backward_pass
    >>> from autograd.tracer import new_box
    >>> x = new_box(np.array([1.0, 2.0]), 0, VJPNode.new_root())
    >>> backward_pass(np.array([10.0, 1.0]), (x**2)._node)
    array([20.,  4.])
    """
    if isbox(value):
        raise TypeError("new_box starts a graph at plain numbers; use vjp for derivatives of nodes")
    return Run(lambda x: x, (value,), 0, {}).output


def trace(start_node: Any, fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """Return what a function gives for x, and where the graph of it ends, for `backward_pass`.

    Parameters
    ----------
    start_node : VJPNode
    fun : callable
        Takes a node.
    x : number or array

    Returns
    -------
    pair of a number or array, and a node or None
        None if what the function gives does not depend on x.

    Raises
    ------
    TypeError
        If x is in a graph itself.

    Examples
    --------
    >>> from autograd.core import VJPNode, backward_pass
    >>> from autograd.tracer import trace
    >>> y, end = trace(VJPNode.new_root(), lambda x: x**2, 3.0)
    >>> y, backward_pass(1.0, end)
    (np.float64(9.0), np.float64(6.0))
    """
    y = checked_function("trace: fun", fun)(new_box(x, 0, start_node))
    return getval(y), end_of(y)


__all__ = ["Box", "getval", "isbox", "new_box", "notrace_primitive", "primitive", "trace"]

refuse_names_of(sys.modules[__name__])
