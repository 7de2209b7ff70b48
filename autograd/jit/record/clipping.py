"""Clipping of gradients by their norm, as one recorded program whether it clips or not.

`nn.training.gradients` branches on the norm; here the factor is 1 if nothing is to be clipped, so
that no new recording is needed when that changes. Next: `../optimize/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...value import Value
from .capture import Capture
from .lowering import inner
from .recorder import Recorder


def gradient_norm(capture: Capture, parameters: Sequence[Any]) -> Any:
    """Return the recorded norm of all gradients together."""
    if any(isinstance(p, Value) for p in parameters):
        raise capture.refusal(
            "takes the norm of the gradients of Values", "record functions of Values on their own"
        )
    grads = [p.grad for p in parameters]
    arrays = [capture.lift(getattr(g, "_data", g)) for g in grads if g is not None]
    wide = [capture.astype(g, np.float64) for g in arrays if g.size]
    if not wide:
        return 0.0
    total = _sum_of_squares(capture, wide)
    if capture.decide((total > 1e-200) & (total < np.inf)):
        return capture.number(np.sqrt(total))
    # the squares overflow or underflow
    largest = np.abs(wide[0]).max()
    for g in wide[1:]:
        largest = np.maximum(largest, np.abs(g).max())
    if not capture.decide((largest > 0) & (largest < np.inf)):
        return capture.number(largest)
    scaled = _sum_of_squares(capture, [g / largest for g in wide])
    return capture.number(largest * np.sqrt(scaled))


def _sum_of_squares(r: Recorder, arrays: Sequence[Any]) -> Any:
    found = [r.step("product", "inner", inner, (g, g)) for g in arrays]
    return sum(found[1:], found[0])


def scale(capture: Capture, parameters: Sequence[Any], most: Any, norm: Any) -> bool:
    """Scale gradients of this norm, if that is finite; return whether it is."""
    norm = capture.asarray(norm)
    if not capture.decide(np.isfinite(norm)):
        return False
    factor: Any = np.where(norm > most, most / norm, 1.0)
    number = capture.number(factor)
    for p in parameters:
        if p.grad is not None:
            p.grad = p.grad * number
    return True
