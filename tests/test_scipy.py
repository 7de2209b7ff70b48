"""`autograd.scipy`: values are SciPy's, gradients those of differences and closed forms."""

import importlib
import inspect
from operator import attrgetter

import numpy as np
import pytest

from autograd import Tensor, check_grads, grad, hessian, jacobian, jit
from autograd.extend import defvjp

linalg = pytest.importorskip("scipy.linalg")
signal = pytest.importorskip("scipy.signal")
integrate = pytest.importorskip("scipy.integrate")
stats = pytest.importorskip("scipy.stats")
ours = importlib.import_module("autograd.scipy.stats")
our_linalg = importlib.import_module("autograd.scipy.linalg")
_of_signal = importlib.import_module("autograd.scipy.signal")
convolve, compute_conv_size = _of_signal.convolve, _of_signal.compute_conv_size
odeint = importlib.import_module("autograd.scipy.integrate").odeint

RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(4, 4))
COV = ROOT @ ROOT.T + np.eye(4)


def test_names_are_where_programs_look_for_them():
    import autograd.scipy.stats.multivariate_normal as mvn
    import autograd.scipy.stats.norm as norm

    import autograd.scipy.signal
    import autograd.scipy.special as special
    from autograd import scipy
    from autograd.scipy.misc import logsumexp
    from autograd.scipy.stats import t  # noqa: F401

    assert (norm, mvn) == (ours.norm, ours.multivariate_normal)
    assert special.logsumexp is logsumexp
    assert autograd.scipy.signal.convolve is convolve
    assert scipy.special is special


A = np.array([[2.0, 0.0], [1.0, 3.0]])
B = np.ones(2)
OF_SCIPY = [
    ("linalg.solve_triangular", lambda f, a: f(a, B, lower=True)),
    ("linalg.cho_solve", lambda f, a: f((a, True), B)),
    ("linalg.expm", lambda f, a: f(a)),
    ("special.logsumexp", lambda f, a: f(a)),
    ("signal.convolve", lambda f, a: f(a[0], B)),
    ("stats.norm.logpdf", lambda f, a: f(a, 1.0)),
    ("stats.poisson.logpmf", lambda f, a: f(B, a + 1.0)),
    ("stats.multivariate_normal.logpdf", lambda f, a: f(a[0], B, np.eye(2))),
    ("integrate.odeint", lambda f, a: f(lambda y, t, s: s * y, B, [0.0, 1.0], (a[0],))),
]


@pytest.mark.parametrize(("name", "call"), OF_SCIPY, ids=[name for name, _ in OF_SCIPY])
def test_a_function_of_scipy_names_the_one_here(name, call):
    scipys, here = (
        attrgetter(name)(importlib.import_module(package))
        for package in ("scipy", "autograd.scipy")
    )
    a = Tensor(A, requires_grad=True)
    with pytest.raises(TypeError, match=rf"lose its gradient: use autograd\.scipy\.{name}, which "):
        call(scipys, a)
    np.testing.assert_allclose(call(here, Tensor(A)).data, call(scipys, A), rtol=1e-6)
    call(here, a).sum().backward()
    assert np.isfinite(a.grad).all()


def test_other_functions_of_scipy_name_no_other():
    a = Tensor(A, requires_grad=True)
    for call in (
        lambda: linalg.lu(a),
        lambda: stats.rice.logpdf(a, 1.0),
        lambda: integrate.solve_ivp(lambda t, y: a[0] * y, (0.0, 1.0), B),
        lambda: integrate.odeint(lambda y, t: np.asarray(a[0] * y), B, [0.0, 1.0]),
    ):
        with pytest.raises(TypeError, match=r"NumPy's functions and the operators keep: a @ b"):
            call()


@pytest.mark.parametrize("name", ["integrate", "linalg", "signal", "special", "stats"])
def test_all_else_is_scipys(name):
    module = importlib.import_module(f"autograd.scipy.{name}")
    scipys = importlib.import_module(f"scipy.{name}")
    assert dir(module) == sorted({*dir(scipys), *module.__all__})
    for other in {n for n in scipys.__all__ if not n.startswith("_")} - set(module.__all__):
        # functions of linear algebra are primitives, and plain ones to arrays
        assert inspect.unwrap(getattr(module, other)) is inspect.unwrap(getattr(scipys, other))
    with pytest.raises(AttributeError, match="nonsense"):
        module.nonsense  # noqa: B018


