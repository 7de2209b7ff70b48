"""float() of a node: allowed where it is explicit, a warning where it loses a gradient."""

import cmath
import dis
import math
import statistics
import warnings
from math import log as logarithm
from math import sqrt
from types import SimpleNamespace

import numpy as np
import pytest

from autograd import Tensor, Value, conversions, grad, no_grad

NODES = [Value(0.5), Tensor(0.5, requires_grad=True)]


@pytest.mark.parametrize("x", NODES, ids=["value", "tensor"])
def test_a_function_of_math_warns_that_the_gradient_is_lost(x):
    with pytest.warns(UserWarning, match=r"^math\.exp takes the number of .* use np\.exp, or math"):
        y = math.exp(x) * x
    assert float(y) == 0.5 * math.exp(0.5)
    # a call inside an assertion would be pytest's, which writes it anew
    calls = {
        r"math\.sqrt takes .* use np\.sqrt,": lambda: sqrt(x),
        r"cmath\.log takes .* use np\.log,": lambda: cmath.log(x),
        r"math\.lgamma takes .* use autograd\.special\.gammaln,": lambda: math.lgamma(x),
        r"math\.hypot takes .* use np\.hypot,": lambda: math.hypot(3.0, 8 * x),
        r"math\.fsum takes .* use sum,": lambda: statistics.fmean([x, x]),
    }
    for text, call in calls.items():
        with pytest.warns(UserWarning, match=text):
            call()


def test_where_the_call_stands_does_not_matter():
    x, m = Value(0.5), math
    calls = [
        lambda: m.tanh(x),
        lambda: [math.exp(v) for v in [x]],
        lambda: np.cos(1.0) + math.exp(np.square(x) + (2 if x else 3)),
        lambda: sum(
            math.exp(
                x,
            )
            for _ in range(1)
        ),
    ]
    for call in calls:
        with pytest.warns(UserWarning, match="is lost by that"):
            call()


def test_assertions_read_the_numbers():
    x = np.square(Tensor([1.0, 2.0], requires_grad=True))
    assert x == pytest.approx([1.0, 4.0])
    assert x != pytest.approx(np.array([1.0, 4.1]))
    assert np.array([1.0, 4.0]) == pytest.approx(x)
    assert np.sum(x) == pytest.approx(5.0)
    assert {"loss": np.sum(x)} == pytest.approx({"loss": 5.0})
    np.testing.assert_allclose(x, [1.0, 4.0])
    np.testing.assert_array_equal(x, x)
    np.testing.assert_almost_equal(np.array([1.0, 4.0]), x)
    value = Value(1.5) * 2
    np.testing.assert_allclose(value, 3.0)
    np.testing.assert_allclose([value, value * 2], [3.0, 6.0])
    assert np.array([value]).dtype == object
    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 2"):
        np.testing.assert_allclose(x, [1.0, 4.1])


def test_an_array_asked_for_by_a_test_itself_is_refused():
    x = np.square(Tensor([1.0, 2.0], requires_grad=True))
    pytest.raises(TypeError, np.asarray, x)  # noqa: RUF061 - it is pytest that calls here
    np.testing.assert_raises(TypeError, np.asarray, x)
    with pytest.raises(TypeError, match="would lose its gradient"):
        np.asarray(x)


@pytest.mark.parametrize("x", NODES, ids=["value", "tensor"])
def test_what_loses_nothing_does_not_warn(x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numbers = math.exp(float(x)), math.exp(x.item()), math.exp(NODES[1].detach())
        others = math.isnan(x), math.isclose(x, 0.5), math.copysign(2.0, x), math.floor(x)
        product = math.prod([x, x])
        with no_grad():
            numbers += math.exp(x), math.exp(1 * x)
    assert {*numbers} == {math.exp(0.5)}
    assert others == (False, True, 2.0, 0)
    assert product == 0.25
    assert product.requires_grad


def test_a_name_of_math_that_is_something_else():
    def exp(x):
        return float(x)

    log, x = float, Value(0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numbers = exp(x), log(x)
        # under a name of one's own it is not seen
        found = logarithm(x)
    assert numbers == (0.5, 0.5)
    assert found == math.log(0.5)


def test_code_without_positions_is_let_through():
    for text, names in (("math.exp(x)", ("math", "exp")), ("exp()", ("exp",))):
        code = compile(text, "", "eval")
        at = [i.offset for i in dis.get_instructions(code) if "CALL" in i.opname][-1]
        assert conversions._called(code, at) == names
        assert conversions._called(code.replace(co_linetable=b""), at) is None


def test_a_function_under_grad_that_loses_a_part_warns():
    with pytest.warns(UserWarning, match=r"math\.exp takes"):
        assert grad(lambda x: math.exp(x) * x)(0.5) == math.exp(0.5)


def test_what_was_read_is_forgotten_when_it_is_much(monkeypatch):
    monkeypatch.setattr(conversions, "_MANY", 1)
    x = Value(2.0)
    assert float(x) + float(x) == 4
    assert len(conversions._READ) == 1


@pytest.mark.parametrize("values", [[Value(1.0)], list(Tensor([1.0], requires_grad=True))])
def test_fromiter_stores_in_a_plain_array(values):
    with pytest.raises((TypeError, ValueError)) as found:
        np.fromiter(values, float)
    error = found.value.__cause__ or found.value
    assert "storing" in str(error)


@pytest.mark.parametrize("number", [Value(1.0), Tensor([1.0], requires_grad=True)[0]])
def test_fill_stores_in_a_plain_array(number):
    array, holder = np.zeros(2), SimpleNamespace(array=np.zeros(2))
    for fill in (lambda: array.fill(number), lambda: holder.array.fill(number)):
        with pytest.raises((TypeError, ValueError)) as found:
            fill()
        assert "storing" in str(found.value.__cause__ or found.value)
    assert array.sum() + holder.array.sum() == 0


def test_a_method_fill_of_another_class_is_let_through():
    class Form:
        def fill(self, number):
            return float(number)

    form, x = Form(), Value(2.0)
    assert form.fill(x) == 2.0
