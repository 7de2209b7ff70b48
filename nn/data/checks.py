"""Checks of data: finite real numbers, one row per sample. Next: `arrays.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, Value

Array = np.ndarray[Any, Any]


def checked_array(what: str, data: Any) -> Array:
    """Return data as an array of finite real numbers with one row for each sample.

    Parameters
    ----------
    what : str
        The name of the data in error messages, such as "x".
    data : array_like

    Raises
    ------
    TypeError
        If it does not hold real numbers.
    ValueError
        If it is ragged, masked, has no rows, or holds nan or an infinity; the row and column are
        named.

    Examples
    --------
    >>> checked_array("x", [[1, 2], [3, 4]]).shape
    (2, 2)
    """
    if isinstance(data, Tensor | Value):
        data = data.data
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(
            f"{what} is ragged: {error}; give every sample the same number of entries"
        ) from error
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{what} is of {array.dtype}; give real numbers (nn.data.class_indices turns names "
            "into numbers, .astype(float) objects that are numbers)"
        )
    if np.ma.is_masked(data):
        count = np.count_nonzero(np.ma.getmaskarray(data))
        raise ValueError(
            f"{what} has {count} masked entries; fill them, for example with "
            "data.filled(data.mean()), or leave those samples out"
        )
    if array.ndim == 0 or not len(array):
        raise ValueError(
            f"{what} has shape {array.shape}; give an array with one row for each sample, and at "
            "least one"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        names = ("row", "column", *(f"axis {k}" for k in range(2, array.ndim)))
        where = ", ".join(f"{name} {i}" for name, i in zip(names, place, strict=False))
        raise ValueError(
            f"{what} holds {array[place]} at {where} (counted from 0), one of "
            f"{np.count_nonzero(~np.isfinite(array))} such entries; remove or replace them"
        )
    return array


def checked_pair(x: Any, y: Any, what: str = "data") -> tuple[Array, Array]:
    """Return x and y as arrays, checked by `checked_array`, of the same number of samples.

    Raises
    ------
    TypeError, ValueError
        As in `checked_array`, and if the numbers of samples differ.

    Examples
    --------
    >>> checked_pair([[1.0], [2.0]], [0, 1])[1]
    array([0, 1])
    """
    x, y = checked_array(f"{what}: x", x), checked_array(f"{what}: y", y)
    if len(x) != len(y):
        raise ValueError(
            f"{what}: x {x.shape} has {len(x)} samples and y {y.shape} has {len(y)}; rows are "
            "samples, give one target for each"
        )
    return x, y
