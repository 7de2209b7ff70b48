"""Sums over all steps of a loop as one operation on stacks. Next: `scan_pull.py`.

The gradient of what every step uses is a sum over the steps. Where a summand is a product of
matrices, Σ aᵀ b, the sum is one product of the stacks, Aᵀ B, with the rows of all steps one below
the other; where it is itself a sum, the sum of a stack. Others are added up step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np

from .array import RecordedArray
from .capture import Capture
from .program import Step

Stack = Callable[[Step], RecordedArray]
# sums of more summands in one step than this are added up step by step
DEEPEST = 50


class Sum(NamedTuple):
    """What must be stacked, and how the stacks give the sum."""

    needs: list[Step]
    make: Callable[[Stack], Any]


class Sums:
    """Finds sums over ``n`` steps of what depends on ``inside``, the values of one step."""

    def __init__(self, capture: Capture, n: int, inside: Collection[Step]) -> None:
        self.capture = capture
        self.n = n
        self.inside = inside

    def of(self, step: Step, depth: int = 0) -> Sum | None:
        """Return the sum of a step's values over all steps; None to add them up one by one."""
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

    def _rows(self, stack: RecordedArray, flip: bool) -> Any:
        """Return stacked matrices one below the other; ``flip`` transposes each before."""
        if flip:
            stack = self.capture.transpose(stack, (0, 2, 1))
        return self.capture.reshape(stack, (-1, stack.shape[2]))

    def _product(self, step: Step) -> Sum | None:
        a, b = step.arguments
        if len(a.shape) != 2 or len(b.shape) != 2 or a.dtype != b.dtype:
            return None
        (p, flip_a), (q, flip_b) = _untransposed(a), _untransposed(b)

        def make(stack: Stack) -> Any:
            left, right = self._rows(stack(p), not flip_a), self._rows(stack(q), flip_b)
            return self.capture.matmul(self.capture.transpose(left), right)

        return Sum([p, q], make)

    def _outer(self, step: Step) -> Sum | None:
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

        return Sum([a, b], make)

    def _reduction(self, step: Step) -> Sum:
        (x,) = step.arguments
        axes = step.parameters["axis"]
        leading = axes == tuple(range(len(axes)))

        def make(stack: Stack) -> Any:
            whole, over = stack(x), (0, *(a + 1 for a in axes))
            if leading:
                # as one axis, which is added up faster
                whole = self.capture.reshape(whole, (-1, *x.shape[len(axes) :]))
                over = (0,)
            total = self.capture.reduce(np.add, whole, over)
            return self.capture.reshape(total, step.shape) if step.shape else total

        return Sum([x], make)

    def _view(self, step: Step, depth: int) -> Sum | None:
        found = self.of(step.arguments[0], depth + 1)
        if found is None:
            return None
        if step.name == "reshape":
            shape = step.parameters["shape"]
            return Sum(found.needs, lambda stack: self.capture.reshape(found.make(stack), shape))
        axes = step.parameters["axes"]
        return Sum(found.needs, lambda stack: self.capture.transpose(found.make(stack), axes))

    def _both(self, step: Step, depth: int) -> Sum | None:
        a, b = step.arguments
        if not a.shape == b.shape == step.shape or not a.dtype == b.dtype == step.dtype:
            return None
        x, y = self.of(a, depth + 1), self.of(b, depth + 1)
        if x is None or y is None:
            return None
        return Sum([*x.needs, *y.needs], lambda stack: x.make(stack) + y.make(stack))


def _untransposed(step: Step) -> tuple[Step, bool]:
    """Return a matrix and whether it is to be transposed."""
    if step.kind == "view" and step.name == "transpose":
        return step.arguments[0], True
    return step, False
