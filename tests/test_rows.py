"""All rows of a Jacobian in one sweep: the same results as row by row, for every operation."""

import numpy as np
import pytest

import autograd.transforms.jacobians as jacobians_module
import autograd.transforms.rows as rows_module
from autograd import (
    Tensor,
    Value,
    add_n,
    checkpoint,
    grad,
    hessian,
    jacobian,
    jit,
    no_grad,
    operation,
    operations,
    softmax,
    sumprod,
)
from autograd.transforms.batching import Batched, Unbatched
from autograd.transforms.trees import flatten

from .cases import CASES
from .jacobian_rows import assert_same, setting
from .test_transforms import numeric_jacobian

RNG = np.random.default_rng(8)


@pytest.fixture
def fallbacks(monkeypatch):
    """Return the list of operations whose rows were taken one by one."""
    found = []
    plain = rows_module._pull_one_by_one

    def told(node, g, nested):
        found.append(node.op.name)
        return plain(node, g, nested)

    monkeypatch.setattr(rows_module, "_pull_one_by_one", told)
    return found


# --------------------------------------------------------------------------------------------------
# Every function of the table


DIFFERENTIABLE = [case for case in CASES if case.gradient and case.tracked]


# those with rules that look at the numbers of the gradient, or that need a loop
ONE_BY_ONE = {"assign", "convolve", "fixed_point", "getitem", "odeint", "put"}


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_jacobian(case, mode, row_by_row, fallbacks):
    function, argnums, points = setting(case)
    find = jacobian(function, argnums, mode)
    found = find(*points)
    assert set(fallbacks) <= ONE_BY_ONE
    assert_same(found, row_by_row(find, *points))


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_hessian(case, row_by_row, fallbacks):
    function, argnums, points = setting(case)

    def total(*xs):
        parts = flatten(function(*xs))[0]
        return sum(np.sum(np.sin(1.3 * y + k)) for k, y in enumerate(parts))

    find = hessian(total, argnums)
    found = find(*points)
    assert set(fallbacks) <= ONE_BY_ONE
    assert_same(found, row_by_row(find, *points))


def test_few_operations_go_one_by_one(fallbacks):
    for case in DIFFERENTIABLE:
        function, argnums, points = setting(case)
        jacobian(function, argnums, "reverse")(*points)
    assert set(fallbacks) == ONE_BY_ONE


THIRD = [
    ("elementwise", lambda x: (np.tanh(x) * x).sum(), (3,)),
    ("broadcast", lambda x: (x[:, None] * np.exp(x)).sum(), (3,)),
    ("matmul", lambda x: (np.sin(x @ x.T) @ x).sum(), (2, 3)),
    ("vectors", lambda x: (x @ np.exp(x)) * (np.outer(x, x) @ x).sum(), (3,)),
    ("softmax", lambda x: (softmax(x) ** 2).sum(), (2, 3)),
    ("einsum", lambda x: np.einsum("ij,kj->", x, np.cos(x)), (2, 2)),
    ("concatenate", lambda x: (np.concatenate([x, x**2]) ** 2).prod(), (2,)),
    ("svd", lambda x: (np.linalg.svd(x)[1] ** 3).sum(), (2, 2)),
    ("checkpoint", lambda x: checkpoint(lambda y: np.sin(y) * y)(x).sum(), (2,)),
]


@pytest.mark.parametrize(("function", "shape"), [t[1:] for t in THIRD], ids=[t[0] for t in THIRD])
def test_third_derivatives(function, shape, row_by_row):
    x = RNG.uniform(0.5, 1.5, shape)
    found = jacobian(hessian(function))(x)
    assert found.shape == 3 * shape
    np.testing.assert_allclose(found, numeric_jacobian(hessian(function), x), rtol=1e-4, atol=1e-6)
    assert_same(found, row_by_row(jacobian(hessian(function)), x))


PARTS = [
    ("overlapping", lambda x: x[1:] * x[:-1] + x[::-1][1:] * x[0]),
    ("repeated", lambda x: x[[0, 0, 1]] * x[1:] + x[[2, 2, 2]]),
    ("of-a-part", lambda x: (x[1:] ** 2)[:2] * (x * x)[2:] + x[1]),
    ("and-whole", lambda x: np.tanh(x) * x + x[:1] * x[-1]),
]


