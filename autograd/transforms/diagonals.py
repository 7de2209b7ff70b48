"""Diagonals, a stack of gradients that is 0 except on a few diagonals. Next: `rows.py`.

The rows of a unit matrix, pulled back through elementwise operations and slices, are 0 except on a
few diagonals. Stored by diagonals, they cost as much as a few gradients, however many rows there
are; the first operation that mixes entries needs the whole stack.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..array_nodes.node import PARENT
from ..ops.elementwise import add, pull_multiply_same
from ..ops.indexing import getitem, put
from ..ops.linalg import matmul

Shape = tuple[int, ...]

# Stacks of at least LEAST rows and at most MOST diagonals are stored by diagonals
LEAST, MOST = 32, 8


class Diagonals(dict[Shape, Any]):
    """The Jacobian of one array with respect to another, with the same number of axes.

    It maps each diagonal, given by its offset along every axis, to an array or a tensor of the
    shape of the second array: entry ``i`` of that is the derivative of entry ``i + offset`` of the
    first array with respect to entry ``i`` of the second; 0 if there is no such entry.
    """

    def times(self, slope: Any) -> Diagonals:
        """Return the derivatives times the local derivative of an elementwise operation."""
        constant = slope if type(slope) is int else 0
        if constant == 1:
            return self
        found = Diagonals()
        for offset, values in self.items():
            found[offset] = -values if constant == -1 else values * slope
        return found

    def plus(self, other: Diagonals) -> Diagonals:
        """Return the sum of both."""
        found = Diagonals(self)
        for offset, values in other.items():
            found[offset] = found[offset] + values if offset in found else values
        return found

    def moved(self, node: Any, by: Sequence[int]) -> Diagonals:
        """Return the derivatives with respect to the parent of a slice."""
        found = Diagonals()
        for offset, values in self.items():
            found[tuple(map(operator.add, offset, by))] = node._pull(node._saved, values)
        return found

    def product(self, matrix: Any, count: int) -> Any:
        """Return the stack of ``count`` rows times a matrix, without a product of matrices.

        None unless each row of the result is a scaled row of the matrix.
        """
        (offset, values), *more = self.items()
        first = -offset[0]
        if more or first < 0 or first + count > len(matrix):
            return None
        part = slice(first, first + count)
        return values[part][:, None] * matrix[part]

    def fits(self, stack: Any) -> bool:
        """Whether the derivatives can be added to an array in place."""
        return stack.flags.c_contiguous and all(v.dtype == stack.dtype for v in self.values())

    def add_to(self, stack: Any, shape: Shape) -> None:
        """Add the derivatives in place to a stack; see `fits`."""
        stack = stack.reshape((*shape, *stack.shape[1:]))
        for offset, values in self.items():
            diagonal, part = _diagonal(stack, offset)
            np.add(diagonal, values[part], diagonal)

    def stack(self, shape: Shape) -> Any:
        """Return the whole stack: an array or tensor, with a row per entry of the first array."""
        each = [*self.values()]
        count, by = prod(shape), each[0].shape
        if {*map(type, each)} == {np.ndarray}:
            found = np.zeros((count, *by), np.result_type(*each))
            self.add_to(found, shape)
            return found
        places = np.arange(count * prod(by)).reshape((*shape, *by))
        terms = []
        for offset, values in self.items():
            diagonal, part = _diagonal(places, offset)
            terms.append(put(values[part], index=diagonal, shape=(places.size,)))
        return np.reshape(sum(terms[1:], terms[0]), (count, *by))


def _diagonal(stack: Any, offset: Shape) -> tuple[Any, tuple[slice, ...]]:
    """Return a view of a diagonal, and the slices of the second array that it covers."""
    n, shape, steps = len(offset), stack.shape, stack.strides
    lengths, strides, start = [], [], 0
    part: tuple[slice, ...] = ()
    for axis, at in enumerate(offset):
        first = -at if at < 0 else 0
        stop = max(first, min(shape[n + axis], shape[axis] - at))
        down, along = steps[axis], steps[n + axis]
        start += (first + at) * down + first * along
        lengths.append(stop - first)
        strides.append(down + along)
        part = (*part, slice(first, stop))
    return np.ndarray(lengths, stack.dtype, stack, start if all(lengths) else 0, strides), part


def unit(ones: Any, offset: int = 0) -> Diagonals:
    """Return the Jacobian of an array with respect to itself, in the shape of ``ones``.

    With an offset, only its rows from entry ``-offset`` on.
    """
    return Diagonals({(offset,) * len(ones.shape): ones})


def multiplied(node: Any) -> Any:
    """Return the constant matrix by which the pullback of a node multiplies from the right.

    None if the node is not a product of a constant matrix and a vector.
    """
    if node._operation is not matmul or node._b is not None or len(node._shape) != 1:
        return None
    constant = node._saved[0]
    if constant.ndim != 2 or len(node._a._shape) != 1:
        return None
    return constant.T if node._rest[0] is PARENT else constant


Pairs = list[tuple[Any, Diagonals]]


def pull_diagonals(node: Any, g: Diagonals, live: set[Any], nested: bool) -> Pairs | None:
    """Return the contribution to each parent that is live; None if the operation mixes entries.

    With ``nested``, gradients are nodes.
    """
    operation = node._operation
    if operation.elementwise:
        return _scaled(node, g, live, nested)
    if operation is not getitem and operation is not put:
        return None
    whole = (node._a if operation is getitem else node)._shape
    starts = _starts(node._parameters["index"], whole)
    if starts is None:
        return None
    return [(node._a, g.moved(node, starts if operation is put else [-n for n in starts]))]


def _scaled(node: Any, g: Diagonals, live: set[Any], nested: bool) -> Pairs | None:
    """Return the contributions of an elementwise operation; None if it broadcasts."""
    a, b, saved = node._a, node._b, node._saved
    if node._operation is add and not saved:  # its pullback returns g
        return [(parent, g) for parent in ((a,) if b is None else (a, b)) if parent in live]
    if node._pull is pull_multiply_same:
        x, y = (a._handle(saved[0]), b._handle(saved[1])) if nested else saved
        if a is b:
            return [(a, g.times(x + y))]
        return [(parent, g.times(d)) for parent, d in ((a, y), (b, x)) if parent in live]
    shape, plan = node._shape, node._plan()
    if nested and plan.lifts:
        saved = node._lifted(plan, saved)
    found = []
    for parent, rule, slope in zip(node.parents, plan.rules, plan.slopes, strict=True):
        if slope is None or parent._shape != shape:
            return None
        if parent in live:
            d = slope(saved) if rule.constant is None else rule.constant
            if getattr(d, "ndim", 0) > len(shape):
                return None
            found.append((parent, g.times(d)))
    return found


def _starts(index: Any, shape: Shape) -> list[int] | None:
    """Return where the slices of an index start; None unless it has slices of step 1 only."""
    parts = index if type(index) is tuple else (index,)
    if len(parts) > len(shape):
        return None
    starts = [0] * len(shape)
    for axis, part in enumerate(parts):
        if type(part) is not slice or part.step not in (None, 1):
            return None
        starts[axis] = part.indices(shape[axis])[0]
    return starts
