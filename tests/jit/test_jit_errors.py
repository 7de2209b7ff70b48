"""What cannot be recorded raises, and names the line and the cure."""

import pickle
import random

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from autograd.jit import jit
from nn.optim import SGD

HERE = r"test_jit_errors\.py:\d+"
x = np.array([1.0, 2.0])
w = Tensor([1.0, 2.0], requires_grad=True, label="w")
KEPT = []


def branch(x):
    return x if x.sum() > 0 else -x


def keeps(x):
    global LAST
    LAST = x * 2
    return x


def writes_view(x):
    y = x.reshape(-1, 1)
    y += 1
    return x


def stale_view(x):
    y = x.reshape(-1, 1)
    x += 1
    return y * 2


def grows(t):
    w.requires_grad = False
    return t


value = Value(2.0)
values = SGD([value], lr=0.1)


def steps_values(x):
    values.step()
    return x


def number_or(x, other):
    try:
        return float(x)
    except TypeError:
        return other


ROWS = [
    (branch, rf"jit: {HERE} decides by a recorded value .*; choose with np\.where"),
    (lambda x: x if (x > 1).any() else 0, "decides by a recorded value"),
    (lambda x: w if (w * x).sum() > 0 else x, "decides by a recorded value"),
    (lambda x: float(x[0]), rf"jit: {HERE} turns a recorded value into a float; compute with it"),
    (lambda x: int(x[0]), r"turns a recorded value into an int; index arrays by arrays"),
    (lambda x: [1, 2, 3][x.sum()], r"uses a recorded value as a Python index or size"),
    (lambda x: complex(x[0]), "turns a recorded value into a complex number; use real numbers"),
    (lambda x: x.sum().item(), r"reads a number out of a recorded array with \.item\(\); compute"),
    (lambda x: (w * x).sum().item(), r"reads a number out of a recorded array with \.item\(\)"),
    (lambda x: float((w * x).sum()), "reads a number out of a recorded array"),
    (lambda x: np.asarray(x), "turns a recorded value into a plain array; use NumPy's functions"),
    (lambda x: x * number_or(x[0], 3.0), "turns a recorded value into a float"),
    (lambda x: pickle.dumps(x), "pickles a recorded value; return it from the function"),
    (lambda x: x * round(x[0]), "rounds a recorded value to a Python number; use np.round"),
    (lambda x: np.add(Tensor(x), 1j), "computes with a recorded value and complex; use real"),
    (lambda x: np.array(Tensor(x) * 2), "turns a recorded value into a plain array; use NumPy's"),
    (lambda x: x.tolist(), "turns a recorded value into a list; compute with it as it is"),
    (lambda x: 1.0 in x, r"looks for a value with `in`; use np\.any"),
    (lambda x: f"{x.sum()}", "prints a recorded value; return it from the function and print it"),
    (lambda x: KEPT.append(x), r"changes a list, a dict or an attribute, which a replay would not"),
    (keeps, "jit: keeps keeps a recorded value beyond the call, in a list, an attribute or a"),
    (lambda x: x + np.random.default_rng(0).random() * np.random.random(), "draws random numbers"),
    (
        lambda x: np.multiply(x, 2, out=np.empty(2)),
        r"writes the result of np\.multiply into a plain",
    ),
    (lambda x: x.sum(out=np.empty(())), r"writes the result of np\.sum into a plain array; use"),
    (lambda x: np.max(x, 0, np.empty(())), r"writes the result of np\.max into a plain array"),
    (lambda x: x.dot(x, out=np.empty(())), r"writes the result of np\.dot into a plain array"),
    (lambda x: x.ravel("K"), r"reads an array in order='K', .*; say order='C' or order='F'"),
    (lambda x: np.reshape(x, (2,), order="A"), "reads an array in order='A', in which it lies in"),
    (lambda x: np.add.at(x, [0], 1.0), r"calls np\.add\.at, which writes in place; write it with"),
    (lambda x: np.copyto(x, 1.0), r"calls np\.copyto, which writes in place; write x\[index\]"),
    (lambda x: np.array2string(x), "calls array2string, which returns a str; call it outside"),
    (writes_view, r"writes into a view in place \(add\); write into the array itself"),
    (stale_view, "uses a view of an array that was written in place since; take the view again"),
    (grows, r"changes tensor 'w' from outside into another tensor .*; return the new tensor"),
    (lambda x: Value(1.0) * 2, "uses a Value among tensors; use 0-d Tensors there"),
    (lambda x: (w * x, value), "returns a Value; record functions of Values on their own"),
    (steps_values, "steps an optimizer over Values; record functions of Values on their own"),
    (lambda x: x.nothing, None),
]


