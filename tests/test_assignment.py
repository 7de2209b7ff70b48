"""Assignment by index and in place: a new node for the same tensor, right gradients for all."""

import operator

import numpy as np
import pytest

from autograd import Tensor, Value, no_grad, xp
from autograd.references import TEMPORARY

from .checks import assert_close, cotangent_for, differences


def leaf(shape=(3,)):
    return Tensor(np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape), requires_grad=True)


def test_a_new_version_under_the_same_handle():
    x = leaf()
    y = x * 2.0
    old, used = y.node, y * y
    y[0] = 5.0
    assert y.node is not old
    assert y.parents[0] is old
    np.testing.assert_array_equal(y.data, [5.0, 4.0, 6.0])
    np.testing.assert_array_equal(used.data, [4.0, 16.0, 36.0])
    # whoever used the old version gets its gradient
    (used.sum() + (y * 10.0).sum()).backward()
    np.testing.assert_array_equal(x.grad, [8.0, 36.0, 44.0])


def rows(x, v):
    y = x * 1.0
    y[1] = v
    y[:, 0] = y[:, 1] * 2.0
    return np.sin(y)


def loop(x, v):
    y = x * 0.0
    for i in range(len(y)):
        y[i] = (y[i - 1] if i else 0.0) * 0.5 + x[i] * v
    return y


def masks(x, v):
    y = x + 1.0
    y[y > 3.0] = y[y > 3.0] ** 2
    y[np.array([0, 0])] = v * v
    return y * y


def aliases(x, v):
    y = x * 1.0
    z = y
    y[0] = v
    y *= v
    # one handle, so both names see the change
    return y * z


def strided(x, v):
    y = x.T * 1.0
    y[::-1, ::2] = v.reshape(3, 1)
    return y[::2] * v[:2]


def scattered(x, v):
    y = x * 1.0
    np.add.at(y, [0, 0, 1], v)
    np.subtract.at(y, [1, 1], v * 0.5)
    return y * y


def in_place(x, v):
    y = x * 1.0
    y += v
    y *= x
    y -= 0.5
    y /= v
    y **= 2
    return y


PROGRAMS = [rows, loop, masks, aliases, strided, scattered, in_place]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_of_programs_that_assign(program, create_graph):
    x, v = leaf((2, 3)), Tensor([2.5, 0.75, 1.5], requires_grad=True)
    z = program(x, v)
    cotangent = cotangent_for(z.data)
    z.backward(cotangent, create_graph=create_graph)

    def scalar(a, b):
        with no_grad():
            return np.sum(cotangent * program(Tensor(a), Tensor(b)).data)

    actual = [t.grad.data if create_graph else t.grad for t in (x, v)]
    assert_close(actual, differences(scalar, [x.data, v.data]))


def test_assigned_values():
    x, a = leaf(), Value(4.0)
    y = x * 1.0
    y[1] = a
    y[2] = a * a
    (y * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert a.grad == 10.0 + 800.0
    np.testing.assert_array_equal(x.grad, [1.0, 0.0, 0.0])


def test_a_constant_tensor_takes_part_in_a_graph():
    x = leaf()
    y = Tensor(np.zeros(4))
    y[1:] = x * 2.0
    assert y.requires_grad
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad, 8.0 * x.data)


def test_assignment_does_not_write_into_shared_arrays():
    data = np.zeros(3)
    t = Tensor(data)
    cut = t.detach()
    t[0] = 7.0
    assert data[0] == cut.data[0] == 0.0
    assert t.data[0] == 7.0


