"""`autograd.numpy`: NumPy's names, with arrays of nodes."""

import importlib
import pickle

import numpy
import pytest

import autograd.numpy as anp
from autograd import Tensor, Value, grad, hessian, jacobian, jit
from autograd.core import VSpace
from autograd.tracer import Box

OWN = {"array", "asarray", "full", "r_", "c_", "linalg", *anp._JOINS.split()}


def test_names_are_numpys():
    for room, module in ((anp, numpy), (anp.linalg, numpy.linalg)):
        for name in set(module.__all__) - OWN:
            found = getattr(room, name)
            assert getattr(found, "fun", found) is getattr(module, name)
    for name in ("zeros", "eye", "arange", "select", "block", "float64", "pi", "random"):
        assert getattr(anp, name) is getattr(numpy, name)
    assert anp.exp.__doc__ == numpy.exp.__doc__
    assert set(dir(numpy)) <= set(dir(anp))
    assert anp.__version__ == numpy.__version__
    with pytest.raises(AttributeError, match="'nothing'"):
        anp.nothing  # noqa: B018
    names = {}
    exec("from autograd.numpy import *", names)
    assert names["exp"] is anp.exp
    assert names["array"] is anp.array


def test_modules_are_numpys():
    import autograd.numpy.random as npr
    from autograd.numpy.fft import fft

    from autograd.numpy.linalg import solve

    assert npr is numpy.random
    assert solve is anp.linalg.solve
    assert fft is numpy.fft.fft
    with pytest.raises(ModuleNotFoundError, match=r"autograd\.numpy\.ma"):
        importlib.import_module("autograd.numpy.ma")


def test_universal_functions_have_their_methods():
    x = numpy.array([1.0, 2.0, 3.0])
    assert anp.add.reduce(x) == 6.0
    assert anp.maximum.accumulate(x[::-1]).tolist() == [3.0, 3.0, 3.0]
    assert anp.multiply.outer(x, x)[2, 1] == 6.0
    anp.add.at(x, [0, 0], 1.0)
    assert x.tolist() == [3.0, 2.0, 3.0]
    assert (anp.add.nin, anp.add.nout, anp.exp.nargs, anp.add.identity) == (2, 1, 2, 0)
    assert jacobian(anp.multiply.accumulate)(numpy.array([2.0, 3.0])).tolist() == [[1, 0], [3, 2]]


@pytest.mark.parametrize("function", [anp.exp, anp.sum, anp.linalg.solve])
def test_functions_can_be_pickled(function):
    assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize(
    ("numbers", "options"),
    [
        ([1, 2.5], {}),
        (3, {"ndmin": 2}),
        ([[1, 2], [3, 4]], {"dtype": numpy.float32, "order": "F"}),
        ([numpy.float64(2), numpy.ones(())], {"copy": True}),
        ([], {}),
        (["a"], {}),
    ],
)
def test_of_numbers_it_is_numpys_array(numbers, options):
    found, expected = anp.array(numbers, **options), numpy.array(numbers, **options)
    assert type(found) is numpy.ndarray
    assert (found.dtype, found.flags.f_contiguous) == (expected.dtype, expected.flags.f_contiguous)
    numpy.testing.assert_array_equal(found, expected)
    a = numpy.ones(3)
    assert anp.asarray(a) is a
    assert not numpy.shares_memory(anp.array(a), a)
    assert anp.asarray(a, numpy.float32).dtype == numpy.float32


def test_arrays_of_nodes_by_hand():
    """Rotating by an angle: d/dt (cos t, sin t; -sin t, cos t) in closed form."""

    def rotation(t):
        return anp.array([[anp.cos(t), anp.sin(t)], [-anp.sin(t), anp.cos(t)]])

    c, s = numpy.cos(0.3), numpy.sin(0.3)
    numpy.testing.assert_allclose(jacobian(rotation)(0.3), [[-s, c], [-c, -s]], rtol=1e-15)
    # trace of R(t) A as a function of t, twice
    a = numpy.arange(4.0).reshape(2, 2)
    f = lambda t: anp.trace(rotation(t) @ a)  # noqa: E731
    assert grad(f)(0.3) == pytest.approx(-s * (a[0, 0] + a[1, 1]) + c * (a[1, 0] - a[0, 1]))
    assert hessian(f)(0.3) == pytest.approx(-float(f(0.3)))


