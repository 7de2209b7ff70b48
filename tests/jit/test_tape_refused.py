"""What a function of Values under jit refuses, and that nothing has changed then."""

import copy
import random

import numpy as np
import pytest

from autograd import Tensor, Value, grad, logsumexp, value_and_grad
from autograd.jit import jit
from autograd.jit.tape.compiled import jit_values

LINE = r"at test_tape_refused.py:\d+"


def number_or(x, other):
    try:
        return float(x)
    except TypeError:
        return other


@pytest.mark.parametrize(
    ("what", "function"),
    [
        ("a branch", lambda x: x if x > 0 else -x),
        ("a branch", lambda x: x if x else -x),
        ("a branch", lambda x: max(x, x * 2)),
        ("a branch", lambda x: x if x == 1.0 else -x),
        ("a branch", lambda x: x * (x.data > 1 and 2)),
        (r"float\(\)", lambda x: x * float(x)),
        (r"float\(\)", lambda x: x * float(x.data)),
        (r"int\(\)", lambda x: x * int(x)),
        (r"int\(\)", lambda x: x * int(x.data)),
        (r"round\(\)", lambda x: x * round(x)),
        (r"round\(\)", lambda x: x * round(x.data, 2)),
        (r"\.item\(\)", lambda x: x * x.item()),
        (r"\.item\(\)", lambda x: x * x.data.item()),
        ("a formatted text", lambda x: f"{x}"),
        (r"float\(\)", lambda x: x * number_or(x, 3.0)),
        ("a formatted text", lambda x: f"{x.data:.3f}"),
        (r"str\(\)", lambda x: str(x.data)),
        ("an index or a count", lambda x: [x, x][x.data]),
        (r"\.local_derivative", lambda x: (x * x).local_derivative(1.0)[0] * x),
        (r"\.local_derivative", lambda x: (x * x).local_grads[0] * x),
        (r"np\.isclose", lambda x: np.isclose(x, 1.0)),
    ],
)
def test_a_number_of_a_recorded_value(what, function):
    x = Value(1.5)
    before = Value(2.0)
    z = before * x
    with pytest.raises(TypeError, match=f"jit: {what}.* {LINE} asks a recorded value"):
        jit_values(function)(x)
    assert (x.data, x.grad) == (1.5, 0.0)
    z.backward()
    assert not hasattr(Value, "_recorded")
    assert isinstance(x > 1, bool)


def test_a_failed_recording_changes_nothing():
    w = Value(2.0)

    def f():
        w.grad = 7.0
        w.data = 5.0
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        jit_values(f)()
    assert (w.data, w.grad) == (2.0, 0.0)


@pytest.mark.parametrize("draw", [random.random, np.random.random, np.random.default_rng(0).random])
def test_random_numbers_are_refused(draw):
    with pytest.raises(TypeError, match="draws random numbers"):
        jit_values(lambda x: x * draw())(Value(1.0))


def test_changing_a_list_is_refused():
    losses = []
    with pytest.raises(TypeError, match="changes a list, a dict or an attribute"):
        jit_values(lambda x: losses.append(x.data))(Value(1.0))


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ([1.0, 2.0], lambda x: x.append(1.0)),
        ([1.0, 2.0], lambda x: x.reverse()),
        ([[1.0], [2.0]], lambda x: x[0].append(x[1].pop())),
        ({"a": 1.0}, lambda x: x.update(a=2.0)),
        ({"a": 1.0}, lambda x: x.update(b=x.pop("a"))),
        (np.array([1.0, 2.0]), lambda x: x.__setitem__(0, 5.0)),
        (np.array([1, 2]), lambda x: x.__setitem__(0, 5)),
    ],
)
def test_changing_an_argument_is_refused(given, change):
    with pytest.raises(TypeError, match="changes a list, a dict or an attribute"):
        jit_values(lambda x, v: (change(x), v * 2)[1])(copy.deepcopy(given), Value(1.0))
    t = Tensor([1.0], requires_grad=True)
    if not isinstance(given, np.ndarray):
        with pytest.raises(TypeError, match="changes a list, a dict or an attribute"):
            jit(lambda x: (change(x), t * 2)[1])(copy.deepcopy(given))


