"""checkpoint: compute again what would be kept, time for memory. Next: `scanning.py`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .mode import at_depth, tick
from .node import MANY
from .op import Op, kind_of_rank
from .tensor import Tensor
from .transforms import Function, _node, _plain, _Run, _zeros, pull_back
from .value import Value


def checkpoint(function: Function) -> Function:
    """Return a function that keeps no intermediate results and computes them again.

    Trades time for memory: what `function` computes inside is freed at once, and run a second time
    when its gradient is asked for.

    Parameters
    ----------
    function : callable
        Takes arrays or tensors, returns one tensor. Gradients flow to its arguments and to
        whatever it closes over, such as the parameters of a model.

    Examples
    --------
    >>> grad(checkpoint(lambda x: np.sin(x) * x))(0.0)
    0.0
    >>> w = Tensor([2.0, 3.0], requires_grad=True)
    >>> checkpoint(lambda x: (w * x).sum())(np.ones(2)).backward()
    >>> w.grad
    array([1., 1.])
    """
    name = f"checkpoint({getattr(function, '__name__', 'function')})"

    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        count = len(arguments)
        start = tick()
        y = function(*[_constant(x) for x in arguments])
        closed = _inside(_node(y), start, ())[1]
        first = [_plain(y)]

        def forward(*arrays: Any) -> Any:
            return first.pop() if first else _plain(function(*map(Tensor, arrays[:count])))

        rules = {"xs": _recomputing(function, closed, count)}
        op = Op(name, forward, rules, elementwise=False, variadic=True)
        handles = [_handle(node) for node in closed]
        return kind_of_rank(2).__autograd_apply__(op, [*arguments, *handles], {})

    return run


def _constant(x: Any) -> Any:
    return Tensor(_plain(x))


def _handle(node: Any) -> Any:
    """Return what an operation takes as input for a node; its numbers are never read."""
    if isinstance(node, Value):
        return node
    return node._handle(np.broadcast_to(0.0, node.shape)[()])


def _inside(root: Any, start: float, ends: Sequence[Any]) -> tuple[set[Any], list[Any]]:
    """Return the nodes made since ``start``, and the older ones and leaves that they came from.

    The walk stops at the ends, which are in neither.
    """
    inside: set[Any] = set()
    closed: dict[Any, None] = {}
    stack = [] if root is None else [root]
    while stack:
        node = stack.pop()
        if node in inside or node in closed or node in ends:
            continue
        if node._a is None or node._mark < start:
            closed[node] = None
            continue
        inside.add(node)
        stack.extend(node._a if node._b is MANY else [p for p in (node._b, node._a) if p])
    return inside, list(closed)


def _recomputing(
    function: Function, closed: list[Any], count: int
) -> Callable[[Any, int, Any], Any]:
    """Return the rule of one call: it runs the function again, once for all inputs in a sweep."""
    held: dict[str, Any] = {"g": None, "found": {}}

    def rule(g: Any, i: int, xs: Any) -> Any:
        if held["g"] is not g or i not in held["found"]:
            with at_depth(1 if isinstance(g, Tensor) else 0):
                found = _pulled(function, xs[:count], closed, g)
            held.update(g=g, found=dict(enumerate(found)))
        return held["found"].pop(i)

    return rule


def _pulled(function: Function, xs: Sequence[Any], closed: list[Any], g: Any) -> list[Any]:
    """Return the gradients of the arguments and of what the function closes over."""
    start = tick()
    r = _Run(function, xs, tuple(range(len(xs))), {})
    inputs = [_node(x) for x in r.inputs]
    inside, again = _inside(_node(r.output), start, inputs)
    if not set(again) <= set(closed):
        raise RuntimeError(
            "checkpoint: run again, the function used other tensors than the first time; "
            "what it closes over must not change between forward and backward"
        )
    found = pull_back([r.output], [g], [*inputs, *closed], r.nested, inside)
    blanks = [*r.inputs, *closed]
    return [_number(_zeros(x) if c is None else c) for x, c in zip(blanks, found, strict=True)]


def _number(c: Any) -> Any:
    return np.float64(c) if isinstance(c, float) else c
