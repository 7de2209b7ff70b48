"""Products of matrices take the way that is fastest for their shapes."""

import numpy as np
import pytest

from autograd.ops import (
    fused,
    linalg,
)

GIVEN = []


class Counting(np.ndarray):
    """An array that notes what its `dot` was given, and which sums were written in place."""

    def dot(self, other):
        GIVEN.append(other)
        return np.asarray(self).dot(np.asarray(other))

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        if out is not None:
            GIVEN.append(out)
            options["out"] = tuple(np.asarray(x) for x in out)
        return getattr(ufunc, method)(*map(np.asarray, inputs), **options)


def counting(*shape):
    GIVEN.clear()
    return np.ones(shape).view(Counting)


@pytest.mark.parametrize(
    ("x", "y", "takes"),
    [
        ((2, 3), (3, 4), 1),
        ((2, 3), (3,), 0),
        ((3,), (3, 2), 0),
        ((5, 2, 3), (3, 4), 0),
        ((2, 3), (5, 3, 4), 0),
    ],
)
def test_matrices_are_multiplied_by_dot(x, y, takes):
    linalg._matmul(counting(*x), np.ones(y))
    assert len(GIVEN) == takes


@pytest.mark.parametrize(
    ("g", "y", "takes"),
    [((5, 2, 3), (4, 3), 1), ((2, 3), (4, 3), 0), ((5, 2, 3), (5, 4, 3), 0)],
)
def test_a_stack_meets_one_matrix_in_one_product(g, y, takes):
    x_shape = (*g[:-1], y[-2])
    assert linalg._pull_x_array(counting(*g), np.ones(y), x_shape).shape == x_shape
    assert len(GIVEN) == takes


@pytest.mark.parametrize(
    ("x", "g", "y_shape", "takes"),
    [
        ((5, 2, 4), (5, 2, 3), (4, 3), 1),
        ((2, 4), (2, 3), (4, 3), 0),
        ((5, 2, 4), (5, 2, 3), (5, 4, 3), 0),
    ],
)
def test_one_matrix_meets_a_stack_in_one_product(x, g, y_shape, takes):
    assert linalg._pull_y_array(np.ones(g), counting(*x), y_shape).shape == y_shape
    assert len(GIVEN) == takes


@pytest.mark.parametrize(
    ("g", "y", "takes"),
    [
        ((512, 4), (512, 4), True),
        ((511, 4), (512, 4), False),
        ((512, 3), (683, 3), False),
    ],
)
def test_a_small_matrix_is_turned_over_for_many_rows(g, y, takes):
    linalg.times_transpose(counting(*g), np.ones(y))
    assert GIVEN[-1].flags.c_contiguous == takes


@pytest.mark.parametrize(
    ("rows", "takes"), [(linalg.WIDE - 1, False), (linalg.WIDE, True), (linalg.WIDE + 1, True)]
)
@pytest.mark.parametrize("module", [linalg, fused])
def test_few_numbers_meet_a_matrix_as_it_lies(monkeypatch, module, rows, takes):
    x, y, g = np.ones((rows, 4)), np.ones((4, 1)), np.ones((rows, 1))

    def noting(g, y):
        GIVEN.append(y)
        return g.dot(y.T)

    GIVEN.clear()
    monkeypatch.setattr(module, "times_transpose", noting)
    if module is linalg:
        dx, dy = linalg._pull_matmul((x, y, x.shape, y.shape), g)
    else:
        dx, dy, _ = fused._pull_linear((x, y, None), g)
    assert bool(GIVEN) == takes
    np.testing.assert_array_equal(dx, x)
    np.testing.assert_array_equal(dy, np.full((4, 1), rows))


@pytest.mark.parametrize(
    ("x", "w", "kind", "in_place"),
    [
        ((2, 3), (3, 2), np.float64, True),
        ((1, 3), (3, 2), np.float64, True),
        ((1, 3), (3, 1), np.float64, False),
        ((2, 3), (3, 2), np.float32, False),
        ((3,), (3, 2), np.float64, True),
    ],
)
def test_a_bias_is_added_in_place(x, w, kind, in_place):
    b = counting(w[1]).astype(kind)
    GIVEN.clear()
    z = fused._linear(np.ones(x), np.ones(w), b)
    np.testing.assert_array_equal(z, np.full((*x[:-1], w[1]), 4.0))
    assert len(GIVEN) == in_place
    # one row is added to as a vector
    if in_place:
        assert GIVEN[0][0].ndim == (1 if len(x) < 2 or x[0] == 1 else 2)
