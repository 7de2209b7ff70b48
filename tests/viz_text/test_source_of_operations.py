"""Every operation of the table as an exported program, or refused by name."""

import contextlib

import numpy as np
import pytest

from autograd import Tensor
from autograd.viz import to_numpy_source, to_torch_source

from ..cases import CASES
from .test_source import on_names

# decompositions whose parts are packed together, solvers, and what needs an order of the numbers
REFUSED = set(
    """
    average_equals average_runs cofactor cummax cummin eigh expm fixed_point odeint
    order_statistics pinv polyval qr sinc solve_banded solve_sylvester solve_triangular sqrtm svd
    """.split()
)
# PyTorch has none of these, or understands some of their options otherwise
REFUSED_BY_TORCH = REFUSED - {"cummax", "cummin", "expm", "sinc"} | set(
    """
    add_along_axis add_windows assign beta betainc betaincc betaln cbrt convolve dawsn erfcinv exp1
    expi fdtr fdtrc fold gamma gammainc gammaincc getitem gradient heaviside iv ive j0 j1 jv
    kl_div ldexp leaky_relu log_softmax logsumexp max min nanmax nanmin normal_ratio pad prod put
    rel_entr rgamma segment_sum softmax stdtr y0 y1 yn yv
    """.split()
)


def loss_of(case):
    """Return a weighted sum of the results of a row, whose leaves are named; None for several."""
    leaves = [
        Tensor(np.array(case.inputs[i], float), True, label=f"a{k}")
        for k, i in enumerate(case.tracked)
    ]
    z = case.on_leaves(leaves)
    if not isinstance(z, Tensor) or z.is_leaf:
        return None
    weights = np.random.default_rng(0).normal(size=z.shape)
    loss = (z * Tensor(weights, label="weights")).sum()
    loss.backward()
    return loss


def exported(export, loss, may_refuse):
    """Return the program; None if it is refused, as it may be."""
    with contextlib.suppress(TypeError) if may_refuse else contextlib.nullcontext():
        return export(loss)
    return None


SMOOTH = [case for case in CASES if case.gradient]


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_numpy_program_of_an_operation(case):
    loss = loss_of(case)
    source = None if loss is None else exported(to_numpy_source, loss, case.op in REFUSED)
    if source is not None:
        on_names(loss, source)


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_torch_program_of_an_operation(case):
    pytest.importorskip("torch")
    loss = loss_of(case)
    source = None if loss is None else exported(to_torch_source, loss, case.op in REFUSED_BY_TORCH)
    if source is not None and str(case) != "sinc-near-0":  # where PyTorch loses digits
        on_names(loss, source)
