"""The recorder: turns operations on recorded arrays into steps. Next: `ufuncs.py`.

The function runs once, on the data of its first call, so that shapes and dtypes are NumPy's own.
Every value is a step; what NumPy computes from recorded values becomes a step of a kind that
`../program.py` lists, by default a call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...arithmetic import quietly
from ...ops.indexing import is_basic
from ...transforms.trees import flatten
from ..program import Program, Step
from ..step_functions import (
    REDUCERS,
    REDUCTIONS,
    Bound,
    Sized,
    assign,
    astype,
    getitem,
    getitem_basic,
    is_as_recorded,
    is_there,
    item,
    own,
    part_of,
    reshape,
)
from .array import RecordedArray
from .frames import asked_by_library, user_line
from .numpy_functions import FUNCTIONS, WRITERS, filled, positional
from .operators import NUMBERS, Refused, UnknownOperand, without_graph
from .sizes import is_sized

_ARRAYS = (np.ndarray, np.generic)
_ARITHMETIC = ("elementwise", "product")
# these reductions of a single float or truth are the number itself
_OF_ONE = {
    "f": (np.add, np.multiply, np.maximum, np.minimum),
    "b": (np.logical_and, np.logical_or),
}


class Recorder:
    """The steps of one recording, and the methods that make each kind of step."""

    def __init__(self) -> None:
        self.inputs: list[Step] = []
        self.steps: list[Step] = []
        self.checks: list[tuple[Step, bool]] = []
        self.held: dict[Step, int] = {}
        self.refused: Refused | None = None
        # whether something was written that may have views, depending on how arrays lie in memory
        self.written_by_layout = False
        # of scan: its step is being recorded, and the numbers are looked at later; what was cut out
        self.keeping = False
        self.apart: set[Step] = set()
        self.homes = [self.steps]
        self._lifted: dict[int, tuple[Any, RecordedArray]] = {}

    # ---------------------------------------------------------------------------------------------
    # Inputs and constants

    def input(self, value: Any, label: str) -> RecordedArray:
        """Return a new input of the program."""
        step = Step("input", "input", None, (), {}, value, label=label)
        self.inputs.append(step)
        return RecordedArray(self, step)

    def lift(self, x: Any) -> RecordedArray:
        """Return the recorded array of an operand; plain arrays and numbers become constants."""
        if type(x) is RecordedArray:
            return x
        known = self._lifted.get(id(x))
        if known is not None and known[0] is x and is_as_recorded(x, known[1].step):
            return known[1]
        if type(x) not in NUMBERS and not isinstance(x, _ARRAYS):
            x = self._array(x)
            if type(x) is RecordedArray:
                return x
        found = self.constant(own(x))
        self._lifted[id(x)] = x, found
        return found

    def constant(self, value: Any) -> RecordedArray:
        """Return a new constant."""
        step = Step("constant", "constant", None, (), {}, value)
        self.steps.append(step)
        return RecordedArray(self, step)

    def _array(self, x: Any) -> Any:
        if isinstance(x, list | tuple | range):
            if any(type(leaf) is RecordedArray for leaf in flatten(x)[0]):
                return self.function(np.stack, ([self.asarray(e) for e in x],), {})
        elif not isinstance(x, int | float) and not hasattr(x, "__array__"):
            raise UnknownOperand(
                f"jit: {user_line() or 'the function'} computes with a recorded value and "
                f"{type(x).__name__}; use real numbers and arrays"
            )
        return np.asarray(x)

    def asarray(self, x: Any, dtype: Any = None) -> Any:
        """Do what ``np.asarray`` does, for anything that may contain recorded values."""
        found = self.lift(x)
        if found.weak:
            wanted = np.dtype(found.dtype if dtype is None else dtype)
            return self.step("elementwise", "astype", astype, (found,), dtype=wanted)
        return found if dtype is None else self.astype(found, dtype)

    # ---------------------------------------------------------------------------------------------
    # Steps

    def hold(self, step: Step) -> None:
        """Count a recorded array that refers to a step."""
        self.held[step] = self.held.get(step, 0) + 1

    def drop(self, step: Step) -> None:
        """Count one fewer; the value of a step that none refers to can be dropped."""
        # the count is 0 if a Ctrl-C came between the creation of an array and `hold`
        left = self.held.pop(step, 1) - 1
        if left:
            self.held[step] = left
        else:
            if step.kind not in ("constant", "input") and not self.keeping:
                step.value = None

    def step(
        self,
        kind: str,
        name: str,
        function: Callable[..., Any],
        operands: Sequence[Any],
        view_of: RecordedArray | None = None,
        **parameters: Any,
    ) -> RecordedArray:
        """Compute a step on the values of this run, and record it."""
        # as names, so that what lists of recorded arrays become is held
        lifted = [x if type(x) is RecordedArray else self.lift(x) for x in operands]
        arguments = [x._step if x._base is None else x.step for x in lifted]
        values = [a.value for a in arguments]
        if kind == "view":
            value = function(*values, **parameters)
        elif kind in _ARITHMETIC and not parameters:
            value = quietly(function, *values)
        else:  # which may read context variables
            with np.errstate(all="ignore"):
                value = function(*values, **parameters)
        if parameters:
            parameters = {k: own(p) for k, p in parameters.items()}
        step = Step(kind, name, function, arguments, parameters, value, user_line())
        self.steps.append(step)
        # a number is not a view
        return RecordedArray(self, step, view_of if isinstance(value, np.ndarray) else None)

    def elementwise(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        """Record a ufunc; one with several results is a call."""
        if ufunc is np.matmul or ufunc is np.vecdot:
            return self.step("product", ufunc.__name__, ufunc, operands)
        if ufunc.signature is not None or ufunc.nout > 1:
            return self.call(ufunc, operands, {})
        return self.step("elementwise", ufunc.__name__, ufunc, operands)

    def astype(self, x: RecordedArray, dtype: Any) -> RecordedArray:
        """Record a change of dtype; x itself if there is none."""
        if np.dtype(dtype) == x.dtype and not x.weak:
            return x
        return self.step("elementwise", "astype", astype, (x,), dtype=np.dtype(dtype))

    def reduce(
        self, ufunc: np.ufunc, x: Any, axis: Any = 0, keepdims: Any = False, dtype: Any = None
    ) -> Any:
        """Record a reduction over axes."""
        x = self.asarray(x)
        n = x.ndim
        axes = range(n) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
        wanted = [int(a) for a in axes]
        if any(not -n <= a < n for a in wanted) or len({a % n for a in wanted}) != len(wanted):
            ufunc.reduce(np.zeros((1,) * n), axis=axis)  # NumPy's own error
        small = dtype is not None and np.dtype(dtype).kind != "f" and np.dtype(dtype).itemsize < 8
        if small:  # which NumPy only keeps on request
            return self.call(ufunc.reduce, (x, axis, dtype), {"keepdims": keepdims})
        if dtype is not None:
            x = self.astype(x, dtype)
        if not n and x.dtype.isnative and ufunc in _OF_ONE.get(x.dtype.kind, ()):
            return self.elementwise(np.add, (x, 0.0)) if ufunc is np.add else x.taken_as(False)
        if not n or ufunc not in REDUCTIONS:
            return self.call(ufunc.reduce, (x,), {"axis": axis, "keepdims": keepdims})
        function = REDUCERS[ufunc]
        over = tuple(sorted(a % n for a in wanted))
        keep = bool(keepdims) and keepdims is not np._NoValue
        return self.step("reduce", ufunc.__name__, function, (x,), axis=over, keepdims=keep)

    def matmul(self, x: Any, y: Any) -> Any:
        """Record NumPy's matrix product."""
        return self.step("product", "matmul", np.matmul, (x, y))

    def dot(self, x: Any, y: Any) -> Any:
        """Record NumPy's dot product: a matrix product, unless one is a number or a stack."""
        x, y = self.asarray(x), self.asarray(y)
        if not x.ndim or not y.ndim:
            return self.elementwise(np.multiply, (x, y))
        if y.ndim <= 2:
            return self.matmul(x, y)
        return self.call(np.dot, (x, y), {})

    # ---------------------------------------------------------------------------------------------
    # Views and indexing

    def reshape(self, x: RecordedArray, shape: Any) -> RecordedArray:
        """Record a change of shape."""
        wanted = tuple(int(n) for n in (shape if isinstance(shape, tuple | list) else (shape,)))
        if min(wanted, default=0) < 0 or math.prod(wanted) != x.size:  # NumPy's own error as well
            wanted = np.broadcast_to(np.zeros(()), x.shape).reshape(wanted).shape
        if wanted == x.shape and not x.weak:
            return x
        return self.step("view", "reshape", reshape, (x,), x, shape=wanted)

    def transpose(self, x: RecordedArray, axes: Any = None) -> RecordedArray:
        """Record a permutation of axes."""
        n = x.ndim
        order = tuple(range(n))[::-1] if axes is None else tuple(int(a) % n for a in axes)
        if sorted(order) != list(range(n)):
            np.transpose(np.zeros((1,) * n), axes)  # NumPy's own error
        if order == tuple(range(n)):
            return x
        return self.step("view", "transpose", np.transpose, (x,), x, axes=order)

    def broadcast_to(self, x: RecordedArray, shape: Any) -> RecordedArray:
        """Record a broadcast."""
        wanted = tuple(int(n) for n in (shape if isinstance(shape, tuple | list) else (shape,)))
        if wanted == x.shape and not x.weak:
            return x
        return self.step("view", "broadcast_to", np.broadcast_to, (x,), x, shape=wanted)

    def getitem(self, x: Any, index: Any) -> Any:
        """Record reading by an index: a view if the index is basic, else a call."""
        x = self.lift(x)
        parts = index if isinstance(index, tuple) else (index,)
        if any(type(i) is RecordedArray for i in flatten(parts)[0]) or not is_basic(index):
            return self.call(getitem, (x, *parts), {})
        if (type(index) is tuple and not index) or index is Ellipsis:
            return x if x.ndim else x.taken_as(index is Ellipsis)
        part = self.step("view", "getitem", getitem_basic, (x,), x, index=index)
        if part.base is not None and x._indices is not None:
            part._indices = (*x._indices, index)
        return part

    def assign(self, x: RecordedArray, value: Any, index: Any) -> Any:
        """Record writing by an index, which makes a new array."""
        full = type(index) is slice and index == slice(None)
        if index is Ellipsis or full or (type(index) is tuple and not index):
            z = self.lift(value)
            if z.ndim <= x.ndim:
                return self.broadcast_to(self.astype(z, x.dtype), x.shape)
        found = filled(self, x, value, index)
        parts = index if isinstance(index, tuple) else (index,)
        return self.call(assign, (x, value, *parts), {}) if found is NotImplemented else found

    # ---------------------------------------------------------------------------------------------
    # Calls

    def call(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Any,
        kind: str = "call",
        views: bool = False,
    ) -> Any:
        """Record any pure function; its arguments may contain recorded values anywhere.

        With ``views``, results that share memory with arguments are views of them.
        """
        leaves, rebuild = flatten([list(args), dict(kwargs)])
        leaves = list(map(without_graph, leaves))  # positions within `grad` are tensors
        places = [i for i, x in enumerate(leaves) if type(x) is RecordedArray]
        name = getattr(function, "__name__", type(function).__name__)
        sized = is_sized(function, args, kwargs)
        at = [i for i, x in enumerate(args) if type(x) is RecordedArray]
        whole = at if len(at) == len(places) else None
        bound = Bound(Sized(function) if sized else function, leaves, rebuild, places, whole)
        result = self.step(kind, name, bound, [leaves[i] for i in places])
        if sized:
            self.decide(self.step("call", "is_there", is_there, (result,)))
        bases = [leaves[i] for i in places] if views and bound.viewed else []
        value = result.step.value
        if not isinstance(value, tuple | list):
            if not isinstance(value, (*_ARRAYS, *NUMBERS)):
                raise self.refusal(
                    f"calls {name}, which returns a {type(value).__name__}",
                    "call it outside the function and pass what it gives",
                )
            return RecordedArray(self, result.step, bases[0]) if bases else result
        if len(bases) < len(value):  # a split; otherwise each result belongs to an argument
            bases = bases[:1] * len(value) or [None] * len(value)
        items = [
            self.step("item", "item", part_of, (result,), base, part=i)
            for i, base in zip(range(len(value)), bases, strict=False)
        ]
        many: Any = type(value)
        return many(items) if many in (tuple, list) else many(*items)

    def function(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Record one of NumPy's functions on recorded arrays."""
        found = FUNCTIONS.get(function)
        kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
        if "out" in (names := positional(function)):
            at = names.index("out")
            args, kwargs = args[:at], kwargs | dict(zip(names[at:], args[at:], strict=False))
        if found is not None:
            result = found(self, *args, **kwargs)
            if result is not NotImplemented:
                return result
        if function in WRITERS:
            raise self.refusal(
                f"calls np.{function.__name__}, which writes in place",
                "write x[index] = value, or use np.where",
            )
        out = kwargs.pop("out", None)
        result = self.call(function, args, kwargs, views=True)
        return result if out is None else self.written(out, result, function.__name__)

    def written(self, out: Any, result: Any, name: str) -> Any:
        """Write a result to the array given as ``out``, and return that."""
        if type(out) is not RecordedArray:
            raise self.refusal(
                f"writes the result of np.{name} into a plain array",
                "use the returned array; buffers are allocated by the program",
            )
        out.become(result, name)
        return out

    # ---------------------------------------------------------------------------------------------
    # Questions about values

    def truth(self, x: RecordedArray) -> bool:
        """Return the truth value in this run to the library's own code; every replay checks it."""
        if not asked_by_library():
            raise self.refusal(
                "decides by a recorded value (if, while, and, or, not, assert)",
                "choose with np.where(condition, a, b), or pass the condition as an argument "
                "that is a plain bool or string",
            )
        return self.decide(x)

    def decide(self, x: Any) -> bool:
        """Return the truth value of a recorded value in this run; every replay checks it."""
        step = self.lift(x).step
        found = bool(step.value)
        self.checks.append((step, found))
        return found

    def whole(self, x: RecordedArray, what: str) -> int:
        """Return the integer in this run, for the library's own code; every replay checks it."""
        if not asked_by_library():
            raise self.refusal(
                what,
                "index arrays by arrays, as np.take(x, i); sizes come from .shape, which is known; "
                "an argument that is a size goes into static=",
            )
        found = int(x.step.value)
        self.decide(self.elementwise(np.equal, (x, found)))
        return found

    def number(self, x: RecordedArray) -> RecordedArray:
        """Return the only entry as a recorded Python number."""
        return self.step("elementwise", "item", item, (x,))

    def refusal(self, what: str, cure: str) -> TypeError:
        """Return the error for what cannot be recorded; catching it does not save the recording."""
        found = Refused(f"jit: {user_line() or 'the function'} {what}; {cure}")
        self.refused = self.refused or found
        return found

    def program(self, outputs: Sequence[Step], updates: Sequence[tuple[Step, Step]]) -> Program:
        """Return the recorded program."""
        return Program(self.inputs, self.steps, outputs, updates, self.checks)
