"""A gradient is as precise as its dtype, whatever the dtype of the other operand.

Bytes wrap: 0 - 1 is 255, 16 squared is 0, and NumPy gives their logarithms in half precision.
"""

import numpy as np
import pytest

import autograd
from autograd import Tensor, grad, jit
from autograd import special as special_functions
from autograd.jit.c import build as c_build

INTEGERS = {
    "u1": [0, 1, 2, 16, 255],
    "i1": [-128, 0, 1, 2, 127],
    "u8": [0, 1, 2, 3, 4],
    "i2": [-3, 0, 1, 300, 2],
    "bool": [False, True, True, False, True],
    "i8": [-3, 0, 1, 3, 2],
}
FLOATS = {"f2": [0.1, 0.7, 1.3, 2.1, 3.3], "f4": [0.1, 0.7, 1.3, 2.1, 3.3]}
X = np.array([0.3, 1.7, 0.9, 1.01, 0.6])
# function of x, which has a gradient, and of an operand n; and its derivative
OF_X = {
    "power": (np.power, lambda x, n: n * x ** (n - 1)),
    "float_power": (np.float_power, lambda x, n: n * x ** (n - 1)),
    "to the power": (lambda x, n: n**x, lambda x, n: n**x * np.log(n)),
    "to the double power": (lambda x, n: np.float_power(n, x), lambda x, n: n**x * np.log(n)),
    "arctan2": (np.arctan2, lambda x, n: n / (x**2 + n**2)),
    "arctan2 of n": (lambda x, n: np.arctan2(n, x), lambda x, n: -n / (x**2 + n**2)),
    "hypot": (np.hypot, lambda x, n: x / np.sqrt(x**2 + n**2)),
    "multiply": (np.multiply, lambda x, n: n),
    "divided": (lambda x, n: n / x, lambda x, n: -n / x**2),
    "polyval": (lambda x, n: np.polyval(n, x), lambda x, n: np.polyval(np.polyder(n), x)),
    "xlogy": (lambda x, n: special_functions.xlogy(x, n), lambda x, n: np.log(n)),
    "xlog1py": (lambda x, n: special_functions.xlog1py(x, n), lambda x, n: np.log1p(n)),
}
DOMAINS = {  # where the derivative is finite
    "to the power": lambda n: n > 0,
    "to the double power": lambda n: n > 0,
    "xlogy": lambda n: n > 0,
    "xlog1py": lambda n: n > -1,
}


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("kind", [*INTEGERS, *FLOATS])
@pytest.mark.parametrize("name", OF_X)
def test_gradients_beside_operands_of_few_bytes(name, kind):
    f, slope = OF_X[name]
    n = np.array((INTEGERS | FLOATS)[kind], kind)
    inside = DOMAINS.get(name, lambda n: n == n)(n.astype(float))
    n, x = n[inside], X[: np.count_nonzero(inside)]
    expected = slope(x, n.astype(float))
    t = Tensor(x, requires_grad=True)
    f(t, n).sum().backward()
    np.testing.assert_allclose(t.grad, expected, rtol=1e-13)
    with_tensor = Tensor(x, requires_grad=True)
    f(with_tensor, Tensor(n)).sum().backward()
    np.testing.assert_array_equal(with_tensor.grad, t.grad)


@pytest.mark.parametrize("kind", ["u1", "i1", "f4"])
@pytest.mark.parametrize("name", ["power", "to the power", "arctan2", "polyval"])
def test_the_same_under_jit(name, kind):
    f, slope = OF_X[name]
    n = np.array((INTEGERS | FLOATS)[kind], kind)
    n = np.clip(n, 1 if name == "to the power" else None, 5)
    compiled = jit(grad(lambda x, n: np.sum(f(x, n))), backend="numpy")
    for _ in range(2):
        np.testing.assert_allclose(compiled(X, n), slope(X, n.astype(float)), rtol=1e-13)


@pytest.mark.parametrize("kind", ["u1", "i1"])
def test_second_derivatives_of_powers_of_bytes(kind):
    n = np.array([0, 1, 2, 3, 5], kind)
    second = grad(lambda x: np.sum(grad(lambda x: np.sum(x**n))(x)))(X)
    m = n.astype(float)
    np.testing.assert_allclose(second, m * (m - 1) * X ** (m - 2), rtol=1e-13)


def logsumexp(x):
    return x.max() + np.log(np.exp(x - x.max()).sum())


TARGET = np.array([0.0, 0.25, 0.0, 0.5, 0.25])
# function of integers alone, and the formula that floats of a large range allow
OF_INTEGERS = {
    "sigmoid": (autograd.sigmoid, lambda x: 1 / (1 + np.exp(-x))),
    "softmax": (autograd.softmax, lambda x: np.exp(x - logsumexp(x))),
    "log_softmax": (autograd.log_softmax, lambda x: x - logsumexp(x)),
    "logsumexp": (autograd.logsumexp, logsumexp),
    "softmax_cross_entropy": (
        lambda x: autograd.softmax_cross_entropy(x, TARGET),
        lambda x: -TARGET @ (x - logsumexp(x)),
    ),
    "sigmoid_cross_entropy": (
        lambda x: autograd.sigmoid_cross_entropy(x, TARGET),
        lambda x: (np.logaddexp(0, x) - TARGET * x).sum(),
    ),
    "squared_error": (
        lambda x: autograd.squared_error(x, x[::-1]),
        lambda x: ((x - x[::-1]) ** 2).sum(),
    ),
}


@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize("name", OF_INTEGERS)
def test_differences_of_integers_do_not_wrap(name, kind):
    f, formula = OF_INTEGERS[name]
    n = np.array(INTEGERS[kind], kind)
    expected = formula(n.astype(float))
    backends = ("numpy", "c") if c_build.compiler() else ("numpy",)
    for way in (f, lambda n: f(Tensor(n)).data, *(jit(f, backend=b) for b in backends)):
        np.testing.assert_allclose(way(n), expected, rtol=1e-13)
