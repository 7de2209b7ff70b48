"""Every operator and method of Value against the table, run on 0-d tensors."""

import copy
import math
import operator
import pickle
import statistics
import warnings

import numpy as np
import pytest

from autograd import Tensor, Value, add_n, leaky_relu, scope, sumprod

from .cases import CASES, OPERATIONS

NUMBERS = [0.7, -1.3, 2.0, 0.0, -0.0, 1.0, -2.0, 1e-8, 30.0, 800.0, -800.0, 1e200]
NUMBERS += [math.inf, -math.inf, math.nan]
ARITHMETIC = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "pow": operator.pow,
}
UNARY = {
    "neg": (operator.neg, operator.neg),
    "pos": (operator.pos, operator.pos),
    "abs": (abs, abs),
    "leaky_relu": (lambda x: x.leaky_relu(), leaky_relu),
    "leaky_relu_0.2": (lambda x: x.leaky_relu(0.2), lambda x: leaky_relu(x, 0.2)),
    "leaky_relu_2": (lambda x: x.leaky_relu(2), lambda x: leaky_relu(x, 2)),
    "reciprocal": (lambda x: 1 / x, lambda x: 1.0 / x),
}
for _name in ("exp", "log", "sqrt", "sin", "cos", "tanh"):
    UNARY[_name] = operator.methodcaller(_name), getattr(np, _name)
for _name in ("relu", "sigmoid", "softplus"):
    UNARY[_name] = operator.methodcaller(_name), OPERATIONS[_name]


@pytest.fixture
def ieee():
    """Arrays warn at the edges, as NumPy does; values are silent."""
    with np.errstate(all="ignore"):
        yield


def tensor(x):
    return Tensor(float(x), requires_grad=True)


def assert_same(values, tensors, z, t):
    """Compare results and gradients of the same computation on values and on 0-d tensors."""
    assert z.__class__ is Value
    assert type(z.data) is float
    np.testing.assert_allclose(z.data, t.data, rtol=1e-14)
    z.backward()
    t.backward()
    for v, x in zip(values, tensors, strict=True):
        assert type(v.grad) is float
        np.testing.assert_allclose(v.grad, x.grad, rtol=1e-13)


@pytest.mark.usefixtures("ieee")
@pytest.mark.parametrize("x", NUMBERS)
@pytest.mark.parametrize("name", UNARY)
def test_function_equals_table(name, x):
    on_value, on_tensor = UNARY[name]
    v, t = Value(x), tensor(x)
    assert_same([v], [t], on_value(v), on_tensor(t))


@pytest.mark.usefixtures("ieee")
@pytest.mark.parametrize("y", NUMBERS)
@pytest.mark.parametrize("x", NUMBERS)
@pytest.mark.parametrize("name", ARITHMETIC)
def test_operator_on_two_values_equals_table(name, x, y):
    f = ARITHMETIC[name]
    v, w, s, t = Value(x), Value(y), tensor(x), tensor(y)
    assert_same([v, w], [s, t], f(v, w), f(s, t))


OPERANDS = [3, -2, 0, 1, 2, 2.5, -0.5, 0.0, True, False, 10**20]
OPERANDS += [
    np.float64(2.5),
    np.float64(0.0),
    np.int64(3),
    np.int64(-2),
    np.float32(0.5),
    np.float16(0.5),
    np.longdouble(2.5),
    np.uint8(3),
    np.bool_(True),
]
OPERANDS += [np.array(2.5), math.inf, math.nan]


@pytest.mark.usefixtures("ieee")
@pytest.mark.parametrize("c", OPERANDS, ids=lambda c: f"{type(c).__name__}-{c}")
@pytest.mark.parametrize("x", [0.7, -1.3, 2.0, 0.0, 800.0])
@pytest.mark.parametrize("name", ARITHMETIC)
@pytest.mark.parametrize("side", ["left", "right"])
def test_operator_with_a_constant_equals_table(name, side, x, c):
    f = ARITHMETIC[name] if side == "right" else lambda a, b: ARITHMETIC[name](b, a)
    v, t = Value(x), tensor(x)
    assert_same([v], [t], f(v, c), f(t, float(c)))


