"""Special functions against mpmath, at their edges, by SciPy's names, and without SciPy."""

import subprocess
import sys

import mpmath
import numpy as np
import pytest

from autograd import Tensor, grad, hessian

scipy = pytest.importorskip("scipy.special")
linalg = pytest.importorskip("scipy.linalg")
special = pytest.importorskip("autograd.special")


def beta_integral(a, b, x):
    return mpmath.betainc(a, b, 0, x, regularized=True)


def students_t(df, t):
    density = lambda s: (1 + s * s / df) ** (-(df + 1) / mpmath.mpf(2))  # noqa: E731
    return mpmath.mpf(1) / 2 + mpmath.quad(density, [0, t]) / (
        mpmath.sqrt(df) * mpmath.beta(df / mpmath.mpf(2), mpmath.mpf(1) / 2)
    )


# name: (the function in mpmath, points)
MP = {
    "erf": (mpmath.erf, [-3.0, 0.0, 0.4, 5.0]),
    "erfc": (mpmath.erfc, [-3.0, 0.0, 0.4, 5.0]),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), [-2.0, 0.0, 4.0]),
    "erfinv": (mpmath.erfinv, [-0.9, 0.0, 0.99]),
    "erfcinv": (lambda x: mpmath.erfinv(1 - x), [0.1, 1.0, 1.7]),
    "ndtr": (mpmath.ncdf, [-6.0, 0.0, 1.5]),
    "ndtri": (lambda x: mpmath.sqrt(2) * mpmath.erfinv(2 * x - 1), [0.01, 0.5, 0.8]),
    "log_ndtr": (lambda x: mpmath.log(mpmath.ncdf(x)), [-25.0, -3.0, -1.01, -1.0, 0.0, 4.0]),
    "dawsn": (
        lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x),
        [-1.0, 0.0, 3.0],
    ),
    "gammaln": (lambda x: mpmath.log(abs(mpmath.gamma(x))), [-0.5, 0.3, 2.0, 30.0]),
    "gamma": (mpmath.gamma, [-1.5, 0.3, 5.0]),
    "digamma": (mpmath.digamma, [-0.5, 0.3, 8.0]),
    "exp1": (mpmath.e1, [0.1, 3.0]),
    "expi": (mpmath.ei, [0.1, 3.0]),
    "expit": (lambda x: 1 / (1 + mpmath.exp(-x)), [-40.0, 0.0, 3.0, 40.0]),
    "log_expit": (lambda x: -mpmath.log(1 + mpmath.exp(-x)), [-40.0, 0.0, 3.0, 40.0]),
    "logit": (lambda x: mpmath.log(x / (1 - x)), [1e-6, 0.3, 0.99]),
    "entr": (lambda x: -x * mpmath.log(x), [1e-6, 0.3, 4.0]),
    "i0": (lambda x: mpmath.besseli(0, x), [-3.0, 0.0, 0.5]),
    "i1": (lambda x: mpmath.besseli(1, x), [-3.0, 0.0, 0.5]),
    "i0e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), [-3.0, 0.5, 40.0]),
    "i1e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), [-3.0, 0.5, 40.0]),
    "j0": (lambda x: mpmath.besselj(0, x), [-3.0, 0.0, 0.5]),
    "j1": (lambda x: mpmath.besselj(1, x), [-3.0, 0.0, 0.5]),
    "y0": (lambda x: mpmath.bessely(0, x), [0.5, 3.0]),
    "y1": (lambda x: mpmath.bessely(1, x), [0.5, 3.0]),
    "rgamma": (mpmath.rgamma, [-1.5, 0.3, 5.0]),
}
ORDERED = {
    "iv": (lambda x: mpmath.besseli(1.5, x), 1.5, [0.5, 3.0]),
    "jv": (lambda x: mpmath.besselj(0.5, x), 0.5, [0.5, 3.0]),
    "yv": (lambda x: mpmath.bessely(0.5, x), 0.5, [0.5, 3.0]),
    "yn": (lambda x: mpmath.bessely(2, x), 2, [0.5, 3.0]),
    "ive": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), 1.0, [-2.0, 0.5, 3.0]),
    "gammainc": (lambda x: mpmath.gammainc(2.5, 0, x, regularized=True), 2.5, [0.5, 3.0]),
    "gammaincc": (lambda x: mpmath.gammainc(2.5, x, regularized=True), 2.5, [0.5, 3.0]),
    "stdtr": (lambda t: students_t(2.5, t), 2.5, [-4.0, 0.0, 0.5, 3.0]),
    "betainc": (lambda x: beta_integral(1.5, 2.5, x), (1.5, 2.5), [0.01, 0.5, 0.9]),
    "betaincc": (lambda x: 1 - beta_integral(1.5, 2.5, x), (1.5, 2.5), [0.01, 0.5, 0.9]),
    "fdtr": (lambda x: beta_integral(2, 2.5, 4 * x / (4 * x + 5)), (4.0, 5.0), [0.1, 1.0, 7.0]),
    "fdtrc": (lambda x: 1 - beta_integral(2, 2.5, 4 * x / (4 * x + 5)), (4.0, 5.0), [0.1, 7.0]),
}


