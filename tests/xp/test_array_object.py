"""A Tensor as the array of the standard: operators, indices, conversions, devices, DLPack."""

import operator
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from hypothesis.extra.array_api import make_strategies_namespace

import autograd
from autograd import Tensor, Value, check_grads, xp

from .cases import ALL, BOOL, COMPLEX, FLOATS, INTEGERS, NUMERIC, REAL, arrays, pairs

strict = pytest.importorskip("array_api_strict")
xps = make_strategies_namespace(xp, api_version="2023.12")

Interval = namedtuple("Interval", ["low", "high"])

BINARY = {
    "add": NUMERIC,
    "sub": NUMERIC,
    "mul": NUMERIC,
    "truediv": FLOATS + COMPLEX,
    "floordiv": FLOATS,
    "mod": FLOATS,
    "pow": FLOATS,
    "and_": BOOL + INTEGERS,
    "or_": BOOL + INTEGERS,
    "xor": BOOL + INTEGERS,
    "lshift": ("uint8", "int32"),
    "rshift": ("uint8", "int32"),
    "eq": ALL,
    "ne": ALL,
    "lt": REAL,
    "le": REAL,
    "gt": REAL,
    "ge": REAL,
}
SAME_SHAPE = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor")


def same(found, wanted):
    assert type(found) is Tensor
    wanted = np.asarray(wanted)
    assert found.dtype == wanted.dtype
    # NumPy rounds powers and complex products of 0-d arrays and of scalars in two ways
    kind = wanted.dtype.kind
    rtol = 1e-6 if kind == "c" else np.finfo(wanted.dtype).eps if kind == "f" else 0
    np.testing.assert_allclose(found.data, wanted, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=25)
@given(data=st.data())
def test_operators(name, data):
    function = getattr(operator, name)
    p, q = data.draw(pairs(BINARY[name], small=True))
    if "shift" in name:
        q = abs(q)
    with np.errstate(all="ignore"):
        wanted = function(strict.asarray(p), strict.asarray(q))
        same(function(xp.asarray(p), xp.asarray(q)), wanted)
        number = q.ravel()[0].item() if q.size else 1
        same(function(xp.asarray(p), number), function(strict.asarray(p), number))
        if name not in ("eq", "ne", "lt", "le", "gt", "ge"):
            same(function(number, xp.asarray(p)), function(number, strict.asarray(p)))


@pytest.mark.parametrize("name", SAME_SHAPE)
@settings(max_examples=25)
@given(data=st.data())
def test_in_place_operators(name, data):
    p = data.draw(arrays(BINARY[name], small=True))
    function = getattr(operator, f"i{name.strip('_')}")
    x, y = xp.asarray(p), strict.asarray(p)
    z = x
    with np.errstate(all="ignore"):
        x, y = function(x, xp.asarray(p)), function(y, strict.asarray(p))
    assert (x is z) == bool(p.ndim)  # what has no axes is bound anew, as NumPy's numbers are
    same(x, y)


def test_in_place_shifts_and_products():
    x = xp.asarray([1, 2])
    x <<= 2
    x >>= xp.asarray([1, 0])
    assert x.tolist() == [2, 8]
    m = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    m @= xp.asarray([[0.0, 1.0], [1.0, 0.0]])
    assert m.tolist() == [[2.0, 1.0], [4.0, 3.0]]
    assert (1 << xp.asarray([1, 2])).tolist() == [2, 4]
    assert (8 >> xp.asarray([1, 2])).tolist() == [4, 2]


@settings(max_examples=100)
@given(st.data())
def test_reading_and_writing_by_index(data):
    dtype = data.draw(xps.scalar_dtypes())
    shape = data.draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4))
    x = data.draw(xps.arrays(dtype=dtype, shape=shape))
    plain = np.array(x)
    key = data.draw(xps.indices(shape=shape, allow_newaxis=True))
    same(x[key], plain[key])
    mask = data.draw(xps.arrays(dtype=xp.bool, shape=st.sampled_from([shape, ()])))
    same(x[mask], plain[np.asarray(mask)])
    value = data.draw(xps.from_dtype(dtype) | xps.arrays(dtype=dtype, shape=()))
    key = data.draw(xps.indices(shape=shape))
    for index in (key, mask):
        changed, wanted = xp.asarray(x, copy=True), plain.copy()
        changed[index] = value
        wanted[np.asarray(index) if index is mask else index] = np.asarray(value)[()]
        same(changed, wanted)
    same(x, plain)


@pytest.mark.parametrize(
    ("dtype", "number", "kinds"),
    [
        ("bool", True, (bool, int, float, complex)),
        ("uint8", 3, (bool, int, float, complex, operator.index)),
        ("int64", -3, (bool, int, float, complex, operator.index)),
        ("float32", 2.5, (bool, int, float, complex)),
        ("complex64", 2.5 + 1j, (bool, complex)),
    ],
)
def test_conversion_to_numbers(dtype, number, kinds):
    x = xp.asarray(number, dtype=getattr(xp, dtype))
    for kind in (bool, int, float, complex, operator.index):
        if kind in kinds:
            assert kind(x) == kind(number)
        else:
            with pytest.raises(TypeError):
                kind(x)


