"""Rows of the table of cases: reductions, shapes, indices, products, losses."""

from __future__ import annotations

import numpy as np

import autograd as ag

from .cases import OPERATIONS, case, sample

X = sample((2, 3, 2))

# --------------------------------------------------------------------------------------------------
# Reductions over every kind of axis


def softmax(x, axis):
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)


AXES = [None, 0, 1, -1, (0, 2), (-1, 0), (), (0, 1, 2)]
REDUCTIONS = {
    "sum": (np.sum, np.sum),
    "prod": (np.prod, np.prod),
    "max": (np.max, np.max),
    "min": (np.min, np.min),
    "logsumexp": (
        ag.logsumexp,
        lambda x, axis=None, keepdims=False: np.log(np.exp(x).sum(axis=axis, keepdims=keepdims)),
    ),
}
for _name, (_call, _plain) in REDUCTIONS.items():
    for _axis in AXES:
        for _keep in (False, True):
            _options = {"axis": _axis, "keepdims": _keep}
            case(
                _name,
                f"axis={_axis}{'-keepdims' if _keep else ''}",
                lambda x, f=_call, o=_options: f(x, **o),
                X,
                reference=lambda x, f=_plain, o=_options: f(x, **o),
            )
    case(_name, "0-d", lambda x, f=_call: f(x), sample(()), reference=lambda x, f=_plain: f(x))
    case(
        _name,
        "of-0-rows",
        lambda x, f=_call: f(x, axis=1),
        np.zeros((0, 3)),
        reference=lambda x, f=_plain: f(x, axis=1),
    )
    case(
        _name,
        "one",
        lambda x, f=_call: f(x, axis=0),
        sample((1, 3)),
        reference=lambda x, f=_plain: f(x, axis=0),
    )
for _name in ("sum", "prod"):
    case(_name, "of-nothing", lambda x, n=_name: getattr(np, n)(x, axis=0), np.zeros((0, 3)))
case("sum", "method", lambda x: x.sum(axis=1), X)
case("sum", "mean", lambda x: np.mean(x, axis=(0, 1)), X)
case("prod", "method", lambda x: x.prod(axis=-1, keepdims=True), X)
case("prod", "one-zero", np.prod, [1.5, 0.0, -2.0])
case("prod", "two-zeros", np.prod, [1.5, 0.0, -2.0, 0.0])
case("prod", "odd-lengths", lambda x: np.prod(x, axis=0), sample((7, 2), 0.5, 1.5))
case("max", "method", lambda x: x.max(axis=0), X)
case("min", "method", lambda x: x.min(axis=0), X)
for _name, _call in (("softmax", ag.softmax), ("log_softmax", ag.log_softmax)):
    for _axis in (-1, 0, 1, None, (0, -1)):
        case(
            _name,
            f"axis={_axis}",
            lambda x, f=_call, a=_axis: f(x, axis=a),
            X,
            reference=lambda x, a=_axis, log=_name == "log_softmax": (
                np.log(softmax(x, a)) if log else softmax(x, a)
            ),
        )
    case(
        _name,
        "of-0-rows",
        _call,
        np.zeros((0, 3)),
        reference=lambda x: x,
    )

# --------------------------------------------------------------------------------------------------
# Shapes

case("transpose", "default", np.transpose, X)
case("transpose", "axes", lambda x: np.transpose(x, (1, 2, 0)), X)
case("transpose", "negative-axes", lambda x: np.transpose(x, (-1, 0, -2)), X)
case("transpose", "T", lambda x: x.T, sample((2, 3)))
case("transpose", "mT", lambda x: x.mT, X)
case("transpose", "swapaxes", lambda x: np.swapaxes(x, 0, -1), X)
case("transpose", "vector", lambda x: x.T, sample((3,)))
case("transpose", "0-d", np.transpose, sample(()))
for _name, _shift, _axis in (
    ("flat", 2, None),
    ("axis", -1, 0),
    ("two", (1, 3), (2, -2)),
    ("one-twice", 1, (1, 1)),
):
    case("roll", _name, lambda x, s=_shift, a=_axis: np.roll(x, s, a), X)
