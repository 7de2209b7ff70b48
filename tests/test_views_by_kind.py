"""Kinds of views: those to be read only, diagonals, single numbers, flat ones, in every layout."""

import operator

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from autograd import Tensor, grad, jit, value_and_grad

from .test_views import LOOK


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("look", LOOK)
def test_views_that_are_read_only_show_writes_and_get_none(look, order):
    a = np.arange(6.0).reshape(2, 3)
    x = Tensor(np.array(a, order=order), requires_grad=True)
    y, z = x * 1.0, np.array(a, order=order)
    for u in (y, z):
        u[1, 1] = -7.0
    view, expected = look(y), look(z)
    for u in (y, z):
        u[0] *= 3.0
        u.T[1:] += 1.0
    np.testing.assert_array_equal(view.data, expected)
    before = y.data
    view += 1.0  # NumPy refuses this; a tensor of its own from here on
    np.testing.assert_array_equal(y.data, before)
    view.sum().backward()
    weights = np.zeros(6)
    np.add.at(weights, look(np.arange(6).reshape(2, 3)).ravel(), 1.0)
    expected = weights.reshape(2, 3) * [[3.0, 3.0, 3.0], [1.0, 0.0, 1.0]]
    np.testing.assert_array_equal(x.grad, expected)


@pytest.mark.parametrize("subscripts", ["iij->ij", "iij->ji", "iji->ij", "jii->ij"])
def test_diagonals_of_einsum_are_views(subscripts):
    shape = [{"i": 2, "j": 3}[c] for c in subscripts.split("->")[0]]
    a = np.arange(12.0).reshape(shape)
    x = Tensor(a, requires_grad=True)
    y, z = x * 1.0, a.copy()
    for u in (y, z):
        view = np.einsum(subscripts, u)
        view[1] *= 3.0
        u[0] += 2.0
        view[0] -= 5.0
    np.testing.assert_array_equal(y.data, z)
    np.testing.assert_array_equal(view, np.einsum(subscripts, y.data))
    weights = np.cos(np.arange(12.0)).reshape(shape)
    (y * weights).sum().backward()
    places = np.einsum(subscripts, weights.copy())
    slope = weights.copy()
    np.einsum(subscripts, slope)[1] = 3.0 * places[1]
    np.testing.assert_allclose(x.grad, slope, rtol=1e-15)


def test_an_array_of_one_number_is_a_view():
    for y in (np.arange(3.0), Tensor(np.arange(3.0), requires_grad=True) * 1.0):
        view = y[1, ...]
        view[...] = 5.0
        view *= 2.0
        y[1:] += 1.0
        np.testing.assert_array_equal(view, 11.0)
        np.testing.assert_array_equal(y, [0.0, 11.0, 3.0])
        number = y[1]
        number += 1.0  # a number, bound to another one
        np.testing.assert_array_equal(y, [0.0, 11.0, 3.0])


def test_flat_reads_and_writes_entries_in_any_layout():
    for y in (np.arange(6.0).reshape(2, 3), Tensor(np.arange(6.0).reshape(2, 3)) * 1.0):
        y.T.flat[1] = 7.0
        np.testing.assert_array_equal(y, [[0.0, 1.0, 2.0], [7.0, 4.0, 5.0]])
        flat = y.T.flat
        flat[2:4] = [-1.0, -2.0]
        np.testing.assert_array_equal(y, [[0.0, -1.0, 2.0], [7.0, -2.0, 5.0]])
        y.flat = [8.0, 9.0]
        np.testing.assert_array_equal(y, [[8.0, 9.0, 8.0], [9.0, 8.0, 9.0]])
        y[0].flat = 3.0
        np.testing.assert_array_equal(y, [[3.0, 3.0, 3.0], [9.0, 8.0, 9.0]])


