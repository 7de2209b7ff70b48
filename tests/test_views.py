"""Views of tensors against NumPy's: what is written to one is seen in all others."""

import operator
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from autograd import Tensor, grad, hvp, jit, no_grad, xp
from autograd.array_nodes.views import MANY
from autograd.references import OPERAND

from .numpy_functions import ROWS

TAKE = [
    lambda y: y[1:],
    lambda y: y[::-2],
    lambda y: y[..., 0:2],
    lambda y: y[None, ..., ::-1],
    lambda y: y[0] if y.ndim > 1 and len(y) else y[:],
    lambda y: y[:, -1] if y.ndim > 1 and y.shape[1] else y[...],
    lambda y: y.T,
    lambda y: np.moveaxis(y, 0, -1),
    lambda y: np.swapaxes(y, 0, -1),
    lambda y: np.reshape(y, (-1, 1)),
    lambda y: y.reshape(2, -1) if y.size % 2 == 0 and y.size else y[:],
    lambda y: y.ravel(),
    lambda y: np.ravel(y.T),
    lambda y: y.T.reshape(-1),
    lambda y: np.einsum("i...->...i", y),
    lambda y: np.flip(y),
    lambda y: np.squeeze(np.expand_dims(y, 0), 0),
    lambda y: np.rot90(y) if y.ndim > 1 else y[::-1],
    lambda y: np.array_split(y, 2)[1],
    lambda y: next(iter(y)) if y.ndim > 1 and len(y) else y[:],
    lambda y: y.copy(),
    lambda y: y.flatten(),
    lambda y: y[[0]] if len(y) else y[:],
]

LOOK = [  # which NumPy allows nobody to write to
    lambda y: np.broadcast_to(y, (2, *y.shape)),
    lambda y: np.broadcast_to(y[1:], (2, *y[1:].shape))[..., ::2],
    lambda y: np.diagonal(y) if y.ndim > 1 else y[:],
    lambda y: np.diagonal(y.T, 1).T if y.ndim > 1 else y[:],
    lambda y: sliding_window_view(y, 1, axis=-1) if y.size else y[:],
    lambda y: sliding_window_view(y, (1,) * y.ndim).T[0] if y.size else y[:],
]


