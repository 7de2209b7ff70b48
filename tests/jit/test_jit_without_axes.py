"""Results without axes under jit: 0-d arrays or numbers, as in NumPy."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, jit

from .tapes import BACKENDS

FUNCTIONS = {
    "where": lambda x: np.where(x.sum() > 0, x.sum(), 0.0),
    "where of numbers": lambda x: np.where(x.sum() > 0, 1.0, 2.0),
    "where of all": lambda x: np.where(x > 0, x, 0.0),
    "where and more": lambda x: np.where(x.sum() > 0, x.sum(), 0.0) + 1,
    "where twice": lambda x: np.where(x > 0, np.where(x > 1, x, 1.0), 0.0),
    "zeros_like": np.zeros_like,
    "ones_like": lambda x: np.ones_like(x, dtype=int),
    "full_like": lambda x: np.full_like(x, 2.5),
    "zeros_like of a sum": lambda x: np.zeros_like(x.sum()),
    "ones_like of a sum": lambda x: np.ones_like(x.sum()),
    "full_like of a sum": lambda x: np.full_like(x.sum(), 2.5),
    "zeros_like of a shape": lambda x: np.zeros_like(x, shape=()),
    "zeros_like and more": lambda x: np.zeros_like(x) + x.sum(),
    "np.copy": np.copy,
    "np.copy of a sum": lambda x: np.copy(x.sum()),
    "copy": lambda x: x.copy(),
    "copy of a sum": lambda x: x.sum().copy(),
    "broadcast_to": lambda x: np.broadcast_to(x.sum(), ()),
    "reshape": lambda x: np.reshape(x.sum(), ()),
    "max": np.max,
    "prod": np.prod,
    "sum": np.sum,
    "astype": lambda x: x.astype(np.float32),
    "astype of a sum": lambda x: x.sum().astype(int),
    "astype of the same": lambda x: x.sum().astype(x.dtype),
    "all of it": lambda x: x[...],
    "all of a sum": lambda x: x.sum()[...],
    "the number": lambda x: x[()],
    "the number of a sum": lambda x: x.sum()[()],
    "itself": lambda x: x,
}
INPUTS = [
    np.array([1.5, 2.0]),
    np.array([1.5]),
    np.array(2.5),
    np.float64(2.5),
    np.float32(1.5),
    np.array(3),
    np.ones((2, 2)),
]


def form(x):
    return [form(e) for e in x] if isinstance(x, tuple) else (type(x), x.dtype, x.shape)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_array_or_a_number(name, backend):
    f = FUNCTIONS[name]
    compiled = jit(f, backend=backend)
    for x in INPUTS:
        for _ in range(2):
            found, wanted = compiled(x), f(x)
            assert form(found) == form(wanted)
            np.testing.assert_array_equal(found, wanted)


def bound_anew(x):
    s = x.sum()
    t = s
    t += 1
    u = np.max(s)
    u *= 3
    return s, t, u


def written(x):
    s = np.where(x.sum() > 0, x.sum(), 0.0)
    t = s
    t += 1
    u = np.zeros_like(x.sum())
    u[...] = s
    u *= 2
    return s, t, u


def copied(x):
    s = x.astype(x.dtype)
    s += 1
    t = x.astype(x.dtype, copy=False)
    t = t + np.copy(x)
    return s, t, x


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f", [bound_anew, written, copied])
def test_writing_in_place(f, backend):
    compiled = jit(f, backend=backend)
    for x in INPUTS:
        if x.dtype.kind == "f":
            for _ in range(2):
                found, wanted = compiled(x.copy()), f(x.copy())
                assert form(found) == form(wanted)
                for ours, theirs in zip(found, wanted, strict=True):
                    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays_of_the_caller(backend):
    x, y = np.array(2.0), np.array(5.0)

    def f(x):
        x += 1
        y[...] = x * y
        return x * 2

    compiled = jit(f, backend=backend)
    assert (compiled(x), x, y) == (6.0, 3.0, 15.0)
    assert (compiled(x), x, y) == (8.0, 4.0, 60.0)
    assert (compiled(1.0), y) == (4.0, 120.0)


def test_results_are_not_the_argument():
    x = np.array(2.5)
    jit(np.copy)(x)[...] = 0.0
    assert x == 2.5


def test_a_cast_that_is_not_allowed():
    with pytest.raises(TypeError, match="Cannot cast array data"):
        jit(lambda x: x.astype(int, casting="safe"))(np.ones(2))


def parts(w):
    return w.data, w.data + 1, (w * 2).data, (w * 2).detach(), w.detach().data.copy()


def gradients(w):
    w.grad = None
    (w * w).backward()
    g = w.grad
    w.grad *= 2
    w.data -= 0.1 * w.grad
    return g, w.grad, w.data


def data_written(w):
    y = w.data
    y += 1
    z = w.data * 2
    z += 1
    return y, z, w


def data_of_others(w):
    found = ag.grad(lambda t: t * t)(w.data)
    return found, np.zeros_like(w.data), np.where(w > 0, w, 0.0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f", [parts, gradients, data_written, data_of_others])
def test_tensors(f, backend):
    for given in (False, True):
        w, v = (Tensor(2.0, requires_grad=True) for _ in range(2))
        compiled = jit(f, backend=backend) if given else jit(lambda: f(v), backend=backend)  # noqa: B023
        for _ in range(3):
            found = compiled(v) if given else compiled()
            for ours, theirs in zip(found, f(w), strict=True):
                assert type(ours) is type(theirs)
                plain, expected = getattr(ours, "data", ours), getattr(theirs, "data", theirs)
                np.testing.assert_allclose(plain, expected, rtol=1e-14)
            np.testing.assert_allclose(v.data, w.data, rtol=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_copy_by_a_sign_costs_nothing(backend):
    def f(x):
        y = +x
        z = np.positive(y)
        z += 1
        return x, y, z, +x.sum()

    compiled = jit(f, backend=backend)
    for x in INPUTS:
        if x.ndim:
            for _ in range(2):
                found = compiled(x)
                for ours, theirs in zip(found, f(x), strict=True):
                    assert type(ours) is type(theirs)
                    np.testing.assert_array_equal(ours, theirs)
                found[0][...] = 0.0
            assert "positive" not in compiled.show(x)
