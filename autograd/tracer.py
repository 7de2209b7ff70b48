"""Nodes and their numbers, by the names of HIPS autograd. Next: `core.py`."""

from typing import Any

from .extend import Box, notrace_primitive, primitive
from .interop.common import is_node as isbox
from .interop.common import plain as getval
from .runs import Run


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


__all__ = ["Box", "getval", "isbox", "new_box", "notrace_primitive", "primitive"]
