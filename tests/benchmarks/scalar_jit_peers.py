"""The step of the demo on two moons by other means: written in C, in NumPy, in torch, in CasADi.

All begin with the weights that `scalar.py` draws. In C and in CasADi it is scalar by scalar, in
NumPy and torch written with matrices.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from scalar import MLP, Neuron, two_moons

Built = tuple[Callable[[], Any], Callable[[], list[float]]]


def start() -> tuple[list[tuple[Any, Any]], Any, Any]:
    """Return weights (outputs, inputs) and biases of each layer, inputs and labels."""
    random.seed(1337)
    model = MLP(Neuron, float, 2, [16, 16, 1])
    layers = [
        (np.array([n.w for n in layer.neurons]), np.array([n.b for n in layer.neurons]))
        for layer in model.layers
    ]
    xs, ys = two_moons()
    return layers, np.array(xs), np.array(ys)


def numbers(loss: float, layers: Any) -> list[float]:
    """Return the loss and all parameters, neuron after neuron."""
    flat = [np.column_stack([np.asarray(w), np.asarray(b)]).ravel().tolist() for w, b in layers]
    return [float(loss), *[x for part in flat for x in part]]


def moons_in_numpy() -> Built:
    """Return the step with matrices, derivatives by hand."""
    layers, x, y = start()
    n, seen = len(y), [0.0]

    def step() -> None:
        kept, h = [], x
        for k, (w, b) in enumerate(layers):
            kept.append(h)
            h = h @ w.T + b
            h = np.maximum(h, 0) if k < 2 else h
        margin = 1 - y * h[:, 0]
        squares = sum((w * w).sum() + (b * b).sum() for w, b in layers)
        seen[0] = np.maximum(margin, 0).sum() / n + 1e-4 * squares
        g = np.where(margin > 0, -y / n, 0.0)[:, None]
        for k in (2, 1, 0):
            w, b = layers[k]
            dw, db = g.T @ kept[k] + 2e-4 * w, g.sum(0) + 2e-4 * b
            if k:
                g = (g @ w) * (kept[k] > 0)
            w -= 0.1 * dw
            b -= 0.1 * db

    return step, lambda: numbers(seen[0], layers)


_SOURCE = r"""
#define N 100
#define H 16
/* p: for each neuron its weights and its bias, as the scalar code has them */
__attribute__((visibility("default")))
double step(double *p, const double *x, const double *y)
{
    double *p1 = p, *p2 = p1 + 3 * H, *p3 = p2 + (H + 1) * H, loss = 0, squares = 0;
    double g[3 * H + (H + 1) * H + H + 1] = {0}, *g1 = g, *g2 = g1 + 3 * H, *g3 = g2 + (H + 1) * H;
    int count = 3 * H + (H + 1) * H + H + 1;
    for (int s = 0; s < N; s++) {
        double x0 = x[2 * s], x1 = x[2 * s + 1], a[H], b[H], da[H] = {0}, z;
        for (int j = 0; j < H; j++) {
            z = p1[3 * j + 2] + p1[3 * j] * x0 + p1[3 * j + 1] * x1;
            a[j] = z > 0 ? z : 0;
        }
        for (int j = 0; j < H; j++) {
            z = p2[(H + 1) * j + H];
            for (int k = 0; k < H; k++) z += p2[(H + 1) * j + k] * a[k];
            b[j] = z > 0 ? z : 0;
        }
        z = p3[H];
        for (int k = 0; k < H; k++) z += p3[k] * b[k];
        double margin = 1 - y[s] * z;
        /* no sample is left out, so that the time does not hang on how well the network does */
        loss += margin > 0 ? margin : 0;
        double d = margin > 0 ? -y[s] / N : 0;
        g3[H] += d;
        for (int j = 0; j < H; j++) {
            g3[j] += d * b[j];
            double e = b[j] > 0 ? d * p3[j] : 0;
            g2[(H + 1) * j + H] += e;
            for (int k = 0; k < H; k++) {
                g2[(H + 1) * j + k] += e * a[k];
                da[k] += e * p2[(H + 1) * j + k];
            }
        }
        for (int j = 0; j < H; j++) {
            double e = a[j] > 0 ? da[j] : 0;
            g1[3 * j + 2] += e;
            g1[3 * j] += e * x0;
            g1[3 * j + 1] += e * x1;
        }
    }
    for (int i = 0; i < count; i++) squares += p[i] * p[i];
    for (int i = 0; i < count; i++) p[i] -= 0.1 * (g[i] + 2e-4 * p[i]);
    return loss / N + 1e-4 * squares;
}
"""


def moons_in_c() -> Built:
    """Return the step written in C for this network."""
    import ctypes

    from autograd.jit.c.build import build

    layers, x, y = start()
    p = np.array(numbers(0.0, layers)[1:])
    function = build(_SOURCE, ["-ffast-math"]).step
    function.restype = ctypes.c_double
    arguments = [ctypes.c_void_p(a.ctypes.data) for a in (p, x, y)]
    seen = [0.0]

    def step() -> None:
        seen[0] = function(*arguments)

    step.kept = p, x, y  # type: ignore[attr-defined]
    return step, lambda: [seen[0], *p.tolist()]


def moons_in_torch() -> Built:
    """Return the step with matrices and torch's derivatives."""
    import torch

    torch.set_num_threads(1)
    arrays, x, y = start()
    layers = [[torch.tensor(a, requires_grad=True) for a in pair] for pair in arrays]
    parameters = [p for pair in layers for p in pair]
    x, y, seen = torch.tensor(x), torch.tensor(y), [0.0]

    def step() -> None:
        h = x
        for k, (w, b) in enumerate(layers):
            h = h @ w.T + b
            h = h.relu() if k < 2 else h
        squares = sum((p * p).sum() for p in parameters)
        loss = (1 - y * h[:, 0]).relu().mean() + 1e-4 * squares
        for p in parameters:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p -= 0.1 * p.grad
        seen[0] = loss.item()

    return step, lambda: numbers(seen[0], [[p.detach() for p in pair] for pair in layers])


def moons_in_casadi() -> Built:
    """Return the step as one SX function on CasADi's virtual machine."""
    import casadi as ca
    from tensor_casadi import run_on_buffers

    layers, xs, ys = start()
    symbols = [
        (ca.SX.sym(f"w{k}", *w.shape), ca.SX.sym(f"b{k}", len(b)))
        for k, (w, b) in enumerate(layers)
    ]
    flat = ca.vertcat(*[ca.vec(x) for pair in symbols for x in pair])
    total = 0
    for x, y in zip(xs, ys, strict=True):
        h = ca.DM(x)
        for k, (w, b) in enumerate(symbols):
            h = ca.mtimes(w, h) + b
            h = ca.fmax(h, 0) if k < 2 else h
        total += ca.fmax(1 - float(y) * h, 0)
    loss = total / len(ys) + 1e-4 * ca.sumsqr(flat)
    held = np.concatenate([a.ravel("F") for pair in layers for a in pair])
    found = np.zeros(1)
    function = ca.Function("step", [flat], [flat - 0.1 * ca.gradient(loss, flat), loss])
    step = run_on_buffers(function, [held], [held, found])

    def result() -> list[float]:
        ends = np.cumsum([a.size for pair in layers for a in pair])[:-1]
        parts = iter(np.split(held, ends))
        shaped = [(next(parts).reshape(w.shape, order="F"), next(parts)) for w, _ in layers]
        return numbers(found[0], shaped)

    return step, result
