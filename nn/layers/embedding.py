"""Embedding: a row of numbers for every token. Next: `attention.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.settings import checked_size

from ..init import Initialiser, Rng, generator, initialised
from ..modules.module import Module
from ..modules.operands import plain
from ..modules.parameter import Parameter
from ..modules.tree import located


class Embedding(Module):
    """A table whose rows are looked up by index; only these rows get a gradient.

    Parameters
    ----------
    count, features : int
        How many rows there are, and their length; the weight has shape (count, features).
    init : str or function, optional
        Initialiser of the weight; ``normal`` (mean 0, deviation 1) by default.
    rng : Generator or int, optional
        Where random numbers come from; a fresh generator if not given.
    dtype : dtype
        A floating dtype.

    Raises
    ------
    ValueError, TypeError
        If a size is not a positive integer.

    Examples
    --------
    >>> layer = Embedding(10, 4, rng=0)
    >>> layer([[1, 2, 1]]).shape
    (1, 3, 4)
    """

    def __init__(
        self,
        count: int,
        features: int,
        *,
        init: str | Initialiser = "normal",
        rng: Rng = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        for name, n in (("count", count), ("features", features)):
            checked_size(f"Embedding: {name}", n)
        self.count, self.features = int(count), int(features)
        self.weight = Parameter(initialised(init, (count, features), generator(rng), dtype))

    def forward(self, indices: Any) -> Any:
        """Return the rows of the indices, of shape (..., features).

        Parameters
        ----------
        indices : array_like of integers of shape (...)

        Returns
        -------
        Tensor of shape (..., features)

        Raises
        ------
        TypeError
            If the indices are not integers.
        ValueError
            If one of them is out of range; negative ones are.
        """
        i = np.asarray(plain(indices))
        if i.size == 0:
            i = i.astype(np.intp)
        if i.dtype.kind not in "iu":
            raise TypeError(
                f"{located(self)} takes integers from 0 to {self.count - 1}, got an array of "
                f"{i.dtype} of shape {i.shape}; use .astype(int) if they are whole"
            )
        wrong = (i < 0) | (i >= self.count)
        if wrong.any():
            more = int(i.max()) + 1
            cure = f"make it Embedding({more}, {self.features}) or " if i.min() >= 0 else ""
            raise ValueError(
                f"{located(self)} has rows 0 to {self.count - 1} and was asked for {i[wrong][0]}, "
                f"in indices of shape {i.shape}; {cure}leave that token out"
            )
        return self.weight[i.astype(np.intp)]

    def title(self) -> str:
        """Return the class and the sizes."""
        return f"Embedding({self.count} -> {self.features})"