case("roll", "empty", lambda x: np.roll(x, 1, 1), np.zeros((2, 0)))
for _name, (_places, _count, _axis) in {
    "first": (0, 1, 0),
    "last": (3, 1, 0),
    "among": (1, 2, 0),
    "several": ([3, 1, 1], 3, 0),
    "columns": ([2], 3, 1),
}.items():
    _v = sample((_count, 4) if _axis == 0 else (3, _count), seed=4)
    _v = _v[0] if _places in (0, 3) else _v
    _run = lambda x, v, p=_places, a=_axis: np.insert(x, [p] if p == 1 else p, v, a)  # noqa: E731
    case("insert", _name, _run, sample((3, 4)), _v)
for _name, _counts, _axis in (
    ("rows", [2, 0, 3], 0),
    ("columns", [1, 1, 0, 2], 1),
    ("none", [0, 0, 0], 0),
    ("many", [9, 0, 2], 0),
):
    _run = lambda x, c=_counts, a=_axis: np.repeat(x, c, a)  # noqa: E731
    case("repeat", _name, _run, sample((3, 4)))
for _name, _starts, _axis in (
    ("rows", [0, 2, 3], 0),
    ("columns", [1, 2], 1),
    ("all", [0], 1),
):
    _run = lambda x, s=_starts, a=_axis: np.add.reduceat(x, s, a)  # noqa: E731
    case("segment_sum", _name, _run, sample((5, 4)))
PADDINGS = {
    "edge": ((1, 2), "edge"),
    "one-side": (((0, 3), (0, 0)), "edge"),
    "reflect": ((2, 1), "reflect"),
    "reflect-again": (((7, 4), (1, 9)), "reflect"),
    "symmetric": (((1, 2), (6, 0)), "symmetric"),
    "wrap": ((2, 5), "wrap"),
}
for _name, (_widths, _mode) in PADDINGS.items():
    _run = lambda x, w=_widths, m=_mode: np.pad(x, w, m)  # noqa: E731
    case("pad", _name, _run, sample((3, 2)))
    _back = lambda x, w=_widths, m=_mode: np.pad(x**2, w, m)[:2] ** 2  # noqa: E731
    case("pad", f"{_name}-among-others", _back, sample((3, 2)))
case(
    "fold",
    "",
    lambda x: OPERATIONS["fold"](x, widths=((1, 2), (2, 0)), mode="wrap"),
    sample((6, 5)),
    reference=lambda x: np.array(
        [
            [sum(x[i, j] for i in rows for j in columns) for columns in ((2,), (0, 3), (1, 4))]
            for rows in ((1, 4), (2, 5), (0, 3))
        ]
    ),
)
_view = np.lib.stride_tricks.sliding_window_view
for _window in (0, 1, 2, 3, 4):
    case("windows", f"vector-{_window}", lambda x, w=_window: _view(x, w), sample((4,)))
    case("windows", f"rows-{_window}", lambda x, w=_window: _view(x, w, axis=0), sample((4, 3)))
