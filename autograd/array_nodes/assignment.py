"""Assignment to tensors: ``y[i] = v``, ``y += v``. Each makes a new node for the same tensor.

The node of the version before stays in the graph for whatever used it, so gradients are right. A
0-d tensor is a number: in-place operators bind its name to a new one, as in NumPy. A leaf that
requires gradients cannot be overwritten while a graph is recorded, unless it stands for an argument
of a function under a transform; inside `no_grad` it is changed in place, which is what a training
step does. Next: `views.py`.
"""

from __future__ import annotations

import sys
from operator import attrgetter
from typing import Any

import numpy as np

from ..conversions import STORE, is_stored_back
from ..mode import STATE, is_argument, is_grad_enabled
from ..op import Op
from ..ops import elementwise as ops
from ..ops.assignment import assign, put_into
from ..ops.indexing import put
from ..references import LIKE_LOCALS, OPERAND, TEMPORARY, held_once, references
from .operators import plain_index
from .views import spread, unlink, whole_of

FEW = 64  # up to this many entries are copied faster than computed again
_PLAIN = frozenset({float, int, np.float64, np.float32, np.ndarray})
_FLOATS = np.dtype(float)
_data_of = attrgetter("_data")


class Assignment:
    """In-place operators and assignment by index, in terms of `_become` and `_renew`."""

    __slots__ = ()

    _data: Any
    _node: Any
    _shape: tuple[int, ...]
    _view: Any

    def _become(self, other: Any) -> None:
        """Take over the data and the node of a result of the same shape."""
        raise NotImplementedError

    def _renew(self, z: Any, index: Any, value: Any, p: Any, q: Any) -> None:
        """Become a version with the data ``z`` and the parents p and q; None for no gradient."""
        raise NotImplementedError

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
        """Run an operator; NotImplemented for operands of foreign classes."""
        raise NotImplementedError

    def _take(self, array: Any) -> None:
        """Set the data of a leaf, and mark it as changed."""
        raise NotImplementedError

    def _name(self) -> str:
        raise NotImplementedError

    def _check_writable(self, name: str) -> None:
        if self._is_fixed():
            raise RuntimeError(
                f"{name} would overwrite {self._name()}, a leaf that wants gradients: write into a "
                "computed tensor (y = x + 0), or update the leaf inside `with autograd.no_grad():`"
            )
        whole = whole_of(self)
        if whole is not None and whole._is_fixed():
            raise RuntimeError(
                f"{name} would overwrite {whole._name()} of shape {whole._shape}, a leaf that "
                f"wants gradients, of which this tensor of shape {self._shape} is a view: take a "
                ".copy() of the view, or write y = y + x for y += x"
            )

    def _is_fixed(self) -> bool:
        """Whether this is a leaf that cannot be overwritten here."""
        node = self._node
        if node is None or node._a is not None:
            return False
        return is_grad_enabled() and not is_argument(node)

    def __setitem__(self, index: Any, value: Any) -> None:
        node, family = self._node, self._view is not None
        if family or (node is not None and node._a is None):
            self._check_writable("assignment by index")
        if type(index) is not int:
            index = plain_index(index)
        self._set(index, value)
        seen = family and spread(self, node is not None, index)
        if not seen and references(self) == TEMPORARY:
            self._check_kept()

    def _set(self, index: Any, value: Any) -> None:
        """Write by a plain index, and leave views as they are."""
        if not self._overwrite(index, value):
            if self._data.dtype.kind in "iub" and getattr(value, "requires_grad", False):
                raise TypeError(
                    f"a tensor of {self._data.dtype} cannot take a value with a gradient: make it "
                    "of floats first, Tensor(data, dtype=float)"
                )
            self._become(assign(self, value, index=index))

    def _check_kept(self) -> None:
        # only the bytecode tells an assignment statement from a call of `__setitem__`
        frame = sys._getframe(2)
        if frame.f_code.co_code[frame.f_lasti] == STORE:
            if LIKE_LOCALS and any(x is self for x in frame.f_locals.values()):
                return
            raise TypeError(
                f"assignment to a tensor of shape {self._shape} that no name holds would be lost: "
                "give it a name first, or index once, y[i, j] = value for y[i][j] = value"
            )

    def _overwrite(self, index: Any, value: Any) -> bool:
        """Do a common kind of assignment; False, with nothing done, for all others.

        The array is written in place if no view, graph or other tensor refers to it.
        """
        p, q, number = self._node, None, value
        if type(value) not in _PLAIN:
            if not isinstance(value, Assignment):
                return False
            q, number = value._node, value._data
            if type(number) not in _PLAIN:
                return False
        if type(self._data) is not np.ndarray:
            return False
        if STATE.special and not is_grad_enabled():
            p = q = None
        if p is None and q is not None:
            return False  # the graph needs a node for the array as it was
        z = self._data if held_once(_data_of, self) else self._data.copy("K")
        if not put_into(z, index, number):
            return False
        self._renew(z, index, value, p, q)
        return True

    def _inplace(self, op: Op, other: Any) -> Any:
        node = self._node
        if self._view is not None:
            if references(self) == OPERAND and is_stored_back(sys._getframe(2)):
                unlink(self)  # y[i] += x assigns the result to y[i], which is enough
        elif node is not None and node._a is None and self._update(op, other):
            return self
        name = f"in-place {op.name}"
        self._check_writable(name)
        result = self._binary(op, self, other)
        if result is NotImplemented:
            result = op(self, other)  # raises an error that names the operand
        changes = node is not None and node._a is None and not is_grad_enabled()
        if not self._shape and self._view is None and not changes:
            return result  # a number is immutable: the name is bound to the new one
        return self._take_over(name, result)

    def _update(self, op: Op, other: Any) -> bool:
        """Update a leaf as in a training loop by hand; False, with nothing done, otherwise."""
        data = self._data
        plain = type(other) in _PLAIN and type(data) in _PLAIN
        if not plain or not op.elementwise or is_grad_enabled():
            return False
        try:
            z = op.forward(data, other)
        except (ValueError, TypeError):
            return False
        # with arrays of objects it may be a Python number
        if getattr(z, "dtype", None) is not data.dtype or z.shape != self._shape:
            return False
        self._take(z)
        return True

    def _take_over(self, name: str, result: Any) -> Any:
        """Become the result of an operation, if its shape and dtype fit those of this tensor."""
        same = isinstance(result, Assignment) and result._shape == self._shape
        if not same and not _stretches(np.shape(result), self._shape):
            raise ValueError(
                f"{name}: the result has shape {np.shape(result)} and cannot be written into "
                f"{self._name()} of shape {self._shape}"
            )
        dtype = result._data.dtype if same else getattr(result, "dtype", _FLOATS)
        if dtype is not self._data.dtype and not np.can_cast(dtype, self._data.dtype, "same_kind"):
            raise TypeError(
                f"{name}: a result of {dtype} cannot be cast to {self._data.dtype}, the dtype of "
                f"{self._name()}"
            )
        before = self._node
        self._become(result if same else assign(self, result, index=...))
        if self._view is not None:
            spread(self, tracked=before is not None)
        return self

    def _accumulate(self, op: Op, index: Any, value: Any) -> None:
        """Do what ``np.add.at`` does: repeated positions accumulate."""
        name = f"np.{op.name}.at"
        self._check_writable(name)
        index = plain_index(index)
        place = np.ones(np.shape(self._data[index]), self._data.dtype)
        self._take_over(name, op(self, put(place * value, index=index, shape=self._shape)))

    def __iadd__(self, other: Any) -> Any:
        return self._inplace(ops.add, other)

    def __isub__(self, other: Any) -> Any:
        return self._inplace(ops.subtract, other)

    def __imul__(self, other: Any) -> Any:
        return self._inplace(ops.multiply, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._inplace(ops.divide, other)

    def __ipow__(self, other: Any) -> Any:
        return self._inplace(ops.power, other)


def _stretches(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False
