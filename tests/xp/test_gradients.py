"""Gradients through `autograd.xp`: of every function that has one, against finite differences."""

import numpy as np
import pytest

from autograd import Tensor, Value, check_grads, grad, jit, xp

RNG = np.random.default_rng(5)
SQUARE = RNG.normal(size=(3, 3)) + 4 * np.eye(3)
X, Y = RNG.uniform(0.2, 0.8, (3, 3)), RNG.uniform(0.2, 0.8, (3, 3))
INDEX = np.array([2, 0])
UNARY = (
    "abs acos asin asinh atan atanh conj cos cosh exp expm1 log log10 log1p log2 negative positive "
    "real reciprocal sin sinh sqrt square tan tanh"
)
BINARY = "add atan2 divide hypot logaddexp maximum minimum multiply pow subtract copysign"
REDUCTIONS = "max mean min prod std sum var"

CASES = {
    **{n: (getattr(xp, n), X) for n in UNARY.split()},
    **{n: (lambda x, n=n: getattr(xp, n)(x, Y), X) for n in BINARY.split()},
    **{
        f"{n}, second": (lambda y, n=n: getattr(xp, n)(X, y), Y)
        for n in BINARY.split()
        if n != "copysign"
    },
    **{n: (lambda x, n=n: getattr(xp, n)(x, axis=1), X) for n in REDUCTIONS.split()},
    **{f"{n} of all": (getattr(xp, n), X) for n in REDUCTIONS.split()},
    "remainder": (lambda x: xp.remainder(x, 0.3), X),
    "acosh": (xp.acosh, X + 2),
    "clip": (lambda x: xp.clip(x, 0.3, max=0.7), X),
    "cumulative_sum": (lambda x: xp.cumulative_sum(x, axis=0, include_initial=True), X),
    "cumulative_prod": (lambda x: xp.cumulative_prod(x, axis=0), X),
    "diff": (lambda x: xp.diff(x, n=2, prepend=x[:, :1]), X),
    "where": (lambda x: xp.where(X > 0.5, x, 2 * x), X),
    "sort": (lambda x: xp.sort(x, axis=0), X),
    "sort, descending": (lambda x: xp.sort(x, descending=True), X),
    "take": (lambda x: xp.take(x, xp.asarray(INDEX), axis=1), X),
    "take_along_axis": (lambda x: xp.take_along_axis(x, xp.argsort(x, descending=True)), X),
    "concat": (lambda x: xp.concat([x, Y, x], axis=1), X),
    "concat, flattened": (lambda x: xp.concat([x, Y], axis=None), X),
    "stack": (lambda x: xp.stack([x, x * x], axis=-1), X),
    "unstack": (lambda x: xp.unstack(x, axis=1)[0] * xp.unstack(x)[1], X),
    "broadcast_arrays": (lambda x: xp.broadcast_arrays(x[:1], xp.asarray(Y))[0], X),
    "broadcast_to": (lambda x: xp.broadcast_to(x, (2, 3, 3)), X),
    "expand_dims": (lambda x: xp.expand_dims(x, axis=1), X),
    "flip": (lambda x: xp.flip(x, axis=0), X),
    "moveaxis": (lambda x: xp.moveaxis(x, 0, 1), X),
    "permute_dims": (lambda x: xp.permute_dims(x, (1, 0)), X),
    "matrix_transpose": (xp.matrix_transpose, X),
    "repeat": (lambda x: xp.repeat(x, 2, axis=0), X),
    "reshape": (lambda x: xp.reshape(x, (9,)), X),
    "roll": (lambda x: xp.roll(x, 1), X),
    "squeeze": (lambda x: xp.squeeze(x[None], axis=0), X),
    "tile": (lambda x: xp.tile(x, (2, 1)), X),
    "tril": (lambda x: xp.tril(x, k=1), X),
    "triu": (xp.triu, X),
    "meshgrid": (lambda x: xp.meshgrid(x[0], x[1])[0], X),
    "full": (lambda x: xp.full((2, 2), x[0, 0]), X),
    "full_like": (lambda x: xp.full_like(Y, x[0, 0]), X),
    "linspace": (lambda x: xp.linspace(x[0, 0], x[1, 1], 4), X),
    "astype": (lambda x: xp.astype(x, xp.float64), X),
    "asarray": (lambda x: xp.asarray([x[0, 0], x[1, 1]]), X),
    "matmul": (lambda x: xp.matmul(x, x), X),
    "vecdot": (lambda x: xp.vecdot(x, x[0], axis=-1), X),
    "tensordot": (lambda x: xp.tensordot(x, x, axes=1), X),
    "linalg.outer": (lambda x: xp.linalg.outer(x[0], x[1]), X),
    "linalg.cross": (lambda x: xp.linalg.cross(x, x[::-1]), X),
    "linalg.matrix_power": (lambda x: xp.linalg.matrix_power(x, 3), X),
    "linalg.det": (xp.linalg.det, SQUARE),
    "linalg.slogdet": (lambda x: xp.linalg.slogdet(x).logabsdet, SQUARE),
    "linalg.diagonal": (lambda x: xp.linalg.diagonal(x, offset=1), X),
    "linalg.trace": (xp.linalg.trace, X),
    "linalg.trace, in a dtype": (lambda x: xp.linalg.trace(x, offset=1, dtype=xp.float64), X),
    "linalg.matrix_norm": (xp.linalg.matrix_norm, X),
    "linalg.vector_norm": (lambda x: xp.linalg.vector_norm(x, axis=1), X),
    "linalg.inv": (xp.linalg.inv, SQUARE),
    "linalg.pinv": (xp.linalg.pinv, SQUARE),
    "linalg.solve": (lambda x: xp.linalg.solve(x, x[0]), SQUARE),
    "linalg.cholesky": (lambda x: xp.linalg.cholesky(x @ x.mT, upper=True), SQUARE),
    "linalg.qr": (lambda x: xp.linalg.qr(x).R, SQUARE),
    "linalg.svd": (lambda x: xp.linalg.svd(x, full_matrices=False).S, X),
    "linalg.svdvals": (xp.linalg.svdvals, X),
    "linalg.eigh": (lambda x: xp.linalg.eigh(x + x.mT).eigenvalues, X),
    "linalg.eigvalsh": (lambda x: xp.linalg.eigvalsh(x + x.mT), X),
    "fft.fftshift": (xp.fft.fftshift, X),
    "fft.ifftshift": (xp.fft.ifftshift, X),
}


