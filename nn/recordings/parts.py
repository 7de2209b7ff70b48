"""The parts of a model that a snapshot is made of: parameters, layers, and which entries to keep.

They are read from the graph of a run. Next: `surface.py`, then `snapshots.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.node import Node

from ..diagnosis.measures import NEURON, Group, Reading, rows_of_values
from ..drawing.layers import ACTIVATIONS, SYMBOLS
from ..drawing.positions import shown_units
from ..training.evaluation import numbers

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Sample:
    """Which rows and columns of an array are kept; an array of any rank is taken as a matrix."""

    name: str
    shape: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]

    def of(self, a: Any) -> Array:
        """Return the kept entries, row by row; nan if there is no array."""
        if a is None:
            return np.full(len(self.rows) * len(self.columns), np.nan)
        flat = np.asarray(a, np.float64).reshape(_matrix(self.shape))
        found: Array = flat[np.ix_(self.rows, self.columns)].reshape(-1)
        return found


def samples_of(arrays: Sequence[tuple[str, Any]], units: int, entries: int) -> list[Sample]:
    """Choose which entries of some arrays are kept: all, or rows and columns at both ends.

    Examples
    --------
    >>> samples_of([("w", np.zeros((100, 4)))], 3, 50)
    [Sample(name='w', shape=(100, 4), rows=(0, 99), columns=(0, 3))]
    """
    sizes = [_matrix(np.shape(a)) for _, a in arrays]
    most = max((n for size in sizes for n in size), default=0)
    side = units
    if sum(r * c for r, c in sizes) <= entries:
        side = most
    while side > 3 and sum(min(r, side) * min(c, side) for r, c in sizes) > entries:
        side -= 1
    found, left = [], entries
    for (name, a), size in zip(arrays, sizes, strict=True):
        rows, columns = (tuple(i for i in shown_units(n, side) if i is not None) for n in size)
        left -= len(rows) * len(columns)
        if left < 0:
            # there are so many arrays that the last ones only get statistics
            rows = columns = ()
        found.append(Sample(name, np.shape(a), rows, columns))
    return found


def _matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    return math.prod(shape[:-1]), shape[-1] if shape else 1


# --------------------------------------------------------------------------------------------------
# The parts of a model


@dataclass
class Part:
    """A layer as found in a run: its weights by name, and its outputs after the activation."""

    name: str
    weight: str
    bias: str
    activation: str
    output: Array


def parameters_of(reading: Reading) -> list[tuple[str, Array, Array | None]]:
    """Return (name, data, gradient) of the parameters; for neurons, of a matrix and a bias.

    A gradient is None where the loss does not depend on the parameter.
    """
    found: list[tuple[str, Array, Array | None]] = []
    for group in reading.groups:
        if isinstance(group.members[0][1], Tensor):
            p = group.members[0][1]
            g = reading.gradient_of(p)
            data = np.asarray(p._data, np.float64)
            found.append((group.name, data, None if g is None else _shaped(g, data.shape)))
            continue
        pairs = [(p._data, _known(reading.gradient_of(p))) for _, p in group.members]
        rows, slopes = _neurons(group, pairs)
        if rows.size:
            found.append((f"{group.name}.w", rows[:, :-1].T, slopes[:, :-1].T))
            found.append((f"{group.name}.b", rows[:, -1], slopes[:, -1]))
        else:
            both = np.array(pairs, np.float64)
            found.append((group.name, both[:, 0], both[:, 1]))
    return found


def _neurons(group: Group, pairs: list[tuple[Any, Any]]) -> tuple[Array, Array]:
    names = [name for name, _ in group.members]
    if not all(NEURON.search(name) for name in names):
        return np.zeros((0, 0)), np.zeros((0, 0))
    return rows_of_values(names, pairs)


def _shaped(g: Any, shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(np.asarray(getattr(g, "_data", g), np.float64), shape)


def _known(g: Any) -> float:
    return math.nan if g is None else float(getattr(g, "_data", g))


def parts_of(reading: Reading, output: Any) -> list[Part]:
    """Return the layers in the order of the run; only the output if there are none."""
    children: dict[Any, list[Any]] = {}
    for node in reading.order:
        for x in node.parents:
            children.setdefault(x, []).append(node)
    weights = {node: name for node in reading.order if (name := _weight(reading, node))}
    met: dict[str, tuple[Part, dict[str, list[Array]]]] = {}
    for node, name in weights.items():
        neuron = NEURON.search(name)
        layer = NEURON.sub("", name) or "neurons" if neuron else name.rpartition(".")[0] or name
        last, activation, bias = _walked(reading, node, children, weights, output)
        key = f"{layer}.w" if neuron else name
        if key not in met:
            met[key] = Part(layer, key, f"{layer}.b" if neuron else bias, activation, _NONE), {}
        rows = np.asarray(reading.values[last], np.float64)
        rows = rows.reshape(-1, rows.shape[-1] if rows.ndim else 1)
        met[key][1].setdefault(neuron[1] if neuron else "", []).append(rows)
    for part, units in met.values():
        columns = [np.concatenate(units[u]) for u in sorted(units, key=lambda u: int(u or 0))]
        short = min(map(len, columns))
        part.output = np.concatenate([c[:short] for c in columns], axis=1)
    if met:
        return [part for part, _ in met.values()]
    a = numbers(output).astype(np.float64)
    return [Part("output", "", "", "", a.reshape(-1, a.shape[-1] if a.ndim > 1 else 1))]


_NONE: Array = np.zeros((0, 0))


def _weight(reading: Reading, node: Any) -> str:
    """Return the name of a node's matrix, or of a neuron's weight; '' if it has none."""
    if node.op.name in ("linear", "matmul"):
        w = node.inputs[1]
        if isinstance(w, Node) and w in reading.owner and np.ndim(reading.values[w]) == 2:
            return reading.owner[w][1]
    elif node.op.name == "sumprod":
        name = next((reading.owner[x][1] for x in node.parents if x in reading.owner), "")
        return name if NEURON.search(name) else ""
    return ""


def _walked(
    reading: Reading, node: Any, children: Any, weights: Any, output: Any
) -> tuple[Any, str, str]:
    """Return the last node of the layer that begins with a product, its activation and its bias."""
    end, activation = output.node, ""
    owned = [reading.owner[x][1] for x in node.parents if x in reading.owner]
    bias = owned[1] if node.op.name == "linear" and len(owned) > 1 else ""
    while node is not end:
        users = children.get(node, [])
        if len(users) != 1 or users[0].shape != node.shape or users[0] in weights:
            break
        node = users[0]
        name = SYMBOLS.get(node.op.name, node.op.name)
        if node.op.name == "add" and not bias and not activation:
            bias = next((reading.owner[x][1] for x in node.parents if x in reading.owner), "")
        elif name in ACTIVATIONS:
            activation = activation or name
    return node, activation, bias
