"""Expansions of operations on arrays into operations on numbers. Next: `zoom.py`.

An array is an object array of Values and plain numbers. Elementwise operations run entry by entry,
operations that rearrange elements run as they are, and the others are written out here; one
that is not written out is refused by name.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ...op import Op
from ...ops import choices
from ...ops import elementwise as ops
from ...ops.activations import softplus
from ...ops.differences import ENDS
from ...ops.reductions import kept_shape
from ...scalar_nodes.node import plain

Entries = np.ndarray[Any, Any]
Shape = tuple[int, ...]

_MOVES = frozenset(
    "put getitem add_along_axis take_along_axis order_statistics assign transpose reshape "
    "broadcast_to concatenate insert stack roll repeat segment_sum pad fold windows "
    "add_windows".split()
)


def entries(x: Any) -> Entries:
    """Return an object array with the entries of an array or number as Python numbers."""
    if isinstance(x, np.ndarray) and x.dtype == object:
        return x
    found: Entries = np.asarray(x).astype(object)
    return found


def expand(op: Op, arrays: Sequence[Any], parameters: dict[str, Any]) -> Entries:
    """Run an operation number by number.

    Raises
    ------
    TypeError
        If the operation has no expansion.
    """
    if op.elementwise:
        return each(op, *arrays, **parameters)
    if op.name in _MOVES:
        return _boxed(op.forward(*arrays, **parameters))
    if op.name not in _EXPANSIONS:
        raise TypeError(
            f"zoom: {op.name} has no expansion into operations on numbers; open what comes after "
            "it with depth=, or draw the graph of arrays with draw"
        )
    return _boxed(_EXPANSIONS[op.name](*arrays, **parameters))


def cost(op: Op, shapes: Sequence[Shape], shape: Shape, parameters: dict[str, Any]) -> int:
    """Return roughly how many numbers an expansion computes."""
    size, inputs = math.prod(shape), sum(map(math.prod, shapes))
    if op.name in _MOVES:
        return 0
    if op.elementwise:
        return size
    if op.name in ("matmul", "linear", "vecdot", "matvec", "vecmat"):
        k = shapes[1][0 if len(shapes[1]) == 1 else -1 if op.name == "vecdot" else -2]
        return 2 * size * (shapes[0][-1] if op.name != "matvec" else k)
    if op.name == "einsum":
        sizes = _sizes(parameters["subscripts"], shapes)
        return len(shapes) * math.prod(sizes.values())
    if op.name == "convolve":
        return 2 * math.prod(map(math.prod, shapes))
    return _PER_ENTRY.get(op.name, 1) * inputs


_PER_ENTRY = {
    "var": 3,
    "std": 3,
    "squares": 3,
    "norm": 2,
    "logsumexp": 3,
    "softmax": 4,
    "log_softmax": 4,
}
_PER_ENTRY |= {"squared_error": 2, "softmax_cross_entropy": 3, "sigmoid_cross_entropy": 4}


def _boxed(z: Any) -> Entries:
    """Return an object array of numbers and Values only."""
    found: Entries
    if not isinstance(z, np.ndarray):
        found = np.empty((), object)
        found[()] = z
        return found
    found = np.empty(z.shape, object)
    for at in np.ndindex(z.shape):
        x = z[at]
        found[at] = x.item() if isinstance(x, np.ndarray | np.generic) else x
    return found


# --------------------------------------------------------------------------------------------------
# The two forms of most operations: entry by entry, and slice by slice


def each(op: Op, *arrays: Any, **parameters: Any) -> Entries:
    """Run an elementwise operation entry by entry, with broadcasting."""
    boxed = np.broadcast_arrays(*map(entries, arrays), subok=False)
    z = np.empty(boxed[0].shape, object)
    for at in np.ndindex(z.shape):
        found = op(*(a[at] for a in boxed), **parameters)
        z[at] = found.item() if isinstance(found, np.ndarray | np.generic) else found
    return z


def _axes(ndim: int, axis: Any) -> list[int]:
    if axis is None:
        return list(range(ndim))
    return [a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))]


def _slices(function: Callable[[list[Any]], Any], x: Entries, axis: Any, keepdims: bool) -> Entries:
    """Reduce the entries along axes by a function of a list."""
    axes = _axes(x.ndim, axis)
    rest = [a for a in range(x.ndim) if a not in axes]
    kept = [x.shape[a] for a in rest]
    rows = x.transpose(*rest, *axes).reshape(math.prod(kept), math.prod(x.shape[a] for a in axes))
    z = np.empty(len(rows), object)
    for i, row in enumerate(rows):
        z[i] = function(list(row))
    return z.reshape(kept_shape(x.shape, axis) if keepdims else kept)


def _reduction(function: Callable[..., Any]) -> Callable[..., Entries]:
    """Return the expansion of a reduction, whose function takes a list and the parameters."""

    def expanded(x: Entries, axis: Any = None, keepdims: bool = False, **parameters: Any) -> Any:
        return _slices(lambda row: function(row, **parameters), x, axis, keepdims)

    return expanded


def _numbers(row: Sequence[Any]) -> list[float]:
    return [float(plain(v)) for v in row]


# --------------------------------------------------------------------------------------------------
# Reductions


def _sum(row: Sequence[Any]) -> Any:
    return reduce(operator.add, row) if len(row) else 0.0


def _prod(row: list[Any]) -> Any:
    return reduce(operator.mul, row) if row else 1.0


def _extremum(op: Op, choose: Callable[..., float]) -> Callable[[list[Any]], Any]:
    def extremum(row: list[Any]) -> Any:
        top = choose(_numbers(row))
        ties = [v for v in row if plain(v) == top]
        if len(ties) < 2:
            return reduce(op, row)
        # equals share evenly, unlike in a chain of pairs
        rest = [v for v in row if plain(v) != top]
        return reduce(op, rest, _sum(ties) / len(ties))

    return extremum


def _var(row: list[Any], ddof: float = 0) -> Any:
    mean = _sum(row) / len(row)
    squares = _sum([(v - mean) ** 2 for v in row])
    return ops.divide(squares, float(max(len(row) - ddof, 0)))


def _std(row: list[Any], ddof: float = 0) -> Any:
    # the derivative at a constant is taken as 0
    constant = len(set(_numbers(row))) == 1 and len(row) > ddof
    return 0.0 if constant else ops.sqrt(_var(row, ddof))


def _squares(x: Entries, mask: Any, count: Any, axis: Any = None) -> Entries:
    pairs = np.empty(x.shape, object)
    for at in np.ndindex(x.shape):
        pairs[at] = x[at], plain(mask[at])
    return _slices(lambda row: _squares_of([v for v, known in row if known]), pairs, axis, True)


def _squares_of(row: list[Any]) -> Any:
    return _var(row) * float(len(row)) if row else 0.0


def _norm(row: list[Any], ord: float = 2) -> Any:
    numbers = _numbers(row)
    if not np.linalg.vector_norm(numbers, ord=ord):
        return 0.0
    # an entry of 0 has the derivative 0
    sized = [v for v, x in zip(row, numbers, strict=True) if x]
    if ord == 2:
        return ops.sqrt(_sum([v**2 for v in sized]))
    return _sum([abs(v) ** ord for v in sized]) ** (1 / ord)


def _shift(row: list[Any]) -> float:
    top = max(_numbers(row), default=0.0)
    return top if math.isfinite(top) else 0.0


def _exponentials(row: list[Any]) -> tuple[list[Any], list[Any], Any]:
    """Return x - m with the number m = max x, its exponentials, and their sum."""
    m = _shift(row)
    shifted = [v - m for v in row]
    powers = [ops.exp(v) for v in shifted]
    return shifted, powers, _sum(powers)


def _logsumexp(row: list[Any]) -> Any:
    _, _, total = _exponentials(row)
    z = ops.log(total) + _shift(row)
    # the derivative is taken as 0 where the result is infinite
    return z if math.isfinite(plain(z)) else float(plain(z))


# --------------------------------------------------------------------------------------------------
# Along an axis


def _along(function: Callable[[list[Any]], Sequence[Any]], x: Entries, axis: Any) -> Entries:
    """Replace the entries along axes by a function of a list, of the same length."""
    axes = _axes(x.ndim, axis)
    rest = [a for a in range(x.ndim) if a not in axes]
    moved = x.transpose(*rest, *axes)
    shape = moved.shape
    rows = moved.reshape(math.prod(shape[: len(rest)]), math.prod(shape[len(rest) :]))
    z = np.empty(rows.shape, object)
    for i, row in enumerate(rows):
        for k, v in enumerate(function(list(row))):
            z[i, k] = v
    return z.reshape(shape).transpose(*np.argsort([*rest, *axes]))


def _softmax(row: list[Any]) -> list[Any]:
    _, powers, total = _exponentials(row)
    return [ops.divide(p, total) for p in powers]


def _log_softmax(row: list[Any]) -> list[Any]:
    shifted, _, total = _exponentials(row)
    log_total = ops.log(total)
    return [d - log_total for d in shifted]


def _running(combine: Callable[[Any, Any], Any]) -> Callable[[list[Any]], list[Any]]:
    def run(row: list[Any]) -> list[Any]:
        found = row[:1]
        for v in row[1:]:
            found.append(combine(found[-1], v))
        return found

    return run


def _slopes(edge_order: int) -> Callable[[list[Any]], list[Any]]:
    def run(row: list[Any]) -> list[Any]:
        inner = [(after - before) * 0.5 for before, after in zip(row, row[2:], strict=False)]
        first, last = (
            _sum([side * w * v for w, v in zip(ENDS[edge_order], end, strict=False)])
            for side, end in ((1, row), (-1, row[::-1]))
        )
        return [first, *inner, last]

    return run


# --------------------------------------------------------------------------------------------------
# Products and losses


def _sizes(subscripts: str, shapes: Sequence[Shape]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, shape in zip(subscripts.split("->")[0].split(","), shapes, strict=True):
        for index, n in zip(term, shape, strict=True):
            sizes[index] = max(n, sizes.get(index, n)) if n else 0
    return sizes


def _einsum(*xs: Entries, subscripts: str) -> Entries:
    inputs, output = subscripts.split("->")
    terms, sizes = inputs.split(","), _sizes(subscripts, [x.shape for x in xs])
    summed = [index for index in sizes if index not in output]
    z = np.empty([sizes[index] for index in output], object)
    for at in np.ndindex(z.shape):
        place, products = dict(zip(output, at, strict=True)), []
        for more in np.ndindex(*[sizes[index] for index in summed]):
            place.update(zip(summed, more, strict=True))
            factors = []
            for term, x in zip(terms, xs, strict=True):
                # an axis of length 1 is stretched
                where = zip(term, x.shape, strict=True)
                factors.append(x[tuple(place[index] if n > 1 else 0 for index, n in where)])
            products.append(_prod(factors))
        z[at] = _sum(products)
    return z


def _convolve(x: Entries, y: Entries, mode: str = "full") -> Entries:
    m, n = len(x), len(y)
    whole = [
        _sum([x[i] * y[k - i] for i in range(max(0, k - n + 1), min(k + 1, m))])
        for k in range(m + n - 1)
    ]
    z = np.empty(len(whole), object)
    z[:] = whole
    return z if mode == "full" else z[n - 1 : m]


def _polyval(p: Entries, x: Entries) -> Entries:
    y = np.empty(np.shape(x), object)
    y[...] = p[0] if len(p) else 0.0
    for coefficient in p[1:]:
        y = y * x + coefficient
    return y


def _linear(x: Entries, w: Entries, b: Entries) -> Entries:
    return each(ops.add, np.matmul(x, w), b)


def _squared_error(x: Entries, y: Entries, scale: float = 1.0) -> Any:
    differences = each(ops.subtract, x, y)
    return _sum([d**2 for d in differences.flat]) * scale


def _cross_entropy(logits: Entries, target: Any, scale: float = 1.0) -> Any:
    logp = _along(_log_softmax, logits, -1)
    # 0 log 0 is 0
    asked = [p * float(t) for p, t in zip(logp.flat, np.asarray(target).flat, strict=True) if t]
    return _sum(asked) * -scale


def _sigmoid_entropy(logits: Entries, target: Any, scale: float = 1.0) -> Any:
    asked = [
        softplus(z if no else -z) * share
        for z, t in zip(logits.flat, np.asarray(target).flat, strict=True)
        for no, share in ((0, float(t)), (1, 1 - float(t)))
        if share
    ]
    return _sum(asked) * scale


_EXPANSIONS: dict[str, Callable[..., Any]] = {
    "sum": _reduction(_sum),
    "prod": _reduction(_prod),
    "max": _reduction(_extremum(choices.maximum, max)),
    "min": _reduction(_extremum(choices.minimum, min)),
    "nanmax": _reduction(_extremum(choices.fmax, np.nanmax)),
    "nanmin": _reduction(_extremum(choices.fmin, np.nanmin)),
    "var": _reduction(_var),
    "std": _reduction(_std),
    "squares": _squares,
    "norm": _reduction(_norm),
    "logsumexp": _reduction(_logsumexp),
    "softmax": lambda x, axis=-1: _along(_softmax, x, axis),
    "log_softmax": lambda x, axis=-1: _along(_log_softmax, x, axis),
    "cumsum": lambda x, axis=0: _along(_running(operator.add), x, axis),
    "cumprod": lambda x, axis=0: _along(_running(operator.mul), x, axis),
    "cummax": lambda x, axis=0: _along(_running(choices.maximum), x, axis),
    "cummin": lambda x, axis=0: _along(_running(choices.minimum), x, axis),
    "diff": lambda x, axis=-1, n=1: np.diff(x, n, axis),
    "gradient": lambda x, axis=0, edge_order=1: _along(_slopes(edge_order), x, axis),
    "astype": lambda x, dtype: x,
    "polyval": _polyval,
    "matmul": np.matmul,
    "vecdot": lambda x, y: np.matmul(x[..., None, :], y[..., None])[..., 0, 0],
    "matvec": lambda x, y: np.matmul(x, y[..., None])[..., 0],
    "vecmat": lambda x, y: np.matmul(x[..., None, :], y)[..., 0, :],
    "einsum": _einsum,
    "convolve": _convolve,
    "linear": _linear,
    "squared_error": _squared_error,
    "softmax_cross_entropy": _cross_entropy,
    "sigmoid_cross_entropy": _sigmoid_entropy,
}
