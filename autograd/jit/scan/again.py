"""Higher-order gradients of a recorded scan: a scan over the gradients of the step.

A first scan stacks the carries; the second runs in the reverse direction, runs the step again from
each carry and pulls its gradients back as tensors of a graph, which is recorded as any other. Next:
`recorded.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...array_nodes.node import value_of
from ...mode import tick
from ...ops import elementwise as ops
from ...tensor import Tensor
from ...transforms.scanning import pair, scan
from ...transforms.trees import flatten
from .graph import Graph, Parts, graph_of, swept


class Again:
    """One pullback with gradients as tensors.

    Parameters
    ----------
    first : Scan
    graph : Graph
        That of its step.
    """

    def __init__(self, first: Any, graph: Graph, strict: bool) -> None:
        self.first, self.graph, self.strict = first, graph, strict
        self.places = [first.slots.index(s) for s in graph.slots]

    def contributions(self, parts: Parts) -> tuple[Any, ...]:
        """Return the contribution to every parent, or None."""
        first, graph = self.first, self.graph

        def forward(carry: Any, x: Any) -> Any:
            return pair(first.step(carry, x))[0], carry

        _, came = scan(forward, first.carry, first.xs, length=first.n, reverse=first.reverse)
        zeros = [Tensor(np.zeros(s.array.shape, s.dtype)) for s in graph.slots]
        carried = [parts.found.get(i, z) for i, z in zip(self.places, zeros, strict=True)]
        sums = [Tensor(np.zeros(n.shape, value_of(n).dtype)) for n in graph.outside]
        given = {str(i): g for i, g in parts.found.items() if i >= len(first.slots)}
        (carried, sums), rows = scan(
            self._step,
            (carried, sums),
            (came, first.xs, given),
            length=first.n,
            reverse=not first.reverse,
        )
        begun = [carried[graph.slots.index(s)] for s in graph.begun]
        return (*begun, *rows, *sums)

    def _step(self, carry: Any, row: Any) -> Any:
        """Run the step again, and pull back the gradients of its results."""
        first, graph = self.first, self.graph
        carried, sums = carry
        came, x, given = row
        slots = iter(first.slots)
        entries = [None if c is None else self._entry(next(slots), c) for c in flatten(came)[0]]
        rows = [_fresh(r) if isinstance(r, Tensor) else r for r in flatten(x)[0]]
        made = tick()
        new, y = pair(first.step(first.nest(entries), first.rebuild(rows)))
        results = [*(c for c in flatten(new)[0] if c is not None), *flatten(y)[0]]
        arriving = dict(zip(self.places, carried, strict=True))
        arriving |= {int(i): g for i, g in given.items()}
        seeds = [
            (r._node, arriving.get(i))
            for i, r in enumerate(results)
            if isinstance(r, Tensor) and r._node is not None
        ]
        order, _ = graph_of([n for n, _ in seeds], made)
        found = swept(order, seeds, self.strict, as_nodes=True)
        present = [e for e in entries if e is not None]
        onward = [
            _like(found.get(present[i]._node), g) for i, g in zip(self.places, carried, strict=True)
        ]
        total = [_added(s, found.get(n)) for s, n in zip(sums, graph.outside, strict=True)]
        own = [r for r, t in zip(rows, first.rows, strict=True) if any(t is g for g in graph.rows)]
        return (onward, total), [_like(found.get(r._node), r) for r in own]

    def _entry(self, slot: Any, x: Any) -> Any:
        """Return the input of the step for an entry of the carry."""
        if isinstance(x, Tensor):
            return _fresh(x)
        return self.first.as_number(slot, x)


def _fresh(x: Tensor) -> Tensor:
    """Return a tensor with a new node."""
    if x._node is not None:
        found: Tensor = ops.positive(x)
        return found
    return Tensor(x, requires_grad=True) if x._data.dtype.kind == "f" else x


def _like(g: Any, x: Tensor) -> Tensor:
    """Return a gradient in the dtype of a tensor, zeros for None."""
    if g is None:
        return Tensor(np.zeros(x._shape, x._data.dtype))
    found: Tensor = g if g._data.dtype == x._data.dtype else g.astype(x._data.dtype)
    return found


def _added(total: Tensor, g: Any) -> Any:
    return total if g is None else total + g