# --------------------------------------------------------------------------------------------------
# The namespace, devices, other libraries


def test_the_namespace():
    x = Tensor([1.0], requires_grad=True)
    assert x.__array_namespace__() is xp
    assert x.__array_namespace__(api_version="2022.12") is xp
    assert xp.__array_api_version__ == "2025.12"
    info = xp.__array_namespace_info__()
    assert info.default_device() in info.devices() == ("cpu",)
    assert info.default_dtypes()["real floating"] == xp.float64
    assert {"boolean indexing", "data-dependent shapes", "max dimensions"} <= {*info.capabilities()}
    for name, dtype in info.dtypes().items():
        assert xp.empty(1, dtype=dtype).dtype == getattr(xp, name)


@pytest.mark.parametrize("dtype", ["S1", object, "M8[s]"])
@pytest.mark.parametrize("tracked", [False, True])
def test_dtypes_that_are_not_the_standards_are_refused(dtype, tracked):
    with pytest.raises(TypeError, match="numbers of the standard's dtypes"):
        xp.zeros(2, dtype=dtype)
    with pytest.raises(TypeError, match="tensors hold numbers"):
        xp.astype(Tensor([1.0, 2.0], requires_grad=tracked), dtype)


def test_attributes():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    assert x.device == "cpu"
    assert x.to_device("cpu") is x
    assert x.mT.shape == x.T.shape == (2, 1)


@given(arrays(NUMERIC))
def test_parts_of_numbers(p):
    x = xp.asarray(p)
    for found in (x.real, np.real(x)):
        same(found, p.real)
    for found in (x.imag, np.imag(x)):
        same(found, p.imag)
    for found in (x.conj(), x.conjugate()):
        same(found, p.conj())
    near = p + 1e-20j
    assert np.real_if_close(xp.asarray(near)).dtype == np.real_if_close(near).dtype


def test_methods_of_ndarrays_with_gradients():
    x = np.array([[0.2, 0.5], [0.7, 1.5]])
    check_grads(lambda t: t.real * t.conj() + t.trace(offset=1), (x,))
    tracked = Tensor(x[0], requires_grad=True)
    assert tracked.astype(np.float64, copy=False) is tracked
    assert tracked.astype(np.float64) is not tracked
    assert tracked.astype(np.float32, copy=False).requires_grad
    assert tracked.searchsorted([0.3, 9.0]).tolist() == [1, 2]
    assert tracked.imag.tolist() == [0.0, 0.0]
    assert not tracked.imag.requires_grad


@given(arrays(ALL))
def test_dlpack_to_and_from_others(p):
    x = xp.asarray(p)
    assert x.__dlpack_device__() == (1, 0)
    np.testing.assert_array_equal(np.from_dlpack(x), p)
    same(xp.from_dlpack(p), p)
    same(xp.from_dlpack(x, copy=True), p)
    same(xp.from_dlpack(xp.broadcast_to(x, (2, *p.shape)), device="cpu"), np.stack([p, p]))


def test_dlpack_of_read_only_arrays_in_the_old_protocol():
    x = xp.broadcast_to(xp.asarray(1.0), (2,))

    class Old:
        def __dlpack__(self):
            return x.__dlpack__()

        def __dlpack_device__(self):
            return x.__dlpack_device__()

    assert np.from_dlpack(Old()).tolist() == [1.0, 1.0]


# --------------------------------------------------------------------------------------------------
# asarray and the questions about dtypes


@given(arrays(ALL), st.sampled_from(ALL))
def test_asarray_of_arrays_and_lists(p, dtype):
    same(xp.asarray(p), p)
    if p.size:
        same(xp.asarray(p.tolist(), dtype=p.dtype), p)
    same(xp.asarray(xp.asarray(p), copy=True), p)
    with np.errstate(all="ignore"):
        if np.can_cast(p.dtype, dtype):
            same(xp.asarray(xp.asarray(p), dtype=np.dtype(dtype)), p.astype(dtype))
            same(xp.astype(xp.asarray(p), np.dtype(dtype)), p.astype(dtype))


def test_asarray_and_memory():
    p = np.ones(2)
    x, y = xp.asarray(p), xp.asarray(p, copy=False)
    p[0] = 5.0
    assert x.tolist() == [1.0, 1.0]
    assert y.tolist() == [5.0, 1.0]
    assert xp.asarray(y) is y
    z = xp.asarray(y, copy=True)
    z[0] = 7.0
    assert y.tolist() == [5.0, 1.0]
    assert xp.astype(y, xp.float64, copy=False).tolist() == y.tolist()


