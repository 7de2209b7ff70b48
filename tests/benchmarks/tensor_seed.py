"""Seed 003 with the post's own code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import data
import numpy as np


def relu(x: Any, leak: float = 0) -> Any:
    return np.where(x <= 0, leak * x, x)


def relu_dash(x: Any, leak: float = 0) -> Any:
    return np.where(x <= 0, leak, 1)


def sig(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def sig_dash(x: Any) -> Any:
    return sig(x) * (1 - sig(x))


def mse(y_true: Any, y_pred: Any) -> Any:
    return np.mean((y_true - y_pred) ** 2)


def mse_grad(y_true: Any, y_pred: Any) -> Any:
    n = y_true.shape[0]
    return -2 * (y_true - y_pred) / n


def seed_003() -> tuple[Callable[[], Any], Callable[[], Any]]:
    x, y, parameters = data.seed_003()
    w1, b1, w2, b2, w3, b3 = parameters

    def forward() -> tuple[Any, ...]:
        in_hidden_1 = w1.dot(x) + b1
        out_hidden_1 = relu(in_hidden_1, leak=0.1)
        in_hidden_2 = w2.dot(out_hidden_1) + b2
        out_hidden_2 = sig(in_hidden_2)
        in_output_layer = w3.dot(out_hidden_2) + b3
        y_hat = sig(in_output_layer)
        loss = mse(y, y_hat)
        return in_hidden_1, out_hidden_1, in_hidden_2, out_hidden_2, in_output_layer, y_hat, loss

    def step() -> None:
        nonlocal w1, b1, w2, b2, w3, b3
        in_hidden_1, out_hidden_1, in_hidden_2, out_hidden_2, in_output_layer, y_hat, _ = forward()
        grad_w3 = mse_grad(y, y_hat) * sig_dash(in_output_layer).dot(out_hidden_2.T)
        grad_b3 = mse_grad(y, y_hat) * sig_dash(in_output_layer)
        error_grad_upto_h2 = np.sum(
            mse_grad(y, y_hat) * sig_dash(in_output_layer) * w3, axis=0
        ).reshape((-1, 1))
        grad_w2 = error_grad_upto_h2 * sig_dash(in_hidden_2).dot(out_hidden_1.T)
        grad_b2 = error_grad_upto_h2 * sig_dash(in_hidden_2)
        error_grad_upto_h1 = np.sum(
            error_grad_upto_h2 * sig_dash(in_hidden_2) * w2, axis=0
        ).reshape((-1, 1))
        grad_w1 = error_grad_upto_h1 * relu_dash(in_hidden_1, leak=0.1).dot(x.T)
        grad_b1 = error_grad_upto_h1 * relu_dash(in_hidden_1, leak=0.1)
        w1 += -0.01 * grad_w1
        b1 += -0.01 * grad_b1
        w2 += -0.01 * grad_w2
        b2 += -0.01 * grad_b2
        w3 += -0.01 * grad_w3
        b3 += -0.01 * grad_b3

    return step, lambda: [forward()[-1], *(p.sum() for p in parameters)]
