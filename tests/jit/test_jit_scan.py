"""scan under jit: one recorded step run as a loop gives what the Python loop gives."""

import itertools
import re

import numpy as np
import pytest

import nn
from autograd import (
    Tensor,
    Value,
    grad,
    hessian,
    jvp,
    logsumexp,
    no_grad,
    scan,
    value_and_grad,
    vjp,
)
from autograd.jit import c_build, jit, scan_c
from autograd.jit.scan_loop import Loop

RNG = np.random.default_rng(5)
N, B, H = 9, 4, 3
W, U, BIAS = RNG.normal(size=(H, H)) * 0.5, RNG.normal(size=(2, H)), RNG.normal(size=H)
XS, FIRST = RNG.normal(size=(N, B, 2)), RNG.normal(size=(B, H))
LEAVES = W, U, BIAS, FIRST, XS
COSINES = np.cos(np.arange(float(H)))
BACKENDS = [
    "numpy",
    pytest.param("c", marks=pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")),
]


def rnn(w, u, b, h, xs, reverse=False):
    def step(h, x):
        h = np.tanh(x @ u + h @ w + b)
        return h, h * h

    return scan(step, h, xs, reverse=reverse)


def loss_of(results):
    last, ys = results
    return last.sum() + (ys * np.cos(np.arange(float(np.size(ys)))).reshape(ys.shape)).sum()


def plain(x):
    return np.asarray(getattr(x, "_data", x))


def flat(x):
    if isinstance(x, dict):
        x = list(x.values())
    return [y for e in x for y in flat(e)] if isinstance(x, list | tuple) else [x]


def assert_same(found, wanted, rtol=1e-11):
    assert len(flat(found)) == len(flat(wanted))
    for y, x in zip(flat(found), flat(wanted), strict=True):
        if x is None:
            assert y is None
            continue
        assert plain(y).dtype == plain(x).dtype
        assert plain(y).shape == plain(x).shape
        np.testing.assert_allclose(plain(y), plain(x), rtol=rtol, atol=rtol)


def assert_jit_same(f, *arguments, backend="numpy", rtol=1e-11, scales=(1.0, 0.9, 1.1)):
    """Compare at three sets of numbers; return the compiled function."""
    compiled = jit(f, backend=backend)
    for scale in scales:
        given = [a * scale if np.asarray(a).dtype.kind == "f" else a for a in arguments]
        assert_same(compiled(*given), f(*given), rtol)
    assert compiled.recordings == 1
    return compiled


def loops(program):
    """Return the loops of a program, and those inside them."""
    found = [s.function for s in program.steps if isinstance(s.function, Loop)]
    return [x for loop in found for x in (loop, *loops(loop.program))]


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
# Where the steps are not alike


def test_steps_that_the_library_answers_differently_are_recorded_one_by_one():
    def f(xs):
        return grad(lambda xs: scan(lambda c, x: (c + logsumexp(x), None), 0.0, xs)[0])(xs)

    rows = RNG.normal(size=(4, 3))
    singular = rows.copy()
    singular[2] = -np.inf
    compiled = jit(f)
    for xs, count in ((rows, 1), (rows * 2, 1), (singular, 2), (rows, 2)):
        with np.errstate(all="ignore"):
            assert_same(compiled(xs), f(xs))
        assert compiled.recordings == count
    assert len(loops(jit(f).program(rows))) == 2


def test_steps_recorded_one_by_one_draw_no_more_than_they_would():
    def f(rng, xs):
        return scan(lambda c, x: (c + logsumexp(x) + rng.random(), None), 0.0, xs)[0]

    singular = RNG.normal(size=(4, 3))
    singular[2] = -np.inf
    compiled, ours, theirs = jit(f), np.random.default_rng(1), np.random.default_rng(1)
    with np.errstate(all="ignore"):
        for xs in (singular, singular + 1, np.abs(singular) ** -1, singular):
            assert_same(compiled(ours, xs), f(theirs, xs))
            assert ours.bit_generator.state == theirs.bit_generator.state


def test_gradients_of_steps_that_the_library_answers_differently_are_refused():
    def f(xs):
        def step(c, x):
            return c + (np.linalg.eigh(x + x.T).eigenvectors * COSINES).sum(), None

        return grad(lambda xs: scan(step, 0.0, xs)[0])(xs)

    rows = RNG.normal(size=(3, H, H))
    assert_jit_same(f, rows)
    rows[1] = np.eye(H)  # the directions of equal eigenvalues are not defined
    with pytest.raises(
        TypeError, match=r"jit: the steps of a scan are not alike: .* fallback=True"
    ):
        jit(f)(rows)
    with pytest.raises(np.linalg.LinAlgError, match="equal eigenvalues"):
        jit(f, fallback=True)(rows)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_masked_branch_does_not_poison_the_gradient(backend):
    def f(h, xs):
        def step(h, x):
            return np.where(x > 0, np.sqrt(np.abs(x)) * h, h), None

        return grad(lambda h, xs: scan(step, h, xs)[0].sum(), (0, 1))(h, xs)

    xs = np.array([[1.0, 0.0], [0.0, 4.0], [-1.0, 0.0]])
    compiled = jit(f, backend=backend)
    for scale in (1.0, 2.0):
        with np.errstate(all="ignore"):
            wanted = f(np.array([1.0, 2.0]), xs * scale)
        assert np.isfinite(wanted[1]).all()
        assert_same(compiled(np.array([1.0, 2.0]), xs * scale), wanted)


def test_no_grad_and_constants():
    w = Tensor(W, requires_grad=True)

    def f(xs):
        with no_grad():
            last, ys = scan(lambda h, x: (np.tanh(h @ w + x.sum()), h), np.zeros((B, H)), xs)
        return last, ys

    compiled = jit(f)
    last, ys = compiled(XS)
    assert not last.requires_grad
    assert_same([last, ys], f(XS))
    numbers = [1.0, 2.0, 3.0]
    assert_jit_same(lambda c: scan(lambda c, x: (c * x, c), c, np.array(numbers))[0], 2.0)


def test_pulls_of_several_cotangents():
    def f(w, g, h):
        (last, ys), pull = vjp(lambda w: rnn(w, U, BIAS, FIRST, XS), w)
        return last, pull((g, np.zeros(ys.shape))), pull((g * 0, h))

    assert_jit_same(f, W, RNG.normal(size=(B, H)), RNG.normal(size=(N, B, H)))


# --------------------------------------------------------------------------------------------------
# What is refused


def test_a_carry_that_changes_is_refused_as_without_jit():
    step = lambda c, x: ({"h": np.stack([c["h"], c["h"]])}, None)  # noqa: E731
    with pytest.raises(ValueError, match=r"step 0 changes carry\['h'\] from float64 of shape"):
        jit(lambda h: scan(step, {"h": h}, length=2))(np.ones(2))
    with pytest.raises(ValueError, match=r"changes carry from float64 of shape \(2,\) to float32"):
        jit(lambda h: scan(lambda c, x: (c.astype("f4"), x), h, length=2))(np.ones(2))


def _adds(c, x):
    c += x
    return c, c


def _assigns(c, x):
    c[0] = x[1] + c[1]
    return c * 1.5, c.sum()


def _under_two_names(c, x):
    d = c
    d *= x
    return c + 1, d


def _writes_into_the_row(c, x):
    x *= 2.0
    x[0] = c[1]
    return c + x, x


@pytest.mark.parametrize("step", [_adds, _assigns, _under_two_names, _writes_into_the_row])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_step_may_write_into_its_carry_and_row(step, backend):
    xs = RNG.normal(size=(4, 2))
    run = jit(lambda c: scan(step, c, xs), backend=backend)
    for start in (np.ones(2), np.array([0.5, -2.0])):
        assert_same(run(start.copy()), scan(step, start.copy(), xs.copy()))


def test_changes_of_what_is_outside_are_refused():
    w = Tensor(W, requires_grad=True)
    optimizer = nn.SGD([w], lr=0.1)

    def trains(c, x):
        (w * x.sum()).sum().backward()
        return c, None

    def updates(c, x):
        w.data -= 0.1
        return c, None

    def steps(c, x):
        optimizer.step()
        return c, None

    w.grad = np.ones_like(W)
    for step in (trains, updates, steps):
        message = "changes a tensor, .* in the step of scan; hand it on in the carry, and change it"
        with pytest.raises(TypeError, match=rf"jit: test_jit_scan.*:\d+ {message} after scan"):
            jit(lambda xs, step=step: scan(step, 0.0, xs))(XS)
    np.testing.assert_array_equal(w.data, W)


def test_a_value_taken_out_of_a_step_is_refused():
    class Box:
        __slots__ = ("held",)

    def f(xs):
        box = Box()

        def step(c, x):
            box.held = x
            return c + x.sum(), None

        return scan(step, 0.0, xs)[0] + box.held.sum()

    message = r"jit: test_jit_scan\.py:\d+ uses what the step of scan computed, .*; give it as y"
    with pytest.raises(TypeError, match=message):
        jit(f)(XS)


def test_values_in_a_step_are_refused():
    with pytest.raises(TypeError, match="gives a Value in the step of scan; record functions of"):
        jit(lambda xs: scan(lambda c, x: (c, Value(1.0)), xs[0], xs))(XS)


def test_functions_of_values_have_a_loop_on_their_tape():
    w = Value(0.5)
    loss = jit(lambda x: scan(lambda h, x: (w * h + float(x), None), x, np.array([1.0, 2.0]))[0])
    for x in (1.0, 2.0):
        w.grad = 0.0
        z = loss(x)
        z.backward()
        assert (z.data, w.grad) == (0.25 * x + 2.5, x + 1.0)


# --------------------------------------------------------------------------------------------------
# Memory, and the loops of C


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_are_not_written_again_by_later_calls(backend):
    f = jit(
        lambda xs: scan(lambda h, x: (np.tanh(h + x), (h, h[:2], x * 2)), FIRST[0], xs),
        backend=backend,
    )
    first = f(XS[0, :, :1])
    kept = [np.array(x) for x in flat(first)]
    second = f(XS[1, :, :1])
    for x, y, z in zip(flat(first), kept, flat(second), strict=True):
        np.testing.assert_array_equal(x, y)
        assert not np.may_share_memory(x, z)
        assert (np.asarray(x) != np.asarray(z)).any()


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("name", STEPS)
def test_which_loops_run_in_c(name):
    f, arguments = STEPS[name]
    program = jit(f).program(*arguments)
    made = []
    scan_c._natives(program, made, False, 1, {})
    # Python integers know no bounds, and are left to it; of two loops the inner one is in C
    assert len(made) == (name not in ("numbers", "length_alone"))


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
def test_a_loop_of_c_takes_arrays_as_they_come():
    f = lambda h, xs: scan(lambda h, x: (np.tanh(h + x), h * x), h, xs)  # noqa: E731
    compiled = jit(f, backend="c")
    h, xs = RNG.normal(size=(3, 2)), RNG.normal(size=(2, 3, 7))
    assert_same(compiled(h, xs.T), f(h, xs.T))
    assert_same(compiled(h[::-1], xs.T[::-1]), f(h[::-1], xs.T[::-1]))
    assert_same(compiled(np.asfortranarray(h), np.ascontiguousarray(xs.T)), f(h, xs.T))
    count = jit(lambda k: scan(lambda k, _: (k + 1, None), k, length=3)[0], backend="c")
    assert [count(k) for k in (1, -5, 2**80)] == [4, -2, 2**80 + 3]

    def grown(k, h):
        def outer(carry, _):
            k, h = carry
            return (k * 2**40, scan(lambda h, _: (np.tanh(h * k), None), h, length=2)[0]), None

        return scan(outer, (k, h), length=3)[0][1]

    # the last number is too long for C
    assert_same(jit(grown, backend="c")(1, h), grown(1, h))


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
def test_a_step_that_c_does_not_know_is_left_to_numpy():
    def f(h, xs):
        return scan(lambda h, x: (np.sort(h) * x, None), h, xs)

    compiled = jit(f, backend="c")
    assert_same(compiled(FIRST, XS[:, :, :1]), f(FIRST, XS[:, :, :1]))
    made = []
    assert not scan_c._natives(compiled.program(FIRST, XS[:, :, :1]), made, False, 1, {})
    assert not made


@pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
def test_show_says_what_numpy_does():
    h, xs = FIRST[0], XS[:, 0, :1] + FIRST[0]
    order = np.arange(h.size)[::-1]

    def says(f):
        compiled = jit(f, backend="c")
        for scale in (1.0, 0.5):
            assert_same(compiled(h * scale, xs), f(h * scale, xs))
        text = compiled.show(h, xs)
        assert text.startswith(compiled.program(h, xs).show() + "\n")
        return text.removeprefix(compiled.program(h, xs).show() + "\n").splitlines()

    def outer(step):
        return lambda h, xs: scan(lambda h, x: (scan(step, h * x, xs)[0], None), h, xs)[0]

    tanh = lambda h, x: (np.tanh(h + x), None)  # noqa: E731
    sort = lambda h, x: (np.sort(h) * x, None)  # noqa: E731
    pick = lambda h, x: (h[order] * x, None)  # noqa: E731
    assert says(lambda h, xs: scan(tanh, h, xs)[0]) == ["runs in C"]
    assert says(lambda h, xs: np.sort(xs * h) + h) == ["runs in C; by NumPy: %3 sort"]
    (start, why) = says(lambda h, xs: scan(sort, h, xs)[0])
    assert start == "runs in C"
    assert re.fullmatch(r"loop %\d+ turns by NumPy: its step needs sort", why)
    assert says(lambda h, xs: scan(pick, h, xs)[0])[1].endswith("its step needs getitem")
    # of two loops the inner one is in C, where its step can be
    assert [line.split(": ")[-1] for line in says(outer(tanh))[1:]] == ["its step needs scan"]
    outside, inside = says(outer(sort))[1:]
    assert re.match(r"loop %\d+ turns", outside)
    assert re.match(r"loop %\d+\.%\d+ turns .* needs sort", inside)
    assert says(lambda h, xs: [h[:0] * 2, xs]) == ["runs by NumPy: an array without entries"]
    assert "runs" not in jit(lambda h: h * 2, backend="numpy").show(h)
