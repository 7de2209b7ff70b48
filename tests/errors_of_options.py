"""Rows of the table of errors: options of NumPy's functions, counts, sets, fits and covariances."""

from __future__ import annotations

import numpy as np

from autograd import Tensor

from .errors import m, raises, row, x

# --------------------------------------------------------------------------------------------------
# Reductions and quantiles

raises(
    ValueError,
    r"np\.nanmax: where= needs initial=, as nanmax has no identity",
    lambda: np.nanmax(m(), where=m() > 0),
)
raises(
    ValueError,
    r"np\.quantile: there is no method='strange'; it is one of linear, midpoint, lower",
    lambda: np.quantile(x(), 0.5, method="strange"),
)

raises(
    ValueError,
    r"np\.quantile: there is no method=.*; it is one of linear",
    lambda: np.quantile(x(), 0.5, method=[10**99]),
)
raises(TypeError, r"np\.quantile: q holds real numbers, got None", lambda: np.quantile(x(), None))
for _text, _call in {
    "polyder: m is an integer, got NoneType None": lambda: np.polyder(x(), None),
    "polyint: m is an integer, got NoneType None": lambda: np.polyint(x(), None),
    "pad: pad_width is an integer, got NoneType None": lambda: np.pad(x(), None),
    "pad: pad_width is an integer, got float 1.5": lambda: np.pad(x(), 1.5),
    "linspace: num is an integer, got NoneType None": lambda: np.linspace(x(), 1.0, None),
}.items():
    raises(TypeError, _text, _call)


def quantile_by(weights, method="inverted_cdf"):
    """Ask for a quantile by weights."""
    return np.quantile(x(), 0.5, weights=weights, method=method)


raises(
    ValueError,
    r"np\.quantile: weights= needs method='inverted_cdf', got 'linear'",
    lambda: quantile_by([1, 2, 3], "linear"),
)
raises(
    TypeError,
    r"np\.quantile: no gradient flows to weights=; give plain numbers, as \.data",
    lambda: quantile_by(x()),
)
for _weights in ([1, -1, 1], [1, np.nan, 1], [1, np.inf, 1]):
    raises(
        ValueError,
        r"np\.quantile: weights must be finite and not negative",
        lambda w=_weights: quantile_by(w),
    )
raises(ValueError, "the weights of a slice are all 0", lambda: quantile_by([0, 0, 0]))

# --------------------------------------------------------------------------------------------------
# Casts, orders

raises(
    TypeError,
    r"np\.concatenate: float64 cannot be cast to float32 by casting='safe'; use casting='unsafe'",
    lambda: np.concatenate([x(), x()], dtype="f4", casting="safe"),
)
raises(
    TypeError,
    r"np\.einsum: float64 cannot be cast to float32 by casting='safe'",
    lambda: np.einsum("i->i", x(), dtype="f4"),
)
raises(
    ValueError,
    r"np\.einsum: order must be one of 'C', 'F', 'A', 'K', got 'Q'",
    lambda: np.einsum("i->i", x(), order="Q"),
)
raises(
    TypeError,
    r"np\.lib\.scimath\.sqrt of these numbers is complex; nodes have real numbers only",
    lambda: np.lib.scimath.sqrt(-x() - 9.0),
)

# --------------------------------------------------------------------------------------------------
# Padding, interpolation

raises(
    TypeError,
    r"np\.pad: mode='empty' is not supported on nodes, .* use mode='constant', or join",
    lambda: np.pad(x(), 1, mode="empty"),
)
raises(
    ValueError,
    r"np\.pad: reflect_type must be 'even' or 'odd', got 'both'",
    lambda: np.pad(x(), 1, mode="reflect", reflect_type="both"),
)
raises(
    ValueError,
    r"np\.interp: period must not be 0",
    lambda: np.interp(x(), [0.0, 1.0], [1.0, 2.0], period=0),
)

