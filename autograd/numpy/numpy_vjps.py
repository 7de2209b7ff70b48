"""For gradients of one's own: sums over broadcast axes. Next: `../xp/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arithmetic import sum_to
from ..interop.common import plain


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a pullback whose results are summed to the shape of the argument.

    Parameters
    ----------
    target : number, array or node
        The argument.
    f : callable
        The pullback as it is for an argument of the result's shape.

    Returns
    -------
    callable

    Examples
    --------
    >>> from autograd.numpy.numpy_vjps import unbroadcast_f
    >>> unbroadcast_f(2.0, lambda g: 3.0 * g)(np.ones(4))
    np.float64(12.0)
    """
    shape = np.shape(plain(target))
    return lambda g: _summed(f(g), shape)


def _summed(c: Any, shape: tuple[int, ...]) -> Any:
    return sum_to(c, shape) if np.ndim(plain(c)) else c
