"""Code written for micrograd and for its lecture runs after changing the import."""

import inspect
import math

import numpy as np
import pytest

from autograd import Value, sumprod
from autograd.scalar_nodes import node as scalar_node


@pytest.fixture(autouse=True)
def _as_if_nothing_were_made_by_hand(monkeypatch):
    monkeypatch.setattr(scalar_node.ByHand, "used", False)


def test_readme():
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"
    # in closed form
    assert g.data == 24.70408163265306
    assert a.grad == pytest.approx(138.8338192419825, rel=1e-14)
    assert b.grad == pytest.approx(645.5772594752186, rel=1e-14)


def test_sanity_check():
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    # z = 3x + 2 < 0, so y = z² + z x + z x²; dy/dx = 6 z + (3x + z) + (3x² + 2xz)
    assert y.data == -20.0
    assert x.grad == 6 * -10 + (-12 - 10) + (48 + 80) == 46.0


def test_more_ops():
    """The gradients follow by the chain rule from those of c and d."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g = g + 10.0 / f
    g.backward()
    # c = 4(a + b) + 3 - a, and d = 12(ab + b³) + (b - a) as b + a < 0 < b - a; g = e²/2 + 10/e²
    e_ = (4 * -2 + 3 + 4) - (12 * (-8 + 8) + 6)
    slope = e_ - 20 / e_**3
    assert g.data == pytest.approx(e_**2 / 2 + 10 / e_**2, rel=1e-15)
    assert a.grad == pytest.approx(slope * (3 - (12 * 2 - 1)), rel=1e-14)
    assert b.grad == pytest.approx(slope * (4 - (12 * (-4 + 3 * 4) + 1)), rel=1e-14)


def test_lecture_neuron():
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    n = x1 * w1 + x2 * w2 + b
    n.label = "n"
    for output in (lambda n: n.tanh(), lambda n: ((2 * n).exp() - 1) / ((2 * n).exp() + 1)):
        for v in (x1, x2, w1, w2):
            v.grad = 0.0
        o = output(n)
        assert o.data == pytest.approx(math.sqrt(0.5))
        o.backward()
        assert n.grad == pytest.approx(0.5)
        grads = [x1.grad, w1.grad, x2.grad, w2.grad]
        assert grads == pytest.approx([-1.5, 1.0, 0.5, 0.0], abs=1e-15)


def test_lecture_backward_by_hand_with_topological_sort():
    """The lecture's own ``build_topo`` works on our nodes."""
    a, b = Value(2.0), Value(-3.0)
    c = a * b + a
    d = c.tanh() + c**2
    topo, visited = [], set()

    def build_topo(v):
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    build_topo(d)
    d.grad = 1.0
    for node in reversed(topo):
        node._backward()
    by_hand = a.grad, b.grad
    a.grad = b.grad = 0.0
    d.backward()
    assert by_hand == pytest.approx((a.grad, b.grad), rel=1e-15)


