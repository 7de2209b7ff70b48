"""Classes of other libraries that hold tensors and answer NumPy's protocols, as quantities do."""

import operator

import numpy as np
import pytest

from autograd import Tensor, Value, xp


def lengths(x):
    return [lengths(e) for e in x] if isinstance(x, list | tuple) else getattr(x, "number", x)


class Length:
    """A number in metres; whatever it takes part in is a length."""

    def __init__(self, number):
        self.number = number

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return Length(getattr(ufunc, method)(*lengths(inputs), **options))

    def __array_function__(self, function, types, arguments, options):
        return Length(function(*lengths(arguments), **options))


NUMBERS = np.array([1.0, 3.0])
CALLS = {
    "add": np.add,
    "maximum": np.maximum,
    "hypot": np.hypot,
    "outer": np.multiply.outer,
    "where": lambda x, y: np.where(NUMBERS > 2.0, x, y),
    "concatenate": lambda x, y: np.concatenate([x, y]),
    "clip": lambda x, y: np.clip(x, y, 3.0),
    "dot": np.dot,
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_class_that_holds_a_tensor_is_asked_first(name, swapped):
    def f(x, y):
        return CALLS[name](y, x) if swapped else CALLS[name](x, y)

    x, y = Tensor(NUMBERS, requires_grad=True), Tensor(NUMBERS[::-1] + 0.5, requires_grad=True)
    found, expected = f(x, Length(y)), f(x, y)
    assert isinstance(found, Length)
    np.testing.assert_array_equal(found.number.data, f(NUMBERS, NUMBERS[::-1] + 0.5))
    np.sum(expected).backward()
    wanted = x.grad.copy(), y.grad.copy()
    x.grad = y.grad = None
    np.sum(found.number).backward()
    np.testing.assert_array_equal((x.grad, y.grad), wanted)


def test_a_class_beside_a_value_is_asked_first():
    v = Value(2.0)
    found = [np.multiply(v, Length(3.0)), np.where(True, v, Length(3.0))]
    assert [type(y) for y in found] == [Length, Length]
    found[0].number.backward()
    assert v.grad == 3.0


def test_functions_of_numpy_beyond_the_standard_are_in_the_namespace():
    x = Tensor(NUMBERS, requires_grad=True)
    space = x.__array_namespace__()
    assert space is xp
    np.testing.assert_array_equal(space.pad(x, 1).data, np.pad(NUMBERS, 1))
    space.einsum("i,i->", x, x).backward()
    np.testing.assert_array_equal(x.grad, 2.0 * NUMBERS)
    grid = space.logspace(0.0, 2.0, 3)
    assert isinstance(grid, Tensor)
    np.testing.assert_allclose(grid.data, [1.0, 10.0, 100.0], rtol=1e-15)
    assert space.pad is space.pad
    assert space.ndim(x) == 1
    assert space.ones(2, dtype=space.float16).dtype == np.float16
    for name in ("save", "frompyfunc", "ndarray", "newer"):
        with pytest.raises(AttributeError, match=f"'autograd.xp' has no attribute '{name}'"):
            getattr(space, name)


def reflected(name):
    return lambda self, other: (name, other)


OPERATORS = "add sub mul truediv floordiv mod divmod pow matmul lshift rshift and or".split()
NODES = [Tensor([2, 3]), Tensor([2.0], requires_grad=True), Value(2.0)]
# ^ of floats is taken for a power
OWN = [(name, node) for node in NODES for name in OPERATORS] + [("xor", NODES[0])]


@pytest.mark.parametrize("refusal", [{}, {"__array_ufunc__": None}])
@pytest.mark.parametrize(("name", "node"), OWN)
def test_operators_leave_a_class_of_its_own_arithmetic_to_it(node, name, refusal):
    other = type("Other", (), {f"__r{name}__": reflected(name), **refusal})()
    operate = divmod if name == "divmod" else getattr(operator, f"__{name}__")
    assert operate(node, other) == (name, node)
