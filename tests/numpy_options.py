"""More rows of the table in `numpy_functions.py`: options that few calls have, and methods."""

from __future__ import annotations

import numpy as np

from .cases import sample
from .numpy_functions import LATE, MASK, NAN, ROWS, M, N, V, W, X, row, rows

FIRST = len(ROWS)

S = sample((4, 4), seed=5)

# --------------------------------------------------------------------------------------------------
# Universal functions: the loop they run in, the axes they work on

rows(np.exp, [{"casting": "same_kind", "order": "F", "subok": False}, {"dtype": float}], M)
rows(np.tanh, [{"signature": "d->d"}, {"signature": (float, float)}, {"casting": "unsafe"}], M)
row(np.add, "loop", lambda x, y: np.add(x, y, signature=(None, float, None)), M, N)
row(np.matmul, "loop", lambda x, y: np.matmul(x, y, dtype=float, order="C"), M, S)
for _axes in (
    *([(-2, -1), (-2, -1), (-2, -1)], [(-2, -1), (-2, -1), (1, 0)]),
    [(0, 1), (1, 0), (0, 1)],
):
    row(np.matmul, str(_axes), lambda x, y, a=_axes: np.matmul(x, y, axes=a), M, S)
row(np.matmul, "stack", lambda x, y: np.matmul(x, y, axes=[(0, 1), (1, 2), (2, 0)]), M, X.mT)
row(np.matmul, "vector", lambda x, y: np.matmul(x, y, axes=[0, (1, 0), 0]), N[0], S)
for _options in (
    *({"axis": 0}, {"axis": -1}, {"keepdims": True}, {"axis": 0, "keepdims": True}),
    *({"axes": [0, 0]}, {"axes": [(1,), 1, ()]}),
    *({"axes": [0, 0], "keepdims": True}, {"axes": [0, 0, 0], "keepdims": True}),
):
    row(np.vecdot, str(_options), lambda x, y, o=_options: np.vecdot(x, y, **o), M, N)
row(np.vecdot, "stack", lambda x, y: np.vecdot(x, y, axes=[1, 0, 0], keepdims=True), X, M)
row(np.matvec, "axes", lambda x, y: np.matvec(x, y, axes=[(1, 0), 0, 1]), M, X[0])
row(np.vecmat, "axes", lambda x, y: np.vecmat(x, y, axes=[0, (0, 1), 1]), M, X[0])

# --------------------------------------------------------------------------------------------------
# Their methods

for _f, _x in (
    *((np.subtract, M), (np.divide, N), (np.power, N), (np.float_power, N), (np.hypot, M)),
    *((np.arctan2, M), (np.fmod, M), (np.remainder, M), (np.copysign, M)),
):
    row(_f, "reduce", _f.reduce, _x)
    if _f not in (np.power, np.float_power, np.arctan2):
        # of these NumPy leaves out entries along the last axis, on some processors
        row(_f, "reduce-axis", lambda x, f=_f: f.reduce(x, axis=1, keepdims=True), _x)
    row(_f, "reduce-number", _f.reduce, _x[1, 1])
    row(_f, "accumulate", lambda x, f=_f: f.accumulate(x, axis=0), _x)
for _f in (np.fmax, np.fmin):
    row(_f, "reduce", _f.reduce, M)
    row(_f, "reduce-nan", lambda x, f=_f: f.reduce(x, axis=-1), NAN)
    row(_f, "accumulate", _f.accumulate, M)
row(np.hypot, "reduce-all", lambda x: np.hypot.reduce(x, axis=None), M)
row(np.hypot, "reduce-axes", lambda x: np.hypot.reduce(x, axis=(2, 0), keepdims=True), X)
row(np.hypot, "reduce-where", lambda x: np.hypot.reduce(x, axis=1, where=MASK), M)
row(np.subtract, "initial", lambda x, y: np.subtract.reduce(x, initial=y), M, sample(()))
row(np.subtract, "initial-where", lambda x: np.subtract.reduce(x, initial=2, where=MASK), M)
for _f in (np.logaddexp, np.logaddexp2):
    row(_f, "reduce", lambda x, f=_f: f.reduce(x, axis=1, keepdims=True), M)
    row(_f, "initial", lambda x, f=_f: f.reduce(x, initial=0.5), M)
    row(_f, "where", lambda x, f=_f: f.reduce(x, axis=1, where=MASK), M)
    row(_f, "accumulate", lambda x, f=_f: f.accumulate(x, axis=1), M)
