"""Sums and products over all steps of a loop as single operations on stacks. Next: `pull.py`.

The gradient of a value that every step uses is a sum over the steps. If the summand is a product of
matrices, aᵀ b, the sum is a single product of stacks, Aᵀ B, with the rows of all steps one below
the other; if it is a sum itself, it is the sum of a stack. Others are added up step by step. The
products of all steps with one matrix are a single product of a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..program import Step
from ..record.array import RecordedArray
from ..record.capture import Capture

Stack = Callable[[Step], RecordedArray]
# sums with more summands per step than this are added up step by step
DEEPEST = 50


class FromStacks(NamedTuple):
    """The values to stack, and the function from stacks to the result."""

    needs: list[Step]
    make: Callable[[Stack], Any]


def is_product_with_fixed(step: Step, inside: Collection[Step]) -> bool:
    """Whether a step is a product of a value that depends on the iteration and a fixed matrix."""
    if step.kind != "product" or step.name != "matmul" or step.dtype.kind != "f":
        return False
    x, w = step.arguments
    fits = 1 <= len(x.shape) <= 2 and len(w.shape) == 2 and x.dtype == w.dtype
    return fits and x in inside and w not in inside


def _as_rows(capture: Capture, stack: RecordedArray) -> Any:
    *rows, length = stack.shape
    return capture.reshape(stack, (prod(rows), length))


def product_of_all(capture: Capture, stack: RecordedArray, w: RecordedArray, shape: Any) -> Any:
    """Return the stacked products of all steps, each of a shape, with one matrix."""
    whole = capture.matmul(_as_rows(capture, stack), w)
    return capture.reshape(whole, (stack.shape[0], *shape))


class Sums:
    """Finds sums over ``n`` steps of values that depend on ``inside``, those of one step."""

    def __init__(self, capture: Capture, n: int, inside: Collection[Step]) -> None:
        self.capture = capture
        self.n = n
        self.inside = inside

    def of(self, step: Step, depth: int = 0) -> FromStacks | None:
        """Return the sum of a step's values over all iterations; None to add them one by one."""
        if step not in self.inside or step.dtype.kind != "f" or depth > DEEPEST:
            return None
        if not all(a in self.inside for a in step.arguments):
            return None
        if step.kind == "product" and step.name == "matmul":
            return self._product(step)
        if step.kind == "reduce" and step.name == "add":
            return self._reduction(step)
        if step.kind == "view" and step.name in ("reshape", "transpose"):
            return self._view(step, depth)
        if step.kind == "elementwise" and step.name == "multiply":
            return self._outer(step)
        if step.kind == "elementwise" and step.name == "add":
            return self._both(step, depth)
        return None

    def each(self, step: Step) -> FromStacks | None:
        """Return the values of a step as one matrix of rows; None to stack them one by one."""
        if not is_product_with_fixed(step, self.inside):
            return None
        x, w = step.arguments[0], RecordedArray(self.capture, step.arguments[1])
        return FromStacks([x], lambda stack: product_of_all(self.capture, stack(x), w, step.shape))

    def _rows(self, stack: RecordedArray, flip: bool) -> Any:
        """Return stacked matrices as one matrix of rows; ``flip`` transposes each first."""
        if flip:
            stack = self.capture.transpose(stack, (0, 2, 1))
        return _as_rows(self.capture, stack)

    def _product(self, step: Step) -> FromStacks | None:
        a, b = step.arguments
        if len(a.shape) != 2 or len(b.shape) != 2 or a.dtype != b.dtype:
            return None
        (p, flip_a), (q, flip_b) = _untransposed(a), _untransposed(b)

        def make(stack: Stack) -> Any:
            left, right = self._rows(stack(p), not flip_a), self._rows(stack(q), flip_b)
            return self.capture.matmul(self.capture.transpose(left), right)

        return FromStacks([p, q], make)

    def _outer(self, step: Step) -> FromStacks | None:
        """A column times a row is a product of matrices too."""
        a, b = step.arguments
        if a.dtype != b.dtype or len(step.shape) != 2:
            return None
        if a.shape != (step.shape[0], 1) or b.shape != (1, step.shape[1]):
            a, b = b, a
        if a.shape != (step.shape[0], 1) or b.shape != (1, step.shape[1]):
            return None
        reshape = self.capture.reshape

        def make(stack: Stack) -> Any:
            left, right = reshape(stack(a), (self.n, a.size)), reshape(stack(b), (self.n, b.size))
            return self.capture.matmul(self.capture.transpose(left), right)

        return FromStacks([a, b], make)

    def _reduction(self, step: Step) -> FromStacks:
        (x,) = step.arguments
        axes = step.parameters["axis"]
        leading = axes == tuple(range(len(axes)))

        def make(stack: Stack) -> Any:
            whole, over = stack(x), (0, *(a + 1 for a in axes))
            if leading:
                # a single axis is summed faster
                samples = prod(whole.shape[: len(axes) + 1])
                whole = self.capture.reshape(whole, (samples, *x.shape[len(axes) :]))
                over = (0,)
            total = self.capture.reduce(np.add, whole, over)
            return self.capture.reshape(total, step.shape) if step.shape else total

        return FromStacks([x], make)

    def _view(self, step: Step, depth: int) -> FromStacks | None:
        found = self.of(step.arguments[0], depth + 1)
        if found is None:
            return None
        again: Callable[..., Any]
        again, parameter = (
            (self.capture.reshape, step.parameters["shape"])
            if step.name == "reshape"
            else (self.capture.transpose, step.parameters["axes"])
        )
        return FromStacks(found.needs, lambda stack: again(found.make(stack), parameter))

    def _both(self, step: Step, depth: int) -> FromStacks | None:
        a, b = step.arguments
        if not a.shape == b.shape == step.shape or not a.dtype == b.dtype == step.dtype:
            return None
        x, y = self.of(a, depth + 1), self.of(b, depth + 1)
        if x is None or y is None:
            return None
        return FromStacks([*x.needs, *y.needs], lambda stack: x.make(stack) + y.make(stack))


def _untransposed(step: Step) -> tuple[Step, bool]:
    """Return a matrix, and whether to transpose it."""
    if step.kind == "view" and step.name == "transpose":
        return step.arguments[0], True
    return step, False
