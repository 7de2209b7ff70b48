"""Data as arrays: batches, splits, class indices, one-hot rows. Next: `scaling.py`.

Rows are samples. Random choices come from a generator or seed that is passed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn, overload

import numpy as np
import numpy.typing as npt

from autograd.settings import array_of, checked_flag, checked_number, checked_size, shown

from ..init import Rng, generator
from ..losses.class_targets import one_hot as one_hot_indices
from .checks import Array, checked_pair


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets of the same number of samples; ``x, y = dataset`` unpacks them.

    Parameters
    ----------
    x : array of shape (n, ...)
    y : array of shape (n, ...)
        Class indices, or numbers to predict.
    features : tuple of str
        The names of the columns of ``x``, where they have names.
    classes : tuple of str
        The name of each class index, where ``y`` holds classes.
    name : str

    Examples
    --------
    >>> data = nn.data.Dataset(np.zeros((3, 2)), np.array([0, 1, 1]), classes=("no", "yes"))
    >>> data
    Dataset: 3 samples, x (3, 2) float64, y (3,) int64, classes no, yes
    >>> x, y = data
    >>> len(data), x.shape
    (3, (3, 2))
    """

    x: Array
    y: Array
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            given = getattr(self, name)
            if not isinstance(given, np.ndarray):
                given = array_of(f"Dataset: {name}", given)
                object.__setattr__(self, name, given)
            if not given.ndim:
                raise ValueError(
                    f"Dataset: {name} is {shown(given)}; give an array with one row for each sample"
                )
        if len(self.x) != len(self.y):
            raise ValueError(
                f"Dataset: x {self.x.shape} has {len(self.x)} samples and y {self.y.shape} has "
                f"{len(self.y)}; rows are samples, give one target for each"
            )

    def __iter__(self) -> Iterator[Array]:
        return iter((self.x, self.y))

    def __len__(self) -> int:
        return len(self.x)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        # its length and its parts would make NumPy join inputs and targets
        raise TypeError("a Dataset is no array; data.x are its inputs, data.y its targets")

    def __getitem__(self, rows: slice | Sequence[int] | Array) -> Dataset:
        """Return the samples of a slice, of indices or of a mask.

        Examples
        --------
        >>> data = nn.data.Dataset(np.zeros((3, 2)), np.array([0, 1, 1]))
        >>> data[data.y == 1]
        Dataset: 2 samples, x (2, 2) float64, y (2,) int64
        """
        if not isinstance(rows, slice) and (isinstance(rows, tuple) or not np.ndim(rows)):
            raise TypeError(
                "a part of a Dataset is a slice, indices or a mask of its samples, as data[:10]; "
                f"got {shown(rows)}; data.x and data.y are its arrays"
            )
        return replace(self, x=self.x[rows], y=self.y[rows])

    def __repr__(self) -> str:
        arrays = (f"{n} {a.shape} {a.dtype}" for n, a in (("x", self.x), ("y", self.y)))
        classes = [f"classes {_listed(self.classes)}"] if self.classes else []
        count = f"{len(self)} sample{'s' * (len(self) != 1)}"
        return f"{self.name or 'Dataset'}: {', '.join([count, *arrays, *classes])}"


def _listed(names: Sequence[Any], most: int = 10) -> str:
    return ", ".join(map(str, names[:most])) + (", …" if len(names) > most else "")


# --------------------------------------------------------------------------------------------------
# Batches and splits


def batches(
    x: Any,
    y: Any,
    size: int | None = None,
    rng: Rng = None,
    *,
    shuffle: bool = True,
    drop_last: bool = False,
) -> Iterator[tuple[Array, Array]]:
    """Return an iterator over pairs of at most ``size`` samples, each sample once.

    Parameters
    ----------
    x, y : array_like of shapes (n, ...)
    size : int, optional
        All samples at once, in their order, if not given or not below n.
    rng : Generator or int, optional
        Draws the order, by one ``permutation(n)``.
    shuffle : bool
    drop_last : bool
        Leave out a last batch of fewer samples.

    Returns
    -------
    iterator over (x, y)
        Arrays of shapes (size, ...), the last ones perhaps shorter.

    Raises
    ------
    TypeError, ValueError
        If the data are not arrays of finite numbers of the same number of samples, the size is no
        positive integer, or all samples would be dropped.

    Examples
    --------
    >>> [list(y) for x, y in nn.data.batches(np.zeros((5, 2)), np.arange(5), 2, shuffle=False)]
    [[np.int64(0), np.int64(1)], [np.int64(2), np.int64(3)], [np.int64(4)]]
    """
    x, y = checked_pair(x, y, "batches")
    n = len(x)
    size = n if size is None else checked_size("batches: size", size)
    shuffle = checked_flag("batches: shuffle", shuffle)
    drop_last = checked_flag("batches: drop_last", drop_last)
    if drop_last and size > n:
        raise ValueError(
            f"batches: no batch is left of {n} samples with size={size} and drop_last=True; take a "
            "size up to the number of samples"
        )
    order = generator(rng).permutation(n) if shuffle and size < n else None
    return slices(x, y, size, order, drop_last)