@pytest.mark.parametrize("run", [grad, lambda f: jit(grad(f)), lambda f: grad(jit(f))])
def test_flat_of_columns_is_written_in_any_run(run):
    w = np.arange(1.0, 10.0).reshape(3, 3)

    def f(x):
        y = x * 1.0
        y.T.flat[1:4] = 5.0 * x[2]  # y[1, 0], y[2, 0], y[0, 1]
        return np.sum(w * y)

    # the weights of what is kept, and of what the last row was written to
    expected = np.array([[1.0, 0.0, 3.0], [0.0, 5.0, 6.0], [20.0, 8.0 + 35.0, 9.0 + 10.0]])
    for _ in range(2):
        np.testing.assert_allclose(run(f)(np.arange(9.0).reshape(3, 3)), expected)


@pytest.mark.parametrize("value", ["x[1, 1]", "x[1] * 1.0", "x.T * 1.0", "x[::-1] * 1.0"])
@pytest.mark.parametrize("view", ["y[::-1]", "y.T", "y", "y[:, ::-1]"])
def test_what_is_written_lies_in_memory_as_before_in_a_recording(view, value):
    """Whether ravel shows the array does not depend on how the value lay that was written."""
    program = f"y = x * 1.0; part = {view}; part[...] = {value}; flat = part.ravel(); flat[1] += 1"
    w = np.arange(1.0, 10.0).reshape(3, 3)

    def loss(x):
        names = {"x": x}
        exec(f"{program}; part[0] *= 3.0", names)
        return np.sum(w * names["y"]) + np.sum(w.ravel() * names["flat"])

    x = np.arange(9.0).reshape(3, 3)
    slopes = [loss(x + unit.reshape(3, 3)) - loss(x) for unit in np.eye(9)]
    for run in (value_and_grad(loss), jit(value_and_grad(loss))):
        for _ in range(2):
            found, slope = run(x)
            assert found == loss(x)
            np.testing.assert_allclose(slope.ravel(), slopes)


COPIES = [
    "x.T.copy()",
    "x.T.copy(order='F')",
    "np.copy(x.T)",
    "np.copy(x.T, order='C')",
    "x.swapaxes(1, 2).copy()",
    "np.add(x, x.transpose(1, 2, 0), out=x * 1.0)",
    "np.add(x.transpose(2, 0, 1), 0.0, out=x * 1.0)",
]


@pytest.mark.parametrize("made", COPIES)
def test_copies_and_results_lie_in_memory_as_in_numpy(made):
    """What ravel shows of them tells."""
    program = f"y = {made}; flat, turned = y.ravel(), y.T.ravel(); flat[1] = 5.0; turned[2] = 7.0"

    def loss(x):
        names = {"x": x, "np": np}
        exec(program, names)
        y = names["y"]
        return np.sum(np.arange(27.0).reshape(3, 3, 3) * y) + np.sum(y.ravel()[:2])

    x = np.arange(27.0).reshape(3, 3, 3)
    for run in (value_and_grad(loss), jit(value_and_grad(loss))):
        for _ in range(2):
            assert run(x)[0] == loss(x)


def test_a_view_that_was_made_a_leaf_stays_one():
    y = Tensor([1.0, 2.0, 3.0])
    view = y[1:]
    view.requires_grad = True
    loss = (view * view).sum()
    y[1] = 5.0
    np.testing.assert_array_equal(view.data, [5.0, 3.0])
    with pytest.raises(RuntimeError, match="data of leaf changed after it was used by multiply"):
        loss.backward()
    (view * view).sum().backward()
    np.testing.assert_array_equal(view.grad, [10.0, 6.0])


def test_data_of_another_shape_leave_the_family():
    for replace_whole in (True, False):
        y = Tensor(np.arange(4.0))
        view = y[1:]
        replaced, other = (y, view) if replace_whole else (view, y)
        before = other.data.copy()
        replaced.data = np.full(6, 9.0)
        np.testing.assert_array_equal(replaced.data, np.full(6, 9.0))
        np.testing.assert_array_equal(other.data, before)
        other += 1.0
        np.testing.assert_array_equal(replaced.data, np.full(6, 9.0))
        np.testing.assert_array_equal(other.data, before + 1.0)


