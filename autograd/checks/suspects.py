"""The diagnosis of a wrong gradient: the function itself, or the rule of an operation.

Next: `gradients.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..array_nodes.node import values_of
from ..node import Node, name_of, topological_order
from ..transforms.gradients import grad
from ..transforms.runs import Run, data_of, node_of

Function = Callable[..., Any]


def slope_along(scalar: Function, directions: Sequence[Any]) -> Function:
    """Return the function that computes the derivative of a scalar function along directions."""

    def slope(*xs: Any) -> Any:
        return pairing(grad(scalar, tuple(range(len(xs))))(*xs), directions)

    return slope


def _inner(a: Any, b: Any) -> Any:
    """Return Σ ab, which is a number if a and b are."""
    product = a * b
    return product if np.ndim(data_of(product)) == 0 else product.sum()


def pairing(found: Sequence[Any], directions: Sequence[Any]) -> Any:
    """Return the sum of the inner products of gradients and directions."""
    total: Any = 0.0
    for g, d in zip(found, directions, strict=True):
        total = _inner(g, d) + total
    return total


def roughness(function: Callable[[Any], Any], x: Any, index: tuple[int, ...]) -> str:
    """Describe what is wrong with a scalar function at an entry: nan, a kink, changing results."""

    def at(step: float) -> float:
        moved = np.array(x)
        moved[index] += step
        return float(data_of(function(moved)))

    h = 1e-6 * max(1.0, abs(float(x[index])))
    here, again, right, left = at(0.0), at(0.0), at(h), at(-h)
    if not np.isfinite([here, right, left]).all():
        return "; the function is not finite there"
    if here != again:
        return "; the function gives another number at every call: draw random numbers outside"
    slopes = [(right - here) / h, (here - left) / h, (at(h / 8) - at(-h / 8)) / (h / 4)]
    scale = max(1.0, *map(abs, slopes))
    if max(slopes) - min(slopes) > 0.01 * scale:
        return "; the function has a kink or a jump there: check it beside that point"
    return ""


def suspected(scalar: Function, first: Function | None, points: list[Any]) -> str:
    """Name the operation that is wrong: by its rule, or by the derivative of its rule."""
    with np.errstate(all="ignore"):
        run = Run(scalar, points, tuple(range(len(points))), {})
        found = _first_wrong(run.output, _rule_is_right)
        if found:
            return f"; the rule of operation {found} is wrong"
        if first is not None:
            run = Run(first, points, tuple(range(len(points))), {})
            found = _first_wrong(run.output, _slope_is_right)
            if found:
                return f"; differentiating the rule of operation {found} goes wrong"
    return ""


def _first_wrong(output: Any, right: Callable[[Any, dict[Any, Any], Any], bool]) -> str:
    root = node_of(output)
    if root is None:
        return ""
    values = values_of(root)
    random = np.random.default_rng(0)
    wrong = (n for n in topological_order(root) if not right(n, values, random))
    return next(map(name_of, wrong), "")


def _parts(node: Any, values: dict[Any, Any]) -> tuple[list[Any], list[int], dict[str, Any]]:
    """Return operands as numbers, the positions of the parents among them, and the parameters."""
    inputs = [np.asarray(_number(x, values) if isinstance(x, Node) else x)[()] for x in node.inputs]
    places = [i for i, x in enumerate(node.inputs) if isinstance(x, Node) and x in node.parents]
    parameters = getattr(node, "parameters", {})
    return inputs, places, {"pairs": len(inputs) // 2} if node.op.name == "sumprod" else parameters


def _number(x: Node, values: dict[Any, Any]) -> Any:
    """Return the value of an operand; one that is not among the values gets no gradient."""
    return values[x] if x in values else values_of(x)[x]


def _moved(inputs: list[Any], places: list[int], directions: list[Any], h: float) -> list[Any]:
    moved = list(inputs)
    for i, d in zip(places, directions, strict=True):
        moved[i] = moved[i] + h * d
    return moved


def _slope_is_right(node: Any, values: dict[Any, Any], random: np.random.Generator) -> bool:
    """Compare the derivative of an operation's rule with differences of the rule."""
    inputs, places, parameters = _parts(node, values)
    g = random.standard_normal(np.shape(values[node]))[()]
    d, e = ([random.standard_normal(np.shape(inputs[i]))[()] for i in places] for _ in range(2))

    def weighted(*xs: Any) -> Any:
        given = list(inputs)
        for i, x in zip(places, xs, strict=True):
            given[i] = x
        return pairing([node.op(*given, **parameters)], [g])

    slope = slope_along(weighted, d)
    h = 1e-6
    try:
        run = Run(slope, [inputs[i] for i in places], tuple(range(len(places))), {})
        exact = float(pairing(run.pull([run.output], [np.float64(1.0)], False), e))
        up, down = (_moved(inputs, places, e, s * h) for s in (1, -1))
        ends = [float(data_of(slope(*[moved[i] for i in places]))) for moved in (up, down)]
    except (RuntimeError, TypeError):
        return True  # not differentiable again, or made by hand
    numeric = (ends[0] - ends[1]) / (2 * h)
    return abs(numeric - exact) <= 1e-5 * max(1.0, abs(numeric))


def _rule_is_right(node: Any, values: dict[Any, Any], random: np.random.Generator) -> bool:
    """Compare an operation's rules with differences of its own forward function."""
    inputs, places, parameters = _parts(node, values)
    g = random.standard_normal(np.shape(values[node]))[()]
    try:
        contributions = node._contributions(g, as_nodes=False, strict=True)
    except RuntimeError:
        return True
    h = 1e-6
    for place, c in zip(places, contributions, strict=False):
        direction = random.standard_normal(np.shape(inputs[place]))[()]
        up, down = (
            np.asarray(node.op.forward(*_moved(inputs, [place], [direction], s * h), **parameters))
            for s in (1, -1)
        )
        numeric = float(np.sum(g * (up - down)) / (2 * h))
        exact = float(np.sum(np.asarray(data_of(c)) * direction))
        wrong = not abs(numeric - exact) <= 1e-5 * max(1.0, abs(numeric))
        if wrong and np.isfinite(numeric):
            return False
    return True
