"""Descriptors that replace attributes of the library's classes while a function is recorded.

Data and gradients of tensors read as recorded arrays, and the forward functions of operations
record a step. Next: `clipping.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...array_nodes.handle import Handle
from ...array_nodes.node import ArrayNode
from ...op import Op
from ...value import Value
from .array import RecordedArray
from .capture import ACTIVE, MISSING, Capture, uncaptured
from .lowering import LOWERED, SAVING


class _Swapped:
    """A descriptor in place of another one, or of an instance attribute, of a class."""

    def __init__(self, cls: Any, name: str) -> None:
        self.name = name
        self.old = cls.__dict__.get(name)

    def raw(self, owner: Any) -> Any:
        """Return the stored value; raise AttributeError if there is none."""
        if self.old is not None:
            return self.old.__get__(owner, type(owner))
        try:
            return owner.__dict__[self.name]
        except KeyError:
            raise AttributeError(self.name) from None

    def put(self, owner: Any, value: Any) -> None:
        """Store a value."""
        if self.old is not None:
            self.old.__set__(owner, value)
        else:
            owner.__dict__[self.name] = value

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        if owner is None:
            return self
        capture = ACTIVE.get()
        return self.raw(owner) if capture is None else self.recorded(capture, owner)

    def __set__(self, owner: Any, value: Any) -> None:
        capture = ACTIVE.get()
        if capture is None or not self.written(capture, owner, value):
            self.put(owner, value)

    def __delete__(self, owner: Any) -> None:
        self.old.__delete__(owner)

    def recorded(self, capture: Capture, owner: Any) -> Any:
        """Return the value for a recording."""
        return self.raw(owner)

    def written(self, capture: Capture, owner: Any, value: Any) -> bool:
        """Record a write; False to store the value in the object."""
        return False


class _Data(_Swapped):
    """``Tensor._data``: a recorded array."""

    def recorded(self, capture: Capture, owner: Any) -> Any:
        return capture.read(owner, self.raw(owner))

    def written(self, capture: Capture, owner: Any, value: Any) -> bool:
        try:
            raw = self.raw(owner)
        except AttributeError:
            raw = MISSING
        return capture.write(owner, raw, value)


class _DataProperty(_Swapped):
    """``Tensor.data``: the recorded array itself, so that writes to it are recorded."""

    def recorded(self, capture: Capture, owner: Any) -> Any:
        return owner._data.taken_as(True)

    def written(self, capture: Capture, owner: Any, value: Any) -> bool:
        capture.assign_data(owner, value)
        return True


class _Grad(_Swapped):
    """The gradient of a leaf."""

    def recorded(self, capture: Capture, owner: Any) -> Any:
        try:
            raw = self.raw(owner)
        except AttributeError:
            raw = None
        return capture.read_grad(owner, raw)

    def written(self, capture: Capture, owner: Any, value: Any) -> bool:
        return capture.write_grad(owner, value)


class _GradProperty(_Swapped):
    """``Tensor.grad``: an array, although a 0-d tensor stores a number."""

    def recorded(self, capture: Capture, owner: Any) -> Any:
        found = self.raw(owner)
        return found.taken_as(True) if type(found) is RecordedArray else found


class _ValueData(_Swapped):
    """The number of a Value, which an array program cannot hold."""

    def recorded(self, capture: Capture, owner: Any) -> Any:
        raise capture.refusal(
            "uses a Value among tensors", "use 0-d Tensors there, or Values alone"
        )


class _Forward(_Swapped):
    """``Op.forward``: a step, if an argument is recorded."""

    def recorded(self, capture: Capture, owner: Any) -> Any:
        forward = self.raw(owner)

        def run(*arrays: Any, **parameters: Any) -> Any:
            if RecordedArray not in map(type, arrays):
                if RecordedArray not in map(type, flat(parameters.values())):
                    with uncaptured():  # it may call a user's function, on numbers
                        return forward(*arrays, **parameters)
            lowered = LOWERED.get(owner.name)
            if lowered is not None:
                found = lowered(capture, *arrays, **parameters)
                if found is not NotImplemented:
                    return found
            if isinstance(forward, np.ufunc):
                return capture.elementwise(forward, arrays)
            return capture.call(_Named(forward, owner.name), arrays, parameters)

        return run


class _Saving(_Swapped):
    """``Op.saving``: the same, as steps."""

    def recorded(self, capture: Capture, owner: Any) -> Any:
        saving = self.raw(owner)
        if saving is None:
            return None

        def run(*arrays: Any, **parameters: Any) -> Any:
            if RecordedArray not in map(type, arrays):
                return saving(*arrays, **parameters)
            lowered = SAVING.get(owner.name)
            if lowered is not None:
                lifted = (*[capture.lift(a) for a in arrays[:2]], *arrays[2:])
                found = lowered(capture, *lifted, **parameters)
                if found is not NotImplemented:
                    return found
            return capture.call(_Named(saving, owner.name), arrays, parameters)

        return run


def flat(values: Any) -> Iterator[Any]:
    """Yield the entries of nested lists and tuples."""
    for x in values:
        if isinstance(x, tuple | list):
            yield from flat(x)
        else:
            yield x


class _Named:
    """The forward function of an operation, with its name, run without recording."""

    def __init__(self, function: Any, name: str) -> None:
        self.function = function
        self.__name__ = name
        self.is_custom = not str(function.__module__).startswith(("autograd.", "numpy"))

    def __call__(self, *arrays: Any, **parameters: Any) -> Any:
        if ACTIVE.get() is None:
            return self.function(*arrays, **parameters)
        with uncaptured():
            return self.function(*arrays, **parameters)


def _owner(cls: Any, name: str) -> Any:
    return next(kind for kind in cls.__mro__ if name in kind.__dict__)


# class, attribute, and the class of the descriptor that replaces it
DESCRIPTORS: list[tuple[Any, str, Any]] = [
    (Handle, "_data", _Data),
    (Handle, "data", _DataProperty),
    (Handle, "grad", _GradProperty),
    (ArrayNode, "_grad", _Grad),
    (_owner(Value, "_data"), "_data", _ValueData),
    (Op, "forward", _Forward),
    (Op, "saving", _Saving),
]
