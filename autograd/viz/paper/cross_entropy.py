"""Softmax or sigmoid with cross-entropy: from the rules to ŷ - y, in steps. Next: `page.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...op import Op
from ...ops import activations, fused, softmaxes
from ...ops import elementwise as ops
from .identities import scaled, split
from .symbols import Alias, Symbol, apply, parts_of, symbol_of

if TYPE_CHECKING:
    from .reading import Reading

Steps = list[tuple[Symbol, str]]
FAMILY = (
    softmaxes.softmax,
    softmaxes.log_softmax,
    fused.softmax_cross_entropy,
    fused.sigmoid_cross_entropy,
)
TURNED = "since σ(−z) = 1 − σ(z)"
WHOLE = "since y sums to 1 over the classes"


def collapse(reading: Reading, node: Any, g: Symbol, full: Symbol) -> Steps:
    """Return further forms of the gradient at the logits; none unless it is a cross-entropy.

    Parameters
    ----------
    reading : Reading
    node : Node
        One of an operation of `FAMILY`.
    g, full : Symbol
        The gradient of the node, as a name if it has one, and written out.
    """
    op: Op = node._operation
    logits = reading.operand(node.inputs[0])
    axis = reading_axis(node)
    if op is fused.sigmoid_cross_entropy:
        target = symbol_of(reading.operand(node.inputs[1]))
        yes = apply(activations.sigmoid, (logits,), {})
        return _upstream(node, g, [(_minus(yes, target), TURNED)])
    if op is softmaxes.softmax:
        z = reading.symbols[node]
        return _after_softmax(reading, z, full, axis, named=full is not g)
    prediction = Alias("ŷ", apply(softmaxes.softmax, (logits,), {"axis": axis}))
    if op is softmaxes.log_softmax:
        k, y = split(full)
        return _difference(reading, k, y, prediction, axis)
    y = reading.operand(node.inputs[1])
    return _upstream(node, g, _difference(reading, -1.0, y, prediction, axis))


def _upstream(node: Any, g: Symbol, steps: Steps) -> Steps:
    """Return forms of the derivative of a fused loss times its scale and the upstream gradient."""
    k, rest = split(g)
    k *= node.parameters.get("scale", 1.0)
    wholes: list[Any] = [e if rest is None else rest * e for e, _ in steps]
    return [(scaled(k, e, e._shape), why) for e, (_, why) in zip(wholes, steps, strict=True)]


def reading_axis(node: Any) -> Any:
    """Return the axis of the classes."""
    return node.parameters.get("axis", -1)


def _difference(
    reading: Reading, k: float, y: Symbol | None, prediction: Symbol, axis: Any
) -> Steps:
    """Return k (y - ŷ), if y are probabilities that no gradient flows to."""
    if not isinstance(y, Symbol) or y._shape != prediction._shape or _moves(y):
        return []
    if not reading.rows_sum_to_one(y, axis):
        return []
    return [(scaled(k, _minus(y, prediction), y._shape), WHOLE)]


def _after_softmax(reading: Reading, z: Symbol, full: Symbol, axis: Any, *, named: bool) -> Steps:
    """Return the steps for an upstream gradient k y / z: the denominator cancels."""
    k, quotient = split(full)
    if quotient is None or quotient.op is not ops.divide or quotient.args[1] is not z:
        return []
    y = quotient.args[0]
    if y._shape != z._shape or _moves(y):
        return []
    total = y.sum(axis=axis, keepdims=True)
    uncancelled: Any = scaled(k, _product(quotient, z), z._shape)
    written: Any = z * (full - uncancelled.sum(axis=axis, keepdims=True))
    steps: Steps = [(written, "with the line above put in")] if named else []
    cancelled: Any = scaled(k, _minus(y, z * total), y._shape)
    steps.append((cancelled, "multiplied out"))
    if reading.rows_sum_to_one(y, axis):
        prediction = Alias("ŷ", z) if z.op is not None else z
        steps.append((scaled(k, _minus(y, prediction), y._shape), WHOLE))
    return steps


def _minus(a: Any, b: Any) -> Symbol:
    return Symbol(a._shape, op=ops.subtract, args=(a, b))


def _product(a: Any, b: Any) -> Symbol:
    return Symbol(a._shape, op=ops.multiply, args=(a, b))


def _moves(y: Symbol) -> bool:
    """Whether a gradient is part of an expression."""
    return any(e.loss for e in parts_of(y))
