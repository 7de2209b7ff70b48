"""A training recorded and played back: network, decision boundary, curves and health in one page.

The page works without a network; drag the slider, or press space.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import nn


def main(epochs: int = 60, page: Path = Path("moons.html")) -> nn.Recording:
    """Train, write the page, print what happened, and return the recording."""
    data = nn.data.moons(200, noise=0.15, rng=1)
    model = nn.MLP([2, 16, 16, 2], activation="tanh", rng=0)
    loss = nn.CrossEntropyLoss()
    recorder = nn.record(model, data, loss=loss)
    nn.fit(
        model, data, loss, nn.Adam(model.parameters(), lr=0.02), epochs=epochs, batch_size=40,
        metrics=["accuracy"], rng=0, callback=recorder,
    )  # fmt: skip
    print(recorder.recording.text())
    print(f"the page is {recorder.play(page).resolve()}")
    return recorder.recording


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60)
    main(parser.parse_args().epochs)
