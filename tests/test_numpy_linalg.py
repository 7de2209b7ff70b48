"""`numpy.linalg` and `numpy.fft` on nodes: the edges, forms of results, refusals."""

import itertools
import math

import numpy as np
import pytest
from numpy.exceptions import AxisError

from autograd import Tensor, Value, grad, hessian

from .cases_linalg import random, regular
from .checks import assert_close, differences

linalg = np.linalg


def leaf(*shape):
    return Tensor(np.ones(shape), requires_grad=True)


# --------------------------------------------------------------------------------------------------
# Edges

# NumPy itself warns of 0 to a negative power
QUIET = pytest.mark.filterwarnings("ignore:divide by zero")
ORDERS = [None, 0, 0.5, 1, 1.5, 2, 3, -1, -2, np.inf, -np.inf]
MATRIX_ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


@QUIET
@pytest.mark.parametrize("order", ORDERS)
def test_norm_of_zeros_has_derivatives_0(order):
    for x in (np.zeros(3), np.zeros(1)):
        assert not grad(lambda v: linalg.norm(v, order))(x).any()
        assert not hessian(lambda v: linalg.norm(v, order))(x).any()


@pytest.mark.parametrize("order", MATRIX_ORDERS)
def test_norm_of_zero_matrices_has_derivatives_0(order):
    for x in (np.zeros((2, 2)), np.zeros((3, 2)), np.zeros((1, 2))):
        assert not grad(lambda a: linalg.norm(a, order))(x).any()
        assert not hessian(lambda a: linalg.norm(a, order))(x).any()


@QUIET
@pytest.mark.parametrize("order", ORDERS)
def test_norm_with_some_zeros_is_finite(order):
    x = np.array([0.0, -2.0, 0.0, 1.0])
    g = grad(lambda v: linalg.norm(v, order))(x)
    assert not g[x == 0].any()
    assert np.isfinite(g).all()
    assert np.isfinite(hessian(lambda v: linalg.norm(v, order))(x)).all()


def test_norm_of_one_zero_row_leaves_the_others_alone():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    g = grad(lambda a: linalg.norm(a, axis=1).sum())(x)
    assert_close([g], [np.array([[0.0, 0.0], [0.6, 0.8]])])


def test_norm_of_order_0_counts():
    z = linalg.norm(Tensor([0.0, 2.0, 3.0], requires_grad=True), 0)
    assert (z.item(), z.dtype, z.requires_grad) == (2.0, np.float64, False)


@pytest.mark.parametrize("order", [np.inf, 1, None])
def test_norm_of_nothing(order):
    assert linalg.norm(Tensor(np.zeros(0), requires_grad=True), order).item() == 0.0


def test_ties_share_the_gradient():
    assert_close([grad(lambda x: linalg.norm(x, np.inf))(np.array([2.0, -2.0]))], [[0.5, -0.5]])
    assert_close([grad(lambda x: linalg.norm(x, 2))(np.eye(2))], [np.eye(2) / 2])


SINGULAR = {
    "rank-2": np.arange(9.0).reshape(3, 3),
    "rank-1": np.ones((3, 3)),
    "rank-0": np.zeros((3, 3)),
    "of-2": np.zeros((2, 2)),
    "of-1": np.zeros((1, 1)),
    "identity": np.eye(3),
    "batch": np.stack([np.ones((2, 2)), np.eye(2)]),
}


def cofactors(x):
    """Return the derivative of the determinant by its definition, minors and signs."""
    n = x.shape[-1]
    c = np.zeros(x.shape)
    for i, j in itertools.product(range(n), repeat=2):
        minor = np.delete(np.delete(x, i, -2), j, -1)
        c[..., i, j] = (-1) ** (i + j) * linalg.det(minor)
    return c


@pytest.mark.parametrize("name", SINGULAR)
def test_det_is_exact_for_singular_matrices(name):
    x = SINGULAR[name]
    first = grad(lambda a: linalg.det(a).sum())
    np.testing.assert_allclose(first(x), cofactors(x), atol=1e-12)
    w = random(x.shape)
    second = grad(lambda a: (first(a) * w).sum())(x)
    expected = differences(lambda a: np.sum(w * cofactors(a)), [x])[0]
    np.testing.assert_allclose(second, expected, atol=1e-9)


