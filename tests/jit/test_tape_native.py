"""Tapes replayed by the interpreter in C, and rules decomposed for it."""

import math
import sys
import time

import numpy as np
import pytest

from autograd import Value, jit
from autograd.jit.c import background as c_background
from autograd.jit.c import build as c_build
from autograd.jit.tape import interpreter as tape_interpreter
from autograd.jit.tape import native as tape_native
from autograd.jit.tape import recording as tape_recording
from autograd.jit.tape.compiled import jit_values
from autograd.jit.tape.interpreter import NAMES, interpreter
from autograd.jit.tape.keys import runner
from autograd.jit.tape.trace import CHOSEN, STRICT, steps_of
from autograd.ops import activations
from autograd.ops import elementwise as ops

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")

SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.5, -0.3, 700.0, -700.0, math.inf, -math.inf, math.nan, 1e-300]
SAME_AS_NUMPY = [name for name in NAMES if name not in (STRICT, CHOSEN, "where")]


def run_words(words, numbers):
    program = np.array(words, np.int64)
    interpreter()(program.ctypes.data, program.size, numbers.ctypes.data)


@needs_compiler
@pytest.mark.parametrize("name", SAME_AS_NUMPY)
@pytest.mark.parametrize(
    "single", [(None, None), (None, 2.5), (-0.3, None), (2.5, -0.3), (0.0, 1.0)]
)
def test_every_function_of_the_interpreter_is_numpys(name, single):
    """An operand is one number, or numbers side by side for None."""
    function = getattr(np, name)
    grid = [a.ravel() for a in np.meshgrid(SPECIAL, SPECIAL)][: function.nin]
    n, m = grid[0].size, len(grid)
    given = [a if s is None else np.full(n, s) for a, s in zip(grid, single, strict=False)]
    if name.startswith("logical"):  # of truths alone
        given = [(np.nan_to_num(a) > 0).astype(float) for a in given]
    numbers = np.concatenate([*given, np.empty(n)])
    operands = [w for k in range(m) for w in (0 if single[k] is None else 1, k * n)]
    code = [NAMES.index(name), 0, m - 1, 0]
    run_words([0, 1, n, m * n, m, *operands, 1, *code], numbers)
    found = numbers[m * n :]
    with np.errstate(all="ignore"):
        wanted = function(*given).astype(float)
    np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=0)
    if name in ("negative", "multiply", "add", "square"):
        assert (np.signbit(found) == np.signbit(wanted))[wanted == 0].all()


@needs_compiler
@pytest.mark.parametrize("name", [STRICT, CHOSEN])
def test_zero_times_anything_is_zero_in_a_gradient(name):
    x, y = (a.ravel() for a in np.meshgrid(SPECIAL, SPECIAL))
    n = x.size
    numbers = np.concatenate([x, y, np.empty(n)])
    run_words([0, 1, n, 2 * n, 2, 0, 0, 0, n, 1, NAMES.index(name), 0, 1, 0], numbers)
    zero = x == 0 if name == STRICT else (x == 0) | (y == 0)
    with np.errstate(all="ignore"):
        wanted = np.where(zero & np.isnan(x * y), 0.0, x * y)
    np.testing.assert_array_equal(numbers[2 * n :], wanted)
    assert (np.signbit(numbers[2 * n :]) == np.signbit(wanted))[wanted == 0].all()


PLAIN = (False, None)


def test_rules_are_taken_apart():
    forward = runner(("forward", ops.power, (PLAIN, (False, 3)), {}))
    assert [name for name, _ in steps_of(forward, 1)] == ["power"]
    squared = runner(("forward", ops.power, (PLAIN, (False, 2)), {}))
    assert [name for name, _ in steps_of(squared, 1)] == ["square"]
    relu = runner(("rule", activations.relu, 0, (("z", False, None),), {}))
    assert [name for name, _ in steps_of(relu, 2)] == ["greater", CHOSEN]
    sigmoid = runner(("forward", activations.sigmoid, (PLAIN,), {}))
    assert [name for name, _ in steps_of(sigmoid, 1)] == ["negative", "exp", "add", "divide"]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[0] + 1.0 if x[0] > 0 else -x[0],
        lambda x: (x[0] > 0) + (x[0] < 1),
        lambda x: -(x[0] > 0),
        lambda x: np.add(x[0], 1.0, where=True),
        lambda x: np.add.reduce(x[0]),
        lambda x: np.asarray(x[0], float) + 1.0,
        lambda x: x[0][0] + 1.0,
        lambda x: np.clip(x[0], 0.0, 1.0),
        lambda x: x[0] & 1,
        lambda x: x[0],
        lambda x: [x[0] + 1.0, x[0]][1],
        lambda x: [x[0] + 1.0, x[0] * 2.0][0],
        lambda x: x[0] + True,
        lambda x: 1.0,
        lambda x: np.modf(x[0]),
        lambda x: math.sin(x[0]),
    ],
)
def test_what_cannot_be_taken_apart(function):
    assert steps_of(function, 1) is None


@needs_compiler
def test_what_c_does_not_know_runs_between():
    def step(x):
        y = np.sinc(x * 0.5) + np.exp(x)
        z = np.clip(y * x, -1.0, 2.0) + y
        z.backward()
        return z.data

    fast = jit_values(step, backend="c")
    for data in (0.3, 1.5, -2.0):
        a, b = Value(data), Value(data)
        np.testing.assert_allclose([fast(a), a.grad], [step(b), b.grad], rtol=1e-13)
    (parts,) = fast.recordings[0].replay.engine._native._stages
    kinds = [type(part) is tuple for part in parts]
    assert kinds[0]
    assert not all(kinds)


