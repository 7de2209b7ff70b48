"""Assignment by index, by hand. Next: `functions_products.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from functions_numbers import Case, N, mask, order, other, x0

STEPS = 1000


def assigned(x: Any) -> Any:
    y = np.copy(x)
    y[1000:2000] = x[:1000] * 3
    return y


def hand_assigned(x: Any) -> tuple[Any, Any]:
    y = x.copy()
    y[1000:2000] = x[:1000] * 3
    g = np.ones(N)
    g[1000:2000] = 0
    g[:1000] += 3
    return y.sum(), g


def assigned_masked(x: Any) -> Any:
    y = np.copy(x)
    y[mask] = 1.0
    return y


def hand_assigned_masked(x: Any) -> tuple[Any, Any]:
    y = x.copy()
    y[mask] = 1.0
    g = np.ones(N)
    g[mask] = 0
    return y.sum(), g


def added_masked(x: Any) -> Any:
    y = np.copy(x)
    y[mask] += x[mask]
    return y


def hand_added_masked(x: Any) -> tuple[Any, Any]:
    y = x.copy()
    y[mask] += x[mask]
    g = np.ones(N)
    g[mask] += 1
    return y.sum(), g


def added_slice(x: Any) -> Any:
    y = np.copy(x)
    y[1000 : N // 2] += x[: N // 2 - 1000]
    return y


def hand_added_slice(x: Any) -> tuple[Any, Any]:
    y = x.copy()
    y[1000 : N // 2] += x[: N // 2 - 1000]
    g = np.ones(N)
    g[: N // 2 - 1000] += 1
    return y.sum(), g


def assigned_at(x: Any) -> Any:
    y = np.copy(x)
    y[order] = x * other
    return y


def hand_assigned_at(x: Any) -> tuple[Any, Any]:
    y = x.copy()
    y[order] = x * other
    # of several that were written to one place the last stands
    writers = np.arange(N)
    last = np.zeros(N, int)
    last[order] = writers
    g = np.ones(N)
    g[order] = 0
    return y.sum(), g + other * (last[order] == writers)


def assigned_at_few(x: Any) -> Any:
    y = np.copy(x)
    y[order[:STEPS]] = x[:STEPS] * 3
    return y


def hand_assigned_at_few(x: Any) -> tuple[Any, Any]:
    y = x.copy()
    places = order[:STEPS]
    y[places] = x[:STEPS] * 3
    last = dict(zip(places.tolist(), range(STEPS), strict=True))
    g = np.ones(N)
    g[places] = 0
    g[list(last.values())] += 3
    return y.sum(), g


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


def numbers_in_turn(x: Any) -> Any:
    y = x * 0.5
    for i in range(STEPS):
        y[i] = 2.0
    return y


def hand_numbers_in_turn(x: Any) -> tuple[Any, Any]:
    y = x * 0.5
    for i in range(STEPS):
        y[i] = 2.0
    g = np.ones_like(x)
    for i in range(STEPS):
        g[i] = 0
    return y.sum(), 0.5 * g


def doubled_in_turn(x: Any) -> Any:
    y = x * 0.5
    for i in range(STEPS):
        y[i] = x[i] * 2
    return y


def hand_doubled_in_turn(x: Any) -> tuple[Any, Any]:
    y = x * 0.5
    for i in range(STEPS):
        y[i] = x[i] * 2
    g = np.ones_like(x)
    back = np.zeros_like(x)
    for i in range(STEPS - 1, -1, -1):
        back[i] += g[i] * 2
        g[i] = 0
    return y.sum(), 0.5 * g + back


def added_in_turn(x: Any) -> Any:
    y = x * 0.5
    for i in range(STEPS):
        y[i] += x[i]
    return y


def hand_added_in_turn(x: Any) -> tuple[Any, Any]:
    y = x * 0.5
    for i in range(STEPS):
        y[i] += x[i]
    g = np.ones_like(x)
    back = np.zeros_like(x)
    for i in range(STEPS - 1, -1, -1):
        back[i] += g[i]
    return y.sum(), 0.5 * g + back


def powers_in_turn(x: Any) -> Any:
    y = x * 0.5
    for i in range(1, STEPS):
        y[i] = y[i - 1] * 0.9
    return y


def hand_powers_in_turn(x: Any) -> tuple[Any, Any]:
    y = x * 0.5
    for i in range(1, STEPS):
        y[i] = y[i - 1] * 0.9
    g = np.ones_like(x)
    for i in range(STEPS - 1, 0, -1):
        g[i - 1] += 0.9 * g[i]
        g[i] = 0
    return y.sum(), 0.5 * g


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
    "y[i] = 2, of 1e6": (numbers_in_turn, hand_numbers_in_turn, x0),
    "y[i] = x[i] * 2": (doubled_in_turn, hand_doubled_in_turn, x0),
    "y[i] += x[i]": (added_in_turn, hand_added_in_turn, x0),
    "y[i] = y[i-1] * .9": (powers_in_turn, hand_powers_in_turn, x0),
    "rows doubled": (doubled_in_turn, hand_doubled_in_turn, x0.reshape(STEPS, -1)),
    "rows in turn": (rows_in_turn, hand_rows_in_turn, x0.reshape(STEPS, -1)),
}
