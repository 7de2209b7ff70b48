"""`checkpoint`: the same gradients with less memory, to second order, in nests and under jit."""

import gc

import numpy as np
import pytest

import nn
from autograd import (
    Tensor,
    Value,
    checkpoint,
    grad,
    hessian,
    jacobian,
    jit,
    jvp,
    no_grad,
    scan,
    vjp,
)
from autograd.transforms.trees import flatten

from .checks import assert_close

RNG = np.random.default_rng(4)


def block(x, w):
    return np.tanh(x @ w) * np.sin(x).sum()


X, W = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2))


def test_checkpoint_equals_the_unchecked_to_second_order():
    loss = lambda f: lambda x, w: (f(x, w) ** 2).sum()  # noqa: E731
    checked, bare = loss(checkpoint(block)), loss(block)
    assert checked(X, W).item() == pytest.approx(bare(X, W), rel=1e-15)
    for a, b in zip(grad(checked, (0, 1))(X, W), grad(bare, (0, 1))(X, W), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    for i in (0, 1):
        a, b = hessian(checked, i)(X, W), hessian(bare, i)(X, W)
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)
    assert grad(grad(grad(checkpoint(lambda x: x**4))))(2.0) == 48.0
    assert float(grad(checkpoint(lambda x: x * x))(Value(3.0))) == 6.0


def test_checkpoint_of_a_function_that_differentiates_within():
    # the leaves that the inner transform makes are others in every run
    def f(x):
        inner = grad(lambda t: np.sum(t**3))(np.floor(x))
        return np.sum(inner * x) + x[0] * float(grad(lambda t: t**2)(Value(2.0)))

    x = np.array([1.3, 2.4])
    np.testing.assert_allclose(grad(checkpoint(f))(x), 3 * np.floor(x) ** 2 + np.array([4.0, 0.0]))


@pytest.mark.parametrize("wrap", [checkpoint, lambda f: checkpoint(checkpoint(f))])
def test_checkpoint_of_a_transform_by_what_it_closes_over(wrap):
    """A sweep within visits nodes from outside, which stay ends of what is computed again."""
    x0, b = np.array([0.3, 0.5, -0.2]), np.array([1.0, 2.0, 0.5])

    def pushed(x, k):
        return wrap(lambda q: jvp(lambda p: p * p, (k,), (x,))[1] * q)(b)

    def pulled(x):
        return vjp(lambda k: pushed(x, k), x)[1](b)[0]  # 2 b² x

    np.testing.assert_allclose(pulled(x0), 2 * b**2 * x0)
    np.testing.assert_allclose(jacobian(pulled)(x0), np.diag(2 * b**2))
    # a computed tensor, whose gradient comes through the checkpoint alone
    x = Tensor(x0, requires_grad=True)
    k = x * 3.0
    pushed(x, k).sum().backward()
    np.testing.assert_allclose(k.grad, 2 * b * x0)
    np.testing.assert_allclose(x.grad, 12 * b * x0)


def test_checkpoint_under_backward_to_second_order():
    x = Tensor([0.3, 0.7], requires_grad=True)
    checkpoint(np.sin)(x).sum().backward(create_graph=True)
    g, x.grad = x.grad, None
    np.testing.assert_allclose(g.data, np.cos(x.data))
    g.sum().backward()
    np.testing.assert_allclose(x.grad, -np.sin(x.data))


def test_checkpoint_gives_gradients_to_what_it_closes_over():
    """Leaves, computed tensors and Values; each once, although the argument comes from one too."""
    w = Tensor([0.3, -0.7], requires_grad=True)
    v = Value(1.5)

    def loss(wrap):
        h, x = np.exp(w), w * 2
        return (wrap(lambda x: np.sin(x * w) * h + v)(x) * h).sum()

    results = []
    for wrap in (checkpoint, lambda f: f):
        w.grad, v.grad = None, 0.0
        loss(wrap).backward(create_graph=True)
        first, by_value = w.grad, v.grad
        w.grad, v.grad = None, 0.0
        ((first**2).sum() + by_value**3).backward()
        results.append([first.data, w.grad, float(by_value), v.grad])
    assert_close(results[0], results[1], rtol=1e-12)