def test_a_gradient_of_one_s_own_for_linear_algebra(monkeypatch):
    monkeypatch.delitem(vars(our_linalg), "solveh_banded", raising=False)
    solve = our_linalg.solveh_banded
    assert our_linalg.solveh_banded is solve
    bands, x = np.array([[2.0, 3.0, 4.0], [0.5, -0.5, 0.0]]), np.array([1.0, -2.0, 3.0])
    b = Tensor(x, requires_grad=True)
    loss = np.sum(solve(bands, b, lower=True) ** 2)
    with pytest.raises(NotImplementedError, match="solveh_banded: no gradient is defined for arg"):
        loss.backward()
    defvjp(solve, None, lambda ans, ab, b, **kw: lambda g: solve(ab, g, **kw))
    np.sum(solve(bands, b, lower=True) ** 2).backward()
    full = np.diag(bands[0]) + np.diag(bands[1, :2], 1) + np.diag(bands[1, :2], -1)
    inverse = np.linalg.inv(full)
    np.testing.assert_allclose(b.grad, 2.0 * inverse @ inverse @ x, rtol=1e-12)
    np.testing.assert_array_equal(
        solve(bands, x, lower=True), linalg.solveh_banded(bands, x, lower=True)
    )


# --------------------------------------------------------------------------------------------------
# Linear algebra


@pytest.mark.parametrize("columns", [(), (2,)])
def test_triangular_and_banded_systems(columns):
    b = RNG.normal(size=(4, *columns))
    for trans in (0, 1, 2, np.int64(1), "N", "T", "C"):
        for options in ({"lower": True}, {"lower": False}, {"lower": True, "unit_diagonal": True}):
            found = our_linalg.solve_triangular(COV, b, trans, **options)
            np.testing.assert_allclose(found, linalg.solve_triangular(COV, b, trans, **options))
            check_grads(
                lambda a, b, o=options, t=trans: our_linalg.solve_triangular(a, b, t, **o), [COV, b]
            )
    bands = RNG.normal(size=(3, 4))
    bands[1] += 5
    found = our_linalg.solve_banded((1, 1), bands, b)
    np.testing.assert_allclose(found, linalg.solve_banded((1, 1), bands, b))
    check_grads(lambda a, b: our_linalg.solve_banded((1, 1), a, b), [bands, b])


@pytest.mark.parametrize("lower", [False, True])
def test_cholesky_factors(lower):
    b = RNG.normal(size=4)
    np.testing.assert_allclose(our_linalg.cholesky(COV, lower), linalg.cholesky(COV, lower))
    factor = our_linalg.cho_factor(COV, lower)
    np.testing.assert_allclose(our_linalg.cho_solve(factor, b), linalg.solve(COV, b))
    check_grads(
        lambda a, b: our_linalg.cho_solve(our_linalg.cho_factor((a + a.T) / 2, lower), b), [COV, b]
    )
    check_grads(our_linalg.solve, [COV, b])


def test_blocks_along_the_diagonal():
    blocks = [np.ones((2, 3)), np.arange(2.0), np.full((1, 1), 5.0)]
    np.testing.assert_array_equal(our_linalg.block_diag(*blocks), linalg.block_diag(*blocks))
    check_grads(our_linalg.block_diag, blocks)


def test_functions_of_matrices_by_closed_forms():
    d = np.diag([4.0, 9.0])
    # of a diagonal matrix: d √x = dx / (√xᵢ + √xⱼ)
    found = jacobian(our_linalg.sqrtm)(d)
    roots = np.array([2.0, 3.0])
    expected = 1 / (roots[:, None] + roots)
    np.testing.assert_allclose(np.einsum("ijij->ij", found), expected)
    a, b, q = np.diag([1.0, 2.0]), np.diag([3.0, 4.0]), np.ones((2, 2))
    np.testing.assert_allclose(
        our_linalg.solve_sylvester(a, b, q), 1 / (np.diag(a)[:, None] + np.diag(b))
    )


# --------------------------------------------------------------------------------------------------
# Convolutions