@pytest.mark.parametrize("name", CASES)
def test_gradient(name):
    function, point = CASES[name]
    z = function(Tensor(point, requires_grad=True))
    assert type(z) is Tensor
    assert z.requires_grad
    np.testing.assert_allclose(z.data, function(xp.asarray(point)).data, rtol=1e-12)
    check_grads(lambda x: xp.sum(function(x) * function(x)), (point,))


# what has no gradient by nature answers plainly, what would lose one is refused
CONSTANT = (
    "all any argmax argmin argsort ceil count_nonzero floor isfinite isinf isnan logical_not "
    "nonzero round sign signbit trunc zeros_like ones_like empty_like"
)
COMPLEX = "fft.fft fft.rfft fft.irfft fft.fftn linalg.eig linalg.eigvals"


def find(name):
    found = xp
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", CONSTANT.split())
def test_no_gradient_by_nature(name):
    found = find(name)(Tensor(X, requires_grad=True))
    for z in found if isinstance(found, tuple) else (found,):
        assert type(z) is Tensor
        assert not z.requires_grad


@pytest.mark.parametrize("name", COMPLEX.split())
def test_a_gradient_is_never_lost(name):
    with pytest.raises(TypeError, match="complex numbers"):
        find(name)(Tensor(X, requires_grad=True))


@pytest.mark.parametrize("name", ["unique_all", "unique_counts", "unique_inverse"])
def test_values_once_keep_their_gradients(name):
    x = Tensor([3.0, 1.0, 3.0, 2.0], requires_grad=True)
    values, *rest = find(name)(x)
    assert not any(part.requires_grad for part in rest)
    (values * np.array([1.0, 2.0, 3.0])).sum().backward()
    xp.unique_values(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [4.0, 2.0, 0.0, 3.0])


@pytest.mark.parametrize("name", ["floor_divide", "equal", "less", "isin", "searchsorted"])
def test_comparisons_of_nodes(name):
    x = Tensor(X[0], requires_grad=True)
    z = find(name)(x, x)
    assert type(z) is Tensor
    assert not z.requires_grad


def test_second_derivative_through_the_namespace():
    f = lambda x: xp.sum(xp.exp(x) * x)  # noqa: E731
    point = np.array([0.5, 1.0])
    second = grad(lambda x: xp.sum(grad(f)(x)))(point)
    np.testing.assert_allclose(second, np.exp(point) * (point + 2), rtol=1e-12)


def test_values_stay_values():
    x = Value(0.5)
    z = xp.multiply(xp.exp(x), xp.maximum(x, 0.0))
    assert isinstance(z, Value)
    z.backward()
    assert x.grad == pytest.approx(np.exp(0.5) * 1.5)
    joined = xp.stack([xp.asarray(x), xp.asarray(2.0)])
    assert isinstance(joined, Tensor)
    assert joined.requires_grad


def test_the_namespace_in_a_replay():
    f = lambda x: xp.sum(xp.exp(x) * xp.concat([x[1:], x[:1]]))  # noqa: E731
    point = np.array([0.5, 1.0, 2.0])
    np.testing.assert_allclose(jit(grad(f))(point), grad(f)(point), rtol=1e-14)
