"""The short ways of the sweep on nodes give what the general ones give."""

import numpy as np
import pytest

from autograd import (
    Tensor,
    linear,
    operations,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    squared_error,
)
from autograd.arithmetic import LARGE
from autograd.array_nodes.applying import apply_general
from autograd.array_nodes.node import tensor_on
from autograd.node import topological_order

from .cases import CASES
from .short_ways import check_equal, positive, seen


def totals(node, pairs):
    """Return the sum of the contributions to every parent, as numbers."""
    found = {}
    for parent, c in pairs:
        c = np.asarray(getattr(c, "_data", c))
        found[parent] = found[parent] + c if parent in found else c
    return [found.get(parent) for parent in dict.fromkeys(node.parents)]


def check_on_nodes(z, tracked):
    for node in topological_order(z.node):
        g = Tensor(positive(node.shape, 3), requires_grad=tracked)
        by_rules = node._contributions(g, as_nodes=True, strict=True)
        expected = totals(node, zip(node.parents, by_rules, strict=True))
        pairs = node._pull_on_nodes(g, None)
        assert all(hasattr(c, "_node") for _, c in pairs)
        for one, other in zip(totals(node, pairs), expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
        wanted = {node.parents[-1]}
        for one, other in zip(totals(node, node._pull_on_nodes(g, wanted)), expected, strict=True):
            if one is not None:
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("case", [c for c in CASES if c.gradient and c.tracked], ids=str)
def test_pulling_back_on_nodes_follows_the_rules(case, tracked):
    leaves = [Tensor(np.asarray(case.inputs[i], float), True) for i in case.tracked]
    z = case.on_leaves(leaves)
    for part in z if isinstance(z, tuple | list) else [z]:
        if getattr(part, "requires_grad", False):
            check_on_nodes(part, tracked)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_a_constant_gradient_of_a_square_is_a_number_where_all_its_entries_are(shape):
    x = Tensor(positive(shape, 0), requires_grad=True)
    for g in (np.broadcast_to(1.5, shape), np.full(shape, 1.5), positive(shape, 1)):
        ((parent, c),) = (x * x).node._pull_on_nodes(tensor_on(g, None), None)
        assert parent is x.node
        np.testing.assert_allclose(c.data, 2 * g * x.data, rtol=1e-15)
        c.backward(np.ones(shape))
        np.testing.assert_allclose(x.grad, 2 * g, rtol=1e-15)
        x.grad = None


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(1, 4), (5, 4), (4,), (2, 3, 4)])
@pytest.mark.parametrize("of", ["tracked", "constant", "integers", "array", "list"])
def test_linear(of, shape, dtype):
    numbers = positive(shape, 0).astype(int if of == "integers" else dtype)
    x = numbers if of == "array" else numbers.tolist() if of == "list" else Tensor(numbers)
    w, b = (
        Tensor(positive(s, i).astype(dtype), requires_grad=True)
        for i, s in enumerate([(4, 3), (3,)], 1)
    )
    leaves = [w, b]
    if of == "tracked":
        x.requires_grad = True
        leaves.append(x)
    cotangent = positive((*shape[:-1], 3), 3).astype(dtype)
    short = seen(linear(x, w, b), leaves, cotangent)
    check_equal(
        short, seen(apply_general(operations()["linear"], (x, w, b), {}), leaves, cotangent)
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(1, 4), (5, 4), (1, 1)])
@pytest.mark.parametrize("of", ["constant", "integers", "array", "list", "tracked"])
@pytest.mark.parametrize("loss", [squared_error, softmax_cross_entropy, sigmoid_cross_entropy])
def test_losses(loss, of, shape, dtype):
    x = Tensor(positive(shape, 0).astype(dtype), requires_grad=True)
    numbers = positive(shape, 1).astype(int if of == "integers" else dtype)
    y = numbers if of == "array" else numbers.tolist() if of == "list" else Tensor(numbers)
    if of == "tracked":
        y.requires_grad = True
    short = seen(loss(x, y, 0.25), [x], None)
    general = apply_general(operations()[loss.__name__], (x, y), {"scale": 0.25})
    check_equal(short, seen(general, [x], None))


@pytest.mark.parametrize("last", [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_leaky_relu_of_many_numbers_is_that_of_each(last, dtype):
    numbers = np.append(np.random.default_rng(0).normal(size=5000), last).astype(dtype)
    many, single = Tensor(numbers, requires_grad=True), Tensor(numbers[-1:], requires_grad=True)
    for x in (many, single):
        operations()["leaky_relu"](x, 0.1).backward(np.ones(x.shape, dtype))
    expected = np.where(numbers > 0, 1, dtype(0.1))[:-1]
    np.testing.assert_array_equal(many.grad[:-1], expected, strict=True)
    np.testing.assert_array_equal(many.grad[-1:], single.grad, strict=True)


@pytest.mark.parametrize(
    "arrays",
    [
        [np.ones(3), np.arange(3.0)],
        [np.arange(6.0).reshape(2, 3).T, np.zeros((3, 2), "f4")],
        [np.ones((2, 2), "f4"), np.ones((2, 2), "i8"), np.eye(2, dtype=bool)],
        [np.ones((0, 2))],
        [np.float64(1.0), np.array(2.0)],
        [np.ones((2, 3)), [[1.0, 2.0, 3.0]] * 2],
    ],
    ids=lambda arrays: f"{len(arrays)}x{np.shape(arrays[0])}",
)
def test_stack_is_that_of_numpy(arrays):
    expected, got = np.stack(arrays), operations()["stack"].forward(*arrays)
    np.testing.assert_array_equal(got, expected, strict=True)
    assert got.flags.owndata or got.base is not arrays[0]
    with pytest.raises(ValueError, match="same shape"):
        operations()["stack"].forward(*arrays, np.ones((1, 7)))


@pytest.mark.parametrize("function", [np.negative, lambda x: x * 3.0, lambda x: x / 4.0])
def test_one_number_stretched_is_scaled_once(function):
    g = np.broadcast_to(np.float32(1.5), (2, LARGE))
    (c,) = function(Tensor(np.ones((2, LARGE), np.float32), requires_grad=True)).local_derivative(g)
    assert c.strides == (0, 0)
    np.testing.assert_array_equal(c, np.full((2, LARGE), function(np.float32(1.5))))
    assert c.dtype == np.float32


@pytest.mark.parametrize("far", [-1e6, -800.0, 800.0, 1e6])
def test_cross_entropy_of_one_row_far_from_zero(far):
    x = Tensor([[far, far - 1.0, far - 2.0]], requires_grad=True)
    y = np.array([[0.0, 1.0, 0.0]])
    loss = softmax_cross_entropy(x, y)
    loss.backward()
    p = np.exp([0.0, -1.0, -2.0])
    np.testing.assert_allclose(loss.item(), 1.0 + np.log(p.sum()), rtol=1e-9)
    np.testing.assert_allclose(x.grad, p / p.sum() - y, rtol=1e-9)
