"""The edges in `edges/table.py`, and what is recorded of them; then edges of dtypes."""

import json
from pathlib import Path

import mpmath
import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, grad

from . import edges_of_peers
from .edges.table import TABLE

LIBRARY = edges_of_peers.glassgrad()[1]


def function_of(name):
    return lambda x: TABLE[name].function(LIBRARY, x)


@pytest.mark.parametrize("name", TABLE)
def test_first_derivative_at_the_edge(name):
    with np.errstate(all="ignore"):
        found = grad(function_of(name))(np.array(TABLE[name].point))
    np.testing.assert_allclose(found, TABLE[name].first, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", [n for n in TABLE if TABLE[n].second is not None])
def test_second_derivative_at_the_edge(name):
    first = grad(function_of(name))
    with np.errstate(all="ignore"):
        found = grad(lambda x: np.sum(first(x)))(np.array(TABLE[name].point))
    np.testing.assert_allclose(found, TABLE[name].second, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", TABLE)
def test_backward_at_the_edge(name):
    """The same derivative from `backward`, which is strict only where it must be."""
    x = Tensor(np.array(TABLE[name].point), requires_grad=True)
    with np.errstate(all="ignore"):
        function_of(name)(x).backward()
    np.testing.assert_allclose(x.grad, TABLE[name].first, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", TABLE)
def test_rules_on_nodes_at_the_edge(name):
    """The same derivative where the rules run on nodes, without their hand-tuned paths."""
    x = Tensor(np.array(TABLE[name].point), requires_grad=True)
    with np.errstate(all="ignore"):
        function_of(name)(x).backward(create_graph=True)
    found = getattr(x.grad, "data", x.grad)
    np.testing.assert_allclose(found, TABLE[name].first, rtol=1e-12, atol=1e-300)


# --------------------------------------------------------------------------------------------------
# What is recorded


def test_what_is_recorded_of_this_library_is_what_it_gives(tmp_path, monkeypatch):
    kept = (edges_of_peers.FOLDER / "glassgrad.json").read_text(encoding="utf-8")
    monkeypatch.setattr(edges_of_peers, "FOLDER", tmp_path)
    again = edges_of_peers.record("glassgrad").read_text(encoding="utf-8")
    assert json.loads(again)["rows"] == json.loads(kept)["rows"]


def test_every_peer_is_recorded_on_every_edge():
    peers = edges_of_peers.recorded()
    assert [p.name for p in peers] == list(edges_of_peers.ORDER)
    for peer in peers:
        assert {*peer.rows} == {*TABLE}


def test_the_page_says_what_is_right_and_what_is_not():
    lines = edges_of_peers.markdown().splitlines()
    (row,) = [line for line in lines if line.startswith("| where sqrt, untaken at 0 | [0., 4.]")][
        :1
    ]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[3] == "✓"
    assert "nan" in cells[7]
    assert cells[7].startswith("**")
    tie = next(line for line in lines if line.startswith("| max, ties"))
    assert "[0., 1., 0.]" in tie
    assert "**" not in tie
    totals = [line for line in lines if "as expected" in line]
    for line, wanted in zip(totals, ("first", "second"), strict=True):
        count = sum(getattr(edge, wanted) is not None for edge in TABLE.values())
        assert f"of {count}** | | | {count} |" in line


def test_a_wrong_number_is_not_taken_for_right():
    assert edges_of_peers.agrees([1.0, 2.0], [1.0, 2.0])
    for given in ([1.0, 2.001], [1.0], ["nan", 2.0], "nan", "no prod", "TypeError"):
        assert not edges_of_peers.agrees(given, [1.0, 2.0])
    assert edges_of_peers.cell("no prod", [1.0], False) == "no prod"
    assert edges_of_peers.cell([1.5], None, False) == ""


# --------------------------------------------------------------------------------------------------
# Dtypes


def test_float32_stays_float32():
    x = Tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
    y = (np.maximum(x, 1.0) * 2.0 + autograd.leaky_relu(x) / 3).sum()
    y.backward()
    assert y.dtype == np.float32
    assert x.grad.dtype == np.float32


def test_mixed_second_derivative_of_power_where_the_exponent_is_0():
    # d²/dxdy x^y = x^(y-1) (1 + y log x) = 1/x at y = 0
    mixed = grad(lambda y: grad(lambda x: x**y)(2.0))(0.0)
    assert mixed == pytest.approx(0.5)


def test_integers_have_the_activations_of_floats():
    x = np.array([-2, 0, 3])
    for f in (autograd.sigmoid, autograd.relu, autograd.softplus, autograd.softmax):
        z = f(Tensor(x))
        np.testing.assert_allclose(z.data, f(x.astype(float)), rtol=1e-15)
        assert z.dtype == (x.dtype if f is autograd.relu else np.float64)


def test_deviation_of_half_precision_is_numpys():
    x = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float16)
    t = Tensor(x, requires_grad=True)
    for axis in (None, 0):
        np.testing.assert_array_equal(np.std(t, axis).data, np.std(x, axis))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 3)])
def test_cross_entropy_where_a_class_is_masked_out(shape):
    logits, target = np.zeros(shape), np.zeros(shape)
    logits[..., 1], target[..., 0] = -np.inf, 1.0
    x = Tensor(logits, requires_grad=True)
    loss = autograd.softmax_cross_entropy(x, target)
    loss.backward()
    samples = logits[..., 0].size
    assert loss.item() == pytest.approx(samples * np.log(2.0))
    np.testing.assert_allclose(x.grad, np.broadcast_to([-0.5, 0.0, 0.5], shape), atol=1e-16)


