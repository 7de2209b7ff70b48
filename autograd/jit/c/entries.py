"""Entries at integer positions, in C: read, added to zeros, or written to a copy of an array.

The positions are loop operands like any others. They are compared with the sizes by checks of the
program: with a position out of range the call starts again, and NumPy raises. Until then such a
position is read as 0. Next: `joins.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...ops import assignment, indexing, ordering, windows
from ..program import Program, Step
from ..step_functions import REDUCERS, assign, getitem, reshape
from .calls import call_of
from .expressions import known

Array = np.ndarray[Any, Any]
Part = Callable[[Array], Array]
_BASIC = (slice, type(None))
_OBJECT = np.dtype(object)


class Index(NamedTuple):
    """Positions along an axis of an array with a number of entries there."""

    step: Step
    axis: int
    length: int


class Entries(NamedTuple):
    """The entries of an array that a step reads or writes.

    Attributes
    ----------
    array : Step
        The array that is read, or the step itself.
    moved : Step or None
        What is written; None for reading.
    space : tuple of int
        The shape of what is read or written.
    part : callable
        The entries for positions 0, as a view of the array.
    at : int
        The axis of the space at which those of the positions begin.
    width : int
        How many axes these are.
    indices : tuple of Index
    adds : bool
        Whether entries are added to zeros; otherwise the last one counts.
    start : Step or None
        The array that a copy is made of; None for zeros.
    """

    array: Step
    moved: Step | None
    space: tuple[int, ...]
    part: Part
    at: int = 0
    width: int = 0
    indices: tuple[Index, ...] = ()
    adds: bool = False
    start: Step | None = None

    @property
    def operands(self) -> tuple[Step, ...]:
        """The operands of the loop: what is written, and the positions."""
        found = tuple(index.step for index in self.indices)
        return found if self.moved is None else (self.moved, *found)

    @property
    def repeats(self) -> bool:
        """Whether an entry may be written more than once."""
        return self.moved is not None and (self.adds or bool(self.indices))

    def strides(self, array: Array) -> tuple[int, tuple[int, ...]]:
        """Return the offset of the first entry, and the strides over the space, in entries."""
        part, size = self.part(array), array.itemsize
        offset = (part.ctypes.data - array.ctypes.data) // size
        own = [0 if n == 1 else s // size for s, n in zip(part.strides, part.shape, strict=True)]
        return offset, (*own[: self.at], *(0,) * self.width, *own[self.at :])


class Positions:
    """A program in which positions are steps, with checks that they are in range.

    Attributes
    ----------
    program : Program
    entries : dict of Step to Entries
        For the steps that read or write entries at positions.
    """

    def __init__(self, program: Program) -> None:
        self.entries: dict[Step, Entries] = {}
        self._steps: list[Step] = []
        self._views: dict[tuple[Step, tuple[int, ...]], Step] = {}
        self._checks: dict[tuple[Step, int], Step] = {}
        for step in program.steps:
            found = self._found(step)
            if found is not None and _is_known(step, found):
                self.entries[step] = found
                for index in found.indices:
                    self._compare(index)
            self._steps.append(step)
        checks = [*program.checks, *((step, True) for step in self._checks.values())]
        self.program = Program(
            program.inputs, self._steps, program.outputs, program.updates, checks
        )

    def _found(self, step: Step) -> Entries | None:
        call = call_of(step, _FORMS)
        if call is None:
            return None
        return _FORMS[call.function](self, step, *call.arguments, **call.named)

    # ---------------------------------------------------------------------------------------------
    # Forms

    def _read(self, step: Step, x: Any, *index: Any) -> Entries | None:
        return self._indexed(step, x, None, index)

    def _take(
        self,
        step: Step,
        a: Any,
        indices: Any,
        axis: int | None = None,
        out: Any = None,
        mode: str = "raise",
    ) -> Entries | None:
        if not isinstance(a, Step) or out is not None or mode != "raise":
            return None
        if axis is None:
            a, axis = self._reshaped(a, (a.size,)), 0
        return self._read(step, a, *(slice(None),) * (axis % len(a.shape)), indices)

    def _put(self, step: Step, x: Any, index: Any, shape: Any) -> Entries | None:
        found = self._indexed(step, step, x, index if isinstance(index, tuple) else (index,))
        return None if found is None else found._replace(adds=bool(found.indices))

    def _assign(self, step: Step, x: Any, value: Any, *index: Any) -> Entries | None:
        if not isinstance(x, Step):
            return None
        value = value if isinstance(value, Step) else self._constant(value)
        found = self._indexed(step, step, value, index)
        return None if found is None else found._replace(start=x)

    def _take_along(self, step: Step, x: Any, index: Any, axis: int) -> Entries | None:
        return self._along(step, x, None, index, axis)

    def _add_along(self, step: Step, x: Any, index: Any, axis: int, shape: Any) -> Entries | None:
        found = self._along(step, step, x, index, axis)
        return None if found is None else found._replace(adds=True)

    def _add_windows(self, step: Step, x: Any, axis: int, **_: Any) -> Entries | None:
        window, count = x.shape[-1], x.shape[axis]
        # in NumPy's order: entry by entry of all windows, or window by window if these are fewer
        first = -1 if window <= count else axis
        order = np.moveaxis(np.empty(range(1, len(x.shape) + 1)), first, 0).shape
        axes = tuple(n - 1 for n in order)
        shape = tuple(x.shape[a] for a in axes)
        moved = self._made(x, shape, "view", "transpose", np.transpose, (x,), axes=axes)

        def part(z: Array) -> Array:
            return sliding_window_view(z, window, axis).transpose(axes)

        return Entries(step, moved, moved.shape, part, adds=True)

    def _indexed(self, step: Step, array: Any, moved: Any, index: Sequence[Any]) -> Entries | None:
        """Return the entries of an array at an index of integers, slices and arrays."""
        parts = [_as_array(i) for i in index]
        if not isinstance(array, Step) or 0 in array.shape or not all(map(_is_position, parts)):
            return None
        taken = sum(p is not None and p is not Ellipsis for p in parts)
        rest = [slice(None)] * (len(array.shape) - taken)
        k = next((k for k, p in enumerate(parts) if p is Ellipsis), len(parts))
        parts[k : k + 1] = rest
        arrays = [p for p in parts if isinstance(p, Step | np.ndarray)]
        advanced = [k for k, p in enumerate(parts) if not isinstance(p, _BASIC)]
        broadcast = np.broadcast_shapes(*(p.shape for p in arrays))
        # the axes of arrays that are apart come first
        together = bool(arrays) and advanced[-1] - advanced[0] == len(advanced) - 1
        at = sum(isinstance(p, _BASIC) for p in parts[: advanced[0]]) if together else 0
        behind = sum(isinstance(p, _BASIC) for p in parts) - at
        basic: Any = (*(0 if isinstance(p, Step | np.ndarray) else p for p in parts), ...)
        indices, axis = [], 0
        for p in parts:
            if isinstance(p, Step | np.ndarray):
                indices.append(self._index(p, axis, array.shape[axis], behind))
            axis += p is not None
        own = np.broadcast_to(np.empty(()), array.shape)[basic].shape
        space = (*own[:at], *broadcast, *own[at:])
        return Entries(array, moved, space, lambda x: x[basic], at, len(broadcast), tuple(indices))

    def _along(self, step: Step, array: Any, moved: Any, index: Any, axis: int) -> Entries | None:
        index = _as_array(index)
        if not isinstance(array, Step) or not isinstance(index, Step | np.ndarray):
            return None
        if 0 in array.shape:
            return None
        at = axis % len(array.shape)
        if len(index.shape) != len(array.shape) or not _is_position(index):
            return None
        basic: Any = (*(slice(None),) * at, 0, ...)
        indices = (self._index(index, at, array.shape[at], 0),)
        rest = tuple(1 if i == at else n for i, n in enumerate(array.shape))
        space = np.broadcast_shapes(rest, index.shape)
        return Entries(array, moved, space, lambda x: x[basic], at, 1, indices)

    # ---------------------------------------------------------------------------------------------
    # Steps that are added

    def _index(self, index: Any, axis: int, length: int, behind: int) -> Index:
        """Return an index with axes for those behind its own."""
        shape = (*index.shape, *(1,) * behind) if index.shape else ()
        if isinstance(index, Step):
            if index.kind != "constant":
                return Index(self._reshaped(index, shape), axis, length)
            index = np.asarray(index.value)
        places = np.where(index < 0, index + length, index).astype(np.int64).reshape(shape)
        return Index(self._constant(places), axis, length)

    def _constant(self, value: Any) -> Step:
        found = Step("constant", "constant", None, (), {}, value)
        self._steps.append(found)
        return found

    def _reshaped(self, x: Step, shape: tuple[int, ...]) -> Step:
        if x.shape == shape:
            return x
        if (x, shape) not in self._views:
            found = self._made(x, shape, "view", "reshape", reshape, (x,), shape=shape)
            self._views[x, shape] = found
        return self._views[x, shape]

    def _made(
        self,
        like: Step,
        space: tuple[int, ...],
        kind: str,
        name: str,
        function: Any,
        arguments: tuple[Step, ...],
        **parameters: Any,
    ) -> Step:
        found = like.like(kind, name, function, arguments, parameters)
        found.shape = space
        if kind != "view":
            found.dtype, found.weak = np.dtype(bool), False
        self._steps.append(found)
        return found

    def _compare(self, index: Index) -> None:
        """Have positions checked."""
        x, _, n = index
        if x.kind == "constant" or (x, n) in self._checks:
            return
        sides = [
            self._made(x, x.shape, "elementwise", u.__name__, u, (x, self._constant(np.int64(k))))
            for u, k in ((np.greater_equal, -n), (np.less, n))
        ]
        both = self._made(x, x.shape, "elementwise", "logical_and", np.logical_and, tuple(sides))
        if x.shape:
            over, run = tuple(range(len(x.shape))), REDUCERS[np.logical_and]
            options = {"axis": over, "keepdims": False}
            both = self._made(both, (), "reduce", "logical_and", run, (both,), **options)
        self._checks[x, n] = both


def _as_array(index: Any) -> Any:
    """Return a list or range of integers as an array."""
    found = np.asarray(index) if isinstance(index, list | range) else index
    return found if getattr(found, "dtype", _OBJECT).kind in "iu" else index


def _is_position(part: Any) -> bool:
    """Whether a part of an index is basic, or an array of integers."""
    if isinstance(part, Step | np.ndarray):
        return part.dtype.kind in "iu" and known(part.dtype)
    whole = isinstance(part, int | np.integer) and not isinstance(part, bool)
    return whole or part is Ellipsis or isinstance(part, _BASIC)


def _is_known(step: Step, found: Entries) -> bool:
    """Whether C computes a step as these entries."""
    x = found.array if found.moved is None else found.moved
    if not isinstance(x, Step) or not all(map(known, (step.dtype, x.dtype))):
        return False
    if found.moved is None:
        return x.dtype == step.dtype and found.space == step.shape
    if found.start is None:
        kind = x.dtype == step.dtype and (step.dtype.kind in "fiu" or not found.adds)
        return kind and x.shape == found.space
    plain = found.start.shape == step.shape and found.start.dtype == step.dtype
    float_from = step.dtype.kind == "f" and x.dtype.kind in "fiub"
    narrow = len(x.shape) <= len(found.space)
    return plain and narrow and ((x.dtype == step.dtype and not x.weak) or float_from)


_FORMS: dict[Any, Callable[..., Entries | None]] = {
    getitem: Positions._read,
    np.take: Positions._take,
    assign: Positions._assign,
    assignment.assign.forward: lambda p, step, x, value, index: p._assign(
        step, x, value, *(index if isinstance(index, tuple) else (index,))
    ),
    indexing.put.forward: Positions._put,
    indexing.take_along_axis.forward: Positions._take_along,
    ordering.order_statistics.forward: lambda p, step, x, index, axis, **_: p._take_along(
        step, x, index, axis
    ),
    indexing.add_along_axis.forward: Positions._add_along,
    np.take_along_axis: lambda p, step, arr, indices, axis=-1: (
        None if axis is None else p._take_along(step, arr, indices, axis)
    ),
    windows.add_windows.forward: Positions._add_windows,
}


_WINDOWS = (sliding_window_view, windows.windows.forward)


def windows_of(step: Step) -> Part | None:
    """Return how a step takes moving windows along one axis, as a view; None if it does not."""
    call = call_of(step, _WINDOWS)
    if call is None or len(step.arguments) != 1 or call.arguments[0] is not step.arguments[0]:
        return None

    def part(x: Array) -> Array:
        found: Array = call.function(x, *call.arguments[1:], **call.named)
        return found

    return part
