"""Facts, what a tensor tells of the node behind it. Next: `handle.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op import Op
from .node import ArrayNode, ConstantNode, make_leaf


class Facts:
    """Where a tensor comes from and what it is called; `Handle` has the attributes."""

    __slots__ = ()

    _data: Any
    _node: Any
    _shape: tuple[int, ...]
    _constant: Any

    @property
    def node(self) -> ArrayNode:
        """The graph node of this tensor."""
        node: ArrayNode = self._node if self._node is not None else constant_of(self)
        return node

    @property
    def parents(self) -> tuple[Any, ...]:
        """The nodes this tensor was computed from."""
        return self.node.parents

    @property
    def op(self) -> Op | None:
        """The operation that made this tensor; None for a leaf."""
        return self.node.op

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was made by the user and not computed."""
        return self.node.is_leaf

    @property
    def label(self) -> str:
        """The name shown in pictures, derivations and errors."""
        known = self._node if self._node is not None else getattr(self, "_constant", None)
        return "" if known is None else known.label

    @label.setter
    def label(self, text: str) -> None:
        self.node.label = text

    @property
    def scope(self) -> str:
        """The path of the module or `scope` block in which this tensor was made."""
        return self.node.scope

    @property
    def origin(self) -> str | None:
        """File and line that made this tensor, where `record_origins` was on."""
        return self.node.origin

    @property
    def local_derivative(self) -> Callable[[Any], tuple[Any, ...]]:
        """The closure: upstream gradient in, one contribution per parent out."""
        return self.node.local_derivative

    def __repr__(self) -> str:
        body = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
        extras = "" if self._data.dtype == np.float64 else f", dtype={self._data.dtype}"
        if self._node is not None:
            op = self._node.op
            extras += ", requires_grad=True" if op is None else f", op={op.name}"
        if self.label:
            extras += f", label={self.label!r}"
        return f"Tensor({body}{extras})"

    def _name(self) -> str:
        return f"tensor {self.label!r}" if self.label else "the tensor"


def constant_of(x: Facts) -> ArrayNode:
    """Return the node that represents a tensor without gradient, made on first use."""
    node: ArrayNode
    if x._node is not None:
        node = x._node
        return node
    # asking with a default is twice as fast as catching the error of a slot that is not set
    node = getattr(x, "_constant", None)  # type: ignore[assignment]
    if node is None:
        data = x._data  # under `jit` this may make the node, with the tensor's own array
        node = getattr(x, "_constant", None) or make_leaf(data, ConstantNode)
        x._constant = node
    return node