for _f in (np.add, np.multiply, np.maximum, np.minimum, np.logaddexp, np.subtract, np.hypot):
    row(_f, "reduceat", lambda x, f=_f: f.reduceat(x, [0, 3, 1, 1, 4]), V)
    row(_f, "reduceat-axis", lambda x, f=_f: f.reduceat(x, [2, 0, 3], axis=-1), X)
row(np.add, "reduceat-nothing", lambda x: np.add.reduceat(x, np.array([], int), axis=1), M)
row(np.add, "reduceat-empty-list", lambda x: np.add.reduceat(x, []), M)
row(np.hypot, "reduceat-nothing", lambda x: np.hypot.reduceat(x, np.array([], int)), M)
row(np.arctan2, "outer", lambda x: np.arctan2.outer(x, 2.0), V)
row(np.multiply, "outer", lambda x, y: np.multiply.outer(x, y, order="C"), V, M)


def at(function, name, index, *inputs):
    """Add a call of the method ``at`` on a copy."""

    def call(x, *values):
        y = np.copy(x)
        function.at(y, index, *values)
        return y

    row(function, f"at-{name}", call, *inputs)


for _f in (np.multiply, np.maximum, np.subtract, np.add, np.power):
    at(_f, "repeats", [1, 0, 1, 1, -4], W, sample((5,), 0.3, 2.0, seed=11))
    at(_f, "number", ([0, 2, 0], [3, 1, 3]), N, W[0])
at(np.divide, "columns-floats", (slice(None), [1, 1, 3]), N, W[:3])
at(np.exp, "repeats-floats", [0, 2, 0], W)
at(np.negative, "places", tuple(i.tolist() for i in np.nonzero(M > 0)), M)
at(np.square, "all", ..., M)
at(np.square, "nothing", [], M)

# --------------------------------------------------------------------------------------------------
# Reductions

for _f in (np.var, np.std):
    row(_f, "mean", lambda x, y, f=_f: f(x, axis=1, mean=y, ddof=1), M, N[:, :1])
    row(
        _f,
        "mean-where",
        lambda x, f=_f: f(x, 1, mean=np.mean(x, 1, keepdims=True, where=MASK), where=MASK),
        M,
    )
for _f in (np.nanvar, np.nanstd, np.nanmean):
    rows(_f, [{"axis": 1, "where": MASK}, {"where": MASK, "keepdims": True}], NAN)
    rows(_f, [{"axis": 1, "where": MASK}], M)
row(np.nanstd, "mean", lambda x, y: np.nanstd(x, axis=1, mean=y), NAN, N[:, :1])
for _f in (np.nanmax, np.nanmin):
    rows(_f, [{"axis": 0, "initial": 0.3}, {"axis": 1, "initial": 0.2, "where": MASK}], NAN)
    row(_f, "initial", lambda x, y, f=_f: f(x, initial=y, keepdims=True), M, sample(()))
for _f in (np.cumulative_sum, np.cumulative_prod):
    rows(_f, [{"axis": 1, "include_initial": True}], N)
DISCRETE = ("inverted_cdf", "averaged_inverted_cdf", "closest_observation")
for _q in (0.25, [0.1, 0.3, 0.5, 0.7, 0.75, 1, 0]):
    rows(np.quantile, [{"q": _q, "method": m, "axis": 1} for m in DISCRETE], M)
    rows(np.nanquantile, [{"q": _q, "method": m, "axis": 0} for m in DISCRETE], NAN)
    _by = {"q": _q, "method": "inverted_cdf"}
    rows(np.quantile, [_by | {"weights": N, "axis": 1}, _by | {"weights": N}], M)
    rows(np.quantile, [_by | {"weights": [0, 1, 2, 0], "axis": 1, "keepdims": True}], M)
    if LATE:
        rows(np.quantile, [_by | {"weights": N.T[:, :2], "axis": (2, 0)}], X)
    rows(np.nanquantile, [_by | {"weights": N, "axis": 0}], NAN)

