"""Transforms of nests, with None and other kinds of dicts in them, and of pairs with more."""

from collections import Counter, OrderedDict, defaultdict

import numpy as np
import pytest

from autograd import (
    checkpoint,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    scan,
    value_and_grad,
    vjp,
)


def layer(p):
    """Return 3 w² and what the bias adds, where there is one."""
    y = 3.0 * p["w"] ** 2
    return y if p["b"] is None else y + p["b"]


NEST, TANGENT = {"w": 2.0, "b": None}, {"w": 0.5, "b": None}
SLOPE = {"w": 12.0, "b": None}


@pytest.mark.parametrize(
    "slope",
    [
        grad(layer),
        jacobian(layer),
        lambda p: value_and_grad(layer)(p)[1],
        lambda p: vjp(layer, p)[1](1.0)[0],
        lambda p: grad(lambda ps: layer(ps[1]))((None, p))[1],
        jit(grad(layer)),
        grad(jit(layer)),
        grad(checkpoint(layer)),
    ],
)
def test_none_is_a_part_of_the_structure(slope):
    assert slope(NEST) == SLOPE
    assert slope({"w": 2.0, "b": 1.0}) == {"w": 12.0, "b": 1.0}


def test_none_has_no_second_derivatives_and_no_direction():
    assert hessian(layer)(NEST) == {"w": {"w": 6.0, "b": None}, "b": None}
    assert jvp(layer, (NEST,), (TANGENT,)) == (12.0, 6.0)
    assert hvp(layer, NEST, TANGENT) == {"w": 3.0, "b": None}
    assert grad(lambda p: grad(layer)(p)["w"])(NEST) == {"w": 6.0, "b": None}
    assert grad(lambda p: 1.0)([None, None]) == [None, None]


def test_none_is_a_part_of_what_a_function_returns():
    def pair(p):
        return {"y": p["w"] ** 2, "none": None, "rest": [None, (3 * p["w"],)]}

    def nest(y, z):
        return {"y": y, "none": None, "rest": [None, (z,)]}

    slopes = [{"w": 4.0, "b": None}, {"w": 3.0, "b": None}]
    assert jacobian(pair)(NEST) == nest(*slopes)
    assert jvp(pair, (NEST,), (TANGENT,)) == (nest(4.0, 6.0), nest(2.0, 1.5))
    y, pull = vjp(pair, NEST)
    assert y == nest(4.0, 6.0)
    assert pull(nest(1.0, None)) == (slopes[0],)
    assert pull(nest(None, 1.0)) == (slopes[1],)
    assert pull({"y": None, "none": None, "rest": None}) == ({"w": 0.0, "b": None},)
    with pytest.raises(ValueError, match=r"vjp: a cotangent is None where the output of pair is"):
        pull(nest(1.0, None) | {"none": 1.0})
    assert jacobian(grad(layer))(NEST) == {"w": {"w": 6.0, "b": None}, "b": None}


def test_an_argument_that_is_none_is_missing():
    for arguments in ([None], [None, [1.0]]):
        with pytest.raises(TypeError, match="got NoneType None"):
            grad(lambda x, *_: x, argnums=range(len(arguments)))(*arguments)
    with pytest.raises(ValueError, match=r"hvp: the vector is None where .* is None, got 1\.0"):
        hvp(layer, NEST, {"w": 0.5, "b": 1.0})


class Parameters(dict):
    """A dict whose entries are attributes."""

    def __getattr__(self, name):
        return self[name]


class Shared(dict):
    """A dict that is its own dict of attributes."""

    def __init__(self, *entries, **more):
        super().__init__(*entries, **more)
        self.__dict__ = self


def product(p):
    return p.w**2 * p["b"]


@pytest.mark.parametrize("kind", [Parameters, Shared])
@pytest.mark.parametrize("slope", [grad(product), jit(grad(product)), grad(jit(product))])
def test_a_dict_of_a_kind_of_its_own_stays_one(slope, kind):
    p = kind(w=3.0, b=2.0)
    for _ in range(3):
        found = slope(p)
        assert type(found) is kind
        assert (found, found.w) == ({"w": 12.0, "b": 9.0}, 12.0)
    assert p == {"w": 3.0, "b": 2.0}


class Named(dict):
    def __init__(self, name):
        super().__init__({name: 2.0})


class Doubled(dict):
    def __init__(self, entries):
        super().__init__({k: 2.0 * v for k, v in entries.items()})


class Strange(dict):
    def __new__(cls, entries=()):
        return list(entries) if entries else super().__new__(cls)


@pytest.mark.parametrize("p", [Named("a"), Doubled({"a": 1.0}), Strange()])
def test_a_dict_that_its_constructor_does_not_copy_is_a_plain_one(p):
    p.update(a=2.0)
    found = grad(lambda p: p["a"] ** 3)(p)
    assert type(found) is dict
    assert found == {"a": 12.0}


def test_dicts_of_the_collections():
    def f(p):
        return p["b"] ** 2 + p["a"]

    found = grad(f)(OrderedDict(b=2.0, a=1.0))
    assert found == OrderedDict(b=4.0, a=1.0)
    sparse = defaultdict(float, b=2.0)
    assert grad(f)(sparse) == {"b": 4.0}
    assert dict(sparse) == {"b": 2.0}  # the function read an entry of a copy
    assert grad(f)(Counter(b=2, a=1)) == {"b": 4.0, "a": 1.0}


def test_a_loop_over_a_dict_of_a_kind_of_its_own():
    def step(c, x):
        return Parameters(w=c.w * x), c.w

    last, ys = scan(step, Parameters(w=2.0), np.array([3.0, 5.0]))
    assert type(last) is Parameters
    assert (last.w, ys.tolist()) == (30.0, [2.0, 6.0])


def cube(x):
    return x**3, {"square": x * x, "text": "anything"}


def squares(x):
    return np.cumsum(x * x), x[0] + 1.0


X = np.array([2.0, 3.0])
SLOPES = np.array([[4.0, 0.0], [4.0, 6.0]])
SECOND = np.array([[[2.0, 0.0], [0.0, 0.0]], [[2.0, 0.0], [0.0, 2.0]]])


def test_what_a_function_returns_beside_its_value():
    more = {"square": 4.0, "text": "anything"}
    value, pull, aux = vjp(cube, 2.0, has_aux=True)
    assert (value, pull(1.0), aux) == (8.0, (12.0,), more)
    assert jvp(cube, (2.0,), (0.5,), has_aux=True) == (8.0, 6.0, more)
    assert jacobian(cube, has_aux=True)(2.0) == (12.0, more)
    assert hessian(cube, has_aux=True)(2.0) == (12.0, more)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_what_a_function_of_an_array_returns_beside_its_value(mode):
    found, aux = jacobian(squares, mode=mode, has_aux=True)(X)
    np.testing.assert_allclose(found, SLOPES)
    assert aux == 3.0
    found, aux = hessian(squares, has_aux=True)(X)
    np.testing.assert_allclose(found, SECOND)
    assert aux == 3.0


@pytest.mark.parametrize(
    "inner",
    [
        lambda x: jacobian(squares, has_aux=True)(x),
        lambda x: hessian(lambda y: (np.sum(y**3), y[0] + 1.0), has_aux=True)(x),
        lambda x: vjp(squares, x, has_aux=True)[1:],
        lambda x: jvp(squares, (x,), (x,), has_aux=True)[1:],
    ],
)
def test_what_is_returned_beside_is_differentiated_inside_a_transform(inner):
    np.testing.assert_allclose(grad(lambda x: inner(x)[1] * x[1])(X), [3.0, 3.0])