case("windows", "both", lambda x: _view(x, (2, 3)), sample((3, 4)))
case("windows", "one-twice", lambda x: _view(x, (2, 2), axis=(0, 0)), sample((4, 2)))
case(
    "add_windows",
    "",
    lambda x: OPERATIONS["add_windows"](x, axis=1, shape=(2, 4)),
    sample((2, 3, 2)),
    reference=lambda x: np.stack(
        [x[:, 0, 0], x[:, 1, 0] + x[:, 0, 1], x[:, 2, 0] + x[:, 1, 1], x[:, 2, 1]], axis=1
    ),
)
case("reshape", "matrix", lambda x: np.reshape(x, (3, 4)), X)
case("reshape", "minus-1", lambda x: x.reshape(-1, 2, 1), X)
case("reshape", "0-d", lambda x: np.reshape(x, ()), sample((1, 1)))
case("reshape", "ravel", np.ravel, X)
case("reshape", "squeeze", np.squeeze, sample((1, 3, 1)))
case("reshape", "expand_dims", lambda x: np.expand_dims(x, (0, -1)), sample((2, 3)))
case("reshape", "empty", lambda x: np.reshape(x, (3, 0)), np.zeros((0, 2)))
case("broadcast_to", "rows", lambda x: np.broadcast_to(x, (2, 3)), sample((3,)))
case("broadcast_to", "columns", lambda x: np.broadcast_to(x, (4, 2, 3)), sample((2, 1)))
case("broadcast_to", "0-d", lambda x: np.broadcast_to(x, (2,)), sample(()))
case("broadcast_to", "same", lambda x: np.broadcast_to(x, (2, 3)), sample((2, 3)))
case("broadcast_to", "to-nothing", lambda x: np.broadcast_to(x, (0, 3)), sample((3,)))
case("astype", "float64", lambda x: x.astype(np.float64), X, dtypes=False)
case("astype", "longdouble", lambda x: x.astype(np.longdouble), X, dtypes=False)
A, B, C = sample((2, 3)), sample((1, 3), seed=2), sample((2, 2), seed=3)
case("concatenate", "rows", lambda x, y: np.concatenate([x, y]), A, B)
case("concatenate", "columns", lambda x, y: np.concatenate((x, y), axis=-1), A, C)
case("concatenate", "repeated", lambda x: np.concatenate([x, x * 2, x], axis=1), A)
case("concatenate", "flat", lambda x, y: np.concatenate([x, y], axis=None), A, C)
case("concatenate", "one", lambda x: np.concatenate([x]), A)
case("concatenate", "constant", lambda x, y: np.concatenate([x, y]), B, A, fixed=(0,))
case("concatenate", "empty", lambda x, y: np.concatenate([x, y]), np.zeros((0, 3)), A)
for _axis in (0, 1, -1, -2):
    case("stack", f"axis={_axis}", lambda x, y, a=_axis: np.stack([x, y], a), A, A[::-1] + 1)
case("stack", "repeated", lambda x, y: np.stack([x, y, x], axis=1), sample((3,)), sample((3,)))
case("stack", "0-d", lambda x, y: np.stack([x, y]), sample(()), [1.5][0])
case("stack", "constant", lambda x, y: np.stack([y, x]), A, A + 1.0, fixed=(1,))

# --------------------------------------------------------------------------------------------------
# Indices

M = sample((3, 4))
INDICES = {
    "integer": 1,
    "negative": -1,
    "both": (1, -2),
    "slice": slice(0, 2),
    "step": (slice(None), slice(None, None, 2)),
    "reversed": (slice(None, None, -1), slice(None, 0, -1)),
    "empty": slice(2, 2),
    "ellipsis": (Ellipsis, 1),
    "newaxis": (None, slice(1, None), None, 2),
    "nothing": (),
    "numpy-integer": np.int64(2),
    "array": np.array([2, 0, 0]),
    "negative-array": np.array([[-1, 0], [1, -1]]),
    "pairs": (np.array([0, 2, 0]), np.array([1, 1, 1])),
    "mixed": (slice(None), np.array([3, 3, 0])),
    "split": (np.array([0, 0]), None, np.array([1, 1])),
    "mask": sample((3, 4)) > 0,
    "row-mask": np.array([True, False, True]),
    "no-indices": np.array([], dtype=int),
    "true": True,
    "list": [1, 1, 2],
}
for _name, _index in INDICES.items():
    case("getitem", _name, lambda x, i=_index: x[i], M)
case("getitem", "0-d", lambda x: x[()], sample(()))
case("getitem", "vector", lambda x: x[1], sample((3,)))
case("getitem", "strided-pairs", lambda x: x[:, [0, 1, 0]][::-1, ::2], M)


def put(x, index, shape):
    z = np.zeros(shape)
    np.add.at(z, index, x)
    return z


