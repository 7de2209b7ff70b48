"""``out=``, ``where=`` and ``dtype=`` of NumPy's functions: its numbers, and right gradients."""

import warnings

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, no_grad

from .checks import assert_close, differences

ONE = [np.exp, np.negative, np.sqrt, np.sin, np.square]
TWO = [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.arctan2]
MASK = np.array([[True, False, True], [False, True, True]])


def operands(ufunc, dtype=float):
    rng = np.random.default_rng(3)
    return [rng.uniform(0.5, 2.0, (2, 3)).astype(dtype) for _ in range(ufunc.nin)]


@pytest.mark.parametrize("mask", [True, MASK, MASK[1], [[True], [False]]], ids=repr)
@pytest.mark.parametrize("ufunc", ONE + TWO, ids=lambda f: f.__name__)
def test_a_result_is_written_into_a_tensor(ufunc, mask):
    arrays, before = operands(ufunc), np.full((2, 3), 7.0)
    weights = np.arange(1.0, 7.0).reshape(2, 3)

    def by_numpy(first, *others):
        out = first * 1.0
        ufunc(*others, out=out, where=mask)
        return float(np.sum(weights * out))

    leaves = [Tensor(a, requires_grad=True) for a in (before, *arrays)]
    out = leaves[0] * 1.0
    found = ufunc(*leaves[1:], out=out, where=mask)
    assert found is out
    total = (weights * out).sum()
    assert total.item() == pytest.approx(by_numpy(before, *arrays), rel=1e-14)
    total.backward()
    expected = differences(by_numpy, [before, *arrays])
    grads = [np.zeros((2, 3)) if t.grad is None else t.grad for t in leaves]
    assert_close(grads, expected)


# a function of an array and of where to write, and the shape of that
FUNCTIONS = {
    "clip": (lambda x, out: np.clip(x, 0.7, 1.2, out=out), (2, 3)),
    "clip from below": (lambda x, out: np.clip(x, 0.7, None, out=out), (2, 3)),
    "sum": (lambda x, out: np.sum(x, axis=0, out=out), (3,)),
    "sum of all": (lambda x, out: np.sum(x, out=out), ()),
    "method": (lambda x, out: x.prod(axis=1, keepdims=True, out=out), (2, 1)),
    "mean": (lambda x, out: np.mean(x, axis=0, out=out), (3,)),
    "max": (lambda x, out: np.max(x, axis=0, out=out), (3,)),
    "var": (lambda x, out: np.var(x, axis=0, ddof=1, out=out), (3,)),
    "cumsum": (lambda x, out: np.cumsum(x, axis=1, out=out), (2, 3)),
    "dot": (lambda x, out: np.dot(x, x.T, out=out), (2, 2)),
    "matmul": (lambda x, out: np.matmul(x, x.T, out=out), (2, 2)),
    "einsum": (lambda x, out: np.einsum("ij,ij->ij", x, x, out=out), (2, 3)),
    "concatenate": (lambda x, out: np.concatenate([x[:1], x[1:]], out=out), (2, 3)),
    "take": (lambda x, out: np.take(x, [1, 0], axis=0, out=out), (2, 3)),
}


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_other_functions_write_into_tensors(name, requires_grad):
    (a,), (function, shape) = operands(np.square), FUNCTIONS[name]
    expected, weights = np.full(shape, 9.0), np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
    function(a, expected)
    x, out = Tensor(a, requires_grad), Tensor(np.full(shape, 9.0))
    assert function(x, out) is out
    np.testing.assert_allclose(out.data, expected, rtol=1e-14)
    if requires_grad:
        (weights * out).sum().backward()

        def by_numpy(array):
            target = np.empty(shape)
            function(array, target)
            return float(np.sum(weights * target))

        assert_close([x.grad], differences(by_numpy, [a]))


def test_positions_are_written_into_integers():
    out = Tensor([9, 9, 9])
    assert np.argmax(Tensor([[1.0, 5.0, 0.0], [2.0, 4.0, 0.0]]), axis=0, out=out) is out
    assert out.data.tolist() == [1, 0, 0]


