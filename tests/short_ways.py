"""What two ways to one result are compared by."""

import numpy as np


def positive(shape, seed):
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape)


def seen(t, leaves, cotangent):
    """Return what can be seen of a result: numbers, operands, gradients."""
    inputs = [getattr(x, "data", x) for x in t.node.inputs]
    t.backward(cotangent)
    grads = [None if x.grad is None else x.grad.copy() for x in leaves]
    for x in leaves:
        x.grad = None
    return t.data, t.op, inputs, t.node.parameters, grads


def check_equal(one, two):
    assert one[1] is two[1]
    assert one[3] == two[3]
    for a, b in zip((one[0], *one[2], *one[4]), (two[0], *two[2], *two[4]), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert np.asarray(a).dtype == np.asarray(b).dtype
            np.testing.assert_allclose(a, b, rtol=1e-15)
