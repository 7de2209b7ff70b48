"""The memory of the arrays of programs, and when it is freed."""

import gc
import weakref

import numpy as np

from autograd import Tensor
from autograd.jit import jit
from autograd.jit.cache import address, bounds


def test_where_arrays_are():
    x = np.arange(12.0).reshape(3, 4)
    read_only = x.copy()
    read_only.flags.writeable = False
    for a in (x, x[1:], x.T, x[:, 1], x[::-1], read_only, np.zeros((0, 3)), np.array(1.0)):
        assert address(a) == a.__array_interface__["data"][0]
        assert bounds(a) == np.lib.array_utils.byte_bounds(a)


def test_a_function_that_is_dropped_goes_at_once():
    w = Tensor(np.ones(3), requires_grad=True)

    class Model:
        def step(self, x):
            w.grad = None
            (w * x).sum().backward()
            return w.grad

    model = Model()
    gone = weakref.ref(model)
    compiled = jit(model.step, backend="numpy")
    compiled(np.ones(3))
    compiled(np.ones(3))
    gc.disable()
    try:
        del model, compiled
        assert gone() is None
    finally:
        gc.enable()


def test_what_leads_to_an_output_is_computed_in_its_place():
    def f(x):
        x.grad = None
        y = x
        for _ in range(3):
            y = np.tanh(y) * x + x
        y.sum().backward()
        return x.grad

    x, z = (Tensor(np.linspace(-1, 1, 100_000), requires_grad=True) for _ in range(2))
    compiled = jit(f, backend="numpy")
    for _ in range(2):
        np.testing.assert_allclose(compiled(x), f(z), rtol=1e-13)
    lines = [line.strip() for line in compiled.source(x).splitlines()]
    writes = [line for line in lines if line.startswith("add(")]
    operands, out = writes[-1][4:-1].rsplit(", ", 1)
    assert out in operands.split(", ")
    assert sum(line.endswith(f", {out})") for line in writes) > 3


def test_what_is_updated_is_not_written_before_it_is_read():
    def make():
        w = Tensor(np.linspace(-1, 1, 100_000), requires_grad=True)

        def step(x):
            w.data -= np.exp(x * 0.5) * 0.1 + np.tanh(x) * 0.2 + w.data * 0.3

        return w, step

    (v, ours), (w, theirs) = make(), make()
    compiled = jit(ours, backend="numpy")
    for k in range(3):
        x = np.full(100_000, 0.1 * k)
        compiled(x), theirs(x)
        np.testing.assert_allclose(v.data, w.data, rtol=1e-13)
