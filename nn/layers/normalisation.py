"""LayerNorm and RMSNorm: every sample scaled by its own numbers. Next: `embedding.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import Tensor
from autograd.settings import checked_dtype, checked_flag, checked_number, checked_size

from ..modules.module import Module
from ..modules.operands import operand
from ..modules.parameter import Parameter
from ..modules.tree import located


class _Norm(Module):
    """The base class of both: x / √(mean of x² + eps) · weight + bias, of x centred or not."""

    bias: Tensor | None = None

    def __init__(
        self, features: int | tuple[int, ...], eps: float, gain: bool, dtype: npt.DTypeLike
    ) -> None:
        name = type(self).__name__
        sizes = tuple(features) if isinstance(features, tuple | list) and features else (features,)
        shape = tuple([checked_size(f"{name}: features", n) for n in sizes])
        self.features = _one_or_all(shape)
        self.axes = _one_or_all(tuple(range(-len(shape), 0)))
        self.eps = checked_number(f"{name}: eps", eps, 0, math.inf)
        dtype = checked_dtype(f"{name}: dtype", dtype)
        wanted = checked_flag(f"{name}: gain", gain)
        self.weight = Parameter(np.ones(self.features, dtype)) if wanted else None

    def forward(self, x: Any) -> Any:
        """Return the normalised x.

        Parameters
        ----------
        x : array_like of shape (..., features)

        Returns
        -------
        Tensor
            Of the shape of x.

        Raises
        ------
        ValueError
            If the last axes have other lengths.
        """
        x = self._centred(self._checked(x))
        x = x / np.sqrt(self._mean(x * x) + self.eps)
        x = x if self.weight is None else x * self.weight
        return x if self.bias is None else x + self.bias

    def _centred(self, x: Any) -> Any:
        return x

    def _checked(self, x: Any) -> Any:
        x = operand(x)
        wanted = self.features
        n = 1 if isinstance(wanted, int) else len(wanted)
        last = _one_or_all(x.shape[-n:])
        if last != wanted:
            raise ValueError(
                f"{located(self)} over {wanted} features got x of shape {x.shape}; the last "
                f"{'axis' if n == 1 else 'axes'} must have {wanted}, or make it "
                f"{type(self).__name__}({last or 1})"
            )
        return x

    def _mean(self, x: Any) -> Any:
        return np.mean(x, axis=self.axes, keepdims=True)

    def title(self) -> str:
        """Return the class and the number of features."""
        return f"{type(self).__name__}({self.features})"


def _one_or_all(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    return sizes[0] if len(sizes) == 1 else sizes


class LayerNorm(_Norm):
    """(x - mean) / √(variance + eps) · weight + bias over the last axes, sample by sample.

    The variance is the mean of the squared deviations.

    Parameters
    ----------
    features : int or tuple of int
        The length of the last axis, or the lengths of the last axes together.
    eps : float
        At least 0; avoids 0 / 0 if all features are equal.
    gain, bias : bool
        Whether there is a weight, which starts at 1, and a bias, which starts at 0.
    dtype : dtype
        A floating dtype.

    Raises
    ------
    ValueError, TypeError
        If a size or eps is out of range.

    Notes
    -----
    Ba, Kiros and Hinton, Layer normalization (2016).

    Examples
    --------
    >>> LayerNorm(2, eps=0)(np.array([[1.0, 3.0]])).data
    array([[-1.,  1.]])
    """

    def __init__(
        self,
        features: int | tuple[int, ...],
        *,
        eps: float = 1e-5,
        gain: bool = True,
        bias: bool = True,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        super().__init__(features, eps, gain, dtype)
        wanted = checked_flag("LayerNorm: bias", bias)
        self.bias = Parameter(np.zeros(self.features, dtype)) if wanted else None

    def _centred(self, x: Any) -> Any:
        return x - self._mean(x)


class RMSNorm(_Norm):
    """x / √(mean of x² + eps) · weight over the last axes, sample by sample.

    Parameters
    ----------
    features : int or tuple of int
        The length of the last axis, or the lengths of the last axes together.
    eps : float
        At least 0.
    gain : bool
        Whether there is a weight, which starts at 1.
    dtype : dtype
        A floating dtype.

    Raises
    ------
    ValueError, TypeError
        If a size or eps is out of range.

    Notes
    -----
    Zhang and Sennrich, Root mean square layer normalization (2019).

    Examples
    --------
    >>> RMSNorm(2, eps=0)(np.array([[1.0, 7.0]])).data
    array([[0.2, 1.4]])
    """

    def __init__(
        self,
        features: int | tuple[int, ...],
        *,
        eps: float = 1e-5,
        gain: bool = True,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        super().__init__(features, eps, gain, dtype)
