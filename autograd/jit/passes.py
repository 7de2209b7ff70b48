"""What is done to a program before it is emitted: the same numbers from fewer steps.

Each pass takes a program and returns another. Random steps are never merged, left out or moved.
Next: `liveness.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .lowering import inner
from .program import Program, Step
from .step_functions import reshape

# Rows so short are summed as quickly after the product as with it
_SHORT = 32
_FOLDED = (bool, int, float, np.generic)


def optimize(program: Program) -> Program:
    """Return the program after all passes."""
    return alive(_peephole(alive(_simplify(program))))


def alive(program: Program) -> Program:
    """Leave out the steps and inputs that nothing asks for."""
    wanted: set[Step] = set()
    stack = program.roots()
    while stack:
        step = stack.pop()
        if step not in wanted:
            wanted.add(step)
            stack.extend(step.arguments)
    steps = [step for step in program.steps if step in wanted]
    wanted |= {old for old, _ in program.updates}
    inputs = [step for step in program.inputs if step in wanted]
    return Program(inputs, steps, program.outputs, program.updates, program.checks)


class Rewriter:
    """Builds a program step by step from another, with one step in the place of equal ones."""

    def __init__(self, program: Program, uses: dict[Step, int] | None = None) -> None:
        self.old = program
        self.uses = {} if uses is None else uses
        self.steps: list[Step] = []
        self.now: dict[Step, Step] = {step: step for step in program.inputs}
        self._known: dict[Any, Step] = {}

    def add(self, step: Step) -> Step:
        """Return a step equal to this one: an earlier one, or itself."""
        key = _key(step)
        if key is not None:
            found = self._known.setdefault(key, step)
            if found is not step:
                return found
        self.steps.append(step)
        return step

    def make(
        self, like: Step, kind: str, name: str, function: Any, arguments: Any, **parameters: Any
    ) -> Step:
        """Return a step of the shape and dtype of another."""
        step = Step(kind, name, function, arguments, parameters, None, like.where)
        step.shape, step.dtype, step.weak = like.shape, like.dtype, like.weak
        return self.add(step)

    def product(
        self, like: Step, shape: tuple[int, ...], name: str, function: Any, pair: Any
    ) -> Step:
        """Return a product of the dtype of another step and a shape of its own."""
        found = Step("product", name, function, pair, {}, None, like.where)
        found.shape, found.dtype = shape, like.dtype
        return self.add(found)

    def constant(self, value: Any) -> Step:
        """Return the step of a constant."""
        return self.add(Step("constant", "constant", None, (), {}, value))

    def finish(self) -> Program:
        """Return the new program."""
        now, old = self.now, self.old
        checks: dict[Any, None] = {(now[step], wanted): None for step, wanted in old.checks}
        return Program(
            old.inputs,
            self.steps,
            [now[step] for step in old.outputs],
            [(a, now[b]) for a, b in old.updates],
            list(checks),
        )


def _key(step: Step) -> Any:
    if step.kind == "constant":
        x = step.value
        return ("constant", type(x), repr(x)) if isinstance(x, _FOLDED) else ("constant", id(x))
    if step.kind in ("random", "call", "input"):
        return None
    parameters = tuple((k, repr(v)) for k, v in step.parameters.items())
    return step.kind, step.name, step.function, step.arguments, parameters, step.weak


def _rewrite(
    program: Program,
    rule: Callable[[Rewriter, Step], Step | None],
    uses: dict[Step, int] | None = None,
) -> Program:
    """Return the program with every step as a rule makes it from its new arguments.

    ``uses`` has how often each step is needed, which rules find for the new ones too.
    """
    r = Rewriter(program, uses)
    for step in program.steps:
        arguments = tuple(r.now[a] for a in step.arguments)
        old, step = step, with_arguments(step, arguments)
        found = rule(r, step)
        new = r.now[old] = r.add(step) if found is None else found
        if uses is not None and new is not old:
            uses[new] = uses.get(new, 0) + uses.get(old, 0)
    return r.finish()


def with_arguments(step: Step, arguments: tuple[Step, ...]) -> Step:
    """Return a step with other arguments, itself if they are its own."""
    if arguments == step.arguments:
        return step
    new = Step(step.kind, step.name, step.function, arguments, step.parameters, None, step.where)
    new.shape, new.dtype, new.weak = step.shape, step.dtype, step.weak
    new.value, new.label = step.value, step.label
    return new


# --------------------------------------------------------------------------------------------------
# Algebra


def _uses(program: Program) -> dict[Step, int]:
    """Return how often each step is needed."""
    found: dict[Step, int] = {}
    for step in program.steps:
        for a in step.arguments:
            found[a] = found.get(a, 0) + 1
    for root in program.roots():
        found[root] = found.get(root, 0) + 1
    return found


def _simplify(program: Program) -> Program:
    merged = _rewrite(program, lambda r, step: None)  # equal steps count as one among the uses
    return _rewrite(merged, _simpler, _uses(merged))


def _simpler(r: Rewriter, step: Step) -> Step | None:
    if step.kind == "elementwise":
        simpler = _folded(r, step) or _unstretched(r, step) or _neutral(r, step)
        return simpler or _signs(r, step)
    if step.kind == "view":
        return _view(r, step)
    if step.kind == "reduce" and step.shape and step.dtype == step.arguments[0].dtype:
        (x,) = step.arguments
        # a sum over one row is that row
        if x.size == step.size and all(x.shape[a] == 1 for a in step.parameters["axis"]):
            return _reshaped(r, step, x)
    return None


def _is_number(step: Step, number: float | None = None) -> bool:
    """Whether a step is a constant number, which cannot change."""
    if step.kind != "constant" or not isinstance(step.value, _FOLDED):
        return False
    return number is None or bool(step.value == number)


def _is(step: Step, name: str) -> bool:
    return step.kind == "elementwise" and step.name == name


def _folded(r: Rewriter, step: Step) -> Step | None:
    if not step.arguments or not all(map(_is_number, step.arguments)):
        return None
    with np.errstate(all="ignore"):
        return r.constant(step.compute([a.value for a in step.arguments]))


def _unstretched(r: Rewriter, step: Step) -> Step | None:
    """Leave out broadcasts that the operation does by itself."""
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
    """Return the number of which all entries of a step are copies; the step itself if of none."""
    found = a
    while found.kind == "view" and found.shape:
        (found,) = found.arguments
    return a if found.shape or found.weak else found


def _neutral(r: Rewriter, step: Step) -> Step | None:
    """Leave out x * 1, x / 1, x - 0 and two signs; join the numbers of a scaled scaling."""
    name, arguments = step.name, step.arguments
    if name == "negative" and _is(arguments[0], name):
        inside = arguments[0].arguments[0]
        return inside if inside.dtype == step.dtype else None
    if name == "negative" and _is(arguments[0], "multiply") and r.uses.get(arguments[0]) == 1:
        return _scaled(r, step, arguments[0], r.constant(-1.0))
    if len(arguments) != 2 or step.weak:
        return None
    x, c = arguments
    if name == "multiply" and _is_number(x) and not _is_number(c):
        x, c = c, x
    neutral = {"multiply": 1, "divide": 1, "subtract": 0}.get(name)
    if name == "add" and _is_number(x):
        return _leak(r, step, x, c)
    if neutral is None or not _is_number(c):
        return None
    if _is_number(c, neutral) and x.dtype == step.dtype and x.shape == step.shape and not x.weak:
        return x
    if name == "multiply" and _is(x, name) and step.dtype.kind == "f":
        return _scaled(r, step, x, c)
    return None


def _leak(r: Rewriter, step: Step, a: Step, x: Step) -> Step | None:
    """Say a + (1 - a) h as max(h, a), for a step h that is 0 or 1: the slope of a leaky relu."""
    if not _is(x, "multiply") or not 0 <= a.value <= 1:
        return None
    b, h = x.arguments
    if not _is_number(b, 1 - a.value) or not _is(h, "heaviside") or h.dtype != step.dtype:
        return None
    middle = h.arguments[1]
    if h.shape != step.shape or not (_is_number(middle, 0) or _is_number(middle, 1)):
        return None
    return r.make(step, "elementwise", "maximum", np.maximum, (h, a))


def _signs(r: Rewriter, step: Step) -> Step | None:
    """Say x + (-y) as x - y, and (-x) y as -(x y), whose sign the next step may take; y + y as 2 y.

    All of it is exact.
    """
    name = step.name
    if name not in _SIGNED or step.weak or step.dtype.kind != "f":
        return None
    x, y = step.arguments
    alike = x.shape == step.shape and x.dtype == step.dtype and not x.weak
    if name == "add" and x is y and alike:
        r.uses[x] = r.uses.get(x, 2) - 1
        return _again(r, step, "multiply", (x, r.constant(2.0)))
    left, right = _negated(r, x, step), _negated(r, y, step)
    if name in ("add", "subtract"):
        if right is not None:
            return _again(r, step, "subtract" if name == "add" else "add", (x, right))
        return _again(r, step, "subtract", (y, left)) if left and name == "add" else None
    if left is None and right is None:
        return None
    found = _again(r, step, name, (left or x, right or y))
    if left and right:
        return found
    r.uses[found] = r.uses.get(found, 0) + 1
    return _again(r, step, "negative", (found,))


_SIGNED = ("add", "subtract", "multiply", "divide")


def _negated(r: Rewriter, x: Step, step: Step) -> Step | None:
    """Return y where x is -y, of the form of a step and needed by nothing else."""
    if not _is(x, "negative") or x.weak or r.uses.get(x) != 1:
        return None
    (y,) = x.arguments
    return y if x.shape == step.shape and x.dtype == step.dtype == y.dtype else None


def _again(r: Rewriter, like: Step, name: str, arguments: tuple[Step, ...]) -> Step:
    """Return a step of the form of another, made simpler where it can be."""
    function = getattr(np, name)
    step = Step("elementwise", name, function, arguments, {}, None, like.where)
    step.shape, step.dtype, step.weak = like.shape, like.dtype, like.weak
    return _simpler(r, step) or r.add(step)


def _scaled(r: Rewriter, step: Step, x: Step, c: Step) -> Step | None:
    y, d = x.arguments
    if _is_number(y):
        y, d = d, y
    fits = x.dtype == step.dtype == y.dtype and x.shape == step.shape == y.shape
    if not _is_number(d) or y.weak or not fits:
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
# Sums as products, which BLAS does several times faster


def _peephole(program: Program) -> Program:
    return _rewrite(program, _sum, _uses(program))


def _sum(r: Rewriter, step: Step) -> Step | None:
    if step.kind != "reduce" or step.name != "add" or step.dtype.kind != "f":
        return None
    (x,) = step.arguments
    if not x.size or x.dtype != step.dtype or x.dtype.itemsize < 4:
        return None
    x, negated = _unsigned(r, x)
    found = _sum_of_products(r, step, x) or _sum_by_ones(r, step, x)
    if found is None or not negated:
        return found
    return r.make(step, "elementwise", "negative", np.negative, (found,))


def _unsigned(r: Rewriter, x: Step) -> tuple[Step, bool]:
    """Return x or -x, whichever is simpler, and whether it is -x; the sum of it is as exact."""
    if r.uses.get(x) != 1:
        return x, False
    if _is(x, "negative"):
        return x.arguments[0], True
    if _is(x, "multiply"):
        for i, a in enumerate(x.arguments):
            if _is(a, "negative") and r.uses.get(a) == 1 and a.dtype == x.dtype:
                pair = (a.arguments[0], x.arguments[1 - i])
                new = r.add(with_arguments(x, pair))
                r.uses[new] = r.uses.get(new, 0) + 1
                return new, True
    return x, False


def _sum_of_products(r: Rewriter, step: Step, x: Step) -> Step | None:
    if not _is(x, "multiply") or r.uses.get(x) != 1:
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
