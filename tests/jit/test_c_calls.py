"""Calls of programs in C: training, memory of arguments and results, threads, checks."""

import contextlib
import itertools
import threading

import numpy as np
import pytest

from autograd import Tensor, linear, relu, sigmoid, softmax_cross_entropy
from autograd.jit import jit
from autograd.jit.c import backend as c_backend
from autograd.jit.c import build as c_build
from autograd.jit.c.values import Unsupported
from nn.optim import SGD, Adam

from .c_checks import both

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")]
RNG = np.random.default_rng(7)


def networks():
    """Return makers of (parameters, step) in the manner of the posts: small, deep, with Adam."""

    def make(sizes, activation, optimizer, rows, dtype=float):
        rng = np.random.default_rng(3)
        x, y = rng.normal(size=(rows, sizes[0])), np.eye(sizes[-1])[np.arange(rows) % sizes[-1]]
        x, y = Tensor(x.astype(dtype)), Tensor(y.astype(dtype))
        layers = [
            (Tensor(rng.normal(size=(a, b)).astype(dtype), requires_grad=True),
             Tensor(np.zeros(b, dtype), requires_grad=True))
            for a, b in itertools.pairwise(sizes)
        ]  # fmt: skip
        parameters = [p for pair in layers for p in pair]
        update = optimizer(parameters)

        def step():
            h = x
            for w, b in layers[:-1]:
                h = activation(linear(h, w, b))
            loss = softmax_cross_entropy(linear(h, *layers[-1]), y)
            update.zero_grad()
            loss.backward(release=True)
            update.step()
            return loss

        return parameters, step

    sgd, momentum = lambda p: SGD(p, lr=0.1), lambda p: SGD(p, lr=0.05, momentum=0.9)
    adam = lambda p: Adam(p, lr=0.01)  # noqa: E731
    return {
        "one row": lambda: make((3, 4, 2), sigmoid, sgd, 1),
        "rows": lambda: make((5, 8, 3), relu, adam, 6),
        "float32": lambda: make((5, 8, 3), np.tanh, adam, 6, np.float32),
        "wide": lambda: make((60, 70, 10), relu, momentum, 20),
        "deep": lambda: make((4,) * 12, sigmoid, sgd, 3),
    }


@pytest.mark.parametrize("name", networks())
def test_training(name):
    (theirs, eager), (ours, step) = networks()[name](), networks()[name]()
    compiled = jit(step, backend="c")
    tolerance = 1e-9 if theirs[0].dtype == np.float64 else 1e-3
    for _ in range(50):
        np.testing.assert_allclose(compiled().data, eager().data, rtol=tolerance)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(p.grad, q.grad, rtol=tolerance, atol=tolerance)
    # other arrays in the place of the parameters' own
    for p, q in zip(ours, theirs, strict=True):
        p.data, q.data = p.data + 0.1, q.data + 0.1
    np.testing.assert_allclose(compiled().data, eager().data, rtol=tolerance)


def test_an_argument_in_the_memory_of_what_is_updated():
    def build():
        w = Tensor(np.arange(1.0, 7.0), requires_grad=True)

        def step(x):
            w.grad = None
            loss = (w * w * x).sum()
            loss.backward()
            w.data -= 0.1 * w.grad
            w.data -= x
            return loss.data

        return w, step

    (w, step), (v, eager) = build(), build()
    compiled = jit(step, backend="c")
    for part in (np.s_[:], np.s_[::-1]):
        x = w.data[part]
        np.testing.assert_allclose(compiled(x), eager(v.data[part]), rtol=1e-12)
        np.testing.assert_allclose(w.data, v.data, rtol=1e-12)


