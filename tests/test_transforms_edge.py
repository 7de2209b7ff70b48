"""vjp, jvp, jacobian, hessian, hvp at every shape and structure; checkpoint; a peer as oracle."""

import gc
import itertools

import numpy as np
import pytest

import nn
from autograd import (
    Tensor,
    Value,
    checkpoint,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    no_grad,
    relu,
    scan,
    softmax,
    vjp,
)
from autograd.transforms.trees import flatten

from .checks import assert_close
from .test_transforms import numeric_jacobian, plain

RNG = np.random.default_rng(4)
A = RNG.normal(size=(3, 2))
ROOM = RNG.normal(size=(2, 3))


# --------------------------------------------------------------------------------------------------
# vjp and jvp


def several(x, p):
    """Return a nest of outputs, some of which depend on one argument or on none."""
    return {"y": x @ A, "z": [np.sin(x) * p["s"], p["t"] ** 2], "c": 3.0}


POINT = (RNG.normal(size=3), {"s": 0.5, "t": np.array([[1.0, 2.0]])})
COTANGENT = {
    "c": 7.0,
    "z": (RNG.normal(size=3), np.array([[1.0, -1.0]])),
    "y": RNG.normal(size=2),
}


def test_vjp_of_structures_with_a_cotangent_in_another_order():
    value, pull = vjp(several, *POINT)
    x, p = POINT
    assert list(value) == ["y", "z", "c"]
    assert type(value["y"]) is np.ndarray
    np.testing.assert_allclose(value["y"], x @ A)
    assert value["c"] == 3.0
    gx, gp = pull(COTANGENT)
    u, (v, w) = COTANGENT["y"], COTANGENT["z"]
    np.testing.assert_allclose(gx, A @ u + v * np.cos(x) * p["s"])
    assert gp["s"] == pytest.approx(v @ np.sin(x))
    np.testing.assert_allclose(gp["t"], 2 * p["t"] * w)
    again = pull(COTANGENT)
    np.testing.assert_array_equal(again[0], gx)


def test_none_in_a_cotangent_stands_for_zeros():
    x = np.array([1.0, 2.0])
    f = lambda x: (np.sum(x**2), {"a": x, "b": [x**3]})  # noqa: E731
    _, pull = vjp(f, x)
    zeros = {"a": np.zeros(2), "b": [np.zeros(2)]}
    for part in (None, {"a": None, "b": None}, {"b": [None], "a": zeros["a"]}):
        np.testing.assert_array_equal(pull((1.0, part))[0], pull((1.0, zeros))[0])
    np.testing.assert_array_equal(pull((None, {"a": None, "b": [x]}))[0], 3 * x**3)
    np.testing.assert_array_equal(pull((None, None))[0], [0.0, 0.0])
    np.testing.assert_array_equal(
        jacobian(lambda x: vjp(f, x)[1]((1.0, None))[0])(x), 2 * np.eye(2)
    )


def test_jvp_of_structures_and_its_duality_with_vjp():
    tangents = (RNG.normal(size=3), {"t": np.array([[0.3, 0.1]]), "s": 2.0})
    value, pushed = jvp(several, POINT, tangents)
    assert list(pushed) == ["y", "z", "c"]
    assert type(pushed["z"]) is list
    assert pushed["c"] == 0.0
    assert value["c"] == 3.0
    x, p = POINT
    np.testing.assert_allclose(pushed["y"], tangents[0] @ A)
    expected = np.cos(x) * p["s"] * tangents[0] + np.sin(x) * 2.0
    np.testing.assert_allclose(pushed["z"][0], expected)
    np.testing.assert_allclose(pushed["z"][1], 2 * p["t"] * tangents[1]["t"])
    gx, gp = vjp(several, *POINT)[1](COTANGENT)
    left = sum(
        np.sum(c * t)
        for c, t in (
            (COTANGENT["y"], pushed["y"]),
            *zip(COTANGENT["z"], pushed["z"], strict=True),
        )
    )
    right = gx @ tangents[0] + gp["s"] * 2.0 + np.sum(gp["t"] * tangents[1]["t"])
    assert left == pytest.approx(right)


@pytest.mark.parametrize(
    ("cotangent", "match"),
    [
        (
            {"y": np.ones(2)},
            r"must be a dict with the keys \['y', 'z', 'c'\], got the keys \['y'\]",
        ),
        (np.ones(2), r"must be a dict with the keys .*, got ndarray"),
        (COTANGENT | {"z": [np.ones(3)]}, "must be a list of 2 entries, got 1"),
        (COTANGENT | {"z": 1.0}, "must be a list of 2 entries, got float"),
        (COTANGENT | {"y": np.ones(3)}, r"shape \(3,\), the output of several \(2,\)"),
        (COTANGENT | {"y": 1.0}, r"shape \(\), the output of several \(2,\)"),
        (COTANGENT | {"y": np.ones((1, 2))}, r"shape \(1, 2\), the output"),
    ],
)
def test_cotangents_that_do_not_fit(cotangent, match):
    with pytest.raises(ValueError, match=match):
        vjp(several, *POINT)[1](cotangent)


