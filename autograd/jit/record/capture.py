"""Capture of what a function reads from outside while recorded: tensors, gradients, optimizers.

Tensors from outside are noticed when their data are read. The recorder returns a recorded array in
place of the data and keeps what is written to it; the tensors themselves do not change, so that a
recording that fails has no effect. Next: `facts.py`.
"""

from __future__ import annotations

import copy
import gc
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import numpy as np

from ...array_nodes.facts import constant_of
from ...array_nodes.views import show
from ...blocks import ContextValue, tick
from ...node import LEAF
from ...tensor import Tensor
from ...value import Value
from ..program import Step
from .array import RecordedArray
from .generators import RecordedGenerator
from .operators import Refused
from .recorder import Recorder
from .sources import Argument, Data, Gradient, Holder, Leaf, Outside, Setting, Settings, State

MISSING: Any = object()
ACTIVE: ContextVar[Capture | None] = ContextVar("jit", default=None)


def uncaptured() -> ContextValue:
    """Return a context in which the recording is suspended."""
    return ContextValue(ACTIVE, None)


class Capture(Recorder):
    """A recording, with the tensors, arrays and optimizers from outside that it has met."""

    def __init__(self, tensors: Iterable[Any] = ()) -> None:
        super().__init__()
        self.sources: list[Any] = []
        self.holders: dict[int, Holder] = {}
        self.data: dict[int, RecordedArray] = {}
        self.changed: list[Holder] = []  # at the end, those whose data are others
        self.replaced: dict[int, Any] = {}
        self.leaves: dict[int, Leaf] = {}
        self.grads: dict[int, Any] = {}
        self.grads_given: dict[int, bool] = {}
        self.states: dict[tuple[int, str], tuple[State, RecordedArray]] = {}
        self.settings: list[Settings] = []
        self.steps_taken: dict[int, tuple[Any, int]] = {}
        self.modules: dict[int, Any] = {}
        self.arguments: list[tuple[Any, RecordedArray]] = []
        self._given: dict[int, Any] = {}
        self._generators: dict[int, RecordedGenerator] = {}
        self._born: dict[int, Any] = {}
        # outside tensors, with the node and the shape that they must keep
        self._external = [(t, t._node, t._shape) for t in tensors if isinstance(t, Tensor)]

    def source(self, source: Any, value: Any, label: str) -> RecordedArray:
        """Return a new input that is read from a source at each call."""
        kind = type(value)
        if isinstance(value, np.ndarray) and kind not in (np.ndarray, np.memmap):
            raise self.refusal(
                f"takes a {kind.__name__}, whose operators may be others than those of an array",
                "pass np.asarray(x)",
            )
        self.sources.append(source)
        found = self.input(value, label)
        if type(source) in (Data, State):  # arrays; a single number may be stored as a number
            found._array = True
        return found

    def argument(self, position: int, value: Any) -> RecordedArray:
        """Return the recorded array of an argument that is an array or a number."""
        source = Argument(position)
        found = self.source(source, value, f"argument {source.position}")
        self.arguments.append((source, found))
        return found

    # ---------------------------------------------------------------------------------------------
    # Tensors

    def substitute(self, tensor: Any, position: int) -> Any:
        """Return a stand-in for an argument that is a tensor."""
        holder = Holder(position=position)
        found = object.__new__(type(tensor))
        found._shape, found._node, found._view = tensor._shape, None, None
        with uncaptured():
            raw = tensor._data
        array = self.source(Data(holder), raw, tensor.label or f"argument {position}")
        self.data[id(found)] = array
        self.holders[id(found)] = holder
        self._born[id(found)] = found
        self._external.append((found, None, tensor._shape))
        found._data = array
        if tensor._node is not None:
            found.requires_grad = True
            found.node.label = tensor.label
            self._external[-1] = found, found._node, tensor._shape
            self.leaves[id(found._node)] = Leaf(position=position)
            self._given[id(found._node)] = tensor._node
        return found

    def read(self, tensor: Any, raw: Any) -> Any:
        """Return the recorded array for the data of a tensor."""
        found = self.data.get(id(tensor))
        if found is not None:
            return found
        if type(raw) is RecordedArray:
            return raw
        if id(tensor) in self._born:
            return self.lift(raw)
        return self._met(tensor, raw)

    def _met(self, tensor: Any, raw: Any) -> RecordedArray:
        node = tensor._node
        if node is not None and node._a is not None:
            raise self.refusal(
                f"uses {tensor._name()}, which was computed outside with a gradient",
                "compute it inside the function, or pass x.detach()",
            )
        holder = self.holders[id(tensor)] = Holder(tensor)
        found = self.source(Data(holder), raw, tensor.label or f"tensor {len(self.holders)}")
        self.data[id(tensor)] = found
        self._external.append((tensor, node, tensor._shape))
        if node is not None:
            self.leaves.setdefault(id(node), Leaf(node))
        else:
            # made now, so that it refers to the tensor's own array
            with uncaptured():
                constant_of(tensor)
        return found

    def write(self, tensor: Any, raw: Any, value: Any) -> bool:
        """Record a write to the data of a tensor; False for a tensor made inside."""
        if raw is MISSING:
            if type(value) is not RecordedArray:
                self._born[id(tensor)] = tensor
            return False
        if id(tensor) not in self.data and (type(raw) is RecordedArray or id(tensor) in self._born):
            return False
        self.read(tensor, raw)
        self.replaced[id(tensor)] = tensor
        self.data[id(tensor)] = self.lift(value)
        return True

    def assign_data(self, tensor: Any, data: Any) -> None:
        """Record an assignment to ``tensor.data``."""
        node = tensor._node
        if node is not None and node._a is not None:
            raise RuntimeError(
                "the data of a computed tensor cannot be assigned; change a leaf, or "
                "use .detach() for a new one"
            )
        current = tensor._data
        array = self.asarray(getattr(data, "_data", data))
        if array.shape != tensor._shape:
            raise ValueError(
                f"data of shape {array.shape} cannot replace those of {tensor._name()} with shape "
                f"{tensor._shape} in a recorded function"
            )
        if array is not current:
            tensor._data = self.astype(array, current.dtype).copy()
            show(tensor)
        if node is not None:
            node._mark = LEAF + tick()

    # ---------------------------------------------------------------------------------------------
    # Gradients

    def read_grad(self, node: Any, raw: Any) -> Any:
        """Return the gradient of a leaf; its first one is an input, or a guard that it is None."""
        key = id(node)
        if self._is_new(node):
            return raw
        if key not in self.grads:
            leaf = self.leaves.setdefault(key, Leaf(node))
            if key in self._given:
                with uncaptured():
                    raw = self._given[key].grad
            g = getattr(raw, "_data", raw)
            self.grads_given[key] = g is not None
            self.grads[key] = None if g is None else self.source(Gradient(leaf), g, "gradient")
        return self.grads[key]

    def write_grad(self, node: Any, value: Any) -> bool:
        """Record a write to the gradient of a leaf; False for a node made inside."""
        if self._is_new(node):
            return False
        self.leaves.setdefault(id(node), Leaf(node))
        self.grads[id(node)] = value
        return True

    def _is_new(self, node: Any) -> bool:
        if node._a is not None:
            return True
        value = getattr(node, "_value", None)  # unset while the node is being made
        return id(node) not in self.leaves and (value is None or type(value) is RecordedArray)

    def gradients_asked(self) -> list[tuple[Leaf, bool]]:
        """Return the leaves whose gradient the function read, and whether they had one."""
        return [(self.leaves[key], given) for key, given in self.grads_given.items()]

    # ---------------------------------------------------------------------------------------------
    # Optimizers

    def optimizer_step(self, optimizer: Any) -> None:
        """Do what ``optimizer.step()`` does, with recorded arrays in place of its own."""
        work = []
        for slot in optimizer._slots:
            p = getattr(slot, "parameter", None)
            if p is None:
                raise self.refusal(
                    "steps an optimizer over Values", "record functions of Values on their own"
                )
            array = p._data
            g = None if p._node is None else p._node.grad
            if g is not None:
                work.append((slot, p, array, getattr(g, "_data", g)))
        constants: dict[Any, list[Any]] = {}
        for slot, p, array, g in work:
            if g.shape != p._shape:
                raise ValueError(
                    f"the gradient of {p._name()} has shape {g.shape}, the parameter {p._shape}"
                )
            ahead = self.steps_taken.get(id(slot), (slot, 0))[1]
            key = slot.steps + ahead, slot.kind
            if key not in constants:
                constants[key] = self._numbers(optimizer, slot, ahead)
            block = optimizer_block(slot)(
                part=...,
                data=array,
                kept=tuple(self._state(slot, name) for name in slot.kept),
                scratch=self.constant(np.zeros(p._shape, slot.dtype)),
            )
            optimizer._update(block, self.astype(self.lift(g), slot.dtype), constants[key])
            self.steps_taken[id(slot)] = slot, ahead + 1
            p._node._mark = LEAF + tick()

    def _numbers(self, optimizer: Any, slot: Any, ahead: int) -> list[Any]:
        with uncaptured():
            settings = Settings(optimizer, slot, ahead)
        self.settings.append(settings)
        return [
            self.source(Setting(settings, i), x, f"setting {i}")
            for i, x in enumerate(settings.numbers)
        ]

    def _state(self, slot: Any, name: str) -> RecordedArray:
        key = id(slot), name
        if key not in self.states:
            state = State(slot, name)
            self.states[key] = state, self.source(state, slot.kept[name], name)
        return self.states[key][1]

    def generator(self, x: Any, position: int) -> Any:
        """Return a stand-in for a generator, whose draws become steps."""
        step = self.source(Argument(position), copy.deepcopy(x), f"argument {position}")
        return RecordedGenerator(self, step)

    def outside(self, x: Any) -> RecordedArray:
        """Return the recorded array of an array that the function closes over."""
        known = self._lifted.get(id(x))
        if known is None:
            source = Outside(x)
            found = self.source(source, x, "array")
            self.arguments.append((source, found))
            known = self._lifted[id(x)] = x, found
        return known[1]

    def outside_generator(self, x: Any) -> Any:
        """Return a stand-in for a generator that the function closes over."""
        if id(x) not in self._generators:
            source = self.source(Outside(x), copy.deepcopy(x), "generator")
            self._generators[id(x)] = RecordedGenerator(self, source)
        return self._generators[id(x)]

    # ---------------------------------------------------------------------------------------------
    # The end of the recording

    def check_outside(self) -> None:
        """Undo changes of outside tensors, and raise for them, and for everything else refused."""
        changed = []
        for tensor, node, shape in self._external:
            if tensor._node is not node or tensor._shape != shape:
                changed.append(tensor)
                tensor._node, tensor._shape = node, shape
        if changed:
            raise self.refusal(
                f"changes {changed[0]._name()} from outside into another tensor (by x += y, "
                "requires_grad or a new shape)",
                "return the new tensor instead",
            )
        if self.refused is not None:
            raise self.refused

    def results(self) -> tuple[list[tuple[Any, Step | None]], list[tuple[Step, Step]]]:
        """Return the assignments at the end, (source, step or None), and the in-place updates."""
        self.check_outside()
        sources = {id(source): step for source, step in zip(self.sources, self.inputs, strict=True)}
        given = {
            id(source.holder): step
            for source, step in zip(self.sources, self.inputs, strict=True)
            if type(source) is Data
        }
        bindings: list[tuple[Any, Step | None]] = []
        updates = []
        for key, array in self.data.items():
            holder = self.holders[key]
            old = given[id(holder)]
            if array.step is old:
                continue
            self.changed.append(holder)
            if key in self.replaced:
                bindings.append((Data(holder), array.step))
            else:
                updates.append((old, array.step))
        for state, array in [*self.states.values(), *self.arguments]:
            if array.step is not sources[id(state)]:
                updates.append((sources[id(state)], array.step))
        for key, g in self.grads.items():
            step = None if g is None else self.lift(getattr(g, "_data", g)).step
            if not (self.grads_given.get(key) and step in self.inputs) and (
                step is not None or self.grads_given.get(key, True)
            ):
                bindings.append((Gradient(self.leaves[key]), step))
        return bindings, updates

    def close(self, name: str) -> None:
        """Drop all recorded arrays; raise if the function kept one."""
        for known in (self.data, self.states, self.grads, self.replaced, self._born, self._lifted):
            known.clear()
        self.arguments.clear()
        self._generators.clear()
        self._external.clear()
        if self.held:
            gc.collect()
        if self.held:
            raise Refused(
                f"jit: {name} keeps a recorded value beyond the call, in a list, an attribute or a "
                "global; return it instead"
            )

    def output(self, x: Any) -> Step | None:
        """Return the step of a returned value; None if it is not recorded."""
        if isinstance(x, Value):
            raise self.refusal("returns a Value", "record functions of Values on their own")
        if type(x) is RecordedArray:
            return x.step
        if isinstance(x, Tensor) and (type(x._data) is RecordedArray):
            step: Step = x._data.step
            return step
        return None


def optimizer_block(slot: Any) -> Any:
    """Return the class of the blocks that a slot's optimizer updates."""
    return sys.modules[type(slot).__module__].Block