def test_arrays_exchanged_and_arguments_written():
    a, b = np.arange(4.0), np.ones(4)

    def swap(a, b):
        a[...], b[...] = b + 0, a * 2

    compiled = jit(swap, backend="c")
    expected = [(np.ones(4), np.arange(4.0) * 2), (np.arange(4.0) * 2, np.full(4, 2.0))]
    for x, y in expected:
        compiled(a, b)
        np.testing.assert_array_equal(a, x)
        np.testing.assert_array_equal(b, y)
    wide = np.zeros((4, 2))
    wide[:, 0] = 5
    compiled(wide[:, 0], a)
    np.testing.assert_array_equal(wide[:, 1], 0)
    np.testing.assert_array_equal(a, 10)
    with pytest.raises(ValueError, match="read-only"):
        compiled(np.broadcast_to(1.0, 4), a)


def test_a_check_that_fails_changes_nothing():
    w = Tensor([1.0, 4.0], requires_grad=True)

    def step(x):
        w.grad = None
        loss = (np.sqrt(np.where(x > 0, x, 0.0)) * w).sum()
        loss.backward()
        w.data -= 0.1 * w.grad
        return loss

    compiled = jit(step, backend="c")
    for x in (np.array([1.0, 4.0]), np.array([np.nan, 1.0]), np.array([4.0, 9.0])):
        v = Tensor(w.data.copy(), requires_grad=True)
        expected = (np.sqrt(np.where(x > 0, x, 0.0)) * v.data).sum()
        np.testing.assert_allclose(compiled(x).data, expected)


def test_numbers_and_calls_of_numpy_between():
    def f(x, rate, count, flag):
        s = np.sort(x)
        c = np.cumsum(np.tanh(s) * rate)
        return c[::2] + count, rate * 2, s[0], np.linalg.inv(np.outer(c, c) + np.eye(len(x))) * flag

    compiled = jit(f, backend="c", static=(3,))
    for x, rate, count in (
        (RNG.normal(size=5), 0.5, 3),
        (RNG.normal(size=5), np.float64(2.0), 1 << 40),
    ):
        for u, v in zip(compiled(x, rate, count, True), f(x, rate, count, True), strict=True):
            np.testing.assert_allclose(u, v, rtol=1e-12)
            assert type(u) is type(v)


def test_empty_arrays_are_left_to_numpy():
    compiled = jit(lambda x: (x * 2, x.sum()), backend="c")
    doubled, total = compiled(np.zeros((0, 3)))
    assert doubled.shape == (0, 3)
    assert total == 0
    program = jit(lambda x: x * 2, backend="numpy").program(np.zeros((0, 3)))
    with pytest.raises(Unsupported, match="without entries"):
        c_backend.CProgram(program, {})


