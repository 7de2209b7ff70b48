"""The axes that products among the universal functions work on. Next: `einsum.py`.

``axes=``, ``axis=`` and ``keepdims=`` of `numpy.matmul`, `vecdot`, `matvec` and `vecmat`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..array_nodes.axes import one_axis
from ..dispatch import METHODS
from ..settings import checked_flag, shown
from .products import moved


def _chosen(ufunc: np.ufunc) -> Callable[..., Any]:
    name = ufunc.__name__
    # the axes of a factor that the product works on; a vector is no matrix for matmul
    cores = {"matmul": (2, 2), "vecdot": (1, 1), "matvec": (2, 1), "vecmat": (1, 2)}[name]

    def chosen(op: Any, axes: Any, axis: Any, keepdims: bool) -> Callable[..., Any]:
        """Return the operation on axes of the caller's choice."""
        keepdims = checked_flag(f"np.{name}: keepdims", keepdims)
        if cores != (1, 1) and (axis is not None or keepdims):
            raise TypeError(f"np.{name}: axis= and keepdims= are of products of vectors; use axes=")

        def product(x: Any, y: Any) -> Any:
            counts = [min(n, np.ndim(a)) for n, a in zip(cores, (x, y), strict=True)]
            counts.append(int(keepdims) or sum(counts) - 2)
            if axes is not None:
                of_x, of_y, of_z = _entries(axes, counts, keepdims, name)
            else:
                of_x = of_y = of_z = (-1 if axis is None else axis,)
            x, y = (moved(a, of, range(-len(of), 0), name) for a, of in ((x, of_x), (y, of_y)))
            z = op(x, y)
            if keepdims:
                return np.expand_dims(z, one_axis(of_z[0], np.ndim(z) + 1, name))
            return moved(z, range(-counts[2], 0), of_z, name) if counts[2] else z

        return product

    return chosen


def _entries(axes: Any, counts: list[int], keepdims: bool, name: str) -> list[tuple[int, ...]]:
    """Return ``axes`` as one tuple for each factor and the result; raises NumPy's errors."""
    if not isinstance(axes, list):
        raise TypeError(f"np.{name}: axes must be a list, got {shown(axes)}")
    found = [tuple(of) if isinstance(of, list | tuple) else (of,) for of in axes]
    if len(found) == 2 and (keepdims or not counts[2]):
        found.append((-1,) if keepdims else ())
    if [len(of) for of in found] != counts:
        raise ValueError(
            f"np.{name}: axes={axes} must have an entry for each factor and the result, of "
            f"{', '.join(map(str, counts))} axes"
        )
    return found


for _ufunc in (np.matmul, np.vecdot, np.matvec, np.vecmat):
    METHODS[_ufunc, "axes"] = _chosen(_ufunc)
