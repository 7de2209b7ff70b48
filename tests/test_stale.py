"""Released graphs, and leaves changed between forward and backward: refused, by name."""

import numpy as np
import pytest

import autograd
from autograd import (
    Tensor,
    Value,
    add_n,
    backward,
    grad,
    jacobian,
    record_origins,
    topological_order,
)

LEAVES = {
    "Value": lambda x, label="": Value(x, label=label),
    "Tensor": lambda x, label="": Tensor(x, requires_grad=True, label=label),
}
BOTH = pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)


def clear(*leaves):
    for x in leaves:
        x.grad = 0.0 if isinstance(x, Value) else None


@BOTH
def test_changed_leaf_is_refused_by_name_and_nothing_changes(leaf):
    w, x = leaf(2.0, "weight"), leaf(3.0)
    y = w * x
    z = y + 1.0
    z.backward()
    known = w.grad, x.grad, y.grad
    w.data = 5.0
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"'weight' \(leaf\) changed after .* by multiply"):
            z.backward()
        with pytest.raises(RuntimeError, match="'weight'"):
            z.backward(create_graph=True)
        with pytest.raises(RuntimeError, match="'weight'"):
            z.backward(release=True)
        assert (w.grad, x.grad, y.grad) == known


@BOTH
@pytest.mark.parametrize(
    "use",
    [
        lambda w, x: w + x,
        lambda w, x: x - w,
        lambda w, x: w * w,
        lambda w, x: np.sin(w),
        lambda w, x: add_n([x, x, w]),
        lambda w, x: w * 2.0,
        lambda w, x: 1.0 / w,
        lambda w, x: np.stack([x, w, x]).sum(),
    ],
)
def test_changed_leaf_is_seen_whatever_its_place(leaf, use):
    w, x = leaf(2.0, "weight"), leaf(3.0)
    z = use(w, x) * x
    w.data = 2.5
    with pytest.raises(RuntimeError, match="'weight'"):
        z.backward()


@BOTH
def test_fresh_graph_after_the_change_is_fine(leaf):
    w, x = leaf(2.0), leaf(3.0)
    for data in (4.0, 5.0):
        (w * x).backward()
        w.data = data
        clear(w, x)
        (w * x * w).backward()
        assert (w.grad, x.grad) == (2 * data * 3.0, data * data)
        clear(w, x)


@BOTH
def test_shared_trunk(leaf):
    """Data changed before the trunk is fine; what was built on it afterwards sees no change."""
    w, v = leaf(2.0), leaf(3.0, "v")
    w.data = 4.0
    trunk = w * w
    v.data = 5.0
    head = trunk * v
    head.backward()
    assert (w.grad, v.grad) == (40.0, 16.0)
    trunk.backward()
    assert w.grad == 48.0
    v.data = 6.0
    with pytest.raises(RuntimeError, match="'v'"):
        head.backward()
    # the trunk does not use v
    trunk.backward()
    assert w.grad == 56.0
    again = trunk * v
    again.backward()
    assert v.grad == 32.0


@BOTH
def test_backward_in_between_does_not_hide_a_change(leaf):
    w, x = leaf(2.0, "w"), leaf(3.0)
    y = w * x
    w.data = 3.0
    other = w * x
    other.backward()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="'w'"):
            y.backward()
        with pytest.raises(RuntimeError, match="'w'"):
            (y * other).backward()
    assert w.grad == 3.0


@BOTH
def test_backward_first_and_update_afterwards(leaf):
    w = leaf(2.0)
    for _ in range(20):
        loss = (w - 1.0) ** 2
        clear(w)
        loss.backward()
        w.data = w.data - 0.3 * w.grad
    assert float(w.data) == pytest.approx(1.0)


def test_augmented_data_of_a_tensor_counts_as_a_change():
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    z = (w * w).sum()
    w.data -= 0.5
    np.testing.assert_array_equal(w.data, [0.5, 1.5])
    with pytest.raises(RuntimeError, match="'w'"):
        z.backward()