def slices(
    x: Array, y: Array, size: int, order: Array | None, drop_last: bool
) -> Iterator[tuple[Array, Array]]:
    """Yield pairs of ``size`` rows, in an order if one is given.

    Examples
    --------
    >>> x = np.arange(3.0)
    >>> [a for a, b in slices(x, x, 2, np.array([2, 0, 1]), True)]
    [array([2., 0.])]
    """
    for start in range(0, len(x) - (size - 1 if drop_last else 0), size):
        part: Any = slice(start, start + size)
        if order is not None:
            part = order[part]
        yield x[part], y[part]


@overload
def train_test_split(
    x: Dataset, *, test: float = 0.25, rng: Rng = None, stratify: bool = False
) -> tuple[Dataset, Dataset]: ...


@overload
def train_test_split(
    x: Any, y: Any, test: float = 0.25, rng: Rng = None, *, stratify: bool = False
) -> tuple[Array, Array, Array, Array]: ...


def train_test_split(
    x: Any, y: Any = None, test: float = 0.25, rng: Rng = None, *, stratify: bool = False
) -> tuple[Any, ...]:
    """Return x_train, x_test, y_train, y_test: the samples in two parts, at random.

    A `Dataset` is split into two of them, train and test.

    Parameters
    ----------
    x, y : array_like of shapes (n, ...), or x a Dataset
    test : float
        The fraction of the samples in the test part, above 0 and below 1.
    rng : Generator or int, optional
    stratify : bool
        Give both parts the same proportions of classes, to within one sample of each; y must hold
        classes.

    Returns
    -------
    x_train, x_test, y_train, y_test : array
        Or train, test : Dataset.

    Raises
    ------
    TypeError, ValueError
        If the data do not fit, one part would be empty, or with ``stratify`` a class has a single
        sample or y is not of shape (n,).

    Examples
    --------
    >>> x, y = np.arange(8.0).reshape(8, 1), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> x_train, x_test, y_train, y_test = nn.data.train_test_split(x, y, rng=0, stratify=True)
    >>> sorted(y_test.tolist()), x_train.shape
    ([0, 1], (6, 1))
    >>> train, test = nn.data.train_test_split(nn.data.moons(20, rng=0), rng=0)
    >>> len(train), len(test)
    (15, 5)
    """
    if isinstance(x, Dataset) and y is None:
        parts = train_test_split(x.x, x.y, test, rng, stratify=stratify)
        return tuple(replace(x, x=a, y=b) for a, b in zip(parts[:2], parts[2:], strict=True))
    if isinstance(x, Dataset) or y is None:
        raise TypeError(
            "train_test_split takes x and y, or a Dataset alone; name the rest, such as test=0.25"
        )
    stratify = checked_flag("train_test_split: stratify", stratify)
    x, y = checked_pair(x, y, "train_test_split")
    n = len(x)
    if not 0 < checked_number("train_test_split: test", test) < 1 or not 0 < round(test * n) < n:
        raise ValueError(
            f"train_test_split: test={test} of {n} samples leaves one part empty; give a part "
            "above 0 and below 1, and enough samples"
        )
    order = generator(rng).permutation(n)
    count = round(test * n)
    chosen = _stratified(y, order, count) if stratify else order[:count]
    left = order[~np.isin(order, chosen)]
    return x[left], x[chosen], y[left], y[chosen]


def _stratified(y: Array, order: Array, count: int) -> Array:
    """Return ``count`` of the indices, each class in its proportion, the rest by largest part."""
    if y.ndim != 1:
        raise ValueError(
            f"train_test_split: stratify=True needs classes of shape (n,), got {y.shape}; give "
            "class indices, such as y.argmax(axis=1) of one-hot rows"
        )
    classes, inverse, sizes = np.unique(y, return_inverse=True, return_counts=True)
    if sizes.min() < 2 or count < len(classes) or len(y) - count < len(classes):
        rare = int(sizes.argmin())
        raise ValueError(
            f"train_test_split: {len(classes)} classes cannot be in both parts, {count} and "
            f"{len(y) - count} samples; class {classes[rare]} has {sizes[rare]} in all. Give more "
            "samples, or stratify=False"
        )
    exact = sizes * count / len(y)
    taken = np.clip(np.floor(exact).astype(int), 1, sizes - 1)
    while taken.sum() != count:
        step = 1 if taken.sum() < count else -1
        able = (taken < sizes - 1) if step > 0 else (taken > 1)
        taken[np.where(able, step * (exact - taken), -np.inf).argmax()] += step
    return np.concatenate([order[inverse[order] == k][:m] for k, m in enumerate(taken)])


