"""Sums of many scalars, and of their products, as one node. Next: `special/`."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from .array_nodes.operands import refuse_masked
from .node import MANY
from .ops import elementwise
from .scalar_nodes.node import is_number, plain
from .settings import described
from .value import Value, made


def add_n(terms: Iterable[Any]) -> Any:
    """Return the sum of any number of values as one node.

    Parameters
    ----------
    terms : iterable of Value, Tensor and numbers

    Returns
    -------
    Value, Tensor or number

    Examples
    --------
    >>> add_n([Value(1.0), Value(2.0), 3.0]).data
    6.0
    """
    terms = _listed("add_n", terms)
    if terms and all(isinstance(t, Value) for t in terms):
        data = sum([t._data for t in terms])
        return made(elementwise.add_n, terms, MANY, data, (1.0,) * len(terms), None)
    if any(getattr(type(t), "__autograd_rank__", 0) > Value.__autograd_rank__ for t in terms):
        return sum(terms[1:], terms[0]) if len(terms) > 1 else +terms[0]
    return elementwise.add_n(*terms)


def _listed(name: str, terms: Any) -> tuple[Any, ...]:
    if type(terms) in (list, tuple):
        return tuple(terms)
    scalar = getattr(terms, "shape", None) == ()
    if scalar or isinstance(terms, str | bytes | dict) or not isinstance(terms, Iterable):
        raise TypeError(f"{name} takes a list of values and numbers, got {type(terms).__name__}")
    refuse_masked(name, terms)
    return tuple(terms)


def sumprod(p: Iterable[Any], q: Iterable[Any], bias: Any = None) -> Any:
    """Return the sum of products p·q, plus ``bias`` if given, as one node.

    Parameters
    ----------
    p, q : iterables of Value and numbers, of one length
    bias : Value or number, optional

    Returns
    -------
    Value, Tensor or number

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> w = [Value(2.0), Value(3.0)]
    >>> sumprod(w, [10.0, 1.0], bias=0.5).data
    23.5
    """
    p, q = _listed("sumprod", p), _listed("sumprod", q)
    if len(p) != len(q):
        raise ValueError(f"sumprod: {len(p)} numbers cannot be paired with {len(q)}; give as many")
    try:
        a, b = [x._data for x in p], [x._data for x in q]
        data = sum(map(operator.mul, a, b), 0.0 if bias is None else bias._data)
    except AttributeError:
        data = None
    if type(data) is not float:  # numbers, tensors
        return _mixed_sumprod(p, q, bias)
    b += a
    if bias is None:
        return made(elementwise.sumprod, p + q, MANY, data, b, None)
    b.append(1.0)
    return made(elementwise.sumprod, (*p, *q, bias), MANY, data, b, None)


_NO_NUMBERS = (str, bytes, list, tuple, complex, np.complexfloating)


def _mixed_sumprod(p: tuple[Any, ...], q: tuple[Any, ...], bias: Any) -> Any:
    """Return the sum of products where not all are values; one node if the rest are numbers."""
    terms = p + q if bias is None else (*p, *q, bias)
    numbers = [plain(x) for x in terms]
    if not any(isinstance(x, Value) for x in terms) or not all(map(is_number, numbers)):
        odd = isinstance(bias, _NO_NUMBERS) or not hasattr(bias, "__add__")
        if bias is not None and odd:
            raise TypeError(f"sumprod: the bias is a number or a node, got {described(bias)}")
        return sum(map(operator.mul, p, q), 0.0 if bias is None else bias)
    numbers = [float(x) for x in numbers]
    a, b, start = numbers[: len(p)], numbers[len(p) : 2 * len(p)], numbers[2 * len(p) :]
    data = sum(map(operator.mul, a, b), *start)
    pairs = zip(terms, (*b, *a, 1.0), strict=False)
    parents, partials = zip(*[(x, d) for x, d in pairs if isinstance(x, Value)], strict=True)
    return made(elementwise.sumprod, parents, MANY, data, partials, terms)
