"""The table of NumPy's functions on nodes: how each is called, and on what.

`ROWS` have gradients, which are compared with differences; `FREE` have none by nature.
"""

from __future__ import annotations

import numpy as np

from .cases import Case, sample

# what NumPy has had since then, or does right
LATE = np.lib.NumpyVersion(np.__version__) >= "2.4.0"
ROWS: list[Case] = []


def row(function, name, call, *inputs, **options):
    """Add a call of a function; results that are sequences are joined to one vector."""

    def joined(*arrays):
        z = call(*arrays)
        if isinstance(z, tuple | list):
            return np.concatenate([np.ravel(part) for part in z])
        return z

    arrays = tuple(np.asarray(a) for a in inputs)
    ROWS.append(Case(function.__name__, name, joined, arrays, **options))


def rows(function, calls, *inputs):
    """Add calls with these arguments behind the inputs: tuples, or dicts by keyword."""
    for given in calls:
        text = str(given)
        if isinstance(given, dict):
            row(function, text, lambda *x, o=given: function(*x, **o), *inputs)
        else:
            row(function, text, lambda *x, o=given: function(*x, *o), *inputs)


V, W = sample((5,)), sample((5,), 0.3, 2.0, seed=3)
M, N = sample((3, 4)), sample((3, 4), 0.4, 1.9, seed=3)
X = sample((2, 3, 4))
NAN = M.copy()
NAN[0, 1] = NAN[2, 2] = NAN[1, 1] = np.nan
MASK = M > 0
MASK[:, 0] = True
AXES = [{"axis": a, "keepdims": k} for a in (None, 0, -1, (0, 2)) for k in (False, True)]

# --------------------------------------------------------------------------------------------------
# Reductions

for _f in (np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin, np.ptp, np.var, np.std):
    rows(_f, AXES, X)
for _f in (np.sum, np.mean, np.prod, np.var, np.std):
    rows(_f, [{"where": MASK}, {"where": MASK, "axis": 1, "keepdims": True}], M)
    rows(_f, [{"dtype": np.float64}], M)
for _f in (np.max, np.min):
    rows(_f, [{"initial": -0.9, "axis": 0}, {"initial": 0.4, "where": MASK, "axis": 1}], M)
for _f in (np.sum, np.prod):
    rows(_f, [{"initial": 2.5, "axis": 0}, {"initial": 2.5, "where": MASK}], M)
rows(np.average, [{}, {"axis": 1}, {"axis": 0, "keepdims": True}], M)
row(np.average, "weights", lambda x, w: np.average(x, weights=w), M, N)
row(np.average, "weights-axis", lambda x, w: np.average(x, 1, w, keepdims=True), M, N[0])
row(np.average, "weights-axes", lambda x, w: np.average(x, (2, 0), w), X, sample((4, 2), 0.3, 2))
row(np.average, "returned", lambda x, w: np.average(x, 0, w, True), M, N)
for _f in (np.median, np.nanmedian):
    rows(_f, AXES[:6], sample((2, 3, 4), seed=1))
    rows(_f, [(0,), (1,)], sample((3, 3)))
rows(np.nanmedian, [{"axis": 0}, {"axis": 1, "keepdims": True}, {}], NAN)
METHODS = (
    *("linear", "lower", "higher", "midpoint", "nearest", "hazen", "weibull"),
    *("median_unbiased", "normal_unbiased", "interpolated_inverted_cdf"),
)
for _f, _q in ((np.quantile, 0.3), (np.nanquantile, 0.3), (np.percentile, 30)):
    rows(_f, [(_q, 0), (_q, (0, 2)), (_q,)], X)
    rows(_f, [{"q": _q, "method": m, "axis": 1} for m in METHODS], M)
    rows(_f, [{"q": [[_q, 0.95]], "axis": 1, "keepdims": True}], M)
