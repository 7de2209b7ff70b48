"""Labelled networks that the tests of formulas share."""

from itertools import pairwise

import numpy as np

import autograd as ag
from autograd import Tensor, log_softmax, sigmoid, softmax, softmax_cross_entropy

ACTIVATIONS = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": ag.relu,
    "leaky": lambda z: ag.leaky_relu(z, 0.1),
    "softplus": ag.softplus,
    "exp": lambda z: np.exp(-0.5 * z * z),
    "square": lambda z: 0.1 * z**2,
    "rational": lambda z: z / (1 + z * z),
    "linear": lambda z: z,
}
LOSSES = ("mse", "half", "fused", "softmax", "log_softmax", "squared_error")


def named(tensor, label):
    tensor.label = label
    return tensor


def chein(n=8, seed=96, *, labels_of_z=True):
    """Return the loss and the weights of the 5-2-4-3-3-1 network of the first text."""
    rng = np.random.default_rng(seed)
    units = (5, 2, 4, 3, 3, 1)
    o = Tensor(rng.normal(size=(n, 5)), label="O_95")
    y = Tensor(rng.uniform(size=(n, 1)), label="y")
    weights = {}
    for layer, (k, j) in enumerate(pairwise(units), 96):
        w = weights[layer] = Tensor(rng.normal(size=(k, j)), True, label=f"W_{layer}")
        z = o @ w
        if labels_of_z:
            z.label = f"Z_{layer}"
        o = named(sigmoid(z), f"O_{layer}")
    return 0.5 * ((o - y) ** 2).sum(), weights


def dense(units, n, activation, loss, bias, *, labels=True, columns=False, seed=0):
    """Return the loss and the parameters of a network, rows or columns as samples."""
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(n, units[0]))
    h = data.T if columns else data
    parameters = []
    for i, (k, j) in enumerate(pairwise(units), 1):
        shape = (j, k) if columns else (k, j)
        w = Tensor(rng.normal(size=shape) / np.sqrt(k), True, label=f"W{i}")
        parameters.append(w)
        z = w @ h if columns else h @ w
        if bias == "vector":
            b = Tensor(rng.normal(size=(j, 1) if columns else (j,)), True, label=f"b{i}")
            z = z + b
        elif bias == "row" and not columns:
            b = Tensor(rng.normal(size=(1, j)), True, label=f"b{i}")
            z = z + b
        elif bias == "linear" and not columns:
            b = Tensor(rng.normal(size=j), True, label=f"b{i}")
            z = ag.linear(h, w, b)
        if bias != "none" and not (columns and bias != "vector"):
            parameters.append(b)
        last = i == len(units) - 1
        if labels:
            z.label = f"Z{i}"
        h = z if last else ACTIVATIONS[activation](z)
        if labels and not last and activation != "linear":
            h.label = f"O{i}"
    return _loss(h, loss, rng, columns, labels), parameters


def _loss(z, kind, rng, columns, labels):
    axis = 0 if columns else -1
    shape = z.shape
    y = rng.normal(size=shape)
    if kind in ("fused", "softmax", "log_softmax"):
        rows = shape[1 - axis % 2], shape[axis % 2]
        y = np.eye(rows[1])[rng.integers(0, rows[1], rows[0])]
        y = y.T if columns else y
    if kind == "mse":
        return ((z - y) ** 2).mean()
    if kind == "half":
        return 0.5 * ((z - y) ** 2).sum()
    if kind == "squared_error":
        return ag.squared_error(z, y, 0.25)
    if kind == "fused" and not columns:
        return softmax_cross_entropy(z, y, 1 / shape[0])
    if kind == "softmax":
        o = softmax(z, axis=axis)
        if labels:
            o.label = "Yhat"
        return -(y * np.log(o)).sum() / z.shape[1 + axis]
    return -(y * log_softmax(z, axis=axis)).sum(axis=axis).mean()


def close(actual, desired, rtol=1e-9):
    actual, desired = np.asarray(actual), np.asarray(desired)
    assert actual.shape == desired.shape
    assert actual.dtype == desired.dtype
    scale = max(1e-300, np.abs(desired).max(initial=0))
    np.testing.assert_allclose(actual, desired, rtol=0, atol=rtol * scale + 1e-13)