@pytest.mark.parametrize("f", ARITHMETIC.values(), ids=ARITHMETIC)
@pytest.mark.parametrize("x", [0.7, 2.0])
def test_repeated_operand(f, x):
    v, t = Value(x), tensor(x)
    assert_same([v], [t], f(v, v), f(t, t))
    assert f(v, v).parents == (v, v)


@pytest.mark.parametrize("f", ARITHMETIC.values(), ids=ARITHMETIC)
def test_augmented_assignment_makes_a_new_node(f):
    augmented = getattr(operator, f"i{f.__name__}")
    v, w, s, t = Value(1.5), Value(0.7), tensor(1.5), tensor(0.7)
    assert_same([v, w], [s, t], augmented(v, w), f(s, t))
    assert v.data == 1.5


ELEMENTWISE = [c for c in CASES if OPERATIONS[c.op].elementwise and all(a.size for a in c.inputs)]


def one_by_one(case):
    """Return up to three tuples of numbers out of the arrays of a case."""
    arrays = np.broadcast_arrays(*case.inputs)
    return list(zip(*(a.ravel()[:3].tolist() for a in arrays), strict=True))


# rows that have an array as a constant, and functions of integers alone
ARRAY_CONSTANTS = {("power", "array-exponent"), ("copysign", "reflected"), ("ldexp", "")}
OF_INTEGERS = {"invert", "gcd", "lcm"}


def takes_scalars(case):
    return "stretched" not in case.name and (case.op, case.name) not in ARRAY_CONSTANTS


@pytest.mark.parametrize(
    "case", [c for c in ELEMENTWISE if c.gradient and takes_scalars(c)], ids=str
)
def test_numpy_functions_on_values_equal_table(case):
    for numbers in one_by_one(case):
        values, tensors, left, right = [], [], [], []
        for i, x in enumerate(numbers):
            if i in case.fixed:
                left.append(x)
                right.append(x)
            else:
                values.append(Value(x))
                tensors.append(tensor(x))
                left.append(values[-1])
                right.append(tensors[-1])
        z, t = case.call(*left), case.call(*right)
        if not t.requires_grad:
            continue
        np.testing.assert_allclose(z.data, t.data, rtol=1e-13)
        z.backward()
        t.backward()
        for v, x in zip(values, tensors, strict=True):
            np.testing.assert_allclose(v.grad, 0 if x.grad is None else x.grad, rtol=1e-12)


@pytest.mark.parametrize(
    "case", [c for c in ELEMENTWISE if c.gradient and takes_scalars(c)], ids=str
)
def test_second_derivative_of_values_equals_table(case):
    for numbers in one_by_one(case)[:1]:
        found = []
        for leaf in (Value, tensor):
            leaves = [x if i in case.fixed else leaf(x) for i, x in enumerate(numbers)]
            z = case.call(*leaves)
            if leaf is tensor and not z.requires_grad:
                break
            z.backward(create_graph=True)
            tracked = [leaves[i] for i in case.tracked]
            total = add_n([x.grad * (k + 2) for k, x in enumerate(tracked) if x.grad is not None])
            for x in tracked:
                x.grad = 0.0 if leaf is Value else None
            if getattr(total, "requires_grad", False):
                total.backward()
            found.append([0.0 if x.grad is None else float(x.grad) for x in tracked])
        assert len(found) < 2 or found[0] == pytest.approx(found[1], rel=1e-12)


@pytest.mark.parametrize(
    "case",
    [
        c
        for c in ELEMENTWISE
        if not c.gradient
        and c.op not in OF_INTEGERS
        and not c.op.startswith(("bitwise", "left", "right"))
    ],
    ids=str,
)
def test_piecewise_functions_of_values_give_numbers(case):
    for numbers in one_by_one(case):
        result = case.call(*map(Value, numbers))
        expected = case.call(*map(np.float64, numbers))
        assert type(result) in (float, bool)
        assert result == expected


