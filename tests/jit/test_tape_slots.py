"""Gathering and scattering the data of many Values in C, against Python loops."""

import sys

import numpy as np
import pytest

from autograd import Value
from autograd.jit.c import build as c_build
from autograd.jit.tape import replay as tape_replay
from autograd.jit.tape import slots as tape_slots
from autograd.jit.tape import watched
from autograd.jit.tape.compiled import jit_values
from autograd.jit.tape.guard import Guard
from autograd.jit.tape.slots import library
from autograd.node import LEAF

slots = library() if c_build.compiler() is not None else None
pytestmark = pytest.mark.skipif(slots is None, reason="no C compiler, or no Python headers")


def address(array):
    return array.ctypes.data


def test_data_and_gradients_are_read():
    values = [Value(1.5), Value(2.0) * 3, Value(-0.0)]
    values[0].grad = 7.0
    numbers, rows = np.full(5, np.nan), np.array([4, 0, 2])
    assert slots.read(values, slots.data, address(numbers), address(rows))
    np.testing.assert_array_equal(numbers, [6.0, np.nan, -0.0, np.nan, 1.5])
    assert np.signbit(numbers[2])
    assert slots.read(values, slots.grad, address(numbers), address(rows))
    assert numbers[4] == 7.0


@pytest.mark.parametrize("grad", [None, 2, Value(1.0), np.float64(1.0)])
def test_what_is_no_float_is_left_to_python(grad):
    values = [Value(1.0), Value(2.0)]
    values[1].grad = grad
    numbers, rows = np.zeros(2), np.arange(2)
    assert not slots.read(values, slots.grad, address(numbers), address(rows))


def test_numbers_are_written_and_nothing_is_kept():
    values = [Value(1.0), Value(2.0)]
    old = values[0].data = float("12345.678")
    values[1].grad = held = Value(3.0)
    before, held_before = sys.getrefcount(old), sys.getrefcount(held)
    numbers, rows = np.array([0.25, 0.5, 0.75]), np.array([2, 1])
    assert slots.write(values, slots.data, address(numbers), address(rows))
    assert [v.data for v in values] == [0.75, 0.5]
    assert sys.getrefcount(old) == before - 1
    assert slots.write(values, slots.grad, address(numbers), address(rows))
    assert sys.getrefcount(held) == held_before - 1
    found = values[0].grad
    count = sys.getrefcount(found)
    for _ in range(1000):
        slots.write(values, slots.grad, address(numbers), address(rows))
    assert sys.getrefcount(found) == count - 1


def test_only_leaves_are_dated():
    leaf, computed = Value(1.0), Value(2.0) * 3
    made = computed._mark
    slots.date([leaf, computed], LEAF + 77.0)
    assert (leaf._mark, computed._mark) == (LEAF + 77.0, made)


def containers():
    a, b, c = object(), object(), object()
    return [[a], [None], [b, c], {"x": a, "y": b}, [], [a, a]]


CHANGES = {
    "nothing": lambda x: None,
    "an item": lambda x: x[2].__setitem__(0, object()),
    "swapped": lambda x: x[2].reverse(),
    "longer": lambda x: x[4].append(None),
    "shorter": lambda x: x[5].pop(),
    "moved": lambda x: x[0].append(x[1].pop()),
    "moved back": lambda x: x[1].append(x[2].pop(0)),
    "a value of a dict": lambda x: x[3].__setitem__("x", object()),
    "a key of a dict": lambda x: x[3].__setitem__("z", x[3].pop("y")),
    "a new key": lambda x: x[3].__setitem__("z", 1),
    "values of a dict exchanged": lambda x: x[3].update(x=x[3]["y"], y=x[3]["x"]),
    "an equal number": lambda x: None,
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("in_c", [True, False])
def test_guards_see_changes(name, in_c, monkeypatch):
    monkeypatch.setattr(watched, "loaded", lambda: slots if in_c else None)
    held = containers()
    guard = Guard(held)
    assert guard.holds()
    CHANGES[name](held)
    assert guard.holds() == (name in ("nothing", "an equal number"))


def test_equal_numbers_in_other_objects_hold():
    numbers = [1.5, 2.5]
    guard = Guard([numbers])
    numbers[0] = float("1.5")
    assert guard.holds()
    numbers[0] = 2.0
    assert not guard.holds()


def test_replays_with_and_without_are_equal(monkeypatch):
    def make():
        w = [Value(0.3 * i) for i in range(5)]

        def step(rate):
            loss = sum(np.tanh(x) * x for x in w)
            for x in w:
                x.grad = 0.5 * x.grad
            loss.backward()
            for x in w:
                x.data -= rate * x.grad
            return loss.data

        return w, step

    (w, fast), (v, slow) = make(), make()
    fast, plain = jit_values(fast, backend="c"), jit_values(slow, backend="c")
    for _ in range(4):
        found = fast(0.1)
        with monkeypatch.context() as m:
            m.setattr(tape_replay, "loaded", lambda: None)
            assert found == plain(0.1)
    for x, y in zip(w, v, strict=True):
        assert (x.data, x.grad, type(x.grad)) == (y.data, y.grad, float)
        assert x._mark > LEAF


def test_a_changed_leaf_is_noticed_after_a_replay():
    w = Value(2.0)

    def step():
        w.data = w.data * 0.5

    z = w * w
    jit_values(step, backend="c")()
    assert w.data == 1.0
    with pytest.raises(RuntimeError, match="changed after it was used"):
        z.backward()


def test_without_headers(monkeypatch):
    monkeypatch.setattr(tape_slots.os.path, "exists", lambda path: False)
    assert tape_slots._library() is None


def test_if_it_does_not_compile(monkeypatch):
    monkeypatch.setattr(tape_slots, "SOURCE", "this is not C")
    assert tape_slots._library() is None


def test_what_modules_keep_about_themselves_is_no_change():
    held = {"w": object(), "_names": {}, "b": object()}
    guard = Guard([held])
    held["_names"] = {"w": 1}
    held["_remembered"] = 1
    assert guard.holds()
    held["b"] = object()
    assert not guard.holds()
