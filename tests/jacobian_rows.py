"""Settings and comparisons shared by the tests of rows and diagonals of Jacobians."""

import numpy as np

from autograd.transforms.trees import flatten


def assert_same(found, expected):
    for a, b in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def setting(case):
    function = lambda *xs: case.on_leaves(xs)  # noqa: E731
    points = [np.asarray(case.inputs[i], float) for i in case.tracked]
    return function, tuple(range(len(points))), points
