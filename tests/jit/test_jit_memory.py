"""Where the arrays of programs are in memory, and when they go."""

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