@pytest.mark.parametrize("kind", [Tensor, Value])
def test_results_without_a_gradient_are_written_into_arrays(kind):
    data = np.array([-1.5, np.nan, 2.5]) if kind is Tensor else 2.5
    x = Tensor(data, requires_grad=True) if kind is Tensor else Value(data)
    for ufunc in (np.floor, np.isnan, np.sign):
        out, expected = np.full(3, 7.0), np.full(3, 7.0)
        out = out > 0 if ufunc is np.isnan else out
        assert ufunc(x, out=out) is out
        np.testing.assert_array_equal(out, ufunc(data, out=expected))
    out, mask = np.zeros(3, bool), np.array([True, False, False])
    assert np.greater(1.0, x, out=out, where=mask) is out
    assert out.tolist() == [kind is Tensor, False, False]


INTO_ARRAYS = {
    "sum": (np.sum, {"axis": 0}, False),
    "method": (lambda x, **options: x.sum(**options), {"axis": 1}, False),
    "mean of all": (np.mean, {}, False),
    "einsum": (lambda x, out: np.einsum("ij,kj->ik", x, x, out=out), {}, False),
    "concatenate": (lambda x, out: np.concatenate([x, x], out=out), {}, False),
    "nanmax": (np.nanmax, {"axis": 0}, False),
    "clip to a shorter dtype": (np.clip, {"a_min": 0.5, "a_max": 2.0}, False),
    "argmax": (np.argmax, {"axis": 0}, True),
    "all": (lambda x, **options: np.all(x > 0, **options), {"axis": 1}, True),
    "isposinf": (np.isposinf, {}, True),
}


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("name", INTO_ARRAYS)
def test_functions_write_into_arrays_what_has_no_gradient(name, tracked):
    function, options, constant = INTO_ARRAYS[name]
    a = np.array([[0.25, np.inf, 1.0], [3.0, -0.5, 2.0]])
    out = np.zeros_like(function(a, **options, out=None))
    out = out.astype(np.float32) if "shorter" in name else out
    expected, x = out.copy(), Tensor(a, requires_grad=tracked)
    function(a, **options, out=expected)
    if tracked and not constant:
        with pytest.raises(TypeError, match=r"out= is not supported"):
            function(x, **options, out=out)
        assert not out.any()
    else:
        assert function(x, **options, out=out) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.maximum, np.floor_divide])
def test_numbers_without_a_gradient_go_into_entries_of_an_array(ufunc):
    places, numbers = np.array([-1, 1, -1, 0]), np.array([4.0, 2.0, 9.0, 0.5])
    a, expected = np.array([1.0, 7.0, 5.0]), np.array([1.0, 7.0, 5.0])
    ufunc.at(a, Tensor(places), Tensor(numbers))
    ufunc.at(expected, places, numbers)
    np.testing.assert_array_equal(a, expected)


def test_arrays_that_a_result_does_not_fit_are_left_alone():
    x, short, whole = Tensor([[1.5, 2.0]]), np.zeros(1), np.zeros(2, int)
    with pytest.raises(ValueError, match=r"out= has shape \(1,\), the result has shape \(2,\)"):
        np.sum(x, axis=0, out=short)
    with pytest.raises(TypeError, match="Cannot cast"):
        np.sum(x, axis=0, out=whole)
    assert not short.any()
    assert not whole.any()


@pytest.mark.parametrize("form", ["position", "keyword", "tuple"])
def test_the_forms_of_out(form):
    x, out = Tensor([1.0, 4.0], requires_grad=True), Tensor([0.0, 0.0])
    if form == "position":
        np.sqrt(x, out)
    elif form == "keyword":
        np.sqrt(x, out=out)
    else:
        np.sqrt(x, out=(out,))
    out.sum().backward()
    np.testing.assert_array_equal(out.data, [1.0, 2.0])
    np.testing.assert_array_equal(x.grad, [0.5, 0.25])
    np.testing.assert_array_equal(np.sqrt(x, out=None, where=True).data, [1.0, 2.0])


def test_into_an_input_and_into_more_entries():
    x = Tensor([0.5, 1.0], requires_grad=True)
    y = x * 1.0
    np.exp(y, out=y)
    np.multiply(y, y, y)
    rows, values, number, v = Tensor(np.zeros((3, 2))), Tensor(np.zeros(2)), Tensor(0.0), Value(2.0)
    np.add(y, 1.0, out=rows)
    np.multiply(v, 3.0, out=values)
    np.multiply(v, v, out=number)
    plain = np.add(np.ones(2), 2, out=Tensor(np.zeros((3, 2))))
    np.testing.assert_allclose(rows.data, np.tile(np.exp([1.0, 2.0]) + 1.0, (3, 1)))
    np.testing.assert_array_equal(values.data, [6.0, 6.0])
    np.testing.assert_array_equal(plain.data, np.full((3, 2), 3.0))
    (values.sum() * number).backward()
    assert v.grad == 72.0  # 6 v³ derived at 2
    rows.sum().backward()
    np.testing.assert_allclose(x.grad, 6.0 * np.exp([1.0, 2.0]))  # 3 rows of exp(2x)


