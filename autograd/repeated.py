"""Matrices by which a sweep multiplies again and again. Next: `trunk.py`.

A recurrent network multiplies x₁, x₂, ... by one matrix w, whose gradient is Σ xᵢᵀ gᵢ. Of stacked
rows that is one product, [x₁; x₂; ...]ᵀ [g₁; g₂; ...], in less time than many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .accumulation import add
from .arithmetic import sum_2d
from .ops.fused import linear
from .ops.linalg import WIDE, matmul, pull_matrices

FEW = 8192  # factors of so many numbers wait for more
ENOUGH = 8 * FEW  # and are multiplied when they are so many
TURNED = range(1024, 4097)  # a copy of the transpose pays for matrices of so many numbers

_PULLS = {pull_matrices, *matmul.fast.values(), *linear.fast.values()}
_BY_DATA = matmul.fast[True, False]
_OF_DATA = matmul.fast[False, True]
_LINEAR = linear.fast[True, True, True]
_LINEAR_OF_DATA = linear.fast[False, True, True]


class Repeated:
    """The matrices of one sweep whose gradients are its own sums, and what waits to join these.

    Parameters
    ----------
    found, owned : dict, set
        The gradients of the sweep by node, and the nodes whose gradients it may write to.
    """

    def __init__(self, found: dict[Any, Any], owned: set[Any]) -> None:
        self.found = found
        self.owned = owned
        self.matrices: dict[Any, _Matrix] = {}

    def pull(self, node: Any, g: Any) -> bool:
        """Pull back through the product by a leaf of which this holds; False at any other node."""
        if node._pull not in _PULLS:
            return False
        leaf, bias, source, w, x, left = _taken_apart(node, self.owned)
        if leaf not in self.owned or leaf._a is not None:
            return False
        if bias is not None and (bias not in self.owned or bias._a is not None):
            return False
        matrix = self.matrices.get((leaf, bias, left))
        if matrix is None:
            matrix = self.matrices[leaf, bias, left] = _Matrix(leaf, bias, left)
        if not matrix.take(x, g):
            return False
        if matrix.numbers >= ENOUGH:
            matrix.join(self.found)
        if source is not None:
            c = matrix.pull(w, g)
            if source in self.found:
                add(self.found, self.owned, source, c)
            else:
                self.found[source] = c
        return True

    def finish(self) -> None:
        """Let all join that waits."""
        for matrix in self.matrices.values():
            if matrix.numbers:
                matrix.join(self.found)


def _taken_apart(node: Any, owned: set[Any]) -> tuple[Any, Any, Any, Any, Any, bool]:
    """Return the nodes of the matrix, its bias and what meets it, the data of both, and the side.

    None for what is no node, or was not kept; the side is whether the matrix stands on the left.
    """
    pull, saved, a, b = node._pull, node._saved, node._a, node._b
    if pull is _LINEAR:
        return a[1], a[2], a[0], saved[1], saved[0], False
    if pull is _LINEAR_OF_DATA:
        return a, b, None, None, saved[0], False
    if pull is _OF_DATA or pull is _BY_DATA:
        return a, None, None, None, saved[0], pull is _BY_DATA
    if b in owned and b._a is None:
        return b, None, a, saved[1], saved[0], False
    return a, None, b, saved[0], saved[1], True


class _Matrix:
    """The factors of the gradient of a matrix, rows of x and g, that wait to be multiplied."""

    def __init__(self, leaf: Any, bias: Any, left: bool) -> None:
        self.leaf, self.bias, self.left = leaf, bias, left
        self.waiting: list[tuple[Any, Any]] = []
        self.numbers = 0
        self.turned: Any = None

    def take(self, x: Any, g: Any) -> bool:
        """Keep two factors; False where the product of these alone is as quick."""
        if type(x) is not ndarray or type(g) is not ndarray or x.dtype is not g.dtype:
            return False
        n = x.size + g.size
        if n > FEW or x.ndim != g.ndim or x.ndim > 2 or not x.size or len(self.leaf._shape) != 2:
            return False
        if x.ndim == 1:
            x, g = x[None], g[None]
        elif self.left:
            x, g = x.T, g.T
        self.waiting.append((g, x) if self.left else (x, g))
        self.numbers += n
        return True

    def join(self, found: dict[Any, Any]) -> None:
        """Multiply what waits, and add it to the gradients of the matrix and the bias."""
        xs, gs = map(np.concatenate, zip(*self.waiting, strict=True))
        found[self.leaf] += xs.T.dot(gs)
        if self.bias is not None:
            found[self.bias] += sum_2d(gs, 0)
        self.waiting.clear()
        self.numbers = 0

    def pull(self, w: Any, g: Any) -> Any:
        """Return the gradient of what meets the matrix w."""
        if self.left:
            return w.T.dot(g)
        if g.ndim == 1:
            return w.dot(g)
        if g.size < WIDE or w.size not in TURNED:
            return g.dot(w.T)
        if self.turned is None:
            self.turned = w.T.copy()
        return g.dot(self.turned)