def test_results_are_the_callers_own():
    compiled = jit(lambda x: [x + 1, x, np.tanh(x).T], backend="c")
    x = RNG.normal(size=(2, 3))
    first = compiled(x)
    kept = [a.copy() for a in first]
    first[1][0, 0] = x[0, 0]
    compiled(x + 1)
    for a, b in zip(first, kept, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.shares_memory(first[1], x)


def test_tiny_numbers_are_flushed_on_request_only():
    program = jit(lambda x: x * 0.5, backend="numpy").program(np.ones(3))
    x = np.full(3, 3e-308)
    for flush, expected in ((False, x * 0.5), (True, 0.0)):
        found = c_backend.c_program(program, {}, flush=flush).compile()
        np.testing.assert_array_equal(found(x)[0], expected)
        f = jit(lambda x: x * 0.5, backend="c", flush_denormals=flush)
        np.testing.assert_array_equal(f(x), expected)
    assert (x * 0.5)[0] > 0
    with pytest.raises(ValueError, match="flush_denormals needs a program in C"):
        jit(lambda x: x, backend="numpy", flush_denormals=True)


def test_threads():
    compiled = jit(lambda x: np.tanh(x @ x.T).sum(axis=0), backend="c")
    inputs = [RNG.normal(size=(6, 6)) for _ in range(8)]
    compiled(inputs[0])
    errors = []

    def work(x):
        with contextlib.suppress(Exception):
            for _ in range(200):
                np.testing.assert_allclose(compiled(x), np.tanh(x @ x.T).sum(axis=0), rtol=1e-12)
            return
        errors.append(x)

    threads = [threading.Thread(target=work, args=(x,)) for x in inputs]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors


@pytest.mark.parametrize(
    "index",
    [3, -1, (1, 2), np.s_[1:], np.s_[:, ::2], np.s_[::-1], np.s_[..., 1], None, np.s_[2:3, 1]],
)
def test_gradients_of_reading(index):
    def f(x, w):
        t = Tensor(x, requires_grad=True)
        ((np.tanh(t)[index] * w).sum() + (t * t)[1, 2]).backward()
        return t.grad

    x = RNG.normal(size=(4, 5))
    w = RNG.normal(size=np.shape(x[index]))
    expected, found = both(f, x, w)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_arguments_that_overlap():
    def step(a, b):
        a += b
        b *= 2

    compiled = jit(step, backend="c")
    compiled(np.ones(4), np.ones(4))
    for first, second in ((np.s_[:4], np.s_[2:6]), (np.s_[:4], np.s_[:4]), (np.s_[:4], np.s_[4:8])):
        ours, theirs = np.arange(8.0), np.arange(8.0)
        compiled(ours[first], ours[second])
        jit(step, backend="numpy")(theirs[first], theirs[second])
        np.testing.assert_array_equal(ours, theirs)


def test_checks_of_numbers():
    program = jit(lambda x: x + 1, backend="numpy").program(np.ones(3))
    (x,) = program.inputs
    total = jit(lambda x: x.sum(), backend="numpy").program(np.ones(3))
    (step,) = total.outputs
    step.arguments = tuple(x if a is total.inputs[0] else a for a in step.arguments)
    both = type(program)([x], [*total.steps, *program.steps], program.outputs, (), [(step, True)])
    function = c_backend.c_program(both, {}).compile()
    np.testing.assert_array_equal(function(np.ones(3))[0], 2)
    assert function(np.zeros(3)) is None


def test_what_is_left_to_numpy():
    program = jit(lambda x, y: x + y, backend="numpy").program(np.ones(3), np.ones(3))
    x, y = program.inputs
    packed = np.zeros(3, [("small", "i1"), ("number", "f8")])["number"]
    for array in (packed, np.ones(3, ">f8")):
        with pytest.raises(Unsupported, match="entries C does not know"):
            c_backend.CProgram(program, {x: array})
    memory = np.zeros(6)
    written = type(program)([x, y], program.steps, [], [(x, program.outputs[0])])
    for first, second in ((memory[:4], memory[3:]), (memory[3:], memory[:4])):
        with pytest.raises(Unsupported, match="shares its memory with another"):
            c_backend.CProgram(written, {x: first, y: second})
    c_backend.CProgram(written, {x: memory[:3], y: memory[3:]})
    with pytest.raises(ValueError, match=r"an input of shape \(4,\) where \(3,\) was recorded"):
        c_backend.c_program(program, {}).compile()(np.ones(4), np.ones(4))

    def half(x):
        x += x

    a = np.ones(3, np.float16)
    jit(half, backend="c")(a)
    np.testing.assert_array_equal(a, 2)
    halves = jit(half, backend="numpy").program(a)
    with pytest.raises(Unsupported, match="an update of what C does not know"):
        c_backend.CProgram(halves, {})


def test_two_inputs_that_change_places():
    def swap(a, b):
        a[...], b[...] = b, a.copy()

    compiled = jit(swap, backend="c")
    a, b = np.arange(4.0), np.ones(4)
    compiled(a, b)
    np.testing.assert_array_equal(a, 1)
    np.testing.assert_array_equal(b, np.arange(4.0))


def test_an_argument_that_runs_ahead_of_what_is_updated():
    memory = np.arange(1.0, 9.0)
    total = memory[1:]

    def step(x):
        total[...] = total * 2 + x

    expected = total * 2 + memory[:-1]
    jit(step, backend="c")(memory[:-1])
    np.testing.assert_array_equal(total, expected)
