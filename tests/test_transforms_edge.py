"""vjp, jvp, jacobian, hessian, hvp at every shape and structure; checkpoint; a peer as oracle."""

import itertools

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    relu,
    softmax,
    vjp,
)

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


@pytest.mark.parametrize("power", [1, 3])
def test_gradients_that_can_be_differentiated_are_changed_one_by_one(power):
    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
    upstream = Tensor([1.0, 10.0])
    ((x + y) ** power).backward(upstream, create_graph=True)
    expected = power * np.array([4.0, 6.0]) ** (power - 1) * [1.0, 10.0]
    x.grad *= 3.0
    np.testing.assert_array_equal(y.grad.data, expected)
    np.testing.assert_array_equal(upstream.data, [1.0, 10.0])
    x.grad.data[0] = 7.0
    np.testing.assert_array_equal(y.grad.data, expected)
    g, y.grad = y.grad, None
    if power == 3:
        (g * [1.0, 0.0]).sum().backward()
        np.testing.assert_array_equal(y.grad, [24.0, 0.0])


def test_inner_gradients_are_changed_one_by_one():
    def outer(x, y):
        of_x, of_y = grad(lambda a, b: ((a + b) * x.sum()).sum(), (0, 1))(x * 1.0, y * 1.0)
        of_x *= 3.0
        return (of_x + of_y).sum()

    # (3 + 1) Σx, twice
    of_x, of_y = grad(outer, (0, 1))(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    np.testing.assert_array_equal(of_x, [8.0, 8.0])
    np.testing.assert_array_equal(of_y, [0.0, 0.0])


def test_what_an_inner_pullback_returns_is_not_what_it_was_given():
    def outer(x):
        _, pull = vjp(lambda a: a + 1.0, x)
        upstream = x * 2.0
        (c,) = pull(upstream)
        c *= 5.0
        return (upstream + c).sum()

    np.testing.assert_array_equal(grad(outer)(np.array([1.0, 2.0])), [12.0, 12.0])
