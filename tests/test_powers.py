"""Powers of arrays, and their derivatives from the result, against longer arithmetic."""

import mpmath
import numpy as np
import pytest

from autograd import Tensor, grad, no_grad
from autograd.arithmetic import LARGE
from autograd.array_nodes.applying import apply_general
from autograd.jit import jit
from autograd.jit.c import build as c_build
from autograd.ops import elementwise, powers

EXPONENTS = [0, 1, 2, 3, 16, 17, -1, -2, -3, 0.5, -0.5, 1.5, 2.5, 1 / 3, -1.25, 40.0]
ODD = {
    "none": [],
    "0": [0.0],
    "-0": [-0.0],
    "negative": [-1.75, -0.5],
    "infinite": [np.inf],
    "nan": [np.nan],
    "small": [1e-30, 1e-20],
    "large": [1e30, 1e20],
}
DTYPES = {np.float64: 2e-14, np.float32: 4e-6}
MANY = np.random.default_rng(0).uniform(0.5, 2.0, LARGE)
UPSTREAM = np.random.default_rng(1).normal(size=LARGE)


def among_many(odd, dtype):
    x = MANY.astype(dtype)
    x[100 : 100 + len(odd)] = odd
    return x


def exact(x, y):
    """Return the derivatives of a power in extended precision."""
    x, y = np.longdouble(x), np.longdouble(y)
    with np.errstate(all="ignore"):
        constant = y == 0 if y.ndim == 0 else (y == 0) & (x == 0)
        of_x = np.where(constant, 0, y * x ** (y - 1))
        return of_x, np.where(x == 0, 0, x**y * np.log(np.where(x == 0, 1, x)))


def check(found, expected, g, dtype, tolerance):
    assert found.dtype == dtype
    with np.errstate(all="ignore"):
        product = (g * expected).astype(dtype)
    # the least numbers have fewer digits
    np.testing.assert_allclose(found, product, tolerance, np.finfo(dtype).tiny)


