"""Storing the gradients of a sweep in the nodes, and releasing a graph. Next: `../dispatch.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy import float64, ndarray

from ..array_nodes.node import ArrayNode
from ..node import RELEASED, name_of
from ..references import SOLE_ITEM, is_own, references

_PLAIN = frozenset({ndarray, float64})


def store(found: dict[Any, Any], leaves_only: bool = False) -> None:
    """Store the gradients of a sweep; leaves add them to their own."""
    if leaves_only:
        leaves, inner = found, {}
    else:
        leaves = {node: found.pop(node) for node in [x for x in found if x._a is None]}
        inner = found
    if not _store_first(leaves):
        _check_shapes(leaves)
        _store_all(leaves)
    for node, g in inner.items():
        if type(node) is ArrayNode and type(g) in _PLAIN:
            node._grad = g
        else:
            node._store(g, False)


def _store_all(leaves: dict[Any, Any]) -> None:
    """Add to the gradients of all leaves; if one fails, or at an interrupt, to none."""
    before = [x._grad if type(x) is ArrayNode else x.grad for x in leaves]
    try:
        for node, g in leaves.items():
            node._store(g, references(g) != SOLE_ITEM)
    except BaseException:
        for node, g in zip(leaves, before, strict=True):
            if type(node) is ArrayNode:
                node._grad = g
            else:
                node.grad = g
        raise


def _check_shapes(leaves: dict[Any, Any]) -> None:
    for node, g in leaves.items():
        if getattr(g, "shape", ()) != node._shape:
            raise ValueError(
                f"the gradient of {name_of(node)} has shape {np.shape(g)} where its data have "
                f"{node._shape}: a rule of one of its operations returns a wrong shape"
            )


def _store_first(found: dict[Any, Any]) -> bool:
    """Store gradients as they are, if all are unshared arrays that fit leaves without a gradient.

    Return False, with nothing stored, if one of them is not.
    """
    for node, g in found.items():
        if type(g) is ndarray:
            if references(g) != SOLE_ITEM:
                break
            if g.base is not None and not is_own(g, node._value.strides):
                break
        elif type(g) is not float64 or type(node) is not ArrayNode:
            break
        if g.shape != node._shape or node._grad is not None or g.dtype is not node._value.dtype:
            break
        node._grad = g
        node._fits = True
    else:
        return True
    for earlier in found:
        if earlier is node:
            return False
        earlier._grad = None
    return False


def release(order: Iterable[Any]) -> None:
    """Drop the parents and closures of a graph; using it again raises."""
    for node in order:
        node._a = RELEASED
        node._b = node._saved = None
