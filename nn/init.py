"""Initialisers: what the weights are before training. Next: `layers.py`, which uses them.

An initialiser is a function ``(shape, rng, dtype) -> array``. The shape of a weight matrix is
(fan_in, fan_out), since rows are samples. Randomness comes from the generator passed in, never from
NumPy's global one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = np.ndarray[Any, Any]
Rng = np.random.Generator | np.random.RandomState | int | None
Initialiser = Callable[[tuple[int, ...], Any, Any], Array]


def generator(rng: Rng = None) -> Any:
    """Return a generator: the one given, one with the seed given, or a fresh one for None.

    A `numpy.random.RandomState` is accepted, to reproduce numbers of code that seeded NumPy's old
    generator.

    Raises
    ------
    TypeError
        If ``rng`` is something else.
    ValueError
        If a seed is negative.

    Examples
    --------
    >>> bool(generator(3).random() == np.random.default_rng(3).random())
    True
    """
    if isinstance(rng, np.random.Generator | np.random.RandomState):
        return rng
    if rng is None or (isinstance(rng, int | np.integer) and not isinstance(rng, bool)):
        if rng is not None and rng < 0:
            raise ValueError(f"rng is the seed {rng}; give an integer of at least 0")
        return np.random.default_rng(rng)
    raise TypeError(
        f"rng is {type(rng).__name__} {rng!r}; give a numpy.random.Generator, an integer seed or "
        "None"
    )


def fans(shape: tuple[int, ...], name: str) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight matrix.

    Raises
    ------
    ValueError
        If the shape is not that of a matrix.

    Examples
    --------
    >>> fans((2, 3), "xavier_uniform")
    (2, 3)
    """
    if len(shape) != 2:
        raise ValueError(
            f"{name} needs a weight matrix (fan_in, fan_out), got shape {tuple(shape)}; for other "
            "shapes use zeros, uniform or normal"
        )
    return shape[0], shape[1]


# --------------------------------------------------------------------------------------------------
# Constants


def constant(value: float) -> Initialiser:
    """Return an initialiser that fills with one number.

    Examples
    --------
    >>> constant(0.5)((2,), None, float)
    array([0.5, 0.5])
    """

    def fill(shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64) -> Array:
        return np.full(shape, value, dtype)

    return fill


def zeros(shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64) -> Array:
    """Return zeros, the default of biases.

    Examples
    --------
    >>> zeros((2,))
    array([0., 0.])
    """
    return np.zeros(shape, dtype)


def ones(shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64) -> Array:
    """Return ones.

    Examples
    --------
    >>> ones((2,))
    array([1., 1.])
    """
    return np.ones(shape, dtype)


# --------------------------------------------------------------------------------------------------
# Random numbers of a scale that is given


def uniform(low: float = 0.0, high: float = 1.0) -> Initialiser:
    """Return an initialiser that draws uniformly from [low, high).

    Examples
    --------
    >>> w = uniform(-1, 1)((2, 3), 0, float)
    >>> bool((abs(w) <= 1).all())
    True
    """

    def draw(shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64) -> Array:
        return np.asarray(generator(rng).uniform(low, high, shape), dtype)

    return draw


def normal(mean: float = 0.0, std: float = 1.0) -> Initialiser:
    """Return an initialiser that draws from a normal distribution.

    Examples
    --------
    >>> normal(0, 0.1)((2, 3), 0, float).shape
    (2, 3)
    """

    def draw(shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64) -> Array:
        return np.asarray(generator(rng).normal(mean, std, shape), dtype)

    return draw


def unit_uniform(
    shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64
) -> Array:
    """Draw uniformly from [0, 1), as in ``np.random.random``.

    Examples
    --------
    >>> unit_uniform((1, 2), np.random.RandomState(42)).round(4)
    array([[0.3745, 0.9507]])
    """
    return np.asarray(generator(rng).random(shape), dtype)


def centered_uniform(
    shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64
) -> Array:
    """Draw uniformly from [-1, 1), as in ``2 * np.random.random(shape) - 1``.

    Examples
    --------
    >>> centered_uniform((3, 1), np.random.RandomState(1)).ravel().round(4)
    array([-0.166 ,  0.4406, -0.9998])
    """
    return np.asarray(2 * generator(rng).random(shape) - 1, dtype)


# --------------------------------------------------------------------------------------------------
# Random numbers scaled so that signals keep their size from layer to layer