def test_tangents_that_do_not_fit():
    for tangents in ((1.0,), ([1.0, 2.0], 1.0), ({"b": 1.0}, 1.0), ({"a": np.ones(2)}, 1.0)):
        with pytest.raises(ValueError, match="tangent"):
            jvp(lambda p, x: p["a"] * x, ({"a": 1.0}, 2.0), tangents)


def test_a_pull_may_be_differentiated_again():
    def outer(c):
        return vjp(lambda x: x**2, np.array([1.0, 2.0]))[1](c * np.ones(2))[0].sum()

    assert grad(outer)(3.0) == 6.0
    x = Tensor([1.0, 2.0], requires_grad=True)
    c = x * 1
    g = vjp(lambda x: x**2, np.array([1.0, 2.0]))[1](c)[0]
    g.sum().backward()
    np.testing.assert_allclose(x.grad, [2.0, 4.0])
    # by a tracked tangent
    x.grad = None
    jvp(lambda x: x**2, (np.array([1.0, 2.0]),), (x * 1,))[1].sum().backward()
    np.testing.assert_allclose(x.grad, [2.0, 4.0])


def test_transforms_of_values():
    v = Value(0.5)
    y, pull = vjp(lambda a, b: (a * b, a.exp()), v, Value(3.0))
    assert all(isinstance(t, Value) for t in (*y, *pull((1.0, 0.0))))
    assert [t.data for t in pull((1.0, 0.0))] == [3.0, 0.5]
    value, pushed = jvp(lambda a: a**3, (v,), (2.0,))
    assert (value.data, pushed) == (0.125, 1.5)
    for mode in ("auto", "reverse", "forward"):
        assert jacobian(lambda a: a**3, mode=mode)(v) == 0.75
    assert hessian(lambda a: a**3)(v) == 3.0
    assert hvp(lambda a: a**3, v, 2.0).data == 6.0
    columns = jacobian(lambda a: np.stack([a * 1, a * a]))(v)
    np.testing.assert_allclose(columns, [1.0, 1.0])
    both = hessian(lambda a, b: a * a * b, (0, 1))(Value(2.0), Value(3.0))
    assert [[float(h) for h in row] for row in both] == [[6.0, 4.0], [4.0, 0.0]]
    assert grad(lambda a: jvp(lambda b: a * b**2, (a,), (1.0,))[1])(Value(3.0)).data == 12.0
    assert v.grad == 0.0


# --------------------------------------------------------------------------------------------------
# jacobian, hessian, hvp

INPUTS = {
    "a number": 0.7,
    "0-d": np.array(0.7),
    "one": np.array([0.7]),
    "vector": RNG.normal(size=3),
    "matrix": RNG.normal(size=(2, 3)),
    "room": RNG.normal(size=(1, 2, 2)),
    "empty": np.zeros((0, 2)),
}
OUTPUTS = {
    "itself": lambda x: np.sin(x) * x,
    "a number": lambda x: np.sum(x**3),
    "vector": lambda x: np.stack([np.sum(x**2), np.sum(np.sin(x)), np.sum(x) ** 2, 0 * np.sum(x)]),
    "matrix": lambda x: ROOM * np.sum(x**2),
    "empty": lambda x: np.zeros((2, 0)) * np.sum(x),
    "constant": lambda x: Tensor(np.ones((2, 2))),
    "a plain number": lambda x: 1.5,
    "outer": lambda x: np.reshape(x, (-1, 1)) * np.reshape(np.cos(x), (1, -1)),
}


