"""Functions that move numbers, and reading, by hand. Next: `functions_losses.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from functions_numbers import Case, N, hand_moved, m0, mask, order, picked, rows, stack, weights, x0


def hand_take(x: Any) -> tuple[Any, Any]:
    y = x[order]
    return y.dot(y), np.bincount(order, 2 * y, N)


def hand_take_along(x: Any) -> tuple[Any, Any]:
    y = np.take_along_axis(x, rows, 1)
    flat = (rows + 1000 * np.arange(1000)[:, None]).ravel()
    return (y * y).sum(), np.bincount(flat, (2 * y).ravel(), N).reshape(x.shape)


def hand_one_along(x: Any) -> tuple[Any, Any]:
    y = np.take_along_axis(x, picked[:, None], 1)
    g = np.zeros_like(x)
    np.put_along_axis(g, picked[:, None], 2 * y, 1)
    return (y * y).sum(), g


def hand_reflect(g: Any) -> Any:
    g[:, 4:7] += g[:, 2::-1]
    g[:, -7:-4] += g[:, :-4:-1]
    g[4:7] += g[2::-1]
    g[-7:-4] += g[:-4:-1]
    return g[3:-3, 3:-3].copy()


def hand_wrap(g: Any) -> Any:
    g[:, -6:-3] += g[:, :3]
    g[:, 3:6] += g[:, -3:]
    g[-6:-3] += g[:3]
    g[3:6] += g[-3:]
    return g[3:-3, 3:-3].copy()


def hand_join(x: Any) -> tuple[Any, Any]:
    y = np.concatenate([x, x * 2])
    g = 2 * y
    return y.dot(y), g[: len(x)] + 2 * g[len(x) :]


def hand_repeat(g: Any) -> Any:
    return g.reshape(-1, 2).sum(1)


def hand_rows(g: Any) -> Any:
    out = np.zeros_like(m0)
    np.add.at(out, picked, g)
    return out


def hand_columns(x: Any) -> tuple[Any, Any]:
    y = x[:, picked]
    g = np.zeros_like(x)
    np.add.at(g.T, picked, 2 * y.T)
    return (y * y).sum(), g


def hand_mask(x: Any) -> tuple[Any, Any]:
    y = x[mask]
    g = np.zeros_like(x)
    g[mask] = 2 * y
    return y.dot(y), g


def hand_slice(x: Any) -> tuple[Any, Any]:
    y = x[:, ::2]
    g = np.zeros_like(x)
    g[:, ::2] = 2 * y
    return (y * y).sum(), g


def hand_stack(x: Any) -> tuple[Any, Any]:
    y = np.stack([x, x * 2])
    g = 2 * y
    return (y * y).sum(), g[0] + 2 * g[1]


def halves_exchanged(x: Any) -> Any:
    return np.concatenate(np.split(x, 2)[::-1])


def hand_edge(g: Any) -> Any:
    g[:, 3] += g[:, :3].sum(1)
    g[:, -4] += g[:, -3:].sum(1)
    g[3] += g[:3].sum(0)
    g[-4] += g[-3:].sum(0)
    return g[3:-3, 3:-3].copy()


def hand_windows(x: Any) -> tuple[Any, Any]:
    y = np.lib.stride_tricks.sliding_window_view(x, 5).sum(1)
    g = np.zeros_like(x)
    for k in range(5):
        g[k : len(x) - 4 + k] += 2 * y
    return y.dot(y), g


def hand_delete(g: Any) -> Any:
    out = np.zeros((len(g) + 1, g.shape[1]))
    out[:7], out[8:] = g[:7], g[7:]
    return out


def hand_resize(g: Any) -> Any:
    out = g[:N].copy()
    out[: N // 2] += g[N:]
    return out


def hand_stretched(x: Any) -> tuple[Any, Any]:
    y = x[:, None] + weights
    return (y * y).sum(), (2 * y).sum(1)


def hand_linspace(x: Any) -> tuple[Any, Any]:
    y = np.linspace(x, weights, 1000)
    return (y * y).sum(), np.linspace(1, 0, 1000) @ (2 * y)


CASES: dict[str, Case] = {
    "x[integers]": (lambda x: x[order] ** 2, hand_take, x0),
    "take_along_axis": (lambda x: np.take_along_axis(x, rows, 1) ** 2, hand_take_along, m0),
    "one along rows": (
        lambda x: np.take_along_axis(x, picked[:, None], 1) ** 2,
        hand_one_along,
        m0,
    ),
    "pad, reflect": (
        lambda x: np.pad(x, 3, mode="reflect") ** 2,
        hand_moved(lambda x: np.pad(x, 3, mode="reflect"), hand_reflect),
        m0,
    ),
    "pad, wrap": (
        lambda x: np.pad(x, 3, mode="wrap") ** 2,
        hand_moved(lambda x: np.pad(x, 3, mode="wrap"), hand_wrap),
        m0,
    ),
    "pad, edge": (
        lambda x: np.pad(x, 3, mode="edge") ** 2,
        hand_moved(lambda x: np.pad(x, 3, mode="edge"), hand_edge),
        m0,
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
    "take of columns": (lambda x: np.take(x, picked, axis=1) ** 2, hand_columns, m0),
    "x[mask]": (lambda x: x[mask] ** 2, hand_mask, x0),
    "x[:, ::2]": (lambda x: x[:, ::2] ** 2, hand_slice, m0),
    "stack": (lambda x: np.stack([x, x * 2]) ** 2, hand_stack, x0[: N // 2]),
    "split": (
        lambda x: halves_exchanged(x) ** 2,
        hand_moved(halves_exchanged, halves_exchanged),
        x0,
    ),
    "sums of windows": (
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 5).sum(axis=1) ** 2,
        hand_windows,
        x0,
    ),
    "delete": (
        lambda x: np.delete(x, 7, axis=0) ** 2,
        hand_moved(lambda x: np.delete(x, 7, axis=0), hand_delete),
        m0,
    ),
    "delete of one": (
        lambda x: np.delete(x, 7) ** 2,
        hand_moved(lambda x: np.delete(x, 7), lambda g: np.insert(g, 7, 0)),
        x0,
    ),
    "insert": (
        lambda x: np.insert(x, 7, 1.0) ** 2,
        hand_moved(lambda x: np.insert(x, 7, 1.0), lambda g: np.delete(g, 7)),
        x0,
    ),
    "insert in columns": (
        lambda x: np.insert(x, 7, 1.0, axis=1) ** 2,
        hand_moved(lambda x: np.insert(x, 7, 1.0, axis=1), lambda g: np.delete(g, 7, axis=1)),
        m0,
    ),
    "insert, x.T": (
        lambda x: np.insert(x, 7, 1.0, axis=0) ** 2,
        hand_moved(lambda x: np.insert(x, 7, 1.0, axis=0), lambda g: np.delete(g, 7, axis=0)),
        m0.T,
    ),
    "delete, x.T": (
        lambda x: np.delete(x, 7, axis=0) ** 2,
        hand_moved(lambda x: np.delete(x, 7, axis=0), lambda g: np.insert(g, 7, 0, axis=0)),
        m0.T,
    ),
    "pad, zeros, x.T": (
        lambda x: np.pad(x, 3) ** 2,
        hand_moved(lambda x: np.pad(x, 3), lambda g: g[3:-3, 3:-3].copy()),
        m0.T,
    ),
    "resize": (
        lambda x: np.resize(x, N // 2 * 3) ** 2,
        hand_moved(lambda x: np.resize(x, N // 2 * 3), hand_resize),
        x0,
    ),
    "repeat of columns": (
        lambda x: np.repeat(x, 2, axis=1) ** 2,
        hand_moved(lambda x: np.repeat(x, 2, axis=1), lambda g: g[:, ::2] + g[:, 1::2]),
        m0[:500],
    ),
    "repeat, x.T": (
        lambda x: np.repeat(x, 2, axis=1) ** 2,
        hand_moved(lambda x: np.repeat(x, 2, axis=1), lambda g: g[:, ::2] + g[:, 1::2]),
        m0.T[:500],
    ),
    "linspace": (lambda x: np.linspace(x, weights, 1000) ** 2, hand_linspace, x0[:1000]),
    "pad, a number": (
        lambda x: np.pad(x, 3, constant_values=2.0) ** 2,
        hand_moved(lambda x: np.pad(x, 3, constant_values=2.0), lambda g: g[3:-3, 3:-3].copy()),
        m0,
    ),
    "x[:, None] + y": (lambda x: (x[:, None] + weights) ** 2, hand_stretched, x0[:1000]),
    "moveaxis": (
        lambda x: np.moveaxis(x, 0, 1) ** 2,
        hand_moved(lambda x: np.moveaxis(x, 0, 1), lambda g: np.moveaxis(g, 1, 0).copy()),
        stack,
    ),
    "rot90": (
        lambda x: np.rot90(x) ** 2,
        hand_moved(np.rot90, lambda g: np.rot90(g, -1).copy()),
        m0,
    ),
}
