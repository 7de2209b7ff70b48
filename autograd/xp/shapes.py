"""The standard's functions that rearrange entries. Next: `reductions.py`."""

from __future__ import annotations

from typing import Any

import numpy

from .common import of_views, standard

# NumPy's stubs know arrays only; its functions find their meaning on nodes by its own protocol
np: Any = numpy

broadcast_shapes = np.broadcast_shapes


@standard
def broadcast_arrays(*arrays: Any) -> Any:
    """Return the arrays stretched to a common shape."""
    return tuple(np.broadcast_arrays(*arrays))


@standard
def broadcast_to(x: Any, /, shape: Any) -> Any:
    """Return the array stretched to a shape."""
    return np.broadcast_to(x, shape)


@standard
def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """Return arrays joined along an axis they have; flattened first for None."""
    return np.concatenate(arrays, axis=axis)


@of_views
def expand_dims(x: Any, /, axis: Any = 0) -> Any:
    """Return the array with axes of length 1 inserted, counted in the result."""
    return np.expand_dims(x, axis)


@of_views
def flip(x: Any, /, *, axis: Any = None) -> Any:
    """Return the entries in reversed order along axes."""
    return np.flip(x, axis)


@of_views
def matrix_transpose(x: Any, /) -> Any:
    """Return the array with its last two axes exchanged."""
    return np.matrix_transpose(x)


@of_views
def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    """Return the array with axes at new places."""
    return np.moveaxis(x, source, destination)


@of_views
def permute_dims(x: Any, /, axes: Any) -> Any:
    """Return the array with its axes in another order."""
    return np.transpose(x, axes)


@standard
def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Return every entry repeated along an axis."""
    if np.size(repeats) == 0:
        # an empty list of counts has no integer dtype
        repeats = np.zeros(0, np.intp)
    return np.repeat(x, repeats, axis)


@of_views
def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    """Return the entries in another shape, of which one length may be -1."""
    return np.reshape(x, shape, copy=copy)


@standard
def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """Return the entries moved along axes, coming in again at the other end."""
    return np.roll(x, shift, axis)


@of_views
def squeeze(x: Any, /, axis: Any) -> Any:
    """Return the array without the named axes, which have length 1."""
    return np.squeeze(x, axis)


@standard
def stack(arrays: Any, /, *, axis: int = 0) -> Any:
    """Return arrays of one shape joined along a new axis."""
    return np.stack(arrays, axis)


@standard
def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """Return the entries at positions along an axis."""
    return np.take(x, indices, axis)


@standard
def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """Return the entries at positions along an axis, others for every place of the rest."""
    return np.take_along_axis(x, indices, axis)


@standard
def tile(x: Any, repetitions: Any, /) -> Any:
    """Return the array repeated as a whole."""
    return np.tile(x, repetitions)


@of_views
def unstack(x: Any, /, *, axis: int = 0) -> Any:
    """Return the parts of an array along an axis, as a tuple."""
    return tuple(np.unstack(x, axis=axis))