rows(np.nanpercentile, [(30, 0), ([30, 60.0], 1)], NAN)
rows(np.nanquantile, [(0.3, 0), ([0.25, 0.75], 1), ([0.1, 0.9],)], NAN)
for _f in (np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.nanstd):
    rows(_f, [{}, {"axis": 0}, {"axis": 1, "keepdims": True}], NAN)
rows(np.nanstd, [{"ddof": 1, "axis": 1}], NAN)
for _f in (np.cumsum, np.cumprod, np.nancumsum, np.nancumprod):
    rows(_f, [(), (0,), (-1,)], NAN if "nan" in _f.__name__ else M)
for _f in (np.cumulative_sum, np.cumulative_prod):
    rows(_f, [{}, {"include_initial": True}], V)
    rows(_f, [{"axis": 0}, {"axis": 1, "include_initial": True}], M)

# --------------------------------------------------------------------------------------------------
# Differences

rows(np.diff, [{}, {"n": 2}, {"n": 0}, {"axis": 0}, {"prepend": 1.0, "append": [[2.0]] * 3}], M)
row(np.diff, "ends", lambda x, y: np.diff(x, prepend=y, append=x), V, V[:2])
rows(np.ediff1d, [(), (1.5,), ([1.0, 2.0], -1.0)], M)
rows(np.gradient, [(), (0.5,), (0.5, 2.0)], M)
rows(np.gradient, [{"axis": 1, "edge_order": 2}, {"axis": (0, -1)}, {"edge_order": 2}], M)
UNEVEN = np.array([0.0, 0.4, 1.5, 2.1])
row(np.gradient, "uneven", lambda x: np.gradient(x, UNEVEN, axis=1), M)
row(np.gradient, "uneven-2", lambda x: np.gradient(x, UNEVEN, axis=1, edge_order=2), M)
row(np.gradient, "spacing", lambda x, h: np.gradient(x, h), V, 0.5)
row(np.gradient, "coordinates", lambda x, h: np.gradient(x, h, edge_order=2), V, np.cumsum(W))
rows(np.trapezoid, [(), (None, 0.5), {"axis": 0}, ([0.0, 1.0, 1.5, 4.0],)], M)
row(np.trapezoid, "both", lambda y, x: np.trapezoid(y, x, axis=0), M, N)
XP = np.array([-1.5, -0.3, 0.4, 1.7])
row(np.interp, "x-and-fp", lambda x, fp: np.interp(x, XP, fp), sample((2, 3), -1.9, 2), V[:4])
row(np.interp, "xp", lambda xp, fp: np.interp([0.1, 1.1, -3.0], xp, fp), XP, V[:4])
row(np.interp, "ends", lambda x: np.interp(x, XP, V[:4], left=9.0, right=8.0), sample(7, -3, 3))
row(np.interp, "one-point", lambda fp: np.interp([0.1, 1.1], [0.5], fp), V[:1])

# --------------------------------------------------------------------------------------------------
# Shapes

rows(np.reshape, [((4, 3),), ((-1, 2), "F"), {"shape": (2, 6), "order": "A"}, (12,)], M)
row(np.reshape, "method", lambda x: x.reshape(np.array([2, 6])), M)
rows(np.ravel, [(), ("F",), ("K",)], M)
rows(np.transpose, [(), ((1, 2, 0),)], X)
rows(np.transpose, [(0,), (np.int64(-1),), (np.array([0]),)], V)
rows(np.permute_dims, [((1, -1, 0),)], X)
rows(np.matrix_transpose, [()], X)
rows(np.swapaxes, [(0, -1)], X)
rows(np.moveaxis, [(0, -1), ((0, 1), (-1, 0)), (2, 0)], X)
rows(np.rollaxis, [(2,), (0, 3), (1, 2), (-1, -2)], X)
rows(np.squeeze, [(), (0,)], sample((1, 3)))
rows(np.expand_dims, [(0,), ((0, -1),)], M)
for _f in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    for _s in ((), (3,), (2, 3), (2, 3, 2)):
        rows(_f, [()], sample(_s))
    row(_f, "several", _f, sample(()), M)
