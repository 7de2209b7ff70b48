"""Where the values of the standard are not NumPy's: at infinities, NaN and zeros with a sign."""

import math

import numpy as np
import pytest

from autograd import Tensor, xp


def test_infinite_quotients_zeros_without_sign_and_complex_infinities():
    inf = np.inf
    x, y = (
        xp.asarray([inf, inf, -inf, 1.0, -1.0, inf]),
        xp.asarray([2.0, -2.0, 2.0, -inf, inf, inf]),
    )
    with np.errstate(all="ignore"):
        found = xp.floor_divide(x, y).data
    np.testing.assert_array_equal(found, [inf, -inf, -inf, 0.0, 0.0, np.nan])
    assert np.signbit(found[3:5]).all()
    assert xp.floor_divide(xp.asarray([7, -7]), 2).tolist() == [3, -4]
    assert not np.signbit(xp.sign(xp.asarray([-0.0, 0.0])).data).any()
    with np.errstate(all="ignore"):
        for point in (complex(inf, 0.0), complex(-inf, inf), complex(np.nan, 0.0)):
            wanted = np.exp(point) - 1
            np.testing.assert_array_equal(xp.expm1(xp.asarray(point)).data, wanted)
        assert xp.tanh(xp.asarray(complex(inf, 2.0))).data == 1.0
    assert xp.repeat(xp.asarray([]), xp.asarray([])).shape == (0,)


@pytest.mark.parametrize("dtype", [xp.float32, xp.float64])
@pytest.mark.parametrize("exponent", [0.5, xp.asarray(0.5, dtype=xp.float32)])
def test_powers_of_a_half_are_those_of_c_where_roots_differ(dtype, exponent):
    bases = [-0.0, 0.0, -np.inf, np.inf, 4.0, 2.0]
    with np.errstate(all="ignore"):
        found = xp.pow(xp.asarray(bases, dtype=dtype), exponent)
        assert xp.pow(xp.asarray(-np.inf, dtype=dtype), exponent).tolist() == np.inf
        assert np.isnan(xp.pow(xp.asarray(-4.0, dtype=dtype), exponent).data)
    wanted = np.asarray([math.pow(x, 0.5) for x in bases], dtype)
    np.testing.assert_array_equal(found.data, wanted, strict=True)
    assert not np.signbit(found.data).any()
    x = Tensor([4.0, 9.0, 1.0], requires_grad=True)
    xp.sum(xp.pow(x, exponent)).backward()
    np.testing.assert_allclose(x.grad, [1 / 4, 1 / 6, 1 / 2])


@pytest.mark.parametrize("dtype", [xp.complex64, xp.complex128])
@pytest.mark.parametrize("point", [complex(x, y) for x in (-np.inf, np.inf) for y in (0.0, 2.0)])
def test_tanh_far_from_zero_is_odd_and_commutes_with_conjugation(dtype, point):
    sides = [point, point.conjugate(), -point, -point.conjugate()]
    with np.errstate(all="ignore"):
        found = xp.tanh(xp.asarray(sides, dtype=dtype)).data
        alone = [xp.tanh(xp.asarray(z, dtype=dtype)).data for z in sides]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, alone)
    for part, z in ((np.real, found), (np.imag, found), (np.imag, np.asarray(alone))):
        np.testing.assert_array_equal(np.signbit(part(z)), np.signbit(part(np.asarray(sides))))
    np.testing.assert_array_equal(np.abs(found), 1.0)


@pytest.mark.parametrize("dtype", [xp.complex64, xp.complex128])
def test_the_sign_of_a_complex_number_with_a_nan_is_nan_in_both_parts(dtype):
    x = [complex(np.inf, np.nan), complex(np.nan, -np.inf), complex(1.0, np.nan), 3 + 4j, 0j]
    found = xp.sign(xp.asarray(x, dtype=dtype)).data
    assert found.dtype == dtype
    assert np.isnan(found.real[:3]).all()
    assert np.isnan(found.imag[:3]).all()
    np.testing.assert_allclose(found[3:], [0.6 + 0.8j, 0.0], rtol=1e-6)
