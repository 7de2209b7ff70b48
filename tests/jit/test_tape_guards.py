"""A recording of Values is never stale, and what cannot be recorded is an error that says so."""

import contextvars
import copy
import gc
import random
import warnings

import numpy as np
import pytest

from autograd import Tensor, Value, logsumexp
from autograd.jit import jit
from autograd.jit.tape_jit import LIMIT, is_values_call, jit_values

SCALE = 2.0


def scaled(x):
    return x * SCALE


# --------------------------------------------------------------------------------------------------
# Guards


def test_a_changed_number_in_a_closure_or_global(monkeypatch):
    factor = 3.0
    w = Value(1.0)
    fast = jit_values(lambda: scaled(w) * factor)
    assert fast().data == 6.0
    factor = 5.0
    assert fast().data == 10.0
    monkeypatch.setitem(globals(), "SCALE", 7.0)
    assert fast().data == 35.0
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    assert fast().data == 10.0
    assert len(fast.recordings) == 3


def test_another_leaf_in_a_closure_list_or_attribute():
    class Model:
        def __init__(self):
            self.w = Value(2.0)
            self.layers = [Value(3.0), Value(4.0)]
            self.table = {"bias": Value(0.5)}

        def __call__(self, x):
            return self.w * x + self.layers[0] * self.layers[1] + self.table["bias"]

    model = Model()
    fast = jit_values(lambda x: model(x))
    for change in (
        lambda: None,
        lambda: setattr(model, "w", Value(2.0)),  # an equal number, but another leaf
        lambda: model.layers.__setitem__(0, Value(-1.0)),
        lambda: model.table.update(bias=Value(9.0)),
        lambda: setattr(model, "layers", [Value(1.0), Value(1.0)]),
    ):
        change()
        for p in (model.w, *model.layers, model.table["bias"]):
            p.grad = 0.0
        z, t = fast(1.5), model(1.5)
        assert z.data == t.data
        z.backward()
        assert model.w.grad == 1.5
        assert model.layers[0].grad == model.layers[1].data
        assert model.table["bias"].grad == 1.0


def test_lengths_kinds_and_integers_are_structure():
    fast = jit_values(lambda xs, n: sum(x**n for x in xs))
    assert fast([Value(2.0), Value(3.0)], 2).data == 13.0
    assert fast([Value(2.0)], 2).data == 4.0
    assert fast([Value(2.0)], 3).data == 8.0
    assert fast((Value(2.0), 1.5), 2).data == 6.25
    assert fast([Value(2.0), Value(5.0)], 2).data == 29.0
    assert len(fast.recordings) == 4


def test_the_same_value_twice_is_another_structure():
    fast = jit_values(lambda x, y: x * y)
    a, b = Value(2.0), Value(3.0)
    for x, y in ((a, b), (a, a), (b, a), (b, b)):
        a.grad = b.grad = 0.0
        fast(x, y).backward()
        wanted = {a: 0.0, b: 0.0}
        wanted[x] += y.data
        wanted[y] += x.data
        assert (a.grad, b.grad) == (wanted[a], wanted[b])


def test_an_argument_that_is_also_in_the_closure():
    w = Value(3.0)
    fast = jit_values(lambda x: x * w)
    for x in (Value(2.0), w, Value(5.0), w):
        w.grad = 0.0
        fast(x).backward()
        assert w.grad == (6.0 if x is w else x.data)


def test_arrays_of_floats_are_inputs_and_of_integers_structure():
    w = Value(2.0)
    fast = jit_values(lambda x, k: sum(w * e for e in x) * int(k[0]))
    ints = np.array([3])
    assert fast(np.array([1.0, 2.0]), ints).data == 18.0
    assert fast(np.array([1.0, 4.0]), ints).data == 30.0
    ints[0] = 4
    assert fast(np.array([1.0, 4.0]), ints).data == 40.0
    assert len(fast.recordings) == 2