def test_det_by_leibniz():
    x = random((3, 3))

    def leibniz(a):
        total = 0.0
        for p in itertools.permutations(range(3)):
            sign = linalg.det(np.eye(3)[list(p)])
            total = total + sign * a[0, p[0]] * a[1, p[1]] * a[2, p[2]]
        return total

    third = [grad(lambda a, f=f: hessian(f)(a).sum())(x) for f in (linalg.det, leibniz)]
    assert_close([grad(linalg.det)(x)], [grad(leibniz)(x)], rtol=1e-10)
    np.testing.assert_allclose(*third, atol=1e-9)


def test_slogdet_of_a_singular_matrix_is_infinite_only_where_asked():
    x = np.stack([np.eye(2), np.ones((2, 2))])
    g = grad(lambda a: np.where(np.array([True, False]), linalg.slogdet(a)[1], 0.0).sum())(x)
    assert_close([g], [np.stack([np.eye(2), np.zeros((2, 2))])])
    assert np.isinf(grad(lambda a: linalg.slogdet(a)[1].sum())(x)[1]).all()


def test_sign_of_slogdet_is_a_constant():
    sign, logabsdet = linalg.slogdet(Tensor(-np.eye(3), requires_grad=True))
    assert (sign.item(), sign.requires_grad, logabsdet.requires_grad) == (-1.0, False, True)


def test_cholesky_and_eigh_have_symmetric_gradients():
    x = regular((3, 3))
    x = x + x.T
    for f in (linalg.cholesky, lambda a: linalg.eigh(a)[1], linalg.eigvalsh):
        g = grad(lambda a, f=f: (f(a) * random(f(x).shape)).sum())(x)
        np.testing.assert_allclose(g, g.T, atol=1e-14)


def test_equal_singular_values():
    """The values have a derivative; the vectors have none, and that is said."""
    w = random((3, 3))
    assert_close([grad(lambda a: linalg.svd(a).S.sum())(np.eye(3))], [np.eye(3)])
    assert_close([grad(lambda a: linalg.norm(a, "nuc"))(np.eye(3))], [np.eye(3)])
    with pytest.raises(linalg.LinAlgError, match=r"svd has no such .*equal singular"):
        grad(lambda a: (linalg.svd(a).U * w).sum())(np.eye(3))
    with pytest.raises(linalg.LinAlgError, match="svd has no such derivative"):
        hessian(lambda a: (linalg.svd(a).S ** 2).sum())(np.eye(3))
    with pytest.raises(linalg.LinAlgError, match="singular values of 0"):
        grad(lambda a: (linalg.svd(a, full_matrices=False).U * w[:, :2]).sum())(np.ones((3, 2)))
    with pytest.raises(linalg.LinAlgError, match="singular values of 0"):
        grad(lambda a: (linalg.svd(a, full_matrices=False).Vh * w[:2]).sum())(np.ones((2, 3)))


def test_equal_eigenvalues():
    w = random((3, 3))
    x = np.diag([2.0, 2.0, 5.0])
    assert_close([grad(lambda a: linalg.eigvalsh(a).sum())(x)], [np.eye(3)])
    with pytest.raises(linalg.LinAlgError, match=r"eigh has no such .*equal eigenvalues"):
        grad(lambda a: (linalg.eigh(a).eigenvectors * w).sum())(x)


