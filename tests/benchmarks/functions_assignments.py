"""Assignment by index, by hand. Next: `functions_products.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from functions_numbers import Case, N, mask, order, other, x0

STEPS = 1000


def assigned(x: Any) -> Any:
    y = 2 * x
    y[1000:2000] = x[:1000] * 3
    return y**2


def hand_assigned(x: Any) -> tuple[Any, Any]:
    y = 2 * x
    y[1000:2000] = x[:1000] * 3
    g = 4 * y
    g[1000:2000] = 0
    g[:1000] += 6 * y[1000:2000]
    return y.dot(y), g


def assigned_masked(x: Any) -> Any:
    y = 2 * x
    y[mask] = 1.0
    return y**2


def hand_assigned_masked(x: Any) -> tuple[Any, Any]:
    y = 2 * x
    y[mask] = 1.0
    g = 4 * y
    g[mask] = 0
    return y.dot(y), g


def added_masked(x: Any) -> Any:
    y = 2 * x
    y[mask] += x[mask]
    return y**2


def hand_added_masked(x: Any) -> tuple[Any, Any]:
    y = 2 * x
    y[mask] += x[mask]
    g = 4 * y
    g[mask] += 2 * y[mask]
    return y.dot(y), g


def added_slice(x: Any) -> Any:
    y = 2 * x
    y[1000 : N // 2] += x[: N // 2 - 1000]
    return y**2


def hand_added_slice(x: Any) -> tuple[Any, Any]:
    y = 2 * x
    y[1000 : N // 2] += x[: N // 2 - 1000]
    g = 4 * y
    g[: N // 2 - 1000] += 2 * y[1000 : N // 2]
    return y.dot(y), g


def assigned_at(x: Any) -> Any:
    y = 2 * x
    y[order] = x * other
    return y**2


def hand_assigned_at(x: Any) -> tuple[Any, Any]:
    y = 2 * x
    y[order] = x * other
    # of several that were written to one place the last stands
    writers = np.arange(N)
    last = np.zeros(N, int)
    last[order] = writers
    g = 4 * y
    written = other * (2 * y)[order] * (last[order] == writers)
    g[order] = 0
    return y.dot(y), g + written


def assigned_at_few(x: Any) -> Any:
    y = 2 * x
    y[order[:STEPS]] = x[:STEPS] * 3
    return y**2


def hand_assigned_at_few(x: Any) -> tuple[Any, Any]:
    y = 2 * x
    places = order[:STEPS]
    y[places] = x[:STEPS] * 3
    last = dict(zip(places.tolist(), range(STEPS), strict=True))
    g = 4 * y
    g[places] = 0
    stand = np.array(list(last.values()))
    g[stand] += 6 * y[places[stand]]
    return y.dot(y), g


def looped(x: Any) -> Any:
    y = x * 0.5
    for i in range(1, STEPS):
        y[i] = y[i - 1] * 0.9 + x[i]
    return y


def hand_looped(x: Any) -> tuple[Any, Any]:
    y = x * 0.5
    for i in range(1, STEPS):
        y[i] = y[i - 1] * 0.9 + x[i]
    g = np.ones_like(x)
    back = np.zeros_like(x)
    for i in range(STEPS - 1, 0, -1):
        back[i] += g[i]
        g[i - 1] += 0.9 * g[i]
        g[i] = 0
    return y.sum(), 0.5 * g + back


def rows_in_turn(x: Any) -> Any:
    y = x * 0.5
    for i in range(1, STEPS):
        y[i] = np.tanh(y[i - 1]) + x[i]
    return y


def hand_rows_in_turn(x: Any) -> tuple[Any, Any]:
    y = x * 0.5
    t = np.empty_like(x)
    for i in range(1, STEPS):
        np.tanh(y[i - 1], t[i])
        y[i] = t[i] + x[i]
    g = np.ones_like(x)
    back = np.zeros_like(x)
    for i in range(STEPS - 1, 0, -1):
        back[i] += g[i]
        g[i - 1] += g[i] * (1 - t[i] * t[i])
        g[i] = 0
    return y.sum(), 0.5 * g + back


CASES: dict[str, Case] = {
    "y[slice] = v": (assigned, hand_assigned, x0),
    "y[mask] = v": (assigned_masked, hand_assigned_masked, x0),
    "y[mask] += v": (added_masked, hand_added_masked, x0),
    "y[slice] += v": (added_slice, hand_added_slice, x0),
    "y[integers] = v": (assigned_at, hand_assigned_at, x0),
    "y[few] = v": (assigned_at_few, hand_assigned_at_few, x0),
    "y[i], of 1,000": (looped, hand_looped, x0[:STEPS]),
    "y[i], of 1e6": (looped, hand_looped, x0),
    "rows in turn": (rows_in_turn, hand_rows_in_turn, x0.reshape(STEPS, -1)),
}
