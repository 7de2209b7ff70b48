"""The stepper ends where backward ends, and every step adds up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Op, Tensor, Value, softmax
from autograd.viz.stepping.recording import record
from autograd.viz.stepping.stepper import Stepper, stepper


def leaf(data, label=""):
    return Tensor(data, requires_grad=True, label=label)


def check(loss, gradient=None):
    """Walk a recording and compare with the gradients of `backward`."""
    recording = record(loss, gradient)
    held = {recording.root: recording.events[recording.first_backward()].after}
    for event in recording.events[recording.first_backward() + 1 :]:
        assert event.kind == "backward"
        before = held.get(event.target)
        assert (event.before is None) == (before is None)
        if before is not None:
            np.testing.assert_array_equal(event.before, before)
        np.testing.assert_allclose(event.upstream, held[event.name])
        total = event.contribution if before is None else before + event.contribution
        np.testing.assert_allclose(event.after, total)
        held[event.target] = event.after
    steps = {s.name: s.node for s in recording.nodes}
    for node in steps.values():
        node.grad = 0.0 if isinstance(node, Value) else None
    loss.backward() if gradient is None else loss.backward(gradient)
    for name, node in steps.items():
        if name in held:
            np.testing.assert_allclose(
                np.asarray(node.grad, float), held[name], rtol=1e-12, atol=1e-12
            )
        else:
            assert node.grad is None or not np.any(node.grad)
    return recording


SCALAR = [lambda a, b: a * b, lambda a, b: a + b, lambda a, b: a - b * 2, lambda a, b: a.tanh() + b]


@given(st.lists(st.tuples(st.sampled_from(SCALAR), st.integers(0), st.integers(0)), max_size=12))
def test_random_graphs_of_values(plan):
    known = [Value(0.5, label="a"), Value(-0.25, label="b"), Value(1.5, label="c")]
    for f, i, j in plan:
        known.append(f(known[i % len(known)], known[j % len(known)]))
    check(known[-1])


ARRAY = [
    lambda a, b: a * b,
    lambda a, b: np.sin(a) + b.sum(),
    lambda a, b: softmax(a) * b[0],
    lambda a, b: np.maximum(a, b) - a,
]


@given(st.lists(st.tuples(st.sampled_from(ARRAY), st.integers(0), st.integers(0)), max_size=8))
def test_random_graphs_of_tensors(plan):
    known = [leaf([0.5, 1.0, -2.0], "a"), leaf([0.1, 3.0, 0.7], "b")]
    for f, i, j in plan:
        known.append(f(known[i % len(known)], known[j % len(known)]))
    check((known[-1] * 1).sum())
    check(known[-1] * 1, np.array([1.0, -2.0, 0.5]))


def test_the_whole_walk_of_a_small_graph():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    c = a * b
    c.label = "c"
    s = stepper(c + a)
    assert len(s) == len(s.recording.events) == 9
    walked = [repr(s)]
    while not s.done:
        walked.append(repr(s.next()))
    assert walked[0] == "step 1 of 9  forward\n  a, a leaf"
    assert walked[2] == "step 3 of 9  forward\n  c = a * b"
    assert walked[4] == "step 5 of 9  backward starts\n  ∂v4/∂v4 = 1"
    assert walked[-1] != walked[-2]
    assert s.gradient("a") == 4.0
    assert s.gradient("b") == 2.0
    assert s.gradient("v4") == 1.0
    assert [e.kind for e in s.recording.events] == ["forward"] * 4 + ["seed"] + ["backward"] * 4
    assert a.grad == b.grad == c.grad == 0.0


def test_x_times_x_accumulates():
    a = Value(3.0, label="a")
    s = stepper(a * a).break_on("accumulate")
    first = s.to("a").event
    assert (first.before, first.contribution, first.after) == (None, 3.0, 3.0)
    assert "(first arrival)" in repr(s)
    second = s.run().event
    assert s.stopped_by == "accumulate"
    assert (second.before, second.contribution, second.after) == (3.0, 3.0, 6.0)
    assert "∂/∂a: before 3, this 3, now 6 (accumulates)" in repr(s)
    assert "(stopped by accumulate)" in repr(s)
    check(a * a)


def test_sums_are_put_in_brackets():
    a = Value(3.0, label="a")
    b = a * 2
    b.label = "b"
    loss = b * b
    loss.label = "L"
    last = stepper(loss).recording.events[-1]
    assert last.expression == "(∂L/∂L · ∂L/∂b + ∂L/∂L · ∂L/∂b) · ∂b/∂a"


def test_long_expressions_are_cut():
    a = Value(1.0, label="a")
    y = a
    for _ in range(60):
        y = y * 1.01 + a
    events = record(y).events
    assert max(len(e.expression) for e in events) < 700
    assert events[-1].expression.startswith("∂")
    check(y)


def test_broadcasting_says_what_was_summed():
    x, b = leaf(np.ones((4, 3)), "x"), leaf(np.ones(3), "b")
    column, scale = leaf(np.ones((4, 1)), "column"), leaf(2.0, "scale")
    loss = ((x + b) * column * scale).sum()
    rules = {e.target: e.rule for e in check(loss).events if e.kind == "backward"}
    assert rules["b"].endswith("summed over axis 0: the operand was stretched from (3,)")
    assert rules["column"].endswith("summed over axis 1: the operand was stretched from (4, 1)")
    assert rules["scale"].endswith("summed over axis 0, 1: the operand was stretched from ()")
    assert rules["x"] == "upstream times local derivative"
    s = stepper(loss).to("b")
    assert s.event.upstream.shape == (4, 3)
    assert s.event.local.shape == (4, 3)
    assert "array(4, 3) of norm" in repr(s)


def test_a_pullback_has_no_local_derivative():
    x, w = leaf(np.ones((2, 3)), "x"), leaf(np.ones((3, 2)), "w")
    s = stepper((x @ w).sum()).to("w")
    assert s.event.local is None
    assert s.event.rule == "the pullback of matmul"
    assert "the pullback of matmul applied to" in repr(s)


def test_moving_about():
    s = stepper(Value(2.0, label="a").tanh() * 3)
    last = len(s) - 1
    assert isinstance(s, Stepper)
    assert s.position == 0
    assert s.back().position == 0
    assert s.next(2).position == 2
    assert s.next().back(2).position == 1
    assert s.next(1000).position == last
    assert s.done
    assert s.next().position == last
    assert s.back(1000).position == 0
    assert s.next(-5).position == 0
    assert s.back(-1).position == 1
    assert s.backward().event.kind == "seed"
    assert s.gradient("a") is None
    assert s.to("a").event.target == "a"
    assert s.gradient("a") is not None
    # the next arrival, wrapping at the end
    here = s.position
    assert s.to("a").position == here
    assert s.back().to("a").position == here
    going, coming = [], []
    s.back(1000)
    for texts, move in ((going, s.next), (coming, s.back)):
        for _ in range(len(s)):
            texts.append(repr(s))
            move()
    assert going == coming[::-1]


def test_to_walks_from_arrival_to_arrival():
    a = Value(3.0, label="a")
    s = stepper(a * a + a)
    arrivals = [s.to("a").event.after for _ in range(3)]
    assert sorted(arrivals) == arrivals
    assert arrivals[-1] == 7.0
    assert s.to("a").event.after == arrivals[0]


def test_breaks():
    a, b = Value(3.0, label="a"), Value(0.0, label="b")
    loss = a * b + a.relu() * b.exp()
    s = stepper(loss).break_on("zero")
    s.run()
    assert s.stopped_by == "zero"
    assert not np.any(s.event.contribution)
    s = stepper(loss).break_on("b")
    assert s.run().event.target == "b"
    assert s.stopped_by == "b"
    seen = 1
    while not s.run().done or s.stopped_by:
        seen += 1
    assert s.stopped_by == ""
    assert seen == 2

    def large(event):
        return event.after is not None and np.max(np.abs(event.after)) > 2

    s = stepper(loss).break_on(large).run()
    assert s.stopped_by == "large"
    assert s.event.after > 2
    assert stepper(loss).run().done


def test_break_on_nan():
    x = leaf([1.0, 0.0], "x")
    with np.errstate(all="ignore"):
        s = stepper(np.sqrt(x * 2).sum()).break_on("nan").run()
    assert s.stopped_by == "nan"
    assert s.event.rule == "upstream times local derivative"
    assert np.isinf(s.event.after).any()


def test_events_are_snapshots():
    x = leaf([1.0, 2.0], "x")
    loss = (x * x).sum()
    s = stepper(loss)
    known = [np.copy(e.after) for e in s.recording.events if e.after is not None]
    loss.backward()
    x.data -= 0.5 * x.grad
    x.grad += 1.0
    now = [e.after for e in s.recording.events if e.after is not None]
    for a, b in zip(known, now, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_seed_and_what_a_pullback_shares_are_snapshots_too():
    x, seed = leaf([1.0, 2.0], "x"), np.array([1.0, 1.0])
    y = Op("shared", lambda x: 0.5 * x.sum(), {"x": lambda g, x: x}, elementwise=False)(x)
    s = stepper(x * 3, seed)
    t = stepper(y)
    seed[:] = 100.0
    x.data[:] = 100.0
    assert s.recording.events[-1].after.tolist() == [3.0, 3.0]
    assert s.backward().event.after.tolist() == [1.0, 1.0]
    assert t.recording.events[-1].after.tolist() == [1.0, 2.0]


def test_the_graph_is_left_alone():
    x = leaf([1.0, 2.0], "x")
    loss = np.sin(x).sum()
    stepper(loss).run()
    assert x.grad is None
    assert loss.grad is None


def test_a_leaf_alone():
    s = stepper(Value(2.0, label="a"))
    assert len(s) == 2
    assert s.run().gradient("a") == 1.0


def test_what_cannot_be_walked():
    x = leaf([1.0, 2.0], "x")
    with pytest.raises(TypeError, match="computed from leaves that want gradients"):
        stepper(Tensor(1.0))
    with pytest.raises(ValueError, match=r"the loss has shape \(2,\): reduce it or pass gradient="):
        stepper(x * 2)
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), the loss \(2,\)"):
        stepper(x * 2, np.ones(3))
    with pytest.raises(ValueError, match=r"nodes and .* edges, more than max_events=3"):
        record((x * 2).sum(), max_events=3)
    s = stepper((x * 2).sum())
    with pytest.raises(KeyError, match=r"no node is named 'y'; the graph has x, v2, v3"):
        s.to("y")
    with pytest.raises(KeyError, match=r"'y' is neither a node nor one of \['accumulate', "):
        s.break_on("y")
