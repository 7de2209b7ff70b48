"""Why recurrent networks forget, and why they blow up: the gradient at every step back in time.

h ← tanh(h W + x U), the same W at every step. Going back, the gradient is multiplied by Wᵀ and by
1 - h² at each step: it shrinks or grows by about the largest singular value of W.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from autograd import Tensor


def gradients_in_time(scale: float, steps: int = 60, size: int = 32, seed: int = 0) -> list[float]:
    """Return the norm of dL/dh of every step, for W an orthogonal matrix times ``scale``."""
    rng = np.random.default_rng(seed)
    orthogonal = np.linalg.qr(rng.normal(size=(size, size)))[0]
    w = Tensor(scale * orthogonal, requires_grad=True, label="W")
    u = Tensor(rng.normal(0.0, 0.01, (size, size)), requires_grad=True, label="U")
    inputs = rng.normal(size=(steps, 1, size))
    h = Tensor(np.zeros((1, size)), requires_grad=True)
    states: list[Any] = []
    for x in inputs:
        h = np.tanh(h @ w + x @ u)
        states.append(h)
    # the last state alone is asked for, so all that arrives earlier came through W
    h.sum().backward()
    return [float(np.linalg.norm(state.grad)) for state in states]


def verdict(norms: list[float]) -> str:
    """Say in words what became of the gradient between the last step and the first."""
    ratio = norms[0] / norms[-1]
    a_step = ratio ** (1 / max(len(norms) - 1, 1))
    if ratio < 1e-2:
        cure = "vanishes: begin W orthogonal, or add gates or skips"
    elif ratio > 1e2:
        cure = "explodes: clip the norm (nn.fit's clip_norm), or begin W smaller"
    else:
        cure = "arrives"
    return f"x {a_step:.2f} a step, {ratio:.1e} in all: {cure}"


def bars(norms: list[float], rows: int = 12) -> str:
    """Return norms as bars of logarithmic length, the last step first."""
    picked = norms[:: -max(len(norms) // rows, 1)]
    lines = []
    for back, norm in enumerate(picked):
        length = int(np.clip(np.log10(norm + 1e-30) + 20, 0, 40))
        step = len(norms) - back * max(len(norms) // rows, 1)
        lines.append(f"  h{step:<3d} {norm:8.1e} {'=' * length}")
    return "\n".join(lines)


def main(steps: int = 60) -> dict[float, list[float]]:
    """Print the norms for a small, a fitting and a large W, and return them."""
    found = {}
    for scale in (0.6, 1.0, 1.5):
        norms = found[scale] = gradients_in_time(scale, steps)
        print(f"W = {scale} x orthogonal: the gradient {verdict(norms)}\n{bars(norms)}\n")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    main(parser.parse_args().steps)
