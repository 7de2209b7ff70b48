"""Arithmetic that all rules share: sums over broadcast axes, constants, calls without warnings.

Nothing here knows what an operation is. Next: `references.py`.
"""

from __future__ import annotations

import contextvars
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

# Nodes keep arrays of up to this many entries, and their gradients, for users to look at.
KEPT = 1024

_exp = np.exp
_QUIET = contextvars.Context()
run_quietly = _QUIET.run
run_quietly(np.seterr, all="ignore")


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function with NumPy's floating-point warnings off.

    NumPy keeps that setting in a context variable, so running in a context prepared once costs a
    tenth of ``np.errstate``. Only one thread at a time can be in a context; others use errstate.
    """
    try:
        return run_quietly(function, *arguments)
    except RuntimeError as error:
        return otherwise_quietly(error, function, *arguments)


def otherwise_quietly(error: RuntimeError, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function quietly after `run_quietly` raised because its context was in use."""
    if "cannot enter context" not in str(error):
        raise error
    with np.errstate(all="ignore"):
        return function(*arguments)


def _switches() -> tuple[Callable[[], Any], Callable[[], Any], Callable[[Any], Any]]:
    """Return functions that ask how NumPy warns, that turn warnings off, and that set them again.

    ``np.errstate`` does the same at eight times the cost, and is used where NumPy does not keep the
    setting in a context variable. That the state is asked for before it is changed lets a Ctrl-C
    come at any moment.
    """
    fresh = contextvars.Context()
    fresh.run(np.seterr)
    for variable, default in fresh.items():
        if variable.name == "numpy.ufunc.extobj":
            quiet = _QUIET[variable]
            return partial(variable.get, default), partial(variable.set, quiet), variable.set
    return np.geterr, partial(np.seterr, all="ignore"), lambda state: np.seterr(**state)


warnings_state, enter_quiet, leave_quiet = _switches()


def as_floats(x: Any) -> Any:
    """Return integers and bools as floats, whose differences do not wrap around."""
    return x.astype(np.float64) if x.dtype.kind in "iub" else x