def test_which_eigenvalues_count_as_equal():
    """Those that differ by what NumPy may err, a few times the precision and the size."""
    w, eps = random((3, 3)), np.finfo(float).eps

    def slope(apart, weights):
        x = np.diag([0.25, 1 - apart, 1.0])
        return grad(lambda a: np.sum(linalg.eigh(a).eigenvectors * weights))(x)

    for apart in (0, 4 * eps, 11.5 * eps):
        with pytest.raises(linalg.LinAlgError, match="equal eigenvalues"):
            slope(apart, w)
    for apart in (12.5 * eps, 14.5 * eps):
        g = slope(apart, w)
        signs = np.diag(np.linalg.eigh(np.diag([0.25, 1 - apart, 1.0]))[1])
        expected = (w[1, 2] * signs[2] - w[2, 1] * signs[1]) / apart
        np.testing.assert_allclose(g[1, 2] + g[2, 1], expected, rtol=1e-12)
    # what is asked of equal ones by rounding errors alone is not asked
    w[1:, 1:] = 1e-12 * w[1:, 1:]
    assert np.isfinite(slope(0, w)).all()


def test_functions_of_a_matrix_with_equal_values_are_refused():
    """The slope of V f(w) Vᵀ at equal w is f'(w), which the slopes by w and V do not tell."""

    def exponential(a):
        w, v = linalg.eigh(a)
        return (v * np.exp(w)) @ v.T

    def squared(a):
        u, s, vh = linalg.svd(a)
        return (u * s**2) @ vh

    for f, name in ((exponential, "eigh"), (squared, "svd")):
        with pytest.raises(linalg.LinAlgError, match=f"{name} has no such derivative"):
            grad(lambda a, f=f: f(a)[0, 1])(np.eye(2))
        # eigh reads one triangle only, so both are moved
        x, d = np.array([[1.0, 0.2], [0.2, 1.3]]), np.array([[0.0, 1e-6], [1e-6, 0.0]])
        g = grad(lambda a, f=f: f(a)[0, 1])(x)
        np.testing.assert_allclose(np.sum(g * d), (f(x + d) - f(x - d))[0, 1] / 2, rtol=1e-6)


@pytest.mark.parametrize("size", [1e-30, 1e-8, 1e8, 1e30])
def test_gradients_of_decompositions_do_not_depend_on_the_size_of_numbers(size):
    """What counts as equal is measured by the matrix: f(c x) has c times the slope of f at c x."""
    a = np.array([[2.0, 1.0, 0.5], [1.0, -1.0, 0.3], [0.5, 0.3, 0.7]])
    weights = np.array([[0.3, -1.0, 0.2], [0.9, 0.1, -0.4], [0.6, 0.5, 0.8]])
    for vectors in (
        lambda x: linalg.eigh(x)[1] ** 2,
        lambda x: linalg.svd(x)[0] ** 2,
        lambda x: linalg.qr(x)[0] ** 2,
    ):
        slope = grad(lambda x, f=vectors: np.sum(weights * f(x)))
        assert_close([slope(size * a) * size], [slope(a)], rtol=1e-9)
    twice = np.diag([3.0, 3.0, 1.0])
    for numbers in (linalg.eigvalsh, lambda x: linalg.svd(x, compute_uv=False)):
        slope = grad(lambda x, f=numbers: np.max(f(x)))
        assert_close([slope(size * twice)], [slope(twice)], rtol=1e-9)


def test_qr_of_dependent_columns():
    for x in (np.ones((3, 2)), [[1.0, 2, 3], [2, 4, 6], [1, 0, 1]], np.zeros((2, 2))):
        # the second is singular but for rounding
        with pytest.raises(linalg.LinAlgError, match="columns are linearly dependent"):
            grad(lambda a: linalg.qr(a).R.sum())(np.array(x))
    for size, weight in ((1e-30, 1.0), (1e30, 1.0), (1.0, 1e-30), (1.0, 1e30)):
        x = np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]]) * size
        with pytest.raises(linalg.LinAlgError, match="columns are linearly dependent"):
            grad(lambda a, w=weight: w * linalg.qr(a).R.sum())(x)
    assert grad(lambda a: linalg.qr(a).R.sum())(np.zeros((3, 0))).shape == (3, 0)
    stack = np.stack([np.eye(3), [[1.0, 2, 3], [2, 4, 6], [1, 0, 1]]])
    with pytest.raises(linalg.LinAlgError, match="columns are linearly dependent"):
        grad(lambda a: linalg.qr(a).R.sum())(stack)


