"""SciPy's special functions at their edges."""

import mpmath
import numpy as np
import pytest

from autograd import Tensor, Value, check_grads, grad, hessian, no_grad

scipy = pytest.importorskip("scipy.special")


special = pytest.importorskip("autograd.special")


def both(function, x):
    return grad(function)(x), grad(grad(function))(x)


@pytest.mark.parametrize("x", [-1000.0, 1000.0])
@pytest.mark.parametrize("name", ["expit", "erf", "erfc", "ndtr"])
def test_flat_far_away(name, x):
    assert both(getattr(special, name), x) == (0.0, 0.0)


def test_logarithms_far_away():
    assert both(special.log_expit, 1000.0) == (0.0, 0.0)
    assert both(special.log_expit, -1000.0) == (1.0, 0.0)
    assert both(special.log_ndtr, 1000.0) == (0.0, 0.0)
    np.testing.assert_allclose(both(special.log_ndtr, -1000.0), (1000.000999998, -0.999999), 1e-8)


def test_scaled_bessel_functions_at_the_kink_and_far_away():
    assert grad(special.i0e)(0.0) == 0.0
    assert grad(special.i1e)(0.0) == 0.5
    x = 1e4  # exp(-x) I₀(x) ~ 1 / sqrt(2 pi x), where I₀ itself is infinite
    for function in (special.i0e, special.i1e):
        np.testing.assert_allclose(grad(function)(x), -0.5 * x**-1.5 / np.sqrt(2 * np.pi), 2e-4)


ORDER_1 = {
    "i1": lambda x: mpmath.besseli(1, x, derivative=1),
    "j1": lambda x: mpmath.besselj(1, x, derivative=1),
    "y1": lambda x: mpmath.bessely(1, x, derivative=1),
    "expit": lambda x: 1 / (2 + 2 * mpmath.cosh(x)),
}


@pytest.mark.parametrize("among", [[], [0.0], [1e-200], [5e-324], [720.0]])
@pytest.mark.parametrize("name", ORDER_1)
def test_slopes_of_many_numbers_do_not_depend_on_the_others(name, among):
    x = np.array([0.3, 1e-5, 2.0, 11.0, 40.0, *among])
    slope = grad(lambda x: np.sum(getattr(special, name)(x)))
    with np.errstate(all="ignore"):
        found = slope(x)
        alone = np.array([slope(np.array([a])) for a in among]).ravel()
    expected = [float(ORDER_1[name](a)) for a in x[:5]]
    np.testing.assert_allclose(found[:5], expected, rtol=1e-10)
    np.testing.assert_array_equal(found[5:], alone)
    far = among == [720.0]
    limits = {"i1": np.inf, "expit": 0.0} if far else {"i1": 0.5, "j1": 0.5, "expit": 0.25}
    # of the tiniest number SciPy's I₂, in the rule, is nan
    if name in limits and among and (name, among[0]) != ("i1", 5e-324):
        np.testing.assert_allclose(found[5:], limits[name], atol=1e-300)


def test_tails_keep_their_digits():
    assert grad(special.expit)(40.0) == pytest.approx(np.exp(-40.0), rel=1e-14)


@pytest.mark.parametrize("function", [special.xlogy, special.rel_entr, special.kl_div])
def test_zero_times_log_of_zero(function):
    assert float(function(Value(0.0), Value(0.0))) == 0.0
    assert grad(function, (0, 1))(0.0, 0.0) == (0.0, 0.0)
    assert not hessian(lambda v: function(v[0], v[1]))(np.zeros(2)).any()


@pytest.mark.parametrize("rest", [[], [0.5]])
@pytest.mark.parametrize(
    ("function", "of_half"),
    [
        (special.xlogy, (np.log(2), 0.25)),
        (special.rel_entr, (1 - np.log(4), -0.25)),
        (special.kl_div, (-np.log(4), 0.75)),
    ],
)
def test_zero_times_log_of_zero_among_others(function, of_half, rest):
    x = Tensor([0.0, *rest], requires_grad=True)
    y = Tensor([0.0, *(4 * r for r in rest)], requires_grad=True)
    function(x, y).sum().backward()
    for found, other in zip((x.grad, y.grad), of_half, strict=True):
        np.testing.assert_allclose(found, [0.0, other][: len(found)], rtol=1e-14)


def test_zero_before_a_logarithm():
    assert grad(special.xlogy, (0, 1))(0.0, 2.0) == (np.log(2.0), 0.0)
    assert grad(special.xlog1py, (0, 1))(0.0, 1.0) == (np.log(2.0), 0.0)
    assert grad(special.xlog1py, (0, 1))(0.0, -1.0) == (0.0, 0.0)
    found = hessian(lambda v: special.xlogy(v[0], v[1]))(np.array([0.0, 2.0]))
    np.testing.assert_array_equal(found, [[0.0, 0.5], [0.5, 0.0]])


