"""User-defined primitives as in HIPS autograd: `autograd.extend`."""

import itertools

import numpy as np
import pytest

import autograd.numpy as anp
from autograd import Tensor, Value, draw, elementwise_grad, hessian, jacobian, jit, jvp, operations
from autograd.differential_operators import grad
from autograd.dispatch import FUNCTIONS
from autograd.extend import (
    Box,
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    notrace_primitive,
    primitive,
)
from autograd.numpy.numpy_jvps import broadcast
from autograd.numpy.numpy_vjps import unbroadcast_f
from autograd.scipy.special import polygamma
from autograd.test_util import check_grads
from autograd.tracer import getval

A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.2]])
X, V = np.array([0.3, -0.7]), np.array([1.0, 2.0])


def logsumexp():
    @primitive
    def logsumexp(x):
        """Told by the function."""
        return np.log(np.sum(np.exp(x)))

    defvjp(logsumexp, lambda ans, x: lambda g: np.full(x.shape, 1.0) * g * np.exp(x - ans))
    return logsumexp


def test_a_primitive_by_its_closed_form():
    f = logsumexp()
    assert f.__doc__ == "Told by the function."
    p = np.exp(X) / np.exp(X).sum()
    np.testing.assert_allclose(grad(f)(X), p)
    np.testing.assert_allclose(hessian(f)(X), np.diag(p) - np.outer(p, p))
    check_grads(f, order=3)(X)
    assert f(X) == pytest.approx(np.log(np.exp(X).sum()))
    x = Tensor(X, requires_grad=True, label="x")
    assert "logsumexp" in draw(f(x)).svg()
    again = jit(grad(f))
    for point in (X, X + 1, X * 2):
        np.testing.assert_allclose(again(point), np.exp(point) / np.exp(point).sum())


def test_primitives_of_many_arguments():
    @primitive
    def f(x, n, y, factor=1.0, name=""):
        assert (type(n), type(name)) == (int, str)
        return factor * x**n * y

    defvjp(
        f,
        lambda ans, x, n, y, factor=1.0, name="": lambda g: g * factor * n * x ** (n - 1) * y,
        None,
        unbroadcasting,
    )
    check_grads(lambda x, y: f(x, 3, y, factor=2.0, name="f"), (0, 1))(X, 5.0)
    check_grads(lambda y: f(X, 2, y))(5.0)
    assert grad(lambda n: np.sum(f(X, 2, 3.0)) * n)(2.0) == pytest.approx(3 * np.sum(X**2))
    v = Value(2.0)
    f(v, 3, v).backward()
    assert v.grad == 32.0


def unbroadcasting(ans, x, n, y, factor=1.0, name=""):
    return unbroadcast_f(y, lambda g: g * factor * x**n)


def test_an_argument_without_a_gradient_is_a_constant():
    f = primitive(lambda x, y: x * y)
    defvjp(f, lambda ans, x, y: lambda g: g * y, None)
    assert grad(f, (0, 1))(2.0, 5.0) == (5.0, 0.0)
    assert f(Tensor(2.0), Tensor(5.0)).item() == 10.0


def test_gradients_by_position():
    f, g = primitive(lambda x, y: x * y), primitive(lambda x, y: x * y)
    defvjp(f, lambda ans, x, y: lambda g: g * x, argnums=itertools.count(1))
    assert grad(f, 1)(2.0, 5.0) == 2.0
    with pytest.raises(NotImplementedError, match="<lambda>: no gradient is defined for argument"):
        grad(f)(2.0, 5.0)
    defvjp(f, lambda ans, x, y: lambda g: g * y)
    assert grad(f, (0, 1))(2.0, 5.0) == (5.0, 2.0)
    defvjp_argnum(g, lambda i, ans, args, kwargs: lambda c: c * args[1 - i])
    assert grad(g, (0, 1))(2.0, 5.0) == (5.0, 2.0)
    defvjp_argnums(g, lambda places, ans, args, kw: lambda c: [c * 2 * args[1 - i] for i in places])
    assert grad(g, (0, 1))(2.0, 5.0) == (10.0, 4.0)


def test_push_forwards_are_pulled_back():
    f = primitive(lambda x, y: np.sin(x) * y)
    defjvp(f, lambda v, ans, x, y: v * np.cos(x) * y, "same", argnums=itertools.count())
    check_grads(f, (0, 1))(X, V)
    defvjp(f, lambda ans, x, y: lambda g: 7.0 * g * y)
    np.testing.assert_array_equal(grad(lambda x: np.sum(f(x, V)))(X), 7.0 * V)
    defjvp(f, None)
    check_grads(f, 1)(X, V)
    tanh = operations()["tanh"]
    defjvp(tanh, lambda v, ans, x: 7.0 * v)
    check_grads(tanh)(X)


