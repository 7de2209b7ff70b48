"""The fast paths of operators and methods give the tensors that the general path gives."""

import math
import operator
from fractions import Fraction

import numpy as np
import pytest

from autograd import (
    Op,
    Tensor,
    no_grad,
    operations,
    scope,
)
from autograd.arithmetic import LARGE, by_rows
from autograd.array_nodes.applying import apply_general, binary, of_ufunc
from autograd.op import operation_for
from autograd.sweep import accumulation

from .short_ways import check_equal, positive, seen

OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
}
SHAPES = [((), ()), ((1,), (1,)), ((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((), (2,))]
METHODS = {
    "sum": (lambda x: x.sum(axis=1), {"axis": 1, "keepdims": False}),
    "max": (lambda x: x.max(axis=0, keepdims=True), {"axis": 0, "keepdims": True}),
    "prod": (lambda x: x.prod(), {"axis": None, "keepdims": False}),
    "reshape": (lambda x: x.reshape(3, 2), {"shape": (3, 2)}),
    "transpose": (lambda x: x.T, {"axes": None}),
    "sum-of-all": (lambda x: x.sum(), {"axis": None, "keepdims": False}),
    "getitem-slice": (lambda x: x[1:], {"index": slice(1, None)}),
    "getitem-integer": (lambda x: x[-1], {"index": -1}),
    "put": (lambda x: x._put(slice(1, 3), (5, 3)), {"index": slice(1, 3), "shape": (5, 3)}),
    "getitem": (lambda x: x[1, ::2], {"index": (1, slice(None, None, 2))}),
    "astype": (lambda x: x.astype(np.float32), {"dtype": np.dtype(np.float32)}),
    "softmax": (lambda x: x.softmax(axis=0), {"axis": 0}),
    "logsumexp": (lambda x: x.logsumexp(axis=1), {"axis": 1, "keepdims": False}),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("tracked", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize(("first", "second"), SHAPES)
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_of_two_tensors(name, first, second, tracked, dtype):
    x, y = (
        Tensor(positive(shape, seed).astype(dtype), requires_grad=wanted)
        for seed, (shape, wanted) in enumerate(zip((first, second), tracked, strict=True))
    )
    leaves = [t for t in (x, y) if t.requires_grad]
    cotangent = positive(np.broadcast_shapes(first, second), 2).astype(dtype)
    short = seen(OPERATORS[name](x, y), leaves, cotangent)
    check_equal(short, seen(apply_general(operations()[name], (x, y), {}), leaves, cotangent))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("number", [3, -0.5, 2.0, 2])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_of_a_tensor_and_a_number(name, shape, number, left, dtype):
    x = Tensor(positive(shape, 0).astype(dtype), requires_grad=True)
    if left and name == "power" and number < 0:
        number = 0.5
    operands = (number, x) if left else (x, number)
    cotangent = positive(shape, 2).astype(dtype)
    short = seen(OPERATORS[name](*operands), [x], cotangent)
    check_equal(short, seen(apply_general(operations()[name], operands, {}), [x], cotangent))


OF_TWO = [
    op
    for op in operations().values()
    if len(op.inputs) == 2 and not op.variadic and (op.elementwise or op.name == "matmul")
]
BESIDE = {
    "alike": lambda shape: positive(shape, 5),
    "float32": lambda shape: positive(shape, 5).astype(np.float32),
    "integers": lambda shape: np.arange(1, 1 + math.prod(shape)).reshape(shape),
    "bools": lambda shape: positive(shape, 5) > 1,
    "a row": lambda shape: positive(shape[-1:], 5),
    "more axes": lambda shape: positive((2, *shape), 5),
    "no axes": lambda shape: np.array(1.5),
    "a number of NumPy": lambda shape: np.float64(1.5),
    "a number of 32 bits": lambda shape: np.float32(1.5),
    "a number": lambda shape: 1.5,
    "an integer": lambda shape: 2,
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("shape", [(), (1,), (2, 2)])
@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("op", OF_TWO, ids=lambda op: op.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_tensor_beside_an_array(op, beside, shape, left, dtype):
    """Every operation of two, beside everything that is no tensor, at either side."""
    c = BESIDE[beside](shape)
    for tracked in (True, False):
        x = Tensor(positive(shape, 0).astype(dtype), requires_grad=tracked)
        operands = (c, x) if left else (x, c)
        try:
            general = apply_general(op, operands, {})
        except (TypeError, ValueError) as error:
            with pytest.raises(type(error)):
                op(*operands)
            continue
        short = binary(op, *operands)
        if short is None:
            continue
        assert type(short.data) is type(general.data)
        assert short.dtype == general.dtype
        assert short.requires_grad == general.requires_grad
        if not short.requires_grad:
            np.testing.assert_array_equal(short.data, general.data)
            continue
        cotangent = positive(short.shape, 2).astype(short.dtype)
        check_equal(seen(short, [x], cotangent), seen(general, [x], cotangent))


UFUNCS = [
    (f, op)
    for f in sorted({f for f in vars(np).values() if isinstance(f, np.ufunc)}, key=str)
    for op in OF_TWO
    if all(op.gradients) and operation_for(f) is op
]


@pytest.mark.parametrize(("function", "op"), UFUNCS)
def test_a_universal_function_is_its_operation(function, op):
    x, c = Tensor(positive((2, 2), 0), requires_grad=True), positive((2, 2), 1)
    found = of_ufunc(function, (x, c))
    assert found is None or found.op is op or not found.requires_grad
    assert type(function(x, c)) is type(function(c, x)) is Tensor


def test_what_is_no_number_has_no_short_way():
    x = Tensor(positive((2,), 0), requires_grad=True)
    for odd in ("text", None, True, 1j, np.array(["a", "b"]), np.array([1j, 2]), [1.0, 2.0]):
        assert binary(operations()["add"], x, odd) is None
        assert binary(operations()["add"], odd, x) is None
    assert binary(operations()["add"], 1.0, 2.0) is None
    assert binary(operations()["less"], x.detach(), np.array([None, 1.0])) is None
    # an operation with one derivative may refuse the other, so it is asked itself
    assert binary(operations()["copysign"], x, x) is None
    assert of_ufunc(np.isnat, (x,)) is None


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0, 2)])
def test_a_square_of_which_all_entries_get_one_gradient(shape, dtype):
    x = Tensor(positive(shape, 0).astype(dtype), requires_grad=True)
    (5.0 * (x**2).sum()).backward()
    assert x.grad.dtype == dtype
    np.testing.assert_allclose(x.grad, 10.0 * x.data, rtol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_methods(name):
    method, parameters = METHODS[name]
    x = Tensor(positive((2, 3), 0), requires_grad=True)
    with no_grad():
        shape, dtype = method(x).shape, method(x).dtype
    cotangent = positive(shape, 1).astype(dtype)
    short = seen(method(x), [x], cotangent)
    op = operations()[name.split("-")[0]]
    check_equal(short, seen(apply_general(op, (x,), parameters), [x], cotangent))


def test_an_operation_of_entries_that_saves_more_than_its_rule_asks_for():
    op = Op(
        "cube",
        lambda x: x**3,
        {"x": lambda x: 3 * x * x},
        elementwise=True,
        saving=lambda x: (x**3, 3 * x * x),
        fast={(True,): lambda saved, g: g * saved[1]},
    )
    x, cotangent = Tensor(positive((2, 3), 0), requires_grad=True), positive((2, 3), 2)
    short = seen(op(x), [x], cotangent)
    check_equal(short, seen(apply_general(op, (x,), {}), [x], cotangent))
    np.testing.assert_allclose(short[-1], [cotangent * 3 * x.data**2])
    assert op(x.detach()).node.is_leaf


def test_nothing_is_recorded_where_nothing_is_to_be():
    x, y = (Tensor(positive((2, 3), i), requires_grad=True) for i in range(2))
    with no_grad():
        for t in (x - y, x / 2.0, x.sum(axis=0), x - y.detach()):
            assert not t.requires_grad
    with scope("part"):
        assert [t.scope for t in (x - y, x / 2.0, x.sum(axis=0))] == ["part"] * 3


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "leaky_relu", "relu"])
@pytest.mark.parametrize("shape", [(1,), (1, 1), (2,)])
def test_functions_write_into_nothing_that_they_were_given(name, shape):
    data, cotangent = positive(shape, 0), positive(shape, 1)
    x = Tensor(data, requires_grad=True)
    z = operations()[name](x, 0.1) if name == "leaky_relu" else operations()[name](x)
    before, closure = z.data.copy(), z.local_derivative
    given = cotangent.copy()
    first = closure(given)[0].copy()
    np.testing.assert_array_equal(closure(given)[0], first)
    np.testing.assert_array_equal(given, cotangent)
    np.testing.assert_array_equal(x.data, data)
    np.testing.assert_array_equal(z.data, before)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (LARGE,), (2, LARGE)])
