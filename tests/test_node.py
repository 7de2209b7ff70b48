"""The graph and its sweep: order, depth, memory, accumulation, strong zero."""

import gc
import sys
import tracemalloc
import warnings

import numpy as np
import pytest

from autograd import Tensor, Value, add_n, grad, sumprod, topological_order, watch

BOTH = pytest.mark.parametrize(
    "leaf", [Value, lambda x, **k: Tensor(x, True, **k)], ids=["Value", "Tensor"]
)


def node_of(x):
    return x if isinstance(x, Value) else x.node


def number(g):
    return float(g.data if isinstance(g, Tensor | Value) else g)


# --------------------------------------------------------------------------------------------------
# Topological order


def check_order(root):
    order = list(topological_order(root))
    place = {id(node): k for k, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is root
    for node in order:
        assert not node.is_leaf
        for parent in node.parents:
            assert parent.is_leaf or place[id(parent)] < place[id(node)]
    return order


@BOTH
def test_order_of_a_small_graph(leaf):
    a, b = leaf(2.0), leaf(3.0)
    c = a * b
    d = c + a
    e = d * c
    assert check_order(node_of(e)) == [node_of(x) for x in (c, d, e)]


def test_order_of_a_leaf_is_empty():
    assert list(topological_order(Value(1.0))) == []
    assert list(topological_order(Tensor(1.0, True).node)) == []


@BOTH
def test_order_is_the_same_every_time_and_does_not_disturb_a_sweep(leaf):
    a, b = leaf(2.0), leaf(3.0)
    z = (a * b + a) * (a - b)
    first = check_order(node_of(z))
    z.backward()
    assert check_order(node_of(z)) == first
    part = node_of(z).parents[0]
    assert check_order(part) == [n for n in first if n in topological_order(part)]


@BOTH
def test_a_repeated_argument_is_two_edges(leaf):
    x = leaf(3.0)
    y = x * x
    assert list(y.parents) == [node_of(x)] * 2
    y.backward()
    assert x.grad == 6.0


@BOTH
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_diamond_visits_each_node_once(leaf, create_graph):
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y
    assert len(check_order(node_of(y))) == 60
    calls = []
    with watch(lambda *event: calls.append(event)):
        y.backward(create_graph=create_graph)
    assert len(calls) == 120
    assert number(x.grad) == 2.0**60
    x.grad = None if isinstance(x, Tensor) else 0.0
    y.backward(create_graph=create_graph)
    assert number(x.grad) == 2.0**60


def test_a_diamond_of_products_differentiated_twice_stays_small():
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y * y
    y.backward(create_graph=True)
    first, x.grad = x.grad, 0.0
    assert first.data == 2.0**60
    assert len(check_order(first)) < 60 * 20
    first.backward()
    assert x.grad == pytest.approx(2.0**60 * (2.0**60 - 1))


# --------------------------------------------------------------------------------------------------
# Depth and memory


@pytest.fixture
def no_collector():
    """Freeing must not need the collector."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive(kind):
    return sum(isinstance(x, kind) for x in gc.get_objects())


@pytest.mark.usefixtures("no_collector")
def test_a_chain_of_a_million_values():
    assert sys.getrecursionlimit() <= 1000
    before = alive(Value)
    x = Value(1.5)
    y = x
    for _ in range(1_000_000):
        y = y + x
    assert alive(Value) == before + 1_000_001
    y.backward()
    assert y.data == 1.5 * 1_000_001
    assert x.grad == 1_000_001
    del y
    assert alive(Value) == before + 1


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("release", [False, True])
def test_a_chain_of_200_000_tensors(release):
    kind = type(Tensor(1.0, True).node)
    before = alive(kind), alive(Tensor)
    x = Tensor(1.5, requires_grad=True)
    y = x
    for _ in range(200_000):
        y = y + x
    assert alive(kind) == before[0] + 200_001
    assert alive(Tensor) == before[1] + 2
    y.backward(release=release)
    assert x.grad == 200_001
    if release:
        assert alive(kind) == before[0] + 2
    del y
    assert alive(kind) == before[0] + 1


STEPS = {
    "unary": lambda y, x: -y,
    "constant": lambda y, x: y * -1.0,
    "many": lambda y, x: add_n([y, x, x]),
    "sumprod": lambda y, x: sumprod([y], [1.0], x),
    "function": lambda y, x: np.sin(y),
    "left": lambda y, x: x - y,
}


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_long_chains_of_every_kind_of_value(step):
    before = alive(Value)
    x = Value(0.5)
    y = x
    for _ in range(20_000):
        y = step(y, x)
    y.backward()
    y.backward(create_graph=True)
    repr(y)
    y.backward(release=True)
    del y
    x.grad = 0.0
    assert alive(Value) == before + 1


@pytest.mark.usefixtures("no_collector")
def test_long_chain_of_stacked_and_indexed_tensors():
    kind = type(Tensor(1.0, True).node)
    before = alive(kind)
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x
    for _ in range(5_000):
        y = np.stack([y[1], y[0], y[0]])[:2] * 1.0
    (y @ y).backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])
    del y
    assert alive(kind) == before + 1


@BOTH
@pytest.mark.usefixtures("no_collector")
def test_a_twice_differentiable_graph_dies_with_the_gradients_of_its_leaves(leaf):
    before = alive(type(node_of(leaf(1.0))))
    x = leaf(0.5)
    y = x
    for _ in range(200):
        y = np.sin(y * y)
    y.backward(create_graph=True)
    first, x.grad = x.grad, None
    del y
    assert alive(type(node_of(x))) > before + 400
    del first
    assert alive(type(node_of(x))) == before + 1


@BOTH
def test_create_graph_keeps_the_numbers_of_the_gradients_of_computed_nodes(leaf):
    x = leaf(0.5)
    y = np.sin(x)
    y.label = "y"
    z = y * y * y
    z.backward()
    plain = y.grad
    z.backward(create_graph=True)
    assert isinstance(y.grad, type(x))
    assert y.grad.label == "y.grad"
    assert not y.grad.parents
    assert not y.grad.is_leaf
    assert number(y.grad) == number(plain)
    with pytest.raises(RuntimeError, match=r"behind 'y.grad' .* not kept.*only leaves.*grad"):
        (y.grad * y).backward()
    assert number((y.grad.detach() * y).detach()) == pytest.approx(3 * np.sin(0.5) ** 3)
    # as the error says
    x.grad = None if isinstance(x, Tensor) else 0.0
    grad(lambda y: y * y * y)(y).backward()
    assert number(x.grad) == pytest.approx(6 * np.sin(0.5) * np.cos(0.5))


@pytest.mark.usefixtures("no_collector")
def test_arrays_nobody_needs_die_with_the_handle():
    x = Tensor(np.ones(5000), requires_grad=True)
    y = x + 1.0
    tracemalloc.start()
    for _ in range(50):
        y = y + 1.0
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 5 * x.data.nbytes


def test_numbers_that_were_not_kept_are_computed_again():
    x = Tensor(np.linspace(0, 1, 3000), requires_grad=True)
    y = x
    for _ in range(3000):
        y = y * 1.0
    z = np.sum(np.sin(y) * 2.0, keepdims=True)
    sine = z.node.parents[0].parents[0]
    np.testing.assert_array_equal(sine.data, np.sin(x.data))
    assert sine.shape == (3000,)


# --------------------------------------------------------------------------------------------------
# Accumulation


@BOTH
def test_backward_twice_adds_the_same_to_leaves_and_sets_the_rest(leaf):
    a, b = leaf(2.0), leaf(-3.0)
    c = a * b
    d = (c + a) * c
    for times in (1, 2, 3):
        d.backward()
        assert (d.grad, c.grad) == (1.0, -10.0)
        assert (a.grad, b.grad) == (times * (-10.0 * -3.0 + -6.0), times * (-10.0 * 2.0))


@BOTH
def test_two_roots_over_one_trunk(leaf):
    x = leaf(3.0)
    trunk = x * x
    one, two = trunk * 2.0, trunk * 5.0
    one.backward()
    assert (trunk.grad, x.grad) == (2.0, 12.0)
    two.backward()
    assert (trunk.grad, x.grad) == (5.0, 42.0)


@BOTH
def test_upstream_gradient(leaf):
    x = leaf(3.0)
    (x * x).backward(gradient=0.5)
    assert x.grad == 3.0
    x.backward(gradient=2.0)
    assert x.grad == 5.0


def test_gradients_before_backward():
    assert Value(2.0).grad == 0.0
    assert Tensor(2.0, requires_grad=True).grad is None


def test_a_gradient_is_an_array_of_its_own():
    x, y = Tensor(np.ones(3), True), Tensor(np.ones(3), True)
    seed = np.ones(3)
    z = x + y
    z.backward(seed)
    assert type(x.grad) is np.ndarray
    for one, two in ((x.grad, y.grad), (x.grad, seed), (y.grad, seed)):
        assert not np.shares_memory(one, two)
    x.grad += 5.0
    np.testing.assert_array_equal(y.grad, np.ones(3))
    np.testing.assert_array_equal(z.grad, np.ones(3))


def test_gradient_of_a_0_d_leaf_is_an_array():
    x = Tensor(2.0, requires_grad=True)
    (x * x).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad.shape == ()


@BOTH
def test_watcher_sees_the_true_gradients(leaf):
    a, b = leaf(0.7), leaf(-1.2)
    c = a * b
    z = c * c + np.sin(a) * c
    last, totals = {}, {}

    def watcher(node, index, upstream, contribution, before, after):
        parent = node.parents[index]
        assert upstream == pytest.approx(node_grad(node))
        assert (before is None) == (parent not in last)
        if before is not None:
            assert before == last[parent]
        totals[parent] = totals.get(parent, 0.0) + contribution
        assert after == pytest.approx(totals[parent])
        last[parent] = after

    def node_grad(node):
        return last.get(node, 1.0)

    with watch(watcher):
        z.backward()
    watched = {x: x.grad for x in (a, b, c)}
    for x in (a, b):
        x.grad = 0.0 if isinstance(x, Value) else None
    z.backward()
    for x, g in watched.items():
        assert last[node_of(x)] == g == x.grad
    with watch(None):
        z.backward()
    assert set(last) == {n for m in topological_order(node_of(z)) for n in m.parents}


# --------------------------------------------------------------------------------------------------
# Strong zero: an untaken branch gives exactly 0, and the sweep itself is silent

MASKED = {
    "sqrt": (lambda x: np.where(x > 0, np.sqrt(x), x), 0.0, 1.0),
    "log": (lambda x: np.where(x > 0, np.log(x), 2 * x), 0.0, 2.0),
    "divide": (lambda x: np.where(x == 0, x, 1 / x), 0.0, 1.0),
    "power": (lambda x: np.where(x > 0, x**0.5, x), 0.0, 1.0),
    "sinc": (lambda x: np.where(x == 0, 1.0, np.sin(x) / x), 0.0, 0.0),
    "exp": (lambda x: np.where(x > 0, x, np.exp(x * x)), 40.0, 1.0),
    "maximum": (lambda x: np.maximum(np.sqrt(x), 3.0), 0.0, 0.0),
    "minimum": (lambda x: np.minimum(1 / x, 3.0), 0.0, 0.0),
    "clip": (lambda x: np.clip(np.log(x), -5.0, 5.0), 0.0, 0.0),
    "times-0": (lambda x: np.sqrt(x) * 0.0, 0.0, 0.0),
    "relu": (lambda x: np.maximum(np.log(x), 0.0), 0.0, 0.0),
    "deep": (lambda x: np.where(x > 0, np.log(np.sqrt(np.abs(x * 2))), x), 0.0, 1.0),
}


@pytest.mark.parametrize("inside", ["plain", "create_graph", "watch", "release"])
@pytest.mark.parametrize("kind", ["0-d", "vector", "Value"])
@pytest.mark.parametrize(("f", "at", "slope"), MASKED.values(), ids=MASKED)
def test_masked_branch_contributes_exactly_0(f, at, slope, kind, inside):
    x = Value(at) if kind == "Value" else Tensor([at, 1.0] if kind == "vector" else at, True)
    with np.errstate(all="ignore"):
        y = f(x) if kind != "vector" else f(x)[:1].sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if inside == "watch":
            with watch(lambda *_: None):
                y.backward()
        else:
            y.backward(create_graph=inside == "create_graph", release=inside == "release")
    g = np.ravel(getattr(x.grad, "data", x.grad))
    assert g[0] == slope
    assert np.all(g[1:] == 0)
