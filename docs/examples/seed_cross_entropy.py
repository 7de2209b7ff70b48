"""The four-layer network of "Cooked Sashimi": why softmax with cross-entropy gives ŷ - y."""

from __future__ import annotations

import argparse

import numpy as np

import autograd
import nn


def main(steps: int = 300) -> list[float]:
    """Train on three classes of points, print the gradient at the logits, return the losses."""
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 1.5], [1.5, -1.0], [-1.5, -1.0]])
    labels = rng.integers(0, 3, 90)
    x = centres[labels] + rng.normal(0.0, 0.4, (90, 2))
    model = nn.MLP([2, 4, 5, 3], activation="sigmoid", rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.5, momentum=0.9)
    losses = []
    for _ in range(steps):
        logits = model(x)
        loss = nn.functional.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"loss {losses[0]:.4f} -> {losses[-1]:.4f} in {steps} steps")

    logits = autograd.Tensor(model(x[:1]).data, requires_grad=True, label="z")
    nn.functional.cross_entropy(logits, labels[:1]).backward()
    probabilities = autograd.softmax(logits.data)
    print("ŷ - y   ", probabilities - np.eye(3)[labels[:1]])
    print("backward", logits.grad)
    return losses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300)
    main(parser.parse_args().steps)
