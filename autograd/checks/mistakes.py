"""The backward sweep with a well-known mistake in it, for each mistake in turn.

A wrong gradient that equals what a mistake gives on this very graph was made by that mistake. Next:
`by_hand.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..array_nodes.node import values_of
from ..node import Node, name_of
from ..op import operations

# operations with a constant local derivative; forgetting it gives a wrong factor
LINEAR = {"add", "subtract", "multiply", "divide", "negative", "positive"}
# one of these is mistaken for another
ACTIVATIONS = ("relu", "sigmoid", "tanh")
# squares, and products that are one if both factors depend on the same parameter
SQUARES = {"square", "squared_error", "var"}
PRODUCTS = {"multiply", "matmul", "matvec", "vecmat", "vecdot", "sumprod", "einsum", "linear"}

Override = Callable[[Any, Any, tuple[Any, ...]], tuple[Any, ...]]


def sweep(order: list[Any], root: Any, override: Override | None = None) -> dict[Any, Any]:
    """Return {node: gradient} of a sweep in which ``override`` may change contributions."""
    seed: Any = np.float64(1.0)
    found: dict[Any, Any] = {root: seed}
    with np.errstate(all="ignore"):
        for node in reversed(order):
            g = found.get(node)
            if g is None:
                continue
            contributions = node._contributions(g, as_nodes=False, strict=True)
            if override is not None:
                contributions = override(node, g, contributions)
            for parent, c in zip(node.parents, contributions, strict=True):
                if c is not None:
                    found[parent] = found[parent] + c if parent in found else c
    return found


def _sweep(order: list[Any], root: Any, leaf: Any, override: Override | None = None) -> Any:
    found = sweep(order, root, override)
    return np.asarray(found.get(leaf, np.zeros(leaf.shape)), float)


def has_square(order: list[Any], leaf: Any) -> bool:
    """Return whether something that depends on a leaf is squared on the way to the loss."""
    reached = {leaf}
    for node in order:
        uses = sum(p in reached for p in node.parents)
        if not uses:
            continue
        reached.add(node)
        name = node.op.name
        if name in SQUARES or (name in PRODUCTS and uses > 1):
            return True
        if name in ("power", "float_power"):
            exponent = node.inputs[1]
            if np.all(np.equal(getattr(exponent, "data", exponent), 2.0)):
                return True
    return False


def mistakes(order: list[Any], root: Any, leaf: Any, exact: Any) -> Iterator[tuple[Any, str]]:
    """Yield for each known mistake the gradient that it gives, and its description."""
    values = values_of(root)
    activations = []
    for node in order:
        if _is_activation(node):
            activations.append(node)
            yield from _activation(order, root, leaf, node, values)
        if node.op.name in ("softmax", "log_softmax", "softmax_cross_entropy"):
            yield from _softmax(order, root, leaf, node, values)
        if node.op.name in ("matmul", "linear"):
            yield from _weights(order, root, leaf, node, exact)
            yield from _inputs(order, root, leaf, node, values)
            yield from _one_path(order, root, leaf, node, values)
    by_name: dict[str, list[Any]] = {}
    for node in activations:
        by_name.setdefault(node.op.name, []).append(node)
    for name, nodes in by_name.items():
        if len(nodes) > 1:
            yield from _all_activations(order, root, leaf, name, nodes)
    yield Updating(order, root, leaf, exact), "weights that were updated already are used"
    yield from _one_use(order, root, leaf)


def _is_activation(node: Any) -> bool:
    return node.op.elementwise and len(node.parents) == 1 and node.op.name not in LINEAR


def _only(node: Any, change: Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]) -> Override:
    return lambda other, g, c: change(g, c) if other is node else c


def _activation(
    order: list[Any], root: Any, leaf: Any, node: Any, values: dict[Any, Any]
) -> Iterator[tuple[Any, str]]:
    name = name_of(node)
    z = np.asarray(values[node])
    yield (
        _sweep(order, root, leaf, _only(node, lambda g, c: (g + 0 * z,))),
        f"the derivative of {name} is missing",
    )
    yield (
        _sweep(order, root, leaf, _only(node, _squared(node))),
        f"the derivative of {name} is multiplied in twice",
    )
    for d, said in _wrong_slopes(node, z, values):
        yield _sweep(order, root, leaf, _only(node, _times(d))), said


def _times(d: Any) -> Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]:
    return lambda g, c: (g * d,)


def _squared(node: Any) -> Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]:
    with np.errstate(all="ignore"):
        d = node._local(0)
    return lambda g, c: (c[0] * d,)


def _wrong_slopes(node: Any, z: Any, values: dict[Any, Any]) -> Iterator[tuple[Any, str]]:
    """Yield local derivatives that are mistaken for the one of an activation."""
    if node.inputs[0] is not node.parents[0]:
        return
    name, op = name_of(node), node.op
    x = np.asarray(values[node.parents[0]])
    rest = [values[v] if isinstance(v, Node) else v for v in node.inputs[1:]]
    more = dict(zip(op.inputs[1:], rest, strict=True)) | getattr(node, "parameters", {})
    with np.errstate(all="ignore"):
        again = op.forward(z, *rest, **getattr(node, "parameters", {}))
    asked = op.rule_of(0).names
    if "x" in asked or op.name in ("sigmoid", "tanh"):
        said = f"the derivative of {name} is taken at its output instead of its input"
        yield from _slope(op, {"x": z, "z": again} | more, said)
    if "z" in asked and "x" not in asked:
        said = f"the derivative of {name} is a formula in its output, and was given its input"
        yield from _slope(op, {"z": x} | more, said)
    for other in (operations()[n] for n in ACTIVATIONS if n != op.name):
        said = f"the derivative of {other.name} is used at {name}"
        with np.errstate(all="ignore"):
            results = (z, other.forward(x))
        for result in results:
            yield from _slope(other, {"x": x, "z": result}, said)


def _slope(op: Any, named: dict[str, Any], said: str) -> Iterator[tuple[Any, str]]:
    rule = op.rule_of(0)
    if set(rule.names) <= set(named):
        with np.errstate(all="ignore"):
            yield rule.run(np.float64(1.0), named, lambda a, b: a * b), said


def _all_activations(
    order: list[Any], root: Any, leaf: Any, name: str, nodes: list[Any]
) -> Iterator[tuple[Any, str]]:
    def without(node: Any, g: Any, c: tuple[Any, ...]) -> tuple[Any, ...]:
        return (g + np.zeros(node.shape),) if node in nodes else c

    said = f"the derivatives of all {len(nodes)} {name} are missing"
    yield _sweep(order, root, leaf, without), said


def _softmax(
    order: list[Any], root: Any, leaf: Any, node: Any, values: dict[Any, Any]
) -> Iterator[tuple[Any, str]]:
    """The Jacobian of a softmax is forgotten, or all of it but the diagonal."""
    name = node.op.name
    if name != "softmax_cross_entropy":
        said = f"the derivative of {name} is missing"
        yield _sweep(order, root, leaf, _only(node, lambda g, c: (g + np.zeros(node.shape),))), said
    message = "only the diagonal of the softmax Jacobian is used"
    x = np.asarray(values[node.parents[0]])
    axis = getattr(node, "parameters", {}).get("axis", -1)
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    if name == "softmax":
        change: Any = lambda g, c: (g * p * (1 - p),)  # noqa: E731
    elif name == "log_softmax":
        change = lambda g, c: (g * (1 - p),)  # noqa: E731
    else:
        labels: Any = node.inputs[1]
        target = np.asarray(getattr(labels, "data", labels))
        scale = node.parameters.get("scale", 1.0)
        change = lambda g, c: (-g * scale * target * (1 - p),)  # noqa: E731
    yield _sweep(order, root, leaf, _only(node, change)), message


def _passed_back(node: Any) -> Iterator[tuple[int, int, Callable[[Any, Any], Any]]]:
    """Yield (position of the data, position of the weights, pullback to the data) of a layer."""
    for data, weight, pull in (
        (0, 1, lambda g, w: g @ w.T),
        (1, 0, lambda g, w: w.T @ g),
    ):
        x, w = node.inputs[data], node.inputs[weight]
        if not (isinstance(x, Node) and isinstance(w, Node) and w._a is None):
            continue
        if x in node.parents and w in node.parents and np.ndim(getattr(w, "data", 0.0)) == 2:
            yield node.parents.index(x), node.parents.index(w), pull


def _weights(
    order: list[Any], root: Any, leaf: Any, node: Any, exact: Any
) -> Iterator[tuple[Any, str]]:
    """The weights of a layer were updated before the gradient went through them."""
    for data, weight, _ in _passed_back(node):
        if node.parents[data] is leaf:
            continue
        said = f"the updated weights of {name_of(node.parents[weight])} are used"
        yield Updating(order, root, leaf, exact, node), said


def _inputs(
    order: list[Any], root: Any, leaf: Any, node: Any, values: dict[Any, Any]
) -> Iterator[tuple[Any, str]]:
    """The input of an activation is multiplied in, in place of its output."""
    for data, weight, _ in _passed_back(node):
        o = node.parents[data]
        if node.parents[weight] is leaf and o._a is not None and _is_activation(o):
            z, g = np.asarray(values[o.parents[0]]), np.asarray(sweep(order, root).get(node, 0.0))
            if z.ndim == g.ndim == 2:
                said = f"the input of {name_of(o)} is used in place of its output"
                yield (z.T @ g if weight else g @ z.T), said


@dataclass(frozen=True)
class Updating:
    """The gradients that weights updated with some step > 0 give, in one layer or in all."""

    order: list[Any]
    root: Any
    leaf: Any
    exact: Any
    only: Any = None

    def at(self, step: float) -> Any:
        """Return the gradient if each layer's weights take a step before the gradient passes it."""
        values = values_of(self.root)

        def update(node: Any, g: Any, c: tuple[Any, ...]) -> tuple[Any, ...]:
            if node.op.name not in ("matmul", "linear") or self.only not in (None, node):
                return c
            new = list(c)
            for data, weight, pull in _passed_back(node):
                w = np.asarray(values[node.parents[weight]])
                new[data] = pull(g, w - step * np.asarray(c[weight]))
            return tuple(new)

        return _sweep(self.order, self.root, self.leaf, update)

    def through(self, mine: Any) -> Any:
        """Return the gradient closest to ``mine``, by a few steps of Gauss-Newton."""
        step, now = 0.0, self.exact
        for _ in range(8):
            width = 1e-4 * step or 1e-4
            slope = (self.at(step + width) - now) / width
            length = float(np.sum(slope * slope))
            if not length:
                break
            step = max(step + float(np.sum((mine - now) * slope)) / length, 0.0)
            if not np.isfinite(step):
                return self.exact
            now = self.at(step)
        return now