def exp_quietly(x: Any, out: Any = None) -> Any:
    """Return e^x; where it overflows, infinity without a warning."""
    try:
        return run_quietly(_exp, x, out)
    except RuntimeError:
        with np.errstate(all="ignore"):
            return np.exp(x, out)


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum over the axes along which ``shape`` was stretched to ``g.shape``."""
    have = g.shape
    if have == shape:
        return g
    extra = len(have) - len(shape)
    stretched = [extra + i for i, n in enumerate(shape) if n == 1 and have[extra + i] != 1]
    axes = (*range(extra), *stretched)
    last = len(have) - 1
    if type(g) is np.ndarray and g.dtype.kind == "f":
        if len(axes) > last and 1 < g.size < LARGE:
            total = _ones(g.size, g.dtype).dot(g.ravel())
            return total.reshape(shape) if shape else total
        if axes == (last,) and last:
            return sum_2d(as_rows(g), 1).reshape(shape)
        if len(axes) == last and last and axes[-1] < last:
            return sum_2d(as_rows(g), 0).reshape(shape)
    elif last > 0 and type(g) is not np.ndarray and math.prod(have) == math.prod(shape):
        return np.reshape(g, shape)  # as `sum_2d` does, which leaves -0 as it is
    if stretched or extra:
        g = np.add.reduce(g, axes) if type(g) is np.ndarray else np.sum(g, axis=axes)
    return g if np.shape(g) == shape else np.reshape(g, shape)


def stretch(r: Any, shape: tuple[int, ...]) -> Any:
    """Return a number, or an array with as many axes, broadcast to a shape, as a read-only view.

    Like ``np.broadcast_to``, at a tenth of the cost.
    """
    kind = type(r)
    if kind is np.float64 or kind is np.float32:
        return np.ndarray(shape, r.dtype, r, 0, (0,) * len(shape)) if shape else r
    if kind is not np.ndarray or r.ndim != len(shape) or not r.flags.c_contiguous:
        return np.broadcast_to(r, shape)
    strides = []
    for step, n, m in zip(r.strides, r.shape, shape, strict=True):
        if n != m and n != 1:
            return np.broadcast_to(r, shape)  # raises NumPy's error
        strides.append(step if n == m else 0)
    view = np.ndarray(shape, r.dtype, r, 0, strides)
    view.flags.writeable = False
    return view


def once(a: Any) -> Any:
    """Return an array with its broadcast axes cut to length 1."""
    return a[tuple([slice(None) if step else slice(1) for step in a.strides])]


def as_one(function: Callable[[Any], Any], g: Any) -> Any:
    """Return ``function(g)``, computed once if g is a single number broadcast to a large array."""
    if type(g) is np.ndarray and g.size >= LARGE and not any(g.strides):
        return stretch(function(g[(0,) * g.ndim]), g.shape)
    return function(g)


def is_one(g: Any) -> bool:
    """Whether an array is a single 1, broadcast: the gradient of a sum."""
    return not any(g.strides) and g.size > 0 and bool(g.item(0) == 1)


def twice(g: Any) -> Any:
    """Return g + g, broadcast from one number if g is."""
    one = type(g) is np.ndarray and g.size > 1 and not any(g.strides)
    return stretch(2 * g[(0,) * g.ndim], g.shape) if one else g + g


# Working row by row pays for arrays of at least LARGE entries whose rows have at least LONG entries
# and fewer than FULL, which fill NumPy's buffer; rows below SHORT are summed faster all at once
LARGE, LONG, FULL, SHORT = 1 << 15, 512, 8192, 64
SCATTERED = 4  # a mask that changes more often than every so many entries is mispredicted

_ARITHMETIC = frozenset({np.add, np.subtract, np.multiply, np.divide})


def by_rows(function: Any, x: Any, y: Any, *out: Any) -> Any:
    """Return ``function(x, y)`` for a ufunc, one operand of which is broadcast over the other.

    NumPy copies an operand into its buffer where the strides change within the buffer's length,
    which takes longer than the arithmetic; with the smallest buffer it reads long rows in place.
    Of other functions, which take longer, some are much faster on the copy.
    """
    plain = type(x) is np.ndarray and type(y) is np.ndarray and x.dtype is y.dtype
    if plain and function in _ARITHMETIC:
        larger = x if x.size >= y.size else y
        if larger.size >= LARGE and LONG <= larger.shape[-1] < FULL:
            before = np.setbufsize(16)
            try:
                return function(x, y, *out)
            finally:
                np.setbufsize(before)
    return function(x, y, *out)


# So many entries at once stay in the processor's cache through a dozen passes
BLOCK = 8192


def are_flat(x: Any, y: Any) -> bool:
    """Whether two arrays of floats of one dtype and shape lie in memory entry after entry."""
    if type(x) is not np.ndarray or type(y) is not np.ndarray or x.shape != y.shape:
        return False
    alike = x.dtype is y.dtype and x.dtype.kind == "f"
    return alike and x.flags.c_contiguous and y.flags.c_contiguous


def in_blocks(function: Callable[..., Any], x: Any, y: Any, *more: Any) -> tuple[Any, Any]:
    """Return the sum of the first, and the array of the second results, for blocks of entries.

    The arrays x and y are flat, as `are_flat` says, and what ``function(x, y, *more)`` returns is a
    number, and an array like x.
    """
    found = np.empty(x.shape, x.dtype)
    flat, x, y = found.reshape(-1), x.reshape(-1), y.reshape(-1)
    totals = []
    for start in range(0, x.size, BLOCK):
        part = slice(start, start + BLOCK)
        total, flat[part] = function(x[part], y[part], *more)
        totals.append(total)
    return np.add.reduce(totals), found


def choose(condition: Any, x: Any, y: Any) -> Any:
    """Return ``np.where(condition, x, y)``, which takes long where a large mask changes often."""
    if type(condition) is np.ndarray and condition.dtype == bool and condition.size >= LARGE:
        flat, shape, dtype = condition.reshape(-1), condition.shape, np.result_type(x, y)
        often = SCATTERED * np.count_nonzero(flat[1:] != flat[:-1]) > flat.size
        if often and dtype.char in "fd" and {np.shape(x), np.shape(y)} <= {shape, ()}:
            return _chosen_by_bits(flat, x, y, dtype).reshape(shape)
    return np.where(condition, x, y)


def _chosen_by_bits(mask: Any, x: Any, y: Any, dtype: Any) -> Any:
    """Choose between the bits of numbers: y ^ ((x ^ y) & -1) is x, y ^ ((x ^ y) & 0) is y."""
    bits = np.int64 if dtype.itemsize == 8 else np.int32
    z = np.empty(mask.size, dtype)
    found, x, y = (np.asarray(a, dtype).reshape(-1).view(bits) for a in (z, x, y))
    for start in range(0, mask.size, BLOCK):
        part = slice(start, start + BLOCK)
        chosen = np.negative(mask[part].astype(bits))
        first, second = (a[part] if a.size > 1 else a for a in (x, y))
        into = found[part]
        np.bitwise_xor(first, second, into)
        np.bitwise_and(into, chosen, into)
        np.bitwise_xor(into, second, into)
    return z


def in_columns(x: Any) -> bool:
    """Whether an array, or the one it is a part of, is stored column by column."""
    return type(x) is np.ndarray and x.ndim > 1 and 0 < x.strides[0] < x.strides[-1]


def order_of(x: Any) -> Any:
    """Return NumPy's ``order`` for an array that is to be stored as another is."""
    return "F" if in_columns(x) else "C"


