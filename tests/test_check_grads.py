"""check_grads passes on right derivatives and, on wrong ones, says where and whose fault it is."""

import re
import warnings

import numpy as np
import pytest

import autograd as ag
from autograd import Op, Tensor, Value, check_grads, operations
from autograd.checks.gradients import differences

RNG = np.random.default_rng(2)
X = np.array([0.3, 0.7, 1.1])


# wrong by a thousandth
WRONG = Op("wrong_square", lambda x: x * x, {"x": lambda x: 2.002 * x}, elementwise=True)
SECOND = Op(
    "wrong_right",
    lambda x, y: x * y,
    {"x": lambda y: y, "y": lambda x: 1.001 * x},
    elementwise=True,
)
MATRIX = Op(
    "wrong_product",
    np.matmul,
    {"x": lambda g, y: g @ y.T, "y": lambda g, x: 1.001 * (x.T @ g)},
    elementwise=False,
)
COSINE = Op("wrong_cosine", np.cos, {"x": lambda x: -1.001 * np.sin(x)}, elementwise=True)
# right at first order; its rule leads to a wrong one
SINE = Op("sine", np.sin, {"x": lambda x: COSINE(x)}, elementwise=True)
FROZEN = Op(
    "frozen",
    lambda x: x * x,
    {"x": lambda g, x: 2 * g * np.array(getattr(x, "data", x))},
    elementwise=True,
)

NUMBER = r"(-?[\d.e+-]+)"
REVERSE = re.compile(
    r"the (gradient|second derivative) with respect to argument (.*?) at index (\(.*?\)) is "
    rf"{NUMBER} "
    rf"\(outputs weighted at random\), central differences give {NUMBER}; (.*)"
)
FORWARD = re.compile(
    rf"the directional derivative \(jvp\) of output (.*) is {NUMBER}, central differences give "
    rf"{NUMBER}; the rule of operation (.*) is wrong"
)


def complaint(f, arguments, **options):
    with pytest.raises(AssertionError) as caught:
        check_grads(f, arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", sorted({"sin", "exp", "tanh", "sigmoid", "log", "sqrt", "softplus"})
)
@pytest.mark.parametrize("x", [X, 0.4, np.float32([0.5, 1.5]), Value(0.4), Tensor(X), [X, (0.5,)]])
def test_right_rules_pass(name, x):
    f = operations()[name]

    def nested(x):
        return [nested(v) for v in x] if isinstance(x, list | tuple) else f(x)

    check_grads(nested, [x])


@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (lambda a, b: a @ b, [RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))]),
        (lambda a: np.linalg.det(a) + np.linalg.inv(a).sum(), [RNG.normal(size=(3, 3))]),
        (lambda x: ag.softmax(x), [RNG.normal(size=(2, 3))]),
        (lambda p: {"u": p["w"] * p["b"], "v": p["b"][0]}, [{"w": 2.0, "b": X}]),
        (lambda v, w: v * w.sin() + v**3, [Value(0.5), Value(2.0)]),
        (lambda v, w: ag.sumprod([v, w], [w, 2.0]), [Value(0.5), Value(2.0)]),
        (lambda v, x: v * x, [Value(0.5), X]),
        (lambda x: np.ones(2), [X]),
        (lambda x: 3 * x, [X]),
        (lambda x: x, [np.zeros((0, 2))]),
        (lambda x: np.sin(x) * 1e6, [X]),
        (lambda x: np.sin(x) * 1e-6, [X]),
    ],
)
def test_right_functions_pass(f, arguments):
    check_grads(f, arguments)
    check_grads(f, arguments, order=1, modes="reverse", seed=3)