def test_sums_of_many_contributions_leave_each_of_them_as_it_is(shape):
    x = Tensor(positive(shape, 0), requires_grad=True)
    parts = [x * 1.0 for _ in range(4)]
    total = parts[0] + parts[0] + x + x + x + parts[1] + parts[2] + parts[3]
    total.backward(np.ones(shape))
    np.testing.assert_array_equal(x.grad, np.full(shape, 8.0))
    assert [float(np.max(p.node.grad)) for p in parts] == [2.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("n", [-2, -1, 0.5, 1, 1.5, *range(2, 19), 3.0, 4.5])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_powers_by_products_and_roots(n, dtype):
    data = np.array([0.0, -0.0, 0.25, 1.0, 3.5, 0.6], dtype)
    data[3:] *= 1 if n != int(n) else -1
    x = Tensor(data, requires_grad=True)
    with np.errstate(all="ignore"):
        (x**n).backward(np.ones(6))
        expected = n * np.power(data.astype(float), n - 1)
    assert x.grad.dtype == dtype
    np.testing.assert_allclose(x.grad, expected, rtol=20 * np.finfo(dtype).eps)


def test_remainders_beside_a_jump():
    rng = np.random.default_rng(0)
    y = rng.uniform(-3, 3, 1000)
    whole = rng.integers(-50, 50, 1000)
    x = np.nextafter(whole * y, rng.choice([-np.inf, 0.0, np.inf], 1000))
    t = Tensor(y, requires_grad=True)
    (x % t).sum().backward()
    floors = [-math.floor(Fraction(a) / Fraction(b)) for a, b in zip(x, y, strict=True)]
    # where NumPy rounds the remainder up to y itself, it has taken y once less
    taken = [(a - r) / b for a, r, b in zip(x, np.remainder(x, y), y, strict=True)]
    np.testing.assert_allclose(t.grad, -np.rint(taken))
    assert np.mean(t.grad == floors) > 0.99
    t = Tensor([2.0, np.inf, 0.0, 2.0], requires_grad=True)
    with np.errstate(all="ignore"):
        np.remainder([-np.inf, -5.0, 1.0, 5.0], t).sum().backward()
        np.testing.assert_array_equal(t.grad, -np.floor_divide([-np.inf, -5.0, 1.0, 5.0], t.data))


def test_sums_write_into_no_array_of_others():
    data, more = positive((LARGE,), 0), np.ones(LARGE, np.float32)
    held, twice = data.copy(), [2.0 * data, 2.0 * data]
    constant = Op("held", np.sum, {"x": lambda g: held}, elementwise=False)
    listed = Op("listed", np.sum, {"x": lambda g: twice[0]}, elementwise=False)
    x = Tensor(data, requires_grad=True)
    y = x * 1.0
    single = x.astype(np.float32)
    z = (y + y * 3.0).sum() + constant(x) + constant(y) + listed(x) + listed(y)
    (z + constant(x) + (single * more).sum() + (single * single).sum()).backward()
    np.testing.assert_array_equal(held, data)
    np.testing.assert_array_equal(twice, [2.0 * data] * 2)
    np.testing.assert_allclose(y.grad, 4.0 + 3.0 * data)
    np.testing.assert_allclose(x.grad, 5.0 + 9.0 * data, rtol=1e-6)


TWOS = np.full(LARGE, 2.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.concatenate([x, x * TWOS]).sum(),  # the array of what arrives last
        lambda x: x.sum() + (x * TWOS).sum(),  # that of what has arrived before
    ],
)
def test_sums_take_the_array_of_a_term_that_nobody_holds(function, monkeypatch):
    given = []

    def spy(function, x, y, *out):
        given.append(len(out))
        return by_rows(function, x, y, *out)

    x = Tensor(np.ones(LARGE), requires_grad=True)
    z = function(x)
    monkeypatch.setattr(accumulation, "by_rows", spy)
    z.backward()
    assert given == [1]
    np.testing.assert_array_equal(x.grad, 3.0)