def on_numbers(*arrays):
    """Raise for nodes, as functions of SciPy and others do."""
    assert all(isinstance(a, np.ndarray) for a in arrays)


def reversed_and_scaled():
    """A primitive that is no composition of NumPy's functions of nodes, and its push-forwards."""

    @primitive
    def f(x, y):
        on_numbers(x, y)
        return x[::-1] * y

    pushes = (lambda v, ans, x, y: v[::-1] * y), (lambda v, ans, x, y: on_numbers(x) or v * x[::-1])
    return f, pushes


def test_pullbacks_that_take_numbers_give_jacobians_of_many_rows():
    """Which go by columns, through the pullback of the pullback, where all rules are known."""
    f, _ = reversed_and_scaled()

    def pull(ans, x, y):
        on_numbers(x, y)
        return lambda g: on_numbers(g) or (g * y)[::-1]

    defvjp(f, pull, None)
    t, w = np.linspace(0.0, 1.0, 200), np.linspace(1.0, 3.0, 200)
    expected = np.stack([t[::-1] * w, 2.0 * w], axis=1)
    np.testing.assert_allclose(jacobian(lambda p: f(p[0] * t + 2.0 * p[1], w))(X), expected)


def test_tangents_are_pushed_forwards_through_what_cannot_be_differentiated_twice():
    f, pushes = reversed_and_scaled()

    def pull(ans, x, y):
        return lambda g: on_numbers(g, x, y) or (g * y)[::-1]

    x, y, v = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), np.array([1.0, -1.0, 2.0])
    defvjp(f, lambda ans, x, y: on_numbers(x, y) or (lambda g: (g * y)[::-1]), None)
    # by the pullback, which is linear in the gradient
    np.testing.assert_array_equal(jvp(lambda x: f(x * x, y), (x,), (v,))[1], (2 * x * v)[::-1] * y)
    defjvp(f, *pushes)
    defvjp(f, pull, None)
    _, tangent = jvp(f, (x, y), (v, 10.0 * v))
    np.testing.assert_array_equal(tangent, v[::-1] * y + 10.0 * v * x[::-1])
    _, tangent = jvp(lambda x: f(np.ones(3), f(x, y)), (x,), (v,))
    np.testing.assert_array_equal(tangent, v[::-1] * y)
    columns = jacobian(lambda x: f(x * x, y), mode="forward")(x)
    np.testing.assert_array_equal(columns, (np.diag(2 * x)[::-1].T * y).T)
    # gradients are those of the pullbacks
    np.testing.assert_array_equal(grad(lambda x: np.sum(f(x, y)))(x), y[::-1])
    np.testing.assert_array_equal(grad(lambda y: np.sum(f(x, y)))(y), np.zeros(3))


def test_tangents_are_broadcast_as_the_result_is():
    f = primitive(lambda x, y: x + 2.0 * y)
    defjvp(f, lambda v, ans, x, y: broadcast(v, ans), lambda v, ans, x, y: broadcast(2.0 * v, ans))
    x, y = np.array([[1.0], [2.0]]), np.array([3.0, 4.0, 5.0])
    _, tangent = jvp(f, (x, y), (10.0 * x, y))
    np.testing.assert_array_equal(tangent, 10.0 * x + 2.0 * y)
    np.testing.assert_array_equal(grad(lambda x: np.sum(f(x, y) ** 2))(x), 6.0 * x + 48.0)
    np.testing.assert_array_equal(grad(lambda y: np.sum(f(2.0, y)))(1.5), 2.0)


def test_a_pullback_within_a_tangent_takes_derivatives_of_its_own():
    cube = primitive(lambda x: x**3)
    defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    defjvp(cube, lambda v, ans, x: v * 3 * x**2)
    f = primitive(lambda x: 3.0 * x**2)
    defvjp(f, lambda ans, x: lambda g: g * grad(grad(cube))(x))
    assert jvp(f, (2.0,), (1.0,)) == (12.0, 12.0)
    assert grad(lambda x: jvp(f, (x,), (1.0,))[1])(2.0) == 6.0


def by_position(at, v, ans, args, kwargs):
    x, y = args
    return v * kwargs["c"] * (np.cos(x) * y if at == 0 else np.sin(x))


def first_of(positions, tangents, *of):
    assert len(positions) == len(tangents) == 1
    return by_position(positions[0], tangents[0], *of)


