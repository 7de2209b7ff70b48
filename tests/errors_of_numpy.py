"""Rows of the table of errors: NumPy's functions that compute with nodes, or choose."""

from __future__ import annotations

import numpy as np

from autograd import Tensor

from .errors import m, raises, x

# Choices
raises(ValueError, r"np\.where: give both x and y, or neither", lambda: np.where(x(), x()))
raises(
    TypeError,
    r"np\.choose: the index must be of integers, got float64",
    lambda: np.choose(x(), [x(), x()]),
)
raises(
    TypeError,
    r"np\.nanmean: dtype=int64 of floats must be floating too",
    lambda: np.nanmean(Tensor([1.0, np.nan]), dtype=np.int64),
)
raises(
    ValueError,
    r"np\.choose: the index goes beyond the 2 choices",
    lambda: np.choose(np.array([0, 3]), [x(), x()]),
)
raises(
    ValueError,
    r"np\.select: 1 conditions for 2 choices; give as many",
    lambda: np.select([np.array([True])], [x(), x()], default=x()),
)
raises(
    TypeError,
    r"np\.select: the conditions must be of bools",
    lambda: np.select([np.array([1.0, 0.0, 2.0])], [x()]),
)
raises(
    ValueError,
    r"np\.piecewise: 1 conditions for 3 functions",
    lambda: np.piecewise(x(), [x() > 1], [1.0, 2.0, 3.0]),
)

# Reductions
raises(
    TypeError,
    r"np\.sum: dtype=int64 would lose the gradient; use a floating dtype, or",
    lambda: np.sum(x(), dtype=int),
)
raises(
    ValueError,
    r"np\.max: where= needs initial=, as max has no identity",
    lambda: np.max(x(), where=[True, False, True]),
)
raises(
    TypeError,
    r"np\.average: weights \(3,\) for an array \(2, 3\) need axis=",
    lambda: np.average(m(), weights=x()),
)
raises(
    ValueError,
    r"np\.average: weights \(3,\) do not fit the axes \(0,\) of \(2, 3\)",
    lambda: np.average(m(), axis=0, weights=x()),
)
raises(
    ZeroDivisionError,
    r"np\.average: weights sum to zero, they cannot be normalized",
    lambda: np.average(x(), weights=np.array([1.0, -1.0, 0.0])),
)
raises(
    TypeError,
    r"np\.ediff1d: ends of float64 do not fit steps of int64",
    lambda: np.ediff1d(Tensor([1, 2]), 0.5),
)
raises(ValueError, r"np\.diff: order must be non-negative, got -1", lambda: np.diff(x(), -1))
raises(
    ValueError, r"np\.diff: the input must have an axis, got a 0-d array", lambda: np.diff(x()[0])
)
raises(
    ValueError,
    r"np\.cumulative_sum: x must have an axis, got a 0-d array",
    lambda: np.cumulative_sum(x()[0]),
)
raises(
    ValueError,
    r"np\.cumulative_sum: axis= is needed for an array of shape \(2, 3\)",
    lambda: np.cumulative_sum(m()),
)

# Creation
raises(
    TypeError,
    r"np\.full_like: int64 would lose the gradient of the value",
    lambda: np.full_like(np.ones(2, int) * Tensor([1, 2]), x()[0]),
)
raises(
    ValueError,
    r"np\.meshgrid: indexing must be 'xy' or 'ij', got 'yx'",
    lambda: np.meshgrid(x(), x(), indexing="yx"),
)
raises(
    ValueError,
    r"np\.linspace: the number of samples must not be negative, got -1",
    lambda: np.linspace(x()[0], 2.0, -1),
)
raises(
    ValueError,
    r"np\.geomspace: start and stop must have one sign, and not be zero",
    lambda: np.geomspace(x()[0], -2.0),
)
raises(ValueError, r"np\.vander: x must be a vector, got shape \(2, 3\)", lambda: np.vander(m()))

# Calculus
raises(
    ValueError,
    r"np\.interp: xp \(3,\) and fp \(2, 3\) must be vectors of one length",
    lambda: np.interp(0.5, x(), m()),
)
raises(
    ValueError,
    r"np\.interp: the array of sample points is empty",
    lambda: np.interp(0.5, x()[:0], x()[:0]),
)
raises(
    ValueError,
    r"np\.gradient: edge_order must be 1 or 2, got 3",
    lambda: np.gradient(x(), edge_order=3),
)
raises(TypeError, r"np\.gradient: 3 spacings for 2 axes", lambda: np.gradient(m(), 1.0, 1.0, 1.0))
raises(
    ValueError,
    r"np\.gradient: axis 0 of shape \(1,\) needs at least 2 entries",
    lambda: np.gradient(x()[:1]),
)
raises(
    TypeError,
    r"np\.gradient: one array of coordinates is needed for each axis",
    lambda: np.gradient(m(), np.ones(3)),
)
raises(
    ValueError,
    r"np\.gradient: coordinates of shape \(2,\) for axis 0 of shape \(3,\)",
    lambda: np.gradient(x(), np.ones(2)),
)

