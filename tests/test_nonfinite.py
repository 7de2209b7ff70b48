"""find_nan names the first operation that went wrong, forward or backward, and nothing harmless."""

import re

import numpy as np
import pytest

from autograd import Tensor, Value, find_nan, softmax

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def leaf(data, **options):
    return Tensor(data, requires_grad=True, **options)


FORWARD = [
    (lambda x: np.log(x - 1), (0,), "log", "x = 0", "the logarithm of 0"),
    (lambda x: np.log(x - 3), (0,), "log", "x = -2", "the logarithm of a negative number"),
    (lambda x: np.log(2 - x), (1,), "log", "x = 0", "the logarithm of 0"),
    (lambda x: np.sqrt(1 - x), (1,), "sqrt", "x = -1", "square root of a negative"),
    (lambda x: (x - 1) / (x - 1), (0,), "divide", "x = 0, y = 0", "0 divided by 0"),
    (lambda x: x / (x - 2), (1,), "divide", "x = 2, y = 0", "a division by 0"),
    (lambda x: 1 / (x - 2), (1,), "divide", "x = 1, y = 0", "a division by 0"),
    (lambda x: np.reciprocal(x - 2), (1,), "reciprocal", "x = 0", "a division by 0"),
    (lambda x: (x - 1) ** -2.0, (0,), "power", "x = 0, y = -2", "0 to a negative power"),
    (lambda x: (1 - x) ** 0.5, (1,), "power", "x = -1, y = 0.5", "to a fractional power"),
    (lambda x: np.exp(x * 400), (1,), "exp", "x = 800", "e to a power that overflows"),
    (lambda x: np.arcsin(x), (1,), "arcsin", "x = 2", "beyond"),
    (lambda x: np.arccos(-x), (1,), "arccos", "x = -2", "beyond"),
    (lambda x: x * 1e308, (1,), "multiply", "x = 2, y = 1e+308", "overflows"),
    (lambda x: x @ (np.ones((2, 2)) * 1e308), (0,), "matmul", "largest entries", "overflows"),
    (lambda x: np.log(0 * x) - np.log(0 * x), (0,), "log", "x = 0", "the logarithm of 0"),
]


@pytest.mark.parametrize(("f", "index", "op", "operands", "why"), FORWARD)
@pytest.mark.parametrize("after", [np.sum, lambda y: (np.sin(y) * 2).sum(), np.mean])
def test_forward_causes(f, index, op, operands, why, after):
    trouble = find_nan(after(f(leaf([1.0, 2.0], label="x"))))
    assert trouble.direction == "forward"
    assert trouble.node.op.name == op
    assert trouble.index == index
    assert operands in trouble.operands
    assert why in trouble.why
    assert trouble.cure
    text = f"forward: {op} at index {index} with {trouble.operands}: {trouble.why}; {trouble.cure}"
    assert str(trouble) == repr(trouble) == text


VALUES = [
    (lambda v: (v - 2).log(), "log", "logarithm of 0"),
    (lambda v: v / (v - 2), "divide", "division by 0"),
    (lambda v: (v - 2) / (v - 2), "divide", "0 divided by 0"),
    (lambda v: np.sqrt(1 - v), "sqrt", "square root"),
    (lambda v: (v * 500).exp(), "exp", "overflows"),
    (lambda v: (v - 2) ** -1.0, "power", "negative power"),
]


@pytest.mark.parametrize(("f", "op", "why"), VALUES)
def test_values(f, op, why):
    v = Value(2.0, label="v")
    trouble = find_nan(f(v) * 3 + v)
    assert (trouble.direction, trouble.node.op.name, trouble.index) == ("forward", op, ())
    assert why in trouble.why
    assert v.grad == 0.0


BACKWARD = [
    (np.sqrt, "sqrt", "above 0, as with np.maximum(x, 1e-12)"),
    (lambda x: x**0.5, "power", "the base away from 0"),
    (np.cbrt, "cbrt", "above 0"),
    (lambda x: np.arcsin(x + 1), "arcsin", "np.clip(x, -1 + 1e-12, 1 - 1e-12)"),
    (lambda x: np.arccos(x - 1), "arccos", "within (-1, 1)"),
    (lambda x: np.arccosh(x + 1), "arccosh", "above 1"),
]