def xavier_uniform(
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    gain: float = 1.0,
) -> Array:
    """Draw uniformly with variance 2 gain² / (fan_in + fan_out), for all layers but ReLU's.

    Examples
    --------
    >>> w = xavier_uniform((3, 3), 0)
    >>> bool((abs(w) <= 1).all())
    True
    """
    fan_in, fan_out = fans(shape, "xavier_uniform")
    bound = gain * math.sqrt(6 / (fan_in + fan_out))
    return uniform(-bound, bound)(shape, rng, dtype)


def xavier_normal(
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    gain: float = 1.0,
) -> Array:
    """Draw from a normal distribution with variance 2 gain² / (fan_in + fan_out).

    Examples
    --------
    >>> xavier_normal((2, 3), 0).shape
    (2, 3)
    """
    fan_in, fan_out = fans(shape, "xavier_normal")
    return normal(0.0, gain * math.sqrt(2 / (fan_in + fan_out)))(shape, rng, dtype)


def he_uniform(
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    leak: float = 0.0,
) -> Array:
    """Draw uniformly with variance 2 / ((1 + leak²) fan_in), for ReLU and leaky ReLU layers.

    Examples
    --------
    >>> w = he_uniform((6, 3), 0)
    >>> bool((abs(w) <= 1).all())
    True
    """
    bound = math.sqrt(6 / ((1 + leak**2) * fans(shape, "he_uniform")[0]))
    return uniform(-bound, bound)(shape, rng, dtype)


def he_normal(
    shape: tuple[int, ...],
    rng: Rng = None,
    dtype: npt.DTypeLike = np.float64,
    *,
    leak: float = 0.0,
) -> Array:
    """Draw from a normal distribution with variance 2 / ((1 + leak²) fan_in).

    Examples
    --------
    >>> he_normal((2, 3), 0).shape
    (2, 3)
    """
    std = math.sqrt(2 / ((1 + leak**2) * fans(shape, "he_normal")[0]))
    return normal(0.0, std)(shape, rng, dtype)


def orthogonal(gain: float = 1.0) -> Initialiser:
    """Return an initialiser whose matrices have orthonormal rows or columns, times ``gain``.

    Examples
    --------
    >>> w = orthogonal()((3, 2), 0, float)
    >>> (w.T @ w).round(12) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """

    def draw(shape: tuple[int, ...], rng: Rng = None, dtype: npt.DTypeLike = np.float64) -> Array:
        rows, columns = fans(shape, "orthogonal")
        tall = generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        # with the signs of r's diagonal every orthogonal matrix is equally likely
        q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
        return np.asarray(gain * (q if rows >= columns else q.T), dtype)

    return draw


INITIALISERS: dict[str, Initialiser] = {
    "zeros": zeros,
    "ones": ones,
    "uniform": uniform(),
    "normal": normal(),
    "unit_uniform": unit_uniform,
    "centered_uniform": centered_uniform,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "orthogonal": orthogonal(),
}


def initialiser(init: str | Initialiser) -> Initialiser:
    """Return the initialiser of a name, or the function given.

    Raises
    ------
    ValueError
        If there is none of that name.
    TypeError
        If ``init`` is neither a name nor a function.

    Examples
    --------
    >>> initialiser("ones")((1, 2), None, float)
    array([[1., 1.]])
    """
    if callable(init):
        return init
    if not isinstance(init, str):
        raise TypeError(
            f"init is {type(init).__name__} {init!r}; give a name or a function (shape, rng, dtype)"
        )
    if init not in INITIALISERS:
        raise ValueError(f"no initialiser {init!r}; there are {', '.join(INITIALISERS)}")
    return INITIALISERS[init]


def initialised(
    init: str | Initialiser, shape: tuple[int, ...], rng: Rng, dtype: npt.DTypeLike
) -> Array:
    """Run an initialiser and check what it returns.

    Raises
    ------
    ValueError
        If the array has another shape.

    Examples
    --------
    >>> initialised("zeros", (2,), None, np.float32)
    array([0., 0.], dtype=float32)
    """
    array = np.asarray(initialiser(init)(shape, rng, dtype), dtype)
    if array.shape != tuple(shape):
        raise ValueError(
            f"the initialiser {getattr(init, '__name__', init)!r} returned shape {array.shape} "
            f"where {tuple(shape)} was asked for; it must return an array of the shape it is given"
        )
    return array
