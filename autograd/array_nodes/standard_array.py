"""The attributes and methods of the array API standard beyond NumPy's. Next: `applying.py`.

The namespace itself, `xp/`, stands above and is imported when it is asked for.
"""

from __future__ import annotations

import operator
from importlib import import_module
from typing import Any

import numpy as np

from ..conversions import check_float
from ..op import Op
from ..ops import elementwise_more as more
from ..ops import linalg, piecewise
from ..settings import shown

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")


class StandardArray:
    """The standard's attributes, conversions and in-place operators."""

    __slots__ = ()

    _data: Any
    _node: Any

    def _name(self) -> str:
        raise NotImplementedError

    def _inplace(self, op: Op, other: Any) -> Any:
        raise NotImplementedError

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        known = isinstance(api_version, str) and api_version in VERSIONS
        if api_version is not None and not known:
            raise ValueError(
                f"version {shown(api_version)} of the array API standard is not supported, only "
                f"{', '.join(VERSIONS)}"
            )
        return import_module("autograd.xp")

    @property
    def device(self) -> str:
        """The device of the data: "cpu"."""
        return "cpu"

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """Return the tensor itself: the only device is "cpu"."""
        if not isinstance(device, str) or device != "cpu" or stream is not None:
            raise ValueError(
                f"device {shown(device)}, stream {shown(stream)}: tensors live on 'cpu' alone"
            )
        return self

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: Any = None,
        copy: bool | None = None,
    ) -> Any:
        if self._node is not None:
            raise TypeError(
                f"handing {self._name()} to another library would lose its gradient; hand over "
                ".detach() if that is meant"
            )
        array = np.asarray(self._data)
        if max_version is None and not array.flags.writeable:
            array = array.copy()
        return array.__dlpack__(
            stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
        )

    def __dlpack_device__(self) -> tuple[int, int]:
        return np.asarray(self._data).__dlpack_device__()

    def __index__(self) -> int:
        return operator.index(self._data)

    def __complex__(self) -> complex:
        if self._node is not None:
            check_float(self._name())
        return complex(self._data)

    def __ifloordiv__(self, other: Any) -> Any:
        return self._inplace(piecewise.floor_divide, other)

    def __imod__(self, other: Any) -> Any:
        return self._inplace(more.remainder, other)

    def __imatmul__(self, other: Any) -> Any:
        return self._inplace(linalg.matmul, other)

    def __iand__(self, other: Any) -> Any:
        return self._inplace(piecewise.bitwise_and, other)

    def __ior__(self, other: Any) -> Any:
        return self._inplace(piecewise.bitwise_or, other)

    def __ixor__(self, other: Any) -> Any:
        return self._inplace(piecewise.bitwise_xor, other)

    def __ilshift__(self, other: Any) -> Any:
        return self._inplace(piecewise.left_shift, other)

    def __irshift__(self, other: Any) -> Any:
        return self._inplace(piecewise.right_shift, other)