def set_part(y, v):
    y[: len(y) // 2 + 1] = v


def set_picked(y, v):
    y[[0, -1, 0] if len(y) else []] = v


def set_masked(y, v):
    y[y > v] = v


def add_at(y, v):
    np.add.at(y, np.zeros(2 if len(y) else 0, int), v)


def write_out(y, v):
    np.multiply(y, v, out=y)


def part_in_place(y, v):
    y[1:] *= v


def nested_part_in_place(y, v):
    y[:2].T[...] += v


def copied_into(y, v):
    np.copyto(y, v * np.ones(y.shape))


def rows_in_place(y, v):
    for row in y if y.ndim > 1 else [y]:
        row *= v


def in_place(y, v):
    y += v * y


WRITE = [
    set_part,
    set_picked,
    set_masked,
    add_at,
    write_out,
    part_in_place,
    nested_part_in_place,
    copied_into,
    rows_in_place,
    in_place,
]
SHAPES = [(4,), (2, 3), (3, 1, 2), (1, 4), (2, 0)]
step = st.tuples(
    st.sampled_from(["take", "look", "write", "write", "drop"]),
    st.integers(0, 999),
    st.integers(0, 999),
    st.sampled_from([-1.5, 0.5, 2.0]),
)


def run(y, steps):
    """Take views, write to them and drop them; return what is left."""
    found, seen = [y * 1.0], []
    del y
    for what, which, how, v in steps:
        y = found[which % len(found)]
        if what == "take":
            found.append(TAKE[how % len(TAKE)](y))
        elif what == "look":
            seen.append(LOOK[how % len(LOOK)](y))
        elif what == "write":
            WRITE[how % len(WRITE)](y, v)
        elif len(found) > 1:
            del found[which % len(found)]
        del y
    return found + seen


def total(y, steps):
    """Return one number that depends on everything that is left."""
    return sum(np.sum(np.sin(z + k)) for k, z in enumerate(run(y, steps)))


def slopes(a, steps):
    found = np.zeros_like(a)
    for i in np.ndindex(a.shape):
        d = np.zeros_like(a)
        d[i] = 1e-6
        found[i] = (total(a + d, steps) - total(a - d, steps)) / 2e-6
    return found


@given(st.sampled_from(SHAPES), st.lists(step, max_size=9), st.sampled_from("CF"))
@settings(deadline=None, max_examples=150)
def test_programs_of_views_and_writes(shape, steps, order):
    # no two numbers are close, so that masks do not change with a small step
    a = np.linspace(-0.93, 1.17, int(np.prod(shape))).reshape(shape, order=order) ** 3
    x = Tensor(a, requires_grad=True)
    for expected, tracked, plain in zip(
        run(a, steps), run(x, steps), run(Tensor(a), steps), strict=True
    ):
        np.testing.assert_allclose(tracked.data, expected, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(plain.data, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(x.data, a)
    f = lambda x: total(x, steps)  # noqa: E731
    np.testing.assert_allclose(grad(f)(a), slopes(a, steps), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("write", WRITE)
@pytest.mark.parametrize("take", range(len(TAKE)))
def test_every_view_with_every_write(take, write):
    steps = [("take", 0, take, 0), ("write", 1, WRITE.index(write), 0.5), ("write", 0, 5, 2.0)]
    f = lambda x: total(x, steps)  # noqa: E731
    a = np.linspace(-0.93, 1.17, 6).reshape(3, 2) ** 3
    expected = slopes(a, steps)
    np.testing.assert_allclose(grad(f)(a), expected, rtol=1e-6, atol=1e-8)
    if write is not set_masked:  # whose mask is a branch on recorded numbers
        np.testing.assert_allclose(jit(grad(f))(a), expected, rtol=1e-6, atol=1e-8)
    d = np.cos(np.arange(6.0)).reshape(3, 2)
    along = (grad(f)(a + 1e-6 * d) - grad(f)(a - 1e-6 * d)) / 2e-6
    np.testing.assert_allclose(hvp(f, a, d), along, rtol=1e-6, atol=1e-8)


def test_views_that_overlap_when_the_whole_is_gone():
    def run(y):
        y = y * 1.0
        a, b, c = y[:, :2], y[1:].T, y[:1, 2:]
        del y
        a *= 3.0
        b[0] += 1.0
        return a, b, c

    a = np.arange(6.0).reshape(2, 3)
    x = Tensor(a, requires_grad=True)
    for found, expected in zip(run(x), run(a), strict=True):
        np.testing.assert_array_equal(found.data, expected)
    sum(np.sum(z) for z in run(x)).backward()
    np.testing.assert_array_equal(x.grad, [[3.0, 3.0, 1.0], [6.0, 6.0, 1.0]])


def test_a_leaf_changes_through_its_views_only_without_recording():
    w = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, label="w")
    row, flat = w[0], w.reshape(-1)
    for write in (lambda: row.__iadd__(1.0), lambda: operator.setitem(flat, 2, 1.0)):
        with pytest.raises(RuntimeError, match=r"overwrite tensor 'w' of shape .* is a view: take"):
            write()
    np.testing.assert_array_equal(row.data, [0.0, 1.0, 2.0])
    loss = (w * w).sum()
    with no_grad():
        row += 1.0
        flat[5] = 50.0
    np.testing.assert_array_equal(w.data, [[1.0, 2.0, 3.0], [3.0, 4.0, 50.0]])
    np.testing.assert_array_equal(flat.data, w.data.reshape(-1))
    with pytest.raises(RuntimeError, match=r"'w'.* changed"):
        loss.backward()
    (flat * np.arange(6.0)).sum().backward()
    np.testing.assert_array_equal(w.grad, np.arange(6.0).reshape(2, 3))


def test_a_numerical_gradient_by_steps_in_a_flat_view():
    w = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    loss = lambda: (w**3).sum()  # noqa: E731
    found = np.zeros(6)
    with no_grad():
        flat = w.reshape(-1)
        for i in range(6):
            flat[i] += 1e-5
            above = loss().item()
            flat[i] -= 2e-5
            found[i] = (above - loss().item()) / 2e-5
            flat[i] += 1e-5
    np.testing.assert_allclose(found, 3 * np.arange(6.0) ** 2, rtol=1e-6, atol=1e-9)


def test_views_show_an_update_of_a_leaf():
    w = Tensor(np.ones((2, 2)), requires_grad=True)
    turned, plain = w.T, w.detach().T
    with no_grad():
        w -= np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(turned.data, [[1.0, -1.0], [0.0, -2.0]])
    np.testing.assert_array_equal(plain.data, np.ones((2, 2)))
    w.data -= 1.0
    np.testing.assert_array_equal(turned.data, [[0.0, -2.0], [-1.0, -3.0]])
    (turned * turned).sum().backward()
    np.testing.assert_array_equal(w.grad, 2 * w.data)


@pytest.mark.skipif(OPERAND < 0, reason="the language does not tell what no name holds")
def test_a_part_changed_in_place_is_written_once():
    x = Tensor(np.arange(4.0), requires_grad=True)
    y = x * 1.0
    before = y.node
    y[1:] += 5.0
    assert y.op.name == "assign"
    assert y.parents[0] is before
    held = [y[:2]]
    held[0] *= 2.0  # this one has a name, so the whole is written
    np.testing.assert_array_equal(y.data, [0.0, 12.0, 7.0, 8.0])
    operator.imul(y[2:], 0.0)
    np.testing.assert_array_equal(y.data, [0.0, 12.0, 0.0, 0.0])


@pytest.mark.parametrize("run", [lambda f: f, jit])
def test_views_of_what_a_step_writes(run):
    state = Tensor(np.zeros((2, 3)))

    def step(x):
        state[0] = x * 2.0
        inside = state[1]
        inside += x
        return state.sum()

    step = run(step)
    for k in range(3):
        step(Tensor(np.arange(3.0) + k))
    row, turned = state[1], state.T
    assert step(Tensor([0.0, 0.0, 1.0])).item() == 2.0 + 19.0
    np.testing.assert_array_equal(row.data, [3.0, 6.0, 10.0])
    np.testing.assert_array_equal(turned.data, [[0.0, 3.0], [0.0, 6.0], [2.0, 10.0]])


def test_a_view_of_plain_numbers_gets_the_gradient_of_what_is_written():
    w = Tensor([1.0, 2.0], requires_grad=True)
    y = Tensor(np.zeros((2, 2)))
    row, turned = y[1], y.T
    y[1] = w * 3.0
    row *= w
    (row.sum() + turned.sum()).backward()
    np.testing.assert_array_equal(w.grad, 2 * 6.0 * w.data)


def test_copies_are_no_views():
    y = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True) * 1.0
    before = y.data.copy()
    for copy in (
        y.copy(),
        y.flatten(),
        y.reshape(3, 2, copy=True),
        xp.reshape(y, (6,), copy=True),
        y.T.reshape(-1),
        y[[0, 1]],
        y[y > -1],
        y * 1.0,
        np.roll(y, 0),
        np.tile(y, 1),
        np.concatenate([y]),
        xp.astype(y, y.dtype),
    ):
        copy += 1.0
    np.testing.assert_array_equal(y.data, before)


@pytest.mark.parametrize(
    "take",
    [
        lambda y: xp.reshape(y, (-1,)),
        lambda y: xp.permute_dims(y, (1, 0)),
        lambda y: xp.matrix_transpose(y),
        lambda y: xp.moveaxis(y, 0, 1),
        lambda y: xp.flip(y),
        lambda y: xp.expand_dims(y, axis=0),
        lambda y: xp.unstack(y)[0],
        lambda y: xp.real(y),
        lambda y: xp.asarray(y, copy=False),
        lambda y: xp.astype(y, y.dtype, copy=False),
        lambda y: y.mT,
        lambda y: np.real(y),
        lambda y: np.atleast_2d(y[0]),
        lambda y: np.reshape(y.T, (2, 3), order="F"),
        lambda y: np.split(y, 3, axis=1)[1],
    ],
)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_views_of_the_standard_and_of_functions(take, requires_grad):
    y = Tensor(np.ones((2, 3)), requires_grad=requires_grad) * 1.0
    view = take(y)
    view *= 4.0
    assert y.data.sum() == 6 + 3 * view.size


def is_writeable(case):
    """Whether a function of arrays, no numbers, returns an array that may be written to."""
    z = case.call(*map(np.array, case.inputs))
    return isinstance(z, np.ndarray) and z.flags.writeable and all(a.ndim for a in case.inputs)


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("case", [c for c in ROWS if is_writeable(c)], ids=str)
def test_functions_return_views_where_those_of_numpy_do(case, requires_grad):
    arrays = [np.array(a) for a in case.inputs]
    z = case.call(*arrays)
    z[...] = 1
    tensors = [Tensor(a, requires_grad and a.dtype.kind == "f") + 0 for a in case.inputs]
    y = case.call(*tensors)
    y[...] = 1
    for x, a in zip(tensors, arrays, strict=True):
        np.testing.assert_array_equal(x.data, a)


def test_views_keep_nothing_alive_and_are_forgotten():
    y = Tensor(np.arange(4.0), requires_grad=True) * 1.0
    whole = weakref.ref(y)
    for _ in range(10 * MANY):
        view = y[1:]
    assert len(y._view[0].members) <= MANY
    del y
    assert whole() is None
    view += 1.0
    np.testing.assert_array_equal(view.data, [2.0, 3.0, 4.0])


def test_a_label_stays_with_a_tensor_that_is_written_through_a_view():
    y = Tensor(np.arange(4.0), requires_grad=True) * 1.0
    y.label = "y"
    y[:2][1] = 9.0
    assert y.label == "y"
    np.testing.assert_array_equal(y.data, [0.0, 9.0, 2.0, 3.0])
