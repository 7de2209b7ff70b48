"""More rows of the table in `numpy_functions.py`: options that few calls have, and methods."""

from __future__ import annotations

import numpy as np

from .cases import sample
from .numpy_functions import MASK, NAN, ROWS, M, N, V, W, X, row, rows

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
