"""Columns and tables of pandas beside tensors are arrays."""

import operator

import numpy as np
import pytest

from autograd import Tensor, Value, check_grads, grad, jit

from .checks import assert_close, differences

pd = pytest.importorskip("pandas", minversion="2.1")

X = np.array([0.4, 2.1, 3.0])
COLUMN = pd.Series([1.5, 2.2, 4.3], index=list("abc"))
TABLE = pd.DataFrame({"a": X, "b": X**2})


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "lt"])
def test_an_operator_with_a_column_keeps_the_gradient(name):
    operate = getattr(operator, name)
    for function in (lambda x: operate(x, COLUMN), lambda x: operate(COLUMN, x)):
        x = Tensor(X, requires_grad=True)
        z = function(x)
        assert type(z) is Tensor
        assert z.requires_grad == (name not in ("floordiv", "lt"))
        np.testing.assert_array_equal(z.data, np.asarray(function(X)))
        if z.requires_grad:
            check_grads(function, [X])


def test_numpys_functions_take_columns_and_tables():
    check_grads(lambda x: np.multiply(COLUMN, x), [X])
    check_grads(lambda x: np.where(COLUMN > 1.7, x * x, 0.0), [X])
    check_grads(lambda x: np.dot(TABLE.T, x) + x @ TABLE, [X])
    check_grads(lambda x: TABLE * x.expand_dims(1) + pd.Index([0.1, 0.2]), [X])
    assert grad(lambda x: np.mean((x - COLUMN) ** 2))(X) == pytest.approx((X - COLUMN.array) / 1.5)


def test_dtypes_of_pandas_are_those_of_its_arrays():
    x = Tensor(X, requires_grad=True)
    assert (x + pd.Series([1, 2, 3], dtype="Int64")).tolist() == [1.4, 4.1, 6.0]
    assert (x * pd.Series([True, False, True])).tolist() == [0.4, 0.0, 3.0]
    with pytest.raises(TypeError, match="multiply: expected numbers, arrays or nodes"):
        x * pd.Series(["a", "b", "c"])


def test_without_a_gradient_the_result_is_a_tensor_too():
    t = Tensor(X)
    for z in (t * COLUMN, COLUMN * t, np.multiply(COLUMN, t)):
        assert type(z) is Tensor
        np.testing.assert_array_equal(z.data, X * COLUMN.array)


def test_a_column_in_place_stays_one():
    column = COLUMN.copy()
    column += Tensor(X)
    assert type(column) is pd.Series
    np.testing.assert_array_equal(column.array, COLUMN.array + X)
    with pytest.raises(TypeError, match="would lose its gradient"):
        column += Tensor(X, requires_grad=True)


def test_a_program_reads_a_column_that_was_changed():
    column = COLUMN.copy()
    step = jit(grad(lambda x: np.sum(x * column)))
    for number in (1.0, 2.0, 5.0, 7.0):
        column.iloc[0] = number
        assert step(X).tolist() == [number, 2.2, 4.3]


# --------------------------------------------------------------------------------------------------
# Beside a single number


@pytest.mark.parametrize(
    "table", [COLUMN, TABLE, pd.Index([1.5, 2.5])], ids=["column", "table", "index"]
)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "mod", "floordiv"])
def test_a_value_keeps_its_gradient_beside_a_table(name, table):
    operate, entries = getattr(operator, name), table.to_numpy()
    for function in (operate, lambda v, t: operate(t, v)):
        v = Value(1.4)
        z = function(v, table)
        assert type(z) is Tensor
        np.testing.assert_allclose(z.data, function(1.4, entries))
        if name != "floordiv":
            z.sum().backward()
            expected = differences(lambda x, f=function: np.sum(f(x, entries)), [np.array(1.4)])
            assert_close([v.grad], expected)


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_a_value_is_compared_with_every_entry(name):
    compare = getattr(operator, name)
    for function in (compare, lambda v, t: compare(t, v)):
        found = function(Value(2.2), COLUMN)
        np.testing.assert_array_equal(found.data, function(2.2, COLUMN.to_numpy()))


def test_what_is_no_number_is_refused_beside_a_value():
    with pytest.raises(TypeError, match="unsupported operand"):
        Value(1.0) + pd.Series(["a", "b"])
    column = COLUMN.copy()
    with pytest.raises(TypeError, match="would lose its gradient"):
        column += Value(1.0)
    np.testing.assert_array_equal(column, COLUMN)


def test_a_table_is_counted_with_weights_that_have_a_gradient():
    w = Tensor(X, requires_grad=True)
    counts, edges = np.histogramdd(TABLE, bins=2, weights=w)
    expected = np.histogramdd(TABLE.to_numpy(), bins=2, weights=X)
    np.testing.assert_allclose(counts.data, expected[0])
    for found, wanted in zip(edges, expected[1], strict=True):
        np.testing.assert_allclose(found.data, wanted)
    (counts * counts).sum().backward()
    check_grads(lambda w: np.histogramdd(TABLE, bins=2, weights=w)[0], [X])