@pytest.mark.parametrize(
    ("f", "arguments", "argument", "culprit"),
    [
        (lambda x: WRONG(np.sin(x)), [X], 0, "wrong_square"),
        # no gradient reaches 2 * x
        (lambda x: WRONG(np.copysign(x, 2 * x)), [X], 0, "wrong_square"),
        (lambda x: WRONG(np.sin(x)).sum(), [X], 0, "wrong_square"),
        (lambda x: WRONG(x), [0.5], 0, "wrong_square"),
        (lambda x: WRONG(x), [Value(0.5)], 0, "wrong_square"),
        (lambda x: WRONG(x), [np.float32([0.5, 1.0])], 0, "wrong_square"),
        (lambda x, y: SECOND(x, y), [X, X[::-1].copy()], 1, "wrong_right"),
        (lambda x, y: SECOND(x, y), [Value(0.5), Value(0.7)], 1, "wrong_right"),
        (lambda d: d["a"] + WRONG(d["b"]), [{"a": 1.0, "b": X}], "0['b']", "wrong_square"),
        (lambda p, x: WRONG(x) + p[1], [[1.0, X], X], 1, "wrong_square"),
        (lambda x: {"a": np.sin(x), "b": WRONG(x)}, [X], 0, "wrong_square"),
        (
            lambda a, b: np.sin(MATRIX(a, b)),
            [RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))],
            1,
            "wrong_product",
        ),
    ],
)
def test_rules_wrong_by_a_thousandth(f, arguments, argument, culprit):
    text = complaint(f, arguments, modes=["reverse"])
    what, found, index, exact, numeric, said = REVERSE.fullmatch(text).groups()
    assert (what, found) == ("gradient", str(argument))
    assert said == f"the rule of operation {culprit} is wrong"
    assert eval(index) == () or eval(index)[0] < 3
    assert float(exact) == pytest.approx(1.001 * float(numeric), rel=2e-3)
    assert float(exact) != pytest.approx(float(numeric), rel=1e-5)
    text = complaint(f, arguments, modes=["forward"])
    assert FORWARD.fullmatch(text).group(4) == culprit


def test_the_index_is_that_of_the_wrong_entry():
    scale = np.array([1.0, 1.001, 1.0])
    f = Op("uneven", lambda x: x * x, {"x": lambda x: 2 * x * scale}, elementwise=True)
    assert "argument 0 at index (1,)" in complaint(f, [X], modes=["reverse"])
    assert "output (1,)" in complaint(f, [X], modes=["forward"])


@pytest.mark.parametrize("x", [X, 0.4, Value(0.4)])
def test_second_derivatives(x):
    for f, culprit in (
        (SINE, "the rule of operation wrong_cosine is wrong"),
        (FROZEN, "differentiating the rule of operation frozen goes wrong"),
    ):
        check_grads(f, [x], order=1)
        what, _, _, _, _, said = REVERSE.fullmatch(complaint(f, [x])).groups()
        assert (what, said) == ("second derivative", culprit)


def test_only_what_is_asked_for_is_checked():
    check_grads(WRONG, [X], order=1, modes=())
    check_grads(WRONG, [X], rtol=1e-2)
    check_grads(WRONG, [X], atol=1.0)
    # forward mode alone finds it too
    assert "jvp" in complaint(WRONG, [X], modes="forward", order=1)


def test_an_unknown_culprit_is_not_made_up():
    f = lambda x: (x * x).detach() if isinstance(x, Tensor) else x * x  # noqa: E731
    text = complaint(lambda x: f(x) + x, [X], order=1)
    assert text.endswith(text.split("central differences give ")[1])
    assert "rule" not in text


def test_what_is_wrong_with_the_function_is_said():
    random = np.random.default_rng(0)
    for f, x, said in (
        (lambda x: np.abs(x).sum(), 0.0, "has a kink or a jump there: check it beside that point"),
        (lambda x: np.maximum(x, 3 * x), 0.0, "has a kink or a jump there"),
        (lambda x: x * np.floor(x), 2.0, "has a kink or a jump there"),
        (lambda x: (x * random.normal(size=3)).sum(), X, "another number at every call: draw"),
        (lambda x: np.log(x), -1.0, "is not finite there"),
        (lambda x: np.sqrt(x), 0.0, "is not finite there"),
    ):
        with np.errstate(all="ignore"):
            text = complaint(f, [x], modes="reverse")
        assert f"; the function {said}" in text.replace("gives another", "another")
        assert "rule" not in text


def test_a_slope_that_is_not_finite_is_a_wrong_rule():
    f = Op("infinite", lambda x: x * 1.0, {"x": lambda x: x * np.inf}, elementwise=True)
    text = complaint(f, [X], order=1)
    assert text.endswith("the rule of operation infinite is wrong")


