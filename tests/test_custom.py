"""User-defined operations: forms of rules, options and checks."""

import math

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    check_grads,
    grad,
    hessian,
    jacobian,
    jvp,
    operation,
    operations,
    sigmoid,
)
from autograd import op as op_module

X = np.array([0.5, 1.5, 2.5])


@pytest.fixture(autouse=True)
def _the_table_stays_as_it_was(monkeypatch):
    monkeypatch.setattr(op_module, "_BY_NAME", dict(op_module._BY_NAME))


def leaf(data, **options):
    return Tensor(data, requires_grad=True, **options)


def test_rules_that_take_numbers_give_jacobians_of_many_rows():
    @operation(x=lambda x: 2.0 * np.asarray(x))
    def squared(x):
        return x * x

    p, t = np.array([0.3, -0.7]), np.linspace(0.0, 1.0, 200)
    slope = 2.0 * (p[0] * t + p[1])
    found = jacobian(lambda p: squared(p[0] * t + p[1]))(p)
    np.testing.assert_allclose(found, np.stack([slope * t, slope], axis=1))


def test_an_operation_that_differentiates_by_itself():
    f = lambda x, a: x**3 - a  # noqa: E731

    @operation(a=lambda z, a: 1 / grad(f)(z, a))
    def cube_root(a):
        x = 1.0
        for _ in range(50):
            x -= f(x, a) / grad(f)(x, a)
        return x

    assert grad(cube_root)(8.0) == pytest.approx(1 / 12)
    assert grad(grad(cube_root))(8.0) == pytest.approx(-1 / 144)


def swish_of(**options):
    return operation(x=lambda x, z: z + sigmoid(x) * (1 - z), symbol="sw", **options)


def test_an_elementwise_rule():
    @swish_of(check=[X])
    def swish(x):
        """Return x σ(x)."""
        return x * sigmoid(x)

    assert operations()["swish"] is swish
    assert (swish.symbol, swish.__doc__) == ("sw", "Return x σ(x).")
    assert swish.elementwise
    # on plain numbers and arrays, tensors, values
    assert type(swish(0.5)) is np.float64
    assert type(swish(X)) is np.ndarray
    assert type(swish(Tensor(X))) is Tensor
    assert isinstance(swish(Value(0.5)), Value)
    for x in (X, 0.5, Value(0.5), np.float32(X)):
        check_grads(swish, [x])
    assert grad(grad(swish))(0.7) == pytest.approx(grad(grad(lambda x: x * sigmoid(x)))(0.7))
    assert grad(swish)(Value(0.7)).data == pytest.approx(grad(swish)(0.7))
    x = leaf(X)
    swish(x).sum().backward()
    np.testing.assert_allclose(x.grad, np.diag(jacobian(lambda x: x * sigmoid(x))(X)))


def test_a_rule_that_asks_for_what_arrays_have():
    """On a value, a rule meets numbers of NumPy: inverted masks, dtypes, division by zero."""

    @operation(x=lambda x, z: (~(x < 0)).astype(z.dtype) * (1 / np.sqrt(x)), check=[X])
    def twice_root(x):
        return 2 * np.sqrt(x)

    for at, slope in ((4.0, 0.5), (0.0, np.inf), (-1.0, np.nan)):
        v, t = Value(at), leaf(np.array([at]))
        with np.errstate(all="ignore"):
            twice_root(v).backward()
            twice_root(t).sum().backward()
        assert v.grad == pytest.approx(slope, nan_ok=True)
        assert t.grad[0] == pytest.approx(slope, nan_ok=True)


def test_broadcasting_is_undone():
    @operation(x=lambda y: y, y=lambda x: x, check=[np.ones((2, 3)), np.ones(3)])
    def times(x, y):
        return x * y

    check_grads(times, [X, np.ones((2, 3))])
    check_grads(times, [2.0, X])
    check_grads(times, [Value(2.0), X])
    x = leaf(np.ones((2, 1)))
    times(x, X).backward(np.ones((2, 3)))
    np.testing.assert_array_equal(x.grad, [[4.5], [4.5]])


