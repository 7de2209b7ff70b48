"""scan under jit: one recorded step run as a loop gives what the Python loop gives."""

import itertools

import numpy as np
import pytest

import nn
from autograd import (
    Tensor,
    grad,
    hessian,
    jvp,
    logsumexp,
    scan,
    value_and_grad,
)
from autograd.jit import jit
from autograd.jit.c import build as c_build
from autograd.jit.scan import loop_in_c as scan_c

from .scans import (
    BACKENDS,
    BIAS,
    FIRST,
    LEAVES,
    XS,
    B,
    U,
    W,
    assert_jit_same,
    assert_same,
    flat,
    loops,
    rnn,
)


def loss_of(results):
    last, ys = results
    return last.sum() + (ys * np.cos(np.arange(float(np.size(ys)))).reshape(ys.shape)).sum()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_training_step_of_a_recurrent_net(backend, reverse, dtype):
    def tensors():
        return [Tensor(a.astype(dtype), requires_grad=True) for a in LEAVES]

    def step(*leaves):
        for t in leaves:
            t.grad = None
        loss = loss_of(rnn(*leaves, reverse))
        loss.backward()
        for t in leaves[:3]:
            t.data -= 0.1 * t.grad
        return loss

    ours, theirs, compiled = tensors(), tensors(), jit(step, backend=backend)
    for _ in range(4):
        wanted, found = step(*theirs), compiled(*ours)
        assert_same(found, wanted, 1e-4 if dtype == "f4" else 1e-11)
        for x, y in zip(theirs, ours, strict=True):
            assert_same(y.grad, x.grad, 1e-3 if dtype == "f4" else 1e-10)
    assert compiled.recordings == 1
    assert len(loops(compiled.program(*ours))) == 2


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("rows", "inputs", "size"), [(4, 0, 3), (4, 2, 0), (0, 2, 3), (1, 0, 0)])
def test_loops_over_arrays_without_numbers(rows, inputs, size, backend):
    xs, h = np.zeros((5, rows, inputs)), np.zeros((rows, size))
    w, u, b = np.zeros((size, size)), np.zeros((inputs, size)), np.arange(1.0, size + 1)
    found = jit(grad(lambda *leaves: loss_of(rnn(*leaves, h, xs)), (0, 1, 2)), backend=backend)(
        w, u, b
    )
    wanted = grad(lambda *leaves: loss_of(rnn(*leaves, h, xs)), (0, 1, 2))(w, u, b)
    assert_same(found, wanted)


def test_a_recording_does_not_grow_with_the_number_of_steps():
    counter = itertools.count()  # a list would be refused

    def step(h, x):
        next(counter)
        return np.tanh(h * x), h

    def f(h, xs):
        return grad(lambda h: scan(step, h, xs)[0])(h)

    compiled = jit(f)
    sizes = [len(compiled.program(0.3, np.ones(n) * 0.9).steps) for n in (3, 300, 3000)]
    assert len(set(sizes)) == 1
    assert next(counter) <= 3 * 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_of_all_orders(backend):
    def loss(*leaves):
        return loss_of(rnn(*leaves))

    def weighted(gradients):
        return sum((np.sum(g * np.sin(np.arange(g.size)).reshape(g.shape)) for g in gradients), 0.0)

    every = tuple(range(5))
    first = grad(loss, every)
    assert_jit_same(first, *LEAVES, backend=backend)
    second = grad(lambda *a: weighted(first(*a)), every)
    assert_jit_same(second, *LEAVES, backend=backend)
    third = grad(lambda *a: weighted(second(*a)), (0, 4))
    assert_jit_same(third, *LEAVES, backend=backend, scales=(1.0, 0.9))
    assert_jit_same(hessian(loss, 2), *LEAVES, backend=backend)
    assert_jit_same(lambda *a: jvp(rnn, a, LEAVES), *LEAVES, backend=backend)


def test_a_graph_of_gradients_by_backward():
    def f(w):
        w.grad = None
        last, _ = scan(lambda h, x: (np.tanh(w * h + x), None), 0.5, XS[:, 0, 0])
        last.backward(create_graph=True)
        g, w.grad = w.grad, None
        (g * g).backward()
        return w.grad

    a, b = Tensor(0.7, requires_grad=True), Tensor(0.7, requires_grad=True)
    assert_same(jit(f)(a), f(b))


