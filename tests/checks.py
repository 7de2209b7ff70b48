"""Finite differences, the gradients they are compared with, and what a function is given."""

from __future__ import annotations

import numpy as np

from autograd import Tensor

STEP = 1e-3


def leaves_of(case, dtype=None):
    """Return new leaves for the tracked inputs of a case."""
    return [Tensor(case.inputs[i], requires_grad=True, dtype=dtype) for i in case.tracked]


def arrays_of(case):
    """Return the arrays of the tracked inputs of a case."""
    return [case.inputs[i] for i in case.tracked]


def cotangent_for(array, seed=11):
    """Return random numbers of the shape of an array, none close to 0."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0.5, 1.5, np.shape(array)) * rng.choice([-1.0, 1.0], np.shape(array))


def data_of(x):
    """Return a gradient as a plain array, whatever holds it."""
    return np.asarray(getattr(x, "data", x))


def gradients_of(function, arrays, cotangent, *, create_graph=False, dtype=None):
    """Return the gradients of ``sum(cotangent * function(*arrays))`` by `backward`."""
    leaves = [Tensor(a, requires_grad=True, dtype=dtype) for a in arrays]
    function(*leaves).backward(cotangent, create_graph=create_graph)
    return [np.zeros(x.shape) if x.grad is None else data_of_grad(x.grad) for x in leaves]


def data_of_grad(g):
    """Return the numbers of a gradient, which is a node under ``create_graph``."""
    return g.data if isinstance(g, Tensor) else g


def differences(function, arrays, step=STEP):
    """Return the gradients of a scalar function by central differences of fourth order."""
    found = []
    for k, array in enumerate(arrays):
        g = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            total = 0.0
            for factor, weight in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
                moved = [np.array(a) for a in arrays]
                moved[k][index] += factor * step
                total += weight * float(function(*moved))
            g[index] = total / (12 * step)
        found.append(g)
    return found


def assert_close(actual, expected, rtol=1e-6):
    """Compare lists of gradients by shape and by value, relative to the largest number at hand."""
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected, strict=True):
        assert np.shape(a) == np.shape(e)
        scale = np.max(np.abs(e), initial=1e-2)
        np.testing.assert_allclose(a, e, rtol=rtol, atol=1e-3 * rtol * scale)


def check_first(case):
    """Compare the gradient of a case with central differences."""
    arrays = arrays_of(case)
    cotangent = cotangent_for(case.expected(*case.inputs))

    def scalar(*moved):
        given = iter(moved)
        inputs = [next(given) if i in case.tracked else a for i, a in enumerate(case.inputs)]
        return np.sum(cotangent * case.expected(*inputs))

    actual = gradients_of(lambda *x: case.on_leaves(x), arrays, cotangent)
    assert_close(actual, differences(scalar, arrays))


def check_second(case):
    """Compare the derivative of the gradient, also by the cotangent, with central differences."""
    arrays = arrays_of(case)
    cotangent = cotangent_for(case.expected(*case.inputs))
    weights = [cotangent_for(a, seed=k) for k, a in enumerate(arrays)]

    def pairing(*moved):
        gradients = gradients_of(lambda *x: case.on_leaves(x), moved[:-1], moved[-1])
        return sum(np.sum(w * g) for w, g in zip(weights, gradients, strict=True))

    leaves = leaves_of(case)
    upstream = Tensor(cotangent, requires_grad=True)
    case.on_leaves(leaves).backward(upstream, create_graph=True)
    total = 0.0
    for w, x in zip(weights, leaves, strict=True):
        total = total + np.sum(w * x.grad)
        x.grad = None
    upstream.grad = None
    total.backward()
    everything = [*leaves, upstream]
    actual = [np.zeros(x.shape) if x.grad is None else x.grad for x in everything]
    assert_close(actual, differences(pairing, [*arrays, cotangent]))


def handed(monkeypatch, module, name, call, *inputs):
    """Return what a function of a module is given while another is called, call by call."""
    found, plain = [], getattr(module, name)

    def noting(*arguments, **options):
        found.append(arguments)
        return plain(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, noting)
        call(*inputs)
    return found