def test_data_in_a_global_array_and_list():
    array, rows = np.array([1.0, 2.0]), [[1.0], [2.0]]
    w = Value(2.0)
    fast = jit_values(lambda: w * float(array[0]) + w * rows[1][0])
    assert fast().data == 6.0
    array[0] = 5.0
    assert fast().data == 14.0
    rows[1][0] = 0.0
    assert fast().data == 10.0


def test_leaves_and_floats_are_read_at_each_call():
    w = Value(2.0)
    fast = jit_values(lambda x: w * x)
    for data, x in ((2.0, 3.0), (-1.0, 0.5), (0.0, 2.0)):
        w.data = data
        assert fast(x).data == data * x
        assert fast(np.float64(x)).data == data * x
    assert len(fast.recordings) == 1


def test_many_structures_end_in_the_function_itself():
    fast = jit_values(lambda x, n: x * n)
    for n in range(LIMIT):
        assert fast(Value(2.0), n).data == 2.0 * n
    with pytest.warns(UserWarning, match="runs without recording from now on: it was recorded"):
        fast(Value(2.0), LIMIT)
    x = Value(2.0)
    z = fast(x, 100)
    z.backward()
    assert (z.data, x.grad) == (200.0, 100.0)


def test_a_leaf_that_no_guard_can_see():
    held = contextvars.ContextVar("held")
    held.set(Value(2.0))
    fast = jit_values(lambda x: held.get() * x)
    with pytest.warns(UserWarning, match=r"a leaf .* that was found neither"):
        assert fast(3.0).data == 6.0
    held.set(Value(5.0))
    assert fast(3.0).data == 15.0


def test_methods_have_recordings_of_their_own():
    class Model:
        def __init__(self, w):
            self.w = Value(w)

        @jit_values
        def __call__(self, x):
            return self.w * x

        @jit_values
        def loss(self, x):
            return (self.w * x) ** 2

    a, b = Model(2.0), Model(3.0)
    assert [a.loss(2.0).data, b.loss(2.0).data, a.loss(1.0).data] == [16.0, 36.0, 4.0]


def test_nested_jit_is_one_recording():
    inner = jit_values(lambda x: x * x)
    outer = jit_values(lambda x: inner(x) + inner(x * 2))
    x = Value(3.0)
    z = outer(x)
    z.backward()
    assert (z.data, x.grad) == (45.0, 30.0)
    assert inner.recordings == []


def test_which_calls_are_about_values():
    w = Value(2.0)
    assert is_values_call(lambda x: w * x, (1.0,), {})
    assert is_values_call(lambda x: x, ([{"a": w}],), {})
    assert not is_values_call(lambda x: x, (1.0,), {})
    assert not is_values_call(lambda x: x * w, (Tensor([1.0], requires_grad=True),), {})


def test_check_every_finds_what_a_recording_cannot_see():
    factor = contextvars.ContextVar("factor", default=2.0)
    w = Value(3.0)

    def f(x):
        loss = w * x * factor.get()
        w.grad = 0.0
        loss.backward()
        return loss.data

    fast = jit_values(f, check_every=2)
    assert [fast(1.0), fast(2.0), fast(3.0)] == [6.0, 12.0, 18.0]
    factor.set(5.0)
    w.grad = 0.25
    with pytest.raises(RuntimeError, match="differs from the function itself"):
        fast(1.0)
    assert (w.data, w.grad) == (3.0, 0.25)


# --------------------------------------------------------------------------------------------------
# Errors

LINE = r"at test_tape_guards.py:\d+"


