"""The walk through a graph that does not fork gives the gradients of the general sweep."""

import numpy as np
import pytest

from autograd import Tensor, backward, linear, operation, sigmoid
from autograd.arithmetic import LARGE
from autograd.node import RELEASED, topological_order
from autograd.sweep import accumulation, repeated, trunk

W = np.array([[0.5, -1.0], [2.0, 0.25]])


def leaf(data, label=""):
    return Tensor(np.array(data), requires_grad=True, label=label)


def inputs():
    return leaf([[1.0, -2.0], [0.5, 3.0]]), leaf(W), leaf([0.1, -0.2])


def tied(x, w, b):
    h = x
    for _ in range(4):
        h = sigmoid(h @ w)
    return h


def assigned(x, w, b):
    y = x @ w
    y[0] = b
    return y * 2.0


GRAPHS = {
    "chain": lambda x, w, b: sigmoid(np.tanh(x)),
    "layers": lambda x, w, b: np.tanh(linear(sigmoid(x @ w), w * 1.0, b)),
    "leaves on the left": lambda x, w, b: w @ (w.T @ np.tanh(x @ np.ones((2, 2)))),
    "tied": tied,
    "tied in one node": lambda x, w, b: np.tanh(x @ W) @ W + b @ w,
    "leaf with itself": lambda x, w, b: x * x,
    "product with itself": lambda x, w, b: w @ w,
    "square": lambda x, w, b: (lambda h: h * h)(np.tanh(x @ w)),
    "leaf beside leaf": lambda x, w, b: x - w,
    "sum of leaves with one again": lambda x, w, b: np.concatenate([x, w, x]),
    "joined with itself": lambda x, w, b: (lambda h: np.concatenate([h, h, w]))(x @ w),
    "joined, forks": lambda x, w, b: np.concatenate([x @ w, w, np.tanh(x), sigmoid(w)]),
    "joined, forks at one node": lambda x, w, b: (lambda h: np.concatenate([h, np.tanh(h), h]))(
        x @ w
    ),
    "skip": lambda x, w, b: (lambda h: np.tanh(h @ w) + h)(sigmoid(x)),
    "branch of leaves": lambda x, w, b: np.tanh(x @ w) * sigmoid(b),
    "part": lambda x, w, b: np.tanh(x @ w)[0],
    "part of a leaf": lambda x, w, b: np.tanh(x[0]) * 3.0,
    "assigned": assigned,
    "number": lambda x, w, b: (np.tanh(x).sum() * 3.0).reshape(1),
    "of 0-d leaves": lambda x, w, b: np.exp(leaf(0.5) * x).sum() ** 2,
    "linear of a tied weight": lambda x, w, b: linear(linear(x, w, b), w, b),
    "infinite": lambda x, w, b: np.sqrt(np.maximum(x @ w * 0.0, 0.0)) * 1.0,
}


def all_gradients(y, leaves, release):
    """Return the gradients of leaves, and unless released those of all nodes."""
    order = topological_order(y.node)
    start = np.cos(np.arange(float(y.size))).reshape(y.shape)
    y.backward(start, release=release)
    found = [t.grad for t in leaves]
    return found if release else [*found, *(node.grad for node in order)]


def of_both(graph, release, monkeypatch):
    def run():
        leaves = inputs()
        y = graph(*leaves)
        return all_gradients(y, leaves, release)

    def without_a_walk(root, seed, found, drop):
        found[root] = seed
        return [], root, False

    walked = run()
    with monkeypatch.context() as patch:
        patch.setattr(backward, "pull_trunk", without_a_walk)
        return walked, run()


@pytest.mark.parametrize("release", [True, False])
@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_the_walk_gives_what_the_sweep_gives(graph, release, monkeypatch):
    walked, swept = of_both(graph, release, monkeypatch)
    for one, two in zip(walked, swept, strict=True):
        assert type(one) is type(two)
        if one is not None:
            assert np.asarray(one).dtype == np.asarray(two).dtype
            np.testing.assert_array_equal(one, two)


