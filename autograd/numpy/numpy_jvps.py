"""A helper for user-defined tangents: broadcasting them. Next: `numpy_vspaces.py`."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..absent import refuse_names_of
from ..interop.common import plain


def broadcast(x: Any, target: Any) -> Any:
    """Return the tangent of an argument in the shape of the result that it was broadcast to.

    Parameters
    ----------
    x, target : number, array or node
        The tangent and the result.

    Examples
    --------
    >>> from autograd.numpy.numpy_jvps import broadcast
    >>> broadcast(2.0, np.ones(3))
    array([2., 2., 2.])
    """
    return np.broadcast_to(x, np.shape(plain(target)))


refuse_names_of(sys.modules[__name__])