@pytest.mark.parametrize(
    ("what", "function"),
    [
        ("a branch", lambda x: x if x > 0 else -x),
        ("a branch", lambda x: x if x else -x),
        ("a branch", lambda x: max(x, x * 2)),
        ("a branch", lambda x: x if x == 1.0 else -x),
        ("a branch", lambda x: x * (x.data > 1 and 2)),
        (r"float\(\)", lambda x: x * float(x)),
        (r"float\(\)", lambda x: x * float(x.data)),
        (r"int\(\)", lambda x: x * int(x)),
        (r"int\(\)", lambda x: x * int(x.data)),
        (r"round\(\)", lambda x: x * round(x)),
        (r"round\(\)", lambda x: x * round(x.data, 2)),
        (r"\.item\(\)", lambda x: x * x.item()),
        (r"\.item\(\)", lambda x: x * x.data.item()),
        ("a formatted text", lambda x: f"{x}"),
        ("a formatted text", lambda x: f"{x.data:.3f}"),
        (r"str\(\)", lambda x: str(x.data)),
        ("an index or a count", lambda x: [x, x][x.data]),
        (r"np\.isclose", lambda x: np.isclose(x, 1.0)),
    ],
)
def test_a_number_of_a_recorded_value(what, function):
    x = Value(1.5)
    before = Value(2.0)
    z = before * x
    with pytest.raises(TypeError, match=f"jit: {what}.* {LINE} asks a recorded value"):
        jit_values(function)(x)
    assert (x.data, x.grad) == (1.5, 0.0)
    z.backward()
    assert not hasattr(Value, "_recorded")
    assert isinstance(x > 1, bool)


def test_a_failed_recording_changes_nothing():
    w = Value(2.0)

    def f():
        w.grad = 7.0
        w.data = 5.0
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        jit_values(f)()
    assert (w.data, w.grad) == (2.0, 0.0)


@pytest.mark.parametrize("draw", [random.random, np.random.random, np.random.default_rng(0).random])
def test_random_numbers_are_refused(draw):
    with pytest.raises(TypeError, match="draws random numbers"):
        jit_values(lambda x: x * draw())(Value(1.0))


def test_changing_a_list_is_refused():
    losses = []
    with pytest.raises(TypeError, match="changes a list, a dict or an attribute"):
        jit_values(lambda x: losses.append(x.data))(Value(1.0))


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ([1.0, 2.0], lambda x: x.append(1.0)),
        ([1.0, 2.0], lambda x: x.reverse()),
        ([[1.0], [2.0]], lambda x: x[0].append(x[1].pop())),
        ({"a": 1.0}, lambda x: x.update(a=2.0)),
        ({"a": 1.0}, lambda x: x.update(b=x.pop("a"))),
        (np.array([1.0, 2.0]), lambda x: x.__setitem__(0, 5.0)),
        (np.array([1, 2]), lambda x: x.__setitem__(0, 5)),
    ],
)
def test_changing_an_argument_is_refused(given, change):
    with pytest.raises(TypeError, match="changes a list, a dict or an attribute"):
        jit_values(lambda x, v: (change(x), v * 2)[1])(copy.deepcopy(given), Value(1.0))
    t = Tensor([1.0], requires_grad=True)
    if not isinstance(given, np.ndarray):
        with pytest.raises(TypeError, match="changes a list, a dict or an attribute"):
            jit(lambda x: (change(x), t * 2)[1])(copy.deepcopy(given))


def test_results_of_other_kinds_are_refused():
    with pytest.raises(TypeError, match="returns set, which a replay could not make again"):
        jit_values(lambda x: {x})(Value(1.0))


def test_tensors_are_refused():
    t = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="mixes Values and Tensors"):
        jit_values(lambda x: (t * x).sum())(Value(1.0))
    with pytest.raises(TypeError, match="mixes Values and Tensors"):
        jit_values(lambda x: t * x.data)(Value(1.0))


def test_backward_through_what_was_computed_before():
    w = Value(2.0)
    c = w * 3
    with pytest.raises(RuntimeError, match="goes through a value computed before the call"):
        jit_values(lambda: (c * w).backward())()


def test_a_leaf_changed_before_backward_is_refused_as_ever():
    w = Value(2.0)

    def f():
        loss = w * w
        w.data = 1.0
        loss.backward()

    with pytest.raises(RuntimeError, match="changed after it was used"):
        jit_values(f)()


def test_invert_of_a_truth():
    with pytest.raises(TypeError, match=r"write np\.logical_not"):
        jit_values(lambda x: np.where(~(x > 0), x, 0.0))(Value(1.0))


