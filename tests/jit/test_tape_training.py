"""Training steps of Values under jit, and results that belong to their graph."""

import functools
import math
import operator

import numpy as np
import pytest

import nn
from autograd import Value, enable_grad, no_grad
from autograd import operation as define
from autograd.jit.tape.compiled import jit_values

from .tapes import BACKENDS, compare

both = pytest.mark.parametrize("backend", BACKENDS)


# --------------------------------------------------------------------------------------------------
# Training steps


def lecture_step(model, xs, ys):
    """Return the loop of micrograd's lecture as one function."""

    def step(lr):
        predictions = [model(x) for x in xs]
        loss = sum((p - y) ** 2 for p, y in zip(predictions, ys, strict=True))
        for p in model.parameters():
            p.grad = 0.0
        loss.backward()
        for p in model.parameters():
            p.data += -lr * p.grad
        return loss

    return step


XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]


YS = [1.0, -1.0, -1.0, 1.0]


@both
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus", "leaky_relu"])
def test_the_lecture_loop_equals_eager(activation, backend):
    ours = nn.scalar.MLP(3, [4, 4, 1], activation=activation, rng=0)
    theirs = nn.scalar.MLP(3, [4, 4, 1], activation=activation, rng=0)
    fast = jit_values(lecture_step(ours, XS, YS), backend=backend)
    slow = lecture_step(theirs, XS, YS)
    for k in range(8):
        lr = 0.05 / (k + 1)
        np.testing.assert_allclose(fast(lr).data, slow(lr).data, rtol=1e-11)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose([p.data, p.grad], [q.data, q.grad], rtol=1e-10, atol=1e-14)
    assert len(fast.recordings) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda p: nn.SGD(p, lr=0.05),
        lambda p: nn.SGD(p, lr=0.05, momentum=0.9),
        lambda p: nn.Adam(p, lr=0.05),
        lambda p: nn.AdamW(p, lr=0.05),
    ],
    ids=["sgd", "momentum", "adam", "adamw"],
)
@both
def test_optimizers_inside_equal_eager(make, backend):
    def build():
        model = nn.scalar.MLP(3, [4, 1], activation="tanh", rng=1)
        optimizer = make(model.parameters())

        def step(xs, ys):
            loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.data

        return model, step, optimizer

    (ours, fast, first), (theirs, slow, second) = build(), build()
    fast = jit_values(fast, backend=backend)
    for k in range(6):
        if k == 3:
            first.lr = second.lr = 0.01
        assert math.isclose(fast(XS, YS), slow(XS, YS), rel_tol=1e-11)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose([p.data, p.grad], [q.data, q.grad], rtol=1e-10, atol=1e-14)
    assert len(fast.recordings) == 1


def test_two_steps_in_one_function():
    def build():
        w = Value(2.0)

        def steps(x):
            for _ in range(2):
                loss = (w * x - 1.0) ** 2
                w.grad = 0.0
                loss.backward()
                w.data -= 0.1 * w.grad
            return loss.data, w.data, w.grad

        return jit_values(steps), steps

    (fast, _), (_, slow) = build(), build()
    for x in (1.0, 0.5, -2.0):
        np.testing.assert_allclose(fast(x), slow(x), rtol=1e-13)


def test_gradients_accumulate_over_calls_and_in_one():
    w = Value(3.0)

    def twice():
        (w * w).backward()
        (w * 5.0).backward()

    fast = jit_values(twice)
    fast()
    assert w.grad == 11.0
    fast()
    assert w.grad == 22.0


def test_seed_and_gradients_of_intermediates():
    w = Value(3.0)

    def f(g):
        h = w * w
        (h * 2.0).backward(g)
        return h.grad, w.grad

    fast = jit_values(f)
    assert fast(1.0) == (2.0, 12.0)
    assert fast(0.5) == (1.0, 18.0)


def test_create_graph_inside():
    def curvature(x):
        (x**3).backward(create_graph=True)
        first, x.grad = x.grad, 0.0
        first.backward()
        return first.data, x.grad

    fast = jit_values(curvature)
    for x in (3.0, 2.0, -1.0):
        np.testing.assert_allclose(fast(Value(x)), (3 * x * x, 6 * x), rtol=1e-13)


def test_create_graph_keeps_the_numbers_of_the_gradients_of_computed_values():
    def f(x, again):
        y = x * x
        (y * y * y).backward(create_graph=True)
        if again:
            (y.grad * y).backward()
        return y.grad.data

    fast = jit_values(f)
    for x in (3.0, 2.0):
        assert fast(Value(x), False) == 3 * x**4
    for function in (f, jit_values(f)):
        with pytest.raises(RuntimeError, match="graph behind gradient"):
            function(Value(3.0), True)


def test_create_graph_recomputes_masks():
    def f(x):
        (x.relu() * x).backward(create_graph=True)
        first, x.grad = x.grad, 0.0
        first.backward()
        return first.data, x.grad

    fast = jit_values(f)
    for x in (3.0, -2.0, 1.0):
        assert fast(Value(x)) == ((2 * x, 2.0) if x > 0 else (0.0, 0.0))


