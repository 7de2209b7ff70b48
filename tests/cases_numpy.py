"""Rows of the table of cases for the rest of NumPy's functions: pairs, running sums, positions."""

from __future__ import annotations

import numpy as np
from scipy import special

from .cases import OPERATIONS, SHAPES, case, sample

# --------------------------------------------------------------------------------------------------
# Elementwise

UNARY = {
    "fabs": (np.fabs, -2, 2),
    "conjugate": (np.conjugate, -2, 2),
    "deg2rad": (np.deg2rad, -90, 90),
    "radians": (np.radians, -90, 90),
    "rad2deg": (np.rad2deg, -2, 2),
    "degrees": (np.degrees, -2, 2),
    "sinc": (np.sinc, -2, 2),
    "i0": (np.i0, -3, 3),
    "i1": (OPERATIONS["i1"], -3, 3),
}
# np.i0 makes arrays of scalars
REFERENCES = {"i0": lambda x: np.i0(x)[()] if np.ndim(x) else np.i0(x).item(), "i1": special.i1}
for _name, (_call, _low, _high) in UNARY.items():
    _reference = REFERENCES.get(_name)
    case(_name, "matrix", _call, sample((2, 3), _low, _high), reference=_reference)
    case(_name, "0-d", _call, sample((), _low, _high), reference=_reference)
    case(_name, "empty", _call, np.zeros((0, 3)), reference=_reference)
case("sinc", "near-0", np.sinc, [0.0, 1e-9, -1e-4, 0.01, 0.3, 0.33])
case("i1", "far", OPERATIONS["i1"], [0.0, 7.9, -8.1, 30.0], reference=special.i1, dtypes=False)
case("i0", "far", np.i0, [0.0, 1e-3, -12.0], dtypes=False)

HOLES = sample((3, 4))
HOLES[0, 1] = HOLES[2, 2] = HOLES[1, 1] = np.nan
for _call in (np.nanmax, np.nanmin):
    for _axis in (None, 0, -1, (0, 1)):
        case(_call.__name__, f"axis={_axis}", lambda x, f=_call, a=_axis: f(x, axis=a), HOLES)
    case(_call.__name__, "keepdims", lambda x, f=_call: f(x, axis=1, keepdims=True), HOLES)
    case(_call.__name__, "0-d", _call, sample(()))

# all away from ties and jumps
BINARY = {
    "arctan2": (np.arctan2, (-2.0, 2.5), (-2.1, 2.4)),
    "hypot": (np.hypot, (-2.0, 2.5), (-2.1, 2.4)),
    "logaddexp": (np.logaddexp, (-2.0, 2.5), (-2.1, 2.4)),
    "logaddexp2": (np.logaddexp2, (-2.0, 2.5), (-2.1, 2.4)),
    "fmax": (np.fmax, (0.3, 2.5), (0.311, 2.4)),
    "fmin": (np.fmin, (0.3, 2.5), (0.311, 2.4)),
    "float_power": (np.float_power, (0.3, 2.5), (-1.0, 2.4)),
    "remainder": (np.remainder, (-5.0, 5.3), (1.1, 1.9)),
    "fmod": (np.fmod, (-5.0, 5.3), (1.1, 1.9)),
}
for _name, (_call, _left, _right) in BINARY.items():
    _dtypes = _name != "float_power"
    for _shapes, (_p, _q) in SHAPES.items():
        _x, _y = sample(_p, *_left), sample(_q, *_right, seed=5)
        case(_name, _shapes, _call, _x, _y, dtypes=_dtypes)
    _x, _y = sample((2, 3), *_left), sample((2, 3), *_right, seed=5)
    case(_name, "number-right", lambda x, f=_call: f(x, 1.7), _x, dtypes=_dtypes)
    case(_name, "number-left", lambda y, f=_call: f(1.7, y), _y, dtypes=_dtypes)
    case(_name, "array-right", _call, _x, _y[:1], fixed=(1,), dtypes=_dtypes)
# a sum of squares with any sign or factor wrong is positive as well
case("arctan2", "quadrant", np.arctan2, sample((4,), 1.1, 2.5), sample((4,), 1.2, 2.4, seed=5))
case("remainder", "operator", lambda x, y: x % y, sample((2, 3), -5, 5.3), sample((3,), -1.9, -1.1))
case("remainder", "reflected", lambda y: 7.3 % y, sample((3,), 1.1, 1.9))
case(
    "float_power",
    "negative-base",
    lambda x: np.float_power(x, 3),
    sample((4,), -2.0, -0.3),
    dtypes=False,
)
case("copysign", "", np.copysign, sample((2, 3)), [-1.0, 2.0, -0.5], fixed=(1,))
case("copysign", "number", lambda x: np.copysign(x, -1.0), sample((2, 3)))
case("copysign", "reflected", lambda x: np.copysign(x, x[::-1]), sample((4,)))
case("ldexp", "", lambda x: np.ldexp(x, np.array([1, -2, 3])), sample((2, 3)))
case("ldexp", "number", lambda x: np.ldexp(x, 3), sample((2, 3)))
case("ldexp", "stretched", lambda x: np.ldexp(x, np.array([[1], [4]])), sample((3,)))