@pytest.mark.parametrize(("function", "match"), ROWS, ids=[str(r[1])[:40] for r in ROWS])
def test_refused(function, match):
    if match is None:
        with pytest.raises(AttributeError, match="a recorded array has no attribute 'nothing'"):
            jit(function)(x)
        return
    before = len(KEPT)
    with pytest.raises(TypeError, match=match):
        jit(function)(x.copy())
    del KEPT[before:]
    w.requires_grad = True
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    assert value.data == 2.0


VIEWS = {
    "split": lambda x: np.split(x, 2, axis=1)[1],
    "hsplit": lambda x: np.hsplit(x, 2)[0],
    "unstack": lambda x: np.unstack(x)[1],
    "atleast_3d": np.atleast_3d,
    "atleast_1d of two": lambda x: np.atleast_1d(np.zeros(2), x)[1],
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, np.zeros((3, 2, 2)))[0],
    "einsum": lambda x: np.einsum("ij->ji", x),
    "diagonal": np.diagonal,
    "rot90": np.rot90,
    "matrix_transpose": np.linalg.matrix_transpose,
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_that_a_function_returns_is_no_copy(name):
    take = VIEWS[name]

    def writes_the_view(x):
        x = x * 1.0
        view = take(x)
        view += 1.0
        return x

    def reads_the_view_later(x):
        x = x * 1.0
        view = take(x)
        x += 1.0
        return view * 2.0

    square = np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(jit(lambda x: take(x) * 2.0)(square), take(square) * 2.0)
    if name not in ("broadcast_arrays", "diagonal"):  # which NumPy does not write to
        with pytest.raises(TypeError, match="writes into a view in place"):
            jit(writes_the_view)(square)
    with pytest.raises(TypeError, match="uses a view of an array that was written in place since"):
        jit(reads_the_view_later)(square)


def test_a_leak_through_an_object_outside_is_refused():
    class Hidden:
        __slots__ = ("last",)

    hidden = Hidden()
    holder = [lambda value: setattr(hidden, "last", value)]

    def f(x):
        holder[0](x * 2)
        return x

    with pytest.raises(TypeError, match=r"keeps a recorded value beyond the call|changes a list"):
        jit(f)(x)


def test_tensors_from_outside():
    computed = w * 2
    with pytest.raises(TypeError, match="which was computed outside with a gradient; compute it"):
        jit(lambda: computed * 2)()
    with pytest.raises(TypeError, match="uses shuffle of a random generator; use permutation"):
        jit(lambda r, x: r.shuffle(x))(np.random.default_rng(0), x)
    with pytest.raises(AttributeError, match="random generator has no attribute 'nothing'"):
        jit(lambda r: r.nothing)(np.random.default_rng(0))


def test_in_place_rules_are_numpys():
    with pytest.raises(ValueError, match=r"in-place add: a result of shape \(2, 2\) does not fit"):
        jit(lambda x: x.__iadd__(np.ones((2, 2))))(x)
    with pytest.raises(
        TypeError, match="in-place add: a result of float64 cannot be cast to int64"
    ):
        jit(lambda i: i.__iadd__(0.5))(np.arange(3))
    with pytest.raises(TypeError, match=r"len\(\) of unsized object"):
        jit(lambda x: len(x.sum()))(x)
    with pytest.raises(TypeError, match="iteration over a 0-d array"):
        jit(lambda x: list(x.sum()))(x)


def test_fallback_runs_the_function_itself():
    f = jit(branch, fallback=True)
    np.testing.assert_array_equal(f(x), x)
    np.testing.assert_array_equal(f(-x), x)
    assert f.recordings == 0
    with pytest.raises(TypeError, match="branch is a function of Values, or runs without jit"):
        f.program(x)


