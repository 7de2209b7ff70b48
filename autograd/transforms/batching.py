"""Batched, a stack of arrays that looks like one of them to a rule. Next: `diagonals.py`.

The derivative rules are written for one upstream gradient. Run on a `Batched`, the same code pulls
back many of them at once: it has the shape of one array, implements NumPy's protocols, and applies
every operation to the whole stack, along a first axis that the rule does not see. An operation
without a batched form raises, and the caller processes the arrays one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from ..arithmetic import as_rows
from ..dispatch import FUNCTIONS
from ..op import Op
from ..ops import (
    assignment,
    differences,
    einsums,
    indexing,
    linalg,
    ordering,
    reductions,
    shaping,
    windows,
)
from .stand_in import StandIn

Shape = tuple[int, ...]


class Unbatched(Exception):
    """A rule uses an operation without a batched form; the caller takes one array at a time."""


class Batched(StandIn):
    """A stack of arrays of one shape, in place of one of them.

    Parameters
    ----------
    stack : array or tensor, shape (n, ...)
        The arrays along the first axis; ``shape`` is that of one of them.
    """

    __slots__ = ("_shape", "stack")

    requires_grad = False

    def __init__(self, stack: Any) -> None:
        self.stack = stack
        self._shape = stack.shape[1:]

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        return apply(op, inputs, parameters)

    @staticmethod
    def _meaning(function: Callable[..., Any]) -> Callable[..., Any] | None:
        return FUNCTIONS.get(function)

    @staticmethod
    def _unknown(name: str) -> Exception:
        return Unbatched()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise Unbatched

    @property
    def _data(self) -> Any:
        raise Unbatched

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the entries."""
        found: np.dtype[Any] = self.stack.dtype
        return found

    def __repr__(self) -> str:
        return f"<{len(self.stack)} arrays of shape {self._shape}>"


def apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Run an operation on stacks and on arrays that are the same for all of a stack."""
    if op.elementwise:
        ndim = max(map(_ndim, inputs))
        return Batched(op(*[_aligned(x, ndim) for x in inputs], **parameters))
    form = _FORMS.get(op)
    if form is not None:
        return Batched(form(*inputs, **parameters))
    core = _CORE.get(op.name)
    if core is None:
        raise Unbatched
    lead = max(_ndim(x) - n for x, n in zip(inputs, core, strict=True))
    aligned = [_aligned(x, lead + n) for x, n in zip(inputs, core, strict=True)]
    return Batched(op(*aligned, **parameters))


def _ndim(x: Any) -> int:
    found: int = x.ndim if hasattr(x, "ndim") else np.ndim(x)
    return found


def _aligned(x: Any, ndim: int) -> Any:
    """Return the array of an operand; for a stack, with ``ndim`` axes after its first."""
    if type(x) is not Batched:
        return x
    missing = ndim - len(x._shape)
    if not missing:
        return x.stack
    return x.stack.reshape((len(x.stack), *(1,) * missing, *x._shape))


# --------------------------------------------------------------------------------------------------
# Batched forms of the operations that rules use on gradients, other than elementwise ones

_FORMS: dict[Op, Callable[..., Any]] = {}

# Operations that work on stacks as they are, with the number of last axes that make up an operand,
# for each input; by name, as some of them are imported on first use
_CORE = {
    "vecdot": (1, 1),
    "matvec": (2, 1),
    "vecmat": (1, 2),
    "solve": (2, 2),
    "expm": (2,),
    "solve_triangular": (2, 2),
    "solve_banded": (2, 2),
    "solve_sylvester": (2, 2, 2),
}


def _form(op: Op) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        _FORMS[op] = function
        return function

    return enter


@_form(reductions.sum)
def _sum(x: Batched, axis: Any, keepdims: bool) -> Any:
    n = len(x._shape)
    axes = range(n) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return reductions.sum(x.stack, axis=tuple(a % n + 1 for a in axes), keepdims=keepdims)


@_form(reductions.cumsum)
def _cumsum(x: Batched, axis: int) -> Any:
    return reductions.cumsum(x.stack, axis=axis % len(x._shape) + 1)


@_form(differences.diff)
def _diff(x: Batched, axis: int, n: int) -> Any:
    return differences.diff(x.stack, axis=axis % len(x._shape) + 1, n=n)


@_form(shaping.roll)
def _roll(x: Batched, shift: Shape, axis: Shape) -> Any:
    n = len(x._shape)
    return shaping.roll(x.stack, shift=shift, axis=tuple(a % n + 1 for a in axis))


@_form(shaping.repeat)
def _repeat(x: Batched, counts: Any, axis: int) -> Any:
    return shaping.repeat(x.stack, counts=counts, axis=axis + 1)


@_form(shaping.segment_sum)
def _segment_sum(x: Batched, counts: Any, axis: int) -> Any:
    return shaping.segment_sum(x.stack, counts=counts, axis=axis + 1)


@_form(windows.pad)
def _pad(x: Batched, widths: Any, mode: Any) -> Any:
    return windows.pad(x.stack, widths=((0, 0), *widths), mode=mode)


@_form(windows.fold)
def _fold(x: Batched, widths: Any, mode: Any) -> Any:
    return windows.fold(x.stack, widths=((0, 0), *widths), mode=mode)


@_form(windows.windows)
def _windows(x: Batched, window: int, axis: int) -> Any:
    return windows.windows(x.stack, window=window, axis=axis + 1)


@_form(windows.add_windows)
def _add_windows(x: Batched, axis: int, shape: Shape) -> Any:
    return windows.add_windows(x.stack, axis=axis + 1, shape=(len(x.stack), *shape))


@_form(shaping.reshape)
def _reshape(x: Batched, shape: Shape) -> Any:
    return x.stack.reshape((len(x.stack), *shape))


@_form(shaping.transpose)
def _transpose(x: Batched, axes: Any) -> Any:
    n = len(x._shape)
    order = range(n - 1, -1, -1) if axes is None else [a % n for a in axes]
    return shaping.transpose(x.stack, axes=(0, *(a + 1 for a in order)))


@_form(shaping.broadcast_to)
def _broadcast_to(x: Batched, shape: Shape) -> Any:
    return shaping.broadcast_to(_aligned(x, len(shape)), shape=(len(x.stack), *shape))


@_form(shaping.astype)
def _astype(x: Batched, dtype: Any) -> Any:
    return shaping.astype(x.stack, dtype=dtype)


def _stacks(xs: Sequence[Any]) -> list[Any]:
    """Return operands as stacks; arrays are repeated."""
    n = next(len(x.stack) for x in xs if type(x) is Batched)
    return [x.stack if type(x) is Batched else np.broadcast_to(x, (n, *np.shape(x))) for x in xs]


@_form(shaping.concatenate)
def _concatenate(*xs: Any, axis: int) -> Any:
    return shaping.concatenate(*_stacks(xs), axis=axis % _ndim(xs[0]) + 1)


@_form(shaping.stack)
def _stack(*xs: Any, axis: int) -> Any:
    return shaping.stack(*_stacks(xs), axis=axis % (_ndim(xs[0]) + 1) + 1)


# --------------------------------------------------------------------------------------------------
# Indices


def _behind_the_first(index: Any) -> Any:
    """Return an index with a full slice prepended."""
    parts = index if isinstance(index, tuple) else (index,)
    if not indexing.is_basic(index):
        # if a slice separates index arrays, their axes come first, before that of the stack
        plain = [isinstance(p, slice) or p is None or p is Ellipsis for p in parts]
        first, last = plain.index(False), len(plain) - plain[::-1].index(False)
        if any(plain[first:last]) or any(isinstance(p, bool | np.bool_) for p in parts):
            raise Unbatched
    return (slice(None), *parts)


@_form(indexing.getitem)
def _getitem(x: Batched, index: Any) -> Any:
    return x.stack[_behind_the_first(index)]


@_form(indexing.put)
def _put(x: Batched, index: Any, shape: Shape) -> Any:
    return indexing.put(x.stack, index=_behind_the_first(index), shape=(len(x.stack), *shape))


@_form(assignment.assign)
def _assign(x: Any, value: Any, index: Any) -> Any:
    if type(x) is not Batched or _ndim(value):
        raise Unbatched
    return assignment.assign(x.stack, value, index=_behind_the_first(index))


def _along(axis: int, x: Batched, index: Any) -> tuple[Any, Any, int]:
    if type(index) is Batched:
        raise Unbatched
    return x.stack, np.expand_dims(index, 0), axis % len(x._shape) + 1


@_form(indexing.take_along_axis)
def _take_along_axis(x: Batched, index: Any, axis: int) -> Any:
    stack, index, axis = _along(axis, x, index)
    return indexing.take_along_axis(stack, index, axis=axis)


@_form(indexing.add_along_axis)
def _add_along_axis(x: Batched, index: Any, axis: int, shape: Shape) -> Any:
    stack, index, axis = _along(axis, x, index)
    return indexing.add_along_axis(stack, index, axis=axis, shape=(len(stack), *shape))


@_form(ordering.average_runs)
def _average_runs(x: Batched, order: Any, axis: int) -> Any:
    stack, order, axis = _along(axis, x, order)
    return ordering.average_runs(stack, np.broadcast_to(order, stack.shape), axis=axis)


@_form(ordering.average_equals)
def _average_equals(x: Batched, among: Any, values: Any, axis: int) -> Any:
    stack, among, axis = _along(axis, x, among)
    return ordering.average_equals(stack, among, np.expand_dims(values, 0), axis=axis)


# --------------------------------------------------------------------------------------------------
# Products, and linear systems


@_form(linalg.matmul)
def _matmul(x: Any, y: Any) -> Any:
    m, n = _ndim(x), _ndim(y)
    if m == 2 and n == 1 and type(x) is not Batched:
        # a single product for the whole stack
        return linalg.matmul(y.stack, linalg.mt(x))
    if m == 1 or n == 1:
        left = x[None, :] if m == 1 else x
        right = y[:, None] if n == 1 else y
        z = np.matmul(left, right)
        return (z[..., 0, 0] if m == n else z[..., 0, :] if m == 1 else z[..., 0]).stack
    if type(y) is not Batched and n == 2:
        # a single product for the whole stack
        z = linalg.matmul(as_rows(x.stack), y)
        return z.reshape((len(x.stack), *x._shape[:-1], y.shape[-1]))
    ndim = max(m, n)
    return linalg.matmul(_aligned(x, ndim), _aligned(y, ndim))


@_form(einsums.einsum)
def _einsum(*xs: Any, subscripts: str) -> Any:
    free = next((c for c in ascii_letters if c not in subscripts), None)
    if free is None:
        raise Unbatched
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    stacked = [free + t if type(x) is Batched else t for t, x in zip(terms, xs, strict=True)]
    arrays = [_aligned(x, _ndim(x)) for x in xs]
    return einsums.einsum(*arrays, subscripts=f"{','.join(stacked)}->{free}{output}")