@pytest.mark.parametrize("stretched", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("y", EXPONENTS)
def test_by_a_number(y, odd, dtype, stretched):
    x = Tensor(among_many(ODD[odd], dtype), requires_grad=True)
    g = np.broadcast_to(dtype(1.5), LARGE) if stretched else UPSTREAM.astype(dtype)
    with np.errstate(all="ignore"):
        (x**y).backward(g)
    check(x.grad, exact(x.data, y)[0], g, dtype, DTYPES[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("tracked", ["base", "both", "itself"])
def test_by_an_array(tracked, odd, dtype):
    x = Tensor(among_many(ODD[odd], dtype), requires_grad=True)
    exponents = among_many([0.0, 1.0], dtype)[::-1].copy()
    exponents[100] = 0.0
    y = x if tracked == "itself" else Tensor(exponents, requires_grad=tracked == "both")
    g = UPSTREAM.astype(dtype)
    with np.errstate(all="ignore"):
        (x**y).backward(g)
    of_x, of_y = exact(x.data, y.data)
    if tracked == "both":
        check(y.grad, of_y, g, dtype, DTYPES[dtype])
    check(x.grad, of_x + of_y if tracked == "itself" else of_x, g, dtype, 4 * DTYPES[dtype])


@pytest.mark.parametrize("y", [np.float64(-0.5), np.array(-0.5), np.array(2.0)])
def test_by_a_number_in_an_array(y):
    x = Tensor(MANY, requires_grad=True)
    (x**y).backward(UPSTREAM)
    check(x.grad, exact(MANY, y)[0], UPSTREAM, np.float64, 2e-14)


@pytest.mark.parametrize("y", [0, -1, 0.5, -0.5, 2.5])
def test_second_derivative(y):
    first = grad(lambda x: np.sum(x**y))
    found = grad(lambda x: np.sum(first(x) * UPSTREAM))(MANY)
    np.testing.assert_allclose(found, y * (y - 1) * MANY ** (y - 2.0) * UPSTREAM, 1e-13)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("y", [0, 1, 2, 3, -1, 0.5, 2.5])
def test_in_double_precision(y, dtype):
    x = Tensor(among_many([0.0], dtype), requires_grad=True)
    with np.errstate(all="ignore"):
        z = np.float_power(x, y)
        z.backward(UPSTREAM)
    assert z.dtype == np.float64
    check(x.grad, exact(x.data, y)[0], UPSTREAM, dtype, DTYPES[dtype])


@pytest.mark.parametrize(
    ("numbers", "normal"),
    [
        ([1.0, 2.0], True),
        ([-2.0, 3.0], True),
        ([-3.0, -1.0], True),
        ([1.0, np.inf], False),
        ([-np.inf, -1.0], False),
        ([-np.inf, 1.0], False),
        ([0.0, 1.0], False),
        ([-1.0, 0.0], False),
        ([-1.0, 1e-310], False),
        ([-1.0, np.nan], False),
    ],
)
def test_numbers_that_a_power_is_read_off(numbers, normal):
    assert powers._all_normal(np.array(numbers)) == normal


@pytest.mark.parametrize("factor", [1, 2, -0.5])
@pytest.mark.parametrize("y", [-1, 0.5, 1.5, 3])
def test_the_derivative_of_a_power_by_its_result(y, factor):
    few = np.array([1.5, 2.0, 3.0])
    found = powers._by_result(few, y, np.power(few, float(y)), factor)
    np.testing.assert_allclose(found, [factor * y * x ** (y - 1.0) for x in few], rtol=1e-14)


@pytest.mark.parametrize("power", [np.power, np.float_power])
def test_nought_to_the_power_of_nought_is_constant_in_its_base(power):
    x = Tensor([0.0, 2.0, 0.0, 1.0], requires_grad=True)
    y = Tensor([0.0, 3.0, 2.0, 5.0], requires_grad=True)
    power(x, y).sum().backward()
    np.testing.assert_allclose(x.grad, [0.0, 12.0, 0.0, 5.0], rtol=1e-15)
    np.testing.assert_allclose(y.grad, [0.0, 8.0 * np.log(2.0), 0.0, 0.0], rtol=1e-15)


def in_place(x, y):
    with no_grad():
        z = x.copy()
        z **= y
    return z


def plain(z):
    return z.data if isinstance(z, Tensor) else z


def under_jit(backend):
    return lambda x, y: jit(lambda x: x**y, backend=backend)(x)


WAYS = {
    "operator": lambda x, y: x**y,
    "function": np.power,
    "in place": in_place,
    "without gradient": lambda x, y: x.detach() ** y,
    "general": lambda x, y: apply_general(elementwise.power, (x, y), {}),
    "of an array": lambda x, y: elementwise.power(x.data, y),
    "NumPy's program": under_jit("numpy"),
    **({"C": under_jit("c")} if c_build.compiler() else {}),
}
FLOATS = [np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("y", [3, 4, -2, 3.0, -2.0])
def test_small_powers_by_products(y, dtype):
    numbers = np.random.default_rng(0).uniform(1, 2, 500) * np.resize([1, -1], 500)
    for exponent in (0, np.finfo(dtype).minexp // 4, np.finfo(dtype).maxexp // 6):
        x = Tensor((numbers * 2.0**exponent).astype(dtype), requires_grad=True)
        found = {name: plain(way(x, y)) for name, way in WAYS.items()}
        z = found["operator"]
        for name, other in found.items():
            assert other.dtype == dtype
            np.testing.assert_array_equal(other, z, name)
        with mpmath.workprec(300):
            exact = [mpmath.mpf(float(a)) ** int(y) for a in x.data]
            errors = [abs(mpmath.mpf(float(c)) - e) for c, e in zip(z, exact, strict=True)]
        assert np.all(np.array(errors, float) <= 2 * np.spacing(np.abs(np.array(exact, dtype))))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("y", [3, 4, -2])
def test_small_powers_at_the_edges(y, dtype):
    limits = np.finfo(dtype)
    some = [0.0, 1.0, np.inf, np.nan, limits.max, limits.tiny, limits.smallest_subnormal]
    x = np.array([*some, *np.negative(some)], dtype)
    with np.errstate(all="ignore"):
        expected = np.power(x, dtype(y))
        for name, way in WAYS.items():
            z = plain(way(Tensor(x, requires_grad=True), y))
            np.testing.assert_array_equal(z, expected, name)
            np.testing.assert_array_equal(np.signbit(z[:-7]), np.signbit(expected[:-7]), name)
    for numbers, problem in (([limits.max], "overflow"), ([0.0], "divide by zero")):
        if (problem == "overflow") == (y > 0):
            with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=problem):
                Tensor(np.array(numbers, dtype), requires_grad=True) ** y


@pytest.mark.parametrize("y", [2, 3, 4])
def test_powers_of_integers_are_exact(y):
    x = np.array([0, 3, -7, 94906267])
    z = Tensor(x) ** y
    assert z.dtype == x.dtype
    np.testing.assert_array_equal(z, x**y)
    with pytest.raises(ValueError, match="negative integer powers"):
        Tensor(x) ** -2


@pytest.mark.parametrize("y", [0, 1, 2, 5, 6, -1, -3, 0.5, 2.5])
def test_other_powers_are_those_of_numpy(y):
    x = np.linspace(-2, 2, 1000) if y == int(y) else np.linspace(0, 2, 1000)
    np.testing.assert_array_equal((Tensor(x, requires_grad=True) ** y).data, x**y)
    np.testing.assert_array_equal(Tensor(x) ** y, x**y)


def test_products_take_no_dtype_from_an_exponent_of_numpy():
    x = Tensor(np.array([0.1, -0.7], np.float32), requires_grad=True)
    assert (x ** np.float64(3)).dtype == np.float64
    assert (x ** np.float32(3)).dtype == np.float32
    assert (x**True).dtype == np.float32


@pytest.mark.parametrize("dtypes", [(np.float16, np.int16), (np.float32, np.int32)], ids=str)
def test_exponents_of_short_integers_do_not_wrap(dtypes):
    # y - 1 is no integer of that length; wrapped, it would be a large positive exponent
    wide, short = dtypes
    x = Tensor(np.array([1 + np.finfo(wide).eps], wide), requires_grad=True)
    (x ** np.array([np.iinfo(short).min], short)).sum().backward()
    np.testing.assert_allclose(
        x.grad, float(np.iinfo(short).min) * x.data.astype(float) ** (np.iinfo(short).min - 1.0),
        rtol=1e-3, atol=1e-7,
    )  # fmt: skip


def test_exponents_without_a_sign_do_not_wrap():
    x = Tensor(np.array([3.0, 3.0], np.float32), requires_grad=True)
    (x ** np.array([0, 2], np.uint32)).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 6.0])


def test_logarithms_of_short_bases_are_as_long_as_the_result():
    x = np.array([0.3, 1.7, 123.4], np.float32)
    y = Tensor([1.5, -0.25, 0.1], requires_grad=True)
    (x**y).sum().backward()
    wide = x.astype(float)
    np.testing.assert_allclose(y.grad, wide**y.data * np.log(wide), rtol=1e-14)
