"""A recording of Values is never stale."""

import contextvars

import numpy as np
import pytest

from autograd import Tensor, Value
from autograd.jit.tape.compiled import LIMIT, jit_values
from autograd.jit.tape.guard import is_values_call

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


def test_an_argument_that_was_computed_is_no_leaf():
    w = Value(3.0)

    def f(x):
        loss = x * w
        loss.backward()
        return loss

    fast = jit_values(f)
    assert fast(Value(2.0)).data == 6.0
    assert w.grad == 2.0
    # d(2 w w)/dw: where a leaf was recorded, the sweep would end at this argument
    with pytest.raises(RuntimeError, match="goes through a value computed before the call"):
        fast(w * 2)
    assert w.grad == 2.0
    # where nothing goes back, both are the same
    forward = jit_values(lambda x: x * w)
    for x in (Value(2.0), w * 2, Value(4.0)):
        assert forward(x).data == x.data * 3.0


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
