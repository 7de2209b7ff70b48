"""Constants, and random numbers of a scale that is given. Next: `scaled.py`."""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt

from autograd.settings import checked_dtype, checked_number

from .common import Array, Initialiser, Rng, checked_shape, float_dtype, generator

# --------------------------------------------------------------------------------------------------
# Constants


def constant(value: float) -> Initialiser:
    """Return an initialiser that fills with one number.

    Parameters
    ----------
    value : float

    Returns
    -------
    function (shape, rng, dtype) -> array

    Examples
    --------
    >>> constant(0.5)((2,), None, float)
    array([0.5, 0.5])
    """
    return functools.partial(_filled, checked_number("constant: value", value, below=math.inf))


# at module level, so that the initialisers that `constant` and others return can be pickled
def _filled(
    value: float, shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64
) -> Array:
    return np.full(checked_shape("constant", shape), value, checked_dtype("constant", dtype))


def zeros(shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64) -> Array:
    """Return zeros, the default of biases.

    Parameters
    ----------
    shape : tuple of int
    rng : ignored
    dtype : dtype

    Returns
    -------
    array of this shape and dtype

    Examples
    --------
    >>> zeros((2,))
    array([0., 0.])
    """
    return np.zeros(checked_shape("zeros", shape), checked_dtype("zeros", dtype))


def ones(shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64) -> Array:
    """Return ones.

    Parameters
    ----------
    shape, rng, dtype
        As for `zeros`.

    Returns
    -------
    array of this shape and dtype

    Examples
    --------
    >>> ones((2,))
    array([1., 1.])
    """
    return np.ones(checked_shape("ones", shape), checked_dtype("ones", dtype))


# --------------------------------------------------------------------------------------------------
# Random numbers of a scale that is given


def uniform(low: float = 0.0, high: float = 1.0) -> Initialiser:
    """Return an initialiser that draws uniformly from [low, high).

    Parameters
    ----------
    low, high : float

    Returns
    -------
    function (shape, rng, dtype) -> array

    Examples
    --------
    >>> w = uniform(-1, 1)((2, 3), 0, float)
    >>> bool((abs(w) <= 1).all())
    True
    """
    low, high = checked_number("uniform: low", low), checked_number("uniform: high", high)
    if not (low <= high and math.isfinite(high - low)):
        raise ValueError(f"uniform: low is not above high, both are finite, got {low} and {high}")
    return functools.partial(_drawn, "uniform", low, high)


def _drawn(
    kind: str,
    first: float,
    second: float,
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
) -> Array:
    """Draw from the distribution that NumPy's generator calls ``kind``."""
    draw = getattr(generator(rng), kind)
    return np.asarray(draw(first, second, checked_shape(kind, shape)), float_dtype(kind, dtype))


def normal(mean: float = 0.0, std: float = 1.0) -> Initialiser:
    """Return an initialiser that draws from a normal distribution.

    Parameters
    ----------
    mean, std : float

    Returns
    -------
    function (shape, rng, dtype) -> array

    Examples
    --------
    >>> normal(0, 0.1)((2, 3), 0, float).shape
    (2, 3)
    """
    mean = checked_number("normal: mean", mean, below=math.inf)
    std = checked_number("normal: std", std, 0, math.inf)
    return functools.partial(_drawn, "normal", mean, std)


def unit_uniform(
    shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64
) -> Array:
    """Draw uniformly from [0, 1), as in ``np.random.random``.

    Parameters
    ----------
    shape, dtype
        As for `zeros`.
    rng : Generator or int, optional

    Returns
    -------
    array of this shape and dtype

    Examples
    --------
    >>> unit_uniform((1, 2), np.random.RandomState(42)).round(4)
    array([[0.3745, 0.9507]])
    """
    name = "unit_uniform"
    sizes = checked_shape(name, shape)
    return np.asarray(generator(rng).random(sizes), float_dtype(name, dtype))


def centered_uniform(
    shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64
) -> Array:
    """Draw uniformly from [-1, 1), as in ``2 * np.random.random(shape) - 1``.

    Parameters
    ----------
    shape, rng, dtype
        As for `unit_uniform`.

    Returns
    -------
    array of this shape and dtype

    Examples
    --------
    >>> centered_uniform((3, 1), np.random.RandomState(1)).ravel().round(4)
    array([-0.166 ,  0.4406, -0.9998])
    """
    name = "centered_uniform"
    sizes = checked_shape(name, shape)
    return np.asarray(2 * generator(rng).random(sizes) - 1, float_dtype(name, dtype))
