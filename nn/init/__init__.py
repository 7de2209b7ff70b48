"""Initialisers: what the weights are before training.

An initialiser is a function ``(shape, rng, dtype) -> array``. The shape of a weight matrix is
(fan_in, fan_out), since rows are samples. Randomness comes from the generator passed in, never from
NumPy's global one.

Reading order: `common.py`, `plain.py`, `scaled.py`; then this file, which gives them names. Next:
`../modules/`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autograd.settings import checked_dtype, described, shown

from .common import Array, checked_shape, generator
from .common import Initialiser as Initialiser
from .common import Rng as Rng
from .plain import (
    centered_uniform,
    constant,
    normal,
    ones,
    uniform,
    unit_uniform,
    zeros,
)
from .scaled import fans, he_normal, he_uniform, orthogonal, xavier_normal, xavier_uniform

__all__ = [
    "INITIALISERS",
    "centered_uniform",
    "constant",
    "fans",
    "generator",
    "he_normal",
    "he_uniform",
    "initialised",
    "initialiser",
    "normal",
    "ones",
    "orthogonal",
    "uniform",
    "unit_uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

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

    Parameters
    ----------
    init : str or function

    Returns
    -------
    function (shape, rng, dtype) -> array

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
        raise TypeError(f"init is {described(init)}; give a name or a function (shape, rng, dtype)")
    if init not in INITIALISERS:
        raise ValueError(f"no initialiser {shown(init)}; there are {', '.join(INITIALISERS)}")
    return INITIALISERS[init]


def initialised(
    init: str | Initialiser, shape: tuple[int, ...], rng: Rng, dtype: npt.DTypeLike
) -> Array:
    """Run an initialiser and check what it returns.

    Parameters
    ----------
    init : str or function
    shape, rng, dtype
        As for an initialiser.

    Returns
    -------
    array of this shape and dtype

    Raises
    ------
    ValueError
        If the array has another shape.

    Examples
    --------
    >>> initialised("zeros", (2,), None, np.float32)
    array([0., 0.], dtype=float32)
    """
    shape = checked_shape("init", shape)
    dtype = checked_dtype("the dtype of weights", dtype)
    array = np.asarray(initialiser(init)(shape, rng, dtype), dtype)
    if array.shape != shape:
        raise ValueError(
            f"the initialiser {getattr(init, '__name__', init)!r} returned shape {array.shape} "
            f"where {shape} was asked for; it must return an array of the shape it is given"
        )
    return array