@pytest.mark.parametrize(("f", "op", "cure"), BACKWARD)
def test_backward_causes(f, op, cure):
    loss = f(leaf([1.0, 0.0, 0.0], label="x") * np.array([0.0, 1.0, 1.0])).sum()
    assert np.isfinite(loss.data)
    assert cure in find_nan(loss).cure
    trouble = find_nan(loss)
    assert (trouble.direction, trouble.node.op.name) == ("backward", op)
    assert trouble.index == (0,)
    assert trouble.operands.startswith("x = ")
    assert re.search("respect to (multiply|add|subtract) is not finite there", trouble.why)
    v = Value(0.0, label="v")
    trouble = find_nan(f(v * 2))
    assert (trouble.direction, trouble.node.op.name) == ("backward", op)


def test_contributions_that_add_up_too_far():
    x = leaf([1e-300], label="x")
    loss = (x * 1e308 + x * 1e308).sum()
    trouble = find_nan(loss)
    assert trouble.direction == "backward"
    assert "contributions to 'x' (leaf) add up beyond the largest number" in trouble.why


def test_inputs():
    x = leaf([1.0, np.nan], label="weights")
    trouble = find_nan((x * 2).sum())
    assert trouble.node is x.node
    assert str(trouble).startswith("forward: 'weights' (leaf) at index (1,): the input itself is")
    assert "last update" in trouble.cure
    trouble = find_nan((leaf([1.0, 2.0]) * np.array([1.0, np.inf])).sum())
    assert (trouble.node.op.name, trouble.index) == ("multiply", (1,))
    assert "constant operand y is not finite" in trouble.why
    trouble = find_nan((Tensor([1.0, -np.inf], label="data") + leaf([1.0, 2.0])).sum())
    assert "constant operand x is not finite" in trouble.why
    assert "input itself" in find_nan(Value(np.nan)).why
    assert "input itself" in find_nan(Value(np.inf) * 2).why
    assert "constant operand" in find_nan(Value(1.0) * np.nan).why


def test_single_precision_overflows_earlier():
    trouble = find_nan(np.exp(leaf([100.0], dtype=np.float32)).sum())
    assert "e to a power that overflows" in trouble.why


def test_infinity_minus_infinity():
    x = leaf([np.inf], label="x")
    assert find_nan((x - x).sum()).node is x.node
    # made by two infinite operations: the earlier one is named
    y = leaf([0.0])
    assert find_nan((np.log(y) - np.log(y)).sum()).node.op.name == "log"


def test_a_clean_graph():
    x = leaf([1.0, 2.0])
    assert find_nan((np.log(x) / x).sum()) is None
    assert find_nan(Value(2.0).log()) is None
    assert find_nan(Value(2.0)) is None
    assert find_nan(x) is None
    assert find_nan(x * 0) is None


def test_what_is_masked_does_no_harm():
    x = leaf([0.0, 2.0])
    for masked in (
        np.where(x.data > 0, np.log(x), 0.0).sum(),
        np.where(x.data > 0, np.sqrt(x), 0.0).sum(),
        np.where(x.data > 0, 1 / x, 0.0).sum(),
        softmax(x + np.array([-np.inf, 0.0])).max(),
        np.tanh(np.exp(1000 * x)).sum(),
    ):
        masked.backward()
        if np.all(np.isfinite(x.grad)):
            assert find_nan(masked) is None
    # another operation is to blame, not the masked one that came first
    mask = np.where(x.data > 0, np.log(x), 0.0).sum()
    trouble = find_nan(mask + np.sqrt(1 - x).sum())
    assert trouble.node.op.name == "sqrt"


def test_the_graph_is_left_as_it_was():
    x = leaf([0.0], label="x")
    loss = np.log(x).sum()
    find_nan(loss)
    assert x.grad is None
    loss.backward()
    assert np.isinf(x.grad).all()


def test_what_has_no_graph():
    for loss in (Tensor(np.nan), 1.0, np.nan):
        with pytest.raises(TypeError, match=re.escape("computed from leaves that want gradients")):
            find_nan(loss)
