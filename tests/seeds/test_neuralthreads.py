"""The 5-3-5-4 network in columns: the post's own lines against the engine, epoch by epoch."""

import numpy as np
import pytest

from autograd import Tensor, squared_error

from .columns import (
    LEARNING_RATE,
    SIZES,
    B,
    draw,
    engine_graph,
    engine_parameters,
    engine_step,
    forward,
    gradients,
    literals,
    mse,
    mse_grad,
    relu,
    relu_dash,
    sig,
    sig_dash,
    update,
)
from .networks import finite_differences, same

PRINTED = 5.1e-11

LOSSES = {
    1: 0.1059625955,
    2: 0.1058596820,
    10: 0.1050293477,
    100: 0.0948358526,
    1000: 0.0137395190,
    10_000: 2.8154691819e-07,
}


@pytest.fixture(scope="module")
def trained():
    """Return the losses before every epoch and the parameters after 10,000 epochs of the post."""
    x, y, p = literals()
    losses = []
    for _ in range(10_000):
        values = forward(x, p)
        losses.append(mse(y, values["y_hat"]))
        update(p, gradients(x, y, p, values))
    return losses, p


def check_printed(actual, printed, half_digit=PRINTED):
    np.testing.assert_allclose(np.ravel(actual), printed, rtol=0, atol=half_digit)


def test_sizes_and_columns():
    """E1: 5-3-5-4; everything is a column; weights are (to, from); biases start at 0."""
    x, y, p = literals()
    assert SIZES == (5, 3, 5, 4)
    assert (x.shape, y.shape) == ((5, 1), (4, 1))
    assert [p[f"w{i}"].shape for i in (1, 2, 3)] == [(3, 5), (5, 3), (4, 5)]
    assert [p[f"b{i}"].shape for i in (1, 2, 3)] == [(3, 1), (5, 1), (4, 1)]
    assert not any(p[b].any() for b in B)
    assert LEARNING_RATE == 0.01


def test_literals_are_the_draws_of_seed_42():
    """E1 E2: x and y by randint first, then w1, w2, w3; the legacy generator gives them here."""
    x, y, p = literals()
    drawn_x, drawn_y, drawn = draw()
    assert x[:, 0].tolist() == [0.52, 0.93, 0.15, 0.72, 0.61]
    assert y[:, 0].tolist() == [0.21, 0.83, 0.87, 0.75]
    assert p["w1"][0, 0] == pytest.approx(0.45924889196586727, rel=1e-15)
    assert (drawn_x == x).all()
    assert (drawn_y == y).all()
    for name, value in drawn.items():
        np.testing.assert_array_equal(value, p[name])


def test_forward_pass():
    """E3: the first hidden input, the prediction and the loss before training."""
    x, y, p = literals()
    steps = engine_graph(x, y, engine_parameters(p))
    for values in (forward(x, p), {n: t.data for n, t in steps.items()}):
        check_printed(values["in_hidden_1"], [1.0736392186, 2.3394662394, 0.9498436192])
        check_printed(values["y_hat"], [0.8323755280, 0.8965571712, 0.8733739655, 0.9290470430])
        assert mse(y, values["y_hat"]) == pytest.approx(0.1059625955371147, rel=1e-14)


PRINTED_GRADIENTS = {
    "b3": (0.0434189421614856, 0.0030863362279842, 0.0001865665965195, 0.0059012683288178),
    "w3": (0.0402721209, 0.0378053065, 0.0412888357, 0.0372436872, 0.0406730609),
    "b2": (0.0004032170017, 0.0014556856239, 0.0008045883115, 0.0042121520240, 0.0018306302484),
    "b1": (0.0055321887609, 0.0045971061589, 0.0021039289250),
    "w1": (0.0028767381557, 0.0051449355476, 0.0008298283141, 0.0039831759078, 0.0033746351441),
}


@pytest.mark.parametrize("name", PRINTED_GRADIENTS)
def test_gradients_of_the_first_epoch(name):
    """E4: of weights the first row; by the post's lines and by the engine."""
    x, y, p = literals()
    t, steps = engine_step(x, y, p)
    hand = gradients(x, y, p, forward(x, p))
    assert steps["loss"].item() == pytest.approx(0.1059625955371147, rel=1e-14)
    for g in (hand[name], t[name].grad):
        check_printed(g if name[0] == "b" else g[0], PRINTED_GRADIENTS[name])


@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2", "w3", "b3"])
def test_lines_of_the_post_equal_the_engine(name):
    """E7: to 1e-12, in the first epoch and after 500."""
    x, y, p = literals()
    for _ in range(2):
        t, _ = engine_step(x, y, p)
        same(t[name].grad, gradients(x, y, p, forward(x, p))[name])
        for _ in range(500):
            update(p, gradients(x, y, p, forward(x, p)))


