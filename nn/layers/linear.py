"""Linear, a matrix and a bias, and Flatten, which makes its rows. Next: `activations.py`.

Rows are samples: x (n, k) @ weight (k, j) + bias (j,) gives (n, j).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import linear
from autograd.settings import checked_choice, checked_size

from ..init import Initialiser, Rng, generator, initialised, zeros
from ..modules.module import Module
from ..modules.operands import operand
from ..modules.parameter import Parameter
from ..modules.tree import located


class Linear(Module):
    """A fully connected layer: x @ weight + bias, one sample per row.

    Parameters
    ----------
    in_features, out_features : int
        The sizes k of an input row and j of an output row; the weight has shape (k, j).
    bias : bool or "column"
        True for a vector of shape (j,), False for none. "column" keeps the bias as the last row of
        a weight of shape (k + 1, j), and appends a 1 to every input row.
    init : str or function, optional
        Initialiser of the weight, by name or as a function; ``xavier_uniform`` by default. Biases
        start at 0.
    rng : Generator or int, optional
        Where random numbers come from; a fresh generator if not given.
    dtype : dtype
        A floating dtype.

    Raises
    ------
    ValueError, TypeError
        If a size is not a positive integer, or ``bias`` is anything else.

    Examples
    --------
    >>> layer = Linear(2, 3, init="ones")
    >>> layer(np.array([[1.0, 2.0]])).data
    array([[3., 3., 3.]])
    >>> Linear(2, 3, bias="column").weight.shape
    (3, 3)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool | str = True,
        *,
        init: str | Initialiser | None = None,
        rng: Rng = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        bias = checked_choice("Linear: bias", bias, True, False, "column")
        self.in_features = checked_size("Linear: in_features", in_features)
        self.out_features = checked_size("Linear: out_features", out_features)
        self.bias_form = bias
        shape = self.in_features, self.out_features
        init = "xavier_uniform" if init is None else init
        weight = initialised(init, shape, generator(rng), dtype)
        if bias == "column":
            weight = np.concatenate([weight, zeros((1, self.out_features), dtype=dtype)])
        self.weight = Parameter(weight)
        self.bias = Parameter(zeros((self.out_features,), dtype=dtype)) if bias is True else None
        # registered now, so that a weight which the user freezes is still known as a parameter
        self.named_parameters()

    def forward(self, x: Any) -> Any:
        """Return x @ weight + bias.

        Parameters
        ----------
        x : array_like of shape (..., in_features)

        Returns
        -------
        Tensor of shape (..., out_features)

        Raises
        ------
        ValueError
            If the last axis of x has another length.
        """
        x = operand(x)
        shape = x.shape
        if not shape or shape[-1] != self.in_features:
            raise ValueError(self._misfit(shape))
        if self.bias_form == "column":
            ones = np.ones((*shape[:-1], 1), x.dtype)
            return np.matmul(np.concatenate([x, ones], axis=-1), self.weight)
        return x @ self.weight if self.bias is None else linear(x, self.weight, self.bias)

    def _misfit(self, shape: tuple[int, ...]) -> str:
        k, j = self.in_features, self.out_features
        if len(shape) == 2 and shape[0] == k:
            cure = "rows are samples, so transpose it"
        elif len(shape) > 2 and math.prod(shape[1:]) == k:
            cure = "put nn.Flatten() before the layer"
        elif not shape:
            cure = f"give rows of {k} numbers"
        else:
            cure = f"give rows of {k} numbers, or make the layer Linear({shape[-1]}, {j})"
        got = f"its last axis has {shape[-1]}" if shape else "it is a single number"
        return f"{located(self)} ({k} -> {j}) got x of shape {shape}: {got}, not {k}; {cure}"

    def title(self) -> str:
        """Return the class and the sizes."""
        form = {True: "", False: ", no bias", "column": ", bias as a row"}[self.bias_form]
        return f"{type(self).__name__}({self.in_features} -> {self.out_features}{form})"


class Flatten(Module):
    """Every sample as one row: (n, a, b, ...) becomes (n, a b ...); matrices do not change.

    Examples
    --------
    >>> Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    def forward(self, x: Any) -> Any:
        """Return x of shape (n, a b ...)."""
        x = operand(x)
        shape = x.shape
        return x if len(shape) <= 2 else np.reshape(x, (shape[0], math.prod(shape[1:])))
