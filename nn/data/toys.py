"""Toys in the plane: moons, circles, spirals, exclusive or. Next: `sets.py`."""

from __future__ import annotations

import numpy as np

from autograd.settings import checked_number, checked_size

from ..init import Rng, generator
from .arrays import Dataset
from .checks import Array


def moons(n: int = 200, noise: float = 0.1, rng: Rng = None) -> Dataset:
    """Return two half circles that reach into each other, classes 0 and 1.

    Parameters
    ----------
    n : int
        The number of samples, half of each class.
    noise : float
        The standard deviation of the normal noise added to each coordinate.
    rng : Generator or int, optional

    Returns
    -------
    Dataset
        x of shape (n, 2).

    Raises
    ------
    TypeError, ValueError
        If n is less than 2 or not an integer, or the noise is negative or not finite.

    Examples
    --------
    >>> nn.data.moons(100, rng=0)
    moons: 100 samples, x (100, 2) float64, y (100,) int64, classes 0, 1
    """
    sizes = _sizes("moons", n, 2)
    upper, lower = (np.linspace(0, np.pi, size) for size in sizes)
    return _plane(
        "moons",
        [
            np.stack([np.cos(upper), np.sin(upper)], 1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], 1),
        ],
        noise,
        rng,
    )


def circles(n: int = 200, noise: float = 0.1, factor: float = 0.5, rng: Rng = None) -> Dataset:
    """Return a circle of radius 1, class 0, around a smaller one, class 1.

    Parameters
    ----------
    n, noise, rng
        As in `moons`.
    factor : float
        The radius of the inner circle, from 0 to below 1.

    Returns
    -------
    Dataset
        x of shape (n, 2).

    Raises
    ------
    TypeError, ValueError
        As in `moons`, and if the factor is out of range.

    Examples
    --------
    >>> x, y = nn.data.circles(6, noise=0)
    >>> np.hypot(*x.T).round(2)
    array([1. , 1. , 1. , 0.5, 0.5, 0.5])
    """
    if not 0 <= checked_number("circles: factor", factor) < 1:
        raise ValueError(f"circles: factor is a radius from 0 to below 1, got {factor}")
    angles = [np.linspace(0, 2 * np.pi, size, endpoint=False) for size in _sizes("circles", n, 2)]
    rings = [
        r * np.stack([np.cos(a), np.sin(a)], 1) for r, a in zip((1, factor), angles, strict=True)
    ]
    return _plane("circles", rings, noise, rng)


def spirals(
    n: int = 300, classes: int = 3, turns: float = 0.75, noise: float = 0.05, rng: Rng = None
) -> Dataset:
    """Return one spiral arm for each class, from near the centre to radius 1.

    Parameters
    ----------
    n : int
        The number of samples, shared equally by the classes.
    classes : int
    turns : float
        How many times an arm goes round.
    noise, rng
        As in `moons`.

    Returns
    -------
    Dataset
        x of shape (n, 2).

    Raises
    ------
    TypeError, ValueError
        As in `moons`; n is at least the number of classes.

    Examples
    --------
    >>> nn.data.spirals(90, classes=3, rng=0).y.tolist() == [0] * 30 + [1] * 30 + [2] * 30
    True
    """
    classes = checked_size("spirals: classes", classes)
    turns = checked_number("spirals: turns", turns, below=np.inf)
    arms = []
    for k, size in enumerate(_sizes("spirals", n, classes)):
        radius = np.linspace(1 / size, 1, size)
        angle = 2 * np.pi * (turns * radius + k / classes)
        arms.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1))
    return _plane("spirals", arms, noise, rng)


def xor(n: int = 4, noise: float = 0.0, rng: Rng = None) -> Dataset:
    """Return the corners of the unit square, class 1 where exactly one coordinate is 1.

    Parameters
    ----------
    n : int
        The number of samples; the corners come in turn.
    noise, rng
        As in `moons`.

    Returns
    -------
    Dataset
        x of shape (n, 2).

    Raises
    ------
    TypeError, ValueError
        As in `moons`; n is at least 4.

    Examples
    --------
    >>> x, y = nn.data.xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    _sizes("xor", n, 4)
    corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    x = np.tile(corners, (-(-n // 4), 1))[:n]
    y = (x[:, 0] != x[:, 1]).astype(np.intp)
    return Dataset(_noisy("xor", x, noise, rng), y, classes=("0", "1"), name="xor")


def _sizes(name: str, n: int, parts: int) -> list[int]:
    if checked_size(f"{name}: n", n) < parts:
        raise ValueError(f"{name}: n={n} is less than one sample for each of {parts} groups")
    return [n // parts + (k < n % parts) for k in range(parts)]


def _plane(name: str, groups: list[Array], noise: float, rng: Rng) -> Dataset:
    x = _noisy(name, np.concatenate(groups), noise, rng)
    y = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return Dataset(x, y, classes=tuple(map(str, range(len(groups)))), name=name)


def _noisy(name: str, x: Array, noise: float, rng: Rng) -> Array:
    if not 0 <= checked_number(f"{name}: noise", noise) < np.inf:
        raise ValueError(f"{name}: noise is a standard deviation, at least 0, got {noise}")
    return np.asarray(x + noise * generator(rng).normal(size=x.shape))
