"""Measurements of a model from its graph: activations, weights and gradients, by layer.

Nothing is changed: the gradients of the sweep are not stored. Next: `verdicts.py`, which judges
the numbers.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.array_nodes.node import values_of
from autograd.backward import gradients
from autograd.node import Node, topological_order

from ..modules.module import Module
from ..training.gradients import array_norm

Array = np.ndarray[Any, Any]
# an activation is saturated where its slope is below this part of its largest slope
SLOPE = 0.06
_RESHAPING = ("transpose", "swapaxes", "reshape", "astype", "moveaxis")
NEURON = re.compile(r"\.?\bneurons\.(\d+)\.[wb](\.\d+)?$")


@dataclass(frozen=True)
class Activation:
    """The outputs of one activation: numbers of units and samples, and the distribution.

    ``saturated`` is the share of outputs where the slope is below 6 % of its maximum, ``dead`` the
    share of units that are 0 for every sample; None where it is not defined. ``hidden`` is False
    for the output of the model.
    """

    name: str
    kind: str
    units: int
    samples: int
    mean: float
    std: float
    saturated: float | None
    dead: float | None
    hidden: bool


@dataclass(frozen=True)
class Layer:
    """The weights of one layer: norms of weights and gradient, and quantities derived from them.

    ``matrix`` is False for biases and gains. ``ratio`` is the norm of the gradient over that of the
    next layer, towards the output; None for the last one and for vectors. ``update`` is the norm of
    the optimizer's next step over that of the weights. ``twins`` are the sets of units with the
    same weights and the same gradient. ``steps`` are the norms of the gradient at each use of a
    layer that is used several times in a row, first use first; ``result`` is the norm of the
    gradient of what all uses give.
    """

    name: str
    shape: tuple[int, ...]
    matrix: bool
    weight: float
    gradient: float | None
    ratio: float | None = None
    update: float | None = None
    twins: tuple[tuple[int, ...], ...] = ()
    steps: tuple[float, ...] = ()
    result: float | None = None


@dataclass
class Group:
    """Parameters that are judged together: one tensor, or the values of a layer."""

    name: str
    members: list[tuple[str, Any]]
    uses: list[Any] = field(default_factory=list)
    first_axis: bool = False  # units are rows of the weights
    columns: bool = False  # and samples columns of the result
    added: bool = False

    @property
    def matrix(self) -> bool:
        """Whether this is a matrix of weights, and not a bias or gain."""
        p = self.members[0][1]
        several = len(p.shape) > 1 if isinstance(p, Tensor) else len(self.members) > 1
        return several and not self.added

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor, or how many values there are."""
        p = self.members[0][1]
        return tuple(p.shape) if isinstance(p, Tensor) else (len(self.members),)


def groups_of(model: Module) -> list[Group]:
    """Return the parameters of a model in groups: tensors alone, values by layer or list."""
    found: dict[str, Group] = {}
    for name, p in model.named_parameters():
        key = name if isinstance(p, Tensor) else _layer_of(name)
        found.setdefault(key, Group(key, [])).members.append((name, p))
    return list(found.values())


def _layer_of(name: str) -> str:
    """Return the layer of a value by its name: layers.0.neurons.1.w.2 belongs to layers.0."""
    inner = NEURON.sub("", name)
    return (inner or "neurons") if inner != name else re.sub(r"(\.\d+)+$", "", name)


