"""Optimizer, the base class: the parameters, the order of a step, the state. Next: `sgd.py`.

A step reads and checks all gradients before it changes any weight, so a step that fails changes
nothing. A formula is written once, on arrays in place: the values of a list are gathered into one
array for the step.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Never

from autograd import Tensor, Value
from autograd.absent import AbsentOfOptimizer, refuse_options
from autograd.arithmetic import quietly
from autograd.array_nodes.node import APPLIED
from autograd.mode import effect, tick, warn_user
from autograd.node import LEAF, name_of
from autograd.settings import checked_size

from ..modules.module import Module
from ..modules.states import check_entries, check_mapping, converted
from .checks import checked, checked_parameters
from .slots import (
    SETTLING,
    Block,
    Held,
    Scratch,
    Slot,
    TensorSlot,
    ValueSlot,
    Work,
    ready,
)


class Optimizer(AbsentOfOptimizer, ABC):
    """The base class: the parameters, the learning rate, and the order of a step.

    A subclass lists its hyperparameters in ``_settings`` and the arrays that it keeps for every
    parameter in ``_kept``, and changes a parameter by ``_prepare`` (the numbers for this step) and
    ``_update``. Every 128 steps kept numbers that have become denormal are set to 0.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = nn.SGD([w], lr=0.1)
    >>> isinstance(optimizer, nn.optim.Optimizer), optimizer.lr
    (True, 0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([0.8, 1.6])
    """

    _settings: tuple[str, ...] = ("lr",)
    _kept: tuple[str, ...] = ()
    _scales = False  # whether a step only subtracts the gradient times a number

    def __init__(self, parameters: Iterable[Any], lr: float) -> None:
        self._parameters = tuple(checked_parameters(type(self).__name__, parameters))
        self.lr = lr
        self._tensors = [p for p in self.parameters if isinstance(p, Tensor)]
        self._values = [p for p in self.parameters if isinstance(p, Value)]
        self._held = Held()
        kept, scratch = self._kept, Scratch()
        self._slots: list[Slot] = [TensorSlot(p, kept, scratch) for p in self._tensors]
        if self._values:
            self._slots.append(ValueSlot(self._values, kept, scratch))

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The parameters; for others, which have no momenta here, make another optimizer."""
        return self._parameters

    @property
    def lr(self) -> float:
        """The learning rate; may be set between steps."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = checked(type(self).__name__, "lr", lr)

    def zero_grad(self, **options: Never) -> None:
        """Reset the gradients of all parameters: None for tensors, 0.0 for values."""
        if options:
            refuse_options("zero_grad", options)
        for p in self._tensors:
            if (node := p._node) is not None:
                node._grad = None
        for value in self._values:
            value.grad = 0.0

    @effect
    def step(self) -> None:
        """Change every parameter by its gradient; a tensor whose gradient is None is skipped.

        Warns if all of them are skipped, or if a gradient that was used in an earlier step is a
        part of the one at hand, as `zero_grad` was forgotten.

        Raises
        ------
        ValueError, TypeError
            If a gradient does not fit its parameter, or a parameter's data cannot be written.
            Nothing has changed then.
        """
        if not self._run():
            warnings.warn(
                f"{type(self).__name__}.step: none of the {len(self.parameters)} parameters has a "
                "gradient, so nothing changes; call loss.backward() before, on a loss of the model "
                "whose parameters these are",
                stacklevel=3,
            )

    def _run(self) -> bool:
        """Make a step, and return whether any parameter had a gradient."""
        held = self._held
        if held.fits() and held.whole():
            quietly(self._change_held, LEAF + tick())
            held.tensors[0][1]._fits = APPLIED
            return True
        work = ready(self._slots)
        first = next((t for t in self._tensors if t.grad is not None), None)
        if first is not None and first._node._fits is None:
            warn_user(
                f"{type(self).__name__}.step: the gradient of {name_of(first._node)} holds that of "
                "an earlier step, which would be applied again; call zero_grad() once per step, "
                "before backward()"
            )
        quietly(self._change, work, tick())
        held.bind(self._slots, self._scales)
        if first is not None and first._node._fits is not False:  # unless the user set it
            first._node._fits = APPLIED
        return bool(work)

    def _change(self, work: Work, stamp: float) -> None:
        update, steps, kind, constants = self._update, None, None, None
        for slot, g in work:
            if slot.steps != steps or slot.kind is not kind:
                steps, kind, constants = slot.steps, slot.kind, self._prepare(slot)
            for block in slot.blocks:
                part = block.part
                update(block, g if part is ... else g[part], constants)
            slot.steps += 1
            slot.write(stamp)

    def _change_held(self, mark: float) -> None:
        """Do what `_change` does, for tensors of one block not replaced since the last step."""
        held, update, steps, constants = self._held, self._update, None, None
        for (slot, block), (_, node, *_) in zip(held.blocks, held.tensors, strict=True):
            if slot.steps != steps:
                steps, constants = slot.steps, self._prepare(slot)
            update(block, node._grad, constants)
            slot.steps += 1
            node._mark = mark

    def _settle(self, slot: Slot, squares: str = "", eps: float = 0.0) -> None:
        """Before some of the steps of a parameter, rid all kept arrays of denormal numbers."""
        if slot.steps % SETTLING == SETTLING - 1:
            for other in self._slots:
                other.settle(squares, eps)

    @abstractmethod
    def _prepare(self, slot: Slot) -> Any:
        """Return the constants of this step for a parameter, in its dtype."""

    @abstractmethod
    def _update(self, block: Block, g: Any, constants: Any) -> None:
        """Change a block of a parameter in place; ``g`` is its gradient and must not be changed."""

    # ---------------------------------------------------------------------------------------------
    # State

    def state_dict(self) -> dict[str, Any]:
        """Return a flat dictionary of the settings and, by parameter number, of the kept arrays.

        All `Value` parameters together are one entry, the last.

        Examples
        --------
        >>> sorted(SGD([Value(1.0)], lr=0.1, momentum=0.9).state_dict())[:3]
        ['0.momentum_buffer', '0.steps', 'dampening']
        """
        state: dict[str, Any] = {"optimizer": type(self).__name__}
        state |= {name: getattr(self, name) for name in self._settings}
        for i, slot in enumerate(self._slots):
            if slot.kept:
                state[f"{i}.steps"] = slot.steps
            state |= {f"{i}.{name}": array.copy() for name, array in slot.kept.items()}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the `state_dict` of an optimizer of the same parameters.

        Parameters
        ----------
        state : mapping

        Raises
        ------
        ValueError
            If it is of another optimizer, or an entry is missing, unknown or of another shape.
            Nothing has changed then.
        """
        name = type(self).__name__
        check_mapping(name, state)
        own = self.state_dict()
        check_entries(name, own, state)
        # everything is converted before anything is changed
        new = {key: converted(f"{name}: {key}", own[key], state[key]) for key in self._settings}
        self._check_settings(new)
        steps = [
            checked_size(f"{name}: {i}.steps", state.get(f"{i}.steps", 0), 0)
            for i in range(len(self._slots))
        ]
        arrays = [
            {k: converted(f"{name}: {i}.{k}", a, state[f"{i}.{k}"]) for k, a in slot.kept.items()}
            for i, slot in enumerate(self._slots)
        ]
        for key, value in new.items():
            setattr(self, key, value)
        for slot, count, kept in zip(self._slots, steps, arrays, strict=True):
            slot.steps = count
            for key, array in kept.items():
                slot.kept[key][...] = array

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        """Raise if a setting is out of range."""
        name = type(self).__name__
        for key in ("lr", "momentum", "weight_decay"):
            if key in settings:
                checked(name, key, settings[key])

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._settings)
        return f"{type(self).__name__}({len(self.parameters)} parameters, {settings})"


def check_optimizer(name: str, optimizer: Any, model: Module | None = None) -> None:
    """Raise if the argument of a function is not an optimizer of this model's parameters."""
    if not isinstance(optimizer, Optimizer):
        what = type(optimizer).__name__
        if isinstance(optimizer, type):
            what = f"the class {optimizer.__name__}"
        raise TypeError(
            f"{name}: the optimizer is {what}; give one of nn.optim, such as "
            "nn.Adam(model.parameters())"
        )
    if model is not None:
        held = {id(p) for p in model.parameters()}
        if not any(id(p) in held for p in optimizer.parameters):
            raise ValueError(
                f"{name}: the optimizer has none of the model's parameters; make it with "
                "model.parameters() of this very model"
            )