def test_array_operations_on_numbers():
    with pytest.raises(TypeError, match="takes arrays; a Value is one number"):
        jit_values(lambda x: logsumexp(x.data))(Value(1.0))


def test_a_gradient_that_is_a_node():
    x = Value(2.0)
    (x**3).backward(create_graph=True)
    with pytest.raises(TypeError, match=r"the gradient read .* is a Value"):
        jit_values(lambda: x.grad * 2)()


def test_check_every_with_an_optimizer():
    import nn

    w = Value(2.0)
    optimizer = nn.SGD([w], lr=0.1)

    def f():
        (w * w).backward()
        optimizer.step()

    with pytest.raises(ValueError, match="check_every cannot run the step of an optimizer twice"):
        jit_values(f, check_every=1)()
    assert w.data == 2.0


def test_show_before_the_first_call():
    with pytest.raises(RuntimeError, match="was not called yet"):
        jit_values(lambda x: x).show()


def test_threads_go_on_as_before():
    import threading

    stop, wrong = threading.Event(), []

    def other():
        while not stop.is_set():
            v = Value(3.0)
            (v * v + 1).backward()
            if v.grad != 6.0 or not isinstance(v.data, float) or not v > 2:
                wrong.append(v)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        for _ in range(50):
            fast = jit_values(lambda x: (x * x + 1).tanh() * 2)
            assert fast(Value(0.5)).data == fast(Value(0.5)).data
    finally:
        stop.set()
        thread.join()
    assert not wrong


# --------------------------------------------------------------------------------------------------
# Batches


def sample_loss(w, b):
    return lambda x, y: ((w[0] * x[0] + w[1] * x[1] + b).tanh() - y) ** 2


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_batch_equals_a_loop(reduction):
    rng = np.random.default_rng(0)
    xs, ys = rng.normal(size=(20, 2)), rng.normal(size=20)
    w, b = [Value(0.3), Value(-0.2)], Value(0.1)
    loss = sample_loss(w, b)
    fast = jit_values(loss)
    for scale in (1.0, 2.0):
        for p in (*w, b):
            p.grad = 0.0
        total = sum(loss(list(map(float, x)), y) for x, y in zip(scale * xs, ys, strict=True))
        eager = total * (1 / 20) if reduction == "mean" else total
        eager.backward()
        wanted = [p.grad for p in (*w, b)]
        for p in (*w, b):
            p.grad = 0.0
        z = fast.batch(scale * xs, ys, reduction=reduction)
        z.backward()
        np.testing.assert_allclose(z.data, eager.data, rtol=1e-13)
        np.testing.assert_allclose([p.grad for p in (*w, b)], wanted, rtol=1e-12)
        w[0].data += 0.5
    assert len(fast.recordings) == 1


def test_integers_of_samples_are_numbers():
    w = Value(2.0)
    fast = jit_values(lambda x, y: (w * x - y) ** 2)
    z = fast.batch([1, 2, 3], np.array([1, 1, 1]), reduction="sum")
    assert z.data == 1 + 9 + 25


