"""Paths from a node to the loss, and what they contribute."""

import math
import time

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value
from autograd.viz.paper.derive import derive
from autograd.viz.paper.why import why

from .networks import dense


def test_all_paths_sum_to_the_gradient():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a = Value(rng.normal(), label="a")
        nodes = [a, Value(rng.normal())]
        for _ in range(6):
            p, q = (nodes[i] for i in rng.integers(0, len(nodes), 2))
            nodes.append([p + q, p * q, p - q, p.tanh()][rng.integers(4)])
        loss = sum(nodes[2:], nodes[0] * 1.0)
        loss.backward()
        found = why(a, loss, top=10_000)
        assert len(found) == found.number
        assert found.total == pytest.approx(a.grad)
        assert found.shown == pytest.approx(a.grad)
        sizes = [p.size for p in found]
        assert sizes == sorted(sizes, reverse=True)
        for p in found:
            assert math.prod(p.factors) == pytest.approx(p.contribution)
            assert len(p.names) == len(p.factors) + 1


def test_the_largest_are_found_among_all():
    rng = np.random.default_rng(1)
    a = Value(1.0, label="a")
    x = a
    for _ in range(8):
        p, q = rng.normal(size=2)
        x = x * p + x * q
    everything = why(a, x, top=1000)
    assert len(everything) == 256
    top = why(a, x, top=7)
    assert [p.contribution for p in top] == pytest.approx([p.contribution for p in everything[:7]])


def test_diamond_of_depth_60_answers_at_once():
    a = Value(1.01, label="a")
    x = a
    for _ in range(60):
        x = x * 0.7 + x * 0.6
    start = time.perf_counter()
    found = why(a, x, top=10)
    assert time.perf_counter() - start < 5
    assert found.number == 2.0**60
    assert found[0].contribution == pytest.approx(0.7**60)
    assert "1.15e+18 paths" in repr(found)
    assert "shown paths sum to" in repr(found)


def test_long_chain_does_not_recurse():
    a = Value(0.5, label="a")
    x = a
    for _ in range(20_000):
        x = x.sin()
    (only,) = why(a, x)
    assert len(only.names) == 20_001
    assert "more …" in repr(why(a, x))


def test_repeated_operand_is_two_paths():
    a = Value(3.0, label="a")
    found = why(a, a * a)
    assert [p.contribution for p in found] == [3.0, 3.0]
    assert repr(found) == (
        "∂v2/∂a: 2 paths\n  3  a —(3)→ v2\n  3  a —(3)→ v2\nshown paths sum to 6 of 6"
    )


def test_arrays_have_norms_and_entries():
    loss, parameters = dense((3, 4, 4, 2), 5, "tanh", "softmax", "vector")
    h = parameters[0]
    loss.backward()
    found = why(h, loss)
    np.testing.assert_allclose(found.shown, h.grad, atol=1e-12)
    assert found.exact
    one = why(h, loss, index=(1, 2))
    assert one.total == pytest.approx(h.grad[1, 2])
    assert one.shown == pytest.approx(h.grad[1, 2])
    assert "∂v" in repr(one) or "∂L" in repr(one)
    assert "W1[1, 2]" in repr(one)


def test_arrays_with_very_many_paths_say_that_they_are_not_all_seen():
    x = Tensor(np.array([0.3, 0.4]), True, label="x")
    y = x
    for _ in range(40):
        y = 0.5 * np.tanh(y) + 0.5 * np.sin(y)
    found = why(x, y.sum(), top=3)
    assert len(found) == 3
    assert not found.exact
    assert "too many paths" in repr(found)


def test_mixed_graph_of_values_and_tensors():
    a = Value(2.0, label="a")
    x = Tensor([1.0, 2.0], True, label="x")
    loss = (x * a).sum()
    assert why(a, loss).total == pytest.approx(3.0)
    assert why(a, loss).shown == pytest.approx(3.0)


def test_errors_name_the_cure():
    x = Tensor([1.0, 2.0], True, label="x")
    loss = (x * x).sum()
    with pytest.raises(ValueError, match="no path leads from 'w'"):
        why(Tensor([1.0], True, label="w"), loss)
    a = Value(2.0, label="a")
    with pytest.raises(ValueError, match=r"computed from 'a' .*the order is derive\(loss, wrt\)"):
        derive(a, a * 3)
    with pytest.raises(ValueError, match=r"computed from 'a' .*the order is why\(wrt, loss\)"):
        why(a * 3, a)
    with pytest.raises(ValueError, match=r"computed from 'x' .*the order is why\(wrt, loss\)"):
        why(loss, x)
    assert derive(a, a).evaluate() == 1.0
    with pytest.raises(ValueError, match="why ends at a single number, 'x'"):
        why(x, x)
    with pytest.raises(ValueError, match="top must be positive"):
        why(x, loss, top=0)
    with pytest.raises(ValueError, match="does not name one entry"):
        why(x, loss, index=slice(0, 1))
    with pytest.raises(TypeError, match="why: loss is a Value or a Tensor"):
        why(x, 3.0)


def test_zero_factors_come_last():
    x = Value(-1.0, label="x")
    found = why(x, ag.relu(x) + x)
    assert [p.contribution for p in found] == [1.0, 0.0]


def test_paths_of_a_deep_diamond_are_found_at_once():
    x = Tensor(np.ones(3), True, label="x")
    y = x
    for _ in range(60):
        y = (y + y) * 0.5
    found = why(x, y.sum(), top=3)
    assert found.number == 2.0**60
    assert len(found) == 3
    for p in found:
        np.testing.assert_allclose(p.contribution, np.full(3, 0.5**60))
    v = w = Value(1.0, label="v")
    for _ in range(60):
        w = (w * 1.1 + w.sin() * 0.3).tanh()
    sizes = [p.size for p in why(v, w)]
    assert sizes == sorted(sizes, reverse=True)


