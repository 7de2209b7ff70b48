from .tensor import Tensor
from .value import Value, add_n, sumprod
from .mode import *
from . import interop