ZERO_TO = {
    "constant": lambda y: 0.0**y,
    "value": lambda y: Value(0.0) ** y,
    "tensor": lambda y: Tensor(0.0, requires_grad=True) ** y,
    "float_power": lambda y: np.float_power(Tensor(0.0), y),
}


@pytest.mark.parametrize("base", ZERO_TO)
@pytest.mark.parametrize("leaf", [Value, lambda y: Tensor(y, requires_grad=True)])
@pytest.mark.parametrize(
    ("exponent", "slope", "curvature"),
    [(2.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.0, 0.0), (-0.5, -np.inf, np.inf)],
)
def test_0_to_the_power_of_every_kind(base, leaf, exponent, slope, curvature):
    with np.errstate(all="ignore"):
        y = leaf(exponent)
        ZERO_TO[base](y).backward()
        assert y.grad == slope
        y = leaf(exponent)
        ZERO_TO[base](y).backward(create_graph=True)
        first, y.grad = y.grad, None if isinstance(y, Tensor) else 0.0
        assert first.data == slope
        first.backward()
    assert y.grad == curvature or (y.grad is None and curvature == 0)


LOGITS = (-np.inf, -1000.0, -40.0, -1e-9, 0.0, 3.0, 40.0, 1000.0, np.inf)


def test_sigmoid_cross_entropy_beside_one_that_is_certain():
    z = Tensor([np.inf, 1.0, -np.inf], requires_grad=True)
    loss = autograd.sigmoid_cross_entropy(z, np.array([1.0, 0.3, 0.0]))
    loss.backward()
    np.testing.assert_allclose(loss.data, np.log1p(np.exp(1.0)) - 0.3, rtol=1e-15)
    np.testing.assert_allclose(z.grad, [0.0, 1 / (1 + np.exp(-1.0)) - 0.3, 0.0], rtol=1e-15)


@pytest.mark.parametrize("jit", [lambda f: f, autograd.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("z", LOGITS)
def test_sigmoid_cross_entropy_keeps_all_digits(z, target, jit):
    with mpmath.workdps(600):
        yes, no = (1 / (1 + mpmath.exp(mpmath.mpf(s * z))) for s in (-1, 1))
        shares = [(share, p) for share, p in ((target, yes), (1 - target, no)) if share]
        loss = float(-sum(share * mpmath.log(p) for share, p in shares))
        slope = float((1 - target) * yes - target * no) / 2
        curvature = float(yes * no) / 2

    def cost(x):
        return autograd.sigmoid_cross_entropy(x, np.full(2, target), 0.5)

    def summed(x):
        return np.sum(grad(cost)(x))

    at = np.full(2, z)
    np.testing.assert_allclose(jit(cost)(at), loss, rtol=1e-14)
    np.testing.assert_allclose(jit(grad(cost))(at), [slope] * 2, rtol=1e-14)
    np.testing.assert_allclose(jit(grad(summed))(at), [curvature] * 2, rtol=1e-13, atol=1e-17)
    x = Tensor(at, requires_grad=True)
    cost(x).backward(create_graph=True)
    np.testing.assert_allclose(x.grad.data, [slope] * 2, rtol=1e-14)


QUIET = {
    "sigmoid": autograd.sigmoid,
    "softplus": autograd.softplus,
    "softmax": autograd.softmax,
    "log_softmax": autograd.log_softmax,
    "logsumexp": autograd.logsumexp,
    "softmax_cross_entropy": lambda x: autograd.softmax_cross_entropy(x, np.eye(4)[[1, 3]]),
    "sigmoid_cross_entropy": lambda x: autograd.sigmoid_cross_entropy(x, np.eye(4)[[1, 3]]),
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", QUIET)
def test_exponentials_that_vanish_are_no_floating_point_error(name, kind):
    far = np.array([[-1000, 0, 1000, -750], [-745.2, -708, -709.5, 40]], kind)
    plain = QUIET[name](far)
    for create_graph in (False, True):
        found = []
        for mode in ("ignore", "raise"):
            x = Tensor(far, requires_grad=True)
            with np.errstate(all=mode):
                z = QUIET[name](x)
                z.backward(np.ones(z.shape), create_graph=create_graph)
                np.testing.assert_array_equal(QUIET[name](far), plain)
            found.append((z.data, np.asarray(getattr(x.grad, "data", x.grad))))
        np.testing.assert_equal(found[1], found[0])
        np.testing.assert_array_equal(found[0][0], plain)


def test_a_result_that_is_nan_is_a_floating_point_error_still():
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError, match="invalid value"):
        autograd.log_softmax(np.array([np.inf, 0.0]))


def test_readme_counts_what_the_page_counts():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    totals = [line for line in edges_of_peers.markdown().splitlines() if "as expected" in line]
    for line, order in zip(totals, ("first", "second"), strict=True):
        here, hips, mygrad, jax, torch = (cell.strip() for cell in line.split("|")[4:-1])
        row = f"{order} derivatives as expected at {here} edges¹"
        assert f"| {row} | {here} | – | {hips} | {mygrad} | {torch} | {jax} |" in readme