def test_parts_and_wholes_show_what_is_written_to_the_other():
    x = leaf((2, 3))
    y = x * 1.0
    part, turned = y[0], y.T
    part *= 10.0
    turned[:, 1] = 0.0
    y[0, 0] = 7.0
    np.testing.assert_array_equal(part.data, [7.0, 20.0, 30.0])
    np.testing.assert_array_equal(turned.data, [[7.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    np.testing.assert_array_equal(y.data, [[7.0, 20.0, 30.0], [0.0, 0.0, 0.0]])
    (part.sum() + 100.0 * turned.sum() + 1000.0 * y.sum()).backward()
    np.testing.assert_array_equal(x.grad, [[0.0, 11010.0, 11010.0], [0.0, 0.0, 0.0]])


def through_a_detached(y):
    y.detach()[0] = 5.0


def through_a_copy(y):
    y[[0, 1]][0] = 5.0


def through_a_result(y):
    (y * 2.0)[0][1] = 5.0


@pytest.mark.skipif(TEMPORARY < 0, reason="the language does not tell what no name holds")
@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("f", [through_a_detached, through_a_copy, through_a_result])
def test_a_write_that_would_be_lost_is_refused(f, requires_grad):
    data = np.arange(6.0).reshape(2, 3)
    y = Tensor(data, requires_grad) * 1.0
    with pytest.raises(TypeError, match="would be lost"):
        f(y)
    np.testing.assert_array_equal(y.data, data)


def test_whoever_holds_a_tensor_may_write_into_it():
    class Holder:
        pass

    def closure():
        y = leaf() * 1.0

        def write():
            y[0] = 9.0

        write()
        return y

    holder, many, named = Holder(), [leaf() * 1.0], {"y": leaf() * 1.0}
    holder.y = kept = leaf() * 1.0
    holder.y[0] = many[0][0] = named["y"][0] = 9.0
    (other := leaf() * 1.0)[0] = 9.0
    called = (leaf((2, 3)) * 1.0)[0]
    called.__setitem__(0, 9.0)
    (leaf() * 1.0).__setitem__(0, 9.0)
    operator.setitem(leaf() * 1.0, 0, 9.0)
    for y in (kept, many[0], named["y"], other, called, closure()):
        np.testing.assert_array_equal(y.data, [9.0, 2.0, 3.0])


def test_dtype_and_label_stay():
    y = Tensor([1.0, 2.0], dtype=np.float32, requires_grad=True) * np.float32(1.0)
    y.label = "y"
    y[0] = 2.5
    y += np.float64(1.0)
    assert y.dtype == np.float32
    assert y.label == "y"
    y.backward([1.0, 1.0])


def test_a_leaf_is_updated_inside_no_grad_and_stamped():
    x = leaf()
    x.label = "x"
    z = (x * x).sum()
    node = x.node
    with no_grad():
        x -= 0.5
        x[0] = 9.0
    assert x.node is node
    assert x.is_leaf
    np.testing.assert_array_equal(x.data, [9.0, 1.5, 2.5])
    with pytest.raises(RuntimeError, match="'x'"):
        z.backward()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [18.0, 3.0, 5.0])


@pytest.mark.parametrize(
    "f", [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow]
)
def test_in_place_equals_the_plain_operator(f):
    plain = getattr(operator, f.__name__[1:])
    for other in (2.0, np.array([1.0, 2.0, 0.5]), leaf(), np.float32(0.5), Value(1.5)):
        x, y = leaf(), leaf()
        p, q = plain(x * 1.0, other), f(y * 1.0, other)
        np.testing.assert_array_equal(p.data, q.data)
        p.backward(np.ones(3))
        q.backward(np.ones(3))
        np.testing.assert_array_equal(x.grad, y.grad)


def test_nothing_is_recorded_inside_no_grad():
    x = leaf()
    y = x * 2.0
    with no_grad():
        y[0] = 1.0
    np.testing.assert_array_equal(y.data, [1.0, 4.0, 6.0])
    assert y.parents == ()


def test_complex_numbers_among_complex_ones():
    x = xp.zeros(3, dtype=xp.complex64)
    x[1:] = xp.asarray([1j, 2.0])
    x[x == 2] = 3j
    np.testing.assert_array_equal(x.data, [0, 1j, 3j])
    assert x.dtype == np.complex64


@pytest.mark.parametrize("release", [False, True])
def test_values_written_into_an_array_without_gradient(release):
    v, w = Tensor(2.0, requires_grad=True), Tensor([1.0, 3.0], requires_grad=True)
    y = Tensor(np.ones(4))
    y[1] = v * 3
    y[2:] = w * 2
    np.sum(y**2).backward(release=release)
    assert v.grad == 36  # (3 v)² derived at 2
    np.testing.assert_array_equal(w.grad, [8.0, 24.0])
    u = Tensor(2.0, requires_grad=True)
    y = Tensor(np.ones(4))
    y[1] = u * 3
    np.sum(y**2).backward(release=release)
    assert u.grad == 36


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.arctan2, np.spacing])
def test_numbers_without_a_gradient_are_written_into_an_array(ufunc):
    target, t = np.array([1.0, 2.0, 3.0]), Tensor([4.0, 5.0, 7.0])
    inputs = (target, t)[2 - ufunc.nin :]
    wanted = ufunc(*map(np.array, inputs))
    assert ufunc(*inputs, out=target) is target
    np.testing.assert_array_equal(target, wanted)


def test_an_array_stays_an_array_when_a_tensor_without_a_gradient_is_added():
    total = np.zeros(3)
    total += leaf().detach()
    total *= Tensor(2.0)
    assert type(total) is np.ndarray
    assert total.tolist() == [2.0, 4.0, 6.0]
