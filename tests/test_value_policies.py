"""A Value follows the policies of a 0-d Tensor at every edge, in two derivatives.

Random programs of up to three operations run on both, at zeros, infinities, nan, huge and tiny
numbers.
"""

import functools
import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Tensor, Value, add_n, leaky_relu, sumprod, topological_order
from autograd.jit.c.build import compiler
from autograd.jit.tape.compiled import jit_values

from .cases import OPERATIONS

INF, NAN = math.inf, math.nan
POINTS = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 1000.0, -1000.0, 5e-324, -5e-324, 0.5, -2.0, 3.0]
CONSTANTS = [*POINTS, 0, 1, -1, 2, 3, -2, 1e300, -0.5, 1.5]
DIFFERENTIABLE = [
    op for op in OPERATIONS.values() if op.elementwise and all(map(op.differentiable, range(1)))
]
UNARY = {op.name: op for op in DIFFERENTIABLE if len(op.inputs) == 1 and not op.variadic}
UNARY |= {
    "where": lambda x: np.where(x > 0, np.log(x), x),
    "clip": lambda x: np.clip(x, -1, 1),
    "clip below": lambda x: np.clip(x, None, 0.0),
    "leaky_relu 0": lambda x: leaky_relu(x, 0.0),
    "leaky_relu 2": lambda x: leaky_relu(x, 2),
    "remainder": lambda x: x % 2,
}
BINARY = {
    op.name: op
    for op in DIFFERENTIABLE
    if len(op.inputs) == 2 and op.differentiable(1) and op.name != "leaky_relu"
}
BINARY |= {
    "**": operator.pow,
    "where": lambda x, y: np.where(x > y, x / y, y),
    "clip": lambda x, y: np.clip(x, y, 1.0),
    "add_n": lambda x, y: add_n([x, y, x]),
    "sumprod": lambda x, y: sumprod([x, y], [y, y], x),
}

places = st.integers(0, 9)
# others are no rounding error away from an edge
others = st.integers(-24, 24).map(lambda n: n / 8)
constants = st.sampled_from(CONSTANTS) | others | st.integers(-3, 3)
steps = st.one_of(
    st.tuples(st.sampled_from(sorted(UNARY)), places),
    st.tuples(st.sampled_from(sorted(BINARY)), places, places),
    st.tuples(st.sampled_from(sorted(BINARY)), places, constants, st.booleans()),
)
numbers = st.sampled_from(POINTS) | others


def run(program, leaves):
    """Return the result of a program; each step may use whatever is there."""
    found = list(leaves)
    for name, i, *others in program:
        x = found[i % len(found)]
        if not others:
            found.append(UNARY[name](x))
        elif len(others) == 1:
            found.append(BINARY[name](x, found[others[0] % len(found)]))
        else:
            c, left = others
            found.append(BINARY[name](c, x) if left else BINARY[name](x, c))
    return found[-1]


def derivatives(program, leaf, starts):
    """Return result, gradients, gradients again as nodes, and theirs along (1, 2); then a graph."""
    leaves = [leaf(x) for x in starts]
    run(program, leaves).backward()
    first = [_number(x.grad) for x in leaves]
    leaves = [leaf(x) for x in starts]
    z = run(program, leaves)
    z.backward(create_graph=True)
    gradients = [x.grad for x in leaves]
    found = [_number(z), *first, *map(_number, gradients)]
    for x in leaves:
        x.grad = 0.0 if leaf is Value else None
    for g, weight in zip(gradients, (1.0, 2.0), strict=True):
        if getattr(g, "parents", ()) if leaf is Value else getattr(g, "requires_grad", False):
            g.backward(weight)
    return [*found, *[_number(x.grad) for x in leaves]], z


def _number(x):
    return 0.0 if x is None else float(x.data if hasattr(x, "backward") else x)


def _at_its_word(z):
    """Whether operations that are bounded met finite numbers alone.

    Tensors look for nan only where an operation is unbounded, so there nan may stay.
    """
    return all(
        math.isfinite(float(getattr(x, "data", x)))
        for node in topological_order(z)
        if node.op.bounded
        for x in (node, *node.inputs)
    )


def _squares_fit(z):
    """Whether the squares of all results are floats: a Value multiplies its stored partials."""
    results = [abs(float(node.data)) for node in topological_order(z)]
    return all(1e-150 < x < 1e150 for x in results if 0 < x < math.inf)


def assert_alike(program, starts):
    leaf = functools.partial(Tensor, requires_grad=True)
    results = []
    for kind in (Value, leaf):
        try:
            with np.errstate(all="ignore"):
                results.append(derivatives(program, kind, starts))
        except Exception as error:
            results.append(error)
    ours, theirs = results
    if isinstance(ours, Exception) or isinstance(theirs, Exception):
        assert type(ours) is type(theirs), results
        return
    (ours, z), (theirs, _) = ours, theirs
    if not _at_its_word(z):
        unknown = [a != a or b != b for a, b in zip(ours, theirs, strict=True)]
        ours = [0.0 if u else a for a, u in zip(ours, unknown, strict=True)]
        theirs = [0.0 if u else b for b, u in zip(theirs, unknown, strict=True)]
    if not _squares_fit(z):
        ours, theirs = ours[:3], theirs[:3]
    scale = max((abs(a) for a in theirs if math.isfinite(a)), default=0.0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * max(1.0, scale))


@settings(max_examples=400, deadline=None)
@given(st.lists(steps, min_size=1, max_size=3), st.tuples(numbers, numbers))
def test_values_follow_the_policies_of_tensors(program, starts):
    assert_alike(program, starts)


UNTAKEN = {
    "relu": lambda x: x.relu() ** 0.5,
    "relu by table": lambda x: OPERATIONS["relu"](x) ** 0.5,
    "leaky_relu": lambda x: leaky_relu(x, 0.0) ** 0.5,
    "maximum": lambda x: np.sqrt(np.maximum(x, 0.0)),
    "clip": lambda x: np.clip(x, 0.0, 1.0) ** 0.5,
}


def twice(f):
    """Return a function that gives f, its derivative and the one after."""

    def both(x):
        z = f(x)
        z.backward(create_graph=True)
        first, x.grad = x.grad, 0.0
        first.backward()
        return z.data, first.data, x.grad

    return both


@pytest.mark.parametrize("backend", ["eager", "numpy", "c"])
@pytest.mark.parametrize("name", UNTAKEN)
def test_an_infinite_gradient_ends_where_nothing_was_chosen(name, backend):
    f = UNTAKEN[name]

    def once(x):
        z = f(x)
        z.backward()
        return z.data, x.grad

    x, y = Value(-1.0), Value(-1.0)
    if backend == "c" and compiler() is None:
        pytest.skip("no C compiler")
    found = once(x) if backend == "eager" else jit_values(once, backend=backend)(x)
    assert found == (0.0, 0.0)
    both = twice(f) if backend == "eager" else jit_values(twice(f), backend=backend)
    assert both(y) == (0.0, 0.0, 0.0)