# --------------------------------------------------------------------------------------------------
# What steps may look like: the value and the gradient of each, with respect to all arguments


STEPS = {}


def step_case(*arguments):
    """Enter a function of arrays that calls scan."""

    def enter(f):
        STEPS[f.__name__] = f, arguments
        return f

    return enter


@step_case(W, U, BIAS, FIRST, XS)
def lstm(w, u, b, h, xs):
    def step(carry, x):
        h, c = carry["h"], carry["c"]
        z = x @ u + h @ w + b
        c = c * np.exp(-z * z) + np.tanh(z)
        return {"h": np.tanh(c) / (1 + z * z), "c": c}, (h, z)

    return scan(step, {"h": h, "c": np.zeros(h.shape)}, xs)


@step_case(W, FIRST[0], XS[:, 0])
def vectors(w, h, xs):
    return scan(lambda h, x: (np.tanh(h @ w + x.sum()), h[1:]), h, xs)


@step_case(W, FIRST[0], XS[:, 0])
def vectors_from_the_left(w, h, xs):
    return scan(lambda h, x: (np.tanh(w @ h * x[0]), (x, h * 2)), h, xs)


@step_case(W, FIRST.T.copy(), XS)
def columns(w, h, xs):
    return scan(lambda h, x: (np.tanh(w @ h + x[:, 0]), h.sum()), h, xs)


@step_case(W, FIRST, XS)
def weights_as_out_in_twice(w, h, xs):
    return scan(lambda h, x: (np.tanh(h @ w.T + (h * x[:, :1]) @ w), h.T), h, xs)


@step_case(W, FIRST, XS)
def computed_before(w, h, xs):
    scaled, shift = w * np.sin(w), (w**2).sum(axis=0)
    return scan(lambda h, x: (np.tanh(h @ scaled) + shift, scaled.sum() * x), h * h, np.cos(xs))


@step_case(FIRST, XS[:, :, :1])
def exchanged_and_constant(h, xs):
    def step(carry, x):
        a, b, c = carry
        return (b, a * x, c), (a, c, np.arange(3), x)

    return scan(step, (h, h * 2, h * 3), xs)


@step_case(0.5, XS[:, 0, 0])
def numbers(h, xs):
    def step(carry, x):
        k, h, total = carry
        h = np.tanh(h * x) + 0.1 * k
        return (k + 1, h, total + h), (k, h, x)

    return scan(step, (0, h, 0.0), xs)


@step_case(FIRST)
def length_alone(h):
    return scan(lambda c, _: ((np.sin(c[0]), None, c[2] + 1), None), (h, None, 0), length=5)


@step_case(0.5, XS)
def numbers_that_stay(h, xs):
    return scan(lambda c, x: (c, (x * c[0], c[1])), (h, 0.0), xs)


@step_case(W, XS[0])
def rows_without_a_carry(w, xs):
    return scan(lambda c, x: (c, {"a": x * w[0, :2], "b": w[1], "c": None}), (), xs)


@step_case(FIRST, XS)
def a_scan_inside(h, xs):
    def outer(h, x):
        inner, ys = scan(lambda c, v: (np.tanh(c * v.sum() + h), c * v[0]), h, x.T)
        return inner * 0.5 + h, ys

    return scan(outer, h, xs)


@step_case(W, FIRST)
def a_gradient_inside(w, h):
    def step(h, _):
        return h - 0.1 * grad(lambda h: (np.tanh(h @ w) ** 2).sum())(h), None

    return scan(step, h, length=4)


@step_case(FIRST, XS)
def library_functions(h, xs):
    def step(h, x):
        top = logsumexp(h, axis=-1, keepdims=True)
        return np.maximum(h - top, x[:, :1]), np.where(h > 0, h, top).max(axis=1)

    return scan(step, h, xs)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", STEPS)