rows(np.broadcast_to, [((2, 3, 4),), ((1, 3, 4),)], M)
rows(np.broadcast_to, [((2, 3),), (3,)], sample(()))
row(np.broadcast_arrays, "", np.broadcast_arrays, M, sample((3, 1)), sample(()))
rows(np.resize, [((2, 3),), (30,), ((2, 0),), ((5, 4),)], M)
rows(np.copy, [()], M)
rows(np.astype, [(np.float64,)], M)
rows(np.flip, [(), (0,), ((0, -1),)], M)
rows(np.fliplr, [()], M)
rows(np.flipud, [()], M)
rows(np.rot90, [(k,) for k in range(5)] + [(1, (2, 0)), (-1, (0, 2))], X)
rows(np.roll, [(2,), (-1, 0), (7, 1), ((1, 2), (0, 1)), (1, (0, 1)), (3, (1, 1))], M)
rows(np.tile, [(2,), ((2,),), ((2, 1, 3),), ((1, 0),), (1,), ((),)], M)
rows(np.tile, [(2,), ((2, 3),)], sample(()))
rows(np.repeat, [(2,), (2, 0), (3, -1), ([1, 0, 2, 3], 1), ([2], 0), (0, 1)], M)
rows(np.repeat, [(2, 0), (2, 1), ([], 0)], np.zeros((0, 3)))

# --------------------------------------------------------------------------------------------------
# Joining, splitting, padding

for _f in (np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack):
    row(_f, "matrices", lambda x, y, f=_f: f([x, y]), M, N)
for _f in (np.vstack, np.hstack, np.dstack, np.column_stack):
    row(_f, "vectors", lambda x, y, f=_f: f((x, y)), V, W)
    row(_f, "constant", lambda x, f=_f: f((x, np.ones(5))), V)
row(np.hstack, "numbers", lambda x, y: np.hstack([x, y]), 1.5, 2.5)
row(np.concatenate, "flat", lambda x, y: np.concatenate((x, y), axis=None), M, V)
row(np.stack, "axis", lambda x, y: np.stack((x, y), axis=-1), M, N)
row(np.append, "flat", np.append, M, V)
row(np.append, "axis", lambda x, y: np.append(x, y, axis=0), M, N)
row(np.block, "", lambda x, y: np.block([[x, y], [np.ones((1, 8))]]), M, N)
row(np.block, "flat", lambda x, y: np.block([x, y, 1.0]), V, sample(()))
row(np.block, "number", lambda x: np.block(x), V)
for _f in (np.split, np.array_split):
    rows(_f, [(3,), ([1, 2],), (2, 1), {"indices_or_sections": [1, -1], "axis": -1}], M)
rows(np.array_split, [(3, 1), (5, 0)], M)
rows(np.hsplit, [(2,), ([1],)], M)
rows(np.hsplit, [([2],)], V)
rows(np.vsplit, [(3,)], M)
rows(np.dsplit, [(2,)], X)
rows(np.unstack, [{}, {"axis": 1}], M)
for _width in (1, (1, 2), ((1, 0), (2, 3)), *([{-1: (1, 2)}] if LATE else [])):
    for _mode in (
        *("constant", "edge", "reflect", "symmetric", "wrap"),
        *("linear_ramp", "maximum", "minimum", "mean", "median"),
    ):
        rows(np.pad, [(_width, _mode)], M)
rows(np.pad, [{"pad_width": 2, "mode": "constant", "constant_values": ((1.5, 2), (3, 4))}], M)
rows(np.pad, [{"pad_width": 2, "mode": "linear_ramp", "end_values": (1.5, -2)}], M)
rows(np.pad, [{"pad_width": 2, "mode": m, "stat_length": 2} for m in ("mean", "maximum")], M)
rows(np.pad, [(1,), ((1, 2), "edge"), (2, "mean")], sample(()))
rows(np.pad, [(5, "wrap"), (5, "reflect"), (5, "symmetric")], sample((3,)))

# --------------------------------------------------------------------------------------------------
# Positions, masks, order