def _put(contributions: tuple[Any, ...], k: int, g: Any) -> tuple[Any, ...]:
    return *contributions[:k], g, *contributions[k + 1 :]


def _one_path(
    order: list[Any], root: Any, leaf: Any, node: Any, values: dict[Any, Any]
) -> Iterator[tuple[Any, str]]:
    """The gradient goes back through a part of the weights, or through them as they are."""
    x, w = node.inputs[0], node.inputs[1]
    if not isinstance(x, Node) or x not in node.parents or x is leaf:
        return
    weight = np.asarray(values[w] if isinstance(w, Node) else w)
    if weight.ndim != 2 or node.shape[-1:] != weight.shape[1:]:
        return
    k = node.parents.index(x)
    layer = name_of(node)

    def through(mask: Any) -> Override:
        return _only(node, lambda g, c: _put(c, k, g @ (weight * mask).T))

    for j in range(min(weight.shape[1], 64)):
        mask = np.zeros(weight.shape)
        mask[:, j] = 1
        yield (
            _sweep(order, root, leaf, through(mask)),
            (f"only one path is followed back through {layer}, by output {j} of {weight.shape[1]}"),
        )
    if weight.shape[0] == weight.shape[1]:
        yield (
            _sweep(order, root, leaf, _only(node, lambda g, c: _put(c, k, g @ weight))),
            f"the weights are not transposed going back through {layer}",
        )
        yield (
            _sweep(order, root, leaf, through(np.eye(len(weight)))),
            (f"only the diagonal of the weights is used going back through {layer}"),
        )


def _one_use(order: list[Any], root: Any, leaf: Any) -> Iterator[tuple[Any, str]]:
    """A node that is used several times has received only one contribution."""
    uses: dict[Any, list[tuple[Any, int]]] = {}
    for node in order:
        for i, parent in enumerate(node.parents):
            uses.setdefault(parent, []).append((node, i))
    for parent, places in uses.items():
        if not 1 < len(places) <= 16:
            continue
        for node, i in places:

            def only(
                other: Any, g: Any, c: tuple[Any, ...], parent: Any = parent, keep: Any = (node, i)
            ) -> Any:
                return tuple(
                    None if p is parent and (other is not keep[0] or k != keep[1]) else v
                    for k, (p, v) in enumerate(zip(other.parents, c, strict=True))
                )

            yield (
                _sweep(order, root, leaf, only),
                (
                    f"{name_of(parent)} is used {len(places)} times; only the use by "
                    f"{name_of(node)} is counted"
                ),
            )
