"""Products, linear algebra and calculus of arrays, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from functions_numbers import (
    Case,
    N,
    arrows,
    block,
    blocks,
    heights,
    kernel,
    knots,
    m0,
    matrices,
    other,
    square,
    stack,
    symmetric,
    weights,
    x0,
)


def hand_matmul(x: Any) -> tuple[Any, Any]:
    y = x @ x
    return y.sum(), np.ones_like(y) @ x.T + x.T @ np.ones_like(y)


def hand_diff(x: Any) -> tuple[Any, Any]:
    y = np.diff(x)
    g = np.zeros_like(x)
    g[1:] += 2 * y
    g[:-1] -= 2 * y
    return y.dot(y), g


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


def hand_matvec(x: Any) -> tuple[Any, Any]:
    y = x @ weights
    return y.dot(y), np.outer(2 * y, weights)


def hand_vecdot(x: Any) -> tuple[Any, Any]:
    other_rows = other.reshape(x.shape)
    y = np.vecdot(x, other_rows)
    return y.dot(y), (2 * y)[:, None] * other_rows


def hand_tensordot(x: Any) -> tuple[Any, Any]:
    flat, wide = matrices.reshape(-1, 100), x.reshape(100, -1)
    y = wide @ flat
    return (y * y).sum(), (2 * y @ flat.T).reshape(x.shape)


def hand_batch(x: Any) -> tuple[Any, Any]:
    y = x @ matrices
    return (y * y).sum(), 2 * y @ matrices.swapaxes(1, 2)


def hand_weighted(x: Any) -> tuple[Any, Any]:
    y = np.einsum("ijk,j->ik", x, weights[:100])
    return (y * y).sum(), 2 * y[:, None] * weights[:100, None]


def hand_einsum_vector(x: Any) -> tuple[Any, Any]:
    return (x @ weights).sum(), np.broadcast_to(weights, x.shape).copy()


def hand_einsum_rows(x: Any) -> tuple[Any, Any]:
    return np.einsum("ij,ij->i", x, x).sum(), 2 * x


def hand_inv(x: Any) -> tuple[Any, Any]:
    y = np.linalg.inv(x)
    return (y * y).sum(), -y.T @ (2 * y) @ y.T


def hand_dets(x: Any) -> tuple[Any, Any]:
    y = np.linalg.det(x)
    return y.sum(), y[:, None, None] * np.linalg.inv(x).swapaxes(1, 2)


def hand_solve(x: Any) -> tuple[Any, Any]:
    y = np.linalg.solve(x, weights[:400])
    c = np.linalg.solve(x.T, 2 * y)
    return y.dot(y), -np.outer(c, y)


def hand_logdet(x: Any) -> tuple[Any, Any]:
    return np.linalg.slogdet(x)[1], np.linalg.inv(x).T


def hand_cholesky(x: Any) -> tuple[Any, Any]:
    y = np.linalg.cholesky(x)
    m = np.tril(y.T @ (2 * y))
    m[np.diag_indices(len(x))] *= 0.5
    s = np.linalg.solve(y.T, np.linalg.solve(y.T, m).T)
    return (y * y).sum(), (s + s.T) / 2


def hand_eigvalsh(x: Any) -> tuple[Any, Any]:
    w, v = np.linalg.eigh(x)
    return w.dot(w), v * (2 * w) @ v.T


def hand_singular_values(x: Any) -> tuple[Any, Any]:
    u, s, vh = np.linalg.svd(x)
    return s.sum(), u @ vh


def hand_correlate(x: Any) -> tuple[Any, Any]:
    y = np.correlate(x, kernel)
    return y.dot(y), np.convolve(2 * y, kernel)


def hand_polyval(x: Any) -> tuple[Any, Any]:
    return np.polyval(kernel, x).sum(), np.polyval(np.polyder(kernel), x)


def hand_gradient_of_rows(x: Any) -> tuple[Any, Any]:
    y = np.gradient(x, 0.1, axis=0)
    half = 10 * y
    g = np.zeros_like(x)
    g[2:] += half[1:-1]
    g[:-2] -= half[1:-1]
    g[1] += 2 * half[0]
    g[0] -= 2 * half[0]
    g[-1] += 2 * half[-1]
    g[-2] -= 2 * half[-1]
    return (y * y).sum(), g


CASES: dict[str, Case] = {
    "matmul": (lambda x: x @ x, hand_matmul, m0),
    "diff": (lambda x: np.diff(x) ** 2, hand_diff, x0),
    "outer": (lambda x: np.outer(x, weights) ** 2, hand_outer, x0[:1000]),
    "einsum": (lambda x: np.einsum("ij,kj->ik", x, x), hand_einsum, m0),
    "trapezoid": (np.trapezoid, hand_trapezoid, x0),
    "gradient": (lambda x: np.gradient(x) ** 2, hand_gradient, x0),
    "interp": (lambda x: np.interp(x, knots, heights), hand_interp, x0),
    "convolve": (lambda x: np.convolve(x, kernel, "valid") ** 2, hand_convolve, x0),
    "cross": (lambda x: np.cross(x, arrows) ** 2, hand_cross, x0[: 3 * (N // 3)].reshape(-1, 3)),
    "kron": (lambda x: np.kron(x, block) ** 2, hand_kron, m0[:250, :250]),
    "matrix @ vector": (lambda x: (x @ weights) ** 2, hand_matvec, m0),
    "matrix @ x": (lambda x: m0 @ x, lambda x: ((m0 @ x).sum(), np.ones(1000) @ m0), weights),
    "vecdot": (lambda x: np.vecdot(x, other.reshape(x.shape)) ** 2, hand_vecdot, m0),
    "tensordot": (lambda x: np.tensordot(x, matrices) ** 2, hand_tensordot, stack),
    "tensordot of all": (
        lambda x: np.tensordot(x, matrices, 3) ** 2,
        lambda x: (np.vdot(x, matrices) ** 2, 2 * np.vdot(x, matrices) * matrices),
        stack,
    ),
    "batch of matrices": (lambda x: (x @ matrices) ** 2, hand_batch, stack),
    "einsum, weights": (
        lambda x: np.einsum("ijk,j->ik", x, weights[:100]) ** 2,
        hand_weighted,
        stack,
    ),
    "inv": (lambda x: np.linalg.inv(x) ** 2, hand_inv, square),
    "solve": (lambda x: np.linalg.solve(x, weights[:400]) ** 2, hand_solve, square),
    "slogdet": (lambda x: np.linalg.slogdet(x)[1], hand_logdet, square),
    "det of a stack": (np.linalg.det, hand_dets, blocks),
    "cholesky": (lambda x: np.linalg.cholesky(x) ** 2, hand_cholesky, symmetric),
    "eigvalsh": (lambda x: np.linalg.eigvalsh(x) ** 2, hand_eigvalsh, symmetric[:200, :200]),
    "svdvals": (
        lambda x: np.linalg.svd(x, compute_uv=False),
        hand_singular_values,
        square[:200, :200],
    ),
    "correlate": (lambda x: np.correlate(x, kernel) ** 2, hand_correlate, x0),
    "polyval": (lambda x: np.polyval(kernel, x), hand_polyval, x0),
    "gradient of rows": (
        lambda x: np.gradient(x, 0.1, axis=0) ** 2,
        hand_gradient_of_rows,
        m0,
    ),
    "einsum, vector": (
        lambda x: np.einsum("ij,j->i", x, weights),
        hand_einsum_vector,
        m0,
    ),
    "einsum, rows": (lambda x: np.einsum("ij,ij->i", x, x), hand_einsum_rows, m0),
    "vecdot of one": (lambda x: np.vecdot(x, x), lambda x: (np.vecdot(x, x).sum(), 2 * x), m0),
    "x @ x": (lambda x: x @ x, lambda x: (x.dot(x), 2 * x), x0),
}
