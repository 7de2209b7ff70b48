"""Training steps as people write them, here and in PyTorch: by operators and by modules.

Run: python tests/benchmarks/scripts.py [rounds], where PyTorch is installed beside this library.
Reports ratios of CPU time, after a check that both learn the same, and fails on nothing else.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from run import environment

import autograd
import nn

Step = Callable[[], Any]
Made = tuple[Step, Callable[[], Any]]  # a step, and the first of the parameters as an array

rng = np.random.default_rng(0)
X = rng.normal(size=(100, 3))
Y = X @ np.array([1.0, 2.0, 3.0]) + 0.5
LABELS = rng.integers(0, 4, 100)


def leaves(ours: bool, *shapes: tuple[int, ...]) -> list[Any]:
    """Return leaves of the same random numbers, of either library."""
    numbers = np.random.default_rng(1)
    arrays = [0.5 * numbers.normal(size=shape) for shape in shapes]
    if ours:
        return [autograd.Tensor(a, requires_grad=True) for a in arrays]
    return [torch.tensor(a, requires_grad=True) for a in arrays]


def data(ours: bool, *arrays: Any) -> tuple[Any, ...]:
    return arrays if ours else tuple(map(torch.tensor, arrays))


def line(ours: bool) -> Made:
    """Return least squares: a matrix, a vector and a number."""
    (w, b), (x, y) = leaves(ours, (3,), ()), data(ours, X, Y)
    without = autograd.no_grad if ours else torch.no_grad

    def step() -> None:
        nonlocal w, b
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        with without():
            w -= 0.01 * w.grad
            b -= 0.01 * b.grad
        w.grad = b.grad = None

    return step, lambda: w.detach()


def logistic(ours: bool) -> Made:
    """Return logistic regression by exp and log."""
    (w,), (x, y) = leaves(ours, (3,)), data(ours, X, (Y > 0).astype(float))
    module = np if ours else torch

    def step() -> None:
        p = 1 / (1 + module.exp(-(x @ w)))
        loss = -(y * module.log(p) + (1 - y) * module.log(1 - p)).mean()
        loss.backward()
        w.data -= 0.1 * w.grad
        w.grad = None

    return step, lambda: w.detach()


def two_layers(ours: bool) -> Made:
    """Return a network of two layers by operators."""
    parameters = w1, b1, w2, b2 = leaves(ours, (3, 16), (16,), (16, 1), (1,))
    (x, y), tanh = data(ours, X, Y[:, None]), np.tanh if ours else torch.tanh

    def step() -> None:
        loss = ((tanh(x @ w1 + b1) @ w2 + b2 - y) ** 2).mean()
        loss.backward()
        for p in parameters:
            p.data -= 0.01 * p.grad
            p.grad = None

    return step, lambda: w1.detach()


def classes(ours: bool) -> Made:
    """Return softmax regression by exp, log and an index."""
    (w,), (x, labels, rows) = leaves(ours, (3, 4)), data(ours, X, LABELS, np.arange(100))
    module = np if ours else torch

    def step() -> None:
        e = module.exp(x @ w)
        p = e / e.sum(1)[:, None]
        loss = -module.log(p[rows, labels]).mean()
        loss.backward()
        w.data -= 0.1 * w.grad
        w.grad = None

    return step, lambda: w.detach()


def modules(sizes: list[int], activation: str, loss: str, optimizer: str) -> Callable[[bool], Made]:
    """Return how to make a network of modules, with its loss and optimizer."""

    def make(ours: bool) -> Made:
        layers: list[Any] = []
        for k, j in pairwise(sizes):
            numbers = np.random.default_rng(k).normal(size=(k, j)) / np.sqrt(k)
            if ours:
                layer: Any = nn.Linear(k, j)
                layer.weight.data = numbers
            else:
                layer = torch.nn.Linear(k, j, dtype=torch.float64)
                layer.weight.data = torch.tensor(numbers.T.copy())
                layer.bias.data.zero_()
            layers += [layer, getattr(nn if ours else torch.nn, activation)()]
        library: Any = nn if ours else torch.nn
        model, score = library.Sequential(*layers[:-1]), getattr(library, loss)()
        steps = getattr(nn if ours else torch.optim, optimizer)(model.parameters(), lr=0.01)
        targets = {"MSELoss": Y[:, None], "CrossEntropyLoss": LABELS}
        x, y = data(ours, X, targets.get(loss, (Y[:, None] > 0).astype(float)))

        def step() -> None:
            steps.zero_grad()
            score(model(x), y).backward()
            steps.step()

        first = layers[0].weight
        return step, lambda: first.detach() if ours else first.detach().T

    return make


CASES: dict[str, Callable[[bool], Made]] = {
    "line": line,
    "logistic": logistic,
    "two layers": two_layers,
    "classes": classes,
    "modules, MSE, SGD": modules([3, 16, 1], "Tanh", "MSELoss", "SGD"),
    "modules, BCE, Adam": modules([3, 16, 16, 1], "ReLU", "BCEWithLogitsLoss", "Adam"),
    "modules, classes, Adam": modules([3, 32, 4], "Tanh", "CrossEntropyLoss", "Adam"),
    "ten modules, MSE, SGD": modules([3, *[16] * 8, 1], "Sigmoid", "MSELoss", "SGD"),
}


def main(rounds: int = 15, steps: int = 100) -> None:
    """Print microseconds a step and PyTorch's time over ours, after a check that both agree."""
    print(f"{'script':24s} {'here':>9s} {'PyTorch':>9s} {'ratio':>6s}")
    for name, make in CASES.items():
        made = [make(ours) for ours in (True, False)]
        for step, _ in made:
            for _ in range(20):
                step()
        one, two = (np.asarray(parameter()) for _, parameter in made)
        np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-10)
        gc.collect()
        gc.freeze()
        times: list[list[float]] = [[], []]
        for _ in range(rounds):
            for (step, _), taken in zip(made, times, strict=True):
                before = time.process_time()
                for _ in range(steps):
                    step()
                taken.append((time.process_time() - before) / steps * 1e6)
        ours, theirs = (sorted(t)[len(t) // 2] for t in times)
        print(f"{name:24s} {ours:7.1f}us {theirs:7.1f}us {theirs / ours:6.2f}", flush=True)


if __name__ == "__main__":
    settled = environment(Path(__file__).parents[2])
    if any(os.environ.get(key) != value for key, value in settled.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], settled)
    torch.set_num_threads(1)
    main(*map(int, sys.argv[1:2]))
