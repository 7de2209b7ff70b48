"""Attention: every row a mixture of rows, weighted by how well they answer.

Next: `../optim/`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import softmax
from autograd.settings import array_of, checked_flag, checked_size

from ..init import Initialiser, Rng, generator
from ..modules.module import Module
from ..modules.operands import operand
from ..modules.tree import located
from .linear import Linear


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, *, mask: Any = None, causal: bool = False
) -> Any:
    """Return softmax(query @ keyᵀ / √d) @ value.

    Parameters
    ----------
    query : array_like of shape (..., t, d)
    key : array_like of shape (..., s, d)
    value : array_like of shape (..., s, e)
    mask : array_like of bool, optional
        True where a query row may look at a key row; broadcast to (..., t, s).
    causal : bool
        Let row i look at rows 0 to i only; t and s must be equal.

    Returns
    -------
    Tensor or array of shape (..., t, e)

    Raises
    ------
    ValueError
        If the shapes do not fit, or a query row may look at no key row.
    TypeError
        If the mask is not of bool.

    Notes
    -----
    Vaswani and others, Attention is all you need (2017).

    Examples
    --------
    >>> x = np.array([[1.0], [2.0], [6.0]])
    >>> scaled_dot_product_attention(0 * x, x, x, causal=True)
    array([[1. ],
           [1.5],
           [3. ]])
    """
    q, k, v = operand(query), operand(key), operand(value)
    _check_rows(q.shape, k.shape, v.shape)
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / math.sqrt(q.shape[-1])
    allowed = _allowed(mask, causal, scores.shape)
    if allowed is not None:
        scores = np.where(allowed, scores, -np.inf)
    return np.matmul(softmax(scores, axis=-1), v)


def _check_rows(q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...]) -> None:
    if min(len(q), len(k), len(v)) < 2 or q[-1] != k[-1] or k[-2] != v[-2]:
        raise ValueError(
            f"attention: query {q}, key {k} and value {v} do not fit; query (..., t, d) goes with "
            "key (..., s, d) and value (..., s, e)"
        )
    if not q[-1] or not k[-2]:
        raise ValueError(f"attention: query {q} and key {k} have nothing to compare; give rows")


def _allowed(mask: Any, causal: bool, shape: tuple[int, ...]) -> Any:
    """Return the mask of the scores that count; None for all."""
    t, s = shape[-2:]
    causal = checked_flag("attention: causal", causal)
    if causal and t != s:
        raise ValueError(
            f"attention: causal needs as many queries as keys, got {t} and {s}; pass a mask instead"
        )
    allowed = np.tri(t, dtype=bool) if causal else None
    if mask is None:
        return allowed
    mask = array_of("attention: the mask", mask)
    if mask.dtype != bool:
        raise TypeError(
            f"attention: the mask is of {mask.dtype}; give bool, True where a row may look"
        )
    if not _fits(mask, shape):
        raise ValueError(
            f"attention: the mask {mask.shape} does not fit the scores {shape}; give ({t}, {s}), "
            "or that with the axes of the samples before"
        )
    allowed = mask if allowed is None else mask & allowed
    if not allowed.any(axis=-1).all():
        raise ValueError(
            "attention: the mask lets a row look at nothing, so its weights have no sum; let it "
            "look at itself"
        )
    return allowed


def _fits(mask: Any, shape: tuple[int, ...]) -> bool:
    try:
        return bool(np.broadcast_shapes(mask.shape, shape) == shape)
    except ValueError:
        return False


class MultiHeadAttention(Module):
    """Several attention heads in parallel, each on its part of the features, between linear layers.

    Parameters
    ----------
    features : int
        The length of a row; every head works on features / heads of them.
    heads : int
        Must divide the features.
    causal : bool
        Let every row look only at itself and those before it, as in a language model.
    bias : bool
        Whether the four linear layers have a bias.
    init : str or function, optional
        Initialiser of the weights, as in `Linear`.
    rng : Generator or int, optional
        One generator, or seed, for all layers.
    dtype : dtype
        A floating dtype.

    Raises
    ------
    ValueError, TypeError
        If a size is not a positive integer, or the heads do not divide the features.

    Examples
    --------
    >>> layer = MultiHeadAttention(8, 2, causal=True, rng=0)
    >>> layer(np.ones((5, 3, 8))).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        features: int,
        heads: int = 1,
        *,
        causal: bool = False,
        bias: bool = True,
        init: str | Initialiser | None = None,
        rng: Rng = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        for name, n in (("features", features), ("heads", heads)):
            checked_size(f"MultiHeadAttention: {name}", n)
        if features % heads:
            raise ValueError(
                f"MultiHeadAttention: {heads} heads cannot share {features} features evenly; "
                "choose heads that divide them"
            )
        self.features, self.heads = int(features), int(heads)
        self.causal = checked_flag("MultiHeadAttention: causal", causal)
        rng = generator(rng)
        self.query, self.key, self.value, self.output = (
            Linear(features, features, bias, init=init, rng=rng, dtype=dtype) for _ in range(4)
        )

    def forward(self, x: Any, context: Any = None, *, mask: Any = None) -> Any:
        """Return weighted means of the (projected) rows of ``context``, one for each row of x.

        Parameters
        ----------
        x : array_like of shape (..., t, features)
        context : array_like of shape (..., s, features), optional
            The source of keys and values; x itself if not given.
        mask : array_like of bool, optional
            True where a row of x may look at a row of the context: (t, s), or (..., t, s).

        Returns
        -------
        Tensor of shape (..., t, features)

        Raises
        ------
        ValueError, TypeError
            If the shapes or the mask do not fit.
        """
        x = operand(x)
        context = x if context is None else operand(context)
        for name, a in (("x", x), ("the context", context)):
            if len(a.shape) < 2 or a.shape[-1] != self.features:
                raise ValueError(
                    f"{located(self)} over {self.features} features got {name} of shape "
                    f"{a.shape}; give (..., rows, {self.features})"
                )
        if mask is not None:
            mask = np.asarray(mask)
            # one mask for all heads
            mask = mask[..., None, :, :] if mask.ndim > 2 else mask
        q, k, v = self.query(x), self.key(context), self.value(context)
        mixed = scaled_dot_product_attention(
            *(self._split(a) for a in (q, k, v)), mask=mask, causal=self.causal
        )
        joined = np.swapaxes(mixed, -2, -3)
        return self.output(np.reshape(joined, (*joined.shape[:-2], self.features)))

    def _split(self, a: Any) -> Any:
        """Give every head its features: (..., rows, features) to (..., heads, rows, d)."""
        rows = np.reshape(a, (*a.shape[:-1], self.heads, self.features // self.heads))
        return np.swapaxes(rows, -2, -3)

    def title(self) -> str:
        """Return the class, the sizes and whether it is causal."""
        causal = ", causal" if self.causal else ""
        return f"MultiHeadAttention({self.features}, {self.heads} heads{causal})"
