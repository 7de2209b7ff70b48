"""Recording on and off, scopes, origins, labels and watchers, each per thread and context."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    arithmetic,
    enable_grad,
    is_grad_enabled,
    no_grad,
    scope,
    sigmoid,
    vjp,
    watch,
)
from autograd.mode import STATE

from .leaves import BOTH, LEAVES, MADE


@pytest.fixture(autouse=True)
def balanced():
    """Every test leaves the modes as it found them."""
    assert not STATE.special
    yield
    assert not STATE.special
    assert is_grad_enabled()


@BOTH
@MADE
def test_no_grad_records_nothing(leaf, make):
    x = leaf(2.0)
    with no_grad():
        y = make(x)
    expected = make(x)
    np.testing.assert_array_equal(y.data, expected.data)
    assert y.parents == ()
    assert y.is_leaf
    assert expected.parents != ()
    z = y * x
    (z if isinstance(z, Value) else z.sum()).backward()
    assert x.grad == np.sum(y.data)


def test_result_under_no_grad_needs_no_gradient():
    with no_grad():
        assert not (Tensor(1.0, requires_grad=True) * 2.0).requires_grad


@BOTH
def test_backward_inside_no_grad(leaf):
    x = leaf(3.0)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 6.0


@BOTH
def test_create_graph_inside_no_grad(leaf):
    """Asking for a graph of the gradient is explicit, and wins."""
    x = leaf(3.0)
    y = x * x * x
    with no_grad():
        y.backward(create_graph=True)
    first = x.grad
    x.grad = 0.0 if leaf is LEAVES["Value"] else None
    first.backward()
    assert x.grad == 18.0


def test_nesting():
    assert is_grad_enabled()
    with no_grad():
        assert not is_grad_enabled()
        with enable_grad():
            assert is_grad_enabled()
            with no_grad():
                assert not is_grad_enabled()
            assert is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_an_exception_restores_the_mode():
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert is_grad_enabled()


def test_one_object_entered_twice():
    mode = no_grad()
    with mode, mode:
        assert not is_grad_enabled()
    assert is_grad_enabled()
    with mode:
        assert not is_grad_enabled()


def test_as_a_decorator():
    @no_grad()
    def f(x, depth=0):
        assert not is_grad_enabled()
        if depth < 3:
            return f(x, depth=depth + 1)
        return x * 2.0

    @enable_grad()
    def g(x):
        return x * 2.0

    x = Value(1.0)
    assert f(x).parents == ()
    assert is_grad_enabled()
    with no_grad():
        assert g(x).parents == (x,)
        assert not is_grad_enabled()
    assert f.__name__ == "f"


def test_as_a_decorator_without_parentheses():
    class Model:
        @no_grad
        def predict(self, x):
            return x * 2.0

    @enable_grad
    def squares(x):
        for _ in range(2):
            yield x * x

    x = Value(3.0)
    assert Model().predict(x).parents == ()
    assert Model.predict.__name__ == "predict"
    with no_grad():
        assert [y.parents for y in squares(x)] == [(x, x), (x, x)]
    assert is_grad_enabled()


def test_as_a_decorator_of_a_generator_function():
    @no_grad()
    def numbers(x):
        for k in range(3):
            yield x * float(k), is_grad_enabled()

    x = Value(1.0)
    for y, enabled in numbers(x):
        assert not enabled
        assert y.parents == ()
        # the consumer's code is not the generator's
        assert is_grad_enabled()
        assert (x * 2.0).parents == (x,)


def test_a_decorated_generator_is_sent_to_thrown_into_and_closed():
    ended = []

    @no_grad()
    def products(x):
        try:
            factor = yield x * 2.0
            try:
                yield x * factor
            except ValueError as error:
                yield x * float(str(error))
            return "end"
        finally:
            ended.append(is_grad_enabled())

    x = Value(3.0)
    run = products(x)
    found = next(run), run.send(5.0), run.throw(ValueError("7"))
    assert [(y.data, y.parents) for y in found] == [(6.0, ()), (15.0, ()), (21.0, ())]
    with pytest.raises(StopIteration, match="end"):
        next(run)
    run = products(x)
    next(run)
    with pytest.raises(KeyError, match="not caught"):
        run.throw(KeyError("not caught"))
    run = products(x)
    next(run)
    run.close()
    assert ended == [False, False, False]
    assert is_grad_enabled()


def test_blocks_left_in_a_generator():
    def numbers(x):
        with no_grad():
            yield x * 2.0
        yield x * 3.0

    x = Value(1.0)
    without, with_graph = numbers(x)
    assert without.parents == ()
    assert with_graph.parents == (x,)
    assert is_grad_enabled()


def test_modes_are_per_thread():
    inside, seen, done = threading.Event(), [], threading.Event()

    def quiet():
        with no_grad(), scope("other"):
            inside.set()
            done.wait(10)
            seen.append((is_grad_enabled(), (Value(1.0) * 2).parents))

    thread = threading.Thread(target=quiet)
    thread.start()
    inside.wait(10)
    x = Value(1.0)
    y = x * 2.0
    done.set()
    thread.join()
    assert y.parents == (x,)
    assert y.scope == ""
    assert seen == [(False, ())]


def test_modes_are_per_context():
    with no_grad():
        context = copy_context()
    assert context.run(is_grad_enabled) is False
    assert is_grad_enabled()


# --------------------------------------------------------------------------------------------------
# Threads


def test_separate_graphs_in_separate_threads():
    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(30):
            a, b = rng.uniform(0.5, 1.5, 2).tolist()
            x, y = Value(a), Value(b)
            z = x
            for _ in range(40):
                z = z * y + x
            if seed % 2:
                with no_grad():
                    assert (x * y).parents == ()
            z.backward()
            s, t = Tensor([a], True), Tensor([b], True)
            w = s
            for _ in range(40):
                w = w * t + s
            w.sum().backward()
            dx = sum(b**k for k in range(41))
            dy = a * sum(k * b ** (k - 1) for k in range(1, 41))
            assert x.grad == pytest.approx(dx)
            assert y.grad == pytest.approx(dy)
            assert s.grad == pytest.approx(dx)
            assert t.grad == pytest.approx(dy)
            x.data = 2.0
            with pytest.raises(RuntimeError, match="changed after"):
                z.backward()
        return seed

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(16))) == list(range(16))
    finally:
        sys.setswitchinterval(interval)


# --------------------------------------------------------------------------------------------------
# NumPy's error state


@pytest.mark.parametrize("form", ["release", "keep", "create_graph", "vjp"])
def test_a_sweep_is_right_where_errors_of_numpy_raise_and_leaves_that_so(form):
    x = Tensor([-400.0, 1.0], requires_grad=True)
    start = np.array([1e-200, 1.0])  # 1e-200 times 2e-174 is no number
    with np.errstate(all="raise"):
        if form == "vjp":
            _, pull = vjp(sigmoid, x)
            (found,) = pull(start)
        else:
            options = {form: True} if form != "keep" else {}
            sigmoid(x).backward(start, **options)
            found = x.grad
        assert set(np.geterr().values()) == {"raise"}
        y = sigmoid(x)
        y.node._pull = lambda saved, g: np.divide(np.ones(2), 0) + np.ones(3)
        with pytest.raises(ValueError, match="could not be broadcast"):
            y.backward([1.0, 1.0])
        assert set(np.geterr().values()) == {"raise"}
    assert np.asarray(getattr(found, "data", found))[0] == 0.0


def test_a_sweep_that_meets_infinities_leaves_the_error_state_as_it_was():
    x = Tensor([0.0, 1.0], requires_grad=True)
    with np.errstate(all="print", divide="ignore"):
        before = np.geterr()
        np.log(x).backward([1.0, 1.0])
        assert np.geterr() == before
        z = np.exp(np.tanh(x))
        z.node.parents[0]._pull = lambda saved, g: np.ones(2) + np.ones(3)
        for failing in (z, z * np.exp(z)):
            with pytest.raises(ValueError, match="could not be broadcast"):
                failing.backward([1.0, 1.0])
            assert np.geterr() == before
    assert x.grad.tolist() == [np.inf, 1.0]


def test_errors_of_watchers_and_rules_are_not_asked_for_twice():
    seen = []

    def watcher(*arguments):
        seen.append(arguments)
        raise FloatingPointError("mine")

    x = Tensor([1.0, 2.0], requires_grad=True)
    with watch(watcher), np.errstate(all="raise"), pytest.raises(FloatingPointError, match="mine"):
        sigmoid(x).sum().backward()
    assert len(seen) == 1
    y = sigmoid(x)
    y.node._pull = lambda saved, g: watcher(g)
    with pytest.raises(FloatingPointError, match="mine"):
        y.backward([1.0, 1.0])
    assert len(seen) == 2


def test_where_numpy_keeps_its_error_state_elsewhere(monkeypatch):
    class Empty:
        def run(self, function):
            pass

        def items(self):
            return ()

    monkeypatch.setattr(arithmetic.contextvars, "Context", Empty)
    ask, enter, leave = arithmetic._switches()
    before = np.geterr()
    state = ask()
    enter()
    assert set(np.geterr().values()) == {"ignore"}
    leave(state)
    assert np.geterr() == before