def test_a_pullback_rule():
    @operation(
        a=lambda g, b: g @ b.T,
        b=lambda g, a: a.T @ g,
        check=[np.ones((2, 3)), np.arange(6.0).reshape(3, 2)],
    )
    def product(a, b):
        return a @ b

    assert not product.elementwise
    check_grads(product, [np.eye(2), np.ones((2, 2))])
    assert product(np.eye(2), np.ones((2, 2))).tolist() == [[1, 1], [1, 1]]
    assert hessian(lambda a: product(a, a).sum())(np.eye(2)).shape == (2, 2, 2, 2)
    pushed = jvp(lambda a: product(a, a), (np.eye(2),), (np.ones((2, 2)),))[1]
    np.testing.assert_array_equal(pushed, 2 * np.ones((2, 2)))


def test_pullbacks_know_shapes_and_give_numbers():
    @operation(x=lambda g, x_shape: g * np.ones(x_shape), check=[X])
    def total(x):
        return np.sum(x)

    check_grads(total, [np.ones((2, 3))])

    @operation(x=lambda g: 3.0)
    def odd(x):
        return 3.0 * x

    x = leaf(2.0)
    odd(x).backward()
    assert x.grad == 3.0
    v = Value(2.0)
    odd(v).backward()
    assert v.grad == 3.0


@pytest.mark.parametrize("number", [1, -1, 2, 2.0, 2.5, -0.5, 0])
def test_a_number_is_a_constant_derivative(number):
    @operation(x=number, check=[X], name="scaled")
    def scaled(x):
        return number * x

    check_grads(scaled, [X])
    check_grads(scaled, [Value(2.0)])
    assert grad(scaled)(5.0) == number
    assert grad(grad(scaled))(5.0) == 0.0
    g = jacobian(lambda x: scaled(x) * np.ones((2, 3)))(1.0)
    np.testing.assert_array_equal(g, np.full((2, 3), number))


@pytest.mark.parametrize("rule", [lambda x: np.cos(x), lambda g, x: g * np.cos(x)])
def test_a_function_may_return_a_number_of_pythons(rule):
    sine = operation(x=rule, name="sine_of_python", check=[0.5])(lambda x: math.sin(x))
    assert type(sine(0.5)) is float
    for x in (leaf(0.5), Value(0.5)):
        sine(x).backward()
        assert float(x.grad) == pytest.approx(math.cos(0.5))
    assert grad(sine)(0.5) == pytest.approx(math.cos(0.5))


