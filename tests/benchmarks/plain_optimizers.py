"""SGD and Adam as few in-place NumPy calls as possible, on leaves; used where `nn` has none."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.mode import tick
from autograd.node import LEAF


class SGD:
    """p -= lr * gradient."""

    def __init__(self, parameters: list[Any], lr: float) -> None:
        self.parameters = parameters
        self.state = [
            (p._node, p._data, np.empty_like(p._data), np.array(lr, p.dtype)) for p in parameters
        ]

    def zero_grad(self) -> None:
        for node, *_ in self.state:
            node.grad = None

    def step(self) -> None:
        now = LEAF + tick()
        for node, x, scratch, lr in self.state:
            np.multiply(node.grad, lr, scratch)
            np.subtract(x, scratch, x)
            node._mark = now


class Adam:
    """Adam over blocks that stay in cache; moments are kept divided by 1 - beta."""

    block = 16384

    def __init__(self, parameters: list[Any], lr: float) -> None:
        self.lr, self.t = lr, 0
        self.state = []
        for p in parameters:
            x, n = p._data.reshape(-1), p.size
            m, v = np.zeros_like(x), np.zeros_like(x)
            t = np.empty_like(x[: self.block])
            cuts = [slice(i, min(n, i + self.block)) for i in range(0, n, self.block)]
            blocks = [(c, x[c], m[c], v[c], t[: c.stop - c.start]) for c in cuts]
            self.state.append((p._node, blocks))

    zero_grad = SGD.zero_grad

    def step(self) -> None:
        self.t += 1
        now = LEAF + tick()
        k = ((1 - 0.999) / (1 - 0.999**self.t)) ** 0.5
        rate = self.lr * (1 - 0.9) / (1 - 0.9**self.t) / k
        epsilon = 1e-8 / k
        for node, blocks in self.state:
            g = node.grad.reshape(-1)
            for cut, x, m, v, t in blocks:
                q = g[cut]
                np.multiply(m, 0.9, m)
                np.add(m, q, m)
                np.multiply(v, 0.999, v)
                np.multiply(q, q, t)
                np.add(v, t, v)
                np.sqrt(v, t)
                np.add(t, epsilon, t)
                np.divide(m, t, t)
                np.multiply(t, rate, t)
                np.subtract(x, t, x)
            node._mark = now
