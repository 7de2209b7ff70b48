"""The short ways of large arrays give what the definitions give."""

import numpy as np
import pytest

from autograd import Tensor, relu, sigmoid_cross_entropy, topological_order
from autograd.arithmetic import BLOCK, LARGE, are_flat, choose, is_one
from autograd.ops import differences, einsums
from autograd.sweep.trunk import may_be_masked
from nn.functional import cross_entropy

SHAPE = (256, LARGE // 256)
RNG = np.random.default_rng(0)
X, Y = RNG.uniform(0.5, 2.0, SHAPE), RNG.normal(size=SHAPE)


def gradient(function, data, upstream, release):
    """Return the gradient of a leaf, and what is computed from it, given a gradient upstream."""
    x = Tensor(data, requires_grad=True)
    z = function(x)
    (z * upstream).sum().backward(release=release)
    return x.grad, z


SLOPES = {
    "exp": (np.exp, np.exp),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "sin": (np.sin, np.cos),
    "degrees": (np.degrees, lambda x: np.full_like(x, 180 / np.pi)),
    "arctan": (np.arctan, lambda x: 1 / (1 + x * x)),
    "hypot": (lambda x: np.hypot(x, Y), lambda x: x / np.hypot(x, Y)),
    "times": (lambda x: x * Y, lambda x: Y),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", SLOPES)
def test_a_gradient_of_1_leaves_the_local_derivative(name, dtype):
    function, slope = SLOPES[name]
    x = Tensor(X, dtype=dtype, requires_grad=True)
    h = x + 0.0
    z = function(h)
    z.sum().backward()
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(x.grad, slope(X), rtol=8 * eps, atol=8 * eps)
    assert x.grad.dtype == dtype
    # what people look at is not the memory of the data
    assert not any(np.shares_memory(h.grad, a) for a in (x.data, h.data, z.data, Y))


def test_what_is_1_is_told_from_what_is_not():
    assert is_one(np.broadcast_to(1.0, (2, 3)))
    assert not is_one(np.broadcast_to(2.0, (2, 3)))
    assert not is_one(np.ones((2, 3)))
    assert not is_one(np.broadcast_to(1.0, (0, 3)))
    assert not is_one(np.broadcast_to([1.0, 2.0], (3, 2)))


OWN = {
    "x * x": (lambda x: x * x, lambda x, u: 2 * x * u),
    "vecdot": (lambda x: np.vecdot(x, x), lambda x, u: 2 * x * u[:, None]),
    "ij,ij->i": (lambda x: np.einsum("ij,ij->i", x, x), lambda x, u: 2 * x * u[:, None]),
    "ij,ij->j": (lambda x: np.einsum("ij,ij->j", x, x), lambda x, u: 2 * x * u),
    "ij,kj->ik": (lambda x: np.einsum("ij,kj->ik", x, x), lambda x, u: (u + u.T) @ x),
    "vector @ vector": (lambda x: (v := x.ravel()) @ v, lambda x, u: 2 * x * u),
    "matrix @ matrix": (
        lambda x: (m := x[:, :128].T @ x[:, :128]) @ m,
        lambda x, u: np.pad(
            x[:, :128] @ ((d := u @ (m := x[:, :128].T @ x[:, :128]) + m @ u) + d.T),
            ((0, 0), (0, x.shape[1] - 128)),
        ),
    ),
}


@pytest.mark.parametrize("release", [True, False])
@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("upstream", ["1", "3", "rows", "all"])
@pytest.mark.parametrize("name", OWN)
def test_products_of_a_node_with_itself(name, upstream, inner, release):
    function, expected = OWN[name]
    shape = function(X).shape
    u = {
        "1": np.ones(shape),
        "3": np.broadcast_to(3.0, shape),
        "rows": np.broadcast_to(RNG.normal(size=shape[-1:]), shape),
        "all": RNG.normal(size=shape),
    }[upstream]
    of, kept = (lambda x: function(x * 1.0 if inner else x)), u.copy()
    found, _ = gradient(of, X, u, release)
    scale = np.abs(expected(X, u)).max()
    np.testing.assert_allclose(found / scale, expected(X, u) / scale, rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(u, kept)


@pytest.mark.parametrize("upstream", [1.0, 2.5])
@pytest.mark.parametrize(
    "subscripts", ["ij,j->i", "ij,i->j", "ij,ji->", "ij,ij->i", "ij,ij->j", "ii,i->i", "ij,kl->ik"]
)
def test_one_number_upstream_of_a_sum_of_products(subscripts, upstream):
    xs = [RNG.normal(size=(6,) * len(term)) for term in subscripts.split("->")[0].split(",")]
    found = []
    for spread in (True, False):
        leaves = [Tensor(x, requires_grad=True) for x in xs]
        z = np.einsum(subscripts, *leaves)
        g = np.full(z.shape, upstream)
        pull = z.node._pull
        found.append(pull(z.node._saved, np.broadcast_to(upstream, z.shape) if spread else g))
        assert not any(np.shares_memory(c, x.data) for c in found[-1] for x in leaves)
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


def test_sums_of_products_have_one_way_for_each_kind_of_product():
    places = einsums._places
    assert places("i,j->ij") == ((0,), (None, slice(None)))
    assert places("i,ji->ij") == ((1, 0), (slice(None), slice(None)))
    assert places("i,ij->j") is None  # a sum
    assert places("i,jj->ij") is None  # a diagonal
    assert places("i,j,k->ijk") is None


WEIGHTS = {
    "one axis": (1, (128,)),
    "the first": (0, (256,)),
    "first of three": (0, (512,)),
    "in the middle": (1, (8,)),
    "last of three": (-1, (8,)),
    "two": ((2, 0), (8, 512)),
    "all, along one": (1, (512, 8, 8)),
    "all, along two": ((0, 2), (512, 8, 8)),
    "all of all": (None, (512, 8, 8)),
}


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("name", WEIGHTS)
def test_averages_with_weights(name, tracked, keepdims):
    axis, shape = WEIGHTS[name]
    x = X.reshape(SHAPE if name in ("one axis", "the first") else (512, 8, 8))
    w = RNG.uniform(0.5, 1.0, shape)
    weights = Tensor(w, requires_grad=True) if tracked else w
    expected = np.average(x, axis, w, keepdims=keepdims)
    u = RNG.normal(size=expected.shape)
    found, z = gradient(
        lambda x: np.average(x, axis, weights, keepdims=keepdims), x, u, release=False
    )
    np.testing.assert_allclose(z.data, expected, rtol=1e-12)
    step = RNG.normal(size=x.shape)
    change = np.sum(u * np.average(step, axis, w, keepdims=keepdims))  # it is linear
    np.testing.assert_allclose(np.sum(found * step), change, rtol=1e-9)
    # products with the weights are not allocated
    assert ("multiply" in {node.op.name for node in topological_order(z.node)}) == tracked


def test_weights_that_are_not_finite_are_multiplied_by():
    w = np.ones(SHAPE[1])
    w[3] = np.inf
    x = Tensor(X, requires_grad=True)
    with np.errstate(invalid="ignore"):
        z, expected = np.average(x, 1, w), np.average(X, 1, w)
    np.testing.assert_array_equal(z.data, expected)
    assert "multiply" in {node.op.name for node in topological_order(z.node)}


# each with its derivative, given the argument


@pytest.mark.parametrize("y", [3, -3, 14, -15, 16, 126, -127, 128, 1022, 1023, 1030, -1030])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_ldexp_is_a_product_only_where_that_is_the_same(dtype, y):
    x = Tensor([1.0, 2.0, 0.3], dtype=dtype, requires_grad=True)
    g = np.array([1.0, 0.7, 1e-3], dtype)
    with np.errstate(all="ignore"):
        np.ldexp(x, y).backward(g)
        np.testing.assert_array_equal(x.grad, np.ldexp(g, y))


def test_float_power_is_of_double_precision():
    x = Tensor([1e20], dtype=np.float32, requires_grad=True)
    np.float_power(x, 3.0).backward([1e-20])
    np.testing.assert_allclose(x.grad, 3e20, rtol=1e-6)


def test_what_lies_entry_after_entry():
    assert are_flat(X, Y)
    others = X.astype(np.float32), X.T.copy().T, X[:, ::2], X[:-1], X.astype(int), 1.0
    assert not any(are_flat(X, other) or are_flat(other, X) for other in others)
    assert not are_flat(X.astype(int), Y.astype(int))


@pytest.mark.parametrize("dtypes", ["dd", "ff", "fd", "ee", "ll", "ld"])
def test_choices_by_bits_are_those_of_numpy(dtypes):
    x, y = ((10 * a).astype(d) for a, d in zip((X, Y), dtypes, strict=True))
    if dtypes[1] in "df":
        y[0, :6] = np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40
    mask = RNG.random(SHAPE) < 0.5
    pairs = [(x, y), (y, x), (x, 2.5), (2, y), (x.T.copy().T, y), (1.0, y), (np.nan, y), (x, y[0])]
    for one, other in pairs:
        found, expected = choose(mask, one, other), np.where(mask, one, other)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        if found.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [LARGE - 1, LARGE, 5 * BLOCK + 1])
def test_the_cross_entropy_of_many_logits(n, dtype):
    z, y = RNG.normal(size=n), RNG.random(n)
    z[:4], y[:4] = [900.0, -900.0, 900.0, -900.0], [1, 0, 0, 1]
    logits = Tensor(z, dtype=dtype, requires_grad=True)
    loss = sigmoid_cross_entropy(logits, y.astype(dtype), 0.5)
    loss.backward()
    terms = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(loss.item(), 0.5 * terms.sum(), rtol=50 * eps)
    sigmoid = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))
    np.testing.assert_allclose(logits.grad, 0.5 * (sigmoid - y), atol=4 * eps)
    assert loss.dtype == logits.grad.dtype == dtype