def test_steps(name, backend):
    f, arguments = STEPS[name]
    every = tuple(range(len(arguments)))

    def loss(*leaves):
        total = 0.0
        for i, x in enumerate(flat(f(*leaves))):
            if getattr(x, "requires_grad", False):
                total = total + (x * np.cos(np.arange(x.size) + i).reshape(x.shape)).sum()
        return total

    assert_jit_same(f, *arguments, backend=backend)
    compiled = assert_jit_same(value_and_grad(loss, every), *arguments, backend=backend)
    assert loops(compiled.program(*arguments))
    if backend == "numpy":
        hvp = grad(lambda *a: sum((np.sum(g**2) for g in grad(loss, every)(*a)), 0.0), every)
        assert_jit_same(hvp, *arguments, rtol=1e-9)


def test_numbers_of_python_do_not_widen_the_carry_to_any_order():
    def last(h):
        def step(carry, _):
            k, h = carry
            inner = scan(lambda h, _: (np.tanh(h * (0.3 * k + 1)), None), h, length=2)[0]
            return (k + 1, inner), None

        return scan(step, (0, h), length=4)[0][1].sum()

    def second(h):
        return grad(lambda h: (grad(last)(h) ** 2).sum())(h)

    h = FIRST[0].astype("f4")
    assert_same(jit(second)(h), second(h), 1e-5)
    halves = jit(lambda c: scan(lambda c, _: (c + 0.5, c), c, length=3))
    assert_same(halves(0), [1.5, np.array([0.0, 0.5, 1.0])])
    whole = jit(lambda c: scan(lambda c, _: (1, c), c, length=3)[1])
    assert_same(whole(0.5), np.array([0.5, 1.0, 1.0]))


def test_a_program_interprets_as_it_replays():
    compiled = jit(lambda *a: value_and_grad(lambda *a: loss_of(rnn(*a)), (0, 3))(*a))
    value, gradients = compiled(*LEAVES)
    found = compiled.program(*LEAVES).run([LEAVES[i] for i in (0, 1, 2, 3, 4)])
    assert_same([x for x in found if np.shape(x) == W.shape][:1], gradients[:1])
    assert float(value) == pytest.approx(float(found[0]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_parameters_of_modules_and_adam(backend):
    def built():
        cell = nn.Linear(5, 3, rng=0)
        return cell, nn.Adam(cell.parameters(), lr=0.05)

    def step_of(cell, optimizer):
        def step(xs):
            def turn(h, x):
                h = np.tanh(cell(np.concatenate([x, h], axis=1)))
                return h, h

            _, ys = scan(turn, np.zeros((B, 3)), xs)
            loss = ((ys - 0.1) ** 2).mean()
            optimizer.zero_grad()
            loss.backward(release=True)
            optimizer.step()
            return loss

        return step

    (ours, a), (theirs, b) = built(), built()
    plain_step, compiled = step_of(theirs, b), jit(step_of(ours, a), backend=backend)
    for _ in range(5):
        assert_same(compiled(XS), plain_step(XS), 1e-9)
    for x, y in zip(theirs.parameters(), ours.parameters(), strict=True):
        assert_same(y.data, x.data, 1e-9)


def test_every_step_draws_its_own_numbers():
    def f(rng, w):
        def step(h, x):
            mask = rng.random(h.shape) < 0.5
            return np.tanh(h @ w) * mask + x.sum(), mask

        def loss(w):
            last, masks = scan(step, FIRST, XS)
            return (last * np.arange(3.0)).sum(), masks

        return value_and_grad(loss, has_aux=True)(w)

    compiled = jit(f)
    ours, theirs = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(3):
        assert_same(compiled(ours, W), f(theirs, W))
    masks = compiled(ours, W)[0][1]
    assert not (masks[0] == masks[1]).all()


# --------------------------------------------------------------------------------------------------
# The loops of C


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("name", STEPS)
def test_which_loops_run_in_c(name):
    f, arguments = STEPS[name]
    program = jit(f).program(*arguments)
    made = []
    scan_c._natives(program, made, False, 1, {})
    # Python integers know no bounds, and are left to it; of two loops the inner one is in C
    assert len(made) == (name not in ("numbers", "length_alone"))