for _name, _index in INDICES.items():
    _options = {
        "index": np.asarray(_index) if isinstance(_index, list) else _index,
        "shape": M.shape,
    }
    case(
        "put",
        _name,
        lambda x, o=_options: OPERATIONS["put"](x, **o),
        sample(M[_index].shape),
        reference=lambda x, o=_options: put(x, **o),
    )


def assigned(x, value, index):
    z = np.array(x)
    z[index] = value
    return z


# entries written twice keep what was written last
for _name, _index in INDICES.items():
    if isinstance(_index, list):
        continue
    case(
        "assign",
        _name,
        lambda x, v, i=_index: OPERATIONS["assign"](x, v, index=i),
        M,
        sample(M[_index].shape, 3.0, 4.0),
        reference=lambda x, v, i=_index: assigned(x, v, i),
    )
for _name, _shape in {"one": (), "row": (4,), "column": (2, 1), "more-axes": (1, 1, 4)}.items():
    case(
        "assign",
        f"broadcast-{_name}",
        lambda x, v: OPERATIONS["assign"](x, v, index=slice(0, 2)),
        M,
        sample(_shape, 3.0, 4.0),
        reference=lambda x, v: assigned(x, v, slice(0, 2)),
    )
case(
    "assign",
    "broadcast-twice",
    lambda x, v: OPERATIONS["assign"](x, v, index=np.array([2, 0, 2])),
    M,
    sample((4,), 3.0, 4.0),
    reference=lambda x, v: assigned(x, v, np.array([2, 0, 2])),
)

# --------------------------------------------------------------------------------------------------
# Products

MATMULS = {
    "matrices": ((2, 3), (3, 4)),
    "vectors": ((3,), (3,)),
    "matrix-vector": ((2, 3), (3,)),
    "vector-matrix": ((3,), (3, 2)),
    "batches": ((2, 2, 3), (2, 3, 2)),
    "batch-matrix": ((2, 2, 3), (3, 2)),
    "matrix-batch": ((2, 3), (2, 3, 2)),
    "batch-vector": ((2, 2, 3), (3,)),
    "vector-batch": ((3,), (2, 3, 2)),
    "broadcast": ((2, 1, 2, 3), (1, 2, 3, 1)),
    "one-batch": ((1, 2, 3), (2, 3, 2)),
    "rows": ((1, 3), (3, 1)),
    "no-rows": ((0, 3), (3, 2)),
    "inner-0": ((2, 0), (0, 3)),
}
for _name, (_p, _q) in MATMULS.items():
    case("matmul", _name, np.matmul, sample(_p), sample(_q, seed=4))
case("matmul", "operator", lambda x, y: x @ y, sample((2, 3)), sample((3, 4)))
case("matmul", "left", lambda x, y: x @ y, sample((2, 3)), sample((3, 4)), fixed=(0,))
case("matmul", "right", lambda x, y: x @ y, sample((2, 3)), sample((3, 4)), fixed=(1,))
case("matmul", "repeated", lambda x: x @ x, sample((3, 3)))
case("matmul", "gram", lambda x: x.T @ x, sample((2, 3)))
case("matmul", "dot", np.dot, sample((2, 3)), sample((3,)))
case("matmul", "dot-3-d", np.dot, sample((2, 2, 3)), sample((2, 3, 2), seed=4))

LINEARS = {
    "matrix": (4, 3),
    "one-row": (1, 3),
    "vector": (3,),
    "batch": (2, 2, 3),
    "no-rows": (0, 3),
    "no-features": (4, 0),
    "no-outputs": (2, 2, 3),
}
for _name, _shape in LINEARS.items():
    _outputs = 0 if _name == "no-outputs" else 2
    _xwb = sample(_shape), sample((_shape[-1], _outputs), seed=1), sample((_outputs,), seed=2)
    case("linear", _name, ag.linear, *_xwb, reference=lambda x, w, b: x @ w + b)
    case(
        "linear", f"data-{_name}", ag.linear, *_xwb, fixed=(0,), reference=lambda x, w, b: x @ w + b
    )
