"""NumPy's products and norms composed of other operations, and random forms of calls."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Tensor, Value

from .cases import Case
from .cases_linalg import random, regular
from .checks import assert_close, check_first, check_second

linalg = np.linalg


def leaf(*shape):
    return Tensor(np.ones(shape), requires_grad=True)


# --------------------------------------------------------------------------------------------------
# What is said with other operations

COMPOSITES = {
    "dot-numbers": (np.dot, (), (2, 3)),
    "dot-vectors": (np.dot, (3,), (3,)),
    "dot-matrix-vector": (np.dot, (2, 3), (3,)),
    "dot-stack-vector": (np.dot, (2, 2, 3), (3,)),
    "dot-stacks": (np.dot, (2, 2, 3), (2, 3, 2)),
    "dot-vector-stack": (np.dot, (3,), (2, 3, 2)),
    "dot-inner-0": (np.dot, (2, 2, 0), (2, 0, 3)),
    "vdot": (np.vdot, (2, 3), (3, 2)),
    "inner-vectors": (np.inner, (3,), (3,)),
    "inner-stacks": (np.inner, (2, 2, 3), (2, 3)),
    "inner-number": (np.inner, (), (2, 3)),
    "outer": (np.outer, (2, 2), (3,)),
    "outer-empty": (np.outer, (0,), (3,)),
    "linalg.outer": (linalg.outer, (2,), (3,)),
    "linalg.matmul": (linalg.matmul, (2, 3), (3, 2)),
    "linalg.tensordot": (lambda x, y: linalg.tensordot(x, y, axes=1), (2, 3), (3, 2)),
    "linalg.trace": (lambda x: linalg.trace(x, offset=-1), (2, 3, 3)),
    "linalg.cross": (lambda x, y: linalg.cross(x, y, axis=0), (3, 2), (3, 2)),
    "matrix_transpose": (np.matrix_transpose, (2, 2, 3)),
    "linalg.matrix_transpose": (linalg.matrix_transpose, (2, 3)),
    "kron-vectors": (np.kron, (2,), (3,)),
    "kron-matrices": (np.kron, (2, 2), (3, 2)),
    "kron-vector-matrix": (np.kron, (2,), (3, 2)),
    "kron-number": (np.kron, (), (2, 2)),
    "cross": (np.cross, (2, 1, 3), (4, 3)),
    "cross-axes": (lambda x, y: np.cross(x, y, axisa=0, axisb=1, axisc=0), (3, 2), (2, 3)),
    "cross-axis": (lambda x, y: np.cross(x, y, axis=0), (3, 2), (3, 2)),
    "multi_dot": (lambda *x: linalg.multi_dot(x), (2, 3), (3, 4), (4, 1), (1, 2)),
    "multi_dot-vectors": (lambda *x: linalg.multi_dot(x), (3,), (3, 4), (4,)),
    "convolve-number": (np.convolve, (), (3,)),
    "cov": (np.cov, (3, 4)),
    "cov-one": (np.cov, (4,)),
    "cov-columns": (lambda x: np.cov(x, rowvar=False), (4, 3)),
    "cov-both": (np.cov, (2, 4), (4,)),
    "cov-bias": (lambda x: np.cov(x, bias=True), (2, 4)),
    "cov-ddof": (lambda x, y: np.cov(x, y, rowvar=False, ddof=2), (4, 2), (4, 1)),
    "corrcoef": (np.corrcoef, (3, 4)),
    "corrcoef-both": (np.corrcoef, (4,), (4,)),
    "polyval": (np.polyval, (4,), (2, 3)),
    "polyadd": (np.polyadd, (2,), (4,)),
    "polysub": (np.polysub, (4,), (3,)),
    "polymul": (np.polymul, (4,), (2,)),
    "polyder": (lambda p: np.polyder(p, 2), (5,)),
    "polyint": (lambda p, k: np.polyint(p, 2, k), (3,), (2,)),
    "polyint-one-constant": (lambda p, k: np.polyint(p, 2, k), (3,), ()),
    "fftshift": (np.fft.fftshift, (3, 4)),
    "fftshift-axes": (lambda x: np.fft.fftshift(x, (0, -1)), (3, 5)),
    "ifftshift": (lambda x: np.fft.ifftshift(x, 1), (3, 5)),
    "norm-1": (lambda x: linalg.norm(x, 1), (4,)),
    "norm-inf": (lambda x: linalg.norm(x, np.inf, axis=0), (3, 2)),
    "norm--inf": (lambda x: linalg.norm(x, -np.inf, axis=0, keepdims=True), (3, 2)),
    "vector_norm-1": (lambda x: linalg.vector_norm(x, ord=1, axis=(0, 2)), (2, 3, 2)),
    "vector_norm-keepdims": (lambda x: linalg.vector_norm(x, keepdims=True), (2, 3)),
    "lstsq-wide": (lambda x, y: linalg.lstsq(x, y)[0], (2, 4), (2, 3)),
    "lstsq-values": (lambda x: linalg.lstsq(x, np.ones(4))[3], (4, 2)),
}
for _n in (0, 1, 2, 3, 5, -1, -2):
    COMPOSITES[f"matrix_power-{_n}"] = (lambda x, n=_n: linalg.matrix_power(x, n), (2, 2, 2))
for _ord in (1, -1, np.inf, -np.inf):
    COMPOSITES[f"matrix-norm-{_ord}"] = (lambda x, o=_ord: linalg.norm(x, o), (3, 4))
    COMPOSITES[f"matrix-norm-{_ord}-axes"] = (
        lambda x, o=_ord: linalg.norm(x, o, axis=(2, 0), keepdims=True),
        (3, 2, 4),
    )
    COMPOSITES[f"cond-{_ord}"] = (lambda x, o=_ord: linalg.cond(x, o), (3, 3))
COMPOSITES["cond-fro"] = (lambda x: linalg.cond(x, "fro"), (3, 3))
COMPOSITES["cond"] = (linalg.cond, (2, 3, 2))


def composite(name):
    call, *shapes = COMPOSITES[name]
    make = regular if name.startswith("matrix_power") else random
    arrays = tuple(make(s, seed=k + 3) for k, s in enumerate(shapes))
    return Case(name, "", call, arrays)


@pytest.mark.parametrize("name", COMPOSITES)
def test_composite_equals_numpy_and_differences(name):
    case = composite(name)
    leaves = [Tensor(a, requires_grad=True) for a in case.inputs]
    result, expected = case.call(*leaves), case.call(*case.inputs)
    assert isinstance(result, Tensor)
    assert result.dtype == np.asarray(expected).dtype
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result.data, expected, rtol=1e-10, atol=1e-12)
    if name == "matrix_power-0":
        assert not result.requires_grad
        return
    check_first(case)
    check_second(case)


# np.polyint asks its first argument alone
PAIRS = [n for n in COMPOSITES if len(COMPOSITES[n]) == 3 and not n.startswith("polyint")]


@pytest.mark.parametrize("name", PAIRS)
def test_arrays_on_either_side(name):
    case = composite(name)
    x, y = case.inputs
    p, q = (Tensor(a, requires_grad=True) for a in case.inputs)
    np.sum(case.call(p, q)).backward()
    left, right = (Tensor(a, requires_grad=True) for a in case.inputs)
    for z, node, full in ((case.call(left, y), left, p), (case.call(x, right), right, q)):
        np.testing.assert_allclose(z.data, case.call(x, y), rtol=1e-10, atol=1e-12)
        if z.requires_grad:
            np.sum(z).backward()
            assert_close([node.grad], [full.grad], rtol=1e-12)


@pytest.mark.parametrize("name", COMPOSITES)
def test_float32_stays_as_numpy_keeps_it(name):
    case = composite(name)
    leaves = [Tensor(a, requires_grad=True, dtype="f4") for a in case.inputs]
    z = case.call(*leaves)
    expected = case.call(*(a.astype("f4") for a in case.inputs))
    assert z.dtype == np.asarray(expected).dtype
    if z.requires_grad:
        np.sum(z).backward()
        assert {x.grad.dtype for x in leaves if x.grad is not None} == {np.dtype("f4")}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sizes", [(2, 2), (2, 3), (3, 2)])
def test_cross_of_short_vectors(sizes):
    """NumPy had them until 2.5: a missing third component is 0."""

    def reference(*xs):
        longer = [np.concatenate([x, np.zeros((2, 3 - x.shape[1]))], axis=1) for x in xs]
        return np.cross(*longer)[:, 2] if sizes == (2, 2) else np.cross(*longer)

    inputs = tuple(random((2, n), seed=n) for n in sizes)
    case = Case("cross", "", np.cross, inputs, reference=reference)
    np.testing.assert_allclose(case.call(*map(Tensor, inputs)).data, reference(*inputs))
    check_first(case)
    check_second(case)


def test_cross_of_short_vectors_warns_as_numpy_does():
    with pytest.warns(DeprecationWarning, match="2 components"):
        np.cross(leaf(2), leaf(2))


def test_values_are_0_d():
    x, y = Value(3.0), Value(2.0)
    (np.dot(x, y) + np.linalg.norm(x) + np.einsum(",->", x, y)).backward()
    assert (x.grad, y.grad) == (5.0, 6.0)


# --------------------------------------------------------------------------------------------------
# Random subscripts, axes and shapes


@st.composite
def einsums(draw):
    sizes = {c: draw(st.integers(1, 3)) for c in "abcd"}
    terms = draw(st.lists(st.text("abcd", max_size=3), min_size=1, max_size=3))
    inputs = ",".join(terms)
    shapes = []
    for term in terms:
        # axes of length 1 are stretched, unless the index is repeated
        short = {c for c in term if term.count(c) == 1 and draw(st.booleans())}
        shapes.append(tuple(1 if c in short else sizes[c] for c in term))
    dots = draw(st.booleans())
    if dots:
        inputs = ",".join(t + "..." for t in terms)
        shapes = [s + (2,) * draw(st.integers(0, 2)) for s in shapes]
    if draw(st.booleans()):
        letters = draw(st.permutations(sorted(set("".join(terms)))))
        output = "".join(letters[: draw(st.integers(0, len(letters)))])
        inputs += "->" + output + ("..." if dots else "")
    return inputs, shapes


def check_random(call, shapes):
    arrays = [random(s, seed=k) for k, s in enumerate(shapes)]
    leaves = [Tensor(a, requires_grad=True) for a in arrays]
    result, expected = call(*leaves), call(*arrays)
    np.testing.assert_allclose(result.data, expected, rtol=1e-10, atol=1e-12)
    assert result.shape == np.shape(expected)
    case = Case("", "", call, tuple(arrays))
    check_first(case)
    check_second(case)


@given(einsums())
def test_random_einsum(spec):
    text, shapes = spec
    check_random(lambda *xs: np.einsum(text, *xs), shapes)


@given(st.data())
def test_random_tensordot(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    k = data.draw(st.integers(0, len(shape)))
    chosen = data.draw(st.permutations(range(len(shape))))[:k]
    rest = data.draw(st.lists(st.integers(1, 3), max_size=2))
    places = data.draw(st.permutations(range(k + len(rest))))
    other = [0] * (k + len(rest))
    for place, n in zip(places, [*(shape[i] for i in chosen), *rest], strict=True):
        other[place] = n
    axes = (chosen, [p - len(other) if p % 2 else p for p in places[:k]])
    check_random(lambda x, y: np.tensordot(x, y, axes), [shape, tuple(other)])


@given(st.data())
def test_random_matmul(data):
    sizes = st.integers(1, 3)
    m, k, n = data.draw(st.tuples(sizes, sizes, sizes))
    batch = data.draw(st.lists(sizes, max_size=2))

    def stretched(matrix):
        some = [data.draw(st.sampled_from([1, b])) for b in batch]
        return (*some[data.draw(st.integers(0, len(some))) :], *matrix)

    left = (k,) if data.draw(st.booleans()) else stretched((m, k))
    right = (k,) if data.draw(st.booleans()) else stretched((k, n))
    check_random(np.matmul, [left, right])


@pytest.mark.parametrize(
    "axes", [0, 1, 2, (0, 0), ((0, 1), (1, 0)), ([1], [0]), ((), ()), (-1, -3)]
)
def test_tensordot_forms(axes):
    check_random(lambda x, y: np.tensordot(x, y, axes), [(2, 2), (2, 2, 2)])


def test_einsum_of_many_numbers_is_planned():
    x, y = random((30, 40)), random((40, 50))
    p, q = Tensor(x, requires_grad=True), Tensor(y, requires_grad=True)
    z = np.einsum("ij,jk->ik", p, q, optimize="optimal")
    np.testing.assert_allclose(z.data, x @ y, rtol=1e-12)
    z.sum().backward()
    assert_close([p.grad, q.grad], [np.ones((30, 50)) @ y.T, x.T @ np.ones((30, 50))], rtol=1e-12)


def test_einsum_path_is_numpys():
    x, y = leaf(2, 3), leaf(3, 2)
    assert np.einsum_path("ij,jk", x, y) == np.einsum_path("ij,jk", x.data, y.data)


@pytest.mark.parametrize(
    ("subscripts", "others", "gradient"),
    [
        ("i,i->", 0, lambda x, y: 2 * x),
        ("i,i->i", 0, lambda x, y: 2 * x),
        ("i,j->", 0, lambda x, y: np.full(3, 2 * x.sum())),
        ("i,i,i->", 1, lambda x, y: 2 * x * y),
        ("i,j,j->", 1, lambda x, y: np.sum(x * y) + y * x.sum()),
    ],
)
def test_einsum_of_one_tensor_twice(subscripts, others, gradient):
    a, b = np.array([0.5, -2.0, 3.0]), np.array([1.5, 0.25, -1.0])
    x = Tensor(a, requires_grad=True)
    np.einsum(subscripts, x, x, *[b] * others).sum().backward()
    np.testing.assert_allclose(x.grad, gradient(a, b))
    y = Tensor(a, requires_grad=True)
    np.einsum(subscripts, y, y, *[Tensor(b, requires_grad=True)] * others).sum().backward()
    np.testing.assert_allclose(y.grad, gradient(a, b))
