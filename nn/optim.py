"""Optimizers: SGD, Adam and AdamW, over tensors and over values. Next: `slots.py`.

A step reads and checks all gradients before it changes any weight, so a step that fails changes
nothing. The formulas are PyTorch's. They are written once, on arrays in place: the values of a
list are gathered into one array for the step.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.arithmetic import quietly
from autograd.mode import effect, tick
from autograd.node import LEAF

from .slots import (
    Array,
    Block,
    Held,
    Scratch,
    Slot,
    TensorSlot,
    ValueSlot,
    Work,
    check_state,
    checked,
    checked_parameters,
    constants,
    ready,
)

_add, _subtract, _multiply, _divide, _sqrt = (
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.sqrt,
)


class Optimizer(ABC):
    """The base class: the list of parameters, the learning rate, and the order of a step.

    A subclass names its hyperparameters in ``_settings`` and the arrays it keeps for every
    parameter in ``_kept``, and changes one parameter in ``_prepare`` (its numbers for this step)
    and ``_update``.

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

    def __init__(self, parameters: Iterable[Any], lr: float) -> None:
        self.parameters = checked_parameters(type(self).__name__, parameters)
        self.lr = lr
        self._tensors = [p for p in self.parameters if isinstance(p, Tensor)]
        self._values = [p for p in self.parameters if isinstance(p, Value)]
        self._held = Held()
        kept, scratch = self._kept, Scratch()
        self._slots: list[Slot] = [TensorSlot(p, kept, scratch) for p in self._tensors]
        if self._values:
            self._slots.append(ValueSlot(self._values, kept, scratch))

    @property
    def lr(self) -> float:
        """The learning rate; set it to change it between steps."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = checked(type(self).__name__, "lr", lr)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: None for tensors, 0.0 for values."""
        for p in self._tensors:
            if (node := p._node) is not None:
                node._grad = None
        for value in self._values:
            value.grad = 0.0

    @effect
    def step(self) -> None:
        """Change every parameter by its gradient; a tensor whose gradient is None is skipped.

        Raises
        ------
        ValueError, TypeError
            If a gradient does not fit its parameter, or a parameter's data cannot be written.
            Nothing has changed then.
        """
        self._run()

    def _run(self) -> None:
        held = self._held
        if held.fits() and held.whole():
            quietly(self._change_held, LEAF + tick())
        else:
            quietly(self._change, ready(self._slots), tick())
            held.bind(self._slots)

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
        """Do as `_change`, for tensors of one block that nobody replaced since the last step."""
        held, update, steps, constants = self._held, self._update, None, None
        for (slot, block), (_, node, _, _) in zip(held.blocks, held.tensors, strict=True):
            if slot.steps != steps:
                steps, constants = slot.steps, self._prepare(slot)
            update(block, node._grad, constants)
            slot.steps += 1
            node._mark = mark

    @abstractmethod
    def _prepare(self, slot: Slot) -> Any:
        """Return the numbers of this step for a parameter, in its dtype."""

    @abstractmethod
    def _update(self, block: Block, g: Any, constants: Any) -> None:
        """Change a block of a parameter in place; ``g`` is its gradient and must stay as it is."""

    # ---------------------------------------------------------------------------------------------
    # State

    def state_dict(self) -> dict[str, Any]:
        """Return a flat dictionary of the settings and, by parameter number, of what is kept.

        All values of the list are one entry, the last.

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
        """Continue from what `state_dict` of an optimizer over the same parameters returned.

        Raises
        ------
        ValueError
            If it is of another optimizer, an entry is missing, unknown or of another shape. Nothing
            has changed then.
        """
        name, own = type(self).__name__, self.state_dict()
        check_state(name, state)
        if state.get("optimizer") != name:
            raise ValueError(
                f"the state is of {state.get('optimizer')!r}, this is {name}; make one of its kind"
            )
        wrong = sorted(own.keys() ^ state.keys())
        if wrong:
            raise ValueError(
                f"{name}: the state has missing or unknown entries: {', '.join(wrong)}; make the "
                "optimizer over the same parameters"
            )
        for key, known in own.items():
            shape = np.shape(state[key])
            if shape != np.shape(known):
                raise ValueError(
                    f"{name}: the entry {key!r} has shape {shape}, {np.shape(known)} is needed; "
                    "make the optimizer over the same parameters"
                )
        # everything is converted before anything is changed
        new = {key: type(own[key])(state[key]) for key in self._settings}
        self._check_settings(new)
        steps = [int(state.get(f"{i}.steps", 0)) for i in range(len(self._slots))]
        arrays = [
            {k: np.array(state[f"{i}.{k}"], slot.dtype) for k in slot.kept}
            for i, slot in enumerate(self._slots)
        ]
        for key, value in new.items():
            setattr(self, key, value)
        for slot, count, kept in zip(self._slots, steps, arrays, strict=True):
            slot.steps = count
            for key, array in kept.items():
                slot.kept[key][...] = array

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        """Raise where a setting makes no sense."""
        name = type(self).__name__
        for key in ("lr", "momentum", "weight_decay"):
            if key in settings:
                checked(name, key, settings[key])

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._settings)
        return f"{type(self).__name__}({len(self.parameters)} parameters, {settings})"


def _check_optimizer(name: str, optimizer: Any) -> None:
    """Raise TypeError if what a function was given is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        what = type(optimizer).__name__
        if isinstance(optimizer, type):
            what = f"the class {optimizer.__name__}"
        raise TypeError(
            f"{name}: the optimizer is {what}; give one of nn.optim, such as "
            "nn.Adam(model.parameters())"
        )


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p - lr · g, with momentum and weight decay if wanted.

    With weight decay g ← g + weight_decay · p. With momentum b ← momentum · b + (1 - dampening) ·
    g, the first b being g, and p ← p - lr · b; under Nesterov's rule p ← p - lr · (g + momentum ·
    b).

    Parameters
    ----------
    parameters : iterable of Tensor and Value
        Leaves, each once.
    lr : float
        The learning rate.
    momentum, weight_decay, dampening : float
    nesterov : bool
        Needs momentum, and no dampening.

    Raises
    ------
    ValueError, TypeError
        If a number is negative or nan, or there are no, computed, repeated or only frozen
        parameters.

    Examples
    --------
    >>> w = Value(3.0)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    2.4
    """

    _settings = ("lr", "momentum", "nesterov", "weight_decay", "dampening")

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        dampening: float = 0.0,
    ) -> None:
        settings = {"momentum": momentum, "weight_decay": weight_decay, "dampening": dampening}
        self._check_settings(settings | {"nesterov": nesterov})
        self.momentum = float(momentum)
        self.nesterov = bool(nesterov)
        self.weight_decay = float(weight_decay)
        self.dampening = float(dampening)
        self._kept = ("momentum_buffer",) if momentum else ()
        super().__init__(parameters, lr)

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        super()._check_settings(settings)
        checked("SGD", "dampening", settings["dampening"])
        if settings["nesterov"] and (not settings["momentum"] or settings["dampening"]):
            raise ValueError("SGD: nesterov=True needs a momentum above 0 and dampening 0")

    def _prepare(self, slot: Slot) -> Any:
        numbers = self.lr, self.momentum, 1 - self.dampening, self.weight_decay
        return *slot.constants(numbers), self._kept != () and slot.steps == 0

    def _run(self) -> None:
        if self._kept or self.weight_decay or not self._held.fits():
            super()._run()
        else:
            (lr,) = constants((self._lr,), self._held.kind)
            quietly(self._descend, lr, LEAF + tick())

    def _descend(self, lr: Array, mark: float) -> None:
        """Do as `_change` of plain descent, which most small networks spend a step on."""
        for _, node, p, scratch in self._held.tensors:
            _subtract(p, _multiply(node._grad, lr, scratch), p)
            node._mark = mark

    def _update(self, block: Block, g: Any, constants: Any) -> None:
        lr, momentum, undamped, decay, first = constants
        p, t, kept = block.data, block.scratch, block.kept
        if self.weight_decay:
            _multiply(p, decay, t)
            g = _add(t, g, t)
        if kept and self.momentum:
            b = kept[0]
            if first:
                b[...] = g
            else:
                _multiply(b, momentum, b)
                # dampening scales the new gradient; the scratch may hold that gradient
                b += g if undamped == 1 else g * undamped
            g = g + momentum * b if self.nesterov else b
        _multiply(g, lr, t)
        _subtract(p, t, p)


class Adam(Optimizer):
    """Adam: steps of the size lr, by running means of the gradient and of its square.

    m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; p ← p - lr · m̂ / (√v̂ + eps), where m̂ = m / (1
    - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) at a parameter's t-th step. Weight decay is added to the
    gradient: g ← g + weight_decay · p. Kept are ``m_sum`` = m / (1 - β₁) and ``v_sum`` = v / (1 -
    β₂).

    Parameters
    ----------
    parameters : iterable of Tensor and Value
        Leaves, each once.
    lr : float
    betas : pair of float
        β₁ and β₂, from 0 to below 1.
    eps : float
        Above 0.
    weight_decay : float

    Raises
    ------
    ValueError, TypeError
        As in `SGD`, and if a beta or eps is out of range.

    Examples
    --------
    >>> w = Value(3.0)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    2.9
    """

    _settings = ("lr", "betas", "eps", "weight_decay")
    _kept = ("m_sum", "v_sum")
    _decoupled = False

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self._check_settings({"betas": betas, "eps": eps, "weight_decay": weight_decay})
        self.betas = float(betas[0]), float(betas[1])
        self.eps = float(eps)
        self.weight_decay = float(weight_decay)
        super().__init__(parameters, lr)

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        super()._check_settings(settings)
        name, betas = type(self).__name__, settings["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"{name}: betas is a pair such as (0.9, 0.999), got {betas!r}")
        for beta in betas:
            checked(name, "a beta", beta, below=1.0)
        if checked(name, "eps", settings["eps"]) == 0:
            raise ValueError(f"{name}: eps must be above 0, such as 1e-8; it keeps 0 / 0 away")

    def _prepare(self, slot: Slot) -> Any:
        t = slot.steps + 1
        b1, b2 = self.betas
        # with the sums in the places of m and v: √v̂ = k √v_sum, so k goes into the step size and
        # eps
        k = math.sqrt((1 - b2) / (1 - b2**t))
        size = self.lr * (1 - b1) / (1 - b1**t) / k
        decay = 1 - self.lr * self.weight_decay if self._decoupled else self.weight_decay
        return slot.constants((b1, b2, self.eps / k, size, decay))

    def _update(self, block: Block, g: Any, constants: Any) -> None:
        b1, b2, eps, size, decay = constants
        p, t, (m, v) = block.data, block.scratch, block.kept
        if self.weight_decay:
            if self._decoupled:
                _multiply(p, decay, p)
            else:
                g = _add(_multiply(p, decay), g)
        _multiply(m, b1, m)
        _add(m, g, m)
        _multiply(v, b2, v)
        _multiply(g, g, t)
        _add(v, t, v)
        _sqrt(v, t)
        _add(t, eps, t)
        _divide(m, t, t)
        _multiply(t, size, t)
        _subtract(p, t, p)


class AdamW(Adam):
    """Adam with decoupled weight decay: p ← p - lr · weight_decay · p before Adam's step.

    Parameters
    ----------
    parameters, lr, betas, eps
        As in `Adam`.
    weight_decay : float

    Raises
    ------
    ValueError, TypeError
        As in `Adam`.

    Examples
    --------
    >>> w = Value(3.0)
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * 0).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    2.85
    """

    _decoupled = True

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)
