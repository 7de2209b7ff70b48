"""Neurons made of Values, one number per node, with micrograd's API. Next: `data/`.

The classes read as in micrograd's lectures; inputs of the wrong length are an error here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Value, sumprod
from autograd.settings import checked_flag, checked_size, shown

from .init import generator
from .modules.module import Module
from .modules.tree import located

__all__ = [
    "MLP",
    "Layer",
    "Module",
    "Neuron",
]

_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": Value.relu,
    "leaky_relu": Value.leaky_relu,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
    "softplus": Value.softplus,
}
_NAMES = {"relu": "ReLU", "leaky_relu": "LeakyReLU"}


def _uniform(rng: Any) -> Callable[[float, float], float]:
    """Return the function that draws weights; Python's own generator if none is given."""
    if rng is None:
        return random.uniform
    return rng.uniform if isinstance(rng, random.Random) else generator(rng).uniform


class Neuron(Module):
    """activation(Σ w x + b), the sum as one node.

    Parameters
    ----------
    nin : int
        The number of inputs.
    nonlin : bool
        Whether the activation is applied.
    activation : str
        "relu", "leaky_relu", "tanh", "sigmoid" or "softplus".
    rng : Generator, random.Random or int, optional
        Draws the weights from [-1, 1); Python's `random` if not given, so that `random.seed` fixes
        them as in micrograd. The bias starts at 0.

    Raises
    ------
    ValueError, TypeError
        If ``nin`` is not a positive integer, or there is no such activation.

    Examples
    --------
    >>> neuron = Neuron(2, activation="tanh", rng=0)
    >>> neuron
    TanhNeuron(2)
    >>> len(neuron.parameters())
    3
    """

    def __init__(
        self, nin: int, nonlin: bool = True, activation: str = "relu", rng: Any = None
    ) -> None:
        checked_size("Neuron: nin", nin)
        nonlin = checked_flag("Neuron: nonlin", nonlin)
        if not isinstance(activation, str) or activation not in _ACTIVATIONS:
            raise ValueError(
                f"Neuron: no activation {shown(activation)}; there are {', '.join(_ACTIVATIONS)}, "
                "and nonlin=False for none"
            )
        draw = _uniform(rng)
        self.w = [Value(draw(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.activation = activation

    def forward(self, x: Sequence[Any]) -> Any:
        """Return activation(Σ w x + b).

        Parameters
        ----------
        x : sequence of Value and numbers

        Returns
        -------
        Value

        Raises
        ------
        ValueError
            If there are not as many inputs as weights.
        """
        x = _inputs(self, x, len(self.w))
        return self._fire(x)

    def _fire(self, x: list[Any]) -> Any:
        z = sumprod(self.w, x, self.b)
        return _ACTIVATIONS[self.activation](z) if self.nonlin else z

    def title(self) -> str:
        """Return micrograd's name of the neuron."""
        kind = _NAMES.get(self.activation, self.activation.capitalize())
        return f"{kind if self.nonlin else 'Linear'}Neuron({len(self.w)})"

    def __repr__(self) -> str:
        return self.title()


class Layer(Module):
    """Neurons that share their inputs.

    Parameters
    ----------
    nin, nout : int
        The numbers of inputs and of neurons.
    nonlin, activation, rng
        As in `Neuron`.

    Examples
    --------
    >>> Layer(2, 2, rng=0)
    Layer of [ReLUNeuron(2), ReLUNeuron(2)]
    """

    def __init__(
        self, nin: int, nout: int, nonlin: bool = True, activation: str = "relu", rng: Any = None
    ) -> None:
        checked_size("Layer: nout", nout)
        rng = _shared(rng)
        self.neurons = [Neuron(nin, nonlin, activation, rng) for _ in range(nout)]

    def forward(self, x: Sequence[Any]) -> Any:
        """Return the list of the neurons' outputs, or the output itself if there is one neuron.

        Parameters
        ----------
        x : sequence of Value and numbers

        Returns
        -------
        Value or list of Value

        Raises
        ------
        ValueError
            If there are not as many inputs as the neurons have weights.
        """
        if {*map(type, self.neurons)} != {Neuron}:
            out = [neuron(x) for neuron in self.neurons]
        else:
            # checked once, and without the scope of each neuron
            x = _inputs(self, x, len(self.neurons[0].w))
            out = [neuron._fire(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    """A multilayer perceptron of Values; the last layer is linear.

    Parameters
    ----------
    nin : int
        The number of inputs.
    nouts : sequence of int
        The numbers of neurons, layer by layer.
    activation, rng
        As in `Neuron`.

    Raises
    ------
    ValueError, TypeError
        If there is no layer, or a size is not a positive integer.

    Examples
    --------
    >>> model = nn.scalar.MLP(2, [2, 1], rng=0)
    >>> model
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    >>> y = model([1.0, -2.0])
    >>> y.backward()
    >>> len(model.parameters())
    9
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: str = "relu", rng: Any = None
    ) -> None:
        if not isinstance(nouts, list | tuple) or not nouts:
            raise ValueError(
                f"MLP: nouts is a list of layer sizes, such as [16, 1], got {shown(nouts)}"
            )
        rng = _shared(rng)
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [
            Layer(sizes[i], sizes[i + 1], i != last, activation, rng) for i in range(len(nouts))
        ]

    def forward(self, x: Sequence[Any]) -> Any:
        """Return the output of the last layer: a list, or a Value if it has one neuron.

        Parameters
        ----------
        x : sequence of Value and numbers

        Returns
        -------
        Value or list of Value

        Raises
        ------
        ValueError
            If x has not as many inputs as the first layer takes.
        """
        out: Any = x
        for layer in self.layers:
            out = layer(out if isinstance(out, list | tuple | np.ndarray) else [out])
        return out

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"


def _shared(rng: Any) -> Any:
    # one generator for all neurons, as a seed would give each the same weights
    return rng if rng is None or isinstance(rng, random.Random) else generator(rng)


def _inputs(module: Module, x: Any, nin: int) -> list[Any]:
    """Return the inputs as Values, as many as there are weights."""
    try:
        values = [v if isinstance(v, Value) else Value(v) for v in x]
    except TypeError as error:
        raise TypeError(
            f"{located(module)} takes a list of {nin} numbers or Values: {error}"
        ) from error
    if len(values) != nin:
        raise ValueError(
            f"{located(module)} takes {nin} inputs, got {len(values)}; give one number for each "
            "weight, or make it with the size of the data"
        )
    return values