def test_setting_data_keeps_dtype_and_takes_a_copy():
    w = Tensor(np.zeros(2, np.float32), requires_grad=True)
    data = np.array([1.0, 2.0])
    w.data = data
    data[0] = 7.0
    assert w.dtype == np.float32
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    np.testing.assert_array_equal((w * 1.0).data, [1.0, 2.0])


def test_a_tensor_without_gradient_may_change():
    c, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=True)
    z = (c * w).sum()
    c.data = [5.0, 6.0]
    z.backward()
    np.testing.assert_array_equal(w.grad, [1.0, 2.0])


# --------------------------------------------------------------------------------------------------
# Release


@BOTH
def test_released_graph_says_so(leaf):
    w, x = leaf(2.0), leaf(3.0)
    y = w * x
    z = y + w
    z.label = "loss"
    z.backward(release=True)
    assert (w.grad, x.grad) == (4.0, 2.0)
    for node in (z, y):
        with pytest.raises(RuntimeError, match=r"was released by backward\(release=True\)"):
            node.backward()
        with pytest.raises(RuntimeError, match="was released"):
            (node * 2.0).backward()
        assert node.parents == ()
        assert not node.is_leaf
    with pytest.raises(RuntimeError, match=r"'loss' \(add\) was released"):
        z.backward()
    with pytest.raises(RuntimeError, match="was released"):
        _ = z.local_derivative
    assert (w.grad, x.grad) == (4.0, 2.0)
    assert float(z.data) == 8.0
    repr(z)


@BOTH
def test_release_of_one_graph_leaves_another_over_the_same_leaves(leaf):
    w = leaf(3.0)
    one, two = w * w, w * 2.0
    one.backward(release=True)
    two.backward()
    assert w.grad == 8.0


@BOTH
def test_release_of_a_shared_trunk_is_noticed_above_it(leaf):
    w = leaf(3.0)
    trunk = w * w
    one, two = trunk * 2.0, trunk * 5.0
    one.backward(release=True)
    with pytest.raises(RuntimeError, match="was released"):
        two.backward()
    assert w.grad == 12.0


@BOTH
def test_without_release_everything_stays(leaf):
    w = leaf(3.0)
    y = w * w
    z = y * 2.0
    z.backward()
    assert y.grad == 2.0
    assert len(topological_order(z if isinstance(z, Value) else z.node)) == 2


@BOTH
def test_backward_of_a_leaf_can_release_nothing(leaf):
    w = leaf(3.0)
    w.backward(release=True)
    w.backward()
    assert w.grad == 2.0


# --------------------------------------------------------------------------------------------------
# Plain arrays that are written into between the passes

WRITTEN = {
    "multiply": (lambda x, c: x * c, np.ones((2, 3))),
    "multiply-large": (lambda x, c: x[:, :1] * c, np.ones(100_000)),
    "multiply-turned": (lambda x, c: x * c.T, np.ones((3, 2))),
    "multiply-part": (lambda x, c: x * c[:, 1:4], np.ones((2, 9))),
    "multiply-stretched": (lambda x, c: x * np.broadcast_to(c, (2, 3)), np.ones(3)),
    "multiply-0-d": (lambda x, c: x * c, np.array(2.0)),
    "matmul": (lambda x, c: x @ c, np.ones((3, 2), np.float32)),
    "where": (lambda x, c: np.where(c, x, 0.0), np.array([True, False, True])),
    "getitem": (lambda x, c: x[:, c], np.array([0, 1, 0])),
    "linear": (lambda x, c: autograd.linear(c, x, np.zeros(3)), np.ones((4, 2))),
    "einsum": (lambda x, c: np.einsum("ij,jk->ik", x, c), np.ones((3, 2))),
    "power": (lambda x, c: x**c, np.full((2, 3), 2.0)),
    "sumprod": (
        lambda x, c: autograd.operations()["sumprod"](x, x, c, x, pairs=2),
        np.ones((2, 3)),
    ),
}


def written(name):
    """Return a leaf, the result of an operation on it and an array, and that array."""
    function, array = WRITTEN[name]
    x, c = Tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=True), array.copy()
    return x, function(x, c), c


