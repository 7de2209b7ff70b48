"""Chains of layers: Sequential, and MLP, which makes its layers. Next: `regularisation.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from autograd.settings import is_iterable, shown

from ..init import Initialiser, Rng, generator
from ..modules.module import Module
from .activations import Activation, activation_of, is_rectifier
from .linear import Linear


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
            raise ValueError(
                f"MLP needs at least two sizes, such as [2, 16, 1], got {shown(sizes)}"
            )
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