rows(np.take, [(3,), ([[1, 7], [0, -1]],), ([2, 0, 2], 0), (1, -1), ([5, -6], 1, None, "wrap")], M)
rows(np.take, [{"indices": [9, -9], "axis": 0, "mode": "clip"}], M)
rows(np.take_along_axis, [(np.argsort(M, axis=a), a) for a in (0, 1)], M)
rows(np.compress, [], M)
row(np.compress, "axis", lambda x: np.compress([True, False, True], x, axis=0), M)
row(np.compress, "flat", lambda x: np.compress([0, 1, 1, 0, 1], x), M)
row(np.extract, "", lambda x: np.extract(x > 0, x), M)
rows(np.delete, [(1,), ([0, 2], 0), (slice(0, 4, 2), 1), (-1, 1), ([True, False, True], 0)], M)
row(np.insert, "flat", lambda x, v: np.insert(x, 2, v), M, sample((2,)))
row(np.insert, "rows", lambda x, v: np.insert(x, [1, 3, 1], v, axis=0), M, sample((3, 4), seed=9))
row(np.insert, "column", lambda x, v: np.insert(x, 1, v, axis=1), M, sample((3,)))
row(np.insert, "columns", lambda x, v: np.insert(x, [1], v, axis=1), M, sample((3, 1)))
row(np.insert, "several", lambda x, v: np.insert(x, [1], v, axis=0), M, sample((2, 4)))
row(np.insert, "several-flat", lambda x, v: np.insert(x, slice(2, 3), v), M, sample((3,)))
row(np.insert, "number", lambda x, v: np.insert(x, slice(0, 2), v, axis=1), M, sample(()))
rows(np.diag, [(), (1,), (-2,)], M)
rows(np.diag, [(), (1,), (-2,)], V)
rows(np.diagonal, [(), (1, 0, 2), (-1, -1, 0), (9,)], X)
rows(np.diagflat, [(), (-1,)], M)
for _f in (np.tril, np.triu):
    rows(_f, [(), (1,), (-1,)], X)
    rows(_f, [()], V)
row(np.ix_, "", np.ix_, V, W)
rows(np.sort, [(), (0,), (None,), {"kind": "stable"}, {"stable": True}], M)
rows(np.partition, [(1,), (2, 0), ([1, 3], 1), (4, None)], M)
row(np.where, "", lambda x, y: np.where(MASK, x, y), M, N)
row(np.choose, "", lambda x, y: np.choose([[0], [1], [0]], [x, y]), M, N)
row(np.choose, "wrap", lambda x, y: np.choose([3, 4, -1, 0], (x, y), mode="wrap"), M, N)
row(np.select, "", lambda x, y: np.select([x > 0.5, x > 0], [y, x * y], 7.0), M, N)
row(np.select, "default", lambda x, y: np.select([MASK], [x], y), M, sample(()))
row(np.piecewise, "", lambda x: np.piecewise(x, [x < 0, x > 1], [lambda t: t * t, 3.0, np.sin]), M)
row(np.clip, "", lambda x, low: np.clip(x, low, 1.0), M, -0.5)
row(np.clip, "min-max", lambda x, high: np.clip(x, min=-1.0, max=high), M, 0.5)

rows(np.lib.stride_tricks.sliding_window_view, [(3,), (2, 0)], V)
rows(np.lib.stride_tricks.sliding_window_view, [((2, 3),), ((2, 2), (1, 1)), (2, -1)], M)
rows(np.lib.stride_tricks.sliding_window_view, [((2, 3), (-2, -1)), ([2, 2], [-1, -2])], M)

# --------------------------------------------------------------------------------------------------
# Elementwise, creation

