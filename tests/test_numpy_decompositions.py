"""Determinants and decompositions on nodes where matrices are singular or values are equal."""

import itertools

import numpy as np
import pytest

from autograd import Tensor, grad, hessian

from .cases_linalg import random, regular
from .checks import assert_close, differences

linalg = np.linalg
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


@pytest.mark.parametrize("scale", [1.0, 1e-103, 1e-106, 1e103])
def test_det_of_regular_matrices_next_to_others(scale):
    regular, nearly = random((3, 3)) + 3 * np.eye(3), random((3, 2)) @ random((2, 3))
    x = np.stack([regular, nearly + 1e-9 * regular, nearly + 1e-14 * regular, regular.T])
    with np.errstate(over="ignore"):
        found = grad(lambda a: linalg.det(scale * a).sum() / scale**2)(x) / scale
    for one, c in zip(x, found, strict=True):
        size = np.abs(cofactors(one)).max()
        np.testing.assert_allclose(c, cofactors(one), atol=1e-12 * size)
    np.testing.assert_allclose(grad(linalg.det)(x[2]), cofactors(x[2]), atol=1e-12)


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
