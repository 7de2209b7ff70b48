"""Two half moons told apart by a network of single numbers: 337 Values, a hinge loss, by hand.

Every number of the training is a node that can be looked at; see `nn.fit` for the short way.
"""

from __future__ import annotations

import argparse

import numpy as np

from autograd import Value, add_n, no_grad
from nn import SGD, data
from nn.scalar import MLP


def main(steps: int = 60, samples: int = 60, seed: int = 0) -> list[float]:
    """Train, print loss and accuracy, draw what the network answers, and return the losses."""
    inputs, labels = (array.tolist() for array in data.moons(samples, noise=0.1, rng=seed))
    signs = [2.0 * label - 1.0 for label in labels]
    model = MLP(2, [16, 16, 1], rng=seed)
    optimizer = SGD(model.parameters(), lr=1.0)
    losses: list[float] = []
    for step in range(steps):
        scores = [model(row) for row in inputs]
        margins = [sign * score for sign, score in zip(signs, scores, strict=True)]
        hinge = add_n([(1 - margin).relu() for margin in margins])
        weights = model.parameters()
        loss: Value = hinge / samples + 1e-4 * add_n([w * w for w in weights])
        optimizer.lr = 1.0 - 0.9 * step / max(steps, 1)
        optimizer.zero_grad()
        loss.backward(release=True)
        optimizer.step()
        losses.append(loss.data)
        if step % 10 == 9:
            right = np.mean([margin.data > 0 for margin in margins])
            print(f"step {step + 1:3d}  loss {loss.data:.4f}  accuracy {right:.0%}")
    print(picture(model))
    return losses


def picture(model: MLP, width: int = 48, height: int = 16) -> str:
    """Return the plane in characters: # where the network says the second moon."""
    lines = []
    with no_grad():
        for y in np.linspace(1.5, -1.0, height):
            row = [model([float(x), float(y)]).data for x in np.linspace(-1.5, 2.5, width)]
            lines.append("".join("#" if s > 0 else "." for s in row))
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    main(parser.parse_args().steps)
