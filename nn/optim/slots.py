"""The data that an optimizer updates: a tensor's array in blocks, or all Values as one array.

Next: `checks.py`.

Blocks of up to 131072 numbers (more for plain SGD) keep the passes of a formula in the caches, and
are long enough that calls cost little compared to their work. The views of the data and all buffers
are made once and reused; the blocks of an optimizer share one scratch array.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy import ndarray

from autograd import Tensor, Value
from autograd.node import LEAF

BLOCK = 1 << 17
# gradients are gathered if there are at least so many, of at most so many numbers: a copy then
# costs less than a call that computes, but the first of them cost more
MANY, SMALL = 16, 1024
SETTLING = 128  # so many steps apart, denormal numbers that an optimizer keeps become 0
Array = np.ndarray[Any, Any]
# the smallest normal number x of a dtype, and the smallest eps for which √x + eps is eps
LEAST = {
    kind: (np.array(limits.smallest_normal), 4 * math.sqrt(limits.smallest_normal) / limits.eps)
    for kind, limits in (("f", np.finfo("f")), ("d", np.finfo("d")))
}
_absolute, _multiply = np.absolute, np.multiply


class Block:
    """A part of a parameter: views of its data and kept arrays, and scratch memory of its shape."""

    __slots__ = ("data", "kept", "part", "scratch")

    def __init__(self, part: Any, data: Array, kept: tuple[Array, ...], scratch: Array) -> None:
        self.part, self.data, self.kept, self.scratch = part, data, kept, scratch


@lru_cache(maxsize=64)
def constants(numbers: tuple[float, ...], kind: str) -> tuple[Array, ...]:
    """Return numbers as 0-d arrays of a dtype, given by its letter: fastest for NumPy."""
    return tuple([np.array(x, kind) for x in numbers])


class Scratch:
    """The scratch memory that all blocks of an optimizer share."""

    def __init__(self) -> None:
        self._held: dict[str, Array] = {}

    def part(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return an array of this shape, in the same memory as those before."""
        size = math.prod(shape)
        held = self._held.get(dtype.char)
        if held is None or held.size < size:
            held = self._held[dtype.char] = np.empty(size, dtype)
        return held[:size].reshape(shape)

    def __reduce__(self) -> tuple[type[Scratch], tuple[()]]:
        return Scratch, ()


