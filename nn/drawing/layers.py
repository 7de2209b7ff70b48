"""The layers of a model as plain data, for `draw_network`. Next: `tensors.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import Tensor, Value

from ..data import Dataset

Array = np.ndarray[Any, Any]

# names of activations in formulas
SYMBOLS = {
    "Sigmoid": "σ",
    "sigmoid": "σ",
    "Tanh": "tanh",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "LeakyReLU": "leaky ReLU",
    "Softmax": "softmax",
    "LogSoftmax": "log softmax",
    "log_softmax": "log softmax",
    "Softplus": "softplus",
}
ACTIVATIONS = frozenset([*SYMBOLS.values(), "ReLU", "tanh", "softmax", "softplus"])


@dataclass(frozen=True)
class Shortcut:
    """What an earlier layer hands on past the layers between.

    ``source`` is the layer, ``symbol`` O or Z, or '' for something computed of these, and ``stage``
    the index of the stage that takes it.
    """

    source: int
    symbol: str
    stage: int


@dataclass
class Layer:
    """One layer: its units, and its incoming weights.

    Attributes
    ----------
    weight, weight_grad : array (k, j) or None
        None for the input layer. With ``in_weight`` the last row of the matrix is the bias.
    bias, bias_grad : array (j,) or None
    z, o, z_grad, o_grad : array (n, j) or None
        Before and after the activation, one sample per row; ``o`` only, for the input layer.
    activation : str
        '' where there is none.
    steps, stages : list of str
        Everything between Z and O (before O, for the input layer), in order; and the same without
        the activation: Dropout, LayerNorm, ...
    shortcuts : list of Shortcut
        What earlier layers hand to these stages.
    """

    units: int
    path: str = ""
    label: str = ""
    weight: Array | None = None
    weight_grad: Array | None = None
    bias: Array | None = None
    bias_grad: Array | None = None
    in_weight: bool = False
    z: Array | None = None
    o: Array | None = None
    z_grad: Array | None = None
    o_grad: Array | None = None
    activation: str = ""
    steps: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    shortcuts: list[Shortcut] = field(default_factory=list)


@dataclass
class Network:
    """The layers, input first; ``n`` samples, None if no batch was given."""

    layers: list[Layer]
    n: int | None = None
    loss: float | None = None

    @property
    def title(self) -> str:
        """The heading of a picture: Network 5-2-4-1."""
        sizes = [str(x.units) for x in self.layers]
        if len(sizes) > 12:
            sizes = [*sizes[:6], "…", *sizes[-2:], f" {len(sizes)} layers"]
        return "Network " + "-".join(sizes).replace("- ", ", ")

    @property
    def has_gradients(self) -> bool:
        """Whether the weights have gradients."""
        return any(x.weight_grad is not None for x in self.layers)

    def rows(self, k: int) -> int | None:
        """Return how many rows layer ``k`` has; more than ``n`` if a sample has several."""
        o = self.layers[k].o
        return self.n if o is None else len(o)


def parted(name: str, batch: Any, targets: Any) -> tuple[Any, Any]:
    """Return inputs and targets of a batch that may be a Dataset or a pair (x, y).

    A tuple of two rows of numbers is a batch of two samples; if the first part is a matrix, it is a
    pair.

    Raises
    ------
    ValueError
        If targets are given twice: in the batch and apart from it.
    """
    rows = isinstance(batch, tuple) and len(batch) == 2 and _axes(batch[0]) > 1
    if not (rows or isinstance(batch, Dataset)):
        return batch, targets
    if targets is not None:
        kind = type(batch).__name__
        raise ValueError(f"{name}: the batch, a {kind}, has targets; leave out targets=")
    x, y = batch
    return x, y


def _axes(x: Any) -> int:
    # as an array of objects, as rows may hold Values and differ in length
    return np.ndim(x if hasattr(x, "ndim") else np.array(x, object))


def swept(output: Any, targets: Any, loss: Callable[..., Any] | None) -> float | None:
    """Compute the loss and run the backward pass on the copy."""
    if loss is None:
        return None
    value = loss(output) if targets is None else loss(output, targets)
    if not isinstance(value, Tensor | Value) or value.shape != () or not value.requires_grad:
        what = f"shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(
            f"draw_network: the loss must be one number computed from the output, got {what}; "
            "take its mean or sum"
        )
    value.backward()
    return float(value.item())


def forget(network: Network, without_batch: bool, without_loss: bool) -> None:
    """Remove the numbers of a run on zeros, and gradients that no sweep has computed."""
    for layer in network.layers:
        if without_batch:
            layer.z = layer.o = None
        if without_loss:
            layer.z_grad = layer.o_grad = None
