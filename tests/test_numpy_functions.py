"""NumPy's functions on nodes: right gradients, no gradient by nature, or an error."""

import inspect
import math
import re
from fractions import Fraction

import numpy as np
import numpy.fft
import numpy.lib.stride_tricks
import pytest
from numpy.testing.overrides import (
    get_overridable_numpy_array_functions,
    get_overridable_numpy_ufuncs,
)

from autograd import Tensor, Value, dispatch
from autograd.op import operation_for

from . import numpy_options  # noqa: F401 - enters its rows
from .cases import CASES
from .checks import check_first, check_second, leaves_of
from .numpy_functions import FREE, ROWS, M

ROW = pytest.mark.parametrize("row", ROWS, ids=lambda c: f"{c.op}-{c.name}")


@ROW
def test_forward_equals_numpy(row):
    result = row.on_leaves(leaves_of(row))
    expected = row.expected(*row.inputs)
    np.testing.assert_allclose(result.data, expected, rtol=1e-13, atol=1e-14)
    assert result.shape == np.shape(expected)
    assert result.dtype == np.asarray(expected).dtype


@ROW
def test_gradient_equals_differences(row):
    check_first(row)


@ROW
def test_second_derivative_equals_differences(row):
    check_second(row)


@ROW
def test_integers_give_what_numpy_gives(row):
    only_floats = "initial" in row.name or "floats" in row.name or row.op == "ediff1d"
    if np.isnan(row.inputs[0]).any() or only_floats:
        pytest.skip("NumPy casts the floats of this call to integers")
    integers = [
        np.ceil(np.abs(a) * 3).astype(np.int64) + np.arange(a.size).reshape(a.shape)
        for a in row.inputs
    ]
    expected = row.expected(*integers)
    result = row.call(*(Tensor(a) for a in integers))
    np.testing.assert_allclose(result.data, expected, rtol=1e-12, atol=1e-13)
    assert result.dtype == np.asarray(expected).dtype


@ROW
def test_single_precision_stays_as_numpy_keeps_it(row):
    singles = [np.asarray(a, np.float32) for a in row.inputs]
    expected = row.expected(*singles)
    leaves = [Tensor(a, requires_grad=True) for a in singles]
    result = row.call(*leaves)
    np.testing.assert_allclose(result.data, expected, rtol=2e-3, atol=2e-3)
    assert result.dtype == np.asarray(expected).dtype
    result.backward(np.ones(result.shape))
    assert {x.grad.dtype for x in leaves if x.grad is not None} <= {np.dtype(np.float32)}


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated")
@pytest.mark.parametrize("function", FREE, ids=lambda f: f.__name__)
def test_answer_without_gradient(function):
    x = Tensor(M, requires_grad=True)
    result, expected = FREE[function](x), FREE[function](M)
    assert not getattr(result, "requires_grad", False)
    if isinstance(expected, np.ndarray | np.generic):
        result = result.data if isinstance(result, Tensor) else result
        np.testing.assert_array_equal(result, expected)
        assert np.asarray(result).dtype == expected.dtype
    else:
        assert result == expected


# --------------------------------------------------------------------------------------------------
# The walk over all of NumPy's functions that can be answered


def overridable():
    """Return every function of NumPy that asks its arguments for an answer, once."""
    functions = {*get_overridable_numpy_array_functions(), *get_overridable_numpy_ufuncs()}
    functions |= {f for f in vars(numpy.fft).values() if hasattr(f, "_implementation")}
    return sorted(functions, key=name_of)


def name_of(function):
    """Return the name of a function with its module."""
    return f"{getattr(function, '__module__', 'numpy')}.{function.__name__}"


