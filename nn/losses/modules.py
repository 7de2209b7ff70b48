"""The losses of `functional.py` as modules, called with prediction and target.

Next: `../layers/`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import topological_order
from autograd.mode import warn_user

from .. import functional
from ..modules.module import Module
from ..modules.operands import plain
from .targets import check_reduction


def check_loss(name: str, loss: Any) -> None:
    """Raise TypeError if a loss is not a function of prediction and target."""
    if not callable(loss):
        raise TypeError(
            f"{name}: the loss is {type(loss).__name__}; give a function of prediction and target, "
            "as nn.MSELoss()"
        )
    if isinstance(loss, type):
        raise TypeError(
            f"{name}: the loss is the class {loss.__name__}; call it, {loss.__name__}()"
        )


def warn_of_spread(name: str, loss: Any, target: Any) -> None:
    """Warn if a loss compares every prediction with every target."""
    said = spread(loss, target)
    if said:
        warn_user(f"{name}: {said[0]}; {said[1]}")


def spread(loss: Any, target: Any) -> tuple[str, str] | None:
    """Return where a loss broadcasts a row of numbers against a column, and the cure; or None.

    Parameters
    ----------
    loss : Tensor or Value
        With its graph.
    target : array_like
        What it compares predictions with.

    Examples
    --------
    >>> p, y = Tensor(np.ones((3, 1)), requires_grad=True), np.ones(3)
    >>> spread(((p - y) ** 2).mean(), y)[0]
    'subtract of shapes (3, 1) and (3,) compares every prediction with every target'
    """
    y = np.asarray(plain(target))
    n = len(y) if y.ndim else 0
    shapes = {(n,), (n, 1)}
    if n < 2 or y.shape not in shapes:
        return None
    for node in topological_order(loss):
        if node.shape != (n, n) or node.op is None or not node.op.elementwise:
            continue
        given = [np.shape(x) for x in node.inputs]
        if len(given) == 2 and {*given} == shapes:
            compared = plain(node.inputs[given.index(y.shape)])
            if np.array_equal(compared, y):
                return (
                    f"{node.op.name} of shapes {given[0]} and {given[1]} compares every "
                    "prediction with every target",
                    "give both one shape, as .reshape(-1, 1) does, or take a loss of nn, which "
                    "checks them",
                )
    return None


class Loss(Module):
    """The base class of losses: holds the reduction, "mean", "sum" or "none".

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        For another reduction.
    """

    def __init__(self, reduction: str = "mean") -> None:
        check_reduction(type(self).__name__, reduction, 1)
        self.reduction = reduction

    def title(self) -> str:
        """Return the class and the reduction."""
        return f"{type(self).__name__}({self.reduction})"


class MSELoss(Loss):
    """`functional.mse_loss`: 1/N Σ (ŷ - y)² over all N entries.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> float(MSELoss()([3.0, 1.0], [1.0, 1.0]))
    2.0
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        """Return the loss."""
        return functional.mse_loss(prediction, target, self.reduction)


class HalfSquaredError(Loss):
    """`functional.half_squared_error`: 1/(2N) Σ (ŷ - y)² over all N entries.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> float(HalfSquaredError("sum")([3.0, 1.0], [1.0, 1.0]))
    2.0
    """

    def forward(self, prediction: Any, target: Any) -> Any:
        """Return the loss."""
        return functional.half_squared_error(prediction, target, self.reduction)


class CrossEntropyLoss(Loss):
    """`functional.cross_entropy`: -1/n Σ log softmax(z)_y over the n samples.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    weight : array_like of shape (classes,), optional
    label_smoothing : float
    ignore_index : int, optional
        As in the function.

    Examples
    --------
    >>> float(CrossEntropyLoss()([[0.0, 0.0]], [1]).round(4))
    0.6931
    """

    def __init__(
        self,
        reduction: str = "mean",
        *,
        weight: Any = None,
        label_smoothing: float = 0.0,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__(reduction)
        self.weight = weight
        self.label_smoothing = label_smoothing
        self.ignore_index = ignore_index

    def forward(self, logits: Any, target: Any) -> Any:
        """Return the loss."""
        return functional.cross_entropy(
            logits,
            target,
            self.reduction,
            weight=self.weight,
            label_smoothing=self.label_smoothing,
            ignore_index=self.ignore_index,
        )


class BCELoss(Loss):
    """`functional.binary_cross_entropy`: -1/N Σ (y log p + (1 - y) log(1 - p)) over all N entries.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> float(BCELoss()([0.5], [1.0]).round(4))
    0.6931
    """

    def forward(self, probabilities: Any, target: Any) -> Any:
        """Return the loss."""
        return functional.binary_cross_entropy(probabilities, target, self.reduction)


class BCEWithLogitsLoss(Loss):
    """`functional.binary_cross_entropy_with_logits`: binary cross-entropy of sigmoid(z).

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    pos_weight : float or array_like of shape (outputs,), optional
        As in the function.

    Examples
    --------
    >>> float(BCEWithLogitsLoss()([0.0], [1.0]).round(4))
    0.6931
    """

    def __init__(self, reduction: str = "mean", *, pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self.pos_weight = pos_weight

    def forward(self, logits: Any, target: Any) -> Any:
        """Return the loss."""
        return functional.binary_cross_entropy_with_logits(
            logits, target, self.reduction, pos_weight=self.pos_weight
        )


class HingeLoss(Loss):
    """`functional.hinge_loss`: mean of max(0, 1 - y s), or of its sum over the wrong classes.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> float(HingeLoss()([0.5, -2.0], [1, -1]))
    0.25
    """

    def forward(self, scores: Any, target: Any) -> Any:
        """Return the loss."""
        return functional.hinge_loss(scores, target, self.reduction)


_OF_SCORES = (functional.binary_cross_entropy_with_logits, functional.hinge_loss)


def takes_scores(loss: Any) -> bool:
    """Whether a loss is of scores, whose sign is the answer, and not of probabilities.

    Examples
    --------
    >>> takes_scores(nn.HingeLoss()), takes_scores(nn.BCELoss())
    (True, False)
    """
    return isinstance(loss, BCEWithLogitsLoss | HingeLoss) or loss in _OF_SCORES