def test_comparisons_are_of_numbers():
    a, b = Value(2.0), Value(3.0)
    assert a == 2
    assert a == Value(2.0)
    assert a != b
    assert a < b
    assert a <= 2
    assert b > a
    assert b >= 3.0
    assert not a > b
    assert 1 < a
    assert a in [b, Value(2.0)]
    assert len({a, Value(2.0)}) == 2
    assert max(a, b) is b
    assert sorted([b, a]) == [a, b]
    assert (a == np.float64(2.0)) is True
    assert Value(math.nan) != Value(math.nan)


def test_conversions():
    a = Value(2.75)
    assert float(a) == 2.75
    assert int(a) == 2
    assert round(a, 1) == round(2.75, 1)
    assert a.item() == 2.75
    assert bool(a)
    assert not Value(0.0)
    assert f"{a:.1f}" == f"{2.75:.1f}"
    assert f"{a}" == "Value(data=2.75, grad=0.0)"
    assert a.detach() is not a
    assert a.detach().data == 2.75
    assert (a * 2).detach().parents == ()


class Weight(Value):
    """A leaf with a method and an attribute of its own."""

    def __init__(self, data, unit):
        super().__init__(data, label="w")
        self.unit = unit

    def cubed(self):
        return self * self * self


def test_a_class_derived_from_value():
    w = Weight(2.0, "kg")
    z = (w.cubed() + 2 * w - w / w + w.exp()) * Value(1.0)
    assert z.detach().__class__ is Value
    z.backward()
    assert w.grad == pytest.approx(3 * 4 + 2 + math.exp(2.0), rel=1e-15)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))]
)
def test_a_copy_is_of_the_same_class(copied):
    for leaf in (Weight(2.0, "kg"), Value(2.0, label="w")):
        leaf.grad = 3.0
        twin = copied(leaf)
        assert type(twin) is type(leaf)
        assert twin is not leaf
        assert (twin.data, twin.grad, twin.label) == (2.0, 3.0, "w")
        assert getattr(twin, "unit", None) == getattr(leaf, "unit", None)
        (twin * 2).backward()
        assert (twin.grad, leaf.grad) == (5.0, 3.0)
    both = copy.deepcopy([leaf, leaf])
    assert both[0] is both[1]


def test_what_python_does_with_numbers():
    """Built-in functions read the number, and what they add or multiply is differentiated."""
    xs = [Value(x) for x in (2.5, -1.5, 4.0)]
    assert [f(x) for f in (math.floor, math.ceil, math.trunc) for x in xs[:2]] == [
        2,
        -2,
        3,
        -1,
        2,
        -1,
    ]
    with pytest.warns(UserWarning, match=r"use np\.exp"):
        found = math.exp(xs[0])
    assert found == math.exp(2.5)
    assert math.isclose(xs[2], 4.0)
    assert min(*xs, 3) is xs[1]
    assert f"{xs[0]:+.2e} {xs[1]:g} {xs[2]:6.1f}" == f"{2.5:+.2e} {-1.5:g} {4.0:6.1f}"
    assert "%.3f %d" % (xs[0], xs[2]) == "2.500 4"  # noqa: UP031
    with pytest.warns(UserWarning, match="use sum"):
        assert statistics.fmean(xs) == pytest.approx(5.0 / 3)
    assert dict(zip(xs, "abc", strict=True))[xs[1]] == "b"
    product, total = math.prod(xs), sum(xs, start=xs[0])
    (product + total).backward()
    assert [x.grad for x in xs] == [-6.0 + 2, 10.0 + 1, -3.75 + 1]


