"""The layers of a model of values, run once per sample. Next: `matrices.py`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor, Value

from .. import scalar
from ..modules.module import Module
from .layers import ACTIVATIONS, SYMBOLS, Array, Layer, Network, forget, swept

Units = list[list[Any]]


def read_values(twin: Module, batch: Any, targets: Any, loss: Any) -> Network:
    """Run a model that may be changed, and return its layers."""
    held = [m for m in twin.modules() if isinstance(m, scalar.Layer)]
    groups: list[Sequence[scalar.Neuron]] = [m.neurons for m in held] or [
        [m for m in twin.modules() if isinstance(m, scalar.Neuron)]
    ]
    width = _width(groups)
    rows = np.zeros((1, width)) if batch is None else _rows_of_values(batch, width)
    zs, os = _run(groups, rows)
    last = [np.stack(x) if len(x) > 1 else x[0] for x in os[-1]]
    value = swept(np.stack(last), targets, loss)
    names = {id(m): path for path, m in twin.named_modules()}
    paths = [names.get(id(m), "") for m in held] or [""]
    layers = [
        Layer(width, o=_numbers(os[0]), o_grad=_numbers(os[0], "grad")),
        *map(_layer, paths, groups, zs, os[1:]),
    ]
    _check(twin, rows, layers)
    network = Network(layers, None if batch is None else len(rows), value)
    forget(network, batch is None, value is None)
    if not any(np.any(x.weight_grad) for x in layers[1:]) and value is None:
        # Values start with the gradient 0, which carries no information
        for layer in layers:
            layer.weight_grad = layer.bias_grad = None
    return network


def _width(groups: Sequence[Sequence[scalar.Neuron]]) -> int:
    """Return the number of inputs; ValueError if the layers form no chain."""
    for kind in {type(neuron) for group in groups for neuron in group}:
        if not issubclass(kind, scalar.Neuron):
            raise ValueError(
                f"draw_network draws layers of nn.scalar.Neuron, got {kind.__name__}; draw(loss) "
                "draws any graph"
            )
    width = len(groups[0][0].w)
    for group, size in zip(groups, [width, *map(len, groups)], strict=False):
        if any(len(neuron.w) != size for neuron in group):
            raise ValueError(
                f"draw_network draws chains of layers, and a layer of {len(group[0].w)} inputs "
                f"follows one of {size} units; draw(loss) draws any graph"
            )
    return width


def _run(groups: Sequence[Sequence[scalar.Neuron]], rows: Array) -> tuple[list[Units], list[Units]]:
    """Return Z by layer and O by layer, the inputs first; each has a list of units per sample."""
    zs: list[Units] = [[] for _ in groups]
    os: list[Units] = [[] for _ in range(len(groups) + 1)]
    for row in rows:
        x: list[Any] = [Value(float(v)) for v in row]
        os[0].append(x)
        for k, group in enumerate(groups):
            x = [neuron(x) for neuron in group]
            if len({*map(_activation, x)}) > 1:
                raise ValueError(
                    "draw_network draws layers whose neurons have one activation; draw(loss) draws "
                    "any graph"
                )
            os[k + 1].append(x)
            zs[k].append([o.parents[0] if _activation(o) else o for o in x])
    return zs, os


def _activation(o: Value) -> str:
    """Return the symbol of the activation that made an output; "" if none did."""
    name = o.op.name if o.op else ""
    symbol = SYMBOLS.get(name, name)
    return symbol if symbol in ACTIVATIONS else ""


def _check(twin: Module, rows: Array, layers: Sequence[Any]) -> None:
    """Raise ValueError if the model computes something else than the picture says."""
    for before, layer in itertools.pairwise(layers):
        with np.errstate(all="ignore"):
            z = before.o @ layer.weight + layer.bias
        if not _same(z, layer.z):
            raise ValueError(
                "draw_network draws neurons that are activation(w·x + b), and those of "
                f"{layer.path or type(twin).__name__} are not; draw(loss) draws any graph"
            )
    if not _same(_outputs(twin, rows), layers[-1].o):
        raise ValueError(
            f"draw_network draws chains of layers, and {type(twin).__name__} does more than run "
            "its layers in turn; draw(loss) draws any graph"
        )


def _outputs(twin: Module, rows: Array) -> Array:
    """Return what the model computes of every row; it may take one row, or a list of them."""
    inputs = [[Value(x) for x in row] for row in rows.tolist()]
    try:
        outputs = [twin(x) for x in inputs]
    except (TypeError, ValueError):
        outputs = twin(inputs)
    flat: list[Any] = [np.ravel(x) if isinstance(x, Tensor) else x for x in outputs]
    return _numbers([[x] if isinstance(x, Value) else x for x in flat])


def _same(x: Any, y: Any) -> bool:
    return np.shape(x) == np.shape(y) and np.allclose(x, y, equal_nan=True)


def _layer(path: str, group: Sequence[scalar.Neuron], z: Units, o: Units) -> Layer:
    weights = [list(column) for column in zip(*[neuron.w for neuron in group], strict=True)]
    biases = [[neuron.b for neuron in group]]
    return Layer(
        len(group),
        path=path,
        weight=_numbers(weights),
        weight_grad=_numbers(weights, "grad"),
        bias=_numbers(biases)[0],
        bias_grad=_numbers(biases, "grad")[0],
        z=_numbers(z),
        o=_numbers(o),
        z_grad=_numbers(z, "grad"),
        o_grad=_numbers(o, "grad"),
        activation=_activation(o[0][0]),
    )


def _rows_of_values(batch: Any, width: int) -> Array:
    given = batch.data if isinstance(batch, Tensor) else np.array(batch, object)
    try:
        plain = [x.data if isinstance(x, Value) else float(x) for x in given.flat]
        rows = np.array(plain).reshape(given.shape or (1,))
    except (TypeError, ValueError):
        rows = np.zeros((0, 0))
    rows = rows[None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or not rows.size or rows.shape[1] != width:
        raise ValueError(
            f"draw_network: batch holds rows of {width} numbers, got shape {np.shape(batch)}"
        )
    return rows


def _numbers(values: Sequence[Sequence[Any]], what: str = "data") -> Array:
    return np.array([[float(getattr(v, what)) for v in row] for row in values])
