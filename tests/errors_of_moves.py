"""Rows of the table of errors: NumPy's functions that move entries of nodes."""

from __future__ import annotations

import numpy as np

from autograd import Tensor

from .errors import m, raises, x


def strided():
    """Return a tensor whose memory is in no order that has a name."""
    return Tensor(np.ones((2, 3, 4)), requires_grad=True).transpose(1, 0, 2)


# Indexing
raises(TypeError, r"np\.take: indices must be integers, got float64", lambda: np.take(x(), [0.5]))
raises(
    ValueError,
    r"np\.take: mode must be 'raise', 'wrap' or 'clip', got 'bounce'",
    lambda: np.take(x(), [0], mode="bounce"),
)
raises(
    ValueError,
    r"np\.compress: condition must be a vector, got shape \(2, 2\)",
    lambda: np.compress(np.ones((2, 2)), x()),
)
raises(
    ValueError, r"np\.diagonal: needs at least 2 axes, got shape \(3,\)", lambda: np.diagonal(x())
)
raises(
    ValueError,
    r"np\.diag: needs a vector or a matrix, got shape \(1, 2, 3\)",
    lambda: np.diag(m()[None]),
)
raises(ValueError, r"np\.tril: needs an axis, got a 0-d array", lambda: np.tril(x()[0]))
raises(ValueError, r"np\.ix_: all inputs must be vectors, got shape \(2, 3\)", lambda: np.ix_(m()))
raises(
    TypeError,
    r"np\.lib\.stride_tricks\.sliding_window_view: a node gives no view to write to",
    lambda: np.lib.stride_tricks.sliding_window_view(x(), 2, writeable=True),
)
raises(
    ValueError,
    r"sliding_window_view: windows \(2,\) for axes \(0, 1\); give as many",
    lambda: np.lib.stride_tricks.sliding_window_view(m(), 2),
)
raises(
    ValueError,
    r"sliding_window_view: window 5 for shape \(3,\)",
    lambda: np.lib.stride_tricks.sliding_window_view(x(), 5),
)

# Joining
raises(
    ValueError,
    r"np\.concatenate: zero-dimensional arrays cannot be joined; use np\.stack",
    lambda: np.concatenate([x()[0], x()[1]]),
)
raises(
    ValueError,
    r"np\.block: the lists must be nested equally deep, and none empty",
    lambda: np.block([[x()], x()]),
)
raises(
    ValueError,
    r"np\.array_split: the number of sections must be positive: 0",
    lambda: np.array_split(x(), 0),
)
raises(
    ValueError,
    r"np\.split: axis 0 of shape \(3,\) is not divided evenly by 2",
    lambda: np.split(x(), 2),
)
raises(
    ValueError,
    r"np\.hsplit: the array of shape \(\) has too few axes",
    lambda: np.hsplit(x()[0], 1),
)
raises(
    ValueError, r"np\.vsplit: needs at least 2 axes, got shape \(3,\)", lambda: np.vsplit(x(), 1)
)
raises(ValueError, r"np\.unstack: needs an axis, got a 0-d array", lambda: np.unstack(x()[0]))

# Order
raises(
    ValueError,
    r"np\.take_along_axis: indices of shape \(1,\) and an array of shape \(2, 3\)",
    lambda: np.take_along_axis(m(), np.array([0]), axis=1),
)
raises(
    IndexError,
    r"np\.take_along_axis: indices must be integers, got float64",
    lambda: np.take_along_axis(x(), np.array([0.5]), axis=0),
)
raises(
    TypeError,
    r"np\.quantile: no gradient flows to q=; give plain numbers, as with \.data",
    lambda: np.quantile(x(), x()),
)
raises(ValueError, r"np\.quantile: q must be in \[0, 1\], got 2\.0", lambda: np.quantile(x(), 2.0))

# Padding
raises(ValueError, r"np\.pad: mode='strange' is unknown", lambda: np.pad(x(), 1, mode="strange"))
raises(
    ValueError,
    r"np\.pad: mode='edge' has no option \['constant_values'\]",
    lambda: np.pad(x(), 1, mode="edge", constant_values=1),
)
raises(ValueError, r"np\.pad: pad_width must not be negative, got -1", lambda: np.pad(x(), -1))
raises(
    ValueError,
    r"np\.pad: mode='edge' cannot extend axis 0 of shape \(0,\)",
    lambda: np.pad(x()[:0], 1, mode="edge"),
)
raises(
    ValueError,
    r"np\.pad: mode='linear_ramp' cannot extend axis 0 of shape \(0, 3\)",
    lambda: np.pad(m()[:0], ((1, 0), (0, 0)), mode="linear_ramp"),
)

# Shaping
raises(
    ValueError,
    r"np\.resize: all lengths must be non-negative, got \(-1, 2\)",
    lambda: np.resize(x(), (-1, 2)),
)
raises(
    ValueError,
    r"np\.moveaxis: \(0, 1\) and 0 must have as many axes",
    lambda: np.moveaxis(m(), (0, 1), 0),
)
raises(
    ValueError,
    r"np\.rot90: axes must be two, got \(0, 1, 2\)",
    lambda: np.rot90(m(), axes=(0, 1, 2)),
)
raises(
    ValueError,
    r"np\.roll: shift and axis must be numbers or sequences of numbers",
    lambda: np.roll(x(), np.ones((2, 2), int), axis=0),
)
raises(
    ValueError,
    r"np\.roll: 3 shifts do not fit 2 axes",
    lambda: np.roll(m(), (1, 2, 3), axis=(0, 1)),
)
raises(ValueError, r"np\.repeat: repeats must not be negative, got -1", lambda: np.repeat(x(), -1))
raises(ValueError, r"np\.fliplr: needs at least 2 axes, got shape \(3,\)", lambda: np.fliplr(x()))
raises(
    TypeError,
    r"np\.reshape: order='K' of a view is not supported on nodes",
    lambda: np.reshape(strided(), -1, order="K"),
)
raises(
    TypeError,
    r"np\.ravel: order='K' of a view is not supported on nodes",
    lambda: np.ravel(strided(), order="K"),
)
raises(
    TypeError,
    r"np\.ediff1d: ends of float64 do not fit steps of int64",
    lambda: np.ediff1d(Tensor([1, 2]), 0.5),
)
