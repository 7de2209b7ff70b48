"""StandIn, which takes the place of an array when a rule runs. Next: `batching.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ..array_nodes.operators import Operators
from ..op import Op, operation_for


class StandIn(Operators):
    """An object with a shape that passes every operation to `__autograd_apply__`.

    A subclass defines what operations return, which NumPy functions it knows, and the error for
    the others.
    """

    __slots__ = ()
    __autograd_rank__ = 3

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        raise NotImplementedError

    @staticmethod
    def _meaning(function: Callable[..., Any]) -> Callable[..., Any] | None:
        """Return the implementation of a NumPy function, None if there is none."""
        raise NotImplementedError

    @staticmethod
    def _unknown(name: str) -> Exception:
        """Return the error for a NumPy function that has no implementation."""
        raise NotImplementedError

    def _unary(self, op: Op) -> Any:
        return self.__autograd_apply__(op, (self,), {})

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
        return self.__autograd_apply__(op, (x, y), {})

    def _run(self, op: Op, /, **parameters: Any) -> Any:
        return self.__autograd_apply__(op, (self,), parameters)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        op = operation_for(ufunc)
        if op is None or method != "__call__" or kwargs:
            raise self._unknown(ufunc.__name__)
        return self.__autograd_apply__(op, inputs, {})

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        found = self._meaning(function)
        if found is None:
            raise self._unknown(function.__name__)
        return found(*args, **kwargs)

    @property
    def size(self) -> int:
        """The number of entries."""
        return prod(self._shape)

    __hash__ = object.__hash__
