"""A jitted function that writes to memory which it also reads by another name."""

import contextvars
import mmap

import numpy as np
import pytest

from autograd import Tensor, op, operation
from autograd.jit import jit
from autograd.jit.c.build import compiler
from autograd.jit.call import aliases
from autograd.jit.call.aliases import share
from nn.optim import SGD, Adam

BACKENDS = ["numpy", *(["c"] if compiler() is not None else [])]
CASES = {}


def case(make):
    """Enter a maker of a function, of its arguments, and of what is looked at after each call."""
    CASES[make.__name__] = make


def parameter():
    return Tensor(np.arange(1.0, 5.0), requires_grad=True)


def trained(optimizer):
    """Return a parameter and a step of its optimizer that reads x before and after."""
    w = parameter()
    optimizer = optimizer([w])

    def step(x):
        optimizer.zero_grad()
        before = x.sum()
        (w * w).sum().backward()
        optimizer.step()
        return before, (x * 2).sum(), w.data.sum()

    return w, step


for name, make in {
    "sgd": lambda p: SGD(p, lr=0.1),
    "momentum": lambda p: SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: Adam(p, lr=0.1),
}.items():

    def view(make=make):
        w, step = trained(make)
        return step, lambda: (w.data[1:3],), lambda: [w.data]

    def backwards(make=make):
        w, step = trained(make)
        return step, lambda: (w.data[::-1],), lambda: [w.data]

    def kept_view(make=make):
        w, step = trained(make)
        part = w.data[:2]
        return step, lambda: (part,), lambda: [w.data, part]

    CASES |= {f"{name} {f.__name__}": f for f in (view, backwards, kept_view)}


@case
def a_view_at_some_calls():
    w, step = trained(lambda p: SGD(p, lr=0.1))
    count = iter(range(9))
    return step, lambda: (w.data[:2] if next(count) % 3 == 2 else np.ones(2),), lambda: [w.data]


@case
def the_data_themselves():
    w = parameter()

    def f(x):
        w.grad = None
        (w * w * x).sum().backward()
        w.data -= 0.1 * w.grad
        return (x * 2).sum()

    return f, lambda: (w.data,), lambda: [w.data, w.grad]


@case
def a_number_of_the_data():
    w, step = trained(lambda p: SGD(p, lr=0.1))
    return step, lambda: (w.data[1:2].reshape(()),), lambda: [w.data]


@case
def a_tensor_over_the_data():
    w, step = trained(lambda p: SGD(p, lr=0.1))
    t = Tensor(np.zeros(2))
    t._data = w.data[:2]
    return step, lambda: (t,), lambda: [w.data]


@case
def a_leaf_and_its_view():
    w = parameter()

    def f(p, x):
        p.grad = None
        (p * p).sum().backward()
        p.data -= 0.1 * p.grad
        return (x * 2).sum()

    return f, lambda: (w, w.data[:2]), lambda: [w.data]


@case
def what_an_optimizer_keeps():
    w, step = trained(lambda p: SGD(p, lr=0.1, momentum=0.9))
    step(np.ones(2))
    slot = step.__closure__[0].cell_contents._slots[0]
    return step, lambda: (next(iter(slot.kept.values()))[:2],), lambda: [w.data]


@case
def a_view_in_the_closure():
    w, step = trained(lambda p: SGD(p, lr=0.1))
    part = w.data[:2]
    return lambda: step(part), lambda: (), lambda: [w.data, part]


@case
def two_arguments():
    b = np.arange(6.0)

    def f(x, y):
        x += 1.0
        return (x * y).sum()

    return f, lambda: (b[:4], b[2:]), lambda: [b]


@case
def two_arguments_at_some_calls():
    b, count = np.arange(6.0), iter(range(9))

    def f(x, y):
        z = x * 2
        y[0] = 9.0 + x[3]
        return (x * y).sum(), z.sum()

    return f, lambda: (b[:4], b[2:] if next(count) % 2 else b[2:].copy()), lambda: [b]


@case
def an_argument_that_is_written_and_a_closure():
    b = np.arange(6.0)
    c = b[2:]

    def f(x):
        x += 1.0
        return (x * c).sum()

    return f, lambda: (b[:4],), lambda: [b]


@case
def an_argument_and_a_closure_that_is_written():
    b = np.arange(6.0)
    c = b[2:]

    def f(x):
        np.multiply(c, 1.5, out=c)
        return (x * c).sum()

    return f, lambda: (b[:4],), lambda: [b]


@case
def an_argument_that_is_written_and_a_parameter():
    w = parameter()

    def f(x):
        x += 1.0
        return (w * w).sum()

    return f, lambda: (w.data[:2],), lambda: [w.data]


@case
def two_closures():
    b = np.arange(6.0)
    c, d = b[2:], b[:3]

    def f(x):
        np.add(c, x, out=c)
        z = (d * 1.0).sum()
        np.multiply(d, 1.5, out=d)
        return z, c.sum(), d.sum()

    return f, lambda: (1.0,), lambda: [b]


@case
def two_parameters():
    b = np.arange(1.0, 7.0)
    w, v = parameter(), parameter()
    w._data = w._node._value = b[:4]
    v._data = v._node._value = b[2:]

    def f():
        w.grad = v.grad = None
        (w * v).sum().backward()
        w.data -= 0.1 * w.grad
        v.data -= 0.1 * v.grad
        return w.data.sum() + 0.0

    return f, lambda: (), lambda: [b]