def test_batches_refuse():
    w = Value(2.0)
    fast = jit_values(lambda x, y: w * x * y)
    with pytest.raises(ValueError, match="one entry for each sample"):
        fast.batch([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="one entry for each sample"):
        fast.batch([1.0, 2.0], 3.0)
    with pytest.raises(ValueError, match="no samples"):
        fast.batch([], [])
    with pytest.raises(ValueError, match="another structure than sample 0"):
        fast.batch([[1.0], [1.0, 2.0]], [1.0, 2.0])
    with pytest.raises(ValueError, match="reduction is 'mean' or 'sum'"):
        fast.batch([1.0], [1.0], reduction="max")

    def changing(x):
        (w * x).backward()

    with pytest.raises(TypeError, match="changes nothing"):
        jit_values(changing).batch([1.0])
    assert w.grad == 0.0


# --------------------------------------------------------------------------------------------------
# Depth, and the text


def test_a_long_chain_and_a_diamond():
    def chain(x):
        for _ in range(20_000):
            x = x * 0.9999 + 0.0001
        return x

    def diamond(x):
        for _ in range(60):
            x = (x + x) * 0.5
        return x

    for function in (chain, diamond):
        a, b = Value(1.5), Value(1.5)
        z, t = jit_values(function)(a), function(b)
        z.backward()
        t.backward()
        np.testing.assert_allclose([z.data, a.grad], [t.data, b.grad], rtol=1e-9)


def test_a_long_chain_runs_as_it_is_and_still_obeys_its_guards():
    factor = 0.9999

    def chain(x):
        for _ in range(3000):
            x = np.sin(x * factor)
        return x

    fast = jit_values(chain)
    assert fast(Value(1.5)).data == chain(Value(1.5)).data
    factor = 0.5
    assert fast(Value(1.5)).data == chain(Value(1.5)).data
    assert len(fast.recordings) == 2
    assert all(r.narrow for r in fast.recordings)
    z = fast.batch([1.0, 2.0])
    np.testing.assert_allclose(z, (chain(1.0) + chain(2.0)) / 2)


def test_the_text_of_a_tape():
    w = Value(3.0, label="w")

    def step(x, lr):
        loss = (w * x - 1) ** 2
        w.grad = 0.0
        loss.backward()
        w.data -= lr * w.grad
        return loss.data

    fast = jit_values(step)
    fast(2.0, 0.1)
    first = step.__code__.co_firstlineno
    lines = [
        "v0       = argument 0",
        "v1       = argument 1",
        f"v2       = w.data                     test_tape_guards.py:{first + 1}",
        f"v3       = multiply(v2, v0)           test_tape_guards.py:{first + 1}",
        f"v4       = subtract(v3, 1)            test_tape_guards.py:{first + 1}",
        f"v5       = power(v4, 2)               test_tape_guards.py:{first + 1}",
        "v6       = 1.0",
        f"v7       = gradient of v2 in sweep 0  test_tape_guards.py:{first + 3}",
        f"v8       = multiply(v1, v7)           test_tape_guards.py:{first + 4}",
        f"v9       = subtract(v2, v8)           test_tape_guards.py:{first + 4}",
        f"v10      = copy(v9)                   test_tape_guards.py:{first + 4}",
        "sweep 0  backward from v5, 1.0",
        "w.grad   <- v7",
        "w.data   <- v10",
    ]
    assert fast.show() == "\n".join(lines)
    assert "... 9 more lines" in fast.show(limit=2)


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z = jit_values(lambda x: x.log() + 1 / x)(Value(0.0))
        z.backward()
    assert np.isnan(z.data)


def test_batches_of_arrays_equal_batches_of_lists():
    rng = np.random.default_rng(3)
    xs, ys, k = rng.normal(size=(6, 2)).astype(np.float32), rng.normal(size=6), np.arange(6)
    w = Value(0.5)

    def loss(x, y, *, k):
        return (w * x[0] * k + x[1] - y) ** 2

    found = []
    for given in ((xs, ys, k), (xs.tolist(), ys.tolist(), k.tolist())):
        w.grad = 0.0
        z = jit_values(loss).batch(given[0], given[1], k=given[2])
        z.backward()
        found.append((z.data, w.grad))
    assert found[0] == pytest.approx(found[1], rel=1e-14)


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_rests_while_recording(on):
    seen = []

    def square(x):
        seen.append(gc.isenabled())
        return x * x

    def broken(x):
        return float(x * x)

    before = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        with pytest.raises(TypeError, match="changes a list"):
            jit_values(square)(Value(2.0))
        assert seen == [False]
        assert gc.isenabled() == on
        with pytest.raises(TypeError, match=r"float\(\)"):
            jit_values(broken)(Value(2.0))
        assert gc.isenabled() == on
    finally:
        (gc.enable if before else gc.disable)()
