"""M. Chein's 5-2-4-3-3-1 network of sigmoids: the shapes of its gradients, one sample or many.

The post has one column per sample and no biases; here every row is a sample.
"""

from __future__ import annotations

import argparse

import autograd
import nn


def main(steps: int = 200, samples: int = 32) -> list[float]:
    """Train on random samples, print the backward pass on paper, and return the losses."""
    x, y = nn.data.chein(samples, rng=0)
    model = nn.MLP([5, 2, 4, 3, 3, 1], "sigmoid", "sigmoid", bias=False, init="normal", rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(steps):
        loss = nn.functional.half_squared_error(model(x), y, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"loss {losses[0]:.4f} -> {losses[-1]:.4f} in {steps} steps")
    for name, p in model.named_parameters():
        print(f"{name:20s} {p.shape!s:8s} gradient {p.grad.shape}")
    loss = nn.functional.half_squared_error(model(x), y, reduction="sum")
    loss.backward()
    print(autograd.derive(loss, model.parameters()[0]))
    return losses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    main(parser.parse_args().steps)
