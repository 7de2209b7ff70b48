"""checkpoint: trade time for memory by recomputing intermediate results. Next: `scanning.py`."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..blocks import dates_kept, tick
from ..mode import at_depth
from ..node import LEAF
from ..op import Op, kind_of_rank
from ..settings import checked_function
from ..tensor import Tensor
from ..value import Value
from .runs import Function, Run, check_real, data_of, made_since, node_of, pull_back, zeros_of
from .trees import flatten


def checkpoint(function: Function) -> Function:
    """Return a function that keeps no intermediate results, and recomputes them when needed.

    Trades time for memory: the intermediate results of ``function`` are freed at once, and computed
    again when its gradient is needed. Under `jit` it is ``function`` itself.

    Parameters
    ----------
    function : callable
        Takes anything; returns a tensor, or nested lists, tuples and dicts of tensors. Gradients
        flow to the tensors and values among its arguments, nested or not, and to those it closes
        over, such as the parameters of a model. It must give the same result twice: draw random
        numbers outside of it, and pass them in.

    Returns
    -------
    callable
        Takes and returns what ``function`` does.

    Raises
    ------
    RuntimeError
        In the backward pass, if the function returns other numbers than in the forward pass.

    Examples
    --------
    >>> grad(checkpoint(lambda x: np.sin(x) * x))(0.0)
    0.0
    >>> w = Tensor([2.0, 3.0], requires_grad=True)
    >>> checkpoint(lambda x: (w * x).sum())(np.ones(2)).backward()
    >>> w.grad
    array([1., 1.])
    """
    checked_function("checkpoint: what is computed again", function)

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        return apply(function, arguments, options)

    return run


def apply(function: Function, arguments: Any, options: Any) -> Any:
    """Run a function, and record it as one operation on everything that its gradients flow to."""
    leaves, rebuild = constants(arguments, options)
    places = [k for k, x in enumerate(leaves) if getattr(x, "requires_grad", False)]
    results = _Results(function)

    def packed(*given: Any) -> Any:
        replaced = dict(zip(places, given, strict=True))
        positional, named = rebuild([replaced.get(k, x) for k, x in enumerate(leaves)])
        return results.pack(function(*positional, **named))

    start, count = tick(), len(places)
    with dates_kept():
        y = packed(*[Tensor(data_of(leaves[k])) for k in places])
    closed = made_since([node_of(y)], start, ())[1]
    first = [data_of(y)]

    def forward(*arrays: Any) -> Any:
        return first.pop() if first else data_of(packed(*map(Tensor, arrays[:count])))

    rules = {"xs": _recomputing(packed, closed, count)}
    op = Op(f"checkpoint({results.name})", forward, rules, elementwise=False, variadic=True)
    inputs = [*(leaves[k] for k in places), *map(_handle, closed)]
    if inputs:
        y = kind_of_rank(2).__autograd_apply__(op, inputs, {})
    return results.unpack(y)


def constants(arguments: Any, options: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """Return the leaves of arguments, float arrays as tensors, and the function that nests them."""
    leaves, rebuild = flatten((arguments, options))
    arrays = [isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in leaves]
    return [Tensor(x) if a else x for x, a in zip(leaves, arrays, strict=True)], rebuild


class _Results:
    """The results of a function packed into the one array that an operation returns."""

    def __init__(self, function: Function) -> None:
        self.name = getattr(function, "__name__", "function")
        self.nested = False

    def pack(self, y: Any) -> Any:
        """Return the result as one array: a nest is flattened and joined."""
        self.nested = isinstance(y, list | tuple | dict)
        if not self.nested:
            check_real(y, f"checkpoint: {self.name}")
            return y
        self.leaves, self.nest = flatten(y)
        self.real = [k for k, x in enumerate(self.leaves) if _is_real(x)]
        vectors = [np.ravel(self.leaves[k]) for k in self.real]
        return np.concatenate(vectors) if vectors else np.zeros(0)

    def unpack(self, y: Any) -> Any:
        """Return the results that `pack` has joined."""
        if not self.nested:
            return y
        found, start = list(self.leaves), 0
        for k in self.real:
            x = found[k]
            stop = start + math.prod(np.shape(x))
            found[k] = y[start:stop].reshape(np.shape(x)).astype(_dtype(x), copy=False)
            start = stop
        return self.nest(found)


def _dtype(x: Any) -> Any:
    return getattr(x, "dtype", np.dtype(float) if isinstance(x, Value | float) else None)


def _is_real(x: Any) -> bool:
    return getattr(_dtype(x), "kind", "") == "f"


def _handle(node: Any) -> Any:
    """Return an input for an operation that stands for a node; its numbers are never read."""
    if isinstance(node, Value):
        return node
    return node._handle(np.broadcast_to(0.0, node.shape)[()])


def _recomputing(
    function: Function, closed: list[Any], count: int
) -> Callable[[Any, int, Any, Any], Any]:
    """Return the rule of one call: it runs the function again, once per sweep for all inputs."""
    held: dict[str, Any] = {"g": None, "found": {}}

    def rule(g: Any, i: int, xs: Any, z: Any) -> Any:
        if held["g"] is not g or i not in held["found"]:
            with at_depth(1 if isinstance(g, Tensor) else 0):
                found = _pulled(function, xs[:count], closed, g, z)
            held.update(g=g, found=dict(enumerate(found)))
        return held["found"].pop(i)

    return rule


def _pulled(function: Function, xs: Sequence[Any], closed: list[Any], g: Any, z: Any) -> list[Any]:
    """Return the gradients of the arguments and of the nodes that the function closes over."""
    start = tick()
    with dates_kept():
        r = Run(function, xs, tuple(range(len(xs))), {})
    if not _same(data_of(r.output), data_of(z)):
        raise RuntimeError(
            "checkpoint: run again, the function gave other numbers than the first time; draw "
            "random numbers outside of it, and hand them over"
        )
    inside, again = made_since([node_of(r.output)], start, r.nodes)
    if any(node._mark < LEAF + start for node in set(again) - set(closed)):
        raise RuntimeError(
            "checkpoint: run again, the function used other tensors than the first time; "
            "what it closes over must not change between forward and backward"
        )
    found = pull_back([r.output], [g], [*r.nodes, *closed], r.nested, inside)
    blanks = [*r.inputs, *closed]
    return [_number(zeros_of(x) if c is None else c) for x, c in zip(blanks, found, strict=True)]


def _same(a: Any, b: Any) -> bool:
    """Whether arrays are equal up to rounding."""
    a, b = np.asarray(a), np.asarray(b)
    close = float(np.finfo(b.dtype).eps) ** 0.5
    scale = float(np.max(np.abs(b), initial=0, where=np.isfinite(b)))
    return a.shape == b.shape and np.allclose(a, b, close, close * scale, equal_nan=True)


def _number(c: Any) -> Any:
    return np.float64(c) if isinstance(c, float) else c
