"""NumPy's reductions on nodes. Next: `shaping.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from .common import UNSET, as_tensor, refuse


def _reduction(name: str) -> Any:
    def reduce(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        refuse(name, dtype=dtype, out=out, initial=initial, where=where)
        return getattr(as_tensor(a), name)(axis=axis, keepdims=keepdims is not UNSET and keepdims)

    return reduce


def _extremum(name: str) -> Any:
    def reduce(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        refuse(name, out=out, initial=initial, where=where)
        return getattr(as_tensor(a), name)(axis=axis, keepdims=keepdims is not UNSET and keepdims)

    return reduce


implements(np.sum)(_reduction("sum"))
implements(np.mean)(_reduction("mean"))
implements(np.prod)(_reduction("prod"))
implements(np.max, np.amax)(_extremum("max"))
implements(np.min, np.amin)(_extremum("min"))


@implements(np.argmax)
def _argmax(a: Any, axis: Any = None, out: Any = None, **options: Any) -> Any:
    refuse("argmax", out=out)
    return np.argmax(as_tensor(a)._data, axis=axis, **options)


@implements(np.argmin)
def _argmin(a: Any, axis: Any = None, out: Any = None, **options: Any) -> Any:
    refuse("argmin", out=out)
    return np.argmin(as_tensor(a)._data, axis=axis, **options)
