"""Calls that go through the gate in C give what the function gives, whatever changes between."""

import gc
import threading
import weakref

import numpy as np
import pytest

import nn
from autograd import Tensor, grad, no_grad
from autograd.jit import jit
from autograd.jit.c import caller as c_caller
from autograd.jit.c.build import compiler
from autograd.jit.call.compiled import _through_gates
from nn.optim import SGD

pytestmark = pytest.mark.skipif(
    compiler() is None or c_caller.extension() is None, reason="needs a compiler and headers"
)


def gate_of(f, *arguments, **named):
    """Return the gate after two calls, which a third has to go through."""
    f(*arguments, **named), f(*arguments, **named)
    assert f._gate is not None
    return f._gate


def test_calls_that_fit_need_no_python(monkeypatch):
    w, x = Tensor(np.ones((3, 2)), requires_grad=True), np.ones((4, 3))
    optimizer = SGD([w], lr=0.01)

    def step():
        loss = ((x @ w) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    def general(*arguments):
        raise LookupError("in Python")

    plain, steps = jit(lambda a: (a * 2.0).sum(), backend="c"), jit(step, backend="c")
    gate_of(plain, x), gate_of(steps)
    monkeypatch.setattr(type(plain), "_general", general)
    assert plain(x * 2) == 48.0
    before = w.data.copy()
    steps()
    assert (w.data < before).all()
    with no_grad(), pytest.raises(LookupError):
        steps()
    with pytest.raises(LookupError):
        plain(x[:1])
    steps()


def test_every_kind_of_argument_and_result():
    pair = Tensor([1.0, 2.0], requires_grad=True)

    def f(x, t, n, s, nest, flag, mode="sum"):
        y = x * n + s + nest[0] * nest[1]["a"]
        z = (t * t).sum() if flag else t.sum()
        return {"y": y, "z": [z, t], "n": s * 2, "mode": mode, "pair": pair, "k": x.sum()}

    g = jit(f, backend="c")
    x, t = np.arange(3.0), Tensor([1.0, -2.0])
    nest = (np.ones(3), {"a": np.full(3, 2.0)})
    arguments = [x, t, 3, 0.5, nest, True]
    gate = gate_of(g, *arguments, mode="sum")
    others = [x + 1, Tensor([5.0, 6.0]), 4, -0.25, (nest[0] * 2, {"a": nest[1]["a"]}), True]
    for a in (arguments, others):
        found, expected = g(*a, mode="sum"), f(*a, mode="sum")
        assert g._gate is gate
        assert list(found) == list(expected)
        np.testing.assert_array_equal(found["y"], expected["y"])
        np.testing.assert_array_equal(found["z"][0].data, expected["z"][0].data)
        assert found["z"][1] is a[1]
        assert type(found["n"]) is float
        assert (found["n"], found["mode"]) == (2 * a[3], "sum")
        assert found["pair"] is pair
        assert found["k"] == expected["k"]
    for i, x in [
        (0, np.arange(4.0)), (0, np.arange(3)), (0, [1.0, 2.0, 3.0]), (1, t.data), (2, 3.0),
        (2, True), (3, np.float64(0.5)), (3, 10**400), (5, False),
        (4, [*nest]), (4, (nest[0],)), (4, (nest[0], {"b": 1.0, "a": np.ones(3)})),
    ]:  # fmt: skip
        changed = [*arguments]
        changed[i] = x
        results = []
        for function in (f, g):
            try:
                results.append(function(*changed, mode="sum")["y"])
            except (ValueError, TypeError, LookupError, OverflowError) as error:
                results.append(type(error).__name__)
        assert isinstance(results[0], str) or np.array_equal(*results), i


def test_the_same_tensor_twice_is_not_two_of_its_form():
    def f(a, b):
        return (grad(lambda a: (a * a * b).sum())(a) if a is not b else 3 * a * a) * 1.0

    g = jit(f, backend="c")
    make = [lambda i=i: Tensor([1.0 + i, 2.0], requires_grad=True) for i in range(3)]
    a, b, c = (m() for m in make)
    gate_of(g, a, b)
    np.testing.assert_array_equal(g(a, c), 2 * a.data * c.data)
    np.testing.assert_array_equal(g(a, a).data, 3 * a.data**2)
    np.testing.assert_array_equal(g(a, b), 2 * a.data * b.data)


def agree(f, *calls):
    """Call a function and its replay, the first call through the gate, then the others by turns."""
    g = jit(f, backend="c")
    gate_of(g, *calls[0][0], **calls[0][1])
    for args, kwargs in [*calls, *calls, calls[0], *reversed(calls)]:
        a, b = f(*args, **kwargs), g(*args, **kwargs)
        assert getattr(a, "requires_grad", None) == getattr(b, "requires_grad", None)
        np.testing.assert_array_equal(*[getattr(r, "data", r) for r in (a, b)])


def test_what_the_program_does_not_read_counts_too():
    x, y = np.arange(3.0), np.array([2.0, 5.0])
    agree(lambda x, y: y * len(x), ((x, y), {}), ((np.arange(4.0), y), {}))
    agree(lambda t: t * 2, ((Tensor(x),), {}), ((Tensor(x, requires_grad=True),), {}))
    agree(
        lambda d: d["a"] * 2 if "a" in d else d["b"] * 3,
        (({"a": x},), {}),
        (({"b": x},), {}),
        (({"a": x, "c": y},), {}),
    )
    agree(lambda **d: next(iter(d.values())) * 2, ((), {"a": x, "b": -x}), ((), {"b": x, "a": -x}))
    factors = [2.0, 3.0]
    g = jit(lambda x: x * factors[0], backend="c")
    gate_of(g, x)
    for factors[0] in (3.0, 2.0, 4.0):
        np.testing.assert_array_equal(g(x), x * factors[0])
    factors[:] = [5.0]
    np.testing.assert_array_equal(g(x), x * 5.0)


def test_gradients_that_add_up():
    w = Tensor([1.0, 2.0], requires_grad=True)

    def step(x):
        (w * w * x).sum().backward()

    f = jit(step, backend="c")
    x = np.ones(2)
    f(x)
    w.grad = None
    f(x)
    assert f._gate is not None
    for n in (1, 2, 3):
        np.testing.assert_array_equal(w.grad, 2 * n * w.data)
        f(x)


def test_modes_and_transforms_are_seen():
    w = Tensor([1.0, 2.0], requires_grad=True)
    f = jit(lambda x: (w * x).sum(), backend="c")
    x = np.array([3.0, 4.0])
    gate_of(f, x)
    assert f(x).requires_grad
    with no_grad():
        assert not f(x).requires_grad
    np.testing.assert_array_equal(grad(f)(x), w.data)
    y = f(Tensor(x, requires_grad=True) * 1.0)
    y.backward()
    np.testing.assert_array_equal(w.grad, x)
    outer = jit(lambda x: f(x) * 2, backend="c")
    assert outer(x).item() == outer(x).item() == 22.0


def test_globals_closures_and_rates():
    optimizer = SGD([w := Tensor([1.0], requires_grad=True)], lr=0.5)
    gain = 2.0

    def step():
        optimizer.zero_grad()
        (w * gain * GAIN).sum().backward()
        optimizer.step()

    def change(x):
        nonlocal gain
        gain = x

    f = jit(step, backend="c")
    gate_of(f)
    w.data = [1.0]
    f()
    assert w.data[0] == 0.0
    change(4.0)
    f()
    assert w.data[0] == -2.0
    globals()["GAIN"] = 3.0
    try:
        f()
        assert w.data[0] == -8.0
    finally:
        globals()["GAIN"] = 1.0
    half, other = 0.5, 0.25
    for rate in (half, other, half, other, half):
        optimizer.lr = rate
        before = float(w.data[0])
        f()
        assert before - w.data[0] == rate * gain
    assert optimizer._slots[0].steps == 10


GAIN = 1.0


def test_rates_that_python_read_in_between():
    w = Tensor([1.0], requires_grad=True)
    optimizer = SGD([w], lr=0.5)

    def step(x):
        optimizer.zero_grad()
        (w * x * 2.0).sum().backward()
        optimizer.step()

    f = jit(step, backend="c")
    x, half, other = np.ones(1), 0.5, 0.25
    gate = gate_of(f, x)
    f(x)
    strided = np.ones(2)[::2][:1]
    optimizer.lr = other
    f._kept[next(iter(f._kept))][0].run([strided])  # the same recording, by Python
    optimizer.lr = half
    before = float(w.data[0])
    f(x)
    assert f._gate is gate
    assert before - w.data[0] == 1.0


def test_results_and_gradients_belong_to_the_user():
    w = Tensor([1.0, 2.0], requires_grad=True)

    def f(x):
        w.grad = None
        y = w * w * x
        y.sum().backward()
        return y, x.sum()

    g = jit(f, backend="c")
    x = np.ones(2)
    gate_of(g, x)
    y, total = g(x)
    slope, part = w.grad, w.grad[1:]
    first = y.data.copy(), slope.copy(), part.copy()
    g(5 * x), g(7 * x)
    assert total == 2.0
    for kept, now in zip(first, (y.data, slope, part), strict=True):
        np.testing.assert_array_equal(kept, now)
    np.testing.assert_array_equal(w.grad, 14 * w.data)


def test_a_function_that_is_dropped_takes_its_gate_along():
    def make():
        w = Tensor(np.ones(3), requires_grad=True)
        f = jit(lambda x: (w * x).sum(), backend="c")
        gate_of(f, np.ones(3))
        return weakref.ref(f), weakref.ref(w)

    gone = make()
    gc.collect()
    assert [r() for r in gone] == [None, None]


def test_methods_and_wrapped_functions():
    class Model:
        def __init__(self):
            self.layer = nn.Linear(2, 1, rng=0)

        @jit(backend="c")
        def run(self, x):
            """Run the layer."""
            return self.layer(x)

    model, other = Model(), Model()
    x = np.ones((3, 2))
    for _ in range(3):
        np.testing.assert_allclose(model.run(x).data, model.layer(x).data)
        np.testing.assert_allclose(other.run(x).data, other.layer(x).data)
    assert Model.run.__doc__ == "Run the layer."
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        model.run()


def test_threads_take_turns():
    w = Tensor(np.zeros(200_000), requires_grad=True)

    def step(x):
        w.grad = None
        (w * x * 2.0).sum().backward()
        w.data -= w.grad

    f = jit(step, backend="c")
    x = np.ones(200_000)
    gate_of(f, x)
    w.data[...] = 0.0
    threads = [threading.Thread(target=lambda: [f(x) for _ in range(50)]) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    np.testing.assert_array_equal(w.data, np.full(200_000, -400.0))


def test_dates_and_counts_that_somebody_kept_stay_what_they_were():
    from autograd.mode import STATE

    parameters = [Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0], requires_grad=True)]
    optimizer = SGD(parameters, lr=0.1)

    @jit(backend="c")
    def step():
        optimizer.zero_grad()
        sum((p * p).sum() for p in parameters).backward()
        optimizer.step()

    gate = gate_of(step)
    for _ in range(3):
        kept = [STATE.clock, *(p._node._mark for p in parameters)]
        written = [float(repr(x)) for x in kept]
        step(), step()
        assert step._gate is gate
        assert kept == written
        assert STATE.clock == kept[0] + 2
        assert [p._node._mark for p in parameters] == [kept[1] + 2] * 2
    # so do counts, of which the small ones are shared by all of Python
    for start in (250, 1000):
        for slot in optimizer._slots:
            slot.steps = int(str(start))
        for _ in range(10):
            step()
        counted = [slot.steps for slot in optimizer._slots]
        step()
        assert step._gate is gate
        assert counted == [start + 10] * 2
        step(), step()
        assert [slot.steps for slot in optimizer._slots] == [start + 13] * 2
    # one that has a date of its own gets that of the others
    stale = (parameters[0] * 1.0).sum()
    parameters[1].data = parameters[1].data
    step(), step()
    assert parameters[0]._node._mark == parameters[1]._node._mark
    with pytest.raises(RuntimeError, match="changed"):
        stale.backward()


def test_a_call_that_is_exchanged():
    f = jit(lambda x: x + 1, backend="c")
    gate_of(f, 1.0)
    kind = type(f)
    found = kind.__call__
    try:
        kind.__call__ = lambda self, *given: ("own", given)
        assert f(1.0) == ("own", (1.0,))
    finally:
        kind.__call__ = found
    assert f(1.0) == f(x=1.0) == 2.0
    _through_gates.cache_clear()  # as it was for the other tests

    class Loud(kind):
        def __call__(self, x):
            return super().__call__(2 * x)

    loud = Loud(lambda x: x + 1, backend="c")
    assert [loud(1.0) for _ in range(3)] == [3.0] * 3
