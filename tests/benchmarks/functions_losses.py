"""Losses of a million numbers, by hand. Next: `functions_assignments.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from functions_numbers import Case, Hand, N, m0, mask, other, picked, positive, rng, x0

from nn import functional

SAMPLES = 100_000
digits = rng.integers(0, 10, SAMPLES)
probabilities = 1 / (1 + np.exp(-x0))
yes, likely = mask * 1.0, rng.random(N)
signs = np.sign(other)
shares = positive.reshape(1000, 1000)
shares = shares / shares.sum(1, keepdims=True)


def hand_entropy(y: Any) -> Hand:
    def both(p: Any) -> tuple[Any, Any]:
        q, no = 1 - p, 1 - y
        loss = -(y * np.log(p) + no * np.log(q)).mean()
        g = no / q
        g -= y / p
        g /= p.size
        return loss, g

    return both


def hand_entropy_of_logits(z: Any) -> tuple[Any, Any]:
    p = 1 / (1 + np.exp(-z))
    loss = (np.maximum(z, 0) - yes * z + np.log1p(np.exp(-np.abs(z)))).mean()
    p -= yes
    p /= z.size
    return loss, p


def hand_each_entropy_of_logits(z: Any) -> tuple[Any, Any]:
    p = 1 / (1 + np.exp(-z))
    terms = np.maximum(z, 0) - yes * z + np.log1p(np.exp(-np.abs(z)))
    p -= yes
    return terms, p


def hand_cross_entropy(target: Any) -> Hand:
    samples = np.arange(len(target))

    def both(z: Any) -> tuple[Any, Any]:
        z = z - z.max(1, keepdims=True)
        p = np.exp(z)
        total = p.sum(1, keepdims=True)
        loss = (np.log(total[:, 0]) - z[samples, target]).mean()
        p /= total
        p[samples, target] -= 1
        p /= len(target)
        return loss, p

    return both


def hand_each_cross_entropy(target: Any) -> Hand:
    samples = np.arange(len(target))

    def both(z: Any) -> tuple[Any, Any]:
        z = z - z.max(1, keepdims=True)
        terms = -z[samples, target]
        np.exp(z, out=z)
        total = z.sum(1, keepdims=True)
        terms += np.log(total[:, 0])
        z /= total
        z[samples, target] -= 1
        return terms, z

    return both


def hand_likelihood(target: Any) -> Hand:
    samples = np.arange(len(target))

    def both(log_p: Any) -> tuple[Any, Any]:
        g = np.zeros_like(log_p)
        g[samples, target] = -1 / len(target)
        return -log_p[samples, target].mean(), g

    return both


def hand_expected_likelihood(log_p: Any) -> tuple[Any, Any]:
    return -(shares * log_p).sum() / len(log_p), shares * (-1 / len(log_p))


def hand_margins(target: Any) -> Hand:
    samples = np.arange(len(target))

    def both(s: Any) -> tuple[Any, Any]:
        d = s - s[samples, target][:, None]
        d += 1
        np.maximum(d, 0, out=d)
        d[samples, target] = 0
        g = (d > 0).astype(s.dtype)
        g[samples, target] = -g.sum(1)
        g /= len(target)
        return d.sum() / len(target), g

    return both


def hand_margin(s: Any) -> tuple[Any, Any]:
    d = 1 - signs * s
    np.maximum(d, 0, out=d)
    g = signs * (d > 0)
    g /= -s.size
    return d.mean(), g


def hand_squares(x: Any) -> tuple[Any, Any]:
    d = x - other
    loss = (d * d).mean()
    d *= 2 / d.size
    return loss, d


def huber(x: Any) -> Any:
    d = x - other
    size = np.abs(d)
    return np.where(size < 1, d * d / 2, size - 0.5).mean()


def hand_huber(x: Any) -> tuple[Any, Any]:
    d = x - other
    size = np.abs(d)
    loss = np.where(size < 1, d * d / 2, size - 0.5).mean()
    np.clip(d, -1, 1, out=d)
    d /= d.size
    return loss, d


def hand_divergence(log_p: Any) -> tuple[Any, Any]:
    return (shares * (np.log(shares) - log_p)).sum() / 1000, shares * (-1 / 1000)


CASES: dict[str, Case] = {
    "bce": (lambda p: functional.binary_cross_entropy(p, yes), hand_entropy(yes), probabilities),
    "bce, likely": (
        lambda p: functional.binary_cross_entropy(p, likely),
        hand_entropy(likely),
        probabilities,
    ),
    "bce of logits": (
        lambda z: functional.binary_cross_entropy_with_logits(z, yes),
        hand_entropy_of_logits,
        x0,
    ),
    "bce of logits, each": (
        lambda z: functional.binary_cross_entropy_with_logits(z, yes, "none"),
        hand_each_entropy_of_logits,
        x0,
    ),
    "cross-entropy, 10": (
        lambda z: functional.cross_entropy(z, digits),
        hand_cross_entropy(digits),
        x0.reshape(SAMPLES, 10),
    ),
    "cross-entropy": (
        lambda z: functional.cross_entropy(z, picked),
        hand_cross_entropy(picked),
        m0,
    ),
    "cross-entropy, each": (
        lambda z: functional.cross_entropy(z, picked, "none"),
        hand_each_cross_entropy(picked),
        m0,
    ),
    "nll, 10": (
        lambda x: functional.nll_loss(x, digits),
        hand_likelihood(digits),
        x0.reshape(SAMPLES, 10),
    ),
    "cross-entropy, x.T": (
        lambda z: functional.cross_entropy(z, picked),
        hand_cross_entropy(picked),
        m0.T,
    ),
    "cross-entropy, float32": (
        lambda z: functional.cross_entropy(z, picked),
        hand_cross_entropy(picked),
        m0.astype(np.float32),
    ),
    "nll of shares": (
        lambda x: functional.nll_loss(x, shares),
        hand_expected_likelihood,
        m0,
    ),
    "hinge, 10": (
        lambda s: functional.hinge_loss(s, digits),
        hand_margins(digits),
        x0.reshape(SAMPLES, 10),
    ),
    "hinge, 1000": (lambda s: functional.hinge_loss(s, picked), hand_margins(picked), m0),
    "hinge, ±1": (lambda s: functional.hinge_loss(s, signs), hand_margin, x0),
    "mse": (lambda x: functional.mse_loss(x, other), hand_squares, x0),
    "d d": (lambda x: ((d := x - other) * d).mean(), hand_squares, x0),
    "huber": (huber, hand_huber, x0),
    "divergence": (
        lambda log_p: np.sum(shares * (np.log(shares) - log_p)) / 1000,
        hand_divergence,
        m0,
    ),
}
