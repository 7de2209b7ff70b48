"""A matrix that is used again and again: collected factors give the sum of all products."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.sweep import repeated

N = 300  # turns, so that factors of a few numbers are joined more than once
RNG = np.random.default_rng(0)


def leaf(*shape):
    return Tensor(RNG.normal(size=shape), requires_grad=True)


def joins(monkeypatch):
    """Return the list in which the number of products that are joined will be noted."""
    monkeypatch.setattr(repeated, "ENOUGH", 2000)
    noted = []
    join = repeated._Matrix.join

    def noting(matrix, found):
        noted.append(len(matrix.waiting))
        join(matrix, found)

    monkeypatch.setattr(repeated._Matrix, "join", noting)
    return noted


FORMS = {
    "rows": ((7, 40), (40, 30), lambda x, w: x @ w, lambda x, c: x.T @ c, lambda c, w: c @ w.T),
    "a row": ((40,), (40, 30), lambda x, w: x @ w, np.outer, lambda c, w: w @ c),
    "columns": ((40, 7), (30, 40), lambda x, w: w @ x, lambda x, c: c @ x.T, lambda c, w: w.T @ c),
    "vector": ((40,), (30, 40), lambda x, w: w @ x, lambda x, c: np.outer(c, x), np.matmul),
}  # fmt: skip


@pytest.mark.parametrize("tracked", [True, False], ids=["node", "data"])
@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_of_a_matrix_is_the_sum_of_products(monkeypatch, form, tracked):
    noted = joins(monkeypatch)
    x_shape, w_shape, product, of_w, of_x = FORMS[form]
    w, xs = leaf(*w_shape), [leaf(*x_shape) for _ in range(N)]
    cs = [RNG.normal(size=product(x.data, w.data).shape) for x in xs]
    loss = sum(
        (product(x if tracked else x.data, w) * c).sum() for x, c in zip(xs, cs, strict=True)
    )
    loss.backward()
    exact = sum(of_w(x.data, c) for x, c in zip(xs, cs, strict=True))
    np.testing.assert_allclose(w.grad, exact, rtol=1e-12, atol=1e-12)
    for x, c in zip(xs, cs, strict=True):
        if tracked:
            np.testing.assert_allclose(x.grad, of_x(c, w.data), rtol=1e-12, atol=1e-13)
    # the first two products make the sum to which the others are added
    assert len(noted) > 1
    assert sum(noted) == N - 2


@pytest.mark.parametrize("tracked", [True, False], ids=["node", "data"])
@pytest.mark.parametrize("shape", [(7, 40), (40,)])
def test_the_bias_of_a_layer_is_summed_with_its_matrix(monkeypatch, shape, tracked):
    noted = joins(monkeypatch)
    w, b, xs = leaf(40, 30), leaf(30), [leaf(*shape) for _ in range(N)]
    cs = [RNG.normal(size=(*shape[:-1], 30)) for _ in xs]
    pairs = list(zip(xs, cs, strict=True))
    sum((ag.linear(x if tracked else x.data, w, b) * c).sum() for x, c in pairs).backward()
    exact = sum(np.atleast_2d(x.data).T @ np.atleast_2d(c) for x, c in pairs)
    np.testing.assert_allclose(w.grad, exact, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(b.grad, np.reshape(cs, (-1, 30)).sum(0), rtol=1e-12, atol=1e-12)
    assert sum(noted) == N - 2


def recurrent(w, u, b, xs):
    h, loss = np.zeros((xs[0].shape[0], len(w))), 0.0
    for x in xs:
        h = np.tanh(ag.linear(x, u, b) + h @ w)
        loss = loss + (h * h).sum()
    return loss


def test_a_recurrent_network_has_the_gradient_of_differences(monkeypatch):
    noted = joins(monkeypatch)
    shapes, xs = [(6, 6), (3, 6), (6,)], RNG.normal(size=(40, 8, 3))
    parameters = tuple(RNG.normal(size=shape) * 0.3 for shape in shapes)
    ag.check_grads(lambda *p: recurrent(*p, xs), parameters, order=1)
    assert noted


def test_a_matrix_that_is_also_something_else_keeps_every_contribution():
    w, other = leaf(9, 9), leaf(9, 9)
    xs = RNG.normal(size=(80, 2, 9))
    loss = (w * w).sum() + (w @ w).sum() + (w.T @ other).sum()
    for x in xs:
        loss = loss + (x @ w).sum() + (x @ (w + 0.0)).sum() + (w @ x.T).sum() + (other @ w).sum()
    loss.backward()
    total, one = xs.sum((0, 1)), np.ones(9)
    exact = 2 * w.data + np.outer(one, w.data.sum(1)) + np.outer(w.data.sum(0), one)
    exact += np.outer(other.data.sum(1), one) + 80 * np.outer(other.data.sum(0), one)
    exact += 2 * np.outer(total, one) + np.outer(one, total)
    np.testing.assert_allclose(w.grad, exact, rtol=1e-12)
    exact = np.outer(w.data.sum(1), one) + 80 * np.outer(one, w.data.sum(1))
    np.testing.assert_allclose(other.grad, exact, rtol=1e-12)


def test_a_matrix_of_another_dtype_keeps_its_own():
    w = Tensor(RNG.normal(size=(6, 4)).astype("f4"), requires_grad=True)
    xs = RNG.normal(size=(80, 3, 6))
    sum((x @ w).sum() for x in xs).backward()
    assert w.grad.dtype == np.float32
    np.testing.assert_allclose(w.grad, np.outer(xs.sum((0, 1)), np.ones(4)), rtol=1e-5)


def test_two_tensors_that_share_an_array_have_gradients_of_their_own():
    w = leaf(6, 4)
    twin = Tensor(w.data, requires_grad=True)
    xs = RNG.normal(size=(80, 3, 6))
    sum((x @ w + 2.0 * (x @ twin)).sum() for x in xs).backward()
    np.testing.assert_allclose(twin.grad, 2.0 * w.grad, rtol=1e-12)
    np.testing.assert_allclose(w.grad, np.outer(xs.sum((0, 1)), np.ones(4)), rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "size", "copied"),
    [(32, 32, True), (31, 32, False), (64, 31, False), (16, 64, True), (16, 65, False)],
)
def test_rows_meet_a_copy_of_the_transpose_where_that_pays(rows, size, copied):
    matrix, w = repeated._Matrix(None, None, left=False), RNG.normal(size=(size, size))
    g = RNG.normal(size=(rows, size))
    np.testing.assert_allclose(matrix.pull(w, g), g @ w.T, rtol=1e-12)
    assert (matrix.turned is not None) == copied