@pytest.fixture(scope="module")
def answered():
    """Return the functions that a row with a checked gradient, or a free one, reached."""
    from .test_numpy_products import COMPOSITES, composite

    found = set()
    functions, ufuncs = dispatch.array_function, dispatch.array_ufunc
    with pytest.MonkeyPatch.context() as patch:

        def array_function(function, *rest):
            found.add(function)
            return functions(function, *rest)

        def array_ufunc(ufunc, *rest):
            found.add(ufunc)
            return ufuncs(ufunc, *rest)

        patch.setattr(dispatch, "array_function", array_function)
        patch.setattr(dispatch, "array_ufunc", array_ufunc)
        for case in [*CASES, *ROWS, *map(composite, COMPOSITES)]:
            case.on_leaves(leaves_of(case))
        for ask in FREE.values():
            ask(Tensor(M))
    # an operator reaches the operation without the universal function
    names = {case.op for case in CASES}
    return found | {f for f in overridable() if operation_for(f) and operation_for(f).name in names}


def is_entered(function):
    return function in dispatch.FUNCTIONS or operation_for(function) is not None


def test_every_entry_is_reached_by_a_row(answered):
    entered = {f for f in overridable() if is_entered(f)} | set(dispatch.FUNCTIONS)
    missing = {f for f in entered - answered if not any(refused(f, a) for a in calls_of(f))}
    assert not missing, sorted(f.__name__ for f in missing)


def test_how_many_are_answered(answered):
    public = {f for f in overridable() if f in answered and is_entered(f)}
    assert len(public) >= 220


def ask(function, arguments):
    """Ask a tensor as NumPy does."""
    if isinstance(function, np.ufunc):
        return arguments[0].__array_ufunc__(function, "__call__", *arguments)
    return arguments[0].__array_function__(function, (Tensor,), arguments, {})


def refused(function, arguments):
    """Whether a call raises TypeError with the name of the function."""
    try:
        ask(function, arguments)
    except TypeError as error:
        return re.search(rf"\b(np|scipy)\.(\w+\.)*{function.__name__}\b", str(error)) is not None
    return False


def calls_of(function):
    """Return arguments of tensors in all the numbers that a function may take."""
    x = Tensor(np.eye(3) + 0.5, requires_grad=True)
    if isinstance(function, np.ufunc):
        return [(x,) * function.nin]
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return [(x,), (x, x)]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    must = [p for p in parameters if p.kind in kinds and p.default is inspect.Parameter.empty]
    return [(x,) * max(len(must), 1), (x,) * (len(must) + 1)]


@pytest.mark.parametrize("function", [f for f in overridable() if not is_entered(f)], ids=name_of)
def test_others_are_refused_by_name(function):
    for arguments in calls_of(function):
        assert refused(function, arguments)


def has_like(function):
    try:
        return "like" in inspect.signature(function).parameters
    except ValueError:
        return True


@pytest.mark.parametrize(
    "function",
    [f for f in overridable() if not is_entered(f) and not has_like(f)],
    ids=name_of,
)
def test_refused_functions_return_nothing(function):
    """Called as a user calls them, they raise: no plain array that has lost its gradient."""
    for arguments in calls_of(function):
        with pytest.raises(TypeError):
            function(*arguments)


# --------------------------------------------------------------------------------------------------
# Without a gradient

NUMBERS = np.array([3.0, 1.0, 3.0, 2.0])
WITHOUT_A_RULE = {
    "unique": np.unique,
    "unique_counts": np.unique_counts,
    "bincount": lambda x: np.bincount(x.astype(int)),
    "histogram": np.histogram,
    "setdiff1d": lambda x: np.setdiff1d(x, x[:2]),
    "nextafter": lambda x: np.nextafter(x, 9.0),
    "frexp": np.frexp,
    "polyfit": lambda x: np.polyfit(x, x * x, 1),
    "packbits": lambda x: np.packbits(x > 1),
}


@pytest.mark.parametrize("name", WITHOUT_A_RULE)
def test_without_a_gradient_numpy_answers_in_tensors(name):
    function = WITHOUT_A_RULE[name]
    found, wanted = function(Tensor(NUMBERS)), function(NUMBERS)
    assert type(found) is type(wanted) or type(found) is Tensor
    if type(found) is Tensor:
        found, wanted = (found,), (wanted,)
    for ours, theirs in zip(found, wanted, strict=True):
        assert type(ours) is Tensor
        assert not ours.requires_grad
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-12)


