"""Rows of the table of errors: scan and checkpoint."""

from __future__ import annotations

import numpy as np

import autograd as ag
from autograd import Tensor

from .errors import raises


def _scans(step, carry=0.0, xs=(1.0, 2.0), **options):
    return lambda: ag.scan(step, carry, None if xs is None else np.array(xs), **options)


def _grows(carry, x):
    return {"h": np.concatenate([carry["h"], np.ones(1)])}, None


def _narrows(carry, x):
    return (carry[0], carry[1].astype(np.float32)), None


raises(
    TypeError,
    r"scan: step is a function \(carry, x\) -> \(carry, y\), got 3",
    lambda: ag.scan(3, 0.0),
)
raises(
    TypeError,
    r"step returns a pair \(carry, y\), got a number of shape \(\); y may be None",
    _scans(lambda c, x: 1.5),
)
raises(TypeError, "returns a pair .* got float64 of shape .2,.; y", _scans(lambda c, x: np.ones(2)))
raises(TypeError, "returns a pair .* got str; y may be None", _scans(lambda c, x: "cy"))
raises(
    ValueError,
    "scan: step 0 changes the structure of the carry that it gets, from 1 entries to 2; return a",
    lambda: ag.scan(lambda c, x: (c.append(x) or c, None), [0.0], np.ones(2)),
)
raises(
    ValueError,
    r"scan: y\['a'\] changes from shape \(1,\) in row 0 to shape \(2,\) in row 1; every step must",
    _scans(lambda c, x: (c + 1, {"a": np.ones(c)}), 1),
)
raises(
    ValueError,
    r"scan: y changes from shape \(\) in row 0 to None in row 1; every step must give the same",
    _scans(lambda c, x: (c + 1, None if c else x), 0),
)
raises(TypeError, "returns a pair .* got tuple of 3", _scans(lambda c, x: (c, x, x)))
raises(
    ValueError,
    r"scan: step 0 changes carry\['h'\] from float64 of shape \(2,\) to float64 of shape \(3,\); "
    "step must return it as it got it: start with what it returns, or cast, as with .astype",
    _scans(_grows, {"h": np.ones(2)}),
)
raises(
    ValueError,
    r"scan: step 1 changes carry\[1\] from float64 of shape \(2,\) to float32 of shape",
    _scans(_narrows, (0, np.ones(2)), reverse=True),
)
raises(
    ValueError, "changes carry from None to a number of shape", _scans(lambda c, x: (1, x), None)
)
raises(
    ValueError,
    "scan: the carry that step 0 returns must be a tuple of 2 entries, got float",
    _scans(lambda c, x: (1.0, None), (1.0, 2.0)),
)
raises(
    ValueError,
    "scan: what step 1 gives as y must be a dict with the keys .'a'., got the keys .'b'.",
    _scans(lambda c, x: (c, {"a" if x < 2 else "b": x})),
)
for _xs, _told in ((1.0, "xs"), ([1.0, 2.0], r"xs\[0\]"), (iter([1.0]), "xs")):
    raises(
        ValueError,
        rf"scan: {_told} has no rows; the rows of an array are the steps, such as np\.array\(",
        lambda xs=_xs: ag.scan(_grows, 0.0, xs),
    )
raises(
    ValueError,
    "scan: give xs, arrays with a row for every step, or length=",
    _scans(_grows, xs=None),
)
raises(
    ValueError,
    r"scan: the numbers of steps differ \(xs: 2, length: 3\); all must be equal",
    _scans(_grows, length=3),
)
raises(ValueError, "scan: at least one step is needed, got 0", _scans(_grows, xs=()))


def _another_closure_at_the_second_run():
    held = [Tensor([1.0], requires_grad=True)]
    y = ag.checkpoint(lambda x: x * held[0])(Tensor([2.0], requires_grad=True))
    held[0] = Tensor([1.0], requires_grad=True)
    y.sum().backward()


def _another_draw_at_the_second_run():
    rng = np.random.default_rng(0)
    x = Tensor([1.0, 2.0], requires_grad=True)
    ag.checkpoint(lambda x: x * rng.normal(size=2))(x).sum().backward()


def _another_shape_at_the_second_run():
    counts = iter((3, 2))
    x = Tensor([1.0, 2.0, 4.0], requires_grad=True)
    ag.checkpoint(lambda x: x[: next(counts)])(x).sum().backward()


for _function in (_another_draw_at_the_second_run, _another_shape_at_the_second_run):
    raises(
        RuntimeError,
        "checkpoint: run again, the function gave other numbers than the first time; draw random "
        "numbers outside of it, and hand them over",
        _function,
    )
raises(
    TypeError,
    "checkpoint: <lambda> returned NoneType None; what is differentiated returns real numbers",
    lambda: ag.checkpoint(lambda x: None)(Tensor([1.0], requires_grad=True)),
)
raises(
    RuntimeError,
    "checkpoint: run again, the function used other tensors than the first time; what it closes "
    "over must not change between forward and backward",
    _another_closure_at_the_second_run,
)
