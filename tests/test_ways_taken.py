"""Where there is a short way to the same numbers it is taken, and where it would fail it is not.

`test_operations.py` proves the two ways equal; that a result is right does not tell which it was.
"""

import numpy as np
import pytest

from autograd import Tensor
from autograd.arithmetic import LARGE
from autograd.ops import elementwise, elementwise_more, linalg, reductions

NAN, INF = np.nan, np.inf
FEW = [1.5, -2.0, 3.0]
MANY = np.random.default_rng(0).uniform(0.5, 2.0, LARGE)


def spread(center, deviation, n=100):
    """Return n numbers around a center with a standard deviation."""
    return center + deviation * np.where(np.arange(n) % 2, 1.0, -1.0)


def product(x):
    return np.prod(x, axis=0)


def running(x):
    return np.cumprod(x, axis=0)


def axis_1(f):
    return lambda x: f(x, axis=1)


# what the long way is, a function, inputs for which it is not needed, and inputs for which it is
WAYS = {
    "prod": (reductions, "_pull_prod", product, [FEW, [2.0], []], [[1.0, 0.0], [2.0, INF], [NAN]]),
    "prod, range": (
        reductions,
        "_pull_prod",
        product,
        [[1e-150, 1e-150], [1e150, 1e150]],
        [[1e-200, 1e-200, 1.0], [1e-200, 1e-120, 1e200]],
    ),
    "cumprod": (
        reductions,
        "_pull_cumprod",
        running,
        [FEW, [2.0], [[1.0, 2.0], [3.0, 4.0]]],
        [[0.0, 1.0], [1.0, 0.0], [INF, 2.0], [NAN, 1.0], [[1.0, 0.0], [1.0, 2.0]]],
    ),
    "cumprod, range": (
        reductions,
        "_pull_cumprod",
        running,
        [[1e-150, 1e-150], [1e150, 1e150]],
        [[1e-200, 1e-200, 1.0], [1e-200, 1e-120, 1e200, 1e200]],
    ),
    "cumprod of columns": (
        reductions,
        "_pull_cumprod",
        axis_1(np.cumprod),
        [[[1.0, 2.0], [3.0, 4.0]]],
        [[[1.0, 2.0], [0.0, 4.0]]],
    ),
    "max": (reductions, "_pull_extremum", np.max, [FEW], [[1.0, 1.0], [NAN, 1.0]]),
    "max over rows": (
        reductions,
        "_pull_extremum",
        axis_1(np.max),
        [[[1.0, 2.0], [4.0, 3.0]]],
        [[[1.0, 2.0], [4.0, 4.0]], [[1.0, NAN], [1.0, 2.0]]],
    ),
    "var": (reductions, "_pull_var", np.var, [FEW, [1.0]], []),
    "var, half": (
        reductions,
        "_pull_var",
        lambda x: np.var(x.astype(np.float16)),
        [],
        [FEW],
    ),
    # equal as far as 8 n rounding errors of the numbers tell, which is 1.8e-13 of 100 numbers
    "std": (
        reductions,
        "_pull_std",
        np.std,
        [FEW, spread(1.0, 4e-13), spread(1000.0, 4e-10), spread(-1000.0, 4e-10), spread(0.0, 1.0)],
        [[1.0, 1.0], spread(1.0, 1e-13), spread(1000.0, 1e-10), spread(-1000.0, 1e-10)],
    ),
    "std over rows": (
        reductions,
        "_pull_std",
        axis_1(np.std),
        [[spread(1.0, 4e-13), spread(1000.0, 4e-10)]],
        [[spread(1.0, 4e-13), spread(1000.0, 1e-10)], [spread(1.0, 1e-13), spread(1.0, 1.0)]],
    ),
    "softmax": (
        reductions,
        "_pull_softmax",
        lambda x: reductions.softmax(x, axis=-1),
        [FEW, MANY.reshape(2, -1)],
        [],
    ),
    "log_softmax": (
        reductions,
        "_pull_log_softmax",
        lambda x: reductions.log_softmax(x, axis=-1),
        [FEW],
        [],
    ),
    "norm": (linalg, "_pull_norm", np.linalg.norm, [FEW], [[0.0, 0.0]]),
    "norm of order 3": (linalg, "_pull_norm", lambda x: np.linalg.norm(x, 3), [], [FEW]),
    "maximum": (
        elementwise,
        "_share",
        lambda x: np.maximum(x, 1.0),
        [FEW],
        [[1.0, 2.0], [NAN, 2.0]],
    ),
    "minimum": (
        elementwise,
        "_share",
        lambda x: np.minimum(x, x[::-1] * 3),
        [FEW],
        [[3.0, 4.0, 1.0], [NAN, 2.0]],
    ),
    "arctan2": (
        elementwise_more,
        "_safe",
        lambda x: np.arctan2(x, x[::-1]),
        [FEW, [1e-145, 1.0, 1e-145], [1e150, 1.0, 1e150]],
        [[0.0, 1.0, 0.0], [1e-150, 1.0, 1e-150], [1e-200, 1.0, 1e-200], [1e200, 1.0, 1.0]],
    ),
}


def times_taken(monkeypatch, module, name, function, data):
    """Return how often the long way is taken in the derivative of a function."""
    taken = []
    way = getattr(module, name)

    def counting(*arguments, **parameters):
        taken.append(name)
        return way(*arguments, **parameters)

    with np.errstate(all="ignore"):
        z = function(Tensor(data, requires_grad=True))
        monkeypatch.setattr(module, name, counting)
        z.backward(np.ones(z.shape, z.dtype))
    return len(taken)


@pytest.mark.parametrize(
    ("case", "data", "long"),
    [
        pytest.param(case, data, long, id=f"{name}-{'long' if long else 'short'}-{i}")
        for name, case in WAYS.items()
        for long in (False, True)
        for i, data in enumerate(case[3 + long])
    ],
)
def test_the_long_way_is_taken_where_it_is_needed(monkeypatch, case, data, long):
    module, name, function = case[:3]
    assert (times_taken(monkeypatch, module, name, function, data) > 0) == long
