"""Passes before NumPy runs a program: steps rewritten to the forms that NumPy computes fastest.

C, which has other costs, takes the program as it is. Next: `flat.py`.
"""

from __future__ import annotations

import numpy as np

from ..program import Program, Step
from ..step_functions import astype
from .passes import scaled
from .rewriter import Rewriter, alive, is_elementwise, is_number, rewrite, uses_of

# For smaller arrays another step costs more than faster arithmetic saves
LARGE = 1 << 13


def numpy_form(program: Program) -> Program:
    """Return the program in the form for NumPy."""
    ruled = {s.name for s in program.steps if s.name in _RULES and _has_rule(s)}
    if not ruled:
        return program
    stepped = [s.arguments[0] for s in program.steps if s.name == "heaviside"]
    uses = uses_of(program) if "add" in ruled else None
    return alive(rewrite(program, _faster, uses, stepped))


def _faster(r: Rewriter, step: Step) -> Step | None:
    return _RULES[step.name](r, step) if step.name in _RULES and _has_rule(step) else None


def _has_rule(step: Step) -> bool:
    return (
        step.kind == "elementwise"
        and step.dtype.kind == "f"
        and step.shape != ()
        and (step.name != "multiply" or any(a.dtype.kind == "b" for a in step.arguments))
        and (step.name != "add" or _is_second(step))
    )


def _is_second(step: Step) -> bool:
    """Whether this is (s + y) + y, for large arrays."""
    x, y = step.arguments
    return step.size >= LARGE and is_elementwise(x, "add") and y in x.arguments and x is not y


def _doubled(r: Rewriter, step: Step) -> Step | None:
    """Rewrite (s + a b) + a b as s + (2 a) b, where a is broadcast over b."""
    x, y = step.arguments
    if r.uses.get(x) != 1 or r.uses.get(y) != 2 or not is_elementwise(y, "multiply"):
        return None
    a, b = sorted(y.arguments, key=lambda z: z.size)
    s = x.arguments[x.arguments[0] is y]
    if a.size * 8 > step.size or a.dtype != step.dtype or s is y or s.dtype != step.dtype:
        return None
    two = r.constant(2.0)
    twice = scaled(r, a, a, two) if is_elementwise(a, "multiply") else None
    if twice is None:
        twice = r.make(a, "elementwise", "multiply", np.multiply, (a, two))
    product = r.make(y, "elementwise", "multiply", np.multiply, (twice, b))
    return r.make(step, "elementwise", "add", np.add, (s, product))


def _masked(r: Rewriter, step: Step) -> Step | None:
    """Convert a mask to floats once; every product with it would convert it again."""
    masks = [a.dtype.kind == "b" and a.shape == step.shape for a in step.arguments]
    if sum(masks) != 1:
        return None
    pair = [
        r.make(step, "elementwise", "astype", astype, (a,), dtype=step.dtype) if mask else a
        for a, mask in zip(step.arguments, masks, strict=True)
    ]
    return r.make(step, "elementwise", "multiply", np.multiply, pair)


def _heaviside(r: Rewriter, step: Step) -> Step | None:
    """Rewrite heaviside as max(sign x, 0), which does not branch, and is nan for nan as well."""
    x, middle = step.arguments
    if x.shape != step.shape or x.dtype != step.dtype or not is_number(middle, 0):
        return None
    relu = r.known(step.like("elementwise", "maximum", np.maximum, (x, middle)))
    if relu is not None:  # of which only the sign is needed
        return r.make(step, "elementwise", "sign", np.sign, (relu,))
    sign = r.make(step, "elementwise", "sign", np.sign, (x,))
    return r.make(step, "elementwise", "maximum", np.maximum, (sign, middle))


def _maximum(r: Rewriter, step: Step) -> Step | None:
    """Rewrite max(max(x, 0), a) as max(x, a), for a constant a of at least 0.

    And a leaky relu as x times its slope, if the slope is needed as well.
    """
    x, a = step.arguments
    if is_elementwise(a, "multiply"):
        return _leaky(r, step, x, a)
    if not is_elementwise(x, "maximum") or not is_number(a) or not a.value >= 0:
        return None
    y, zero = x.arguments
    if not is_number(zero, 0) or not y.shape == x.shape == step.shape or y.dtype != step.dtype:
        return None
    return r.make(step, "elementwise", "maximum", np.maximum, (y, a))


def _leaky(r: Rewriter, step: Step, x: Step, scaled: Step) -> Step | None:
    """Rewrite max(x, a x) as x max(sign x, a), if the step function of x is computed as well."""
    leak = next((a for a in scaled.arguments if is_number(a)), None)
    if leak is None or x not in scaled.arguments or x not in r.free or not 0 < leak.value <= 1:
        return None
    if x.shape != step.shape or x.dtype != step.dtype:
        return None
    sign = r.make(step, "elementwise", "sign", np.sign, (x,))
    slope = r.make(step, "elementwise", "maximum", np.maximum, (sign, leak))
    return r.make(step, "elementwise", "multiply", np.multiply, (x, slope))


def _divided(r: Rewriter, step: Step) -> Step | None:
    """Rewrite x / y as x (1 / y) where y is broadcast over x, unless some 1 / y might overflow."""
    x, y = step.arguments
    if step.size < LARGE or y.size * 8 > step.size or not y.shape or y.dtype != step.dtype:
        return None
    if not _is_normal(y):
        return None
    inverse = r.add(y.like("elementwise", "reciprocal", np.reciprocal, (y,)))
    return r.make(step, "elementwise", "multiply", np.multiply, (x, inverse))


def _is_normal(y: Step) -> bool:
    """Whether no entry can be a denormal number."""
    while y.kind == "view":
        (y,) = y.arguments
    return is_elementwise(y, "sqrt") or _is_softmax_total(y)


def _is_ones(step: Step) -> bool:
    return step.kind == "constant" and bool(np.all(step.value == 1))


def _is_softmax_total(y: Step) -> bool:
    """Whether this is a sum of e^(x - m) over an axis, m being the maximum over it: at least 1."""
    if y.kind == "product" and y.name == "matmul" and _is_ones(y.arguments[1]):
        e, axis = y.arguments[0], (1,)
    elif y.kind == "reduce" and y.name == "add":
        e, axis = y.arguments[0], y.parameters["axis"]
    else:
        return False
    if not is_elementwise(e, "exp") or not is_elementwise(e.arguments[0], "subtract"):
        return False
    x, m = e.arguments[0].arguments
    return (
        m.kind == "reduce"
        and m.name == "maximum"
        and m.arguments == (x,)
        and m.parameters == {"axis": axis, "keepdims": True}
    )


_RULES = {
    "add": _doubled,
    "divide": _divided,
    "heaviside": _heaviside,
    "maximum": _maximum,
    "multiply": _masked,
}
