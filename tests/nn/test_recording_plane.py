"""The plane in a recording: the outputs of a model over its inputs."""

import numpy as np
import pytest

import nn
from nn.recordings.surface import classes_of, surface_of

from .recordings import CE, RNG, grid_of, mlp, moons


def test_the_plane_of_two_classes_is_the_difference_of_their_probabilities():
    model = mlp()
    recording = nn.record(model, moons(), loss=CE).recording
    z = model(grid_of(recording)).data
    e = np.exp(z)
    p = e / e.sum(1, keepdims=True)
    found = recording.arrays["surface"][0, 0].ravel()
    np.testing.assert_allclose(found, p[:, 1] - p[:, 0], atol=1e-3)


def test_the_plane_of_several_classes():
    model = mlp(sizes=(2, 8, 3))
    recording = nn.record(model, nn.data.spirals(60, rng=0), loss=CE).recording
    z = model(grid_of(recording)).data
    kinds, sure = recording.arrays["surface"][0].reshape(2, -1)
    assert np.array_equal(kinds, z.argmax(1))
    assert sure.min() >= 1 / 3 - 1e-3


@pytest.mark.parametrize(
    ("loss", "targets", "expected"),
    [
        (nn.BCEWithLogitsLoss(), (0.0, 1.0), lambda z: np.tanh(z / 2)),
        (nn.HingeLoss(), (-1.0, 1.0), lambda z: np.clip(z, -1, 1)),
        (nn.MSELoss(), (0.0, 1.0), lambda z: np.clip(2 * z - 1, -1, 1)),
        (nn.MSELoss(), (-1.0, 1.0), lambda z: np.clip(z, -1, 1)),
    ],
)
def test_the_plane_of_one_score(loss, targets, expected):
    model, (x, y) = mlp(sizes=(2, 4, 1)), moons()
    y = np.array(targets)[y][:, None]
    if isinstance(loss, nn.HingeLoss):
        y = y[:, 0]
        recorded = nn.record(_Squeezed(model), (x, y), loss=loss).recording
    else:
        recorded = nn.record(model, (x, y), loss=loss).recording
    assert recorded.structure["surface"]["kind"] == "two"
    z = model(grid_of(recorded)).data[:, 0]
    np.testing.assert_allclose(recorded.arrays["surface"][0, 0].ravel(), expected(z), atol=1e-3)


class _Squeezed(nn.Module):
    def __init__(self, inner):
        self.inner = inner

    def forward(self, x):
        return self.inner(x)[:, 0]


def test_the_plane_of_a_regression_holds_the_values():
    model, x = mlp(sizes=(2, 4, 1)), RNG(0).normal(size=(20, 2))
    recording = nn.record(model, (x, x[:, :1] * x[:, 1:]), loss=nn.MSELoss()).recording
    z = model(grid_of(recording)).data[:, 0]
    np.testing.assert_allclose(recording.arrays["surface"][0, 0].ravel(), z, rtol=1e-5, atol=1e-6)
    assert recording.structure["surface"]["kind"] == "values"


def test_where_there_is_no_plane():
    model, x = mlp(sizes=(3, 4, 2)), RNG(0).normal(size=(20, 3))
    y = RNG(1).integers(0, 2, 20)
    assert nn.record(model, (x, y), loss=CE).recording.structure["surface"] is None
    assert "surface" not in nn.record(mlp(), moons(), boundary=False).recording.arrays
    with pytest.raises(ValueError, match="drawn over two inputs, the batch has shape"):
        nn.record(model, (x, y), loss=CE, boundary=True)

    class Sum(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 1, rng=0)

        def forward(self, x):
            return self.layer(x).sum()

    assert nn.record(Sum(), x[:, :2]).recording.structure["surface"] is None
    with pytest.raises(ValueError, match="a boundary needs one row for each"):
        nn.record(Sum(), x[:, :2], boundary=True)


def test_classes_of():
    assert classes_of(None, 2) is None
    assert classes_of(np.array([0.5, 1.0]), 2) is None
    assert classes_of(np.array([0, 3]), 3) is None
    assert classes_of(np.array([[0.5, 0.5]]), 2) is None
    assert classes_of(np.array([[1.0], [2.0], [3.0]]), 1) is None
    same = np.zeros((4, 2))
    found = surface_of(same, None, np.zeros(4), None, 8)
    assert found.x == (-1.0, 1.0)
    assert found.kind == "values"
