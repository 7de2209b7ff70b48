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


def _rotated(name: str, x: Any, axes: Any, shift: Callable[[int], int]) -> Any:
    axes = tuple(range(np.ndim(x))) if axes is None else axes
    axes = axes if isinstance(axes, tuple | list) else (axes,)
    for axis in axes_of(axes, np.ndim(x), name):
        cut = shift(np.shape(x)[axis])
        lead = (slice(None),) * axis
        x = np.concatenate([x[(*lead, slice(cut, None))], x[(*lead, slice(0, cut))]], axis=axis)
    return x


@implements(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    return _rotated("fftshift", x, axes, lambda n: n - n // 2)


@implements(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    return _rotated("ifftshift", x, axes, lambda n: n // 2)