@pytest.mark.parametrize("order", "CF")
def test_a_write_keeps_the_layout_that_decides_what_is_a_view(order):
    a = np.arange(6.0).reshape(2, 3)
    for y in (np.array(a, order=order), Tensor(np.array(a, order=order)) * 1.0):
        np.add.at(y, (0, 0), 1.0)
        y += np.ones((2, 3))
        rows, columns = np.ravel(y), np.ravel(y.T)
        rows[1] = 77.0
        columns[2] = 55.0
        part = y[:, ::2]
        part += 1.0
        copies = part.reshape(-1), part.T.reshape(-1), y.ravel("K")[::2].ravel()
        for copy in copies:
            copy[0] = -9.0
        written = [3.0, 77.0, 4.0] if order == "C" else [3.0, 55.0, 4.0]
        np.testing.assert_array_equal(y, [written, [5.0, 5.0, 7.0]])


def test_what_is_read_only_is_written_without_a_name_to_no_avail():
    y = Tensor(np.arange(3.0), requires_grad=True) * 1.0
    operator.setitem(np.broadcast_to(y, (2, 3)), 0, 5.0)
    operator.setitem(np.broadcast_to(y, (2, 3))[1], 0, 5.0)
    operator.imul(sliding_window_view(y, 2), 2.0)
    np.testing.assert_array_equal(y.data, np.arange(3.0))
    with pytest.raises(TypeError, match="no name holds would be lost"):
        np.broadcast_to(y, (2, 3))[0] = 5.0
    w = Tensor(np.ones(3), requires_grad=True)
    many = np.broadcast_to(w, (2, 3))
    many += 1.0  # of its own from here on, so that the leaf is as before
    many.sum().backward()
    np.testing.assert_array_equal(w.data, np.ones(3))
    np.testing.assert_array_equal(w.grad, np.full(3, 2.0))


@pytest.mark.parametrize(
    "index",
    [np.s_[..., :2], np.s_[:, 3], np.s_[::-1, :1], np.s_[4:6], np.s_[:, ::25], np.s_[::20]],
)
@pytest.mark.parametrize(
    "take", [lambda y: y.reshape(-1), lambda y: y.reshape(2, -1), lambda y: np.ravel(y.T)]
)
@pytest.mark.parametrize("order", "CF")
def test_small_parts_of_large_arrays_are_laid_out_as_those_of_numpy(index, take, order):
    a = np.arange(2000.0).reshape(40, 50)
    z, y = np.array(a, order=order), Tensor(np.array(a, order=order)) * 1.0
    for u in (z, y):
        view = take(u[index])
        view += 1.0
    np.testing.assert_array_equal(y.data, z)


def rows_as_vector(x):
    y = x * 1.0
    vector = y.reshape(-1)
    vector += 1.0
    return y, vector


def columns_as_vector(x):
    y = x * 1.0
    vector = np.ravel(y.T)
    y *= 3.0
    return y, vector


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("function", [rows_as_vector, columns_as_vector])
def test_replays_know_what_is_a_view_in_arrays_laid_out_otherwise(function, backend):
    run = jit(function, backend=backend)
    a = np.arange(6.0).reshape(2, 3)
    for order in ("F", "C", "F", "C"):
        b = np.array(a, order=order)
        for found, expected in zip(run(Tensor(b)), function(b), strict=True):
            np.testing.assert_array_equal(found.data, expected)
    assert run.recordings == 2


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("order", "KC")
def test_arrays_like_one_in_columns_are_in_columns_when_recorded(order, backend):
    def function(x):
        y = np.zeros_like(x.T, order=order)
        y += x
        vector = y.ravel()
        y[0] += 1.0
        return y, vector

    a = np.arange(9.0).reshape(3, 3)
    for found, expected in zip(jit(function, backend=backend)(Tensor(a)), function(a), strict=True):
        np.testing.assert_array_equal(found.data, expected)
