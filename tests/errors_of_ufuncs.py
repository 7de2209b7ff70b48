"""Rows of the table of errors: masked arrays, functions without a rule, options of ufuncs."""

from __future__ import annotations

import sys
from unittest import mock

import numpy as np
import numpy.ma

import autograd as ag
import nn
from autograd import Tensor, Value, operations

from .errors import m, raises, row, x


def without_special():
    """Ask for a function of SciPy's that has no rule, as all have before the import."""
    import scipy.special

    with mock.patch.dict(sys.modules):
        sys.modules.pop("autograd.special", None)
        scipy.special.agm(x(), 1.0)


# Masked arrays
_MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
for _name, _use in {
    "Tensor": lambda: Tensor(_MASKED),
    "add": lambda: x() + _MASKED,
    "multiply": lambda: Value(2.0) * _MASKED,
    "gradient": lambda: x().backward(_MASKED),
    "<lambda>": lambda: ag.grad(lambda y: np.sum(y * y))(_MASKED),
}.items():
    raises(TypeError, rf"{_name}: masked entries would be taken for .*x\.filled\(0\.0\)", _use)
for _name, _use in {
    "numbers": lambda: nn.Linear(3, 1, rng=0)(_MASKED),
    "cross_entropy": lambda: nn.CrossEntropyLoss()(np.ones((3, 2)), _MASKED.astype(int)),
}.items():
    raises(TypeError, f"{_name}: masked entries would be taken for", _use)
for _node in (x, lambda: Value(2.0)):
    raises(
        TypeError,
        r"a masked array would lose the gradient of the node: use np\.where\(x\.mask",
        lambda node=_node: _MASKED * node(),
    )
raises(TypeError, "turning a value into an array of float64", lambda: np.asarray(Value(1.0), float))
raises(
    TypeError,
    r"np\.roots has no rule .*\.data or \.detach\(\).*autograd\.operation",
    lambda: np.roots(x()),
)
raises(TypeError, r"np\.roots has no rule for differentiation", lambda: np.roots(x()))
raises(TypeError, r"np\.nextafter has no rule for differentiation", lambda: np.nextafter(x(), 2.0))
raises(
    TypeError,
    r"np\.nextafter has no rule for differentiation",
    lambda: np.nextafter(Value(1.0), 2.0),
)
raises(
    TypeError,
    r"np\.nextafter\.reduce is not supported on nodes; write it with calls of np\.nextafter",
    lambda: np.nextafter.reduce(x()),
)
raises(TypeError, r"np\.greater\.at is not supported", lambda: np.greater.at(x() * 1.0, 0, 1.0))
raises(
    ValueError,
    r"np\.subtract\.reduce: has no identity to begin with; give initial=",
    lambda: np.subtract.reduce(x(), where=[True, False, True]),
)
raises(
    ValueError,
    r"np\.subtract\.reduce: has no identity to begin with",
    lambda: np.subtract.reduce(x()[:0]),
)
raises(ValueError, "not reorderable", lambda: np.subtract.reduce(m(), axis=None))
raises(
    TypeError,
    r"np\.subtract\.accumulate: needs an axis, got a 0-d array",
    lambda: np.subtract.accumulate(x()[0]),
)
raises(IndexError, "index 3 out-of-bounds", lambda: np.add.reduceat(x(), [0, 3]))
raises(
    TypeError,
    r"np\.multiply\.at: an array keeps no gradient; make it a tensor, a = Tensor\(a\)",
    lambda: np.multiply.at(np.ones(3), [0], x()[:1]),
)
raises(
    TypeError,
    r"np\.multiply\.at: results of float64 do not fit the tensor of int64",
    lambda: np.multiply.at(Tensor([1, 2]), [0], 1.5),
)
raises(
    TypeError,
    r"np\.maximum\.accumulate: needs an axis, got a 0-d array",
    lambda: np.maximum.accumulate(x()[0]),
)
raises(TypeError, r"^tanh takes 1 input \(x\), got 2$", lambda: operations()["tanh"](x(), x()))
raises(TypeError, r"^add takes 2 inputs \(x, y\), got 3$", lambda: operations()["add"](1, 2, 3))
raises(RuntimeError, "would overwrite tensor 'x', a leaf", lambda: np.negative.at(x(), 0))
raises(TypeError, r"np\.add: .*out= .*y = y \+ x", lambda: np.add(x(), 1.0, out=np.zeros(3)))
raises(
    TypeError, r"np\.sin: where= is not supported", lambda: np.sin(x(), where=[True, False, True])
)
raises(
    TypeError,
    r"np\.sin: No loop matching .*; use \.astype\(dtype\) first",
    lambda: np.sin(x(), dtype=np.int64),
)
raises(TypeError, r"np\.less: No loop matching", lambda: np.less(x(), 1, dtype=np.float32))
raises(
    TypeError,
    r"np\.sin: Cannot cast ufunc 'sin' input .* with casting rule 'no'; use \.astype",
    lambda: np.sin(x(), dtype=np.float32, casting="no"),
)
for _lost in (
    lambda: np.add(x(), 1, signature="ll->l", casting="unsafe"),
    lambda: np.add(x(), 1, dtype=complex),
    lambda: np.add(Value(1.0), 1, dtype=np.float32),
):
    raises(
        TypeError,
        r"np\.add: to compute in (int64|complex128|float32) would lose the gradient of float64",
        _lost,
    )
