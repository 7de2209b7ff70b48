"""NumPy's Fourier transforms on nodes: refused, as their results are complex numbers.

Next: `../functions.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch import implements
from .products import axes_of


def _refused(function: Callable[..., Any]) -> Callable[..., Any]:
    def transform(*arguments: Any, **options: Any) -> Any:
        raise TypeError(
            f"np.fft.{function.__name__} on nodes: complex numbers are not supported; write the "
            "transform with real sums of cosines and sines, or take .data for numbers without a "
            "gradient"
        )

    return transform


for _function in (
    np.fft.fft,
    np.fft.fft2,
    np.fft.fftn,
    np.fft.ifft,
    np.fft.ifft2,
    np.fft.ifftn,
    np.fft.rfft,
    np.fft.rfft2,
    np.fft.rfftn,
    np.fft.irfft,
    np.fft.irfft2,
    np.fft.irfftn,
    np.fft.hfft,
    np.fft.ihfft,
):
    implements(_function)(_refused(_function))


def _rotated(name: str, x: Any, axes: Any, sign: int) -> Any:
    axes = tuple(range(np.ndim(x))) if axes is None else axes
    axes = axes if isinstance(axes, tuple | list) else (axes,)
    found = axes_of(axes, np.ndim(x), name)
    return np.roll(x, [sign * (np.shape(x)[axis] // 2) for axis in found], found)


@implements(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    return _rotated("fftshift", x, axes, 1)


@implements(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    return _rotated("ifftshift", x, axes, -1)