@case
def memory_that_belongs_to_no_array():
    memory = mmap.mmap(-1, 32)
    a, b = (np.frombuffer(memory, np.float64) for _ in range(2))
    a[:] = [1.0, 2.0, 3.0, 4.0]

    def f(x):
        np.add(a, 1.0, out=a)
        return (x * 2).sum()

    return f, lambda: (b,), lambda: [a]


def numbers(result):
    """Return the arrays in a result, as copies."""
    parts = result if isinstance(result, tuple) else (result,)
    return [np.array(getattr(x, "data", x)) for x in parts]


def told(function, arguments, state):
    """Return what four calls give and leave behind."""
    return [[*numbers(function(*arguments())), *map(np.array, state())] for _ in range(4)]


@pytest.mark.filterwarnings("ignore:jit. .* an array that shares memory:RuntimeWarning")
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CASES)
def test_written_memory_under_two_names(name, backend):
    found = []
    for wrap in (lambda f: f, lambda f: jit(f, backend=backend)):
        function, arguments, state = CASES[name]()
        found.append(told(wrap(function), arguments, state))
    for expected, replayed in zip(*found, strict=True):
        for x, y in zip(expected, replayed, strict=True):
            np.testing.assert_allclose(y, x, rtol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_parts_of_one_array_that_do_not_meet_are_replayed(backend):
    b = np.arange(8.0)
    runs = contextvars.ContextVar("runs")  # which no guard sees
    runs.set([])

    def f(x, y):
        runs.get().append(1)
        x += 1.0
        return (x * y).sum()

    g = jit(f, backend=backend)
    for pair in ((b[:4], b[4:]), (b[::2], b[1::2]), (b[:4], np.ones(4))):
        expected = float(((pair[0] + 1) * pair[1]).sum())
        assert g(*pair) == expected
    assert len(runs.get()) == g.recordings == 1


def test_a_function_that_never_can_be_replayed_says_so():
    b = np.arange(6.0)
    c = b[2:]
    f = jit(lambda x: (np.add(c, x, out=c).sum(), b.sum()), backend="numpy")
    with pytest.warns(RuntimeWarning, match="<lambda> writes an array that shares memory with an"):
        f(1.0)


def test_what_is_too_long_to_find_out_counts_as_shared(monkeypatch):
    rows = np.zeros(4000, np.int8)
    a = np.lib.stride_tricks.as_strided(rows, (3, 2, 2), (104, 7, 67))
    b = np.lib.stride_tricks.as_strided(rows[13:], (3, 2, 2), (14, 39, 60))
    assert not share(a, b)
    assert not share(rows[::2], rows[1::2])
    monkeypatch.setattr(aliases, "_WORK", 1)
    assert share(a, b)


@pytest.fixture
def sometimes(monkeypatch):
    """Return operations of a user's whose result is of another kind where a sum is above 0."""

    def view(x):
        return x if x.sum() > 0 else x * 1.0

    def part(x):
        return x[:2] if x.sum() > 0 else np.repeat(x[:1], 2)

    def above(x):
        return x[x > 0]

    def narrow(x):
        return x.astype(np.float32) if x.sum() > 0 else x * 1.0

    functions = {f.__name__: f for f in (view, part, above, narrow)}
    monkeypatch.setattr(op, "_BY_NAME", dict(op._BY_NAME))  # the table stays as it was
    return {n: (operation(x=None, name=f"{n} at times")(f), f) for n, f in functions.items()}


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize("name", ["view", "part"])
def test_a_function_that_returns_a_view_at_some_calls(name, backend, sometimes):
    sometimes, plain = sometimes[name]

    def f(x):
        y = x * 2.0
        z = sometimes(y)
        # what these compute may take the memory of y, which is not used any more
        return np.tanh(y * 3.0) + 1, z, sometimes(x)

    compiled = jit(f, backend=backend)
    for sign in (-1.0, 1.0, -1.0, 2.0):
        x = np.arange(1.0, 4.0) * sign
        found = compiled(Tensor(x))
        for ours, theirs in zip(found, (np.tanh(6 * x) + 1, plain(2 * x), plain(x)), strict=True):
            np.testing.assert_allclose(ours.data, theirs)
        found[2].data[...] = 7.0
        np.testing.assert_array_equal(x, np.arange(1.0, 4.0) * sign)
    assert compiled.recordings == 1


@pytest.mark.parametrize(
    ("name", "calls"),
    [("above", [[1.0, -1], [1, 1], [-1, -1], [-2, 3]]), ("narrow", [[-1.0, 0], [1, 2], [-2, 0]])],
)
def test_a_function_of_a_user_whose_result_has_another_form(name, calls, sometimes):
    sometimes, plain = sometimes[name]
    compiled = jit(lambda x: (sometimes(x) * 2, len(sometimes(x))), backend="numpy")
    for x in np.array(calls):
        found, n = compiled(Tensor(x))
        expected = plain(x * 1.0) * 2
        assert found.data.dtype == expected.dtype
        assert n == len(expected)
        np.testing.assert_array_equal(found.data, expected)
    assert compiled.recordings < len(calls)


def test_an_order_of_memory_that_makes_a_view_of_an_argument():
    compiled = jit(lambda x: np.ravel(x, order="F"), backend="numpy")
    for x in (np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3))):
        compiled(x)[...] = 7.0
        np.testing.assert_array_equal(x, np.arange(6.0).reshape(2, 3))