rows(np.sinc, [()], M)
rows(np.i0, [()], M)
rows(np.nan_to_num, [(), {"nan": 3.0}], NAN)
row(np.divmod, "", np.divmod, 5 * M, N)
row(np.divmod, "operator", lambda x: divmod(x, 0.7), M)
rows(np.modf, [()], M)
rows(np.real, [()], M)
rows(np.real_if_close, [()], M)
rows(np.unwrap, [(), {"axis": 0, "period": 3.0}, {"discont": 4.1}], 2.9 * X)
row(np.full_like, "", lambda x: np.full_like(x + M, x), 1.5)
row(np.full_like, "shape", lambda x: np.full_like(x, x, shape=(2, 3)), V[:3])
row(np.tensordot, "", lambda x, y: np.tensordot(x, y, 2), M, N)
row(np.meshgrid, "", np.meshgrid, V, W[:3])
row(np.meshgrid, "ij", lambda x, y: np.meshgrid(x, y, W, indexing="ij"), V[:2], V[2:])
row(np.meshgrid, "sparse", lambda x, y: np.meshgrid(x, y, sparse=True), V, W)
for _f, _x, _y in ((np.linspace, 0.3, 2.1), (np.geomspace, 0.3, 2.1), (np.logspace, 0.2, 1.1)):
    row(_f, "numbers", lambda x, y, f=_f: f(x, y, 5), _x, _y)
    row(_f, "open", lambda x, f=_f: f(x, 3.5, 4, endpoint=False), _x)
    row(_f, "arrays", lambda x, y, f=_f: f(x, y, 4, axis=-1), W, sample((2, 1), 0.5, 1))
row(np.linspace, "python", lambda x: np.linspace(x, 1.5, 4), V)
row(np.linspace, "step", lambda x, y: np.linspace(x, y, 5, retstep=True), 1.0, V)
row(np.geomspace, "negative", lambda x, y: np.geomspace(-x, -y, 5), 0.3, 2.1)
row(np.logspace, "base", lambda b: np.logspace(0.2, 1.1, 4, base=b), 2.5)
rows(np.vander, [(), (2,), (4, True), (0,)], V)


# --------------------------------------------------------------------------------------------------
# Without a gradient by nature: plain answers, tensors without gradient, text

FREE = {
    np.all: lambda x: np.all(x, axis=0),
    np.any: lambda x: np.any(x, axis=0),
    np.allclose: lambda x: np.allclose(x, x + 1e-12),
    np.array_equal: lambda x: np.array_equal(x, x),
    np.array_equiv: lambda x: np.array_equiv(x, x[0]),
    np.isclose: lambda x: np.isclose(x, 1.0),
    np.isneginf: np.isneginf,
    np.isposinf: np.isposinf,
    np.isreal: np.isreal,
    np.iscomplex: np.iscomplex,
    np.isin: lambda x: np.isin(x, [x[0, 0], 1.0]),
    np.argmax: lambda x: np.argmax(x, axis=1, keepdims=True),
    np.argmin: lambda x: np.argmin(x),
    np.nanargmax: lambda x: np.nanargmax(x, axis=0),
    np.nanargmin: lambda x: np.nanargmin(x, axis=0),
    np.argsort: lambda x: np.argsort(x, axis=0),
    np.argpartition: lambda x: np.argpartition(x, 1),
    np.lexsort: lambda x: np.lexsort((x[0], x[1])),
    np.searchsorted: lambda x: np.searchsorted([0.0, 1.0], x, side="right"),
    np.digitize: lambda x: np.digitize(x, [-1.0, 0.0, 1.0]),
    np.nonzero: lambda x: np.stack(np.nonzero(x > 0)),
    np.flatnonzero: lambda x: np.flatnonzero(x > 0),
    np.argwhere: lambda x: np.argwhere(x > 0),
    np.count_nonzero: lambda x: np.count_nonzero(x > 0, axis=0),
    np.result_type: lambda x: np.result_type(x, np.float32),
    np.min_scalar_type: lambda x: np.min_scalar_type(x),
    np.can_cast: lambda x: np.can_cast(x, np.float32),
    np.common_type: lambda x: np.common_type(x, x),
    np.iscomplexobj: np.iscomplexobj,
    np.isrealobj: np.isrealobj,
    np.may_share_memory: lambda x: np.may_share_memory(x, np.ones(3)),
    np.shares_memory: lambda x: np.shares_memory(x, np.ones(3)),
    np.diag_indices_from: lambda x: np.stack(np.diag_indices_from(x[:, :3])),
    np.tril_indices_from: lambda x: np.stack(np.tril_indices_from(x)),
    np.triu_indices_from: lambda x: np.stack(np.triu_indices_from(x)),
    np.array_repr: np.array_repr,
    np.array_str: np.array_str,
    np.array2string: lambda x: np.array2string(x, precision=2),
    np.shape: np.shape,
    np.ndim: np.ndim,
    np.size: lambda x: np.size(x, 1),
    np.imag: np.imag,
    np.round: lambda x: np.round(x, 1),
    np.around: lambda x: np.around(x, -1),
    np.fix: np.fix,
    np.angle: lambda x: np.angle(x, deg=True),
    np.zeros_like: np.zeros_like,
    np.ones_like: lambda x: np.ones_like(x, dtype=int),
    np.linalg.matrix_rank: np.linalg.matrix_rank,
    np.einsum_path: lambda x: str(np.einsum_path("ij,kj", x, x)),
    np.unravel_index: lambda x: np.stack(np.unravel_index(np.floor(x * x).astype(int), (5, 5))),
    np.ravel_multi_index: lambda x: np.ravel_multi_index(np.floor(x[:2] ** 2).astype(int), (5, 5)),
    np.empty_like: lambda x: np.shape(np.empty_like(x)),
}