def test_sums_of_two_kinds_have_the_finer():
    one = np.ones(LARGE, np.float32)
    fine = Op("fine", np.sum, {"x": lambda g: np.full(LARGE, 1e-9)}, elementwise=False)
    x = Tensor(one, requires_grad=True)
    ((x * one).sum() + fine(x) - (x * one).sum()).backward()
    np.testing.assert_allclose(x.grad, 1e-9)


INDICES = [
    (slice(1, None), slice(None, 3)),
    ([0, 0, 2], slice(1, 4)),
    (1, -1),
    (..., [True, False]),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("indices", INDICES, ids=str)
def test_parts_that_are_read_of_one_array_add_up(indices, dtype):
    data = positive((2, 5, 3) if indices == INDICES[3] else (5, 3), 0).astype(dtype)
    x = Tensor(data, requires_grad=True)
    y = x * 1.0
    expected = np.zeros(data.shape)
    total: object = 0.0
    for k, index in enumerate((*indices, *indices, (0, 1), (0, 1))):
        part = y[index]
        weights = positive(part.shape, k).astype(dtype)
        np.add.at(expected, index, weights)
        total = total + (part * weights).sum()
    total = total + y.sum() * 0.5
    total.backward()
    np.testing.assert_allclose(x.grad, expected + 0.5, rtol=1e-6)
    np.testing.assert_array_equal(y.node.grad, x.grad)
    assert x.grad.dtype == dtype


@pytest.mark.parametrize("factors", [[1e-160, 1e-160, 1e200], [1e200, 1e200, 1e-300], [-2.0, 3.0]])
def test_products_are_divided_only_where_nothing_is_lost(factors):
    x = Tensor(factors, requires_grad=True)
    with np.errstate(over="ignore"):
        x.prod().backward()
        expected = [np.prod(np.delete(factors, i)) for i in range(len(factors))]
    np.testing.assert_allclose(x.grad, expected, rtol=1e-14)
