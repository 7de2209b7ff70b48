"""Rows of the table of errors: the API of HIPS autograd."""

from __future__ import annotations

import numpy as np

import autograd as ag
import autograd.numpy as anp
from autograd.extend import def_linear, defjvp_argnum, defvjp, vspace
from autograd.misc import const_graph
from autograd.misc.fixed_points import fixed_point
from autograd.numpy.numpy_vspaces import ComplexArrayVSpace
from autograd.scipy import stats
from autograd.scipy.integrate import odeint
from autograd.scipy.signal import compute_conv_size, convolve

from .errors import raises, x
from .errors_of_modules import square


def hidden_node(k):
    odeint(lambda y, t: k * y, x(), [0.0, 1.0])


# For programs written for HIPS autograd
raises(
    TypeError,
    "holomorphic_grad: complex numbers are not supported; use grad of real ones",
    lambda: ag.holomorphic_grad(np.exp),
)
raises(
    NotImplementedError,
    "<lambda>: no gradient is defined for argument 0; define it by defvjp, with None for an",
    lambda: ag.grad(ag.primitive(lambda x: x))(1.0),
)
raises(
    TypeError,
    "a list of arrays has no one shape or dtype: ask for them array by array",
    lambda: vspace([1.0, 2.0]).dtype,
)
raises(
    TypeError,
    "ComplexArrayVSpace: complex numbers are not supported; use real numbers",
    lambda: ComplexArrayVSpace(np.ones(2) * 1j),
)
raises(
    TypeError, "defvjp takes a function made by primitive, got <built-in", lambda: defvjp(len, None)
)
raises(TypeError, "defjvp_argnum takes a function made by", lambda: defjvp_argnum(len, None))
raises(TypeError, "def_linear takes a function made by primitive", lambda: def_linear(len))
raises(
    NotImplementedError,
    "make_diagonal: only the main diagonal of the last two axes is made",
    lambda: anp.make_diagonal(x(), offset=1),
)
raises(
    TypeError,
    "r_ and c_ with a text of options are not supported on nodes; use np.concatenate",
    lambda: anp.r_["0,2", x()],
)
raises(
    TypeError,
    "fixed_point: f computes with a node other than a, whose gradient would be lost; make it a",
    lambda: ag.grad(
        lambda b: fixed_point(lambda a: lambda x: b * x + a, b, 1.0, lambda x, y: abs(x - y), 1e-3)
    )(0.5),
)
raises(
    TypeError,
    "odeint: full_output is not supported on nodes",
    lambda: odeint(lambda y, t: -y, x(), [0.0, 1.0], full_output=True),
)
raises(
    TypeError,
    "odeint: func computes with a node that is not among its arguments, whose gradient would be",
    lambda: hidden_node(x()),
)
raises(
    TypeError,
    "odeint: func computes with a node that is not among its arguments, whose gradient would be",
    lambda: odeint(lambda y, t: x() * y, np.ones(3), [0.0, 1.0]),
)
raises(
    ValueError,
    "convolve: mode is 'full', 'valid' or 'same', got 'x'",
    lambda: convolve(x(), x(), mode="x"),
)
raises(
    ValueError,
    "compute_conv_size: mode is 'full', 'valid' or 'same', got 'x'",
    lambda: compute_conv_size(3, 2, "x"),
)
raises(
    ValueError,
    r"convolve: \[0\] of shape \(3,\) along \[0\] of shape \(3,\) do not fit, with \[0\] and",
    lambda: convolve(x(), x(), dot_axes=([0], [])),
)
raises(
    ValueError,
    r"convolve: in mode 'valid', one array is the longer one, got \[\(2, 1\), \(1, 2\)\]",
    lambda: convolve(np.ones((2, 1)), np.ones((1, 2)), mode="valid"),
)
raises(
    AttributeError,
    "'Continuous' object has no attribute '_nothing'",
    lambda: stats.norm._nothing,
)
raises(
    AttributeError,
    "'Dirichlet' object has no attribute '_nothing'",
    lambda: stats.dirichlet._nothing,
)
raises(
    ValueError,
    r"multivariate_normal: a mean of shape \(3,\) and a covariance of shape \(2, 2\) do not fit",
    lambda: stats.multivariate_normal.logpdf(x(), x(), square()),
)
raises(
    np.linalg.LinAlgError,
    "multivariate_normal: the covariance has a negative eigenvalue",
    lambda: stats.multivariate_normal.pdf([0.0, 0.0], cov=-square(), allow_singular=True),
)
raises(
    ValueError,
    "dirichlet: the entries of x are not negative and sum to 1 over the first axis",
    lambda: stats.dirichlet.pdf(x(), np.ones(3)),
)
raises(
    ValueError,
    "dirichlet: the entries of alpha are positive",
    lambda: stats.dirichlet.pdf([0.5, 0.5], -np.ones(2)),
)
raises(TypeError, "const_graph: fun is a function, got float 3.0", lambda: const_graph(3.0, np.sin))