@pytest.mark.parametrize("options", [{}, {"ignore_index": 3}, {"weight": np.arange(128.0)}])
@pytest.mark.parametrize("shape", [SHAPE, (4, 64, 128)])
def test_the_terms_of_a_large_cross_entropy(shape, options):
    z, u = 30 * X.reshape(shape), RNG.normal(size=shape[:-1])
    z.reshape(-1, 128)[0] += 1000.0
    target = RNG.integers(0, 128, shape[:-1])
    logits = Tensor(z, requires_grad=True)
    terms = cross_entropy(logits, target, "none", **options)
    (terms * u).sum().backward()
    logs = z - z.max(-1, keepdims=True)
    logs -= np.log(np.exp(logs).sum(-1, keepdims=True))
    ones = np.eye(128)[target]
    w = options.get("weight", np.ones(128))[target] * (target != options.get("ignore_index"))
    np.testing.assert_allclose(terms.data, -w * (ones * logs).sum(-1), rtol=1e-12, atol=1e-12)
    expected = (u * w)[..., None] * (np.exp(logs) - ones)
    np.testing.assert_allclose(logits.grad, expected, rtol=1e-9, atol=1e-12)
    assert "log_softmax" not in {node.op.name for node in topological_order(terms.node)}


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    ("n", "edge_order"), [(2, 1), (3, 1), (4, 1), (5, 1), (7, 1), (3, 2), (4, 2), (5, 2), (7, 2)]
)
def test_slopes_pull_back_as_their_rule_does(n, edge_order, order):
    for shape, axis in (((n,), 0), ((3, n), 1), ((n, 3), 0), ((2, n, 3), 1)):
        g = np.asarray(RNG.normal(size=shape), order=order)
        found = differences._pull_gradient_array((shape, axis, edge_order), g)
        expected = differences._pull_gradient(g, shape, axis, edge_order)
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("upstream", [0.0, 1.0, np.inf, np.nan])
def test_one_number_upstream_masks_what_it_should(upstream):
    data = X.copy()
    data[0, :3] = 0.0
    x = Tensor(data, requires_grad=True)
    np.sqrt(x).sum().backward(upstream)
    # 0 times an infinite derivative is 0
    with np.errstate(all="ignore"):
        expected = np.where(upstream == 0, 0.0, upstream * 0.5 / np.sqrt(data))
    np.testing.assert_allclose(x.grad, expected, rtol=1e-14)
    x = Tensor(data, requires_grad=True)
    np.where(data > 1, x, 2.0).sum().backward(upstream)
    # what was not chosen gets 0, even of an infinity
    np.testing.assert_array_equal(x.grad, np.where(data > 1, upstream, 0.0))


