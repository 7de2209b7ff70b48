"""Pictures of two small graphs, byte by byte; ``python -m tests.viz.test_golden`` rewrites them."""

from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from autograd.viz import draw

FOLDER = Path(__file__).parent / "golden"


def scalar():
    """Return micrograd's neuron, with numbers that are exact."""
    x, w, b = (Value(v, label=label) for v, label in ((2.0, "x"), (-3.0, "w"), (8.0, "b")))
    loss = (x * w + b).relu() ** 2
    loss.label = "loss"
    loss.backward()
    return loss


def tensor():
    """Return a layer with an activation and a squared error."""
    layer = nn.Linear(2, 2, rng=0)
    layer.weight.data = np.array([[1.0, -1.0], [0.5, 2.0]])
    model = nn.Sequential(layer, nn.ReLU())
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="x")
    loss = ((model(x) - np.eye(2)) ** 2).sum()
    loss.backward()
    return loss


def forms(root):
    """Return what is compared, by the ending of the file."""
    drawing = draw(root)
    return {"svg": drawing.svg() + "\n", "dot": drawing.dot().source, "txt": drawing.text() + "\n"}


@pytest.mark.parametrize("make", [scalar, tensor])
@pytest.mark.parametrize("ending", ["svg", "dot", "txt"])
def test_text_of_a_picture(make, ending):
    known = (FOLDER / f"{make.__name__}.{ending}").read_text(encoding="utf8")
    assert forms(make())[ending] == known


if __name__ == "__main__":
    for make in (scalar, tensor):
        for ending, text in forms(make()).items():
            (FOLDER / f"{make.__name__}.{ending}").write_text(text, encoding="utf8")
