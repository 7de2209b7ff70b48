"""The 5-3-5-4 network of "Backpropagation made super easy": leaky ReLU, sigmoid, mean of squares.

The post jumps back from operation to operation; the page that this script writes does the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import autograd
import nn


def main(epochs: int = 10_000, page: Path | None = None) -> list[float]:
    """Train as the post does, write its walk backward to ``page``, and return the losses."""
    x, y = nn.data.neuralthreads()
    random = np.random.RandomState(42)
    random.randint(1, 100, size=9)  # the post draws its sample first
    shapes = [(3, 5), (5, 3), (4, 5)]
    layers = [nn.Linear(k, j) for j, k in shapes]
    for layer, shape in zip(layers, shapes, strict=True):
        layer.weight.data = random.random_sample(shape).T
    model = nn.Sequential(
        layers[0], nn.LeakyReLU(0.1), layers[1], nn.Sigmoid(), layers[2], nn.Sigmoid()
    )
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    losses = []
    for epoch in range(1, epochs + 1):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward(release=True)
        optimizer.step()
        losses.append(loss.item())
        if epoch in (1, 10, 100, 1000, 10_000):
            print(f"epoch {epoch:6d}  loss {loss.item():.10g}")
    if page is not None:
        autograd.step_through(nn.functional.mse_loss(model(x), y)).save(page)
        print(f"the walk backward is in {page}")
    return losses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10_000)
    parser.add_argument("--page", type=Path, default=None, help="an .html file to write")
    options = parser.parse_args()
    main(options.epochs, options.page)
