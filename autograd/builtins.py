"""Containers by the names of HIPS autograd: those of Python hold nodes. Next: `test_util.py`."""

from __future__ import annotations

import abc
import builtins
import sys
from typing import Any

from .absent import refuse_names_of
from .interop.common import is_node, plain

dict, list, tuple = builtins.dict, builtins.list, builtins.tuple
DictBox, ListBox, TupleBox = dict, list, tuple


class SequenceBox(abc.ABC):  # noqa: B024
    """Any list or tuple."""


SequenceBox.register(list)
SequenceBox.register(tuple)


def isinstance(x: Any, kind: Any) -> bool:
    """Return whether x, or the numbers behind a node, are of a class.

    Examples
    --------
    >>> from autograd.builtins import isinstance
    >>> isinstance(Tensor([1.0, 2.0]), np.ndarray), isinstance(Tensor(1.0), float)
    (True, True)
    """
    return builtins.isinstance(x, kind) or (is_node(x) and builtins.isinstance(plain(x), kind))


def type(x: Any) -> Any:
    """Return the class of x, or of the numbers behind a node.

    Examples
    --------
    >>> from autograd.builtins import type
    >>> type(Value(2.0))
    <class 'float'>
    """
    return builtins.type(plain(x) if is_node(x) else x)


__all__ = [
    "DictBox",
    "ListBox",
    "SequenceBox",
    "TupleBox",
    "dict",
    "isinstance",
    "list",
    "tuple",
    "type",
]

refuse_names_of(sys.modules[__name__])