def sum_product_to(a: Any, b: Any, shape: tuple[int, ...]) -> Any:
    """Return ``sum_to(a * b, shape)``, for large arrays without allocating the product."""
    if type(a) is type(b) is np.ndarray and shape != a.shape:
        if a.ndim == 2:
            columns = in_columns(a) and in_columns(b)
            if shape == (len(a), 1) and a.shape == b.shape and not columns:
                return np.vecdot(a, b).reshape(shape)
            if shape == (len(a), 1) and b.shape == (1, a.shape[1]):
                return a.dot(b.T)
            if b.shape == (len(a), 1) and shape[-1:] == a.shape[1:] and math.prod(shape[:-1]) == 1:
                return b.T.dot(a).reshape(shape)
        # contiguous short rows are summed faster by BLAS
        short = shape[-1:] == (math.prod(shape),) and 1 < shape[-1] < SHORT
        if a.size >= LARGE and a.dtype is b.dtype and a.dtype.kind == "f" and not short:
            return _contracted(a, b, shape)
    return sum_to(a * b if a.shape == shape else by_rows(np.multiply, a, b), shape)


def _contracted(a: Any, b: Any, shape: tuple[int, ...]) -> Any:
    """Return ``sum_to(a * b, shape)`` as Einstein's sum, over every axis that is not stretched."""
    n = a.ndim
    of_b = [i for i, k in enumerate(b.shape, n - b.ndim) if k == a.shape[i]]
    kept = [i for i, k in enumerate(shape, n - len(shape)) if k == a.shape[i]]
    b = b.reshape([a.shape[i] for i in of_b])
    return np.einsum(a, range(n), b, of_b, kept).reshape(shape)


_ONES: dict[tuple[int, Any], np.ndarray[Any, Any]] = {}


def as_rows(x: Any) -> Any:
    """Return an array of one or more axes as a matrix: all axes but the last become its rows."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def sum_1d(a: Any) -> Any:
    """Sum a vector through BLAS, in half the time of ``add.reduce`` if it is short."""
    return _ones(a.size, a.dtype).dot(a)


def sum_2d(a: Any, axis: int) -> Any:
    """Sum a matrix over one axis through BLAS, several times faster than ``add.reduce``."""
    n = a.shape[axis]
    if n == 1:
        return (a[0] if axis == 0 else a[:, 0]).copy()
    ones = _ones(n, a.dtype)
    return ones.dot(a) if axis == 0 else a.dot(ones)


def _ones(n: int, dtype: Any) -> Any:
    ones = _ONES.get((n, dtype))
    if ones is None:
        ones = np.ones(n, dtype)
        if n <= 65536:
            _ONES[n, dtype] = ones
    return ones


class _Constants(dict[Any, np.ndarray[Any, Any]]):
    """A number as a 0-d array of each dtype, which NumPy combines with arrays faster."""

    def __init__(self, number: float) -> None:
        self.number = number

    def __missing__(self, dtype: Any) -> np.ndarray[Any, Any]:
        found = self[dtype] = np.array(self.number, dtype)
        return found


ZERO, ONE = _Constants(0.0), _Constants(1.0)
