"""The numbers that all engines start from: one function a case, fixed seeds, plain arrays."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def seed_003() -> tuple[Array, Array, list[Array]]:
    """Return x, y as columns, and w1, b1, w2, b2, w3, b3 as the post draws them."""
    random = np.random.RandomState(42)
    x = random.randint(1, 100, size=(5, 1)) / 100
    y = random.randint(1, 100, size=(4, 1)) / 100
    parameters = []
    for before, after in ((5, 3), (3, 5), (5, 4)):
        parameters += [random.random_sample((after, before)), np.zeros((after, 1))]
    return x, y, parameters


def seed_003_rows() -> tuple[Array, Array, list[Array]]:
    """Return the same with samples as rows: weights (in, out), biases (out,)."""
    x, y, parameters = seed_003()
    rows = [np.ascontiguousarray(p.T) for p in parameters]
    return x.T.copy(), y.T.copy(), [p if i % 2 == 0 else p[0] for i, p in enumerate(rows)]


def seed_001(n: int) -> tuple[Array, Array, list[Array]]:
    """Return n rows of x, y, and the weights of 5-2-4-3-3-1."""
    rng = np.random.default_rng(1)
    sizes = (5, 2, 4, 3, 3, 1)
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    return rng.normal(size=(n, 5)), rng.uniform(size=(n, 1)), weights


def deep(n: int = 32, layers: int = 100) -> tuple[Array, Array, list[Array]]:
    """Return x, y, and weight and bias of every layer of 5 units by turns."""
    rng = np.random.default_rng(2)
    parameters = []
    for _ in range(layers):
        parameters += [rng.normal(size=(5, 5)), rng.normal(size=5)]
    return rng.normal(size=(n, 5)), rng.uniform(size=(n, 5)), parameters


def seed_004() -> tuple[Array, Array, list[Array]]:
    """Return x, y (one-hot) and the parameters of the post."""
    weights = (
        [[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]],
        [[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]],
        [[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]],
    )
    parameters = [p for w in weights for p in (np.array(w), np.ones(3))]
    return np.array([[0.1, 0.2, 0.7]]), np.array([[1.0, 0.0, 0.0]]), parameters


def mnist(n: int = 32) -> tuple[Array, Array, Array, list[Array]]:
    """Return x, one-hot y, labels, and the parameters of 784-128-64-10, all single precision."""
    rng = np.random.default_rng(3)
    sizes = (784, 128, 64, 10)
    parameters = []
    for before, after in pairwise(sizes):
        w = rng.normal(0, (2 / before) ** 0.5, (before, after))
        parameters += [w.astype("f4"), np.zeros(after, "f4")]
    labels = rng.integers(0, 10, n)
    # around 0, so that no unit dies: the moments of its weights would become denormal numbers
    x = rng.uniform(-0.5, 0.5, size=(n, 784)).astype("f4")
    return x, np.eye(10, dtype="f4")[labels], labels, parameters


def long_vector(dtype: str) -> Array:
    """Return a million numbers around 0."""
    return np.random.default_rng(4).normal(size=1_000_000).astype(dtype)


COEFFICIENTS = [0.3, -0.2, 0.5, 0.1, -0.4, 0.2, 0.7, -0.1, 0.6, 0.25]


def rows_of_logits() -> Array:
    """Return 1000 rows of 1000 numbers."""
    return np.random.default_rng(5).normal(size=(1000, 1000))


def normalised(dtype: str) -> tuple[Array, Array, Array, Array]:
    """Return x, scale, shift, and the weights of the outputs in the loss."""
    rng = np.random.default_rng(6)
    x, target = rng.normal(size=(2, 512, 1024))
    scale, shift = rng.normal(size=(2, 1024))
    return x.astype(dtype), scale.astype(dtype), shift.astype(dtype), target.astype(dtype)


def rosenbrock() -> tuple[Array, Array]:
    """Return a point in 100 dimensions and a direction."""
    x, v = np.random.default_rng(7).normal(size=(2, 100))
    return x, v


def two_layers() -> tuple[Array, list[Array]]:
    """Return a point and the weights of a network 64-128-32."""
    rng = np.random.default_rng(8)
    x, w1, b1 = rng.normal(size=64), rng.normal(size=(128, 64)) / 8, rng.normal(size=128)
    return x, [w1, b1, rng.normal(size=(32, 128)) / 11, rng.normal(size=32)]


def recurrent(n: int = 1000) -> tuple[Array, Array, list[Array]]:
    """Return rows, targets, and w, u, b of tanh(x u + h w + b), 32 samples, single precision."""
    rng = np.random.default_rng(8)
    # an orthogonal w, so that gradients neither vanish nor explode
    w = np.linalg.qr(rng.normal(size=(64, 64)))[0]
    u, b = rng.normal(0, 32**-0.5, (32, 64)), np.zeros(64)
    xs, targets = rng.normal(size=(n, 32, 32)), rng.normal(0, 0.5, (n, 32, 64))
    return xs.astype("f4"), targets.astype("f4"), [p.astype("f4") for p in (w, u, b)]
