"""scan against a plain loop, closed forms, finite differences, and PyTorch if installed."""

import numpy as np
import pytest

from autograd import Tensor, Value, check_grads, grad, hessian, jacobian, jvp, no_grad, scan

RNG = np.random.default_rng(3)
W, U, B = RNG.normal(size=(3, 3)) * 0.5, RNG.normal(size=(2, 3)), RNG.normal(size=3)
XS, H = RNG.normal(size=(5, 4, 2)), RNG.normal(size=(4, 3))


def rnn(w, u, b, h, xs, reverse=False):
    def step(h, x):
        h = np.tanh(x @ u + h @ w + b)
        return h, h * h

    return scan(step, h, xs, reverse=reverse)


def by_hand(w, u, b, h, xs, reverse=False):
    """Return the same in NumPy, with a list."""
    ys = [None] * len(xs)
    for k in range(len(xs))[:: -1 if reverse else 1]:
        h = np.tanh(xs[k] @ u + h @ w + b)
        ys[k] = h * h
    return h, np.array(ys)


@pytest.mark.parametrize("reverse", [False, True])
def test_values_are_those_of_a_loop(reverse):
    last, ys = rnn(W, U, B, H, XS, reverse)
    wanted = by_hand(W, U, B, H, XS, reverse)
    assert type(last) is type(ys) is np.ndarray
    np.testing.assert_array_equal(last, wanted[0])
    np.testing.assert_array_equal(ys, wanted[1])


@pytest.mark.parametrize("reverse", [False, True])
def test_gradients_against_differences_to_second_order(reverse):
    def loss(*leaves):
        last, ys = rnn(*leaves, reverse)
        return (last.sum() + (ys * np.cos(np.arange(3.0))).sum()) ** 2

    check_grads(loss, (W, U, B, H, XS), order=2)


def test_a_linear_recurrence_has_its_closed_form():
    # h_n = w^n h_0 + Σ w^(n-1-k) x_k
    w, h, x = Tensor(0.8, requires_grad=True), Tensor(2.0, requires_grad=True), np.arange(1.0, 7.0)
    last, _ = scan(lambda h, x: (w * h + x, None), h, x)
    powers = 0.8 ** np.arange(6)[::-1]
    assert last.item() == pytest.approx(2 * 0.8**6 + powers @ x)
    last.backward()
    slopes = np.arange(5, -1, -1) * 0.8 ** (np.arange(5, -1, -1) - 1.0)
    assert float(w.grad) == pytest.approx(2 * 6 * 0.8**5 + slopes @ x)
    assert float(h.grad) == pytest.approx(0.8**6)


@pytest.mark.parametrize("n", [1, 7, 8, 9, 64, 65, 100])
def test_every_row_of_a_tracked_tensor_gets_its_own_gradient(n):
    xs = Tensor(np.ones((n, 2)), requires_grad=True)
    weights = np.arange(2.0 * n).reshape(n, 2)
    total, _ = scan(lambda c, x: (c + (x[0] * x[1]).sum(), None), 0.0, (xs, weights))
    total.backward()
    np.testing.assert_array_equal(xs.grad, weights)


def test_nests_none_and_untracked_tensors():
    xs = {"a": Tensor(np.arange(3.0)), "b": [np.arange(3), None]}
    seen = []

    def step(carry, x):
        seen.append((type(x["a"]), x["b"][1]))
        return {"s": carry["s"] + x["a"], "n": carry["n"] + 1, "o": None}, (x["b"][0], {"y": None})

    last, ys = scan(step, {"s": 0.0, "n": 0, "o": None}, xs)
    assert seen == [(Tensor, None)] * 3
    assert (last["s"].item(), last["n"], last["o"]) == (3.0, 3, None)
    np.testing.assert_array_equal(ys[0], np.arange(3))
    assert ys[0].dtype == np.arange(3).dtype
    assert ys[1] == {"y": None}


def test_length_alone_counts_the_steps():
    assert scan(lambda c, x: (2 * c, x), 1, length=10) == (1024, None)
    last, ys = scan(lambda c, x: (c + 1, c), 0, length=np.int64(3))
    assert last == 3
    np.testing.assert_array_equal(ys, [0, 1, 2])


def test_values_are_carried():
    w = Value(0.5)
    last, states = scan(lambda h, x: (w * h + float(x), h), Value(1.0), np.array([1.0, 2.0]))
    last.backward()
    assert isinstance(last, Value)
    assert (last.data, w.grad) == (2.75, 1.0 + 2 * 0.5)
    np.testing.assert_array_equal(states.data, [1.0, 1.5])