def test_arguments_of_jit():
    with pytest.raises(ValueError, match='backend is "auto", "numpy" or "c", got \'gpu\''):
        jit(branch, backend="gpu")
    with pytest.raises(TypeError, match="jit takes a function, got int"):
        jit(3)


def test_the_normal_number_that_is_left_of_a_pair_counts_as_drawn():
    np.random.seed(0)
    np.random.randn()  # the generator makes two at once, and keeps the other one
    with pytest.raises(TypeError, match="draws random numbers"):
        jit(lambda x: x + np.random.randn())(x)


@pytest.mark.parametrize("draw", [np.random.random, np.random.standard_normal, random.random])
@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.PCG64])
def test_what_is_drawn_for_all(kind, draw):
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(kind(3))
    try:
        for _ in range(4):  # half of a pair of normal numbers is left, or none
            with pytest.raises(TypeError, match="draws random numbers"):
                jit(lambda x: x + draw())(1.0)
            assert jit(lambda x: x + 1)(1.0) == 2.0
            np.random.standard_normal()
            assert jit(lambda x: x + 1)(1.0) == 2.0
    finally:
        np.random.set_bit_generator(before)


# --------------------------------------------------------------------------------------------------
# Arrays that are exchanged for others


class _Running(nn.Module):
    """A normalisation that keeps a mean, as everybody writes it."""

    def __init__(self):
        self.gain, self.mean = nn.Parameter(np.ones(2)), np.zeros(2)

    def forward(self, x):
        self.mean = 0.9 * self.mean + 0.1 * np.mean(x, axis=0)
        return x * self.gain


_TOTAL = np.zeros(2)


def _exchanges():
    running, holder, listed = _Running(), {"mean": np.zeros(2)}, [np.zeros(2)]
    count = np.zeros(2)

    class Kept:
        mean = np.zeros(2)

    def attribute(x):
        return running(x).sum()

    def item(x):
        holder["mean"] = holder["mean"] + x
        return x.sum()

    def of_a_list(x):
        listed[0] = listed[0] + x
        return x.sum()

    def of_a_class(x):
        Kept.mean = Kept.mean + x
        return x.sum()

    def variable(x):
        nonlocal count
        count = count + x
        return x.sum()

    def named(x):
        global _TOTAL
        _TOTAL = _TOTAL + x
        return x.sum()

    def taken_away(x):
        y = x + running.mean
        del running.mean
        return y.sum()

    return [attribute, item, of_a_list, of_a_class, variable, named, taken_away]


@pytest.mark.parametrize("function", _exchanges(), ids=lambda f: f.__name__)
def test_an_array_that_is_exchanged_for_another_is_refused_and_not_lost(function):
    compiled = jit(function)
    for _ in range(2):
        with pytest.raises(TypeError, match=r"jit: \w+ changes a list, a dict or an attribute"):
            compiled(np.ones((3, 2)) if function.__name__ == "attribute" else np.ones(2))


def test_a_running_mean_is_refused_by_fit_under_jit_and_right_without():
    x = np.random.default_rng(0).normal(size=(8, 2)) + 1.0
    for choice in (None, False):
        model = _Running()
        optimizer = nn.SGD(model.parameters(), lr=0.0)
        nn.fit(model, (x, x), nn.MSELoss(), optimizer, epochs=40, progress=False, jit=choice)
        np.testing.assert_allclose(model.mean, x.mean(axis=0) * (1 - 0.9**40))
    with pytest.raises(TypeError, match="changes a list, a dict or an attribute"):
        nn.fit(model, (x, x), nn.MSELoss(), optimizer, epochs=2, progress=False, jit=True)


def test_an_array_that_is_written_in_place_or_put_back_is_none():
    kept = {"x": np.ones(2)}

    def put_back(x):
        old = kept["x"]
        kept["x"] = x
        y = kept["x"] * 2
        kept["x"] = old
        return y

    np.testing.assert_array_equal(jit(put_back)(np.full(2, 3.0)), [6.0, 6.0])
    np.testing.assert_array_equal(kept["x"], [1.0, 1.0])
