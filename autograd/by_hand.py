"""The checker of hand-made gradients, which names the mistake. Next: `nonfinite.py`.

The learner's gradient is compared with the exact one, and then with what each well-known mistake
would have given on this very graph: the backward sweep is run again with that mistake in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .array_node import values_of
from .node import Node, name_of, topological_order
from .transforms import _node, _plain

# local derivatives that are constant along a line; forgetting them is a wrong factor
LINEAR = {"add", "subtract", "multiply", "divide", "negative", "positive"}

Override = Callable[[Any, Any, tuple[Any, ...]], tuple[Any, ...]]


@dataclass(frozen=True)
class Finding:
    """What the checker says of one gradient."""

    name: str
    right: bool
    message: str

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class Report(list[Finding]):
    """The findings, one a gradient; prints one a line."""

    @property
    def right(self) -> bool:
        """Whether every gradient is right."""
        return all(finding.right for finding in self)

    def __repr__(self) -> str:
        return "\n".join(str(finding) for finding in self)


def check_by_hand(loss: Any, gradients: Mapping[str, Any], *, rtol: float = 1e-6) -> Report:
    """Compare gradients made by hand with the exact ones, and name the mistake in a wrong one.

    Parameters
    ----------
    loss : Tensor or Value
        The scalar loss, with its graph. Nothing in the graph is changed.
    gradients : mapping
        The learner's gradient by the label of the parameter.
    rtol : float
        How close is right, relative to the largest entry.

    Returns
    -------
    Report
        One `Finding` a gradient: name, right or not, and a sentence.

    Raises
    ------
    KeyError
        If the graph has no leaf of that label; the message lists those it has.
    TypeError
        If the loss has no graph.

    Examples
    --------
    >>> w = Tensor([[1.0], [2.0]], requires_grad=True, label="w")
    >>> loss = ((np.array([[3.0, 4.0]]) @ w) ** 2).sum()
    >>> check_by_hand(loss, {"w": -2 * 11.0 * np.array([[3.0], [4.0]])})
    w: the sign is wrong
    """
    root = _node(loss)
    if root is None:
        raise TypeError("check_by_hand needs a loss computed from parameters that want gradients")
    order = topological_order(root)
    leaves = {p.label: p for node in order for p in node.parents if p._a is None and p.label}
    report = Report()
    for name, mine in gradients.items():
        if name not in leaves:
            raise KeyError(f"no parameter is labelled {name!r}; the graph has {sorted(leaves)}")
        mine = np.asarray(_plain(mine), dtype=float)
        message = _judge(order, root, leaves[name], mine, rtol)
        report.append(Finding(name, message == "right", message))
    return report


def _judge(order: list[Any], root: Any, leaf: Any, mine: Any, rtol: float) -> str:
    exact = _sweep(order, root, leaf)

    def same(a: Any, b: Any) -> bool:
        a, b = np.asarray(a, float), np.asarray(b, float)
        scale = np.max(np.abs(b), initial=0.0)
        return a.shape == b.shape and bool(np.all(np.abs(a - b) <= rtol * scale + 1e-300))

    if same(mine, exact):
        return "right"
    shape = _judge_shape(mine, exact, same)
    if shape:
        return shape
    if mine.shape != exact.shape:
        return f"the shape is {mine.shape}, the parameter's is {exact.shape}"
    if same(mine, -exact):
        return "the sign is wrong"
    ratio = _judge_ratio(order, mine, exact, same)
    if ratio:
        return ratio
    for wrong, message in _mistakes(order, root, leaf, exact):
        for sign, addition in ((1, ""), (-1, "; and the sign is wrong")):
            candidate = wrong.through(sign * mine) if isinstance(wrong, _Line) else wrong
            if same(sign * mine, candidate):
                return message + addition
    return _worst(mine, exact)


def _judge_shape(mine: Any, exact: Any, same: Callable[[Any, Any], bool]) -> str:
    if mine.ndim == exact.ndim == 2 and mine.T.shape == exact.shape and same(mine.T, exact):
        return "it is transposed"
    if mine.ndim == exact.ndim + 1 and mine.shape[1:] == exact.shape:
        if same(mine.sum(axis=0), exact):
            return "it is not summed over the batch: one gradient a sample is left (axis 0)"
        if same(mine.mean(axis=0), exact):
            return "it is not averaged over the batch: one gradient a sample is left (axis 0)"
    if mine.size == exact.size and mine.shape != exact.shape and same(mine.ravel(), exact.ravel()):
        return f"the numbers are right, the shape is {mine.shape} instead of {exact.shape}"
    return ""


def _judge_ratio(order: list[Any], mine: Any, exact: Any, same: Callable[[Any, Any], bool]) -> str:
    big = np.unravel_index(int(np.argmax(np.abs(exact))), exact.shape)
    if exact[big] == 0 or mine[big] == 0:
        return ""
    factor = float(mine[big] / exact[big])
    if not same(mine, factor * exact):
        return ""
    return f"it is {_said(abs(factor))} times the exact one{_scale(order, abs(factor))}" + (
        "; and the sign is wrong" if factor < 0 else ""
    )


def _said(factor: float) -> str:
    for n in range(2, 4097):
        if abs(factor - n) < 1e-6 * n:
            return str(n)
        if abs(factor - 1 / n) < 1e-6 / n:
            return f"1/{n}"
        if n % 2 and abs(factor - n / 2) < 1e-6 * n:
            return f"{n}/2"
        if n % 2 and abs(factor - 2 / n) < 1e-6 / n:
            return f"2/{n}"
    return f"{factor:.6g}"


def _scale(order: list[Any], factor: float) -> str:
    """Say what a constant factor comes from: a 2, a batch size, a number of outputs."""
    if abs(factor - 0.5) < 1e-6:
        return ": the 2 from the square is missing"
    if abs(factor - 2) < 1e-6:
        return ": the 2 from the square is there, but the loss has a half"
    sizes: set[int] = set()
    for node in order:
        for x in node.parents:
            shape = np.shape(_plain(x)) if not isinstance(x, Node) else getattr(x, "shape", ())
            sizes |= {*shape, int(np.prod(shape))}
    for n in sorted(s for s in sizes if s > 1):
        for k, said in ((n, f"1/{n}"), (n / 2, f"2/{n}")):
            if abs(factor - k) < 1e-6 * k:
                return f": the factor {said} is missing (mean instead of sum)"
            if abs(factor - 1 / k) < 1e-6 / k:
                return f": there is a factor {said} too much (sum instead of mean)"
    return ""


def _worst(mine: Any, exact: Any) -> str:
    index = np.unravel_index(int(np.argmax(np.abs(mine - exact))), exact.shape)
    at = tuple(int(i) for i in index)
    return (
        f"wrong, by no mistake known here: at {at} it is {mine[index]:.6g} instead of "
        f"{exact[index]:.6g}"
    )


# --------------------------------------------------------------------------------------------------
# The sweep, with a mistake in it


def _sweep(order: list[Any], root: Any, leaf: Any, override: Override | None = None) -> Any:
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
    return np.asarray(found.get(leaf, np.zeros(leaf.shape)), float)


def _mistakes(order: list[Any], root: Any, leaf: Any, exact: Any) -> Iterator[tuple[Any, str]]:
    """Yield what each known mistake would have given, and how to say it."""
    values = values_of(root)
    for node in order:
        if node.op.elementwise and len(node.parents) == 1 and node.op.name not in LINEAR:
            yield from _activation(order, root, leaf, node, values)
        if node.op.name in ("softmax", "log_softmax", "softmax_cross_entropy"):
            yield from _diagonal(order, root, leaf, node, values)
        if node.op.name in ("matmul", "linear"):
            yield from _weights(order, root, leaf, node, values, exact)
            yield from _one_path(order, root, leaf, node, values)
    yield from _one_use(order, root, leaf)


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
    rule = node.op.rule_of(0)
    if "x" in rule.names or node.op.name in ("sigmoid", "tanh"):
        # the derivative taken at the output instead of the input
        with np.errstate(all="ignore"):
            again = node.op.forward(z, *[x for x in node.inputs[1:]])
            named = dict(zip(node.op.inputs, [z, *node.inputs[1:]], strict=False))
            d = rule.run(np.float64(1.0), named | {"z": again}, lambda a, b: a * b)
        yield (
            _sweep(order, root, leaf, _only(node, lambda g, c: (g * d,))),
            f"the derivative of {name} is taken at its output instead of its input",
        )


def _diagonal(
    order: list[Any], root: Any, leaf: Any, node: Any, values: dict[Any, Any]
) -> Iterator[tuple[Any, str]]:
    message = "only the diagonal of the softmax Jacobian is used"
    x = np.asarray(values[node.parents[0]])
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    if node.op.name == "softmax":
        change: Any = lambda g, c: (g * p * (1 - p),)  # noqa: E731
    elif node.op.name == "log_softmax":
        change = lambda g, c: (g * (1 - p),)  # noqa: E731
    else:
        labels: Any = node.inputs[1]
        target = np.asarray(getattr(labels, "data", labels))
        scale = node.parameters.get("scale", 1.0)
        change = lambda g, c: (-g * scale * target * (1 - p),)  # noqa: E731
    yield _sweep(order, root, leaf, _only(node, change)), message


def _weights(
    order: list[Any], root: Any, leaf: Any, node: Any, values: dict[Any, Any], exact: Any
) -> Iterator[tuple[Any, str]]:
    """The weights of a layer were updated before the gradient went through them, with any step."""
    x, w = node.inputs[0], node.inputs[1]
    for data, weight, place in ((x, w, 0), (w, x, 1)):
        if not (isinstance(data, Node) and isinstance(weight, Node) and weight._a is None):
            continue
        if data not in node.parents or weight not in node.parents or data is leaf:
            continue
        update = _sweep(order, root, weight)
        k = node.parents.index(data)

        def with_update(
            g: Any, c: tuple[Any, ...], k: int = k, u: Any = update, place: int = place
        ) -> Any:
            pulled = g @ u.T if place == 0 else u.T @ g
            return tuple(pulled if i == k else v for i, v in enumerate(c))

        def without(g: Any, c: tuple[Any, ...], k: int = k) -> Any:
            return tuple(None if i == k else v for i, v in enumerate(c))

        # gradients with W - α ∂W differ from the exact one by -α times what ∂W passes on
        slope = _sweep(order, root, leaf, _only(node, with_update))
        slope = slope - _sweep(order, root, leaf, _only(node, without))
        if not np.any(slope):
            continue
        yield _Line(exact, slope), f"the updated weights of {name_of(weight)} are used"


@dataclass(frozen=True)
class _Line:
    """Every gradient ``exact - step * slope`` with a step > 0."""

    exact: Any
    slope: Any

    def through(self, mine: Any) -> Any:
        """Return the gradient on the line that is nearest to ``mine``."""
        length = float(np.sum(self.slope * self.slope))
        step = float(np.sum((self.exact - mine) * self.slope)) / length if length else 0.0
        return self.exact - max(step, 0.0) * self.slope


def _one_path(
    order: list[Any], root: Any, leaf: Any, node: Any, values: dict[Any, Any]
) -> Iterator[tuple[Any, str]]:
    """Of the sum over a layer's outputs only one term, or only its diagonal, is taken."""
    x, w = node.inputs[0], node.inputs[1]
    if not isinstance(x, Node) or x not in node.parents or x is leaf:
        return
    weight = np.asarray(values[w] if isinstance(w, Node) else w)
    if weight.ndim != 2 or node.shape[-1:] != weight.shape[1:]:
        return
    k = node.parents.index(x)
    layer = name_of(node)

    def through(mask: Any) -> Override:
        return _only(
            node,
            lambda g, c: tuple(g @ (weight * mask).T if i == k else v for i, v in enumerate(c)),
        )

    for j in range(min(weight.shape[1], 64)):
        mask = np.zeros(weight.shape)
        mask[:, j] = 1
        yield (
            _sweep(order, root, leaf, through(mask)),
            (f"only one path is followed back through {layer}, by output {j} of {weight.shape[1]}"),
        )
    if weight.shape[0] == weight.shape[1]:
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