class Reading:
    """The graph of a loss, its values and gradients, and how the parameters of a model are used."""

    def __init__(self, model: Module, loss: Any) -> None:
        self.root: Any = getattr(loss, "_node", loss)
        self.order = topological_order(self.root)
        with np.errstate(all="ignore"):
            self.values = values_of(self.root)
            seed = np.ones_like(np.asarray(self.values[self.root]))[()]
            self.gradients, _ = gradients(self.root, seed)
        self.groups = groups_of(model)
        self.owner: dict[Any, tuple[int, str]] = {}
        for number, group in enumerate(self.groups):
            for name, p in group.members:
                node = getattr(p, "_node", p)
                if node is not None:
                    self.owner[node] = number, name
        self._find_uses()

    def _find_uses(self) -> None:
        """Find where parameters are used, and which nodes have weights still to come."""
        names = [set[str]() for _ in self.groups]
        for node in self.order:
            for x in node.parents:
                if x in self.owner:
                    names[self.owner[x][0]].add(node.op.name)
        for group, ops in zip(self.groups, names, strict=True):
            group.added = bool(ops) and ops <= {"add", "subtract"}
        weights: dict[Any, int] = {}
        using: set[Any] = set()
        for node in self.order:
            for place, x in enumerate(node.inputs):
                if not isinstance(x, Node):
                    continue
                number = self.owner[x][0] if x in self.owner else weights.get(x)
                if number is None:
                    continue
                group = self.groups[number]
                if node.op.name in _RESHAPING and group.matrix:
                    weights[node] = number
                    continue
                group.uses.append(node)
                if group.matrix:
                    using.add(node)
                    if node.op.name == "matmul":
                        group.columns = place == 0
                        group.first_axis = group.columns != (x not in self.owner)
        self.inner: set[Any] = set()
        for node in reversed(self.order):
            if node in using or node in self.inner:
                self.inner.update(node.parents)

    # ---------------------------------------------------------------------------------------------
    # Parameters

    def gradient_of(self, p: Any) -> Any:
        """Return the gradient of a parameter; None if the loss does not depend on it."""
        return self.gradients.get(getattr(p, "_node", p))

    def layers(self, updates: Mapping[str, float]) -> list[Layer]:
        """Return the parameters as layers, in the order in which the graph first uses them."""
        place = {node: i for i, node in enumerate(self.order)}
        used = sorted(
            self.groups, key=lambda g: min((place[n] for n in g.uses), default=len(place))
        )
        weights = [g for g in used if g.matrix and g.uses]
        norms = {g.name: self._gradient_norm(g) for g in used}
        following = {a.name: norms[b.name] for a, b in pairwise(weights)}
        found = []
        for g in used:
            own, after = norms[g.name], following.get(g.name)
            found.append(
                Layer(
                    g.name,
                    g.shape,
                    g.matrix,
                    norm(p._data for _, p in g.members),
                    own,
                    own / after if own is not None and after else None,
                    updates.get(g.name),
                    self._twins(g) if g.matrix else (),
                    self._steps(g),
                    norm(self.gradients.get(node, 0.0) for node in g.uses),
                )
            )
        return found

    def _gradient_norm(self, group: Group) -> float | None:
        found = [g for _, p in group.members if (g := self.gradient_of(p)) is not None]
        return norm(found) if found else None

    def _twins(self, group: Group) -> tuple[tuple[int, ...], ...]:
        """Return sets of hidden units with equal weights and equal gradients."""
        if not any(node in self.inner for node in group.uses):
            return ()  # output units are not compared: their targets differ
        pairs = [(p._data, self.gradient_of(p)) for _, p in group.members]
        if any(g is None for _, g in pairs):
            return ()
        if isinstance(group.members[0][1], Tensor):
            rows, slopes = (_units(np.asarray(a), group.first_axis) for a in pairs[0])
        else:
            rows, slopes = rows_of_values([n for n, _ in group.members], pairs)
        if len(rows) < 2 or not np.isfinite(slopes).all():
            return ()
        # tolerance for rounding errors of equal gradients, and of gradients that cancel
        room = max(1e-9 * np.abs(slopes).max(), 1e-14 * np.abs(rows).max())
        same: dict[bytes, list[list[int]]] = defaultdict(list)
        for i, row in enumerate(rows):
            sets = same[(row + 0.0).tobytes()]
            for units in sets:
                if np.all(np.abs(slopes[i] - slopes[units[0]]) <= room):
                    units.append(i)
                    break
            else:
                sets.append([i])
        return tuple(tuple(units) for sets in same.values() for units in sets if len(units) > 1)

    def _steps(self, group: Group) -> tuple[float, ...]:
        """Return the norms of the gradient at successive uses of a layer, first use first."""
        if len(group.uses) < 4 or not group.matrix or not isinstance(group.members[0][1], Tensor):
            return ()
        uses = set(group.uses)
        level: dict[Any, int] = {}
        found: dict[int, list[Any]] = defaultdict(list)
        for node in self.order:
            level[node] = max((level.get(x, 0) for x in node.parents), default=0)
            if node in uses:
                level[node] += 1
                found[level[node]].append(self.gradients.get(node, 0.0))
        return tuple(norm(found[i]) for i in sorted(found)) if len(found) > 3 else ()

    # ---------------------------------------------------------------------------------------------
    # Activations

    def activations(self) -> list[Activation]:
        """Return the activations; those of one place in the model are joined."""
        kinds = {node: found for node in self.order if (found := _kind(node))}
        # the weights that a node is computed from without an activation in between
        source = {x: own for x, own in self.owner.items() if self.groups[own[0]].matrix}
        groups: dict[Any, dict[Any, list[Any]]] = {}
        hidden: set[Any] = set()
        for node in self.order:
            last = max((source[x] for x in node.parents if x in source), default=(-1, ""))
            kind = kinds.get(node)
            if kind is None:
                if last[0] >= 0:
                    source[node] = last
                continue
            value = np.asarray(self.values[node])
            turned = last[0] >= 0 and self.groups[last[0]].columns
            rows = _units(value, turned)
            # a value is one unit, identified by its first weight
            unit = last[1] if value.ndim == 0 else ""
            key = node.scope, kind, last[0], len(rows)
            groups.setdefault(key, {}).setdefault(unit, []).append(rows)
            if node in self.inner:
                hidden.add(key)
        return [self._activation(key, units, key in hidden) for key, units in groups.items()]

    def _activation(self, key: Any, units: dict[Any, list[Any]], hidden: bool) -> Activation:
        scope, kind, number, _ = key
        rows = [np.concatenate(parts, axis=1) for parts in units.values()]
        every = np.concatenate([r.ravel() for r in rows])
        dead = np.concatenate([(r == 0).all(axis=1) for r in rows])
        after = f" after {self.groups[number].name}" if number >= 0 else ""
        slope = {"sigmoid": 4 * every * (1 - every), "tanh": 1 - every * every}.get(kind)
        return Activation(
            name=scope or f"{kind}{after}",
            kind=kind,
            units=len(dead),
            samples=max((r.shape[1] for r in rows), default=0),
            mean=float(every.mean()) if every.size else math.nan,
            std=float(every.std()) if every.size else math.nan,
            saturated=None if slope is None else _share(slope < SLOPE),
            dead=_share(dead) if kind == "relu" else None,
            hidden=hidden,
        )