@pytest.mark.parametrize(
    ("define", "maker"), [(defjvp_argnum, by_position), (defjvp_argnums, first_of)]
)
def test_push_forwards_by_position_are_pulled_back(define, maker):
    f = primitive(lambda x, y, c=1.0: c * np.sin(x) * y)
    define(f, maker)
    check_grads(lambda x, y: f(x, y, c=3.0), (0, 1))(X, V)
    # what is defined for pullbacks or one argument goes before
    defjvp(f, lambda v, ans, x, y, c: 5.0 * v)
    assert grad(f, (0, 1))(2.0, 1.0, c=3.0) == (5.0, pytest.approx(3 * np.sin(2.0)))
    defvjp_argnum(f, lambda at, ans, args, kwargs: lambda g: 7.0 * g)
    define(f, maker)
    assert grad(f, 1)(2.0, 1.0, c=3.0) == 7.0
    define(operations()["tanh"], lambda *_: 7.0)
    check_grads(operations()["tanh"])(X)


def test_functions_that_are_linear_in_each_argument():
    f = primitive(lambda a, x, transposed=False: (a.T if transposed else a) @ x)
    def_linear(f)
    check_grads(f, (0, 1))(A, X)
    np.testing.assert_allclose(
        grad(lambda a: np.sum(f(a, np.ones(3), transposed=True)))(A), np.ones((3, 2))
    )
    def_linear(np.sin)
    assert grad(np.sin)(0.0) == 1.0


def test_a_primitive_that_differentiates_by_itself():
    """A root by Newton's method, with the derivatives of an implicit function."""
    f = lambda x, a: x**3 - a  # noqa: E731

    @primitive
    def root(a):
        x = 1.0
        for _ in range(50):
            x = x - f(x, a) / grad(f)(x, a)
        return x

    defvjp(root, lambda ans, a: lambda g: -g * grad(f, 1)(ans, a) / grad(f)(ans, a))
    assert grad(root)(8.0) == pytest.approx(1 / 12)
    assert grad(grad(root))(8.0) == pytest.approx(-1 / 144)
    assert grad(lambda a: grad(lambda b: root(a * b))(1.0))(8.0) == pytest.approx(1 / 36)


def test_a_primitive_that_gives_a_constant_tensor():
    double = primitive(lambda x: Tensor(2 * x))
    defvjp(double, lambda ans, x: lambda g: 2 * g)
    np.testing.assert_array_equal(double(X), 2 * X)
    np.testing.assert_array_equal(grad(lambda x: np.sum(double(x)))(X), [2.0, 2.0])


def test_definitions_of_old():
    f = primitive(lambda x, y, z: x * y + 0 * z)
    f.defgrad(lambda ans, x, y, z: lambda g: g * y)
    f.defvjp(lambda g, ans, vs, gvs, x, y, z: x * g, argnum=1)
    f.defvjp_is_zero(argnums=(2,))
    assert grad(f, (0, 1, 2))(2.0, 5.0, 1.0) == (5.0, 2.0, 0.0)


def test_a_method_can_be_a_primitive():
    class Model:
        scale = 3.0

        @primitive
        def run(self, x):
            return self.scale * x

    defvjp(Model.run, None, lambda ans, self, x: lambda g: self.scale * g)
    assert grad(Model().run)(2.0) == 3.0


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_under_jit_a_rule_may_sum_to_the_number_that_the_argument_is(backend):
    t = np.array([0.5, 1.0, 2.0])
    weighted = primitive(lambda a, x: np.sum(np.sin(a) * x))
    defvjp(
        weighted,
        lambda ans, a, x: lambda g: np.sum(g * np.cos(a) * x),
        lambda ans, a, x: unbroadcast_f(x, lambda g: g * np.sin(a) * np.ones(3)),
    )
    compiled = jit(grad(lambda p: weighted(p[0] * p[1], t * p[1])), backend=backend)
    for a, b in [(0.4, 1.5), (-1.2, 0.3), (2.0, -1.0)]:
        want = [b**2 * np.cos(a * b) * 3.5, (a * b * np.cos(a * b) + np.sin(a * b)) * 3.5]
        np.testing.assert_allclose(compiled(np.array([a, b])), want, rtol=1e-12)