def test_lecture_trace_for_a_drawing():
    """The walk over ``_prev`` that the lecture draws with, and the labels that it writes."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b
    c.label = "c"
    d = (c + a).tanh()
    d.backward()
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(d)
    assert len(nodes) == len(edges) == 5
    slope = 1 - math.tanh(-4.0) ** 2
    written = {f"{n.label} | data {n.data:.4f} | grad {n.grad:.4f} | {n._op}" for n in nodes}
    assert written == {
        f"a | data 2.0000 | grad {-2 * slope:.4f} | ",
        f"b | data -3.0000 | grad {2 * slope:.4f} | ",
        f"c | data -6.0000 | grad {slope:.4f} | *",
        f" | data -4.0000 | grad {slope:.4f} | +",
        f" | data {math.tanh(-4.0):.4f} | grad 1.0000 | tanh",
    }


@pytest.mark.parametrize(
    "f",
    [
        lambda a, c: a + c,
        lambda a, c: c + a,
        lambda a, c: a - c,
        lambda a, c: c - a,
        lambda a, c: a * c,
        lambda a, c: a / c,
        lambda a, c: c / a,
        lambda a, c: c**a,
        lambda a, c: a.leaky_relu(c),
        lambda a, c: np.maximum(a, c),
        lambda a, c: sumprod([a, c, a], [c, 2 * c, a * a]),
    ],
)
def test_constants_are_nodes_of_a_lectures_drawing(f):
    """With the gradients that they would have, by differences; none of them is a parent."""
    a, c, h = Value(-1.25, label="a"), 0.75, 1e-6
    z = f(a, c)
    (3.0 * z).backward()
    constants = [v for v in z._prev if v not in set(z.parents)]
    assert {v.data for v in constants} <= {c, 2 * c}
    assert all(v is a or v.label == "" for v in z._prev)
    # the second constant of the sum of products moves twice as fast
    slope = sum(v.grad * v.data / c for v in constants)
    expected = 3.0 * (f(a, c + h).data - f(a, c - h).data) / (2 * h)
    assert slope == pytest.approx(expected, rel=1e-8, abs=1e-8)
    assert len(constants) == len(z.inputs) - len(z.parents) > 0


def test_an_exponent_is_no_node_of_its_own():
    a = Value(2.0)
    assert [(a**3)._prev, (a**-0.5)._prev] == [{a}, {a}]
    assert (-a)._prev == {a}


def test_constants_of_a_released_graph_are_gone():
    z = Value(2.0) * 3
    z.backward(release=True)
    with pytest.raises(RuntimeError, match="released"):
        z._prev  # noqa: B018


def test_nodes_have_micrograds_attributes():
    a, b = Value(2.0, label="a"), Value(3.0)
    c = a * b
    assert c._prev == {a, b}
    assert a._prev == set()
    assert (a + a)._prev == {a}
    assert (a.label, b.label) == ("a", "")
    c.label = "c"
    assert c.label == "c"
    assert a.grad == 0.0
    assert callable(a._backward)
    assert repr(b) == "Value(data=3.0, grad=0.0)"
    assert Value(3).data == 3.0
    v = Value(5.0, (a, b), "made", "v")
    assert (v.data, v._prev, v._op, v.label) == (5.0, {a, b}, "made", "v")
    w = Value(5.0, _children=(a,), _op="made", label="w")
    assert (w._prev, w._op, w.label) == ({a}, "made", "w")


@pytest.mark.parametrize(
    ("make", "op"),
    [
        (lambda a, b: a, ""),
        (lambda a, b: a + b, "+"),
        (lambda a, b: a + 1, "+"),
        (lambda a, b: 1 + a, "+"),
        (lambda a, b: a * b, "*"),
        (lambda a, b: 2 * a, "*"),
        (lambda a, b: a**2, "**2"),
        (lambda a, b: a**-1, "**-1"),
        (lambda a, b: a**0.5, "**0.5"),
        (lambda a, b: a.relu(), "ReLU"),
        (lambda a, b: a.tanh(), "tanh"),
        (lambda a, b: a.exp(), "exp"),
    ],
)
def test_names_of_operations(make, op):
    assert make(Value(2.0), Value(3.0))._op == op


def test_sum_of_a_list():
    xs = [Value(float(i)) for i in range(4)]
    total = sum(x * x for x in xs)
    assert total.data == 14.0
    total.backward()
    assert [x.grad for x in xs] == [0.0, 2.0, 4.0, 6.0]
    zipped = sum((w * x for w, x in zip(xs, [1.0, 2.0, 3.0, 4.0], strict=True)), xs[1])
    assert zipped.data == 0 + 2 + 6 + 12 + 1


def test_help_shows_the_arguments_of_a_value():
    class Named(Value):
        def __init__(self, name, data=1.0):
            super().__init__(data, label=name)

    assert list(inspect.signature(Value).parameters) == ["data", "_children", "_op", "label"]
    assert list(inspect.signature(Named).parameters) == ["name", "data"]
    assert (Named("a").label, (Named("a") * 2).data) == ("a", 2.0)
