"""A model on data: its predictions, and its loss and metrics. Next: `gradients.py`.

A model of values, as in `../scalar.py`, is called with one sample after the other, all other models
with whole batches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from functools import partial
from types import FunctionType
from typing import Any, Self

import numpy as np

from autograd import Tensor, Value, no_grad
from autograd.settings import checked_flag, checked_size, described
from autograd.transforms.trees import flatten

from ..data.arrays import Dataset, slices
from ..data.checks import Array, checked_array, checked_pair
from ..losses.modules import check_loss, takes_scores
from ..metrics import Metric, binary_accuracy, named
from ..modules.module import Module

Metrics = str | Metric | Iterable[str | Metric] | Mapping[str, Metric]
Batch = tuple[Any, Any]


def predict(model: Callable[[Any], Any], x: Any, batch_size: int | None = None) -> Any:
    """Return the outputs of a model as an array, in evaluation mode and without a graph.

    Parameters
    ----------
    model : Module or callable
    x : array_like of shape (n, ...)
    batch_size : int, optional
        How many samples at a time; all if not given.

    Returns
    -------
    array of shape (n, ...)
        For a model with several outputs, in a tuple or dictionary, the same structure of arrays.

    Raises
    ------
    TypeError, ValueError
        If x is not an array of finite numbers or has no rows, the batch size is not a positive
        integer, or an output does not have a row for each sample.

    Examples
    --------
    >>> nn.predict(nn.Linear(2, 3, rng=0), np.zeros((5, 2))).shape
    (5, 3)
    """
    if isinstance(x, Dataset):
        raise TypeError("predict takes the inputs alone, got a Dataset; give data.x")
    x = checked_array("predict: x", x)
    size = len(x) if batch_size is None else checked_size("predict: batch_size", batch_size)
    forward = forward_of(model)
    with evaluating(model):
        parts = [numbers(forward(a)) for a, _ in slices(x, x, size, None, False)]
    return joined(parts)


def evaluate(
    model: Callable[[Any], Any],
    data: Any,
    loss: Callable[[Any, Any], Any] | None = None,
    metrics: Metrics = (),
    batch_size: int | None = None,
) -> dict[str, float]:
    """Return the loss and the metrics of a model on data, in evaluation mode.

    Parameters
    ----------
    model : Module or callable
    data : Dataset, pair of arrays (x, y), or list of batches
    loss : callable, optional
        Function of prediction and target. The mean of the batches' losses, weighted by their
        samples; the sum, for a loss with reduction="sum".
    metrics : name, function, list of them, or dict of functions
        See `nn.metrics`; each is computed from all predictions at once.
    batch_size : int, optional

    Returns
    -------
    dict of str to float
        By the names of the metrics, and "loss" if a loss was given.

    Raises
    ------
    TypeError, ValueError
        If the data are invalid: see `fit`.

    Examples
    --------
    >>> data = np.array([[0.0], [1.0]]), np.array([[0.0], [3.0]])
    >>> nn.evaluate(lambda x: x, data, nn.MSELoss(), ["mae"])
    {'loss': 2.0, 'mae': 1.0}
    """
    if loss is not None:
        check_loss("evaluate", loss)
    source = Source("evaluate", data, batch_size, shuffle=False)
    return evaluated(forward_of(model), model, source, loss, named(metrics))


def evaluated(
    forward: Callable[[Any], Any],
    model: Any,
    source: Source,
    loss: Callable[[Any, Any], Any] | None,
    metrics: Mapping[str, Metric],
) -> dict[str, float]:
    """Do what `evaluate` does, with arguments that were checked."""
    tally = Tally(loss, metrics)
    with evaluating(model):
        for x, y in source.batches():
            prediction = forward(x)
            value = 0.0 if loss is None else float(numbers(loss(prediction, y)))
            tally.add(value, prediction, y)
    found = tally.result()
    return found if loss is not None else {k: v for k, v in found.items() if k != "loss"}


class Tally:
    """The losses of batches, and the predictions and targets that metrics need."""

    def __init__(self, loss: Any, metrics: Mapping[str, Metric]) -> None:
        scores = takes_scores(loss)
        self._metrics = {
            name: partial(m, threshold=0.0) if scores and m is binary_accuracy else m
            for name, m in metrics.items()
        }
        self._summed = getattr(loss, "reduction", "mean") == "sum"
        self._losses: list[float] = []
        self._weights: list[int] = []
        self._kept: list[tuple[Any, Any]] = []

    def add(self, loss: float, prediction: Any, target: Any) -> None:
        """Add the loss of a batch and, if there are metrics, its predictions."""
        self._losses.append(loss)
        self._weights.append(1 if self._summed else len(target))
        if self._metrics:
            self._kept.append((numbers(prediction), target))

    def result(self) -> dict[str, float]:
        """Return loss and metrics over all batches."""
        pairs = zip(self._losses, self._weights, strict=True)
        total = math.fsum(loss * weight for loss, weight in pairs)
        found = {"loss": total if self._summed else total / sum(self._weights)}
        if self._metrics:
            prediction, target = (joined(part) for part in zip(*self._kept, strict=True))
            for name, metric in self._metrics.items():
                found[name] = _measured(name, metric(prediction, target))
        return found


def _measured(name: str, found: Any) -> float:
    try:
        return float(found)
    except (TypeError, ValueError) as error:
        shape = f" of shape {np.shape(found)}" if np.ndim(found) else ""
        raise TypeError(
            f"metric {name!r} gave {type(found).__name__}{shape}; it must return one number"
        ) from error


def numbers(x: Any) -> Any:
    """Return the output of a model or loss as an array, or nested outputs as nested arrays.

    Examples
    --------
    >>> numbers({"mean": Tensor([1.0]), "spread": Tensor([2.0])})
    {'mean': array([1.]), 'spread': array([2.])}
    """
    if isinstance(x, dict | list | tuple):
        leaves, rebuild = flatten(x)
        if any(isinstance(e, Tensor | Value | np.ndarray) for e in leaves):
            arrays = [numbers(e) for e in leaves]
            nest = rebuild(arrays)
            # single numbers in a list are one output
            return nest if isinstance(x, dict) or any(a.ndim for a in arrays) else np.asarray(nest)
    return np.asarray(x.data if isinstance(x, Tensor | Value) else x)


def joined(parts: Sequence[Any]) -> Any:
    """Return the outputs of all batches as one.

    Raises
    ------
    ValueError
        If an output is one number, not one row for each sample.

    Examples
    --------
    >>> joined([(np.zeros(2), np.ones(2)), (np.zeros(1), np.ones(1))])
    (array([0., 0., 0.]), array([1., 1., 1.]))
    """
    if not isinstance(parts[0], np.ndarray):
        nests = [flatten(part) for part in parts]
        columns = zip(*(leaves for leaves, _ in nests), strict=True)
        return nests[0][1]([joined(column) for column in columns])
    if not parts[0].ndim:
        raise ValueError(
            "the model returns one number for a whole batch; give one row for each sample, as "
            "np.sum(x, axis=-1) does"
        )
    return np.concatenate(parts)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Run a block without recording, all modules in evaluation mode; then restore the modes."""
    modes = [(m, m.training) for m in model.modules()] if isinstance(model, Module) else []
    try:
        for module, _ in modes:
            module.training = False
        with no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def forward_of(model: Any) -> Callable[[Any], Any]:
    """Return the function that calls a model with a batch.

    Examples
    --------
    >>> forward_of(nn.scalar.MLP(2, [3, 1], rng=0))(np.zeros((5, 2))).shape
    (5,)
    """
    if not callable(model):
        raise TypeError(f"a model is a Module or a function, got {described(model)}")
    if isinstance(model, type) and issubclass(model, Module):
        raise TypeError(
            f"the model is the class {model.__name__}; make one, as by {model.__name__}(...)"
        )
    held = model.parameters() if isinstance(model, Module) else []
    if not held or not all(isinstance(p, Value) for p in held):
        return model  # type: ignore[no-any-return]

    def by_sample(x: Any) -> Any:
        outputs = [model(row.tolist() if row.ndim else [row.item()]) for row in np.asarray(x)]
        # one number for each sample, or several
        return np.stack([np.stack(o) if isinstance(o, list | tuple) else o for o in outputs])

    return by_sample


