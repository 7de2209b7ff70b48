"""NumPy's functions that write into their argument: refused, with what to write instead.

Next: `products.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import implements

_CURES = {
    np.put: "y = x + 0 and y[np.unravel_index(indices, y.shape)] = values",
    np.put_along_axis: "y = x + 0 and y[index] = values make a new version that keeps gradients",
    np.place: "np.where(mask, values, x), or y = x + 0 and y[mask] = values",
    np.putmask: "np.where(mask, values, x)",
    np.copyto: "np.where(where, src, dst), or y = x + 0 and y[...] = src; for np.full with a node, "
    "np.broadcast_to(value, shape)",
    np.fill_diagonal: "np.where(np.eye(n, dtype=bool), value, x), or x * (1 - np.eye(n)) + value * "
    "np.eye(n)",
}


def _refuse(function: Any, cure: str) -> None:
    def refuse(*args: Any, **options: Any) -> Any:
        raise TypeError(f"np.{function.__name__} writes into its argument; use {cure}")

    implements(function)(refuse)


for _function, _cure in _CURES.items():
    _refuse(_function, _cure)
