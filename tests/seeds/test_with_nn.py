"""The networks of the five texts built of layers, losses and the optimizer of `nn`."""

import numpy as np
import pytest

from nn import (
    MLP,
    SGD,
    CrossEntropyLoss,
    HalfSquaredError,
    LeakyReLU,
    Linear,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
)

from .columns import forward, gradients, literals, mse, update
from .networks import (
    CHEIN_UNITS,
    JAY_W,
    JAY_X,
    JAY_Y,
    all_same,
    chein_batch,
    chein_engine,
    chein_weights,
    dense_backward,
    dense_forward,
    dense_parameters,
    from_output,
    jay_engine,
    logistic,
    same,
)


def linears(model):
    return [layer for layer in model if isinstance(layer, Linear)]


def set_weights(model, weights, biases=None):
    for i, layer in enumerate(linears(model)):
        layer.weight.data = weights[i]
        if biases is not None:
            layer.bias.data = biases[i]


@pytest.mark.parametrize("n", [1, 3, 32])
def test_layers_from_l95_to_l100(n):
    """A1 A4 B1 B5: an MLP without bias and half the sum of squares."""
    weights, (x, y) = chein_weights(), chein_batch(n)
    model = MLP(CHEIN_UNITS, "sigmoid", "sigmoid", bias=False)
    set_weights(model, weights)
    HalfSquaredError("sum")(model(x), y).backward()
    w, _, _ = chein_engine(weights, x, y)
    all_same([layer.weight.grad for layer in linears(model)], [t.grad for t in w])


def test_both_forms_of_bias():
    """A14 B19 A15 B20: bias as a vector and as the last row of the weights."""
    weights, (x, y) = chein_weights(), chein_batch(3)
    rng = np.random.default_rng(6)
    biases = [rng.normal(size=w.shape[1]) for w in weights]
    vector = MLP(CHEIN_UNITS, "sigmoid", "sigmoid")
    column = MLP(CHEIN_UNITS, "sigmoid", "sigmoid", bias="column")
    set_weights(vector, weights, biases)
    set_weights(column, [np.vstack([w, b]) for w, b in zip(weights, biases, strict=True)])
    for model in (vector, column):
        HalfSquaredError("sum")(model(x), y).backward()
    for v, c in zip(linears(vector), linears(column), strict=True):
        same(c.weight.grad[:-1], v.weight.grad)
        same(c.weight.grad[-1], v.bias.grad)


def test_optimizer_updates_after_the_sweep():
    """A11 A16 B16 B22: a step is -α∆W of every weight; the graph from before it is refused."""
    weights, (x, y) = chein_weights(), chein_batch(3)
    model = MLP(CHEIN_UNITS, "sigmoid", "sigmoid", bias=False)
    set_weights(model, weights)
    loss = HalfSquaredError("sum")(model(x), y)
    loss.backward()
    SGD(model.parameters(), lr=0.5).step()
    w, _, _ = chein_engine(weights, x, y)
    moved = [a - 0.5 * t.grad for a, t in zip(weights, w, strict=True)]
    all_same([layer.weight.data for layer in linears(model)], moved)
    with pytest.raises(RuntimeError, match="changed after it was used"):
        loss.backward()


def test_four_layers_with_cross_entropy():
    """C13 C14 C15 C16 C17 C20 C21: three samples through 2-4-5-3."""
    params = dense_parameters((2, 4, 5, 3))
    x, y = np.random.default_rng(8).normal(size=(3, 2)), np.eye(3)[[2, 0, 1]]
    model = MLP([2, 4, 5, 3], "sigmoid")
    set_weights(model, params[::2], params[1::2])
    CrossEntropyLoss("sum")(model(x), y).backward()
    zs, outputs = dense_forward(params, x, logistic)
    hand = dense_backward(params, zs, outputs, y, lambda z: from_output(logistic(z)))
    all_same([g for layer in linears(model) for g in (layer.weight.grad, layer.bias.grad)], hand)


def jay_model():
    model = Sequential(Linear(3, 3), ReLU(), Linear(3, 3), Sigmoid(), Linear(3, 3))
    set_weights(model, list(JAY_W.values()), [np.ones(3)] * 3)
    return model


def test_one_step_of_the_network_on_paper():
    """D7 D8 D26: gradients and new weights; the optimizer trains the biases too."""
    model, net = jay_model(), jay_engine()
    CrossEntropyLoss()(model(JAY_X), JAY_Y).backward()
    SGD(model.parameters(), lr=0.01).step()
    for layer, name in zip(linears(model), JAY_W, strict=True):
        w, b = net[f"W_{name}"], net[f"b_{name[1]}"]
        same(layer.weight.grad, w.grad)
        same(layer.bias.grad, b.grad)
        same(layer.weight.data, w.data - 0.01 * w.grad)
        same(layer.bias.data, b.data - 0.01 * b.grad)
    assert round(float(linears(model)[2].weight.data[0, 0]), 10) == 0.1075252314


def test_mean_is_the_default_of_a_batch():
    """D27: CrossEntropyLoss() averages over samples; the sum is n times as long."""
    x, y = np.repeat(JAY_X, 4, axis=0) + np.arange(4)[:, None], np.eye(3)[[0, 1, 2, 0]]
    mean, total = jay_model(), jay_model()
    CrossEntropyLoss()(mean(x), y).backward()
    CrossEntropyLoss("sum")(total(x), y).backward()
    for m, t in zip(linears(mean), linears(total), strict=True):
        same(t.weight.grad, 4 * m.weight.grad)


def test_columns_and_rows_are_one_network():
    """E1 E5 E7: rows here, columns in the post: transposed weights, equal losses for 100 epochs."""
    x, y, p = literals()
    model = Sequential(
        Linear(5, 3), LeakyReLU(0.1), Linear(3, 5), Sigmoid(), Linear(5, 4), Sigmoid()
    )
    set_weights(model, [p[n].T for n in ("w1", "w2", "w3")], [np.zeros(n) for n in (3, 5, 4)])
    optimizer, loss_of = SGD(model.parameters(), lr=0.01), MSELoss()
    for _ in range(100):
        values = forward(x, p)
        loss = loss_of(model(x.T), y.T)
        assert loss.item() == pytest.approx(mse(y, values["y_hat"]), rel=1e-12)
        optimizer.zero_grad()
        loss.backward()
        hand = gradients(x, y, p, values)
        for i, layer in enumerate(linears(model), start=1):
            same(layer.weight.grad, hand[f"w{i}"].T, rtol=1e-11)
            same(layer.bias.grad, hand[f"b{i}"][:, 0], rtol=1e-11)
        optimizer.step()
        update(p, hand)
    assert loss.item() == pytest.approx(0.0948358526, abs=5.1e-11)