def test_qr_where_the_dependent_column_is_not_asked_for():
    x, w = np.array([[1.0, 2, 3], [0, 1, 1], [1, 0, 1]]), random((3, 3))

    def projector(a):
        q = linalg.qr(a).Q[:, :2]
        return np.sum(q @ q.T * w)

    found = grad(projector)(x)
    np.testing.assert_allclose(found[:, :2], grad(projector)(x[:, :2]), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found[:, 2], 0, atol=1e-7)


@pytest.mark.parametrize("p", [None, 1, -1, 2, -2, np.inf, -np.inf, "fro"])
def test_condition_of_singular_matrices(p):
    regular = np.array([[3.0, 1], [1, 2]])
    for x in (np.ones((2, 2)), np.zeros((2, 2)), np.stack([np.ones((2, 2)), regular])):
        np.testing.assert_allclose(linalg.cond(Tensor(x), p).data, linalg.cond(x, p), atol=1e-15)
    np.testing.assert_allclose(
        grad(lambda x: linalg.cond(x, p)[1])(np.stack([np.diag([1.0, 0.0]), regular]))[1],
        differences(lambda x: linalg.cond(x, p), [regular])[0],
        rtol=1e-6,
        atol=1e-9,
    )


def test_pinv_among_matrices_of_one_rank():
    u, v = random((4, 2)), random((2, 3), seed=1)
    w = random((3, 4), seed=2)
    f = lambda a, b: (linalg.pinv(a @ b, rcond=1e-8) * w).sum()  # noqa: E731
    assert_close(list(grad(f, (0, 1))(u, v)), differences(f, [u, v]), rtol=1e-5)


def test_pinv_cuts_where_numpy_does():
    x = np.diag([1.0, 1e-3, 1e-16])
    t = Tensor(x, requires_grad=True)
    for options in ({}, {"rcond": 1e-2}, {"rtol": 1e-2}, {"rtol": None}):
        np.testing.assert_array_equal(linalg.pinv(t, **options).data, linalg.pinv(x, **options))


def test_integers_have_results_without_gradient():
    t = Tensor([[2, 1], [1, 3]])
    for f in (linalg.det, linalg.inv, linalg.norm, linalg.svdvals, linalg.eigvalsh, linalg.cond):
        assert not f(t).requires_grad
        np.testing.assert_allclose(f(t).data, f(t.data))


# --------------------------------------------------------------------------------------------------
# Results with names, and results without a gradient


def test_results_have_numpys_names():
    t = Tensor(regular((3, 3)), requires_grad=True)
    x = t.data
    for f in (linalg.svd, linalg.qr, linalg.eigh, linalg.slogdet):
        ours, theirs = f(t), f(x)
        assert type(ours) is type(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert isinstance(a, Tensor)
            np.testing.assert_allclose(a.data, b, rtol=1e-12, atol=1e-14)


def test_lstsq_is_numpys_tuple():
    for shape, target in (((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 4), (2,)), ((3, 3), (3, 2))):
        a, b = random(shape), random(target, seed=1)
        ours, theirs = linalg.lstsq(Tensor(a, requires_grad=True), b), linalg.lstsq(a, b)
        assert ours[2] == theirs[2]
        for k in (0, 1, 3):
            np.testing.assert_allclose(ours[k].data, theirs[k], rtol=1e-10)


def test_matrix_rank_is_plain():
    assert linalg.matrix_rank(leaf(3, 3)) == 1
    np.testing.assert_array_equal(linalg.matrix_rank(leaf(2, 3, 3)), [1, 1])


def test_wide_qr():
    x = random((2, 4))
    ours, theirs = linalg.qr(Tensor(x, requires_grad=True)), linalg.qr(x)
    np.testing.assert_allclose(ours.R.data, theirs.R, atol=1e-14)
    complete = linalg.qr(Tensor(x, requires_grad=True), mode="complete")
    np.testing.assert_allclose(complete.Q.data, linalg.qr(x, mode="complete").Q, atol=1e-14)


def test_polynomials_of_numbers():
    assert_close([grad(lambda p: np.polyval(p, 2.0))(np.array([1.0, 1.0, 1.0]))], [[4.0, 2.0, 1.0]])
    x = Value(3.0)
    np.polyval([1.0, 0.0, 2.0], x).backward()
    assert x.grad == 6.0
    assert math.isclose(grad(lambda v: np.polyval([2.0, 1.0], v))(5.0), 2.0)


@pytest.mark.parametrize("of_p", [np.float32, np.float64, int])
@pytest.mark.parametrize("of_x", [np.float32, np.float64, int])
def test_polynomials_have_numpys_dtype(of_p, of_x):
    p, x = np.array([1, -2, 3]).astype(of_p), np.array([[1, 2], [0, -1]]).astype(of_x)
    for given in ((Tensor(p), x), (p, Tensor(x)), (p.tolist(), Tensor(x)), (p[:0], Tensor(x))):
        expected = np.polyval(*[getattr(a, "data", a) for a in given])
        found = np.polyval(*given)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.data, expected)