# --------------------------------------------------------------------------------------------------
# Counts, sets, functions along axes

PLACES = np.array([0, 2, 1, 0, 2])
row(np.bincount, "weights", lambda w: np.bincount(PLACES, w), W)
row(np.bincount, "minlength", lambda w: np.bincount(PLACES, weights=w, minlength=7), W)
for _bins in (3, [-2.0, 0.0, 0.4, 1.0]):
    row(np.histogram, f"weights-{_bins}", lambda w, b=_bins: np.histogram(V, b, weights=w), W)
row(np.histogram, "floats-counts", lambda x: np.histogram(x, 3), V)
row(np.histogram, "floats-density", lambda x: np.histogram(x, 3, density=True), V)
row(np.histogram, "floats-edges", lambda w: np.histogram(V, w[:3].cumsum(), density=True), W)
row(
    np.histogram,
    "range",
    lambda w: np.histogram(V, 3, range=(-1, 1), density=True, weights=w),
    W,
)
row(np.histogram2d, "weights", lambda w: np.histogram2d(V, W, 2, weights=w)[0], W)
row(np.histogram2d, "bins", lambda w: np.histogram2d(V, W, [[-1, 0, 1], 3], weights=w)[0], W)
row(np.histogram2d, "floats-edges", lambda x: np.histogram2d(x, W, [2, 3])[1], V)
row(np.histogramdd, "weights", lambda w: np.histogramdd(M[:, :2], 2, weights=w)[0], W[:3])
row(np.histogramdd, "list", lambda w: np.histogramdd([V, W, V], (2, 1, 3), weights=w)[0], W)
row(
    np.histogramdd,
    "floats-density",
    lambda x, w: np.histogramdd(x, 2, density=True, weights=w)[0],
    M[:, :2],
    W[:3],
)
row(
    np.histogramdd,
    "uneven-density",
    lambda w: np.histogramdd(M[:, :2], [[-3, 0, 0.5, 3], [-3, 0.2, 3]], None, True, w)[0],
    W[:3],
)
row(np.histogram_bin_edges, "floats", lambda x: np.histogram_bin_edges(x, 4), V)
row(np.histogram_bin_edges, "given", lambda x: np.histogram_bin_edges(V, np.cumsum(x)), W)
ONCE = np.array([0.4, -0.2, 1.3, 0.9])
for _f in (np.unique, np.unique_values):
    row(_f, "", lambda x, f=_f: np.sort(f(x)), ONCE)
for _f in (np.unique_all, np.unique_counts, np.unique_inverse):
    row(_f, "", lambda x, f=_f: f(x).values, ONCE)
row(np.unique, "rows", lambda x: np.unique(x, return_counts=True, axis=0)[0], M)
row(np.unique, "columns", lambda x: np.unique(x, axis=1), M)
row(np.union1d, "", lambda x, y: np.union1d(x, y[:3]), ONCE, W)
row(np.intersect1d, "both", lambda x: np.intersect1d(x, x[1:] * 1, return_indices=True)[0], ONCE)
row(np.setdiff1d, "", lambda x: np.setdiff1d(x, [9.0, 7.0]), ONCE)
row(np.setdiff1d, "unique", lambda x: np.setdiff1d(x, [99.0], assume_unique=True), ONCE)
row(np.setxor1d, "", lambda x, y: np.setxor1d(x, y[:3]), ONCE, W)
ZEROS = np.array([0.0, 0.0, 1.5, 0.0, -0.7, 0.0])
row(np.trim_zeros, "floats", lambda x: np.trim_zeros(x * (ZEROS != 0)), ZEROS)
row(np.trim_zeros, "floats-front", lambda x: np.trim_zeros(x * (ZEROS != 0), "F"), ZEROS)
row(np.trim_zeros, "axis", lambda x: np.trim_zeros(x * (M > 0.9), "b", axis=1), M)
row(np.trim_zeros, "nothing", lambda x: np.trim_zeros(x * 0), M)
row(np.apply_along_axis, "sum", lambda x: np.apply_along_axis(np.sum, 1, x), X)
row(np.apply_along_axis, "outer", lambda x: np.apply_along_axis(lambda v: np.outer(v, v), 1, x), X)
row(
    np.apply_along_axis,
    "options",
    lambda x: np.apply_along_axis(lambda v, k, p: v[:2] ** p * k, -2, x, 2.0, p=3),
    X,
)
row(np.apply_over_axes, "sum", lambda x: np.apply_over_axes(np.sum, x, [0, -1]), X)
row(np.apply_over_axes, "same", lambda x: np.apply_over_axes(np.cumsum, x, 1), X)

