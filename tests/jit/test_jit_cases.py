"""Every operation of the table under jit: values and gradients as in eager mode, for new data."""

import numpy as np
import pytest

from autograd import Tensor
from autograd.jit import jit

from .. import cases_arrays, cases_linalg, cases_numpy, cases_special  # noqa: F401 - fill the table
from ..cases import CASES


def leaves_of(result):
    if isinstance(result, tuple | list):
        return [leaf for part in result for leaf in leaves_of(part)]
    return [result]


def plain(x):
    return np.asarray(getattr(x, "_data", x))


def step_of(case):
    """Return the function of the leaves: the outputs, and backward from a weighted sum of them."""

    def step(*leaves):
        outputs = leaves_of(case.on_leaves(leaves))
        total = 0.0
        for x in outputs:
            if isinstance(x, Tensor) and x.requires_grad:
                weights = np.cos(np.arange(x.size).reshape(x.shape) + 1.0)
                total = total + (x * weights).sum()
        if case.gradient and isinstance(total, Tensor):
            for leaf in leaves:
                leaf.grad = None
            total.backward()
        return outputs

    return step


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_jit_equals_eager(case):
    step = step_of(case)
    compiled = jit(step, backend="numpy")

    def leaves(scale):
        return [
            Tensor(a * scale if a.dtype.kind == "f" else a, case.gradient and a.dtype.kind == "f")
            for a in (case.inputs[i] for i in case.tracked)
        ]

    for scale in (1.0, 1.01, 1.02):
        ours, theirs = leaves(scale), leaves(scale)
        for x, y in zip(step(*theirs), compiled(*ours), strict=True):
            assert plain(x).dtype == plain(y).dtype
            np.testing.assert_allclose(plain(y), plain(x), rtol=1e-12, atol=1e-13)
        for x, y in zip(theirs, ours, strict=True):
            assert (x.grad is None) == (y.grad is None)
            if x.grad is not None:
                np.testing.assert_allclose(plain(y.grad), plain(x.grad), rtol=1e-12, atol=1e-13)
    assert compiled.recordings == 1


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_polynomial_without_coefficients_is_0_everywhere(dtype):
    x, nothing = np.array([1.0, np.inf, np.nan], dtype), Tensor(np.zeros(0, dtype))
    found = jit(lambda x: np.polyval(nothing, x), backend="numpy")(Tensor(x))
    np.testing.assert_array_equal(found.data, np.polyval(np.zeros(0, dtype), x), strict=True)
