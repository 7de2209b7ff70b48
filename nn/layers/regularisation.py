"""Dropout, a layer that differs between training and evaluation. Next: `normalisation.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.settings import checked_number

from ..init import Rng, generator
from ..modules.module import Module
from ..modules.operands import cast, operand


class Dropout(Module):
    """Set each number to 0 with probability p in training, and divide the others by 1 - p.

    The expected output is then the input, so that nothing need be scaled in evaluation: after
    ``model.eval()`` the input is returned as it is.

    Parameters
    ----------
    p : float
        From 0 to 1.
    rng : Generator or int, optional
        Decides what is dropped; a fresh generator if not given. `nn.save` keeps its state.

    Raises
    ------
    ValueError, TypeError
        If p is not a number from 0 to 1.

    Notes
    -----
    Srivastava and others, Dropout: a simple way to prevent neural networks from overfitting (2014).

    Examples
    --------
    >>> layer = Dropout(0.5, rng=0)
    >>> layer(np.ones(6))
    array([2., 0., 0., 0., 2., 2.])
    >>> layer.eval()(np.ones(6))
    array([1., 1., 1., 1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        self.p = checked_number("Dropout: p", p, 0, math.inf)
        if self.p > 1:
            raise ValueError(f"Dropout: p is a probability, from 0 to 1, got {p}")
        self.rng = generator(rng)

    def forward(self, x: Any) -> Any:
        """Return x with some numbers dropped in training, x itself otherwise."""
        x = operand(x)
        if not self.training or self.p == 0:
            return x
        kept = self.rng.random(x.shape) >= self.p
        scale = np.asarray(1 / (1 - self.p) if self.p < 1 else 0.0)
        return x * (kept * cast(scale, x))

    def title(self) -> str:
        """Return the class and p."""
        return f"Dropout({self.p:g})"