OF_MATRICES = {
    "block_diag": lambda room, a, b: room.block_diag(a, b),
    "cho_solve": lambda room, a, b: room.cho_solve(room.cho_factor(a), b),
    "det": lambda room, a, b: room.det(a),
    "expm": lambda room, a, b: room.expm(a),
    "norm": lambda room, a, b: room.norm(a),
    "solve": lambda room, a, b: room.solve(a, b),
    "solve_banded": lambda room, a, b: room.solve_banded((0, 1), a, b),
    "solve_sylvester": lambda room, a, b: room.solve_sylvester(a, a, a),
    "solve_triangular": lambda room, a, b: room.solve_triangular(a, b, lower=True),
    "sqrtm": lambda room, a, b: room.sqrtm(a),
}


@pytest.mark.parametrize("name", OF_MATRICES)
def test_nested_lists_of_nodes_are_matrices(name):
    def f(room, x, of=list):
        return OF_MATRICES[name](room, of([[4.0 * x[0], x[1]], [x[1], 3.0]]), of([x[0], 2.0]))

    x = np.array([1.5, 0.5])
    # some releases of SciPy refuse lists in some functions
    expected = f(linalg, x, np.array)
    np.testing.assert_allclose(f(our_linalg, Tensor(x, requires_grad=True)).data, expected)
    check_grads(lambda x: f(our_linalg, x), (x,))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((4,), (2,)),
        ((5,), (3,)),
        ((3,), (5,)),
        ((4,), (4,)),
        ((4, 5), (2, 3)),
        ((4, 5), (4, 3)),
        ((2, 3), (4, 5)),
        ((6, 7), (4, 1)),
    ],
)
def test_convolutions_are_scipys(a, b, mode):
    a, b = RNG.normal(size=a), RNG.normal(size=b)
    found = convolve(a, b, mode=mode)
    np.testing.assert_allclose(found, signal.convolve(a, b, mode), atol=1e-13)
    assert found.shape == tuple(map(compute_conv_size, a.shape, b.shape, [mode] * a.ndim))
    check_grads(lambda a, b: convolve(a, b, mode=mode), [a, b])


@pytest.mark.parametrize("mode", ["full", "same"])
def test_convolutions_of_arrays_each_longer_than_the_other(mode):
    a, b = RNG.normal(size=(2, 5)), RNG.normal(size=(4, 3))
    np.testing.assert_allclose(convolve(a, b, mode=mode), signal.convolve(a, b, mode), atol=1e-13)


def test_convolutions_of_arrays_of_other_numbers_of_axes():
    image, kernels = RNG.normal(size=(3, 4, 5)), RNG.normal(size=(2, 3, 2, 3))
    found = convolve(image, kernels, axes=([1, 2], [2, 3]), dot_axes=([0], [1]))
    back = convolve(kernels, image, axes=([2, 3], [1, 2]), dot_axes=([1], [0]))
    for k in range(2):
        expected = sum(signal.convolve(image[c], kernels[k, c]) for c in range(3))
        np.testing.assert_allclose(found[k], expected, atol=1e-13)
        np.testing.assert_allclose(back[k], expected, atol=1e-13)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolutions_along_some_axes(mode):
    images, kernels = RNG.normal(size=(2, 3, 4, 5)), RNG.normal(size=(3, 2, 2, 3))
    found = convolve(images, kernels, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode=mode)
    for n in range(2):
        for k in range(2):
            expected = sum(signal.convolve(images[n, c], kernels[c, k], mode) for c in range(3))
            np.testing.assert_allclose(found[n, k], expected, atol=1e-13)
    # axes that are neither convolved nor summed over: those of A, then those of B
    rows = convolve(images, kernels, axes=([-1], [1]), dot_axes=([1], [0]), mode=mode)
    expected = sum(signal.convolve(images[1, c, 2], kernels[c, :, 1, 2], mode) for c in range(3))
    np.testing.assert_allclose(rows[1, 2, 1, 2], expected, atol=1e-13)
    check_grads(
        lambda a, b: convolve(a, b, axes=([3, 2], [3, 2]), dot_axes=([1], [0]), mode=mode),
        [images, kernels],
        order=1,
    )


def test_no_axis_at_all_is_a_product():
    a, b = RNG.normal(size=(3, 5)), RNG.normal(size=(3, 4))
    found = convolve(a, b, axes=([], []), dot_axes=([0], [0]))
    np.testing.assert_allclose(found, np.tensordot(a, b, ([0], [0])))


# --------------------------------------------------------------------------------------------------
# Differential equations

CLOSE = {"rtol": 1e-11, "atol": 1e-11}


