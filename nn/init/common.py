"""Types of initialisers, the generator they draw from, checks of shapes. Next: `plain.py`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autograd.settings import checked_dtype, checked_size, described, shown

Array = np.ndarray[Any, Any]
# a string, as NumPy imports `random` when it is first asked for
Rng: TypeAlias = "np.random.Generator | np.random.RandomState | int | None"
Initialiser = Callable[[tuple[int, ...], Any, Any], Array]


def checked_shape(name: str, shape: Any) -> tuple[int, ...]:
    """Return a shape as a tuple of integers; one integer is a shape of one axis.

    Raises
    ------
    TypeError, ValueError
        If it is none.

    Examples
    --------
    >>> checked_shape("zeros", [2, 3])
    (2, 3)
    """
    sizes = (shape,) if isinstance(shape, int | np.integer) else shape
    if not isinstance(sizes, tuple | list) or not all(
        isinstance(n, int | np.integer) and not isinstance(n, bool) for n in sizes
    ):
        raise TypeError(f"{name}: a shape is a tuple of integers, got {shown(shape)}")
    if min(sizes, default=0) < 0:
        raise ValueError(f"{name}: the sizes of a shape are at least 0, got {shown(shape)}")
    checked_size(f"{name}: the size of the shape", math.prod(map(int, sizes)), 0)
    return tuple(int(n) for n in sizes)


def float_dtype(name: str, dtype: Any) -> np.dtype[Any]:
    """Return a dtype, if it is one of real numbers with fractions.

    Raises
    ------
    TypeError
        If it is another: nearly all of the numbers drawn would become 0.

    Examples
    --------
    >>> float_dtype("normal", "float32")
    dtype('float32')
    """
    found = checked_dtype(name, dtype)
    if found.kind != "f":
        raise TypeError(
            f"{name} draws fractions, which {found} cannot hold; give a dtype such as np.float32"
        )
    return found


def generator(rng: Rng = None) -> Any:
    """Return a generator: the one given, one with the seed given, or a fresh one for None.

    A `numpy.random.RandomState` is accepted, to reproduce numbers of code that seeded NumPy's old
    generator.

    Parameters
    ----------
    rng : Generator, RandomState, int or None

    Returns
    -------
    Generator or RandomState

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
        f"rng is {described(rng)}; give a numpy.random.Generator, an integer seed or None"
    )
