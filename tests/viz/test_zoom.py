"""zoom: the numbers behind the arrays have the arrays' values and gradients."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, zoom

from ..cases import CASES

REFUSED = set(
    "inv solve pinv cofactor det slogdet cholesky qr svd eigh expm "
    "sqrtm solve_sylvester solve_banded solve_triangular odeint fixed_point "
    "average_runs average_equals".split()
)


def close(actual, desired):
    actual, desired = np.asarray(actual, float), np.asarray(desired, float)
    assert actual.shape == desired.shape
    np.testing.assert_allclose(actual, desired, rtol=1e-9, atol=1e-11)


def numbers(zoomed):
    value = zoomed.value
    return (
        value.data if isinstance(value, Value) else np.vectorize(lambda v: v.data, [float])(value)
    )


def same_as_arrays(z, leaves, seed=0):
    """Assert that values and gradients of the numbers are those of the arrays."""
    g = np.random.default_rng(seed).normal(size=z.shape)
    z.backward(g)
    zoomed = zoom(z, max_nodes=100_000)
    close(numbers(zoomed), z.data)
    for leaf in leaves:
        if leaf.grad is not None:
            close(zoomed.grad(leaf), leaf.grad)


@pytest.mark.parametrize("case", [c for c in CASES if c.gradient], ids=str)
def test_every_operation_has_the_gradients_of_its_numbers(case):
    leaves = [Tensor(case.inputs[i], requires_grad=True, label=f"t{i}") for i in case.tracked]
    z = case.on_leaves(leaves)
    ops = {n.op.name for n in autograd.topological_order(z.node) if n.op}
    if ops & REFUSED:
        with pytest.raises(TypeError, match="has no expansion into operations on numbers"):
            zoom(z)
        return
    same_as_arrays(z, leaves)


# --------------------------------------------------------------------------------------------------
# Edges: the policies of arrays hold for their numbers

SIMPLE = {
    "max with ties": (lambda x: np.max(x, axis=1), [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]),
    "min with ties": (lambda x: np.min(x), [[1.0, 3.0, 1.0], [2.0, 1.0, 4.0]]),
    "max with nan": (lambda x: np.max(x, axis=1), [[1.0, np.nan], [2.0, 5.0]]),
    "max of one": (lambda x: np.max(x, axis=0), [[1.0, 2.0]]),
    "maximum of equals": (lambda x: np.maximum(x, x), [1.0, 2.0]),
    "norm at 0": (lambda x: np.linalg.norm(x, axis=1), [[0.0, 0.0], [3.0, -4.0]]),
    "norm of order 3": (lambda x: np.linalg.norm(x, ord=3), [0.0, 3.0, -4.0]),
    "norm of order 1": (lambda x: np.linalg.norm(x, ord=1), [0.0, 3.0, -4.0]),
    "std of constants": (lambda x: np.std(x, axis=1), [[0.1, 0.1, 0.1], [1.0, 2.0, 4.0]]),
    "std of exact constants": (lambda x: np.std(x), [2.0, 2.0, 2.0]),
    "norm of order 0.5": (lambda x: np.linalg.norm(x, ord=0.5), [0.0, 3.0, -4.0]),
    "std with ddof": (lambda x: np.std(x, ddof=1), [1.0, 2.0, 4.0]),
    "prod with zeros": (lambda x: np.prod(x, axis=1), [[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]]),
    "cumprod with zeros": (np.cumprod, [2.0, 0.0, 3.0, 0.0]),
    "softmax of large": (lambda x: autograd.softmax(x), [[1000.0, 999.0, -1000.0]]),
    "log_softmax of -inf": (lambda x: autograd.log_softmax(x)[..., :1], [[1.0, -np.inf, 2.0]]),
    "logsumexp of -inf": (lambda x: autograd.logsumexp(x), [-np.inf, -np.inf]),
    "logsumexp of large": (lambda x: autograd.logsumexp(x, axis=1), [[1000.0, 1000.0], [1.0, 2.0]]),
    "log in a masked branch": (lambda x: np.where(x > 0, np.log(x), 0.0), [0.0, 2.0, -1.0]),
    "relu at 0": (lambda x: autograd.relu(x), [0.0, -1.0, 2.0]),
    "index twice": (lambda x: x[[0, 0, 2]], [1.0, 2.0, 3.0]),
    "boolean index": (lambda x: x[x > 1.5], [1.0, 2.0, 3.0]),
    "sorting": (lambda x: np.sort(x), [3.0, 1.0, 2.0]),
    "broadcasting": (lambda x: x + np.ones((3, 1)), [[1.0, 2.0]]),
    "0-d": (lambda x: x * x, 3.0),
    "a number among arrays": (lambda x: 2.0 - x, [[1.0], [2.0]]),
    "convolution as einsum": (
        lambda x: np.einsum("nij,ij->n", np.stack([x[i : i + 2, :2] for i in range(2)]), x[:2, :2]),
        [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
    ),
}


@pytest.mark.parametrize("name", SIMPLE)
def test_edges(name):
    call, data = SIMPLE[name]
    x = Tensor(data, requires_grad=True, label="x")
    with np.errstate(all="ignore"):
        same_as_arrays(call(x), [x])


def test_a_network_of_layers_and_a_loss():
    rng = np.random.default_rng(0)
    w1 = Tensor(rng.normal(size=(3, 4)), requires_grad=True, label="W1")
    b1 = Tensor(rng.normal(size=4), requires_grad=True, label="b1")
    w2 = Tensor(rng.normal(size=(4, 2)), requires_grad=True, label="W2")
    x = rng.normal(size=(5, 3))
    loss = autograd.softmax_cross_entropy(
        autograd.linear(x, w1, b1).tanh() @ w2, np.eye(2)[[0, 1, 1, 0, 1]]
    )
    loss.backward()
    zoomed = zoom(loss)
    assert zoomed.loss.data == pytest.approx(float(loss))
    for w in (w1, b1, w2):
        close(zoomed.grad(w), w.grad)
        close(zoomed.grad(w.label), w.grad)


def test_values_and_tensors_in_one_graph():
    a = Value(2.0, label="a")
    x = Tensor([1.0, 3.0], requires_grad=True, label="x")
    loss = (x * (a * a)).sum()
    loss.backward()
    zoomed = zoom(loss)
    assert zoomed["a"][()].grad == a.grad == 16.0
    close(zoomed.grad("x"), x.grad)


def test_entries_are_labelled_and_take_the_place_of_parameters():
    w = Tensor([[1.0, 2.0]], requires_grad=True, label="W")
    h = np.tanh(w)
    h.label = "h"
    zoomed = zoom(h.sum())
    assert [v.label for v in zoomed["W"].flat] == ["W[0,0]", "W[0,1]"]
    assert [v.label for v in zoomed["h"].flat] == ["h[0,0]", "h[0,1]"]
    cards = zoomed.draw().scene.cards.values()
    assert {c.kind for c in cards if c.name.startswith("W")} == {"param"}
    assert {c.path for c in cards if c.name.startswith("h[")} == {"h"}


def test_constants_without_a_name_are_written_into_the_cards():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    scene = zoom((x * np.array([3.0, 4.0])).sum()).draw().scene
    assert sorted(c.pill for c in scene.cards.values() if c.pill) == ["+", "× 3", "× 4"]


def test_depth_opens_the_last_operations_only():
    x = Tensor([[1.0, 2.0]], requires_grad=True, label="x")
    h = np.tanh(x)
    z = (h @ np.array([[3.0], [4.0]])).exp()
    z.backward(np.ones((1, 1)))
    one = zoom(z, depth=2)
    assert [v.is_leaf for v in one[h].flat] == [True, True]
    with pytest.raises(KeyError, match="'x' was not opened; there are"):
        one["x"]
    close(one.grad(h), h.grad)
    assert not any(v.is_leaf for v in zoom(z, depth=3)[h].flat)


def test_an_entry_of_an_array_can_be_drawn_by_itself():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="x")
    zoomed = zoom(x @ x)
    assert zoomed.value.shape == (2, 2)
    one = {c.name for c in zoomed.draw(at=(0, 1)).scene.cards.values()}
    assert {n for n in one if n.startswith("x")} == {"x[0,0]", "x[0,1]", "x[1,1]"}
    assert zoomed.draw().scene.cards
    assert "Zoom of shape (2, 2): " in repr(zoomed)
    assert set(zoomed._repr_mimebundle_()) == {"text/html", "image/svg+xml", "text/plain"}
    with pytest.raises(IndexError, match=r"at=0 picks \(2,\) entries of \(2, 2\)"):
        zoomed.draw(at=0)


def test_the_graph_stays_as_it_was():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    loss = (x * x).sum()
    loss.backward()
    before = x.grad.copy()
    with autograd.no_grad():
        zoomed = zoom(loss)
    assert zoomed["x"][1].grad == 4.0
    zoomed.backward()
    np.testing.assert_array_equal(x.grad, before)
    assert autograd.is_grad_enabled()
    loss.backward()
    np.testing.assert_array_equal(x.grad, 2 * before)


def test_the_same_graph_gives_the_same_picture():
    def picture():
        x = Tensor([[0.5, -1.0]], requires_grad=True, label="x")
        loss = autograd.softmax(x).sum()
        loss.backward()
        return zoom(loss).draw().svg()

    assert picture() == picture()


def test_a_deep_graph_does_not_recurse():
    x = Tensor(1.0, requires_grad=True, label="x")
    z = x
    for _ in range(5000):
        z = z * 1.0001
    z.backward()
    close(zoom(z).grad("x"), x.grad)


# --------------------------------------------------------------------------------------------------
# Refusals


def test_too_many_numbers_are_refused_before_any_is_computed():
    w = Tensor(np.ones((1000, 1000)), requires_grad=True, label="W")
    with pytest.raises(ValueError, match=r"about 2,001,000,000 numbers, .*max_nodes=20,000"):
        zoom((w @ w).sum())


@pytest.mark.parametrize("options", [{"depth": 0}, {"depth": 1.5}, {"max_nodes": 0}])
def test_arguments_out_of_range(options):
    with pytest.raises(ValueError, match=r"zoom: \w+ is a whole number from 1, got"):
        zoom(Tensor(1.0, requires_grad=True) * 2, **options)


def test_what_is_no_node():
    with pytest.raises(TypeError, match="needs a Value, a Tensor or a Node, got list"):
        zoom([1.0])


def test_a_leaf_that_changed_since():
    x = Tensor([1.0], requires_grad=True, label="x")
    z = (x * x).sum()
    x.data = np.array([3.0])
    with pytest.raises(RuntimeError, match="x"):
        zoom(z)


def test_an_upstream_gradient_of_another_shape():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), what was opened has \(2,\)"):
        zoom(x * 2).backward([1.0, 1.0, 1.0])


@pytest.mark.parametrize("name", ["mine", "max", "sum", "add", "tanh"])
def test_a_node_made_by_hand_is_refused(name):
    """Whatever it is called: an operation of the library has another function."""
    a, b = Value(2.0), Value(3.0)
    made = Value(4.0, (a, b), name)
    with pytest.raises(TypeError, match=f"zoom: {name} by hand has no expansion"):
        zoom(made * 2)


def test_a_structural_operation_of_the_user_is_refused():
    from autograd.op import Op

    op = Op("mine", lambda x: x[::-1], {"x": lambda g: g[::-1]}, elementwise=False)
    with pytest.raises(TypeError, match="zoom: mine has no expansion"):
        zoom(op(Tensor([1.0, 2.0], requires_grad=True)))


def test_the_picture_is_saved(tmp_path):
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    opened = zoom(np.tanh(x))
    for at in (None, 1):
        path = opened.save(tmp_path / f"{at}.svg", at, theme="dark")
        assert path.read_text(encoding="utf-8") == opened.draw(at, theme="dark").svg("dark")
    with pytest.raises(ValueError, match=r"cannot save 'x\.jpg'"):
        opened.save(tmp_path / "x.jpg")


def test_entries_of_parameters_are_drawn_as_parameters():
    x = Tensor([[1.0, 2.0]], label="x")
    kernel = Tensor([[0.5], [-1.0]], requires_grad=True, label="kernel")
    y = (x @ kernel).sum()
    y.backward()
    kinds = {card.name: card.kind for card in zoom(y).draw().scene.cards.values()}
    assert {name: kinds[name] for name in ("x[0,0]", "x[0,1]", "kernel[0,0]", "kernel[1,0]")} == {
        "x[0,0]": "input",
        "x[0,1]": "input",
        "kernel[0,0]": "param",
        "kernel[1,0]": "param",
    }
