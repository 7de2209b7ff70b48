"""Every operator of Python under jit: of arrays, numbers and tensors, reflected, and in place."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, grad, jit

from .tapes import BACKENDS

WHOLE = ["+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>"]
REAL = ["+", "-", "*", "/", "//", "%", "**"]


def in_place(sign):
    """Return functions that change an argument, and a part of it, and say what it became."""
    space = {}
    exec(
        f"def whole(x, y):\n    x {sign}= y\n    return x + 1\n"
        f"def part(x, y):\n    z = x[:2]\n    z {sign}= y\n    return z + x[:2]\n"
        f"def entry(x, y):\n    x[1] {sign}= y\n    return x + 1\n",
        space,
    )
    return [space[name] for name in ("whole", "part", "entry")]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("sign", "x", "y"),
    [
        *((sign, [5, 6, 7], 2) for sign in WHOLE),
        *((sign, [5.0, -6.0, 7.5], 2.0) for sign in REAL),
        ("@", [[1.0, 2.0], [3.0, 4.0]], np.array([[0.0, 1.0], [2.0, 3.0]])),
    ],
)
def test_operators_in_place_change_the_argument(sign, x, y, backend):
    for f in in_place(sign):
        if sign == "@" and f.__name__ == "entry":
            continue
        fast = jit(f, backend=backend)
        for k in range(2):
            ours, theirs = np.array(x) + k, np.array(x) + k
            np.testing.assert_array_equal(fast(ours, y), f(theirs, y))
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("sign", WHOLE)
@pytest.mark.parametrize("x", [np.array([1, 2, 3]), 3, np.int16(2)])
def test_operators_of_integers(sign, x, backend):
    f = eval(f"lambda x: (2 {sign} x, x {sign} 2, x {sign} x)")
    for _ in range(2):
        for ours, theirs in zip(jit(f, backend=backend)(x), f(x), strict=True):
            assert type(ours) is type(theirs)
            np.testing.assert_array_equal(ours, theirs)
    f = jit(lambda x: ~x, backend=backend)
    assert type(f(x)) is type(~x)
    np.testing.assert_array_equal(f(x), ~x)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_operator_in_place_binds_a_number_anew(backend):
    def f(x):
        y = x
        y //= 2
        return x, y

    assert jit(f, backend=backend)(7) == (7, 3)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [bool, np.float16, np.float32, np.int8])
@pytest.mark.parametrize("shape", [(), (3,), (300, 50)])
def test_a_condition_has_no_part_in_the_dtype(dtype, shape, backend):
    """Of a choice between numbers, which are float64 or of their own dtype."""
    condition = (np.arange(np.prod(shape, dtype=int)) % 2).reshape(shape).astype(dtype)
    for x, y in [(2.0, 0.0), (2, 0.5), (np.float32(2), 0.5), (np.float32(1), np.float64(3))]:

        def f(c, x=x, y=y):
            return np.where(c, x, y), np.where(c, np.where(c, x, y), 0.25).sum()

        for ours, theirs in zip(jit(f, backend=backend)(condition), f(condition), strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 2)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_softmaxes_of_nothing(name, shape, backend):
    def f(x):
        x = Tensor(x)
        z = getattr(autograd, name)(x, axis=-1)
        return z, grad(lambda t: getattr(autograd, name)(t, axis=-1).sum())(x)

    x = np.zeros(shape)
    for ours, theirs in zip(jit(f, backend=backend)(x), f(x), strict=True):
        np.testing.assert_array_equal(ours.data, theirs.data)
        assert ours.shape == theirs.shape


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x - [x[0], 2.0],
        lambda x: [x[1], x[0] * 2] * x,
        lambda x: np.arctan2((x,), x),
        lambda x: np.maximum([x[0], x[1]], x),
        lambda x: np.nonzero(x) + x[:1],
        lambda x: np.where([x[0] > 1, x[1] > 1], x, 0),
    ],
)
def test_lists_of_recorded_values_are_operands(f, backend):
    fast = jit(f, backend=backend)
    for x in (np.array([1.0, 2.0]), np.array([3.0, -1.0])):
        np.testing.assert_array_equal(fast(x), f(x))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("numbers", [[1.0, 2.0], (3, 4)], ids=["list", "tuple"])
@pytest.mark.parametrize(
    "x", [np.int64(3), np.float32(1.5), np.array(2.5), np.array([3, 4]), np.array([0.5, 4.0])]
)
def test_lists_beside_what_numpy_computes_are_arrays(x, numbers, backend):
    functions = [lambda x: x + numbers, lambda x: numbers - x, lambda x: x / numbers]
    if isinstance(x, np.ndarray):  # Python repeats the list beside a number
        functions += [lambda x: x * numbers, lambda x: numbers * x]
    for f in functions:
        ours = jit(f, backend=backend)(x)
        assert ours.dtype == f(x).dtype
        np.testing.assert_array_equal(ours, f(x))


@pytest.mark.parametrize("n", [3, np.int64(3)], ids=["Python", "NumPy"])
def test_lists_are_not_repeated_by_recorded_numbers(n):
    # Python repeats a list, which NumPy would multiply entry by entry
    for function in (lambda x, n: np.asarray(x * n), lambda x, n: np.asarray(n * x)):
        assert len(function([1.0, 2.0], n)) == 6
        for numbers in ([1.0, 2.0], (1.0, 2.0)):
            with pytest.raises(TypeError, match="uses a recorded value as a Python index or size"):
                jit(function)(numbers, n)
    with pytest.raises(TypeError, match="can only concatenate list"):
        jit(lambda x, n: x + n)([1.0, 2.0], 3)
    assert jit(lambda x, n: 1 if x == n else 2)([1.0, 2.0], 3) == 2


SEQUENCES = [[1.0, 2.0], (3, 4), range(1, 3), [[1.0, 2.0], [3.0, 4.0]]]
NUMPYS = [np.array(3), np.array(2.5), np.array([1, 2]), np.array([1.5, 2.5]), np.array([2.0])]


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "//", "%", "**", "<", ">=", "==", "!="])
@pytest.mark.parametrize("sequence", SEQUENCES, ids=repr)
@pytest.mark.parametrize("x", NUMPYS, ids=repr)
def test_sequences_beside_arrays_are_arrays_as_in_numpy(x, sequence, sign):
    f = eval(f"lambda x, y: (x {sign} y, y {sign} x)")
    expected = f(x, sequence)
    both, one = jit(f), jit(lambda x: f(x, sequence))
    for call in (lambda: both(x, sequence), lambda: one(x)):
        for _ in range(2):
            for ours, theirs in zip(call(), expected, strict=True):
                assert ours.dtype == theirs.dtype
                np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("sequence", [[1.0, 2.0], (3, 4)])
def test_sequences_are_not_repeated_by_recorded_numbers_of_numpy(sequence):
    for f in (lambda x: sequence * x, lambda x: x * sequence):
        assert len(f(np.int64(3))) == 6
        with pytest.raises(TypeError, match="uses a recorded value as a Python index or size"):
            jit(f)(np.int64(3))


@pytest.mark.parametrize("other", [None, "a"])
def test_no_entry_equals_what_is_no_number(other):
    f = jit(lambda x: (x == other, other == x, x != other, other != x))
    for n in (1, 3):
        for ours, theirs in zip(f(np.ones(n)), (False, False, True, True), strict=True):
            np.testing.assert_array_equal(ours, np.full(n, theirs), strict=True)
