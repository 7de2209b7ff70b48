"""`ArrayBox`, the class of tensors by the name of HIPS autograd. Next: `numpy_vjps.py`."""

from ..tensor import Tensor as ArrayBox

__all__ = ["ArrayBox"]