def test_polynomials_are_one_operation_or_many():
    x = Tensor([0.5, 2.0], requires_grad=True)
    rows = random((3, 2))
    assert np.polyval(rows[:, 0], x).op.name == "polyval"
    # rows of coefficients, a polynomial for each entry; and coefficients that are nodes
    several = np.polyval(rows, x)
    nodes = np.polyval([x[0], 1.0, x[1]], x)
    (several.sum() + nodes.sum()).backward()
    np.testing.assert_allclose(several.data, np.polyval(rows, x.data))
    np.testing.assert_allclose(nodes.data, np.polyval([0.5, 1.0, 2.0], x.data))
    slopes = 2 * rows[0] * x.data + rows[1] + 2 * 0.5 * x.data + 1
    np.testing.assert_allclose(x.grad, slopes + np.array([4.25, 2.0]))


def test_a_polynomial_that_was_not_taken_adds_nothing():
    x = Tensor([1.7e308, 1.0], requires_grad=True)
    with np.errstate(all="ignore"):
        np.where(x.data < 10, np.polyval(np.ones(3), x), 0.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 3.0])
    p = Tensor(np.ones(3), requires_grad=True)
    with np.errstate(all="ignore"):
        y = np.polyval(p, np.array([np.inf, np.nan, 2.0]))
        (y * np.array([0.0, 0.0, 1.0])).sum().backward(create_graph=True)
    np.testing.assert_array_equal(p.grad.data, [4.0, 2.0, 1.0])
    p.grad = None
    with np.errstate(all="ignore"):
        np.polyval(p, np.array([np.inf, np.nan, 2.0])).backward([0.0, 0.0, 1.0])
    np.testing.assert_array_equal(p.grad, [4.0, 2.0, 1.0])


# --------------------------------------------------------------------------------------------------
# Refusals and errors

