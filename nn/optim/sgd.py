"""SGD, the formula of PyTorch, with a faster step for small networks. Next: `adam.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd.arithmetic import otherwise_quietly, run_quietly
from autograd.array_nodes.node import APPLIED
from autograd.mode import tick
from autograd.node import LEAF
from autograd.settings import checked_flag

from .checks import checked
from .optimizer import Optimizer
from .slots import Array, Block, Slot, constants

_add, _subtract, _multiply = np.add, np.subtract, np.multiply


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
        nesterov = checked_flag("SGD: nesterov", nesterov)
        self._check_settings(settings | {"nesterov": nesterov})
        self.momentum = float(momentum)
        self.nesterov = nesterov
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
        if self._kept:
            self._settle(slot)
        numbers = self.lr, self.momentum, 1 - self.dampening, self.weight_decay
        return *slot.constants(numbers), self._kept != () and slot.steps == 0

    @property
    def _scales(self) -> bool:  # type: ignore[override]
        return not self._kept and not self.weight_decay

    def _run(self) -> bool:
        held = self._held
        if self._kept or self.weight_decay or not held.fits():
            return super()._run()
        (lr,) = constants((self._lr,), held.kind)
        mark = LEAF + tick()
        try:  # as `quietly` does
            run_quietly(self._descend, lr, mark)
        except RuntimeError as error:
            otherwise_quietly(error, self._descend, lr, mark)
        return True

    def _descend(self, lr: Array, mark: float) -> None:
        """Do what `_change` does, for plain descent: the fast path of small networks."""
        gathered = self._held.gathered
        if gathered.size:
            _multiply(gathered, lr, gathered)
        for _, node, p, scratch, done in self._held.tensors:
            if not done:
                _multiply(node._grad, lr, scratch)
            _subtract(p, scratch, p)
            node._mark = mark
        self._held.tensors[0][1]._fits = APPLIED

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
                # dampening scales the new gradient, which may be in the scratch array
                b += g if undamped == 1 else g * undamped
            g = g + momentum * b if self.nesterov else b
        _multiply(g, lr, t)
        _subtract(p, t, p)
