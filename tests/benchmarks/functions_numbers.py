"""What the functions of a million numbers are measured on. Next: `functions_elementwise.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

N = 1_000_000
rng = np.random.default_rng(0)
x0 = rng.normal(size=N)
m0 = x0.reshape(1000, 1000)
positive = np.abs(x0) + 0.1
order = rng.integers(0, N, N)
rows = rng.integers(0, 1000, (1000, 1000))
picked = rng.integers(0, 1000, 1000)
weights, kernel, block = rng.normal(size=1000), rng.normal(size=9), rng.normal(size=(4, 4))
arrows = rng.normal(size=(N // 3, 3))
knots, heights = np.linspace(-3, 3, 50), rng.normal(size=50)
holes = np.where(rng.random(N) < 0.1, np.nan, x0)
other, exponents, mask = rng.normal(size=N), rng.uniform(0.5, 3, N), rng.random(N) < 0.4
stack, matrices = rng.normal(size=(100, 100, 100)), rng.normal(size=(100, 100, 100))
blocks = rng.normal(size=(4000, 8, 8)) + 6 * np.eye(8)
square = rng.normal(size=(400, 400)) + 40 * np.eye(400)
symmetric = square @ square.T

Hand = Callable[[Any], tuple[Any, Any]]
Case = tuple[Callable[[Any], Any], Hand, Any]


def by_hand(f: Callable[[Any], Any], df: Callable[[Any, Any], Any]) -> Hand:
    """Return value and gradient of Σ f, given the derivative as a function of x and f(x)."""

    def both(x: Any) -> tuple[Any, Any]:
        y = f(x)
        return y.sum(), df(x, y)

    return both


def hand_moved(move: Callable[[Any], Any], back: Callable[[Any], Any]) -> Hand:
    """Return value and gradient of Σ (moved x)², given what moves entries and what adds back."""

    def both(x: Any) -> tuple[Any, Any]:
        y = move(x)
        return (y * y).sum(), back(2 * y)

    return both