# --------------------------------------------------------------------------------------------------
# Padding, interpolation, bounds, casts

for _mode in ("reflect", "symmetric"):
    for _shape, _width in (((3, 4), 2), ((3,), (9, 8)), ((2,), 7), ((1,), (3, 2)), ((), 1)):
        rows(np.pad, [{"pad_width": _width, "mode": _mode, "reflect_type": "odd"}], sample(_shape))
for _mode, _key in (("constant", "constant_values"), ("linear_ramp", "end_values")):
    for _name, _of in (
        *(("number", lambda y: y[0]), ("sides", lambda y: (y[0], 1.0)), ("all", lambda y: y[:2])),
        ("nested", lambda y: ((1.0, y[0]), (y[1], 2.0 * y[2]))),
    ):
        row(
            np.pad,
            f"floats-{_mode}-{_name}",
            lambda x, y, m=_mode, k=_key, of=_of: np.pad(x, ((2, 1), (0, 3)), m, **{k: of(y)}),
            M,
            W,
        )
row(np.interp, "period", lambda x, p, f: np.interp(x, p, f, period=3.1), V, np.cumsum(W), V)
row(np.interp, "period-order", lambda x, f: np.interp(x, [3.0, 1, 7.6], f, period=-4), M, V[:3])
row(np.interp, "period-itself", lambda x, t: np.interp(x, [1, 2], [1.0, 3], period=t), V, W[4] + 2)
row(np.ix_, "mask", lambda x: np.ix_(x, [True, False, True]), W)
row(np.repeat, "method", lambda x: x.repeat(2, axis=1), M)
row(np.diagonal, "method", lambda x: x.diagonal(1, 2, 0), X)
row(np.interp, "on-one-point", lambda fp: np.interp([0.5, 0.6], [0.5], fp), V[:1])
row(np.trapezoid, "uneven-rows", lambda y: np.trapezoid(y, [0.0, 1.0, 1.5], axis=0), M)
row(np.gradient, "uneven-rows", lambda x: np.gradient(x.T, [0, 1, 1.5, 4], axis=0), M)
row(np.correlate, "longer", lambda a, v: np.correlate(a, v, "full"), V[:3], W)
rows(np.clip, [{"min": -0.5, "max": 0.6, "dtype": float}, {"max": 0.1, "casting": "unsafe"}], M)
row(np.clip, "cast", lambda x, y: np.clip(x, -0.5, y, dtype=float, order="C"), M, sample(()))
for _f in (np.trace, np.linalg.trace):
    rows(_f, [{"offset": 1, "dtype": float}], S)
_LOOP = {"optimize": True, "dtype": float, "casting": "unsafe", "order": "F"}
if LATE:
    row(np.einsum, "dtype", lambda x, y: np.einsum("ij,jk->ki", x, y, **_LOOP), M, S)
for _f in (np.concatenate, np.stack, np.vstack, np.hstack):
    row(_f, "dtype", lambda x, y, f=_f: f([x, y], dtype=float, casting="unsafe"), M, N)
    row(_f, "casting", lambda x, y, f=_f: f([x, y], casting="no"), M, N)
