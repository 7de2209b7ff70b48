"""`ArrayBox`, the class of tensors by the name of HIPS autograd. Next: `numpy_vjps.py`."""

from ..builtins import SequenceBox
from ..tensor import Tensor as ArrayBox

__all__ = ["ArrayBox", "SequenceBox"]