# --------------------------------------------------------------------------------------------------
# Data in any form, as batches


def are_arrays(data: Any) -> bool:
    """Return whether data are a pair of arrays, and not batches."""
    return isinstance(data, Dataset) or (isinstance(data, tuple) and len(data) == 2)


class Source:
    """Arrays to be split into batches, or ready-made batches; checked.

    Parameters
    ----------
    what : str
        The name of the data in error messages.
    data : Dataset, pair of arrays, or iterable of pairs
    size : int, optional
    shuffle, drop_last : bool

    Raises
    ------
    TypeError, ValueError
        As in `fit`.

    Examples
    --------
    >>> source = Source("data", (np.zeros((5, 2)), np.zeros(5)), 2)
    >>> source.count, [len(y) for x, y in source.batches(np.random.default_rng(0))]
    (3, [2, 2, 1])
    """

    def __init__(
        self, what: str, data: Any, size: Any = None, shuffle: bool = True, drop_last: bool = False
    ) -> None:
        self.what = what
        self._arrays: tuple[Array, Array] | None = None
        if size is not None:
            size = checked_size(f"{what}: batch_size", size)
        shuffle = checked_flag(f"{what}: shuffle", shuffle)
        drop_last = checked_flag(f"{what}: drop_last", drop_last)
        if are_arrays(data):
            x, y = data
            self._arrays = checked_pair(x, y, what)
            n = len(self._arrays[0])
            if drop_last and size is not None and size > n:
                raise ValueError(
                    f"{what}: no batch is left of {n} samples with batch_size={size} and "
                    "drop_last=True; take a size up to the number of samples"
                )
            self._size = min(size or n, n)
            self._shuffle = shuffle and self._size < n
            self._drop_last = drop_last
            self.count: int | None = n // self._size if drop_last else -(-n // self._size)
            return
        if isinstance(data, str | bytes | np.ndarray | Tensor | Value | Mapping) or not isinstance(
            data, Iterable
        ):
            part = data if type(data) is float and 0 < data < 1 else None
            split = f"; train, {what} = nn.data.train_test_split(data, test={part}) has them"
            raise TypeError(
                f"{what} is {type(data).__name__}; give a pair (x, y), a Dataset, or a list of "
                f"batches, each a pair{split if part else ''}"
            )
        if size is not None or drop_last:
            raise ValueError(
                f"{what} is made of batches already; leave out batch_size and drop_last, or give a "
                "pair of arrays (x, y)"
            )
        self._made = data
        self.count = len(data) if isinstance(data, Sized) else None

    def batches(self, rng: Any = None) -> Iterator[Batch]:
        """Return an iterator over the batches of an epoch; the arrays' order is drawn from rng."""
        if self._arrays is None:
            return self._ready_made()
        x, y = self._arrays
        order = rng.permutation(len(x)) if self._shuffle else None
        return slices(x, y, self._size, order, self._drop_last)

    def checked(self) -> Self:
        """Check the batches of a list before using any; others are made only when needed."""
        if self._arrays is None and isinstance(self._made, list | tuple):
            for _ in self._ready_made():
                pass
        return self

    def check_lasting(self) -> None:
        """Raise ValueError for an iterator, which yields its batches only once.

        An ``__iter__`` written in Python may begin anew, also if it returns the object itself.
        """
        if self._arrays is not None or isinstance(type(self._made).__iter__, FunctionType):
            return
        if isinstance(self._made, Iterator):
            raise ValueError(
                f"{self.what} is an iterator ({type(self._made).__name__}), which the first epoch "
                "uses up; give a list of its batches, or an object whose __iter__ begins anew"
            )

    def is_unlike(self, other: Source) -> bool:
        """Whether shapes or labels differ from other data, so that a model may not fit both."""
        known = other._forms()
        return any(
            form not in known or low < known[form][0] or high > known[form][1]
            for form, (low, high) in self._forms().items()
        )

    def _forms(self) -> dict[Any, tuple[float, float]]:
        """Return {shapes and kind: least and largest label} of arrays and of listed batches."""
        pairs: Iterable[Any] = [] if self._arrays is None else [self._arrays]
        if self._arrays is None and isinstance(self._made, list | tuple):
            pairs = self._ready_made()
        found: dict[Any, tuple[float, float]] = {}
        for x, y in pairs:
            form = x.shape[1:], y.shape[1:], y.dtype.kind
            labels = (0.0, 0.0) if y.dtype.kind == "f" else (float(y.min()), float(y.max()))
            low, high = found.get(form, labels)
            found[form] = min(low, labels[0]), max(high, labels[1])
        return found

    def _ready_made(self) -> Iterator[Batch]:
        k = -1
        for k, batch in enumerate(self._made):
            if not isinstance(batch, tuple | list | Dataset) or len([*batch]) != 2:
                raise TypeError(
                    f"{self.what}: batch {k} is {type(batch).__name__}; each batch is a pair "
                    "(x, y). Two arrays make a pair as a tuple (x, y), not as a list"
                )
            x, y = batch
            yield checked_pair(x, y, f"{self.what}: batch {k}")
        if k < 0:
            raise ValueError(
                f"{self.what} gave no batches; is it empty, or an iterator that is used up? Give a "
                "list, or an object whose __iter__ begins anew"
            )
