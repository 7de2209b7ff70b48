"""`check_every`: calls of the function itself, compared with the replay. Next: `../entry.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...transforms.trees import flatten
from ..record.generators import RecordedGenerator
from .recording import Recording

_TOLERANCE = {"d": 1e-9, "f": 1e-3, "e": 3e-2}


class Checked:
    """The state before a call, the expected state after it, and the comparison.

    Everything that the program may change is saved before the function runs, so that the replay
    starts from the same state.
    """

    def __init__(self, recording: Recording, leaves: Sequence[Any]) -> None:
        self.tensors = [holder.tensor(leaves) for holder in recording.holders]
        self.slots = [slot for slot, _ in recording.slots]
        self.arrays = [x for x in leaves if isinstance(x, np.ndarray)]
        self.generators = [x for x in leaves if isinstance(x, np.random.Generator)]
        self.data = [t._data for t in self.tensors]
        self.copies = [np.array(d) for d in self.data]
        self.nodes = [t._node for t in self.tensors]
        self.grads = [None if n is None else n.grad for n in self.nodes]
        self.grad_copies = [None if g is None else _array(g).copy() for g in self.grads]
        self.kept = [{k: a.copy() for k, a in slot.kept.items()} for slot in self.slots]
        self.steps = [slot.steps for slot in self.slots]
        self.array_copies = [a.copy() for a in self.arrays]
        self.states = [g.bit_generator.state for g in self.generators]
        self.expected: list[tuple[str, Any]] = []

    def state(self) -> list[tuple[str, Any]]:
        """Return everything that a call may change, by name."""
        found: list[tuple[str, Any]] = []
        for i, t in enumerate(self.tensors):
            name = repr(t.label) if t.label else f"tensor {i}"
            found.append((f"the data of {name}", np.array(t._data)))
            g = None if t._node is None else t._node.grad
            found.append((f"the gradient of {name}", None if g is None else _array(g).copy()))
        for i, slot in enumerate(self.slots):
            for key, a in slot.kept.items():
                found.append((f"{key} of parameter {i}", a.copy()))
        found += [(f"argument array {i}", a.copy()) for i, a in enumerate(self.arrays)]
        return found

    def expect(self, result: Any) -> None:
        """Save the result of the function and the state after it."""
        self.expected = [*_outputs(result), *self.state()]

    def restore(self) -> None:
        """Restore the state before the call."""
        for t, data, copy in zip(self.tensors, self.data, self.copies, strict=True):
            if isinstance(data, np.ndarray) and data.flags.writeable:
                data[...] = copy
            t._data = data
        for node, grad, kept in zip(self.nodes, self.grads, self.grad_copies, strict=True):
            if node is not None:
                node.grad = grad
                node._value = next(t._data for t in self.tensors if t._node is node)
                if isinstance(grad, np.ndarray) and grad.flags.writeable:
                    grad[...] = kept
        for slot, arrays, steps in zip(self.slots, self.kept, self.steps, strict=True):
            slot.steps = steps
            for key, array in arrays.items():
                slot.kept[key][...] = array
        for array, copy in zip(self.arrays, self.array_copies, strict=True):
            if array.flags.writeable:
                array[...] = copy
        for generator, state in zip(self.generators, self.states, strict=True):
            generator.bit_generator.state = state

    def compare(self, result: Any, name: str) -> None:
        """Compare a replay with the expected state; raise RuntimeError that names what differs."""
        found = [*_outputs(result), *self.state()]
        for (what, x), (_, y) in zip(self.expected, found, strict=True):
            if not _close(x, y):
                self.restore()
                raise RuntimeError(
                    f"jit: {what} of {name} differs from that of the function itself: "
                    f"{_short(y)} where it is {_short(x)}; please report it, and use "
                    "backend='numpy' or no jit"
                )


def _array(x: Any) -> Any:
    return np.asarray(getattr(x, "_data", x))


def _outputs(result: Any) -> list[tuple[str, Any]]:
    leaves, _ = flatten(result)
    return [
        (f"output {i}", _array(x) if _is_array(x) else x)
        for i, x in enumerate(leaves)
        if not isinstance(x, RecordedGenerator)
    ]


def _is_array(x: Any) -> bool:
    return hasattr(x, "_data") or isinstance(x, np.ndarray | np.generic | int | float)


def _close(x: Any, y: Any) -> bool:
    if not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray):
        return x is y or bool(x == y)
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    if x.dtype.kind != "f":
        return bool((x == y).all())
    tolerance = _TOLERANCE.get(x.dtype.char, 1e-9)
    scale = float(np.abs(x[np.isfinite(x)]).max(initial=0.0))
    return bool(np.allclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True))


def _short(x: Any) -> str:
    return np.array2string(x, threshold=6) if isinstance(x, np.ndarray) else repr(x)
