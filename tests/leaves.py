"""The two kinds of leaves, and one of every way in which nodes are made."""

import numpy as np
import pytest

from autograd import Tensor, Value

LEAVES = {
    "Value": lambda x, label="": Value(x, label=label),
    "Tensor": lambda x, label="": Tensor(x, requires_grad=True, label=label),
}
BOTH = pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)

# one of every way in which nodes are made
WAYS = {
    "add": lambda x: x + x,
    "constant": lambda x: x * 2.0,
    "integer": lambda x: x + 1,
    "sub": lambda x: x - x,
    "left": lambda x: 2.0 - x,
    "neg": lambda x: -x,
    "div": lambda x: x / x,
    "pow": lambda x: x**3,
    "exp": lambda x: x.exp(),
    "tanh": lambda x: x.tanh(),
    "relu": lambda x: x.relu(),
    "sigmoid": lambda x: x.sigmoid(),
    "numpy": lambda x: np.sin(x),
    "where": lambda x: np.where(x > 0, x, 0.0),
    "stack": lambda x: np.stack([x, x]),
}
MADE = pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
