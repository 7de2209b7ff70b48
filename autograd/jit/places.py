"""Where the values of an emitted program are: names, local variables, buffers used again.

Next: `emit_numpy.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .flat import Group
from .liveness import Liveness
from .program import Program, Step

Array = np.ndarray[Any, Any]


class Places(Liveness):
    """Gives out names and buffers while a program is written.

    Attributes
    ----------
    names : dict of str to object
        What the source knows.
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
        """Return the name under which the source knows an object."""
        found = self._named.get(id(x))
        if found is None:
            own = getattr(x, "__name__", "")
            if own and getattr(np, own, None) is x:
                found = own
            else:
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
        """Return the array in which a step lies at every call; None where there is none."""
        if step.kind == "constant":
            return step.value if isinstance(step.value, np.ndarray) and step.shape else None
        if step in self.bound:
            return self.bound[step]
        found = self.place.get(step)
        return found if isinstance(found, np.ndarray) else None

    def ref(self, step: Step, beside: Any = None) -> str:
        """Return the text of an operand; ``beside`` is the dtype of the array it meets."""
        if step.kind == "constant" and not step.shape:
            x = step.value
            if beside is not None and beside.kind == "f" and (step.weak or step.dtype == beside):
                key = "number", repr(x), beside
                if key not in self._kept:
                    self._kept[key] = np.array(x, beside)
                return self.name(self._kept[key])
            if type(x) in (bool, int, float) and x == x and abs(x) != np.inf:
                return f"({x!r})" if x < 0 else repr(x)
            return self.name(x)
        array = self.static(step)
        if array is not None:
            return self.name(array, "p" if step in self.bound else "b")
        return str(self.place[step])

    def like(self, a: Step, step: Step) -> str | None:
        """Return an operand in the shape of the result, which NumPy combines faster than (n,)."""
        array = self.static(a) if a.size == step.size and a.shape != step.shape else None
        if array is None or not a.shape or not array.flags.c_contiguous:
            return None
        key = "like", id(array), step.shape
        if key not in self._kept:
            self._kept[key] = array.reshape(step.shape)
        return self.name(self._kept[key], "b")

    # ---------------------------------------------------------------------------------------------
    # Buffers

    def buffer(self, step: Step) -> Array:
        """Return scratch of the shape and dtype of a step."""
        free = self._free.get((step.dtype, step.size))
        flat = free.pop() if free else np.empty(step.size, step.dtype)
        self._scratch[step] = flat
        return flat.reshape(step.shape)

    def release(self, k: int, step: Step) -> None:
        """Take back the buffers of operands whose last use this was."""
        for root in {self.root[a] for a in step.arguments}:
            if self.last.get(root) == k and root in self._scratch:
                flat = self._scratch.pop(root)
                self._free.setdefault((flat.dtype, flat.size), []).append(flat)

    def target(self, k: int, step: Step) -> str | None:
        """Return where a step is to be written; None to allocate what leaves."""
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
