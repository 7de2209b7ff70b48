"""Random numbers scaled so that signals keep their size from layer to layer. Next: `__init__.py`.

The scale follows from the numbers of inputs and outputs of a layer, (fan_in, fan_out).
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt

from autograd.settings import checked_number

from .common import Array, Initialiser, Rng, checked_shape, float_dtype, generator
from .plain import normal, uniform


def fans(shape: tuple[int, ...], name: str) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight matrix.

    Parameters
    ----------
    shape : tuple of int
    name : str
        What an error calls the initialiser.

    Returns
    -------
    fan_in, fan_out : int

    Raises
    ------
    ValueError
        If the shape is not that of a matrix.

    Examples
    --------
    >>> fans((2, 3), "xavier_uniform")
    (2, 3)
    """
    shape = checked_shape(name, shape)
    if len(shape) != 2:
        raise ValueError(
            f"{name} needs a weight matrix (fan_in, fan_out), got shape {shape}; for other "
            "shapes use zeros, uniform or normal"
        )
    return shape[0], shape[1]


def _factor(name: str, x: float, least: float = -math.inf) -> float:
    """Return a gain or leak, if it is a finite number."""
    if not math.isfinite(x := checked_number(name, x)):
        raise ValueError(f"{name} must be finite, got {x}; all weights would be nan or infinite")
    return checked_number(name, x, least)


def xavier_uniform(
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    gain: float = 1.0,
) -> Array:
    """Draw uniformly with variance 2 gain² / (fan_in + fan_out), for all layers but ReLU's.

    Parameters
    ----------
    shape, rng, dtype
        As for `unit_uniform`; the shape is (fan_in, fan_out).
    gain : float

    Returns
    -------
    array of this shape and dtype

    Examples
    --------
    >>> w = xavier_uniform((3, 3), 0)
    >>> bool((abs(w) <= 1).all())
    True
    """
    fan_in, fan_out = fans(shape, "xavier_uniform")
    bound = _factor("xavier_uniform: gain", gain, 0) * math.sqrt(6 / max(1, fan_in + fan_out))
    return uniform(-bound, bound)(shape, rng, dtype)


def xavier_normal(
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    gain: float = 1.0,
) -> Array:
    """Draw from a normal distribution with variance 2 gain² / (fan_in + fan_out).

    Parameters
    ----------
    shape, rng, dtype, gain
        As for `xavier_uniform`.

    Returns
    -------
    array of this shape and dtype

    Examples
    --------
    >>> xavier_normal((2, 3), 0).shape
    (2, 3)
    """
    fan_in, fan_out = fans(shape, "xavier_normal")
    std = _factor("xavier_normal: gain", gain, 0) * math.sqrt(2 / max(1, fan_in + fan_out))
    return normal(0.0, std)(shape, rng, dtype)


def he_uniform(
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    leak: float = 0.0,
) -> Array:
    """Draw uniformly with variance 2 / ((1 + leak²) fan_in), for ReLU and leaky ReLU layers.

    Parameters
    ----------
    shape, rng, dtype
        As for `xavier_uniform`.
    leak : float
        The slope of the activation for negative inputs.

    Returns
    -------
    array of this shape and dtype

    Examples
    --------
    >>> w = he_uniform((6, 3), 0)
    >>> bool((abs(w) <= 1).all())
    True
    """
    slope = _factor("he_uniform: leak", leak)
    bound = math.sqrt(6 / ((1 + slope**2) * max(1, fans(shape, "he_uniform")[0])))
    return uniform(-bound, bound)(shape, rng, dtype)


def he_normal(
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    leak: float = 0.0,
) -> Array:
    """Draw from a normal distribution with variance 2 / ((1 + leak²) fan_in).

    Parameters
    ----------
    shape, rng, dtype, leak
        As for `he_uniform`.

    Returns
    -------
    array of this shape and dtype

    Examples
    --------
    >>> he_normal((2, 3), 0).shape
    (2, 3)
    """
    slope = _factor("he_normal: leak", leak)
    std = math.sqrt(2 / ((1 + slope**2) * max(1, fans(shape, "he_normal")[0])))
    return normal(0.0, std)(shape, rng, dtype)


def orthogonal(gain: float = 1.0) -> Initialiser:
    """Return an initialiser whose matrices have orthonormal rows or columns, times ``gain``.

    Parameters
    ----------
    gain : float

    Returns
    -------
    function (shape, rng, dtype) -> array

    Examples
    --------
    >>> w = orthogonal()((3, 2), 0, float)
    >>> (w.T @ w).round(12) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    return functools.partial(_orthogonal, _factor("orthogonal: gain", gain))


# at module level, so that the initialiser can be pickled
def _orthogonal(
    gain: float, shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64
) -> Array:
    rows, columns = fans(shape, "orthogonal")
    dtype = float_dtype("orthogonal", dtype)
    tall = generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    # the signs of r's diagonal make the distribution uniform over orthogonal matrices
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return np.asarray(gain * (q if rows >= columns else q.T), dtype)