class Slot(ABC):
    """One array to update, the arrays kept for it, and the number of its steps."""

    __slots__ = ("__dict__", "steps")

    blocks: list[Block]

    def __init__(
        self, shape: tuple[int, ...], dtype: Any, kept: Sequence[str], scratch: Scratch
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.scratch = scratch
        self.kind = self.dtype.char
        self.kept: dict[str, Array] = {name: np.zeros(shape, self.dtype) for name in kept}
        self.steps = 0
        self.parameter: Any = None
        self.whole: Block | None = None
        self.blocks = []
        self._bound: Any = None

    def constants(self, numbers: tuple[float, ...]) -> tuple[Array, ...]:
        """Return numbers as 0-d arrays of the parameter's dtype."""
        return constants(numbers, self.kind)

    def _cut(self, data: Array) -> None:
        """Make the blocks of an array, of up to BLOCK numbers if it is contiguous."""
        kept = tuple(self.kept.values())
        most = BLOCK if kept else 3 * BLOCK  # plain SGD passes over the numbers only twice
        if not data.flags.c_contiguous or data.size <= most:
            self.blocks = [Block(..., data, kept, self.scratch.part(data.shape, data.dtype))]
            return
        flat, flat_kept = data.reshape(-1), [a.reshape(-1) for a in kept]
        # of almost equal length, each aligned with the processor's vectors
        count = -(-flat.size // most)
        length = -(-flat.size // (count * 1024)) * 1024
        scratch = self.scratch.part((length,), data.dtype)
        self.blocks = []
        for start in range(0, flat.size, length):
            part = slice(start, min(start + length, flat.size))
            views = tuple(a[part] for a in flat_kept)
            self.blocks.append(Block(part, flat[part], views, scratch[: part.stop - start]))

    def settle(self, squares: str = "", eps: float = 0.0) -> None:
        """Set kept numbers that are denormal to 0, those of ``squares`` if √v + eps is the same.

        A mean of gradients that are 0 from some step on, as of a dead unit, decays to a denormal
        number and stays there, since 0.9 times it rounds to itself. Many processors take a hundred
        times as long for such numbers.
        """
        least, root = LEAST.get(self.kind, (None, 0.0))
        if least is None:  # the denormal numbers of half precision are large
            return
        for name, array in self.kept.items():
            if name == squares and root > eps:
                continue
            flat = array.reshape(-1)
            for start in range(0, flat.size, BLOCK):
                part = flat[start : start + BLOCK]
                _multiply(part, _absolute(part) >= least, part)

    def __getstate__(self) -> tuple[dict[str, Any], dict[str, Any]]:
        # the blocks are views, which a copy has to make again
        state = self.__dict__ | {"blocks": [], "whole": None, "_bound": None}
        return state, {"steps": self.steps}

    def unbind(self) -> None:
        """Drop the blocks; the next step makes new ones."""
        self.blocks, self.whole, self._bound = [], None, None

    @abstractmethod
    def read(self) -> Array | None:
        """Return the gradient as the blocks cut it, checked; None if there is none."""

    @abstractmethod
    def write(self, stamp: float) -> None:
        """Write the changed numbers to the parameters, and mark these as changed."""


class TensorSlot(Slot):
    """A tensor, whose array is changed in place."""

    def __init__(self, parameter: Tensor, kept: Sequence[str], scratch: Scratch) -> None:
        super().__init__(parameter.shape, parameter.dtype, kept, scratch)
        self.parameter = parameter
        self.shape = parameter.shape
        self._flat = True

    def read(self) -> Array | None:
        """Return the gradient as the blocks cut it, checked; None if there is none."""
        p = self.parameter
        data, node = p._data, p._node
        g = getattr(node, "_grad", None)
        if g is None:
            return None
        if isinstance(g, Tensor):
            g = g._data
        if data is not self._bound or not self.shape:
            self._bind(data)
        if not data.flags.writeable and self.shape:
            raise ValueError(
                f"the data of {self._name()} are read-only; assign a copy, p.data = p.data.copy()"
            )
        if g.shape != self.shape or g.dtype.kind not in "fiub":
            raise ValueError(
                f"the gradient of {self._name()} is of {g.dtype} and shape {g.shape}, the "
                f"parameter has shape {self.shape}; call zero_grad() and backward() again"
            )
        g = np.asarray(g, self.dtype)
        return g.reshape(-1) if self._flat else g

    def _bind(self, data: Any) -> None:
        if data.shape != self.shape or data.dtype != self.dtype:
            raise ValueError(
                f"{self._name()} was of shape {self.shape} and {self.dtype} when the optimizer was "
                f"made and is of {data.shape} and {data.dtype} now; make a new optimizer"
            )
        # a 0-d tensor holds a number, which cannot be changed in place
        array = data if self.shape else np.array(data)
        self._bound = data
        self._cut(array)
        self._flat = self.blocks[0].part is not ...
        self.whole = self.blocks[0] if self.shape and not self._flat else None

    def write(self, stamp: float) -> None:
        """Mark the tensor as changed; 0-d data are written back."""
        if self.shape:
            self.parameter._node._mark = LEAF + stamp
        else:
            self.parameter.data = self.blocks[0].data[()]

    def _name(self) -> str:
        label = self.parameter.label
        return f"parameter {label!r}" if label else "a parameter"


class ValueSlot(Slot):
    """All Values among the parameters as one array, gathered before a step and scattered after."""

    def __init__(self, parameters: list[Value], kept: Sequence[str], scratch: Scratch) -> None:
        super().__init__((len(parameters),), np.float64, kept, scratch)
        self.parameters = parameters

    def read(self) -> Array | None:
        """Gather the data, and return the gradients."""
        g = np.array([float(p.grad or 0.0) for p in self.parameters])
        if self._bound is None:
            self._bound = np.empty(len(self.parameters))
            self._cut(self._bound)
        self._bound[:] = [p._data for p in self.parameters]
        return g

    def write(self, stamp: float) -> None:
        """Write the numbers back as Python floats, and mark the Values as changed."""
        mark = LEAF + stamp
        for p, x in zip(self.parameters, self._bound.tolist(), strict=True):
            p._data = x
            p._mark = mark


Work = list[tuple[Slot, Array]]


def ready(slots: Iterable[Slot]) -> Work:
    """Return the slots that have gradients, with these, all checked."""
    return [(slot, g) for slot in slots if (g := slot.read()) is not None]


class Held:
    """The tensors of an optimizer as they were at its last step, if each is a single block.

    A NumPy call costs as much as the arithmetic on hundreds of numbers, so many small gradients may
    be gathered in one array, ``gathered``, for a step that scales them all at once.
    """

    def __init__(self) -> None:
        # for each its node, its array, and scratch memory, where its gradient may be gathered
        self.tensors: list[tuple[Tensor, Any, Array, Array, bool]] = []
        self.blocks: list[tuple[Slot, Block]] = []
        self.gathered = np.empty(0)
        self.kind = ""

    def bind(self, slots: Sequence[Slot], gather: bool) -> None:
        """Remember the parameters' arrays; none, unless each is a tensor of a single block."""
        if self.tensors and self.whole() and all(t._node is n for t, n, *_ in self.tensors):
            return
        self.unbind()
        blocks = [(slot, slot.whole) for slot in slots if slot.whole is not None]
        tracked = [slot.parameter._node is not None for slot, _ in blocks]
        if len(blocks) < len(slots) or len({slot.kind for slot in slots}) > 1 or not all(tracked):
            return
        self.blocks, self.kind = blocks, slots[0].kind
        sizes = [block.data.size for _, block in blocks]
        gather = gather and len(blocks) >= MANY
        sizes = [n if gather and n <= SMALL else 0 for n in sizes]
        self.gathered = np.empty(sum(sizes), slots[0].dtype)
        end = 0
        for (slot, block), n in zip(blocks, sizes, strict=True):
            t, data, scratch = slot.parameter, block.data, block.scratch
            if n:
                end += n
                scratch = self.gathered[end - n : end].reshape(data.shape)
            self.tensors.append((t, t._node, data, scratch, n > 0))

    def unbind(self) -> None:
        """Forget the arrays; the next step binds those of that time."""
        self.tensors, self.blocks = [], []

    def fits(self) -> bool:
        """Whether no array was replaced since, and every gradient was set by `backward`.

        If so, gradients to be gathered have been copied.
        """
        for t, node, data, place, gathers in self.tensors:
            g = node._grad
            if (
                t._data is not data
                or t._node is not node
                or type(g) is not ndarray
                or not node._fits
                or not data.flags.writeable
            ):
                return False
            if gathers:
                place[...] = g
        return self.tensors != []

    def whole(self) -> bool:
        """Whether the slots still have these blocks, and so their kept arrays."""
        return all([slot.whole is block for slot, block in self.blocks])

    def __reduce__(self) -> tuple[type[Held], tuple[()]]:
        return Held, ()
