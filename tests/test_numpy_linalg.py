"""`numpy.linalg` and `numpy.fft` on nodes: the edges, forms of results, refusals."""

import numpy as np
import pytest
from numpy.exceptions import AxisError

from autograd import Tensor, grad, hessian

from .cases_linalg import random, regular
from .checks import assert_close

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


# --------------------------------------------------------------------------------------------------
# Refusals and errors


T = leaf


REFUSED = {
    "einsum-out": (
        lambda: np.einsum("ij", T(2, 3), out=np.zeros((2, 3))),
        TypeError,
        "einsum: out=",
    ),
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
    "cov-3-d": (lambda: np.cov(T(2, 3, 2)), ValueError, "cov: at most 2 axes"),
    "trace": (lambda: linalg.trace(T(2)), ValueError, "2 axes"),
    "ediff1d": (lambda: np.ediff1d(Tensor([1, 2]), 0.5), TypeError, "float64 do not fit .* int64"),
    "matrix_transpose": (lambda: np.matrix_transpose(T(2)), ValueError, "at least 2 axes"),
    "convolve": (lambda: np.convolve(T(2, 2), T(2)), ValueError, "convolve: vectors"),
    "convolve-empty": (lambda: np.convolve(T(0), T(2)), ValueError, "at least one number"),
    "convolve-mode": (lambda: np.convolve(T(2), T(2), "some"), ValueError, "mode is"),
    "polyder": (lambda: np.polyder(T(3), -1), ValueError, "must not be negative"),
    "polyint": (lambda: np.polyint(T(3), -1), ValueError, "must not be negative"),
    "polyint-few": (lambda: np.polyint(T(3), 3, T(2)), ValueError, "3 constants are needed, got 2"),
    "roots": (lambda: np.roots(T(3)), TypeError, "np.roots has no rule"),
    "inv": (lambda: linalg.inv(T(3, 3)), linalg.LinAlgError, r"inv of shapes \(3, 3\): Singular"),
    "inv-shape": (lambda: linalg.inv(T(3, 2)), linalg.LinAlgError, r"inv: square .*\(3, 2\)"),
    "inv-vector": (lambda: linalg.inv(T(3)), linalg.LinAlgError, "inv: a matrix or a stack"),
    "solve": (lambda: linalg.solve(Tensor(np.eye(3)), T(2)), ValueError, "solve of shapes"),
    "lstsq": (lambda: linalg.lstsq(T(3, 2), T(3)), linalg.LinAlgError, "rank 1.*rank 2"),
    "lstsq-shape": (lambda: linalg.lstsq(T(3, 2), T(2)), linalg.LinAlgError, "do not fit"),
    "pinv-both": (lambda: linalg.pinv(T(2, 2), 0.1, rtol=0.1), ValueError, "one of rcond= and"),
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


def test_a_tensor_equation_of_no_numbers():
    a, b = np.ones((0, 3, 3, 0)), np.ones((0, 3))
    z = linalg.tensorsolve(Tensor(a, requires_grad=True), b)
    assert z.shape == linalg.tensorsolve(a, b).shape == (3, 0)
