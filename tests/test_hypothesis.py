"""Random shapes, axes, indices and whole random programs."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd as ag
from autograd import Tensor, Value, add_n, sumprod, topological_order

from .cases import REFERENCES, sample
from .checks import assert_close, cotangent_for, differences, gradients_of

EXAMPLES = settings(max_examples=80)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
FILLED = hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=3)


def check(on_nodes, on_arrays, *arrays):
    """Compare value and shape with NumPy's, the gradient along a random direction with differences.

    Rules on nodes must give the same gradient as rules on arrays.
    """
    expected = on_arrays(*arrays)
    result = on_nodes(*map(Tensor, arrays))
    np.testing.assert_allclose(result.data, expected, rtol=1e-12, atol=1e-13)
    assert result.shape == np.shape(expected)
    cotangent = cotangent_for(expected)
    actual = gradients_of(on_nodes, arrays, cotangent)
    assert [g.shape for g in actual] == [a.shape for a in arrays]
    assert_close(gradients_of(on_nodes, arrays, cotangent, create_graph=True), actual, rtol=1e-12)
    ways = [cotangent_for(a, seed=3 + k) for k, a in enumerate(arrays)]

    def along(t):
        moved = (a + t * w for a, w in zip(arrays, ways, strict=True))
        return np.sum(cotangent * on_arrays(*moved))

    slope = sum(np.sum(g * w) for g, w in zip(actual, ways, strict=True))
    assert_close([np.asarray(slope)], differences(along, [np.zeros(())], step=1e-4), rtol=2e-6)


@st.composite
def shape_and_axis(draw, shapes):
    shape = draw(shapes)
    n = len(shape)
    if n == 0:
        return shape, draw(st.sampled_from([None, ()]))
    one = st.integers(-n, n - 1)
    many = st.lists(one, max_size=n, unique_by=lambda a: a % n).map(tuple)
    return shape, draw(st.none() | one | many)


@EXAMPLES
@given(shape_and_axis(SHAPES), st.booleans())
def test_sum_and_mean(shape_axis, keepdims):
    shape, axis = shape_axis
    options = {"axis": axis, "keepdims": keepdims}
    check(lambda x: np.sum(x, **options), lambda x: np.sum(x, **options), sample(shape))
    assume(0 not in shape)
    check(lambda x: np.mean(x, **options), lambda x: np.mean(x, **options), sample(shape))


@EXAMPLES
@given(shape_and_axis(FILLED), st.booleans(), st.sampled_from(["max", "min", "prod", "logsumexp"]))
def test_other_reductions(shape_axis, keepdims, name):
    shape, axis = shape_axis
    options = {"axis": axis, "keepdims": keepdims}
    # a prime step keeps neighbours further apart than the step of differences
    x = sample(shape, 0.5, 1.5)
    if name == "logsumexp":
        check(
            lambda x: ag.logsumexp(x, **options),
            lambda x: np.log(np.sum(np.exp(x), **options)),
            x,
        )
    else:
        f = getattr(np, name)
        check(lambda x: f(x, **options), lambda x: f(x, **options), x)


@EXAMPLES
@given(shape_and_axis(FILLED), st.booleans())
def test_softmax(shape_axis, log):
    shape, axis = shape_axis

    def plain(x):
        e = np.exp(x)
        p = e / e.sum(axis=axis, keepdims=True)
        return np.log(p) if log else p

    f = ag.log_softmax if log else ag.softmax
    check(lambda x: f(x, axis=axis), plain, sample(shape))


BINARY = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "power": lambda x, y: x**y,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": lambda x, y: np.where(x > 1.0, y, x),
}


@EXAMPLES
@given(
    hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3),
    st.sampled_from(sorted(BINARY)),
)
def test_broadcasting(shapes, name):
    p, q = shapes.input_shapes
    f = BINARY[name]
    check(f, f, sample(p, 0.5, 2.5), sample(q, 0.513, 2.5, seed=9))


@EXAMPLES
@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3))
def test_broadcasting_of_three(shapes):
    f = lambda x, y, z: np.clip(x * y + z, y - 4.0, np.exp(z) + 5.0) * np.where(y > 9, x, z)  # noqa: E731
    check(f, f, *(sample(s, seed=k) for k, s in enumerate(shapes.input_shapes)))


@st.composite
def factors(draw, n):
    """Return a shape of n entries, at times with one length left as -1."""
    shape = []
    while n > 1 and draw(st.booleans()):
        d = draw(st.sampled_from([d for d in range(1, n + 1) if n % d == 0]))
        shape.append(d)
        n //= d
    shape.append(n)
    if n and draw(st.booleans()):
        shape[draw(st.integers(0, len(shape) - 1))] = -1
    return tuple(shape)


@EXAMPLES
@given(st.data())
def test_shapes(data):
    shape = data.draw(SHAPES)
    x = sample(shape)
    order = data.draw(st.permutations(range(len(shape))))
    signs = [a - len(shape) if data.draw(st.booleans()) else a for a in order]
    new = data.draw(factors(x.size))
    f = lambda x: np.reshape(np.sin(np.transpose(x, signs)) * 2, new)  # noqa: E731
    check(f, f, x)


@EXAMPLES
@given(st.data())
def test_broadcast_to_and_back(data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
    p, _ = shapes.input_shapes
    f = lambda x: np.broadcast_to(x, shapes.result_shape) * 3.0  # noqa: E731
    check(f, f, sample(p))


@EXAMPLES
@given(st.data())
def test_joining(data):
    shape = list(data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    lengths = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    parts = []
    for k, n in enumerate(lengths):
        part = shape.copy()
        part[axis] = n
        parts.append(sample(tuple(part), seed=k))
    f = lambda *xs: np.concatenate(xs, axis=axis) * 2  # noqa: E731
    check(f, f, *parts)
    place = data.draw(st.integers(-len(shape) - 1, len(shape)))
    g = lambda *xs: np.stack([xs[0], *xs, xs[0]], axis=place) * 2  # noqa: E731
    check(g, g, *(sample(tuple(shape), seed=k) for k in range(len(lengths))))


@st.composite
def mixed_index(draw, shape):
    """Return integers, slices, None, Ellipsis, integer arrays and masks in any order."""
    arrays = draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=3))
    parts, whole = [], len(shape)
    used = draw(st.integers(0, len(shape)))
    axis = 0
    while axis < used:
        n = shape[axis]
        kind = draw(st.sampled_from(["integer", "slice", "array", "none", "mask"]))
        if kind == "none":
            parts.append(None)
            continue
        if kind == "integer":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "slice":
            parts.append(draw(st.slices(n)))
        elif kind == "array":
            parts.append(draw(hnp.arrays(np.int64, arrays, elements=st.integers(-n, n - 1))))
        elif any(isinstance(p, np.ndarray) for p in parts):
            parts.append(slice(None))
        else:
            parts.append(draw(hnp.arrays(bool, (n,))))
            arrays = (int(parts[-1].sum()),)
        axis += 1
    if used < whole and draw(st.booleans()):
        parts.append(Ellipsis)
    return tuple(parts)


@settings(max_examples=200)
@given(st.data())
def test_indices(data):
    shape = data.draw(FILLED)
    index = data.draw(
        st.one_of(
            hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True),
            mixed_index(shape),
            hnp.arrays(bool, shape),
            *([hnp.integer_array_indices(shape)] if shape else []),
        )
    )
    f = lambda x: (x * x)[index] * 1.5  # noqa: E731
    check(f, f, sample(shape))


@settings(max_examples=120)
@given(
    hnp.mutually_broadcastable_shapes(
        signature="(n?,k),(k,m?)->(n?,m?)", min_side=0, max_side=3, max_dims=2
    )
)
def test_matmul(shapes):
    p, q = shapes.input_shapes
    check(np.matmul, np.matmul, sample(p), sample(q, seed=2))


@EXAMPLES
@given(st.data())
def test_dot(data):
    k = data.draw(st.integers(1, 3))
    sides = st.lists(st.integers(1, 3), max_size=2)
    p = (*data.draw(sides), k)
    rest = data.draw(sides)
    q = (*rest[:-1], k, *rest[-1:])
    check(np.dot, np.dot, sample(p), sample(q, seed=2))


# --------------------------------------------------------------------------------------------------
# Whole programs: any directed acyclic graph of smooth steps, of bounded growth


def on_floats(name):
    def run(x):
        return REFERENCES[name](x) if isinstance(x, float | np.ndarray) else getattr(ag, name)(x)

    return run


SIGMOID, SOFTPLUS = on_floats("sigmoid"), on_floats("softplus")


def total(terms):
    return add_n(terms) if not isinstance(terms[0], np.ndarray | float) else sum(terms)


def paired(p, q, b):
    if isinstance(b, Value):
        return sumprod(p, q, b)
    return p[0] * q[0] + p[1] * q[1] + b


STEPS = [
    lambda x, y: (x + y) * 0.5,
    lambda x, y: x - 0.5 * y,
    lambda x, y: np.tanh(x * y),
    lambda x, y: x * np.sin(y),
    lambda x, y: x / (y * y + 1.0),
    lambda x, y: (x * x + 0.5) ** 0.3 - y / 4,
    lambda x, y: (np.tanh(x) + 2.0) ** np.sin(y),
    lambda x, y: 1.5 ** np.tanh(x - y),
    lambda x, y: -np.exp(np.cos(x)) + 1 / (2.0 + np.sin(y)),
    lambda x, y: np.log(x * x + y * y + 0.3),
    lambda x, y: np.sqrt(1.0 + x * x) - abs(2.0 + np.sin(y)),
    lambda x, y: SIGMOID(x) * (3 - SOFTPLUS(np.tanh(y))),
    lambda x, y: total([x, y, x, -y]) * 0.4,
    lambda x, y: np.tanh(paired([x, y], [y, x], x)),
    lambda x, y: np.where(x * 0.0 + 1.0 > 0, np.cos(x) * y, x),
    lambda x, y: np.clip(np.maximum(np.sin(x), 2.0) + np.minimum(y, 500.0), -1e3, 1e3) / 2,
]
PROGRAMS = st.lists(
    st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 10**6), st.integers(0, 10**6)),
    min_size=1,
    max_size=12,
)
STARTS = st.lists(
    st.floats(-2, 2, allow_subnormal=False).map(lambda x: round(x, 3)), min_size=1, max_size=3
)


def run(program, leaves):
    """Run the steps, each on any results before it; return the last plus all dead ends."""
    pool = list(leaves)
    used = set()
    for step, i, j in program:
        i, j = i % len(pool), j % len(pool)
        used |= {i, j}
        pool.append(STEPS[step](pool[i], pool[j]))
    z = pool[-1]
    for k, x in enumerate(pool[:-1]):
        if k not in used:
            z = z + x * 0.25
    return z


@settings(max_examples=150)
@given(PROGRAMS, STARTS)
def test_random_programs(program, starts):
    values = [Value(x) for x in starts]
    scalars = [Tensor(x, requires_grad=True) for x in starts]
    vectors = [Tensor([x, x + 0.25], requires_grad=True) for x in starts]
    z, s, v = run(program, values), run(program, scalars), run(program, vectors)
    number = run(program, [np.asarray(x) for x in starts])
    assert z.data == pytest.approx(float(number), rel=1e-12, abs=1e-14)
    assert s.data == pytest.approx(z.data, rel=1e-12, abs=1e-14)
    assert v.data[0] == pytest.approx(z.data, rel=1e-12, abs=1e-14)
    for root in (z, s):
        root.backward()
    v.backward([1.0, 0.0])
    grads = [x.grad for x in values]
    scale = 1e-13 * max(1.0, *map(abs, grads))
    assert [float(x.grad) for x in scalars] == pytest.approx(grads, rel=1e-9, abs=1e3 * scale)
    assert [x.grad[0] for x in vectors] == pytest.approx(grads, rel=1e-9, abs=1e3 * scale)
    assert [x.grad[1] for x in vectors] == [0.0] * len(starts)
    expected = differences(lambda *x: run(program, x), [np.array(x) for x in starts], step=2e-5)
    assert_close([np.array(g) for g in grads], expected, rtol=1e-5)
    for root in (z, s.node, v.node):
        order = list(topological_order(root))
        place = {id(n): k for k, n in enumerate(order)}
        assert len(place) == len(order)
        assert all(place.get(id(p), -1) < place[id(n)] for n in order for p in n.parents)


@settings(max_examples=60)
@given(PROGRAMS, STARTS)
def test_second_derivatives_of_random_programs(program, starts):
    found = []
    for leaf in (Value, lambda x: Tensor(x, requires_grad=True)):
        leaves = [leaf(x) for x in starts]
        run(program, leaves).backward(create_graph=True)
        slope = sum((x.grad * (k + 1.0) for k, x in enumerate(leaves)), 0.0)
        for x in leaves:
            x.grad = 0.0 if isinstance(x, Value) else None
        if slope.parents:
            slope.backward()
        found.append([0.0 if x.grad is None else float(x.grad) for x in leaves])

    def slope_at(*arrays):
        leaves = [Value(float(x)) for x in arrays]
        run(program, leaves).backward()
        return sum(x.grad * (k + 1.0) for k, x in enumerate(leaves))

    assert all(map(math.isfinite, found[0]))
    assert found[1] == pytest.approx(found[0], rel=1e-9, abs=1e-9 * max(map(abs, found[0])) + 1e-12)
    expected = differences(slope_at, [np.array(x) for x in starts], step=2e-5)
    assert_close([np.array(g) for g in found[0]], expected, rtol=1e-4)
