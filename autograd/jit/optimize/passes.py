"""Optimization passes over a program: the same results from fewer steps.

Each pass takes a program and returns another. Random steps are never merged, removed or moved.
Next: `nan_checks.py`.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ...ops.powers import FEW, by_products
from ..program import Program, Step
from ..record.lowering import inner
from ..step_functions import reshape
from .nan_checks import in_parts
from .rewriter import (
    Rewriter,
    Rule,
    alive,
    is_elementwise,
    is_number,
    merged,
    rewrite,
    uses_of,
    with_arguments,
)

# Rows as short as this are summed as fast after the product as with it
_SHORT = 32


def optimize(program: Program) -> Program:
    """Return the program after all passes."""
    return in_parts(_peephole(alive(_simplify(alive(program)))))


# --------------------------------------------------------------------------------------------------
# Algebra


def _simplify(program: Program) -> Program:
    program = merged(program)  # equal uses are counted once
    return rewrite(program, _simpler, uses_of(program), _free_of_sign(program))


def _simpler(r: Rewriter, step: Step) -> Step | None:
    if step.kind == "elementwise":
        kinds = [a.kind for a in step.arguments]
        if "view" in kinds and (simpler := _unstretched(r, step)):
            return simpler
        if kinds.count("constant") == len(kinds) and (simpler := _folded(r, step)):
            return simpler
        rule = _ALGEBRA.get(step.name)
        return rule(r, step) if rule is not None else None
    if step.kind == "view":
        return _view(r, step)
    if step.kind == "reduce" and step.shape and step.dtype == step.arguments[0].dtype:
        (x,) = step.arguments
        # a sum over one row is that row
        if x.size == step.size and all(x.shape[a] == 1 for a in step.parameters["axis"]):
            row = _reshaped(r, step, x)
            if step.name != "add" or step.dtype.kind != "f":
                return row
            # except for -0, as a sum begins with 0
            return r.make(step, "elementwise", "add", np.add, (row, r.constant(0.0)))
    return None


def _folded(r: Rewriter, step: Step) -> Step | None:
    if not step.arguments or not all(map(is_number, step.arguments)):
        return None
    with np.errstate(all="ignore"):
        return r.constant(step.compute([a.value for a in step.arguments]))


def _unstretched(r: Rewriter, step: Step) -> Step | None:
    """Remove broadcasts that the operation does anyhow."""
    arguments = [_number_behind(a) for a in step.arguments]
    for i, a in enumerate(arguments):
        others = [b.shape for j, b in enumerate(arguments) if j != i]
        if not a.shape and np.broadcast_shapes(*others) != step.shape:
            a = arguments[i] = step.arguments[i]
        while a.kind == "view" and (a.name == "broadcast_to" or not a.arguments[0].shape):
            a = a.arguments[0]
            if a.weak or np.broadcast_shapes(a.shape, *others) != step.shape:
                break
            arguments[i] = a
    if tuple(arguments) == step.arguments:
        return None
    shorter = with_arguments(step, tuple(arguments))
    return _simpler(r, shorter) or r.add(shorter)


def _number_behind(a: Step) -> Step:
    """Return the number that all entries of a step are copies of, or the step itself."""
    found = a
    while found.kind == "view" and found.shape:
        (found,) = found.arguments
    return a if found.shape or found.weak else found


def _neutral(r: Rewriter, step: Step) -> Step | None:
    """Simplify x * 1, x / 1 and x - 0; join factors that are numbers."""
    name, (x, c) = step.name, step.arguments
    if step.weak or (x.kind != "constant" and c.kind != "constant"):
        return None
    if name == "multiply" and is_number(x) and not is_number(c):
        x, c = c, x
    neutral = {"multiply": 1, "divide": 1, "subtract": 0}.get(name)
    if name == "add" and is_number(x):
        return _leak(r, step, x, c)
    if neutral is None or not is_number(c):
        return None
    if is_number(c, neutral) and x.dtype == step.dtype and x.shape == step.shape and not x.weak:
        return x
    if name == "multiply" and is_elementwise(x, name) and step.dtype.kind == "f":
        return scaled(r, step, x, c)
    return None


def _positive(r: Rewriter, step: Step) -> Step | None:
    """Rewrite +x as x."""
    (x,) = step.arguments
    return x if x.dtype == step.dtype and x.weak == step.weak else None


def _negative(r: Rewriter, step: Step) -> Step | None:
    """Rewrite -(-x) as x, and -(c x) for a number c as (-c) x."""
    (x,) = step.arguments
    if is_elementwise(x, "negative"):
        return _positive(r, with_arguments(step, x.arguments))
    if is_elementwise(x, "multiply") and r.uses.get(x) == 1 and step.dtype.kind == "f":
        return scaled(r, step, x, r.constant(-1.0))
    return None


def _power(r: Rewriter, step: Step) -> Step | None:
    """Rewrite a small power as the products that `raised` computes."""
    if not step.shape or step.dtype.kind != "f":
        return None
    x, n = step.arguments
    if not (is_number(n) and n.weak and n.value in FEW) or x.dtype != step.dtype:
        return None
    found: Step = by_products(
        x,
        n.value,
        lambda a, b: r.make(step, "elementwise", "multiply", np.multiply, (a, b)),
        lambda a: r.make(step, "elementwise", "reciprocal", np.reciprocal, (a,)),
    )
    return found


def _leak(r: Rewriter, step: Step, a: Step, x: Step) -> Step | None:
    """Rewrite a + (1 - a) h as max(h, a), if h is 0 or 1: the slope of a leaky relu."""
    if not is_elementwise(x, "multiply") or not 0 <= a.value <= 1:
        return None
    b, h = x.arguments
    if not is_number(b, 1 - a.value) or not is_elementwise(h, "heaviside") or h.dtype != step.dtype:
        return None
    middle = h.arguments[1]
    if h.shape != step.shape or not (is_number(middle, 0) or is_number(middle, 1)):
        return None
    return r.make(step, "elementwise", "maximum", np.maximum, (h, a))


def _free_of_sign(program: Program) -> set[Step]:
    """Return the steps whose sign all users can absorb, as sums that become differences."""
    free: set[Step] = set()
    bound = set(program.roots())
    for step in reversed(program.steps):
        if step.kind == "elementwise" and step not in bound:
            free.add(step)
        if not _takes_sign(step) or (step.name in ("multiply", "divide") and step not in free):
            bound.update(step.arguments)
            continue
        for i, a in enumerate(step.arguments):
            if a.shape != step.shape or a.dtype != step.dtype or (i and step.name == "divide"):
                bound.add(a)
    return free


def _takes_sign(step: Step) -> bool:
    """Whether a step of a negated argument equals, up to its sign, one of the argument itself."""
    return (
        step.kind == "elementwise"
        and step.name in _SIGNED
        and not step.weak
        and step.dtype.kind == "f"
    )


def _signs(r: Rewriter, step: Step) -> Step | None:
    """Rewrite x + (-y) as x - y; (-x) y as -(x y), for the next step to absorb; y + y as 2 y.

    All of it is exact.
    """
    name = step.name
    if step.weak or step.dtype.kind != "f":
        return None
    x, y = step.arguments
    alike = x.shape == step.shape and x.dtype == step.dtype and not x.weak
    if name == "add" and x is y and alike:
        r.uses[x] = r.uses.get(x, 2) - 1
        return _again(r, step, "multiply", (x, r.constant(2.0)))
    left, right = _negated(r, x, step), _negated(r, y, step)
    if left is None and right is None:
        return None
    if name in ("add", "subtract"):
        return _signed_sum(r, step, left, right)
    found = _again(r, step, name, (left or x, right or y))
    return found if left and right else _minus(r, step, found)


_SIGNED = ("add", "subtract", "multiply", "divide")
_ALGEBRA: dict[str, Rule] = {
    **dict.fromkeys(_SIGNED, lambda r, step: _neutral(r, step) or _signs(r, step)),
    "positive": _positive,
    "negative": _negative,
    "power": _power,
}


def _signed_sum(r: Rewriter, step: Step, left: Step | None, right: Step | None) -> Step | None:
    """Return a sum or difference of steps, either of which may be negated."""
    x, y = step.arguments
    adds = (step.name == "add") == (right is None)
    y = right or y
    if adds:
        return _again(r, step, "subtract", (y, left)) if left else _again(r, step, "add", (x, y))
    if left is None or step not in r.free:
        return _again(r, step, "subtract", (x, y)) if right else None
    return _minus(r, step, _again(r, step, "add", (left, y)))


def _minus(r: Rewriter, step: Step, x: Step) -> Step:
    """Return -x in place of a step."""
    r.uses[x] = r.uses.get(x, 0) + 1
    found = _again(r, step, "negative", (x,))
    if step in r.free:
        r.free.add(found)
    return found


def _negated(r: Rewriter, x: Step, step: Step) -> Step | None:
    """Return y if x is -y, in the form of a step, and only needed where its sign is absorbed."""
    if not is_elementwise(x, "negative") or x.weak or not (r.uses.get(x) == 1 or x in r.free):
        return None
    (y,) = x.arguments
    alike = x.shape == step.shape and x.dtype == step.dtype == y.dtype
    return y if alike and not y.weak else None


def _again(r: Rewriter, like: Step, name: str, arguments: tuple[Step, ...]) -> Step:
    """Return a step of the form of another, simplified."""
    step = like.like("elementwise", name, getattr(np, name), arguments)
    return _simpler(r, step) or r.add(step)


def scaled(r: Rewriter, step: Step, x: Step, c: Step) -> Step | None:
    """Return a product of x with a number c, if x is a product with a number itself; else None."""
    y, d = x.arguments
    if is_number(y):
        y, d = d, y
    fits = x.dtype == step.dtype == y.dtype and x.shape == step.shape == y.shape
    if not is_number(d) or y.weak or not fits:
        return None
    number = r.constant(float(c.value) * float(d.value))
    return r.make(step, "elementwise", "multiply", np.multiply, (y, number))


def _view(r: Rewriter, step: Step) -> Step | None:
    (x,) = step.arguments
    if x.kind != "view" or x.name != step.name:
        return None
    base = x.arguments[0]
    if step.name == "reshape" or step.name == "broadcast_to":
        if base.shape == step.shape and not base.weak:
            return base
        return r.make(step, "view", step.name, step.function, (base,), **step.parameters)
    if step.name == "transpose":
        first, second = x.parameters["axes"], step.parameters["axes"]
        axes = tuple(first[a] for a in second)
        if axes == tuple(range(len(axes))):
            return base
        return r.make(step, "view", "transpose", step.function, (base,), axes=axes)
    return None


# --------------------------------------------------------------------------------------------------
# Sums as products, which BLAS computes several times faster


def _peephole(program: Program) -> Program:
    if not any(map(_is_sum, program.steps)):
        return program
    return alive(rewrite(program, _sum, uses_of(program)))


def _is_sum(step: Step) -> bool:
    return step.kind == "reduce" and step.name == "add" and step.dtype.kind == "f"


def _sum(r: Rewriter, step: Step) -> Step | None:
    if not _is_sum(step):
        return None
    (x,) = step.arguments
    if not x.size or x.dtype != step.dtype or x.dtype.itemsize < 4:
        return None
    x, negated = _unsigned(r, x)
    found = _sum_of_products(r, step, x) or _sum_by_ones(r, step, x)
    if found is None or not negated:
        return found
    # a sum of -x that is 0 is 0, not -0
    return r.make(step, "elementwise", "subtract", np.subtract, (r.constant(0.0), found))


def _unsigned(r: Rewriter, x: Step) -> tuple[Step, bool]:
    """Return x or -x, whichever is simpler, and whether it is -x; its sum is as exact."""
    if r.uses.get(x) != 1:
        return x, False
    if is_elementwise(x, "negative"):
        return x.arguments[0], True
    if is_elementwise(x, "multiply"):
        for i, a in enumerate(x.arguments):
            if is_elementwise(a, "negative") and r.uses.get(a) == 1 and a.dtype == x.dtype:
                pair = (a.arguments[0], x.arguments[1 - i])
                new = r.add(with_arguments(x, pair))
                r.uses[new] = r.uses.get(new, 0) + 1
                return new, True
    return x, False


def _sum_of_products(r: Rewriter, step: Step, x: Step) -> Step | None:
    if not is_elementwise(x, "multiply") or r.uses.get(x) != 1:
        return None
    (a, b), axes, n = x.arguments, step.parameters["axis"], len(x.shape)
    if not (a.shape == b.shape == x.shape and a.dtype == b.dtype == x.dtype):
        return None
    if len(axes) == n:
        return _reshaped(r, step, r.product(step, (), "inner", inner, (a, b)))
    if axes == (n - 1,) and x.shape[-1] >= _SHORT:
        rows = r.product(step, x.shape[:-1], "vecdot", np.vecdot, (a, b))
        return _reshaped(r, step, rows)
    return None


def _sum_by_ones(r: Rewriter, step: Step, x: Step) -> Step | None:
    axes = step.parameters["axis"]
    if len(x.shape) != 2 or len(axes) != 1:
        return None
    ones = r.constant(_ones(x.shape[axes[0]], x.dtype))
    pair, rest = ((ones, x), x.shape[1:]) if axes == (0,) else ((x, ones), x.shape[:1])
    return _reshaped(r, step, r.product(step, rest, "matmul", np.matmul, pair))


@functools.lru_cache(maxsize=256)
def _ones(n: int, dtype: Any) -> Any:
    return np.ones(n, dtype)


def _reshaped(r: Rewriter, step: Step, x: Step) -> Step:
    if x.shape == step.shape:
        return x
    return r.make(step, "view", "reshape", reshape, (x,), shape=step.shape)
