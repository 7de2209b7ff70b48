"""find_nan: the operation that made the first nan or infinity, its inputs, why, and the cure.

An infinity that is masked on its way to the loss, as in attention, is no trouble.

Next: `../memory.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..array_nodes.node import values_of
from ..node import Node, name_of, topological_order
from ..transforms.runs import data_of, node_of

# Why an operation gives nan or infinity: a condition on its operands, the reason, the cure.
_CAUSES: dict[str, tuple[tuple[Any, str, str], ...]] = {
    "log": (
        (lambda x: x < 0, "the logarithm of a negative number", "keep its argument positive"),
        (lambda x: x == 0, "the logarithm of 0", "add a small constant, or use log_softmax"),
    ),
    "sqrt": ((lambda x: x < 0, "the square root of a negative number", "clip at 0 first"),),
    "divide": (
        (lambda x, y: (x == 0) & (y == 0), "0 divided by 0", "guard the divisor with np.where"),
        (lambda x, y: y == 0, "a division by 0", "add a small constant to the divisor"),
    ),
    "reciprocal": ((lambda x: x == 0, "a division by 0", "add a small constant to the divisor"),),
    "power": (
        (lambda x, y: (x == 0) & (y < 0), "0 to a negative power", "keep the base away from 0"),
        (
            lambda x, y: (x < 0) & (y != np.round(y)),
            "a negative number to a fractional power",
            "take the absolute value first",
        ),
    ),
    "exp": ((lambda x: x > 0, "e to a power that overflows", "subtract the maximum first"),),
    "subtract": (
        (lambda x, y: np.isinf(x) & np.isinf(y), "infinity minus infinity", "look at its inputs"),
    ),
    "arcsin": ((lambda x: abs(x) > 1, "an argument beyond [-1, 1]", "clip it to [-1, 1]"),),
    "arccos": ((lambda x: abs(x) > 1, "an argument beyond [-1, 1]", "clip it to [-1, 1]"),),
}

# Where a derivative is infinite although the result is finite, and the cure.
_POSITIVE = "keep its argument above 0, as with np.maximum(x, 1e-12)"
_SLOPES = {
    **dict.fromkeys(("sqrt", "cbrt", "log", "log2", "log10"), _POSITIVE),
    **dict.fromkeys(
        ("arcsin", "arccos", "arctanh"),
        "keep its argument within (-1, 1), as with np.clip(x, -1 + 1e-12, 1 - 1e-12)",
    ),
    "arccosh": "keep its argument above 1, as with np.maximum(x, 1 + 1e-12)",
    "log1p": "keep its argument above -1, as with np.maximum(x, -1 + 1e-12)",
    "divide": "keep the divisor away from 0",
    "reciprocal": "keep the divisor away from 0",
    "power": "keep the base away from 0, as with np.maximum(x, 1e-12)",
}


@dataclass(frozen=True)
class Trouble:
    """The first operation that made a nan or an infinity.

    ``direction`` is "forward" or "backward"; ``node`` the node; ``operands`` a short text of its
    inputs at the first bad entry; ``why`` and ``cure`` are sentences.
    """

    node: Any
    direction: str
    index: tuple[int, ...]
    operands: str
    why: str
    cure: str

    def __str__(self) -> str:
        at = f" at index {self.index}" if self.index else ""
        inputs = f" with {self.operands}" if self.operands else ""
        return f"{self.direction}: {name_of(self.node)}{at}{inputs}: {self.why}; {self.cure}"

    __repr__ = __str__


def find_nan(loss: Any) -> Trouble | None:
    """Return the first operation that made a nan or an infinity; None if all numbers are finite.

    Parameters
    ----------
    loss : Tensor or Value
        The result of a computation, with its graph. Nothing in the graph is changed.

    Returns
    -------
    Trouble or None
        Prints as a sentence; ``node``, ``direction``, ``index``, ``operands``, ``why`` and ``cure``
        are its parts.

    Raises
    ------
    TypeError
        If the loss has no graph.

    Examples
    --------
    >>> x = Value(0.0, label="x")
    >>> find_nan((x * 2).log())
    forward: log with x = 0: the logarithm of 0; add a small constant, or use log_softmax
    """
    root = node_of(loss)
    if root is None:
        raise TypeError("find_nan needs a result computed from leaves that want gradients")
    with np.errstate(all="ignore"):
        values = values_of(root)
        order = topological_order(root)
        return _forward(order, root, values) or _backward(order, root, values)


def _bad(x: Any) -> Any:
    return ~np.isfinite(np.asarray(x, dtype=float))


def _first(bad: Any) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(bad)[0])


def _forward(order: list[Any], root: Any, values: dict[Any, Any]) -> Trouble | None:
    if not _bad(values[root]).any():
        return None
    # a nan that is masked on the way to the loss does no harm
    harmful = {root}
    for node in reversed(order):
        if node in harmful:
            harmful |= {x for x in node.parents if _bad(values[x]).any()}
    for node in order or [root]:
        if node not in harmful:
            continue
        inputs = node.inputs if node.op else (node,)
        for place, x in enumerate(inputs):
            data = values[x] if isinstance(x, Node) else data_of(x)
            if (not isinstance(x, Node) or x._a is None) and _bad(data).any():
                return _given(node, place, x, _first(_bad(data)))
        if not any(x in harmful for x in node.parents):
            return _explain(node, "forward", _bad(values[node]), values)
    return None


def _given(node: Any, place: int, x: Any, index: tuple[int, ...]) -> Trouble:
    if getattr(x, "requires_grad", False):
        cure = "clean the data, or look at the last update of this parameter"
        return Trouble(x, "forward", index, "", "the input itself is not finite", cure)
    op = node.op
    name = op.inputs[0 if op.variadic else place]
    why = f"its constant operand {name} is not finite"
    return Trouble(node, "forward", index, "", why, "clean the data")


def _explain(node: Any, direction: str, bad: Any, values: dict[Any, Any]) -> Trouble:
    index = _first(bad)
    op = node.op
    arrays = [np.asarray(values[x] if isinstance(x, Node) else data_of(x)) for x in node.inputs]
    operands, why, cure = "", "its result overflows or is undefined", "look at its inputs"
    if op is not None and op.elementwise and not op.variadic:
        entries = [np.broadcast_to(a, bad.shape)[index] for a in arrays]
        operands = ", ".join(
            f"{n} = {float(e):.6g}" for n, e in zip(op.inputs, entries, strict=True)
        )
        for condition, reason, advice in _CAUSES.get(op.name, ()):
            if bool(condition(*entries)):
                return Trouble(node, direction, index, operands, reason, advice)
    elif arrays:
        sizes = (
            f"{float(np.max(np.abs(a), initial=0.0)):.6g}" for a in arrays if a.dtype.kind == "f"
        )
        operands = "largest entries of its inputs " + ", ".join(sizes)
        cure = "scale the inputs down, or lower the learning rate"
    return Trouble(node, direction, index, operands, why, cure)


def _backward(order: list[Any], root: Any, values: dict[Any, Any]) -> Trouble | None:
    found: dict[Any, Any] = {root: np.ones_like(np.asarray(values[root], dtype=float))[()]}
    for node in reversed(order):
        g = found.get(node)
        if g is None:
            continue
        contributions = node._contributions(g, as_nodes=False, strict=True)
        for parent, c in zip(node.parents, contributions, strict=True):
            if c is None:
                continue
            bad = _bad(c)
            if bad.any():
                return Trouble(
                    node,
                    "backward",
                    _first(bad),
                    _operands(node, values, _first(bad), bad.shape),
                    f"its derivative with respect to {name_of(parent)} is not finite there",
                    _SLOPES.get(node.op.name, "keep its inputs away from the singular point"),
                )
            found[parent] = total = found[parent] + c if parent in found else c
            bad = _bad(total)
            if bad.any():
                return Trouble(
                    node,
                    "backward",
                    _first(bad),
                    "",
                    f"the contributions to {name_of(parent)} add up beyond the largest number",
                    "scale the loss down",
                )
    return None


def _operands(node: Any, values: dict[Any, Any], index: tuple[int, ...], shape: Any) -> str:
    if not node.op.elementwise or node.op.variadic:
        return ""
    texts = []
    for name, x in zip(node.op.inputs, node.inputs, strict=True):
        a = np.asarray(values[x] if isinstance(x, Node) else data_of(x))
        if a.shape == shape:
            texts.append(f"{name} = {float(a[index]):.6g}")
    return ", ".join(texts)
