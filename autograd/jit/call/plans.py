"""Plans: how each call rebuilds the leaves of the function's result. Next: `gate.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...array_nodes.node import ArrayNode, tensor_on
from ...node import Gone
from ...tensor import Tensor
from ..program import Step
from ..record.array import RecordedArray
from ..record.capture import Capture

_REPLAYED = Gone(
    "was not kept: it is a result of a function under jit; call backward() inside that function, "
    "or take autograd.grad of it"
)


class Plan:
    """The way one leaf of the function's result is rebuilt."""

    def __init__(self, capture: Capture, x: Any) -> None:
        self.step: Step | None = capture.output(x)
        self.value = None if self.step is not None else x
        self.tensor = isinstance(x, Tensor)
        self.holder: Any = None
        if self.tensor and id(x) in capture.holders:
            self.holder, self.step = capture.holders[id(x)], None
        self.array = self.step is not None and type(x) is RecordedArray and x.is_array
        node = x._node if self.tensor else None
        self.leaf = node is not None and node._a is None
        self.node = None if node is None or self.leaf else _without_graph(node)

    def gives_none(self) -> bool:
        """Whether the result is just None at every call."""
        return self.step is None and self.holder is None and self.value is None

    def present(self, leaves: Sequence[Any], value: Any) -> Any:
        """Return this leaf of the result."""
        if self.holder is not None:
            return self.holder.tensor(leaves)
        if self.step is None:
            # an array that the function makes is a new one at every call
            return self.value.copy() if isinstance(self.value, np.ndarray) else self.value
        if self.tensor:
            number = isinstance(value, np.ndarray) and not value.ndim
            found = tensor_on(value[()] if number else value, self.node)
            if self.leaf:
                found.requires_grad = True
            return found
        if self.array:
            return np.array(value)
        return value[()] if isinstance(value, np.ndarray) and not value.ndim else value


def _without_graph(computed: Any) -> ArrayNode:
    """Return the node of results that depend on leaves; a sweep through it raises."""
    node = ArrayNode()
    node._a, node._b, node._saved, node._mark = _REPLAYED, None, None, 0.0
    node._operation, node._pull, node._shape = computed._operation, computed._pull, computed._shape
    return node