MASKED = {
    "relu": (lambda x: np.sqrt(relu(x)), lambda x: 0.5 / np.sqrt(x)),
    "maximum": (lambda x: np.sqrt(np.maximum(x, 0.0)), lambda x: 0.5 / np.sqrt(x)),
    "clip": (lambda x: np.log(np.clip(x, 0.0, 9.0)), lambda x: 1 / x),
    "cbrt": (lambda x: np.cbrt(relu(x)) * 3.0, lambda x: 1 / np.cbrt(x) ** 2),
}


@pytest.mark.parametrize("fork", [False, True])
@pytest.mark.parametrize("name", MASKED)
def test_an_infinity_made_of_one_number_is_masked_further_down(name, fork):
    function, slope = MASKED[name]
    data = X - 1.0
    x = Tensor(data, requires_grad=True)
    h = x * 1.0
    with np.errstate(all="ignore"):
        z = function(h) + h if fork else function(h)
        z.sum().backward()
    chosen = data > 0
    expected = np.where(chosen, slope(np.where(chosen, data, 1.0)), 0.0) + fork
    np.testing.assert_allclose(x.grad, expected, rtol=1e-13)


def test_one_number_over_subnormal_ones_is_no_nan():
    x, y = Tensor(np.zeros(SHAPE), requires_grad=True), Tensor(np.full(SHAPE, 1e-310))
    y.requires_grad = True
    with np.errstate(all="ignore"):
        (x / y).sum().backward()
    np.testing.assert_array_equal(y.grad, 0.0)  # -x / y^2


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_one_number_that_overflows_when_doubled_makes_no_nan(dtype):
    x = Tensor(np.zeros(SHAPE), dtype=dtype, requires_grad=True)
    with np.errstate(all="ignore"):
        np.square(x).sum().backward(np.finfo(dtype).max)
    np.testing.assert_array_equal(x.grad, 0.0)