def test_single_precision_stays():
    leaves = [Tensor(a.astype(np.float32), requires_grad=True) for a in (W, U, B, H, XS)]
    last, ys = rnn(*leaves)
    assert last.dtype == ys.dtype == np.float32
    ys.sum().backward()
    assert all(t.grad.dtype == np.float32 for t in leaves)


def test_no_grad_makes_no_graph():
    w = Tensor(W, requires_grad=True)
    with no_grad():
        last, ys = rnn(w, U, B, H, XS)
    assert not last.requires_grad
    assert not ys.requires_grad


def test_transforms_of_a_function_with_scan():
    def f(w):
        return scan(lambda h, x: (np.tanh(w * h + x), h), 0.5, np.array([0.1, -0.2, 0.3]))[0]

    e = 1e-5
    slope = (f(0.3 + e) - f(0.3 - e)) / (2 * e)
    assert grad(f)(0.3) == pytest.approx(slope, rel=1e-8)
    assert jvp(f, (0.3,), (1.0,))[1] == pytest.approx(slope, rel=1e-8)
    assert hessian(f)(0.3) == pytest.approx((grad(f)(0.3 + e) - grad(f)(0.3 - e)) / (2 * e))
    rows = jacobian(lambda w: rnn(w, U, B, H, XS)[1])(W)
    moved = W.copy()
    moved[1, 2] += e
    difference = (by_hand(moved, U, B, H, XS)[1] - by_hand(W, U, B, H, XS)[1]) / e
    np.testing.assert_allclose(rows[..., 1, 2], difference, atol=1e-4)


def test_a_scan_inside_a_scan():
    def outer(c, x):
        inner, _ = scan(lambda d, v: (d * v + c, None), c, x)
        return inner, inner

    def loss(xs):
        return scan(outer, 1.0, xs)[0]

    xs = RNG.normal(size=(3, 2))
    c = 1.0
    for row in xs:
        d = c
        for v in row:
            d = d * v + c
        c = d
    assert loss(xs) == pytest.approx(c)
    check_grads(loss, (xs,), order=2)


def test_against_pytorch():
    torch = pytest.importorskip("torch")
    ours = [Tensor(a, requires_grad=True) for a in (W, U, B, H, XS)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (W, U, B, H, XS)]
    last, ys = rnn(*ours)
    (last.sum() + ys.sum()).backward()
    w, u, b, h, xs = theirs
    total = 0.0
    for x in xs:
        h = torch.tanh(x @ u + h @ w + b)
        total = total + (h * h).sum()
    (h.sum() + total).backward()
    for a, t in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, t.grad.numpy(), rtol=1e-10)


def test_what_a_step_gives_is_not_what_the_next_one_writes_into():
    def step(h, x):
        h += x
        return h, h

    last, ys = scan(step, np.zeros(2), np.ones((3, 2)))
    np.testing.assert_array_equal(last, [3, 3])
    np.testing.assert_array_equal(ys, [[1, 1], [2, 2], [3, 3]])


def test_step_sees_rows_in_order():
    seen = []
    scan(lambda c, x: (seen.append(int(x)), None), None, np.arange(4), reverse=True)
    assert seen == [3, 2, 1, 0]


@pytest.mark.parametrize("reverse", [False, True])
def test_rows_and_results_in_nests_keep_their_order(reverse):
    rows = {"a": np.arange(4.0), "b": (Tensor(np.arange(8.0).reshape(4, 2)), None)}
    seen = []

    def step(carry, row):
        seen.append((float(row["a"]), row["b"][0].data.tolist(), row["b"][1]))
        return carry + row["a"], [row["a"], {"c": row["b"][0]}]

    last, (a, b) = scan(step, 0.0, rows, reverse=reverse)
    order = [3, 2, 1, 0] if reverse else [0, 1, 2, 3]
    assert seen == [(k, [2.0 * k, 2.0 * k + 1], None) for k in order]
    assert last == 6.0
    assert a.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert b["c"].data.tolist() == rows["b"][0].data.tolist()
    # nothing in xs, and nothing given
    last, nothing = scan(lambda carry, row: (carry + 1, None), 0, {}, length=3, reverse=reverse)
    assert (last, nothing) == (3, None)
