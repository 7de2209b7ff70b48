"""NumPy's counts on nodes: histograms and bin counts, weighted or not. Next: `sets.py`.

Into which bin a number falls has no gradient; the weights have one, and so have edges that
follow from the smallest and the largest number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..conversions import is_table
from ..dispatch import implements
from ..ops.indexing import put
from .common import as_tensor, flat, plain


@implements(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    places = np.asarray(plain(x))
    if weights is None:
        return as_tensor(np.bincount(places, minlength=minlength))
    w = as_tensor(weights)
    # raises NumPy's errors
    count = len(np.bincount(places, np.empty(w.shape, np.int8), minlength))
    return put(w.astype(np.float64, copy=False), index=(places.astype(np.intp),), shape=(count,))


def _edges(x: Any, bins: Any, limits: Any, weights: Any = None) -> Any:
    """Return the edges of bins as a tensor; for a number of bins they depend on the data."""
    edges = np.histogram_bin_edges(plain(x), plain(bins), limits, plain(weights))
    if np.ndim(plain(bins)) == 1:
        return as_tensor(bins)
    if limits is not None or not x.size:
        return as_tensor(edges)
    low, high = x.min(), x.max()
    if plain(low) == plain(high):
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, len(edges)).astype(edges.dtype, copy=False)


def _bin_of(x: Any, edges: Any) -> tuple[Any, Any]:
    """Return the bins of numbers, and which are in a bin; the last bin includes both edges."""
    number, edge = plain(x), plain(edges)
    which = np.searchsorted(edge, number, side="right") - 1
    if len(edge):
        which = np.where(number == edge[-1], len(edge) - 2, which)
    return which, (which >= 0) & (which < len(edge) - 1)


@implements(np.histogram_bin_edges)
def _histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    return _edges(flat(as_tensor(a)), bins, range, weights)


@implements(np.histogram)
def _histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any]:
    x = flat(as_tensor(a))
    if weights is not None and np.shape(weights) != np.shape(a):
        raise ValueError(
            f"np.histogram: weights {np.shape(weights)} for numbers {np.shape(a)}; give as many"
        )
    edges = _edges(x, bins, range, weights)
    which, inside = _bin_of(x, edges)
    w = np.ones(x.shape, np.intp) if weights is None else flat(as_tensor(weights))
    counts = put(as_tensor(w)[inside], index=(which[inside],), shape=(max(edges.size - 1, 0),))
    if density:
        counts = counts / np.diff(edges).astype(np.float64) / np.sum(counts)
    return counts, edges


@implements(np.histogramdd)
def _histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, tuple[Any, ...]]:
    sample = sample.to_numpy() if is_table(sample) else sample
    if hasattr(sample, "shape"):
        columns = [sample] if np.ndim(sample) == 1 else [sample[:, k] for k in _below(sample)]
    else:
        columns = list(sample)
    columns, count = [as_tensor(column) for column in columns], len(columns)
    if len({x.shape for x in columns}) > 1:
        raise ValueError(
            f"np.histogramdd: columns of shapes {[x.shape for x in columns]}; give as many numbers "
            "in each"
        )
    dtype = np.result_type(*(x.dtype for x in columns))
    columns = [x if x.dtype == dtype else x.astype(dtype) for x in columns]
    each = list(bins) if hasattr(bins, "__len__") else [bins] * count
    limits = [None] * count if range is None else list(range)
    if not len(each) == len(limits) == count:
        raise ValueError(f"np.histogramdd: bins and range for {count} columns, give one for each")
    edges = tuple(map(_edges, columns, each, limits))
    shape = tuple(max(e.size - 1, 0) for e in edges)
    found = [_bin_of(x, e) for x, e in zip(columns, edges, strict=True)]
    inside: Any = True
    for _, in_one in found:
        inside = in_one & inside
    w = as_tensor(np.ones(columns[0].shape) if weights is None else weights).astype(np.float64)
    counts = put(w[inside], index=tuple(which[inside] for which, _ in found), shape=shape)
    if density:
        counts = counts / np.sum(counts)
        for axis, e in enumerate(edges):
            counts = counts / np.reshape(np.diff(e), (-1,) + (1,) * (count - axis - 1))
    return counts, edges


def _below(table: Any) -> range:
    """Return the columns of a table as plain numbers."""
    if np.ndim(table) != 2:
        raise ValueError(f"np.histogramdd: a row of numbers for each point, got {np.shape(table)}")
    return range(np.shape(table)[1])


@implements(np.histogram2d)
def _histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any, Any]:
    # a single list of edges is for both axes, two of anything are for one each
    each = bins if hasattr(bins, "__len__") and len(bins) in (1, 2) else [bins, bins]
    counts, edges = _histogramdd([x, y], each, range, density, weights)
    return counts, *edges
