"""The storage of values in an emitted program: names, local variables, reused buffers.

Next: `together.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..cache import aligned
from ..optimize.flat import Group
from ..optimize.liveness import Liveness
from ..program import Program, Step

Array = np.ndarray[Any, Any]
# functions that NumPy computes more slowly for an array and a number than for two arrays
EXTREMA = ("maximum", "minimum", "fmax", "fmin")
# functions that NumPy computes much more slowly in place
APART = ("sign",)
# the operators of numbers
SIGNS = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "floor_divide": "{} // {}",
    "remainder": "{} % {}",
    "power": "{} ** {}",
    "negative": "-{}",
    "positive": "+{}",
    "greater": "{} > {}",
    "greater_equal": "{} >= {}",
    "less": "{} < {}",
    "less_equal": "{} <= {}",
    "equal": "{} == {}",
    "not_equal": "{} != {}",
}
# the names of NumPy's functions
_OF_NUMPY = {id(x): name for name, x in vars(np).items() if getattr(x, "__name__", "") == name}
# operators for NumPy scalars as well; Python numbers would raise for a division by zero
CHEAP = frozenset("add subtract multiply divide negative equal not_equal greater less".split())


class Places(Liveness):
    """Allocates names and buffers while a program is emitted.

    Attributes
    ----------
    names : dict of str to object
        The globals of the source.
    place : dict
        For every step its array, or the text of its local variable.
    """

    def __init__(
        self, program: Program, bound: Mapping[Step, Any], groups: Sequence[Group] = ()
    ) -> None:
        super().__init__(program, bound, groups)
        self.names: dict[str, Any] = {}
        self.place: dict[Step, Any] = {}
        self._named: dict[int, str] = {}
        self._free: dict[tuple[Any, int], list[Array]] = {}
        self._scratch: dict[Step, Array] = {}
        self._kept: dict[Any, Array] = {}
        self._count = 0

    def name(self, x: Any, prefix: str = "c") -> str:
        """Return the name of an object in the source."""
        found = self._named.get(id(x))
        if found is None:
            found = _OF_NUMPY.get(id(x))
            if found is None:
                found = f"{prefix}{self._count}"
                self._count += 1
            self._named[id(x)] = found
            self.names[found] = x
        return found

    def local(self, step: Step) -> str:
        """Return a new local variable for a step."""
        self._count += 1
        found = self.place[step] = f"v{self._count}"
        return found

    def static(self, step: Step) -> Any:
        """Return the array that stores a step at every call; None if there is none."""
        if step.kind == "constant":
            return step.value if isinstance(step.value, np.ndarray) and step.shape else None
        if step in self.bound:
            return self.bound[step]
        found = self.place.get(step)
        return found if isinstance(found, np.ndarray) else None

    def ref(self, step: Step, beside: Any = None) -> str:
        """Return the text of an operand; ``beside`` is the dtype of the other operand."""
        if step.kind == "constant" and not step.shape:
            x, number = step.value, self._number(step, beside)
            if number is not None:
                return self.name(number)
            if type(x) in (bool, int, float) and x == x and abs(x) != np.inf:
                return f"({x!r})" if x < 0 else repr(x)
            return self.name(x)
        array = self.static(step)
        if array is not None:
            return self.name(array, "p" if step in self.bound else "b")
        return str(self.place[step])

    def like(self, a: Step, step: Step) -> str | None:
        """Return an operand in the shape that is fastest for NumPy: the result's, or 0-d."""
        if not a.shape or a.shape == step.shape or a.size not in (1, step.size):
            return None
        if a.size != step.size and not any(b.shape == step.shape for b in step.arguments):
            return None  # the result has its axes from this operand
        array = self.static(a)
        if array is None or not array.flags.c_contiguous:
            return None
        shape = step.shape if a.size == step.size else ()
        key = "like", id(array), shape
        if key not in self._kept:
            self._kept[key] = array.reshape(shape)
        return self.name(self._kept[key], "b")

    def spread(self, a: Step, shape: tuple[int, ...], beside: Any) -> Array | None:
        """Return a constant number as an array, which `maximum` and `minimum` take faster."""
        number = self._number(a, beside)
        if number is None:
            return None
        key = "spread", id(number), shape
        if key not in self._kept:
            self._kept[key] = np.full(shape, number)
        return self._kept[key]

    def _number(self, a: Step, beside: Any) -> Array | None:
        """Return a constant number, to be combined with floats of a dtype, as a 0-d array."""
        if a.kind != "constant" or a.shape or beside is None or beside.kind != "f":
            return None
        if not a.weak and a.dtype != beside:
            return None
        key = "number", repr(a.value), beside
        if key not in self._kept:
            self._kept[key] = np.array(a.value, beside)
        return self._kept[key]

    # ---------------------------------------------------------------------------------------------
    # Buffers

    def buffer(self, step: Step) -> Array:
        """Return scratch of the shape and dtype of a step."""
        free = self._free.get((step.dtype, step.size))
        flat = free.pop() if free else aligned((step.size,), step.dtype)
        self._scratch[step] = flat
        return flat.reshape(step.shape)

    def release(self, k: int, step: Step) -> None:
        """Free the buffers of operands that are used for the last time."""
        for a in step.arguments:
            root = self.root[a]
            if root in self._scratch and self.last.get(root) == k:
                flat = self._scratch.pop(root)
                self._free.setdefault((flat.dtype, flat.size), []).append(flat)

    def target(self, k: int, step: Step) -> str | None:
        """Return the storage of a step; None to allocate an output."""
        if step in self.slices:
            self.place[step] = self.slices[step]
        elif step in self.into:
            self.place[step] = self.bound[self.into[step]]
        elif step in self.leaving:
            return None
        elif step.kind == "elementwise" and (own := self._dying(k, step)) is not None:
            self._scratch[step] = self._scratch.pop(own)
            self.place[step] = self.place[own]
        else:
            self.place[step] = self.buffer(step)
        return self.name(self.place[step], "b")

    def _dying(self, k: int, step: Step) -> Step | None:
        if step.size == 1 or step.name in APART:  # writing a single number in place is slow as well
            return None
        for a in step.arguments:
            if (
                self.last.get(a) == k
                and a in self._scratch
                and a.shape == step.shape
                and a.dtype == step.dtype
            ):
                return a
        return None

    def flat(self, x: Step) -> str:
        """Return the text of an operand as a vector."""
        array = self.static(x)
        if array is not None and array.flags.c_contiguous:
            if array.ndim == 1:
                return self.name(array, "b")
            key = "flat", id(array), None
            if key not in self._kept:
                self._kept[key] = array.reshape(-1)
            return self.name(self._kept[key], "b")
        return self.ref(x) if len(x.shape) == 1 else f"{self.ref(x)}.ravel()"
