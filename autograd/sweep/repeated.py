"""Matrices that a graph multiplies by again and again. Next: `trunk.py`.

A recurrent network multiplies x₁, x₂, ... by one matrix w, whose gradient is Σ xᵢᵀ gᵢ. With the
rows stacked that is a single product, [x₁; x₂; ...]ᵀ [g₁; g₂; ...], which takes less time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..arithmetic import sum_2d
from ..ops.fused import linear
from ..ops.linalg import WIDE, matmul, pull_matrices
from .accumulation import add

FEW = 8192  # pairs of factors with up to this many entries are collected
ENOUGH = 8 * FEW  # and multiplied once they have this many
TURNED = range(1024, 4097)  # sizes of matrices for which a copy of the transpose pays

_PULLS = {pull_matrices, *matmul.fast.values(), *linear.fast.values()}
_BY_DATA = matmul.fast[True, False]
_OF_DATA = matmul.fast[False, True]
_LINEAR = linear.fast[True, True, True]
_LINEAR_OF_DATA = linear.fast[False, True, True]


class Repeated:
    """The matrices of one sweep, each with the collected factors of its gradient.

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
        """Pull back through a product with a leaf in ``owned``; False for any other node."""
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
        """Multiply all factors that are still collected."""
        for matrix in self.matrices.values():
            if matrix.numbers:
                matrix.join(self.found)


def _taken_apart(node: Any, owned: set[Any]) -> tuple[Any, Any, Any, Any, Any, bool]:
    """Return the nodes of matrix, bias and other factor, the data of both factors, and the side.

    None stands for what is not a node, or was not saved; the side is True for a matrix on the left.
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
    """The collected factors of the gradient of a matrix: rows of x, and of g."""

    def __init__(self, leaf: Any, bias: Any, left: bool) -> None:
        self.leaf, self.bias, self.left = leaf, bias, left
        self.waiting: list[tuple[Any, Any]] = []
        self.numbers = 0
        self.turned: Any = None

    def take(self, x: Any, g: Any) -> bool:
        """Collect two factors; False if multiplying them at once is as fast."""
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
        """Multiply the collected factors, and add them to the gradients of matrix and bias."""
        xs, gs = map(np.concatenate, zip(*self.waiting, strict=True))
        found[self.leaf] += xs.T.dot(gs)
        if self.bias is not None:
            found[self.bias] += sum_2d(gs, 0)
        self.waiting.clear()
        self.numbers = 0

    def pull(self, w: Any, g: Any) -> Any:
        """Return the gradient of the other factor, where w is the matrix."""
        if self.left:
            return w.T.dot(g)
        if g.ndim == 1:
            return w.dot(g)
        if g.size < WIDE or w.size not in TURNED:
            return g.dot(w.T)
        if self.turned is None:
            self.turned = w.T.copy()
        return g.dot(self.turned)