@pytest.mark.parametrize("function", [p[1] for p in PARTS], ids=[p[0] for p in PARTS])
def test_parts_of_one_array(function, row_by_row):
    x = RNG.uniform(0.5, 1.5, 4)
    find = jacobian(function)
    assert_same(find(x), row_by_row(find, x))
    np.testing.assert_allclose(find(x), numeric_jacobian(function, x), rtol=1e-6, atol=1e-8)
    second = hessian(lambda x: np.sum(function(x) ** 2))
    assert_same(second(x), row_by_row(second, x))


def test_a_few_positions_of_a_gradient_that_is_a_sum_by_now(row_by_row):
    at, w = np.array([0, 1]), RNG.normal(size=(2, 2))

    def function(x):
        y = np.sin(x)
        # of an index between others the places come first in what is read
        return w @ y[at, :, at].sum(1) + y[0, 0, :2] * y[1, 1, 1]

    x = RNG.normal(size=(8, 3, 8))
    find = jacobian(function)
    assert_same(find(x), row_by_row(find, x))


def test_recorded_rows_go_all_at_once(fallbacks):
    def rosenbrock(x):
        d, e = x[1:] - x[:-1] * x[:-1], 1 - x[:-1]
        return 100 * (d * d).sum() + (e * e).sum()

    x = RNG.uniform(0.5, 1.5, 5)
    find = hessian(rosenbrock)
    assert_same(jit(find, backend="numpy")(x), find(x))
    assert fallbacks == []


def test_rows_as_nodes_can_be_differentiated():
    w = RNG.normal(size=(3, 3))

    def loss(x):
        return (hessian(lambda y: (np.exp(y) * y[0]).sum())(x) * w).sum()

    x = RNG.normal(size=3)
    np.testing.assert_allclose(grad(loss)(x), numeric_jacobian(loss, x), rtol=1e-6, atol=1e-8)


# --------------------------------------------------------------------------------------------------
# Values, parts, and what a sweep shares


def polynomial(p):
    a, b, c = p["a"], *p["rest"]
    return a**2 * b + c * a + (b * c).tanh() + a * a


def test_hessian_of_values(row_by_row):
    point = {"a": Value(1.5), "rest": [Value(-0.5), Value(2.0)]}
    found = hessian(polynomial)(point)
    flat = np.array([float(h) for h in flatten(found)[0]]).reshape(3, 3)
    np.testing.assert_allclose(flat, flat.T, rtol=1e-14)
    a, b, c = 1.5, -0.5, 2.0
    t = np.tanh(b * c)
    assert flat[0, 0] == pytest.approx(2 * b + 2)
    assert flat[0, 1] == pytest.approx(2 * a)
    assert flat[1, 1] == pytest.approx(c * c * -2 * t * (1 - t * t))
    assert_same(found, row_by_row(hessian(polynomial), point))


def test_values_made_by_hand():
    def double(x):
        y = Value(2 * x.data, (x,), "double")

        def _backward():
            x.grad += 2 * y.grad

        y._backward = _backward
        return y

    def f(x, y):
        return [double(x) * y, double(y), x, x]

    found = jacobian(f, (0, 1), mode="reverse")(Value(3.0), Value(5.0))
    assert [[float(d) for d in row] for row in found] == [[10, 6], [0, 2], [1, 0], [1, 0]]


def test_outputs_that_share_and_outputs_that_do_not():
    def several(x, y):
        s = np.sin(x)
        return {"a": s * y, "b": [s.sum(), x[0] * 1.0], "c": 2.0, "x": x, "again": s}

    x, y = RNG.normal(size=3), RNG.normal(size=3)
    found = jacobian(several, (0, 1))(x, y)
    c = np.cos(x)
    np.testing.assert_allclose(found["a"][0], np.diag(c * y))
    np.testing.assert_allclose(found["a"][1], np.diag(np.sin(x)))
    np.testing.assert_allclose(found["b"][0][0], c)
    np.testing.assert_array_equal(found["b"][1][0], [1, 0, 0])
    np.testing.assert_array_equal(found["b"][1][1], np.zeros(3))
    np.testing.assert_array_equal(found["c"][0], np.zeros(3))
    np.testing.assert_array_equal(found["x"][0], np.eye(3))
    np.testing.assert_allclose(found["again"][0], np.diag(c))


