"""Layers and losses as one node: linear, squared error, cross-entropies. Next: `../mode.py`.

Each could be written as other operations; it is one for speed and, in the cross-entropies, for
numerics.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import (
    add,
    asarray,
    divide,
    exp,
    log1p,
    maximum,
    minimum,
    multiply,
    ndarray,
    negative,
    subtract,
)

from ..arithmetic import (
    LARGE,
    are_flat,
    as_floats,
    as_rows,
    by_rows,
    in_blocks,
    in_columns,
    quietly,
    sum_1d,
    sum_2d,
    sum_to,
)
from ..op import structural
from .activations import sigmoid, softplus
from .linalg import WIDE, mt, times_transpose, transpose_times
from .softmaxes import shift, softmax

_sum: Any = np.add.reduce

# --------------------------------------------------------------------------------------------------
# x @ w + b


def _linear(x: Any, w: Any, b: Any) -> Any:
    if x.ndim > 2:
        # dot does not call BLAS for more axes
        return _linear(as_rows(x), w, b).reshape(*x.shape[:-1], w.shape[1])
    z = x.dot(w)
    n = z.size
    if z.dtype is not b.dtype or n == 1:
        return z + b
    if n >= LARGE:
        by_rows(add, z, b, z)
        return z
    # a single row and b have one shape: NumPy adds these faster than (1, j) and (j,)
    rows = z[0] if z.ndim > 1 and len(z) == 1 else z
    add(rows, b, rows)
    return z


def _pull_linear(saved: Any, g: Any) -> Any:
    x, w, _ = saved
    if g.ndim != 2:
        if g.ndim < 2:
            return g.dot(w.T), _weight(g, x), g
        dx, dw, db = _pull_linear((as_rows(x), w, None), as_rows(g))
        return dx.reshape(x.shape), dw, db
    dx = g.dot(w.T) if g.size < WIDE else times_transpose(g, w)
    # `transpose_times` inlined
    return dx, x.T.dot(g) if type(g) is ndarray else np.dot(x.T, g), sum_2d(g, 0)


def _pull_linear_data(saved: Any, g: Any) -> Any:
    x, _ = saved
    if g.ndim > 2:
        x, g = as_rows(x), as_rows(g)
    if g.ndim < 2:
        return _weight(g, x), g
    return transpose_times(x, g), sum_2d(g, 0)


def _weight(g: Any, x: Any) -> Any:
    # all leading axes of x and g are samples; they are summed away
    *samples, k = np.shape(x)
    n = math.prod(samples)
    return np.matmul(mt(np.reshape(x, (n, k))), np.reshape(g, (n, np.shape(g)[-1])))


linear = structural(
    "linear",
    _linear,
    x=lambda g, w: np.matmul(g, mt(w)),
    w=lambda g, x: _weight(g, x),
    b=lambda g, b_shape: sum_to(g, b_shape),
    product=True,
    symbol="@+",
    notation="{x} @ {w} + {b}",
    fast={(True, True, True): _pull_linear, (False, True, True): _pull_linear_data},
)

# --------------------------------------------------------------------------------------------------
# scale · Σ (x - y)²


def _squared_error_saving(x: Any, y: Any, scale: float = 1.0) -> tuple[Any, Any]:
    """Return the result, and the differences, for the derivative."""
    d = subtract(x, y)
    flat = d.ravel("K")
    return flat.dot(flat) * scale, d


def _squared_error(x: Any, y: Any, scale: float = 1.0) -> Any:
    return _squared_error_saving(as_floats(np.asarray(x)), y, scale)[0]


def _pull_squared_error(saved: Any, g: Any) -> Any:
    d, factor = saved[-1], g * (2 * saved[2])
    if type(d) is not ndarray:
        return d * factor
    # the factor is 1 for half the squares; NumPy multiplies faster by a 0-d array
    as_it_is = type(factor) is d.dtype.type and factor == 1
    return d.copy() if as_it_is else multiply(d, asarray(factor))


squared_error = structural(
    "squared_error",
    _squared_error,
    x=lambda g, x, y, scale: g * (2 * scale) * (x - y),
    y=lambda g, x, y, scale: g * (2 * scale) * (y - x),
    notation="Σ ({x} - {y})²",
    saving=_squared_error_saving,
    fast={(True, False): _pull_squared_error},
)

# --------------------------------------------------------------------------------------------------
# -scale · Σ target · log softmax(logits), rows are samples


def _cross_entropy_saving(logits: Any, target: Any, scale: float = 1.0) -> tuple[Any, Any]:
    """Return the result, and ŷ Σ target - target, which times scale is the derivative."""
    loss, d = quietly(_cross_entropy_parts, logits, target)
    return scale * loss, d


def _cross_entropy_parts(logits: Any, target: Any) -> tuple[Any, Any]:
    loss, n = math.nan, logits.size
    if logits.shape[-1:] == (n,) and 0 < n < LARGE and target.dtype.kind == "f":
        loss, p = _entropy_of_a_row(logits.ravel(), target.ravel())
        p = p.reshape(logits.shape)
    if not math.isfinite(loss):
        loss, p = _entropy_of_rows(logits, target)
    return loss, subtract(p, target, p)


def _entropy_of_a_row(x: Any, y: Any) -> tuple[Any, Any]:
    """Do as `_entropy_of_rows` with numbers instead of columns, which takes half the time."""
    shifted = x - x[x.argmax()]
    p = exp(shifted)
    total, weight = sum_1d(p), sum_1d(y)
    return weight * math.log(total) - y.dot(shifted), multiply(p, weight / total, p)


def _entropy_of_rows(logits: Any, target: Any) -> tuple[Any, Any]:
    """Return -Σ target · log softmax(logits), and softmax(logits) Σ target."""
    shifted = by_rows(subtract, logits, np.maximum.reduce(logits, -1, keepdims=True))
    p = exp(shifted)
    total, weight = _row_sums(p), _row_sums(target)
    # Σ target (log total - shifted) in two products, unless 0 meets an infinity
    flat = "F" if in_columns(shifted) and in_columns(target) else "C"
    inner = target.ravel(flat).dot(shifted.ravel(flat))
    loss = weight.ravel().dot(np.log(total).ravel()) - inner
    if not math.isfinite(loss):
        shifted = logits - shift(logits, -1)
        p = exp(shifted)
        total = _row_sums(p)
        loss = -_sum(_terms(shifted - np.log(total), target), None)
    return loss, by_rows(multiply, p, np.divide(weight, total), p)


def _row_sums(a: Any) -> Any:
    if a.ndim == 2 and a.dtype.kind == "f":
        return sum_2d(a, 1).reshape(-1, 1)
    return _sum(a, -1, None, None, True)


def _terms(logs: Any, target: Any) -> Any:
    # 0 log 0 is 0
    return np.where(target == 0, 0, target * logs)


def _cross_entropy(logits: Any, target: Any, scale: float = 1.0) -> Any:
    logits = as_floats(np.asarray(logits))
    return _cross_entropy_saving(logits, np.asarray(target), scale)[0]


def _pull_cross_entropy_saved(saved: Any, g: Any) -> Any:
    return saved[-1] * (g * saved[2])


def _pull_cross_entropy(g: Any, logits: Any, target: Any, scale: float) -> Any:
    # ŷ Σ target - target, which is ŷ - y for a target that sums to 1
    total = np.sum(target, axis=-1, keepdims=True)
    return g * scale * (softmax(logits, axis=-1) * total - target)


softmax_cross_entropy = structural(
    "softmax_cross_entropy",
    _cross_entropy,
    logits=_pull_cross_entropy,
    target=None,
    notation="-Σ {target} log softmax({logits})",
    saving=_cross_entropy_saving,
    fast={(True, False): _pull_cross_entropy_saved},
)

# --------------------------------------------------------------------------------------------------
# scale · Σ (target log(1 + e^-z) + (1 - target) log(1 + e^z)), z are the logits


def _sigmoid_entropy_saving(logits: Any, target: Any, scale: float = 1.0) -> tuple[Any, Any]:
    """Return the result, and scale · (σ(z) - target), which is the derivative."""
    if logits.size >= LARGE and are_flat(logits, target):
        parts = quietly(in_blocks, _sigmoid_entropy_parts, logits, target, scale)
        return parts[0], parts[1]
    found: tuple[Any, Any] = quietly(_sigmoid_entropy_parts, logits, target, scale)
    return found


def _sigmoid_entropy_parts(z: Any, target: Any, scale: float) -> tuple[Any, Any]:
    alike = z.size > 1 and z.dtype is target.dtype and z.dtype.kind == "f"
    above, no = maximum(z, 0.0), minimum(z, 0.0)
    yes = negative(above)
    # computed in the array of an operand, if possible
    into = (lambda a: a) if alike else (lambda a: None)
    # σ(z) = no / (1 + e) and σ(-z) = yes / (1 + e) with e = e^-|z|, whatever the sign of z
    no, yes = exp(no, into(no)), exp(yes, into(yes))
    e, t = no * yes, target * z
    t = subtract(above, t, into(t))
    loss = _sum(add(t, log1p(e, into(above)), into(t)), None)
    if not math.isfinite(loss):
        loss = _sum(_costs(-z, target) + _costs(z, 1 - target), None)
    t = subtract(1.0, target, into(t))
    d = subtract(multiply(t, no, into(no)), multiply(target, yes, into(yes)), into(no))
    e = add(e, 1.0, into(e))
    return scale * loss, multiply(d, divide(scale, e, into(e)), into(d))


def _costs(z: Any, share: Any) -> Any:
    # 0 log 0 is 0
    return np.where(share == 0, 0, share * softplus.forward(z))


def _sigmoid_entropy(logits: Any, target: Any, scale: float = 1.0) -> Any:
    return _sigmoid_entropy_saving(np.asarray(logits), np.asarray(target), scale)[0]


def _pull_sigmoid_entropy_saved(saved: Any, g: Any) -> Any:
    return saved[-1] * g


def _pull_sigmoid_entropy(g: Any, logits: Any, target: Any, scale: float) -> Any:
    # σ(z) - target, without cancellation where they are nearly equal
    return g * scale * ((1 - target) * sigmoid(logits) - target * sigmoid(-logits))


sigmoid_cross_entropy = structural(
    "sigmoid_cross_entropy",
    _sigmoid_entropy,
    logits=_pull_sigmoid_entropy,
    target=None,
    notation="-Σ ({target} log σ({logits}) + (1 - {target}) log σ(-{logits}))",
    saving=_sigmoid_entropy_saving,
    fast={(True, False): _pull_sigmoid_entropy_saved},
)
