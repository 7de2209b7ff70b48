"""A gradient that is the only view of its memory is stored as it is; any other is copied."""

import numpy as np
import pytest

from autograd import Op, Tensor


def leaf(*shape):
    return Tensor(np.ones(shape), requires_grad=True)


def test_the_only_view_of_a_gradient_is_kept_as_it_is():
    x = leaf(6)
    (x.reshape(2, 3) * np.arange(6.0).reshape(2, 3)).sum().backward(release=True)
    np.testing.assert_array_equal(x.grad, np.arange(6.0))
    assert x.grad.base is not None


def test_views_of_one_gradient_become_arrays_of_their_own():
    x, y = leaf(6), leaf(6)
    (x.reshape(2, 3) + y.reshape(2, 3)).backward(np.ones((2, 3)), release=True)
    assert not np.shares_memory(x.grad, y.grad)


def test_a_view_of_a_gradient_that_is_looked_at_is_copied():
    x = leaf(6)
    y = x.reshape(2, 3)
    (y * np.arange(6.0).reshape(2, 3)).sum().backward()
    assert not np.shares_memory(x.grad, y.grad)
    assert x.grad.base is None


def test_a_part_of_a_gradient_does_not_keep_the_rest():
    x = leaf(6)
    (np.concatenate([x, np.ones(4)]) * np.arange(10.0)).sum().backward(release=True)
    np.testing.assert_array_equal(x.grad, np.arange(6.0))
    assert x.grad.base is None


def test_a_gradient_has_the_layout_of_its_leaf():
    x = leaf(2, 3)
    (x.T * np.arange(6.0).reshape(3, 2)).sum().backward(release=True)
    assert x.grad.flags.c_contiguous
    y = Tensor(np.ones((2, 3), order="F"), requires_grad=True)
    (y.T * np.arange(6.0).reshape(3, 2)).sum().backward(release=True)
    assert y.grad.flags.f_contiguous
    np.testing.assert_array_equal(x.grad, y.grad)


def test_a_gradient_of_columns_is_copied_as_columns():
    rows = leaf(2, 3)
    columns, others = (Tensor(np.ones((2, 3), order="F"), requires_grad=True) for _ in range(2))
    seed = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    (rows + columns + others).backward(seed, release=True)
    layouts = {x.grad.flags.f_contiguous for x in (columns, others)}
    assert layouts == {True}
    for x in (rows, columns, others):
        np.testing.assert_array_equal(x.grad, seed)
    assert not np.shares_memory(columns.grad, others.grad)


def test_a_view_of_what_the_caller_holds_is_copied():
    x, g = leaf(6), np.ones((2, 3))
    y = x.reshape(2, 3)
    y.backward(g, release=True)
    assert not np.shares_memory(x.grad, g)


def test_a_gradient_can_be_written_to():
    twice = Op("twice", np.copy, {"x": lambda g: np.broadcast_to(g * 2.0, (6,))}, elementwise=False)
    x = leaf(6)
    twice(x).backward(np.ones(6), release=True)
    x.grad += 1
    np.testing.assert_array_equal(x.grad, np.full(6, 3.0))


@pytest.mark.parametrize("release", [False, True])
def test_an_array_that_a_rule_keeps_or_saves_is_copied(release):
    kept = np.full(6, 7.0)
    linear = Op("sevenfold", lambda x: 7.0 * x.sum(), {"x": lambda g: kept}, elementwise=False)
    square = Op("half_square", lambda x: x @ x / 2, {"x": lambda g, x: x}, elementwise=False)
    x, y = leaf(6), leaf(6)
    linear(x).backward(release=release)
    square(y).backward(release=release)
    np.testing.assert_array_equal(x.grad, kept)
    np.testing.assert_array_equal(y.grad, np.ones(6))
    assert not np.shares_memory(x.grad, kept)
    assert not np.shares_memory(y.grad, y.data)
