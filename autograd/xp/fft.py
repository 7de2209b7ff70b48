"""The standard's Fourier transforms, on tensors without a gradient. Next: `special.py`.

Their results are complex numbers, so a tensor that wants its gradient is refused; shifts and
frequencies are real.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .common import check_device, standard


def _along_axis(function: Callable[..., Any], name: str) -> Any:
    def transform(
        x: Any, /, *, n: int | None = None, axis: int = -1, norm: Any = "backward"
    ) -> Any:
        return function(x, n=n, axis=axis, norm=norm)

    return _named(transform, name, "along one axis")


def _along_axes(function: Callable[..., Any], name: str) -> Any:
    def transform(x: Any, /, *, s: Any = None, axes: Any = None, norm: Any = "backward") -> Any:
        return function(x, s=s, axes=axes, norm=norm)

    return _named(transform, name, "along axes")


def _named(transform: Callable[..., Any], name: str, where: str) -> Any:
    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = f"Return the standard's transform ``{name}`` {where}."
    return standard(transform)


fft = _along_axis(np.fft.fft, "fft")
ifft = _along_axis(np.fft.ifft, "ifft")
rfft = _along_axis(np.fft.rfft, "rfft")
irfft = _along_axis(np.fft.irfft, "irfft")
hfft = _along_axis(np.fft.hfft, "hfft")
ihfft = _along_axis(np.fft.ihfft, "ihfft")
fftn = _along_axes(np.fft.fftn, "fftn")
ifftn = _along_axes(np.fft.ifftn, "ifftn")
rfftn = _along_axes(np.fft.rfftn, "rfftn")
irfftn = _along_axes(np.fft.irfftn, "irfftn")


@standard
def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """Return the frequencies of `fft`, for n samples at distance d."""
    check_device(device)
    return np.fft.fftfreq(n, d).astype(dtype or float)


@standard
def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """Return the frequencies of `rfft`, for n samples at distance d."""
    check_device(device)
    return np.fft.rfftfreq(n, d).astype(dtype or float)


@standard
def fftshift(x: Any, /, *, axes: Any = None) -> Any:
    """Return frequencies with 0 in the middle."""
    return np.fft.fftshift(x, axes)


@standard
def ifftshift(x: Any, /, *, axes: Any = None) -> Any:
    """Return frequencies with 0 in front, undoing `fftshift`."""
    return np.fft.ifftshift(x, axes)
