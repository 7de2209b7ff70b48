"""Operations that only move numbers: transpose, reshape, concatenate. Next: `indexing.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arithmetic import stretch, sum_to
from ..op import structural

Shape = tuple[int, ...]


def _pull_transpose(g: Any, axes: Any) -> Any:
    if axes is None:
        return np.transpose(g)
    n = len(axes)
    back = [0] * n
    for i, a in enumerate(axes):
        back[a % n] = i
    return np.transpose(g, tuple(back))


transpose = structural(
    "transpose",
    lambda x, axes=None: np.transpose(x, axes),
    x=_pull_transpose,
    symbol="T",
    notation="{x}ᵀ",
)
reshape = structural(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    x=lambda g, x_shape: np.reshape(g, x_shape),
)
broadcast_to = structural(
    "broadcast_to",
    lambda x, shape: stretch(x, shape),
    x=lambda g, x_shape: sum_to(g, x_shape),
)
astype = structural(
    "astype",
    lambda x, dtype: np.asarray(x).astype(dtype),
    x=lambda g, x_dtype: g.astype(x_dtype),
)


def _pull_concatenate(g: Any, i: int, shapes: tuple[Shape, ...], axis: int) -> Any:
    start = sum(shape[axis] for shape in shapes[:i])
    index = [slice(None)] * len(shapes[i])
    index[axis] = slice(start, start + shapes[i][axis])
    return g[tuple(index)]


concatenate = structural(
    "concatenate",
    lambda *xs, axis=0: np.concatenate(xs, axis=axis),
    xs=_pull_concatenate,
    variadic=True,
)


def _pull_stack(g: Any, i: int, axis: int) -> Any:
    # axis counts in the result, which has one axis more than the inputs
    return g[(slice(None),) * (axis % len(np.shape(g))) + (i,)]


stack = structural(
    "stack", lambda *xs, axis=0: np.stack(xs, axis=axis), xs=_pull_stack, variadic=True
)
