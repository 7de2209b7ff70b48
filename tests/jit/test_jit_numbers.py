"""Python numbers as arguments: what NumPy makes of them has NumPy's dtype, and no other's."""

import numpy as np
import pytest

from autograd import Tensor, jit

from .tapes import BACKENDS

FUNCTIONS = {
    "add": lambda s: np.add(s, 1),
    "subtract": lambda s: np.subtract(1.5, s),
    "multiply": lambda s: np.multiply(s, 1.0),
    "divide": lambda s: np.divide(s, s),
    "negative": np.negative,
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "dot": lambda s: np.dot(s, s),
    "transpose": np.transpose,
    "copy": np.copy,
    "tanh": np.tanh,
    "maximum": lambda s: np.maximum(s, 0.5),
    "sum of sums": lambda s: np.sum(s) * 2 - np.add(s, s),
    # these stay Python's
    "operators": lambda s: -s * 2 + s / 3 - abs(s) ** 2,
    "comparison": lambda s: (s > 1) * s,
    "sum of a list": lambda s: sum([s, s, 1]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_dtype_of_what_is_made_of_a_number(name, backend):
    f = FUNCTIONS[name]
    single = np.array([0.1, 0.7, 1 / 3], np.float32)

    def uses(s):
        return f(s), f(s) * single, (Tensor(single) * f(s)).data

    compiled = jit(uses, backend=backend)
    for s in (2.5, -0.3, 3, True):
        if name in ("negative", "operators", "subtract") and s is True:
            continue
        for ours, theirs in zip(compiled(s), uses(s), strict=True):
            assert np.asarray(ours).dtype == np.asarray(theirs).dtype
            np.testing.assert_allclose(ours, theirs, rtol=1e-6 if name == "tanh" else 1e-15)
            assert isinstance(ours, np.ndarray | np.generic) == isinstance(
                theirs, np.ndarray | np.generic
            )


def test_a_number_that_stands_in_an_array_leaves_as_a_number():
    x = np.array(2.0)
    compiled = jit(lambda x: np.multiply(x, 1.0))
    for _ in range(2):
        found = compiled(x)
        assert type(found) is np.float64
    x[()] = 3.0
    assert found == 2.0
