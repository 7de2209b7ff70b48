"""Parameter, what a module learns. Next: `printing.py`."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from autograd import Tensor


class _Leaves(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, Tensor) and x.requires_grad and x.is_leaf


class Parameter(Tensor, metaclass=_Leaves):
    """A leaf tensor that requires a gradient; a module finds it among its attributes.

    The call returns a plain `Tensor`, so that operators on it take the fast path; ``isinstance``
    is True for any such leaf.

    Parameters
    ----------
    data : array_like
        Floating-point numbers of any shape; they are copied.
    label : str
        The name shown in pictures and errors; a module gives the dotted path if there is none.
    dtype : dtype, optional
        As for `numpy.array`.

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        If the numbers are not floats.

    Examples
    --------
    >>> w = Parameter([[1.0, 2.0]], label="w")
    >>> w.requires_grad, w.label, isinstance(w, Parameter), isinstance(w * 2, Parameter)
    (True, 'w', True, False)
    """

    __slots__ = ()

    def __new__(  # type: ignore[misc]
        cls, data: Any, label: str = "", dtype: npt.DTypeLike | None = None
    ) -> Tensor:
        """Return the tensor."""
        return Tensor(data, requires_grad=True, dtype=dtype, label=label)