def test_infinite_gradients_are_told_without_a_warning():
    x = Tensor([np.inf, 1.0], True, label="x")
    assert "inf" in repr(why(x, (x * x).sum()))


def test_what_is_missing_is_said_where_paths_are_left_out_and_is_not_rounding():
    x = Tensor(np.array([0.1, 0.7]), requires_grad=True, label="x")
    loss = (np.sin(x) * x + np.exp(x) * x / 3).sum()
    assert "missing" not in repr(why(x, loss))
    one = why(x, loss, top=1)
    left = np.linalg.norm(one.total - one[0].contribution)
    assert f"‖{left:.4g}‖ is missing" in repr(one)


# --------------------------------------------------------------------------------------------------
# Why a gradient is zero, or not finite


def causes(wrt, loss):
    found = why(wrt, loss)
    assert all(cause in repr(found) for cause in found.causes)
    return found.causes


def test_a_gradient_of_numbers_says_where_it_becomes_zero():
    w = Value(1000.0, label="w")
    assert causes(w, w.tanh() ** 2) == ("0 from v2 (tanh) on: its derivative is 0 at w = 1000",)
    zero, b = Value(0.0, label="zero"), Value(2.0, label="b")
    assert causes(b, zero * b) == ("0 from v3 (multiply) on: the other factor, zero, is 0",)
    assert causes(b, 0.0 * b) == ("0 from v2 (multiply) on: the other factor is 0",)
    assert causes(b, b - b) == ("0 as the paths cancel each other",)
    assert causes(b, zero * b + b) == ()


def test_a_gradient_of_arrays_says_where_it_becomes_zero():
    x = np.ones((4, 2))
    w = Tensor(-np.ones((2, 3)), True, label="W")
    v = Tensor(np.zeros((3, 1)), True, label="V")
    dead = np.maximum(x @ w, 0)
    (cause,) = causes(w, (dead @ np.ones((3, 1))).sum())
    assert cause.endswith("(maximum) on: its derivative is 0 at every entry of v2")
    (cause,) = causes(w, (np.tanh(x @ w) @ v).sum())
    assert cause.endswith("(matmul) on: the other factor, V, is 0")
    (cause,) = causes(v, (dead @ v).sum())
    assert "(matmul) on: the other factor, v" in cause
    (cause,) = causes(w, np.max(np.concatenate([w.ravel(), [9.0]])))
    assert cause.endswith("(concatenate) on: what reaches it is 0 where v2 counts")


def test_zeros_of_many_places_are_told_in_part():
    x = Value(-1.0, label="x")
    found = why(x, sum((x * k).relu() for k in range(1, 6)))
    assert len(found.causes) == 5
    assert repr(found).endswith("and so in 2 more places")


def test_a_gradient_that_is_not_finite_says_where():
    x = Tensor([0.0, 1.0], True, label="x")
    with np.errstate(all="ignore"):
        assert causes(x, np.sqrt(x).sum()) == (
            "not finite from v2 (sqrt) on; see autograd.find_nan",
        )
        assert causes(x, (2 * x).sum() + np.log(x).sum()) == (
            "not finite from v4 (log) on; see autograd.find_nan",
        )


def _alone(node, g, start):
    """Yield the contribution of every path, each pulled back by itself."""
    stack = [(node, g)]
    while stack:
        node, g = stack.pop()
        if node is start:
            yield np.asarray(g)
            continue
        parts = node._contributions(g, as_nodes=False, strict=True)
        stack += [(p, c) for p, c in zip(node.parents, parts, strict=True) if c is not None]


def test_paths_of_arrays_carry_what_each_carries_alone():
    rng = np.random.default_rng(3)
    for seed in range(12):
        x = Tensor(rng.normal(size=(3, 3)), requires_grad=True, label="x")
        w = rng.normal(size=(3, 3))
        z = x
        for k in range(5):
            z = (
                z @ z * 0.1,
                np.sin(z) + z @ w,
                z[::-1] * z + np.cumsum(z, axis=0),
                z.mean(axis=0) - np.concatenate([z, z])[1:4],
            )[(seed + k) % 4]
        loss = (z * z.detach()).sum()
        found = why(x, loss, top=2000)
        wanted = list(_alone(loss.node, np.float64(1.0), x.node))
        assert len(found) == found.number == len(wanted)
        got = sorted(np.ravel(p.contribution).tolist() for p in found)
        assert np.array(got) == pytest.approx(np.array(sorted(c.ravel().tolist() for c in wanted)))
        loss.backward()
        assert found.shown == pytest.approx(x.grad)


def test_paths_through_a_masked_singularity_are_zero():
    x = Tensor([0.0, 4.0], requires_grad=True, label="x")
    with np.errstate(all="ignore"):
        loss = np.where(x.data > 0, np.sqrt(x) + x.log(), 3 * x).sum()
    found = why(x, loss)
    assert [p.contribution.tolist() for p in found] == [[3.0, 0.0], [0.0, 0.25], [0.0, 0.25]]


def test_what_paths_share_is_pulled_back_once(monkeypatch):
    import autograd.viz.paper.why as module

    calls = []
    whole = module.pull_to
    monkeypatch.setattr(module, "pull_to", lambda n, g, k: calls.append(len(g)) or whole(n, g, k))
    x = z = Tensor([[0.5, 1.0]], requires_grad=True)
    for _ in range(12):
        z = z.sin() + z.tanh()
    found = why(x, z.sum())
    assert found.number == 4096
    assert len(calls) <= 1 + 12 * 6
    assert max(calls) <= 2000