def norm(arrays: Any) -> float:
    """Return the Frobenius norm of all numbers in some arrays, without overflow.

    Examples
    --------
    >>> norm([np.array([3.0]), 4.0])
    5.0
    """
    return math.hypot(*(array_norm(np.asarray(a)) for a in arrays))


def _share(x: Array) -> float:
    return float(x.mean()) if x.size else 0.0


def _units(a: Array, first_axis: bool) -> Array:
    """Return an array as (units, samples): the units are its last axis, or in columns the first."""
    a = np.asarray(a, np.float64)
    if a.ndim < 2:
        return a.reshape(-1, 1)
    axis = -2 if first_axis else -1
    return np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1)


def rows_of_values(names: list[str], pairs: list[tuple[Any, Any]]) -> tuple[Array, Array]:
    """Return the weights and gradients of values as rows, one per neuron or inner list."""
    rows: dict[Any, list[tuple[float, float]]] = defaultdict(list)
    for name, (w, g) in zip(names, pairs, strict=True):
        neuron = NEURON.search(name)
        parts = name.split(".")
        unit = neuron[1] if neuron else ".".join(parts[:-1]) if parts[-1].isdigit() else name
        rows[unit].append((float(w), float(g)))
    if len({len(row) for row in rows.values()}) != 1:
        return np.zeros((0, 0)), np.zeros((0, 0))
    both = np.array(list(rows.values()))
    return both[:, :, 0], both[:, :, 1]


def _kind(node: Any) -> str:
    """Return which activation a node is, written by hand or not; '' for none."""
    name = node.op.name
    if name in ("sigmoid", "tanh", "relu"):
        return str(name)
    if name == "maximum" and any(_is(x, 0) for x in node.inputs):
        return "relu"
    return "sigmoid" if name == "divide" and _is_logistic(node) else ""


def _is_logistic(node: Any) -> bool:
    """Return whether a division is 1 / (1 + exp(...))."""
    one, below = node.inputs
    if not _is(one, 1) or getattr(below, "op", None) is None:
        return False
    return (
        below.op.name == "add"
        and any(_is(x, 1) for x in below.inputs)
        and any(getattr(getattr(x, "op", None), "name", "") == "exp" for x in below.inputs)
    )


def _is(x: Any, number: float) -> bool:
    if isinstance(x, Node):
        return False
    return np.ndim(x) == 0 and bool(x == number)


def scalar_root(loss: Any) -> Any:
    """Return the node of a loss; raises TypeError or ValueError if it is not a single number."""
    node = getattr(loss, "_node", loss)
    if not isinstance(node, Node) or node._a is None:
        raise TypeError(
            f"health: the loss is {type(loss).__name__} without a graph; compute it from the "
            "model's parameters, with gradients switched on"
        )
    if loss.shape != ():
        raise ValueError(
            f"health: the loss has shape {tuple(loss.shape)}; give a single number, as its mean"
        )
    return node