def test_lines_of_the_post_equal_finite_differences():
    """E4 E7: all 62 numbers from losses alone."""
    x, y, p = literals()
    names = list(p)

    def loss(arrays):
        return mse(y, forward(x, dict(zip(names, arrays, strict=True)))["y_hat"])

    hand = gradients(x, y, p, forward(x, p))
    numeric = finite_differences(loss, [p[n] for n in names])
    assert sum(g.size for g in numeric) == 3 * 5 + 3 + 5 * 3 + 5 + 4 * 5 + 4 == 62
    for name, g in zip(names, numeric, strict=True):
        same(hand[name], g, rtol=1e-6)


@pytest.mark.parametrize("epoch", LOSSES)
def test_losses(trained, epoch):
    """E5: the loss before epochs 1, 2, 10, 100, 1,000 and 10,000."""
    losses, _ = trained
    if epoch < 10_000:
        check_printed(losses[epoch - 1], [LOSSES[epoch]])
    assert losses[epoch - 1] == pytest.approx(LOSSES[epoch], rel=1e-8)


def test_prediction_after_training(trained):
    """E5: ŷ and loss after the last update."""
    x, y, _ = literals()
    y_hat = forward(x, trained[1])["y_hat"]
    check_printed(y_hat, [0.2102107711, 0.8308787267, 0.8695009897, 0.7502440142])
    assert mse(y, y_hat) == pytest.approx(2.8128479682e-07, rel=1e-9)


def test_loss_falls_in_every_epoch(trained):
    """E10: strictly, over all 10,000."""
    losses, _ = trained
    assert len(losses) == 10_000
    assert (np.diff(losses) < 0).all()


def test_training_with_the_engine(trained):
    """E5 E7: 10,000 epochs of the engine; every loss and the last parameters equal the post's."""
    x, y, p = literals()
    t = engine_parameters(p)
    losses = []
    for _ in range(10_000):
        loss = engine_graph(x, y, t)["loss"]
        losses.append(loss.item())
        loss.backward(release=True)
        for v in t.values():
            v.data = v.data - LEARNING_RATE * v.grad
            v.grad = None
    np.testing.assert_allclose(losses, trained[0], rtol=1e-8)
    for name, v in trained[1].items():
        same(t[name].data, v, rtol=1e-9)


def test_relu_and_its_derivative():
    """E6: where(x <= 0, leak x, x); at 0 the derivative is the leak, in the engine too."""
    x = np.array([[-2.0], [0.0], [3.0]])
    t = Tensor(x, requires_grad=True)
    z = t.leaky_relu(0.1)
    z.backward(gradient=np.ones((3, 1)))
    same(z.data, relu(x, leak=0.1))
    same(t.grad, relu_dash(x, leak=0.1))
    assert relu_dash(x, leak=0.1)[:, 0].tolist() == [0.1, 0.1, 1.0]
    assert relu_dash(x)[:, 0].tolist() == [0, 0, 1]


def test_sigmoid_and_its_derivative():
    """E6: sig and sig_dash."""
    x = np.linspace(-5, 5, 11)
    t = Tensor(x, requires_grad=True)
    z = t.sigmoid()
    z.backward(gradient=np.ones(11))
    same(z.data, sig(x))
    same(t.grad, sig_dash(x))


def test_mse_and_its_derivative():
    """E6: the mean over the 4 outputs, so -2(y-ŷ)/N; without 1/N it is four times as long."""
    x, y, p = literals()
    y_hat = Tensor(forward(x, p)["y_hat"], requires_grad=True)
    ((y - y_hat) ** 2).mean().backward()
    same(y_hat.grad, mse_grad(y, y_hat.data))
    assert squared_error(y_hat, y, scale=1 / 4).item() == pytest.approx(mse(y, y_hat.data))
    other = Tensor(y_hat.data, requires_grad=True)
    squared_error(other, y).backward()
    same(other.grad, 4 * y_hat.grad)


def test_overflow_of_the_written_sigmoid():
    """E16: exp(-x) overflows below about -709.78; the engine's sigmoid stays silent and right."""
    with np.errstate(over="raise"):
        assert sig(np.array(-709.0)) > 0
        with pytest.raises(FloatingPointError, match="overflow"):
            sig(np.array(-710.0))
    t = Tensor([-710.0, -1e308, 0.0, 800.0], requires_grad=True)
    z = t.sigmoid()
    z.backward(gradient=np.ones(4))
    np.testing.assert_allclose(z.data, [0, 0, 0.5, 1], rtol=0, atol=1e-300)
    np.testing.assert_allclose(t.grad, [0, 0, 0.25, 0], rtol=0, atol=1e-300)
