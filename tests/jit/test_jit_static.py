"""Static arguments of recorded functions: by position or name, one recording for each value."""

import functools

import numpy as np
import pytest

from autograd import jit


def test_static_arguments():
    f = jit(lambda x, n, axis: x[:n].sum(axis=axis), static=("axis", 1))
    x = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(f(x, 2, axis=0), x[:2].sum(0))
    np.testing.assert_array_equal(f(x, 1, axis=1), x[:1].sum(1))
    assert f.recordings == 2
    with pytest.raises(TypeError, match=r"static argument 1 is a list, which cannot be compared"):
        f(x, [2], axis=0)


def test_a_static_argument_may_be_given_either_way():
    x = np.arange(6.0)
    for static in (["n"], [1]):
        f = jit(lambda x, n: x[:n].sum(), static=static)
        assert (f(x, 2), f(x, n=3), f(n=3, x=x)) == (1.0, 3.0, 3.0)


def test_static_arguments_of_functions_that_take_any():
    x = np.arange(6.0)

    def anything(*arrays, **sizes):
        return arrays[0][: sizes.get("n", 1)].sum()

    @functools.wraps(lambda x: x)
    def wrapper(*arrays, **sizes):
        return anything(*arrays, **sizes)

    for f in (anything, wrapper, functools.partial(anything, n=2)):
        assert jit(f, static=["n", 5])(x, n=4) == 6.0
    assert jit(np.exp, static=[0])(0.0) == 1.0


def test_a_static_argument_is_one_that_the_function_has():
    def step(x, n=2):
        return x[:n]

    for name in ("m", 2, -1):
        with pytest.raises(
            ValueError, match=f"argument {name!r}, but step has the parameters x, n"
        ):
            jit(step, static=[name])
    with pytest.raises(ValueError, match="the argument 'n', but <lambda> takes none"):
        jit(lambda: 1.0, static=["n"])
    with pytest.raises(ValueError, match="the argument 'm', but the function has the parameters"):
        jit(functools.partial(step, n=1), static=["m"])
