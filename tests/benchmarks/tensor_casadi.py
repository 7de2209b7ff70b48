"""The array cases in CasADi: the whole step as one SX function on its virtual machine.

CasADi writes every scalar out, so the cases with long vectors are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import casadi as ca
import data
import numpy as np

Built = tuple[Callable[[], Any], Callable[[], Any]]


def run_on_buffers(function: Any, inputs: list[Any], outputs: list[Any]) -> Callable[[], Any]:
    """Return a call without Python objects in between: CasADi reads and writes NumPy's memory."""
    buffer, call = function.buffer()
    for i, array in enumerate(inputs):
        buffer.set_arg(i, memoryview(array))
    for i, array in enumerate(outputs):
        buffer.set_res(i, memoryview(array))

    def step() -> None:
        call()

    # the call does not keep alive what it reads and writes
    step.kept = function, buffer, inputs, outputs  # type: ignore[attr-defined]
    return step


def training(arrays: list[Any], get_loss: Callable[[list[Any]], Any], lr: float) -> Built:
    """Return a training step, and the loss and sums of the parameters after it."""
    shapes = [np.atleast_2d(a).shape for a in arrays]
    symbols = [ca.SX.sym(f"p{i}", *shape) for i, shape in enumerate(shapes)]
    flat = ca.vertcat(*map(ca.vec, symbols))
    loss = get_loss(symbols)
    new = flat - lr * ca.gradient(loss, flat)
    # columns first, as CasADi holds matrices
    held = np.concatenate([np.atleast_2d(a).ravel("F") for a in arrays])
    step = run_on_buffers(ca.Function("step", [flat], [new]), [held], [held])
    value = ca.Function("loss", [flat], [loss])
    ends = np.cumsum([a.size for a in arrays])[:-1]
    return step, lambda: [float(value(held)), *(p.sum() for p in np.split(held, ends))]


def sigmoid(x: Any) -> Any:
    return 1 / (1 + ca.exp(-x))


def rows(x: Any, b: Any) -> Any:
    return x + ca.repmat(b, x.shape[0], 1)


def seed_003() -> Built:
    x, y, arrays = data.seed_003_rows()

    def get_loss(p: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        z = ca.mtimes(x, w1) + b1
        h = ca.if_else(z > 0, z, 0.1 * z)
        o = sigmoid(ca.mtimes(sigmoid(ca.mtimes(h, w2) + b2), w3) + b3)
        return ca.sumsqr(o - y) / 4

    return training(arrays, get_loss, 0.01)


def seed_001(n: int) -> Built:
    x, y, arrays = data.seed_001(n)

    def get_loss(p: list[Any]) -> Any:
        o = ca.DM(x)
        for w in p:
            o = sigmoid(ca.mtimes(o, w))
        return 0.5 * ca.sumsqr(o - y)

    return training(arrays, get_loss, 0.01)


def deep() -> Built:
    x, y, arrays = data.deep()

    def get_loss(p: list[Any]) -> Any:
        o = ca.DM(x)
        for w, b in zip(p[::2], p[1::2], strict=True):
            o = sigmoid(rows(ca.mtimes(o, w), b))
        return 0.5 * ca.sumsqr(o - y)

    return training(arrays, get_loss, 0.01)


def seed_004() -> Built:
    x, y, arrays = data.seed_004()

    def get_loss(p: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = p
        h = sigmoid(ca.mtimes(ca.fmax(ca.mtimes(x, w1) + b1, 0), w2) + b2)
        z = ca.mtimes(h, w3) + b3
        top = ca.mmax(z)
        return top + ca.log(ca.sum2(ca.exp(z - top))) - ca.dot(z, ca.DM(y))

    return training(arrays, get_loss, 0.01)


def tiny(shape: tuple[int, ...]) -> Built:
    x = ca.SX.sym("x")
    y = x
    for _ in range(500):
        y = y * x + x
    return derivative(np.full(1, 0.5), x, ca.gradient(y, x))


def derivative(start: Any, x: Any, expression: Any) -> Built:
    """Return the evaluation of an expression of x, and the sums of what it gives."""
    found = np.zeros(expression.numel())
    function = ca.Function("f", [x], [ca.densify(expression)])
    step = run_on_buffers(function, [start], [found])
    return step, lambda: [found.sum(), np.abs(found).sum()]


def rosenbrock(x: Any) -> Any:
    a, b = x[1:], x[:-1]
    return 100 * ca.sumsqr(a - b * b) + ca.sumsqr(1 - b)


def hessian_vector() -> Built:
    start, v = data.rosenbrock()
    x = ca.SX.sym("x", len(start))
    return derivative(start, x, ca.jtimes(ca.gradient(rosenbrock(x), x), x, ca.DM(v)))


def hessian() -> Built:
    start = data.rosenbrock()[0]
    x = ca.SX.sym("x", len(start))
    return derivative(start, x, ca.hessian(rosenbrock(x), x)[0])