def test_without_a_gradient_there_is_no_target_and_no_complex_number():
    x = Tensor(NUMBERS)
    with pytest.raises(TypeError, match=r"np\.nextafter has no rule"):
        np.nextafter(x, 9.0, out=x)
    with pytest.raises(TypeError, match="complex numbers are not supported"):
        np.roots(Tensor([1.0, 0.0, 1.0]))
    with pytest.raises(TypeError, match=r"np\.sort_complex has no rule"):
        np.sort_complex(Tensor(NUMBERS, requires_grad=True))


# --------------------------------------------------------------------------------------------------
# Slopes to the last digits, where a series meets a formula: exact sums of many more terms


def sinc_slope(x):
    t = Fraction(math.pi * x)
    terms = (Fraction((-1) ** k * 2 * k, math.factorial(2 * k + 1)) for k in range(1, 40))
    return math.pi * float(sum(c * t ** (2 * k + 1) for k, c in enumerate(terms)))


def i0_slope(x):
    half = Fraction(x) / 2
    terms = (Fraction(1, math.factorial(k) * math.factorial(k + 1)) for k in range(90))
    return float(sum(c * half ** (2 * k + 1) for k, c in enumerate(terms)))


@pytest.mark.parametrize(
    ("function", "slope", "points"),
    [
        (np.sinc, sinc_slope, [1e-9, 0.1, -0.25, 0.31, 0.319, 0.45, -0.55, 0.6, 0.63, 2.3]),
        (np.i0, i0_slope, [1e-9, -0.5, 3.0, 7.0, 7.99, 8.01, -9.0, 20.0, 29.0]),
    ],
)
def test_slopes_to_the_last_digits(function, slope, points):
    expected = [slope(x) for x in points]
    x = Tensor(points, requires_grad=True)
    np.sum(function(x)).backward()
    np.testing.assert_allclose(x.grad, expected, rtol=4e-15)
    for point, its in zip(points, expected, strict=True):
        v = Value(point)
        function(v).backward()
        assert v.grad == pytest.approx(its, rel=4e-15, abs=0)


# --------------------------------------------------------------------------------------------------
# Values


@pytest.mark.parametrize(
    "call",
    [
        *(
            lambda x, y, f=f: f(x, y)
            for f in (np.hypot, np.arctan2, np.logaddexp, np.fmax, np.fmin)
        ),
        *(lambda x, y, f=f: f(y, x) for f in (np.float_power, np.remainder, np.fmod)),
        lambda x, y: x * np.sinc(y) + np.i0(x * y) + np.degrees(x),
        lambda x, y: np.copysign(x * y, -2.0) + np.ldexp(x, 2) + np.fabs(y),
        lambda x, y: np.sum(np.stack([x, y, x]) * np.array([1.0, 2.0, 3.0])) + np.std([1.0, 2.0]),
        lambda x, y: np.max(np.hstack([x, y])) * np.mean(np.atleast_1d(x)),
        lambda x, y: np.sum(np.linspace(x, y, 4) ** 2) + np.sum(np.tile(x, 3)),
        lambda x, y: np.nan_to_num(x) * np.real(y),
    ],
)
def test_values_give_what_tensors_give(call):
    x, y = Value(0.7), Value(1.9)
    p, q = Tensor(0.7, requires_grad=True), Tensor(1.9, requires_grad=True)
    z, t = call(x, y), call(p, q)
    assert isinstance(z, Value | Tensor)
    assert float(z) == pytest.approx(float(t), rel=1e-14)
    z.backward()
    t.backward()
    np.testing.assert_allclose([x.grad, y.grad], [p.grad, q.grad], rtol=1e-13)
