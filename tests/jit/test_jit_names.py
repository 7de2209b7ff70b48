"""One thing under two names: an argument that the function reaches itself, equal constants."""

import math

import numpy as np
import pytest

from autograd import Tensor
from autograd.jit import jit
from autograd.jit.c.build import compiler
from nn.optim import SGD

BACKENDS = ["numpy", *(["c"] if compiler() is not None else [])]
START = np.array([[0.5, -1.0], [2.0, 0.25]])
CASES = {}


def case(make):
    CASES[make.__name__] = make
    return make


# each takes the weight and its optimizer and returns the function
@case
def gradients(w, optimizer):
    def f(x):
        w.grad = None
        loss = (np.tanh(x) @ w).sum()
        loss.backward()
        return loss

    return f


@case
def gradients_that_add_up(w, optimizer):
    def f(x):
        loss = (x * x * w).sum()
        loss.backward()
        return loss

    return f


@case
def a_step(w, optimizer):
    def f(x):
        optimizer.zero_grad()
        loss = (np.tanh(x) @ w).sum()
        loss.backward()
        optimizer.step()
        return loss

    return f


@case
def exchanged_data(w, optimizer):
    def f(x):
        w.data = w.data * 2.0
        return x * 1.0, w * 1.0

    return f


@case
def exchanged_data_of_the_argument(w, optimizer):
    def f(x):
        x.data = x.data * 2.0
        return x * 1.0, w * 1.0

    return f


def numbers(x):
    found = x if isinstance(x, tuple) else (x,)
    return [t.data.copy() for t in found]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("name", "requires_grad"),
    [*((name, True) for name in CASES), *((name, False) for name in CASES if "data" in name)],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_argument_that_the_function_reaches_itself(name, backend, requires_grad, first):
    worlds = []
    for compiled in (False, True):
        w = Tensor(START.copy(), requires_grad=requires_grad)
        f = CASES[name](w, SGD([w], lr=0.1) if requires_grad else None)
        worlds.append((w, jit(f, backend=backend) if compiled else f))
    for k in range(6):
        results = []
        for w, f in worlds:
            x = w if (k % 2 == 0) is first else Tensor(START + k, requires_grad=requires_grad)
            found = numbers(f(x))
            results.append([*found, w.data.copy(), w.grad, x.grad])
        for ours, theirs in zip(*results, strict=True):
            assert (ours is None) == (theirs is None)
            if ours is not None:
                np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    # one, and others for gradients that were not there at first
    assert worlds[1][1].recordings <= 3


def by_index(x):
    x[0] += 7.0


def as_a_whole(x):
    x *= 2.0


def by_data(x):
    x.data = x.data + 1.0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("write", [by_index, as_a_whole, by_data])
@pytest.mark.parametrize("written", ["whole", "view"])
@pytest.mark.parametrize("given", [True, False])
def test_views_of_an_argument_that_is_written(write, written, given, backend):
    """What reads them after the write, as another argument or from outside, sees it."""
    results = []
    for compiled in (False, True):
        whole = Tensor(np.arange(4.0))
        view = whole[:2]
        x, other = (whole, view) if written == "whole" else (view, whole)

        def f(x, y, other=other):
            write(x)
            return x * 1.0, (other if y is None else y) * 1.0

        f = jit(f, backend=backend) if compiled else f
        found = [f(x, other if given else None) for _ in range(3)]
        # a tensor that nothing else shows
        found += [f(Tensor(np.arange(2.0)), Tensor([5.0]) if given else None)]
        results.append([t.data for pair in found for t in pair] + [whole.data, view.data])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", BACKENDS)
def test_static_arguments_that_are_equal_but_not_the_same(backend):
    f = jit(lambda x, n: x / n, static=("n",), backend=backend)
    g = jit(lambda x, n: x * n[0][0], static=("n",), backend=backend)
    x = np.array([1.0, 2.0])
    assert f(x, 0.0).tolist() == [math.inf, math.inf]
    assert f(x, -0.0).tolist() == [-math.inf, -math.inf]
    for n in (2, 2.0, True, np.float32(2)):
        k = np.arange(3, dtype=np.int8)
        assert g(k, ((n,),)).dtype == (k * n).dtype
    assert g.recordings == 4
    # nan is the same as nan
    for _ in range(2):
        f(x, float("nan"))
    assert f.recordings == 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_keys_of_dicts_that_are_equal_but_not_the_same(backend):
    f = jit(lambda d: [x * key for key, x in d.items()], backend=backend)
    x = np.arange(3, dtype=np.int8)
    for key in (2, 2.0, True, 1, np.float32(1), -0.0, 0.0):
        (found,) = f({key: x})
        assert found.dtype == (x * key).dtype
        assert np.array_equal(np.signbit(found), np.signbit(x * key))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("place", ["attribute", "item", "entry"])
def test_a_zero_that_changes_its_sign(place, backend):
    class Scale:
        factor = 0.0

    scale, items, entries = Scale(), [0.0], {"k": 0.0}
    scale.factor = 0.0
    read = {
        "attribute": lambda: scale.factor,
        "item": lambda: items[0],
        "entry": lambda: entries["k"],
    }[place]
    f = jit(lambda x: x / read(), backend=backend)
    for zero in (0.0, -0.0, np.float64(-0.0), np.float64(0.0)):
        scale.factor = items[0] = entries["k"] = zero
        with np.errstate(divide="ignore"):
            assert f(np.array([1.0])).tolist() == [math.copysign(math.inf, zero)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("write", [by_index, as_a_whole, by_data])
def test_an_argument_that_shows_what_is_written_outside(write, backend):
    """It is read after the write, whether or not the recording was made for such an argument."""

    def run(compiled, first):
        whole = Tensor(np.arange(4.0))

        def f(x):
            write(whole)
            return x * 1.0

        f = jit(f, backend=backend) if compiled else f
        given = [lambda: whole[:2], lambda: Tensor([1.0, 2.0])]
        return [f(given[(k + first) % 2]()).data for k in range(6)] + [whole.data]

    for first in (0, 1):
        for ours, theirs in zip(run(True, first), run(False, first), strict=True):
            np.testing.assert_array_equal(ours, theirs)