_INTEGERS = np.array([[1, -2, 0], [3, 2, -1]])
_POSITIVE = np.array([3, 2, 5])
case("floor_divide", "", np.floor_divide, _INTEGERS / 2, [0.4, -1.5, 0.3], gradient=False)
case("floor_divide", "operator", lambda x: x // 0.4, _INTEGERS / 2, gradient=False)
case("floor_divide", "reflected", lambda x: 1.7 // x, [0.4, -1.5, 0.3], gradient=False)
case("spacing", "", np.spacing, _INTEGERS / 3, gradient=False)
case("logical_xor", "", np.logical_xor, _INTEGERS / 2, [1.0, 0.0, 2.0], gradient=False)
for _name in ("bitwise_xor", "left_shift", "right_shift", "gcd", "lcm"):
    case(
        _name,
        "",
        lambda x, n=_name: getattr(np, n)(np.floor(np.absolute(x)).astype(np.int64), _POSITIVE),
        _INTEGERS * 1.5,
        gradient=False,
    )
case(
    "bitwise_count",
    "",
    lambda x: np.bitwise_count(np.floor(x).astype(np.int64)),
    _INTEGERS * 1.5,
    gradient=False,
)

# --------------------------------------------------------------------------------------------------
# Running sums and products, and spread

X = sample((2, 3, 2))
for _name in ("cumsum", "cumprod"):
    for _axis in (None, 0, 1, -1):
        case(_name, f"axis={_axis}", lambda x, n=_name, a=_axis: getattr(np, n)(x, axis=a), X)
    case(_name, "0-d", getattr(np, _name), sample(()))
    case(_name, "empty", lambda x, n=_name: getattr(np, n)(x, axis=0), np.zeros((0, 2)))
    case(_name, "one", getattr(np, _name), sample((1,)))
for _name, _accumulate in (("cummax", np.maximum), ("cummin", np.minimum)):
    for _axis in (0, 1, -1):
        case(_name, f"axis={_axis}", lambda x, n=_accumulate, a=_axis: n.accumulate(x, axis=a), X)
    for _length in (1, 2, 5, 8, 9):
        case(_name, f"of-{_length}", _accumulate.accumulate, sample((_length,), seed=_length))
    case(_name, "empty", lambda x, n=_accumulate: n.accumulate(x, axis=0), np.zeros((0, 2)))
for _name, _zeros in {
    "one-zero": [1],
    "first": [0],
    "last": [4],
    "two": [0, 3],
    "all": range(5),
}.items():
    _x = sample((5,))
    _x[list(_zeros)] = 0.0
    case("cumprod", f"zeros-{_name}", np.cumprod, _x)
case("cumprod", "long", np.cumprod, sample((9,), 0.5, 1.5))
for _length in (3, 4, 7, 9):
    _x = sample((_length,))
    _x[_length // 2] = 0.0
    case("cumprod", f"zero-in-{_length}", np.cumprod, _x)

for _order in (1, 2, 3):
    for _axis in (0, 1, -1):
        _name = f"order={_order}-axis={_axis}"
        case("diff", _name, lambda x, n=_order, a=_axis: np.diff(x, n, a), X)
    case("diff", f"vector-order={_order}", lambda x, n=_order: np.diff(x, n), sample((5,)))
    case("diff", f"empty-order={_order}", lambda x, n=_order: np.diff(x, n), np.zeros((2, 0)))
case("diff", "ends", lambda x, y: np.diff(x, 2, 0, prepend=y, append=x), sample((3,)), sample((2,)))
case("diff", "after-itself", lambda x: np.diff(np.diff(x, axis=0) ** 2), sample((3, 4)))
for _n in (0, 1, 2, 5):
    for _shape in ((), (3,), (2, 3)):
        case("polyval", f"{_n}-at-{_shape}", np.polyval, sample((_n,)), sample(_shape, seed=1))
case(
    "polyval", "of-itself", lambda p, x: np.polyval(p, np.polyval(p, x)), sample((3,)), sample((2,))
)
for _name, _axis in {"rows": 0, "columns": -1}.items():
    case("gradient", _name, lambda x, a=_axis: np.gradient(x, axis=a), sample((4, 5)))
for _n in (2, 3, 4, 5):
    case("gradient", f"vector-{_n}", np.gradient, sample((_n,)))
    if _n > 2:
        _ends = lambda x: np.gradient(x, edge_order=2)  # noqa: E731
        case("gradient", f"vector-{_n}-ends", _ends, sample((_n,)))
case("gradient", "step", lambda x: np.gradient(x, 0.3, axis=1, edge_order=2), sample((2, 4)))

for _name in ("var", "std"):
    for _axis in (None, 0, 1, (0, 2), (-1, 0)):
        for _options in ({"keepdims": True}, {"ddof": 1}, {"keepdims": True, "correction": 0.5}):
            case(
                _name,
                f"axis={_axis}-{'-'.join(_options)}",
                lambda x, n=_name, a=_axis, o=_options: getattr(np, n)(x, axis=a, **o),
                X,
            )
    case(_name, "method", lambda x, n=_name: getattr(x, n)(axis=0), X)
    case(_name, "of-0-rows", lambda x, n=_name: getattr(np, n)(x, axis=1), np.zeros((0, 3)))

MASK = np.arange(12).reshape(2, 3, 2) % 11 > 0
for _axis in (None, 0, -1, (0, 2)):
    for _name, _mask in {"some": MASK, "all": np.ones_like(MASK)}.items():
        _count = np.sum(_mask, axis=_axis, keepdims=True).astype(float)
        case(
            "squares",
            f"{_name}-axis={_axis}",
            lambda x, m=_mask, n=_count, a=_axis: OPERATIONS["squares"](
                x, m, n.astype(x.dtype), axis=a
            ),
            X,
            reference=lambda x, m=_mask, n=_count, a=_axis: (
                n * np.var(x, axis=a, where=m, keepdims=True)
            ),
        )

# --------------------------------------------------------------------------------------------------
# Positions along an axis

M = sample((3, 4))
POSITIONS = {
    "rows": (0, np.array([[0, 1, 2, 0], [2, 2, 2, 2]])),
    "columns": (1, np.array([[3, 0], [0, 0], [-1, 2]])),
    "stretched": (0, np.array([[2], [0], [0]])),
    "none": (1, np.zeros((3, 0), np.intp)),
}
for _name, (_axis, _index) in POSITIONS.items():
    case(
        "take_along_axis",
        _name,
        lambda x, a=_axis, i=_index: np.take_along_axis(x, i, a),
        M,
    )
    _options = {"axis": _axis, "shape": M.shape}

    def _added(x, i=_index, axis=_axis, shape=M.shape):
        z = np.zeros(shape)
        for at in np.ndindex(x.shape):
            to = list(at)
            to[axis] = np.broadcast_to(i, x.shape)[at]
            z[tuple(to)] += x[at]
        return z

    case(
        "add_along_axis",
        _name,
        lambda x, i=_index, o=_options: OPERATIONS["add_along_axis"](x, i, **o),
        sample(np.take_along_axis(M, _index, _axis).shape),
        reference=_added,
    )
for _axis in (0, 1, -1, None):
    case("order_statistics", f"sort-axis={_axis}", lambda x, a=_axis: np.sort(x, axis=a), M)
case("order_statistics", "partition", lambda x: np.partition(x, 1, axis=0), sample((5, 2)))
case("order_statistics", "partition-many", lambda x: np.partition(x, range(18)), sample((2, 20)))
case("order_statistics", "median", lambda x: np.median(x, axis=1), M)
SORTED = np.array([[0, 0, 1], [2, 3, 3], [4, 5, 6], [7, 7, 7]])
AMONG = np.array([[5, 1, 1], [2, 1, 2], [1, 5, 3], [7, 0, 7]])
VALUES = np.array([[1, 5], [2, 1], [5, 3], [7, 0]])
for _axis, _turn in ((0, np.transpose), (1, np.asarray)):
    _sorted, _among, _values = _turn(SORTED), _turn(AMONG), _turn(VALUES)

    def _runs(x, turn=_turn):
        x = turn(x)
        entries = [[np.mean(x[i][s == s[j]]) for j in range(3)] for i, s in enumerate(SORTED)]
        return turn(np.array(entries))

    case(
        "average_runs",
        f"axis={_axis}",
        lambda x, s=_sorted, a=_axis: OPERATIONS["average_runs"](x, s, axis=a),
        _turn(sample((4, 3))),
        reference=_runs,
    )

    def _equals(x, turn=_turn):
        z = turn(x).copy()
        for i, row in enumerate(AMONG):
            for value in VALUES[i]:
                z[i][row == value] = np.mean(turn(x)[i][row == value])
        return turn(z)

    case(
        "average_equals",
        f"axis={_axis}",
        lambda x, m=_among, v=_values, a=_axis: OPERATIONS["average_equals"](x, m, v, axis=a),
        _turn(sample((4, 3))),
        reference=_equals,
    )
case("argsort", "", OPERATIONS["argsort"], M, reference=np.argsort, gradient=False)
case(
    "argpartition",
    "",
    lambda x: OPERATIONS["argpartition"](x, 1),
    M,
    reference=lambda x: np.argpartition(x, 1),
    gradient=False,
)
case(
    "searchsorted",
    "",
    OPERATIONS["searchsorted"],
    [0.5, 1.0, 3.0],
    sample((2, 3)),
    reference=np.searchsorted,
    gradient=False,
)