@pytest.mark.parametrize("requires_grad", [False, True])
def test_in_another_shape_and_again(requires_grad):
    a = np.arange(1.0, 7.0).reshape(2, 3)
    x = Tensor(a, requires_grad)
    y = x.reshape(-1).reshape(3, 2).T[[0, 1]]
    np.square(y, out=y, where=[[True], [False]])
    np.multiply(y, 2.0, out=y, where=[True, False, True])
    np.add(y, 1.0, out=y)
    expected = a.reshape(3, 2).T.copy()
    expected[0] **= 2
    expected[:, ::2] *= 2
    np.testing.assert_array_equal(y.data, expected + 1)
    np.testing.assert_array_equal(x.data, a)
    if requires_grad:
        y.sum().backward()
        slopes = np.array([[2.0, 1.0, 2.0]]).T * np.array([1.0, 1.0])
        slopes[:, 0] *= 2 * a.reshape(3, 2)[:, 0]
        np.testing.assert_array_equal(x.grad, slopes.reshape(2, 3))


def test_dtypes_of_targets_stay():
    x = Tensor([1.0, 3.0], requires_grad=True)
    small, truth = Tensor([0.0, 0.0], dtype=np.float32), Tensor([False, False])
    assert np.add(x, 1.0, out=small).dtype == np.float32
    assert np.greater(x, 2.0, out=truth).data.tolist() == [False, True]
    assert np.greater(x, 2.0, out=Tensor([5.0, 5.0])).data.tolist() == [0.0, 1.0]
    small.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_masked_entries_are_as_if_never_computed():
    a, b = np.array([1.0, 2.0, -3.0]), np.array([2.0, 0.0, 4.0])

    def ratios(a, b):
        out = Tensor(np.zeros(3))
        np.divide(a, b, out=out, where=b != 0)
        return (out**2).sum()

    expected = np.where(b != 0, 2 * a / np.where(b == 0, 1, b) ** 2, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = autograd.grad(ratios, (0, 1))(a, b)
    np.testing.assert_allclose(found[0], expected)
    np.testing.assert_allclose(found[1], np.where(b != 0, -expected * a / np.where(b, b, 1), 0))
    replayed = autograd.jit(autograd.grad(ratios))
    for divisor in (b, b[::-1].copy(), np.array([0.0, 1.0, 2.0])):
        np.testing.assert_allclose(replayed(a, divisor), autograd.grad(ratios)(a, divisor))
    hessian = autograd.hessian(lambda a: ratios(a, b))(a)
    np.testing.assert_allclose(hessian, np.diag([0.5, 0.0, 0.125]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("ufunc", ONE + TWO, ids=lambda f: f.__name__)
def test_the_dtype_of_the_computation(ufunc, dtype):
    arrays = operands(ufunc)
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    z = ufunc(*tensors, dtype=dtype)
    assert z.dtype == dtype
    np.testing.assert_array_equal(z.data, ufunc(*arrays, dtype=dtype))
    z.backward(np.ones((2, 3)))
    assert all(t.grad.dtype == np.float64 for t in tensors)
    again = [Tensor(a, requires_grad=True) for a in arrays]
    ufunc(*again).backward(np.ones((2, 3)))
    tolerance = 20 * float(np.finfo(dtype).eps)
    for t, u in zip(tensors, again, strict=True):
        np.testing.assert_allclose(t.grad, u.grad, rtol=tolerance, atol=tolerance)


def test_a_leaf_is_a_target_inside_no_grad():
    x = Tensor([1.0, 2.0], requires_grad=True)
    z = (x * x).sum()
    with no_grad():
        np.multiply(x, 0.5, out=x)
    assert x.is_leaf
    np.testing.assert_array_equal(x.data, [0.5, 1.0])
    with pytest.raises(RuntimeError, match="changed after it was used"):
        z.backward()


@pytest.mark.parametrize("function", [np.isposinf, np.isneginf, np.isfinite])
def test_an_array_for_the_answer_may_be_given_by_position(function):
    a, found = np.array([1.0, -np.inf, np.inf]), np.zeros(3, bool)
    assert function(Tensor(a, requires_grad=True), found) is found
    np.testing.assert_array_equal(found, function(a))