def test_a_rule_that_differs_on_nodes_is_named_in_forward_mode():
    slope = lambda x: 2 * x * (1.5 if isinstance(x, Tensor) else 1.0)  # noqa: E731
    f = Op("two_faced", lambda x: x * x, {"x": slope}, elementwise=True)
    text = complaint(f, [X], modes="forward", order=1)
    assert text.endswith("differentiating the rule of operation two_faced goes wrong")


def test_neither_arguments_nor_the_random_state_are_touched():
    x = Tensor(X, requires_grad=True)
    before = np.random.get_state()[1].copy()
    check_grads(np.sin, [x])
    assert x.grad is None
    np.testing.assert_array_equal(x.data, X)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize("other", [1e-3, 1.0, 100.0])
def test_functions_that_are_others_in_extended_precision_are_run_in_double(other):
    def f(x):
        return np.sum(x**3) + other * np.sum(x) * (x.dtype == np.longdouble)

    np.testing.assert_allclose(differences(f, X), 3 * X**2, rtol=1e-7)


def test_functions_that_are_about_to_refuse_extended_precision():
    """SciPy warns that its linear algebra will take double precision alone."""

    def f(x):
        if x.dtype.itemsize > 8:
            warnings.warn("give doubles", DeprecationWarning, stacklevel=2)
        return np.sum(x**3)

    np.testing.assert_allclose(differences(f, X), 3 * X**2, rtol=1e-7)
    check_grads(f, [X])


def test_functions_that_refuse_extended_precision_by_an_error_of_their_own():
    def f(x):
        if x.dtype.itemsize > 8:
            raise RuntimeError("doubles only")
        return np.sum(x**3)

    np.testing.assert_allclose(differences(f, X), 3 * X**2, rtol=1e-7)
    check_grads(f, [X])

    def always(x):
        raise RuntimeError("never")

    with pytest.raises(RuntimeError, match="never"):
        differences(always, X)


def test_every_output_counts_and_every_entry_by_itself():
    backwards = Op("backwards", np.positive, {"x": lambda g: g[::-1]}, elementwise=False)
    assert "gradient" in complaint(backwards, [X], order=1, modes="reverse")

    def two_numbers(x):
        return np.sum(x), np.sum(COSINE(x))

    assert "gradient" in complaint(two_numbers, [X], order=1, modes="reverse")


def noisy(x):
    """Σ x³, wrong in the last digits, as what an iteration gives."""
    return np.sum(x**3) + 1e-10 * np.sin(1e9 * np.sum(getattr(x, "data", x)))


def test_results_that_are_right_to_few_digits():
    assert abs(differences(noisy, X) - 3 * X**2).max() > 1e-5
    check_grads(noisy, [X])
    said = complaint(lambda x: noisy(x) + np.sum(WRONG(x)), [X])
    assert said.startswith("the gradient with respect to argument 0")
    assert "directional derivative" in complaint(
        lambda x: noisy(x) + np.sum(WRONG(x)), [X], modes=["forward"]
    )


def test_longer_steps_that_leave_the_domain_are_no_agreement():
    def rooted(x):
        if np.min(getattr(x, "data", x)) < 0:
            raise ValueError("negative")
        return np.sum(WRONG(x))

    assert "rule of operation wrong_square is wrong" in complaint(rooted, [np.array([2e-6, 1.0])])


def test_nan_is_no_agreement():
    f = Op("holes", np.sqrt, {"x": lambda x: x * np.nan}, elementwise=True)
    assert "is nan" in complaint(f, [X], order=1)


@pytest.mark.parametrize("order", [0, 10, "2", 1.5])
def test_order(order):
    with pytest.raises(ValueError, match="order is 1, 2 or a few more"):
        check_grads(np.sin, [X], order=order)


@pytest.mark.parametrize("modes", [["reverse", "sideways"], "sideways"])
def test_modes(modes):
    with pytest.raises(ValueError, match=r"unknown mode \['sideways'\]"):
        check_grads(np.sin, [X], modes=modes)