def random_graph(seed):
    """Return a graph of what is above, in any order."""

    def build(x, w, b):
        rng = np.random.default_rng(seed)
        known = [x, w, x @ w]
        for _ in range(rng.integers(1, 12)):
            h = known[-1] if rng.random() < 0.7 else known[rng.integers(len(known))]
            other = known[rng.integers(len(known))]
            made = [
                lambda h, o: np.tanh(h),
                lambda h, o: h @ w,
                lambda h, o: w @ h,
                lambda h, o: linear(h, w, b),
                lambda h, o: h * o,
                lambda h, o: h - b,
                lambda h, o: np.concatenate([h, o, h])[1:3] * 0.5,
                lambda h, o: h * h,
                lambda h, o: np.where(W > 0, h, o),
                lambda h, o: h * 0.5,
            ][rng.integers(10)]
            known.append(made(h, other))
        return known[-1]

    return build


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_random_graphs(start, monkeypatch):
    for seed in range(start, start + 50):
        walked, swept = of_both(random_graph(seed), seed % 2 == 0, monkeypatch)
        for one, two in zip(walked, swept, strict=True):
            np.testing.assert_array_equal(one, two, err_msg=str(seed))


STALE = {
    "of one": lambda x, w, b: np.tanh(x),
    "left": lambda x, w, b: x @ np.tanh(w),
    "right": lambda x, w, b: np.tanh(w) @ x,
    "beside a leaf": lambda x, w, b: x * w,
    "among many": lambda x, w, b: linear(np.tanh(w), x, b),
    "below": lambda x, w, b: sigmoid(linear(np.tanh(x @ w), w, b)),
    "below a fork": lambda x, w, b: (lambda h: np.tanh(h) + h)(x @ w),
}


@pytest.mark.parametrize("graph", STALE.values(), ids=STALE)
def test_a_changed_leaf_is_noticed_wherever_it_is_and_nothing_has_changed(graph):
    leaves = inputs()
    y = graph(*leaves)
    order = topological_order(y.node)
    leaves[0].data = leaves[0].data + 1.0
    with pytest.raises(RuntimeError, match="changed after it was used"):
        y.backward(np.ones(y.shape), release=True)
    assert [t.grad for t in leaves] == [None] * 3
    assert all(node._a is not RELEASED for node in order)


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_all_that_was_walked_is_released(graph):
    y = graph(*inputs())
    order = topological_order(y.node)
    y.backward(np.ones(y.shape), release=True)
    assert all(node._a is RELEASED for node in order)
    with pytest.raises(RuntimeError, match="was released"):
        y.backward(np.ones(y.shape), release=True)


def test_a_rule_that_gives_nothing():
    @operation(x=lambda g: g, y=lambda g: g, t=lambda g: g, name="nothing_to_the_first")
    def joined(x, y, t):
        return x + y + t

    for place in range(3):
        for computed in ((), (0,), (1,), (0, 1), (0, 1, 2)):

            def graph(*leaves, place=place, computed=computed):
                operands = [np.tanh(x) if i in computed else x for i, x in enumerate(leaves)]
                y = joined(*operands)
                plain = y.node._pull
                y.node._pull = lambda saved, g: tuple(
                    None if i == place else c for i, c in enumerate(plain(saved, g))
                )
                return y

            leaves = [leaf([1.0, 2.0]) for _ in range(3)]
            graph(*leaves).backward([1.0, 10.0], release=True)
            for i, t in enumerate(leaves):
                slope = 1 - np.tanh(t.data) ** 2 if i in computed else 1.0
                if i == place:
                    assert t.grad is None
                else:
                    np.testing.assert_allclose(t.grad, slope * np.array([1.0, 10.0]))


