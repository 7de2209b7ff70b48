"""M. Mazur's 2-2-2 example, to which the posts link: one step, then ten thousand."""

from __future__ import annotations

import argparse

import nn


def main(steps: int = 10_000) -> list[float]:
    """Train with the example's numbers, print its milestones, and return the losses."""
    x, y = nn.data.mazur()
    model = nn.MLP([2, 2, 2], activation="sigmoid", output_activation="sigmoid")
    first, second = (layer for layer in model.modules() if isinstance(layer, nn.Linear))
    first.weight.data, first.bias.data = [[0.15, 0.25], [0.20, 0.30]], [0.35, 0.35]
    second.weight.data, second.bias.data = [[0.40, 0.50], [0.45, 0.55]], [0.60, 0.60]
    # the example leaves the biases as they are
    first.bias.requires_grad = second.bias.requires_grad = False
    optimizer = nn.SGD([first.weight, second.weight], lr=0.5)
    losses = []
    for step in range(1, steps + 1):
        loss = nn.functional.half_squared_error(model(x), y, reduction="sum")
        optimizer.zero_grad()
        loss.backward(release=True)
        optimizer.step()
        losses.append(loss.item())
        if step in (1, 2, steps):
            print(f"step {step:6d}  E = {loss.item():.9f}")
    return losses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000)
    main(parser.parse_args().steps)
