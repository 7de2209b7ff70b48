"""roll and einsum under jit are joins and products, in C without a call of NumPy, as is pad.

All are linear in each operand, so a gradient is right if it gives the same numbers as the function
itself along a direction.
"""

import numpy as np
import pytest

from autograd import Tensor, jit
from autograd.jit.c import build as c_build

needs_compiler = pytest.mark.skipif(c_build.compiler() is None, reason="no C compiler")
BACKENDS = ["numpy", pytest.param("c", marks=needs_compiler)]
RNG = np.random.default_rng(5)
X = RNG.normal(size=(4, 5))
MOVES = {
    "one row": lambda x: np.roll(x, 1, 0),
    "rows back": lambda x: np.roll(x, -3, axis=0),
    "both axes": lambda x: np.roll(x, (2, -1), (0, 1)),
    "one axis twice": lambda x: np.roll(x, (1, 2), (1, 1)),
    "all numbers": lambda x: np.roll(x, 7),
    "around": lambda x: np.roll(x, 10, 1),
    "round about": lambda x: np.roll(x, -6, 1),
    "pad": lambda x: np.pad(x, 1),
    "pad one side": lambda x: np.pad(x, ((0, 2), (1, 0))),
    "pad nothing": lambda x: np.pad(x, 0),
    "pad corners": lambda x: np.pad(x * 2, ((1, 2), (3, 1)))[:, 1:],
}
PADDED = {
    "one": lambda x: np.pad(x, 1, constant_values=2.5),
    "each edge its own": lambda x: np.pad(x, 2, constant_values=((1, 2), (3, 4))),
    "rounded": lambda x: np.pad(np.argsort(x), 1, constant_values=-1.5),
    "edge": lambda x: np.pad(x, 1, mode="edge"),
}
SUBSCRIPTS = """ij,jk->ik ij,kj->ki ij,ij->ij ij,ij->i ij,ij-> i,j->ji bij,bjk->bik bqhd,bkhd->bhqk
bhqk,bkhd->bqhd abc,cd->adb ij,k->kji ab,ba->a ,ij->ji nchw,oc->nohw ij,k->j ii,ij->j ij,jj->i
aij,ajk->ik""".split()
SIZES = dict(zip("ijkabcdhnoqw", range(2, 14), strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", MOVES)
def test_moves(name, backend):
    f = MOVES[name]
    x, w, d = Tensor(X.copy(), requires_grad=True), RNG.normal(size=f(X).shape), X[::-1, ::-1]

    def step():
        x.grad = None
        z = f(x)
        (z * w).sum().backward()
        return z

    compiled = jit(step, backend=backend)
    for _ in range(2):
        np.testing.assert_array_equal(compiled().data, f(X))
        assert np.sum(x.grad * d) == pytest.approx(np.sum(w * f(d)), rel=1e-12)
    assert backend == "numpy" or compiled.show().splitlines()[-1] == "runs in C"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", PADDED)
def test_values_beyond_the_edges(name, backend):
    compiled = jit(PADDED[name], backend=backend)
    for _ in range(2):
        found = compiled(Tensor(X))
        np.testing.assert_array_equal(found.data, PADDED[name](X), strict=True)


def test_what_does_not_move_is_not_the_array_itself():
    x = Tensor(X.copy())

    def step():
        y = np.roll(x, 5, 1)
        y.data[0] = 0.0
        return x + 0, y

    compiled = jit(step)
    for _ in range(2):
        same, y = compiled()
        np.testing.assert_array_equal(same.data, X)
        np.testing.assert_array_equal(y.data, np.where(np.arange(4)[:, None] == 0, 0, X))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("subscripts", SUBSCRIPTS)
def test_einsum(subscripts, backend):
    terms = subscripts.split("->")[0].split(",")
    arrays, directions = ([RNG.normal(size=[SIZES[k] for k in t]) for t in terms] for _ in range(2))
    w = RNG.normal(size=np.einsum(subscripts, *arrays).shape)
    x, y = (Tensor(a, requires_grad=True) for a in arrays)

    def step():
        x.grad = y.grad = None
        z = np.einsum(subscripts, x, y)
        (z * w).sum().backward()
        return z

    compiled = jit(step, backend=backend)
    for _ in range(2):
        z = np.einsum(subscripts, *arrays)
        np.testing.assert_allclose(compiled().data, z, rtol=1e-12, atol=1e-13)
        along = np.einsum(subscripts, directions[0], arrays[1])
        assert np.sum(x.grad * directions[0]) == pytest.approx(np.sum(w * along), rel=1e-10)
        along = np.einsum(subscripts, arrays[0], directions[1])
        assert np.sum(y.grad * directions[1]) == pytest.approx(np.sum(w * along), rel=1e-10)
    in_c = compiled.show().splitlines()[-1] == "runs in C"
    odd = subscripts in ("ij,k->j", "ii,ij->j", "ij,jj->i")
    assert backend == "numpy" or in_c is not odd


@pytest.mark.parametrize("backend", BACKENDS)
def test_einsum_of_other_arrays(backend):
    x, one, whole = RNG.normal(size=(3, 4)), RNG.normal(size=(1, 2)), np.arange(8).reshape(4, 2)
    cases = [(x.astype("f4"), whole * 1.0), (x, whole), (x, one), (x[:0], whole * 0.5)]
    for a, b in cases:
        compiled = jit(lambda a, b: np.einsum("ij,jk->ik", a, b), backend=backend)
        for _ in range(2):
            found = compiled(Tensor(a), b).data
            expected = np.einsum("ij,jk->ik", a, b)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13, strict=True)


OF_ARRAYS = {
    "einsum": lambda x, w: np.einsum("ij, kj -> ik", x, w),
    "a number": lambda x, w: np.einsum("ij,ij->", x[:2], w),
    "other forms": lambda x, w: np.einsum("ij,kj", x, w) + np.einsum(x, [0, 1], w, [2, 1], [0, 2]),
    "three": lambda x, w: np.einsum("ij,kj,j->ik", x, w, x[0]),
    "no such length": lambda x, w: np.einsum("ij,jk->ik", x, w),
    "no such index": lambda x, w: np.einsum("ij,kj->iz", x, w),
    "too many indices": lambda x, w: np.einsum("ijl,kj->ik", x, w),
    "roll": lambda x, w: np.roll(x, [1, -2], axis=(0, 1)) - np.roll(x, np.int64(2), -1),
    "roll all axes": lambda x, w: np.roll(x, 1, (0, 1)) + np.roll(x, 3),
    "no such axis": lambda x, w: np.roll(x, 1, 2),
    "of several shapes": lambda x, w: np.roll(x, (1, 2, 3), (0, 1)),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", OF_ARRAYS)
def test_plain_arrays(name, backend):
    f, w = OF_ARRAYS[name], X[2:] ** 2
    compiled = jit(f, backend=backend)
    try:
        expected = f(X, w)
    except ValueError as error:  # AxisError is one
        with pytest.raises(type(error)):
            compiled(X, w)
        return
    for _ in range(2):
        found = compiled(X, w)
        assert type(found) is type(expected)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14, strict=True)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f", [
    lambda x, axis: np.concatenate([x, x * 2], axis),
    lambda x, axis: np.stack([x, x * 2], axis=axis),
    lambda x, axis: np.roll(x, 1, axis),
    lambda x, shift: np.roll(x, (shift, 1), (0, 1)),
    lambda x, axis: np.concatenate([x, x], np.int64(1)) + axis,
])  # fmt: skip
def test_integers_that_are_arguments(f, backend):
    compiled = jit(f, backend=backend)
    for n in (1, 0, 1):
        np.testing.assert_array_equal(compiled(X, n), f(X, n), strict=True)


@pytest.mark.parametrize(
    ("axis", "shifts"), [(0, [1, 2, -1, 1]), ((0, 1), [(1, 2), (0, -1), (1, 2)])]
)
def test_a_shift_may_be_an_argument(axis, shifts):
    run = jit(lambda x, n: np.roll(x, n, axis))
    for shift in shifts:
        n = np.array(shift) if axis else shift
        np.testing.assert_array_equal(run(Tensor(X), n).data, np.roll(X, shift, axis))
