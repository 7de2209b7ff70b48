"""The norm of all gradients together, and clipping. Next: `steps.py`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.mode import current_recorder
from autograd.settings import shown

from ..optim.checks import listed


def gradient_norm(parameters: Iterable[Any]) -> float:
    """Return the Euclidean norm of the gradients of all parameters as one vector.

    Parameters
    ----------
    parameters : iterable of Tensor and Value
        A gradient of None counts as 0.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If it is a single parameter, or holds anything else.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * [3.0, 4.0]).sum().backward()
    >>> nn.gradient_norm([w])
    5.0
    """
    recorder = current_recorder()
    if recorder is not None:
        norm: float = recorder.outcome(gradient_norm, listed("gradient_norm", parameters))
        return norm
    return _norm_of(listed("gradient_norm", parameters))


def _norm_of(parameters: Sequence[Any]) -> float:
    values: list[float] = []
    for p in parameters:
        g = p.grad.data if isinstance(p.grad, Tensor) else p.grad
        if g is not None:
            values.append(float(g) if isinstance(p, Value) else array_norm(np.asarray(g)))
    return math.hypot(*values)


def array_norm(g: Any) -> float:
    """Return the Euclidean norm of an array taken as a vector, without overflow."""
    flat = g.reshape(-1)
    if g.dtype == np.float64:
        with np.errstate(over="ignore", under="ignore"):
            square = float(np.dot(flat, flat))
        if 1e-200 < square < math.inf:
            return math.sqrt(square)
    # the squares overflow or underflow, or the dtype has few digits
    largest = float(np.abs(flat).max(initial=0.0))
    if not 0 < largest < math.inf:
        return largest
    scaled = flat.astype(np.float64) / largest
    return largest * math.sqrt(float(np.dot(scaled, scaled)))


def clip_by_norm(parameters: Iterable[Any], most: float) -> float:
    """Scale all gradients by one factor so that their norm together is at most ``most``.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.

    Parameters
    ----------
    parameters : iterable of Tensor and Value
    most : float

    Returns
    -------
    float
        The norm before scaling.

    Raises
    ------
    ValueError
        If ``most`` is not above 0.
    FloatingPointError
        If the norm is nan or infinite. No gradient has changed then.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * [3.0, 4.0]).sum().backward()
    >>> nn.clip_by_norm([w], 1.0), w.grad
    (5.0, array([0.6, 0.8]))
    """
    recorder = current_recorder()
    if recorder is not None:
        norm: float = recorder.outcome(clip_by_norm, listed("clip_by_norm", parameters), most)
        return norm
    check_limit("clip_by_norm", most)
    parameters = listed("clip_by_norm", parameters)
    norm = _norm_of(parameters)
    _scale(parameters, most, norm)
    return norm


def _scale(parameters: Sequence[Any], most: float, norm: float) -> None:
    if not math.isfinite(norm):
        raise FloatingPointError(
            f"clip_by_norm: the norm of the gradients is {norm}, which no factor makes finite; "
            "autograd.find_nan(loss) shows where it comes from"
        )
    if norm > most:
        # not in place: two parameters may share one array
        _set([(p, p.grad * (most / norm)) for p in parameters if p.grad is not None])


def _set(gradients: list[tuple[Any, Any]]) -> None:
    """Set the gradients of parameters, once all of them are known."""
    for p, g in gradients:
        p.grad = g


def clip_by_value(parameters: Iterable[Any], most: float) -> None:
    """Clip every entry of every gradient to the interval from -``most`` to ``most``.

    Parameters
    ----------
    parameters : iterable of Tensor and Value
    most : float

    Raises
    ------
    ValueError
        If ``most`` is not above 0.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> (w * [3.0, -0.5]).sum().backward()
    >>> nn.clip_by_value([w], 1.0)
    >>> w.grad
    array([ 1. , -0.5])
    """
    recorder = current_recorder()
    if recorder is not None:
        recorder.outcome(clip_by_value, listed("clip_by_value", parameters), most)
        return
    most = check_limit("clip_by_value", most)
    given = [p for p in listed("clip_by_value", parameters) if p.grad is not None]
    _set([(p, _clipped(p, most)) for p in given])


def _clipped(p: Any, most: float) -> Any:
    if isinstance(p, Value):
        return min(max(p.grad, -most), most)
    return np.clip(p.grad, -most, most)


def check_limit(name: str, most: Any) -> float:
    """Return a limit as a float; raise ValueError if it is not a number above 0.

    Examples
    --------
    >>> check_limit("clip_norm", 1)
    1.0
    """
    if isinstance(most, bool) or not isinstance(most, int | float | np.number) or not most > 0:
        raise ValueError(f"{name}: the limit is a number above 0, got {shown(most)}")
    return float(most)