def overwrite(c):
    c[...] = ~c if c.dtype == bool else c == 0


@pytest.mark.parametrize("name", WRITTEN)
def test_a_plain_array_that_was_written_into_is_found_where_origins_are_recorded(name):
    x, y, _ = written(name)
    y.sum().backward()
    expected = x.grad
    with record_origins():
        x, y, c = written(name)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, expected)
    overwrite(c)
    match = rf"was written into after {name.split('-')[0]}, made at test_stale.py:\d+ took it"
    for options in ({}, {"create_graph": True}):
        with pytest.raises(RuntimeError, match=match):
            y.sum().backward(**options)
    np.testing.assert_array_equal(x.grad, expected)


def test_a_write_that_no_derivative_reads_is_let_pass():
    x, c = Tensor([1.0, 2.0], requires_grad=True), np.ones(2)
    with record_origins():
        y, z = x + c, c / x
        w = x * c.astype(np.float32).tolist() * Tensor(c)
    c += 1.0
    (y + z + w).sum().backward()
    np.testing.assert_allclose(x.grad, 1.0 - 1.0 / x.data**2 + 1.0)
    with record_origins():
        y = x * c
    y.sum().backward(release=True)
    c += 1.0


def test_a_write_within_a_transform_is_found():
    def f(x):
        c = np.ones(3)
        y = x * c
        c += 1.0
        return y.sum()

    np.testing.assert_array_equal(grad(f)(np.ones(3)), np.full(3, 2.0))  # unseen
    with record_origins(), pytest.raises(RuntimeError, match=r"of shape \(3,\) was written into"):
        grad(f)(np.ones(3))


# --------------------------------------------------------------------------------------------------
# Transforms at computed nodes


@BOTH
def test_a_derivative_at_a_node_asks_nothing_of_the_graph_behind_it(leaf):
    changed, released = leaf(2.0), leaf(2.0)
    for x, behind in ((changed, "changed after it was used"), (released, "was released")):
        y = x * 3.0
        if x is changed:
            x.data = 5.0
        else:
            y.backward(release=True)
        for derivative in (grad, jacobian):
            slope = derivative(lambda v: v**3)(y)
            assert float(slope.data) == 108.0
            with pytest.raises(RuntimeError, match=behind):
                slope.backward()
        with pytest.raises(RuntimeError, match=behind):
            y.backward()


@BOTH
def test_steps_that_are_differentiated_walk_through_their_own_graphs(leaf, monkeypatch):
    walked = []

    def order_of(root):
        walked.append(topological_order(root))
        return walked[-1]

    monkeypatch.setattr(backward, "topological_order", order_of)
    w = leaf(1.0)
    x, n = w * 1.0, 20
    for _ in range(n):
        x = x - 0.25 * grad(lambda v: v * v)(x)
    assert sum(map(len, walked)) <= 2 * n
    x.backward()
    assert float(w.grad) == 0.5**n


@pytest.mark.parametrize(
    ("name", "use"),
    {
        "power": lambda w, v: w**2,
        "matmul": lambda w, v: w @ v,
        "multiply": lambda w, v: np.sin(w[1:]) * (v * w)[1:],
        "linear": lambda w, v: autograd.linear(v, w, np.zeros(3)),
    }.items(),
)
def test_a_leaf_whose_entries_were_written_is_found_where_origins_are_recorded(name, use):
    numbers = np.arange(9.0).reshape(3, 3)
    w = Tensor(numbers.copy(), requires_grad=True, label="W")
    v = Tensor(np.ones((3, 3)), requires_grad=True)
    with record_origins():
        loss = use(w, v).sum()
    w.data[2, 0] += 1.0
    with pytest.raises(RuntimeError, match=f"was written into after {name}, made at test_stale"):
        loss.backward()
    assert w.grad is None
    w.data[...] = numbers
    loss.backward()
    assert w.grad.any()
    w.data -= w.grad  # a step of a training is noticed at any time, and has its own message
    with pytest.raises(RuntimeError, match=r"the data of 'W' .* changed after it was used"):
        loss.backward()