def test_entropy_at_zero():
    x = Tensor([0.0, 0.5], requires_grad=True)
    z = special.entr(x)
    np.testing.assert_allclose(z.data, [0.0, 0.5 * np.log(2)])
    with np.errstate(divide="ignore"):
        z.sum().backward()
    np.testing.assert_allclose(x.grad, [np.inf, np.log(2) - 1])


def test_float32_stays_float32():
    for name in special.__all__:
        f = getattr(special, name)
        x = Tensor(np.full((2, 2), 0.4), requires_grad=True, dtype="f4")
        if name == "polygamma":
            z = f(2, x)
        elif name == "multigammaln":
            z = f(x, 1)
        elif name == "gammasgn":
            assert f(x).dtype == np.float32
            continue
        elif name in ("logsumexp", "softmax", "log_softmax", "expm"):
            z = f(x)
        else:
            z = f(*[np.float32(2)] * (len(f.inputs) - 1), x)
        z.sum().backward()
        assert (z.dtype, x.grad.dtype) == (np.float32, np.float32), name


def test_on_values():
    x = Value(0.5)
    special.erf(x).backward()
    assert x.grad == pytest.approx(2 / np.sqrt(np.pi) * np.exp(-0.25))
    assert isinstance(special.polygamma(1, x), Value)


def test_softmax_has_scipys_default():
    x = np.array([[0.0, 1.0], [2.0, 3.0]])
    for name in ("softmax", "log_softmax", "logsumexp"):
        for axis in (None, 0, -1):
            found = getattr(special, name)(Tensor(x), axis=axis).data
            np.testing.assert_allclose(found, getattr(scipy, name)(x, axis=axis), rtol=1e-14)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_weighted_sums_of_exponentials(axis, keepdims):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 4))
    b[1] = 0.0
    options = {"axis": axis, "keepdims": keepdims}
    with np.errstate(divide="ignore"):
        expected = scipy.logsumexp(a, b=np.abs(b), **options)
        np.testing.assert_allclose(special.logsumexp(a, b=np.abs(b), **options), expected)
        for factors in (None, b):
            found, sign = special.logsumexp(a, b=factors, return_sign=True, **options)
            value, its_sign = scipy.logsumexp(a, b=factors, return_sign=True, **options)
            np.testing.assert_allclose(found, value)
            np.testing.assert_array_equal(sign, its_sign)
    b[1] = 0.5
    check_grads(lambda a, b: special.logsumexp(a, b=b, return_sign=True, **options)[0], [a, b])
    more = scipy.logsumexp(a[0, 0], None, np.abs(b[0]), keepdims)
    found = special.logsumexp(a[0, 0], axis=None, b=np.abs(b[0]), keepdims=keepdims)
    np.testing.assert_allclose(found, more)
    # every column of the factors has a largest exponent of its own
    columns = special.logsumexp(np.array([1000.0, 0.0]), axis=0, b=np.ones((2, 2)))
    np.testing.assert_allclose(columns, np.log(2) + np.array([1000.0, 0.0]))
    # the factor decides, not the largest exponent
    large = special.logsumexp(np.array([1000.0, 0.0]), b=np.array([0.0, 2.0]))
    assert large == pytest.approx(np.log(2))


def test_entries_that_a_triangular_system_does_not_read():
    a, b = np.array([[2.0, 7.0], [1.0, 4.0]]), np.ones((2, 1))
    solve = special.matrices.solve_triangular
    found = grad(lambda a: np.sum(solve(a, b, lower=True, unit=False)))(a)
    assert (found != 0).tolist() == [[True, False], [True, True]]
    found = grad(lambda a: np.sum(solve(a, b, lower=False, unit=True)))(a)
    assert (found != 0).tolist() == [[False, True], [False, False]]
    found = grad(lambda a: np.sum(solve(a, b, lower=True, unit=True)))(a)
    assert (found != 0).tolist() == [[False, False], [True, False]]


def test_orders_have_no_derivative():
    for order in (Tensor(1.5, requires_grad=True), Value(1.5)):
        for call in (special.iv, scipy.iv):
            with pytest.raises(TypeError, match="iv: the derivative with respect to order"):
                call(order, 2.0)
            with no_grad():
                assert float(call(order, 2.0)) == scipy.iv(1.5, 2.0)
    with pytest.raises(TypeError, match="fdtr: the derivative with respect to dfd is not known"):
        special.fdtr(1.0, order, 2.0)
    with pytest.raises(TypeError, match=r"order must be an integer of at least 0, got 1\.5"):
        special.polygamma(1.5, 2.0)
    with pytest.raises(TypeError, match="at least 0, got -1"):
        special.polygamma(-1, 2.0)