def test_results_of_other_kinds_are_refused():
    with pytest.raises(TypeError, match="returns set, which a replay could not make again"):
        jit_values(lambda x: {x})(Value(1.0))


def test_tensors_are_refused():
    t = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="mixes Values and Tensors"):
        jit_values(lambda x: (t * x).sum())(Value(1.0))
    with pytest.raises(TypeError, match="mixes Values and Tensors"):
        jit_values(lambda x: t * x.data)(Value(1.0))


@pytest.mark.parametrize(
    "name", "sum mean max std median ptp any argmax cumsum linalg.norm add.reduce sort".split()
)
@pytest.mark.parametrize("what", ["data", "grad"])
def test_functions_of_arrays_on_a_recorded_number(name, what):
    function = np
    for part in name.split("."):
        function = getattr(function, part)
    match = (
        rf"jit: np\.{name} at test_tape_refused.* takes arrays, .* one recorded number; write it"
    )
    with pytest.raises(TypeError, match=match):
        jit_values(lambda x: x * function(getattr(x, what)))(Value(1.0))


@pytest.mark.parametrize("transform", [grad, value_and_grad])
def test_a_derivative_by_a_number_beside_values(transform):
    with pytest.raises(TypeError, match="plain number that jit records beside Values; pass it as"):
        jit_values(lambda x, s: transform(lambda t: x * t * t)(s))(Value(1.0), 2.0)


def test_a_reduction_of_a_value_says_that_it_makes_a_tensor():
    with pytest.raises(TypeError, match=r"np\.sum, np\.stack and other functions of arrays make"):
        jit_values(lambda x: np.sum(x * x))(Value(1.0))


def test_backward_through_what_was_computed_before():
    w = Value(2.0)
    c = w * 3
    with pytest.raises(RuntimeError, match="goes through a value computed before the call"):
        jit_values(lambda: (c * w).backward())()


def test_a_leaf_changed_before_backward_is_refused_as_ever():
    w = Value(2.0)

    def f():
        loss = w * w
        w.data = 1.0
        loss.backward()

    with pytest.raises(RuntimeError, match="changed after it was used"):
        jit_values(f)()


def test_invert_of_a_truth():
    with pytest.raises(TypeError, match=r"write np\.logical_not"):
        jit_values(lambda x: np.where(~(x > 0), x, 0.0))(Value(1.0))


def test_array_operations_on_numbers():
    with pytest.raises(TypeError, match="takes arrays; a Value is one number"):
        jit_values(lambda x: logsumexp(x.data))(Value(1.0))


def test_a_gradient_that_is_a_node():
    x = Value(2.0)
    (x**3).backward(create_graph=True)
    with pytest.raises(TypeError, match=r"the gradient read .* is a Value"):
        jit_values(lambda: x.grad * 2)()


def test_check_every_with_an_optimizer():
    import nn

    w = Value(2.0)
    optimizer = nn.SGD([w], lr=0.1)

    def f():
        (w * w).backward()
        optimizer.step()

    with pytest.raises(ValueError, match="check_every cannot run the step of an optimizer, or"):
        jit_values(f, check_every=1)()
    assert w.data == 2.0


def test_show_before_the_first_call():
    with pytest.raises(RuntimeError, match="was not called yet"):
        jit_values(lambda x: x).show()


def test_threads_go_on_as_before():
    import threading

    stop, wrong = threading.Event(), []

    def other():
        while not stop.is_set():
            v = Value(3.0)
            (v * v + 1).backward()
            if v.grad != 6.0 or not isinstance(v.data, float) or not v > 2:
                wrong.append(v)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        for _ in range(50):
            fast = jit_values(lambda x: (x * x + 1).tanh() * 2)
            assert fast(Value(0.5)).data == fast(Value(0.5)).data
    finally:
        stop.set()
        thread.join()
    assert not wrong
