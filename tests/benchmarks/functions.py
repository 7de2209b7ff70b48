"""Functions of a million numbers: value and gradient here, against the same written out in NumPy.

Run: python tests/benchmarks/functions.py [rounds]. Reports ratios of CPU time; fails on nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, logsumexp, sigmoid, softmax

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
Hand = Callable[[Any], tuple[Any, Any]]


def by_hand(f: Callable[[Any], Any], df: Callable[[Any, Any], Any]) -> Hand:
    """Return value and gradient of Σ f, given the derivative as a function of x and f(x)."""

    def both(x: Any) -> tuple[Any, Any]:
        y = f(x)
        return y.sum(), df(x, y)

    return both


def hand_std(x: Any) -> tuple[Any, Any]:
    d = x - x.mean()
    s = np.sqrt(d.dot(d) / x.size)
    return s, d / (x.size * s)


def hand_sort(x: Any) -> tuple[Any, Any]:
    i = np.argsort(x, kind="stable")
    y = x[i]
    g = np.empty_like(x)
    g[i] = 2 * y
    return y.dot(y), g


def hand_take(x: Any) -> tuple[Any, Any]:
    y = x[order]
    return y.dot(y), np.bincount(order, 2 * y, N)


def hand_take_along(x: Any) -> tuple[Any, Any]:
    y = np.take_along_axis(x, rows, 1)
    flat = (rows + 1000 * np.arange(1000)[:, None]).ravel()
    return (y * y).sum(), np.bincount(flat, (2 * y).ravel(), N).reshape(x.shape)


def hand_cumsum(x: Any) -> tuple[Any, Any]:
    y = np.cumsum(x)
    return y.dot(y), np.cumsum((2 * y)[::-1])[::-1]


def hand_cumprod(x: Any) -> tuple[Any, Any]:
    y = np.cumprod(x)
    return y.sum(), np.cumsum(y[::-1])[::-1] / x


def hand_softmax(x: Any) -> tuple[Any, Any]:
    e = np.exp(x - x.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    g = 2 * p
    return (p * p).sum(), p * (g - (g * p).sum(1, keepdims=True))


def hand_logsumexp(x: Any) -> tuple[Any, Any]:
    m = x.max(1, keepdims=True)
    e = np.exp(x - m)
    s = e.sum(1, keepdims=True)
    return (np.log(s) + m).sum(), e / s


def hand_max(x: Any) -> tuple[Any, Any]:
    y = x.max(1, keepdims=True)
    ties = x == y
    return y.sum(), ties / ties.sum(1, keepdims=True)


def hand_median(x: Any) -> tuple[Any, Any]:
    i = np.argpartition(x, (499, 500), axis=1)[:, 499:501]
    g = np.zeros_like(x)
    np.put_along_axis(g, i, 0.5, 1)
    return np.take_along_axis(x, i, 1).mean(1).sum(), g


def hand_matmul(x: Any) -> tuple[Any, Any]:
    y = x @ x
    return y.sum(), np.ones_like(y) @ x.T + x.T @ np.ones_like(y)


def hand_diff(x: Any) -> tuple[Any, Any]:
    y = np.diff(x)
    g = np.zeros_like(x)
    g[1:] += 2 * y
    g[:-1] -= 2 * y
    return y.dot(y), g


def hand_pad(x: Any) -> tuple[Any, Any]:
    y = np.pad(x, 3, mode="reflect")
    g = 2 * y
    inner = g[3:-3, 3:-3].copy()
    wide = np.zeros_like(g)
    i = np.pad(np.arange(1000), 3, mode="reflect")
    np.add.at(wide[:1000], i, g)
    folded = np.zeros((1000, g.shape[1]))
    folded[:] = wide[:1000]
    out = np.zeros_like(inner)
    np.add.at(out.T, i, folded.T)
    return (y * y).sum(), out


def hand_prod(x: Any) -> tuple[Any, Any]:
    y = x.prod(1, keepdims=True)
    return y.sum(), y / x


def hand_norm(x: Any) -> tuple[Any, Any]:
    y = np.sqrt(np.vecdot(x, x))[:, None]
    return y.sum(), x / y


def hand_var(x: Any) -> tuple[Any, Any]:
    d = x - x.mean(1, keepdims=True)
    return np.vecdot(d, d).sum() / x.shape[1], d * (2 / x.shape[1])


def hand_mean(x: Any) -> tuple[Any, Any]:
    y = x.mean(0)
    return y.dot(y), np.broadcast_to(2 * y / len(x), x.shape).copy()


def hand_quantile(x: Any) -> tuple[Any, Any]:
    # 0.3 * 999 = 299.7: between the two of these places
    i = np.argpartition(x, (299, 300), axis=1)[:, 299:301]
    weights = np.array([0.3, 0.7])
    g = np.zeros_like(x)
    np.put_along_axis(g, i, weights, 1)
    return (np.take_along_axis(x, i, 1) * weights).sum(), g


def hand_moved(move: Callable[[Any], Any], back: Callable[[Any], Any]) -> Hand:
    """Return value and gradient of Σ (moved x)², given what moves entries and what adds back."""

    def both(x: Any) -> tuple[Any, Any]:
        y = move(x)
        return (y * y).sum(), back(2 * y)

    return both


def hand_outer(x: Any) -> tuple[Any, Any]:
    y = np.outer(x, weights)
    return (y * y).sum(), (2 * y) @ weights


def hand_einsum(x: Any) -> tuple[Any, Any]:
    y = x @ x.T
    g = np.ones_like(y)
    return y.sum(), g @ x + g.T @ x


def hand_trapezoid(x: Any) -> tuple[Any, Any]:
    g = np.ones_like(x)
    g[0] = g[-1] = 0.5
    return (x[1:] + x[:-1]).sum() / 2, g


def hand_interp(x: Any) -> tuple[Any, Any]:
    y = np.interp(x, knots, heights)
    i = np.clip(np.searchsorted(knots, x, "right") - 1, 0, len(knots) - 2)
    slopes = np.diff(heights) / np.diff(knots)
    inside = (x >= knots[0]) & (x <= knots[-1])
    return y.sum(), np.where(inside, slopes[i], 0)


def hand_convolve(x: Any) -> tuple[Any, Any]:
    y = np.convolve(x, kernel, "valid")
    return y.dot(y), np.convolve(2 * y, kernel[::-1])


def hand_cross(x: Any) -> tuple[Any, Any]:
    y = np.cross(x, arrows)
    return (y * y).sum(), np.cross(arrows, 2 * y)


def hand_kron(x: Any) -> tuple[Any, Any]:
    y = np.kron(x, block)
    g = (2 * y).reshape(len(x), 4, x.shape[1], 4)
    return (y * y).sum(), np.einsum("ikjl,kl->ij", g, block)


def hand_gradient(x: Any) -> tuple[Any, Any]:
    y = np.gradient(x)
    g = np.zeros_like(x)
    g[2:] += y[1:-1]
    g[:-2] -= y[1:-1]
    g[1] += 2 * y[0]
    g[0] -= 2 * y[0]
    g[-1] += 2 * y[-1]
    g[-2] -= 2 * y[-1]
    return y.dot(y), g


def hand_join(x: Any) -> tuple[Any, Any]:
    y = np.concatenate([x, x * 2])
    g = 2 * y
    return y.dot(y), g[: len(x)] + 2 * g[len(x) :]


def hand_nansum(x: Any) -> tuple[Any, Any]:
    known = ~np.isnan(x)
    return np.nansum(x), known * 1.0


def hand_repeat(g: Any) -> Any:
    return g.reshape(-1, 2).sum(1)


def hand_rows(g: Any) -> Any:
    out = np.zeros_like(m0)
    np.add.at(out, picked, g)
    return out


def hand_sinc(x: Any) -> tuple[Any, Any]:
    t = np.pi * x
    y = np.sin(t) / t
    return y.sum(), (np.cos(t) - y) / x


CASES: dict[str, tuple[Callable[[Any], Any], Hand, Any]] = {
    "exp": (np.exp, by_hand(np.exp, lambda x, y: y.copy()), x0),
    "log": (np.log, by_hand(np.log, lambda x, y: 1 / x), positive),
    "sqrt": (np.sqrt, by_hand(np.sqrt, lambda x, y: 0.5 / y), positive),
    "sin": (np.sin, by_hand(np.sin, lambda x, y: np.cos(x)), x0),
    "tanh": (np.tanh, by_hand(np.tanh, lambda x, y: 1 - y * y), x0),
    "sigmoid": (
        sigmoid,
        by_hand(lambda x: 1 / (1 + np.exp(-x)), lambda x, y: y * (1 - y)),
        x0,
    ),
    "x**3": (lambda x: x**3, by_hand(lambda x: x**3, lambda x, y: 3 * x**2), x0),
    "absolute": (np.abs, by_hand(np.abs, lambda x, y: np.sign(x)), x0),
    "maximum": (
        lambda x: np.maximum(x, 0.5),
        by_hand(lambda x: np.maximum(x, 0.5), lambda x, y: (x > 0.5) * 1.0),
        x0,
    ),
    "where": (
        lambda x: np.where(x > 0, x * x, x),
        by_hand(lambda x: np.where(x > 0, x * x, x), lambda x, y: np.where(x > 0, 2 * x, 1.0)),
        x0,
    ),
    "clip": (
        lambda x: np.clip(x, -1, 1),
        by_hand(lambda x: np.clip(x, -1, 1), lambda x, y: ((x >= -1) & (x <= 1)) * 1.0),
        x0,
    ),
    "sinc": (np.sinc, hand_sinc, x0),
    "std": (np.std, hand_std, x0),
    "max over rows": (lambda x: np.max(x, axis=1), hand_max, m0),
    "median over rows": (lambda x: np.median(x, axis=1), hand_median, m0),
    "sort": (lambda x: np.sort(x) ** 2, hand_sort, x0),
    "x[integers]": (lambda x: x[order] ** 2, hand_take, x0),
    "take_along_axis": (lambda x: np.take_along_axis(x, rows, 1) ** 2, hand_take_along, m0),
    "cumsum": (lambda x: np.cumsum(x) ** 2, hand_cumsum, x0),
    "cumprod": (np.cumprod, hand_cumprod, 1 + 1e-4 * x0),
    "softmax": (lambda x: softmax(x, axis=1) ** 2, hand_softmax, m0),
    "logsumexp": (lambda x: logsumexp(x, axis=1), hand_logsumexp, m0),
    "matmul": (lambda x: x @ x, hand_matmul, m0),
    "diff": (lambda x: np.diff(x) ** 2, hand_diff, x0),
    "pad, reflect": (lambda x: np.pad(x, 3, mode="reflect") ** 2, hand_pad, m0),
    "prod over rows": (lambda x: np.prod(x, axis=1), hand_prod, 1 + 1e-2 * m0),
    "norm over rows": (lambda x: np.linalg.norm(x, axis=1), hand_norm, m0),
    "var over rows": (lambda x: np.var(x, axis=1), hand_var, m0),
    "mean over columns": (lambda x: np.mean(x, axis=0) ** 2, hand_mean, m0),
    "quantile over rows": (lambda x: np.quantile(x, 0.3, axis=1), hand_quantile, m0 * 1.0),
    "minimum": (
        lambda x: np.minimum(x, x0[::-1]),
        by_hand(lambda x: np.minimum(x, x0[::-1]), lambda x, y: (x < x0[::-1]) * 1.0),
        x0,
    ),
    "log1p": (np.log1p, by_hand(np.log1p, lambda x, y: 1 / (1 + x)), positive),
    "hypot": (
        lambda x: np.hypot(x, positive),
        by_hand(lambda x: np.hypot(x, positive), lambda x, y: x / y),
        x0,
    ),
    "arctan2": (
        lambda x: np.arctan2(x, positive),
        by_hand(
            lambda x: np.arctan2(x, positive),
            lambda x, y: positive / (x * x + positive * positive),
        ),
        x0,
    ),
    "logaddexp": (
        lambda x: np.logaddexp(x, positive),
        by_hand(lambda x: np.logaddexp(x, positive), lambda x, y: np.exp(x - y)),
        x0,
    ),
    "roll": (
        lambda x: np.roll(x, 7) ** 2,
        hand_moved(lambda x: np.roll(x, 7), lambda g: np.roll(g, -7)),
        x0,
    ),
    "tile": (
        lambda x: np.tile(x, (2, 1)) ** 2,
        hand_moved(lambda x: np.tile(x, (2, 1)), lambda g: g[: len(g) // 2] + g[len(g) // 2 :]),
        m0[:500],
    ),
    "repeat": (
        lambda x: np.repeat(x, 2) ** 2,
        hand_moved(lambda x: np.repeat(x, 2), hand_repeat),
        x0[: N // 2],
    ),
    "flip": (
        lambda x: np.flip(x, 1) ** 2,
        hand_moved(lambda x: np.flip(x, 1), lambda g: np.flip(g, 1)),
        m0,
    ),
    "transpose": (
        lambda x: x.T**2,
        hand_moved(lambda x: x.T, lambda g: g.T.copy()),
        m0,
    ),
    "triu": (lambda x: np.triu(x) ** 2, hand_moved(np.triu, np.triu), m0),
    "rows[integers]": (lambda x: x[picked] ** 2, hand_moved(lambda x: x[picked], hand_rows), m0),
    "pad, zeros": (
        lambda x: np.pad(x, 3) ** 2,
        hand_moved(lambda x: np.pad(x, 3), lambda g: g[3:-3, 3:-3].copy()),
        m0,
    ),
    "concatenate": (lambda x: np.concatenate([x, x * 2]) ** 2, hand_join, x0[: N // 2]),
    "outer": (lambda x: np.outer(x, weights) ** 2, hand_outer, x0[:1000]),
    "einsum": (lambda x: np.einsum("ij,kj->ik", x, x), hand_einsum, m0),
    "trapezoid": (np.trapezoid, hand_trapezoid, x0),
    "gradient": (lambda x: np.gradient(x) ** 2, hand_gradient, x0),
    "interp": (lambda x: np.interp(x, knots, heights), hand_interp, x0),
    "convolve": (lambda x: np.convolve(x, kernel, "valid") ** 2, hand_convolve, x0),
    "cross": (lambda x: np.cross(x, arrows) ** 2, hand_cross, x0[: 3 * (N // 3)].reshape(-1, 3)),
    "kron": (lambda x: np.kron(x, block) ** 2, hand_kron, m0[:250, :250]),
    "nansum": (np.nansum, hand_nansum, holes),
}


def main(rounds: int = 5) -> None:
    """Print milliseconds and the ratio of every case, after a check that both agree."""
    print(f"{'function':18s} {'here':>9s} {'by hand':>9s} {'ratio':>6s}")
    for name, (f, hand, start) in CASES.items():
        times: list[list[float]] = [[], []]
        for _ in range(rounds):
            x = Tensor(start, requires_grad=True)
            before = time.process_time()
            f(x).sum().backward(release=True)
            between = time.process_time()
            _, gradient = hand(start)
            after = time.process_time()
            np.testing.assert_allclose(x.grad, gradient, rtol=1e-6, atol=1e-6)
            times[0].append(between - before)
            times[1].append(after - between)
        ours, theirs = (1000 * sorted(t)[len(t) // 2] for t in times)
        print(f"{name:18s} {ours:7.1f}ms {theirs:7.1f}ms {ours / theirs:6.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
