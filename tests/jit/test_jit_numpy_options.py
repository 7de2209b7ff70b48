"""The calls of `numpy_options.py` under jit: the same results and gradients as without."""

import numpy as np
import pytest

from autograd import grad, jit

from .. import numpy_options
from ..numpy_functions import ROWS


@pytest.mark.parametrize("row", ROWS[numpy_options.FIRST :], ids=lambda c: f"{c.op}-{c.name}")
def test_options_under_jit(row):
    weights = np.linspace(0.5, 1.5, np.size(row.expected(*row.inputs)))

    def total(*arrays):
        return np.sum(np.ravel(row.call(*arrays)) * weights)

    slopes = grad(total, tuple(range(len(row.inputs))))
    # without a tensor, to write in place is refused
    for plain in (slopes,) if row.name.startswith("at-") else (total, slopes):
        compiled, expected = jit(plain), numbers(plain(*row.inputs))
        for _ in range(2):
            found = numbers(compiled(*row.inputs))
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def numbers(found):
    """Return one vector of all numbers of a result."""
    parts = found if isinstance(found, tuple) else (found,)
    return np.concatenate([np.ravel(getattr(x, "data", x)) for x in parts])
