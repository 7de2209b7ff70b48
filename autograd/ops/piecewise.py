"""Piecewise constant functions, recorded without a gradient. Next: `activations.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import elementwise


def piecewise_constant(function: np.ufunc, symbol: str | None = None) -> Any:
    """Define and register an operation whose derivative is 0 wherever it exists."""
    rules: dict[str, Any] = dict.fromkeys(("x", "y")[: function.nin])
    notation = f"{{x}} {symbol} {{y}}" if symbol else None
    return elementwise(
        function.__name__,
        function,
        bounded=True,
        symbol=symbol,
        notation=notation,
        **rules,
    )


greater = piecewise_constant(np.greater, ">")
greater_equal = piecewise_constant(np.greater_equal, ">=")
less = piecewise_constant(np.less, "<")
less_equal = piecewise_constant(np.less_equal, "<=")
equal = piecewise_constant(np.equal, "==")
not_equal = piecewise_constant(np.not_equal, "!=")
sign = piecewise_constant(np.sign)
heaviside = elementwise(
    "heaviside", np.heaviside, x=None, y=lambda x: x == 0, bounded=True, plain=False
)
floor = piecewise_constant(np.floor)
ceil = piecewise_constant(np.ceil)
rint = piecewise_constant(np.rint)
trunc = piecewise_constant(np.trunc)
isnan = piecewise_constant(np.isnan)
isinf = piecewise_constant(np.isinf)
isfinite = piecewise_constant(np.isfinite)
signbit = piecewise_constant(np.signbit)
logical_and = piecewise_constant(np.logical_and)
logical_or = piecewise_constant(np.logical_or)
logical_xor = piecewise_constant(np.logical_xor)
logical_not = piecewise_constant(np.logical_not)
bitwise_and = piecewise_constant(np.bitwise_and, "&")
bitwise_or = piecewise_constant(np.bitwise_or, "|")
bitwise_xor = piecewise_constant(np.bitwise_xor, "^")
invert = piecewise_constant(np.invert)
floor_divide = piecewise_constant(np.floor_divide, "//")
spacing = piecewise_constant(np.spacing)
left_shift = piecewise_constant(np.left_shift, "<<")
right_shift = piecewise_constant(np.right_shift, ">>")
bitwise_count = piecewise_constant(np.bitwise_count)
gcd = piecewise_constant(np.gcd)
lcm = piecewise_constant(np.lcm)