def check_against_mpmath(function, exact, x, rtol=1e-11):
    with mpmath.workdps(60):
        for order, ours in enumerate((function, grad(function), grad(grad(function)))):
            expected = float(mpmath.diff(exact, mpmath.mpf(x), order, h=mpmath.mpf("1e-15")))
            np.testing.assert_allclose(float(ours(x)), expected, rtol=rtol, atol=1e-14)


@pytest.mark.parametrize(("name", "x"), [(n, x) for n, (_, points) in MP.items() for x in points])
def test_two_derivatives_equal_mpmath(name, x):
    check_against_mpmath(getattr(special, name), MP[name][0], x)


@pytest.mark.parametrize(
    ("name", "x"), [(n, x) for n, (*_, points) in ORDERED.items() for x in points]
)
def test_two_derivatives_of_a_fixed_order(name, x):
    exact, orders, _ = ORDERED[name]
    orders = orders if isinstance(orders, tuple) else (orders,)
    check_against_mpmath(lambda v: getattr(special, name)(*orders, v), exact, x)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_polygamma_equals_mpmath(n):
    for x in (0.3, 2.0, 9.0):
        check_against_mpmath(lambda v: special.polygamma(n, v), lambda v: mpmath.psi(n, v), x)


def test_the_multivariate_gamma_function():
    """By its definition as a product of gamma functions, and SciPy's."""
    for d in (1, 2, 4):

        def exact(a, d=d):
            logs = [mpmath.loggamma(a - mpmath.mpf(j) / 2) for j in range(d)]
            return mpmath.mpf(d * (d - 1)) / 4 * mpmath.log(mpmath.pi) + sum(logs)

        check_against_mpmath(lambda a, d=d: special.multigammaln(a, d), exact, 3.7)
        assert special.multigammaln(3.7, d) == pytest.approx(scipy.multigammaln(3.7, d), rel=1e-14)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("beta", mpmath.beta),
        ("betaln", lambda x, y: mpmath.log(mpmath.beta(x, y))),
        ("xlogy", lambda x, y: x * mpmath.log(y)),
        ("xlog1py", lambda x, y: x * mpmath.log1p(y)),
        ("rel_entr", lambda x, y: x * mpmath.log(x / y)),
        ("kl_div", lambda x, y: x * mpmath.log(x / y) - x + y),
    ],
)
def test_functions_of_two_equal_mpmath(name, exact):
    x, y = 0.7, 1.9
    function = getattr(special, name)
    with mpmath.workdps(60):
        expected = [float(mpmath.diff(exact, (x, y), order)) for order in ((1, 0), (0, 1))]
        twice = [float(mpmath.diff(exact, (x, y), o)) for o in ((2, 0), (1, 1), (1, 1), (0, 2))]
    np.testing.assert_allclose(grad(function, (0, 1))(x, y), expected, rtol=1e-12)
    found = hessian(lambda v: function(v[0], v[1]))(np.array([x, y]))
    np.testing.assert_allclose(found.ravel(), twice, rtol=1e-11, atol=1e-14)


# --------------------------------------------------------------------------------------------------
# The matrix exponential


@pytest.mark.filterwarnings("ignore:floating point number truncated")
@pytest.mark.parametrize("order", [0.3, 1.9, -1.5])
def test_yn_cuts_its_order_off(order):
    x = Tensor(2.0, requires_grad=True)
    special.yn(order, x).backward()
    assert x.grad == pytest.approx(scipy.yvp(int(order), 2.0), rel=1e-12)


def test_expm_of_commuting_matrices():
    x = np.diag([0.5, -1.0])
    np.testing.assert_allclose(grad(lambda a: np.trace(special.expm(a)))(x), linalg.expm(x))
    assert (special.expm(np.zeros((2, 2))) == np.eye(2)).all()


