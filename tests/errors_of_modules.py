"""Rows of the table of errors: linear algebra, expressions, the command line, the standard."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import scipy.special

import autograd as ag
import autograd.numpy as anp
import autograd.special
import nn
from autograd import Tensor, Value, core, notebooks, tracer, xp
from autograd import __main__ as main
from autograd.command_line import expression

from .errors import m, raises, x


def square():
    return Tensor(np.eye(2), requires_grad=True)


def without_scipy():
    with mock.patch.dict(sys.modules, {"scipy.special": None}):
        spec = importlib.util.find_spec("autograd.special.common")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)


def vectors_of_equal_eigenvalues():
    a = square()
    np.sum(np.linalg.eigh(a).eigenvectors * np.array([[1.0, 2.0], [3.0, 4.0]])).backward()


def dependent_columns():
    a = Tensor(np.zeros((3, 2)), requires_grad=True)
    np.linalg.qr(a).R.sum().backward()


def not_importable():
    with mock.patch.object(importlib.util, "spec_from_file_location", return_value=None):
        expression.load(f"{__file__}:x", {})


def without_the_name():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "empty.py")
        path.touch()
        expression.load(f"{path}:nothing", {})


def without_notebooks():
    with mock.patch.object(Path, "glob", return_value=iter(())):
        notebooks.source()


# Linalg
raises(
    np.linalg.LinAlgError,
    r"inv: a matrix or a stack is needed, got shape \(3,\)",
    lambda: np.linalg.inv(x()),
)
raises(
    np.linalg.LinAlgError,
    r"inv: square matrices are needed, got shape \(2, 3\)",
    lambda: np.linalg.inv(m()),
)
raises(
    ValueError,
    "pinv: give one of rcond= and rtol=, they mean the same",
    lambda: np.linalg.pinv(m(), rcond=0.1, rtol=0.1),
)
raises(
    np.linalg.LinAlgError,
    r"lstsq: shapes \(2, 3\) and \(3,\) do not fit",
    lambda: np.linalg.lstsq(m(), x(), rcond=None),
)
raises(
    np.linalg.LinAlgError,
    r"lstsq: the matrix of shape \(2, 3\) has rank 1, and its solution a",
    lambda: np.linalg.lstsq(m(), np.ones(2), rcond=None),
)
raises(ValueError, "tensorinv: ind=0 must be positive", lambda: np.linalg.tensorinv(m(), ind=0))
raises(
    np.linalg.LinAlgError,
    r"tensorsolve: shapes \(2, 3\) and \(2,\) do not make a square system",
    lambda: np.linalg.tensorsolve(m(), np.ones(2)),
)
raises(
    TypeError,
    r"matrix_power: the exponent must be an integer, got 0\.5",
    lambda: np.linalg.matrix_power(square(), 0.5),
)
raises(
    ValueError,
    "multi_dot: at least two arrays are needed, got 1",
    lambda: np.linalg.multi_dot([m()]),
)
raises(
    np.linalg.LinAlgError,
    r"multi_dot: matrices are needed, got shape \(1, 2, 3\)",
    lambda: np.linalg.multi_dot([m(), m()[None]]),
)
raises(
    TypeError,
    r"np\.linalg\.qr: mode='raw' of shape \(2, 3\) is not supported on nodes; use",
    lambda: np.linalg.qr(m(), mode="raw"),
)
raises(
    TypeError,
    r"np\.linalg\.svd of shape \(2, 3\): the square factors have no derivative, as",
    lambda: np.linalg.svd(m()),
)
raises(
    TypeError,
    r"np\.linalg\.eig on nodes: the results are complex numbers, which are not",
    lambda: np.linalg.eig(square()),
)
raises(
    ValueError,
    r"outer: vectors are needed, got shapes \(2, 3\) and \(3,\)",
    lambda: np.linalg.outer(m(), x()),
)
raises(
    ValueError,
    r"cross: vectors of 3 components are needed, got shape \(2, 2\)",
    lambda: np.linalg.cross(m()[:, :2], m()[:, :2]),
)
raises(
    ValueError,
    r"norm: order 3 needs one axis or two, got shape \(1, 2, 3\), axis=\(0, 1, 2\)",
    lambda: np.linalg.norm(m()[None], 3),
)
raises(
    ValueError,
    "norm: order 'fro' is one of matrices, not of vectors",
    lambda: np.linalg.norm(x(), "fro"),
)
raises(ValueError, "norm: there is no order 7 of matrices", lambda: np.linalg.norm(m(), 7))
raises(
    np.linalg.LinAlgError,
    r"cond: empty matrices of shape \(0, 3\) have none",
    lambda: np.linalg.cond(m()[:0]),
)

# Special
raises(
    TypeError,
    r"scipy\.special\.agm has no rule for differentiation here; take \.data",
    lambda: scipy.special.agm(x(), 1.0),
)
raises(
    TypeError,
    "polygamma: the order must be an integer of at least 0, got -1",
    lambda: autograd.special.polygamma(-1, x()),
)
raises(
    TypeError,
    r"gammainc: the derivative with respect to a is not known; hand over numbers without a",
    lambda: autograd.special.gammainc(x(), 1.0),
)
raises(
    ImportError,
    r"autograd\.special stands on SciPy, which is not installed: pip install",
    without_scipy,
)

# Decompositions
raises(
    np.linalg.LinAlgError,
    "eigh has no such derivative here: the matrix has equal eigenvalues, which",
    vectors_of_equal_eigenvalues,
)
raises(
    np.linalg.LinAlgError,
    "qr has no derivative where the columns are linearly dependent",
    dependent_columns,
)

# Expression
raises(
    ValueError,
    r"'a \+' is not an expression: invalid syntax$",
    lambda: expression.parse("a +", {}),
)
raises(
    ValueError, "the expression does not use b", lambda: expression.parse("a", {"a": 1.0, "b": 2.0})
)
raises(
    ValueError,
    r"the expression has no names, so it has no graph; write one as in a\*a",
    lambda: expression.parse("1 + 2", {}),
)
raises(
    ValueError,
    "the expression uses 'b'; give its number: b=2",
    lambda: expression.parse("a + b", {"a": 1.0}),
)
raises(
    ValueError,
    r"'a if b else c' is not understood: use numbers, names, \+ - \* / \*\* and abs,",
    lambda: expression.parse("a if b else c", {}),
)
raises(
    ValueError,
    "the expression is nested deeper than 200",
    lambda: expression.parse("-" * 300 + "a", {"a": 1.0}),
)
raises(
    FileNotFoundError,
    r"there is no file nowhere\.py",
    lambda: expression.load("nowhere.py:loss", {}),
)
raises(ValueError, r"empty\.py has no 'nothing'", without_the_name)
raises(ValueError, r"errors_of_modules\.py cannot be loaded as Python", not_importable)

# The command line
raises(argparse.ArgumentTypeError, "a number of at least 1, got 0", lambda: main._positive("0"))
raises(argparse.ArgumentTypeError, "'2=a' is not of the form a=2", lambda: main._assignment("2=a"))

# Notebooks
raises(
    KeyError,
    r"no answer is called 'slop'; there are \['slope'\]",
    lambda: notebooks.check({"slope": 1.0}, {"slop": 1.0}),
)
raises(
    ValueError,
    "f is a function: say with at= where to compare it",
    lambda: notebooks.check({"f": abs}, {"f": abs}),
)
raises(
    FileNotFoundError,
    "the notebooks are not installed; install glassgrad again with pip, or take",
    without_notebooks,
)

# The array API standard
raises(
    ValueError,
    r"version '1999\.12' of the array API standard is not supported, only",
    lambda: x().__array_namespace__(api_version="1999.12"),
)
raises(
    ValueError,
    "device 'gpu', stream None: tensors live on 'cpu' alone",
    lambda: x().to_device("gpu"),
)
raises(
    TypeError,
    "handing tensor 'x' to another library would lose its gradient; hand over",
    lambda: x().__dlpack__(),
)
raises(
    TypeError,
    "handing tensor 'x' to another library would lose its gradient; hand over",
    lambda: np.from_dlpack(x()),
)
raises(
    ValueError,
    "device 'gpu' is not there; tensors live on 'cpu'",
    lambda: xp.zeros(2, device="gpu"),
)
raises(AttributeError, r"module 'autograd\.xp' has no attribute 'nothing'", lambda: xp.nothing)
raises(
    TypeError,
    r"erf: out= and where= would write into an array, which keeps no gradient; use the returned",
    lambda: xp.special.erf(x(), out=np.zeros(2)),
)
raises(TypeError, r"astype: tensors hold numbers, not \|S1", lambda: x().astype("S1"))
raises(TypeError, "asarray: the entries must be numbers, got <U1", lambda: xp.asarray("a"))
raises(TypeError, "tensors hold numbers .* dtypes, not object", lambda: xp.zeros(2, dtype=object))
raises(
    ValueError,
    "asarray: int64 cannot become float64 without a copy",
    lambda: xp.asarray(xp.asarray([1]), dtype=float, copy=False),
)
raises(
    TypeError,
    "multiply: complex numbers are not supported where a gradient is wanted;",
    lambda: x() * xp.asarray(1j),
)

# Names and options of others
raises(AttributeError, r"'Tensor' object has no attribute 'view'; use \.reshape", lambda: x().view)
raises(AttributeError, r"'Value' object has no attribute 'log1p'; use np", lambda: Value(1.0).log1p)
raises(AttributeError, "module 'autograd' has no attribute 'jacrev'; use jac", lambda: ag.jacrev)
raises(
    ModuleNotFoundError,
    "no 'optim' in 'autograd'; use nn.optim",
    lambda: importlib.import_module("autograd.optim"),
)
raises(
    TypeError,
    r"sum\(\) got an unexpected keyword argument 'dim'; use axis=",
    lambda: x().sum(dim=0),
)
raises(
    TypeError,
    r"squeeze\(\) got an unexpected keyword argument 'dim'; use axis=",
    lambda: x().squeeze(dim=0),
)
raises(
    TypeError,
    r"flatten\(\) got an unexpected keyword argument 'start_dim'; use x\.reshape\(len\(x\), -1\)",
    lambda: x().flatten(start_dim=1),
)
raises(
    TypeError,
    "array: like is not supported on nodes",
    lambda: anp.array([x(), x()], order="F", like=np.ones(2)),
)

raises(
    TypeError,
    "new_box starts a graph at plain numbers; use vjp for derivatives of nodes",
    lambda: tracer.new_box(x(), 0, core.VJPNode.new_root()),
)
raises(
    ValueError,
    r"backward_pass: the graph starts at 2 nodes; use y\.backward\(g\)",
    lambda: core.backward_pass(np.ones(2), (x() * x())._node),
)
raises(
    ValueError,
    r"backward_pass: g has shape \(2,\), the output \(3,\)",
    lambda: core.backward_pass(np.ones(2), (x() * 2.0)._node),
)

# What is no state and no optimizer
_LINE = nn.Linear(2, 1, rng=0)
_STEPS = nn.SGD(_LINE.parameters(), lr=0.1)
for _owner, _name in ((_LINE, "Linear"), (_STEPS, "SGD")):
    for _state in (None, "model.npz", [1.0]):
        raises(
            TypeError,
            f"{_name}: load_state_dict takes the dict .*, got {type(_state).__name__}; nn.load",
            lambda owner=_owner, state=_state: owner.load_state_dict(state),
        )
_PAIR = (np.ones((4, 2)), np.ones((4, 1)))
for _name, _use in {
    "lr_find": lambda: nn.lr_find(_LINE, _PAIR, nn.MSELoss(), 3),
    "health": lambda: nn.health(_LINE, _PAIR, nn.MSELoss(), optimizer=3),
    "save": lambda: nn.save("model.npz", _LINE, optimizer=3),
}.items():
    raises(TypeError, rf"{_name}: the optimizer is int; give one of nn\.optim, such as", _use)
raises(
    TypeError,
    r"one_hot: the number of classes is a positive integer, got float 2\.5",
    lambda: nn.functional.one_hot([0, 1], 2.5),
)
for _name, _use in {
    "gradient_norm": nn.gradient_norm,
    "clip_by_norm": lambda p: nn.clip_by_norm(p, 1.0),
    "clip_by_value": lambda p: nn.clip_by_value(p, 1.0),
}.items():
    raises(
        TypeError,
        f"{_name} takes a list of parameters, got Tensor; pass model.parameters",
        lambda use=_use: use(x()),
    )
    raises(
        TypeError,
        f"{_name}: parameter 0 is ndarray; give Tensors and Values",
        lambda use=_use: use([np.ones(2)]),
    )
