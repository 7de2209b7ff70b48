"""Elementwise functions, by hand. Next: `functions_reductions.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from functions_numbers import Case, by_hand, exponents, hand_moved, holes, other, positive, x0

from autograd import leaky_relu, relu, sigmoid, softplus


def hand_sinc(x: Any) -> tuple[Any, Any]:
    t = np.pi * x
    y = np.sin(t) / t
    return y.sum(), (np.cos(t) - y) / x


CASES: dict[str, Case] = {
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
    "cos": (np.cos, by_hand(np.cos, lambda x, y: -np.sin(x)), x0),
    "arctan": (np.arctan, by_hand(np.arctan, lambda x, y: 1 / (1 + x * x)), x0),
    "arcsinh": (np.arcsinh, by_hand(np.arcsinh, lambda x, y: 1 / np.sqrt(x * x + 1)), x0),
    "expm1": (np.expm1, by_hand(np.expm1, lambda x, y: y + 1), x0),
    "log2": (np.log2, by_hand(np.log2, lambda x, y: 1 / (np.log(2) * x)), positive),
    "cbrt": (np.cbrt, by_hand(np.cbrt, lambda x, y: 1 / (3 * y * y)), positive),
    "square": (np.square, by_hand(np.square, lambda x, y: 2 * x), x0),
    "x**2.5": (lambda x: x**2.5, by_hand(lambda x: x**2.5, lambda x, y: 2.5 * x**1.5), positive),
    "x**.5": (lambda x: x**0.5, by_hand(lambda x: x**0.5, lambda x, y: 0.5 / y), positive),
    "x**-2": (lambda x: x**-2, by_hand(lambda x: x**-2, lambda x, y: -2 * y / x), positive),
    "x**-.5": (lambda x: x**-0.5, by_hand(lambda x: x**-0.5, lambda x, y: -0.5 * y / x), positive),
    "x**0": (lambda x: x**0, by_hand(lambda x: x**0, lambda x, y: np.zeros_like(x)), x0),
    "x**x": (lambda x: x**x, by_hand(lambda x: x**x, lambda x, y: y * (np.log(x) + 1)), positive),
    "x**.5, float32": (
        lambda x: x**0.5,
        by_hand(lambda x: x**0.5, lambda x, y: np.float32(0.5) / y),
        positive.astype(np.float32),
    ),
    "x**2.5, float32": (
        lambda x: x**2.5,
        by_hand(lambda x: x**2.5, lambda x, y: np.float32(2.5) * y / x),
        positive.astype(np.float32),
    ),
    "float_power": (
        lambda x: np.float_power(x, 2),
        by_hand(lambda x: np.float_power(x, 2), lambda x, y: 2 * x),
        x0,
    ),
    "maximum of one": (
        lambda x: np.maximum(x, x),
        by_hand(lambda x: np.maximum(x, x), lambda x, y: np.ones_like(x)),
        x0,
    ),
    "divmod": (
        lambda x: np.divmod(positive, x)[1],
        by_hand(
            lambda x: np.divmod(positive, x)[1],
            lambda x, y: -np.rint((positive - y) / x),
        ),
        positive[::-1].copy(),
    ),
    "arccosh": (
        np.arccosh,
        by_hand(np.arccosh, lambda x, y: 1 / np.sqrt(x * x - 1)),
        positive + 1,
    ),
    "maximum, 0 first": (
        lambda x: np.maximum(0, x),
        by_hand(lambda x: np.maximum(0, x), lambda x, y: (x > 0) * 1.0),
        x0,
    ),
    "arctan2, a number": (
        lambda x: np.arctan2(x, 0.7),
        by_hand(lambda x: np.arctan2(x, 0.7), lambda x, y: 0.7 / (x * x + 0.49)),
        x0,
    ),
    "x / y": (
        lambda x: x / positive,
        by_hand(lambda x: x / positive, lambda x, y: 1 / positive),
        x0,
    ),
    "x**y": (
        lambda x: x**exponents,
        by_hand(lambda x: x**exponents, lambda x, y: exponents * x ** (exponents - 1)),
        positive,
    ),
    "y**x": (
        lambda x: positive**x,
        by_hand(lambda x: positive**x, lambda x, y: y * np.log(positive)),
        x0,
    ),
    "x * y": (
        lambda x: x * other,
        by_hand(lambda x: x * other, lambda x, y: other.copy()),
        x0,
    ),
    "y / x": (lambda x: other / x, by_hand(lambda x: other / x, lambda x, y: -y / x), positive),
    "remainder": (
        lambda x: x % 0.7,
        by_hand(lambda x: x % 0.7, lambda x, y: np.ones_like(x)),
        x0,
    ),
    "copysign": (
        lambda x: np.copysign(x, other),
        by_hand(lambda x: np.copysign(x, other), lambda x, y: np.sign(x) * np.copysign(1, other)),
        x0,
    ),
    "fmax": (
        lambda x: np.fmax(x, other),
        by_hand(lambda x: np.fmax(x, other), lambda x, y: (x > other) * 1.0),
        x0,
    ),
    "relu": (relu, by_hand(lambda x: np.maximum(x, 0), lambda x, y: (x > 0) * 1.0), x0),
    "leaky relu": (
        lambda x: leaky_relu(x, 0.1),
        by_hand(lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y: np.where(x > 0, 1.0, 0.1)),
        x0,
    ),
    "softplus": (
        softplus,
        by_hand(lambda x: np.logaddexp(x, 0), lambda x, y: 1 / (1 + np.exp(-x))),
        x0,
    ),
    "nan_to_num": (
        np.nan_to_num,
        by_hand(np.nan_to_num, lambda x, y: np.isfinite(x) * 1.0),
        holes,
    ),
    "float32": (
        lambda x: x.astype(np.float32) ** 2,
        hand_moved(lambda x: x.astype(np.float32), lambda g: g.astype(np.float64)),
        x0,
    ),
    "select": (
        lambda x: np.select([x < -1, x > 1], [x * x, 2 * x], x),
        by_hand(
            lambda x: np.select([x < -1, x > 1], [x * x, 2 * x], x),
            lambda x, y: np.select([x < -1, x > 1], [2 * x, 2.0], 1.0),
        ),
        x0,
    ),
    "ldexp": (
        lambda x: np.ldexp(x, 3) * other,
        by_hand(lambda x: np.ldexp(x, 3) * other, lambda x, y: 8 * other),
        x0,
    ),
    "float_power, y": (
        lambda x: np.float_power(x, exponents),
        by_hand(lambda x: np.float_power(x, exponents), lambda x, y: exponents * y / x),
        positive,
    ),
    "x * x * y": (
        lambda x: x * x * other,
        by_hand(lambda x: x * x * other, lambda x, y: 2 * x * other),
        x0,
    ),
    "root of squares": (
        lambda x: np.sqrt(x * x + positive * positive),
        by_hand(lambda x: np.sqrt(x * x + positive * positive), lambda x, y: x / y),
        x0,
    ),
    "y (log y - x)": (
        lambda x: positive * (np.log(positive) - x),
        by_hand(lambda x: positive * (np.log(positive) - x), lambda x, y: -positive),
        x0,
    ),
    # the user's products and sum as one: another formula
    "x * y, by dot": (lambda x: x * other, lambda x: (x.dot(other), other.copy()), x0),
    "x * x": (lambda x: x * x, by_hand(lambda x: x * x, lambda x, y: 2 * x), x0),
    "x * x, by dot": (lambda x: x * x, lambda x: (x.dot(x), 2 * x), x0),
}