raises(ValueError, "casting must be one of", lambda: np.sin(x(), casting="perhaps"))
raises(ValueError, r"np\.sin: order must be one of", lambda: np.sin(x(), order="Q"))
raises(
    TypeError,
    r"np\.matmul: axis= and keepdims= are of products of vectors; use axes=",
    lambda: np.matmul(m(), m().T, keepdims=True),
)
raises(
    TypeError,
    r"np\.matmul: axes must be a list, got 3",
    lambda: np.matmul(m(), m().T, axes=3),
)
for _axes in ([(0, 1), (0, 1)], [0, (0, 1), (0, 1)]):
    raises(
        ValueError,
        r"np\.matmul: axes=.* must have an entry for each factor and the result, of 2, 2, 2 axes",
        lambda axes=_axes: np.matmul(m(), m().T, axes=axes),
    )
raises(
    TypeError,
    r"np\.add\.reduce: out= is not supported on nodes, unless it is a Tensor",
    lambda: np.add.reduce(x(), out=np.zeros(())),
)
raises(RuntimeError, r"np\.sin would overwrite tensor 'x', a leaf", lambda: np.sin(x(), out=x()))
raises(
    ValueError,
    r"np\.sin: the result has shape \(3,\) and cannot be written into .*\(2,\)",
    lambda: np.sin(x(), out=Tensor([0.0, 0.0])),
)
raises(
    TypeError,
    r"np\.sin: a result of float64 cannot be cast to int64, the dtype of the tensor",
    lambda: np.sin(x(), out=Tensor([0, 0, 0])),
)
raises(
    TypeError,
    r"np\.add: a result of float64 cannot be cast to int64, the dtype of the tensor",
    lambda: np.add(Value(1.0), 1.0, out=Tensor([0, 0, 0])),
)
raises(TypeError, r"np\.sum: out= is not supported", lambda: np.sum(x(), out=np.zeros(())))
raises(
    ValueError,
    r"np\.sum: out= has shape \(3,\), the result has shape \(\)",
    lambda: np.sum(x(), out=x() * 1.0),
)
raises(
    ValueError,
    r"np\.matmul: out= has shape \(2, 3\), the result has shape \(3,\)",
    lambda: np.matmul(np.ones(2), m(), out=m() * 1.0),
)
raises(RuntimeError, r"np\.clip would overwrite tensor 'x'", lambda: np.clip(x(), 0, 1, out=x()))
raises(TypeError, r"np\.isposinf: out= .* a Tensor, given by name", lambda: np.isposinf(x(), x()))
raises(TypeError, r"np\.isneginf: out= .* a Tensor, given by name", lambda: np.isneginf(x(), x()))
raises(TypeError, r"np\.concatenate: out= is not", lambda: np.concatenate([x()], out=np.zeros(3)))
raises(TypeError, r"np\.clip: out= is not supported", lambda: np.clip(x(), 0, 1, out=np.zeros(3)))
raises(ValueError, r"np\.reshape: order must be one of", lambda: np.reshape(x(), (3,), order="Q"))
raises(
    TypeError,
    r"scipy\.special\.agm has no rule yet; `import autograd\.special` brings SciPy's",
    without_special,
)


@row(TypeError, r"cannot be written into out= \(a plain ndarray keeps no gradient\).*y = y \+ x")
def _array_plus_tensor_in_place():
    y = np.ones(3)
    y += x()


@row(TypeError, r"np\.multiply: .*out=")
def _array_times_value_in_place():
    y = np.ones(3)
    y *= Value(2.0)