@pytest.mark.parametrize("make", [anp.array, anp.asarray])
def test_nodes_arrays_and_numbers_together(make):
    x, v = Tensor([1.0, 2.0], requires_grad=True), Value(3.0)
    z = make([x, (v, 4), numpy.array([5.0, 6.0])])
    numpy.testing.assert_array_equal(z.data, [[1, 2], [3, 4], [5, 6]])
    (z * numpy.arange(6.0).reshape(3, 2)).sum().backward()
    numpy.testing.assert_array_equal(x.grad, [0, 1])
    assert v.grad == 2.0
    single = make([x], dtype=numpy.float32)
    assert (single.dtype, single.shape) == (numpy.float32, (1, 2))
    assert make([Tensor([1, 2])]).tolist() == [[1, 2]]


def test_a_node_alone():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert anp.asarray(x) is x
    y = anp.array(x, ndmin=3)
    y[...] = 0.0
    assert (y.shape, x.tolist()) == ((1, 1, 2), [1.0, 2.0])
    (anp.array(x) ** 2).sum().backward()
    numpy.testing.assert_array_equal(x.grad, [2, 4])
    for own in (anp.array(x, copy=False, order="F", subok=True), anp.asarray(x, copy=True)):
        own[0] = 7.0
        assert (own.tolist(), x.tolist()) == ([7.0, 2.0], [1.0, 2.0])
    assert anp.asarray(x, order="C", copy=False) is x
    v = Value(3.0)
    anp.array(v, dtype=numpy.float32, ndmin=1).sum().backward()
    assert v.grad == 1.0


def test_within_jit():
    def f(x):
        return anp.array([x[0] * x[1], anp.sin(x[1])]).sum()

    at = numpy.array([1.5, 2.0])
    for point in (at, at + 1, at - 1):
        assert jit(f)(point) == pytest.approx(f(point), rel=1e-15)
        numpy.testing.assert_allclose(
            jit(grad(f))(point), [point[1], point[0] + numpy.cos(point[1])], rtol=1e-15
        )


def test_names_are_found_in_the_module_itself():
    """As by those who fill a namespace from it, to evaluate an expression there."""
    space = dict(vars(anp))
    assert not set(numpy.__all__) - space.keys()
    assert grad(lambda x: eval("sin(x) * sum([x, pi])", space, {"x": x}))(0.0) == numpy.pi


def test_programs_copy_the_functions_of_a_module():
    """PennyLane wraps all that is callable in the dictionaries of these modules."""
    for room, name in ((anp, "sin"), (anp.linalg, "solve")):
        assert vars(room)[name] is getattr(room, name)
    assert "__getattr__" not in vars(anp)
    assert "__dir__" not in vars(anp)


class Own(numpy.ndarray):
    """Arrays of a class of their own, as is all that is computed from them."""

    def __new__(cls, numbers):
        return numpy.asarray(numbers).view(cls)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [numpy.asarray(x) if isinstance(x, Own) else x for x in inputs]
        found = super().__array_ufunc__(ufunc, method, *plain, **options)
        return found if found is NotImplemented else Own(found)

    def __getitem__(self, index):
        return Own(super().__getitem__(index))


@pytest.mark.parametrize("compiled", [False, True])
def test_subclasses_of_arrays_are_arrays(compiled):
    """With the registries of HIPS autograd, in which programs enter them."""
    Box.type_mappings[Own] = VSpace.mappings[Own] = Own
    x, y = Own([1.0, 2.0, 3.0]), Own([5.0, 7.0, 11.0])

    def f(x):
        return anp.sum(x * x * y + anp.dot(y, x) + y / x)

    found = grad(jit(f) if compiled else f)(x)
    assert type(found) is numpy.ndarray
    # d/dx of x²y, of 3 (y · x), and of y/x
    expected = numpy.asarray(2.0 * x * y + 3.0 * y - y / x**2)
    numpy.testing.assert_allclose(found, expected, rtol=1e-15)
    t = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    for made in (t * y, y * t, numpy.multiply(y, t), t @ y, numpy.where([True, False, True], y, t)):
        assert type(made) is Tensor
        assert type(made.data) is numpy.ndarray