def test_products_by_one_matrix_wait_for_each_other_also_where_nothing_forks(monkeypatch):
    joined, plain = [], repeated._Matrix.join

    def join(matrix, found):
        joined.append(len(matrix.waiting))
        plain(matrix, found)

    monkeypatch.setattr(repeated._Matrix, "join", join)
    for step in (lambda h, w, b: h @ w, lambda h, w, b: w @ h, linear):
        x, w, b = inputs()
        h = x
        for _ in range(50):
            h = np.tanh(step(h, w, b))
        h.backward(np.ones(h.shape), release=True)
        assert sum(joined) > 40
        joined.clear()


@pytest.mark.parametrize(
    ("step", "whole"),
    [
        (lambda h, w: h * w, True),
        (lambda h, w: w - h, True),
        (lambda h, w: h @ w, False),
        (lambda h, w: w @ h, False),
    ],
)
def test_the_walk_ends_where_a_product_meets_a_leaf_again(step, whole):
    h = w = leaf(W)
    for _ in range(4):
        h = step(h, w)
    passed, rest, _ = trunk.pull_trunk(h.node, np.ones((2, 2)), {}, True)
    assert (rest is None) == whole
    assert len(passed) == (4 if whole else 2)


def centred(x):
    return x - x.mean(axis=0)


def centred_behind(x):
    h = x * 1.0
    return h.mean(axis=0) - h


@pytest.fixture
def answers(monkeypatch):
    """What was answered to the question whether only the sweep holds an array."""
    found, plain = [], accumulation.held_once

    def spy(*args, **options):
        found.append(plain(*args, **options))
        return found[-1]

    monkeypatch.setattr(accumulation, "held_once", spy)
    return found


@pytest.mark.parametrize("function", [centred, centred_behind])
def test_sums_are_written_to_the_first_of_two_contributions(answers, function):
    a = np.random.default_rng(0).normal(size=(256, 128))
    x = Tensor(a, requires_grad=True)
    (function(x) ** 2).sum().backward(release=True)
    assert a.size >= LARGE
    assert answers == [True]
    np.testing.assert_allclose(x.grad, 2 * (a - a.mean(axis=0)), atol=1e-12)


SQUARES = {
    "multiply": lambda x: x * x,
    "vecdot": lambda x: np.vecdot(x, x),
    "einsum": lambda x: np.einsum("ij,ij->j", x, x),
    "matmul": lambda x: (lambda v: v @ v)(x.ravel()),
}


@pytest.mark.parametrize("release", [True, False])
@pytest.mark.parametrize("factor", [1.0, 3.0])
@pytest.mark.parametrize("name", SQUARES)
def test_both_contributions_of_a_square_are_computed_as_one(monkeypatch, name, factor, release):
    a = np.random.default_rng(0).normal(size=(256, 128))
    x = Tensor(a, requires_grad=True)
    y = x if factor == 1 else x * factor
    z = SQUARES[name](y).sum()
    for sweep, sums in ((trunk, ("add", "doubled")), (backward, ("add",))):
        for function in sums:
            monkeypatch.setattr(sweep, function, None)
    for times in (1,) if release else (1, 2):
        z.backward(release=release)
        np.testing.assert_allclose(x.grad, 2 * times * factor**2 * a, rtol=1e-12)


@pytest.mark.parametrize("release", [True, False])
@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_gradients_passed_on_twice_are_not_doubled_in_place(factor, release):
    a, weights = np.random.default_rng(0).normal(size=(2, 256, 128))
    x = Tensor(a, requires_grad=True)
    y = x if factor == 1 else x * factor
    z = y + y
    seed = weights.copy()
    z.backward(seed, release=release)
    np.testing.assert_array_equal(seed, weights)
    np.testing.assert_allclose(x.grad, 2 * factor * weights, rtol=1e-12)
    w = Tensor(a, requires_grad=True)
    np.maximum(w, w).backward(seed, release=release)
    np.testing.assert_array_equal(seed, weights)
    np.testing.assert_array_equal(w.grad, weights)
