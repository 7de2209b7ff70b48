"""Updates of leaves in place, as training loops by hand write them."""

import operator

import numpy as np
import pytest

from autograd import Tensor, no_grad

from .test_assignment import leaf

UPDATES = {
    "add": operator.iadd,
    "subtract": operator.isub,
    "multiply": operator.imul,
    "divide": operator.itruediv,
    "power": operator.ipow,
}
STEPS = {
    "array": np.array([[0.5, 2.0], [3.0, 1.5]]),
    "row": np.array([0.5, 2.0]),
    "column": np.array([[0.5], [2.0]]),
    "0-d array": np.array(0.5),
    "float32": np.array([0.5, 2.0], np.float32),
    "integers": np.array([2, 3]),
    "truths": np.array([True, True]),
    "float": 0.5,
    "int": 2,
    "NumPy's number": np.float64(0.5),
    "number in float32": np.float32(0.5),
    "tensor": Tensor([0.5, 2.0]),
    "one too many axes": np.ones((1, 2, 2)),
    "another shape": np.ones(3),
    "complex": 1j,
}


def test_every_update_of_a_leaf_is_that_of_its_array():
    for name, update in UPDATES.items():
        for kind, step in STEPS.items():
            for dtype in (np.float64, np.float32):
                for start in (np.array([[1.0, 2.0], [0.25, 3.0]]), np.array([2.0]), 2.0):
                    w = Tensor(start, requires_grad=True, dtype=dtype)
                    expected = np.array(start, dtype)
                    before, graph = expected.copy(), (w * 2.0).sum()
                    number = step.data if isinstance(step, Tensor) else step
                    try:
                        expected = update(expected, number)
                    except (ValueError, TypeError):
                        expected = None
                    what = f"{name} of {kind}, {dtype.__name__}, {np.shape(start)}"
                    with no_grad():
                        if expected is None:
                            with pytest.raises((ValueError, TypeError)):
                                update(w, step)
                            np.testing.assert_array_equal(w.data, before, err_msg=what)
                            graph.backward()
                            continue
                        same = update(w, step)
                    assert same is w, what
                    assert w.dtype == dtype, what
                    np.testing.assert_allclose(w.data, expected, rtol=1e-6, err_msg=what)
                    with pytest.raises(RuntimeError, match="changed after it was used"):
                        graph.backward()


@pytest.mark.parametrize(
    ("start", "update", "step", "kind", "text"),
    [
        (np.ones((2, 2)), operator.imatmul, 2.0, ValueError, "matmul of shapes"),
        (np.ones((2, 2)), operator.imatmul, 2, ValueError, "matmul of shapes"),
        (np.ones(3), operator.imatmul, np.ones(3, object), TypeError, "expected numbers"),
        (np.array(2.0), operator.isub, np.array(1, object), TypeError, "expected numbers"),
    ],
)
def test_an_update_of_a_leaf_by_what_is_no_operand_says_so(start, update, step, kind, text):
    w = leaf(start.shape)
    with no_grad(), pytest.raises(kind, match=text):
        update(w, step)
