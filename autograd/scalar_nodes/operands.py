"""The operands of a Value's operators: other numbers, tables, and nodes of a higher rank.

Next: `../value.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..conversions import is_table
from ..op import Op, kind_of_rank
from ..ops import elementwise as ops
from ..settings import shown
from .node import is_number

OPERATORS: dict[Op, Callable[[Any, Any], Any]] = {
    ops.add: operator.add,
    ops.subtract: operator.sub,
    ops.multiply: operator.mul,
    ops.divide: operator.truediv,
    ops.power: operator.pow,
}
# conversions of numbers to Python's, by type
PLAIN: dict[type, Callable[[Any], float]] = {
    **dict.fromkeys([np.dtype(code).type for code in "efd"], float),
    **dict.fromkeys([bool, *[np.dtype(code).type for code in "?bhilqBHILQ"]], int),
}


def operate(op: Op, *inputs: Any) -> Any:
    """Run an operation by the general path, which takes any operands."""
    if op in OPERATORS:
        x, y = inputs
        if type(x) in PLAIN:
            return OPERATORS[op](PLAIN[type(x)](x), y)
        if type(y) in PLAIN:
            return OPERATORS[op](x, PLAIN[type(y)](y))
    highest = _highest_rank(op, inputs)
    if highest is None:
        if any(map(is_table, inputs)):
            return operate(op, *(x.to_numpy() if is_table(x) else x for x in inputs))
        return NotImplemented
    return op(*inputs) if highest > 1 else kind_of_rank(1).__autograd_apply__(op, inputs, {})


def _highest_rank(op: Op, inputs: Sequence[Any]) -> int | None:
    """Return the highest rank of nodes among operands; None if one is of a foreign class.

    Raises TypeError for complex numbers.
    """
    highest = 0
    for x in inputs:
        if is_number(x):
            continue
        rank = getattr(type(x), "__autograd_rank__", 0)
        if rank:
            highest = max(highest, rank)
        elif not (isinstance(x, np.ndarray) and x.dtype.kind in "fiub"):
            if isinstance(x, complex | np.complexfloating):
                raise TypeError(f"{op.name}: complex numbers are not supported, got {shown(x)}")
            return None
    return highest