def test_checkpoint_takes_and_gives_nests():
    """Tensors in them get gradients; numbers, flags and None are handed on as they are."""
    seen = []

    def block(x, parts, scale=1.0, *, mode=None, k=0):
        seen.append((type(scale), mode, x[k].shape))
        y = np.sin(x) * parts["w"][0] * scale
        return y, {"s": (y * y).sum().astype(np.float32), "k": k, "none": None, "v": parts["v"] * 2}

    def loss(wrap):
        def f(x, w, v):
            y, more = wrap(block)(x, {"w": [w], "v": v}, 2, mode="fast", k=1)
            assert (more["k"], more["none"], more["s"].dtype) == (1, None, np.float32)
            return (y * x).sum() + more["s"] ** 2 + more["v"] * y[more["k"]]

        return f

    point = np.array([0.3, 0.7]), np.array([2.0, -1.0]), 1.5
    for transform in (grad, hessian):
        ours, bare = (
            flatten(transform(loss(wrap), (0, 1, 2))(*point))[0]
            for wrap in (checkpoint, lambda f: f)
        )
        assert_close(ours, bare, rtol=1e-6)
    assert set(seen) == {(int, "fast", ())}
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert checkpoint(lambda x: (None, 3))(x) == (None, 3)
    picked = grad(lambda x: checkpoint(lambda x, i: x[i])(x, 1))
    np.testing.assert_array_equal(picked(x.data), [0, 1])


def test_checkpoint_of_the_step_of_a_scan():
    def f(wrap, a):
        step = lambda c, x: (np.tanh(a * c + x), {"c": c * a})  # noqa: E731
        last, ys = scan(wrap(step), 0.5, np.array([0.1, -0.2, 0.3]))
        return last + (ys["c"] ** 2).sum()

    for transform in (grad, hessian):
        bare = transform(lambda a: f(lambda s: s, a))(0.7)
        for run in (lambda g: g, jit):
            assert run(transform(lambda a: f(checkpoint, a)))(0.7) == pytest.approx(bare, rel=1e-12)


def test_checkpoint_under_jit_is_the_function():
    x = np.array([1.0, 2.0, 3.0])
    w = Tensor([0.5, -0.5, 2.0], requires_grad=True)
    step = jit(grad(lambda x: (checkpoint(lambda t: np.sin(t) * t * w)(x) ** 2).sum()))
    for point in (x, 2 * x):
        np.testing.assert_allclose(
            step(point),
            grad(lambda x: ((np.sin(x) * x * w.data) ** 2).sum())(point),
            rtol=1e-12,
        )


def test_checkpoint_of_a_module_trains_it():
    model = nn.MLP([2, 4, 1], activation="tanh", rng=0)
    x = np.array([[0.5, -1.0], [2.0, 0.3]])
    (model(x) ** 2).sum().backward()
    bare = [p.grad for p in model.parameters()]
    model.zero_grad()
    (checkpoint(model)(x) ** 2).sum().backward()
    assert_close([p.grad for p in model.parameters()], bare, rtol=1e-12)
    with no_grad():
        assert not checkpoint(model)(x).requires_grad


def test_checkpoint_computes_once_forward_and_once_back_however_many_inputs():
    runs = []

    def f(x, y, z):
        runs.append(1)
        return x * y * z

    leaves = [Tensor(v, requires_grad=True) for v in (2.0, 3.0, 4.0)]
    y = checkpoint(f)(*leaves)
    assert len(runs) == 1
    y.backward()
    assert len(runs) == 2
    assert [float(v.grad) for v in leaves] == [12.0, 8.0, 6.0]
    y.backward()
    assert len(runs) == 3
    assert [float(v.grad) for v in leaves] == [24.0, 16.0, 12.0]


def test_checkpoint_looks_at_the_upstream_gradient_of_each_sweep():
    x, y, seed = Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0]), np.ones(2)
    z = checkpoint(lambda x, y: x * y)(x, y)
    z.backward(seed)
    seed *= 10
    z.backward(seed)
    np.testing.assert_array_equal(x.grad, 11 * y)


def test_checkpoint_keeps_no_intermediate_arrays():
    def alive():
        gc.collect()
        return sum(isinstance(o, np.ndarray) and o.shape == (517,) for o in gc.get_objects())

    def nodes(t):
        seen, stack = set(), [t.node]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(node.parents)
        return len(seen)

    def deep(x):
        for _ in range(20):
            x = np.sin(x)
        return x

    x = Tensor(np.ones(517), requires_grad=True)
    assert nodes(deep(x)) == 21
    y = checkpoint(deep)(x)
    assert nodes(y) == 2
    y.backward(np.ones(517))
    expected = vjp(deep, x.data)[1](np.ones(517))[0]
    np.testing.assert_allclose(x.grad, expected, rtol=1e-14)
    assert alive() < 10