T = leaf
REFUSED = {
    "einsum-out": (
        lambda: np.einsum("ij", T(2, 3), out=np.zeros((2, 3))),
        TypeError,
        "einsum: out=",
    ),
    "einsum-dtype": (lambda: np.einsum("ij", T(2, 3), dtype="f4"), TypeError, "einsum: dtype="),
    "einsum-order": (lambda: np.einsum("ij", T(2, 3), order="F"), TypeError, "order="),
    "einsum-twice": (lambda: np.einsum("ij->ijj", T(2, 3)), ValueError, "'j' twice"),
    "einsum-unknown": (lambda: np.einsum("ij->ik", T(2, 3)), ValueError, "'k' .* in no operand"),
    "einsum-dot": (lambda: np.einsum("i.j", T(2, 3)), ValueError, "ellipsis"),
    "einsum-digit": (lambda: np.einsum("i1", T(2, 3)), ValueError, "neither a letter"),
    "einsum-arrows": (lambda: np.einsum("ij->i->j", T(2, 3)), ValueError, "neither a letter"),
    "einsum-operands": (lambda: np.einsum("ij,jk", T(2, 3)), ValueError, "2 operands, 1"),
    "einsum-axes": (lambda: np.einsum("i", T(2, 3)), ValueError, "operand with 2 axes"),
    "einsum-lost": (lambda: np.einsum("...i->i", T(2, 3)), ValueError, "its output has none"),
    "einsum-sizes": (lambda: np.einsum("ij,jk", T(2, 3), T(4, 3)), ValueError, r"einsum of shapes"),
    "einsum-sublist": (lambda: np.einsum(T(2, 3), [52, 1]), ValueError, "range"),
    "einsum-alone": (lambda: np.einsum(T(2, 3)), ValueError, "subscripts"),
    "einsum-complex": (lambda: np.einsum("i,i", T(2), np.ones(2) * 1j), TypeError, "complex"),
    "dot-out": (lambda: np.dot(T(2), T(2), out=np.zeros(())), TypeError, "dot: out="),
    "dot": (lambda: np.dot(T(2, 2, 3), T(2, 3)), ValueError, r"dot: axes .* equal lengths"),
    "inner": (lambda: np.inner(T(2, 3), T(2)), ValueError, "inner: axes"),
    "tensordot": (lambda: np.tensordot(T(2), T(3), 1), ValueError, "tensordot: axes"),
    "tensordot-axes": (lambda: np.tensordot(T(2), T(2), ((0,), ())), ValueError, "as many axes"),
    "tensordot-negative": (lambda: np.tensordot(T(2), T(2), -1), ValueError, "negative"),
    "kron-complex": (lambda: np.kron(T(2), np.ones(2) * 1j), TypeError, "complex"),
    "cross": (lambda: np.cross(T(4), T(4)), ValueError, "2 or 3 components"),
    "cross-axisc": (lambda: np.cross(T(2, 3), T(2, 3), axisc=2), AxisError, "cross: axis 2"),
    "linalg.vecdot": (lambda: linalg.vecdot(T(2, 3), T(2, 3), axis=3), AxisError, "vecdot: axis 3"),
    "linalg.vecdot-number": (lambda: linalg.vecdot(T(), T(3)), AxisError, "vecdot: axis -1"),
    "lstsq-precision": (
        lambda: linalg.lstsq(Tensor([[1.0, 2], [2, 4]], requires_grad=True), T(2), rcond=-1),
        linalg.LinAlgError,
        "has rank 1",
    ),
    "cross-number": (lambda: np.cross(T(), T(3)), ValueError, "a vector is needed"),
    "linalg.cross": (lambda: linalg.cross(T(2), T(2)), ValueError, "3 components"),
    "linalg.outer": (lambda: linalg.outer(T(2, 2), T(2)), ValueError, "vectors are needed"),
    "cov-weights": (lambda: np.cov(T(2, 3), fweights=[1, 1, 1]), TypeError, "cov: fweights="),
    "cov-3-d": (lambda: np.cov(T(2, 3, 2)), ValueError, "cov: at most 2 axes"),
    "trace-dtype": (lambda: np.trace(T(2, 2), dtype="f4"), TypeError, "trace: dtype="),
    "trace": (lambda: linalg.trace(T(2)), ValueError, "2 axes"),
    "ediff1d": (lambda: np.ediff1d(Tensor([1, 2]), 0.5), TypeError, "float64 do not fit .* int64"),
    "matrix_transpose": (lambda: np.matrix_transpose(T(2)), ValueError, "at least 2 axes"),
    "convolve": (lambda: np.convolve(T(2, 2), T(2)), ValueError, "convolve: vectors"),
    "convolve-empty": (lambda: np.convolve(T(0), T(2)), ValueError, "at least one number"),
    "convolve-mode": (lambda: np.convolve(T(2), T(2), "some"), ValueError, "mode is"),
    "polyder": (lambda: np.polyder(T(3), -1), ValueError, "must not be negative"),
    "polyint": (lambda: np.polyint(T(3), -1), ValueError, "must not be negative"),
    "polyint-few": (lambda: np.polyint(T(3), 3, T(2)), ValueError, "3 constants are needed, got 2"),
    "polyfit": (lambda: np.polyfit(T(3), T(3), 1), TypeError, "np.polyfit has no rule"),
    "roots": (lambda: np.roots(T(3)), TypeError, "np.roots has no rule"),
    "over_axes": (lambda: np.apply_over_axes(np.sum, T(2, 2), [0]), TypeError, "apply_over_axes"),
    "inv": (lambda: linalg.inv(T(3, 3)), linalg.LinAlgError, r"inv of shapes \(3, 3\): Singular"),
    "inv-shape": (lambda: linalg.inv(T(3, 2)), linalg.LinAlgError, r"inv: square .*\(3, 2\)"),
    "inv-vector": (lambda: linalg.inv(T(3)), linalg.LinAlgError, "inv: a matrix or a stack"),
    "solve": (lambda: linalg.solve(Tensor(np.eye(3)), T(2)), ValueError, "solve of shapes"),
    "lstsq": (lambda: linalg.lstsq(T(3, 2), T(3)), linalg.LinAlgError, "rank 1.*rank 2"),
    "lstsq-shape": (lambda: linalg.lstsq(T(3, 2), T(2)), linalg.LinAlgError, "do not fit"),
    "pinv-both": (lambda: linalg.pinv(T(2, 2), 0.1, rtol=0.1), ValueError, "one of rcond= and"),
    "pinv-hermitian": (lambda: linalg.pinv(T(2, 2), hermitian=True), TypeError, "hermitian="),
    "tensorinv": (lambda: linalg.tensorinv(T(2, 2), ind=0), ValueError, "must be positive"),
    "tensorsolve": (lambda: linalg.tensorsolve(T(2, 3), T(2)), linalg.LinAlgError, "square system"),
    "power-shape": (lambda: linalg.matrix_power(T(2, 3), 2), linalg.LinAlgError, "square"),
    "power": (lambda: linalg.matrix_power(T(2, 2), 0.5), TypeError, "must be an integer"),
    "multi_dot": (lambda: linalg.multi_dot([T(2, 2)]), ValueError, "at least two"),
    "multi_dot-3": (lambda: linalg.multi_dot([T(2, 2, 2), T(2)]), linalg.LinAlgError, "matrices"),
    "cholesky": (lambda: linalg.cholesky(-T(3, 3)), linalg.LinAlgError, "not positive definite"),
    "qr-complete": (lambda: linalg.qr(T(3, 2), "complete"), TypeError, "mode='complete'"),
    "qr-raw": (lambda: linalg.qr(T(3, 2), "raw"), TypeError, "mode='raw'"),
    "svd-full": (lambda: linalg.svd(T(3, 2)), TypeError, "use full_matrices=False"),
    "svd-hermitian": (lambda: linalg.svd(T(2, 2), hermitian=True), TypeError, "hermitian="),
    "eig": (lambda: linalg.eig(T(2, 2)), TypeError, "linalg.eig on nodes: .*complex"),
    "eigvals": (lambda: linalg.eigvals(T(2, 2)), TypeError, "linalg.eigvals on nodes: .*complex"),
    "norm-axes": (lambda: linalg.norm(T(2, 2, 2), 1), ValueError, "one axis or two"),
    "norm-matrix": (lambda: linalg.norm(T(2, 2), 3), ValueError, "no order 3 of matrices"),
    "norm-vector": (lambda: linalg.norm(T(2), "fro"), ValueError, "one of matrices"),
    "norm-axis": (lambda: linalg.norm(T(2), axis=1), np.exceptions.AxisError, "norm"),
    "cond-empty": (lambda: linalg.cond(Tensor(np.zeros((0, 0)))), linalg.LinAlgError, "empty"),
    "vecdot": (lambda: np.vecdot(T(2), T(3)), ValueError, "vecdot of shapes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        call()


TRANSFORMS = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
TRANSFORMS += [a + b for a in ("fft", "ifft", "rfft", "irfft") for b in ("2", "n")]


@pytest.mark.parametrize("name", TRANSFORMS)
def test_fourier_transforms_are_refused(name):
    with pytest.raises(
        TypeError, match=f"np.fft.{name} on nodes: complex numbers are not supported"
    ):
        getattr(np.fft, name)(leaf(4, 4))
