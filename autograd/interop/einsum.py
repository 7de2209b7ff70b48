"""Einstein's sum on nodes: every form becomes ``'ij,jk->ik'``. Next: `covariance.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from ..array_nodes.views import link
from ..dispatch import implements
from ..ops import einsums
from ..ops.indexing import getitem
from ..settings import checked_order
from .common import as_tensor, cast, plain, refuse

# NumPy's order: capitals first
_LETTERS = ascii_uppercase + ascii_lowercase


@implements(np.einsum)
def _einsum(
    *operands: Any,
    out: Any = None,
    optimize: Any = False,
    dtype: Any = None,
    order: str = "K",
    casting: str = "safe",
) -> Any:
    refuse("einsum", out=out)
    checked_order("np.einsum", order)
    text, arrays = _text_and_arrays(operands)
    if not isinstance(optimize, bool) and optimize not in ("greedy", "optimal"):
        np.einsum_path(text, *arrays, optimize=optimize)  # raises NumPy's errors
    if dtype is not None:
        arrays = [cast("einsum", as_tensor(x), dtype, casting) for x in arrays]
    subscripts = explicit(text, tuple([np.ndim(x) for x in arrays]))
    view = _view(as_tensor(arrays[0]), *subscripts.split("->")) if len(arrays) == 1 else None
    return einsums.einsum(*arrays, subscripts=subscripts) if view is None else view


def _view(x: Any, term: str, output: str) -> Any:
    """Return the axes in another order, or diagonals; None if entries are summed."""
    if not term or len(set(output)) != len(output) or set(output) != set(term):
        return None
    if len(term) == len(output):
        return x.transpose([term.index(c) for c in output])
    sizes = dict(zip(term, x.shape, strict=True))
    if any(sizes[c] != n for c, n in zip(term, x.shape, strict=True)):
        return None  # which raises the error
    places = np.ix_(*(np.arange(sizes[c]) for c in output))
    index = tuple(places[output.index(c)] for c in term)
    return link(x[index], x, getitem, {"index": index})


@implements(np.einsum_path)
def _einsum_path(*operands: Any, optimize: Any = "greedy", einsum_call: Any = False) -> Any:
    return np.einsum_path(*(plain(x) for x in operands), optimize=optimize, einsum_call=einsum_call)


def _text_and_arrays(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Convert the form ``einsum(x, [0, 1], y, [1, 2], [0, 2])`` to the form with a string."""
    if operands and isinstance(operands[0], str):
        return operands[0], list(operands[1:])
    if len(operands) < 2:
        raise ValueError("einsum needs subscripts and at least one operand")
    pairs = len(operands) // 2
    text = ",".join(_letters(operands[2 * k + 1]) for k in range(pairs))
    if len(operands) % 2:
        text += "->" + _letters(operands[-1])
    return text, list(operands[: 2 * pairs : 2])


def _letters(sublist: Sequence[Any]) -> str:
    found = ""
    for label in sublist:
        if label is not Ellipsis and not 0 <= label < len(_LETTERS):
            raise ValueError(f"einsum: the subscript {label} is not within the range [0, 52)")
        found += "..." if label is Ellipsis else _LETTERS[label]
    return found


@lru_cache(maxsize=256)
def explicit(text: str, ndims: tuple[int, ...]) -> str:
    """Return subscripts with an explicit output and without ellipses.

    Parameters
    ----------
    text : str
        Subscripts as for `numpy.einsum`.
    ndims : tuple of int
        The number of axes of every operand.

    Raises
    ------
    ValueError
        Where NumPy raises it: for wrong characters, or numbers of operands, axes or indices.

    Examples
    --------
    >>> explicit("ij,jk", (2, 2))
    'ij,jk->ik'
    >>> explicit("...i->...", (3,))
    'abi->ab'
    """
    text = text.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    for part in (*terms, output):
        _check_characters(part, text)
    if len(terms) != len(ndims):
        raise ValueError(
            f"einsum: {text!r} has subscripts for {len(terms)} operands, {len(ndims)} are given"
        )
    spare = [c for c in ascii_letters if c not in text]
    free = [_free_axes(t, n, text) for t, n in zip(terms, ndims, strict=True)]
    dots = "".join(spare[: max(free)])
    named = [t.replace("...", dots[len(dots) - f :]) for t, f in zip(terms, free, strict=True)]
    if not arrow:
        once = sorted(c for c, n in Counter(inputs).items() if n == 1 and c not in ".,")
        return ",".join(named) + "->" + dots + "".join(once)
    _check_output(output, inputs, dots, text)
    return ",".join(named) + "->" + output.replace("...", dots)


def _check_characters(part: str, text: str) -> None:
    wrong = sorted(set(part.replace("...", "", 1)) - set(ascii_letters))
    if wrong:
        raise ValueError(
            f"einsum: {wrong[0]!r} in {text!r} is neither a letter nor part of one ellipsis ('...')"
        )


def _free_axes(term: str, ndim: int, text: str) -> int:
    """Return the number of axes that an ellipsis represents."""
    count = ndim - len(term.replace("...", ""))
    if count < 0 or (count > 0 and "..." not in term):
        raise ValueError(f"einsum: {term!r} in {text!r} does not fit an operand with {ndim} axes")
    return count


def _check_output(output: str, inputs: str, dots: str, text: str) -> None:
    for c, n in Counter(output.replace("...", "")).items():
        if n > 1:
            raise ValueError(f"einsum: the output of {text!r} has the subscript {c!r} twice")
        if c not in inputs:
            raise ValueError(f"einsum: the output subscript {c!r} of {text!r} is in no operand")
    if dots and "..." not in output:
        raise ValueError(
            f"einsum: the operands of {text!r} have axes under an ellipsis, its output has none"
        )
