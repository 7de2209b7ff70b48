"""draw_network: a model as layers of units, with its matrices and gradients.

Next: `compare_picture.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd import enable_grad
from autograd.mode import absolute_scope
from autograd.settings import shown
from autograd.viz import Picture
from autograd.viz.elements.figures import figure, norm
from autograd.viz.elements.markup import clip
from autograd.viz.graph.listing import columns

from .. import scalar
from ..losses.modules import check_loss
from ..modules.module import Module
from .layers import Array, Layer, Network, parted
from .layout import draw_layers
from .matrices import HEADING, Style
from .tensors import read_tensors
from .values import read_values


class NetworkDrawing(Picture):
    """The result of `draw_network`: a layered network as a picture and a table.

    Attributes
    ----------
    network : Network
        The layers with their arrays, as they were when `draw_network` was called.
    """

    def __init__(self, network: Network, style: Style, theme: str = "auto") -> None:
        super().__init__(draw_layers(network, style), _table(network, style), theme)
        self.network = network


def draw_network(
    model: Any,
    batch: Any = None,
    *,
    targets: Any = None,
    loss: Callable[..., Any] | None = None,
    colour: str | None = None,
    layout: str = "row",
    names: Sequence[Any] | None = None,
    max_units: int = 10,
    theme: str = "auto",
) -> NetworkDrawing:
    """Draw a model as layers: units with Z and O, weights, matrices to scale, gradients.

    A copy of the model is run; the model itself, its gradients and generators are not changed.

    Parameters
    ----------
    model : Module
        A chain of `Linear` layers, or of other products with a matrix of parameters, and anything
        in between that keeps the number of units, also with shortcuts past layers, as in residual
        networks; or a model of `nn.scalar`.
    batch : array_like of shape (n, k), pair (x, y) or Dataset, optional
        Without one only weights and shapes are shown.
    targets : array_like, optional
        What the loss compares the output with, if it is not in the batch.
    loss : Module or function, optional
        Called with output and targets, or with the output alone if there are no targets. With it,
        the gradients of this batch are shown; without, those stored in the parameters.
    colour : str, optional
        What the colours of the edges show: "weight" or "gradient"; by default the gradient if
        there is one.
    layout : str
        "row" writes samples as rows, Z = O @ W, as the layers of `nn` do; "column" writes samples
        as columns, Z = W @ O, with every matrix transposed.
    names : sequence, optional
        Names of the layers, input first: ``range(95, 101)`` gives W_96, ``"ijkl"`` gives W_ij.
        Numbers from 0 by default.
    max_units : int
        Layers with more units are abbreviated, as are chains of more than 40 layers.
    theme : str
        "auto", "light" or "dark".

    Returns
    -------
    NetworkDrawing
        Displayed in notebooks; has ``svg()``, ``html()``, ``text()`` and ``save()``.

    Raises
    ------
    TypeError
        If ``model`` is not a Module, cannot be copied, or does not return one tensor.
    ValueError
        If there is no layer or the layers form no chain, the batch does not fit, there are targets
        but no loss, the loss is not one number, there are no gradients to colour by, or an
        argument is out of range.

    Examples
    --------
    >>> model = MLP([2, 3, 1], "sigmoid", rng=0)
    >>> drawing = draw_network(model, np.ones((4, 2)))
    >>> print(drawing.text())
    Network 2-3-1, batch n = 4
    L0               2 units  O (4, 2)
    L1  layers.0  σ  3 units  Z, O (4, 3)  W_1 (2, 3) + b (3,)  ‖W‖ 1.941
    L2  layers.2     1 unit   Z, O (4, 1)  W_2 (3, 1) + b (1,)  ‖W‖ 0.629
    """
    for name, given, known in (
        ("colour", colour, ("weight", "gradient", None)),
        ("layout", layout, ("row", "column")),
    ):
        if not (given is None or isinstance(given, str)) or given not in known:
            choices = " or ".join(repr(k) for k in known if k)
            raise ValueError(f"draw_network: {name} is {choices}, got {shown(given)}")
    if isinstance(max_units, bool) or not isinstance(max_units, int) or max_units < 3:
        raise ValueError(
            f"draw_network: max_units is a whole number from 3, got {shown(max_units)}"
        )
    if loss is not None and batch is None:
        raise ValueError("draw_network: a loss is computed on a batch; give batch= too")
    if targets is not None and loss is None:
        raise ValueError(
            "draw_network: targets without a loss to compare them with; give loss=nn.MSELoss() or "
            "another"
        )
    x, y = parted("draw_network", batch, targets)
    network = read_network(model, x, None if loss is None else y, loss)
    if colour == "gradient" and not network.has_gradients:
        raise ValueError(
            "draw_network: there are no gradients to colour by; give batch=, targets= and loss=, "
            "or call backward() first"
        )
    gradient = network.has_gradients if colour is None else colour == "gradient"
    style = Style(gradient, layout == "column", max_units, _named(names, network))
    return NetworkDrawing(network, style, theme)


def read_network(model: Any, batch: Any, targets: Any, loss: Callable[..., Any] | None) -> Network:
    """Run a copy of the model, and return its layers."""
    if not isinstance(model, Module):
        raise TypeError(
            f"draw_network draws an nn.Module, got {type(model).__name__}; draw(loss) draws the "
            "graph of anything else"
        )
    try:
        twin, loss = copy.deepcopy(model), copy.deepcopy(loss)
    except TypeError as error:
        raise TypeError(
            f"draw_network runs a copy of the model, and this {type(model).__name__} cannot be "
            f"copied: {error}"
        ) from error
    if loss is not None:
        check_loss("draw_network", loss)
        twin.zero_grad()
    with enable_grad(), absolute_scope(""):
        if any(isinstance(m, scalar.Neuron) for m in twin.modules()):
            return read_values(twin, batch, targets, loss)
        return read_tensors(twin, batch, targets, loss)


def _named(names: Sequence[Any] | None, network: Network) -> tuple[str, ...]:
    if names is not None and not isinstance(names, Iterable):
        raise TypeError(f"draw_network: names are a list, one for each layer, got {shown(names)}")
    count = len(network.layers)
    found = tuple(clip(str(x), HEADING) for x in (range(count) if names is None else names))
    if len(found) != count:
        raise ValueError(
            f"draw_network: {len(found)} names for {count} layers; name each, the input first"
        )
    return found


def _table(network: Network, style: Style) -> str:
    """Return the network as lines of text, one per layer."""
    head = f"{network.title}, " + ("no batch" if network.n is None else f"batch n = {network.n}")
    if network.loss is not None:
        head += f", loss {figure(network.loss)}"
    return "\n".join([head, columns([_row(network, style, k) for k in range(len(network.layers))])])


def _row(network: Network, style: Style, k: int) -> tuple[str, ...]:
    layer = network.layers[k]
    shape = _shape((network.rows(k) or "n", layer.units), style)
    units = f"{layer.units:,} unit" + ("" if layer.units == 1 else "s")
    cells = [style.layer(k), layer.path, layer.activation, units, f"{'Z, ' if k else ''}O {shape}"]
    if layer.weight is None:
        return (*cells, "", "", "", ", ".join(style.stages(layer)))
    rows = len(layer.weight) + layer.in_weight
    held = f"{style.weight(k, layer)} {_shape((rows, layer.units), style)}"
    if layer.bias is not None and not layer.in_weight:
        held += f" + b ({layer.units},)"
    cells += [held, f"‖W‖ {_norm(layer.weight)}"]
    cells.append("" if layer.weight_grad is None else f"‖∂W‖ {_norm(layer.weight_grad)}")
    return (*cells, ", ".join(style.stages(layer)))


def _shape(shape: tuple[Any, ...], style: Style) -> str:
    return f"({', '.join(map(str, shape[::-1] if style.column else shape))})"


def _norm(a: Array) -> str:
    with np.errstate(all="ignore"):
        return figure(norm(a))


__all__ = ["Layer", "Network", "NetworkDrawing", "draw_network"]