def test_arrays_of_tensors_without_a_gradient_share_their_memory():
    x = xp.zeros((2, 3))
    into = np.asarray(x)
    np.multiply([1.0, 2.0, 3.0], 2.0, out=into)
    assert np.array_equal(x.data, [[2.0, 4.0, 6.0]] * 2)
    assert np.asarray(x, copy=False) is x.data
    number = xp.asarray(3.0)
    np.asarray(number)[...] = 4.0
    assert float(number) == 4.0
    for own in (
        np.array(x),
        np.asarray(x, dtype=np.float32),
        np.asarray(xp.broadcast_to(x, (2, 2, 3))),
    ):
        own[...] = 0.0
    assert np.array_equal(x.data, [[2.0, 4.0, 6.0]] * 2)
    x[0, 0] = 9.0  # the tensor becomes a new version, so the array stays
    assert into[0, 0] == 2.0
    with pytest.raises(ValueError, match="Unable to avoid copy"):
        np.asarray(x, dtype=np.float32, copy=False)


def test_named_tuples_of_tensors_are_sequences():
    pair = Interval(xp.asarray(1.0), xp.asarray(2.0))
    for function in (xp.stack, xp.asarray):
        assert np.array_equal(function(pair).data, [1.0, 2.0])
    low = Tensor(1.0, requires_grad=True)
    xp.sum(xp.stack(Interval(low, 3.0 * low))).backward()
    assert low.grad == 4.0


def test_asarray_keeps_gradients():
    x, v = Tensor([1.0, 2.0], requires_grad=True), Value(3.0)
    assert xp.asarray(x) is x
    z = xp.sum(xp.asarray([[x[0], v], [x[1], 4.0]]) * xp.asarray([[1.0, 2.0], [3.0, 4.0]]))
    z.backward()
    assert x.grad.tolist() == [1.0, 3.0]
    assert v.grad == 2.0
    y = xp.asarray(x, dtype=xp.float32, copy=True)
    assert (y.dtype, y.requires_grad) == (np.float32, True)
    assert xp.asarray(x, copy=True) is not x
    assert xp.asarray(v).requires_grad


def test_dtypes():
    for name in FLOATS + COMPLEX:
        ours, theirs = xp.finfo(getattr(xp, name)), strict.finfo(getattr(strict, name))
        for field in ("bits", "eps", "max", "min", "smallest_normal"):
            assert getattr(ours, field) == getattr(theirs, field)
            assert type(getattr(ours, field)) in (int, float)
        assert (
            ours == xp.finfo(xp.ones(1, dtype=getattr(xp, name))) == xp.finfo(np.dtype(name).type)
        )
    for name in INTEGERS:
        ours, theirs = xp.iinfo(getattr(xp, name)), strict.iinfo(getattr(strict, name))
        assert (ours.bits, ours.max, ours.min) == (theirs.bits, theirs.max, theirs.min)
        assert ours.dtype == xp.iinfo(xp.ones(1, dtype=ours.dtype)).dtype
    for a in ALL:
        for kind in ("bool", "integral", "numeric", "real floating", "complex floating"):
            ours = xp.isdtype(getattr(xp, a), kind)
            assert ours == strict.isdtype(getattr(strict, a), kind)
        for b in REAL:
            assert xp.can_cast(xp.ones(1, dtype=np.dtype(a)), getattr(xp, b)) == np.can_cast(a, b)
    assert xp.result_type(xp.ones(1, dtype=xp.float32), 1.0) == xp.float32
    assert xp.result_type(xp.int8, xp.uint8) == xp.int16


def test_shapes_that_broadcast():
    assert xp.broadcast_shapes((2, 1), (3,)) == (2, 3)


# --------------------------------------------------------------------------------------------------
# Complex numbers: without a gradient, or refused


@given(pairs(COMPLEX, small=True))
def test_complex_tensors(pair):
    p, q = pair
    x, y = xp.asarray(p), xp.asarray(q)
    with np.errstate(all="ignore"):
        same(x + y, p + q)
        same(2j * x, 2j * p)
        same(p * y, p * q)
        same(x / 3, p / 3)
    same(-x, -p)
    same(abs(x), abs(p))


@pytest.mark.parametrize(
    "mixed",
    [
        lambda x, c: x + c,
        lambda x, c: c * x,
        lambda x, c: c @ x,
        lambda x, c: xp.where(xp.asarray([True, False]), x, c),
        lambda x, c: x * 1j,
        lambda x, c: xp.astype(x, xp.complex64),
        lambda x, c: xp.concat([x, c]),
    ],
)
def test_complex_numbers_beside_a_gradient_are_refused(mixed):
    x = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="complex"):
        mixed(x, xp.asarray([1j, 2.0]))
    with autograd.no_grad():
        assert mixed(x, xp.asarray([1j, 2.0])).dtype.kind == "c"