# --------------------------------------------------------------------------------------------------
# Counts, sets, functions along axes

raises(
    ValueError,
    r"np\.histogram: weights \(1,\) for numbers \(2, 3\); give as many",
    lambda: np.histogram(m(), weights=[1.0]),
)
raises(
    ValueError,
    r"np\.histogramdd: bins and range for 3 columns, give one for each",
    lambda: np.histogramdd(m(), bins=[2]),
)
raises(
    ValueError,
    r"np\.histogramdd: a row of numbers for each point, got \(1, 2, 3\)",
    lambda: np.histogramdd(m()[None]),
)
raises(
    ValueError,
    r"np\.histogramdd: columns of shapes \[\(3,\), \(2,\)\]; give as many numbers in each",
    lambda: np.histogram2d(x(), [1.0, 2.0]),
)
raises(ValueError, "weights and list don't have the same length", lambda: np.bincount([1, 2], x()))
for _trim in ("x", None):
    raises(
        ValueError,
        rf"np\.trim_zeros: trim is 'f', 'b' or 'fb', got {_trim!r}",
        lambda trim=_trim: np.trim_zeros(x(), trim),
    )
raises(
    ValueError,
    r"np\.apply_along_axis: shape \(2, 0\) has no vector along axis 0",
    lambda: np.apply_along_axis(np.sum, 0, m()[:, :0]),
)
raises(
    ValueError,
    r"np\.apply_over_axes: the function made shape \(1,\) of \(2, 3\); it may drop the axis",
    lambda: np.apply_over_axes(lambda a, axis: a.sum(), m(), [0]),
)

# --------------------------------------------------------------------------------------------------
# Covariances and fits

raises(
    RuntimeError,
    r"cov: fweights must be a vector of 3 numbers, got shape \(2,\)",
    lambda: np.cov(m(), fweights=[1, 1]),
)
raises(ValueError, r"cov: aweights must not be negative", lambda: np.cov(m(), aweights=[1, 1, -1]))
raises(
    TypeError,
    r"cov: fweights must be integers: how often each observation occurs",
    lambda: np.cov(m(), fweights=[1, 1, 0.5]),
)
raises(ValueError, r"cov: ddof must be an integer, got 0\.5", lambda: np.cov(m(), ddof=0.5))
raises(
    TypeError,
    r"np\.polyfit: x must be a vector .* got shapes \(3,\) and \(2,\)",
    lambda: np.polyfit(x(), x()[:2], 1),
)
raises(
    TypeError,
    r"np\.polyfit: w must be a vector of 3 weights, got shape \(2,\)",
    lambda: np.polyfit(x(), x(), 1, w=[1, 2]),
)
raises(
    ValueError,
    r"np\.polyfit: cov=True needs more points than coefficients",
    lambda: np.polyfit(np.arange(2.0), x()[:2], 1, cov=True),
)
raises(
    ValueError,
    r"np\.poly: a vector or a square matrix is needed, got shape \(2, 3\)",
    lambda: np.poly(m()),
)
for _function in (np.linalg.svdvals, np.linalg.pinv, np.linalg.cond):
    for _entry in (np.nan, np.inf, -np.inf):
        raises(
            np.linalg.LinAlgError,
            "a matrix with nan or infinite entries has no singular values; see find_nan",
            lambda f=_function, e=_entry: f(Tensor([[1.0, e], [2.0, 3.0]])),
        )
raises(
    np.linalg.LinAlgError,
    r"pinv: square matrices are needed, got shape \(2, 3\)",
    lambda: np.linalg.pinv(Tensor(m().data), hermitian=True),
)


@row(np.linalg.LinAlgError, "^a matrix with nan or infinite entries has no singular values")
def _determinant_of_infinity():
    x = Tensor([[np.inf, 1.0], [1.0, 1.0]], requires_grad=True)
    with np.errstate(all="ignore"):
        np.linalg.det(x).backward()
