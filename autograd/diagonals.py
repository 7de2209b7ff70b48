"""Diagonals, a stack of gradients that is 0 but on a few diagonals. Next: `rows.py`.

The rows of a unit matrix, pulled back through elementwise operations and slices, stay on a few
diagonals. Kept as the numbers on these, they cost what as many gradients cost, however many rows
there are; the first operation that mixes entries needs the whole stack.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .array_node import PARENT
from .ops.elementwise import add, pull_multiply_same
from .ops.indexing import getitem, put
from .ops.linalg import matmul

Shape = tuple[int, ...]

# A stack of so many rows is kept like this, as long as it has at most so many diagonals
LEAST, MOST = 32, 8


class Diagonals(dict[Shape, Any]):
    """The derivatives of the entries of one array by those of another, with as many axes.

    For each diagonal, given by its offset along every axis, an array or a tensor of the shape of
    the second array: at its entry ``i`` the derivative of entry ``i + offset`` of the first by it,
    0 where there is no such entry.
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
        """Return the derivatives by the parent of a node that moves entries."""
        found = Diagonals()
        for offset, values in self.items():
            found[tuple(map(operator.add, offset, by))] = node._pull(node._saved, values)
        return found

    def product(self, matrix: Any, count: int) -> Any:
        """Return the stack of ``count`` rows times a matrix, None if some row of it is 0 or a sum.

        It takes no product of matrices, as each row is one of the matrix, scaled.
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
        """Add the derivatives to a stack that they fit."""
        stack = stack.reshape((*shape, *stack.shape[1:]))
        for offset, values in self.items():
            diagonal, part = _diagonal(stack, offset)
            np.add(diagonal, values[part], diagonal)

    def stack(self, shape: Shape) -> Any:
        """Return an array or a tensor with a row for each entry of the first array, of a shape."""
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
    """Return a view of a diagonal, and the part of the second array that has it."""
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
    """Return the derivatives of the entries of an array by themselves, in the shape of ``ones``.

    With an offset, the first array is that from entry ``-offset`` on.
    """
    return Diagonals({(offset,) * len(ones.shape): ones})


def multiplied(node: Any) -> Any:
    """Return the matrix whose product with a vector this node is; None if it is something else.

    It is that by which gradients are multiplied from the right, and a constant.
    """
    if node._operation is not matmul or node._b is not None or len(node._shape) != 1:
        return None
    constant = node._saved[0]
    if constant.ndim != 2 or len(node._a._shape) != 1:
        return None
    return constant.T if node._rest[0] is PARENT else constant


Pairs = list[tuple[Any, Diagonals]]


def pull_diagonals(node: Any, g: Diagonals, live: set[Any], nested: bool) -> Pairs | None:
    """Return the contribution to each parent that is live, None where entries do not stay apart.

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
    """Return what an elementwise operation contributes, None where it broadcasts."""
    a, b, saved = node._a, node._b, node._saved
    if node._operation is add and not saved:  # which passes g on as it is
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
    """Return where the slices of an index start, None if it is more than slices without gaps."""
    parts = index if type(index) is tuple else (index,)
    if len(parts) > len(shape):
        return None
    starts = [0] * len(shape)
    for axis, part in enumerate(parts):
        if type(part) is not slice or part.step not in (None, 1):
            return None
        starts[axis] = part.indices(shape[axis])[0]
    return starts