def training(n):
    """Return a step on so many weights, and the weights."""
    w = [Value(0.1 * i) for i in range(n)]

    def step(rate):
        loss = sum((np.tanh(x) - 0.3) ** 2 for x in w)
        for x in w:
            x.grad = 0.0
        loss.backward()
        for x in w:
            x.data -= rate * x.grad
        return loss.data

    return step, w


@needs_compiler
def test_auto_goes_over_to_c_when_that_is_compiled(monkeypatch):
    monkeypatch.setattr(tape_native, "PATIENCE", 0.0)
    monkeypatch.setattr(tape_native, "is_ready", lambda: False)
    step, w = training(20)
    slow, v = training(20)
    fast = jit_values(step)
    engine = None
    for _ in range(200):
        assert fast(0.1) == pytest.approx(slow(0.1), rel=1e-12)
        engine = fast.recordings[0].replay.engine
        if engine.is_native:
            break
        time.sleep(0.05)
    assert engine.is_native
    for _ in range(5):
        assert fast(0.1) == pytest.approx(slow(0.1), rel=1e-12)
    np.testing.assert_allclose([x.data for x in w], [x.data for x in v], rtol=1e-12)


@needs_compiler
def test_a_long_chain_in_c_and_in_auto(monkeypatch):
    def make():
        w, b = Value(0.999), Value(0.001)

        def step():
            w.grad = b.grad = 0.0
            z = w
            for _ in range(2000):
                z = z - np.sin(z * w - b) * 0.001
            z.backward()
            return z.data, w.grad, b.grad

        return step

    wanted = make()()
    fast = jit_values(make(), backend="c")
    np.testing.assert_allclose(fast(), wanted, rtol=1e-12)
    assert not fast.recordings[0].narrow
    assert jit_values(make(), backend="numpy")() == wanted

    monkeypatch.setattr(tape_recording, "PATIENCE", 0.0)
    monkeypatch.setattr(tape_recording, "is_ready", lambda: False)
    auto = jit_values(make())
    for _ in range(200):
        np.testing.assert_allclose(auto(), wanted, rtol=1e-12)
        if not auto.recordings[0].narrow:
            break
        time.sleep(0.05)
    assert not auto.recordings[0].narrow
    np.testing.assert_allclose(auto(), wanted, rtol=1e-12)


@needs_compiler
def test_a_chain_that_c_does_not_know_runs_as_it_is():
    def step(x):
        for _ in range(600):
            x = np.clip(x * 1.001, -1.0, 1.0) + 0.001
        x.backward()
        return x.data

    fast = jit_values(step, backend="c")
    a, b = Value(0.1), Value(0.1)
    assert fast(a) == step(b)
    assert a.grad == b.grad
    assert fast.recordings[0].narrow


@needs_compiler
def test_jit_hands_its_back_end_on():
    x = Value(2.0)
    fast = jit(lambda: x * x, backend="c")
    assert fast().data == 4.0
    assert fast._values.backend == "c"
    assert fast._values.recordings[0].replay.engine.is_native
    plain = jit(lambda: x * x, backend="numpy")
    assert plain().data == 4.0
    assert plain._values.recordings[0].replay.engine.is_native is False


@pytest.fixture
def no_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(c_build.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "ziglang", None)
    monkeypatch.setattr(c_background, "_WARNED", [])
    missing = tape_interpreter.interpreter.__wrapped__
    for module in (tape_native, tape_recording):
        monkeypatch.setattr(module, "interpreter", missing)
        monkeypatch.setattr(module, "is_ready", lambda: False)


def test_without_a_compiler(no_compiler, monkeypatch):
    step, _ = training(10)
    with pytest.raises(RuntimeError, match="no C compiler is found"):
        jit_values(step, backend="c")(0.1)
    monkeypatch.setattr(tape_native, "PATIENCE", 0.0)
    (fast, w), (slow, v) = training(10), training(10)
    fast = jit_values(fast)

    def run():
        for _ in range(20):
            fast(0.1), slow(0.1)
            time.sleep(0.02)

    with pytest.warns(RuntimeWarning, match="the NumPy program goes on"):
        run()
    np.testing.assert_allclose([x.data for x in w], [x.data for x in v], rtol=1e-12)


@needs_compiler
def test_numpy_comes_back_where_c_is_slower(monkeypatch):
    monkeypatch.setattr(tape_native, "PATIENCE", 0.0)
    monkeypatch.setattr(tape_native, "SLOWER", 0.0)
    monkeypatch.setattr(tape_native, "is_ready", lambda: False)
    step, _ = training(20)
    slow, _ = training(20)
    fast = jit_values(step)
    native = []
    for _ in range(200):
        assert fast(0.1) == pytest.approx(slow(0.1), rel=1e-12)
        native.append(fast.recordings[0].replay.engine.is_native)
        if native[-1] and native.count(True) == 1:
            continue
        if True in native and not native[-1]:
            break
        time.sleep(0.0 if native[-1] else 0.02)
    assert native.count(True) in (c_background.TRIAL, c_background.TRIAL - 1)
    assert not native[-1]