def test_no_gradient_for_an_argument():
    def rule(g, i, x_shape):
        back = np.zeros(x_shape)
        np.add.at(back, np.asarray(i), np.asarray(getattr(g, "data", g)))
        return back

    # a rule of a gather, linear in g: written with np.eye it is differentiable again
    @operation(
        x=lambda g, at, x_shape: np.eye(x_shape[0])[:, at] @ g,
        at=None,
        check=[X, np.array([0, 0, 2])],
    )
    def pick(x, at):
        return x[at]

    i = np.array([2, 2, 1])
    x = leaf(X)
    pick(x, i).backward(np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(x.grad, rule(np.array([1.0, 10.0, 100.0]), i, (3,)))
    np.testing.assert_allclose(
        hessian(lambda x: (pick(x, i) ** 2).sum())(X), np.diag([0.0, 2.0, 4.0])
    )
    with pytest.raises(TypeError, match="no derivative with respect to at"):
        pick.rule_of(1)

    @operation(x=1, y=None, name="left")
    def left(x, y):
        return x + 0 * y

    y = leaf(X)
    assert not left(X, y).requires_grad
    assert left(y, y).parents == (y.node,)


def test_options_with_and_without_defaults():
    @operation(x=lambda x, p: p * x ** (p - 1), check=[X])
    def raised(x, p=3):
        return x**p

    @operation(x=lambda x, p: p * x ** (p - 1), name="needy")
    def needy(x, *, p):
        return x**p

    for x in (2.0, Value(2.0)):
        assert float(grad(raised)(x)) == 12.0
        assert float(grad(lambda x: raised(x, 2))(x)) == 4.0
        assert float(grad(lambda x: raised(x, p=2))(x)) == 4.0
        assert float(grad(lambda x: raised(x=x, p=2))(x)) == 4.0
        assert float(grad(grad(lambda x: raised(x, p=4)))(x)) == 48.0
    assert raised(2.0) == 8.0
    np.testing.assert_array_equal(raised(X, 1), X)
    with pytest.raises(TypeError, match="missing a required"):
        raised()
    with pytest.raises(TypeError, match="unexpected keyword"):
        raised(X, q=1)


@pytest.mark.parametrize(
    ("rules", "function", "match"),
    [
        ({}, lambda x: x, r"rules are missing for \['x'\]"),
        ({"x": 1, "y": 1}, lambda x: x, r"name unknown \['y'\]"),
        ({"x": 1, "p": 1}, lambda x, p=1: x, r"name unknown \['p'\]"),
        ({"x": lambda w: w}, lambda x: x, r"asks for \['w'\]"),
        ({"x": lambda g, x, w: w}, lambda x: x, r"asks for \['w'\]; it may ask for g, "),
        ({"x": 1, "i": None}, lambda x, i: x[i], r"arguments named \['i'\] cannot be told from"),
        ({"x": 1}, lambda x, g=1, z=2: x, r"arguments named \['g', 'z'\] cannot be told"),
        ({"x": lambda x, g: w}, lambda x: x, "takes g as its first argument"),  # noqa: F821
    ],
)
def test_rules_that_do_not_fit_the_function(rules, function, match):
    before = operations()
    with pytest.raises(TypeError, match=match):
        operation(name="misfit", **rules)(function)
    assert operations() == before


@pytest.mark.parametrize(
    ("rule", "match"),
    [
        (lambda x: 2.002 * x, "the derivative with respect to 'x' at index"),
        (lambda x: 2 * x + 1e-3, "the derivative with respect to 'x' at index"),
        (lambda x: 2 * np.array(getattr(x, "data", x)), "the second derivative with respect"),
        (None, None),
    ],
)
def test_a_failed_check_registers_nothing(rule, match):
    before = operations()
    make = operation(x=rule, check=[X], name="checked")
    if match is None:
        made = make(lambda x: x * x)
        assert operations()["checked"] is made
        return
    with pytest.raises(ValueError, match=match) as caught:
        make(lambda x: x * x)
    assert "'checked'" in str(caught.value)
    assert operations() == before
    operation(x=lambda x: 2 * x, check=[X], name="checked")(lambda x: x * x)
    assert set(operations()) == {*before, "checked"}


def test_a_wrong_rule_goes_unnoticed_without_a_check():
    f = operation(x=lambda x: 2.002 * x, name="unchecked")(lambda x: x * x)
    assert grad(f)(1.0) == 2.002


def test_a_name_clash():
    first = operation(x=1, name="mine")(lambda x: x)
    for name in ("mine", "sin", "add"):
        with pytest.raises(ValueError, match=f"named '{name}' exists already"):
            operation(x=1, name=name)(lambda x: x)
    assert operations()["mine"] is first


CELL = """
@operation(x=lambda x: {slope} * x, check=[X])
def square_of_a_cell(x):
    return {factor} * x * x
"""


def test_a_cell_that_runs_again_replaces_its_operation():
    def run(slope, factor, module="__main__"):
        cell = {"__name__": module, "operation": operation, "X": X}
        exec(CELL.format(slope=slope, factor=factor), cell)
        return cell["square_of_a_cell"]

    first = run(2, 1)
    y = first(leaf(X))
    second = run(6, 3)
    assert operations()["square_of_a_cell"] is second
    assert grad(second)(2.0) == 12.0
    y.sum().backward()
    np.testing.assert_array_equal(y.parents[0].grad, 2 * X)
    with pytest.raises(ValueError, match="'square_of_a_cell'"):
        run(2, 3)
    with pytest.raises(ValueError, match="named 'square_of_a_cell' exists already"):
        run(6, 3, "another_module")
    assert operations()["square_of_a_cell"] is second


def test_two_functions_of_a_factory_have_two_names():
    def power(n):
        @operation(x=lambda x: n * x ** (n - 1))
        def power_of_a_factory(x):
            return x**n

        return power_of_a_factory

    power(2)
    with pytest.raises(ValueError, match="named 'power_of_a_factory' exists already"):
        power(3)
