"""The checks can fail: each of them, on a rule that is wrong by a thousandth."""

from dataclasses import replace

import numpy as np
import pytest

from autograd import Op, Tensor
from autograd import op as op_module

from .cases import CASES, OPERATIONS
from .checks import (
    arrays_of,
    assert_close,
    check_first,
    check_second,
    cotangent_for,
    differences,
    gradients_of,
)

TRACKED = sorted(
    {
        (c.op, i)
        for c in CASES
        if c.gradient
        for i in range(len(OPERATIONS[c.op].inputs))
        if OPERATIONS[c.op].differentiable(i)
    }
)


def scaled(rule, factor):
    """Return a rule whose derivative is wrong by a factor."""
    source = rule.function

    def wrong(*arguments):
        return source(*arguments) * factor

    made = object.__new__(type(rule))
    made.function, made.constant = wrong, None
    made.takes_g, made.names = rule.takes_g, rule.names
    return made


@pytest.fixture
def wrong_by_a_thousandth(monkeypatch):
    """Make one rule of an operation wrong, its hand-tuned paths set aside."""

    def make(name, position):
        op = OPERATIONS[name]
        argument = op.inputs[position]
        rules = {**op.rules, argument: scaled(op.rules[argument], 1.001)}
        monkeypatch.setattr(op, "rules", rules)
        monkeypatch.setattr(op, "fast", {})
        monkeypatch.setattr(op, "_plans", {})
        return op

    return make


def cases_of(name, position):
    """Return rows that differentiate by this input, on arrays that hold something."""
    return [
        c
        for c in CASES
        if c.op == name
        and c.gradient
        and all(a.size for a in c.inputs)
        and (position in c.tracked or len(c.inputs) == 1)
    ]


# the hottest have the right rule written out in their functions and operators
WRITTEN_OUT = ("add", "linear", "multiply")


@pytest.mark.parametrize(("name", "position"), TRACKED)
def test_first_order_check_fails_on_every_wrong_rule(name, position, wrong_by_a_thousandth):
    op = wrong_by_a_thousandth(name, position)
    failed = 0
    for case in cases_of(name, position):
        if name in WRITTEN_OUT and len(case.inputs) == len(op.inputs):
            case = replace(case, call=op, reference=case.expected)
        try:
            check_first(case)
        except AssertionError:
            failed += 1
            break
    assert failed


@pytest.mark.parametrize("name", ["sin", "tanh", "power", "prod", "softmax", "logsumexp", "log"])
def test_second_order_check_fails_on_a_rule_with_a_wrong_derivative(name, monkeypatch):
    """The rule gives the right numbers, but its own derivative is wrong."""
    op = OPERATIONS[name]
    argument = op.inputs[0]
    rule = op.rules[argument]

    def bends(*arguments):
        found = rule.function(*arguments)
        if not isinstance(found, Tensor):
            return found
        return found * 1.001 - 0.001 * found.detach()

    made = object.__new__(type(rule))
    made.function, made.constant = bends, None
    made.takes_g, made.names = rule.takes_g, rule.names
    monkeypatch.setattr(op, "rules", {**op.rules, argument: made})
    monkeypatch.setattr(op, "_plans", {})
    monkeypatch.setattr(op, "fast", {})
    case = next(c for c in CASES if c.op == name and c.gradient and c.inputs[0].size > 1)
    check_first(case)
    with pytest.raises(AssertionError):
        check_second(case)


def test_check_fails_on_a_wrong_hand_tuned_path(monkeypatch):
    op = OPERATIONS["tanh"]
    right = op.fast[(True,)]
    monkeypatch.setattr(op, "fast", {(True,): lambda saved, g: right(saved, g) * 1.001})
    monkeypatch.setattr(op, "_plans", {})
    case = next(c for c in CASES if str(c) == "tanh-matrix")
    with pytest.raises(AssertionError):
        check_first(case)
    cotangent = cotangent_for(case.inputs[0])
    run = lambda *x: case.on_leaves(x)  # noqa: E731
    by_path = gradients_of(run, arrays_of(case), cotangent)
    by_rule = gradients_of(run, arrays_of(case), cotangent, create_graph=True)
    with pytest.raises(AssertionError):
        assert_close(by_path, by_rule, rtol=1e-13)


def test_check_fails_on_a_wrong_shape():
    with pytest.raises(AssertionError):
        assert_close([np.ones((1, 3))], [np.ones(3)])
    with pytest.raises(AssertionError):
        assert_close([np.ones(3)], [])


def test_check_fails_on_a_missing_derivative_of_small_size():
    """Neither a tiny gradient nor a zero passes for the other."""
    with pytest.raises(AssertionError):
        assert_close([np.zeros(3)], [np.full(3, 1e-4)])
    with pytest.raises(AssertionError):
        assert_close([np.array([1.0, 2e-6])], [np.array([1.0, 0.0])])


def test_differences_are_exact_to_ten_digits():
    (g,) = differences(lambda x: np.sum(np.exp(x)), [np.linspace(-1, 1, 5)])
    np.testing.assert_allclose(g, np.exp(np.linspace(-1, 1, 5)), rtol=1e-10)
    g, h = differences(lambda x, y: x * y**3, [np.array(2.0), np.array(3.0)])
    assert (float(g), float(h)) == pytest.approx((27.0, 54.0), rel=1e-10)


def test_a_new_operation_without_a_row_is_noticed(monkeypatch):
    before = set(op_module.operations())
    monkeypatch.setattr(op_module, "_BY_NAME", dict(op_module._BY_NAME))
    op_module.register(Op("brand_new", np.sin, {"x": 1}, elementwise=True))
    assert set(op_module.operations()) - {c.op for c in CASES} - before == {"brand_new"}