case(
    "linear",
    "square-repeated",
    lambda w, b: ag.linear(w, w, b),
    sample((2, 2)),
    sample((2,)),
    reference=lambda w, b: w @ w + b,
)
case(
    "linear",
    "one-number",
    ag.linear,
    *([[0.7]], [[-1.3]], [0.4]),
    reference=lambda x, w, b: x @ w + b,
)
for _shape in ((3, 2), (4,), (), (0, 2)):
    for _scale in (1.0, 0.25):
        case(
            "squared_error",
            f"{_shape}-scale={_scale}",
            lambda x, y, s=_scale: ag.squared_error(x, y, scale=s),
            sample(_shape),
            sample(_shape, seed=8),
            reference=lambda x, y, s=_scale: s * np.sum((x - y) ** 2),
        )
case(
    "squared_error",
    "target",
    ag.squared_error,
    sample((3, 2)),
    sample((3, 2), seed=8),
    fixed=(1,),
    reference=lambda x, y: np.sum((x - y) ** 2),
)
for _name, _target in {
    "one-hot": np.eye(3)[[0, 2, 2, 1]],
    "soft": softmax(sample((4, 3)), -1),
    "not-normal": sample((4, 3), 0.1, 2.0),
}.items():
    case(
        "softmax_cross_entropy",
        _name,
        lambda x, y: ag.softmax_cross_entropy(x, y, scale=0.25),
        sample((4, 3), seed=6),
        _target,
        fixed=(1,),
        reference=lambda x, y: -0.25 * np.sum(y * np.log(softmax(x, -1))),
    )
case(
    "softmax_cross_entropy",
    "doubled",
    lambda x, y: ag.softmax_cross_entropy(x, y, scale=2.0),
    sample((4, 3), seed=6),
    np.eye(3)[[0, 2, 2, 1]],
    fixed=(1,),
    reference=lambda x, y: -2.0 * np.sum(y * np.log(softmax(x, -1))),
)
case(
    "softmax_cross_entropy",
    "vector",
    ag.softmax_cross_entropy,
    sample((3,)),
    [0.0, 1.0, 0.0],
    fixed=(1,),
    reference=lambda x, y: -np.sum(y * np.log(softmax(x, -1))),
)

for _name, _shape, _target, _scale in (
    ("hard", (4, 3), np.eye(3)[[0, 2, 2, 1]], 0.25),
    ("soft", (4, 3), sample((4, 3), 0.0, 1.0), 2.0),
    ("outside", (4, 3), sample((4, 3), -1.0, 2.0), 1.0),
    ("vector", (3,), np.array([0.0, 1.0, 0.5]), 1.0),
    ("one-number", (1, 1), np.ones((1, 1)), 1.0),
    ("0-d", (), np.array(1.0), 1.0),
    ("empty", (0, 2), np.ones((0, 2)), 1.0),
):
    case(
        "sigmoid_cross_entropy",
        _name,
        lambda x, y, s=_scale: ag.sigmoid_cross_entropy(x, y, scale=s),
        sample(_shape, seed=6),
        _target,
        fixed=(1,),
        reference=lambda x, y, s=_scale: s * np.sum(np.log(1 + np.exp(x)) - y * x),
    )

# --------------------------------------------------------------------------------------------------
# Sums of many terms as one node

case(
    "add_n",
    "",
    OPERATIONS["add_n"],
    *(sample((2,), seed=i) for i in range(4)),
    reference=lambda *t: sum(t),
)
case("add_n", "repeated", lambda x: OPERATIONS["add_n"](x, x, x), A, reference=lambda x: 3 * x)
case(
    "sumprod",
    "",
    lambda *t: OPERATIONS["sumprod"](*t, pairs=2),
    *(sample((3,), seed=i) for i in range(4)),
    reference=lambda a, b, x, y: a * x + b * y,
)
case(
    "sumprod",
    "bias",
    lambda *t: OPERATIONS["sumprod"](*t, pairs=2),
    *(sample((3,), seed=i) for i in range(5)),
    reference=lambda a, b, x, y, c: a * x + b * y + c,
)
