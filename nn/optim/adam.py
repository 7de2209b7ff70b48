"""Adam and AdamW, the formulas of PyTorch. Next: `rmsprop.py`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd.settings import shown

from .checks import checked, checked_eps
from .optimizer import Optimizer
from .slots import Block, Slot

_add, _subtract, _multiply, _divide, _sqrt = (
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.sqrt,
)


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
            raise ValueError(f"{name}: betas is a pair such as (0.9, 0.999), got {shown(betas)}")
        for beta in betas:
            checked(name, "a beta", beta, below=1.0)
        checked_eps(name, settings["eps"])

    def _prepare(self, slot: Slot) -> Any:
        self._settle(slot, "v_sum", self.eps)
        t = slot.steps + 1
        b1, b2 = self.betas
        # the sums replace m and v: √v̂ = k √v_sum, so that k becomes part of step size and eps
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