# --------------------------------------------------------------------------------------------------
# Classes


def class_indices(
    labels: Any, classes: Sequence[Any] | None = None
) -> tuple[npt.NDArray[np.intp], tuple[Any, ...]]:
    """Return the index of each label, and the classes.

    Parameters
    ----------
    labels : array_like of shape (n,)
        Strings or numbers.
    classes : sequence, optional
        The labels in the order of their indices; those found, sorted, if not given.

    Returns
    -------
    indices : array of int, shape (n,)
    classes : tuple

    Raises
    ------
    ValueError
        If a label is missing or not among the classes, a class comes twice, or there are no labels.
    TypeError
        If the labels are of types that have no order.

    Examples
    --------
    >>> nn.data.class_indices(["cat", "dog", "cat"])
    (array([0, 1, 0]), ('cat', 'dog'))
    """
    found = array_of("class_indices: labels", labels)
    if found.ndim != 1 or not found.size:
        raise ValueError(
            f"class_indices: labels have shape {found.shape}; give a list of at least one"
        )
    row = _missing(labels, found)
    if row is not None:
        raise ValueError(
            f"class_indices: the label in row {row} (counted from 0) is missing or not finite; "
            "remove the samples without one"
        )
    if classes is None:
        try:
            names, indices = np.unique(found, return_inverse=True)
        except TypeError as error:
            raise TypeError(
                f"class_indices: labels of several types have no order ({error}); make all of "
                "them strings, or name the classes="
            ) from error
        return indices.astype(np.intp), tuple(names.tolist())
    if (
        isinstance(classes, str | bytes)
        or not isinstance(classes, Iterable)
        or array_of("class_indices: classes", classes).ndim != 1
    ):
        raise TypeError(f"class_indices: classes are a list of names, got {shown(classes)}")
    classes = tuple(classes.tolist() if isinstance(classes, np.ndarray) else classes)
    number = {name: k for k, name in enumerate(classes)}
    if len(number) != len(classes):
        raise ValueError(f"class_indices: a class comes twice in {_listed(list(classes))}")
    for row, label in enumerate(found.tolist()):
        if label not in number:
            raise ValueError(
                f"class_indices: label {shown(label)} in row {row} (counted from 0) is unknown; "
                f"the classes are {_listed(list(classes))}"
            )
    return np.array([number[label] for label in found.tolist()], np.intp), classes


def _missing(labels: Any, found: Array) -> int | None:
    """Return the first row whose label is None, nan, an infinity, or missing as in pandas."""
    if found.dtype.kind == "f":
        rows = np.flatnonzero(~np.isfinite(found))
        return int(rows[0]) if len(rows) else None
    if found.dtype.kind not in "OUMm":
        return None
    # of a list itself, as an array of strings makes texts of None and nan
    for row, label in enumerate(labels if isinstance(labels, list | tuple) else found.tolist()):
        if label is None or (not isinstance(label, str) and str(label) in ("nan", "<NA>", "NaT")):
            return row
    return None


def one_hot(
    labels: Any, classes: int | Sequence[Any] | None = None, dtype: npt.DTypeLike = np.float64
) -> Array:
    """Return rows that are 1 in the column of the class and 0 elsewhere.

    Parameters
    ----------
    labels : array_like of shape (n,)
        Class indices if ``classes`` is a number, otherwise any labels.
    classes : int or sequence, optional
        How many classes there are, or which; those found, sorted, if not given.
    dtype : dtype

    Returns
    -------
    array of shape (n, classes)

    Raises
    ------
    TypeError, ValueError
        If an index is out of range or not an integer, or a label is unknown.

    Examples
    --------
    >>> nn.data.one_hot([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    >>> nn.data.one_hot(["b", "a"])
    array([[0., 1.],
           [1., 0.]])
    """
    if isinstance(classes, int | np.integer):
        return one_hot_indices(labels, int(classes), dtype)
    indices, names = class_indices(labels, classes)
    return one_hot_indices(indices, len(names), dtype)
