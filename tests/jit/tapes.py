"""Fresh values, back ends, and the check that a tape does what the function does."""

import math

import numpy as np
import pytest

from autograd import Value
from autograd.jit.c.build import compiler
from autograd.jit.tape.compiled import jit_values


def fresh(numbers):
    return [Value(x) for x in numbers]


BACKENDS = [
    "numpy",
    pytest.param("c", marks=pytest.mark.skipif(compiler() is None, reason="no C compiler")),
]


def compare(function, *points, rtol=1e-12, backend="numpy"):
    """Run a function of Values at every point, eagerly and recorded once; compare everything."""
    recorded = jit_values(function, backend=backend)
    for point in points:
        ours, theirs = fresh(point), fresh(point)
        z, t = recorded(*ours), function(*theirs)
        if isinstance(t, Value):
            assert type(z.data) is float
            np.testing.assert_allclose(z.data, t.data, rtol=rtol)
            z.backward()
            t.backward()
        else:
            np.testing.assert_allclose(z, t, rtol=rtol)
        got, wanted = [v.grad for v in ours], [v.grad for v in theirs]
        # sums are added up in another order
        size = max((abs(g) for g in wanted if math.isfinite(g)), default=0.0)
        np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol * size / 100)
    assert len(recorded.recordings) == 1
    return recorded
