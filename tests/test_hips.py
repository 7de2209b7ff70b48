"""Programs written for HIPS autograd: its names for transforms, primitives, checks and helpers.

What the names mean is tested against closed forms, differences, and Jacobians and Hessians.
"""

import importlib
import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, hessian, jacobian
from autograd.core import VJPNode, backward_pass
from autograd.differential_operators import (
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_jvp_reversemode,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    value_and_grad,
    vector_jacobian_product,
)
from autograd.extend import (
    defvjp,
    primitive,
)
from autograd.misc import const_graph
from autograd.numpy.numpy_vjps import repeat_to_match_shape, replace_zero
from autograd.test_util import (
    check_equivalent,
    check_grads,
    check_jvp,
    check_vjp,
    combo_check,
    scalar_close,
)
from autograd.tracer import new_box, trace
from autograd.wrap_util import wraps

A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.2]])
X, V = np.array([0.3, -0.7]), np.array([1.0, 2.0])


def tanh(x):
    return np.tanh(A @ x)


def test_a_program_without_a_change():
    program = """
import autograd.numpy as np
import autograd.numpy.random as npr
import autograd.scipy.stats.norm as norm
from autograd import dict, grad, isinstance, list, make_vjp, primitive, tuple, type
from autograd import hessian_vector_product, multigrad_dict, numpy, value_and_grad
from autograd.builtins import DictBox, SequenceBox
from autograd.core import getval, make_vjp as of_core
from autograd.differential_operators import make_jvp_reversemode
from autograd.extend import Box, defvjp
from autograd.misc import const_graph
from autograd.misc.flatten import flatten_func
from autograd.misc.optimizers import adam, rmsprop, sgd
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.numpy.numpy_wrapper import array
import autograd.numpy.numpy_wrapper
from autograd.scipy.misc import logsumexp
from autograd.scipy.special import expit
from autograd.tracer import isbox
from autograd.wrap_util import unary_to_nary

def f(x):
    assert isinstance(x, np.ndarray) and isinstance(x, ArrayBox) and isinstance(x, Box)
    assert isbox(x) and not isbox(getval(x)) and type(x) is np.ndarray
    assert isinstance([x], SequenceBox) and not isinstance(x, SequenceBox)
    assert x._value.tolist() == [1.0, 2.0]
    assert autograd.numpy.numpy_wrapper.array is array
    return np.sum(norm.logpdf(x, 0.0, 2.0))

print(grad(f, argnum=0)(np.array([1.0, 2.0])).tolist())
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("[-0.25, -0.5]\n", "")


# --------------------------------------------------------------------------------------------------
# Transforms


def test_argnum():
    f = lambda x, y: np.sum(x**2 * y)  # noqa: E731
    assert grad(f, argnum=1)(2.0, 5.0) == 4.0
    assert grad(f, argnum=[1, 0])(2.0, 5.0) == (4.0, 20.0)
    assert value_and_grad(f, argnum=(1,))(2.0, 5.0) == (20.0, (4.0,))
    for transform in (elementwise_grad, jacobian):
        np.testing.assert_array_equal(transform(f, argnum=1)(2.0, 5.0), 4.0)
    np.testing.assert_array_equal(hessian(f, argnum=0)(X, 5.0), 10 * np.eye(2))


def test_pullbacks_and_push_forwards_are_products_with_the_jacobian():
    j, w = jacobian(tanh)(X), np.array([1.0, -1.0, 0.5])
    pull, value = make_vjp(tanh)(X)
    np.testing.assert_allclose(pull(w), w @ j)
    np.testing.assert_allclose(value, tanh(X))
    value, pushed = make_jvp(tanh)(X)(V)
    np.testing.assert_allclose(pushed, j @ V)
    np.testing.assert_allclose(value, tanh(X))
    np.testing.assert_allclose(make_jvp_reversemode(tanh)(X)(V), j @ V)
    for product in (tensor_jacobian_product, vector_jacobian_product):
        np.testing.assert_allclose(product(tanh)(X, w), w @ j)
    # of some arguments, given by the position or positions
    f = lambda c, x: c * tanh(x)  # noqa: E731
    np.testing.assert_allclose(make_vjp(f, 1)(2.0, X)[0](w), 2 * w @ j)
    pulled = make_vjp(f, (0, 1))(2.0, X)[0](w)
    np.testing.assert_allclose(pulled[0], w @ tanh(X))
    np.testing.assert_allclose(pulled[1], 2 * w @ j)


def test_pullbacks_of_functions_of_one_argument():
    operators, core = (
        importlib.import_module(f"autograd.{n}") for n in ("differential_operators", "core")
    )
    w, j = np.array([1.0, -1.0, 0.5]), jacobian(tanh)(X)
    for of in (operators._make_vjp, core.make_vjp):
        pull, value = of(tanh, X)
        np.testing.assert_allclose(pull(w), w @ j)
        assert operators.vspace(value).size == 3
    for of in (operators._make_jvp, core.make_jvp):
        value, pushed = of(tanh, X)(V)
        np.testing.assert_allclose(value, tanh(X))
        np.testing.assert_allclose(pushed, j @ V)


def test_a_graph_from_its_start_to_its_end():
    g, j = np.array([1.0, -1.0, 0.5]), jacobian(tanh)(X)
    x = new_box(X, 0, VJPNode.new_root())
    y = tanh(x)
    np.testing.assert_allclose(backward_pass(g, y._node), g @ j)
    np.testing.assert_array_equal(backward_pass(g[:2], x._node), g[:2])
    np.testing.assert_array_equal(backward_pass(g, (0 * y)._node), np.zeros(2))
    # of a node a node
    upstream = new_box(g, 0, VJPNode.new_root())
    found = backward_pass(upstream, y._node)
    np.testing.assert_allclose(found._value, g @ j)
    upstream = new_box(X, 0, VJPNode.new_root())
    found = backward_pass(upstream, (3 * x)._node)
    np.testing.assert_array_equal(backward_pass(V, found._node), 3 * V)
    number = new_box(3.0, 0, VJPNode.new_root())
    assert backward_pass(2.0, (number * number)._node) == 12.0
    # of a function
    value, end = trace(VJPNode.new_root(), tanh, X)
    np.testing.assert_allclose(value, tanh(X))
    np.testing.assert_allclose(backward_pass(g, end), g @ j)
    assert trace(VJPNode.new_root(), lambda x: 3.0, X) == (3.0, None)


def test_a_decorator_that_names_after_another():
    @wraps(tanh, "{of}_of_{fun}", "{of} of {doc}", of="half")
    def half(x):
        return tanh(x) / 2

    assert (half.__name__, half.__doc__) == ("half_of_tanh", "half of ")
    assert wraps(half)(lambda x: x).__doc__ == half.__doc__
    assert wraps(3)(lambda x: x).__name__ == "function"


def test_helpers_for_gradients_of_ones_own():
    assert replace_zero(np.array([0.0, -2.0]), 5.0).tolist() == [5.0, -2.0]
    for axis, keepdims in ((None, False), (0, False), (-1, True), ((0, 1), True)):
        total = lambda x, a=axis, k=keepdims: np.sum(x, a, keepdims=k)  # noqa: E731
        value, pull = autograd.vjp(total, A)
        g = np.cos(value)
        spread, count = repeat_to_match_shape(g, A.shape, A.dtype, axis, keepdims)
        np.testing.assert_array_equal(spread, pull(g)[0])
        assert count == A.size // np.size(value)


@pytest.mark.parametrize("compare", [np.greater, np.less_equal, np.equal, np.not_equal])
def test_comparisons_are_constant(compare):
    pull, value = make_vjp(lambda x: (compare(x, 0.5), np.sum(x)))(X)
    assert value[0].tolist() == compare(X, 0.5).tolist()
    np.testing.assert_array_equal(pull((np.ones(2), 3.0)), [3.0, 3.0])
    check_grads(lambda x: compare(x, 0.5))(X)


def test_a_pullback_that_is_not_what_its_own_pullback_says():
    double, same = primitive(lambda x: 2 * x), primitive(lambda x: x)
    defvjp(double, lambda ans, x: lambda g: 2 * same(g))
    defvjp(same, lambda ans, x: lambda g: 1.001 * g)
    check_grads(double, modes=["rev"], order=1)(1.0)
    with pytest.raises(AssertionError, match=r"directional derivative \(jvp\)"):
        check_grads(double, modes=["rev"])(1.0)


def test_a_tensor_is_summed_over_with_the_first_axes():
    f = lambda x: np.outer(np.sin(x), x)[:, :, None] * V  # noqa: E731
    found = tensor_jacobian_product(f)(X, np.ones((2, 2)))
    np.testing.assert_allclose(found, np.einsum("ijkl->kl", jacobian(f)(X)))


def test_products_with_the_hessian():
    f = lambda x: np.sum(np.tanh(A @ x))  # noqa: E731
    h = hessian(f)(X)
    for product in (hessian_tensor_product, hessian_vector_product):
        np.testing.assert_allclose(product(f)(X, V), h @ V)
    product, gradient = make_hvp(f)(X)
    np.testing.assert_allclose(product(V), h @ V)
    np.testing.assert_allclose(gradient, grad(f)(X))
    j = jacobian(tanh)(X)
    np.testing.assert_allclose(make_ggnvp(tanh)(X)(V), j.T @ j @ V)
    g = lambda y: np.sum(y**4)  # noqa: E731
    expected = j.T @ (12 * tanh(X) ** 2 * (j @ V))
    np.testing.assert_allclose(make_ggnvp(tanh, g)(X)(V), expected)
    np.testing.assert_allclose(make_ggnvp(lambda c, x: tanh(x), g, 1)(0, X)(V), expected)


def test_other_transforms():
    assert deriv(lambda x: np.stack([x, x**2]))(3.0).tolist() == [1.0, 6.0]
    assert grad_and_aux(lambda x, y: (x * y, "more"), 1)(2.0, 3.0) == (2.0, "more")
    assert grad_named(lambda x, y: x * y**2, "y")(2.0, 3.0) == 12.0

    def f(a, *rest, b=2.0, **more):
        return a * b * rest[0] * more["c"]

    found = multigrad_dict(f)(3.0, 5.0, c=7.0)
    assert found == {"a": 70.0, "rest": (42.0,), "b": 105.0, "more": {"c": 30.0}}
    with pytest.raises(TypeError, match="holomorphic_grad: complex numbers are not supported"):
        holomorphic_grad(np.exp)


def test_transforms_of_transforms():
    f = lambda x: np.sum(np.sin(x) ** 2)  # noqa: E731
    check_grads(lambda x: make_vjp(f)(x)[0](1.0))(X)
    check_grads(lambda x: make_jvp(tanh)(x)(V)[1])(X)
    check_grads(lambda x: hessian_vector_product(f)(x, V))(X)


# --------------------------------------------------------------------------------------------------
# Checks


def test_checks_of_gradients():
    wrong = primitive(lambda x: 2 * x)
    defvjp(wrong, lambda ans, x: lambda g: 2.001 * g)
    for modes in (["rev"], ["fwd"], ("fwd", "rev")):
        with pytest.raises(AssertionError, match="central differences give"):
            check_grads(wrong, modes=modes)(1.0)
    for check in (check_vjp, check_jvp):
        check(lambda x: np.sin(x) * x, X)
        with pytest.raises(AssertionError, match="central differences give"):
            check(wrong, X)
    check_grads(lambda x, y: wrong(y) * x)(1.0, 2.0)  # by the first argument alone
    with pytest.raises(AssertionError):
        check_grads(lambda x, y: wrong(y) * x, (0, 1))(1.0, 2.0)
    seen = []

    def f(x, y, power=1):
        seen.append((y, power))
        return x**power * y

    combo_check(f, [0], modes=["rev"])([1.0, X], [2.0, 3.0], power=[1, 2])
    assert {(2.0, 1), (2.0, 2), (3.0, 1), (3.0, 2)} == set(seen)


def test_comparisons():
    assert scalar_close(1.0, 1.0 + 1e-8)
    assert not scalar_close(1.0, 1.001)
    check_equivalent({"a": (1.0, X)}, {"a": [1.0, X + 1e-9]})
    with pytest.raises(AssertionError):
        check_equivalent([1.0], [1.1])


# --------------------------------------------------------------------------------------------------
# Containers


def test_containers_are_pythons():
    from autograd import dict, list, tuple, type
    from autograd.builtins import DictBox, ListBox, TupleBox, isinstance

    assert (
        (dict, list, tuple) == (DictBox, ListBox, TupleBox) == ({}.__class__, [].__class__, tuple)
    )
    assert isinstance(Tensor(X), np.ndarray)
    assert isinstance(Tensor(X), Tensor)
    assert not isinstance(X, Tensor)
    assert isinstance(Value(1.0), float)
    assert (type(Value(1.0)), type(1)) == (float, int)


def test_a_constant_graph_calls_its_function_once():
    calls = itertools.count()

    def scaled(a, x, power):
        next(calls)
        return a * np.sin(x) ** power

    graph = const_graph(scaled, 3.0, power=2)
    for x in (0.5, -1.5, 2.0):
        assert graph(x) == pytest.approx(3.0 * math.sin(x) ** 2, rel=1e-14)
    assert next(calls) == 1
    assert grad(graph)(2.0) == pytest.approx(3.0 * math.sin(4.0), rel=1e-14)
    with pytest.raises(TypeError, match=r"jit: .* decides by a recorded value"):
        const_graph(lambda x: x if x > 0 else -x)(1.0)