@pytest.mark.parametrize(("x", "f"), list(itertools.product(INPUTS, OUTPUTS)))
def test_jacobians_of_every_shape(x, f):
    x, f = INPUTS[x], OUTPUTS[f]
    expected = numeric_jacobian(lambda a: f(Tensor(a)), x)
    for mode in ("auto", "reverse", "forward"):
        j = jacobian(f, mode=mode)(x)
        assert type(j) is np.ndarray
        assert j.shape == plain(f(Tensor(x))).shape + np.shape(x)
        np.testing.assert_allclose(j, expected, rtol=1e-6, atol=1e-8)
        # and inside another transform
        total = grad(lambda s, mode=mode: np.sum(jacobian(lambda a: s * f(a), mode=mode)(x)))(2.0)
        np.testing.assert_allclose(total, expected.sum(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("x", INPUTS)
def test_hessians_of_every_shape(x):
    x = INPUTS[x]
    f = lambda x: np.sum(np.sin(x) * np.sum(x) ** 2)  # noqa: E731
    h = hessian(f)(x)
    assert h.shape == np.shape(x) * 2
    n = np.size(x)
    flat = h.reshape(n, n)
    np.testing.assert_allclose(flat, flat.T)
    np.testing.assert_allclose(h, numeric_jacobian(grad(f), x), rtol=1e-6, atol=1e-7)
    v = RNG.normal(size=np.shape(x))
    product = hvp(f, x, v)
    assert np.shape(product) == np.shape(x)
    np.testing.assert_allclose(np.ravel(product), flat @ np.ravel(v), rtol=1e-9, atol=1e-12)


def test_jacobians_by_several_arguments_and_structures():
    f = lambda p, s: {"a": p["x"] * s, "b": (s**2,)}  # noqa: E731
    x = np.array([1.0, 2.0])
    for mode in ("reverse", "forward"):
        by_p, by_s = jacobian(f, (0, 1), mode)({"x": x}, 3.0)["a"]
        np.testing.assert_array_equal(by_p["x"], 3 * np.eye(2))
        np.testing.assert_array_equal(by_s, x)
        assert jacobian(f, 1, mode)({"x": x}, 3.0)["b"] == (6.0,)
    loss = lambda p, s: np.sum(p["x"] ** 2) * p["y"] * s  # noqa: E731
    p = {"x": x, "y": 0.5}
    h = hessian(loss)(p, 3.0)
    np.testing.assert_array_equal(h["x"]["x"], 3 * np.eye(2))
    np.testing.assert_array_equal(h["x"]["y"], 6 * x)
    np.testing.assert_array_equal(h["y"]["x"], 6 * x)
    assert h["y"]["y"] == 0.0
    first, (corner, last) = hessian(loss, (0, 1))(p, 3.0)
    np.testing.assert_array_equal(first["y"][1], np.sum(x**2))
    np.testing.assert_array_equal(corner["x"], x)
    assert last == 0.0
    product = hvp(loss, p, {"y": 2.0, "x": np.array([1.0, 0.0])}, 0, 3.0)
    np.testing.assert_array_equal(product["x"], h["x"]["x"][:, 0] + 2 * h["x"]["y"])
    assert product["y"] == 6.0


def test_hvp_puts_its_argument_where_it_belongs():
    f = lambda a, b, c: a * b**2 * c**3  # noqa: E731
    assert hvp(f, 3.0, 1.0, 1, 2.0, 4.0) == 2 * 2 * 64
    assert hvp(f, 4.0, 1.0, 2, 2.0, 3.0) == hvp(f, 4.0, 1.0, -1, 2.0, 3.0) == 2 * 9 * 24
    assert hvp(f, 3.0, 1.0, -2, 2.0, 4.0) == 256
    for vector in (np.ones(2), [1.0]):
        with pytest.raises(ValueError, match="hvp: the vector has shape"):
            hvp(f, 3.0, vector, 1, 2.0, 4.0)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_single_precision_stays_single(mode):
    x = np.array([0.5, 1.5], np.float32)
    assert jacobian(np.sin, mode=mode)(x).dtype == np.float32
    assert jacobian(lambda x: Tensor([1.0, 2.0]), mode=mode)(x).dtype == np.float32
    assert hessian(lambda x: (x**3).sum())(x).dtype == np.float32
    assert jvp(np.sin, (x,), (x,))[1].dtype == np.float32
    assert vjp(np.sin, x)[1](np.ones(2))[0].dtype == np.float32
    assert hvp(lambda x: (x**3).sum(), x, x).dtype == np.float32


def test_kinks_and_softmax_in_both_modes():
    x = np.array([-1.0, 0.0, 2.0])
    p = softmax(x)
    for mode in ("reverse", "forward"):
        np.testing.assert_allclose(jacobian(softmax, mode=mode)(x), np.diag(p) - np.outer(p, p))
        np.testing.assert_array_equal(jacobian(relu, mode=mode)(x), np.diag([0.0, 0.0, 1.0]))


def test_against_a_peer():
    torch = pytest.importorskip("torch")
    x = RNG.normal(size=(3, 3))
    f = lambda x: np.linalg.det(x) * np.exp(-(x**2).sum())  # noqa: E731
    theirs = torch.func.hessian(lambda x: torch.linalg.det(x) * torch.exp(-(x**2).sum()))
    np.testing.assert_allclose(
        hessian(f)(x), theirs(torch.tensor(x)).numpy(), rtol=1e-9, atol=1e-12
    )


# --------------------------------------------------------------------------------------------------
# checkpoint


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
