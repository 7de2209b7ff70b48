"""Unusual uses of jitted functions give the results of the functions themselves."""

import copy
import gc
import pickle
import threading

import numpy as np
import pytest

from autograd import Tensor, grad
from autograd.jit import jit
from autograd.jit.c.build import compiler
from autograd.mode import watch
from nn.optim import SGD

from ..checks import differences

BACKENDS = ["numpy", *(["c"] if compiler() is not None else [])]


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


def test_an_old_gradient_is_read_after_the_new_one_is_there(backend):
    w = Tensor(np.ones((3, 2)), requires_grad=True)
    w.grad = np.zeros((3, 2))

    def f(x):
        old = w.grad
        (x @ w).sum().backward()
        return np.sort((old + 0.0).ravel())[0], (w.grad * old).sum()

    step = jit(f, backend=backend)
    for n in range(5):
        least, product = step(np.ones((2, 3)))
        assert (float(least), float(product)) == (2.0 * n, 6 * 2.0 * n * (2 * n + 2))


def test_a_gradient_is_added_once_where_a_check_fails(backend):
    w = Tensor(np.ones((3, 2)), requires_grad=True)
    b = Tensor(np.zeros(2), requires_grad=True)
    optimizer = SGD([w], lr=0.0)

    def f(x):
        optimizer.zero_grad()
        loss = ((x @ w + b) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    step = jit(f, backend=backend)
    for n in range(1, 5):
        step(np.ones((5, 3)))
        np.testing.assert_array_equal(b.grad, 30.0 * n)
    w.data[0, 0] = np.nan
    step(np.ones((5, 3)))
    np.testing.assert_array_equal(b.grad, [np.nan, 150.0])


def test_as_many_arguments_as_anyone_likes(backend):
    f = jit(lambda *numbers: np.add(numbers[0], numbers[-1]), backend=backend)
    for _ in range(3):  # from then on calls go another way
        assert f(1.0, 2.0) == 3.0
    few = jit(lambda x: x * 2.0, backend=backend)
    with pytest.raises(TypeError, match="takes 1 positional argument but 3000000 were given"):
        few(*[1.0] * 3_000_000)
    numbers = list(map(float, range(40)))
    for _ in range(3):
        assert f(*numbers) == 39.0


def test_arguments_that_another_thread_takes_away(backend):
    n = 1 << 18
    w = Tensor(np.ones(n), requires_grad=True)
    f = jit(lambda pair: ((w * pair[0]).sum(), pair[1] * 2.0), backend=backend)
    pair = [np.ones(n), np.ones(n)]
    for _ in range(3):
        f(pair)
    stop = threading.Event()

    def exchange():
        while not stop.is_set():
            pair[:] = np.ones(n), np.ones(n)

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        found = [f(pair) for _ in range(300)]
    finally:
        stop.set()
        thread.join()
    assert all(total.data == n for total, _ in found)
    assert all((doubled == 2.0).all() for _, doubled in found)


def test_a_watcher_sees_every_contribution(backend):
    w = Tensor([1.0, 2.0], requires_grad=True)

    def f(x):
        w.grad = None
        (w * x).sum().backward()

    step = jit(f, backend=backend)
    for _ in range(3):
        step(np.ones(2))
    seen = []
    with watch(lambda node, *_: seen.append(node)):
        step(np.full(2, 3.0))
    assert len(seen) == 2
    np.testing.assert_array_equal(w.grad, 3.0)
    step(np.ones(2))
    assert len(seen) == 2


def test_integers_too_long_for_c(backend):
    h = np.array([1e-25, 2.0])
    f = jit(lambda h, k: np.tanh(h * (k * k)), backend=backend)
    noise, own = np.random.default_rng(0), np.random.default_rng(0)
    g = jit(lambda h, k: (h + noise.normal(size=2)) * (k * k), backend=backend)
    for k in (3, 2**40, 3, 2**33):
        np.testing.assert_allclose(f(h, k), np.tanh(h * float(k * k)), rtol=1e-14)
        expected = (h + own.normal(size=2)) * float(k * k)
        np.testing.assert_allclose(g(h, k), expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u4", "i4", "u8", "i8"])
def test_integers_out_of_bounds_of_a_dtype(backend, dtype):
    x = np.array([1, 2, 44], dtype)
    times = jit(lambda x, k: x * k, backend=backend)
    less = jit(lambda x, k: x < k, backend=backend)
    fixed = jit(lambda x: x > 300, backend=backend)
    assert not fixed(x).any()
    for k in (3, 3, 300, -1, 2**40, 2**70):
        bounds = np.iinfo(dtype)
        np.testing.assert_array_equal(less(x, k), [n < k for n in (1, 2, 44)])
        if bounds.min <= k <= bounds.max:
            np.testing.assert_array_equal(times(x, k), x * k)
        else:
            with pytest.raises(OverflowError):
                times(x, k)


REDUCTIONS = {
    "sum in the dtype asked for": lambda x: np.sum(x, axis=0, dtype=np.int8),
    "prod in the dtype asked for": lambda x: x.prod(dtype=np.uint8),
    "sum as a truth": lambda x: np.sum(x, dtype=bool),
    "sum as int64": lambda x: np.sum(x > 2, dtype=np.int64),
    "sum as float": lambda x: np.sum(x, axis=1, keepdims=True, dtype=np.float32),
    "reduce in a dtype": lambda x: np.add.reduce(x, axis=0, dtype=np.int16),
    "sum of one integer": lambda x: np.sum(x[0, 0]),
    "prod of one truth": lambda x: np.prod(x[1, 1] > 2),
    "any of one number": lambda x: np.any(x[1, 1].astype(float)),
    "max of one number": lambda x: np.max(x[1, 1]),
    "sum of one float": lambda x: np.sum(x[1, 1].astype(float), keepdims=True),
    "sum of one float of another byte order": lambda x: np.sum(x[1, 1].astype(">f8")),
    "sum over no axis": lambda x: np.sum(x > 2, axis=()),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_dtypes_of_reductions(backend, name):
    f, x = REDUCTIONS[name], np.arange(6, dtype=np.int16).reshape(2, 3)
    found, expected = jit(f, backend=backend)(x), f(x)
    assert np.asarray(found).dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_arrays_with_operators_of_their_own_are_refused(backend):
    class Own(np.ndarray):
        pass

    f = jit(lambda x: x * x, backend=backend)
    for x in (np.array([[1.0, 2.0]]).view(Own), np.ma.masked_array([1.0, 2.0], [0, 1])):
        with pytest.raises(TypeError, match=r"takes a (Own|MaskedArray), whose operators .*asarr"):
            f(x)
    np.testing.assert_array_equal(f(np.array([3.0])), [9.0])


def test_objects_that_come_and_go(backend):
    class Settings:
        def __init__(self, scale):
            self.scale = scale

    f = jit(lambda settings, x: x * settings.scale, backend=backend)
    for n in range(12):
        assert f(Settings(float(n)), np.ones(1)) == n
        gc.collect()


def test_code_that_is_exchanged(backend):
    class Model:
        scale = 2.0
        shift = np.array([1.0])

        def act(self, x):
            return x * 3.0

    def inner(x, by=5.0, *, more=0.0):
        return x * by + more

    model = Model()
    model.bias = 1.0
    f = jit(lambda x: inner(model.act(x) * model.scale) + model.bias + model.shift, backend=backend)

    def check(expected):
        for _ in range(3):
            np.testing.assert_array_equal(f(np.ones(1)), [expected])

    check(32.0)
    Model.scale = 4.0
    check(62.0)
    Model.shift[0] = 2.0
    check(63.0)
    Model.act = lambda self, x: x
    check(23.0)
    inner.__defaults__ = (6.0,)
    check(27.0)
    inner.__kwdefaults__["more"] = 1.0
    check(28.0)
    inner.__code__ = (lambda x, by=0.0, *, more=0.0: x * by - more).__code__
    check(26.0)
    model.__dict__ = {"bias": 10.0}
    check(35.0)


@jit
def doubled(x):
    return x * 2.0


def test_copies_and_pickles(backend):
    class Model:
        def __init__(self):
            self.w = Tensor([2.0], requires_grad=True)
            self.run = jit(self._run, backend=backend)

        def _run(self, x):
            return self.w * x

    model = Model()
    for _ in range(3):
        model.run(np.ones(1))
        doubled(np.ones(1))
    other = copy.deepcopy(model)
    other.w.data = np.array([5.0])
    for _ in range(3):
        np.testing.assert_array_equal(model.run(np.ones(1)).data, [2.0])
        np.testing.assert_array_equal(other.run(np.ones(1)).data, [5.0])
    assert other.run.backend == backend
    assert pickle.loads(pickle.dumps(doubled)) is doubled
    assert copy.deepcopy(doubled) is doubled
    again = pickle.loads(pickle.dumps(jit(np.tanh, backend=backend)))
    np.testing.assert_array_equal(again(np.zeros(2)), 0.0)


def test_arrays_of_objects_among_the_arguments(backend):
    w = Tensor([1.0, 2.0], requires_grad=True)
    f = jit(lambda x: w * x[0] + x[1].sum(), backend=backend)
    for k in (2.0, 5.0):
        x = np.empty(2, object)
        x[:] = [k, np.array([1.0, k])]
        for _ in range(3):
            np.testing.assert_array_equal(f(x).data, w.data * k + 1 + k)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.einsum("ij->ji", x * 2.0),
        lambda x: np.einsum("ii->i", x * 2.0),
        lambda x: np.broadcast_arrays(x * 2.0, np.zeros((2, 3, 3)))[0],
        lambda x: np.split(x * 2.0, [1])[1],
    ],
)
def test_results_that_numpy_returns_as_views(backend, f):
    def step(x):
        y = f(x)
        # as many numbers again, which may be computed where the ones before were
        z = ((x + 1.0) * x - 3.0) * x
        return y * 1.0 + (z.sum() - z.sum()) * 0, np.sin(y), z

    compiled = jit(step, backend=backend)
    derivative = jit(lambda x: grad(lambda x: (step(x)[1] ** 2).sum())(x), backend=backend)
    for k in range(3):
        x = np.arange(9.0).reshape(3, 3) + k
        for found, expected in zip(compiled(x), step(x), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
        slope = differences(lambda x: (step(x)[1] ** 2).sum(), [x])[0]
        np.testing.assert_allclose(derivative(x), slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "shapes", [((3,), (1, 1)), ((1, 1, 1), (2, 1)), ((), (1, 1)), ((3,), (3, 1))]
)
@pytest.mark.parametrize(
    "f",
    [
        np.hypot,
        np.maximum,
        lambda x, y: x.astype(int) * y,
        lambda x, y: np.where(x > 1, x, y),
        lambda x, y: np.where(y > 1, x, 1.0),
        lambda x, y: (x > 1) & (y > 0),
    ],
)
def test_shapes_where_all_axes_are_those_of_one_number(backend, f, shapes):
    run = lambda x, y: f(x * 1.0, y * 2.0)  # noqa: E731
    compiled = jit(run, backend=backend)
    for k in range(2):
        x, y = (np.arange(np.prod(s, dtype=int)).reshape(s) + 0.5 + k for s in shapes)
        found, expected = compiled(x, y), run(x, y)
        np.testing.assert_allclose(found, expected, rtol=1e-14)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)


@pytest.mark.parametrize("value", [np.array(2.0), np.arange(1.0, 4.0), np.ones((3, 1))])
def test_assignment_at_places_that_are_given(backend, value):
    weights = np.arange(9.0).reshape(3, 3) + 1

    def f(x, v, i):
        y = x * 1.0
        y[i] = v * v
        return (y**3 * weights).sum()

    def slopes(x, v, i):
        return grad(f, (0, 1))(x, v, i)

    compiled = jit(slopes, backend=backend)
    for i in ([0, 0, 2], [1, 1, 1], [2, 0, 1]):  # of writes to one place the last one counts
        x, i = weights / 2, np.array(i)
        found = compiled(x, value, i)
        expected = differences(lambda x, v, i=i: f(x, v, i), [x, value])
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
    assert compiled.recordings == 1
    again = grad(lambda v: (compiled(x, v, i)[1] ** 2).sum())(value)
    slope = differences(lambda v: (slopes(x, v, i)[1] ** 2).sum(), [value])[0]
    np.testing.assert_allclose(again, slope, rtol=1e-5, atol=1e-5)


def test_an_array_made_in_the_function_is_a_new_one_at_every_call(backend):
    f = jit(lambda x: (x * 2.0, np.ones(3)), backend=backend)
    for _ in range(4):
        found = f(np.ones(2))[1]
        np.testing.assert_array_equal(found, 1.0)
        found[...] = 7.0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("make", [np.asarray, Tensor])
def test_copies_of_what_is_recorded(make, backend):
    def f(x):
        y, z = copy.deepcopy([x, 2.0])[0], copy.copy(x)
        y[0] = 7.0
        z += 1.0
        return y, z, x * copy.copy(x.sum())

    fast = jit(f, backend=backend)
    for k in range(3):
        x = np.arange(3.0) + k
        for a, b in zip(fast(make(x.copy())), f(make(x.copy())), strict=True):
            np.testing.assert_array_equal(a, b)
            assert type(a) is type(b)


PARTS = {
    "real": lambda x: np.fft.fft(x).real,
    "imaginary": lambda x: np.fft.fft(x).imag + x.imag,
    "conjugate": lambda x: (np.fft.fft(x).conj() * x.conj()).imag,
    "power of two": lambda x: np.ldexp(x * 1, 2),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PARTS)
def test_parts_and_scales_of_numbers(name, dtype, backend):
    f = PARTS[name]
    fast = jit(f, backend=backend)
    for k in range(3):
        x = (np.arange(4.0) ** 2 - k).astype(dtype)
        found = fast(x)
        np.testing.assert_allclose(found, f(x), rtol=1e-6, atol=1e-12)
        assert found.dtype == f(x).dtype
