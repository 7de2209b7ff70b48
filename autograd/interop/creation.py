"""NumPy's functions that make arrays like a node, or that answer questions without a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements
from .common import plain


@implements(np.zeros_like)
def _zeros_like(a: Any, dtype: Any = None, **options: Any) -> Any:
    return np.zeros_like(plain(a), dtype=dtype, **options)


@implements(np.ones_like)
def _ones_like(a: Any, dtype: Any = None, **options: Any) -> Any:
    return np.ones_like(plain(a), dtype=dtype, **options)


@implements(np.full_like)
def _full_like(a: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    if hasattr(type(fill_value), "__autograd_rank__"):
        raise TypeError("np.full_like with a node as value: use np.broadcast_to(value, shape)")
    return np.full_like(plain(a), fill_value, dtype=dtype, **options)


def _without_gradient(function: Any) -> Any:
    def run(*args: Any, **options: Any) -> Any:
        return function(*(plain(a) for a in args), **options)

    return run


for _function in (np.all, np.any, np.allclose, np.array_equal, np.isclose, np.result_type):
    implements(_function)(_without_gradient(_function))