# Einsum
raises(ValueError, "einsum needs subscripts and at least one operand", lambda: np.einsum(x()))
raises(
    RuntimeError,
    "Invalid einsum_path is specified",
    lambda: np.einsum("i,i,i", x(), x(), x(), optimize=["einsum_path", (0, 1)]),
)
raises(KeyError, "Path name .*'best'", lambda: np.einsum("i,i,i", x(), x(), x(), optimize="best"))
raises(
    ValueError,
    "einsum: 'ij,j->i' has subscripts for 2 operands, 1 are given",
    lambda: np.einsum("ij,j->i", x()),
)
raises(
    ValueError,
    r"einsum: '\$' in 'i\$->i' is neither a letter nor part of one ellipsis \('\.\.\.'\)",
    lambda: np.einsum("i$->i", x()),
)
raises(
    ValueError,
    "einsum: 'ij' in 'ij->i' does not fit an operand with 1 axes",
    lambda: np.einsum("ij->i", x()),
)
raises(
    ValueError,
    r"einsum: the operands of '\.\.\.i->i' have axes under an ellipsis, its output",
    lambda: np.einsum("...i->i", m()),
)
raises(
    ValueError,
    r"einsum: the subscript 99 is not within the range \[0, 52\)",
    lambda: np.einsum(x(), [99]),
)
raises(
    ValueError,
    "einsum: the output of 'i->ii' has the subscript 'i' twice",
    lambda: np.einsum("i->ii", x()),
)
raises(
    ValueError,
    "einsum: the output subscript 'j' of 'i->j' is in no operand",
    lambda: np.einsum("i->j", x()),
)

for _spread in (np.var, np.std, np.nanvar, np.nanstd):
    raises(
        ValueError,
        rf"np\.{_spread.__name__}: give ddof or correction, not both",
        lambda spread=_spread: spread(x(), ddof=1, correction=0),
    )
raises(
    ValueError,
    r"np\.clip: give a_max or max, not both",
    lambda: np.clip(x(), 2, 3, max=4),
)
raises(
    ValueError,
    r"np\.clip: give a_min or min, not both",
    lambda: np.clip(x(), a_min=2, min=0),
)

# Elementwise, fft, in place
raises(
    TypeError,
    r"np\.nan_to_num: copy=False would write into a node; use the result",
    lambda: np.nan_to_num(x(), copy=False),
)
raises(
    TypeError,
    r"np\.fft\.fft on nodes: complex numbers are not supported; write the",
    lambda: np.fft.fft(x()),
)
raises(
    RuntimeError,
    r"np\.put would overwrite tensor 'x', a leaf that wants gradients",
    lambda: np.put(x(), 0, 1.0),
)
raises(
    TypeError,
    r"np\.copyto: an array keeps no gradient; make it a tensor, .*np\.full of a node write np\.bro",
    lambda: np.full((2, 3), x()[0], dtype=float),
)
raises(ValueError, r"np\.place: there are no values", lambda: np.place(x() * 1.0, x() > 0, []))
raises(
    ValueError,
    r"np\.putmask: a mask of shape \(2,\) does not fit a target of shape \(3,\)",
    lambda: np.putmask(x() * 1.0, [True, False], x()),
)
raises(
    TypeError,
    r"np\.copyto: float64 cannot be cast to int64 as 'same_kind'",
    lambda: np.copyto(Tensor([1, 2, 3]), x()),
)
raises(
    IndexError,
    r"np\.put_along_axis: indices must be integers, got float64",
    lambda: np.put_along_axis(x() * 1.0, np.array([0.5]), 1.0, 0),
)
raises(
    ValueError,
    r"np\.put_along_axis: without an axis, indices of shape \(1, 1\)",
    lambda: np.put_along_axis(x() * 1.0, np.array([[0]]), 1.0, None),
)
raises(
    ValueError,
    r"np\.put_along_axis: indices of shape \(1,\) and a target of shape \(2, 3\)",
    lambda: np.put_along_axis(m() * 1.0, np.array([0]), 1.0, 1),
)

# Polynomials
raises(ValueError, "polyder: the order m=-1 must not be negative", lambda: np.polyder(x(), -1))
raises(ValueError, "polyint: the order m=-1 must not be negative", lambda: np.polyint(x(), -1))
raises(
    ValueError, "polyint: 3 constants are needed, got 2", lambda: np.polyint(x(), 3, k=[1.0, 2.0])
)

# Products
raises(
    ValueError, "tensordot: axes=-1 must not be negative", lambda: np.tensordot(m(), m(), axes=-1)
)
raises(
    ValueError,
    r"tensordot: axes=\(\[0, 1\], \[0\]\) must name as many axes of one as of the other",
    lambda: np.tensordot(m(), m(), axes=([0, 1], [0])),
)
raises(ValueError, "cross: a vector is needed, got a number", lambda: np.cross(x()[0], x()))
raises(
    ValueError,
    "cross: vectors must have 2 or 3 components, got 4 and 4",
    lambda: np.cross(np.ones(4), np.ones((2, 4)) * m()[:, :1]),
)
raises(
    ValueError, r"a diagonal needs at least 2 axes, got shape \(3,\)", lambda: np.linalg.trace(x())
)
raises(
    ValueError,
    r"a diagonal needs at least 2 axes, got shape \(3,\)",
    lambda: np.linalg.diagonal(x()),
)
raises(
    ValueError,
    r"matrix transpose needs at least 2 axes, got shape \(3,\)",
    lambda: np.linalg.matrix_transpose(x()),
)
raises(
    ValueError,
    "convolve: mode is 'full', 'same' or 'valid', got 'strange'",
    lambda: np.convolve(x(), x(), mode="strange"),
)
raises(
    ValueError,
    r"convolve: vectors of at least one number are needed, got \(0,\)",
    lambda: np.convolve(x(), x()[:0]),
)
raises(
    ValueError,
    r"cov: at most 2 axes are possible, got shape \(1, 2, 3\)",
    lambda: np.cov(m()[None]),
)