def test_growth_by_its_closed_form():
    """Of y' = r y: y(1) = exp(r), whose derivatives by r are itself."""

    def grown(r):
        return odeint(lambda y, t, r: r * y, np.array([1.0]), [0.0, 1.0], (r,), **CLOSE)[-1, 0]

    e2 = np.exp(2.0)
    found = [grown(2.0), grad(grown)(2.0), hessian(grown)(2.0), grad(grad(grad(grown)))(2.0)]
    np.testing.assert_allclose(found, [e2] * 4, rtol=1e-8)
    # beside a parameter without gradient
    f = lambda r: odeint(lambda y, t, c, r: c * r * y, np.ones(1), [0.0, 1.0], (0.5, r))  # noqa: E731
    assert grad(lambda r: f(r)[-1, 0])(2.0) == pytest.approx(np.e / 2, rel=1e-6)
    # by the times: y = exp(r (t - t0))
    f = lambda t: odeint(lambda y, t: 2.0 * y, np.array([1.0]), t, **CLOSE)[-1, 0]  # noqa: E731
    np.testing.assert_allclose(grad(f)(np.array([0.0, 0.4, 1.0])), [-2 * e2, 0, 2 * e2], rtol=1e-8)
    assert grad(lambda end: f([0.0, end]))(1.0) == pytest.approx(2 * e2, rel=1e-8)


def test_a_slope_that_is_defined_from_the_first_time_on():
    """y' = r y sqrt(t) from 1 on: y = exp(2/3 r t^(3/2)), and t < 0 gives nan."""
    slope = lambda y, t, r: r * y * np.sqrt(t)  # noqa: E731
    grown = lambda r: odeint(slope, np.ones(1), [0.0, 0.5, 1.0], (r,))[-1, 0]  # noqa: E731
    found = [grad(grown)(2.0), hessian(grown)(2.0)]
    np.testing.assert_allclose(found, [(2 / 3) ** n * np.exp(4 / 3) for n in (1, 2)], rtol=1e-5)


def test_a_pendulum_with_nested_parameters():
    def slope(y, t, p, force):
        return np.stack([y[1] * p["a"], -np.sin(y[0]) * p["b"][0] + force * t])

    t = np.array([0.1, 0.5, 1.2])

    def f(y, t, p, force):
        return odeint(slope, y, t, (p, force), **CLOSE)

    y, p = np.array([0.3, 0.2]), {"a": 1.1, "b": (0.7, 2.0)}
    np.testing.assert_array_equal(
        odeint(slope, y, t, (p, 0.3)), integrate.odeint(slope, y, t, (p, 0.3))
    )
    check_grads(f, [y, t, p, 0.3], rtol=1e-5)
    # the time comes first, and backwards, and the slope is a list
    found = grad(
        lambda k: odeint(lambda t, y, k: [k * y[0]], [1.0], [1.0, 0.0], (k,), tfirst=True)[-1, 0]
    )(2.0)
    assert found == pytest.approx(-np.exp(-2.0), rel=1e-6)


def test_differential_equations_in_a_program():
    def run(y, t, k):
        return odeint(lambda y, t, k: -k * y, y, t, (k,), **CLOSE)

    f, slope = jit(run), jit(grad(lambda *a: run(*a)[-1, 0], 2))
    for k in (0.5, 1.0, 2.0):
        y, t = np.array([1.0 + k, 2.0]), np.array([0.0, k])
        np.testing.assert_allclose(f(y, t, np.array(k)), run(y, t, k), rtol=1e-9)
        assert slope(y, t, k) == pytest.approx(-k * y[0] * np.exp(-k * k), rel=1e-8)


def test_what_odeint_refuses_on_nodes():
    with pytest.raises(TypeError, match="odeint: full_output is not supported on nodes"):
        grad(lambda k: odeint(lambda y, t, k: k * y, [1.0], [0.0, 1.0], (k,), full_output=1))(2.0)

    def hidden(k):
        return odeint(lambda y, t: k * y, np.stack([k]), [0.0, 1.0])[-1, 0]

    with pytest.raises(TypeError, match="odeint: func computes with a node that is not among its"):
        grad(hidden)(2.0)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_of_numpy_is_an_array_to_solve_triangular():
    """SciPy ends in a crash for some of them."""
    a = np.array([[2.0, 1.0], [0.0, 4.0]])
    for b in (np.array([[1.0], [2.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])):
        found = our_linalg.solve_triangular(np.matrix(a), np.matrix(b))
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, np.linalg.solve(a, b))