def test_one_number_upstream_masks_nothing_if_it_is_finite_and_not_0():
    x = Tensor(X, requires_grad=True)
    leaf, further, both = np.exp(x).node, np.exp(x * 2.0).node, (x * (x + 1.0)).node
    for number, masked in ((2.0, False), (-1e-300, False), (0.0, True), (np.inf, True)):
        g = np.broadcast_to(number, SHAPE)
        assert may_be_masked(leaf, g) is masked
        assert may_be_masked(further, g)
        assert may_be_masked(both, g)
    assert may_be_masked(np.cumsum(x).node, np.broadcast_to(2.0, X.size))
    assert may_be_masked(leaf, np.broadcast_to(np.nan, SHAPE))
    assert may_be_masked(leaf, np.broadcast_to(1e5, SHAPE))
    assert may_be_masked(leaf, X)
    assert may_be_masked(leaf, np.broadcast_to(2.0, 3))
    assert may_be_masked(leaf, np.float64(2.0))


@pytest.mark.parametrize("function", [np.gradient, np.diff])
def test_slopes_have_the_dtype_itself_so_that_the_leaf_takes_them_uncopied(function):
    x = Tensor(np.linspace(0.0, 1.0, 40_000), requires_grad=True)
    y = function(x)
    assert y._node._pull(y._node._saved, np.ones(y.shape)).dtype is x.data.dtype