@pytest.mark.parametrize("limit", [1, 2, 7, 12, 10**9])
def test_parts_of_any_size(limit, monkeypatch):
    monkeypatch.setattr(rows_module, "LIMIT", limit)
    w = RNG.normal(size=(4, 2))

    def f(x):
        return np.tanh(x @ w).ravel()

    def total(x):
        return (f(x) ** 2).sum()

    x = RNG.normal(size=(3, 4))
    np.testing.assert_allclose(jacobian(f)(x), numeric_jacobian(f, x), atol=1e-8)
    by_hand = numeric_jacobian(grad(total), x)
    np.testing.assert_allclose(hessian(total)(x), by_hand, atol=1e-7)


def test_stacks_are_not_written_into_while_another_holds_them():
    # the gradient of a sum goes to both terms as it is; each then multiplies it
    def f(x):
        u, v = np.sin(x), np.cos(x)
        s = (u + v) + (v - u)
        return s * s + (+u) * 2 + v

    x = RNG.normal(size=4)
    s = 2 * np.cos(x)
    expected = np.diag(2 * s * -2 * np.sin(x) + 2 * np.cos(x) - np.sin(x))
    np.testing.assert_allclose(jacobian(f, mode="reverse")(x), expected, atol=1e-14)
    # and the basis, which is the gradient of the output itself
    np.testing.assert_array_equal(jacobian(lambda x: +x)(x), np.eye(4))


def test_results_are_arrays_of_their_own():
    x, y = np.ones(3), np.ones(3)
    found = [
        *jacobian(lambda x, y: x + y, (0, 1))(x, y),
        *hessian(lambda x, y: x @ y, (0, 1))(x, y)[0],
    ]
    found += [jacobian(lambda x: np.broadcast_to(x.sum(), 2))(x), jacobian(lambda x: +x)(x)]
    for j in found:
        assert j.flags.writeable
        assert not any(np.may_share_memory(j, k) for k in found if k is not j)


def test_dtypes():
    x = RNG.normal(size=3).astype(np.float32)
    w = RNG.normal(size=3)
    assert jacobian(lambda x: x * 2)(x).dtype == np.float32
    assert hessian(lambda x: (x**3).sum())(x).dtype == np.float32
    wide = jacobian(lambda x: x * x * w + x)(x)
    np.testing.assert_allclose(wide, np.diag(2 * x * w + 1), rtol=1e-6)
    assert wide.dtype == np.float64