def test_expm_equals_scipys_frechet_derivative():
    rng = np.random.default_rng(0)
    x, direction, w = rng.normal(size=(3, 4, 4))
    g = grad(lambda a: (special.expm(a) * w).sum())(x)
    pushed = linalg.expm_frechet(x, direction, compute_expm=False)
    assert np.sum(g * direction) == pytest.approx(np.sum(pushed * w), rel=1e-12)


# --------------------------------------------------------------------------------------------------
# By SciPy's names, and without SciPy


@pytest.mark.parametrize("name", ["erf", "expit", "gammaln", "xlogy", "i0", "psi", "ndtr"])
def test_scipys_functions_answer(name):
    f = getattr(scipy, name)
    x = Tensor([0.5, 2.0], requires_grad=True)
    z = f(x, x) if f.nin == 2 else f(x)
    assert isinstance(z, Tensor)
    assert z.requires_grad


def test_scipy_functions_without_a_rule_are_refused():
    with pytest.raises(TypeError, match="airy"):
        scipy.airy(Tensor(1.0, requires_grad=True))
    with pytest.raises(TypeError, match="lose its gradient"):
        linalg.expm(Tensor(np.eye(2), requires_grad=True))


def test_without_scipy_the_remedy_is_named():
    code = (
        "import sys; sys.modules['scipy.special'] = None; import autograd\n"
        "try: import autograd.special\n"
        "except ImportError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'glassgrad[scipy]'" in run.stdout


def test_weights_of_0_next_to_numbers_whose_exponential_overflows():
    a, b = np.array([1000.0, 1001.0, 5.0, 2000.0]), np.array([1.0, 2.0, 0.0, 0.0])
    found, expected = special.logsumexp(a, b=b), 1001 + np.log(2 + np.exp(-1))
    np.testing.assert_allclose(found, expected, rtol=1e-15)


# --------------------------------------------------------------------------------------------------
# Systems with stacks of right-hand sides: each is solved as if it were alone


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


def equal(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_stacks_of_triangular_systems():
    x, y, g = np.tril(normal(3, 3)) + 4 * np.eye(3), normal(4, 3, 5), normal(4, 3, 5)
    a, b = Tensor(x, requires_grad=True), Tensor(y, requires_grad=True)
    z = special.matrices.solve_triangular(a, b, lower=True, unit=False)
    equal(z.data, np.linalg.solve(x, y))
    z.backward(g)
    back = np.linalg.solve(x.T, g)
    equal(b.grad, back)
    equal(a.grad, -np.tril(np.einsum("aik,ajk->ij", back, z.data)))


def test_stacks_of_banded_systems():
    bands, y, g = normal(4, 6), normal(2, 3, 6, 5), normal(2, 3, 6, 5)
    bands[2] += 6
    # one band below the diagonal and two above it, which SciPy stores by columns
    places = [(i, j) for i in range(6) for j in range(6) if -1 <= j - i <= 2]
    x = np.zeros((6, 6))
    for i, j in places:
        x[i, j] = bands[2 + i - j, j]
    a, b = Tensor(bands, requires_grad=True), Tensor(y, requires_grad=True)
    z = special.matrices.solve_banded(a, b, below=1, above=2)
    equal(z.data, np.linalg.solve(x, y))
    z.backward(g)
    back = np.linalg.solve(x.T, g)
    equal(b.grad, back)
    of_x, wanted = -np.einsum("abik,abjk->ij", back, z.data), np.zeros((4, 6))
    for i, j in places:
        wanted[2 + i - j, j] = of_x[i, j]
    equal(a.grad, wanted)


def test_stacks_of_sylvester_equations():
    x, y = normal(3, 3) + 4 * np.eye(3), normal(5, 5) + 4 * np.eye(5)
    q, g = normal(4, 3, 5), normal(4, 3, 5)
    leaves = a, b, c = [Tensor(data, requires_grad=True) for data in (x, y, q)]
    z = special.matrices.solve_sylvester(*leaves)
    equal(x @ z.data + z.data @ y, q)
    z.backward(g)
    equal(x.T @ c.grad + c.grad @ y.T, g)
    equal(a.grad, -np.einsum("aik,ajk->ij", c.grad, z.data))
    equal(b.grad, -np.einsum("aki,akj->ij", z.data, c.grad))
