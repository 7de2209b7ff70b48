"""Buffers: arrays that belong to a module's state though nothing trains them. Next: `parameter.py`.

A running mean is one. Other arrays among the attributes are constants of the model, which the
program that builds it knows; so a module says which ones are its state.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.array_nodes.operands import refuse_masked
from autograd.settings import array_of, shown

from .tree import Branch, located, walk

Array = np.ndarray[Any, Any]


class Buffered(Branch):
    """The part of `Module` that manages its buffers."""

    def register_buffer(self, name: str, array: Any) -> None:
        """Set an attribute to a copy of an array, as a buffer: `state_dict` and `nn.save` keep it.

        From then on, whatever it is set to is copied to a plain array, which is never part of a
        graph. A buffer of floats keeps its dtype.

        Parameters
        ----------
        name : str
            Of the attribute.
        array : array_like
            Real numbers of any shape.

        Raises
        ------
        ValueError
            If the name is not valid for an attribute, or is taken.
        TypeError
            For anything but real numbers, and for a tensor that requires a gradient.

        Examples
        --------
        >>> class Centred(nn.Module):
        ...     def __init__(self, features):
        ...         self.register_buffer("running_mean", np.zeros(features))
        ...
        ...     def forward(self, x):
        ...         if self.training:
        ...             self.running_mean = 0.9 * self.running_mean + 0.1 * np.mean(x, axis=0)
        ...         return x - self.running_mean
        >>> layer = Centred(2)
        >>> layer(np.array([[1.0, 2.0], [3.0, 2.0]]))
        array([[0.8, 1.8],
               [2.8, 1.8]])
        >>> layer.state_dict()
        {'running_mean': array([0.2, 0.2])}
        """
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(
                f"register_buffer takes the name of an attribute first, got {shown(name)}"
            )
        known = self.__dict__.get("_buffers", ())
        if name not in known and hasattr(self, name):
            raise ValueError(
                f"{located(self)} has an attribute {shown(name)} already; register another name, "
                "or register it before it is set"
            )
        object.__setattr__(self, name, _numbers(self, name, array))
        if name not in known:
            self.__dict__["_buffers"] = (*known, name)

    def named_buffers(self) -> list[tuple[str, Array]]:
        """Return (dotted name, array) for the buffers of this module and all in it.

        Examples
        --------
        >>> layer = nn.Module()
        >>> layer.register_buffer("steps", 0)
        >>> nn.Sequential(layer).named_buffers()
        [('layers.0.steps', array(0))]
        """
        return [(path, vars(module)[name]) for path, module, name in places(self)]

    def buffers(self) -> list[Array]:
        """Return the buffers of this module and all in it.

        Examples
        --------
        >>> nn.Linear(2, 3).buffers()
        []
        """
        return [array for _, array in self.named_buffers()]


def buffer_of(module: Branch, name: str, x: Any) -> Array:
    """Return a copy, as an array, of what a buffer is set to; raise TypeError if it cannot be."""
    return _kept(vars(module).get(name), _numbers(module, name, x))


def _kept(own: Array | None, new: Array) -> Array:
    """Return new numbers in the dtype of the old ones, if those are floats."""
    if own is not None and own.dtype.kind == "f":
        return new.astype(own.dtype, copy=False)
    return new


def _numbers(module: Branch, name: str, x: Any) -> Array:
    if getattr(x, "requires_grad", False):
        raise TypeError(
            f"{located(module)}: the buffer {shown(name)} would hold a graph; give it numbers, "
            "such as x.data or x.detach()"
        )
    refuse_masked(f"{located(module)}: the buffer {name!r}", x)
    found = np.array(
        array_of(f"{located(module)}: the buffer {shown(name)}", getattr(x, "_data", x))
    )
    if found.dtype.kind not in "fiub":
        raise TypeError(
            f"{located(module)}: the buffer {shown(name)} takes real numbers, got {found.dtype}"
        )
    return found


def places(root: Branch) -> list[tuple[str, Branch, str]]:
    """Return (dotted name, module, name in it) for the buffers of all modules in one."""
    return [
        (f"{path}.{name}" if path else name, module, name)
        for path, _, module in walk(root)
        if isinstance(module, Branch)
        for name in module.__dict__.get("_buffers", ())
        if name in module.__dict__
    ]


def set_buffers(root: Branch, arrays: dict[str, Any]) -> None:
    """Set buffers by dotted name to copies of arrays."""
    for path, module, name in places(root):
        if path in arrays:
            object.__setattr__(module, name, _kept(vars(module)[name], np.array(arrays[path])))
