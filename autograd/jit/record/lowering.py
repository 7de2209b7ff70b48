"""Operations lowered to several steps, which passes can merge and fuse. Next: `generators.py`.

Other operations whose forward function is not a ufunc become a call. Each function here takes the
recording and the operands, and computes what the operation's forward function does; those of
`SAVING`, what its saving function does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .numpy_functions import einsum, filled, is_precise
from .recorder import Recorder

Lowered = Callable[..., Any]


def _of_floats(lowered: Lowered) -> Lowered:
    """Leave integers and bools, whose differences wrap around, to the forward function."""

    @functools.wraps(lowered)
    def run(r: Recorder, x: Any, *others: Any, **parameters: Any) -> Any:
        floating = r.lift(x).dtype.kind == "f"
        return lowered(r, x, *others, **parameters) if floating else NotImplemented

    return run


@_of_floats
def _sigmoid(r: Recorder, x: Any) -> Any:
    return np.reciprocal(np.exp(np.negative(x)) + 1.0)


def _leaky_relu(r: Recorder, x: Any, leak: Any) -> Any:
    if type(leak) is float and 0 <= leak <= 1:
        return np.maximum(x, x * leak)
    return np.where(x > 0, x, x * leak)


def _reduction(ufunc: np.ufunc) -> Lowered:
    def run(r: Recorder, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return r.reduce(ufunc, x, axis, keepdims)

    return run


def _getitem(r: Recorder, x: Any, index: Any) -> Any:
    return r.getitem(x, index)


def _diff(r: Recorder, x: Any, axis: int, n: int) -> Any:
    part = (slice(None),) * axis
    for _ in range(n):
        later, earlier = x[(*part, slice(1, None))], x[(*part, slice(None, -1))]
        x = later != earlier if x.dtype == bool else later - earlier
    return x


def _polyval(r: Recorder, p: Any, x: Any) -> Any:
    p, x = r.lift(p), r.lift(x)
    y = r.broadcast_to(p[0] if p.size else r.lift(np.zeros((), x.dtype)), x.shape)
    for i in range(1, p.size):
        y = y * x + p[i]
    return y


def _linear(r: Recorder, x: Any, w: Any, b: Any) -> Any:
    return r.dot(x, w) + b


def _inner(r: Recorder, x: Any, y: Any) -> Any:
    return r.step("product", "inner", inner, (x, y))


def inner(x: Any, y: Any) -> Any:
    """Return Σ xy over all entries of two arrays of one shape."""
    return np.ravel(x).dot(np.ravel(y))


@_of_floats
def _squared_error_saving(r: Recorder, x: Any, y: Any, scale: float = 1.0) -> Any:
    d = np.subtract(x, y)
    return _inner(r, d, d) * scale, d


def _var_saving(
    r: Recorder, x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    if not is_precise(x):
        return NotImplemented
    total = r.reduce(np.add, x, axis, True)
    n = x.size // (total.size or 1)
    if n <= ddof:
        return NotImplemented
    d = x - total / n
    return r.reduce(np.add, d * d, axis, keepdims) / (n - ddof), d


def _std_saving(r: Recorder, *arguments: Any, **parameters: Any) -> Any:
    found = _var_saving(r, *arguments, **parameters)
    return found if found is NotImplemented else (np.sqrt(found[0]), found[1])


def _squares_saving(r: Recorder, x: Any, mask: Any, count: Any, axis: Any = None) -> Any:
    filled = np.where(mask, x, 0)
    d = (filled - r.reduce(np.add, filled, axis, True) / count) * mask
    return r.reduce(np.add, d * d, axis, True), d


def _norm(r: Recorder, x: Any, ord: float = 2, axis: Any = None, keepdims: bool = False) -> Any:
    x = r.lift(x)
    if ord != 2 or not is_precise(x):
        return NotImplemented
    return np.sqrt(r.reduce(np.add, x * x, axis, keepdims))


# --------------------------------------------------------------------------------------------------
# The softmax family


def _shift(r: Recorder, x: Any, axis: Any) -> Any:
    if not x.size:
        return r.reduce(np.add, x, axis, True)
    m = r.reduce(np.maximum, x, axis, True)
    return m if r.decide(np.isfinite(m).all()) else np.where(np.isfinite(m), m, 0)


@_of_floats
def _logsumexp_saving(r: Recorder, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    m = _shift(r, x, axis)
    p = np.exp(x - m)
    total = r.reduce(np.add, p, axis, True)
    z = np.log(total) + m
    if not r.decide(np.isfinite(z).all()):
        p, total = np.where(np.isfinite(z), p, 0), np.where(np.isfinite(z), total, 1)
    return z if keepdims else np.reshape(z, _dropped(x.shape, axis)), (p, total)


def _dropped(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    n = len(shape)
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {a % n for a in axes}
    return tuple(length for i, length in enumerate(shape) if i not in gone)


@_of_floats
def _softmax(r: Recorder, x: Any, axis: Any = -1) -> Any:
    e = np.exp(x - _shift(r, x, axis))
    return e / r.reduce(np.add, e, axis, True)


@_of_floats
def _log_softmax(r: Recorder, x: Any, axis: Any = -1) -> Any:
    shifted = x - _shift(r, x, axis)
    return shifted - np.log(r.reduce(np.add, np.exp(shifted), axis, True))


@_of_floats
def _cross_entropy_saving(r: Recorder, logits: Any, target: Any, scale: float = 1.0) -> Any:
    shifted = logits - r.reduce(np.maximum, logits, -1, True)
    p = np.exp(shifted)
    total = r.reduce(np.add, p, -1, True)
    weight = r.reduce(np.add, target, -1, True)
    loss = (weight * np.log(total)).sum() - _inner(r, target, shifted)
    if not r.decide(np.isfinite(loss)):
        shifted = logits - _shift(r, logits, -1)
        p = np.exp(shifted)
        total = r.reduce(np.add, p, -1, True)
        loss = -np.where(np.equal(target, 0), 0, target * (shifted - np.log(total))).sum()
    return scale * loss, p / total * weight - target


@_of_floats
def _sigmoid_entropy_saving(r: Recorder, z: Any, target: Any, scale: float = 1.0) -> Any:
    above = np.maximum(z, 0)
    yes, no = np.exp(-above), np.exp(np.minimum(z, 0))
    e = yes * no
    loss = (above - target * z + np.log1p(e)).sum()
    if not r.decide(np.isfinite(loss)):
        costs = [
            np.where(np.equal(share, 0), 0, share * np.logaddexp(x, 0))
            for x, share in ((-z, target), (z, 1 - target))
        ]
        loss = (costs[0] + costs[1]).sum()
    return scale * loss, ((1 - target) * no - target * yes) * (scale / (1 + e))


def _forward(saving: Lowered) -> Lowered:
    def run(r: Recorder, *arrays: Any, **parameters: Any) -> Any:
        found = saving(r, *map(r.lift, arrays), **parameters)
        return found if found is NotImplemented else found[0]

    return run


SAVING: dict[str, Lowered] = {
    # whose backward pass on recorded arrays needs no more than x
    "cumprod": lambda r, x, axis=0: (r.call(np.cumprod, (x, axis), {}), None),
    "sigmoid": lambda r, x: (_sigmoid(r, x), None),
    "var": _var_saving,
    "std": _std_saving,
    "squares": _squares_saving,
    "squared_error": _squared_error_saving,
    "logsumexp": _logsumexp_saving,
    "softmax_cross_entropy": _cross_entropy_saving,
    "sigmoid_cross_entropy": _sigmoid_entropy_saving,
}
LOWERED: dict[str, Lowered] = {
    **{name: _forward(saving) for name, saving in SAVING.items()},
    "positive": lambda r, x: np.positive(x),
    "power": lambda r, x, y: r.elementwise(np.power, (x, y)),
    "sigmoid": _sigmoid,
    "relu": lambda r, x: np.maximum(x, 0),
    "leaky_relu": _leaky_relu,
    "softplus": lambda r, x: np.logaddexp(x, 0),
    "where": lambda r, condition, x, y: np.where(condition, x, y),
    "clip": lambda r, x, low, high: r.function(np.clip, (x, low, high), {}),
    "sum": _reduction(np.add),
    "prod": _reduction(np.multiply),
    "max": _reduction(np.maximum),
    "min": _reduction(np.minimum),
    "norm": _norm,
    "matmul": lambda r, x, y: r.matmul(x, y),
    "linear": _linear,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "reshape": lambda r, x, shape: r.reshape(r.lift(x), shape),
    "transpose": lambda r, x, axes=None: r.transpose(r.lift(x), axes),
    "broadcast_to": lambda r, x, shape: r.broadcast_to(r.lift(x), shape),
    "astype": lambda r, x, dtype: r.astype(r.lift(x), dtype),
    "getitem": _getitem,
    "assign": lambda r, x, value, index: filled(r, x, value, index),
    "concatenate": lambda r, *xs, axis=0: r.function(np.concatenate, (xs, axis), {}),
    "stack": lambda r, *xs, axis=0: r.function(np.stack, (xs, axis), {}),
    "einsum": lambda r, *xs, subscripts: einsum(r, subscripts, *xs),
    "roll": lambda r, x, shift, axis: r.function(np.roll, (x, shift, axis), {}),
    "diff": _diff,
    "polyval": _polyval,
}