def test_nodes_made_by_hand():
    def times(a, b):
        out = Value(a.data * b.data, (a, b), "*")

        def _backward():
            a.grad += b.data * out.grad
            b.grad += a.data * out.grad

        out._backward = _backward
        return out

    def f(a, b):
        loss = times(a, b) + a
        loss.backward()
        return loss.data

    fast = jit_values(f)
    for x, y in ((2.0, 3.0), (5.0, -1.0)):
        a, b = Value(x), Value(y)
        assert fast(a, b) == x * y + x
        assert (a.grad, b.grad) == (y + 1, x)


def test_custom_operation_that_takes_only_numbers():
    @define(x=lambda x: math.copysign(3.0, x) * x * x, name="jit_test_cube")
    def cube(x):
        return math.pow(abs(x), 3)

    compare(lambda x, y: cube(x) * 2.0 + cube(y), [2.0, 0.5], [-1.5, 3.0])


def test_no_grad_inside_and_around():
    w = Value(3.0)

    def f(x):
        with no_grad():
            c = w * x
        return c * w

    fast = jit_values(f)
    z = fast(2.0)
    z.backward()
    assert (z.data, w.grad) == (18.0, 6.0)
    with no_grad():
        z = fast(2.0)
        assert z.parents == ()
        with enable_grad():
            assert fast(2.0).parents == (w,)


# --------------------------------------------------------------------------------------------------
# Results


def test_a_result_is_connected_with_its_leaves():
    a, b = Value(2.0), Value(3.0)
    fast = jit_values(lambda x, y: [x * y, {"s": x + y}, 7, "text"])
    product, rest, seven, text = fast(a, b)
    (product * 2 + rest["s"] ** 2).backward()
    assert (a.grad, b.grad) == (3 * 2 + 10, 2 * 2 + 10)
    assert (seven, text) == (7, "text")


def test_a_result_depends_on_computed_arguments():
    a = Value(2.0)
    z = jit_values(lambda x: x * x)(a * 3)
    z.backward()
    assert a.grad == 2 * 6 * 3


def test_a_swept_result_says_so():
    w = Value(2.0)

    def f():
        loss = w * w
        loss.backward()
        return loss

    z = jit_values(f)()
    assert (z.data, z.grad) == (4.0, 1.0)
    with pytest.raises(RuntimeError, match="released"):
        z.backward()


def test_a_changed_leaf_makes_results_stale():
    w = Value(2.0)
    z = jit_values(lambda: w * w)()
    w.data = 3.0
    with pytest.raises(RuntimeError, match="changed after it was used"):
        z.backward()


def test_results_of_earlier_calls_keep_their_derivatives():
    fast = jit_values(lambda x: x * x)
    a, b = Value(2.0), Value(5.0)
    first, second = fast(a), fast(b)
    second.backward()
    first.backward()
    assert (a.grad, b.grad) == (4.0, 10.0)


def test_the_gradient_of_a_node_made_before_is_written_at_each_call():
    w = Value(2.0)
    z = w * 3

    def step(x):
        z.grad = x * 2.0
        w.grad = z.grad + 1.0

    fast = jit_values(step)
    for x in (1.0, 5.0):
        z.grad = 0.0
        fast(x)
        assert (z.grad, w.grad) == (2 * x, 2 * x + 1)


@both
def test_zeros_of_both_signs_and_nan_are_constants_of_their_own(backend):
    def products(x):
        return [(x * c).data for c in (0.0, -0.0, math.nan, math.nan, 1.0)]

    fast = jit_values(products, backend=backend)
    for x in (2.0, -3.0):
        found = fast(Value(x))
        assert np.signbit(found[:2]).tolist() == [x < 0, x > 0]
        assert np.isnan(found[2:4]).all()
        assert found[4] == x


ZERO_SUMS = {
    "few terms": lambda v: [v[0] + v[1] + v[2]],
    "many terms": lambda v: [sum(v[1:], v[0])],
    "products side by side": lambda v: [functools.reduce(operator.add, [x * 3 for x in v])],
    "lanes": lambda v: [functools.reduce(operator.add, [x * k for x in v]) for k in range(1, 20)],
    "lanes and rows": lambda v: [sum([x * k for x in v[2:]], v[0] + v[1]) for k in range(1, 20)],
}


@both
@pytest.mark.parametrize("name", ZERO_SUMS)
def test_sums_keep_the_sign_of_zero(name, backend):
    recorded = jit_values(ZERO_SUMS[name], backend=backend)
    found = recorded([Value(-0.0) for _ in range(12)])
    assert {math.copysign(1.0, z.data) for z in found} == {-1.0}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("extremum", [np.maximum, np.minimum])
def test_a_nan_that_was_not_chosen_gives_no_gradient(extremum, backend):
    """The choice of -0.3 leaves an upstream gradient of 0, which 0 nan is."""
    p, b = Value(0.2), Value(-0.3)

    def f(x):
        y = extremum(x, p)
        return np.where(y > b, y, b)

    for run in (f, jit_values(f, backend=backend)):
        for x, at_p, at_b in [(np.nan, 0.0, 1.0), (0.2, 0.5, 0.0), (np.nan, 0.0, 1.0)]:
            p.grad = b.grad = 0.0
            run(x).backward()
            assert (p.grad, b.grad) == (at_p, at_b)