row(np.frexp, "", lambda x: np.frexp(x)[0], 1.1 * ONCE)
row(np.modf, "casting", lambda x: np.modf(x, casting="same_kind")[0], M)
row(np.divmod, "dtype", lambda x, y: np.divmod(x, y, dtype=float)[1], M, N)
row(np.divmod, "reflected", lambda x: divmod(7.0, x), N)
row(np.logspace, "bases", lambda x, b: np.logspace(x, 2.0, 4, base=b, axis=-1), V, W + 1)
row(np.logspace, "base", lambda b: np.logspace(0.0, 1.0, 4, base=b), W + 1)
for _f in (np.lib.scimath.sqrt, np.lib.scimath.log, np.lib.scimath.log2, np.lib.scimath.log10):
    row(_f, "", _f, W)
for _f in (np.lib.scimath.arccos, np.lib.scimath.arcsin, np.lib.scimath.arctanh):
    row(_f, "floats", _f, V / 2)
row(np.lib.scimath.power, "", lambda x: np.lib.scimath.power(x, 2), W)
row(np.lib.scimath.logn, "floats", np.lib.scimath.logn, sample(()) + 3.0, W)

# --------------------------------------------------------------------------------------------------
# Covariances, polynomials, decompositions

TIMES, SHARES = np.array([1, 2, 1, 3]), np.array([0.5, 1.0, 2.0, 0.25])
for _options in (
    *({"aweights": SHARES}, {"fweights": TIMES}, {"dtype": float, "ddof": 2}),
    *({"fweights": TIMES, "aweights": SHARES, "ddof": d} for d in (0, 1, 2)),
):
    rows(np.cov, [_options], M)
row(np.cov, "aweights", lambda x, w: np.cov(x, aweights=w), M, SHARES)
row(np.cov, "columns", lambda x, y: np.cov(x, y, rowvar=False, fweights=[1, 2, 1]), M, N)
row(np.cov, "row", lambda x, y: np.cov(x, y, rowvar=False), M, V[:3])
rows(np.corrcoef, [{"dtype": float}], M)
row(np.corrcoef, "vector", np.corrcoef, V)
POINTS = np.cumsum(W)
row(np.polyfit, "", lambda x, y: np.polyfit(x, y, 2), POINTS, V)
row(np.polyfit, "weights", lambda y, w: np.polyfit(POINTS, y, 1, w=w, cov=True), V, W)
row(np.polyfit, "columns", lambda y: np.polyfit(POINTS[:3], y, 1, cov=True), M)
row(np.polyfit, "unscaled", lambda x, y: np.polyfit(x, y, 1, cov="unscaled"), POINTS, V)
row(np.polyfit, "full", lambda y: np.polyfit(POINTS, y, 1, full=True)[:2], V)
row(np.poly, "", np.poly, V)
row(np.poly, "floats-matrix", np.poly, S)
row(np.polydiv, "", np.polydiv, V, W[:3])
row(np.polydiv, "number", np.polydiv, V, W[:1])
row(np.polydiv, "small", lambda x: np.polydiv(x, W[:3]), V[:2])
row(np.linalg.svd, "symmetric", lambda x: np.linalg.svd(x + x.T, hermitian=True)[1], S)
row(
    np.linalg.svd,
    "symmetric-parts",
    lambda x: [np.abs(z) for z in np.linalg.svd(x + x.T, hermitian=True)[::2]],
    S,
)
row(
    np.linalg.svd,
    "symmetric-product",
    lambda x: (lambda u, s, vh: (u * s**2) @ vh)(*np.linalg.svd(x + x.T, hermitian=True)),
    S,
)
row(
    np.linalg.svd,
    "symmetric-values",
    lambda x: np.linalg.svd(x + x.T, compute_uv=False, hermitian=True),
    S,
)
row(
    np.linalg.tensorsolve,
    "axes",
    lambda a, b: np.linalg.tensorsolve(a, b, (0,)),
    (S + 4 * np.eye(4)).reshape(4, 2, 2),
    N[:2, :2],
)
row(np.linalg.pinv, "symmetric", lambda x: np.linalg.pinv(x, hermitian=True), S)
RANK_2 = np.outer(W, V) + np.outer(V, POINTS)
row(np.linalg.lstsq, "rank", lambda y: np.linalg.lstsq(RANK_2, y, 1e-8)[0], V)
row(np.linalg.lstsq, "rank-wide", lambda y: np.linalg.lstsq(RANK_2[:3], y, 1e-8)[:2], M)
