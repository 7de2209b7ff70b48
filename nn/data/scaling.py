"""Columns of mean 0 and standard deviation 1, and back. Next: `toys.py`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.settings import array_of

from .arrays import Dataset
from .checks import Array, checked_array


@dataclass(frozen=True, eq=False)
class Standardise:
    """Scale columns to mean 0 and standard deviation 1, by what one array's columns have.

    Make it with `standardise` from the training data, and apply it to all data. A constant column
    is only centred.

    Parameters
    ----------
    mean, scale : array
        What is subtracted, and what the difference is divided by.

    Examples
    --------
    >>> scaled = nn.data.standardise([[1.0, 5.0], [3.0, 5.0]])
    >>> scaled([[2.0, 6.0], [3.0, 5.0]])
    array([[0., 1.],
           [1., 0.]])
    """

    mean: Array
    scale: Array

    def __post_init__(self) -> None:
        for name in ("mean", "scale"):
            array = array_of(f"Standardise: {name}", getattr(self, name))
            if array.dtype.kind not in "fiu":
                raise TypeError(f"Standardise: {name} holds real numbers, got {array.dtype}")
            object.__setattr__(self, name, array)

    def __call__(self, x: Any) -> Any:
        """Return (x - mean) / scale; raises ValueError if the columns do not fit.

        Of a `Dataset` another one, with its ``x`` scaled.
        """
        if isinstance(x, Dataset):
            return replace(x, x=self(x.x))
        return (self._checked(x) - self.mean) / self.scale

    def inverse(self, x: Any) -> Array:
        """Return x · scale + mean, the columns as they were.

        Parameters
        ----------
        x : array_like with the same columns

        Returns
        -------
        array

        Examples
        --------
        >>> scaled = nn.data.standardise([[1.0], [3.0]])
        >>> scaled.inverse(scaled([[5.0]]))
        array([[5.]])
        """
        return self._checked(x) * self.scale + self.mean

    def __repr__(self) -> str:
        text = np.array2string(self.mean, precision=4, threshold=8, edgeitems=2, separator=", ")
        return f"Standardise of samples {self.mean.shape}, mean {' '.join(text.split())}"

    def _checked(self, x: Any) -> Array:
        array = checked_array("standardise: x", x)
        if array.shape[1:] != self.mean.shape:
            raise ValueError(
                f"standardise: made from samples of shape {self.mean.shape}, got "
                f"{array.shape[1:]}; give arrays with the same columns"
            )
        return array


def standardise(x: Any) -> Standardise:
    """Return the scaling to mean 0 and standard deviation 1 that fits the columns of ``x``.

    Parameters
    ----------
    x : array_like of shape (n, ...), or Dataset
        The training data. The standard deviation is that of the n samples, √(1/n Σ (x - mean)²).

    Returns
    -------
    Standardise
        A function of arrays and datasets.

    Raises
    ------
    TypeError, ValueError
        If x is not an array of finite numbers with at least one row, or they are so large that
        their squares overflow.

    Examples
    --------
    >>> x_train, x_test = np.array([[0.0], [4.0]]), np.array([[4.0], [8.0]])
    >>> scaled = nn.data.standardise(x_train)
    >>> scaled(x_train).ravel(), scaled(x_test).ravel()
    (array([-1.,  1.]), array([1., 3.]))
    """
    array = checked_array("standardise: x", x.x if isinstance(x, Dataset) else x)
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    # in double precision, as float32 would lose the deviation of large numbers
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = array.mean(0, dtype=np.float64), array.std(0, dtype=np.float64)
    if not np.isfinite(std).all():
        raise ValueError(
            f"standardise: the squares of numbers as large as {np.abs(array).max():.3g} overflow; "
            "divide those columns by a constant before"
        )
    # rounding gives a constant column a deviation of the order of eps
    constant = (array == array[0]).all(0)
    scale = np.where(constant | (std == 0), 1.0, std)
    mean = np.where(constant, array[0], mean)
    return Standardise(mean.astype(array.dtype), scale.astype(array.dtype))