def test_the_edges_are_silent():
    """No warning and no exception where IEEE 754 has an answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (Value(1.0) / 0).data == math.inf
        assert (-1 / Value(0.0)).data == -math.inf
        assert math.isnan((Value(0.0) / Value(0.0)).data)
        assert Value(0.0).log().data == -math.inf
        assert math.isnan(Value(-1.0).log().data)
        assert math.isnan(Value(-1.0).sqrt().data)
        assert Value(1e4).exp().data == math.inf
        assert (Value(0.0) ** -1).data == math.inf
        assert (Value(10.0) ** 400).data == math.inf
        assert (10.0 ** Value(400.0)).data == math.inf
        assert math.isnan((Value(-2.0) ** 0.5).data)
        assert (Value(0.0) ** 0).data == 1.0
        assert Value(-1e4).sigmoid().data == 0.0
        assert Value(1e4).softplus().data == 1e4


@pytest.mark.parametrize(("n", "numbers"), [(1, 0), (2, 0), (5, 0), (3, 2), (1, 3)])
def test_add_n_equals_a_chain_of_additions(n, numbers):
    for inside_scope in (False, True):
        one, two = ([Value(0.3 * i - 1) for i in range(n)] for _ in range(2))
        rest = [0.5 * i for i in range(numbers)]
        if inside_scope:
            with scope("s"):
                z = add_n([*one, *rest])
        else:
            z = add_n([*one, *rest])
        w = sum([*two, *rest])
        assert z.data == pytest.approx(w.data)
        (z * z).backward()
        (w * w).backward()
        assert [x.grad for x in one] == pytest.approx([x.grad for x in two])
        assert z.inputs == (*one, *rest)


@pytest.mark.parametrize("bias", [None, 0.5, Value])
@pytest.mark.parametrize("constant", [(), ("q",), ("p", "q")])
def test_sumprod_equals_products_and_sums(bias, constant):
    def build():
        p = [0.5, -1.0, 2.0] if "p" in constant else [Value(0.5), Value(-1.0), Value(2.0)]
        q = [1.0, 3.0, -0.5] if "q" in constant else [Value(1.0), Value(3.0), Value(-0.5)]
        b = Value(0.25) if bias is Value else bias
        return p, q, b, [x for x in (*p, *q, b) if isinstance(x, Value)]

    p, q, b, leaves = build()
    z = sumprod(p, q, b)
    p, q, b, others = build()
    w = sum(x * y for x, y in zip(p, q, strict=True)) + (0.0 if b is None else b)
    if not leaves:
        assert z == pytest.approx(w)
        return
    assert z.data == pytest.approx(w.data)
    (z * z).backward()
    (w * w).backward()
    assert [x.grad for x in leaves] == pytest.approx([x.grad for x in others])


def test_sumprod_of_repeated_values():
    x = Value(3.0)
    z = sumprod([x, x], [x, 2.0], x)
    assert z.data == 18.0
    z.backward()
    assert x.grad == 2 * 3 + 2 + 1


def test_sums_of_tensors():
    x, y = Tensor([1.0, 2.0], requires_grad=True), Value(3.0)
    z = add_n([x, y, 1.0])
    np.testing.assert_array_equal(z.data, [5.0, 6.0])
    z.sum().backward()
    assert y.grad == 2.0
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


@pytest.mark.parametrize("bias", [None, 0.5, [0.5, -1.0]], ids=str)
@pytest.mark.parametrize("number", [float, Value])
def test_sumprod_with_tensors_equals_numpy(number, bias):
    """A tensor among the terms makes the sum a tensor, and every gradient has its leaf's shape."""
    a, b = np.array([1.0, 2.0]), np.array([-0.5, 4.0])
    x, y, v = Tensor(a, True), Tensor(b, True), Value(3.0)
    start = Tensor(bias, True) if isinstance(bias, list) else bias
    z = sumprod([x, v, number(2.0)], [y, x, v], start)
    assert isinstance(z, Tensor)
    np.testing.assert_allclose(z.data, a * b + 3 * a + 6 + (0 if bias is None else bias))
    z.sum().backward()
    np.testing.assert_allclose(x.grad, b + 3)
    np.testing.assert_allclose(y.grad, a)
    assert v.grad == a.sum() + 2 * 2
    if isinstance(bias, list):
        np.testing.assert_array_equal(start.grad, [1.0, 1.0])


def test_empty_sums():
    assert add_n([]) == 0.0
    assert sumprod([], []) == 0.0