def test_nothing_in_and_nothing_out():
    assert jacobian(lambda x: x * 2)(np.zeros(0)).shape == (0, 0)
    assert jacobian(lambda x: np.concatenate([x, x]))(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert jacobian(lambda x: x[:0])(np.ones(2)).shape == (0, 2)
    assert hessian(lambda x: x.sum())(np.ones(2)).tolist() == [[0, 0], [0, 0]]


# --------------------------------------------------------------------------------------------------
# Where plain products are not enough, and rules that are not NumPy's


def test_zero_times_infinity():
    def masked(x):
        return np.where(x > 0, np.sqrt(x), 0.0) * 2

    x = np.array([0.0, 4.0, 0.0])
    np.testing.assert_array_equal(jacobian(masked)(x), np.diag([0, 0.5, 0]))
    found = hessian(lambda x: masked(x).sum())(x)
    np.testing.assert_array_equal(found, np.diag([0, -1 / 16, 0]))
    value = jacobian(lambda x: [x.sqrt() * 0, x * 2])(Value(0.0))
    assert [float(d) for d in value] == [0, 2]


def test_rules_of_any_kind(fallbacks):
    known = set(operations())
    try:

        @operation(x=lambda g, x: np.array([float(g[i]) * 2 * x[i] for i in range(len(x))]))
        def squares_in_a_loop(x):
            return x**2

        @operation(x=lambda g, x: np.asarray(g).dot(np.diag(3 * x**2)))
        def cubes_by_a_method(x):
            return x**3

        @operation(x=lambda g, x: 1.0 if g.sum() > 0 else g * x)
        def looks_at_the_gradient(x):
            return x * 1

        x = np.array([1.0, 2.0])
        found = jacobian(squares_in_a_loop)(x)
        np.testing.assert_array_equal(found, np.diag([2.0, 4.0]))
        np.testing.assert_array_equal(jacobian(cubes_by_a_method)(x), np.diag([3.0, 12.0]))
        assert fallbacks == ["squares_in_a_loop", "cubes_by_a_method"]
    finally:
        from autograd import op

        for name in set(operations()) - known:
            del op._BY_NAME[name]


def test_without_recording_around():
    with no_grad():
        np.testing.assert_array_equal(hessian(lambda x: (x**2).sum())(np.ones(2)), 2 * np.eye(2))


def test_a_stack_looks_like_one_of_its_arrays():
    stack = RNG.normal(size=(5, 2, 3))
    x = Batched(stack)
    assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((2, 3), 2, 6, 2, np.float64)
    assert "5 arrays of shape (2, 3)" in repr(x)
    np.testing.assert_array_equal((1 - x * [1.0, 2.0, 3.0]).stack, 1 - stack * [1, 2, 3])
    np.testing.assert_array_equal((x.sum(0) * x).stack, stack.sum(1, keepdims=True) * stack)
    np.testing.assert_array_equal(np.stack([r.stack for r in x], 1), stack)
    for ask in (np.asarray, float, bool, int, np.linalg.matrix_rank, np.add.accumulate):
        with pytest.raises((Unbatched, TypeError)):
            ask(x)


INDICES = [
    (slice(None), [0, 2]),
    ([1, 0], [0, 2]),
    (0, [0, 2]),
    np.array([[True, False, True], [False, True, False]]),
    (Ellipsis, [2, 2, 0]),
    (None, [1, 1]),
    (1, Ellipsis, None),
    [],
    True,
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indices(index, row_by_row):
    x = RNG.normal(size=(2, 3))
    f = lambda x: np.sin(x)[index] ** 2  # noqa: E731
    assert_same(jacobian(f)(x), row_by_row(jacobian(f), x))
    g = lambda x: f(x).sum()  # noqa: E731
    assert_same(hessian(g)(x), row_by_row(hessian(g), x))


PRODUCTS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((4, 2, 3), (3, 2))]


PRODUCTS += [((3,), (4, 3, 2)), ((4, 2, 3), (3,)), ((2, 3), (4, 3, 2)), ((4, 1, 2, 3), (5, 3, 2))]


@pytest.mark.parametrize(("left", "right"), PRODUCTS)
def test_products(left, right):
    x, y = RNG.normal(size=(6, *left)), RNG.normal(size=(6, *right))
    expected = [np.matmul(x[i], y[0]) for i in range(6)]
    np.testing.assert_allclose(np.matmul(Batched(x), y[0]).stack, expected)
    expected = [np.matmul(x[0], y[i]) for i in range(6)]
    np.testing.assert_allclose(np.matmul(x[0], Batched(y)).stack, expected)
    expected = [np.matmul(x[i], y[i]) for i in range(6)]
    np.testing.assert_allclose(np.matmul(Batched(x), Batched(y)).stack, expected)
    both = np.matmul(Batched(Tensor(x)), Tensor(y[0])).stack
    assert isinstance(both, Tensor)


@pytest.mark.parametrize(("inputs", "outputs", "mode"), [(3, 4, "rows"), (3, 400, "columns")])
def test_auto_takes_what_is_cheaper(inputs, outputs, mode, monkeypatch):
    taken = []
    for name in ("_rows", "_columns"):
        plain = getattr(jacobians_module, name)
        told = lambda *a, plain=plain, name=name: taken.append(name) or plain(*a)  # noqa: E731
        monkeypatch.setattr(jacobians_module, name, told)
    w = RNG.normal(size=(outputs, inputs))
    np.testing.assert_allclose(jacobian(lambda x: w @ x)(np.ones(inputs)), w)
    assert taken == [f"_{mode}"]


def test_sums_of_values_in_rows():
    """One node with many parents, of which each row has its derivatives, to second order."""

    def f(v, w, x):
        return np.concatenate([x * add_n([v, v * v, w]), x * sumprod([v, w], [2.0, w])])

    v, w, x = Value(2.0), Value(5.0), np.array([1.0, 3.0])
    of_v, of_w, of_x = jacobian(f, (0, 1, 2))(v, w, x)
    np.testing.assert_array_equal(of_v, [*(5 * x), *(2 * x)])
    np.testing.assert_array_equal(of_w, [*x, *(10 * x)])
    np.testing.assert_array_equal(of_x, np.concatenate([11 * np.eye(2), 29 * np.eye(2)]))
    second = jacobian(lambda v: jacobian(f, 0)(v, w, x))(v)
    np.testing.assert_array_equal(second, [*(2 * x), 0, 0])