# --------------------------------------------------------------------------------------------------
# What writes into its argument


def written(function, y, *values, **options):
    """Return what stands in a copy of an array after a function has written into it."""
    y = np.copy(y)
    assert function(y, *values, **options) is None
    return y


for _places in ([0, 5, -1], [0, 5, -1, 2, 7], [3, 1, 3], [2]):
    row(np.put, str(_places), lambda y, v, i=_places: written(np.put, y, i, v), M, V[:3])
row(np.put, "wrap", lambda y, v: written(np.put, y, [13, -20], v, mode="wrap"), M, V)
row(np.put, "clip", lambda y, v: written(np.put, y, [13, -20], v, "clip"), M, V)
row(np.put, "number", lambda y, v: written(np.put, y, 3, v), M, sample(()))
row(np.put, "into a number", lambda y, v: written(np.put, y, 0, v), sample(()), V)
row(np.place, "", lambda y, v: written(np.place, y, MASK, v), M, V[:3])
row(np.place, "nowhere", lambda y: written(np.place, y, M > 9, []), M)
row(np.putmask, "", lambda y, v: written(np.putmask, y, MASK, v), M, V[:3])
row(np.putmask, "same shape", lambda y, v: written(np.putmask, y, MASK, v), M, N)
row(np.copyto, "", lambda y, v: written(np.copyto, y, v), M, N)
row(np.copyto, "stretched", lambda y, v: written(np.copyto, y, v, where=MASK), M, V[:4])
row(np.copyto, "columns", lambda y, v: written(np.copyto, y, v, where=[True, False] * 2), M, N)
for _shape in ((4, 4), (7, 2), (2, 5), (2, 2, 2)):
    _y = sample(_shape)
    row(np.fill_diagonal, str(_shape), lambda y, v: written(np.fill_diagonal, y, v), _y, V[:3])
row(
    np.fill_diagonal,
    "wrap",
    lambda y, v: written(np.fill_diagonal, y, v, wrap=True),
    sample((7, 2)),
    V[:1],
)
for _axis in (0, 1, -1):
    row(
        np.put_along_axis,
        str(_axis),
        lambda y, v, a=_axis: written(np.put_along_axis, y, np.argsort(M, axis=a), v, a),
        M,
        N,
    )
row(
    np.put_along_axis,
    "all",
    lambda y, v: written(np.put_along_axis, y, np.array([0, 5, -1]), v, None),
    M,
    V[:3],
)
