"""Layers: Linear, Flatten, and their chains Sequential and MLP. Next: `activations.py`.

Rows are samples: x (n, k) @ weight (k, j) + bias (j,) gives (n, j).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from autograd import linear
from autograd.settings import checked_choice, checked_size, is_iterable, shown

from .activations import Activation, activation_of, is_rectifier
from .init import Initialiser, Rng, generator, initialised, zeros
from .module import Module
from .parameter import Parameter
from .targets import operand
from .tree import located


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


# --------------------------------------------------------------------------------------------------
# Chains


class Sequential(Module):
    """A chain of modules and functions, run one after the other.

    Parameters
    ----------
    *layers : Module or function
        Kept in the list ``layers``.

    Raises
    ------
    TypeError
        If one of them is not callable.

    Examples
    --------
    >>> model = Sequential(Linear(2, 3, init="ones"), ReLU(), np.negative)
    >>> model(np.array([1.0, 2.0])).data
    array([-3., -3., -3.])
    >>> len(model), type(model[1]).__name__
    (3, 'ReLU')
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer) or isinstance(layer, type):
                raise TypeError(
                    f"Sequential: layer {i} is {shown(layer)}, which is neither a module nor a "
                    "function; pass them one by one, Sequential(Linear(2, 3), ReLU())"
                )
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        """Return the output of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x

    def _functions(self) -> list[tuple[int, str]]:
        functions = [(i, f) for i, f in enumerate(self.layers) if not isinstance(f, Module)]
        return [(i, f"function {getattr(f, '__name__', type(f).__name__)}") for i, f in functions]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Callable[[Any], Any]]:
        return iter(self.layers)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Any:
        try:
            found: Any = self.layers[index]
        except (IndexError, TypeError) as error:
            text = f"{type(self).__name__} of {len(self.layers)} layers has no layer {shown(index)}"
            raise type(error)(f"{text}; give an integer or a slice") from error
        return Sequential(*found) if isinstance(index, slice) else found


class MLP(Sequential):
    """A multilayer perceptron: linear layers with an activation after each but the last.

    Parameters
    ----------
    sizes : sequence of int
        The widths, input first: ``[2, 16, 1]``.
    activation : str, Module or function
        What follows every layer but the last; of a module each gets a copy.
    output_activation : str, Module or function, optional
        What follows the last layer; nothing if not given.
    bias : bool or "column"
        As in `Linear`.
    init : str or function, optional
        Initialiser of the weights. By default ``he_uniform`` before ReLU, leaky ReLU and softplus,
        ``xavier_uniform`` before everything else.
    rng : Generator or int, optional
        One generator, or seed, for all layers.
    dtype : dtype
        A floating dtype.

    Raises
    ------
    ValueError
        If there are fewer than two sizes.

    Examples
    --------
    >>> MLP([2, 4, 1], rng=0)
    MLP, 17 parameters
      layers.0  Linear(2 -> 4)  weight (2, 4), bias (4,)
      layers.1  ReLU
      layers.2  Linear(4 -> 1)  weight (4, 1), bias (1,)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Activation = "relu",
        output_activation: Activation | None = None,
        bias: bool | str = True,
        *,
        init: str | Initialiser | None = None,
        rng: Rng = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        if isinstance(sizes, str) or not is_iterable(sizes):
            raise TypeError(
                f"MLP takes a list of sizes, such as MLP([2, 16, 1]), got {shown(sizes)}; the "
                "network of micrograd, MLP(2, [16, 1]) of Values, is nn.scalar.MLP"
            )
        sizes = list(sizes)
        if len(sizes) < 2:
            raise ValueError(f"MLP needs at least two sizes, such as [2, 16, 1], got {sizes}")
        rng = generator(rng)
        layers: list[Callable[[Any], Any]] = []
        last = len(sizes) - 2
        for i, (k, j) in enumerate(pairwise(sizes)):
            kind = activation if i < last else output_activation
            then = None if kind is None else activation_of(kind)
            default = "he_uniform" if is_rectifier(then) else "xavier_uniform"
            chosen = default if init is None else init
            layers.append(Linear(k, j, bias, init=chosen, rng=rng, dtype=dtype))
            if then is not None:
                layers.append(then)
        super().__init__(*layers)
