"""`scipy.signal` on nodes, as far as it has derivatives. Next: `integrate.py`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..settings import shown
from ..special.common import scipy  # noqa: F401 - says what to install

_signal: Any = import_module("scipy.signal")

Axes = Sequence[Sequence[int]]


def _padding(n: int, m: int, mode: str) -> tuple[int, int]:
    """Return how many zeros come before and after n numbers that m are slid along."""
    if mode == "valid":
        return max(m - n, 0), max(m - n, 0)
    return (m - 1, m - 1) if mode == "full" else (m // 2, (m - 1) // 2)


def _known(mode: str, name: str) -> None:
    if mode not in ("full", "valid", "same"):
        raise ValueError(f"{name}: mode is 'full', 'valid' or 'same', got {shown(mode)}")


def _positive(axes: Axes, shapes: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the axes of two arrays counted from the first."""
    return [[i % len(shape) for i in each] for each, shape in zip(axes, shapes, strict=True)]


def convolve(
    A: Any, B: Any, axes: Axes | None = None, dot_axes: Axes = ((), ()), mode: str = "full"
) -> Any:
    """Return the convolution of two arrays along some axes, and their product along others.

    The axes of neither list are kept, those of A before those of B; axes of convolution come last.

    Parameters
    ----------
    A, B : Tensor or array
    axes : pair of sequences of int, optional
        The axes of A and of B to convolve along; all of them, in their order, by default.
    dot_axes : pair of sequences of int
        The axes of A and of B to multiply and sum over.
    mode : {"full", "valid", "same"}
        As in `scipy.signal.convolve`: everything, what needs no zeros beyond the ends, or the
        middle part of the length of A.

    Returns
    -------
    Tensor or array

    Raises
    ------
    ValueError
        For an unknown mode; if axes are named twice, or lengths do not fit.

    Examples
    --------
    >>> convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0]))
    array([1., 3., 5., 3.])
    >>> images, kernels = np.ones((10, 3, 8, 8)), np.ones((3, 5, 2, 2))
    >>> convolve(images, kernels, ([2, 3], [2, 3]), ([1], [0]), mode="valid").shape
    (10, 5, 7, 7)
    """
    _known(mode, "convolve")
    shapes = np.shape(A), np.shape(B)
    every = [range(len(shape)) for shape in shapes]
    of_a, of_b = _positive(every if axes is None else axes, shapes)
    dot_a, dot_b = _positive(dot_axes, shapes)
    if {*of_a} & {*dot_a} or {*of_b} & {*dot_b} or len(of_a) != len(of_b):
        raise ValueError(
            f"convolve: {of_a} of shape {shapes[0]} along {of_b} of shape {shapes[1]} do not fit, "
            f"with {dot_a} and {dot_b} summed over"
        )
    lengths = [(shapes[0][i], shapes[1][j]) for i, j in zip(of_a, of_b, strict=True)]
    if mode == "valid" and len({n >= m for n, m in lengths if n != m}) == 2:
        raise ValueError(f"convolve: in mode 'valid', one array is the longer one, got {lengths}")
    padding = [(0, 0)] * len(shapes[0])
    for i, (n, m) in zip(of_a, lengths, strict=True):
        padding[i] = _padding(n, m, mode)
    windows = sliding_window_view(np.pad(A, padding), tuple(m for _, m in lengths), tuple(of_a))
    slid = range(len(shapes[0]), len(shapes[0]) + len(of_a))
    z = np.tensordot(windows, np.flip(B, tuple(of_b)), ([*dot_a, *slid], [*dot_b, *of_b]))
    kept = [i for i in every[0] if i not in dot_a]
    return np.moveaxis(z, [kept.index(i) for i in of_a], range(-len(of_a), 0))


def compute_conv_size(A_size: int, B_size: int, mode: str) -> int:
    """Return the length of the convolution of two arrays along an axis.

    Parameters
    ----------
    A_size, B_size : int
        Their lengths along it.
    mode : {"full", "valid", "same"}
        As for `convolve`.

    Raises
    ------
    ValueError
        For an unknown mode.

    Examples
    --------
    >>> from autograd.scipy.signal import compute_conv_size
    >>> [compute_conv_size(8, 3, mode) for mode in ("full", "valid", "same")]
    [10, 6, 8]
    """
    _known(mode, "compute_conv_size")
    before, after = _padding(A_size, B_size, mode)
    return before + A_size + after - B_size + 1


def __getattr__(name: str) -> Any:
    return getattr(_signal, name)


def __dir__() -> list[str]:
    return sorted({*__all__, *dir(_signal)})


__all__ = ["compute_conv_size", "convolve"]
