"""P. Jay's 3-3-3-3 network worked by hand: relu, sigmoid, softmax, one step of 0.01.

The post's new weights take one path of three and turn two signs; `check_by_hand` finds it.
"""

from __future__ import annotations

import numpy as np

import autograd
import nn
from autograd import Tensor

WEIGHTS = {
    "W_ij": [[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]],
    "W_jk": [[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]],
    "W_kl": [[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]],
}


def main() -> dict[str, np.ndarray]:
    """Print the forward pass, the gradients and the verdict, and return the new weights."""
    x, y = nn.data.jay()
    w = {name: Tensor(rows, requires_grad=True, label=name) for name, rows in WEIGHTS.items()}
    h1 = (x @ w["W_ij"] + 1.0).relu()
    h2 = (h1 @ w["W_jk"] + 1.0).sigmoid()
    logits = h2 @ w["W_kl"] + 1.0
    loss = nn.functional.cross_entropy(logits, y)
    loss.backward()
    with np.printoptions(precision=6, suppress=True):
        for name, values in (("h1", h1), ("h2", h2), ("logits", logits)):
            print(f"{name:7s} {values.data[0]}")
        print(f"softmax {autograd.softmax(logits.data)[0]}\nloss    {loss.item():.6f}")
        for name, p in w.items():
            print(f"d loss / d {name}\n{p.grad}")
    wrong = np.tile(w["W_kl"].grad[:, :1], 3)
    print(autograd.check_by_hand(loss, {"W_kl": wrong}))
    return {name: p.data - 0.01 * p.grad for name, p in w.items()}


if __name__ == "__main__":
    main()
