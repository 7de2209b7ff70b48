"""RecordedArray, which stands in for an array and records what is done to it.

Operators, methods, ufuncs and NumPy's functions each become one step of the recording. Conversions
to Python numbers raise, with the user's line and the cure. An in-place write makes a new step for
the same object. Next: `frames.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ...ops.indexing import is_basic
from ..program import Step
from ..step_functions import copied_in_order
from .array_methods import ArrayMethods
from .operators import both_ways, in_place, recorded_operator, without_graph
from .ufuncs import record_ufunc

if TYPE_CHECKING:
    from .recorder import Recorder


class RecordedArray(ArrayMethods):
    """A value of the function that is being recorded, in place of an ndarray or a number.

    ``_step`` is the step that computes it; an in-place write moves it to another. A view remembers
    its base, which is no view itself, and how often that had been written when the view was taken;
    a part of it also by which indices, one after the other, it was taken. ``_array`` says whether
    this is an array or a number of NumPy's, where the value of the step does not.
    """

    __slots__ = (
        *("__weakref__", "_array", "_base", "_indices", "_recorder", "_seen", "_step", "_version"),
    )

    def __init__(self, recorder: Recorder, step: Step, base: RecordedArray | None = None) -> None:
        self._recorder = recorder
        self._step = step
        root = None if base is None else base._base
        self._base: RecordedArray | None = base if root is None else root
        self._indices: tuple[Any, ...] | None = () if base is None else None
        self._array: bool | None = None
        self._version = 0
        held = recorder.held  # as `hold` does
        held[step] = held.get(step, 0) + 1
        self._seen = 0 if self._base is None else self._base._version

    def __del__(self) -> None:
        try:
            recorder, step = self._recorder, self._step
        except AttributeError:  # a Ctrl-C came before they were set
            return
        recorder.drop(step)

    # for `isinstance`: code that checks for an array, or for a number, accepts this
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        step = self._step
        if step.weak:
            return type(step.value)
        return np.ndarray if self.is_array else step.value.dtype.type

    @property
    def weak(self) -> bool:
        """Whether this is a Python number."""
        return self._step.weak

    @property
    def is_array(self) -> bool:
        """Whether this is an array in NumPy, possibly 0-d, and not a number."""
        known = self._array
        return isinstance(self._step.value, np.ndarray) if known is None else known

    def taken_as(self, array: bool) -> RecordedArray:
        """Return this as a 0-d array or as a number, which NumPy distinguishes."""
        if self.is_array is array:
            return self
        found = RecordedArray(self._recorder, self.step)
        found._array = array
        return found

    def copy(self, order: str = "C") -> Any:
        """Return a copy."""
        found = RecordedArray(self._recorder, self.step)
        found._array = self.is_array
        return found

    @property
    def step(self) -> Step:
        """The step of the current value; views of an array written to since raise, parts do not."""
        base, indices = self._base, self._indices
        if base is not None and base._version != self._seen:
            if indices is None:
                raise self._recorder.refusal(
                    "uses a view of an array that was written in place since",
                    "take the view again after the write, or write y = x + 0 for a copy",
                )
            self._move_to(self._wholes(indices)[-1]._part(indices[-1]))
            self._seen = base._version
        return self._step

    def _part(self, index: Any) -> Any:
        return self._recorder.getitem(self, index)

    def _is_part(self, whole: RecordedArray, index: Any) -> bool:
        base, indices = self._base, whole._indices
        if base is None or indices is None or base is not (whole if not indices else whole._base):
            return False
        return is_basic(index) and self._indices == (*indices, index)

    def _wholes(self, indices: tuple[Any, ...]) -> list[Any]:
        """Return for each index of a part the step that it is taken from, the base first."""
        wholes: list[Any] = [self._base]
        for index in indices[:-1]:
            wholes.append(wholes[-1]._part(index))
        return wholes

    def _move_to(self, other: Any) -> None:
        self._recorder.hold(other.step)
        self._recorder.drop(self._step)
        self._step = other.step

    def become(self, other: Any, name: str) -> None:
        """Become a result, as an in-place operation does; it is written to the base, too."""
        base, indices = self._base, self._indices
        if indices is None:
            raise self._recorder.refusal(
                f"writes into a view in place ({name})",
                "write into the array itself, as x[1:] = x[1:] + y",
            )
        if other.shape != self.shape:
            raise ValueError(
                f"in-place {name}: a result of shape {other.shape} does not fit {self.shape}"
            )
        if other.dtype != self.dtype:
            if not np.can_cast(other.dtype, self.dtype, "same_kind"):
                raise TypeError(
                    f"in-place {name}: a result of {other.dtype} cannot be cast to {self.dtype}"
                )
            other = other.astype(self.dtype)
        if base is not None:  # which this follows
            for whole, index in zip(self._wholes(indices)[::-1], indices[::-1], strict=True):
                other = self._recorder.assign(whole, other, index)
            base.become(other, name)
            return
        self._array = self.is_array
        self._move_to(other)
        self._version += 1

    # ---------------------------------------------------------------------------------------------
    # Attributes that do not depend on the numbers

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of every axis."""
        return self._step.shape

    @property
    def dtype(self) -> Any:
        """The dtype of the entries."""
        return self._step.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._step.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return self._step.size

    @property
    def nbytes(self) -> int:
        """The bytes of all entries."""
        return self.size * int(self.dtype.itemsize)

    @property
    def base(self) -> Any:
        """The array that this is a view of; None if it is not a view."""
        return self._base

    @property
    def memory(self) -> Any:
        """The array of this run, which tells whether NumPy returns a view or a copy."""
        return self._step.value

    def lying_as(self, before: Any) -> Any:
        """Return these entries, in memory in the order of those of an array of this run."""
        memory = self.memory
        if before is None or memory.shape != before.shape:
            return self
        if memory.strides == np.empty_like(before).strides:
            return self
        axes = tuple(map(int, np.argsort([-abs(n) for n in before.strides], kind="stable")))
        return self._recorder.call(copied_in_order, (self, axes), {})

    def note_layout(self) -> None:
        """Let the recording hold only for arrays that lie in memory as those of this run."""
        self._recorder.written_by_layout = True

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<recorded {self.dtype} {self.shape}>"

    __hash__ = object.__hash__

    # ---------------------------------------------------------------------------------------------
    # Operators

    __add__, __radd__ = both_ways(np.add)
    __sub__, __rsub__ = both_ways(np.subtract)
    __mul__, __rmul__ = both_ways(np.multiply)
    __truediv__, __rtruediv__ = both_ways(np.divide)
    __floordiv__, __rfloordiv__ = both_ways(np.floor_divide)
    __mod__, __rmod__ = both_ways(np.remainder)
    __pow__, __rpow__ = both_ways(np.power)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    __and__, __rand__ = both_ways(np.bitwise_and)
    __or__, __ror__ = both_ways(np.bitwise_or)
    __xor__, __rxor__ = both_ways(np.bitwise_xor)
    __lshift__, __rlshift__ = both_ways(np.left_shift)
    __rshift__, __rrshift__ = both_ways(np.right_shift)
    __neg__, __pos__, __abs__ = (
        recorded_operator(np.negative),
        recorded_operator(np.positive),
        recorded_operator(np.absolute),
    )
    __invert__ = recorded_operator(np.invert)
    __eq__ = recorded_operator(np.equal)
    __ne__ = recorded_operator(np.not_equal)
    __lt__, __le__ = recorded_operator(np.less), recorded_operator(np.less_equal)
    __gt__, __ge__ = recorded_operator(np.greater), recorded_operator(np.greater_equal)
    __iadd__, __isub__ = in_place(np.add), in_place(np.subtract)
    __imul__, __itruediv__ = in_place(np.multiply), in_place(np.divide)
    __ipow__, __imatmul__ = in_place(np.power), in_place(np.matmul)
    __ifloordiv__, __imod__ = in_place(np.floor_divide), in_place(np.remainder)
    __iand__, __ior__ = in_place(np.bitwise_and), in_place(np.bitwise_or)
    __ixor__ = in_place(np.bitwise_xor)
    __ilshift__, __irshift__ = in_place(np.left_shift), in_place(np.right_shift)

    def __matmul__(self, other: Any) -> Any:
        if hasattr(type(other), "__autograd_rank__"):
            return NotImplemented
        return self._recorder.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        if hasattr(type(other), "__autograd_rank__"):
            return NotImplemented
        return self._recorder.matmul(other, self)

    def __getitem__(self, index: Any) -> Any:
        return self._recorder.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        value = without_graph(value)
        if type(value) is RecordedArray and value._is_part(self, index):
            return  # x[1:] += y has written to the array already
        self.become(self._recorder.assign(self, value, index), "assignment")

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    # ---------------------------------------------------------------------------------------------
    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        for x in (*inputs, *(kwargs.get("out") or ())):
            if type(x) is not RecordedArray and hasattr(type(x), "__autograd_rank__"):
                return NotImplemented
        return record_ufunc(self._recorder, ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(hasattr(t, "__autograd_rank__") for t in types):
            return NotImplemented
        return self._recorder.function(function, args, kwargs)
