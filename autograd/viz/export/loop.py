"""A chain of equal layers as a program with a loop over its layers. Next: `source.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ...node import Node, name_of
from ..paper.reading import Reading
from ..paper.symbols import Symbol, number, symbol_of
from .code import Code, variable
from .numpy_words import NUMPY


@dataclass
class Layers:
    """A chain of layers: weights and biases, the activation, and the input of the loss."""

    weights: list[Any]
    biases: list[Any]
    activations: list[Any]
    ends: list[int]
    entry: Any

    @property
    def last_is_linear(self) -> bool:
        """Whether the last layer has no activation."""
        return self.activations[-1] is None


def _refuse(why: str) -> NoReturn:
    raise ValueError(f'style="loop" needs a chain of equal layers: {why}; use style="lines"')


def _parameter(x: Any) -> bool:
    return isinstance(x, Node) and x.is_leaf and getattr(x, "requires_grad", False)


def _layers(order: list[Any]) -> Layers:
    """Read the layers in the order of the computation."""
    found = Layers([], [], [], [], None)
    i, current = 0, None
    while i < len(order) and order[i]._operation.name in ("matmul", "linear"):
        x, w, *rest = order[i].inputs
        if not _parameter(w) or (found.weights and x is not current):
            break
        found.entry = found.entry or (order[i], x)
        current, i = order[i], i + 1
        follows = i < len(order) and order[i]._operation.name == "add"
        if (
            not rest
            and follows
            and order[i].inputs[0] is current
            and _parameter(order[i].inputs[1])
        ):
            rest, current, i = [order[i].inputs[1]], order[i], i + 1
        found.weights.append(w)
        found.biases.append(rest[0] if rest else None)
        active = i < len(order) and _function_of(order[i], current)
        found.activations.append(order[i] if active else None)
        if active:
            current, i = order[i], i + 1
        found.ends.append(i)
    return found


def _function_of(node: Any, x: Any) -> bool:
    """Whether a node is an elementwise function of one array."""
    nodes = [i for i in node.inputs if isinstance(i, Node) or np.ndim(i)]
    return bool(node._operation.elementwise and len(nodes) == 1 and nodes[0] is x)


def _kind(node: Any) -> Any:
    """Return a key that is equal for equal activations."""
    return node and (node._operation, [x for x in node.inputs if not isinstance(x, Node)])


def _checked(found: Layers, order: list[Any]) -> None:
    if len(found.weights) < 2:
        _refuse("fewer than two were found")
    kinds = [_kind(a) for a in found.activations]
    if kinds[-1] is not None and kinds[-1] != kinds[0]:
        # what looks like an activation is a part of the loss
        found.activations[-1] = kinds[-1] = None
        found.ends[-1] -= 1
    if None in kinds[:-1] or any(k != kinds[0] for k in kinds[:-1]):
        _refuse("the activations differ")
    if any((b is None) != (found.biases[0] is None) for b in found.biases):
        _refuse("only some have a bias")
    used = {*found.weights, *found.biases}
    for node in order:
        for x in node.inputs:
            if _parameter(x) and x not in used:
                _refuse(f"{name_of(x)} belongs to none")


def loop_source(root: Any) -> str:
    """Return the program of a chain of layers, forward and backward, as a loop over lists."""
    reading = Reading(root)
    found = _layers(reading.order)
    _checked(found, reading.order)
    entry = reading.operand(found.entry[1])
    prediction = reading.order[found.ends[-1] - 1]
    reading.replace(prediction, Symbol(prediction.shape, "prediction"))
    tail = reading.order[found.ends[-1] :]
    for node in tail:
        reading.replace(node, reading.expression(node, reading.operands(node)))
    symbols = [
        *reading.nodes,
        reading.symbols[prediction],
        *(s for s, _ in reading.arrays.values()),
    ]
    words = {s: variable(s.name) for s in symbols}
    code = Code(NUMPY, words)
    gradient = _gradient(reading, tail, prediction)
    loss = code.line(reading.symbols[root])
    before = [words[entry], *(words[s] for s in _data(reading, tail))]
    lines = _lines(reading, found, code, words[entry], loss, code.line(gradient))
    lists = ["weights"] if found.biases[0] is None else ["weights", "biases"]
    arguments = ", ".join(dict.fromkeys([*before, *lists]))
    body = "\n".join(f"    {line}" for line in lines)
    helpers = dict.fromkeys(t for n, t in NUMPY.helpers.items() if n in code.used)
    program = f"def loss_and_gradients({arguments}):\n{body}"
    return "\n\n\n".join(["import numpy as np", *helpers, program]) + "\n"


def _data(reading: Reading, tail: list[Any]) -> list[Symbol]:
    """Return the arrays that the loss compares with."""
    found = []
    for node in tail:
        for x in reading.operands(node):
            if isinstance(x, Symbol) and x.op is None and x.name != "prediction":
                found.append(x)
    return found


def _gradient(reading: Reading, tail: list[Any], prediction: Any) -> Symbol:
    """Return the gradient of the loss with respect to the prediction."""
    arrived: dict[Any, Symbol] = {tail[-1]: number(1)}
    moving = {prediction, *tail}
    for node in reversed(tail):
        g = arrived[node]
        for i, x in enumerate(node.inputs):
            if isinstance(x, Node) and x in moving and node._operation.differentiable(i):
                c = reading.contribution(node, i, g, named=False)
                arrived[x] = symbol_of(arrived[x] + c) if x in arrived else c
    return arrived[prediction]


def _lines(
    reading: Reading, found: Layers, code: Code, entry: str, loss: str, gradient: str
) -> list[str]:
    active = found.activations[0]
    z, o = Symbol(active.shape, "z"), Symbol(active.shape, "o")
    (position,) = [i for i, x in enumerate(active.inputs) if isinstance(x, Node)]
    reading.replace(active.inputs[position], z)
    reading.replace(active, o)
    code.words |= {z: "z", o: "o"}
    forward = code.line(reading.expression(active, reading.operands(active)))
    code.words |= {z: "zs[i]", o: "outputs[i + 1]"}
    d = Symbol(active.shape, "d")
    code.words[d] = "d"
    slope = code.line(reading.contribution(active, position, d, named=False))
    inner = found.last_is_linear or "zs[" in slope
    bias = found.biases[0]
    kept = "" if bias is None or len(bias.shape) == 1 else ", keepdims=True"
    pairs = "W in weights" if bias is None else "W, b in zip(weights, biases, strict=True)"
    indent = "        " if found.last_is_linear else "    "
    only = ["    if i < len(weights) - 1:"] if found.last_is_linear else []
    results = "weight_gradients" if bias is None else "weight_gradients, bias_gradients"
    return [
        "# forward: outputs[i] is what layer i gets",
        f"zs, outputs = [], [{entry}]" if inner else f"outputs = [{entry}]",
        f"for {pairs}:",
        f"    z = outputs[-1] @ W{'' if bias is None else ' + b'}",
        *(["    zs.append(z)"] if inner else []),
        f"    outputs.append({forward})",
        f"prediction = {'zs[-1]' if found.last_is_linear else 'outputs[-1]'}",
        f"L = {loss}",
        "# backward: d is the derivative of L with respect to the output, then to z, of layer i",
        f"d = {gradient}",
        f"{results.replace(', ', ' = ')} = []",
        "for i in reversed(range(len(weights))):",
        *only,
        f"{indent}d = {slope}",
        "    weight_gradients = [outputs[i].T @ d, *weight_gradients]",
        *([] if bias is None else [f"    bias_gradients = [d.sum(axis=0{kept}), *bias_gradients]"]),
        "    d = d @ weights[i].T",
        f"return L, {results}",
    ]