def test_a_function_with_a_rule_here_gets_another_as_a_primitive_of_the_users():
    with pytest.warns(UserWarning, match=r"to use yours, give it to own = primitive\(f\)"):
        defvjp(anp.sqrt, lambda ans, x: lambda g: 0.0 * g)
    for function in (anp.sqrt, np.sqrt):
        own = primitive(function)
        defvjp(own, lambda ans, x: lambda g: g * 0.5 / np.where(x == 0, 1e-8, x) ** 0.5)
        np.testing.assert_allclose(elementwise_grad(own)(np.array([0.0, 4.0])), [5e3, 0.25])
    assert grad(anp.sqrt)(4.0) == 0.25


def test_what_a_primitive_refuses():
    with pytest.raises(TypeError, match="defvjp takes a function made by primitive, got <built-in"):
        defvjp(len, None)
    for function in (np.sin, np.where, anp.sin, anp.stack, polygamma, operations()["sin"]):
        with pytest.warns(UserWarning, match="defvjp: .* has a rule here, which stays"):
            defvjp(function, lambda ans, *_: lambda g: 7.0 * g)
        with pytest.warns(UserWarning, match="defvjp_argnum: .* has a rule here, which stays"):
            defvjp_argnum(function, lambda *_: lambda g: 7.0 * g)
        with pytest.warns(UserWarning, match="defvjp_argnums: .* has a rule here, which stays"):
            defvjp_argnums(function, lambda *_: lambda g: (7.0 * g,))
        defjvp(function, lambda v, *_: 7.0 * v)
        defjvp_argnum(function, lambda *_: 7.0)
        def_linear(function)
    assert grad(np.sin)(0.0) == 1.0
    assert grad(lambda x: polygamma(0, x))(1.0) == pytest.approx(np.pi**2 / 6)
    with pytest.raises(TypeError, match="the function returns one array or number, got str"):
        grad(primitive(lambda x: "x"))(1.0)


def test_a_function_of_numpys_without_a_rule_gets_one():
    """Then it has it wherever it is called, as in HIPS autograd."""
    with pytest.raises(TypeError, match=r"np\.nextafter has no rule"):
        grad(lambda x: np.nextafter(x, 2.0))(1.0)
    try:
        defvjp(anp.nextafter, lambda ans, x, y: lambda g: 3.0 * g)
        assert grad(lambda x: np.nextafter(x, 2.0) * x)(1.0) == pytest.approx(1.0 + 3.0)
        defvjp(np.nextafter, lambda ans, x, y: lambda g: g)
        found = grad(lambda x: np.sum(anp.nextafter([x[0], x[1] ** 2], 2.0)))(X)
        np.testing.assert_allclose(found, [1.0, 2 * X[1]])
        with pytest.raises(NotImplementedError, match="nextafter: no gradient is defined for arg"):
            grad(lambda y: np.nextafter(1.0, y))(2.0)
        assert np.nextafter(1.0, 2.0) > 1.0
    finally:
        FUNCTIONS.pop(np.nextafter, None)
    # a primitive of a function that has a rule takes its own
    where = primitive(np.where)
    defvjp(where, None, lambda ans, c, x, y: lambda g: 5.0 * g, None)
    assert grad(lambda x: np.sum(where([True], x, 0.0)) + np.where(True, x, 0.0))(1.0) == 6.0


def test_functions_that_see_plain_numbers():
    f = notrace_primitive(lambda x, y: [type(x), type(y)])
    assert f(Tensor([1.0]), Value(2.0)) == [np.ndarray, float]
    inside = notrace_primitive(lambda p: [type(x) for x in p.values()])
    assert inside({"a": Tensor([1.0]), "b": Value(2.0)}) == [np.ndarray, float]
    assert isinstance(Value(1.0), Box)
    assert not isinstance(1.0, Box)


def test_the_numbers_of_parameters_in_lists_tuples_and_dicts():
    """Estimators of gradients hold some occurrences of their parameters fixed."""

    def f(p):
        fixed = getval(p)
        assert type(fixed) is type(p)
        return fixed[0] * p[1] ** 2 + np.sum(fixed[2]["w"] * p[2]["w"])

    found = grad(f)((2.0, 3.0, {"w": X}))
    assert found[:2] == (0.0, 12.0)
    np.testing.assert_array_equal(found[2]["w"], X)
    numbers = [1.0, {"a": X}]
    assert getval(numbers) is numbers
    assert getval("text") == "text"


def test_sums_over_broadcast_axes():
    assert unbroadcast_f(2.0, lambda g: g)(np.ones((2, 3))) == 6.0
    assert unbroadcast_f(np.ones((2, 1)), lambda g: g)(np.ones((2, 3))).tolist() == [[3.0], [3.0]]
    assert unbroadcast_f(2.0, lambda g: g)(4.0) == 4.0
