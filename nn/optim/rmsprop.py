"""RMSProp, an optimizer like Adam without the running mean of the gradient. Next: `slots.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd.settings import checked_flag

from .checks import checked, checked_eps
from .optimizer import Optimizer
from .slots import Block, Slot


class RMSProp(Optimizer):
    """Steps of the gradient over the root of the running mean of its square.

    v ← α v + (1 - α) g²; p ← p - lr · g / (√v + eps). Centred, the running mean m of the gradient
    counts too: √(v - m²). With momentum b ← momentum · b + g / (√v + eps) and p ← p - lr · b.
    Weight decay is added to the gradient: g ← g + weight_decay · p.

    Parameters
    ----------
    parameters : iterable of Tensor and Value
        Leaves, each once.
    lr : float
    alpha : float
        From 0 to below 1.
    eps : float
        Above 0.
    weight_decay, momentum : float
    centered : bool

    Raises
    ------
    ValueError, TypeError
        If a number is out of range, or there are no, computed, repeated or only frozen parameters.

    Notes
    -----
    Tieleman and Hinton, Neural networks for machine learning, lecture 6.5 (2012).

    Examples
    --------
    >>> w = Value(3.0)
    >>> optimizer = RMSProp([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    2.0
    """

    _settings = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered")

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        numbers = {"eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        self._check_settings(numbers | {"alpha": alpha})
        self.alpha = float(alpha)
        self.eps = float(eps)
        self.weight_decay = float(weight_decay)
        self.momentum = float(momentum)
        self.centered = checked_flag("RMSProp: centered", centered)
        self._kept = (
            "square_mean",
            *(("gradient_mean",) if self.centered else ()),
            *(("momentum_buffer",) if momentum else ()),
        )
        super().__init__(parameters, lr)

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        super()._check_settings(settings)
        checked("RMSProp", "alpha", settings["alpha"], below=1.0)
        checked_eps("RMSProp", settings["eps"])

    def _prepare(self, slot: Slot) -> Any:
        if slot.kind == "f":  # in double precision means take 70,000 steps to become denormal
            self._settle(slot, "square_mean", self.eps)
        numbers = self.lr, self.alpha, 1 - self.alpha, self.eps, self.weight_decay, self.momentum
        return slot.constants(numbers)

    def _update(self, block: Block, g: Any, constants: Any) -> None:
        lr, alpha, fresh, eps, decay, momentum = constants
        p, t, kept = block.data, block.scratch, dict(zip(self._kept, block.kept, strict=True))
        v = kept["square_mean"]
        if self.weight_decay:
            g = p * decay + g
        v *= alpha
        np.multiply(g, g, t)
        t *= fresh
        v += t
        t[...] = v
        if "gradient_mean" in kept:
            m = kept["gradient_mean"]
            m *= alpha
            m += g * fresh
            t -= m * m
            # rounding may make the variance of a constant gradient negative
            np.maximum(t, 0, out=t)
        np.sqrt(t, t)
        t += eps
        np.divide(g, t, t)
        if "momentum_buffer" in kept:
            b = kept["momentum_buffer"]
            b *= momentum
            b += t
            t[...] = b
        t *= lr
        p -= t
